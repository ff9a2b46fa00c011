#pragma once

#include "graph/graph.h"

#include <nlohmann/json.hpp>

namespace remedia::kinds {

/// What of a package is to be there after it was looked into: a cabinet and a program each only if
/// so asked; the files of a folder lie where they are.
struct KeptDefinitions {
  bool of_programs = false;
  bool of_cabinets = false;
};

/// Plans the look into one path of `defender`: `file` is the tree of what is kept, by paths in the
/// package; the part "record" says what the package is. Neither depends on any policy.
graph::Planned plan_definition_files(graph::Planner& planner, const recipe::NodeRef& origin,
                                     const graph::SourcePath& path, const KeptDefinitions& kept);

}  // namespace remedia::kinds
