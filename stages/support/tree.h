// A tree: what a component holds, file by file, as a small text file.
//
// Component stages copy nothing. They list what they would contribute: the place in the image,
// where the bytes are, size and digest. The tree is left alone when it comes out equal, so touching
// a thousand files costs hashing and no compression, and whoever uses the tree reads the originals
// and checks each digest.
#pragma once

#include "support/file.h"

#include <string>
#include <vector>

namespace remedia {

struct TreeEntry {
  std::string target;  ///< path in the image or on the medium, '/' between names
  bool directory = false;
  std::string source = {};   ///< file that holds the bytes, as stages see it (relative to OUT)
  std::uint64_t offset = 0;  ///< where in `source` they begin
  std::uint64_t size = 0;
  std::string sha256 = {};
  std::string origin = {};  ///< for people and the manifest: where it came from

  Slice slice() const { return {source, {{offset, size, false}}}; }
  bool operator==(const TreeEntry&) const = default;
};

/// Sorted by target; equal trees are equal texts.
std::string write_tree(std::vector<TreeEntry> entries);
/// Throws Failure if `file` is no tree.
std::vector<TreeEntry> read_tree(const fs::path& file);

}  // namespace remedia
