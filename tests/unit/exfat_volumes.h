// exFAT volumes to test with.
#pragma once

#include "media/exfat.h"
#include "unit/scratch.h"

#include <string>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

namespace remedia::exfat {

inline constexpr std::uint64_t kMiB = 1 << 20;
inline constexpr std::uint64_t kGiB = 1 << 30;
inline constexpr std::int64_t kClock = 1'704'164'645;  // 2024-01-02 03:04:05 UTC

// No two of its blocks are equal, so that a misplaced one is seen.
inline std::string content(std::size_t size, std::size_t seed = 0) {
  std::string bytes;
  while (bytes.size() < size) bytes += fmt::format("[{}:{}]", seed, bytes.size());
  bytes.resize(size);
  return bytes;
}

inline VolumeFile hole(const std::string& target, const fs::path& file, std::uint64_t size) {
  return {target, Slice{file, {{0, size, true}}}};
}

inline fs::path make(const Scratch& scratch, const Volume& volume, std::uint64_t offset = 0,
                     std::string_view name = "volume.img") {
  fs::path image = scratch / name;
  Fd out = Fd::open_empty(image);
  EXPECT_EQ(ftruncate(out.get(), static_cast<off_t>(offset + volume.size)), 0);
  write(volume, out.get(), offset, image);
  return image;
}

inline Volume sized(Volume volume) {
  volume.size = smallest_size(volume);
  return volume;
}

inline Volume small_tree() {
  return sized({.label = "REMEDIA",
                .files = {{"boot/boot.sdi", content(70'000)},
                          {"Readme.txt", content(10)},
                          {"boot/fonts/wgl4.ttf", content(4096)},
                          {"empty.txt", ""},
                          {"sources/boot.wim", content(5 * kMiB + 1)}},
                .folders = {"drivers", "logs/old"},
                .clock = kClock,
                .serial = 0xcafe1234});
}

}  // namespace remedia::exfat
