// The outer layers of a UDF volume: recognition, anchor, volume descriptors, partitions; and what
// every descriptor has, tag and text. For udf.cpp, which walks the files; others want udf.h.
#pragma once

#include "media/volume_reader.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace remedia::udf {

using volume::Image;
using volume::le;
using volume::Text;

// Tag identifiers, ECMA-167 3/7.2.1 and 4/7.2.1.
enum TagId : std::uint16_t {
  kAnchor = 2,
  kVolumePointer = 3,
  kPartition = 5,
  kLogicalVolume = 6,
  kTerminator = 8,
  kFileSet = 256,
  kFileIdentifier = 257,
  kAllocationExtent = 258,
  kFileEntry = 261,
  kExtendedFileEntry = 266,
};
constexpr std::size_t kTagSize = 16;

constexpr std::uint64_t kRecognition = 32768;  ///< where the volume recognition sequence begins

struct Descriptor {
  std::uint64_t at = 0;  ///< byte offset in the image
  std::string bytes;
};

std::uint16_t tag_id(std::string_view bytes);
std::uint32_t tag_location(std::string_view bytes);

/// What is wrong with the tag of the descriptor that begins `bytes`; empty if nothing is.
std::string tag_fault(std::string_view bytes);

/// OSTA compressed unicode (UDF 2.1.1): a byte that says 8 or 16 bits, then the characters.
Text decode_cs0(std::string_view bytes);

/// Logical block of a partition, as descriptors refer to it (lb_addr).
struct Address {
  std::uint32_t block = 0;
  std::uint16_t partition = 0;
};

Address address_at(std::string_view bytes, std::size_t at);

struct Partition {
  std::uint64_t start = 0;  ///< in blocks from the start of the image
  std::uint64_t blocks = 0;
};

struct Layout {
  std::uint32_t block_size = 0;
  std::string label;
  std::vector<Partition> partitions;  ///< by partition reference number
  Address file_set;
};

/// Whether there is a volume recognition sequence with NSR02 or NSR03.
bool recognised(const Image& image);

/// Finds anchor, volume descriptors (main, else reserve) and partitions.
Layout read_layout(const Image& image);

}  // namespace remedia::udf
