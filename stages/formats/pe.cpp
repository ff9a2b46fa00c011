// Reads the headers of PE files and their version resource.
//
// A field is only believed after the range that it names was found to lie in the file, and nothing
// is followed for longer than its format allows: a resource tree is three levels deep, and each
// block of a version resource lies inside its parent. So there is no cycle to fall into, and no
// more is read than a directory of 65,535 entries twice and a resource of 64 KiB.
#include "formats/pe.h"

#include "formats/registry.h"
#include "support/diagnostic.h"

#include <algorithm>
#include <span>

namespace remedia::pe {

namespace {

constexpr std::uint64_t kDosHeader = 64;
constexpr std::uint64_t kCoffHeader = 24;  // with the signature "PE\0\0"
constexpr std::uint64_t kSectionHeader = 40;
constexpr std::uint64_t kMaxSections = 96;  // that Windows loads
constexpr std::uint32_t kMaxDirectories = 16;
constexpr std::uint32_t kVersionType = 16;  // RT_VERSION
constexpr std::uint32_t kHighBit = 0x80000000;
constexpr std::uint32_t kFixedInfoSignature = 0xFEEF04BD;

std::uint64_t little(std::string_view bytes, std::size_t at, std::size_t size) {
  std::uint64_t value = 0;
  for (std::size_t i = size; i-- > 0;) {
    value = value << 8 | static_cast<unsigned char>(bytes[at + i]);
  }
  return value;
}
std::uint16_t u16(std::string_view bytes, std::size_t at) {
  return static_cast<std::uint16_t>(little(bytes, at, 2));
}
std::uint32_t u32(std::string_view bytes, std::size_t at) {
  return static_cast<std::uint32_t>(little(bytes, at, 4));
}

/// The names that Windows images and driver packages use.
std::string architecture_of(std::uint16_t machine) {
  switch (machine) {
    case 0x014C:
      return "x86";
    case 0x01C0:
    case 0x01C4:
      return "arm";
    case 0x8664:
      return "amd64";
    case 0xAA64:
      return "arm64";
    default:
      return fmt::format("{:#06x}", machine);
  }
}

/// Whether addresses have the size that the machine has; others are not judged.
bool fits(std::string_view architecture, bool pe32_plus) {
  if (architecture == "x86" || architecture == "arm") return !pe32_plus;
  if (architecture == "amd64" || architecture == "arm64") return pe32_plus;
  return true;
}

}  // namespace

// --- headers ---

class Image::Source {
 public:
  explicit Source(std::string_view bytes) : bytes_(bytes), size_(bytes.size()) {}
  explicit Source(const Slice& slice)
      : slice_(slice), fd_(Fd::open_read(slice.file)), size_(slice.size()) {}

  std::uint64_t size() const { return size_; }

  /// The caller has checked that the range lies in the file.
  std::string read(std::uint64_t offset, std::uint64_t size) const {
    if (!fd_) return std::string(bytes_.substr(offset, size));
    std::string buffer(size, '\0');
    buffer.resize(remedia::read_at(slice_, fd_.get(), offset, buffer));
    return buffer;
  }

