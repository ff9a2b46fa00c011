// Writes small ISO 9660 volumes for tests: odd ones that no tool at hand writes, and a note of
// where every directory record went, so that a test can damage exactly one thing.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace remedia::iso9660_writer {

struct Node {
  std::string name;  ///< UTF-8; for Joliet, and for Rock Ridge if `iso_name` is set
  bool directory = false;
  std::string content = {};           ///< of a file
  std::vector<Node> children = {};    ///< of a directory
  std::string iso_name = {};          ///< in the primary tree; empty: `name`, with ";1" if a file
  std::string raw_joliet = {};        ///< on the volume in place of `name`, encoded already
  std::uint8_t flags = 0;             ///< further bits: 1 hidden, 4 associated
  std::uint8_t attribute_blocks = 0;  ///< an extended attribute record of that many blocks
  std::vector<std::size_t> sections = {};  ///< bytes of each extent; none: one extent
  std::string system_use = {};             ///< further fields
  std::size_t name_fields = 1;             ///< the Rock Ridge name is cut in so many
  bool continued = false;                  ///< they stand in a continuation area
  std::string relocated_to = {};           ///< primary path (of `name`s) of the directory it is
};

Node file(std::string name, std::string content);
Node folder(std::string name, std::vector<Node> children);

struct Options {
  bool joliet = false;
  bool rock_ridge = false;
  std::uint16_t block_size = 2048;
  std::string label = "TEST";
  char joliet_level = 'E';  ///< '@', 'C', 'E'
};

/// Byte offsets in one tree. Paths have '/' between `name`s; "" is the root.
struct Tree {
  std::uint64_t descriptor = 0;
  std::map<std::string, std::uint64_t> directories;           ///< first byte: its own record
  std::map<std::string, std::vector<std::uint64_t>> records;  ///< one for each extent
};

struct Written {
  std::string bytes;
  std::uint32_t block_size = 0;
  Tree primary;
  Tree joliet;
  std::uint64_t terminator = 0;
  std::uint64_t continuations = 0;  ///< where the sector with continuation areas is; 0: none
  std::map<std::string, std::vector<std::uint64_t>> extents;  ///< of files
};

Written write(const Node& root, const Options& options = {});

/// A number in both byte orders.
void put_both16(std::string& bytes, std::uint64_t at, std::uint32_t value);
void put_both32(std::string& bytes, std::uint64_t at, std::uint32_t value);

/// UTF-8 to UCS-2 (or UTF-16), high byte first.
std::string ucs2(std::string_view utf8);

}  // namespace remedia::iso9660_writer
