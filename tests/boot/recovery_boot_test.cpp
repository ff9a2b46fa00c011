// A fixed disk with an EFI system partition that holds the boot manager alone, and a recovery
// partition.
#include "boot/volumes.h"
#include "medium/files.h"
#include "medium/images.h"
#include "unit/scratch.h"

#include <gtest/gtest.h>

namespace remedia::boot {
namespace {

TEST(RecoveryBoot, ReadsTheFilesOfThePartition) {
  const Scratch scratch;
  medium::save(scratch / "esp/efi/boot/bootx64.efi",
               read_file(stand_in() / "efi/boot/bootx64.efi"));
  const fs::path files = scratch / "files";
  const std::string image = read_file(stand_in() / "sources/boot.wim");
  medium::save(files / "Recovery/WindowsRE/winre.wim", image);
  medium::save(files / "Recovery/WindowsRE/boot.sdi", medium::boot_sdi());
  medium::save(files / "Recovery/WindowsRE/ReAgent.xml", "<WindowsRE/>\n");
  medium::save(files / "Recovery/WindowsRE/other.txt", "nothing that a boot reads\n");
  const fs::path partition = make_ntfs(files, scratch / "recovery.img");
  const Report report =
      boot({.medium = Medium::disk,
            .volume = make_disk(scratch / "esp", partition, scratch / "disk.img")},
           scratch.path());
  ASSERT_TRUE(report.complete) << report.failure << "\n" << report.log;
  EXPECT_EQ(report.files,
            digests_of(files, {"Recovery/WindowsRE/winre.wim", "Recovery/WindowsRE/boot.sdi",
                               "Recovery/WindowsRE/ReAgent.xml"}))
      << report.log;
}

}  // namespace
}  // namespace remedia::boot
