// UTF-8, strictly by RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF.
#pragma once

#include <string_view>

namespace remedia {

constexpr char32_t kInvalidUtf8 = 0xffffffff;

/// The code point at the front of `text` (not empty), which loses it; kInvalidUtf8 leaves it alone.
char32_t take_utf8(std::string_view& text);

bool is_utf8(std::string_view text);

}  // namespace remedia
