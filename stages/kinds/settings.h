#pragma once

#include "graph/graph.h"

namespace remedia::kinds {

/// The fields of `wim` that become changes of its registry or small files: for its schema.
std::vector<recipe::Field> setting_fields();

/// Plans what a wim's settings put into an image of `base`: `file` is a tree, `records` its own
/// record. Nothing (an empty `file`) if the wim sets nothing and has no tier. `source_record` is
/// that of the base's source.
graph::Planned plan_settings(graph::Planner& planner, const recipe::NodeRef& image,
                             const graph::Binding& binding, const std::string& base,
                             const std::string& source_record);

}  // namespace remedia::kinds
