// Who is in charge when an image has started: the `shell` of a wim.
#pragma once

#include "graph/job.h"
#include "media/wim.h"
#include "recipe/value.h"
#include "support/tree.h"

#include <string>
#include <vector>

namespace remedia::kinds {

std::vector<recipe::Field> shell_fields();

/// What a recipe itself says against its shell. Throws Failure.
void check_shell_fields(const recipe::Node& image);

/// What a base starts by itself, as lines of [LaunchApps]: those of its winpeshl.ini, else
/// setup.exe, else a command prompt that runs startnet.cmd. `scratch`: a file of the caller's own.
/// Source: the description of winpeshl.exe.
std::vector<std::string> base_start(const wim::File& base, const fs::path& scratch);

/// `\Sources\Recovery\Tools\WinREConfig.xml`, which registers `program` with Windows RE.
std::string winre_config(const std::string& program, const std::string& parameters);

/// That recenv.exe is what such an image starts, and nothing before it: of a base and what goes on
/// top, of which `overlays` are brought by the user. The parameters hold `winre_tool`. Throws
/// Failure.
void check_winre_shell(graph::Job& job, const wim::File& base,
                       const std::vector<TreeEntry>& entries,
                       const std::vector<TreeEntry>& overlays);

/// That nothing was taken out of such an image which its shell locks the drive with; of the record
/// of a removal. Throws Failure.
void check_winre_removals(const graph::Job& job, const nlohmann::ordered_json& removal);

}  // namespace remedia::kinds