 private:
  std::string_view bytes_;
  Slice slice_;
  Fd fd_;
  std::uint64_t size_ = 0;
};

Image::Image(const Slice& file, std::string_view shown)
    : Image(std::make_unique<Source>(file), shown) {}
Image::Image(std::string_view bytes, std::string_view shown)
    : Image(std::make_unique<Source>(bytes), shown) {}
Image::Image(std::unique_ptr<Source> source, std::string_view shown)
    : source_(std::move(source)), shown_(shown) {
  read_headers();
}
Image::~Image() = default;
Image::Image(Image&&) noexcept = default;
Image& Image::operator=(Image&&) noexcept = default;

void Image::fail_at(std::uint64_t offset, std::string_view why) const {
  fail("program '{}' cannot be used: {} (at byte {:#x})", shown_, why, offset);
}

std::string Image::read_at(std::uint64_t offset, std::uint64_t size, std::string_view what) const {
  const std::uint64_t end = source_->size();
  if (offset > end || size > end - offset) {
    fail_at(offset,
            fmt::format("{} of {} bytes does not lie in the file, which has {}", what, size, end));
  }
  std::string bytes = source_->read(offset, size);
  if (bytes.size() != size) fail_at(offset, fmt::format("{} cannot be read", what));
  return bytes;
}

Directory Image::directory(std::size_t index) const {
  return index < directories_.size() ? directories_[index] : Directory();
}

std::uint64_t Image::offset_of(std::uint64_t address, std::uint64_t size,
                               std::string_view what) const {
  const auto holds = [&](const Section& section) {
    return address >= section.address && address - section.address <= section.size &&
           size <= section.size - (address - section.address);
  };
  if (holds({0, size_of_headers_, 0})) return address;
  const auto section = std::find_if(sections_.begin(), sections_.end(), holds);
  if (section == sections_.end()) {
    fail("program '{}' cannot be used: {}, {} bytes at address {:#x}, does not lie in the file",
         shown_, what, size, address);
  }
  return section->offset + (address - section->address);
}

void Image::read_headers() {
  const std::uint64_t end = source_->size();
  if (read_at(0, std::min<std::uint64_t>(end, 2), "").substr(0, 2) != "MZ") {
    fail_at(0, "it is no Windows program: it does not begin with 'MZ'");
  }
  const std::uint64_t start = u32(read_at(0, kDosHeader, "its DOS header"), 0x3C);
  const std::string coff = read_at(start, kCoffHeader, "its PE header");
  if (coff.substr(0, 4) != std::string_view("PE\0\0", 4)) {
    fail_at(start, "it is no Windows program: the signature 'PE' is not there");
  }
  header_.machine = u16(coff, 4);
  header_.architecture = architecture_of(header_.machine);
  header_.timestamp = u32(coff, 8);
  header_.characteristics = u16(coff, 22);
  const std::uint64_t optional = start + kCoffHeader;
  const std::uint16_t optional_size = u16(coff, 20);
  read_optional_header(optional, optional_size);
  const std::uint16_t sections = u16(coff, 6);
  if (sections > kMaxSections) {
    fail_at(start + 6,
            fmt::format("it has {} sections; Windows loads at most {}", sections, kMaxSections));
  }
  read_sections(optional + optional_size, sections);
  check_certificates();
}

void Image::read_optional_header(std::uint64_t offset, std::uint64_t size) {
  const std::string header = read_at(offset, size, "its optional header");
  const std::uint16_t magic = size < 2 ? 0 : u16(header, 0);
  if (magic != 0x10B && magic != 0x20B) {
    fail_at(offset, fmt::format("the kind {:#x} of its optional header is not known", magic));
  }
  header_.pe32_plus = magic == 0x20B;
  if (!fits(header_.architecture, header_.pe32_plus)) {
    fail_at(offset,
            fmt::format("its addresses do not have the size that {} has", header_.architecture));
  }
  const std::size_t count_at = header_.pe32_plus ? 108 : 92;
  if (size < count_at + 4) {
    fail_at(offset, fmt::format("its optional header of {} bytes is too short", size));
  }
  header_.size_of_image = u32(header, 56);
  size_of_headers_ = u32(header, 60);
  header_.subsystem = u16(header, 68);
  if (size_of_headers_ > source_->size()) {
    fail_at(offset + 60, fmt::format("its headers of {} bytes do not lie in the file, which has {}",
                                     size_of_headers_, source_->size()));
  }
  read_directories(std::string_view(header).substr(count_at), offset + count_at);
}

/// `header`: from the number of directories to the end.
void Image::read_directories(std::string_view header, std::uint64_t offset) {
  const std::uint32_t count = u32(header, 0);
  if (count > kMaxDirectories || count * 8 > header.size() - 4) {
    fail_at(offset, fmt::format("its optional header cannot hold {} data directories", count));
  }
  for (std::uint32_t i = 0; i < count; ++i) {
    directories_.push_back({u32(header, 4 + i * 8), u32(header, 8 + i * 8)});
  }
}

void Image::read_sections(std::uint64_t offset, std::uint64_t count) {
  const std::string table = read_at(offset, count * kSectionHeader, "its section table");
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::size_t at = i * kSectionHeader;
    const Section section = {u32(table, at + 12), u32(table, at + 16), u32(table, at + 20)};
    if (section.size == 0) continue;  // nothing of it is in the file, wherever it says that is
    if (section.offset > source_->size() || section.size > source_->size() - section.offset) {
      fail_at(offset + at + 16,
              fmt::format("section {} of {} bytes at {:#x} does not lie in the file, which has {}",
                          i + 1, section.size, section.offset, source_->size()));
    }
    sections_.push_back(section);
  }
}

