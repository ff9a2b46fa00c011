// exFAT volumes, judged by fsck.exfat, by GRUB's reader and by tests/support/exfat_reader.
#include "media/exfat.h"

#include "media/exfat_names.h"
#include "support/digest.h"
#include "support/exfat_reader.h"
#include "support/process.h"
#include "unit/exfat_volumes.h"

#include <random>
#include <set>

#include <gtest/gtest.h>
#include <sys/stat.h>

namespace remedia::exfat {
namespace {

void expect_clean(const fs::path& image, std::size_t folders, std::size_t files) {
  std::string found = run_checked({"fsck.exfat", "-n", image.string()});
  std::string expected = fmt::format("clean. directories {}, files {}\n", folders + 1, files);
  EXPECT_NE(found.find(expected), std::string::npos) << found;
}

// What GRUB makes of the volume: path and, of files, digest.
void list_by_grub(const fs::path& image, const Scratch& scratch, const std::string& folder,
                  std::map<std::string, std::string>& found) {
  std::string listing = run_checked({"grub-fstest", image.string(), "ls", "/" + folder});
  fs::path copy = scratch / "copied-by-grub";
  std::size_t start = 0;
  // Names are separated by a space; the tests give none with spaces to this reader.
  while ((start = listing.find_first_not_of(" \n", start)) != std::string::npos) {
    std::size_t end = listing.find_first_of(" \n", start);
    std::string name = listing.substr(start, end - start);
    start = end;
    if (name.back() == '/') {
      found[folder + name.substr(0, name.size() - 1)] = "folder";
      list_by_grub(image, scratch, folder + name, found);
    } else {
      run_checked({"grub-fstest", image.string(), "cp", "/" + folder + name, copy.string()});
      found[folder + name] = sha256(Slice::whole(copy));
    }
  }
}

std::map<std::string, std::string> digests(const exfat_test::Listing& listing) {
  std::map<std::string, std::string> found;
  for (const auto& [path, entry] : listing.entries) {
    found[path] = entry.folder ? "folder" : sha256(entry.content);
  }
  return found;
}

std::map<std::string, std::string> expected_of(const Volume& volume) {
  std::map<std::string, std::string> expected;
  auto add_parents = [&](const std::string& path) {
    for (std::size_t at = path.find('/'); at != std::string::npos; at = path.find('/', at + 1)) {
      expected[path.substr(0, at)] = "folder";
    }
  };
  for (const std::string& folder : volume.folders) {
    add_parents(folder);
    expected[folder] = "folder";
  }
  for (const VolumeFile& file : volume.files) {
    add_parents(file.target);
    auto* bytes = std::get_if<std::string>(&file.content);
    expected[file.target] = bytes ? sha256(*bytes) : sha256(std::get<Slice>(file.content));
  }
  return expected;
}

// Whole trees by all readers.
exfat_test::Listing expect_sound(const Scratch& scratch, const Volume& volume,
                                 bool by_grub = true) {
  fs::path image = make(scratch, volume);
  std::map<std::string, std::string> expected = expected_of(volume);
  expect_clean(image, expected.size() - volume.files.size(), volume.files.size());
  exfat_test::Listing listing = exfat_test::read(image, 0, volume.size);
  EXPECT_EQ(digests(listing), expected);
  EXPECT_EQ(listing.label, volume.label);
  EXPECT_EQ(listing.serial, volume.serial);
  EXPECT_EQ(listing.sector_size, volume.sector_size);
  EXPECT_EQ(listing.partition_offset, volume.start_sector);
  EXPECT_EQ(listing.heap_offset % kMiB, 0u);
  if (by_grub) {
    std::map<std::string, std::string> found;
    list_by_grub(image, scratch, "", found);
    EXPECT_EQ(found, expected);
  }
  return listing;
}

TEST(Exfat, HoldsFilesAndFolders) {
  Scratch scratch;
  Volume volume = small_tree();
  EXPECT_EQ(expect_sound(scratch, volume).cluster_size, 4096u);
  volume.sector_size = 4096;
  volume.start_sector = 512;
  EXPECT_EQ(expect_sound(scratch, sized(volume), false).cluster_size, 4096u);
}

TEST(Exfat, HoldsNothing) {
  Scratch scratch;
  Volume volume = sized({.label = "", .files = {}});
  EXPECT_EQ(volume.size, 2 * kMiB);
  expect_sound(scratch, volume);
}

TEST(Exfat, LooksToDumpAsItShould) {
  Scratch scratch;
  std::string dump = run_checked({"dump.exfat", make(scratch, small_tree()).string()});
  for (const char* line : {"Volume Serial: \t\t\t\t0xcafe1234", "Sector Size Bits: \t\t\t9",
                           "Sector per Cluster bits: \t\t3", "Volume label: \t\t\t\tREMEDIA",
                           "Upcase table size: \t\t\t5836"}) {
    EXPECT_NE(dump.find(line), std::string::npos) << line << "\nis not in\n" << dump;
  }
}

TEST(Exfat, ClustersGrowWithTheVolume) {
  Scratch scratch;
  struct {
    std::uint64_t size;
    std::uint64_t cluster_size;
  } cases[] = {{2 * kMiB, 4096},   {256 * kMiB, 4096},         {257 * kMiB, 32768},
               {32 * kGiB, 32768}, {32 * kGiB + kMiB, 131072}, {64 * kGiB, 131072}};
  for (std::uint32_t sector_size : {512u, 4096u}) {
    for (const auto& c : cases) {
      SCOPED_TRACE(c.size);
      Volume volume = {.label = "X", .files = {{"a/b", content(5000)}}, .size = c.size};
      volume.sector_size = sector_size;
      EXPECT_EQ(expect_sound(scratch, volume, false).cluster_size, c.cluster_size);
    }
  }
}

TEST(Exfat, TheUpCaseTableIsTheSpecifications) {
  Scratch scratch;
  exfat_test::Listing listing = expect_sound(scratch, small_tree());
  EXPECT_EQ(listing.up_case_sum, 0xe619d30du);
  EXPECT_EQ(listing.up_case_table.size(), 5836u);
  fs::path theirs = scratch.write("theirs.img", "");
  fs::resize_file(theirs, 64 * kMiB);
  run_checked({"mkfs.exfat", theirs.string()});
  EXPECT_EQ(exfat_test::read(theirs, 0, 64 * kMiB).up_case_table, listing.up_case_table);
}

TEST(Exfat, UpCasesUnitByUnit) {
  EXPECT_EQ(up_case(u"abcXYZ_1"), u"ABCXYZ_1");
  EXPECT_EQ(up_case(u"\u00e4\u00df\u00ff\u03c3\u03c2\u044f\u0131"),
            u"\u00c4\u00df\u0178\u03a3\u03a3\u042f\u0131");
  EXPECT_EQ(up_case(u"\U00010428"), u"\U00010428");  // not in the BMP: its own
  EXPECT_EQ(up_case(u"\uff41\ufffd"), u"\uff21\ufffd");
}

TEST(Exfat, HoldsNamesOfAllScripts) {
  Scratch scratch;
  std::string longest(255, 'x');
  std::string wide;
  for (int i = 0; i < 127; ++i) wide += "\U0001f600";  // 254 units, 508 bytes
  Volume volume = sized({.label = "Größe \U0001f600 ж",
                         .files = {{"日本語/ファイル.txt", content(100, 1)},
                                   {"\U0001f600/\U00010428.bin", content(100, 2)},
                                   {"Straße.txt", content(100, 3)},
                                   {"STRASSE.txt", content(100, 4)},
                                   {"fifteen-units-1", content(100, 5)},
                                   {"sixteen-units-12", content(100, 6)},
                                   {longest, content(100, 7)},
                                   {wide, content(100, 8)},
                                   {"~!@#$%^&()_+{}[];',.x=", content(100, 10)}}});
  expect_sound(scratch, volume);
  // Of these GRUB makes lists that cannot be told apart, or none.
  volume.files = {{"with spaces/a  b.txt", content(7)}, {".hidden", content(8)}};
  expect_sound(scratch, volume, false);
}

TEST(Exfat, FoldersOfManyFilesHaveManyClusters) {
  Scratch scratch;
  Volume volume = {.label = "MANY", .files = {}};
  for (std::size_t i = 0; i < 3000; ++i) {
    volume.files.push_back(
        {fmt::format("many/{:04}-{}", i, std::string(i % 200, 'n')), content(i % 100, i)});
  }
  for (std::size_t i = 0; i < 300; ++i) volume.files.push_back({fmt::format("root-{}", i), ""});
  expect_sound(scratch, sized(volume), false);
  // GRUB reads some from both ends of the folder.
  fs::path image = scratch / "volume.img";
  for (std::size_t i : {std::size_t{1}, std::size_t{1500}, std::size_t{2999}}) {
    fs::path copy = scratch / "copy";
    run_checked({"grub-fstest", image.string(), "cp", "/" + volume.files[i].target, copy.string()});
    EXPECT_EQ(read_file(copy), content(i % 100, i));
  }
}

// 42 files of three entries each and the three of the volume are one more than a cluster holds.
TEST(Exfat, TheRootsOwnEntriesTakeRoom) {
  Scratch scratch;
  Volume volume = {.label = "ROOT", .files = {}};
  for (int i = 0; i < 42; ++i) volume.files.push_back({fmt::format("{}", i), ""});
  expect_sound(scratch, sized(volume));
}

TEST(Exfat, DeepFolders) {
  Scratch scratch;
  std::string path;
  for (int i = 0; i < 60; ++i) path += fmt::format("d{}/", i);
  Volume volume = sized({.label = "DEEP", .files = {{path + "file", content(5)}}});
  expect_sound(scratch, volume, false);
  volume.files[0].target = path.substr(0, 100) + "file";
  expect_sound(scratch, volume);
}

TEST(Exfat, FilesAboveFourGibibytesAndHolesTakeNoRoomOnDisk) {
  Scratch scratch;
  fs::path source = scratch.write("source", content(3 * kMiB));
  Slice mixed = {source, {{0, kMiB, false}, {0, 5 * kGiB, true}, {kMiB, 2 * kMiB, false}}};
  Volume volume = sized({.label = "BIG", .files = {{"install.wim", mixed}, {"a", content(9)}}});
  EXPECT_GT(volume.size, 5 * kGiB);
  EXPECT_LT(volume.size, 5 * kGiB + 16 * kMiB);
  fs::path image = make(scratch, volume);
  expect_clean(image, 0, 2);
  exfat_test::Listing listing = exfat_test::read(image, 0, volume.size);
  const Slice& found = listing.entries.at("install.wim").content;
  ASSERT_EQ(found.size(), 5 * kGiB + 3 * kMiB);
  Fd fd = Fd::open_read(image);
  std::string bytes(3 * kMiB, '\0');
  auto at = [&](std::uint64_t offset, std::size_t size) {
    bytes.resize(size);
    EXPECT_EQ(read_at(found, fd.get(), offset, bytes), size);
    return bytes;
  };
  EXPECT_EQ(at(0, kMiB), content(kMiB));
  EXPECT_EQ(at(kMiB, 1000), std::string(1000, '\0'));
  EXPECT_EQ(at(5 * kGiB + kMiB, 2 * kMiB), content(3 * kMiB).substr(kMiB));
  struct stat info = {};
  ASSERT_EQ(stat(image.c_str(), &info), 0);
  EXPECT_LT(static_cast<std::uint64_t>(info.st_blocks) * 512, 4 * kMiB);
}

TEST(Exfat, BigFilesBeginAtWholeMebibytesOfTheDisk) {
  Scratch scratch;
  const std::uint64_t offset = 3 * kMiB;
  Volume volume = sized({.label = "ALIGNED",
                         .files = {{"a.wim", content(4 * kMiB)},
                                   {"b.wim", content(4 * kMiB + 1)},
                                   {"c.wim", content(4 * kMiB - 1)},
                                   {"d.txt", content(1)},
                                   {"e.wim", content(9 * kMiB + 4097)}}});
  fs::path image = make(scratch, volume, offset);
  exfat_test::Listing listing = exfat_test::read(image, offset, volume.size);
  EXPECT_EQ(digests(listing), expected_of(volume));
  for (const char* name : {"a.wim", "b.wim", "e.wim"}) {
    EXPECT_EQ(listing.entries.at(name).content.extents.at(0).offset % kMiB, 0u) << name;
  }
  EXPECT_EQ(read_file(image).substr(0, offset), std::string(offset, '\0'));
}

TEST(Exfat, EveryDateIsTheClock) {
  Scratch scratch;
  struct {
    std::int64_t clock;
    const char* time;  // of the two-second steps
    const char* hundredths;
  } cases[] = {
      {kClock, "82182258", "64"},  // 03:04:04 and 1 s, 2024-01-02
      {kClock - 1, "82182258", "00"},    {INT64_MIN, "00002100", "00"}, {0, "00002100", "00"},
      {4'354'819'199, "7dbf9fff", "64"}, {INT64_MAX, "7dbf9fff", "64"},
  };
  for (const auto& c : cases) {
    Volume volume = small_tree();
    volume.clock = c.clock;
    for (const auto& [path, entry] : expect_sound(scratch, volume, false).entries) {
      std::string time = c.time;
      std::string hundredths = c.hundredths;
      EXPECT_EQ(entry.times, time + time + time + hundredths + hundredths + "808080") << path;
    }
  }
}

TEST(Exfat, EqualArgumentsGiveEqualBytes) {
  Scratch scratch;
  Volume volume = small_tree();
  std::string expected = sha256(Slice::whole(make(scratch, volume)));
  EXPECT_EQ(sha256(Slice::whole(make(scratch, volume))), expected);
  std::reverse(volume.files.begin(), volume.files.end());
  std::reverse(volume.folders.begin(), volume.folders.end());
  setenv("TZ", "Asia/Kathmandu", 1);
  tzset();
  EXPECT_EQ(sha256(Slice::whole(make(scratch, volume))), expected);
  unsetenv("TZ");
  tzset();
  volume.serial++;
  EXPECT_NE(sha256(Slice::whole(make(scratch, volume))), expected);
}

TEST(Exfat, FoldersSpeltDifferentlyAreOne) {
  Scratch scratch;
  Volume volume = sized({.label = "",
                         .files = {{"BOOT/a", "1"}, {"boot/b", "2"}, {"Boot/Ä/c", "3"}},
                         .folders = {"Boot/ä"}});
  std::map<std::string, std::string> expected = {{"Boot", "folder"},
                                                 {"Boot/a", sha256(std::string("1"))},
                                                 {"Boot/b", sha256(std::string("2"))},
                                                 {"Boot/ä", "folder"},
                                                 {"Boot/ä/c", sha256(std::string("3"))}};
  fs::path image = make(scratch, volume);
  expect_clean(image, 2, 3);
  EXPECT_EQ(digests(exfat_test::read(image, 0, volume.size)), expected);
}

// Fixed seed: names of mixed scripts and lengths, sizes around clusters, big files, folders in
// folders.
TEST(Exfat, RandomTrees) {
  Scratch scratch;
  std::mt19937 random(20240102);
  auto below = [&](std::size_t n) { return static_cast<std::size_t>(random() % n); };
  const std::vector<std::string> letters = {"a", "B", "z", "9",  "-",
                                            "_", "ö", "Ж", "中", "\U0001f5c4"};
  for (int round = 0; round < 12; ++round) {
    SCOPED_TRACE(round);
    std::set<std::string> names;
    auto fresh = [&](const std::string& folder) {
      std::string name = fmt::format("{}", names.size());  // unique whatever the case
      for (std::size_t i = below(40); i > 0; --i) name += letters[below(letters.size())];
      names.insert(name);
      return folder + name;
    };
    Volume volume = {.label = "RANDOM", .files = {}, .clock = kClock};
    volume.sector_size = round % 3 == 0 ? 4096 : 512;
    std::vector<std::string> folders = {""};
    for (std::size_t i = below(12); i > 0; --i) {
      folders.push_back(fresh(folders[below(folders.size())]) + "/");
      volume.folders.push_back(folders.back().substr(0, folders.back().size() - 1));
    }
    const std::size_t sizes[] = {0,     1,     4095,   4096,         4097,
                                 32768, 32769, 131073, 4 * kMiB - 1, 4 * kMiB};
    for (std::size_t i = below(25); i > 0; --i) {
      std::size_t size = below(2) == 0 ? sizes[below(std::size(sizes))] : below(100'000);
      volume.files.push_back({fresh(folders[below(folders.size())]), content(size, i)});
    }
    volume.size = smallest_size(volume) + below(3) * 150 * kMiB;
    // GRUB 2.06 reads disk images in sectors of 512 bytes only.
    expect_sound(scratch, volume, volume.sector_size == 512);
  }
}

TEST(Exfat, TheSmallestSizeIsTheSmallest) {
  Scratch scratch;
  for (std::uint64_t size :
       {kMiB, 100 * kMiB, 253 * kMiB, 254 * kMiB, 255 * kMiB, 256 * kMiB, 3 * kGiB, 33 * kGiB}) {
    SCOPED_TRACE(size);
    Volume volume = sized({.label = "", .files = {hole("a", scratch / "none", size)}});
    EXPECT_GE(volume.size, size);
    EXPECT_LE(volume.size, size + size / 500 + 4 * kMiB);
    EXPECT_EQ(volume.size % kMiB, 0u);
    fs::path image = make(scratch, volume);
    exfat_test::read(image, 0, volume.size);
    volume.size -= kMiB;
    EXPECT_NE(failure_of([&] { make(scratch, volume); }).find("need"), std::string::npos);
  }
}

// With clusters of the default size, many small files may fit into 256 MiB and not into 300.
TEST(Exfat, WhatFitsIntoLessFitsIntoMore) {
  Scratch scratch;
  Volume volume = {.label = "", .files = {}};
  for (int i = 0; i < 12'000; ++i) volume.files.push_back({fmt::format("{}", i), "x"});
  volume.size = smallest_size(volume);
  EXPECT_LT(volume.size, 60 * kMiB);
  volume.size = 300 * kMiB;
  EXPECT_EQ(exfat_test::read(make(scratch, volume), 0, volume.size).cluster_size, 4096u);
}

}  // namespace
}  // namespace remedia::exfat
