// The product's sticks and recovery partitions, from recipe to firmware: what the machine reads
// must be what the host computed.
#include "boot/artifact.h"
#include "boot/volumes.h"
#include "medium/files.h"
#include "support/digest.h"
#include "support/process.h"

#include <fstream>
#include <random>

#include <gtest/gtest.h>

namespace remedia::boot {
namespace {

const char kFolder[] = "out/r/helpdesk/";

/// One image named helpdesk, or a second one behind it; `fields` go into the constructor `kind`.
std::string recipe(std::string_view kind, std::string_view fields, bool two_images = false) {
  return fmt::format(R"(
local windows = source {{ media = "@media/stand-in.iso", image = "winre" }}
local setup = source {{ media = "@media/stand-in.iso", image = "setup" }}
local first = wim {{ name = "helpdesk", from = windows, overlays = {{ "common" }}, shell = "winre" }}
local second = wim {{ name = "second", from = setup }}
return {} {{ boot = {}, {} }}
)",
                     kind, two_images ? "{ first, second }" : "first", fields);
}

// --- Sticks ----------------------------------------------------------------------------------

struct StickCase {
  const char* name;
  const char* fields;
  Firmware firmware;
  int sector_size = 512;
  bool two_images = false;
};

void PrintTo(const StickCase& stick, std::ostream* out) { *out << stick.fields; }

constexpr StickCase sticks[] = {
    {"MbrByUefi", "", Firmware::uefi},
    {"MbrByBios", "", Firmware::bios},
    {"MenuAndExfatByUefi", "data = { 'data' }", Firmware::uefi, 512, true},
    {"MenuAndExfatByBios", "data = { 'data' }", Firmware::bios, 512, true},
    {"NtfsByUefi", "data = { 'data' }, data_filesystem = 'ntfs'", Firmware::uefi},
    {"NtfsByBios", "data = { 'data' }, data_filesystem = 'ntfs'", Firmware::bios},
    {"GptByUefi", "layout = 'gpt'", Firmware::uefi},
    {"GptAndExfatByUefi", "layout = 'gpt', data = { 'data' }", Firmware::uefi},
    {"GptWithLargeSectors", "layout = 'gpt', sector_size = 4096", Firmware::uefi, 4096},
    {"GptWithLargeSectorsAndNtfs",
     "layout = 'gpt', sector_size = 4096, data = { 'data' }, data_filesystem = 'ntfs'",
     Firmware::uefi, 4096},
    {"MbrWithLargeSectors", "sector_size = 4096", Firmware::uefi, 4096},
    // FAT32 with clusters of another size.
    {"LargeByUefi", "size = '1GiB'", Firmware::uefi},
    {"LargeByBios", "size = '1GiB'", Firmware::bios},
};

class ProductStick : public testing::TestWithParam<StickCase> {};

TEST_P(ProductStick, BootsAndIsReadAsItWasWritten) {
  const StickCase& stick = GetParam();
  Space space;
  space.write("overlays/data/logs/readme.txt", "data\n");
  space.write("recipes/r.lua", recipe("usb", stick.fields, stick.two_images));
  space.build();
  const std::vector<std::string> images = stick.two_images
                                              ? std::vector<std::string>{"helpdesk", "second"}
                                              : std::vector<std::string>{"helpdesk"};
  const Digests digests = expected_digests(space, "helpdesk", "usb", images);
  // boot.sdi, the store of each firmware, the images.
  const bool bios = volume_of(space, "helpdesk", "usb").at("firmware").size() == 2;
  ASSERT_EQ(digests.size(), 2 + (bios ? 1 : 0) + images.size());
  expect_report(boot({.firmware = stick.firmware,
                      .medium = Medium::usb,
                      .volume = space / (std::string(kFolder) + "helpdesk.usb.img"),
                      .sector_size = stick.sector_size},
                     space.root()),
                stick.firmware, digests);
}

INSTANTIATE_TEST_SUITE_P(All, ProductStick, testing::ValuesIn(sticks),
                         [](const auto& test) { return std::string(test.param.name); });

class ProductDisk : public testing::TestWithParam<Firmware> {
 protected:
  /// A build of `recipe`; the stick.
  fs::path build(const std::string& text) {
    space_.write("overlays/data/readme.txt", "data\n");
    space_.write("recipes/r.lua", text);
    space_.build();
    return space_ / (std::string(kFolder) + "helpdesk.usb.img");
  }
  Report boot_stick(const fs::path& volume, const fs::path& other_disk = {}) {
    return boot(
        {.firmware = GetParam(), .medium = Medium::usb, .volume = volume, .other_disk = other_disk},
        space_.root());
  }
  Digests digests() const { return expected_digests(space_, "helpdesk", "usb", {"helpdesk"}); }

