// Bootable ISO 9660 + Joliet volumes. libisofs (the library under xorriso) lays them out; the bytes
// of files go straight from where they are to where it put them.
#pragma once

#include "media/volume_file.h"

#include <cstdint>
#include <string>
#include <vector>

namespace remedia::iso {

struct Image {
  std::string label;              ///< volume id, 1 to 32 characters; Joliet shows the first 16
  std::vector<VolumeFile> files;  ///< in any order; folders are made as needed
  std::string bios_boot;          ///< El Torito, platform 0x00, target of a File; empty: none
  std::string uefi_boot;          ///< El Torito, platform 0xEF, target of a File; empty: none
  std::int64_t clock = 0;         ///< every date on the volume, seconds since 1970, UTC
};

/// Writes the volume to `out`, an existing file (a stage's `.part`) whose content is replaced. The
/// same Image gives the same bytes on any machine, in any time zone, as any user. The largest files
/// come last; a Slice of 4 MiB and more begins at a multiple of 1 MiB, so that it can be cloned.
/// Throws Failure: an unusable label, two targets that differ only in (ASCII) case, a target used
/// as file and folder, a name or path longer than Joliet holds, a missing or shortened source, a
/// full disk.
void write(const Image& image, const fs::path& out);

}  // namespace remedia::iso
