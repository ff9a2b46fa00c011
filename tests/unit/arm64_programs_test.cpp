// The parts of the stand-in programs for arm64 that need no firmware: their SHA-256 and their ISO
// 9660 reader, built for this machine.
#include "medium/arm64/iso9660.h"
#include "medium/arm64/sha256.h"
#include "support/digest.h"
#include "support/iso9660_writer.h"

#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace remedia::efi {
namespace {

using iso9660_writer::file;
using iso9660_writer::folder;
using iso9660_writer::Node;

std::string hex(std::string_view text, std::size_t piece) {
  Sha256 digest;
  for (std::size_t at = 0; at < text.size(); at += piece) {
    const std::string_view part = text.substr(at, piece);
    digest.update(part.data(), part.size());
  }
  char hex[65];
  digest.finish(hex);
  return hex;
}

TEST(EfiSha256, IsThatOfOtherPeople) {
  std::string text;
  for (int size = 0; size < 300; ++size) {
    for (const std::size_t piece : {1u, 7u, 63u, 64u, 65u, 1000u}) {
      ASSERT_EQ(hex(text, piece), sha256(text)) << size << " in pieces of " << piece;
    }
    text += static_cast<char>(size * 37);
  }
  EXPECT_EQ(hex("abc", 3), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

/// A volume in memory.
class Volume {
 public:
  explicit Volume(std::string bytes) : bytes_(std::move(bytes)) {}

  Disc disc() { return {this, read}; }
  std::string& bytes() { return bytes_; }

  /// The content of a file; nothing if it is not found, or lies beyond the end.
  std::optional<std::string> content(const char* path) {
    DiscFile found;
    if (!find(disc(), path, found)) return std::nullopt;
    std::string text;
    for (std::uint32_t i = 0; i < found.count; ++i) {
      const std::uint64_t at = std::uint64_t{found.extents[i].sector} * sector_size;
      if (at > bytes_.size() || found.extents[i].size > bytes_.size() - at) return std::nullopt;
      text += bytes_.substr(at, found.extents[i].size);
    }
    return text;
  }

 private:
  static bool read(void* context, std::uint64_t sector, void* buffer) {
    const std::string& bytes = static_cast<Volume*>(context)->bytes_;
    if (sector >= bytes.size() / sector_size) return false;
    std::memcpy(buffer, bytes.data() + sector * sector_size, sector_size);
    return true;
  }

  std::string bytes_;
};

Node tree() {
  Node root = folder("", {});
  Node large = file("large.wim", std::string(5000, 'l'));
  large.sections = {2048, 2952};
  Node plain = file("BOOTMGR", "manager");
  plain.iso_name = "BOOTMGR";
  Node dotted = file("bcd", "store");
  dotted.iso_name = "BCD.;1";
  std::vector<Node> many;
  for (int i = 0; i < 200; ++i) many.push_back(file("file" + std::to_string(i), std::to_string(i)));
  many.push_back(large);
  root.children = {folder("efi", {folder("Boot", {file("BootAA64.efi", "program"), dotted})}),
                   folder("sources", many), plain};
  return root;
}

iso9660_writer::Written written() { return iso9660_writer::write(tree()); }

TEST(EfiIso9660, FindsFilesInAnyCase) {
  Volume volume(written().bytes);
  EXPECT_TRUE(is_iso9660(volume.disc()));
  EXPECT_EQ(volume.content("/efi/boot/bootaa64.efi"), "program");
  EXPECT_EQ(volume.content("/EFI/BOOT/BOOTAA64.EFI"), "program");
  EXPECT_EQ(volume.content("/efi/boot/bcd"), "store");
  EXPECT_EQ(volume.content("/bootmgr"), "manager");
  EXPECT_EQ(volume.content("/sources/file199"), "199");
  EXPECT_EQ(volume.content("/sources/large.wim"), std::string(5000, 'l'));
}

TEST(EfiIso9660, FindsNothingElse) {
  Volume volume(written().bytes);
  for (const char* path :
       {"", "/", "bootmgr", "/bootmg", "/bootmgr2", "/bootmgr/", "/bootmgr/x", "/efi", "/efi/boot",
        "/efi/boot/", "/efi//boot/bcd", "/efi/bcd", "/efi/boot/bcd.", "/efi/boot/bcd;1",
        "/sources/file200", "/sources/large.wim/x"}) {
    EXPECT_EQ(volume.content(path), std::nullopt) << path;
  }
}

TEST(EfiIso9660, RefusesWhatIsNoVolume) {
  EXPECT_FALSE(is_iso9660(Volume("").disc()));
  EXPECT_FALSE(is_iso9660(Volume(std::string(1u << 20, '\0')).disc()));
  const iso9660_writer::Written good = written();
  const auto damaged = [&](std::uint64_t at, char value) {
    Volume volume(good.bytes);
    volume.bytes().at(at) = value;
    return is_iso9660(volume.disc());
  };
  EXPECT_FALSE(damaged(good.primary.descriptor, 2));         // another type, then the terminator
  EXPECT_FALSE(damaged(good.primary.descriptor + 1, 'X'));   // of CD001
  EXPECT_FALSE(damaged(good.primary.descriptor + 129, 16));  // blocks of 4096 bytes
  EXPECT_TRUE(damaged(good.primary.descriptor + 40, 'X'));   // its name
}

TEST(EfiIso9660, ListsThatAreTooLongOrOutsideAreNotFollowed) {
  const iso9660_writer::Written good = written();
  const std::uint64_t record = good.primary.records.at("efi").at(0);
  Volume far(good.bytes);
  iso9660_writer::put_both32(far.bytes(), record + 2, 0xFFFFFFFF);
  EXPECT_EQ(far.content("/efi/boot/bcd"), std::nullopt);
  Volume huge(good.bytes);
  iso9660_writer::put_both32(huge.bytes(), record + 10, 0xFFFFFFFF);
  EXPECT_EQ(huge.content("/efi/boot/bcd"), std::nullopt);
  Node root = folder("", {file("x", std::string(20 * 2048, 'x'))});
  root.children[0].sections.assign(20, 2048);
  EXPECT_EQ(Volume(iso9660_writer::write(root).bytes).content("/x"), std::nullopt);
}

// Whatever a byte says, nothing is read outside a sector and the search ends.
TEST(EfiIso9660, EveryDamagedByteIsBorne) {
  const iso9660_writer::Written good = written();
  std::vector<std::uint64_t> places;
  for (std::uint64_t i = 0; i < 256; ++i) places.push_back(good.primary.descriptor + i);
  for (const auto& [path, at] : good.primary.directories) {
    for (std::uint64_t i = 0; i < 256; ++i) places.push_back(at + i);
  }
  Volume volume(good.bytes);
  for (const std::uint64_t at : places) {
    const char before = volume.bytes().at(at);
    for (const char value : {'\0', '\x01', '\x21', '\x22', '\x7F', '\xFF'}) {
      volume.bytes()[at] = value;
      (void)volume.content("/efi/boot/bootaa64.efi");
      (void)volume.content("/sources/large.wim");
    }
    volume.bytes()[at] = before;
  }
  EXPECT_EQ(volume.content("/bootmgr"), "manager");
}

}  // namespace
}  // namespace remedia::efi
