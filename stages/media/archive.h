// The files of an archive: .cab by libmspack, .zip by libzip, and the cabinet inside a
// self-extracting .exe. What an archive says is believed only after it was checked, and nothing of
// it is used unless all of it is sound.
#pragma once

#include "support/pack.h"

#include <cstdint>
#include <string>
#include <vector>

namespace remedia {

/// What is unpacked at most. How well content was compressed is not judged: a file of zeros is no
/// attack.
struct ArchiveLimits {
  std::uint64_t size = 8ull << 30;  ///< bytes of all files together, unpacked
  std::uint64_t entries = 100000;   ///< files and folders
};

/// Puts all files of `archive` into `pack`, below the folder `to` of the image (empty: its root),
/// sorted by path, with the origin "<shown>/<path in the archive>". Returns the folders that the
/// archive names and leaves empty, sorted, as entries for the same tree.
///
/// Names: '/' and '\' both separate, as Windows and older .NET have it. Folders that differ only
/// in case are one, as Windows makes them, spelled as the archive has it first. Names that are not
/// ASCII have to be UTF-8, in cabinets marked as such: otherwise the code page is not known.
///
/// `scratch` names a file of the caller's own, as large as all content, that does not stay.
///
/// Throws Failure, before anything is added to `pack`: damaged data (checksums, sizes, tables that
/// contradict each other), names that Windows cannot hold or takes for one, a file used as a
/// folder, links and devices, encryption, unknown compression, one part of a set, more than
/// `limits`, a full disk.
std::vector<TreeEntry> unpack_archive(const fs::path& archive, const std::string& shown,
                                      const std::string& to, Pack& pack, const fs::path& scratch,
                                      const ArchiveLimits& limits = {});

}  // namespace remedia
