#include "media/volume_reader.h"

#include <algorithm>
#include <array>

namespace remedia::volume {

namespace {

constexpr std::uint64_t kMaxDepth = 64;
constexpr std::uint64_t kMaxPath = 4096;
// Files may share extents (oscdimg -o stores equal files once), but not without end.
constexpr std::uint64_t kMaxSharing = 64;
constexpr std::uint64_t kSmallContent = 1u << 30;

void append_utf8(std::string& out, std::uint32_t c) {
  if (c < 0x80) {
    out += static_cast<char>(c);
    return;
  }
  int more = c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
  static constexpr std::array<std::uint32_t, 4> kLead = {0, 0xC0, 0xE0, 0xF0};
  out += static_cast<char>(kLead[static_cast<std::size_t>(more)] | c >> (6 * more));
  while (more-- > 0) out += static_cast<char>(0x80 | (c >> (6 * more) & 0x3F));
}

// Why this cannot be a file's name; empty if it can. Windows shows none of these characters, and
// what is no name here could be a path elsewhere.
std::string name_fault(std::string_view name) {
  if (name.empty()) return "is empty";
  if (name == "." || name == "..") return "is '.' or '..'";
  for (char c : name) {
    if (c == '/' || c == '\\') return "holds a path separator";
    if (static_cast<unsigned char>(c) < 0x20) return "holds a control character";
  }
  return {};
}

}  // namespace

std::string Image::read(std::uint64_t offset, std::uint64_t length, std::string_view what) const {
  if (!holds(offset, length)) {
    truncated(fmt::format("{} lies at bytes {} to {}", what, offset, offset + length));
  }
  std::string bytes(static_cast<std::size_t>(length), '\0');
  read_at(whole_, fd_.get(), offset, bytes);
  return bytes;
}

void Image::truncated(std::string_view evidence) const {
  throw Failure(Diagnostic{
      .message = fmt::format("'{}' is truncated: it has {} bytes, but {}", name(), size_, evidence),
      .hint = "copy or download it again and compare its checksum"});
}

void Image::unsupported(std::uint64_t at, std::string_view what) const {
  throw Failure(
      Diagnostic{.message = fmt::format("'{}', byte {}: {} cannot be read here", name(), at, what),
                 .hint = "take the original ISO, or unpack this one and name the folder"});
}

Text decode_utf16be(std::string_view bytes) {
  if (bytes.size() % 2 != 0) return {{}, "ends within a character"};
  auto unit = [&](std::size_t at) {
    return static_cast<std::uint32_t>(le<std::uint8_t>(bytes, at) << 8 |
                                      le<std::uint8_t>(bytes, at + 1));
  };
  Text text;
  for (std::size_t at = 0; at < bytes.size(); at += 2) {
    std::uint32_t c = unit(at);
    if (c >= 0xD800 && c < 0xE000) {
      bool paired = c < 0xDC00 && at + 2 < bytes.size() && unit(at + 2) >> 10 == 0x37;
      if (!paired) return {{}, "has half of a surrogate pair"};
      at += 2;
      c = 0x10000 + ((c - 0xD800) << 10) + (unit(at) - 0xDC00);
    }
    append_utf8(text.utf8, c);
  }
  return text;
}

Text decode_latin1(std::string_view bytes) {
  Text text;
  for (char c : bytes) append_utf8(text.utf8, static_cast<std::uint8_t>(c));
  return text;
}

std::string shown(const std::string& path) {
  return path.empty() ? "the root directory" : fmt::format("'{}'", path);
}

void Collector::spend(Allowance& allowance, std::uint64_t amount, std::uint64_t at) const {
  if (amount > allowance.limit - allowance.used) {
    image_.bad(at, "the volume has more than {} {}", allowance.limit, allowance.what);
  }
  allowance.used += amount;
}

std::string Collector::join(const std::string& directory, Text name, std::uint64_t at) {
  if (name.fault.empty()) name.fault = name_fault(name.utf8);
  if (!name.fault.empty()) {
    image_.bad(at, "a name in {} {}", shown(directory), name.fault);
  }
  std::string path = directory.empty() ? name.utf8 : directory + '/' + name.utf8;
  if (path.size() > kMaxPath) {
    image_.bad(at, "a path in {} has more than {} bytes", shown(directory), kMaxPath);
  }
  spend(path_bytes, path.size(), at);
  return path;
}

void Collector::check_depth(const std::string& path, std::uint64_t depth, std::uint64_t at) const {
  if (depth > kMaxDepth) {
    image_.bad(at, "{} is more than {} directories deep", shown(path), kMaxDepth);
  }
}

void Collector::append(std::vector<Extent>& content, const Extent& extent,
                       const std::string& path) {
  std::uint64_t end = extent.offset + extent.length;
  if (!extent.hole && end > image_.size() && end > overrun_.end) overrun_ = {path, end};
  Extent* last = content.empty() ? nullptr : &content.back();
  bool adjoins = last != nullptr && last->hole == extent.hole &&
                 (extent.hole || last->offset + last->length == extent.offset);
  if (adjoins) {
    last->length += extent.length;
  } else {
    content.push_back(extent);
  }
}

void Collector::check_whole() const {
  if (overrun_.end > 0) {
    image_.truncated(fmt::format("'{}' on it ends at byte {}", overrun_.path, overrun_.end));
  }
  std::uint64_t content = 0;
  for (const VolumeEntry& entry : entries_) content += entry.content.size();
  std::uint64_t limit = std::max(kSmallContent, image_.size() * kMaxSharing);
  if (content > limit) {
    fail("'{}' has {} bytes, but its files claim {} in all; at most {} are believed", image_.name(),
         image_.size(), content, limit);
  }
}

// Sorted by path, so that the order does not depend on the writer of the volume.
Volume Collector::finish(std::string label) {
  check_whole();
  std::sort(entries_.begin(), entries_.end(),
            [](const VolumeEntry& a, const VolumeEntry& b) { return a.path < b.path; });
  auto twice = std::adjacent_find(
      entries_.begin(), entries_.end(),
      [](const VolumeEntry& a, const VolumeEntry& b) { return a.path == b.path; });
  if (twice != entries_.end()) fail("'{}' holds '{}' twice", image_.name(), twice->path);
  return {std::move(label), std::move(entries_)};
}

}  // namespace remedia::volume
