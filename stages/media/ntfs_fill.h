// Folders and files on an NTFS volume, and the clusters that their content is to have. For
// ntfs.cpp; others want ntfs.h.
#pragma once

#include "media/ntfs_host.h"
#include "media/ntfs_plan.h"

#include <cstdint>
#include <string_view>
#include <vector>

namespace remedia::ntfs {

/// What every step of the writing needs.
struct Work {
  const Volume& volume;
  const fs::path& out;
  Disk disk;
  Host host;

  /// Throws the Failure for an errno that a call of libntfs-3g left.
  [[noreturn]] void broke(int error, std::string_view what) const;
};

/// Contiguous content in contiguous clusters.
struct Run {
  std::uint64_t begin = 0;  ///< byte of the content
  std::uint64_t place = 0;  ///< byte of the volume
  std::uint64_t length = 0;
};

struct Payload {
  const VolumeFile* file = nullptr;
  std::vector<Run> runs;
};

/// Makes all of the plan on an empty volume, and says what is still to be written where. Throws
/// Failure.
std::vector<Payload> fill(Work& work, const Plan& plan);

}  // namespace remedia::ntfs
