// FAT volumes, written in one go: file systems that every firmware reads.
//
// A file of 4 MiB or more begins at a multiple of 1 MiB of the disk and is in one piece, last of
// all: there a file system that shares blocks (XFS, btrfs) clones it in milliseconds, and ext4
// copies it at full speed. What is zero is never written, so the image stays sparse.
//
// Source: Microsoft's specification of FAT ("FAT: General Overview of On-Disk Format", 1.03). Its
// limits: 65525 clusters or more are FAT32, fewer than 4085 FAT12; a file has less than 4 GiB.
// Which cluster sizes Windows takes: Microsoft's "Default cluster size for NTFS, FAT, and exFAT".
#pragma once

#include "media/volume_file.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace remedia::fat {

/// What DOS gave a kind of floppy disk, of which all have two heads and the media byte F0.
struct Floppy {
  std::uint32_t cluster_sectors = 1;
  std::uint32_t table_sectors = 9;
  std::uint32_t root_entries = 224;
  std::uint32_t track_sectors = 18;
};

struct Volume {
  int bits = 32;      ///< 12 or 32
  std::string label;  ///< 1 to 11 of A-Z 0-9 space and $%'-_@~`!(){}^#&
  std::vector<VolumeFile> files;
  std::vector<std::string> folders = {};  ///< that are made even if empty
  std::int64_t clock = 0;                 ///< dates everything: seconds since 1970, UTC; FAT knows
                                          ///< 1980 to 2107, what lies outside becomes the nearest
  std::uint32_t serial = 0;
  std::uint32_t sector_size = 512;    ///< or 4096
  std::uint64_t size = 0;             ///< bytes; 0: smallest_size()
  std::uint64_t hidden_sectors = 0;   ///< sectors before the volume on its disk
  std::optional<Floppy> floppy = {};  ///< with FAT12 and a `size`: the shape is not reckoned
};

/// Bytes of the smallest volume that holds everything, whatever `size` says: in clusters of at
/// least 4 KiB and a multiple of 1 MiB for FAT32, a multiple of the sector for FAT12. Throws
/// Failure as write() does.
std::uint64_t smallest_size(const Volume& volume);

/// Writes the volume into an open file, of which [offset, offset + size) is a hole; the file keeps
/// its length. With FAT32 `offset` is a multiple of 1 MiB. Equal volumes give equal bytes, in
/// whatever order files and folders come.
///
/// Failures: a path that is not one on Windows (check_image_path()), two that are one when case is
/// ignored, a file used as a folder, a file of 4 GiB or more, a folder of more than 65536 entries,
/// content that does not fit in `size`, a `size` that is not of whole sectors or that the FAT type
/// cannot have, label, sector size, files that cannot be read, a full disk.
void write(const Volume& volume, int out, std::uint64_t offset, const fs::path& out_name);

}  // namespace remedia::fat
