// The two commands that people call: `remedia graph` and `remedia build`.
#pragma once

#include "graph/graph.h"
#include "graph/stage.h"
#include "recipe/recipe.h"

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

namespace remedia::graph {

/// 2024-01-01T00:00:00Z: the second that all dates show unless SOURCE_DATE_EPOCH says otherwise.
constexpr std::int64_t kDefaultClock = 1704067200;

/// What comes with the program, installed or not (bin/remedia, share/remedia): recipes, launcher.
fs::path shipped_folder();

struct BuildRequest {
  fs::path out = "out";
  std::vector<std::string> recipes = {};
  recipe::Definitions definitions = {};
  std::optional<std::int64_t> clock = {};         ///< else SOURCE_DATE_EPOCH, else kDefaultClock
  std::vector<std::string> ninja_arguments = {};  ///< `build` only
};

/// NAME=VALUE, each once. Throws Failure.
recipe::Definitions parse_definitions(const std::vector<std::string>& words);

/// The recipes evaluated, nothing planned: what they read need not be there. Throws Failure with
/// the errors of all of them, and if a definition means nothing to any.
std::vector<recipe::Evaluation> evaluate(const BuildRequest& request, std::span<const Kind> kinds);

/// What the recipes come to.
struct Plan {
  Graph graph;
  std::vector<Diagnostic> warnings;
  std::set<fs::path> read;  ///< files and folders that the evaluation depends on; all exist
  std::map<std::string, std::string> as_of;  ///< the policy clock, by recipe that has one
};

/// Evaluates the recipes; writes nothing. Throws Failure with the errors of all of them.
Plan plan(const BuildRequest& request, std::span<const Kind> kinds);

/// Evaluates the recipes and writes OUT/build.ninja and what belongs to it, or nothing at all.
/// Returns warnings. Refuses a folder whose build.ninja is somebody else's.
std::vector<Diagnostic> write_graph(const BuildRequest& request, std::span<const Kind> kinds);

using Print = std::function<void(const std::vector<Diagnostic>&)>;

/// Writes the graph if there is none for these recipes and values, then becomes ninja. Returns only
/// if ninja cannot be started.
int build(const BuildRequest& request, std::span<const Kind> kinds, const Print& print);

/// The same, but waits for ninja, whose output goes to standard error, and returns its exit status.
int make(const BuildRequest& request, std::span<const Kind> kinds, const Print& print);

}  // namespace remedia::graph
