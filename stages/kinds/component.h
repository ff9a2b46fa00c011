// What a tree lists, compressed: a stage that no recipe names.
#pragma once

#include "graph/graph.h"
#include "media/wim.h"
#include "support/tree.h"

#include <span>
#include <string>
#include <vector>

namespace remedia::kinds {

/// Plans the WIM that holds the data of `tree`; images take their compressed data from it. Returns
/// its name. `shown` says to people what it is.
std::string plan_component(graph::Planner& planner, const recipe::NodeRef& origin,
                           const std::string& tree, const std::string& shown, std::int64_t level);

/// The entries as something to put into an image. Each file is hashed: between the stage that wrote
/// the tree and this one it may have changed, and what goes in must be what the manifest says. On a
/// mismatch the trees are deleted, so that the next build lists them anew, and a Failure is thrown.
std::vector<wim::Addition> checked_additions(const std::vector<TreeEntry>& entries,
                                             std::span<const std::string> trees);

}  // namespace remedia::kinds
