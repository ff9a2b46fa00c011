// Registry values as hives store them: text is UTF-16LE with its terminator, numbers are
// little-endian. The conversions are strict towards hives (bad UTF-8 is refused) and lenient from
// them: Windows itself does not check its UTF-16, so unpaired surrogates are shown, not refused.
#include "formats/registry.h"

#include "support/diagnostic.h"
#include "support/utf8.h"

#include <utility>

namespace remedia {

namespace {

constexpr char32_t kReplacement = 0xfffd;

bool is_surrogate(char32_t c) { return c >= 0xd800 && c < 0xe000; }

void put_unit(std::string& out, char32_t unit) {
  out += static_cast<char>(unit & 0xff);
  out += static_cast<char>((unit >> 8) & 0xff);
}

void put_utf8(std::string& out, char32_t c) {
  auto put = [&out](char32_t byte) { out += static_cast<char>(byte); };
  if (c < 0x80) return put(c);
  if (c < 0x800) {
    put(0xc0 | (c >> 6));
  } else {
    if (c < 0x10000) {
      put(0xe0 | (c >> 12));
    } else {
      put(0xf0 | (c >> 18));
      put(0x80 | ((c >> 12) & 0x3f));
    }
    put(0x80 | ((c >> 6) & 0x3f));
  }
  put(0x80 | (c & 0x3f));
}

char32_t unit_at(std::string_view text, std::size_t offset) {
  return static_cast<unsigned char>(text[offset]) |
         static_cast<char32_t>(static_cast<unsigned char>(text[offset + 1])) << 8;
}

// The code point at the front of `text`, which loses it.
char32_t take_utf16le(std::string_view& text) {
  char32_t high = unit_at(text, 0);
  text.remove_prefix(2);
  if (!is_surrogate(high)) return high;
  if (high >= 0xdc00 || text.size() < 2) return kReplacement;
  char32_t low = unit_at(text, 0);
  if (low < 0xdc00 || low >= 0xe000) return kReplacement;
  text.remove_prefix(2);
  return 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
}

// A NUL would end the string early in Windows' eyes.
std::string terminated(std::string_view name, std::string_view utf8) {
  if (utf8.find('\0') != std::string_view::npos) {
    fail("the text for registry value '{}' has a NUL in it", name);
  }
  return to_utf16le(utf8) + std::string(2, '\0');
}

}  // namespace

RegistryValue registry_string(std::string_view name, std::string_view utf8) {
  return {std::string(name), RegistryType::string, terminated(name, utf8)};
}

RegistryValue registry_multi_string(std::string_view name, const std::vector<std::string>& utf8) {
  std::string data;
  for (const std::string& line : utf8) {
    // An empty string is what ends the list.
    if (line.empty()) fail("registry value '{}' is a list of strings and one is empty", name);
    data += terminated(name, line);
  }
  data += std::string(2, '\0');
  return {std::string(name), RegistryType::multi_string, std::move(data)};
}

RegistryValue registry_dword(std::string_view name, std::uint32_t value) {
  std::string data;
  put_unit(data, value & 0xffff);
  put_unit(data, value >> 16);
  return {std::string(name), RegistryType::dword, std::move(data)};
}

RegistryValue registry_binary(std::string_view name, std::string data) {
  return {std::string(name), RegistryType::binary, std::move(data)};
}

std::string to_utf16le(std::string_view utf8) {
  std::string out;
  out.reserve(2 * utf8.size());
  for (std::string_view rest = utf8; !rest.empty();) {
    char32_t c = take_utf8(rest);
    if (c == kInvalidUtf8) fail("invalid UTF-8 at byte {} of a text", utf8.size() - rest.size());
    if (c < 0x10000) {
      put_unit(out, c);
    } else {
      put_unit(out, 0xd800 + ((c - 0x10000) >> 10));
      put_unit(out, 0xdc00 + ((c - 0x10000) & 0x3ff));
    }
  }
  return out;
}

std::string from_utf16le(std::string_view utf16le) {
  std::string out;
  out.reserve(utf16le.size());
  while (utf16le.size() >= 2) put_utf8(out, take_utf16le(utf16le));
  if (!utf16le.empty()) put_utf8(out, kReplacement);  // half a unit
  return out;
}

}  // namespace remedia
