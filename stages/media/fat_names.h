// Names in folders of FAT: each entry has one of 8.3 characters, and if that is not the whole
// truth, entries before it hold the name itself in UTF-16.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace remedia::fat {

/// The short names of all entries of one folder, 11 characters each, in the order of `names`; these
/// are legal on Windows and differ in more than case. No short name is another entry's long name.
std::vector<std::string> short_names(const std::vector<std::string>& names);

/// The entries that go before the one of `short_name`: a multiple of 32 bytes, none if the name is
/// said by the short one.
std::string long_name_entries(std::string_view name, std::string_view short_name);

}  // namespace remedia::fat
