// What an exFAT volume holds and where it comes to lie, before anything is written. For exfat.cpp.
#pragma once

#include "media/exfat.h"
#include "support/byte_size.h"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace remedia::exfat {

inline constexpr std::uint64_t kFirstCluster = 2;  ///< 0 and 1 name none
inline constexpr std::size_t kEntrySize = 32;      ///< bytes, of a folder

constexpr std::uint64_t ceil_div(std::uint64_t a, std::uint64_t b) { return a / b + (a % b != 0); }

/// A file or folder. Its children are sorted by their upper-case names.
struct Node {
  std::u16string name;
  std::string_view path;             ///< as the first mention of it has it; for messages
  const VolumeFile* file = nullptr;  ///< none: a folder
  std::map<std::u16string, std::size_t> children = {};
  std::uint64_t size = 0;           ///< bytes; of a folder, those of its entries
  std::uint64_t first_cluster = 0;  ///< 0: has no clusters, being empty
};

/// Entries of a folder that a child takes: one for the file, one for its bytes, one for each 15
/// units of its name.
std::size_t entries_of(const Node& node);

/// The root (at 0) and all that lies below it. Throws Failure for what no volume can hold.
std::vector<Node> make_tree(const Volume& volume);

struct Geometry {
  std::uint64_t cluster_size;  // all in bytes
  std::uint64_t fat_offset;
  std::uint64_t fat_length;
  std::uint64_t heap_offset;  ///< of the first cluster
  std::uint64_t clusters;     ///< how many there are

  std::uint64_t bitmap_size() const { return ceil_div(clusters, 8); }
  std::uint64_t clusters_for(std::uint64_t bytes) const { return ceil_div(bytes, cluster_size); }
  std::uint64_t cluster_offset(std::uint64_t cluster) const {
    return heap_offset + (cluster - kFirstCluster) * cluster_size;
  }
};

/// Runs of clusters [first, first + count).
struct Run {
  std::uint64_t first;
  std::uint64_t count;
};

struct Layout {
  Geometry geometry;
  Run bitmap;
  Run up_case_table;
  std::vector<Node> nodes;  ///< all placed; 0 is the root
  std::vector<Run> used;    ///< in rising order, never adjoining
  std::uint64_t end = 0;    ///< the first cluster behind everything

  std::uint64_t needed() const { return geometry.cluster_offset(end); }  ///< bytes
  bool fits() const { return end - kFirstCluster <= geometry.clusters; }
};

/// Where everything lies in a volume of `volume.size` bytes. Throws Failure if it does not fit.
Layout lay_out(const Volume& volume);

}  // namespace remedia::exfat