void Image::check_certificates() const {
  const Directory table = directory(kCertificates);
  if (table.size == 0) return;
  if (table.address > source_->size() || table.size > source_->size() - table.address) {
    fail_at(table.address, fmt::format("its certificates of {} bytes do not lie in the file, which "
                                       "has {}",
                                       table.size, source_->size()));
  }
}

// --- the version resource ---

namespace {

/// The resources of an image: a tree of types, names and languages.
class Resources {
 public:
  Resources(const Image& image, Directory directory)
      : image_(image),
        size_(directory.size),
        start_(image.offset_of(directory.address, directory.size, "its resources")) {}

  /// Where the first resource of `type` is described; nothing if there is none.
  std::optional<std::uint64_t> find(std::uint32_t type) const {
    const std::string types = entries(0);
    for (std::size_t at = 0; at < types.size(); at += 8) {
      if (u32(types, at) == type) return first_language(u32(types, at + 4));
    }
    return std::nullopt;
  }

  /// Address and size of the content that the description at `offset` names.
  Directory content(std::uint64_t offset) const {
    const std::string entry = bytes(offset, 16, "the description of a resource");
    return {u32(entry, 0), u32(entry, 4)};
  }

 private:
  std::string bytes(std::uint64_t offset, std::uint64_t size, std::string_view what) const {
    if (offset > size_ || size > size_ - offset) {
      image_.fail_at(start_ + offset, fmt::format("{} of {} bytes does not lie in its resources, "
                                                  "which have {}",
                                                  what, size, size_));
    }
    return image_.read_at(start_ + offset, size, what);
  }

  std::string entries(std::uint64_t offset) const {
    const std::string header = bytes(offset, 16, "a folder of resources");
    const std::uint64_t count = std::uint64_t{u16(header, 12)} + u16(header, 14);
    return bytes(offset + 16, count * 8, "a folder of resources");
  }

  std::uint32_t first_in(std::uint32_t pointer) const {
    const std::uint64_t offset = pointer & ~kHighBit;
    if ((pointer & kHighBit) == 0) {
      image_.fail_at(start_ + offset, "its resources are not in folders of types and names");
    }
    const std::string list = entries(offset);
    if (list.empty()) image_.fail_at(start_ + offset, "a folder of resources is empty");
    return u32(list, 4);
  }

  std::uint64_t first_language(std::uint32_t pointer) const {
    const std::uint32_t found = first_in(first_in(pointer));
    if ((found & kHighBit) != 0) {
      image_.fail_at(start_ + (found & ~kHighBit), "its resources are nested too deep");
    }
    return found;
  }

  const Image& image_;
  std::uint64_t size_;
  std::uint64_t start_;
};

/// One block of a version resource, by offsets in the resource: u16 length, u16 length of the value
/// (in characters if it is text), u16 whether it is text, key, value, blocks; all but the key begin
/// at multiples of 4.
struct Block {
  std::string key;
  std::size_t value = 0;
  std::size_t value_length = 0;
  std::size_t children = 0;
  std::size_t end = 0;
};

std::size_t aligned(std::size_t at) { return (at + 3) / 4 * 4; }

class VersionReader {
 public:
  VersionReader(const Image& image, Directory content) : image_(image) {
    offset_ = image.offset_of(content.address, content.size, "its version resource");
    // A block tells its length in 16 bits: what lies beyond is padding.
    bytes_ = image.read_at(offset_, std::min<std::uint32_t>(content.size, 0xFFFF),
                           "its version resource");
  }

