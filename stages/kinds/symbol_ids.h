#pragma once

#include "graph/graph.h"

#include <set>
#include <string>
#include <vector>

namespace remedia::kinds {

/// Which binaries of a Windows are meant.
struct SymbolScope {
  enum class Kind { kernel, all, named } kind = Kind::kernel;
  std::vector<std::string> names = {};  ///< of files, if named
};

/// Plans what `windows`, a source, says of its binaries: the record that read_symbol_ids() reads.
/// `own`: it is the base of the image, which is exported anyway and is read instead of its medium.
std::string plan_symbol_ids(graph::Planner& planner, const recipe::NodeRef& origin,
                            const recipe::NodeRef& windows, bool own, const SymbolScope& scope);

struct Binary {
  std::string path;  ///< in the image
  std::string pdb;   ///< "" if it names none that can be used
  std::string key;
  std::string fault;  ///< why what it names cannot be used
};

struct SymbolIds {
  std::string shown;             ///< the Windows, for people
  std::vector<Binary> binaries;  ///< by path
};

/// Throws Failure if `file` is not what the stage wrote.
SymbolIds read_symbol_ids(const fs::path& file);

/// What a program says of its PDB; `path` is for the result, `shown` for messages.
Binary read_binary(const Slice& program, const std::string& path, const std::string& shown);

/// Whether a file is looked at where all programs are meant, by its name.
bool may_have_symbols(std::string_view path);

}  // namespace remedia::kinds
