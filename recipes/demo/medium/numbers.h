// Little-endian numbers and padding, of which the formats of the stand-in medium are made.
#pragma once

#include <cstdint>
#include <string>

namespace remedia::medium {

inline std::string number(std::uint64_t value, std::size_t size) {
  std::string bytes;
  for (std::size_t i = 0; i < size; ++i) bytes += static_cast<char>(value >> (8 * i) & 0xFF);
  return bytes;
}
inline std::string u16(std::uint64_t value) { return number(value, 2); }
inline std::string u32(std::uint64_t value) { return number(value, 4); }

/// With zeros up to the next multiple of `to`.
inline std::string padded(std::string bytes, std::size_t to) {
  bytes.resize((bytes.size() + to - 1) / to * to, '\0');
  return bytes;
}

}  // namespace remedia::medium
