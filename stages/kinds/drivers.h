#pragma once

#include "graph/graph.h"

#include <string>
#include <vector>

namespace remedia::kinds {

/// What a wim's `drivers` come to.
struct PlannedDrivers {
  std::string record;                 ///< what became of each package; "" without drivers
  std::vector<graph::Planned> trees;  ///< what goes into the image
};

/// Plans the choice among the packages that the `drivers` of `image` name, for the Windows that the
/// record of its source describes. Equal choices of two images are one.
PlannedDrivers plan_drivers(graph::Planner& planner, const recipe::NodeRef& image,
                            const graph::Binding& binding, const std::string& source_record);

}  // namespace remedia::kinds
