// What cannot be a FAT volume, and what its user is told.
#include "unit/fat_volume.h"

#include <gtest/gtest.h>

namespace remedia::fat {
namespace {

TEST(FatRefusal, RefusesFilesOf4GiB) {
  auto with = [](std::uint64_t size) {
    return volume({{"sources/install.wim", Slice{"/dev/zero", {{0, size, true}}}}});
  };
  std::uint64_t most = 4'294'967'295;
  EXPECT_EQ(smallest_size(with(most)) % kMiB, 0u);
  expect_refused(with(most + 1),
                 "'sources/install.wim' has 4294967296 bytes; a file on a FAT volume has at most "
                 "4294967295");
  expect_refused(with(UINT64_MAX),
                 "'sources/install.wim' has 9223372036854775807 bytes; a file on a FAT volume has "
                 "at most 4294967295");
  try {
    smallest_size(with(most + 1));
  } catch (const Failure& failure) {
    EXPECT_EQ(failure.diagnostics().front().hint,
              "FAT32 holds no larger file; put it on a second partition (data), or make the image "
              "smaller");
  }
}

TEST(FatRefusal, RefusesPathsThatWindowsHasNot) {
  for (const char* path :
       {"",      "/",    "/a",     "a/",     "a//b",   ".",    "..",      "a/../b", "a/./b",
        "a*b",   "a:b",  "a<b",    "a>b",    "a?b",    "a\\b", "a|b",     "a\"b",   "a\nb",
        "a\x7f", "dot.", "space ", "dir./a", "dir /a", "nul",  "aux.txt", "\xff",   "a\xc0\x80"}) {
    SCOPED_TRACE(path);
    std::string message = failure_of([&] { smallest_size(volume({{path, ""}})); });
    EXPECT_NE(message.find("cannot be a path on a FAT volume"), std::string::npos) << message;
    Volume v = volume();
    v.folders = {path};
    EXPECT_EQ(failure_of([&] { smallest_size(v); }), message);
  }
  EXPECT_NE(failure_of([&] { smallest_size(volume({{std::string("a\0b", 3), ""}})); }), "");
  EXPECT_NE(failure_of([&] { smallest_size(volume({{std::string(256, 'x'), ""}})); }), "");
}

TEST(FatRefusal, RefusesTwoThingsInOnePlace) {
  expect_refused(volume({{"a", ""}, {"a", ""}}), "two files of the FAT volume have the path 'a'");
  expect_refused(volume({{"Boot/bcd", ""}, {"Boot/BCD", ""}}),
                 "'Boot/bcd' and 'Boot/BCD' would be one path: Windows ignores case");
  expect_refused(volume({{"EFI/a", ""}, {"efi/b", ""}}),
                 "'EFI' and 'efi' would be one path: Windows ignores case");
  expect_refused(volume({{"Ärger", ""}, {"ärger", ""}}),
                 "'Ärger' and 'ärger' would be one path: Windows ignores case");
  expect_refused(volume({{"a", ""}, {"a/b", ""}}),
                 "'a' would be a file and a folder of the FAT "
                 "volume");
  expect_refused(volume({{"a/b", ""}, {"A", ""}}),
                 "'A' would be a file and a folder of the FAT "
                 "volume");
  Volume v = volume({{"a", ""}});
  v.folders = {"A"};
  expect_refused(v, "'A' would be a file and a folder of the FAT volume");
  v = volume({{"a/b", ""}});
  v.folders = {"A"};
  expect_refused(v, "'a' and 'A' would be one path: Windows ignores case");
}

TEST(FatRefusal, RefusesLabels) {
  for (const char* label :
       {"", "lower", "TWELVE CHARS", "A.B", "A*B", "\xc3\x84", " A", "A ", "A\n", "A+B", "A/B"}) {
    Volume v = volume();
    v.label = label;
    expect_refused(v, fmt::format("'{}' cannot be the label of a FAT volume: 1 to 11 of A-Z 0-9 "
                                  "space and $%'-_@~`!(){{}}^#&",
                                  label));
  }
  Volume v = volume();
  v.label = "ELEVEN (11)";
  Scratch scratch;
  EXPECT_NE(mtools({"mdir", "-i", image_of(scratch, v).string(), "::/"}).find("is ELEVEN (11)"),
            std::string::npos);
}

TEST(FatRefusal, RefusesSizes) {
  Volume v = volume({{"a.wim", content(5'000'000)}});
  v.size = 3 * kMiB;
  std::string message = failure_of([&] {
    Scratch s;
    image_of(s, v);
  });
  EXPECT_TRUE(message.starts_with("the content needs a FAT32 volume of ")) << message;
  EXPECT_TRUE(message.ends_with(" bytes; it is to have 3145728")) << message;
  v.size = 512 * kMiB + 1;
  expect_refused(v, "a FAT volume of 536870913 bytes does not end with a sector of 512 bytes");
  v.size = 512 * kMiB + 512;
  v.sector_size = 4096;
  expect_refused(v, "a FAT volume of 536871424 bytes does not end with a sector of 4096 bytes");
  v.size = 0;
  for (std::uint32_t sector : {0u, 1u, 513u, 1024u, 8192u}) {
    v.sector_size = sector;
    expect_refused(v, fmt::format("a FAT volume has sectors of 512 or 4096 bytes, not {}", sector));
  }
  v.sector_size = 512;
  for (int bits : {0, 16, 64}) {
    v.bits = bits;
    expect_refused(v, fmt::format("there is no FAT{} here", bits));
  }
}

TEST(FatRefusal, RefusesWhatTheTypeCannotHave) {
  Volume v = volume({{"a", content(10)}});
  v.size = (std::uint64_t{1} << 41);
  EXPECT_NE(failure_of([&] {
              Fd none;
              write(v, none.get(), 0, "x");
            }).find("too far"),
            std::string::npos);
  v.size = 0;
  v.hidden_sectors = std::uint64_t{1} << 32;
  EXPECT_NE(failure_of([&] { smallest_size(v); }).find("too far"), std::string::npos);
  v = volume({{"a", content(10)}});
  v.bits = 12;
  v.size = 200 * kMiB;
  expect_refused(v, "209715200 bytes are too many for a FAT12 volume with sectors of 512 bytes");
  v = volume({{"a", Slice{"/dev/zero", {{0, 200 * kMiB, true}}}}});
  v.bits = 12;
  expect_refused(v, "FAT12 cannot hold these files: they are too large together");
  v.size = 4 * kMiB;
  expect_refused(v, "FAT12 cannot hold these files: they are too large together");
  v = volume();
  for (int i = 0; i < 600; ++i) v.files.push_back({fmt::format("F{}", i), ""});
  v.bits = 12;
  expect_refused(v,
                 "the root folder of the FAT12 volume would have 601 entries, of which long "
                 "names take several; at most 512 can be");
}

TEST(FatRefusal, FoldersHoldUpTo65536Entries) {
  Volume v = volume();
  for (int i = 0; i < 65534; ++i) v.files.push_back({fmt::format("D/F{}", i), ""});
  Scratch scratch;
  std::string listing = run_checked({"7zz", "l", image_of(scratch, v).string()});
  EXPECT_NE(listing.find(" 65534 files, 1 folders"), std::string::npos);  // fsck.fat takes a minute
  v.files.push_back({"D/ONE.MOR", ""});
  expect_refused(v,
                 "the folder '/D' of the FAT volume would have 65537 entries, of which long "
                 "names take several; at most 65536 can be");
}

TEST(FatRefusal, RefusesPlacesAndSourcesThatAreNot) {
  Volume v = volume({{"a", content(10)}});
  EXPECT_EQ(failure_of([&] {
              Fd none;
              write(v, none.get(), 512, "x");
            }),
            "a FAT32 volume begins at a multiple of 1 MiB, not at byte 512");
  Scratch scratch;
  fs::path source = scratch.write("short", "12345");
  expect_refused(volume({{"a", Slice{source, {{0, 6, false}}}}}),
                 fmt::format("'{}' ends before byte 6: it is truncated", source.string()));
  std::string message = failure_of([&] {
    image_of(scratch, volume({{"a", Slice{"/no/such", {{0, 6, false}}}}}));
  });
  EXPECT_NE(message.find("/no/such"), std::string::npos);
}

}  // namespace
}  // namespace remedia::fat
