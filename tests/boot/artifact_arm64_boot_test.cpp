// The product's artifacts for arm64: what boots is booted, of the rest the names are checked. Its
// ISO is in arm64_boot_test.cpp.
#include "boot/artifact.h"
#include "medium/medium.h"
#include "support/process.h"

#include <set>

#include <gtest/gtest.h>

namespace remedia::boot {
namespace {

class ProductArm64 : public testing::Test {
 protected:
  ProductArm64() {
    medium::Options options;
    options.arch = "arm64";
    options.payload_mib = 1;
    medium::write_folder(options, space_ / "media/tree");
  }

  void build(const std::string& artifact) {
    space_.write("recipes/r.lua", R"(
local windows = source { media = "media/tree", image = "winre", arch = "arm64" }
local setup = source { media = "media/tree", image = "setup", arch = "arm64" }
local first = wim { name = "first", from = windows, overlays = { "common" }, shell = "winre" }
local second = wim { name = "second", from = setup }
return )" + artifact + "\n");
    space_.build();
  }

  std::set<std::string> files(const std::string& folder) const {
    std::set<std::string> names;
    for (const auto& entry : fs::recursive_directory_iterator(space_ / folder)) {
      if (entry.is_regular_file())
        names.insert(entry.path().lexically_relative(space_ / folder).native());
    }
    return names;
  }

  Space space_;
};

TEST_F(ProductArm64, StartsFromAStick) {
  space_.write("overlays/data/readme.txt", "data\n");
  build("usb { boot = { first, second }, data = { 'data' } }");
  const Digests digests = expected_digests(space_, "first", "usb", {"first", "second"});
  ASSERT_EQ(digests.size(), 4u);
  EXPECT_EQ(volume_of(space_, "first", "usb").at("firmware"), nlohmann::json({"uefi"}));
  expect_report(boot({.arch = Arch::arm64,
                      .medium = Medium::usb,
                      .volume = space_ / "out/r/first/first.usb.img"},
                     space_.root()),
                Firmware::uefi, digests);
}

TEST_F(ProductArm64, StartsFromAStickWithGptAndLargeSectors) {
  build("usb { boot = first, layout = 'gpt', sector_size = 4096 }");
  expect_report(boot({.arch = Arch::arm64,
                      .medium = Medium::usb,
                      .volume = space_ / "out/r/first/first.usb.img",
                      .sector_size = 4096},
                     space_.root()),
                Firmware::uefi, expected_digests(space_, "first", "usb", {"first"}));
}

TEST_F(ProductArm64, NetworkTreeHasNothingForBios) {
  build("wds { boot = { first, second }, anonymous = true }");
  EXPECT_EQ(files("out/r/first/wds/tftp"), (std::set<std::string>{
                                               "BCD",
                                               "Boot/BCD",
                                               "Boot/arm64/bootmgfw.efi",
                                               "Boot/boot.sdi",
                                               "Boot/boot.wim",
                                               "Boot/boot2.wim",
                                               "EFI/Microsoft/Boot/Fonts/segmono_boot.ttf",
                                               "EFI/Microsoft/Boot/Fonts/segoe_slboot.ttf",
                                               "EFI/Microsoft/Boot/Fonts/segoen_slboot.ttf",
                                               "EFI/Microsoft/Boot/Fonts/wgl4_boot.ttf",
                                               "EFI/Microsoft/Boot/boot.stl",
                                           }));
  const std::string conf = space_.read("out/r/first/wds/dnsmasq.conf");
  EXPECT_NE(conf.find("\"Recovery\",Boot/arm64/bootmgfw.efi"), std::string::npos) << conf;
  EXPECT_EQ(conf.find("x64"), std::string::npos) << conf;
  EXPECT_EQ(conf.find("pxeboot"), std::string::npos) << conf;
}

TEST_F(ProductArm64, RecoveryPartitionHoldsTheImage) {
  build("partition { boot = first }");
  const std::string image = space_ / "out/r/first/first.recovery.img";
  EXPECT_EQ(run_checked({"ntfscat", "-f", image, "Recovery/WindowsRE/winre.wim"}),
            space_.read("out/r/first/boot.wim"));
  EXPECT_EQ(files("out/r/first/recovery"),
            (std::set<std::string>{"Deploy-RecoveryImage.ps1", "Get-RecoveryImageState.ps1",
                                   "README.txt", "boot.sdi", "winre.wim"}));
}

TEST_F(ProductArm64, HasNoBios) {
  space_.write("recipes/r.lua", R"(
return usb {
  boot = wim { name = "x", from = source { media = "media/tree", image = "winre", arch = "arm64" } },
  firmware = "bios",
}
)");
  EXPECT_NE(space_.failing_build().find("there is no BIOS for arm64"), std::string::npos)
      << space_.output;
}

}  // namespace
}  // namespace remedia::boot
