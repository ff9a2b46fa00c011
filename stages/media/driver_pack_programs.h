// Packs that other programs unpack. Internal to media/driver_pack.
#pragma once

#include "media/archive_readers.h"

#include <memory>
#include <string>

namespace remedia {

struct DriverPack {
  fs::path file;
  std::string shown;
  fs::path room;  ///< folder for programs to write to
  ArchiveLimits limits;
  std::string hint;  ///< what a person can do if it cannot be opened
};

/// Each unpacks into the room, which exists as long as the reader, and judges what came out.
std::unique_ptr<ArchiveReader> open_by_7zip(const DriverPack& pack);
std::unique_ptr<ArchiveReader> open_by_innoextract(const DriverPack& pack);
std::unique_ptr<ArchiveReader> open_by_msiextract(const DriverPack& pack);

}  // namespace remedia
