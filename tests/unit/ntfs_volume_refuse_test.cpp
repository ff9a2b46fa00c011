// NTFS volumes that we do not write: what has no room, and what is refused.
#include "ntfs_write.h"

#include <csignal>
#include <cstdlib>

#include <sys/resource.h>

namespace remedia::ntfs {
namespace {

// --- Room

// As much as overhead() leaves, under the longest names, each in a folder of its own.
void expect_filled(std::uint64_t size, std::uint32_t sector, std::size_t count) {
  Scratch scratch;
  Volume volume = volume_of(size, {});
  volume.sector_size = sector;
  for (std::size_t i = 0; i < count; ++i) {
    std::string folder = fmt::format("{:0>255}", i);
    volume.files.push_back({folder + "/" + std::string(255, 'f'), std::string(400, 'x')});
  }
  std::uint64_t names = 2 * count + 1;
  std::uint64_t reserved = overhead(size, names) + count * 4096;
  ASSERT_LT(reserved, size);
  std::uint64_t rest = (size - reserved) / 4096 * 4096;
  volume.files.push_back({"rest", zeros(scratch, rest)});
  fs::path image = write_image(scratch, volume);
  expect_sound(image);
}

TEST(NtfsVolume, OverheadIsEnough) {
  for (std::uint64_t size : {4u, 8u, 16u, 63u, 100u, 200u, 256u, 1000u, 2048u, 8192u}) {
    for (std::uint32_t sector : {512u, 4096u}) {
      SCOPED_TRACE(fmt::format("{} MiB, sectors of {}", size, sector));
      expect_filled(size * kMiB, sector, 1);
      if (size >= 16) expect_filled(size * kMiB, sector, 300);
    }
  }
}

TEST(NtfsVolume, OverheadIsNotWasteful) {
  EXPECT_LT(overhead(16 * kMiB, 10), 4 * kMiB);
  EXPECT_LT(overhead(640 * kMiB, 10), 7 * kMiB);
  EXPECT_LT(overhead(8192 * kMiB, 10), 46 * kMiB);
}

TEST(NtfsVolume, SaysWhatDoesNotFit) {
  Scratch scratch;
  std::string message = failure_for(volume_of(16 * kMiB, {{"big", zeros(scratch, 15 * kMiB)}}));
  EXPECT_TRUE(has(message, "15728640 bytes in 1 files")) << message;
  EXPECT_TRUE(has(message, "volume of 16777216 bytes: it has room for 14")) << message;
  message = failure_for(volume_of(16 * kMiB, {{"big", zeros(scratch, UINT64_MAX)}}));
  EXPECT_TRUE(has(message, "do not fit")) << message;
  message = failure_for(
      volume_of(16 * kMiB, {{"1", zeros(scratch, UINT64_MAX)}, {"2", zeros(scratch, UINT64_MAX)}}));
  EXPECT_TRUE(has(message, "do not fit")) << message;
}

// Room for all content, but not for the entries.
TEST(NtfsVolume, SaysThatEntriesDoNotFit) {
  Volume volume = volume_of(2 * kMiB, {});
  for (int i = 0; i < 3000; ++i) volume.files.push_back({fmt::format("file {}", i), "x"});
  std::string message = failure_for(volume);
  EXPECT_TRUE(has(message, "3000 files and folders do not fit")) << message;
}

// --- What is refused

TEST(NtfsVolume, RefusesNames) {
  struct Case {
    std::vector<std::string> files;
    std::string message;
  };
  const Case cases[] = {
      {{"a/../b"}, "'..' is not a name"},
      {{"./a"}, "'.' is not a name"},
      {{"/a"}, "absolute"},
      {{""}, "empty"},
      {{"a//b"}, "empty name"},
      {{"a/"}, "empty name"},
      {{"a\\b"}, "backslash"},
      {{"ab:c"}, "may not stand"},
      {{"a:b"}, "drive letter"},
      {{"what?"}, "may not stand"},
      {{"line\nbreak"}, "control character"},
      {{"dot."}, "ends in a dot"},
      {{"folder /x"}, "ends in a space"},
      {{"com1.txt"}, "device"},
      {{"\xff"}, "UTF-8"},
      {{std::string(256, 'x')}, "256 UTF-16 units"},
      {{"a", "A"}, "are one file to Windows"},
      {{"a", "a"}, "are one file to Windows"},
      {{"\u0436", "\u0416"}, "are one file to Windows"},
      {{"\u10d0/\u057a", "\u10d0/\u054a"}, "are one file to Windows"},  // Armenian
      {{"a", "A/b"}, "is a folder, and so cannot be a file"},
      {{"x/y/z", "X/Y"}, "is a folder, and so cannot be a file"},
      {{"$MFT"}, "a file of its own"},
      {{"$extend/x"}, "a file of its own"},
      {{"$UPCASE"}, "a file of its own"},
  };
  for (const Case& c : cases) {
    Volume volume = volume_of(8 * kMiB, {});
    for (const std::string& file : c.files) volume.files.push_back({file, "x"});
    std::string message = failure_for(volume);
    EXPECT_TRUE(has(message, c.message)) << c.files[0] << ": " << message;
  }
  Scratch scratch;
  write_image(scratch, volume_of(8 * kMiB, {{"a/$MFT", "x"}, {"$Other", "y"}}));
}

TEST(NtfsVolume, RefusesFoldersAndHiddenThings) {
  Volume volume = volume_of(8 * kMiB, {{"a/b", "x"}});
  volume.folders = {"a/B"};
  EXPECT_TRUE(has(failure_for(volume), "'a/B' is a folder, and so cannot be a file"));
  volume.folders = {"A/b/c"};
  EXPECT_TRUE(has(failure_for(volume), "is a folder, and so cannot be a file"));
  volume.folders = {"../x"};
  EXPECT_TRUE(has(failure_for(volume), "is not a name"));
  volume.folders = {""};
  EXPECT_TRUE(has(failure_for(volume), "empty"));
  volume.folders = {};
  volume.hidden = {"a/c"};
  EXPECT_TRUE(has(failure_for(volume), "'a/c' is to be hidden, but is not on"));
  volume.hidden = {"/a"};
  EXPECT_TRUE(has(failure_for(volume), "absolute"));
}

TEST(NtfsVolume, RefusesLabels) {
  Volume volume = volume_of(8 * kMiB, {});
  volume.label = std::string(33, 'x');
  EXPECT_TRUE(has(failure_for(volume), "33 UTF-16 units"));
  volume.label = std::string(31, 'x') + "\U0001f4be";
  EXPECT_TRUE(has(failure_for(volume), "33 UTF-16 units"));
  volume.label = "a\nb";
  EXPECT_TRUE(has(failure_for(volume), "control character 0x0a"));
  volume.label = "\xc3";
  EXPECT_TRUE(has(failure_for(volume), "UTF-8"));
}

TEST(NtfsVolume, RefusesGeometry) {
  Volume volume = volume_of(8 * kMiB, {});
  auto with = [&](auto change) {
    Volume changed = volume;
    change(changed);
    return failure_for(changed);
  };
  for (std::uint64_t size : {std::uint64_t{0}, kMiB, 2 * kMiB - 4096, std::uint64_t{1} << 60}) {
    EXPECT_TRUE(has(with([&](Volume& v) { v.size = size; }), "can be made")) << size;
  }
  EXPECT_TRUE(has(with([](Volume& v) { v.size += 512; }), "multiple of 4096"));
  EXPECT_TRUE(has(with([](Volume& v) { v.sector_size = 0; }), "512 and 4096"));
  EXPECT_TRUE(has(with([](Volume& v) { v.sector_size = 2048; }), "512 and 4096"));
  EXPECT_TRUE(has(with([](Volume& v) { v.start_sector = 1ull << 32; }), "cannot begin at sector"));
  EXPECT_TRUE(has(with([](Volume& v) { v.clock = INT64_MIN; }), "cannot be dated"));
  EXPECT_TRUE(has(with([](Volume& v) { v.clock = INT64_MAX; }), "cannot be dated"));
  Scratch scratch;
  fs::path image = scratch.write("image", "");
  EXPECT_TRUE(has(failure_of([&] { write(volume, image, 511); }), "cannot begin at byte 511"));
  EXPECT_TRUE(has(failure_of([&] { write(volume, image, UINT64_MAX - 511); }), "cannot begin"));
  EXPECT_EQ(fs::file_size(image), 0u);
  volume.clock = -11'644'473'600;
  write(volume, image);
  volume.clock = 253'402'300'799;
  write(volume, scratch.write("image", ""));
}

TEST(NtfsVolume, NamesTheSourceThatFails) {
  Scratch scratch;
  Slice missing{scratch / "missing.wim", {{0, 100, false}}};
  EXPECT_TRUE(has(failure_for(volume_of(8 * kMiB, {{"a", missing}})), "missing.wim"));
  missing.extents[0].length = kMiB;
  EXPECT_TRUE(has(failure_for(volume_of(8 * kMiB, {{"a", missing}})), "missing.wim"));
  for (std::uint64_t size : {3000u, 100'000u, 2'000'000u}) {
    Slice cut{scratch.write("cut.wim", noise(size - 1, 1)), {{0, size, false}}};
    std::string message = failure_for(volume_of(8 * kMiB, {{"a", cut}, {"b", "x"}}));
    EXPECT_TRUE(has(message, "cut.wim") && has(message, "truncated")) << message;
  }
}

TEST(NtfsVolume, NamesAnOutputThatFails) {
  Scratch scratch;
  Volume volume = volume_of(8 * kMiB, {});
  EXPECT_TRUE(has(failure_of([&] { write(volume, scratch / "none.img"); }), "none.img"));
  EXPECT_TRUE(has(failure_of([&] { write(volume, scratch.path()); }), scratch.path().string()));
  EXPECT_TRUE(has(failure_of([&] { write(volume, "/dev/full"); }), "/dev/full"));
}

TEST(NtfsVolume, NamesTheLimitOfTheFileSystem) {
  Scratch scratch;
  fs::path image = scratch.write("image", "");
  rlimit old = {};
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &old), 0);
  auto handler = std::signal(SIGXFSZ, SIG_IGN);
  rlimit small = {4 * kMiB, old.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);
  std::string message = failure_of([&] { write(volume_of(8 * kMiB, {}), image); });
  setrlimit(RLIMIT_FSIZE, &old);
  std::signal(SIGXFSZ, handler);
  EXPECT_TRUE(has(message, image.string()) && has(message, "too large")) << message;
  EXPECT_FALSE(fs::exists(image.string() + ".mkntfs"));
}

TEST(NtfsVolume, SaysWhatToInstall) {
  std::string path = std::getenv("PATH");
  for (const char* other : {"", "/nowhere", "sbin:.:relative/bin"}) {
    setenv("PATH", other, 1);
    std::string message = failure_for(volume_of(8 * kMiB, {}));
    EXPECT_TRUE(has(message, "'mkntfs'")) << message;
  }
  setenv("PATH", "/usr/bin:/bin", 1);  // what users of Debian have; it is in /usr/sbin
  Scratch scratch;
  write_image(scratch, volume_of(8 * kMiB, {}));
  setenv("PATH", path.c_str(), 1);
}

}  // namespace
}  // namespace remedia::ntfs