  VersionResource read() const {
    const Block root = block(0, bytes_.size());
    if (root.key != "VS_VERSION_INFO") fail_at(0, "its version resource is none");
    VersionResource result;
    read_fixed(root, result);
    for (const Block& child : children(root)) {
      if (child.key == "StringFileInfo") read_strings(child, result);
    }
    return result;
  }

 private:
  [[noreturn]] void fail_at(std::size_t at, std::string_view why) const {
    image_.fail_at(offset_ + at, why);
  }

  Block block(std::size_t start, std::size_t limit) const {
    if (limit - start < 6) fail_at(start, "a block of its version resource is cut off");
    const std::size_t length = u16(bytes_, start);
    if (length < 6 || length > limit - start) {
      fail_at(start, fmt::format("a block of its version resource says that it has {} bytes of {}",
                                 length, limit - start));
    }
    Block result;
    result.end = start + length;
    const bool text = u16(bytes_, start + 4) == 1;
    std::size_t at = start + 6;
    while (at + 2 <= result.end && u16(bytes_, at) != 0) at += 2;
    if (at + 2 > result.end) fail_at(start + 6, "a key of its version resource does not end");
    result.key = from_utf16le(std::string_view(bytes_).substr(start + 6, at - start - 6));
    result.value = std::min(aligned(at + 2), result.end);
    result.value_length = u16(bytes_, start + 2) * (text ? 2u : 1u);
    const std::size_t room = result.end - result.value;
    if (result.value_length > room) {
      // Some resource compilers count the bytes of a text.
      if (!text) fail_at(start + 2, "a value of its version resource is longer than its block");
      result.value_length = room;
    }
    result.children = std::min(aligned(result.value + result.value_length), result.end);
    return result;
  }

  std::vector<Block> children(const Block& parent) const {
    std::vector<Block> list;
    for (std::size_t at = parent.children; at < parent.end;) {
      const std::string_view rest = std::string_view(bytes_).substr(at, parent.end - at);
      if (rest.find_first_not_of('\0') == rest.npos) break;  // padding
      list.push_back(block(at, parent.end));
      at = std::min(aligned(list.back().end), parent.end);
    }
    return list;
  }

  void read_fixed(const Block& root, VersionResource& result) const {
    if (root.value_length < 52 || u32(bytes_, root.value) != kFixedInfoSignature) {
      fail_at(root.value, "its version resource does not hold version numbers");
    }
    const auto version = [&](std::size_t at) {
      return Version{
          {u16(bytes_, at + 2), u16(bytes_, at), u16(bytes_, at + 6), u16(bytes_, at + 4)}};
    };
    result.file = version(root.value + 8);
    result.product = version(root.value + 16);
    result.date = std::uint64_t{u32(bytes_, root.value + 44)} << 32 | u32(bytes_, root.value + 48);
  }

  void read_strings(const Block& info, VersionResource& result) const {
    const std::vector<Block> tables = children(info);
    if (tables.empty() || !result.table.empty()) return;
    result.table = tables.front().key;
    for (const Block& entry : children(tables.front())) {
      std::string text =
          from_utf16le(std::string_view(bytes_).substr(entry.value, entry.value_length / 2 * 2));
      text.resize(std::min(text.size(), text.find('\0')));
      result.strings.try_emplace(entry.key, std::move(text));
    }
  }

  const Image& image_;
  std::uint64_t offset_ = 0;
  std::string bytes_;
};

}  // namespace

std::string Version::text() const { return fmt::format("{}", fmt::join(numbers, ".")); }

std::optional<VersionResource> version_resource(const Image& image) {
  const Directory directory = image.directory(kResources);
  if (directory.size == 0) return std::nullopt;
  const Resources resources(image, directory);
  const std::optional<std::uint64_t> entry = resources.find(kVersionType);
  if (!entry) return std::nullopt;
  return VersionReader(image, resources.content(*entry)).read();
}

Info read(const Slice& file, std::string_view shown) {
  const Image image(file, shown);
  return {image.header(), version_resource(image)};
}

Info read(std::string_view bytes, std::string_view shown) {
  const Image image(bytes, shown);
  return {image.header(), version_resource(image)};
}

}  // namespace remedia::pe
