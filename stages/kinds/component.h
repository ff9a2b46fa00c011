// What a tree lists, compressed: a stage that no recipe names.
#pragma once

#include "graph/graph.h"
#include "media/wim.h"
#include "support/tree.h"

#include <map>
#include <span>
#include <string>
#include <vector>

namespace remedia::kinds {

/// Plans the WIM that holds the data of `tree`; images take their compressed data from it. Returns
/// its name. Parts of `tree`: "shown" says to people what it is, "listed_by" (if there) names the
/// tree that it was chosen from, whose stage looks at the files.
std::string plan_component(graph::Planner& planner, const recipe::NodeRef& origin,
                           const graph::Planned& tree, std::int64_t level);

/// Between the stage that wrote a tree and one that reads what it lists, a file may have changed,
/// and what goes in must be what the manifest says. Deletes the trees, so that the next build lists
/// them anew, and throws a Failure.
[[noreturn]] void fail_changed(std::string_view what, std::span<const std::string> trees);

/// The same for what libwim noticed while it wrote `entries`.
[[noreturn]] void fail_changed(const wim::ContentChanged& change,
                               const std::vector<TreeEntry>& entries,
                               std::span<const std::string> trees);

/// SHA-1 by SHA-256: digests by which WIMs and trees know the same contents.
using Sha1BySha256 = std::map<std::string, std::string>;

/// Of all that `tree` lists: its component was made of the files when they had those SHA-256.
void add_digests(const std::vector<TreeEntry>& tree, const fs::path& wim_file,
                 Sha1BySha256& digests);

/// The entries, in their order, as something to put into an image, with the SHA-1 of all that is
/// not empty. Files of which it is not known are read here; of the others wim::update() and
/// wim::capture() find out whether they changed.
std::vector<wim::Addition> checked_additions(const std::vector<TreeEntry>& entries,
                                             std::span<const std::string> trees,
                                             const Sha1BySha256& known = {});

}  // namespace remedia::kinds
