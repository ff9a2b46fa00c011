// The boot programs of the stand-in medium: GRUB and a little assembler at Microsoft's names.
//
// No file of Windows may be shipped, so each program does what Microsoft's does as far as the
// layout of a medium goes (what it looks for, where, under which name), and reports instead of
// starting Windows. Built from the sources in this folder with GRUB's and binutils' programs; the
// same bytes every time.
#pragma once

#include "support/file.h"

#include <string>
#include <string_view>

namespace remedia::medium {

struct BootPrograms {
  std::string etfsboot;         ///< El Torito boot image for BIOS, 4096 bytes
  std::string bootmgr;          ///< BIOS boot manager, started at 2000:0000
  std::string bootmgfw;         ///< UEFI boot manager
  std::string cdboot;           ///< waits for a key, then starts the boot manager from the medium
  std::string cdboot_noprompt;  ///< starts the boot manager from the medium
  std::string other;            ///< a PE file that is not meant to be started
};

BootPrograms build_boot_programs(const fs::path& work);

/// `program`, a PE file, with its machine changed to that of `arch` and an unused tail that names
/// what it stands for, so that no two stand-ins are equal by accident.
std::string program_for(std::string_view program, std::string_view arch,
                        std::string_view stands_for);

/// A 1.44 MB floppy image, as efisys.bin is, that holds `loader` as EFI/BOOT/BOOT<arch>.EFI.
std::string efi_floppy(std::string_view loader, std::string_view arch, const fs::path& work);

/// The file name of the removable-media loader: "bootx64.efi" or "bootaa64.efi".
std::string loader_name(std::string_view arch);

}  // namespace remedia::medium
