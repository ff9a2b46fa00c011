// NTFS volumes that we write. The judges are ntfs-3g's own tools, wimlib and GRUB's driver, which
// shares no code with them.
#include "ntfs_write.h"

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <map>

#include <malloc.h>
#include <sys/stat.h>

namespace remedia::ntfs {
namespace {

std::string read_back(const fs::path& image, const std::string& path) {
  return run_checked({"/bin/ntfscat", image, path});
}

std::string read_by_grub(const fs::path& image, const std::string& path) {
  return run_checked({"grub-fstest", image, "cat", "(loop0)/" + path});
}

std::uint64_t number_at(std::string_view bytes, std::size_t at, std::size_t size) {
  std::uint64_t value = 0;
  for (std::size_t i = size; i-- > 0;)
    value = value << 8 | static_cast<std::uint8_t>(bytes[at + i]);
  return value;
}

constexpr std::uint64_t file_time(std::int64_t seconds) {
  return static_cast<std::uint64_t>(seconds + 11'644'473'600) * 10'000'000;
}

const std::vector<VolumeFile>& mixed_files() {
  static const std::vector<VolumeFile> files = {
      {"Recovery/WindowsRE/Winre.wim", noise(3 * kMiB + 5, 1)},
      {"Recovery/WindowsRE/boot.sdi", noise(kMiB, 2)},
      {"Recovery/WindowsRE/ReAgent.xml", noise(1000, 3)},
      {"Recovery/Empty", ""},
      {"Recovery/One", "1"},
      {"Recovery/Resident", noise(300, 4)},
      {"Recovery/Cluster", noise(4096, 5)},
      {"Recovery/Over", noise(4097, 6)},
      {"\u56de\u5fa9/\u30d5\u30a1\u30a4\u30eb \U0001f4be.txt", noise(5000, 7)},
      {"gr\u00fc\u00dfe/\u0416.txt", "x"},
  };
  return files;
}

const std::string& bytes_of(const VolumeFile& file) { return std::get<std::string>(file.content); }

Volume typical() {
  Volume volume = volume_of(32 * kMiB, mixed_files());
  for (int i = 0; i < 100; ++i) volume.files.push_back({fmt::format("many/{}", i), "x"});
  volume.folders = {"Bare", "many/deep/er"};
  volume.hidden = {"Recovery"};
  return volume;
}

TEST(NtfsVolume, JudgesReadBackWhatWasWritten) {
  for (std::uint32_t sector : {512u, 4096u}) {
    Scratch scratch;
    Volume volume = volume_of(32 * kMiB, mixed_files());
    volume.sector_size = sector;
    fs::path image = write_image(scratch, volume);
    expect_sound(image);
    for (const VolumeFile& file : mixed_files()) {
      EXPECT_TRUE(read_back(image, file.target) == bytes_of(file)) << file.target << sector;
      if (sector == 512) {
        EXPECT_TRUE(read_by_grub(image, file.target) == bytes_of(file)) << file.target;
      }
    }
  }
}

TEST(NtfsVolume, SourcesInFilesAreCopiedPieceByPiece) {
  Scratch scratch;
  std::string bytes = noise(3 * kMiB, 8);
  fs::path source = scratch.write("source", bytes);
  Slice small{source, {{5, 100, false}, {0, 50, true}, {1000, 60, false}}};
  Slice large{source, {{7, 2 * kMiB, false}, {0, 9000, true}, {100, 70000, false}}};
  fs::path image = write_image(scratch, volume_of(16 * kMiB, {{"small", small}, {"large", large}}));
  expect_sound(image);
  EXPECT_EQ(read_back(image, "small"),
            bytes.substr(5, 100) + std::string(50, '\0') + bytes.substr(1000, 60));
  EXPECT_TRUE(read_back(image, "large") ==
              bytes.substr(7, 2 * kMiB) + std::string(9000, '\0') + bytes.substr(100, 70000));
}

// mkntfs puts a copy of the MFT and the log file into the middle, so large files come in pieces.
TEST(NtfsVolume, LargeContentGoesAroundWhatIsInTheMiddle) {
  Scratch scratch;
  std::string bytes = noise(200 * kMiB + 17, 9);
  fs::path source = scratch.write("source", bytes);
  Slice slice{source, {{3, 90 * kMiB, false}, {0, 8192, true}, {90 * kMiB, 110 * kMiB, false}}};
  std::string expected =
      bytes.substr(3, 90 * kMiB) + std::string(8192, '\0') + bytes.substr(90 * kMiB, 110 * kMiB);
  fs::path image = write_image(
      scratch, volume_of(256 * kMiB, {{"memory", bytes.substr(0, 30 * kMiB)}, {"big", slice}}));
  expect_sound(image);
  std::string info = run_checked({"/bin/ntfscluster", "-F", "big", image});
  EXPECT_GE(std::count(info.begin(), info.end(), '\n'), 2) << info;
  EXPECT_TRUE(read_back(image, "big") == expected);
  EXPECT_TRUE(read_by_grub(image, "big") == expected);
  EXPECT_TRUE(read_back(image, "memory") == bytes.substr(0, 30 * kMiB));
}

TEST(NtfsVolume, ManyFilesAndFolders) {
  Scratch scratch;
  std::vector<VolumeFile> files;
  for (int i = 0; i < 1000; ++i) {
    files.push_back({fmt::format("folder{}/sub{}/file {} of many.txt", i % 7, i % 31, i),
                     fmt::format("content {}", i)});
  }
  Volume volume = volume_of(32 * kMiB, files);
  for (int i = 0; i < 300; ++i) volume.folders.push_back(fmt::format("empty/{}/x", i));
  fs::path image = write_image(scratch, volume);
  expect_sound(image);
  std::string list = run_checked({"7zz", "l", "-tntfs", "-ba", image});
  EXPECT_EQ(std::count(list.begin(), list.end(), '\n'), 1000 + 7 + 7 * 31 + 601 + 15) << list;
  for (int i = 0; i < 1000; i += 83) {
    const VolumeFile& file = files[static_cast<std::size_t>(i)];
    EXPECT_EQ(read_back(image, file.target), bytes_of(file));
    EXPECT_EQ(read_by_grub(image, file.target), bytes_of(file));
  }
  EXPECT_EQ(run_checked({"/bin/ntfsls", "-p", "empty/299", image}), ".\n..\nx\n");
}

TEST(NtfsVolume, FoldersAreMadeOnceHoweverTheyAreSpelt) {
  Scratch scratch;
  Volume volume = volume_of(8 * kMiB, {{"Boot/a", "1"}, {"boot/b", "2"}, {"BOOT/Sub/c", "3"}});
  volume.folders = {"bOOt", "boot/SUB"};
  fs::path image = write_image(scratch, volume);
  EXPECT_EQ(run_checked({"/bin/ntfsls", image}), "BOOT\n");
  EXPECT_EQ(run_checked({"/bin/ntfsls", "-p", "BOOT", image}), ".\na\nb\nSub\n");
}

// Attributes, dates, namespaces and permissions as wimlib and ntfsinfo see them.
TEST(NtfsVolume, EveryFileHasTheClockAndAWin32Name) {
  Scratch scratch;
  Volume volume = volume_of(32 * kMiB, mixed_files());
  volume.folders = {"Bare"};
  volume.hidden = {"recovery", "Recovery/one"};
  fs::path image = write_image(scratch, volume);
  for (const char* path :
       {"/Recovery", "/Recovery/One", "/Recovery/WindowsRE/Winre.wim", "/Bare"}) {
    std::string info =
        run_checked({"/bin/ntfsinfo", "-v", "-F", path, image}, {.environment = {{"TZ", "UTC"}}});
    EXPECT_TRUE(has(info, "Namespace:\t\t Win32")) << info;
    EXPECT_FALSE(has(info, "POSIX")) << info;
    EXPECT_TRUE(has(info, "Sun Sep 13 12:26:40 2020 UTC")) << info;
    EXPECT_FALSE(has(info, "1970")) << info;
    EXPECT_FALSE(has(info, "COMPRESSED")) << info;
    EXPECT_FALSE(has(info, "SPARSE")) << info;
  }
  run_checked({"wimcapture", image, scratch / "all.wim", "--compress=none"});
  std::string list = run_checked({"wimdir", scratch / "all.wim", "1", "--detailed"});
  EXPECT_FALSE(has(list, "1970")) << list;
  std::size_t one = list.find("\"/Recovery/One\"");
  ASSERT_NE(one, std::string::npos) << list;
  std::string entry = list.substr(one, 1200);
  EXPECT_TRUE(has(entry, "HIDDEN")) << entry;
  EXPECT_TRUE(has(entry, "SYSTEM")) << entry;
  EXPECT_TRUE(has(entry, "Security Descriptor")) << entry;
}

TEST(NtfsVolume, SystemFilesHaveTheClockToo) {
  Scratch scratch;
  fs::path image = write_image(scratch, typical());
  for (int i = 0; i < 27; i = i == 11 ? 24 : i + 1) {
    std::string info = run_checked({"/bin/ntfsinfo", "-v", "-i", std::to_string(i), image},
                                   {.environment = {{"TZ", "UTC"}}});
    EXPECT_TRUE(has(info, "Sun Sep 13 12:26:40 2020 UTC")) << info;
    EXPECT_TRUE(has(info, "HIDDEN SYSTEM")) << info;
    for (const char* other : {"1601", "1970"}) EXPECT_FALSE(has(info, other)) << info;
  }
}

// Windows shows sizes from there.
TEST(NtfsVolume, FoldersKnowTheSizesOfFiles) {
  Scratch scratch;
  fs::path image = write_image(
      scratch, volume_of(8 * kMiB, {{"f/large", noise(kMiB + 5, 1)}, {"f/small", noise(200, 2)}}));
  std::string info = run_checked({"/bin/ntfsinfo", "-v", "-F", "/f", image});
  std::size_t index = info.find("Dumping index root");
  ASSERT_NE(index, std::string::npos) << info;
  for (const char* size :
       {"Allocated Size:\t\t 1052672", "Data Size:\t\t 1048581", "Data Size:\t\t 200"}) {
    EXPECT_NE(info.find(size, index), std::string::npos) << size << info;
  }
}

TEST(NtfsVolume, BothBootSectorsSayWhereAndWhich) {
  for (std::uint32_t sector : {512u, 4096u}) {
    Scratch scratch;
    Volume volume = volume_of(16 * kMiB, {});
    volume.sector_size = sector;
    volume.start_sector = 123456;
    std::string bytes = read_file(write_image(scratch, volume));
    ASSERT_EQ(bytes.size(), 16 * kMiB);
    std::string boot = bytes.substr(0, sector);
    EXPECT_EQ(boot.substr(3, 8), "NTFS    ");
    EXPECT_EQ(number_at(boot, 0x0b, 2), sector);
    EXPECT_EQ(number_at(boot, 0x0d, 1), 4096 / sector);
    EXPECT_EQ(number_at(boot, 0x18, 2), 63u);
    EXPECT_EQ(number_at(boot, 0x1a, 2), 255u);
    EXPECT_EQ(number_at(boot, 0x1c, 4), 123456u);
    EXPECT_EQ(number_at(boot, 0x28, 8), 16 * kMiB / sector - 1);
    EXPECT_EQ(number_at(boot, 0x48, 8), 0x1122334455667788u);
    EXPECT_EQ(boot, bytes.substr(bytes.size() - sector));
  }
}

TEST(NtfsVolume, Labels) {
  for (std::string label :
       {"", "R", "\u56de\u5fa9 gr\u00fc\u00dfe", "12345678901234567890123456789012"}) {
    Scratch scratch;
    Volume volume = volume_of(4 * kMiB, {});
    volume.label = label;
    fs::path image = write_image(scratch, volume);
    expect_sound(image);
    EXPECT_EQ(run_checked({"/sbin/ntfslabel", image}, {.environment = {{"LC_ALL", "C.UTF-8"}}}),
              label + "\n");
  }
}

// --- The same bits

// Sets what a careless program might look at, and puts it back.
class OtherSurroundings {
 public:
  OtherSurroundings() : mask_(umask(077)) {
    setenv("TZ", "Pacific/Kiritimati", 1);
    setenv("LC_ALL", "C", 1);
    setenv("USER", "somebody", 1);
    tzset();
    mallopt(M_PERTURB, 0x5a);
  }
  ~OtherSurroundings() {
    mallopt(M_PERTURB, 0);
    for (const char* name : {"TZ", "LC_ALL", "USER"}) unsetenv(name);
    tzset();
    umask(mask_);
  }

 private:
  mode_t mask_;
};

TEST(NtfsVolume, BitsDependOnArgumentsAlone) {
  Scratch scratch;
  fs::path first = write_image(scratch, typical());
  Volume same = typical();
  std::reverse(same.files.begin(), same.files.end());
  std::reverse(same.folders.begin(), same.folders.end());
  OtherSurroundings other;
  fs::path second = write_image(scratch, same, "other name");
  EXPECT_TRUE(read_file(first) == read_file(second));
}

TEST(NtfsVolume, NoDateButTheClockIsOnTheVolume) {
  Scratch scratch;
  Volume volume = typical();
  for (VolumeFile& file : volume.files) file.content = std::string();  // noise would have dates
  std::string bytes = read_file(write_image(scratch, volume));
  std::map<std::uint64_t, int> dates;  // no others are likely to get onto it
  const std::int64_t now = std::time(nullptr);
  for (std::size_t at = 0; at + 8 <= bytes.size(); at += 4) {
    std::uint64_t value = number_at(bytes, at, 8);
    for (std::int64_t likely : {std::int64_t{0}, kClock, now}) {
      if (value >= file_time(likely - 86400) && value < file_time(likely + 86400)) ++dates[value];
    }
  }
  ASSERT_EQ(dates.size(), 1u);
  EXPECT_EQ(dates.begin()->first, file_time(kClock));
  EXPECT_GT(dates.begin()->second, 1000);
  volume.clock += 1;
  EXPECT_FALSE(bytes == read_file(write_image(scratch, volume)));
}

TEST(NtfsVolume, IsTheSameInsideADisk) {
  Scratch scratch;
  fs::path alone = write_image(scratch, typical());
  constexpr std::size_t kOffset = 3 * kMiB;
  fs::path disk = scratch.write("disk", std::string(kOffset, 'b'));
  fs::resize_file(disk, 40 * kMiB);
  write(typical(), disk, kOffset);
  std::string bytes = read_file(disk);
  ASSERT_EQ(bytes.size(), 40 * kMiB);
  EXPECT_TRUE(bytes.substr(0, kOffset) == std::string(kOffset, 'b'));
  EXPECT_TRUE(bytes.substr(kOffset, 32 * kMiB) == read_file(alone));
  EXPECT_EQ(bytes.find_first_not_of('\0', kOffset + 32 * kMiB), std::string::npos);

  fs::path short_disk = scratch.write("short", "");
  write(typical(), short_disk, kOffset);
  EXPECT_EQ(fs::file_size(short_disk), kOffset + 32 * kMiB);
}

TEST(NtfsVolume, HolesStayHoles) {
  Scratch scratch;
  Volume volume = volume_of(4096 * kMiB, {{"zeros", zeros(scratch, 2000 * kMiB)}, {"x", "y"}});
  fs::path image = write_image(scratch, volume);
  struct stat info = {};
  ASSERT_EQ(stat(image.c_str(), &info), 0);
  EXPECT_EQ(info.st_size, static_cast<off_t>(4096 * kMiB));
  EXPECT_LT(info.st_blocks, static_cast<blkcnt_t>(26 * kMiB / 512));
  expect_sound(image);
}

TEST(NtfsVolume, LargeFilesBeginAligned) {
  Scratch scratch;
  fs::path image = write_image(scratch, volume_of(64 * kMiB, {{"a", noise(5000, 1)},
                                                              {"large", noise(kMiB + 1, 2)},
                                                              {"larger", noise(3 * kMiB, 3)}}));
  std::string bytes = read_file(image);
  EXPECT_EQ(bytes.find(noise(kMiB + 1, 2)) % kMiB, 0u);
  EXPECT_EQ(bytes.find(noise(3 * kMiB, 3)) % kMiB, 0u);
}

TEST(NtfsVolume, SuccessIsSilent) {
  Scratch scratch;
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  write_image(scratch, typical());
  EXPECT_EQ(testing::internal::GetCapturedStdout(), "");
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

}  // namespace
}  // namespace remedia::ntfs
