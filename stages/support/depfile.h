// The dependency files that ninja reads: `output: input input`.
#pragma once

#include "support/file.h"

#include <string>
#include <vector>

namespace remedia {

/// ninja 1.11's depfile reader ends a name at `& ' ; ^ " | * < > ?` and others and has no escape
/// for them, and takes no path of more than 60 names. What it does not take is listed under an
/// alias: a link in `aliases` (a folder, made if need be) that ninja's stat follows. List only
/// files that exist: a missing one makes its edge dirty for ever.
std::string depfile(const std::string& output, const std::vector<fs::path>& inputs,
                    const fs::path& aliases);

}  // namespace remedia
