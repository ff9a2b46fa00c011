// Names of files as Windows sees them: which ones it can hold, and which ones it takes for equal.
#pragma once

#include <string>
#include <string_view>

namespace remedia {

/// Throws Failure if `path` cannot be the path of a file in a Windows image: '/' between names, no
/// leading one, every name legal on NTFS and reachable through Win32. Says which name, why, and
/// what to do.
void check_image_path(std::string_view path);

/// The same text for all spellings that Windows takes for one name: simple upper-casing, one letter
/// for one, of ASCII, Latin, Greek and Cyrillic. Other scripts, and bytes that are not UTF-8, are
/// left as they are: there, two spellings of one name are seen as different.
std::string fold_case(std::string_view text);

}  // namespace remedia
