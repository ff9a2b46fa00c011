// What is to be made on an NTFS volume, checked and in order. For ntfs.cpp; others want ntfs.h.
#pragma once

#include "media/ntfs.h"

#include <cstddef>
#include <string>
#include <vector>

namespace remedia::ntfs {

constexpr std::uint64_t kCluster = 4096;

struct Node {
  std::string path;
  std::u16string name;               ///< the last one of the path, as it lies on the disk
  std::size_t parent = 0;            ///< index among the nodes
  const VolumeFile* file = nullptr;  ///< null: a folder
  bool hidden = false;
};

struct Plan {
  /// The root; the folders, each after the one it lies in; the files, each folder's together; large
  /// files last. The order depends on nothing but paths and sizes.
  std::vector<Node> nodes;
  std::u16string label;
  std::uint64_t content = 0;  ///< bytes in clusters
};

/// From this size on, files are large: they come last, and begin at a multiple of it if they can.
constexpr std::uint64_t kLarge = 1 << 20;

/// Throws Failure if the volume cannot be made, whatever the state of its sources.
Plan plan(const Volume& volume);

}  // namespace remedia::ntfs
