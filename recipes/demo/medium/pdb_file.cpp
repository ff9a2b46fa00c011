// A file of blocks (MSF 7.00): the header, two maps of free blocks, the number of the directory's
// block, the directory, and then one block for each stream that has content. All of them are small,
// so none needs a second block.
#include "medium/pdb_file.h"

#include "medium/numbers.h"

#include <vector>

#include <fmt/format.h>

namespace remedia::medium {

namespace {

using namespace std::string_view_literals;

constexpr std::size_t kBlock = 512;
constexpr std::size_t kFirstStream = 5;  // its block
constexpr std::string_view kMagic =
    "Microsoft C/C++ MSF 7.00\r\n\x1a"
    "DS\0\0\0"sv;

/// Stream 1: GUID and age, and an empty table of named streams with room for one.
std::string info_stream(const Pdb& pdb) {
  constexpr std::uint32_t version = 20000404;
  const std::string no_names = u32(0) + u32(0) + u32(1) + u32(0) + u32(0);
  return u32(version) + pdb.guid.substr(0, 4) + u32(pdb.age) + pdb.guid + no_names;
}

/// Stream 2: no types.
std::string type_stream() {
  constexpr std::uint32_t version = 20040203;
  constexpr std::uint32_t first = 0x1000;
  constexpr std::uint32_t buckets = 0x3FFFF;
  return u32(version) + u32(56) + u32(first) + u32(first) + u32(0) + u16(0xFFFF) + u16(0xFFFF) +
         u32(4) + u32(buckets) + std::string(24, '\0');
}

/// Stream 3 (DBI): the age that the program has to name, and no symbols. Its list of modules and
/// their sources is there to say that it has none of either: LLVM 14 does not expect it to be
/// absent.
std::string debug_stream(const Pdb& pdb, std::uint16_t machine) {
  constexpr std::uint32_t version = 19990903;
  constexpr std::uint16_t none = 0xFFFF;
  constexpr std::uint16_t tools = 0x8E00;  // of Visual Studio 14.0
  const std::string sources = u16(0) + u16(0);
  const std::string sizes = std::string(12, '\0') + u32(sources.size()) + std::string(16, '\0');
  return u32(0xFFFFFFFF) + u32(version) + u32(pdb.age) + u16(none) + u16(tools) + u16(none) +
         u16(0) + u16(none) + u16(0) + sizes + u16(0) + u16(machine) + u32(0) + sources;
}

}  // namespace

std::string code_view_record(const Pdb& pdb) {
  return "RSDS" + pdb.guid + u32(pdb.age) + pdb.name + '\0';
}

std::string pdb_file(const Pdb& pdb, std::uint16_t machine) {
  const std::vector<std::string> streams = {"", info_stream(pdb), type_stream(),
                                            debug_stream(pdb, machine)};
  std::string sizes;
  std::string numbers;
  std::string content;
  for (const std::string& stream : streams) {
    sizes += u32(stream.size());
    if (stream.empty()) continue;
    numbers += u32(kFirstStream + content.size() / kBlock);
    content += padded(stream, kBlock);
  }
  const std::string directory = u32(streams.size()) + sizes + numbers;
  const std::size_t blocks = kFirstStream + content.size() / kBlock;
  // A bit per block, set if it is free: of the eight that there are none is. The second map is the
  // one that is not in use.
  std::string map(kBlock, '\xFF');
  map[0] = '\0';
  const std::string header = std::string(kMagic) + u32(kBlock) + u32(1) + u32(blocks) +
                             u32(directory.size()) + u32(0) + u32(3);
  return padded(header, kBlock) + map + std::string(kBlock, '\xFF') + padded(u32(4), kBlock) +
         padded(directory, kBlock) + content;
}

std::string store_path(const Pdb& pdb) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(pdb.guid.at(i)); };
  std::string id;
  for (const std::size_t i : {3U, 2U, 1U, 0U, 5U, 4U, 7U, 6U, 8U, 9U, 10U, 11U, 12U, 13U, 14U, 15U})
    id += fmt::format("{:02X}", byte(i));
  return fmt::format("{}/{}{:x}/{}", pdb.name, id, pdb.age, pdb.name);
}

}  // namespace remedia::medium
