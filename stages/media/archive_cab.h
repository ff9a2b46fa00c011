// The tables of a cabinet (MS-CAB), and its compressed folders decoded by libmspack. Internal to
// media/archive.
#pragma once

#include "support/file.h"

#include <cstdint>
#include <string>
#include <vector>

namespace remedia {

/// A run of data blocks that is one compressed stream; its files are ranges of what it decodes to.
/// (Microsoft's word; it has nothing to do with folders of names.)
struct CabFolder {
  std::uint64_t data = 0;    ///< where its blocks begin in the file
  std::uint64_t packed = 0;  ///< bytes of all blocks with their headers
  std::uint64_t size = 0;    ///< bytes that it decodes to
  std::uint16_t blocks = 0;
  std::uint16_t compression = 0;  ///< as the cabinet has it
};

struct CabFile {
  std::string name;  ///< raw bytes
  bool utf8 = false;
  std::size_t folder = 0;
  std::uint64_t offset = 0;
  std::uint64_t size = 0;
};

struct CabTables {
  std::vector<CabFolder> folders;
  std::vector<CabFile> files;
};

/// Reads the cabinet at byte `start` of `file`. Afterwards it is true that folders lie in the
/// cabinet, apart from each other, and that files fill their folders without gap or overlap; two
/// files may be the same range, as WiX has it. Throws Failure.
CabTables read_cab_tables(const fs::path& file, const std::string& shown, std::uint64_t start);

/// Writes what the folder decodes to, exactly `size` bytes, to `out` at its byte `at`. Throws
/// Failure: a wrong checksum, data that is not valid, a full disk.
void decode_cab_folder(int cabinet, const CabFolder& folder, const std::string& shown, int out,
                       std::uint64_t at, const fs::path& out_name);

}  // namespace remedia
