// A file of a volume that we write, whatever file system the volume has.
#pragma once

#include "support/file.h"

#include <cstdint>
#include <string>
#include <variant>

namespace remedia {

struct VolumeFile {
  std::string target;                        ///< path on the volume: `boot/boot.sdi`
  std::variant<Slice, std::string> content;  ///< bytes in a file, or bytes in memory

  std::uint64_t size() const;  ///< of hostile extents at most 2^63 - 1
  /// Writes the content at byte `offset` of `out`, of which nothing was written there before: holes
  /// are left alone. Throws Failure as copy_to() does.
  void write_content(int out, std::uint64_t offset, const fs::path& out_name) const;
};

}  // namespace remedia