  Space space_;
};

/// `image` on a stick of 64 MiB more, which was used before: random bytes, and at its end the
/// second table of a GPT that the image did not overwrite.
fs::path used_stick(const fs::path& image, const fs::path& out) {
  const std::uint64_t size = fs::file_size(image) + (64u << 20);
  std::ofstream(out).close();
  fs::resize_file(out, size);
  run_checked({"sgdisk", "--new=1:2048:0", "--typecode=1:0700", out});
  std::minstd_rand random(1);
  std::string noise(16u << 20, '\0');
  for (char& c : noise) c = static_cast<char>(random() >> 8);
  std::fstream file(out, std::ios::binary | std::ios::in | std::ios::out);
  file.seekp(static_cast<std::streamoff>(fs::file_size(image)));
  file << noise;
  file.seekp(static_cast<std::streamoff>(size - noise.size() / 2));
  file << noise.substr(0, noise.size() / 2 - (1u << 20));  // the table stays
  file.close();
  run_checked(
      {"dd", "status=none", "conv=notrunc", "bs=1M", "if=" + image.native(), "of=" + out.native()});
  return out;
}

TEST_P(ProductDisk, MayBeSmallerThanItsStick) {
  const fs::path image = build(recipe("usb", "data = { 'data' }"));
  expect_report(boot_stick(used_stick(image, space_ / "used.img")), GetParam(), digests());
}

TEST_P(ProductDisk, MayBeFixed) {
  const fs::path image = build(recipe("usb", ""));
  expect_report(
      boot({.firmware = GetParam(), .medium = Medium::disk, .volume = image}, space_.root()),
      GetParam(), digests());
}

TEST_P(ProductDisk, IsNotMixedUpWithAnotherOne) {
  const fs::path image = build(recipe("usb", ""));
  Space other;
  other.write("overlays/common/Tools/hello.txt", "another image\n");
  other.write("recipes/r.lua", recipe("usb", ""));
  other.build();
  const fs::path theirs = other / (std::string(kFolder) + "helpdesk.usb.img");
  ASSERT_NE(expected_digests(other, "helpdesk", "usb", {"helpdesk"}), digests());
  expect_report(boot_stick(image, theirs), GetParam(), digests());
}

TEST_P(ProductDisk, ShowsOneBitThatFlippedInTheImage) {
  const fs::path image = build(recipe("usb", ""));
  Digests expected = digests();
  flip_a_bit_of(space_.read(std::string(kFolder) + "boot.wim"), image);
  Report report = boot_stick(image);
  ASSERT_TRUE(report.complete) << report.failure << "\n" << report.log;
  EXPECT_NE(report.files.at("/sources/boot.wim"), expected.at("/sources/boot.wim"));
  report.files["/sources/boot.wim"] = expected["/sources/boot.wim"];
  EXPECT_EQ(report.files, expected) << "nothing else changed";
}

INSTANTIATE_TEST_SUITE_P(Firmware, ProductDisk, testing::Values(Firmware::bios, Firmware::uefi),
                         [](const auto& test) {
                           return test.param == Firmware::uefi ? "Uefi" : "Bios";
                         });

// GPT: the second table is where the image ends, not where the stick does.
TEST(ProductGptStick, MayBeSmallerThanItsStick) {
  Space space;
  space.write("recipes/r.lua", recipe("usb", "layout = 'gpt'"));
  space.build();
  const fs::path image = space / (std::string(kFolder) + "helpdesk.usb.img");
  expect_report(
      boot({.medium = Medium::usb, .volume = used_stick(image, space / "used.img")}, space.root()),
      Firmware::uefi, expected_digests(space, "helpdesk", "usb", {"helpdesk"}));
}

// --- Recovery partitions ---------------------------------------------------------------------

class ProductRecovery : public testing::Test {
 protected:
  void build(std::string_view fields) {
    space_.write("recipes/r.lua", recipe("partition", fields));
    space_.build();
  }
  fs::path file(const std::string& name) const { return space_ / (kFolder + name); }

  /// What is in the volume, by the host's own copies.
  Digests digests() const {
    const std::string xml = run_checked(
        {"ntfscat", "-f", file("helpdesk.recovery.img"), "Recovery/WindowsRE/ReAgent.xml"});
    return {{"/recovery/windowsre/winre.wim", sha256(Slice::whole(file("boot.wim")))},
            {"/recovery/windowsre/boot.sdi", sha256(Slice::whole(file("recovery/boot.sdi")))},
            {"/recovery/windowsre/reagent.xml", sha256(xml)}};
  }

  /// Starts a disk whose EFI system partition holds the boot manager alone.
  Report boot_disk() {
    medium::save(space_ / "esp/efi/boot/bootx64.efi",
                 read_file(stand_in() / "efi/boot/bootx64.efi"));
    return boot(
        {.medium = Medium::disk,
         .volume = make_disk(space_ / "esp", file("helpdesk.recovery.img"), space_ / "disk.img")},
        space_.root());
  }

  Space space_;
};

TEST_F(ProductRecovery, IsReadAsItWasWritten) {
  build("");
  expect_report(boot_disk(), Firmware::uefi, digests());
}

TEST_F(ProductRecovery, MayBeLarger) {
  build("size = '1GiB', label = 'Help and recovery'");
  expect_report(boot_disk(), Firmware::uefi, digests());
}

TEST_F(ProductRecovery, ShowsOneBitThatFlippedInTheImage) {
  build("");
  Digests expected = digests();
  flip_a_bit_of(read_file(file("boot.wim"), 1u << 30), file("helpdesk.recovery.img"));
  Report report = boot_disk();
  ASSERT_TRUE(report.complete) << report.failure << "\n" << report.log;
  EXPECT_NE(report.files.at("/recovery/windowsre/winre.wim"),
            expected.at("/recovery/windowsre/winre.wim"));
  report.files["/recovery/windowsre/winre.wim"] = expected["/recovery/windowsre/winre.wim"];
  EXPECT_EQ(report.files, expected) << "nothing else changed";
}

}  // namespace
}  // namespace remedia::boot
