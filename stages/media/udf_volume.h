// The outer layers of a UDF volume: recognition, anchor, volume descriptors, partitions; and what
// every descriptor has, tag and text. For udf.cpp, which walks the files; others want udf.h.
#pragma once

#include "support/diagnostic.h"
#include "support/file.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace remedia::udf {

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

/// A little-endian number; a position outside `bytes` throws.
template <typename T>
T le(std::string_view bytes, std::size_t at) {
  std::uint64_t value = 0;
  for (std::size_t i = sizeof(T); i > 0; --i) {
    value = value << 8 | static_cast<std::uint8_t>(bytes.at(at + i - 1));
  }
  return static_cast<T>(value);
}

/// The image file, and the ways to complain about it.
class Image {
 public:
  explicit Image(const fs::path& path)
      : whole_(Slice::whole(path)), size_(whole_.size()), fd_(Fd::open_read(path)) {}

  std::string name() const { return whole_.file.string(); }
  const fs::path& path() const { return whole_.file; }
  std::uint64_t size() const { return size_; }
  bool holds(std::uint64_t offset, std::uint64_t length) const {
    return offset <= size_ && length <= size_ - offset;
  }

  std::string read(std::uint64_t offset, std::uint64_t length, std::string_view what) const {
    if (!holds(offset, length)) {
      truncated(fmt::format("{} lies at bytes {} to {}", what, offset, offset + length));
    }
    std::string bytes(static_cast<std::size_t>(length), '\0');
    read_at(whole_, fd_.get(), offset, bytes);
    return bytes;
  }

  template <typename... Args>
  [[noreturn]] void bad(std::uint64_t at, fmt::format_string<Args...> format,
                        Args&&... args) const {
    fail("'{}', byte {}: {}", name(), at, fmt::format(format, std::forward<Args>(args)...));
  }

  [[noreturn]] void truncated(std::string_view evidence) const {
    throw Failure(Diagnostic{.message = fmt::format("'{}' is truncated: it has {} bytes, but {}",
                                                    name(), size_, evidence),
                             .hint = "copy or download it again and compare its checksum"});
  }

  [[noreturn]] void unsupported(std::uint64_t at, std::string_view what) const {
    throw Failure(Diagnostic{
        .message = fmt::format("'{}', byte {}: {} cannot be read here", name(), at, what),
        .hint =
            "give a plain UDF 1.02 to 2.01 volume, as Windows ISOs are, or the files in a folder"});
  }

 private:
  Slice whole_;
  std::uint64_t size_;
  Fd fd_;
};

struct Descriptor {
  std::uint64_t at = 0;  ///< byte offset in the image
  std::string bytes;
};

std::uint16_t tag_id(std::string_view bytes);
std::uint32_t tag_location(std::string_view bytes);

/// What is wrong with the tag of the descriptor that begins `bytes`; empty if nothing is.
std::string tag_fault(std::string_view bytes);

struct Text {
  std::string utf8;
  std::string fault;  ///< why it could not be decoded; empty if it could
};

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
