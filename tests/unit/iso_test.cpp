#include "media/iso.h"

#include "support/digest.h"
#include "support/process.h"
#include "unit/scratch.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <map>
#include <random>
#include <regex>
#include <sstream>

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

namespace remedia::iso {
namespace {

using Contents = std::map<std::string, std::string>;

// Bytes in which no two blocks are equal, so that a misplaced one is seen.
std::string noise(std::size_t size, const std::string& seed) {
  std::seed_seq words(seed.begin(), seed.end());
  std::mt19937_64 engine(words);
  std::string bytes(size + sizeof(std::uint64_t), '\0');
  for (std::size_t at = 0; at < size; at += sizeof(std::uint64_t)) {
    std::uint64_t word = engine();
    std::memcpy(bytes.data() + at, &word, sizeof word);
  }
  bytes.resize(size);
  return bytes;
}

Contents medium() {
  Contents files;
  files["bootmgr"] = noise(400'123, "bootmgr");
  files["boot/etfsboot.com"] = noise(4096, "etfsboot");
  files["boot/boot.sdi"] = noise(3'170'304, "sdi");
  files["boot/bcd"] = noise(20'480, "bcd");
  files["boot/fonts/segoe_slboot.ttf"] = noise(2048, "font");
  files["boot/en-US/bootmgr.exe.mui"] = noise(2049, "mui");
  files["efi/boot/bootx64.efi"] = noise(1'500'000, "bootx64");
  files["efi/microsoft/boot/efisys.bin"] = noise(1'474'560, "efisys");
  files["efi/microsoft/boot/bcd"] = files["boot/bcd"];
  files["sources/boot.wim"] = noise(5'000'001, "wim");
  files["empty.txt"] = "";
  files["one"] = "1";
  return files;
}

// The files of `contents`, written to disk and named as whole slices.
Image image_of(const Contents& contents, const Scratch& scratch) {
  Image image;
  image.label = "WINPE_X64";
  image.clock = 1'704'164'645;  // 2024-01-02 03:04:05 UTC
  for (const auto& [target, bytes] : contents) {
    image.files.push_back({target, Slice::whole(scratch.write("in/" + target, bytes))});
  }
  return image;
}

Image bootable(const Scratch& scratch) {
  Image image = image_of(medium(), scratch);
  image.bios_boot = "boot/etfsboot.com";
  image.uefi_boot = "efi/microsoft/boot/efisys.bin";
  return image;
}

fs::path written(const Image& image, const Scratch& scratch, std::string_view name = "out.iso") {
  fs::path out = scratch.write(name, "");
  write(image, out);
  return out;
}

Image of_bytes(const Contents& contents) {
  Image image;
  image.label = "X";
  for (const auto& [target, bytes] : contents) image.files.push_back({target, bytes});
  return image;
}

std::string xorriso(const fs::path& iso, const std::vector<std::string>& commands) {
  std::vector<std::string> argv = {"xorriso", "-no_rc", "-indev", "stdio:" + iso.string()};
  argv.insert(argv.end(), commands.begin(), commands.end());
  return run_checked(argv);
}

// What 7-Zip extracts, without the copies it makes of boot images.
Contents extracted(const fs::path& iso, const Scratch& scratch) {
  fs::path folder = scratch / "extracted";
  fs::remove_all(folder);
  run_checked({"7zz", "x", "-o" + folder.string(), iso.string()},
              {.environment = {{"LC_ALL", "C.UTF-8"}}});
  fs::remove_all(folder / "[BOOT]");
  Contents files;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (!entry.is_regular_file()) continue;
    files[fs::relative(entry.path(), folder).generic_string()] = sha256(read_file(entry.path()));
  }
  return files;
}

Contents digests(Contents contents) {
  for (auto& [target, bytes] : contents) bytes = sha256(bytes);
  return contents;
}

struct BootEntry {
  std::string platform;
  std::uint64_t sectors;
  std::uint64_t block;
  bool operator==(const BootEntry&) const = default;
};

std::vector<BootEntry> boot_entries(const fs::path& iso) {
  std::string report = xorriso(iso, {"-report_el_torito", "plain"});
  const std::regex line("boot img : +\\d+ +(\\w+) +y +none +0x0000 +0x00 +(\\d+) +(\\d+)");
  std::vector<BootEntry> entries;
  for (std::sregex_iterator it(report.begin(), report.end(), line), end; it != end; ++it) {
    entries.push_back({(*it)[1], std::stoull((*it)[2]), std::stoull((*it)[3])});
  }
  return entries;
}

std::string bytes_at(const fs::path& iso, std::uint64_t block, std::uint64_t size) {
  return read_all({iso, {{block * 2048, size, false}}});
}

TEST(Iso, EveryFileIsOnIt) {
  Scratch scratch;
  fs::path iso = written(bootable(scratch), scratch);
  EXPECT_EQ(extracted(iso, scratch), digests(medium()));
}

TEST(Iso, BootsByBiosAndUefi) {
  Scratch scratch;
  fs::path iso = written(bootable(scratch), scratch);
  std::vector<BootEntry> entries = boot_entries(iso);
  ASSERT_EQ(entries.size(), 2u);
  EXPECT_EQ(entries[0].platform, "BIOS");
  EXPECT_EQ(entries[0].sectors, 8u);
  EXPECT_EQ(entries[1].platform, "UEFI");
  EXPECT_EQ(entries[1].sectors, 2880u);
  // No boot information table was put into them.
  Contents files = medium();
  EXPECT_EQ(bytes_at(iso, entries[0].block, 4096), files["boot/etfsboot.com"]);
  EXPECT_EQ(bytes_at(iso, entries[1].block, 1'474'560), files["efi/microsoft/boot/efisys.bin"]);
}

TEST(Iso, BootsByOneOfThemOrByNone) {
  Scratch scratch;
  Image image = bootable(scratch);
  image.bios_boot = "";
  std::vector<BootEntry> entries = boot_entries(written(image, scratch));
  ASSERT_EQ(entries.size(), 1u);
  EXPECT_EQ(entries[0].platform, "UEFI");
  std::swap(image.bios_boot, image.uefi_boot);
  image.bios_boot = "boot/etfsboot.com";
  entries = boot_entries(written(image, scratch));
  ASSERT_EQ(entries.size(), 1u);
  EXPECT_EQ(entries[0].platform, "BIOS");
  image.bios_boot = "";
  EXPECT_EQ(boot_entries(written(image, scratch)).size(), 0u);
}

// Sorted: isoinfo lists folder by folder.
std::vector<std::string> listed(const fs::path& iso, const std::string& tree) {
  std::istringstream lines(run_checked({"isoinfo", tree, "-f", "-i", iso.string()}));
  std::vector<std::string> paths;
  for (std::string line; std::getline(lines, line);) paths.push_back(line);
  std::sort(paths.begin(), paths.end());
  return paths;
}

TEST(Iso, NamesInBothTrees) {
  Scratch scratch;
  fs::path iso = written(bootable(scratch), scratch);
  // What starts from a disc looks for names in capitals, without ";1". The boot catalog is hidden.
  // (-R asks for Rock Ridge names; there are none.)
  EXPECT_EQ(listed(iso, "-R"), (std::vector<std::string>{"/BOOT",
                                                         "/BOOT/BCD",
                                                         "/BOOT/BOOT.SDI",
                                                         "/BOOT/EN_US",
                                                         "/BOOT/EN_US/BOOTMGR_EXE.MUI",
                                                         "/BOOT/ETFSBOOT.COM",
                                                         "/BOOT/FONTS",
                                                         "/BOOT/FONTS/SEGOE_SLBOOT.TTF",
                                                         "/BOOTMGR",
                                                         "/EFI",
                                                         "/EFI/BOOT",
                                                         "/EFI/BOOT/BOOTX64.EFI",
                                                         "/EFI/MICROSOFT",
                                                         "/EFI/MICROSOFT/BOOT",
                                                         "/EFI/MICROSOFT/BOOT/BCD",
                                                         "/EFI/MICROSOFT/BOOT/EFISYS.BIN",
                                                         "/EMPTY.TXT",
                                                         "/ONE",
                                                         "/SOURCES",
                                                         "/SOURCES/BOOT.WIM"}));
  EXPECT_EQ(listed(iso, "-J"), (std::vector<std::string>{"/boot",
                                                         "/boot/bcd",
                                                         "/boot/boot.sdi",
                                                         "/boot/en-US",
                                                         "/boot/en-US/bootmgr.exe.mui",
                                                         "/boot/etfsboot.com",
                                                         "/boot/fonts",
                                                         "/boot/fonts/segoe_slboot.ttf",
                                                         "/bootmgr",
                                                         "/efi",
                                                         "/efi/boot",
                                                         "/efi/boot/bootx64.efi",
                                                         "/efi/microsoft",
                                                         "/efi/microsoft/boot",
                                                         "/efi/microsoft/boot/bcd",
                                                         "/efi/microsoft/boot/efisys.bin",
                                                         "/empty.txt",
                                                         "/one",
                                                         "/sources",
                                                         "/sources/boot.wim"}));
}

TEST(Iso, LongNamesAndLabelsAreKept) {
  Scratch scratch;
  Image image = of_bytes({{"a-name-of-37-characters-with.extension", "x"}});
  image.label = "Tools v1.2 -_ with 32 characters";
  fs::path iso = written(image, scratch);
  EXPECT_EQ(listed(iso, "-R"), std::vector<std::string>{"/A_NAME_OF_37_CHARACTERS_WITH.EXTENSIO"});
  EXPECT_EQ(listed(iso, "-J"), std::vector<std::string>{"/a-name-of-37-characters-with.extension"});
  std::string report = run_checked({"isoinfo", "-d", "-i", iso.string()});
  EXPECT_NE(report.find("\nVolume id: " + image.label + "\n"), std::string::npos) << report;
}

TEST(Iso, DescriptorsSayOnlyWhatTheyWereTold) {
  Scratch scratch;
  fs::path iso = written(bootable(scratch), scratch);
  std::string report = run_checked({"isoinfo", "-d", "-i", iso.string()});
  for (const char* line :
       {"\nSystem id: \n", "\nVolume id: WINPE_X64\n", "\nVolume set id: \n", "\nPublisher id: \n",
        "\nData preparer id: \n", "\nApplication id: \n", "\nNO Rock Ridge present\n",
        "\nJoliet with UCS level 3 found\n", "\nEl Torito VD version 1 found"}) {
    EXPECT_NE(report.find(line), std::string::npos) << line << "\nis not in\n" << report;
  }
  // The padding is part of the volume, and the volume is all of the file.
  std::uint64_t blocks = fs::file_size(iso) / 2048;
  EXPECT_NE(report.find(fmt::format("\nVolume size is: {}\n", blocks)), std::string::npos)
      << report;
  EXPECT_EQ(bytes_at(iso, blocks - 150, 300 << 10), std::string(300 << 10, '\0'));
  EXPECT_EQ(bytes_at(iso, 0, 32 << 10), std::string(32 << 10, '\0'));
  std::string dates = xorriso(iso, {"-pvd_info"});
  EXPECT_NE(dates.find("Creation Time: 2024010203040500"), std::string::npos) << dates;
  EXPECT_NE(dates.find("Modif. Time  : 2024010203040500"), std::string::npos) << dates;
}

TEST(Iso, EveryDateIsTheClock) {
  Scratch scratch;
  Image image = bootable(scratch);
  struct {
    std::int64_t clock;
    std::string date;  // of a folder record: year - 1900, month, day, hour, minute, second, zone
  } cases[] = {
      {0, std::string("\x46\x01\x01\0\0\0\0", 7)},
      {1'704'164'645, std::string("\x7c\x01\x02\x03\x04\x05\0", 7)},
      {5'869'583'999, std::string("\xff\x0c\x1f\x17\x3b\x3b\0", 7)},
  };
  for (const auto& c : cases) {
    image.clock = c.clock;
    fs::path iso = written(image, scratch);
    // Both descriptors (blocks 16 and 18) hold the record of their root folder at byte 156.
    for (std::uint64_t descriptor : {16u, 18u}) {
      std::string root = bytes_at(iso, descriptor, 2048).substr(156, 34);
      EXPECT_EQ(root.substr(18, 7), c.date) << c.clock;
      std::uint32_t block = 0;
      std::memcpy(&block, root.data() + 2, sizeof block);
      std::string folder = bytes_at(iso, block, 2048);
      for (std::size_t at = 0; folder[at] != 0; at += static_cast<unsigned char>(folder[at])) {
        EXPECT_EQ(folder.substr(at + 18, 7), c.date) << c.clock;
      }
    }
  }
}

TEST(Iso, SameBytesWhereverAndWhenever) {
  Scratch scratch;
  std::string expected = sha256(read_file(written(bootable(scratch), scratch)));
  mode_t mask = umask(077);
  for (const char* zone : {"UTC", "Asia/Kathmandu", "America/New_York"}) {
    setenv("TZ", zone, 1);
    tzset();
    Scratch other;
    Image image = bootable(other);
    std::reverse(image.files.begin(), image.files.end());
    for (const auto& entry : fs::recursive_directory_iterator(other / "in")) {
      fs::last_write_time(entry.path(),
                          fs::file_time_type::clock::now() - std::chrono::hours(9999));
    }
    EXPECT_EQ(sha256(read_file(written(image, other))), expected) << zone;
  }
  umask(mask);
  unsetenv("TZ");
  tzset();
}

TEST(Iso, WhatWasInTheOutputBeforeDoesNotMatter) {
  Scratch scratch;
  Image image = bootable(scratch);
  std::string expected = sha256(read_file(written(image, scratch)));
  fs::path out = scratch.write("other.iso", noise(20'000'000, "old"));
  write(image, out);
  EXPECT_EQ(sha256(read_file(out)), expected);
}

TEST(Iso, ContentFromSlicesAndFromMemory) {
  Scratch scratch;
  std::string pack = noise(100'000, "pack");
  fs::path file = scratch.write("pack", pack);
  Image image;
  image.label = "X";
  image.files = {
      {"part", Slice{file, {{1000, 5000, false}}}},
      {"parts", Slice{file, {{50'000, 3, false}, {0, 9000, true}, {10, 4096, false}}}},
      {"again", Slice{file, {{1000, 5000, false}}}},
      {"memory", std::string("in memory")},
      {"nothing", Slice{file, {}}},
      {"zeros", Slice{file, {{0, 70'000, true}}}},
  };
  Contents expected = {
      {"part", pack.substr(1000, 5000)},
      {"parts", pack.substr(50'000, 3) + std::string(9000, '\0') + pack.substr(10, 4096)},
      {"again", pack.substr(1000, 5000)},
      {"memory", "in memory"},
      {"nothing", ""},
      {"zeros", std::string(70'000, '\0')},
  };
  EXPECT_EQ(extracted(written(image, scratch), scratch), digests(expected));
}

TEST(Iso, OnlyEmptyFiles) {
  Scratch scratch;
  Contents files = {{"a", ""}, {"b/c", ""}};
  EXPECT_EQ(extracted(written(of_bytes(files), scratch), scratch), digests(files));
}

TEST(Iso, ManyFilesAndFolders) {
  Scratch scratch;
  Contents files;
  for (int i = 0; i < 700; ++i) {
    std::string name = fmt::format("folder{}/a rather long name of a file {}.inf", i % 7, i);
    files[name] = noise(static_cast<std::size_t>(i * 7 % 5000), name);
  }
  EXPECT_EQ(extracted(written(of_bytes(files), scratch), scratch), digests(files));
}

TEST(Iso, NamesThatAreNotAscii) {
  Scratch scratch;
  Contents files = {{"\u00fcber/\u65e5\u672c.txt", "a"}, {"\U0001f600", "b"}, {"a b+c", "c"}};
  setenv("LC_ALL", "C", 1);
  fs::path iso = written(of_bytes(files), scratch);
  unsetenv("LC_ALL");
  EXPECT_EQ(extracted(iso, scratch), digests(files));
}

// `extent, first block, blocks, size` of each file, as xorriso finds them.
std::vector<std::array<std::uint64_t, 3>> extents(const fs::path& iso, const std::string& name) {
  std::string report = xorriso(iso, {"-find", "/", "-name", name, "-exec", "report_lba", "--"});
  const std::regex line("File data lba: +\\d+ , +(\\d+) , +(\\d+) , +(\\d+) ,");
  std::vector<std::array<std::uint64_t, 3>> found;
  for (std::sregex_iterator it(report.begin(), report.end(), line), end; it != end; ++it) {
    found.push_back({std::stoull((*it)[1]), std::stoull((*it)[2]), std::stoull((*it)[3])});
  }
  return found;
}

TEST(Iso, LargestFilesComeLast) {
  Scratch scratch;
  Contents files = medium();
  fs::path iso = written(bootable(scratch), scratch);
  std::uint64_t next = extents(iso, "one")[0][0];
  std::vector<std::string> order = {"one",          "segoe_slboot.ttf", "bootmgr.exe.mui",
                                    "etfsboot.com", "bootmgr",          "efisys.bin",
                                    "bootx64.efi",  "boot.sdi",         "boot.wim"};
  for (const std::string& name : order) {
    auto found = extents(iso, name);
    ASSERT_EQ(found.size(), 1u) << name;
    EXPECT_GE(found[0][0], next) << name;
    next = found[0][0] + found[0][1];
  }
  EXPECT_EQ(next + 150, fs::file_size(iso) / 2048);
}

constexpr std::uint64_t kMebibyte = 1 << 20;

// Three files that are worth it, in an order that is not theirs, around some that are not.
Contents big_files() {
  Contents files = medium();
  files["sources/boot3.wim"] = noise(4'194'304, "3");
  files["sources/boot2.wim"] = noise(9'000'000, "2");
  files["almost.bin"] = noise(4'194'303, "almost");
  return files;
}

TEST(Iso, BigFilesBeginAtMultiplesOfOneMebibyte) {
  Scratch scratch;
  fs::path iso = written(image_of(big_files(), scratch), scratch);
  std::uint64_t end = extents(iso, "almost.bin").at(0)[0] * 2048 + 4'194'303;
  for (const char* name : {"boot3.wim", "boot.wim", "boot2.wim"}) {
    auto found = extents(iso, name);
    ASSERT_EQ(found.size(), 1u) << name;
    std::uint64_t begin = found[0][0] * 2048;
    EXPECT_EQ(begin % kMebibyte, 0u) << name;
    EXPECT_GE(begin, end) << name;
    EXPECT_LT(begin - end, kMebibyte + 2048) << name;
    end = begin + found[0][2];
  }
  EXPECT_EQ((end + 2047) / 2048 + 150, fs::file_size(iso) / 2048);
  EXPECT_EQ(extracted(iso, scratch), digests(big_files()));
}

TEST(Iso, NothingIsSeenOfTheFillers) {
  Scratch scratch;
  Contents files = big_files();
  fs::path iso = written(image_of(files, scratch), scratch);
  std::string found = xorriso(iso, {"-find", "/", "-type", "f", "--"});
  for (const char* tree : {"-R", "-J"}) {
    std::vector<std::string> paths = listed(iso, tree);
    EXPECT_EQ(paths.size(), files.size() + 8 /* folders */) << tree;
    for (const std::string& path : paths) EXPECT_EQ(path.find(':'), std::string::npos) << path;
  }
  for (const auto& [target, bytes] : files) {
    std::string line = fmt::format("'/{}'\n", target);
    std::size_t at = found.find(line);
    ASSERT_NE(at, std::string::npos) << target;
    found.erase(at, line.size());
  }
  EXPECT_EQ(found.find("\n'"), std::string::npos) << found;
}

// What lies between two big files is never written: it takes no space on the disk.
TEST(Iso, FillersAreHoles) {
  Scratch scratch;
  fs::path wim = scratch.write("wim", noise(5 * kMebibyte + 1, "wim"));
  Image image;
  image.label = "X";
  for (int i = 0; i < 4; ++i) image.files.push_back({fmt::format("{}.wim", i), Slice::whole(wim)});
  fs::path iso = written(image, scratch);
  Fd fd = Fd::open_read(iso);
  std::uint64_t next = 1 * kMebibyte;
  for (int i = 0; i < 4; ++i) {
    EXPECT_EQ(extents(iso, fmt::format("{}.wim", i)).at(0)[0] * 2048, next);
    std::uint64_t end = next + 5 * kMebibyte + 1;
    next += 6 * kMebibyte;
    if (i == 3) break;
    EXPECT_EQ(bytes_at(iso, next / 2048 - 500, 500 * 2048), std::string(500 * 2048, '\0'));
    auto inside = static_cast<off_t>(end + (64 << 10));
    EXPECT_EQ(lseek(fd.get(), inside, SEEK_HOLE), inside) << "data in the gap after file " << i;
  }
}

TEST(Iso, SmallVolumesAndBytesInMemoryAreNotPadded) {
  Scratch scratch;
  fs::path small = scratch.write("small", noise(4'194'303, "small"));
  Image image = of_bytes({{"memory", noise(5'000'000, "memory")}});
  image.files.push_back({"small", Slice::whole(small)});
  fs::path iso = written(image, scratch);
  auto first = extents(iso, "small").at(0);
  auto second = extents(iso, "memory").at(0);
  EXPECT_EQ(first[0] + first[1], second[0]);
  EXPECT_LT(first[0], 100u);
  EXPECT_EQ(second[0] + second[1] + 150, fs::file_size(iso) / 2048);
}

// On the way through copy_file_range holes of the source become zeros or holes, never garbage.
TEST(Iso, SourcesWithHoles) {
  Scratch scratch;
  std::string bytes = noise(20'000, "islands");
  fs::path file = scratch.write("sparse.wim", bytes);
  fs::resize_file(file, 6'000'001);
  {
    std::fstream islands(file, std::ios::binary | std::ios::in | std::ios::out);
    islands.seekp(3'000'000);
    islands << bytes;
  }
  bytes.resize(6'000'001);
  bytes.replace(3'000'000, 20'000, bytes.substr(0, 20'000));
  Image image;
  image.label = "X";
  image.files = {{"sparse.wim", Slice::whole(file)}, {"after", Slice::whole(file)}};
  EXPECT_EQ(extracted(written(image, scratch), scratch),
            digests({{"sparse.wim", bytes}, {"after", bytes}}));
}

// 4 GiB and more need several extents. Nothing but the two ends of this file is on a disk.
TEST(Iso, FilesOfMoreThanFourGibibytes) {
  Scratch scratch;
  std::string ends = noise(20'000, "ends");
  fs::path file = scratch.write("ends", ends);
  const std::uint64_t hole = (std::uint64_t{9} << 30) - 20'000;
  Image image;
  image.label = "BIG";
  image.files = {
      {"big.wim", Slice{file, {{0, 10'000, false}, {0, hole, true}, {10'000, 10'000, false}}}},
      {"small", std::string("small")},
  };
  fs::path iso = written(image, scratch);
  auto found = extents(iso, "big.wim");
  ASSERT_EQ(found.size(), 3u);
  EXPECT_EQ(found[0][0] * 2048 % kMebibyte, 0u);
  EXPECT_EQ(found[0][0] + found[0][1], found[1][0]);
  EXPECT_EQ(found[1][0] + found[1][1], found[2][0]);
  EXPECT_EQ(found[0][2], 20'000 + hole);
  EXPECT_EQ(bytes_at(iso, found[0][0], 10'000), ends.substr(0, 10'000));
  std::uint64_t end = found[0][0] * 2048 + 20'000 + hole;
  EXPECT_EQ(read_all({iso, {{end - 10'000, 10'000, false}}}), ends.substr(10'000));
  std::string listing = run_checked({"7zz", "l", "-slt", iso.string()});
  EXPECT_NE(listing.find(fmt::format("Path = big.wim\nFolder = -\nSize = {}\n", 20'000 + hole)),
            std::string::npos)
      << listing;
}

TEST(Iso, RefusesLabelsAndDates) {
  Scratch scratch;
  Image image = of_bytes({{"a", "a"}});
  for (const std::string& label :
       {std::string(), std::string(33, 'A'), std::string("A/B"), std::string("A\nB"),
        std::string("\u00c4"), std::string(" A"), std::string("A ")}) {
    image.label = label;
    EXPECT_NE(failure_of([&] { written(image, scratch); }).find("cannot be the label"),
              std::string::npos);
  }
  image.label = std::string(32, 'A');
  written(image, scratch);
  for (std::int64_t clock : {std::int64_t{-1}, std::int64_t{5'869'584'000}, INT64_MAX, INT64_MIN}) {
    image.clock = clock;
    EXPECT_NE(failure_of([&] { written(image, scratch); }).find("cannot be dated"),
              std::string::npos);
  }
}

TEST(Iso, RefusesTargetsThatWindowsCannotTellApart) {
  Scratch scratch;
  struct {
    std::vector<std::string> targets;
    std::string message;
  } cases[] = {
      {{}, "there is nothing to put on the ISO volume 'X'"},
      {{"a/b", "a/b"}, "two files of the ISO volume have the path 'a/b'"},
      {{"Boot", "bOOT"}, "'Boot' and 'bOOT' would be one path: Windows ignores case"},
      {{"EFI/a", "efi/b"}, "'EFI' and 'efi' would be one path: Windows ignores case"},
      {{"boot", "boot/bcd"}, "'boot' would be a file and a folder of the ISO volume"},
      {{"boot/bcd", "BOOT"}, "'BOOT' would be a file and a folder of the ISO volume"},
      {{""}, "'' cannot be a path on an ISO volume: Windows has no name ''"},
      {{"/a"}, "'/a' cannot be a path"},
      {{"a/"}, "'a/' cannot be a path"},
      {{"a//b"}, "'a//b' cannot be a path"},
      {{"a/../b"}, "'a/../b' cannot be a path on an ISO volume: Windows has no name '..'"},
      {{"."}, "'.' cannot be a path"},
      {{"a\\b"}, "'a\\b' cannot be a path"},
      {{"a:b"}, "'a:b' cannot be a path"},
      {{"a?"}, "'a?' cannot be a path"},
      {{"a\nb"}, "'a\nb' cannot be a path"},
      {{"a "}, "'a ' cannot be a path"},
      {{"a./b"}, "'a./b' cannot be a path on an ISO volume: Windows has no name 'a.'"},
      {{"a\xff"}, "invalid UTF-8"},
      {{std::string(104, 'n')}, "a name in 'nnn"},
      {{std::string(60, 'n') + "/" + std::string(60, 'm')}, "the path 'nnn"},
  };
  for (const auto& c : cases) {
    Image image;
    image.label = "X";
    for (const std::string& target : c.targets) image.files.push_back({target, std::string("x")});
    std::string message = failure_of([&] { written(image, scratch); });
    EXPECT_EQ(message.substr(0, c.message.size()), c.message);
  }
}

TEST(Iso, HoldsTheLongestNamesAndPaths) {
  Scratch scratch;
  Contents files = {{std::string(103, 'n'), "a"},
                    {std::string(59, 'd') + "/" + std::string(60, 'm'), "b"},
                    {"1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16/deep", "c"}};
  EXPECT_EQ(extracted(written(of_bytes(files), scratch), scratch), digests(files));
}

TEST(Iso, RefusesBootFilesThatFirmwareWouldNotLoad) {
  Scratch scratch;
  Image image = of_bytes({{"boot/etfsboot.com", std::string(4097, 'x')}, {"efi.img", ""}});
  image.bios_boot = "boot/etfsboot.com";
  EXPECT_EQ(failure_of([&] { written(image, scratch); }),
            "the BIOS boot file 'boot/etfsboot.com' has 4097 bytes; a BIOS would load 4096");
  image.bios_boot = "boot/etfsboot.bin";
  EXPECT_EQ(failure_of([&] { written(image, scratch); }),
            "the boot file 'boot/etfsboot.bin' is not on the ISO volume");
  image.bios_boot = "";
  image.uefi_boot = "efi.img";
  image.files[1].content = Slice{scratch.write("x", ""), {{0, 40 << 20, true}}};
  EXPECT_EQ(failure_of([&] { written(image, scratch); }),
            "the UEFI boot file 'efi.img' has 41943040 bytes; El Torito can name at most 33553920");
}

TEST(Iso, SourcesThatAreNotThere) {
  Scratch scratch;
  fs::path file = scratch.write("file", "0123456789");
  struct {
    Slice slice;
    std::string message;
  } cases[] = {
      {{scratch / "none", {{0, 10, false}}}, "cannot open '"},
      {{file, {{0, 11, false}}}, "it is truncated"},
      {{file, {{5, 6, false}}}, "it is truncated"},
      {{file, {{std::uint64_t{1} << 40, 6, false}}}, "it is truncated"},
      {{file, {{0, UINT64_MAX, false}, {0, 2, false}}}, "'a' is too large for an ISO volume"},
      {{file, {{0, std::uint64_t{1} << 42, true}}}, "'a' is too large for an ISO volume"},
  };
  for (const auto& c : cases) {
    Image image = of_bytes({{"b", "b"}});
    image.files.push_back({"a", c.slice});
    std::string message = failure_of([&] { written(image, scratch); });
    EXPECT_NE(message.find(c.message), std::string::npos) << message;
  }
  // The next volume is not affected.
  EXPECT_EQ(extracted(written(of_bytes({{"b", "b"}}), scratch), scratch), digests({{"b", "b"}}));
}

TEST(Iso, FullDisk) {
  EXPECT_EQ(failure_of([] {
              write(of_bytes({{"a", "a"}}), "/dev/full");
            }),
            "cannot write '/dev/full': No space left on device");
  EXPECT_NE(failure_of([] {
              write(of_bytes({{"a", "a"}}), "/nowhere/x.iso");
            }).find("cannot write '/nowhere/x.iso'"),
            std::string::npos);
}

}  // namespace
}  // namespace remedia::iso
