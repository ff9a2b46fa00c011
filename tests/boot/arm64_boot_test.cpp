// arm64: the firmware is AAVMF, the stand-ins are programs of our own.
#include "boot/volumes.h"
#include "incremental/space.h"
#include "medium/boot_programs.h"
#include "medium/files.h"
#include "medium/medium.h"
#include "unit/scratch.h"

#include <gtest/gtest.h>

namespace remedia::boot {
namespace {

class Arm64Boot : public testing::Test {
 protected:
  Report boot_from(Medium medium, const fs::path& volume) {
    return boot({.arch = Arch::arm64, .medium = medium, .volume = volume}, scratch_.path());
  }

  void expect_reads(Medium medium, const fs::path& volume, const Digests& digests) {
    const Report report = boot_from(medium, volume);
    ASSERT_TRUE(report.complete) << report.failure << "\n" << report.log;
    EXPECT_EQ(report.firmware, "uefi");
    EXPECT_EQ(report.files, digests) << report.log;
  }

  Scratch scratch_;
};

TEST_F(Arm64Boot, StartsFromACd) {
  const fs::path& medium = stand_in("arm64");
  EXPECT_EQ(digests_of_medium(medium).size(), 3u);
  expect_reads(Medium::cd, make_iso(medium, scratch_ / "x.iso"), digests_of_medium(medium));
}

TEST_F(Arm64Boot, StartsFromAStick) {
  fs::copy(stand_in("arm64"), scratch_ / "tree", fs::copy_options::recursive);
  medium::save(scratch_ / "tree/sources/boot2.wim", "another image");
  expect_reads(Medium::usb, make_stick(scratch_ / "tree", {}, scratch_ / "x.img"),
               digests_of_medium(scratch_ / "tree"));
}

TEST_F(Arm64Boot, SaysWhatIsMissingOnACd) {
  fs::copy(stand_in("arm64"), scratch_ / "tree", fs::copy_options::recursive);
  fs::remove(scratch_ / "tree/efi/boot/bootaa64.efi");
  const Report report = boot_from(Medium::cd, make_iso(scratch_ / "tree", scratch_ / "x.iso"));
  EXPECT_FALSE(report.complete);
  EXPECT_EQ(report.failure,
            "the machine said 'CDBOOT: the medium does not hold /efi/boot/bootaa64.efi.'")
      << report.log;
}

TEST(Arm64Programs, AreTheSameBytesEverywhere) {
  const Scratch a, b;
  const medium::BootPrograms first = medium::build_boot_programs("arm64", a.path());
  const medium::BootPrograms second = medium::build_boot_programs("arm64", b.path());
  EXPECT_EQ(first.bootmgfw, second.bootmgfw);
  EXPECT_EQ(first.cdboot, second.cdboot);
  EXPECT_NE(first.cdboot, first.cdboot_noprompt);
  for (const fs::path& place : {a.path(), fs::path("arm64/bootmgfw")}) {
    EXPECT_EQ(first.bootmgfw.find(place.native()), std::string::npos) << place;
  }
}

TEST_F(Arm64Boot, StartsTheProductsIso) {
  Space space;
  medium::Options options;
  options.arch = "arm64";
  options.payload_mib = 1;
  options.install_wim = false;
  medium::write_folder(options, space / "media/tree");
  space.write("recipes/r.lua", R"(
local windows = source { media = "media/tree", image = "setup", arch = "arm64" }
local second = source { media = "media/tree", image = 1, arch = "arm64" }
return iso {
  name = "all",
  boot = {
    wim { name = "first", from = windows, overlays = { "common" } },
    wim { name = "second", from = second },
  },
}
)");
  space.build();
  fs::create_directories(scratch_ / "files/sources");
  fs::copy_file(space / "out/r/first/boot.wim", scratch_ / "files/sources/boot.wim");
  fs::copy_file(space / "out/r/second/boot.wim", scratch_ / "files/sources/boot2.wim");
  const Report report = boot_from(Medium::cd, space / "out/r/all/all.iso");
  ASSERT_TRUE(report.complete) << report.failure << "\n" << report.log;
  for (const auto& [path, digest] : digests_of_medium(scratch_ / "files")) {
    EXPECT_EQ(report.files.at(path), digest) << path;
  }
  EXPECT_EQ(report.files.size(), 4u) << report.log;
}

}  // namespace
}  // namespace remedia::boot
