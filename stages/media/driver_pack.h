// The files of what vendors hand out as drivers: .cab and .zip, Windows Installer databases, and
// programs that unpack themselves. media/archive reads what it can; other programs read the rest,
// and what they write is judged as if it were an archive.
#pragma once

#include "media/archive.h"

#include <string>
#include <vector>

namespace remedia {

/// A cabinet of a set, which lies beside an .msi, with the name that the .msi has for it.
struct PackPart {
  std::string name;
  fs::path file;
};

/// Whether a file's name is that of a pack: .cab .zip .msi .exe, in any case.
bool is_driver_pack(const fs::path& file);

/// Like unpack_archive(), with the same promises, for packs:
///
///   .cab .zip   by unpack_archive()
///   .msi        by msiextract, under the names of its tables; besides it `parts` are in reach
///   .exe        what begins first in it: a ZIP or a cabinet by unpack_archive(), Inno Setup by
///               innoextract, anything else by 7-Zip (7zz or 7z) if it is an archive at all
///
/// The programs are looked for in PATH when they are needed. They see nothing but the pack, get no
/// input, and write to the folder `scratch` + ".d", which does not stay; one that a killed process
/// left is removed first. Only after a list of its names (and sizes, if they are in it) was found
/// sound is a pack unpacked, and then it has to be what was listed. Each may use 4 GiB of memory;
/// 2 minutes of a processor for a list, 60 for the content; no file may become larger than all are
/// allowed to be.
///
/// Failures, besides those of unpack_archive(): a program that is not installed or fails, a pack
/// that none can open. Their hint is the command that unpacks it where it was meant to be: by the
/// CompanyName in the version resource, if it is Dell, HP or Lenovo.
///
/// Experiments with 7-Zip 26.02, innoextract 1.9 and msitools 0.101: 7-Zip keeps names with ".."
/// and absolute ones in its folder, recreates links, and unpacks the sections of a program without
/// a payload; innoextract only warns of wrong checksums; msiextract never ends when folders are
/// each other's parent, takes names with "..", writes one file over another, and says nothing with
/// its exit code about a damaged database. 7-Zip names the files of an .msi by their keys.
std::vector<TreeEntry> unpack_driver_pack(const fs::path& archive, const std::string& shown,
                                          const std::string& to, Pack& pack,
                                          const fs::path& scratch, const ArchiveLimits& limits = {},
                                          const std::vector<PackPart>& parts = {});

/// The cabinets that an .msi takes files from and does not hold, in the order of its table: names
/// of files beside it. Asked of msiinfo, within the same bounds. Throws Failure: no sound database,
/// what is no name of a file.
std::vector<std::string> outside_cabinets(const fs::path& msi, const std::string& shown,
                                          const fs::path& scratch,
                                          const ArchiveLimits& limits = {});

}  // namespace remedia
