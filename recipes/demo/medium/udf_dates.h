// Makes an ISO that genisoimage wrote with -udf the same at every run.
//
// genisoimage puts the time of day into the volume descriptors, the descriptors of the UDF side and
// the entry of its boot catalog, makes the volume set identifier from it too, and has no option or
// environment variable against that. Its output is otherwise the same, so the moments are
// overwritten.
#pragma once

#include "support/file.h"

namespace remedia::medium {

/// Sets every time in `iso` to clock_seconds and the volume set identifier to 16 characters of
/// `identity`; checksums are put right.
void settle_dates(const fs::path& iso, std::string_view identity);

}  // namespace remedia::medium
