#include "launcher/text.h"

namespace remedia::launcher {

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (;;) {
    const std::size_t end = text.find(separator);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

std::vector<std::string_view> words(std::string_view text) {
  std::vector<std::string_view> found;
  for (std::size_t at = 0; (at = text.find_first_not_of(" \t", at)) != std::string_view::npos;) {
    const std::size_t end = text.find_first_of(" \t", at);
    found.push_back(text.substr(at, end - at));
    if (end == std::string_view::npos) break;
    at = end;
  }
  return found;
}

std::vector<std::string_view> lines_of(std::string_view text) {
  if (text.empty()) return {};
  if (text.back() == '\n') text.remove_suffix(1);
  std::vector<std::string_view> lines = split(text, '\n');
  for (std::string_view& line : lines) {
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  }
  return lines;
}

namespace {

// How many bytes the character has that begins with `lead`, and its smallest value; 0: no lead.
struct Lead {
  std::size_t size;
  std::uint32_t bits;
  std::uint32_t smallest;
};

Lead lead_of(unsigned char lead) {
  if (lead < 0x80) return {1, lead, 0};
  if (lead >= 0xc0 && lead < 0xe0) return {2, lead & 0x1fU, 0x80};
  if (lead >= 0xe0 && lead < 0xf0) return {3, lead & 0x0fU, 0x800};
  if (lead >= 0xf0 && lead < 0xf8) return {4, lead & 0x07U, 0x10000};
  return {0, 0, 0};
}

}  // namespace

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const Lead lead = lead_of(static_cast<unsigned char>(text[0]));
    if (lead.size == 0 || lead.size > text.size()) return false;
    std::uint32_t value = lead.bits;
    for (std::size_t i = 1; i < lead.size; ++i) {
      const auto next = static_cast<unsigned char>(text[i]);
      if ((next & 0xc0U) != 0x80U) return false;
      value = value << 6 | (next & 0x3fU);
    }
    if (value < lead.smallest || value > 0x10ffff) return false;
    if (value >= 0xd800 && value < 0xe000) return false;
    text.remove_prefix(lead.size);
  }
  return true;
}

std::string upper_ascii(std::string_view text) {
  std::string upper(text);
  for (char& c : upper) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return upper;
}

bool same_ascii(std::string_view a, std::string_view b) { return upper_ascii(a) == upper_ascii(b); }

std::optional<unsigned> parse_number(std::string_view text, unsigned maximum) {
  if (text.empty() || text.size() > 9) return std::nullopt;
  unsigned value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + static_cast<unsigned>(c - '0');
  }
  if (value > maximum) return std::nullopt;
  return value;
}

std::string decimal(std::uint64_t value) {
  std::string digits;
  do {
    digits.insert(digits.begin(), static_cast<char>('0' + value % 10));
    value /= 10;
  } while (value != 0);
  return digits;
}

std::string hexadecimal(std::uint32_t value) {
  std::string text = "0x";
  for (int shift = 28; shift >= 0; shift -= 4) text += "0123456789ABCDEF"[value >> shift & 15U];
  return text;
}

std::string code_text(std::uint32_t code) {
  return code < 0x10000 ? decimal(code) : hexadecimal(code);
}

std::string replaced(std::string_view text, std::string_view from, std::string_view to) {
  std::string result;
  for (;;) {
    const std::size_t at = from.empty() ? std::string_view::npos : text.find(from);
    result += text.substr(0, at);
    if (at == std::string_view::npos) return result;
    result += to;
    text.remove_prefix(at + from.size());
  }
}

bool has_control(std::string_view text) {
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) return true;
  }
  return false;
}

namespace {

void append_utf8(std::string& text, std::uint32_t value) {
  const auto tail = [value](int shift) {
    return static_cast<char>(0x80U | (value >> shift & 63U));
  };
  if (value < 0x80) {
    text += static_cast<char>(value);
  } else if (value < 0x800) {
    text += {static_cast<char>(0xc0U | value >> 6), tail(0)};
  } else if (value < 0x10000) {
    text += {static_cast<char>(0xe0U | value >> 12), tail(6), tail(0)};
  } else {
    text += {static_cast<char>(0xf0U | value >> 18), tail(12), tail(6), tail(0)};
  }
}

}  // namespace

std::string utf8_of_utf16(std::string_view bytes) {
  const auto unit = [bytes](std::size_t at) -> std::uint32_t {
    if (at + 1 >= bytes.size()) return 0;
    return static_cast<std::uint32_t>(static_cast<unsigned char>(bytes[at + 1])) << 8 |
           static_cast<unsigned char>(bytes[at]);
  };
  std::string text;
  for (std::size_t at = 0; unit(at) != 0; at += 2) {
    std::uint32_t value = unit(at);
    const std::uint32_t low = unit(at + 2);
    if (value >= 0xd800 && value < 0xdc00 && low >= 0xdc00 && low < 0xe000) {
      value = 0x10000 + ((value & 0x3ffU) << 10 | (low & 0x3ffU));
      at += 2;
    } else if (value >= 0xd800 && value < 0xe000) {
      value = 0xfffd;
    }
    append_utf8(text, value);
  }
  return text;
}

}  // namespace remedia::launcher
