// What a program of the console printed, as text that can be shown and kept.
#pragma once

#include <string>
#include <string_view>

namespace remedia::launcher {

/// Bytes of a program's output that are kept; the rest is cut.
constexpr std::size_t kMostPrinted = 1 << 20;

/// Whether `bytes` are UTF-16LE: they begin with its byte-order mark, or every second one of the
/// first 64 is 0 as in Latin letters. Otherwise they are in the OEM code page of the system, which
/// is what a program of the console writes into a pipe.
bool is_utf16(std::string_view bytes);

/// UTF-8 of UTF-16LE, NULs included; half a surrogate pair becomes U+FFFD, half a unit is dropped.
std::string text_of_utf16(std::string_view bytes);

/// UTF-8 as a console would leave it on the screen. A CR goes back to the start of the line and a
/// backspace one character, and what follows overwrites: of a line that counts per cent only its
/// last state is left. Lines end with LF; other control characters than TAB are dropped, the
/// byte-order mark too.
std::string as_on_console(std::string_view utf8);

}  // namespace remedia::launcher
