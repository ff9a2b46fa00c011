#include "support/byte_size.h"

#include <fmt/format.h>

namespace remedia {

namespace {

struct Unit {
  std::string_view name;
  std::uint64_t bytes;
};
constexpr Unit kUnits[] = {{"MiB", kMiB},     {"GiB", kGiB},         {"TiB", kGiB << 10},
                           {"MB", 1'000'000}, {"GB", 1'000'000'000}, {"TB", 1'000'000'000'000}};
constexpr std::uint64_t kMost = std::uint64_t{1} << 53;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

}  // namespace

std::optional<std::uint64_t> parse_byte_size(std::string_view text) {
  // In thousandths; few enough digits that nothing overflows.
  std::uint64_t thousandths = 0;
  int digits = 0;
  int after_point = -1;
  std::size_t at = 0;
  for (; at < text.size() && (is_digit(text[at]) || text[at] == '.'); ++at) {
    if (text[at] == '.') {
      if (after_point >= 0 || digits == 0) return std::nullopt;
      after_point = 0;
      continue;
    }
    if (++digits > 9 || (after_point >= 0 && ++after_point > 3)) return std::nullopt;
    thousandths = thousandths * 10 + static_cast<std::uint64_t>(text[at] - '0');
  }
  if (digits == 0 || after_point == 0) return std::nullopt;
  for (int i = after_point < 0 ? 0 : after_point; i < 3; ++i) thousandths *= 10;
  if (at < text.size() && text[at] == ' ') ++at;
  for (const Unit& unit : kUnits) {
    if (text.substr(at) != unit.name) continue;
    if (thousandths > kMost / unit.bytes * 1000) return std::nullopt;
    std::uint64_t bytes = thousandths / 1000 * unit.bytes + thousandths % 1000 * unit.bytes / 1000;
    if (bytes == 0) return std::nullopt;
    return bytes;
  }
  return std::nullopt;
}

std::string byte_size_text(std::uint64_t bytes) {
  std::uint64_t tenths = bytes / kMiB * 10 + (bytes % kMiB * 10 + kMiB - 1) / kMiB;
  std::string mib = fmt::format("{}", tenths / 10);
  if (tenths % 10 != 0) mib += fmt::format(".{}", tenths % 10);
  return fmt::format("{} bytes ({} MiB)", bytes, mib);
}

}  // namespace remedia
