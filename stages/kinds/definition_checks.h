// What a recipe asks of packages of definitions, beyond that they are some.
#pragma once

#include "graph/job.h"
#include "support/tree.h"

#include <string>
#include <vector>

namespace remedia::kinds {

/// A path of `defender`, and what its SCAN stage said of it.
struct DefinitionPackage {
  std::string field;  ///< whose place in the recipe errors are about
  std::string file;
  std::string written;
  std::vector<TreeEntry> kept;  ///< what of it lies unpacked, by path in the package
  nlohmann::ordered_json facts;

  std::string fact(const char* name) const { return facts.at(name); }
  bool antimalware() const { return facts.at("kind") == "antimalware"; }
  bool is_file() const { return facts.at("form") != "folder"; }
};

/// The field that errors about path `number` of `defender` stand at.
std::string definition_field(std::size_t number);

/// What the SCAN stages said, after it was judged by the parameters of the job: files that are
/// still the same, one antimalware set for the architecture, signed and chained as asked for, and
/// of a day that is good. Throws Failure at the path that is not so; files that changed are listed
/// anew by the next build.
std::vector<DefinitionPackage> checked_definitions(graph::Job& job);

}  // namespace remedia::kinds
