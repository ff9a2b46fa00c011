// An NTFS volume in a file, whose files carry what only Windows gives them. A WIM captured from it
// is as rich as Microsoft's, and nothing of ours had a hand in it.
#pragma once

#include "support/file.h"

#include <array>
#include <cstdint>
#include <string>

namespace remedia {

struct NtfsFields {
  std::string path;  ///< on the volume, '/' first
  std::uint32_t attributes = 0;
  std::array<std::uint64_t, 3> times = {};  ///< creation, last write, last access
  std::string short_name;                   ///< empty: none
  std::string security_descriptor;
};

/// Sets them on a file or folder that is there; a test failure if it cannot.
void dress_ntfs_file(const fs::path& volume, const NtfsFields& fields);

}  // namespace remedia
