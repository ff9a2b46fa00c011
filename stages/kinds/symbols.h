#pragma once

#include "graph/graph.h"

#include <string>
#include <vector>

namespace remedia::kinds {

/// What a `symbols` value is bound to.
struct SymbolsUse {
  recipe::NodeRef user;  ///< the image, or the artifact with a data partition
  std::string name;      ///< of its folder below OUT/RECIPE
  std::string list;      ///< of PDBs that are missing, as symchk reads it: a file name there
  std::vector<recipe::NodeRef> sources;   ///< Windows whose binaries are meant if nothing is said
  std::vector<std::string> driver_trees;  ///< drivers that go in
};

/// Plans what `node` puts into an image or onto a partition: `file` is a tree, `records` the record
/// of the choice. The list of what is missing is a product of its own.
graph::Planned plan_symbols(graph::Planner& planner, const recipe::NodeRef& node,
                            const graph::Binding& binding, const SymbolsUse& use);

}  // namespace remedia::kinds
