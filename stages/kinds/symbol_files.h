#pragma once

#include "graph/graph.h"
#include "media/symbol_store.h"

#include <cstdint>
#include <string>
#include <vector>

namespace remedia::kinds {

/// Plans the listing of one path of `symbols`: `file` is what read_symbol_files() reads.
graph::Planned plan_symbol_files(graph::Planner& planner, const recipe::NodeRef& origin,
                                 const graph::SourcePath& path);

struct SymbolFile {
  symbols::Id id;     ///< its own, or if `claimed` what its folder says of a compressed one
  std::string path;   ///< from the folder that was listed
  std::string file;   ///< as stages see it
  std::string shown;  ///< for people
  std::uint64_t size = 0;
  bool packed = false;
  bool claimed = false;
};

struct SymbolFiles {
  std::string written;
  std::vector<SymbolFile> files;  ///< by path
  /// What is of no use, and why: PDBs by their names that cannot be read.
  std::vector<std::pair<std::string, std::string>> unusable;  ///< name, sentence
  std::vector<std::pair<symbols::Id, std::string>> pointers;  ///< where a store only points on
};

/// Throws Failure if `file` is not what the stage wrote.
SymbolFiles read_symbol_files(const fs::path& file);

}  // namespace remedia::kinds
