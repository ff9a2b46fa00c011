// That it starts is shown by the boot tests; here, that it is complete and where it belongs.
#include "media/bios_boot.h"

#include "media/disk.h"
#include "support/digest.h"
#include "support/process.h"
#include "unit/scratch.h"

#include <gtest/gtest.h>
#include <unistd.h>

namespace remedia {
namespace {

constexpr std::uint64_t kMiB = 1 << 20;

TEST(BiosBoot, IsMadeForTheSectorsAfterTheMbr) {
  Scratch scratch;
  BiosBoot boot = bios_boot(scratch.path());
  ASSERT_EQ(boot.mbr_code.size(), 440u);
  EXPECT_EQ(boot.mbr_code.substr(92, 8), std::string("\1\0\0\0\0\0\0\0", 8));
  ASSERT_GT(boot.core.size(), 20'000u);
  EXPECT_EQ(boot.core.size() % 512, 0u);
  EXPECT_LE(boot.core.size(), 2047u * 512);
  std::size_t rest = boot.core.size() / 512 - 1;
  std::string blocks = std::string("\2\0\0\0\0\0\0\0", 8) + static_cast<char>(rest & 0xff) +
                       static_cast<char>(rest >> 8) + "\x20\x08";
  EXPECT_EQ(boot.core.substr(500, 12), blocks);
  EXPECT_EQ(boot.version.find("grub-mkimage (GRUB) "), 0u) << boot.version;
  EXPECT_EQ(boot.version.find('\n'), std::string::npos);
}

TEST(BiosBoot, IsTheSameEveryTimeAndLeavesNothing) {
  Scratch one;
  Scratch two;
  fs::create_directory(two / "a folder with another name");
  BiosBoot a = bios_boot(one.path());
  setenv("LANG", "de_DE.UTF-8", 1);
  setenv("TZ", "Asia/Kathmandu", 1);
  BiosBoot b = bios_boot(two / "a folder with another name");
  unsetenv("LANG");
  unsetenv("TZ");
  EXPECT_EQ(sha256(a.core), sha256(b.core));
  EXPECT_EQ(sha256(a.mbr_code), sha256(b.mbr_code));
  EXPECT_EQ(a.version, b.version);
  EXPECT_TRUE(fs::is_empty(one.path()));
}

TEST(BiosBoot, LeavesThePartitionTableAlone) {
  Scratch scratch;
  BiosBoot boot = bios_boot(scratch.path());
  fs::path image = scratch.write("disk", std::string(4 * kMiB, 'x'));
  disk::write_table({.scheme = disk::Scheme::mbr,
                     .disk_size = 4 * kMiB,
                     .signature = 7,
                     .partitions = {{.offset = kMiB, .size = kMiB, .type = "0c", .active = true}}},
                    image);
  std::string before = read_file(image);
  install_bios_boot(boot, image);
  std::string after = read_file(image);
  ASSERT_EQ(after.size(), before.size());
  EXPECT_EQ(after.substr(0, 440), boot.mbr_code);
  EXPECT_EQ(after.substr(440, 72), before.substr(440, 72));
  EXPECT_EQ(after.substr(512, boot.core.size()), boot.core);
  std::size_t end = 512 + boot.core.size();
  EXPECT_EQ(sha256(after.substr(end)), sha256(before.substr(end)));
  // And the other way round: a table written later keeps the code.
  disk::write_table({.scheme = disk::Scheme::mbr, .disk_size = 4 * kMiB, .signature = 8}, image);
  EXPECT_EQ(read_file(image).substr(0, 440), boot.mbr_code);
  EXPECT_EQ(read_file(image).substr(512, boot.core.size()), boot.core);
}

TEST(BiosBoot, RefusesImagesThatAreTooSmallOrNotThere) {
  Scratch scratch;
  BiosBoot boot = {std::string(440, 'c'), std::string(1024, 'k'), ""};
  fs::path image = scratch.write("disk", std::string(1535, 'x'));
  EXPECT_EQ(failure_of([&] { install_bios_boot(boot, image); }),
            fmt::format("'{}' has 1535 bytes; boot code alone takes 1536", image.string()));
  EXPECT_EQ(read_file(image), std::string(1535, 'x'));
  EXPECT_NE(failure_of([&] { install_bios_boot(boot, scratch / "none"); }), "");
}

TEST(BiosBoot, SaysWhichPackageIsMissing) {
  Scratch scratch;
  std::string path = getenv("PATH");
  setenv("PATH", scratch.path().c_str(), 1);
  try {
    bios_boot(scratch.path());
    ADD_FAILURE() << "no Failure was thrown";
  } catch (const Failure& failure) {
    const Diagnostic& diagnostic = failure.diagnostics().front();
    EXPECT_EQ(diagnostic.message, "'grub-mkimage' is not installed (or not in PATH)");
    EXPECT_EQ(diagnostic.hint, "install the packages grub-common and grub-pc-bin");
  }
  setenv("PATH", path.c_str(), 1);
  EXPECT_TRUE(fs::is_empty(scratch.path()));
}

// A grub-mkimage of other habits must not end in a disk that does not start.
TEST(BiosBoot, RefusesACoreImageForOtherPlaces) {
  Scratch scratch;
  std::string path = getenv("PATH");
  auto with_program = [&](const std::string& body) {
    fs::path program = scratch.write("bin/grub-mkimage", "#!/bin/sh\n" + body);
    fs::permissions(program, fs::perms::owner_all);
    setenv("PATH", ((scratch / "bin").string() + ":" + path).c_str(), 1);
    std::string message = failure_of([&] { bios_boot(scratch.path()); });
    setenv("PATH", path.c_str(), 1);
    return message;
  };
  const std::string out = "for a; do case $a in --output=*) out=${a#*=};; esac; done\n";
  EXPECT_EQ(with_program(out + "head -c 4096 /dev/zero > \"$out\"\n"),
            "the boot code of GRUB is unusable: it is not made for the sectors after the MBR");
  EXPECT_EQ(with_program(out + "head -c 1048577 /dev/zero > \"$out\"\n").substr(0, 1), "'");
  EXPECT_EQ(with_program(out + "head -c 1048576 /dev/zero > \"$out\"\n"),
            "the boot code of GRUB is unusable: the core image does not fit before the first "
            "partition");
  EXPECT_EQ(with_program(out + ": > \"$out\"\n"),
            "the boot code of GRUB is unusable: the core image has no whole sectors");
  EXPECT_NE(with_program("exit 3\n").find("grub-mkimage failed with exit code 3"),
            std::string::npos);
}

}  // namespace
}  // namespace remedia
