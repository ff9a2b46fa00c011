// Verifying a WIM with all processors.
#pragma once

#include "media/wim.h"
#include "support/file.h"

#include <vector>

#include <wimlib.h>

namespace remedia::wim {

/// wimlib_verify_wim() and its result. `parts` hold the WIM that `wim` has open, `info` is of the
/// first. Needs a Host, like every call into libwim.
int verify_wim(WIMStruct* wim, const std::vector<Slice>& parts, const Info& info);

/// Whether all data of these parts decompresses, and is what its SHA-1 says. False only means that
/// this is not proven: the data is damaged, cannot be read, or lies in a way that is left to libwim
/// (solid, pipable, overlapping). Says the same whatever the number of threads. Needs no Host.
bool data_is_proven(const std::vector<Slice>& parts, const Info& info) noexcept;

}  // namespace remedia::wim
