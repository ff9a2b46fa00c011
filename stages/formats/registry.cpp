// Registry values as hives store them: text is UTF-16LE with its terminator, numbers are
// little-endian. The conversions are strict towards hives (bad UTF-8 is refused) and lenient from
// them: Windows itself does not check its UTF-16, so unpaired surrogates are shown, not refused.
#include "formats/registry.h"

#include "support/diagnostic.h"
#include "support/utf8.h"

#include <algorithm>
#include <limits>
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

std::string little(std::uint64_t value, std::size_t size) {
  std::string data;
  for (std::size_t i = 0; i < size; ++i) data += static_cast<char>(value >> (8 * i) & 0xff);
  return data;
}

std::uint64_t number(std::string_view data) {
  std::uint64_t value = 0;
  for (std::size_t i = data.size(); i-- > 0;) {
    value = value << 8 | static_cast<unsigned char>(data[i]);
  }
  return value;
}

int digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::string hex_text(std::string_view data) {
  std::string text;
  for (char c : data) text += fmt::format("{:02x}", static_cast<unsigned char>(c));
  return text;
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

RegistryValue registry_qword(std::string_view name, std::uint64_t value) {
  return {std::string(name), RegistryType::qword, little(value, 8)};
}

RegistryValue registry_expand_string(std::string_view name, std::string_view utf8) {
  return {std::string(name), RegistryType::expand_string, terminated(name, utf8)};
}

RegistryValue registry_number(std::string_view name, RegistryType type, std::int64_t value) {
  bool wide = type == RegistryType::qword;
  std::int64_t most = wide ? std::numeric_limits<std::int64_t>::max()
                           : std::int64_t{std::numeric_limits<std::uint32_t>::max()};
  if (value < 0 || value > most) {
    fail("registry value '{}' cannot be {}: a {} is from 0 to {}", name, value,
         wide ? "qword" : "dword", most);
  }
  if (wide) return registry_qword(name, static_cast<std::uint64_t>(value));
  return registry_dword(name, static_cast<std::uint32_t>(value));
}

RegistryValue registry_hex(std::string_view name, std::string_view hex) {
  std::string data;
  for (std::size_t at = 0; at < hex.size();) {
    if (hex[at] == ' ' || hex[at] == ',' || hex[at] == '\t' || hex[at] == '\n') {
      ++at;
      continue;
    }
    std::size_t wrong = digit(hex[at]) < 0 ? at : at + 1;
    if (wrong == hex.size()) {
      fail("registry value '{}' ends in half a byte: every byte has two hexadecimal digits", name);
    }
    if (digit(hex[wrong]) < 0) {
      std::string_view rest = hex.substr(wrong);
      bool text = take_utf8(rest) != kInvalidUtf8;
      fail("registry value '{}' has '{}' at character {} where a hexadecimal digit belongs", name,
           text ? hex.substr(wrong, hex.size() - wrong - rest.size()) : "\ufffd", wrong + 1);
    }
    data += static_cast<char>(digit(hex[at]) * 16 + digit(hex[at + 1]));
    at += 2;
  }
  return registry_binary(name, std::move(data));
}

namespace {

// Whether data of UTF-16 ends in its terminator and has no other NUL and nothing else wrong.
bool is_text(std::string_view data) {
  if (data.size() < 2 || data.size() % 2 != 0) return false;
  std::string text = from_utf16le(data);
  return text.find('\0') == text.size() - 1 && to_utf16le(text) == data;
}

std::string quoted(std::string_view text) {
  std::string result = "\"";
  for (char c : text) {
    if (c == '"' || c == '\\') result += '\\';
    result += c;
  }
  return result + '"';
}

// The strings of a well-formed REG_MULTI_SZ as ["a","b"]; "" for one that is not.
std::string list_text(std::string_view data) {
  if (data.size() < 2 || data.size() % 2 != 0) return {};
  std::string all = from_utf16le(data), result = "[";
  if (to_utf16le(all) != data || all.back() != '\0') return {};
  all.pop_back();
  if (!all.empty() && all.back() != '\0') return {};
  for (std::size_t at = 0; at < all.size();) {
    std::size_t end = all.find('\0', at);
    if (end == at) return {};
    result += (at == 0 ? "" : ",") + quoted(std::string_view(all).substr(at, end - at));
    at = end + 1;
  }
  return result + ']';
}

}  // namespace

std::string registry_text(const RegistryValue& value) {
  auto text = [&] { return from_utf16le(value.data.substr(0, value.data.size() - 2)); };
  switch (value.type) {
    case RegistryType::string:
      if (is_text(value.data)) return "string:" + text();
      break;
    case RegistryType::expand_string:
      if (is_text(value.data)) return "expand_string:" + text();
      break;
    case RegistryType::multi_string:
      if (std::string list = list_text(value.data); !list.empty()) return "multi_string:" + list;
      break;
    case RegistryType::dword:
      if (value.data.size() == 4) return fmt::format("dword:{}", number(value.data));
      break;
    case RegistryType::qword:
      if (value.data.size() == 8) return fmt::format("qword:{}", number(value.data));
      break;
    case RegistryType::binary:
      return "binary:" + hex_text(value.data);
    case RegistryType::none:
      break;
  }
  return fmt::format("type {}:{}", static_cast<std::uint32_t>(value.type), hex_text(value.data));
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
