// NTFS volumes for tests of writing them.
#pragma once

#include "media/ntfs.h"
#include "scratch.h"
#include "support/process.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace remedia::ntfs {

inline constexpr std::uint64_t kMiB = 1 << 20;
inline constexpr std::int64_t kClock = 1'600'000'000;  // 2020-09-13 12:26:40

inline std::string noise(std::size_t size, std::uint64_t seed) {
  std::string bytes(size, '\0');
  for (char& c : bytes) {
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    c = static_cast<char>(seed >> 56);
  }
  return bytes;
}

// Content that takes no time to write.
inline Slice zeros(const Scratch& scratch, std::uint64_t size) {
  return {scratch.write("zeros", ""), {{0, size, true}}};
}

inline Volume volume_of(std::uint64_t size, std::vector<VolumeFile> files) {
  Volume volume;
  volume.label = "Recovery";
  volume.files = std::move(files);
  volume.clock = kClock;
  volume.serial = 0x1122334455667788;
  volume.size = size;
  volume.start_sector = 2048;
  return volume;
}

inline fs::path write_image(const Scratch& scratch, const Volume& volume,
                            std::string_view name = "volume.img") {
  fs::path image = scratch.write(name, "");
  write(volume, image);
  EXPECT_FALSE(fs::exists(image.string() + ".mkntfs"));
  return image;
}

inline std::string failure_for(const Volume& volume) {
  Scratch scratch;
  fs::path image = scratch.write("volume.img", "");
  std::string message = failure_of([&] { write(volume, image); });
  EXPECT_FALSE(fs::exists(image.string() + ".mkntfs")) << message;
  return message;
}

inline bool has(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

inline void expect_sound(const fs::path& image) {
  std::string said = run_checked({"/bin/ntfsfix", "-n", image});
  EXPECT_TRUE(has(said, "was processed successfully")) << said;
  EXPECT_FALSE(has(said, "FAIL")) << said;
  // Whether the clusters of all files are those that the bitmap says are used, each once.
  said = run_checked({"/sbin/ntfsresize", "--info", "--force", "--no-progress-bar", image});
  EXPECT_TRUE(has(said, "Collecting resizing constraints")) << said;
  std::string info = run_checked({"/bin/ntfsinfo", "-m", image});
  EXPECT_TRUE(has(info, "Volume Flags: 0x0000")) << info;
}

}  // namespace remedia::ntfs
