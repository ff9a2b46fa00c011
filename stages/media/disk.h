// Partition tables of disk images, by libfdisk.
//
// Sources: the UEFI specification, chapter 5 ("GUID Partition Table Disk Layout"); what libfdisk
// 2.38.1 writes was read back by other programs at both sector sizes. Nothing in a table is random:
// the caller gives every GUID.
#pragma once

#include "support/file.h"

#include <cstdint>
#include <string>
#include <vector>

namespace remedia::disk {

enum class Scheme { mbr, gpt };

struct Partition {
  std::uint64_t offset = 0;      ///< bytes, a multiple of 1 MiB
  std::uint64_t size = 0;        ///< bytes, a multiple of the sector
  std::string type;              ///< MBR: two hex digits, "0c"; GPT: the text of a GUID
  std::string guid = {};         ///< GPT: the text of its own GUID
  std::string name = {};         ///< GPT: at most 36 UTF-16 units, none above U+FFFF
  std::uint64_t attributes = 0;  ///< GPT: as in its entry
  bool active = false;           ///< MBR: what a BIOS boots; one at most
};

struct Table {
  Scheme scheme = Scheme::gpt;
  std::uint32_t sector_size = 512;  ///< or 4096: then the headers lie where a 4Kn disk has them
  std::uint64_t disk_size = 0;      ///< bytes
  std::uint32_t signature = 0;      ///< MBR: what Windows knows the disk by
  std::string guid = {};            ///< GPT
  std::vector<Partition> partitions = {};  ///< numbered from 1 in this order; MBR takes four
};

/// Bytes that the scheme keeps at the end of the disk for its second copy.
std::uint64_t space_after(Scheme scheme, std::uint32_t sector_size);

/// Writes the table into a file of `disk_size` bytes. Bytes [0, 440), where boot code lies, keep
/// their content; the rest of the sectors that a table occupies is overwritten, nothing else is.
///
/// Failures: partitions that overlap, leave the disk or lie askew, too many of them, numbers that
/// the scheme cannot hold, malformed types and GUIDs, two equal GUIDs, fields of the other scheme,
/// a file of another size, a full disk.
void write_table(const Table& table, const fs::path& image);

}  // namespace remedia::disk
