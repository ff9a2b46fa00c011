// The boot programs of the stand-in medium: programs of our own at Microsoft's names.
//
// No file of Windows may be shipped, so each program does what Microsoft's does as far as the
// layout of a medium goes (what it looks for, where, under which name), and reports instead of
// starting Windows. On amd64 they are GRUB and a little assembler, on arm64 programs of our own
// (arm64/). Built from the sources in this folder with the programs of Debian; the same bytes every
// time.
#pragma once

#include "support/file.h"

#include <string>
#include <string_view>

namespace remedia::medium {

struct BootPrograms {
  std::string etfsboot;         ///< El Torito boot image for BIOS, 4096 bytes
  std::string bootmgr;          ///< BIOS boot manager, started at 2000:0000
  std::string pxeboot;          ///< network boot program for BIOS
  std::string bootmgfw;         ///< UEFI boot manager
  std::string cdboot;           ///< waits for a key, then starts the boot manager from the medium
  std::string cdboot_noprompt;  ///< starts the boot manager from the medium
  std::string other;            ///< a PE file that is not meant to be started
};

/// `arch` is "amd64" or "arm64"; the latter has no programs for BIOS and takes clang and lld-link.
/// Throws Failure when a program that this takes is missing or fails.
BootPrograms build_boot_programs(std::string_view arch, const fs::path& work);

/// `program`, a PE file, with its machine changed to that of `arch` and an unused tail that names
/// what it stands for, so that no two stand-ins are equal by accident.
std::string program_for(std::string_view program, std::string_view arch,
                        std::string_view stands_for);

/// A 1.44 MB floppy image, as efisys.bin is, that holds `loader` as EFI/BOOT/BOOT<arch>.EFI.
std::string efi_floppy(std::string_view loader, std::string_view arch, const fs::path& work);

/// The file name of the removable-media loader: "bootx64.efi" or "bootaa64.efi".
std::string loader_name(std::string_view arch);

}  // namespace remedia::medium
