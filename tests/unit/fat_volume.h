// FAT volumes for tests.
#pragma once

#include "media/fat.h"
#include "support/process.h"
#include "unit/scratch.h"

#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <unistd.h>

namespace remedia::fat {

constexpr std::uint64_t kMiB = 1 << 20;
constexpr std::int64_t kClock = 1'704'164'645;  // 2024-01-02 03:04:05 UTC

inline std::string mtools(const std::vector<std::string>& argv) {
  return run_checked(
      argv, {.environment = {{"TZ", "UTC"}, {"LC_ALL", "C.UTF-8"}, {"MTOOLSRC", "/dev/null"}}});
}

/// Different for every seed, and no two of its sectors are equal.
inline std::string content(std::size_t size, unsigned seed = 0) {
  std::string bytes;
  while (bytes.size() < size) bytes += fmt::format("[{}.{}]", seed, bytes.size());
  bytes.resize(size);
  return bytes;
}

inline Volume volume(std::vector<VolumeFile> files = {}) {
  return {.label = "REMEDIA", .files = std::move(files), .clock = kClock, .serial = 0x12345678};
}

/// An image file with the volume at `offset`.
inline fs::path image_of(const Scratch& scratch, Volume v, std::uint64_t offset = 0,
                         const std::string& name = "v.img") {
  if (v.size == 0) v.size = smallest_size(v);
  fs::path image = scratch / name;
  Fd out = Fd::open_empty(image);
  EXPECT_EQ(ftruncate(out.get(), static_cast<off_t>(offset + v.size)), 0);
  write(v, out.get(), offset, image);
  return image;
}

inline void expect_refused(const Volume& v, const std::string& message) {
  Scratch scratch;
  EXPECT_EQ(failure_of([&] { image_of(scratch, v); }), message);
}

}  // namespace remedia::fat
