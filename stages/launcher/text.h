// Small helpers on UTF-8 text. The launcher has no C run-time library and no locale: what it needs
// of them is here, and nothing of it throws.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace remedia::launcher {

/// Without spaces and tabs at both ends.
std::string_view trimmed(std::string_view text);

/// The parts of `text` between `separator`s; always at least one.
std::vector<std::string_view> split(std::string_view text, char separator);

/// The words of `text`, separated by spaces and tabs.
std::vector<std::string_view> words(std::string_view text);

/// The lines of `text` without their LF or CRLF; a last LF begins no further line.
std::vector<std::string_view> lines_of(std::string_view text);

/// Well-formed UTF-8: no overlong forms, no surrogates, nothing above U+10FFFF.
bool is_utf8(std::string_view text);

/// Upper case of a-z only: enough for hardware ids and for what people type to confirm.
std::string upper_ascii(std::string_view text);

/// Equal but for the case of ASCII letters.
bool same_ascii(std::string_view a, std::string_view b);

/// 1 to 9 decimal digits and nothing else, at most `maximum`.
std::optional<unsigned> parse_number(std::string_view text, unsigned maximum);

std::string decimal(std::uint64_t value);

/// `0x` and `value` in at least 8 upper-case hexadecimal digits, as Windows shows exit codes.
std::string hexadecimal(std::uint32_t value);

/// An exit code or an error of Windows for people: the small ones are known in decimal.
std::string code_text(std::uint32_t code);

/// `text` with every `from` as `to`, in one pass.
std::string replaced(std::string_view text, std::string_view from, std::string_view to);

/// UTF-8 of UTF-16LE up to its first NUL; half a surrogate pair becomes U+FFFD.
std::string utf8_of_utf16(std::string_view bytes);

/// Holds a control character: U+0000 to U+001F, or U+007F.
bool has_control(std::string_view text);

}  // namespace remedia::launcher
