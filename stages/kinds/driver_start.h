// What the drivers of an image ask of its base: who loads them, and what they build on or replace.
#pragma once

#include "graph/job.h"
#include "media/wim.h"

#include <optional>
#include <string>
#include <vector>

namespace remedia::kinds {

/// That the base has drvload. Throws Failure.
void check_drvload(const graph::Job& job, const wim::File& base);

/// Some of the staged `packages` (as the record of the choice has them) build on INFs of Windows
/// itself, of which Windows PE has not all.
void warn_of_includes(graph::Job& job, const wim::File& base,
                      const nlohmann::ordered_json& packages);

/// A driver of the recipe's may bear the name of one of Windows', which then is no more. `boot` is
/// that part of the record of the choice.
void warn_of_replaced(graph::Job& job, const wim::File& base, const nlohmann::ordered_json& boot);

/// Lines of [LaunchApps]: what loads the drivers, then the `named` ones, else what the base starts.
std::vector<std::string> start_with_drivers(const graph::Job& job, const wim::File& base,
                                            const std::optional<std::vector<std::string>>& named);

}  // namespace remedia::kinds
