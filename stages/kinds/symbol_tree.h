// The symbol store that goes into an image: its tree, and what the manifest says of it.
#pragma once

#include "graph/job.h"
#include "kinds/symbol_search.h"
#include "support/pack.h"
#include "support/tree.h"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace remedia::kinds {

/// A PDB that goes in, and which of the files it is.
struct ChosenSymbol {
  const FoundSymbols* wanted = nullptr;
  const SymbolFile* file = nullptr;
  std::uint64_t size = 0;  ///< unpacked
};

/// Writes the three outputs of the stage `symbols`: what was unpacked, the tree, the record.
class SymbolTree {
 public:
  explicit SymbolTree(graph::Job& job);

  /// Throws Failure if the file is damaged or has another GUID or age than what is wanted: it is
  /// asked once more, whatever its folder says and the search found.
  void add(const ChosenSymbol& chosen);
  void finish(const std::vector<FoundSymbols>& all);

 private:
  TreeEntry unpacked(const ChosenSymbol& chosen, const std::string& target);
  TreeEntry in_place(const ChosenSymbol& chosen, const std::string& target);
  void compare_others(const ChosenSymbol& chosen, const std::string& digest);
  void record(const ChosenSymbol& chosen, const TreeEntry& entry);
  nlohmann::ordered_json inputs() const;

  graph::Job& job_;
  std::string to_;
  Pack pack_;
  std::vector<TreeEntry> entries_;
  nlohmann::ordered_json symbols_ = nlohmann::ordered_json::array();
  std::map<std::size_t, std::map<std::string, TreeEntry>> taken_;  // by folder and path there
};

}  // namespace remedia::kinds
