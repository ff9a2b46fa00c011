// What makes an image start the launcher: the program, its policy, and who starts it.
#pragma once

#include "graph/graph.h"
#include "graph/job.h"
#include "media/wim.h"
#include "support/pack.h"

#include <string>
#include <vector>

namespace remedia::kinds {

/// What a settings stage has to know of the tier; null without one. Throws Failure.
nlohmann::ordered_json launcher_parameters(const graph::Planner& planner,
                                           const recipe::Node& image);

/// 16 digits that are equal for equal values of the recipe: what the launcher and the manifest
/// show.
std::string image_revision(const recipe::Node& image);

/// The lines of winpeshl.ini of such an image; none if Windows' own shell stays in charge.
std::vector<std::string> launcher_start(const recipe::Node& image);

/// X:\Remedia\policy.txt; stages/launcher/policy.h is its reader. `base` is the version of Windows,
/// `keyboards` as wpeutil takes them.
std::string policy_text(const nlohmann::json& parameters, const std::string& base,
                        const std::vector<std::string>& keyboards);

/// The launcher that this program was built with, declared as read. `field` of the recipe asked for
/// it. Throws Failure if there is none for the architecture.
fs::path launcher_program(graph::Job& job, const std::string& arch, std::string_view field);

/// Puts the launcher and its policy into a settings stage's pack. `version` is that of the base.
/// Throws Failure: no launcher for this architecture, a base without what the tier needs.
void add_launcher(graph::Job& job, const wim::File& base, const std::string& version,
                  const std::vector<std::string>& keyboards, Pack& pack);

}  // namespace remedia::kinds
