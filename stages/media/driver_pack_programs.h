// Packs that other programs unpack. Internal to media/driver_pack.
#pragma once

#include "media/archive_readers.h"
#include "media/driver_pack.h"

#include <memory>
#include <string>

namespace remedia {

struct DriverPack {
  fs::path file;
  std::string shown;
  fs::path room;  ///< folder for programs to write to
  ArchiveLimits limits;
  std::string hint;  ///< what a person can do if it cannot be opened
  std::vector<PackPart> parts = {};
};

/// Each unpacks into the room, which exists as long as the reader, and judges what came out.
std::unique_ptr<ArchiveReader> open_by_7zip(const DriverPack& pack);
std::unique_ptr<ArchiveReader> open_by_innoextract(const DriverPack& pack);
std::unique_ptr<ArchiveReader> open_by_msiextract(const DriverPack& pack);

/// What the table Media names; see outside_cabinets().
std::vector<std::string> cabinets_by_msiinfo(const DriverPack& pack);

}  // namespace remedia
