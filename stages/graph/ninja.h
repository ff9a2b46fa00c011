// The graph as ninja reads it.
#pragma once

#include "graph/graph.h"

#include <string>
#include <string_view>
#include <vector>

namespace remedia::graph {

/// How the first line of every build.ninja of ours begins.
inline constexpr std::string_view kNinjaMark = "# Written by remedia from recipes.";

struct NinjaOptions {
  std::string runner;  ///< path of this program, as seen from OUT
  std::vector<std::string> graph_arguments =
      {};  ///< what follows `remedia graph`, as seen from OUT
};

/// The text of build.ninja. It regenerates itself: two statements, so that ninja, which deletes the
/// outputs of an interrupted edge that has a depfile (ninja#2156), never deletes build.ninja.
std::string write_ninja(const Graph& graph, const NinjaOptions& options);

/// The line of build.ninja that says which arguments it was written for.
std::string signature_line(const NinjaOptions& options);

}  // namespace remedia::graph
