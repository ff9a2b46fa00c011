// The system use fields of ISO 9660 directory records that matter for names: SUSP 1.12 (how fields
// are found) and RRIP 1.12 (Rock Ridge, what they say). For iso9660.cpp only.
#pragma once

#include "media/volume_reader.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace remedia::iso9660 {

/// A number that ECMA-119 records twice, low byte first and then high byte first (7.2.3, 7.3.3).
/// `bytes` stand at byte `base` of the image. Throws Failure if the two differ.
std::uint32_t both16(const volume::Image& image, std::string_view bytes, std::size_t at,
                     std::uint64_t base);
std::uint32_t both32(const volume::Image& image, std::string_view bytes, std::size_t at,
                     std::uint64_t base);

struct RockRidge {
  std::optional<std::string> name;
  std::optional<std::uint32_t> child;  ///< block where a directory was relocated to
  bool relocated = false;              ///< shown where it was relocated from, not here
  std::string fault;                   ///< what makes this file one that cannot be read
};

/// How many bytes of system use come before the fields (SUSP 5.3); nothing if the root directory's
/// first record, whose system use this is, does not announce any.
std::optional<std::size_t> rock_ridge_skip(std::string_view system_use);

/// Reads the fields of one directory record, which begin at byte `at` of the image. Throws Failure.
RockRidge read_rock_ridge(const volume::Image& image, std::string_view fields, std::uint64_t at,
                          std::uint32_t block_size);

}  // namespace remedia::iso9660
