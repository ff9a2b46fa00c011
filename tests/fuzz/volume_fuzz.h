// One run of a reader of volumes on a damaged one. Scripts of bytes damage sound volumes that the
// program makes itself, so no corpus is needed.
#pragma once

#include "media/volume.h"
#include "support/diagnostic.h"
#include "support/udf_patches.h"

#include <cstdio>
#include <cstdlib>
#include <string>

#include <sys/mman.h>
#include <unistd.h>

namespace remedia {

inline void read_samples(const Volume& volume, int fd) {
  char buffer[64];
  for (const VolumeEntry& entry : volume.entries) {
    std::uint64_t size = entry.content.size();
    read_at(entry.content, fd, 0, buffer);
    if (size > sizeof buffer) read_at(entry.content, fd, size - sizeof buffer, buffer);
  }
}

/// Ends the program if the reader breaks a promise or throws anything but a Failure, which is how a
/// damaged volume is to be answered.
inline void fuzz_volume(const std::string& bytes, bool (*probe)(const fs::path&),
                        Volume (*read)(const fs::path&)) {
  Fd fd(memfd_create("volume", MFD_CLOEXEC));
  fs::path path = "/proc/self/fd/" + std::to_string(fd.get());
  write_at(fd.get(), bytes, 0, path);
  try {
    probe(path);
    Volume volume = read(path);
    std::string broken = udf_patches::broken_promise(volume, path);
    if (!broken.empty()) {
      std::fprintf(stderr, "%s\n", broken.c_str());
      std::abort();
    }
    read_samples(volume, fd.get());
  } catch (const Failure&) {
  }
}

}  // namespace remedia
