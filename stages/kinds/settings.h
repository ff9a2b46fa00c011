#pragma once

#include "graph/graph.h"

#include <map>
#include <string>
#include <vector>

namespace remedia::kinds {

/// The fields of `wim` that become changes of its registry or small files: for its schema.
std::vector<recipe::Field> setting_fields();

/// What the settings of an image are bound to.
struct SettingsBase {
  std::string base;            ///< the WIM
  std::string source_record;   ///< that of its source
  std::string drivers_record;  ///< of its drivers; "" if there are none
  /// Of its definitions and so on, by name: the launcher shows what they are.
  std::map<std::string, std::vector<std::string>> evidence;
};

/// Plans what a wim's settings put into an image of a base: `file` is a tree, `records` its own
/// record. Nothing (an empty `file`) if the wim sets nothing and has neither tier nor drivers.
graph::Planned plan_settings(graph::Planner& planner, const recipe::NodeRef& image,
                             const graph::Binding& binding, const SettingsBase& on);

}  // namespace remedia::kinds
