// PXE: from QEMU's own server, and from dnsmasq beside a DHCP server that knows nothing of booting.
#include "boot/lan.h"
#include "boot/volumes.h"
#include "unit/scratch.h"

#include <gtest/gtest.h>

namespace remedia::boot {
namespace {

class NetworkBoot : public testing::Test {
 protected:
  static const char* boot_file(Firmware firmware) {
    return firmware == Firmware::uefi ? "Boot/x64/bootmgfw.efi" : "Boot/x64/pxeboot.n12";
  }

  void expect_reads(const Machine& machine, Lan* lan = nullptr) {
    const Report report = boot(machine, scratch_.path());
    ASSERT_TRUE(report.complete) << report.failure << "\n"
                                 << report.log << (lan == nullptr ? "" : lan->log());
    EXPECT_EQ(report.firmware, machine.firmware == Firmware::uefi ? "uefi" : "bios");
    EXPECT_EQ(report.files, digests_of_network_tree(tree_)) << report.log;
  }

  void boot_over_tftp(Firmware firmware) {
    expect_reads({.firmware = firmware,
                  .medium = Medium::network,
                  .volume = tree_,
                  .boot_file = boot_file(firmware)});
  }

  void boot_by_proxy(Firmware firmware) {
    Lan lan;
    lan.give_addresses();
    lan.serve(fmt::format("interface={}\n"
                          "bind-interfaces\n"
                          "dhcp-range={},proxy\n"
                          "enable-tftp\n"
                          "tftp-root={}\n"
                          "pxe-prompt=\"Remedia\",0\n"
                          "pxe-service=x86PC,\"Remedia\",{}\n"
                          "pxe-service=x86-64_EFI,\"Remedia\",{}\n",
                          Lan::interface, Lan::subnet, tree_.native(), boot_file(Firmware::bios),
                          boot_file(Firmware::uefi)),
              scratch_.path());
    expect_reads({.firmware = firmware, .medium = Medium::network, .lan = &lan}, &lan);
  }

  Scratch scratch_;
  fs::path tree_ = make_network_tree(scratch_ / "tftp");
};

TEST_F(NetworkBoot, StartsByBiosOverTftp) { boot_over_tftp(Firmware::bios); }
TEST_F(NetworkBoot, StartsByUefiOverTftp) { boot_over_tftp(Firmware::uefi); }

TEST_F(NetworkBoot, IsOfferedToBiosByAProxy) {
  if (const std::string reason = Lan::refusal(); !reason.empty()) GTEST_SKIP() << reason;
  boot_by_proxy(Firmware::bios);
}

TEST_F(NetworkBoot, IsOfferedToUefiByAProxy) {
  if (const std::string reason = Lan::refusal(); !reason.empty()) GTEST_SKIP() << reason;
  boot_by_proxy(Firmware::uefi);
}

TEST(Lan, VanishesWithItsOwner) {
  if (const std::string reason = Lan::refusal(); !reason.empty()) GTEST_SKIP() << reason;
  fs::path held;
  {
    Lan lan;
    held = fs::path("/proc") / lan.inside().at(2);
    EXPECT_TRUE(fs::exists(held));
  }
  EXPECT_FALSE(fs::exists(held));
}

}  // namespace
}  // namespace remedia::boot
