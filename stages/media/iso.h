// Bootable ISO 9660 + Joliet volumes, written with libisofs (the library under xorriso).
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "support/file.h"

namespace remedia::iso {

struct File {
  std::string target;                         ///< path on the volume: `boot/boot.sdi`
  std::variant<Slice, std::string> content;  ///< bytes in a file, or bytes in memory
};

struct Image {
  std::string label;          ///< volume id, 1 to 32 characters; Joliet shows the first 16
  std::vector<File> files;    ///< folders are made as needed
  std::string bios_boot;      ///< El Torito, platform 0x00, target of a File; empty: none
  std::string uefi_boot;      ///< El Torito, platform 0xEF, target of a File; empty: none
  std::int64_t clock = 0;     ///< every date on the volume, seconds since 1970, UTC
  std::uint64_t identity = 0; ///< not used for bytes other than ones that must differ between volumes
};

/// Writes the volume to `out`, an existing empty file (a stage's `.part`). The same Image gives the
/// same bytes on any machine, in any time zone, as any user. Files are read where they are, never
/// copied elsewhere first. Throws Failure: an unusable label, two targets that differ only in case,
/// a target used as file and folder, a path deeper or longer than Joliet holds, a full disk.
void write(const Image& image, const fs::path& out);

}  // namespace remedia::iso
