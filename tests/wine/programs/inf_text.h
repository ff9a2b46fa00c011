// How inf_dump and the tests write down a text, so that any can stand between tabs on a line.
#pragma once

#include <string>
#include <string_view>

namespace remedia::wine {

/// Control characters and backslashes as \xx, in hexadecimal; all else as it is.
inline std::string escaped(std::string_view text) {
  constexpr const char* kDigits = "0123456789abcdef";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte != 0x7f && c != '\\') {
      out += c;
      continue;
    }
    out += '\\';
    out += kDigits[byte >> 4];
    out += kDigits[byte & 15];
  }
  return out;
}

}  // namespace remedia::wine
