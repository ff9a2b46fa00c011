// All of an image, with what list() leaves out: named streams and links.
#pragma once

#include "media/wim.h"

#include <cstdint>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace remedia::wim {

struct NamedStream {
  std::string name;
  std::string sha1;  ///< empty for an empty stream
  bool operator==(const NamedStream&) const = default;
};

struct Node {
  std::string path;       ///< as spelt in the image
  std::u32string folded;  ///< for Glob
  Entry entry;
  std::vector<NamedStream> streams;
  std::uint32_t links = 1;
};

struct Tree {
  std::string shown;
  std::vector<Node> nodes;  ///< sorted by path; without the root

  /// The nodes below a folder, as [first, second): paths that begin alike stand together.
  std::pair<std::size_t, std::size_t> below(std::size_t folder) const;
  /// Names of what is directly in a folder; "": in the root.
  std::vector<std::string> names_in(const std::string& folder) const;
};

/// Of the WIM's first image.
Tree read_tree(const File& wim);

/// Whether two nodes are equal in all but the number of their links.
bool same(const Node& a, const Node& b);

/// SHA-1 (hex) of everything in the table of contents.
std::set<std::string> contents_of(const File& wim);

}  // namespace remedia::wim
