#include "formats/der.h"

#include "support/diagnostic.h"

#include <cstddef>
#include <cstdint>

namespace remedia::der {

namespace {

constexpr std::size_t kMaxLengthBytes = 4;

unsigned char byte_of(std::string_view bytes, std::size_t at) {
  return static_cast<unsigned char>(bytes[at]);
}

}  // namespace

std::optional<Item> peel(std::string_view& bytes) {
  if (bytes.size() < 2 || (byte_of(bytes, 0) & 0x1f) == 0x1f) return std::nullopt;
  std::size_t header = 2;
  std::uint64_t length = byte_of(bytes, 1);
  if (length >= 0x80) {
    const std::size_t count = length & 0x7f;
    if (count == 0 || count > kMaxLengthBytes || count > bytes.size() - 2) return std::nullopt;
    length = 0;
    for (std::size_t i = 0; i < count; ++i) length = length << 8 | byte_of(bytes, 2 + i);
    header += count;
  }
  if (length > bytes.size() - header) return std::nullopt;
  const Item item = {byte_of(bytes, 0), bytes.substr(header, length)};
  bytes.remove_prefix(header + length);
  return item;
}

std::string oid_text(std::string_view body) {
  std::string text;
  std::uint64_t number = 0;
  for (std::size_t i = 0; i < body.size(); ++i) {
    if (number >> 56 != 0) return "";
    number = number << 7 | (byte_of(body, i) & 0x7f);
    if ((byte_of(body, i) & 0x80) != 0) continue;
    if (text.empty()) {
      const std::uint64_t first = number < 80 ? number / 40 : 2;
      text = fmt::format("{}.{}", first, number - first * 40);
    } else {
      text += fmt::format(".{}", number);
    }
    number = 0;
  }
  return !body.empty() && (byte_of(body, body.size() - 1) & 0x80) == 0 ? text : "";
}

bool Reader::has(unsigned char tag) const { return !rest_.empty() && byte_of(rest_, 0) == tag; }

std::string_view Reader::take(unsigned char tag) {
  if (rest_.empty()) fail_here("it ends too early");
  if (!has(tag)) {
    fail_here(fmt::format("there is an item {:#04x} instead of {:#04x}", byte_of(rest_, 0), tag));
  }
  const std::optional<Item> item = peel(rest_);
  if (!item) fail_here("an item is cut off, or has no length that DER allows");
  return item->body;
}

Reader Reader::enter(unsigned char tag) { return Reader(take(tag), what_, start_); }

void Reader::skip(unsigned char tag) {
  if (has(tag)) take(tag);
}

void Reader::expect_end() const {
  if (!at_end()) fail_here("there is more than belongs there");
}

void Reader::fail_here(std::string_view why) const {
  fail("{} is damaged: {} (at byte {:#x} of it)", what_, why, rest_.data() - start_);
}

}  // namespace remedia::der
