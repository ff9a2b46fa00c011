// Many small files as one output, each at a sector's boundary, with the tree that says which lies
// where.
#pragma once

#include "support/tree.h"

#include <string>
#include <vector>

namespace remedia {

class Pack {
 public:
  /// Writes to `part`; the tree will say that the bytes are in `file`, which it becomes.
  Pack(const fs::path& part, std::string file);

  /// Failures: a file that cannot be read, a full disk.
  void add(std::string target, const Slice& content, std::string origin);
  void add(std::string target, std::string_view bytes, std::string origin);
  /// In the order in which they were added.
  const std::vector<TreeEntry>& entries() const { return entries_; }

 private:
  void note(std::string target, std::uint64_t size, std::string digest, std::string origin);

  Fd out_;
  std::string file_;
  std::uint64_t end_ = 0;
  std::vector<TreeEntry> entries_;
};

}  // namespace remedia
