#pragma once

#include "graph/graph.h"

namespace remedia::kinds {

/// Plans the base without what the `remove` field of `image`, a wim, names: `file` is the WIM,
/// `records` its own record. `base` and `base_record` are those of the base.
graph::Planned plan_removal(graph::Planner& planner, const recipe::NodeRef& image,
                            const std::string& base, const std::string& base_record);

}  // namespace remedia::kinds
