// Windows' own programs in the stand-in images: what the catalogue of tools names and what could do
// the work of one of its tools, with the libraries that they load.
#pragma once

#include "medium/files.h"

#include <string_view>

namespace remedia::medium {

/// What every Windows image has: cmd.exe, and libraries. Some of it a second time in
/// Windows/WinSxS, as the hard links of a real Windows have it.
Files common_programs(std::string_view arch, std::string_view version);

/// What a Windows PE has beside that.
Files pe_programs(std::string_view arch, std::string_view version);

/// What Windows RE has on top of a Windows PE.
Files recovery_programs(std::string_view arch, std::string_view version);

}  // namespace remedia::medium
