#include "media/iso9660.h"

#include "support/digest.h"
#include "support/iso9660_patches.h"
#include "support/iso9660_writer.h"
#include "support/process.h"
#include "support/udf_patches.h"
#include "unit/scratch.h"

#include <functional>
#include <map>
#include <random>
#include <tuple>

#include <fcntl.h>
#include <gtest/gtest.h>

namespace remedia::iso9660 {

namespace {

using iso9660_writer::file;
using iso9660_writer::folder;
using iso9660_writer::Node;
using iso9660_writer::Options;
using iso9660_writer::put_both16;
using iso9660_writer::put_both32;
using iso9660_writer::Written;

// Path to "folder", or to size and digest.
using Listing = std::map<std::string, std::string>;

Listing listing(const Volume& volume) {
  Listing out;
  for (const VolumeEntry& e : volume.entries) {
    out[e.path] =
        e.directory ? "folder" : fmt::format("{} {}", e.content.size(), sha256(e.content));
  }
  return out;
}

Listing listing_of_folder(const fs::path& top) {
  Listing out;
  for (const auto& found : fs::recursive_directory_iterator(top)) {
    Slice slice = found.is_directory() ? Slice{} : Slice::whole(found.path());
    out[fs::relative(found.path(), top).string()] =
        found.is_directory() ? "folder" : fmt::format("{} {}", slice.size(), sha256(slice));
  }
  return out;
}

const ProcessOptions kUtf8 = {.environment = {{"LC_ALL", "C.UTF-8"}}};

Listing listing_by_7z(const fs::path& image, const Scratch& scratch) {
  fs::path out = scratch / "by-7z";
  fs::remove_all(out);
  fs::create_directory(out);
  run_checked({"7zz", "x", "-tiso", "-y", "-o" + out.string(), image.string()}, kUtf8);
  fs::remove_all(out / "[BOOT]");
  return listing_of_folder(out);
}

// xorriso prefers Rock Ridge to Joliet.
Listing listing_by_xorriso(const fs::path& image, const Scratch& scratch) {
  fs::path out = scratch / "by-xorriso";
  fs::remove_all(out);
  run_checked({"xorriso", "-no_rc", "-osirrox", "on", "-indev", image.string(), "-extract", "/",
               out.string()},
              kUtf8);
  return listing_of_folder(out);
}

std::string noise(std::size_t size, unsigned seed) {
  std::mt19937 random(seed);
  std::string bytes(size, '\0');
  for (char& c : bytes) c = static_cast<char>(random());
  return bytes;
}

Slice slice_of(const Volume& volume, std::string_view path) {
  for (const VolumeEntry& e : volume.entries) {
    if (e.path == path) return e.content;
  }
  ADD_FAILURE() << "no entry " << path;
  return {};
}

std::string content(const Volume& volume, std::string_view path) {
  return read_all(slice_of(volume, path));
}

std::vector<std::string> paths(const Volume& volume) {
  std::vector<std::string> out;
  for (const VolumeEntry& e : volume.entries) out.push_back(e.path);
  return out;
}

Volume read_written(const Scratch& scratch, const Written& written) {
  return read(scratch.write("volume.iso", written.bytes));
}

// --- volumes that other programs write --------------------------------------------------------

fs::path windows_tree(const Scratch& scratch) {
  scratch.write("tree/bootmgr", noise(400'000, 1));
  scratch.write("tree/boot/boot.sdi", noise(3'170'304, 2));
  scratch.write("tree/boot/fonts/segoen_slboot.ttf", noise(47'000, 3));
  scratch.write("tree/boot/fonts/segoe_slboot.ttf", noise(2048, 4));
  scratch.write("tree/boot/fonts/empty", "");
  scratch.write("tree/efi/microsoft/boot/efisys_noprompt.bin", noise(2047, 5));
  scratch.write("tree/sources/boot.wim", noise(5'000'001, 6));
  return scratch / "tree";
}

fs::path tree_with_odd_names(const Scratch& scratch) {
  fs::path tree = windows_tree(scratch);
  scratch.write("tree/sources/größe.txt", "Latin-1");
  scratch.write("tree/sources/日本語.txt", "16 bits");
  scratch.write("tree/sources/no extension", "spaces");
  scratch.write("tree/sources/two.dots.in.it", "dots");
  scratch.write("tree/sources/" + std::string(60, 'n'), "long name");
  scratch.write("tree/a/b/c/d/e/f/g/h/i/j/deep.txt", "deep");
  for (int i = 0; i < 300; ++i) scratch.write(fmt::format("tree/many/file {:03}", i), "x");
  return tree;
}

fs::path iso_of(const Scratch& scratch, const fs::path& tree, std::vector<std::string> argv) {
  fs::path iso = scratch / "made.iso";
  fs::remove(iso);
  argv.insert(argv.end(), {"-o", iso.string(), tree.string()});
  run_checked(argv, kUtf8);
  return iso;
}

std::vector<std::string> genisoimage(std::vector<std::string> more) {
  std::vector<std::string> argv = {"genisoimage", "-quiet", "-input-charset", "utf-8"};
  argv.insert(argv.end(), more.begin(), more.end());
  return argv;
}

std::vector<std::string> xorriso(std::vector<std::string> more) {
  std::vector<std::string> argv = {"xorriso", "-no_rc", "-as", "mkisofs", "-quiet"};
  argv.insert(argv.end(), more.begin(), more.end());
  return argv;
}

TEST(Iso9660, ReadsJolietAs7zDoes) {
  Scratch scratch;
  fs::path tree = tree_with_odd_names(scratch);
  for (const auto& argv : {genisoimage({"-J", "-D", "-V", "CCCOMA_X64"}),
                           genisoimage({"-J", "-joliet-long", "-r", "-V", "CCCOMA_X64"}),
                           genisoimage({"-J", "-D", "-ucs-level", "1", "-V", "CCCOMA_X64"}),
                           xorriso({"-J", "-V", "CCCOMA_X64"}),
                           xorriso({"-J", "-joliet-long", "-R", "-N", "-d", "-V", "CCCOMA_X64"})}) {
    SCOPED_TRACE(fmt::format("{}", fmt::join(argv, " ")));
    fs::path iso = iso_of(scratch, tree, argv);
    EXPECT_TRUE(probe(iso));
    Volume volume = read(iso);
    EXPECT_EQ(volume.label, "CCCOMA_X64");
    EXPECT_EQ(listing(volume), listing_of_folder(tree));
    EXPECT_EQ(listing(volume), listing_by_7z(iso, scratch));
  }
}

TEST(Iso9660, ReadsRockRidgeAsXorrisoDoes) {
  Scratch scratch;
  fs::path tree = tree_with_odd_names(scratch);
  scratch.write("tree/" + std::string(250, 'l'), "a name that needs a continuation area");
  for (const auto& argv :
       {genisoimage({"-R"}), genisoimage({"-r", "-D"}), genisoimage({"-R", "-iso-level", "3"}),
        xorriso({"-R"}), xorriso({"-r", "-iso-level", "3"})}) {
    SCOPED_TRACE(fmt::format("{}", fmt::join(argv, " ")));
    fs::path iso = iso_of(scratch, tree, argv);
    Listing ours = listing(read(iso));
    EXPECT_EQ(ours, listing_by_xorriso(iso, scratch));
    ours.erase("rr_moved");  // where genisoimage puts what is too deep
    EXPECT_EQ(ours, listing_of_folder(tree));
  }
}

TEST(Iso9660, ReadsPlainVolumesAs7zDoes) {
  Scratch scratch;
  fs::path tree = windows_tree(scratch);
  for (const auto& argv : {genisoimage({}),
                           genisoimage({"-iso-level", "3"}),
                           {"genisoimage", "-quiet", "-iso-level", "4"},
                           genisoimage({"-iso-level", "3", "-N", "-d"}),
                           genisoimage({"-allow-lowercase", "-allow-multidot", "-l"}),
                           xorriso({"-iso-level", "1"}),
                           xorriso({"-iso-level", "3", "-N", "-d"})}) {
    SCOPED_TRACE(fmt::format("{}", fmt::join(argv, " ")));
    fs::path iso = iso_of(scratch, tree, argv);
    Listing ours = listing(read(iso));
    Listing expected = listing_by_7z(iso, scratch);
    EXPECT_EQ(ours.size(), 13u);
    EXPECT_EQ(ours, expected);
  }
}

TEST(Iso9660, NamesTheFileThatIsCutOff) {
  for (std::vector<std::string> options : {std::vector<std::string>{"-J"}, {"-r"}, {}}) {
    Scratch scratch;
    fs::path iso = iso_of(scratch, windows_tree(scratch), genisoimage(options));
    std::uint64_t end = 0;
    std::string last;
    for (const VolumeEntry& e : read(iso).entries) {
      if (e.directory || e.content.size() == 0) continue;
      std::uint64_t stop = e.content.extents.back().offset + e.content.extents.back().length;
      if (stop > end) std::tie(end, last) = std::pair(stop, e.path);
    }
    fs::resize_file(iso, end);
    EXPECT_NO_THROW(read(iso));
    fs::resize_file(iso, end - 1);
    EXPECT_EQ(failure_of([&] { read(iso); }),
              fmt::format("'{}' is truncated: it has {} bytes, but '{}' on it ends at byte {}",
                          iso.string(), end - 1, last, end));
  }
}

// xorriso is stopped by a limit on file size once it has written the descriptors, and the rest of
// the 9 GiB is sparse. It makes two full extents and a rest, which adjoin.
TEST(Iso9660, ReadsAFileOfSeveralGibibytes) {
  static constexpr std::uint64_t kSize = 9ull << 30;
  for (const char* extension : {"-J", "-R", "-l"}) {
    Scratch scratch;
    fs::path iso = scratch / "large.iso";
    fs::resize_file(scratch.write("tree/sources/install.wim", ""), kSize);
    run_process({"prlimit", "--fsize=8388608", "--core=0", "xorriso", "-no_rc", "-as", "mkisofs",
                 "-quiet", "-iso-level", "3", extension, "-o", iso.string(),
                 (scratch / "tree").string()});
    ASSERT_EQ(fs::file_size(iso), 8388608u);
    fs::resize_file(iso, kSize + (8u << 20));
    Volume volume = read(iso);
    ASSERT_EQ(volume.entries.size(), 2u);
    const Slice& slice = volume.entries[1].content;
    ASSERT_EQ(slice.extents.size(), 1u);
    EXPECT_EQ(slice.size(), kSize);
    std::string by_7z = run_process({"7zz", "l", "-slt", "-tiso", iso.string()}, kUtf8).output;
    EXPECT_NE(by_7z.find(fmt::format("Size = {}\n", kSize)), std::string::npos) << by_7z;
    std::string start = run_checked({"isoinfo", "-l", "-i", iso.string()});
    std::string block = fmt::format("[{:>7} ", slice.extents[0].offset / 2048);
    EXPECT_NE(start.find(block), std::string::npos) << start;
  }
}

TEST(Iso9660, KnowsWhatIsNoVolume) {
  Scratch scratch;
  for (const fs::path& path : {scratch.write("empty", ""), scratch.write("short", "CD001"),
                               scratch.write("zeros", std::string(1 << 20, '\0'))}) {
    EXPECT_FALSE(probe(path));
    EXPECT_NE(failure_of([&] { read(path); }).find("is not an ISO 9660 volume"), std::string::npos);
  }
  EXPECT_NE(failure_of([&] { probe(scratch / "absent"); }).find("absent"), std::string::npos);
  EXPECT_NE(failure_of([&] { probe(scratch.path()); }).find("folder"), std::string::npos);
}

TEST(Iso9660, RefusesWhatWouldBeLost) {
  Scratch scratch;
  scratch.write("tree/a", "a");
  fs::create_symlink("a", scratch / "tree/link");
  fs::path iso = iso_of(scratch, scratch / "tree", genisoimage({"-R"}));
  EXPECT_NE(failure_of([&] { read(iso); }).find("'link' is a symbolic link, which cannot be read"),
            std::string::npos);
  fs::remove(scratch / "tree/link");
  scratch.write("tree/a", std::string(100'000, 'a'));
  iso = scratch / "made.iso";
  fs::remove(iso);
  run_checked({"xorriso", "-no_rc", "-outdev", iso.string(), "-zisofs", "level=9", "-map",
               (scratch / "tree").string(), "/", "-set_filter_r", "--zisofs", "/", "--"});
  EXPECT_NE(failure_of([&] { read(iso); }).find("'a' is compressed (zisofs), which"),
            std::string::npos);
}

// --- volumes of our own -----------------------------------------------------------------------

Node sections(std::string name, std::vector<std::size_t> sizes) {
  Node node{.name = std::move(name), .sections = sizes};
  std::size_t size = 0;
  for (std::size_t s : sizes) size += s;
  node.content = noise(size, 77);
  return node;
}

Node odd_tree() {
  Node associated = file("fork", "resource fork");
  associated.flags = 4;
  Node fork = file("fork", "data fork");
  Node hidden = file("hidden", "shown all the same");
  hidden.flags = 1;
  Node attributes = file("attributes", "behind them");
  attributes.attribute_blocks = 2;
  Node many = folder("many", {});
  for (int i = 0; i < 200; ++i) many.children.push_back(file(fmt::format("file {:03}", i), "x"));
  Node deep = folder("deep", {file("bottom", "!")});
  for (int i = 0; i < 20; ++i) deep = folder(fmt::format("level {}", i), {deep});
  return folder("", {file("a.txt", "a"), associated, fork, hidden, attributes, many, deep,
                     sections("sections", {4096, 2048, 100}), sections("full", {2048, 2048, 2048}),
                     file("empty", ""), folder("no files", {})});
}

TEST(Iso9660, ReadsOddVolumesInEveryShape) {
  Scratch scratch;
  Volume first = read_written(scratch, iso9660_writer::write(odd_tree()));
  Listing expected = listing(first);
  EXPECT_EQ(content(first, "fork"), "data fork");
  EXPECT_EQ(content(first, "hidden"), "shown all the same");
  EXPECT_EQ(content(first, "attributes"), "behind them");
  EXPECT_EQ(content(first, "sections"), sections("", {4096, 2048, 100}).content);
  EXPECT_EQ(slice_of(first, "sections").extents.size(), 3u);
  EXPECT_EQ(expected.size(), 231u);
  for (std::uint16_t block_size : {std::uint16_t{512}, std::uint16_t{1024}, std::uint16_t{2048}}) {
    for (bool joliet : {false, true}) {
      Written written =
          iso9660_writer::write(odd_tree(), {.joliet = joliet, .block_size = block_size});
      EXPECT_EQ(listing(read_written(scratch, written)), expected) << block_size << joliet;
    }
  }
}

TEST(Iso9660, ReadsEveryLevelOfJoliet) {
  for (char level : {'@', 'C', 'E'}) {
    Scratch scratch;
    Node node = file("größe 日本語 \U0001F600.txt", "x");
    node.iso_name = "GROESSE.TXT;1";
    Volume volume = read_written(
        scratch,
        iso9660_writer::write(folder("", {node}), {.joliet = true, .joliet_level = level}));
    EXPECT_EQ(paths(volume), std::vector<std::string>{node.name});
  }
  Scratch scratch;
  Node node = file("joliet", "x");
  node.iso_name = "ISO.;1";
  Written written =
      iso9660_writer::write(folder("", {node}), {.joliet = true, .joliet_level = 'F'});
  EXPECT_EQ(paths(read_written(scratch, written)), std::vector<std::string>{"ISO"});
}

TEST(Iso9660, TakesNamesFromTheBestSource) {
  Node node = file("Long Name.txt", "x");
  node.iso_name = "LONG_NAM.TXT;1";
  node.raw_joliet = iso9660_writer::ucs2("Joliet.txt;1");
  for (bool joliet : {false, true}) {
    for (bool rock_ridge : {false, true}) {
      Scratch scratch;
      Volume volume = read_written(
          scratch,
          iso9660_writer::write(folder("", {node}), {.joliet = joliet, .rock_ridge = rock_ridge}));
      std::string expected = joliet ? "Joliet.txt" : rock_ridge ? node.name : "LONG_NAM.TXT";
      EXPECT_EQ(paths(volume), std::vector<std::string>{expected});
    }
  }
}

TEST(Iso9660, TakesVersionAndDotOff) {
  struct Case {
    std::string_view recorded;
    std::string_view path;
  };
  static constexpr Case kCases[] = {
      {"BOOTMGR.;1", "BOOTMGR"},
      {"BOOTMGR;1", "BOOTMGR"},
      {"BOOTMGR.", "BOOTMGR"},
      {"A.B;32767", "A.B"},
      {"A.B", "A.B"},
      {"A;B.C;1", "A;B.C"},
      {"A;", "A;"},
      {"A1;", "A1;"},
      {"a b.c;1", "a b.c"},
      {"12345", "12345"},
      {"\xE4\xF6.TXT;1", "äö.TXT"},
      {"ä.TXT;1", "ä.TXT"},
      {"A..;1", "A."},
  };
  for (const Case& c : kCases) {
    Scratch scratch;
    Node node = file("x", "");
    node.iso_name = c.recorded;
    Volume volume = read_written(scratch, iso9660_writer::write(folder("", {node})));
    EXPECT_EQ(paths(volume), std::vector<std::string>{std::string(c.path)});
  }
  Scratch scratch;
  Node node = folder("x", {});
  node.iso_name = "DIR.D;1";  // a directory has no version
  EXPECT_EQ(paths(read_written(scratch, iso9660_writer::write(folder("", {node})))),
            std::vector<std::string>{"DIR.D;1"});
}

TEST(Iso9660, ReadsRockRidgeNamesInPieces) {
  for (std::size_t fields : {1u, 3u, 7u}) {
    for (bool continued : {false, true}) {
      Scratch scratch;
      Node node = file("A name in some pieces: größe.txt", "x");
      node.iso_name = "A.;1";
      node.name_fields = fields;
      node.continued = continued;
      Node other = folder("other", {});
      other.iso_name = "B";
      other.continued = continued;
      Volume volume = read_written(
          scratch, iso9660_writer::write(folder("", {node, other}), {.rock_ridge = true}));
      EXPECT_EQ(paths(volume), (std::vector<std::string>{node.name, "other"}));
    }
  }
}

// A relocated directory is shown where it was, not where it is.
TEST(Iso9660, ShowsRelocatedDirectoriesInTheirPlace) {
  Scratch scratch;
  Node link = file("deep", "");
  link.iso_name = "DEEP";
  link.relocated_to = "moved/x";
  Node moved = folder("x", {file("leaf", "!")});
  moved.system_use = std::string("RE\4\1");
  Node tree = folder("", {folder("moved", {moved}), folder("here", {link})});
  Written written = iso9660_writer::write(tree, {.rock_ridge = true});
  EXPECT_EQ(paths(read_written(scratch, written)),
            (std::vector<std::string>{"here", "here/deep", "here/deep/leaf", "moved"}));
}

// Three extents far apart on a sparse file of 12 GiB.
TEST(Iso9660, ReadsScatteredExtentsBeyondFourGibibytes) {
  static constexpr std::uint64_t kLength = (4ull << 30) - 2048;
  static constexpr std::uint64_t kStarts[] = {6ull << 30, 1ull << 30, 11ull << 30};
  static constexpr std::uint64_t kLengths[] = {kLength, kLength, 12345};
  for (bool joliet : {false, true}) {
    Scratch scratch;
    Written written = iso9660_writer::write(folder("", {sections("large", {2048, 2048, 2048})}),
                                            {.joliet = joliet});
    const iso9660_writer::Tree& tree = joliet ? written.joliet : written.primary;
    for (std::size_t i = 0; i < 3; ++i) {
      std::uint64_t record = tree.records.at("large").at(i);
      put_both32(written.bytes, record + 2, static_cast<std::uint32_t>(kStarts[i] / 2048));
      put_both32(written.bytes, record + 10, static_cast<std::uint32_t>(kLengths[i]));
    }
    fs::path image = scratch.write("volume.iso", written.bytes);
    fs::resize_file(image, 12ull << 30);
    Slice slice = slice_of(read(image), "large");
    EXPECT_EQ(slice.size(), 2 * kLength + 12345);
    EXPECT_EQ(slice.extents, (std::vector<Extent>{{kStarts[0], kLength, false},
                                                  {kStarts[1], kLength, false},
                                                  {kStarts[2], 12345, false}}));
  }
}

// Of an empty file the place means nothing; genisoimage and xorriso disagree about it.
TEST(Iso9660, IgnoresWhereAnEmptyFileIs) {
  Scratch scratch;
  Written written = iso9660_writer::write(folder("", {file("empty", "")}));
  put_both32(written.bytes, written.primary.records.at("empty").at(0) + 2, 0xFFFFFFFF);
  EXPECT_EQ(content(read_written(scratch, written), "empty"), "");
}

TEST(Iso9660, ReadsTheLabel) {
  for (std::string_view label :
       {"", "A", "WITH SPACES IN IT", "EXACTLY THIRTY-TWO BYTES IN HERE"}) {
    Scratch scratch;
    Written written = iso9660_writer::write(folder("", {}), {.label = std::string(label)});
    EXPECT_EQ(read_written(scratch, written).label, label);
  }
}

// --- hostile volumes --------------------------------------------------------------------------

Node victim_tree() {
  Node named = file("a name of Rock Ridge", "x");
  named.iso_name = "NAMED.;1";
  named.continued = true;
  Node link = file("link", "");
  link.relocated_to = "moved/x";
  Node moved = folder("x", {file("y", "")});
  moved.system_use = std::string("RE\4\1");
  return folder("", {file("file", std::string(5000, 'f')), sections("cut", {2048, 2048, 10}),
                     folder("sub", {folder("inner", {file("leaf", "x")})}), named, link,
                     folder("moved", {moved})});
}

struct Damage {
  const char* name;
  std::function<void(Written&)> apply;
  std::string_view message;
};

std::uint64_t record_of(const Written& w, const std::string& path, std::size_t index = 0) {
  return w.primary.records.at(path).at(index);
}

auto in_record(std::string path, std::uint64_t field, std::string bytes, std::size_t index = 0) {
  return
      [=](Written& w) { w.bytes.replace(record_of(w, path, index) + field, bytes.size(), bytes); };
}

auto both_in_record(std::string path, std::uint64_t field, std::uint32_t value,
                    std::size_t index = 0) {
  return [=](Written& w) { put_both32(w.bytes, record_of(w, path, index) + field, value); };
}

auto in_descriptor(std::uint64_t field, std::string bytes) {
  return [=](Written& w) { w.bytes.replace(w.primary.descriptor + field, bytes.size(), bytes); };
}

// Writes `bytes` at `field` of the system use field of this kind that `path` has.
auto in_field(std::string path, std::string kind, std::uint64_t field, std::string bytes) {
  return [=](Written& w) {
    std::size_t at = w.bytes.find(kind, record_of(w, path));
    w.bytes.replace(at + field, bytes.size(), bytes);
  };
}

// Makes a directory be another one.
auto same_directory(std::string path, std::string as) {
  return [=](Written& w) {
    auto block = static_cast<std::uint32_t>(w.primary.directories.at(as) / w.block_size);
    put_both32(w.bytes, record_of(w, path) + 2, block);
  };
}

std::string both(std::uint32_t value) {
  std::string bytes(8, '\0');
  put_both32(bytes, 0, value);
  return bytes;
}

const Damage kDamages[] = {
    {"low byte first", in_record("file", 2, "\x77"), "in one byte order and"},
    {"high byte first", in_record("file", 9, "\x77"), "in one byte order and"},
    {"size, low byte first", in_record("file", 10, "\x77"), "in one byte order and"},
    {"size, high byte first", in_record("sub", 17, "\x77"), "in one byte order and"},
    {"number of the volume", in_record("file", 28, "\2"), "in one byte order and"},
    {"another volume", in_record("file", 28, std::string("\2\0\0\2", 4)),
     "'file' lies on volume 2 of a set of which this is volume 1, which cannot be read"},
    {"unit of an interleaved file", in_record("file", 26, "\1"), "is interleaved, which"},
    {"gap of an interleaved file", in_record("file", 27, "\1"), "is interleaved, which"},
    {"interleaved directory", in_record("sub", 27, "\1"), "'sub' is interleaved, which"},
    {"interleaved second extent", in_record("cut", 26, "\1", 1), "'cut' is interleaved, which"},
    {"short record", in_record("file", 0, "\x21"), "a directory record of 33 bytes where"},
    {"directory cut within a record", in_descriptor(166, both(80)), "bytes where 4 are left"},
    {"name longer than its record", in_record("file", 32, "\x20"),
     "a name of 32 bytes in a directory record of"},
    {"name of no bytes", in_record("file", 32, std::string(1, '\0')), "a name of 0 bytes"},
    {"directory in extents", in_record("sub", 25, "\x82"), "is a directory in several extents"},
    {"extent behind the end", both_in_record("file", 2, 0x00FFFFFF), "is truncated: it has"},
    {"extent as far as can be", both_in_record("file", 2, 0xFFFFFFFF), "is truncated: it has"},
    {"length behind the end", both_in_record("file", 10, 0xFFFFFFFF), "is truncated: it has"},
    {"attributes behind the end",
     [](Written& w) {
       put_both32(w.bytes, record_of(w, "file") + 2, 0xFFFFFFFF);
       w.bytes[record_of(w, "file") + 1] = '\xFF';
     },
     "'file' on it ends at byte 8796093547400"},
    {"directory behind the end", both_in_record("sub", 2, 0x00FFFFFF),
     "the list of names in 'sub' lies at bytes"},
    {"directory longer than the image", both_in_record("sub", 10, 1u << 26),
     "the list of names in 'sub' lies at bytes"},
    {"directory beyond reason", both_in_record("sub", 10, 0xFFFFFFFF),
     "more than 134217728 bytes of directories"},
    {"directory of file bytes",
     [](Written& w) {
       auto block = static_cast<std::uint32_t>(w.extents.at("file").at(0) / w.block_size);
       put_both32(w.bytes, record_of(w, "sub") + 2, block);
     },
     "a name of 102 bytes in a directory record of 102"},
    {"directory below itself", same_directory("sub/inner", "sub"),
     "'sub/inner' is a directory that was met before: a loop"},
    {"root below itself", same_directory("sub/inner", ""),
     "'sub/inner' is a directory that was met before: a loop"},
    {"one directory twice", same_directory("moved", "sub"), "was met before: a loop"},
    {"extent that ends within a block", both_in_record("cut", 10, 2047),
     "'cut': an extent of 2047 bytes ends within a block, but more follow"},
    {"file that goes on as another", in_record("cut", 33, "C", 1),
     "'cut' goes on, but another name follows"},
    {"file that goes on as a directory", in_record("cut", 25, "\2", 1),
     "'cut' goes on, but another name follows"},
    {"file that goes on at the end of its directory", in_record("sub/inner/leaf", 25, "\x80"),
     "ends within a block, but more follow"},
    {"empty file that goes on at the end of its directory",
     [](Written& w) {
       put_both32(w.bytes, record_of(w, "sub/inner/leaf") + 10, 0);
       w.bytes[record_of(w, "sub/inner/leaf") + 25] = '\x80';
     },
     "'sub/inner/leaf' goes on, but its directory ends"},
    {"name with a slash", in_record("file", 34, "/"), "a name in the root directory holds a path"},
    {"name with a backslash", in_record("sub/inner/leaf", 34, "\\"),
     "a name in 'sub/inner' holds a path separator"},
    {"name with a NUL", in_record("file", 34, std::string(1, '\0')), "holds a control character"},
    {"Rock Ridge name '..'",
     [](Written& w) { w.bytes.replace(w.continuations, 8, std::string("NM\x07\1\0..\0", 8)); },
     "a name in the root directory is '.' or '..'"},
    {"Rock Ridge name of no bytes",
     [](Written& w) { w.bytes.replace(w.continuations, 8, std::string("NM\x05\1\0\0\0\0", 8)); },
     "a name in the root directory is empty"},
    {"field of no bytes",
     [](Written& w) { w.bytes.replace(w.continuations, 4, std::string("XX\0\1", 4)); },
     "a system use field of 0 bytes"},
    {"field longer than its area",
     [](Written& w) { w.bytes.replace(w.continuations, 4, "XX\xFF\1"); },
     "a system use field of 255 bytes"},
    {"name field without flags", [](Written& w) { w.bytes.replace(w.continuations, 4, "NM\4\1"); },
     "a field 'NM' of 4 bytes, which needs 5"},
    {"mode field without a mode", [](Written& w) { w.bytes.replace(w.continuations, 4, "PX\4\1"); },
     "a field 'PX' of 4 bytes, which needs 12"},
    {"device",
     [](Written& w) {
       w.bytes.replace(w.continuations, 16, "PX\x0C\1" + both(0060644) + "ST\4\1");
     },
     "is a special file of mode 60000, which cannot be read"},
    {"continuation that goes on in itself",
     [](Written& w) {
       std::size_t at = w.bytes.find("CE\x1C\1", record_of(w, "a name of Rock Ridge"));
       put_both32(w.bytes, at + 20, 28);
       w.bytes.replace(w.continuations, 28, w.bytes.substr(at, 28));
     },
     "more than 32 continuation areas"},
    {"continuation behind the end", in_field("a name of Rock Ridge", "CE", 4, both(0xFFFFFFFF)),
     "a continuation area of a directory record lies at bytes"},
    {"continuation of two blocks", in_field("a name of Rock Ridge", "CE", 12, both(2047)),
     "of a block"},
    {"continuation that is long", in_field("a name of Rock Ridge", "CE", 20, both(0xFFFFFFFF)),
     "of a block"},
    {"directory relocated nowhere", in_field("link", "CL", 4, both(0xFFFFFFFF)), "lies at bytes"},
    {"directory relocated to a file", in_field("link", "CL", 4, both(18)),
     "a name of 102 bytes in a directory record of 102"},
    {"directory relocated to another",
     [](Written& w) { put_both32(w.bytes, w.primary.directories.at("moved/x") + 2, 5); },
     "'link' was relocated to block"},
    {"directory relocated to nothing", in_field("link", "CL", 4, both(0)),
     "a directory record of 0 bytes"},
    {"directory relocated above itself",
     [](Written& w) {
       std::size_t at = w.bytes.find("CL\x0C\1", record_of(w, "link"));
       auto block = static_cast<std::uint32_t>(w.primary.directories.at("") / w.block_size);
       put_both32(w.bytes, at + 4, block);
     },
     "'link' is a directory that was met before: a loop"},
    {"root is a file", in_descriptor(156 + 25, std::string(1, '\0')),
     "the root is not a directory"},
    {"root behind the end", in_descriptor(158, both(0x00FFFFFF)), "the root directory lies at"},
    {"root of no length", in_descriptor(156, std::string(1, '\0')),
     "a directory record of 0 bytes"},
    {"block size", in_descriptor(128, std::string("\0\x10\x10\0", 4)),
     "logical blocks of 4096 bytes"},
    {"block size 0", in_descriptor(128, std::string(4, '\0')), "logical blocks of 0 bytes"},
    {"no primary descriptor", in_descriptor(0, std::string(1, '\0')),
     "no primary volume descriptor"},
    {"no terminator", [](Written& w) { w.bytes.replace(w.terminator, 6, "\3CD002"); },
     "no volume descriptor, and none ended their list"},
    {"no end of descriptors",
     [](Written& w) {
       for (int i = 1; i < 300; ++i) {
         std::uint64_t at = (16 + static_cast<std::uint64_t>(i)) * 2048;
         if (w.bytes.size() < at + 2048) w.bytes.resize(at + 2048);
         w.bytes.replace(at, 6, "\3CD001");
       }
     },
     "more than 256 volume descriptors"},
};

TEST(Iso9660, RefusesDamagedVolumes) {
  const Written sound = iso9660_writer::write(victim_tree(), {.rock_ridge = true});
  {
    Scratch scratch;
    ASSERT_EQ(read_written(scratch, sound).entries.size(), 9u);
  }
  for (const Damage& damage : kDamages) {
    SCOPED_TRACE(damage.name);
    Scratch scratch;
    Written written = sound;
    damage.apply(written);
    std::string message = failure_of([&] { read_written(scratch, written); });
    EXPECT_NE(message.find(damage.message), std::string::npos) << message;
    EXPECT_NE(message.find("byte"), std::string::npos) << message;
  }
}

TEST(Iso9660, RefusesJolietNamesThatAreNone) {
  struct Case {
    std::string_view raw;
    std::string_view message;
  };
  static constexpr Case kCases[] = {
      {{"\0a\0/", 4}, "holds a path separator"},
      {{"\0a\0\\", 4}, "holds a path separator"},
      {{"\0a\0\0", 4}, "holds a control character"},
      {{"\0.\0.", 4}, "is '.' or '..'"},
      {{"\0;\0"
        "1",
        4},
       "is empty"},
      {{"\0a\0", 3}, "ends within a character"},
      {{"\xD8\x3D\0a", 4}, "has half of a surrogate pair"},
      {{"\xDE\0", 2}, "has half of a surrogate pair"},
  };
  for (const Case& c : kCases) {
    Scratch scratch;
    Node node = file("x", "");
    node.raw_joliet = c.raw;
    Written written = iso9660_writer::write(folder("", {folder("sub", {node})}), {.joliet = true});
    EXPECT_EQ(failure_of([&] { read_written(scratch, written); }),
              fmt::format("'{}', byte {}: a name in 'sub' {}", (scratch / "volume.iso").string(),
                          written.joliet.records.at("sub/x").at(0), c.message));
  }
}

TEST(Iso9660, RefusesANameThatOccursTwice) {
  Scratch scratch;
  Node tree = folder("", {folder("sub", {file("a", "1"), file("a", "2")})});
  EXPECT_NE(failure_of([&] {
              read_written(scratch, iso9660_writer::write(tree));
            }).find("holds 'sub/a' twice"),
            std::string::npos);
}

TEST(Iso9660, IsTruncatedAtEveryLength) {
  Scratch scratch;
  Written written = iso9660_writer::write(victim_tree(), {.rock_ridge = true});
  fs::path image = scratch.write("volume.iso", written.bytes);
  EXPECT_EQ(read(image).entries.size(), 9u);
  for (std::uint64_t length = written.bytes.size(); length > 2048; length -= 2048) {
    for (std::uint64_t cut : {length - 2048, length - 2049}) {
      fs::resize_file(image, cut);
      std::string message = failure_of([&] { read(image); });
      bool recognisable = cut >= 32768 + 6;
      EXPECT_NE(message.find(recognisable ? "is truncated" : "is not an ISO 9660 volume"),
                std::string::npos)
          << cut << ": " << message;
    }
  }
}

// --- budgets ----------------------------------------------------------------------------------

TEST(Iso9660Budget, BoundsDepth) {
  for (int levels : {64, 65}) {
    Scratch scratch;
    Node tree = folder("d", {});
    for (int i = 1; i < levels; ++i) tree = folder("d", {tree});
    Written written = iso9660_writer::write(folder("", {tree}));
    if (levels == 64) {
      EXPECT_EQ(read_written(scratch, written).entries.size(), 64u);
    } else {
      EXPECT_NE(failure_of([&] {
                  read_written(scratch, written);
                }).find("is more than 64 directories deep"),
                std::string::npos);
    }
  }
}

// Directories that overlap without being one: 1 MiB each, of zeros and so without names.
TEST(Iso9660Budget, BoundsBytesOfDirectories) {
  Scratch scratch;
  Node large = folder("large", {});
  for (int i = 0; i < 400; ++i) large.children.push_back(folder(fmt::format("{}", i), {}));
  Written written = iso9660_writer::write(folder("", {large}));
  std::string bytes = written.bytes;
  for (int i = 0; i < 400; ++i) {
    std::uint64_t record = written.primary.records.at(fmt::format("large/{}", i)).at(0);
    put_both32(bytes, record + 2, (1u << 13) + static_cast<std::uint32_t>(i));
    put_both32(bytes, record + 10, 1u << 20);
  }
  fs::path image = scratch.write("volume.iso", bytes);
  fs::resize_file(image, 64u << 20);
  std::string message = failure_of([&] { read(image); });
  EXPECT_NE(message.find("more than 134217728 bytes of directories"), std::string::npos) << message;
}

TEST(Iso9660Budget, BoundsContent) {
  Scratch scratch;
  Written written = iso9660_writer::write(folder("", {sections("bomb", {2048, 2048, 2048})}));
  for (std::size_t i = 0; i < 3; ++i) {
    std::uint64_t record = written.primary.records.at("bomb").at(i);
    put_both32(written.bytes, record + 2, 0);
    put_both32(written.bytes, record + 10, 0x3FFFF800);
  }
  fs::path image = scratch.write("volume.iso", written.bytes);
  EXPECT_NE(failure_of([&] { read(image); }).find("is truncated"), std::string::npos);
  Node tree = folder("", {});
  for (int i = 0; i < 1100; ++i) tree.children.push_back(file(fmt::format("{}", i), ""));
  written = iso9660_writer::write(tree);
  for (const auto& [path, records] : written.primary.records) {
    put_both32(written.bytes, records.at(0) + 2, 0);
    put_both32(written.bytes, records.at(0) + 10, 1u << 20);
  }
  EXPECT_NO_THROW(read_written(scratch, iso9660_writer::write(tree)));
  EXPECT_NE(failure_of([&] { read_written(scratch, written); }).find("its files claim 1153433600"),
            std::string::npos);
}

// The fuzzer's entry, played with dice that always fall the same.
TEST(Iso9660Budget, SurvivesDamageOfEveryKind) {
  Scratch scratch;
  std::mt19937 random(2026);
  int accepted = 0;
  int refused = 0;
  for (int round = 0; round < 1000; ++round) {
    std::string script(1 + 12 * (1 + random() % 4), '\0');
    for (char& c : script) c = static_cast<char>(random());
    fs::path image = scratch.write("image", iso9660_patches::image(script));
    try {
      EXPECT_EQ(udf_patches::broken_promise(read(image), image), "") << round;
      ++accepted;
    } catch (const Failure&) {
      ++refused;
    }
  }
  EXPECT_GT(accepted, 100);
  EXPECT_GT(refused, 100);
}

}  // namespace
}  // namespace remedia::iso9660
