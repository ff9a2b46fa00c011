// Sizes as people write them: "512MiB", "16GB", "1.5GiB".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace remedia {

inline constexpr std::uint64_t kMiB = std::uint64_t{1} << 20;
inline constexpr std::uint64_t kGiB = std::uint64_t{1} << 30;

/// Bytes; the unit is one of MiB, GiB, TiB (powers of 1024) and MB, GB, TB (of 1000), as on the
/// packaging of disks. At most three digits after the point. Nothing if the text is no such size,
/// is 0 or exceeds 2^53.
std::optional<std::uint64_t> parse_byte_size(std::string_view text);

/// "734003200 bytes (700 MiB)": exact, and readable. MiB are rounded up to one digit.
std::string byte_size_text(std::uint64_t bytes);

constexpr std::uint64_t round_up(std::uint64_t value, std::uint64_t step) {
  return (value + step - 1) / step * step;
}

}  // namespace remedia
