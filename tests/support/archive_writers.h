// Small cabinets and zip files for tests, byte by byte: sound ones, and ones whose fields lie.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace remedia {

enum class CabMethod : std::uint16_t { stored = 0, mszip = 1, lzx = 0x0f03 };

struct CabFileSpec {
  std::string name;
  std::string content;
  std::uint16_t attributes = 0x20;
};

/// One compressed stream. `lzx` holds at most one block (32 KiB); nothing is made smaller.
struct CabFolderSpec {
  CabMethod method = CabMethod::stored;
  std::vector<CabFileSpec> files;
};

struct CabSpec {
  std::vector<CabFolderSpec> folders;
  bool checksums = true;
  std::uint16_t header_reserve = 0;  ///< as signatures need
  std::uint8_t folder_reserve = 0;
  std::uint16_t flags = 0;
};

std::string write_cab(const CabSpec& spec);

/// Offsets in a cabinet without reserves.
inline constexpr std::size_t kCabFolders = 36;
std::size_t cab_files_at(const CabSpec& spec);
std::size_t cab_data_at(const CabSpec& spec);

/// A stored file; what is set overrides the truth.
struct ZipFileSpec {
  std::string name;
  std::string content = {};
  std::uint32_t mode = 0;  ///< of Unix; 0: the file was made elsewhere
  std::uint16_t flags = 0;
  std::uint16_t method = 0;
  std::optional<std::uint32_t> crc = {};
  std::optional<std::uint32_t> size = {};  ///< unpacked
  std::optional<std::string> local_name = {};
  bool descriptor = false;             ///< sizes and CRC follow the content
  std::optional<std::size_t> at = {};  ///< shares the header of this entry instead of its own
  bool zip64 = false;
};

std::string write_zip(const std::vector<ZipFileSpec>& files, bool zip64 = false);

/// `bytes` with `value` at `offset`, little-endian, `size` bytes.
std::string patched(std::string bytes, std::size_t offset, std::uint64_t value, int size);

}  // namespace remedia
