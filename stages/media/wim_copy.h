// Opening a WIM so that libwim writes its data anew without compressing any of it again.
#pragma once

#include "media/wim_lib.h"

#include <string_view>
#include <vector>

namespace remedia::wim {

/// Opens a WIM, given in its parts, for being written to another one of the same compression: also
/// data that is stored uncompressed is copied raw (mark_stored of wim_table.h says why that takes
/// doing). What it opens must not be extracted from. The Host puts right what is written.
Handle open_for_copy(Host& host, const std::vector<Slice>& parts, std::string_view shown);

}  // namespace remedia::wim
