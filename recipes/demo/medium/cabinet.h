// A cabinet with stored files, as self-extracting packages carry one.
#pragma once

#include "medium/files.h"

#include <string>

namespace remedia::medium {

/// [MS-CAB] 2: one folder, nothing compressed, no checksums. Paths are names without a folder.
/// Throws Failure if the files are too many or too large for one folder.
std::string cabinet(const Files& files);

}  // namespace remedia::medium
