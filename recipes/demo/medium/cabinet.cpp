#include "medium/cabinet.h"

#include "medium/numbers.h"
#include "support/diagnostic.h"

#include <algorithm>

namespace remedia::medium {

namespace {

constexpr std::size_t kHead = 36 + 8;     // header, and the entry of the folder
constexpr std::size_t kBlock = 0x8000;    // most that a block of data holds
constexpr std::size_t kMost = 0xFFFF;     // of blocks and of files
constexpr std::uint16_t kDay = 0x5822;    // 2024-01-02, as DOS counts
constexpr std::uint16_t kArchive = 0x20;  // attribute

std::string blocks_of(const std::string& content) {
  std::string blocks;
  for (std::size_t at = 0; at < content.size(); at += kBlock) {
    const std::string piece = content.substr(at, kBlock);
    blocks += u32(0) + u16(piece.size()) + u16(piece.size()) + piece;
  }
  return blocks;
}

}  // namespace

std::string cabinet(const Files& files) {
  std::string list;
  std::string content;
  for (const auto& [name, bytes] : files) {
    list += u32(bytes.size()) + u32(content.size()) + u16(0) + u16(kDay) + u16(0) + u16(kArchive) +
            name + '\0';
    content += bytes;
  }
  const std::size_t count = (content.size() + kBlock - 1) / kBlock;
  if (std::max(count, files.size()) > kMost) fail("a cabinet of ours has no room for its files");
  const std::string blocks = blocks_of(content);
  const std::size_t data = kHead + list.size();
  return "MSCF" + u32(0) + u32(data + blocks.size()) + u32(0) + u32(kHead) + u32(0) + u16(0x0103) +
         u16(1) + u16(files.size()) + u16(0) + u16(0) + u16(0) + u32(data) + u16(count) + u16(0) +
         list + blocks;
}

}  // namespace remedia::medium
