// One file at a second place: a stage that no recipe names. By itself, so that a menu that changes
// copies no image again.
#pragma once

#include "graph/graph.h"

#include <string>

namespace remedia::kinds {

/// Plans a copy of `from`, an output of another edge, as `to`.
void plan_copy(graph::Planner& planner, const recipe::NodeRef& origin, const std::string& from,
               const std::string& to);

}  // namespace remedia::kinds
