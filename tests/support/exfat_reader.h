// A reader of exFAT volumes that believes nothing: it checks what the specification says of every
// structure (checksums, name hashes, order, which clusters are in use) and reads names by the
// up-case table that it finds. It shares no code with the writer.
#pragma once

#include "support/file.h"

#include <cstdint>
#include <map>
#include <set>
#include <string>

namespace remedia::exfat_test {

struct Entry {
  bool folder = false;
  Slice content;  // of files
  std::uint64_t first_cluster = 0;
  std::string times;  // all that the file entry says of times, hex
};

struct Listing {
  std::string label;
  std::uint64_t partition_offset = 0;
  std::uint64_t sector_size = 0;
  std::uint64_t cluster_size = 0;
  std::uint64_t clusters = 0;
  std::uint64_t heap_offset = 0;
  std::uint64_t serial = 0;
  std::uint64_t percent = 0;
  std::string up_case_table;  // as on the volume
  std::uint64_t up_case_sum = 0;
  std::map<std::string, Entry> entries;  // all but the root, by path
};

/// Throws Failure with the first thing that is wrong in the volume at `offset` of the file.
Listing read(const fs::path& image, std::uint64_t offset, std::uint64_t size);

}  // namespace remedia::exfat_test
