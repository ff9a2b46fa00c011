// The product's network tree, from recipe to firmware: served by QEMU's own TFTP server, and by
// dnsmasq with the configuration that the product wrote.
#include "boot/artifact.h"
#include "boot/lan.h"
#include "boot/volumes.h"

#include <set>

#include <gtest/gtest.h>

namespace remedia::boot {
namespace {

class ProductNetwork : public testing::Test {
 protected:
  /// One image named helpdesk and another behind it; `fields` go into the constructor.
  void build(const std::string& fields) {
    space_.write("recipes/r.lua", R"(
local windows = source { media = "@media/stand-in.iso", image = "winre" }
local setup = source { media = "@media/stand-in.iso", image = "setup" }
return wds {
  boot = {
    wim { name = "helpdesk", from = windows, overlays = { "common" } },
    wim { name = "second", from = setup },
  },
  anonymous = true,
)" + fields + "\n}\n");
    space_.build();
  }

  /// Where the lines of dnsmasq.conf point that depend on the network.
  std::string our_network() const {
    return fmt::format("interface = '{}', network = '{}', tftp_root = '{}'", Lan::interface,
                       Lan::subnet, tree_.native());
  }

  std::string boot_program(Firmware firmware) const {
    return firmware == Firmware::uefi ? "Boot/x64/bootmgfw.efi" : "Boot/x64/pxeboot.n12";
  }

  void boot_over_tftp(Firmware firmware) {
    expect_report(boot({.firmware = firmware,
                        .medium = Medium::network,
                        .volume = tree_,
                        .boot_file = boot_program(firmware)},
                       space_.root()),
                  firmware, digests());
  }

  void boot_by_dnsmasq(Firmware firmware) {
    Lan lan;
    lan.give_addresses();
    lan.serve(space_.read("out/r/helpdesk/wds/dnsmasq.conf"), space_.root());
    const Report report =
        boot({.firmware = firmware, .medium = Medium::network, .lan = &lan}, space_.root());
    expect_report(report, firmware, digests());
    if (!report.complete) ADD_FAILURE() << lan.log();
  }

  /// What the tree holds; of its images only if they are those of the wims.
  Digests digests() const {
    const Digests images = {
        {"/boot/boot.wim", sha256_of("out/r/helpdesk/boot.wim")},
        {"/boot/boot2.wim", sha256_of("out/r/second/boot.wim")},
    };
    Digests all = digests_of(tree_, {"BCD", "Boot/BCD", "Boot/boot.sdi"});
    all.insert(images.begin(), images.end());
    return all;
  }

  std::string sha256_of(std::string_view name) const {
    return digests_of(space_.root(), {name}).begin()->second;
  }

  std::set<std::string> tree() const {
    std::set<std::string> names;
    for (const auto& entry : fs::recursive_directory_iterator(tree_)) {
      if (entry.is_regular_file()) names.insert(entry.path().lexically_relative(tree_).native());
    }
    return names;
  }

  Space space_;
  const fs::path tree_ = space_ / "out/r/helpdesk/wds/tftp";
};

TEST_F(ProductNetwork, StartsByBiosOverTftp) {
  build("");
  boot_over_tftp(Firmware::bios);
}

TEST_F(ProductNetwork, StartsByUefiOverTftp) {
  build("");
  boot_over_tftp(Firmware::uefi);
}

TEST_F(ProductNetwork, StartsByBiosFromDnsmasq) {
  if (const std::string reason = Lan::refusal(); !reason.empty()) GTEST_SKIP() << reason;
  build(our_network());
  boot_by_dnsmasq(Firmware::bios);
}

TEST_F(ProductNetwork, StartsByUefiFromDnsmasq) {
  if (const std::string reason = Lan::refusal(); !reason.empty()) GTEST_SKIP() << reason;
  build(our_network());
  boot_by_dnsmasq(Firmware::uefi);
}

// The spelling in which a genuine boot manager asks, with \ for /: seen on a TFTP server that tells
// cases apart. \Boot\boot.wim and \Boot\boot.sdi are what the BCD names.
TEST_F(ProductNetwork, HoldsTheNamesThatBootManagersAskFor) {
  build("");
  const std::set<std::string> uefi = {
      "BCD",
      "Boot/x64/bootmgfw.efi",
      "EFI/Microsoft/Boot/boot.stl",
      "EFI/Microsoft/Boot/Fonts/segmono_boot.ttf",
      "EFI/Microsoft/Boot/Fonts/segoe_slboot.ttf",
      "EFI/Microsoft/Boot/Fonts/segoen_slboot.ttf",
      "EFI/Microsoft/Boot/Fonts/wgl4_boot.ttf",
  };
  const std::set<std::string> bios = {
      "Boot/Fonts/segmono_boot.ttf", "Boot/Fonts/segoe_slboot.ttf", "Boot/Fonts/segoen_slboot.ttf",
      "Boot/Fonts/wgl4_boot.ttf",    "Boot/x64/bootmgr.exe",        "Boot/x64/pxeboot.n12",
  };
  const std::set<std::string> both = {"Boot/BCD", "Boot/boot.sdi", "Boot/boot.wim",
                                      "Boot/boot2.wim"};
  std::set<std::string> all = both;
  all.insert(uefi.begin(), uefi.end());
  all.insert(bios.begin(), bios.end());
  EXPECT_EQ(tree(), all);

  build("firmware = 'bios'");
  std::set<std::string> of_bios = both;
  of_bios.insert(bios.begin(), bios.end());
  for (const std::string& name : of_bios) EXPECT_TRUE(tree().contains(name)) << name;
}

// One firmware: there is one store, and it is the one that is asked for last.
TEST_F(ProductNetwork, StartsByUefiAlone) {
  build("firmware = 'uefi'");
  Digests expected = digests_of(tree_, {"BCD", "Boot/BCD", "Boot/boot.sdi"});
  expected["/boot/boot.wim"] = sha256_of("out/r/helpdesk/boot.wim");
  expected["/boot/boot2.wim"] = sha256_of("out/r/second/boot.wim");
  expect_report(
      boot({.medium = Medium::network, .volume = tree_, .boot_file = boot_program(Firmware::uefi)},
           space_.root()),
      Firmware::uefi, expected);
}

// The digests are of what came over the wire.
TEST_F(ProductNetwork, ShowsOneBitThatFlippedInTheImage) {
  build("");
  const Digests expected = digests();
  flip_a_bit_of(space_.read("out/r/helpdesk/boot.wim"), tree_ / "Boot/boot.wim");
  const Report report = boot({.firmware = Firmware::uefi,
                              .medium = Medium::network,
                              .volume = tree_,
                              .boot_file = boot_program(Firmware::uefi)},
                             space_.root());
  ASSERT_TRUE(report.complete) << report.failure << "\n" << report.log;
  EXPECT_NE(report.files.at("/boot/boot.wim"), expected.at("/boot/boot.wim"));
  EXPECT_EQ(report.files.at("/boot/boot2.wim"), expected.at("/boot/boot2.wim"));
}

}  // namespace
}  // namespace remedia::boot
