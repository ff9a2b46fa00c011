// The dependency files that ninja reads: `output: input input`.
#pragma once

#include "support/file.h"

#include <string>
#include <vector>

namespace remedia {

/// Escaped as ninja's depfile parser wants it (backslash before space and '#', "$$" for '$').
/// List only files that exist: a missing one makes its edge dirty for ever. Throws Failure for a
/// name with a line break, which no depfile can hold.
std::string depfile(const std::string& output, const std::vector<fs::path>& inputs);

}  // namespace remedia
