// What goes into an image, put together from the trees that its parameters name. Internal to the
// wim stage.
#pragma once

#include "graph/job.h"
#include "kinds/component.h"
#include "support/tree.h"

#include <map>
#include <string>
#include <vector>

namespace remedia::kinds {

/// What the trees list together, and what their components know of it.
struct Content {
  std::vector<std::string> trees;  ///< in the order in which they were named first
  std::map<std::string, std::vector<TreeEntry>> listed;
  std::vector<std::string> listed_by;  ///< trees that some of them were chosen from
  std::vector<TreeEntry> overlays;     ///< of the entries, what the user brings
  std::vector<TreeEntry> entries;
  Sha1BySha256 digests;

  /// What has to be listed anew if a file changed.
  std::vector<std::string> listings() const {
    std::vector<std::string> all = trees;
    all.insert(all.end(), listed_by.begin(), listed_by.end());
    return all;
  }
};

/// Throws Failure: two that bring one file, a script that the recipe sets and that would never run.
Content read_content(const graph::Job& job);

}  // namespace remedia::kinds
