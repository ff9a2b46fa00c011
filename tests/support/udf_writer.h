// Writes small UDF volumes for tests: odd ones that no tool at hand writes, with valid checksums,
// and a note of where everything went, so that a test can damage exactly one thing and seal it
// again.
//
// No two extents adjoin: between them lies a block of junk, so that a reader that errs by a block
// reads something wrong.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace remedia::udf_writer {

/// A run of a file's content, one extent; `hole` > 0: that many bytes that are not recorded.
struct Piece {
  std::string bytes;
  std::uint32_t hole = 0;
  std::uint32_t hole_type = 2;  ///< 1: allocated, 2: not allocated
};

enum class Allocation : std::uint16_t { short_descriptors = 0, long_descriptors = 1, embedded = 3 };

struct Node {
  std::string name;  ///< UTF-8
  bool directory = false;
  std::vector<Piece> pieces = {};   ///< of a file
  std::vector<Node> children = {};  ///< of a directory
  Allocation allocation = Allocation::short_descriptors;
  bool extended = false;                    ///< an extended file entry
  bool fragmented = false;                  ///< of a directory: a block per extent
  std::size_t descriptors_per_list = 1000;  ///< fewer: the rest goes to continuation extents
  std::size_t attributes = 0;               ///< bytes of extended attributes in the entry
  std::size_t implementation_use = 0;       ///< bytes of implementation use before the name
  std::uint8_t characteristics = 0;         ///< further bits for the name: 1 hidden, 4 deleted
  std::uint8_t type = 0;                    ///< ICB file type; 0: 4 or 5
  std::string raw_name = {};                ///< on the volume in place of `name`, encoded already
};

Node file(std::string name, std::string content);
Node folder(std::string name, std::vector<Node> children);

struct Options {
  std::uint32_t block_size = 2048;
  std::string label = "TEST";
  std::uint16_t revision = 0x0102;  ///< from 0x0200 on: NSR03
};

/// A volume, and the byte offsets of what it is made of. Paths have '/' between names; "" is the
/// root.
struct Written {
  std::string bytes;
  std::uint32_t block_size = 0;
  std::uint64_t anchor = 0;
  std::uint64_t last_anchor = 0;
  std::uint64_t main = 0;  ///< volume descriptors: primary, partition, logical volume, terminator
  std::uint64_t reserve = 0;  ///< the same again
  std::uint64_t partition = 0;
  std::uint64_t file_set = 0;
  std::uint64_t content_end = 0;                     ///< behind the last block that a reader needs
  std::map<std::string, std::uint64_t> entries;      ///< file entries
  std::map<std::string, std::uint64_t> descriptors;  ///< their allocation descriptors
  std::map<std::string, std::uint64_t> names;        ///< file identifiers
  std::map<std::string, std::vector<std::uint64_t>> lists;  ///< continuation extents

  std::uint64_t partition_descriptor(bool in_main = true) const;
  std::uint64_t logical_volume(bool in_main = true) const;
};

Written write(const Node& root, const Options& options = {});

/// Writes a little-endian number of `width` bytes.
void put(std::string& bytes, std::uint64_t at, std::uint64_t value, int width);
void put32(std::string& bytes, std::uint64_t at, std::uint64_t value);

/// Makes CRC and checksum of the tag at `at` right again.
void reseal(std::string& bytes, std::uint64_t at);

/// UTF-8 to OSTA compressed unicode.
std::string cs0(std::string_view utf8);

}  // namespace remedia::udf_writer
