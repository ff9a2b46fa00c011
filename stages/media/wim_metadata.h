// The metadata resource of an image: the tree of its entries, as a WIM stores it.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace remedia::wim {

/// What a file keeps when its content is replaced.
struct Kept {
  std::string path;  ///< exactly as spelt in the image
  std::uint32_t attributes = 0;
  std::string security_descriptor = {};  ///< empty: none
  std::uint64_t creation_time = 0;
  std::uint64_t last_access_time = 0;
  std::uint64_t last_write_time = 0;
};

/// Writes these fields into uncompressed metadata. Its size stays: each descriptor is in the table
/// of the image already. Throws Failure if the bytes are not what they should be, or lack a file.
void restore_fields(std::span<char> metadata, const std::vector<Kept>& files);

}  // namespace remedia::wim
