// What a tier makes of an image: its tools, what is taken out, and the policy of the launcher.
#pragma once

#include "graph/graph.h"
#include "recipe/value.h"

#include <optional>
#include <string>
#include <vector>

namespace remedia::kinds {

/// "winre", "launcher" or "": who is in charge of an image, by its own field or by its tier. Throws
/// Failure if the two contradict each other.
std::string shell_of(const recipe::Node& image);

/// The tools that the tier of an image allows, with those that they need, sorted by group and
/// title; none without a tier. Throws Failure: two tools of one id, one that is allowed and
/// forbidden, one whose files are still to be supplied.
std::vector<recipe::NodeRef> tools_of(const recipe::Node& image);

/// The date after which an image is expired, "YYYY-MM-DD"; empty if never. Throws Failure for a
/// text that is neither a date nor "30d", and for "30d" where nobody said when that begins (as_of).
std::string expiry_of(const recipe::Node& level, const std::optional<std::string>& as_of);

/// What the image's launcher is told, but for what only its base knows; null without a tier.
nlohmann::ordered_json policy_parameters(const graph::Planner& planner, const recipe::Node& image);

/// X:\Remedia\policy.txt from those parameters. `base` is the version of Windows.
std::string policy_text(const nlohmann::json& parameters, const std::string& base);

/// For the record of an image: name, expiry, tools with what they take.
nlohmann::ordered_json tier_record(const recipe::Node& image, const std::string& expires);

}  // namespace remedia::kinds
