// efisys.bin: the floppy image that UEFI firmware starts from an ISO volume.
//
// On genuine media it is 1474560 bytes of FAT12 (2880 sectors of 512 bytes, media byte F0, label
// EFISECTOR) and holds one file, \EFI\BOOT\BOOTX64.EFI, whose bytes are those of cdboot.efi beside
// it (efisys_noprompt.bin: of cdboot_noprompt.efi). So where a medium has the program and not the
// image, the image can be made. OVMF starts both sizes that are made here.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace remedia {

/// The image that starts `cdboot` on an architecture ("amd64", "arm64", "x86"): 1.44 MB or, for a
/// program of more than 1456640 bytes, 2.88 MB. `clock` dates its files, in seconds since 1970,
/// UTC; FAT knows the years 1980 to 2107, a date outside becomes the nearest one inside. Equal
/// arguments give equal bytes. Throws Failure: no program, one of more than 2929664 bytes, an
/// architecture without UEFI.
std::string efisys_image(std::string_view cdboot, std::string_view arch, std::int64_t clock);

}  // namespace remedia
