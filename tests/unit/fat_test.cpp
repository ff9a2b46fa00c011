// Judges of a volume: fsck.fat, mtools and 7-Zip read it, and this file looks at single fields.
#include "support/digest.h"
#include "unit/fat_volume.h"

#include <algorithm>
#include <map>
#include <random>

#include <gtest/gtest.h>
#include <sys/stat.h>

namespace remedia::fat {
namespace {

std::string bytes_at(const fs::path& image, std::uint64_t offset, std::uint64_t size) {
  return read_all({image, {{offset, size, false}}});
}

std::uint64_t number_at(const fs::path& image, std::uint64_t offset, std::size_t size) {
  std::string bytes = bytes_at(image, offset, size);
  std::uint64_t value = 0;
  for (std::size_t i = size; i > 0; --i) {
    value = value << 8 | static_cast<unsigned char>(bytes[i - 1]);
  }
  return value;
}

// fsck.fat has nothing to say except what it counted.
void expect_clean(const fs::path& image) {
  std::string found = run_checked({"fsck.fat", "-n", "-V", image.string()});
  for (const char* line : {"fsck.fat ", "Starting check/repair pass.",
                           "Starting verification pass.", (image.c_str())}) {
    std::size_t at = found.find(line);
    ASSERT_NE(at, std::string::npos) << found;
    found.erase(at, found.find('\n', at) + 1 - at);
  }
  EXPECT_EQ(found, "");
}

using Digests = std::map<std::string, std::string>;

// Files with their digests, folders with a slash at the end.
Digests tree_below(const fs::path& folder) {
  Digests tree;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    std::string path = fs::relative(entry.path(), folder).generic_string();
    if (entry.is_directory()) {
      tree[path + "/"] = "";
    } else {
      tree[path] = sha256(Slice::whole(entry.path()));
    }
  }
  return tree;
}

Digests tree_of(const Volume& v) {
  Digests tree;
  auto add_folders = [&](fs::path path) {
    for (; !path.empty(); path = path.parent_path()) tree[path.generic_string() + "/"] = "";
  };
  for (const VolumeFile& file : v.files) {
    const std::string* bytes = std::get_if<std::string>(&file.content);
    tree[file.target] = bytes ? sha256(*bytes) : sha256(std::get<Slice>(file.content));
    add_folders(fs::path(file.target).parent_path());
  }
  for (const std::string& folder : v.folders) add_folders(folder);
  return tree;
}

Digests read_by_mtools(const Scratch& scratch, const fs::path& image, std::uint64_t offset = 0) {
  fs::path folder = scratch / "by-mtools";
  fs::remove_all(folder);
  fs::create_directory(folder);
  std::string name = fmt::format("{}@@{}", image.string(), offset);
  std::string listing = mtools({"mdir", "-b", "-i", name, "::/"});
  if (!listing.empty()) {
    mtools({"mcopy", "-s", "-n", "-Q", "-i", name, "::/*", folder.string()});
  }
  return tree_below(folder);
}

Digests read_by_7zip(const Scratch& scratch, const fs::path& image) {
  fs::path folder = scratch / "by-7zip";
  fs::remove_all(folder);
  fs::create_directory(folder);
  run_checked({"7zz", "x", "-tfat", "-o" + folder.string(), image.string()},
              {.environment = {{"LC_ALL", "C.UTF-8"}}});
  return tree_below(folder);
}

void expect_sound(const Volume& v) {
  Scratch scratch;
  fs::path image = image_of(scratch, v);
  expect_clean(image);
  EXPECT_EQ(read_by_mtools(scratch, image), tree_of(v));
  EXPECT_EQ(read_by_7zip(scratch, image), tree_of(v));
}

// The short names of a folder, and behind each the long one, as mtools lists them.
std::vector<std::string> listed(const fs::path& image, const std::string& folder = "") {
  std::vector<std::string> names;
  std::string listing = mtools({"mdir", "-a", "-i", image.string(), "::/" + folder});
  for (std::size_t at = 0; at < listing.size();) {
    std::string line = listing.substr(at, listing.find('\n', at) - at);
    at += line.size() + 1;
    if (line.find(" 2024-01-02 ") != 22 || line[0] == '.') {
      continue;
    }
    std::string base = line.substr(0, 8);
    std::string extension = line.substr(9, 3);
    base.erase(base.find_last_not_of(' ') + 1);
    extension.erase(extension.find_last_not_of(' ') + 1);
    std::string name = base + (extension.empty() ? "" : "." + extension);
    names.push_back(line.size() > 42 ? name + " = " + line.substr(42) : name);
  }
  return names;
}

TEST(Fat, HoldsWhatItIsGiven) {
  Volume v = volume({{"bootmgr", content(400'000)},
                     {"EFI/BOOT/BOOTX64.EFI", content(1'500'001)},
                     {"boot/bcd", content(4096)},
                     {"boot/boot.sdi", content(3'170'304)},
                     {"sources/boot.wim", content(5'000'000)},
                     {"sources/a long name, with all sorts (of things).wim", content(4'194'304)},
                     {"empty.txt", std::string()},
                     {"one", content(1)}});
  v.folders = {"deploy/empty", "sources"};
  expect_sound(v);
}

TEST(Fat, MayBeEmpty) { expect_sound(volume()); }

TEST(Fat, SectorsMayHave4096Bytes) {
  Volume v = volume({{"sources/boot.wim", content(5'000'000)}, {"bootmgr", content(5000)}});
  v.sector_size = 4096;
  Scratch scratch;
  fs::path image = image_of(scratch, v);
  EXPECT_EQ(number_at(image, 11, 2), 4096u);
  EXPECT_EQ(number_at(image, 13, 1), 1u);
  EXPECT_EQ(bytes_at(image, 4096, 4), "RRaA");
  EXPECT_EQ(bytes_at(image, 6 * 4096, 512), bytes_at(image, 0, 512));
  expect_clean(image);
  EXPECT_EQ(read_by_mtools(scratch, image), tree_of(v));
}

TEST(Fat, SmallVolumesAreFat12) {
  Volume v = volume({{"EFI/BOOT/BOOTX64.EFI", content(50'001)},
                     {"some long name.txt", content(700)},
                     {"empty", std::string()}});
  v.bits = 12;
  for (std::uint64_t size : {std::uint64_t{0}, kMiB, 16 * kMiB, 100 * kMiB}) {
    SCOPED_TRACE(size);
    v.size = size;
    expect_sound(v);
  }
  v.size = 0;
  v.sector_size = 4096;
  Scratch scratch;
  fs::path image = image_of(scratch, v);
  expect_clean(image);
  EXPECT_EQ(read_by_mtools(scratch, image), tree_of(v));
}

// Wherever the volume begins on the disk, and whatever comes before on the volume.
TEST(Fat, BigFilesBeginAtMultiplesOfOneMiB) {
  Scratch scratch;
  const std::string big[] = {content(4'194'305, 1), content(6'000'000, 2)};
  Volume v = volume({{"small", content(12'345)},
                     {"b.wim", big[0]},
                     {"a.wim", big[1]},
                     {"almost-big.wim", content(4'194'303, 3)}});
  for (std::uint64_t offset : {std::uint64_t{0}, kMiB, 7 * kMiB}) {
    fs::path image = image_of(scratch, v, offset, fmt::format("{}.img", offset));
    std::uint64_t reserved = number_at(image, offset + 14, 2);
    std::uint64_t table = number_at(image, offset + 36, 4);
    EXPECT_EQ((reserved + 2 * table) * 512 % kMiB, 0u);
    int found = 0;
    for (std::uint64_t at = 0; at < 32 * kMiB; at += kMiB) {
      std::string start = bytes_at(image, offset + at, 6'000'000);
      if (start.starts_with(big[0]) || start == big[1]) ++found;
    }
    EXPECT_EQ(found, 2);
    EXPECT_EQ(read_by_mtools(scratch, image, offset), tree_of(v));
  }
}

TEST(Fat, FieldsOfTheBootSector) {
  Scratch scratch;
  Volume v = volume();
  v.hidden_sectors = 2048;
  v.size = 512 * kMiB;
  fs::path image = image_of(scratch, v, kMiB);
  struct {
    std::uint64_t offset;
    std::size_t size;
    std::uint64_t value;
  } fields[] = {{11, 2, 512},  {13, 1, 8}, {16, 1, 2},          {17, 2, 0},  {19, 2, 0},
                {21, 1, 0xf8}, {22, 2, 0}, {28, 4, 2048},       {44, 4, 2},  {32, 4, 1048576},
                {48, 2, 1},    {50, 2, 6}, {67, 4, 0x12345678}, {66, 1, 41}, {64, 1, 0x80}};
  for (const auto& f : fields) {
    EXPECT_EQ(number_at(image, kMiB + f.offset, f.size), f.value) << f.offset;
  }
  EXPECT_EQ(bytes_at(image, kMiB + 71, 19), "REMEDIA    FAT32   ");
  EXPECT_EQ(bytes_at(image, kMiB + 510, 2), "\x55\xaa");
  EXPECT_EQ(bytes_at(image, kMiB + 6 * 512, 1024), bytes_at(image, kMiB, 1024));
}

TEST(Fat, ClustersGrowWithTheVolume) {
  Scratch scratch;
  struct {
    std::uint64_t size;
    std::uint64_t sectors;
  } cases[] = {{40 * kMiB, 1},     {100 * kMiB, 2},          {200 * kMiB, 4},    {300 * kMiB, 8},
               {8192 * kMiB, 8},   {8193 * kMiB, 16},        {16384 * kMiB, 16}, {32768 * kMiB, 32},
               {32769 * kMiB, 64}, {1u * 1048575 * kMiB, 64}};
  for (const auto& c : cases) {
    SCOPED_TRACE(c.size);
    Volume v = volume({{"a", content(10'000)}});
    v.size = c.size;
    fs::path image = image_of(scratch, v);
    EXPECT_EQ(number_at(image, 13, 1), c.sectors);
    if (c.size < 9000 * kMiB) expect_clean(image);
    EXPECT_EQ(read_by_mtools(scratch, image), tree_of(v));
    fs::remove(image);
  }
}

TEST(Fat, TheSmallestSizeIsTheSmallest) {
  Volume v =
      volume({{"a.wim", Slice{"/dev/zero", {{0, 400 * kMiB + 1, true}}}}, {"b", content(100'000)}});
  std::uint64_t size = smallest_size(v);
  EXPECT_EQ(size, 403 * kMiB);  // tables, small files, the file and the rest of its last MiB
  v.size = size;
  {
    Scratch scratch;
    expect_clean(image_of(scratch, v));
  }
  v.size = size - kMiB;  // smaller clusters need larger tables, larger ones do not fit either
  Scratch scratch;
  EXPECT_EQ(failure_of([&] { image_of(scratch, v); }),
            "the content needs a FAT32 volume of 422576128 bytes; it is to have 421527552");
  EXPECT_EQ(smallest_size(volume()), 258 * kMiB);  // 65541 clusters of 4 KiB
}

TEST(Fat, ShortNamesFollowFromLongOnes) {
  Scratch scratch;
  Volume v = volume();
  for (const char* name : {"BOOTMGR", "README.TXT", "lower.txt", "Mixed.Txt", "long file name.text",
                           "long file n.text", "LONGFI~1.TEX", "longfi~3.tex", ".hidden",
                           "two.dots.txt", "a+b.c", "über.txt", "日本語.txt", "😀",
                           "no extension at all", "A.B", "x.html", "...dots", "$%'-_@~.!()"}) {
    v.files.push_back({name, std::string(name)});
  }
  fs::path image = image_of(scratch, v);
  expect_clean(image);
  EXPECT_EQ(read_by_7zip(scratch, image), tree_of(v));  // mtools knows no surrogates
  std::vector<std::string> expected = {"BOOTMGR",
                                       "README.TXT",
                                       "LOWER.TXT = lower.txt",
                                       "MIXED.TXT = Mixed.Txt",
                                       "LONGFI~2.TEX = long file n.text",
                                       "LONGFI~4.TEX = long file name.text",
                                       "LONGFI~1.TEX",
                                       "LONGFI~3.TEX = longfi~3.tex",
                                       "HIDDEN~1 = .hidden",
                                       "TWODOT~1.TXT = two.dots.txt",
                                       "A_B~1.C = a+b.c",
                                       "_BER~1.TXT = über.txt",
                                       "___~1.TXT = 日本語.txt",
                                       "_~1 = __",
                                       "NOEXTE~1 = no extension at all",
                                       "A.B",
                                       "X~1.HTM = x.html",
                                       "DOTS~1 = ...dots",
                                       "$%'-_@~.!()"};
  std::vector<std::string> found = listed(image);
  std::sort(expected.begin(), expected.end());
  std::sort(found.begin(), found.end());
  EXPECT_EQ(found, expected);
}

TEST(Fat, ManyNamesWithOneBeginning) {
  Volume v = volume();
  for (unsigned i = 0; i < 1200; ++i) {
    v.files.push_back({fmt::format("many/a common beginning {}.txt", i), content(i % 7, i)});
    v.files.push_back({fmt::format("many/acommo~{}.txt", i), content(i % 5, i)});
  }
  expect_sound(v);
}

TEST(Fat, LongAndDeepNames) {
  std::string name(255, 'n');
  std::string deep;
  for (int i = 0; i < 40; ++i) deep += fmt::format("folder {}/", i);
  Volume v = volume({{name, content(10)},
                     {std::string(13, 'a'), content(11)},
                     {std::string(14, 'b'), content(12)},
                     {std::string(26, 'c'), content(13)},
                     {deep + "file", content(14)},
                     {deep + "LAST.BIN", content(5'000'000)}});
  expect_sound(v);
}

TEST(Fat, NamesOf255UnitsMayHaveMoreBytes) {
  std::string name;
  for (int i = 0; i < 127; ++i) name += "\U0001f600";  // two units each
  Scratch scratch;
  fs::path image = image_of(scratch, volume({{name + "x", "y"}}));  // too long for other readers
  expect_clean(image);
  EXPECT_NE(failure_of([&] {
              smallest_size(volume({{name + "xy", "y"}}));
            }).find("a name has 256 UTF-16 units"),
            std::string::npos);
}

TEST(Fat, RandomTreesComeBack) {
  for (unsigned seed = 1; seed <= 12; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937 random(seed);
    auto below = [&](unsigned n) { return static_cast<unsigned>(random() % n); };
    Volume v = volume();
    v.bits = seed % 4 == 0 ? 12 : 32;
    std::vector<std::string> folders = {""};
    for (unsigned i = 0; i < 20 + below(60); ++i) {
      std::string path = folders[below(static_cast<unsigned>(folders.size()))];
      path += fmt::format("{}{}", i, std::string(below(30), "ax Yé."[0]) + (below(2) ? "é" : "N"));
      if (below(4) == 0) {
        v.folders.push_back(path);
        folders.push_back(path + "/");
      } else {
        v.files.push_back(
            {path,
             content(below(3) == 0 ? below(5'000'000) / (seed % 4 ? 1 : 20) : below(5000), i)});
      }
    }
    expect_sound(v);
  }
}

// Files by Slice, with holes, from several places of other files.
TEST(Fat, ContentComesFromSlicesToo) {
  Scratch scratch;
  fs::path source = scratch.write("source", content(6'000'000));
  Volume v = volume(
      {{"pieces", Slice{source, {{100, 5'000'000, false}, {0, 77'777, true}, {3, 4, false}}}},
       {"hole", Slice{source, {{0, 9'000'000, true}}}}});
  expect_sound(v);
}

TEST(Fat, IsSparse) {
  Scratch scratch;
  Volume v = volume({{"a.wim", content(5'000'000)}, {"b.wim", content(5'000'000)}});
  v.size = 64 * 1024 * kMiB;
  fs::path image = image_of(scratch, v);
  struct stat info = {};
  ASSERT_EQ(stat(image.c_str(), &info), 0);
  EXPECT_EQ(static_cast<std::uint64_t>(info.st_size), v.size);
  EXPECT_LT(info.st_blocks * 512, 10'000'000 + 16 * 4096);
}

TEST(Fat, OrderAndSurroundingsDoNotMatter) {
  Scratch scratch;
  Volume v = volume({{"b/x.wim", content(5'000'000)},
                     {"A long one", content(3)},
                     {"A long two", content(4)},
                     {"z", content(5)},
                     {"c.wim", content(4'500'000)}});
  v.folders = {"one", "two/three"};
  std::string expected = sha256(Slice::whole(image_of(scratch, v)));
  std::reverse(v.files.begin(), v.files.end());
  v.folders = {"two/three", "b", "two", "one"};
  setenv("TZ", "Asia/Kathmandu", 1);
  tzset();
  EXPECT_EQ(sha256(Slice::whole(image_of(scratch, v))), expected);
  unsetenv("TZ");
  tzset();
  v.files[0].content = content(6);
  EXPECT_NE(sha256(Slice::whole(image_of(scratch, v))), expected);
}

TEST(Fat, WritesNothingOutsideTheVolume) {
  Scratch scratch;
  Volume v = volume({{"a.wim", content(5'000'000)}});
  v.size = smallest_size(v);
  fs::path image = scratch / "around.img";
  Fd out = Fd::open_empty(image);
  write_at(out.get(), std::string(kMiB, 'x'), 0, image);
  write_at(out.get(), std::string(kMiB, 'y'), kMiB + v.size, image);
  write(v, out.get(), kMiB, image);
  EXPECT_EQ(bytes_at(image, 0, kMiB), std::string(kMiB, 'x'));
  EXPECT_EQ(bytes_at(image, kMiB + v.size, kMiB), std::string(kMiB, 'y'));
  EXPECT_EQ(fs::file_size(image), v.size + 2 * kMiB);
}

TEST(Fat, EveryDateIsTheClock) {
  Scratch scratch;
  for (auto [clock, date] :
       {std::pair{INT64_MIN, "1980-01-01   0:00"}, std::pair{kClock, "2024-01-02   3:04"},
        std::pair{INT64_MAX, "2107-12-31  23:59"}}) {
    Volume v = volume({{"folder/a", content(1)}, {"B", content(1)}});
    v.clock = clock;
    fs::path image = image_of(scratch, v);
    std::string listing = mtools({"mdir", "-/", "-a", "-i", image.string(), "::/"});
    std::size_t count = 0;
    for (std::size_t at = 0; (at = listing.find(date, at)) != std::string::npos; ++at) ++count;
    EXPECT_EQ(count, 5u) << listing;  // folder, its . and .., a, B
  }
}

// fsck.fat 4.2 counts the bytes of a chain in 32 bits, so it takes the very largest file for
// damaged.
TEST(Fat, FilesOfAlmost4GiBComeBack) {
  for (std::uint64_t size : {4'294'963'200u, 4'294'967'295u}) {
    Scratch scratch;
    fs::path image = image_of(scratch, volume({{"large", Slice{"/dev/zero", {{0, size, true}}}}}));
    if (size < 4'294'967'295) expect_clean(image);
    std::string listing = run_checked({"7zz", "l", "-slt", image.string()});
    EXPECT_NE(listing.find(fmt::format("\nSize = {}\nPacked Size = {}\n", size,
                                       (size + 4095) / 4096 * 4096)),
              std::string::npos)
        << listing;
  }
}

TEST(Fat, FloppiesHaveTheirShape) {
  Volume v = volume({{"a", content(1'457'664)}});
  v.bits = 12;
  v.size = 1'474'560;
  v.floppy = Floppy{};
  expect_sound(v);
  v.files[0].content = content(1'457'665);
  expect_refused(v, "the content takes 2848 clusters of a floppy disk; it has 2847");
}

}  // namespace
}  // namespace remedia::fat
