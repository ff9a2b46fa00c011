// What an image knows beyond its tools: definitions of malware, debuggers and symbols. Each is a
// word of its own; here they are bound to the image, or to the data partition of a stick.
#pragma once

#include "graph/graph.h"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace remedia::kinds {

struct PlannedEvidence {
  std::vector<graph::Planned> trees;  ///< what goes in
  /// What the stages know of it, by the name under which the manifest looks for it
  /// ("definitions_record", "debuggers_record", "symbols_record"); only of what there is.
  std::map<std::string, std::vector<std::string>> records;
};

/// Plans `defender`, `debuggers` and `symbols` of `image`, those that lie in the image itself.
/// `driver_trees`: the drivers that go into it, whose symbols may be meant.
PlannedEvidence plan_evidence(graph::Planner& planner, const recipe::NodeRef& image,
                              const graph::Binding& binding,
                              const std::vector<std::string>& driver_trees);

/// The same of what the images that `artifact` boots want on a data partition (place = "data").
PlannedEvidence plan_data_evidence(graph::Planner& planner, const recipe::NodeRef& artifact,
                                   const graph::Binding& binding);

/// Throws Failure if an image that `artifact` boots wants something on a data partition, of which
/// this kind of artifact has none.
void refuse_data_evidence(const recipe::Node& artifact);

/// Throws Failure if `image` wants something on a data partition and no stick among the `products`
/// of `recipe` has one for it.
void check_data_evidence(const recipe::Node& image, const std::string& recipe,
                         const std::vector<graph::Product>& products);

/// Adds what the records of plan_data_evidence() say, as `definitions`, `symbols` and so on.
/// `parameters`: where the records stand by their names.
void describe_evidence(const nlohmann::json& parameters, nlohmann::ordered_json& into);

/// For the launcher's policy: versions and dates of what is in the image.
nlohmann::ordered_json evidence_policy(const nlohmann::json& parameters);

/// What the image has for tools that need it: "definitions", "debuggers", "symbols".
std::vector<std::string> evidence_of(const recipe::Node& image);

}  // namespace remedia::kinds
