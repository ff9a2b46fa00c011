#include "support/utf8.h"

#include <cstddef>

namespace remedia {

namespace {

bool is_surrogate(char32_t c) { return c >= 0xd800 && c < 0xe000; }

// Length of the sequence that `lead` begins, 0 if none does. C0, C1 and F5 up are never valid.
std::size_t sequence_length(unsigned char lead) {
  if (lead < 0x80) return 1;
  if (lead >= 0xc2 && lead < 0xe0) return 2;
  if (lead >= 0xe0 && lead < 0xf0) return 3;
  if (lead >= 0xf0 && lead < 0xf5) return 4;
  return 0;
}

}  // namespace

char32_t take_utf8(std::string_view& text) {
  constexpr char32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
  constexpr unsigned char lead_bits[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
  unsigned char lead = static_cast<unsigned char>(text[0]);
  std::size_t length = sequence_length(lead);
  if (length == 0 || text.size() < length) return kInvalidUtf8;
  char32_t c = lead & lead_bits[length];
  for (std::size_t i = 1; i < length; ++i) {
    unsigned char next = static_cast<unsigned char>(text[i]);
    if ((next & 0xc0) != 0x80) return kInvalidUtf8;
    c = (c << 6) | (next & 0x3fu);
  }
  if (c < smallest[length] || c > 0x10ffff || is_surrogate(c)) return kInvalidUtf8;
  text.remove_prefix(length);
  return c;
}

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    if (take_utf8(text) == kInvalidUtf8) return false;
  }
  return true;
}

}  // namespace remedia
