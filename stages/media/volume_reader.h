// What the readers of UDF and ISO 9660 share: reading an image file that may be damaged or hostile,
// the bounds of a walk over it, and what makes a name. For those two; others want volume.h.
#pragma once

#include "media/volume.h"
#include "support/diagnostic.h"
#include "support/file.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace remedia::volume {

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

  std::string read(std::uint64_t offset, std::uint64_t length, std::string_view what) const;

  template <typename... Args>
  [[noreturn]] void bad(std::uint64_t at, fmt::format_string<Args...> format,
                        Args&&... args) const {
    fail("'{}', byte {}: {}", name(), at, fmt::format(format, std::forward<Args>(args)...));
  }

  [[noreturn]] void truncated(std::string_view evidence) const;
  [[noreturn]] void unsupported(std::uint64_t at, std::string_view what) const;

 private:
  Slice whole_;
  std::uint64_t size_;
  Fd fd_;
};

struct Text {
  std::string utf8;
  std::string fault;  ///< why it could not be decoded; empty if it could
};

/// Of 16 bits each, high byte first. UDF and Joliet say UCS-2, but Windows and Linux both write
/// UTF-16.
Text decode_utf16be(std::string_view bytes);
/// Of 8 bits each.
Text decode_latin1(std::string_view bytes);

/// For messages: `'sources/sub'`, or `the root directory` for the empty path.
std::string shown(const std::string& path);

/// A counter that may only go so far.
struct Allowance {
  std::uint64_t limit;
  std::string_view what;
  std::uint64_t used = 0;
};

/// Gathers the entries of one volume, within bounds. A Windows ISO has some thousand files in some
/// hundred directories.
class Collector {
 public:
  explicit Collector(const Image& image) : image_(image) {}

  void spend(Allowance& allowance, std::uint64_t amount, std::uint64_t at) const;
  Allowance names = {500'000, "names"};
  Allowance path_bytes = {64u << 20, "bytes of paths"};
  Allowance directory_bytes = {128u << 20, "bytes of directories"};
  Allowance extents = {2'000'000, "extents"};

  /// The path of a name that stands at byte `at`. Throws Failure if the name could be none on
  /// Windows, or a path elsewhere.
  std::string join(const std::string& directory, Text name, std::uint64_t at);
  void check_depth(const std::string& path, std::uint64_t depth, std::uint64_t at) const;
  /// Adds an extent to the content of `path`: to the last one if they adjoin.
  void append(std::vector<Extent>& content, const Extent& extent, const std::string& path);
  void add(VolumeEntry entry) { entries_.push_back(std::move(entry)); }

  /// The volume, once everything was added. Throws Failure if a file reaches past the end of the
  /// image, if all claim more than can be, or if two have one path.
  Volume finish(std::string label);

 private:
  void check_whole() const;

  const Image& image_;
  std::vector<VolumeEntry> entries_;
  // The file that reaches furthest past the end of the image.
  struct Overrun {
    std::string path;
    std::uint64_t end = 0;
  } overrun_;
};

}  // namespace remedia::volume
