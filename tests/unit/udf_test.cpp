#include "media/udf.h"

#include "support/digest.h"
#include "support/process.h"
#include "support/udf_patches.h"
#include "support/udf_writer.h"
#include "unit/scratch.h"

#include <functional>
#include <map>
#include <random>
#include <tuple>
#include <utility>

#include <fcntl.h>
#include <gtest/gtest.h>

namespace remedia::udf {

namespace {

using udf_writer::Allocation;
using udf_writer::file;
using udf_writer::folder;
using udf_writer::Node;
using udf_writer::Options;
using udf_writer::put;
using udf_writer::put32;
using udf_writer::reseal;
using udf_writer::Written;

// Path to "folder", or to size and digest.
using Listing = std::map<std::string, std::string>;

std::string summary(std::uint64_t size, std::string_view digest) {
  return fmt::format("{} {}", size, digest);
}

Listing listing(const Volume& volume) {
  Listing out;
  for (const Entry& e : volume.entries) {
    out[e.path] = e.directory ? "folder" : summary(e.content.size(), sha256(e.content));
  }
  return out;
}

Listing listing_of_folder(const fs::path& top) {
  Listing out;
  for (const auto& found : fs::recursive_directory_iterator(top)) {
    Slice slice = found.is_directory() ? Slice{} : Slice::whole(found.path());
    out[fs::relative(found.path(), top).string()] =
        found.is_directory() ? "folder" : summary(slice.size(), sha256(slice));
  }
  return out;
}

const ProcessOptions kUtf8 = {.environment = {{"LC_ALL", "C.UTF-8"}}};

// What 7-Zip says of the same volume: it extracts, we hash.
Listing listing_by_7z(const fs::path& image, const Scratch& scratch) {
  fs::path out = scratch / "by-7z";
  fs::remove_all(out);
  fs::create_directory(out);
  run_checked({"7zz", "x", "-tudf", "-y", "-o" + out.string(), image.string()}, kUtf8);
  return listing_of_folder(out);
}

std::string program_of_root(const std::string& name) {
  fs::path path = fs::path("/usr/sbin") / name;  // not in everyone's PATH
  return fs::exists(path) ? path.string() : name;
}

// Bytes that differ from those of every other seed and from block to block.
std::string noise(std::size_t size, unsigned seed) {
  std::mt19937 random(seed);
  std::string bytes(size, '\0');
  for (char& c : bytes) c = static_cast<char>(random());
  return bytes;
}

std::string content(const Volume& volume, std::string_view path) {
  for (const Entry& e : volume.entries) {
    if (e.path == path) return read_all(e.content);
  }
  ADD_FAILURE() << "no entry " << path;
  return {};
}

Slice slice_of(const Volume& volume, std::string_view path) {
  for (const Entry& e : volume.entries) {
    if (e.path == path) return e.content;
  }
  ADD_FAILURE() << "no entry " << path;
  return {};
}

std::vector<std::string> paths(const Volume& volume) {
  std::vector<std::string> out;
  for (const Entry& e : volume.entries) out.push_back(e.path);
  return out;
}

Volume read_written(const Scratch& scratch, const Written& written) {
  return read(scratch.write("volume.udf", written.bytes));
}

// --- volumes that other programs write --------------------------------------------------------

std::vector<std::string> genisoimage(std::vector<std::string> more) {
  std::vector<std::string> argv = {"genisoimage",    "-quiet", "-udf",
                                   "-iso-level",     "3",      "-allow-limited-size",
                                   "-input-charset", "utf-8"};
  argv.insert(argv.end(), more.begin(), more.end());
  return argv;
}

fs::path windows_like_tree(const Scratch& scratch) {
  scratch.write("tree/README.TXT", "This disc needs a UDF reader.\n");
  scratch.write("tree/bootmgr", noise(400'000, 1));
  scratch.write("tree/boot/boot.sdi", noise(3'170'304, 2));
  scratch.write("tree/boot/fonts/wgl4_boot.ttf", noise(47'000, 3));
  scratch.write("tree/boot/empty", "");
  scratch.write("tree/efi/boot/bootx64.efi", noise(2047, 4));
  scratch.write("tree/sources/boot.wim", noise(5'000'001, 5));
  scratch.write("tree/sources/größe.txt", "Latin-1");
  scratch.write("tree/sources/日本語.txt", "16 bits");
  scratch.write("tree/sources/" + std::string(120, 'n'), "long name");
  return scratch / "tree";
}

// As on Microsoft's media: the ISO 9660 side has the readme only.
fs::path windows_like_iso(const Scratch& scratch) {
  fs::path tree = windows_like_tree(scratch);
  fs::path iso = scratch / "windows.iso";
  std::vector<std::string> hidden;
  for (const char* name : {"boot", "efi", "sources", "bootmgr"}) {
    hidden.insert(hidden.end(), {"-hide", name});
  }
  hidden.insert(hidden.end(), {"-V", "CCCOMA_X64", "-o", iso.string(), tree.string()});
  run_checked(genisoimage(hidden), kUtf8);
  return iso;
}

TEST(Udf, ReadsABridgeVolumeAs7zDoes) {
  Scratch scratch;
  fs::path iso = windows_like_iso(scratch);
  EXPECT_TRUE(probe(iso));
  Volume volume = read(iso);
  EXPECT_EQ(volume.label, "CCCOMA_X64");
  EXPECT_EQ(listing(volume), listing_of_folder(scratch / "tree"));
  EXPECT_EQ(listing(volume), listing_by_7z(iso, scratch));
}

TEST(Udf, NamesTheFileThatIsCutOff) {
  Scratch scratch;
  fs::path iso = windows_like_iso(scratch);
  std::uint64_t end = 0;
  std::string last;
  for (const Entry& e : read(iso).entries) {
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

// genisoimage is stopped by a limit on file size once it has written the descriptors, and the rest
// of the 5 GiB is sparse; where the file begins we have from the ISO 9660 side.
TEST(Udf, ReadsAFileOfSeveralGibibytes) {
  static constexpr std::uint64_t kSize = 5ull << 30;
  Scratch scratch;
  fs::path iso = scratch / "large.iso";
  fs::resize_file(scratch.write("tree/sources/install.wim", ""), kSize);
  std::vector<std::string> argv = genisoimage({"-o", iso.string(), (scratch / "tree").string()});
  argv.insert(argv.begin(), {"prlimit", "--fsize=8388608", "--core=0"});
  EXPECT_NE(run_process(argv).status, 0);
  ASSERT_EQ(fs::file_size(iso), 8388608u);
  fs::resize_file(iso, kSize + (8u << 20));

  std::string iso_side = run_checked({"isoinfo", "-l", "-i", iso.string()});
  std::size_t extent = iso_side.rfind('[', iso_side.find("INSTALL.WIM"));
  ASSERT_NE(extent, std::string::npos) << iso_side;
  std::uint64_t start = std::stoull(iso_side.substr(extent + 1)) * 2048;
  Volume volume = read(iso);
  Slice slice = slice_of(volume, "sources/install.wim");
  EXPECT_EQ(slice.extents, (std::vector<Extent>{{start, kSize, false}}));  // adjoining: one extent
  // 7z misses the anchor at the end, and says so by its status.
  std::string by_7z = run_process({"7zz", "l", "-slt", "-tudf", iso.string()}, kUtf8).output;
  EXPECT_NE(by_7z.find(fmt::format("Size = {}\n", kSize)), std::string::npos) << by_7z;
}

TEST(Udf, ReadsWhatMkudffsWrites) {
  for (const char* revision : {"1.02", "1.50", "2.00", "2.01"}) {
    for (const char* block_size : {"512", "1024", "2048", "4096"}) {
      for (const char* allocation : {"inicb", "short", "long"}) {
        SCOPED_TRACE(fmt::format("{} {} {}", revision, block_size, allocation));
        Scratch scratch;
        fs::path image = scratch.write("image", "");
        fs::resize_file(image, 8u << 20);
        run_checked({program_of_root("mkudffs"), "--utf8", "-r", revision, "-b", block_size,
                     fmt::format("--ad={}", allocation), "-l", "Größe", image.string()});
        EXPECT_TRUE(probe(image));
        Volume volume = read(image);
        EXPECT_EQ(volume.label, "Größe");
        EXPECT_TRUE(volume.entries.empty());
      }
    }
  }
}

// Media that are written like a disk have plain partitions too.
TEST(Udf, ReadsWhatMkudffsWritesForOtherMedia) {
  for (const char* media : {"hd", "dvd", "dvdram", "cd"}) {
    SCOPED_TRACE(media);
    Scratch scratch;
    fs::path image = scratch.write("image", "");
    fs::resize_file(image, 32u << 20);
    run_checked({program_of_root("mkudffs"), "-m", media, "-r", "2.01", "-b", "2048", "-l", "OTHER",
                 image.string()});
    Volume volume = read(image);
    EXPECT_EQ(volume.label, "OTHER");
    EXPECT_TRUE(volume.entries.empty());
  }
}

TEST(Udf, NamesWhatItDoesNotSupport) {
  struct Case {
    std::vector<std::string> options;
    std::string_view message;
  };
  const Case cases[] = {
      {{"-m", "cdr", "-r", "2.01"}, "a '*UDF Virtual Partition' cannot be read here"},
      {{"-m", "bdr", "-r", "2.50"}, "a '*UDF Virtual Partition' cannot be read here"},
      {{"-m", "cdrw", "-r", "2.01"}, "a '*UDF Sparable Partition' cannot be read here"},
      {{"-m", "hd", "--strategy=4096"}, "ICB strategy 4096 cannot be read here"},
  };
  for (const Case& c : cases) {
    Scratch scratch;
    fs::path image = scratch.write("image", "");
    fs::resize_file(image, 32u << 20);
    std::vector<std::string> argv = {program_of_root("mkudffs"), "-b", "2048"};
    argv.insert(argv.end(), c.options.begin(), c.options.end());
    argv.push_back(image.string());
    run_checked(argv);
    EXPECT_NE(failure_of([&] { read(image); }).find(c.message), std::string::npos) << c.message;
  }
}

TEST(Udf, KnowsWhatIsNoVolume) {
  Scratch scratch;
  scratch.write("tree/a.txt", "a");
  fs::path iso = scratch / "plain.iso";
  run_checked({"genisoimage", "-quiet", "-o", iso.string(), (scratch / "tree").string()});
  for (const fs::path& path : {iso, scratch.write("empty", ""), scratch.write("short", "NSR02"),
                               scratch.write("zeros", std::string(1 << 20, '\0'))}) {
    EXPECT_FALSE(probe(path));
    EXPECT_NE(failure_of([&] { read(path); }).find("is not a UDF volume"), std::string::npos);
  }
  EXPECT_NE(failure_of([&] { probe(scratch / "absent"); }).find("absent"), std::string::npos);
  EXPECT_NE(failure_of([&] { probe(scratch.path()); }).find("folder"), std::string::npos);
}

// --- volumes of our own -----------------------------------------------------------------------

Node pieces(std::string name, std::vector<std::size_t> sizes) {
  Node node{.name = std::move(name)};
  unsigned seed = 100;
  for (std::size_t size : sizes) node.pieces.push_back({.bytes = noise(size, ++seed)});
  return node;
}

std::string joined(const Node& node) {
  std::string bytes;
  for (const udf_writer::Piece& piece : node.pieces) {
    bytes += piece.hole > 0 ? std::string(piece.hole, '\0') : piece.bytes;
  }
  return bytes;
}

Node odd_tree() {
  Node fragmented = pieces("fragmented", {65536, 32768, 32768, 1});
  Node by_long = fragmented;
  by_long.name = "fragmented, long descriptors";
  by_long.allocation = Allocation::long_descriptors;
  Node extended = fragmented;
  extended.name = "extended entry";
  extended.extended = true;
  extended.attributes = 84;
  Node embedded = file("embedded", "in the entry");
  embedded.allocation = Allocation::embedded;
  embedded.attributes = 24;
  Node deleted = file("deleted", "gone");
  deleted.characteristics = 4;
  Node hidden = file("hidden", "shown all the same");
  hidden.characteristics = 1;
  Node used = file("implementation use", "x");
  used.implementation_use = 32;
  Node in_entry = folder("names in the entry", {file("a", "1"), file("b", "2")});
  in_entry.allocation = Allocation::embedded;
  Node many = folder("many", {});
  many.fragmented = true;
  for (int i = 0; i < 300; ++i) {
    many.children.push_back(
        file(fmt::format("file {:03}", i), noise(static_cast<std::size_t>(i), 7)));
  }
  Node deep = folder("deep", {file("bottom", "!")});
  for (int i = 0; i < 20; ++i) deep = folder(fmt::format("level {}", i), {deep});
  return folder(
      "", {fragmented, by_long, extended, embedded, deleted, hidden, used, in_entry, many, deep,
           file("empty", ""), file(std::string(241, 'n'), "long name"), file("Größe", "8 bits"),
           file("日本語", "16 bits"), file("\U0001F600", "pair")});
}

TEST(Udf, ReadsOddVolumesAs7zDoes) {
  for (int number : {0x0102, 0x0150, 0x0200, 0x0201}) {
    auto revision = static_cast<std::uint16_t>(number);
    SCOPED_TRACE(revision);
    Scratch scratch;
    Written written = udf_writer::write(odd_tree(), {.revision = revision});
    fs::path image = scratch.write("volume.udf", written.bytes);
    EXPECT_EQ(listing(read(image)), listing_by_7z(image, scratch));
  }
}

TEST(Udf, ReadsEveryBlockSizeAlike) {
  Scratch scratch;
  Listing expected =
      listing(read_written(scratch, udf_writer::write(odd_tree(), {.block_size = 2048})));
  EXPECT_EQ(expected.at("fragmented"), expected.at("extended entry"));
  for (std::uint32_t block_size : {512u, 1024u, 4096u, 8192u, 16384u, 32768u}) {
    for (std::uint16_t revision : {std::uint16_t{0x0102}, std::uint16_t{0x0201}}) {
      SCOPED_TRACE(fmt::format("{} {:x}", block_size, revision));
      Written written =
          udf_writer::write(odd_tree(), {.block_size = block_size, .revision = revision});
      EXPECT_EQ(listing(read_written(scratch, written)), expected);
    }
  }
}

// Names of one directory in many extents, of which the entry lists a few.
TEST(Udf, ReadsDirectoriesOfEveryAllocation) {
  for (Allocation allocation : {Allocation::short_descriptors, Allocation::long_descriptors}) {
    for (bool extended : {false, true}) {
      Node many = folder("many \U0001F600", {});
      many.allocation = allocation;
      many.extended = extended;
      many.fragmented = true;
      many.descriptors_per_list = 3;
      many.attributes = 24;
      for (int i = 0; i < 300; ++i) {
        many.children.push_back(file(fmt::format("{} of many", i), fmt::format("{}", i)));
      }
      Scratch scratch;
      Written written = udf_writer::write(folder("", {many}), {.block_size = 512});
      ASSERT_GT(written.lists.at(many.name).size(), 5u);
      Volume volume = read_written(scratch, written);
      EXPECT_EQ(volume.entries.size(), 301u);
      for (int i = 0; i < 300; ++i) {
        EXPECT_EQ(content(volume, fmt::format("{}/{} of many", many.name, i)),
                  fmt::format("{}", i));
      }
    }
  }
}

// Two maps of one partition: what is referred to by the one number or the other is the same.
TEST(Udf, ReadsSeveralPartitionMaps) {
  Scratch scratch;
  Node node = pieces("file", {2048, 100});
  node.allocation = Allocation::long_descriptors;
  Written written = udf_writer::write(folder("", {node}));
  for (bool in_main : {true, false}) {
    std::uint64_t at = written.logical_volume(in_main);
    put32(written.bytes, at + 264, 12);
    put32(written.bytes, at + 268, 2);
    written.bytes.replace(at + 446, 6, written.bytes.substr(at + 440, 6));
    put(written.bytes, at + 10, 452 - 16, 2);
    reseal(written.bytes, at);
  }
  put(written.bytes, written.names.at("file") + 28, 1, 2);
  reseal(written.bytes, written.names.at("file"));
  put(written.bytes, written.descriptors.at("file") + 16 + 8, 1, 2);
  reseal(written.bytes, written.entries.at("file"));
  EXPECT_EQ(content(read_written(scratch, written), "file"), joined(node));
}

// 7z refuses these, so the writer's own bytes are the referee.
TEST(Udf, FollowsContinuationsAndHoles) {
  for (Allocation allocation : {Allocation::short_descriptors, Allocation::long_descriptors}) {
    for (std::size_t per_list : {1u, 2u, 3u, 100u}) {
      Node node = pieces("file", {2048, 4096, 2048, 2048, 6144});
      node.pieces.insert(node.pieces.begin() + 1, {.bytes = {}, .hole = 4096, .hole_type = 1});
      node.pieces.insert(node.pieces.begin() + 4, {.bytes = {}, .hole = 2048, .hole_type = 2});
      node.pieces.push_back({.bytes = {}, .hole = 777});
      node.allocation = allocation;
      node.descriptors_per_list = per_list;
      Scratch scratch;
      Volume volume = read_written(scratch, udf_writer::write(folder("", {node})));
      EXPECT_EQ(content(volume, "file"), joined(node)) << per_list;
    }
  }
}

TEST(Udf, JoinsExtentsThatAdjoin) {
  Scratch scratch;
  Node node = pieces("file", {2048, 2048});
  Written written = udf_writer::write(folder("", {node}));
  std::uint64_t descriptors = written.descriptors.at("file");
  Extent first = slice_of(read_written(scratch, written), "file").extents.at(0);
  std::uint64_t block = (first.offset - written.partition) / written.block_size;
  put32(written.bytes, descriptors + 12, block + 1);
  reseal(written.bytes, written.entries.at("file"));
  EXPECT_EQ(slice_of(read_written(scratch, written), "file").extents,
            (std::vector<Extent>{{first.offset, 4096, false}}));
}

// Five extents of nearly 1 GiB, backwards over a sparse file of 12 GiB.
TEST(Udf, ReadsScatteredExtentsBeyondFourGibibytes) {
  static constexpr std::uint64_t kLength = (1u << 30) - 2048;
  Scratch scratch;
  Written written =
      udf_writer::write(folder("", {pieces("large", {2048, 2048, 2048, 2048, 2048})}));
  std::uint64_t entry = written.entries.at("large");
  put(written.bytes, entry + 56, 5 * kLength, 8);
  for (std::uint64_t i = 0; i < 5; ++i) {
    put32(written.bytes, written.descriptors.at("large") + i * 8, kLength);
    put32(written.bytes, written.descriptors.at("large") + i * 8 + 4, (10 - 2 * i) << 19);
  }
  reseal(written.bytes, entry);
  put32(written.bytes, written.partition_descriptor() + 192, 12u << 19);
  reseal(written.bytes, written.partition_descriptor());
  fs::path image = scratch.write("volume.udf", written.bytes);
  fs::resize_file(image, 12ull << 30);
  Fd out(open(image.c_str(), O_WRONLY | O_CLOEXEC));
  for (std::uint64_t i = 0; i < 5; ++i) {
    std::string mark = fmt::format("<{}", i);
    write_at(out.get(), mark, written.partition + ((10 - 2 * i) << 30), image);
  }

  Slice slice = slice_of(read(image), "large");
  EXPECT_EQ(slice.size(), 5 * kLength);
  Fd in = Fd::open_read(image);
  for (std::uint64_t i = 0; i < 5; ++i) {
    char mark[2];
    EXPECT_EQ(read_at(slice, in.get(), i * kLength, mark), 2u);
    EXPECT_EQ(std::string(mark, 2), fmt::format("<{}", i));
  }
}

TEST(Udf, JoinsHolesThatAdjoin) {
  Scratch scratch;
  Node node = pieces("file", {2048});
  for (int i = 0; i < 3; ++i) node.pieces.push_back({.bytes = {}, .hole = 2048});
  Slice slice = slice_of(read_written(scratch, udf_writer::write(folder("", {node}))), "file");
  ASSERT_EQ(slice.extents.size(), 2u);
  EXPECT_EQ(slice.extents[1], (Extent{0, 6144, true}));
}

// Allocated beyond the information length: no content, and no matter where it lies.
TEST(Udf, IgnoresWhatIsAllocatedBehindTheEnd) {
  Scratch scratch;
  Node node = pieces("file", {2048, 2048});
  Written written = udf_writer::write(folder("", {node}));
  put(written.bytes, written.entries.at("file") + 56, 2048, 8);
  put32(written.bytes, written.descriptors.at("file") + 12, 0xFFFFFFF0);
  reseal(written.bytes, written.entries.at("file"));
  EXPECT_EQ(content(read_written(scratch, written), "file"), joined(node).substr(0, 2048));
}

TEST(Udf, SharedContentIsNoError) {
  Scratch scratch;
  Written written = udf_writer::write(folder("", {file("a", "same"), file("b", "other")}));
  put32(written.bytes, written.names.at("b") + 24,
        (written.entries.at("a") - written.partition) / written.block_size);
  reseal(written.bytes, written.names.at("b"));
  EXPECT_EQ(content(read_written(scratch, written), "b"), "same");
}

TEST(Udf, SortsByPath) {
  Scratch scratch;
  Node tree =
      folder("", {file("b", ""), folder("a", {file("z", ""), file("Z", "")}), file("a-", "")});
  EXPECT_EQ(paths(read_written(scratch, udf_writer::write(tree))),
            (std::vector<std::string>{"a", "a-", "a/Z", "a/z", "b"}));
}

// --- second chances ---------------------------------------------------------------------------

void spoil(std::string& bytes, std::uint64_t at) { bytes.at(at + 40) ^= 1; }

TEST(Udf, FallsBackToTheReserveSequence) {
  for (int which = 0; which < 4; ++which) {
    Scratch scratch;
    Written written = udf_writer::write(folder("", {file("a", "x")}));
    std::uint64_t step = static_cast<std::uint64_t>(which) * written.block_size;
    spoil(written.bytes, written.main + step);
    EXPECT_EQ(content(read_written(scratch, written), "a"), "x");
    spoil(written.bytes, written.reserve + step);
    EXPECT_NE(failure_of([&] {
                read_written(scratch, written);
              }).find(fmt::format("byte {}: the descriptor's CRC is wrong", written.main + step)),
              std::string::npos);
  }
}

TEST(Udf, FindsAnAnchorAtTheEnd) {
  for (std::uint64_t behind : {0u, 256u}) {  // as last sector, and 256 before it
    Scratch scratch;
    Written written = udf_writer::write(folder("", {file("a", "x")}));
    spoil(written.bytes, written.anchor);
    written.bytes.append(behind * written.block_size, '\0');
    EXPECT_EQ(content(read_written(scratch, written), "a"), "x") << behind;
    spoil(written.bytes, written.last_anchor);
    EXPECT_NE(failure_of([&] { read_written(scratch, written); }).find("no intact anchor"),
              std::string::npos);
  }
}

// Copies a volume descriptor of the main sequence to another block of it, with this number.
std::uint64_t copy_descriptor(Written& w, std::uint64_t from, std::uint64_t index,
                              std::uint32_t number) {
  std::uint64_t to = w.main + index * w.block_size;
  w.bytes.replace(to, w.block_size, w.bytes.substr(from, w.block_size));
  put32(w.bytes, to + 12, to / w.block_size);
  put32(w.bytes, to + 16, number);
  reseal(w.bytes, to);
  return to;
}

// Of two descriptors for one purpose the higher sequence number counts, wherever it stands.
TEST(Udf, TakesTheNewestDescriptor) {
  for (std::uint32_t number : {0u, 3u}) {
    Scratch scratch;
    Written written = udf_writer::write(folder("", {}), {.label = "OLD"});
    std::uint64_t partition = copy_descriptor(written, written.partition_descriptor(), 3, number);
    std::uint64_t logical = copy_descriptor(written, written.logical_volume(), 4, number);
    written.bytes.replace(logical + 85, 3, "NEW");
    reseal(written.bytes, logical);
    EXPECT_EQ(read_written(scratch, written).label, number == 3 ? "NEW" : "OLD");
    put32(written.bytes, partition + 192, 1);
    reseal(written.bytes, partition);
    if (number == 3) {
      EXPECT_NE(failure_of([&] { read_written(scratch, written); }).find("partition of 1 blocks"),
                std::string::npos);
    } else {
      EXPECT_EQ(read_written(scratch, written).label, "OLD");
    }
  }
}

TEST(Udf, IgnoresWhatFollowsTheTerminator) {
  Scratch scratch;
  Written written = udf_writer::write(folder("", {}), {.label = "OLD"});
  std::uint64_t copy = copy_descriptor(written, written.logical_volume(), 4, 9);
  written.bytes.replace(copy + 85, 3, "NEW");
  reseal(written.bytes, copy);
  EXPECT_EQ(read_written(scratch, written).label, "OLD");
}

TEST(Udf, FollowsAVolumeDescriptorPointer) {
  Scratch scratch;
  Written written = udf_writer::write(folder("", {file("a", "x")}));
  // The primary descriptor becomes a pointer to the reserve sequence; what follows it is spoilt.
  put(written.bytes, written.main, 3, 2);
  put32(written.bytes, written.main + 20, 16 * written.block_size);
  put32(written.bytes, written.main + 24, written.reserve / written.block_size);
  reseal(written.bytes, written.main);
  spoil(written.bytes, written.main + written.block_size);
  EXPECT_EQ(content(read_written(scratch, written), "a"), "x");
}

TEST(Udf, ForgivesALabelOfWrongLength) {
  for (int length : {0, 1, 5, 128, 255}) {
    Scratch scratch;
    Written written = udf_writer::write(folder("", {}), {.label = "LABEL"});
    std::uint64_t at = written.logical_volume();
    put(written.bytes, at + 84 + 127, static_cast<std::uint64_t>(length), 1);
    put(written.bytes, at + 10, 512 - 16, 2);
    reseal(written.bytes, at);
    std::string expected = length < 2 ? "" : length == 5 ? "LABE" : "LABEL";
    EXPECT_EQ(read_written(scratch, written).label, expected) << length;
  }
}

TEST(Udf, ReadsTheLongestLabel) {
  Scratch scratch;
  std::string label(126, 'L');
  Written written = udf_writer::write(folder("", {}), {.label = std::string("ab")});
  std::uint64_t at = written.logical_volume();
  written.bytes.replace(at + 85, label.size(), label);
  put(written.bytes, at + 84 + 127, 255, 1);
  reseal(written.bytes, at);
  EXPECT_EQ(read_written(scratch, written).label, label);
}

// --- names ------------------------------------------------------------------------------------

TEST(Udf, RefusesNamesThatAreNone) {
  struct Case {
    std::string_view raw;
    std::string_view message;
  };
  static constexpr Case kCases[] = {
      {{"\x08"
        "a/b",
        4},
       "holds a path separator"},
      {{"\x08"
        "a\\b",
        4},
       "holds a path separator"},
      {{"\x10"
        "\0a\0/",
        5},
       "holds a path separator"},
      {{"\x08"
        "a\0b",
        4},
       "holds a control character"},
      {{"\x08"
        "a\x1B"
        "b",
        4},
       "holds a control character"},
      {{"\x08.", 2}, "is '.' or '..'"},
      {{"\x08..", 3}, "is '.' or '..'"},
      {{"\x10\0.\0.", 5}, "is '.' or '..'"},
      {{"\x08", 1}, "is empty"},
      {{"\x10", 1}, "is empty"},
      {{"\xFE"
        "ab",
        3},
       "has the unknown compression id 254"},
      {{"\x10\0a\0", 4}, "ends within a character"},
      {{"\x10\xD8\x3D", 3}, "has half of a surrogate pair"},
      {{"\x10\xD8\x3D\0a", 5}, "has half of a surrogate pair"},
      {{"\x10\xDE\0\xD8\x3D", 5}, "has half of a surrogate pair"},
      {{"\x10\xDE\0\xDE\0", 5}, "has half of a surrogate pair"},
  };
  for (const Case& c : kCases) {
    Scratch scratch;
    Node node = file("x", "");
    node.raw_name = c.raw;
    Written written = udf_writer::write(folder("", {folder("sub", {node})}));
    EXPECT_EQ(failure_of([&] { read_written(scratch, written); }),
              fmt::format("'{}', byte {}: a name in 'sub' {}", (scratch / "volume.udf").string(),
                          written.names.at("sub/x"), c.message));
  }
}

TEST(Udf, DecodesNames) {
  struct Case {
    std::string_view raw;
    std::string_view utf8;
  };
  static constexpr Case kCases[] = {
      {{"\x08"
        "a",
        2},
       "a"},
      {{"\x08\x7F\x80\xFF", 4}, "\x7F\u0080\u00FF"},
      {{"\x10\0a", 3}, "a"},
      {{"\x10\x07\xFF\x08\x00", 5}, "\u07FF\u0800"},
      {{"\x10\xD7\xFF\xE0\x00\xFF\xFD", 7}, "\uD7FF\uE000\uFFFD"},
      {{"\x10\xD8\x00\xDC\x00", 5}, "\U00010000"},
      {{"\x10\xDB\xFF\xDF\xFF", 5}, "\U0010FFFF"},
      {{"\x08...", 4}, "..."},
  };
  for (const Case& c : kCases) {
    Scratch scratch;
    Node node = file("x", "");
    node.raw_name = c.raw;
    Volume volume = read_written(scratch, udf_writer::write(folder("", {node})));
    EXPECT_EQ(paths(volume), std::vector<std::string>{std::string(c.utf8)});
  }
}

// --- hostile volumes --------------------------------------------------------------------------

// A volume with one of everything that can be damaged.
Node victim_tree() {
  Node embedded = file("embedded", "in the entry");
  embedded.allocation = Allocation::embedded;
  Node listed = pieces("listed", {2048, 2048, 2048, 100});
  listed.descriptors_per_list = 1;
  return folder("", {pieces("file", {4096, 2048, 100}), embedded, listed,
                     folder("sub", {folder("inner", {file("leaf", "x")})})});
}

struct Damage {
  const char* name;
  std::function<std::uint64_t(Written&)> apply;  // returns the descriptor to seal again; 0: none
  std::string_view message;
};

std::uint64_t entry_block(const Written& w, const std::string& path) {
  return (w.entries.at(path) - w.partition) / w.block_size;
}

// Changes a field of a file entry.
auto in_entry(std::string path, std::uint64_t field, std::uint64_t value, int width = 4) {
  return [=](Written& w) {
    put(w.bytes, w.entries.at(path) + field, value, width);
    return w.entries.at(path);
  };
}

auto in_descriptor(std::string path, std::uint64_t field, std::uint64_t value) {
  return [=](Written& w) {
    put32(w.bytes, w.descriptors.at(path) + field, value);
    return w.entries.at(path);
  };
}

auto in_name(std::string path, std::uint64_t field, std::uint64_t value, int width) {
  return [=](Written& w) {
    put(w.bytes, w.names.at(path) + field, value, width);
    return w.names.at(path);
  };
}

auto in_list(std::size_t index, std::uint64_t field, std::uint64_t value, int width = 4) {
  return [=](Written& w) {
    put(w.bytes, w.lists.at("listed").at(index) + field, value, width);
    return w.lists.at("listed").at(index);
  };
}

// Changes a field of a volume descriptor in both sequences.
auto in_sequences(std::uint64_t index, std::uint64_t field, std::uint64_t value, int width = 4) {
  return [=](Written& w) -> std::uint64_t {
    for (std::uint64_t start : {w.main, w.reserve}) {
      put(w.bytes, start + index * w.block_size + field, value, width);
      reseal(w.bytes, start + index * w.block_size);
    }
    return 0;
  };
}

// Links a continuation extent to an earlier one, of a file that claims to go on.
auto linked_back(std::size_t from, std::uint64_t link_at, std::size_t to) {
  return [=](Written& w) {
    put(w.bytes, w.entries.at("listed") + 56, 1ull << 40, 8);
    reseal(w.bytes, w.entries.at("listed"));
    std::uint64_t list = w.lists.at("listed").at(from);
    put32(w.bytes, list + 20, link_at + 8);
    put32(w.bytes, list + 24 + link_at, 3u << 30 | w.block_size);
    put32(w.bytes, list + 28 + link_at, (w.lists.at("listed").at(to) - w.partition) / w.block_size);
    put(w.bytes, list + 10, 24 + link_at + 8 - 16, 2);
    return list;
  };
}

std::uint64_t unsealed(Written& w, std::uint64_t at) {
  w.bytes.at(at) ^= 1;
  return 0;
}

const Damage kDamages[] = {
    {"content of an entry", [](Written& w) { return unsealed(w, w.entries.at("file") + 60); },
     "the descriptor's CRC is wrong"},
    {"tag of an entry", [](Written& w) { return unsealed(w, w.entries.at("file") + 12); },
     "the tag's checksum is wrong"},
    {"content of a name", [](Written& w) { return unsealed(w, w.names.at("sub/inner") + 20); },
     "the descriptor's CRC is wrong"},
    {"entry of another block", in_entry("file", 12, 999),
     "a descriptor of block 999 stands in block"},
    {"version of a descriptor", in_entry("file", 2, 9, 2), "descriptor version 9 is unknown"},
    {"length of a CRC", in_entry("file", 10, 0xFFFF, 2), "the tag's CRC covers 65535 bytes"},
    {"no entry", in_entry("file", 0, 260, 2), "'file' has no file entry: descriptor 260 is there"},
    {"strategy", in_entry("file", 20, 4096, 2), "ICB strategy 4096"},
    {"symbolic link", in_entry("file", 27, 12, 1), "'file' is a symbolic link"},
    {"block device", in_entry("file", 27, 6, 1), "'file' is a special file of type 6"},
    {"kind of allocation", in_entry("file", 34, 2, 2), "allocation of kind 2"},
    {"attributes", in_entry("file", 168, 0xFFFFFFFF), "do not fit in a block"},
    {"descriptors", in_entry("file", 172, 2000), "do not fit in a block"},
    {"size beyond the extents", in_entry("file", 56, 6245, 8),
     "'file' claims 6245 bytes, but its extents hold 6244"},
    {"size beyond reason", in_entry("file", 56, ~0ull, 8), "but its extents hold 6244"},
    {"size beyond the entry", in_entry("embedded", 56, 13, 8),
     "'embedded' claims 13 bytes, but its entry holds 12"},
    {"size of the root", in_entry("", 56, 1ull << 32, 8), "the root directory claims 4294967296"},
    {"root cut within a name", in_entry("", 56, 50, 8), "ends within a name's descriptor"},
    {"root is a file", in_entry("", 27, 5, 1), "the root is not a directory"},
    {"extent behind the partition", in_descriptor("file", 4, 0xFFFFFFF0), "of a partition of"},
    {"extent longer than the partition", in_descriptor("file", 0, 0x3FFFF800), "of a partition of"},
    {"extent within a block", in_descriptor("file", 0, 4095), "ends within a block, at byte 4095"},
    {"extent of no length", in_descriptor("file", 8, 0), "but its extents hold 4096"},
    {"hole in a directory", in_descriptor("sub", 0, 0x80000000 | 84), "is a directory with a hole"},
    {"list that links to itself", linked_back(0, 0, 0),
     "the allocation descriptors of 'listed' form"},
    {"lists in a loop", linked_back(2, 8, 0), "the allocation descriptors of 'listed' form a loop"},
    {"list without length", in_list(0, 20, 0), "but its extents hold 2048"},
    {"list longer than a block", in_list(0, 20, 4096), "not a list of further extents"},
    {"list that is none", in_list(0, 0, 261, 2), "not a list of further extents"},
    {"list of another block", in_list(1, 12, 3), "a descriptor of block 3 stands in block"},
    {"link behind the partition", in_descriptor("listed", 12, 0x7FFFFFFF), "of a partition of"},
    {"name in no partition", in_name("file", 28, 9, 2), "a reference to partition 9 of 1"},
    {"name of no entry", in_name("file", 24, 0, 4), "descriptor 256 is there"},
    {"name that is no name", in_name("file", 0, 261, 2), "not a name's descriptor"},
    {"name longer than its directory", in_name("sub/inner", 36, 0xFFFF, 2),
     "not a name's descriptor"},
    {"file named as a directory", in_name("file", 18, 2, 1),
     "'file' is a directory by its name, a file by its entry"},
    {"directory named as a file", in_name("sub", 18, 0, 1),
     "'sub' is a file by its name, a directory by its entry"},
    {"directory below itself",
     [](Written& w) {
       put32(w.bytes, w.names.at("sub/inner") + 24, entry_block(w, "sub"));
       return w.names.at("sub/inner");
     },
     "'sub/inner' is a directory that was met before: a loop"},
    {"root below itself",
     [](Written& w) {
       put32(w.bytes, w.names.at("sub/inner") + 24, entry_block(w, ""));
       return w.names.at("sub/inner");
     },
     "'sub/inner' is a directory that was met before: a loop"},
    {"no file set",
     [](Written& w) {
       put(w.bytes, w.file_set, 257, 2);
       return w.file_set;
     },
     "no file set descriptor: descriptor 257 is there"},
    {"block size", in_sequences(2, 212, 4096), "logical blocks of 4096 bytes on sectors of 2048"},
    {"table of partition maps", in_sequences(2, 264, 0xFFFFFFFF), "end past their descriptor"},
    {"number of partition maps", in_sequences(2, 268, 2), "2 partition maps do not fit"},
    {"length of a partition map", in_sequences(2, 441, 0, 1), "type 1 and 0 bytes is unknown"},
    {"partition map longer than the table", in_sequences(2, 441, 7, 1),
     "1 partition maps do not fit"},
    {"volume descriptor of another block", in_sequences(1, 12, 9),
     "a volume descriptor of block 9 stands in block 258"},
    {"type of a partition map", in_sequences(2, 440, 3, 1), "type 3 and 6 bytes is unknown"},
    {"partition without descriptor", in_sequences(2, 444, 7, 2), "partition 7 has no descriptor"},
    {"partition too short", in_sequences(1, 192, 2), "of a partition of 2 blocks"},
    {"partition behind the file", in_sequences(1, 188, 0xFFFFFFFF), "is truncated"},
    {"no logical volume", in_sequences(2, 0, 8, 2), "no logical volume descriptor"},
    {"no partition", in_sequences(1, 0, 4, 2), "no partition descriptor"},
    {"metadata partition",
     [](Written& w) -> std::uint64_t {
       for (bool in_main : {true, false}) {
         std::uint64_t at = w.logical_volume(in_main);
         put32(w.bytes, at + 264, 64);
         put(w.bytes, at + 440, 2 | 64 << 8, 2);
         w.bytes.replace(at + 445, 23, std::string("*UDF Metadata Partition"));
         put(w.bytes, at + 10, 440 + 64 - 16, 2);
         reseal(w.bytes, at);
       }
       return 0;
     },
     "a '*UDF Metadata Partition' cannot be read here"},
    {"sequences that point to each other",
     [](Written& w) -> std::uint64_t {
       for (auto [from, to] : {std::pair(w.main, w.reserve), std::pair(w.reserve, w.main)}) {
         put(w.bytes, from, 3, 2);
         put32(w.bytes, from + 20, 16 * w.block_size);
         put32(w.bytes, from + 24, to / w.block_size);
         reseal(w.bytes, from);
       }
       return 0;
     },
     "more than 1024 volume descriptors"},
};

TEST(Udf, RefusesDamagedVolumes) {
  const Written sound = udf_writer::write(victim_tree());
  for (const Damage& damage : kDamages) {
    SCOPED_TRACE(damage.name);
    Scratch scratch;
    Written written = sound;
    if (std::uint64_t at = damage.apply(written); at != 0) reseal(written.bytes, at);
    std::string message = failure_of([&] { read_written(scratch, written); });
    EXPECT_NE(message.find(damage.message), std::string::npos) << message;
    EXPECT_NE(message.find("byte"), std::string::npos) << message;
  }
}

TEST(Udf, RefusesANameThatOccursTwice) {
  Scratch scratch;
  Written written =
      udf_writer::write(folder("", {folder("sub", {file("a", "1"), file("a", "2")})}));
  EXPECT_NE(failure_of([&] { read_written(scratch, written); }).find("holds 'sub/a' twice"),
            std::string::npos);
}

// Both files lie behind the end of the image; the one that is met first reaches further.
TEST(Udf, NamesTheFileThatReachesFurthest) {
  Scratch scratch;
  Written written =
      udf_writer::write(folder("", {folder("sub", {file("near", "x")}), file("far", "x")}));
  put32(written.bytes, written.partition_descriptor() + 192, 10'000);
  reseal(written.bytes, written.partition_descriptor());
  for (auto [path, block] : {std::pair("sub/near", 5000u), std::pair("far", 6000u)}) {
    put32(written.bytes, written.descriptors.at(path) + 4, block);
    reseal(written.bytes, written.entries.at(path));
  }
  EXPECT_NE(
      failure_of([&] {
        read_written(scratch, written);
      }).find(fmt::format("'far' on it ends at byte {}", written.partition + 6000 * 2048 + 1)),
      std::string::npos);
}

TEST(Udf, IsTruncatedAtEveryLength) {
  Scratch scratch;
  Written written = udf_writer::write(victim_tree());
  fs::path image = scratch.write("volume.udf", written.bytes);
  const std::uint64_t step = written.block_size;
  fs::resize_file(image, written.content_end);
  EXPECT_EQ(read(image).entries.size(), 6u);
  for (std::uint64_t length = written.content_end; length > step; length -= step) {
    for (std::uint64_t cut : {length - step, length - step - 1}) {
      fs::resize_file(image, cut);
      std::string message = failure_of([&] { read(image); });
      bool recognisable = cut >= 32768 + 2048 + 6;
      EXPECT_NE(message.find(recognisable ? "is truncated" : "is not a UDF volume"),
                std::string::npos)
          << cut << ": " << message;
    }
  }
}

// --- budgets ----------------------------------------------------------------------------------

// Gives every directory of `paths` the names of another one.
void share_names(Written& w, const std::string& from, const std::vector<std::string>& to) {
  for (const std::string& path : to) {
    w.bytes.replace(w.entries.at(path) + 56, 8, w.bytes.substr(w.entries.at(from) + 56, 8));
    w.bytes.replace(w.descriptors.at(path), 8, w.bytes.substr(w.descriptors.at(from), 8));
    reseal(w.bytes, w.entries.at(path));
  }
}

// A directory `names` with these files, in a folder with `copies` directories that share its names.
Written shared_directory(std::vector<Node> names, int copies, const std::string& above = "") {
  std::vector<Node> folders = {folder("names", std::move(names))};
  std::vector<std::string> sharing;
  std::string prefix = above.empty() ? "" : above + "/";
  for (int i = 0; i < copies; ++i) {
    folders.push_back(folder(fmt::format("copy {}", i), {}));
    sharing.push_back(prefix + folders.back().name);
  }
  Node tree = folder("", folders);
  if (!above.empty()) {
    std::vector<std::string> parts = {""};
    for (char c : above) c == '/' ? parts.emplace_back() : parts.back().append(1, c);
    for (auto part = parts.rbegin(); part != parts.rend(); ++part) {
      tree.name = *part;
      tree = folder("", {tree});
    }
  }
  Written written = udf_writer::write(tree, {.block_size = 512});
  share_names(written, prefix + "names", sharing);
  return written;
}

std::vector<Node> files(int count, std::uint8_t characteristics, std::size_t implementation_use) {
  std::vector<Node> nodes;
  for (int i = 0; i < count; ++i) {
    nodes.push_back({.name = fmt::format("{}", i),
                     .implementation_use = implementation_use,
                     .characteristics = characteristics});
  }
  return nodes;
}

TEST(UdfBudget, BoundsNames) {
  Scratch scratch;
  EXPECT_NE(failure_of([&] {
              read_written(scratch, shared_directory(files(5000, 4, 0), 100));
            }).find("more than 500000 names"),
            std::string::npos);
}

TEST(UdfBudget, BoundsBytesOfDirectories) {
  Scratch scratch;
  EXPECT_NE(failure_of([&] {
              read_written(scratch, shared_directory(files(200, 4, 60'000), 12));
            }).find("more than 134217728 bytes of directories"),
            std::string::npos);
}

std::string long_path(int levels) {
  std::string path(250, 'a');
  for (int i = 1; i < levels; ++i) path += "/" + std::string(250, 'a');
  return path;
}

TEST(UdfBudget, BoundsBytesOfPaths) {
  Scratch scratch;
  Written written = shared_directory(files(1000, 0, 0), 20, long_path(16));
  EXPECT_NE(
      failure_of([&] { read_written(scratch, written); }).find("more than 67108864 bytes of paths"),
      std::string::npos);
}

TEST(UdfBudget, BoundsAPath) {
  Scratch scratch;
  Written written = shared_directory({}, 0, long_path(17));
  EXPECT_NE(failure_of([&] { read_written(scratch, written); }).find("has more than 4096 bytes"),
            std::string::npos);
}

TEST(UdfBudget, BoundsDepth) {
  for (int levels : {64, 65}) {
    Scratch scratch;
    Node tree = folder("d", {});
    for (int i = 1; i < levels; ++i) tree = folder("d", {tree});
    Written written = udf_writer::write(folder("", {tree}));
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

// 8000 names of one file with 300 extents.
TEST(UdfBudget, BoundsExtents) {
  Scratch scratch;
  Node many{.name = "many", .descriptors_per_list = 40};
  for (int i = 0; i < 300; ++i) many.pieces.push_back({.bytes = {}, .hole = 512});
  Node tree = folder("", files(8000, 0, 0));
  tree.children.push_back(many);
  Written written = udf_writer::write(tree, {.block_size = 512});
  for (const auto& [path, at] : written.names) {
    put32(written.bytes, at + 24, entry_block(written, "many"));
    reseal(written.bytes, at);
  }
  EXPECT_NE(failure_of([&] { read_written(scratch, written); }).find("more than 2000000 extents"),
            std::string::npos);
}

TEST(UdfBudget, BoundsContent) {
  Scratch scratch;
  Node bomb{.name = "bomb"};
  for (int i = 0; i < 3; ++i) bomb.pieces.push_back({.bytes = {}, .hole = 0x3FFFF800});
  Written written = udf_writer::write(folder("", {bomb}));
  EXPECT_NE(failure_of([&] { read_written(scratch, written); }).find("its files claim 3221219328"),
            std::string::npos);
}

// The fuzzer's entry, played with dice that always fall the same.
TEST(UdfBudget, SurvivesDamageOfEveryKind) {
  Scratch scratch;
  std::mt19937 random(2026);
  int accepted = 0;
  int refused = 0;
  for (int round = 0; round < 1000; ++round) {
    std::string script(1 + 12 * (1 + random() % 4), '\0');
    for (char& c : script) c = static_cast<char>(random());
    fs::path image = scratch.write("image", udf_patches::image(script));
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
}  // namespace remedia::udf
