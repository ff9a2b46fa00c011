// Writing exFAT volumes: the data partition of sticks, where files may be larger than FAT32's
// 4 GiB.
//
// Source: Microsoft's "exFAT file system specification", revision 1.00 (2019). Everything lies in
// consecutive clusters, so that no file needs the allocation table (NoFatChain); files of 4 MiB and
// more begin at multiples of 1 MiB of the disk, so that file systems which can do so clone them
// (copy_file_range) and flash memory sees whole blocks. What is zero is not written: the volume is
// as sparse as its files.
#pragma once

#include "media/volume_file.h"

#include <cstdint>
#include <string>
#include <vector>

namespace remedia::exfat {

struct Volume {
  std::string label;                      ///< at most 11 UTF-16 units; may be empty
  std::vector<VolumeFile> files;          ///< in any order; makes the folders of their targets
  std::vector<std::string> folders = {};  ///< made even if empty
  std::int64_t clock = 0;                 ///< dates everything: seconds since 1970, UTC; exFAT
                                          ///< knows 1980 to 2107, others become the nearest one
  std::uint32_t serial = 0;
  std::uint64_t size = 0;           ///< bytes of the volume: whole sectors, 1 MiB to 256 TiB
  std::uint32_t sector_size = 512;  ///< or 4096
  std::uint64_t start_sector = 0;   ///< where it begins on its disk (PartitionOffset)
};

/// The smallest size, a multiple of 1 MiB, that holds everything; `size` is not looked at. Throws
/// Failure as write() does for what no size helps.
///
/// Clusters have 4 KiB up to 256 MiB, 32 KiB up to 32 GiB, 128 KiB above, as the specification has
/// it; less if that is what makes everything fit (many small files).
std::uint64_t smallest_size(const Volume& volume);

/// Writes the volume into the bytes [offset, offset + size) of `out`, which are a hole. Equal
/// arguments give equal bytes; the order of `files` and `folders` matters only where two spell a
/// folder differently (then the first of `folders`, else of `files`, is kept). Throws Failure:
/// content that does not fit, label or names that exFAT or Windows cannot hold, two targets that
/// are one when case is ignored (by the up-case table of the volume), a file used as a folder, bad
/// sizes, `offset` not a multiple of 1 MiB, a source that is shorter than it was.
void write(const Volume& volume, int out, std::uint64_t offset, const fs::path& out_name);

}  // namespace remedia::exfat
