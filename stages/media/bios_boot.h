// What a BIOS starts from a disk with an MBR: GRUB, which starts \bootmgr of the first partition.
//
// GRUB's boot.img lies in the first 440 bytes and loads the core image from the sectors after it,
// which are free up to the first partition at 1 MiB. The core image takes its root from the drive
// that the BIOS started, so it cannot find the \bootmgr of the PC's own disk. A genuine boot
// manager of Windows 10 starts this way (GRUB 2.06), and so does the stand-in.
#pragma once

#include "support/file.h"

#include <string>

namespace remedia {

/// Where the parts of it are installed.
inline constexpr const char* kGrubFolder = "/usr/lib/grub/i386-pc";

struct BiosBoot {
  std::string mbr_code;  ///< 440 bytes
  std::string core;      ///< whole sectors of 512 bytes, from the second on; at most 2047
  std::string version;   ///< as grub-mkimage says it
};

/// Runs grub-mkimage; `scratch` is a folder for its files, none of which stays. The same GRUB gives
/// the same bytes. Throws Failure: GRUB or its i386-pc files are not installed, or not as expected.
BiosBoot bios_boot(const fs::path& scratch);

/// Writes both parts into a disk image; the partition table stays as it is. Throws Failure if the
/// image is not longer, or cannot be written.
void install_bios_boot(const BiosBoot& boot, const fs::path& image);

}  // namespace remedia
