// The parts of a split WIM: install.swm, install2.swm, ...
#pragma once

#include "support/file.h"

#include <string_view>
#include <vector>

namespace remedia::wim {

/// Part 1, part 2, ... of the split WIM whose parts `slice` and `more_parts` are, in whatever order
/// they come; just `slice` if it is a whole WIM, or no WIM at all (libwim says why). Parts of one
/// WIM share its GUID and say their number and how many there are (Microsoft's white paper).
/// Throws Failure that names a part which is missing, there twice, or of another WIM; `shown` names
/// `slice`.
std::vector<Slice> ordered_parts(const Slice& slice, std::string_view shown,
                                 const std::vector<Slice>& more_parts);

}  // namespace remedia::wim
