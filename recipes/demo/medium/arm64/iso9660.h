// Finds files on an ISO 9660 volume (ECMA-119): the firmware of UEFI machines has no driver for it.
//
// Only the primary tree, names in any case and without their version; that is how Microsoft's
// cdboot.efi and bootmgfw.efi see such a volume. Freestanding: no library, no memory to free.
#pragma once

#include <stddef.h>
#include <stdint.h>

namespace remedia::efi {

constexpr uint32_t sector_size = 2048;

/// Where sectors come from.
struct Disc {
  void* context = nullptr;
  bool (*read)(void* context, uint64_t sector, void* buffer) = nullptr;  ///< one sector
};

/// Where the content of a file lies. Files of more than 4 GiB have several extents.
struct DiscFile {
  struct Extent {
    uint32_t sector;
    uint32_t size;  ///< bytes
  };
  uint32_t count = 0;
  Extent extents[8] = {};
};

/// Whether the disc holds a volume that find() can read.
bool is_iso9660(const Disc& disc);

/// Looks for a file by its path: "/efi/boot/bootaa64.efi". False if there is none, if the volume is
/// damaged, or if the file has more extents than a DiscFile takes.
bool find(const Disc& disc, const char* path, DiscFile& found);

}  // namespace remedia::efi
