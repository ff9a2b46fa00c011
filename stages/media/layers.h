// Trees on top of each other: what all components together put into an image.
#pragma once

#include "support/tree.h"

#include <map>
#include <string>
#include <vector>

namespace remedia {

/// Names match as on Windows, in any case.
class Layers {
 public:
  /// Later trees win over earlier ones, file by file; a folder in two is the same folder. Throws
  /// Failure if one name is a file and a folder.
  void add(const std::vector<TreeEntry>& tree);
  /// The same for a tree whose files nobody else may bring with another content. `what` names it in
  /// the Failure (empty: by the origin of the file).
  void add_exclusive(const std::vector<TreeEntry>& tree, std::string_view what);

  /// Sorted by folded target.
  std::vector<TreeEntry> take() const;

 private:
  void add_entry(const TreeEntry& entry);
  void check_parents(const TreeEntry& entry, const std::string& key) const;
  void check_children(const TreeEntry& entry, const std::string& key) const;

  std::map<std::string, TreeEntry> entries_;
};

}  // namespace remedia
