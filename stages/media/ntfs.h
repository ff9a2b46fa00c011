// Writing NTFS volumes: recovery partitions, and data partitions of USB sticks.
//
// mkntfs makes the empty volume and libntfs-3g the files; what they take from their surroundings is
// taken away from them, so equal arguments give equal bytes. The clusters of a file are only
// reserved through libntfs-3g, and its bytes are copied there straight from their source, which
// clones them where the file system can.
//
// What a volume is like (seen with ntfsinfo and ntfssecaudit of ntfs-3g 2022.10.3): NTFS 3.1,
// clusters of 4096 bytes, an empty $LogFile, not dirty. Names are in the Win32 namespace, without a
// DOS name beside them, as on a volume where Windows was told to make none. Files and folders
// belong to Administrators and give Everyone full control. Nothing is compressed, sparse or
// encrypted.
#pragma once

#include "media/volume_file.h"

#include <cstdint>
#include <string>
#include <vector>

namespace remedia::ntfs {

struct Volume {
  std::string label;                      ///< at most 32 UTF-16 units; may be empty
  std::vector<VolumeFile> files;          ///< in any order; folders are made as needed
  std::vector<std::string> folders = {};  ///< made even if empty
  std::vector<std::string> hidden = {};   ///< files and folders to be hidden system files
  std::int64_t clock = 0;                 ///< every time on the volume, in seconds since 1970
  std::uint64_t serial = 0;
  std::uint64_t size = 0;           ///< in bytes, a multiple of 4096, at least 2 MiB
  std::uint32_t sector_size = 512;  ///< or 4096
  /// Where the partition begins on its disk, in sectors: what the boot sector says of it.
  std::uint64_t start_sector = 0;
};

/// Writes the volume to bytes [offset, offset + size) of `out`, a file that exists and of which
/// nothing was written there before. It grows to hold them, and has holes where the volume has
/// nothing. NAME.mkntfs beside it is used for a moment. Throws Failure, after which `out` is to be
/// thrown away: what does not fit, names and labels that Windows does not take, two targets that
/// are one to Windows, a source that is missing or shorter than it should be, a full disk, no
/// mkntfs.
void write(const Volume& volume, const fs::path& out, std::uint64_t offset = 0);

/// The program that makes the empty volume, of which the bytes depend too. Throws Failure if it is
/// not installed.
fs::path mkntfs_program();

/// Room, in bytes, that is enough for all of a volume of `size` bytes but the content of its files
/// (each rounded up to 4096): what mkntfs takes, and the entries of `names` files and folders. An
/// upper bound from measurements of volumes of 2 MiB to 64 GiB, with names of any length and both
/// sizes of sectors.
std::uint64_t overhead(std::uint64_t size, std::uint64_t names = 100);

}  // namespace remedia::ntfs
