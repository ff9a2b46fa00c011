// Texts that artifacts carry: scripts, configuration, instructions. They stand in stages/texts/ as
// they will look, with @WORD@ where a value goes, and are part of the program.
#pragma once

#include <map>
#include <string>
#include <string_view>

namespace remedia {

/// The text stages/texts/NAME with each @WORD@ (A-Z, 0-9, _) replaced by its value. Throws Failure:
/// no such text, a word without a value, a value that no word asks for: both are mistakes of ours
/// that would reach a user.
std::string fill_text(std::string_view name, const std::map<std::string, std::string>& values);

/// A PowerShell string literal of any text, quotes of all kinds included: 'it''s'. Throws Failure
/// for control characters, which a one-line literal cannot hold.
std::string powershell_string(std::string_view text);

/// With "\r\n" at the end of each line: cmd.exe misreads labels in files without.
std::string with_crlf(std::string_view text);

}  // namespace remedia
