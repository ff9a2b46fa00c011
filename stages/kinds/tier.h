// What a tier makes of an image: its tools, its expiry, and what is said of them.
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

/// All tools that the tier of an image brings, its remote agent and what they need included, sorted
/// by group and title; none without a tier. Throws Failure: two tools of one id, one whose files
/// are still to be supplied, one that needs what nothing provides or takes what is forbidden.
std::vector<recipe::NodeRef> tools_of(const recipe::Node& image);

/// What the tier forbids, as patterns of paths in the image. Throws Failure for what is none.
std::vector<std::string> forbidden_by(const recipe::Node& level);

/// Whether its risk is "high" or "destructive".
bool is_dangerous(const recipe::Node& item);

/// Heading in the menu.
std::string group_of(const recipe::Node& item);

/// The last day of an image, "YYYY-MM-DD"; empty if there is none. Throws Failure for a text that
/// is neither a date nor "30d", for "30d" where nobody said when that begins (as_of), and for a day
/// that is over already.
std::string expiry_of(const recipe::Node& level, const std::optional<std::string>& as_of);

/// For the record of an image: all that the tier decides, with tools and what they take.
nlohmann::ordered_json tier_record(const recipe::Node& image,
                                   const std::optional<std::string>& as_of);

}  // namespace remedia::kinds
