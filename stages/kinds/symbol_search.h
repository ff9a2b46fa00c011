#pragma once

#include "graph/graph.h"
#include "kinds/symbol_files.h"
#include "kinds/symbol_ids.h"

#include <string>
#include <vector>

namespace remedia::kinds {

struct SymbolSearch {
  std::vector<std::string> scans;         ///< what plan_symbol_files() planned, in their order
  std::vector<std::string> ids;           ///< what plan_symbol_ids() planned
  std::vector<symbols::Id> asked;         ///< by the recipe itself
  std::vector<std::string> driver_trees;  ///< drivers of the image, if binaries are meant at all
  SymbolScope scope;
  std::string title;  ///< of the image: "recipe/name"
  std::string list;   ///< what is missing, below OUT
};

/// Plans the search: the result is the record that read_found_symbols() reads.
std::string plan_symbol_search(graph::Planner& planner, const recipe::NodeRef& origin,
                               const SymbolSearch& search);

struct FoundSymbols {
  symbols::Id id;
  std::vector<std::string> binaries;  ///< that want it, for people
  /// The one that is taken first; none: it is missing.
  std::vector<SymbolFile> files;
  std::vector<std::size_t> scans;    ///< of `files`: which of the listings has it
  std::vector<std::string> near_by;  ///< of a missing one: what there is instead, in words
};

/// Throws Failure if `file` is not what the stage wrote.
std::vector<FoundSymbols> read_found_symbols(const fs::path& file);

}  // namespace remedia::kinds
