// Sticks: FAT32 behind an MBR, by UEFI and by BIOS, with sectors of both sizes.
#include "boot/volumes.h"
#include "medium/files.h"
#include "unit/scratch.h"

#include <gtest/gtest.h>

namespace remedia::boot {
namespace {

class UsbBoot : public testing::Test {
 protected:
  /// Boots, and the stand-in must have read the files of `folder`.
  void expect_reads(const Machine& machine, const fs::path& folder) {
    const Report report = boot(machine, scratch_.path());
    ASSERT_TRUE(report.complete) << report.failure << "\n" << report.log;
    EXPECT_EQ(report.firmware, machine.firmware == Firmware::uefi ? "uefi" : "bios");
    EXPECT_EQ(report.files, digests_of_medium(folder)) << report.log;
  }

  /// A copy of the medium whose second image is `text`.
  fs::path other_medium(const std::string& text) {
    const fs::path folder = scratch_ / ("medium-" + text);
    fs::copy(stand_in(), folder, fs::copy_options::recursive);
    medium::save(folder / "sources/boot2.wim", text);
    return folder;
  }

  fs::path stick(const fs::path& folder, const StickOptions& options = {}) {
    return make_stick(folder, options, scratch_ / (folder.filename().native() + ".img"));
  }

  Scratch scratch_;
};

TEST_F(UsbBoot, StartsByUefi) {
  expect_reads({.medium = Medium::usb, .volume = stick(stand_in())}, stand_in());
}

TEST_F(UsbBoot, StartsByUefiFromSectorsOf4096Bytes) {
  expect_reads({.medium = Medium::usb,
                .volume = stick(stand_in(), {.sector_size = 4096}),
                .sector_size = 4096},
               stand_in());
}

TEST_F(UsbBoot, StartsByBios) {
  expect_reads({.firmware = Firmware::bios,
                .medium = Medium::usb,
                .volume = stick(stand_in(), {.bios = true})},
               stand_in());
}

TEST_F(UsbBoot, StartsAsAFixedDisk) {
  expect_reads({.medium = Medium::disk, .volume = stick(stand_in())}, stand_in());
}

// Disks that hold a medium too must not be taken for the one that was booted.
TEST_F(UsbBoot, ReadsTheStickThatItWasStartedFrom) {
  const fs::path ours = other_medium("ours");
  const fs::path bootable = stick(ours, {.bios = true});
  const fs::path other = stick(other_medium("theirs"), {.bios = true});
  for (const Firmware firmware : {Firmware::bios, Firmware::uefi}) {
    expect_reads(
        {.firmware = firmware, .medium = Medium::usb, .volume = bootable, .other_disk = other},
        ours);
  }
}

TEST_F(UsbBoot, SaysSoWhenThereIsNoImage) {
  fs::copy(stand_in(), scratch_ / "tree", fs::copy_options::recursive);
  fs::remove(scratch_ / "tree/sources/boot.wim");
  const Report report =
      boot({.medium = Medium::usb, .volume = stick(scratch_ / "tree")}, scratch_.path());
  EXPECT_TRUE(report.complete) << report.failure << "\n" << report.log;
  EXPECT_TRUE(report.files.empty());
}

}  // namespace
}  // namespace remedia::boot
