#include "media/rock_ridge.h"

namespace remedia::iso9660 {

namespace {

using volume::Image;
using volume::le;

// A name of 255 bytes needs two; libisofs and genisoimage write no more than a handful.
constexpr int kMaxContinuations = 32;

// Where a field list goes on (SUSP 5.1).
struct Continuation {
  std::uint64_t at = 0;
  std::uint64_t length = 0;
};

class Fields {
 public:
  Fields(const Image& image, std::uint32_t block_size) : image_(image), block_size_(block_size) {}

  // Takes the fields of one area; returns where they go on, if they do.
  std::optional<Continuation> take(std::string_view area, std::uint64_t at);
  RockRidge result() && { return std::move(result_); }

 private:
  void take_name(std::string_view field);
  void take_mode(std::string_view field, std::uint64_t at);
  Continuation continuation(std::string_view field, std::uint64_t at) const;
  void need(std::string_view field, std::size_t length, std::uint64_t at) const;

  const Image& image_;
  std::uint32_t block_size_;
  RockRidge result_;
};

void Fields::need(std::string_view field, std::size_t length, std::uint64_t at) const {
  if (field.size() < length) {
    image_.bad(at, "a field '{}' of {} bytes, which needs {}", field.substr(0, 2), field.size(),
               length);
  }
}

std::optional<Continuation> Fields::take(std::string_view area, std::uint64_t at) {
  std::optional<Continuation> next;
  // What is left over may be padding of up to three bytes (SUSP 4).
  while (area.size() >= 4 && area[0] != '\0') {
    std::size_t length = le<std::uint8_t>(area, 2);
    if (length < 4 || length > area.size()) {
      image_.bad(at, "a system use field of {} bytes where {} are left", length, area.size());
    }
    std::string_view field = area.substr(0, length);
    std::string_view kind = field.substr(0, 2);
    if (kind == "ST") break;
    if (kind == "CE") next = continuation(field, at);
    if (kind == "NM") need(field, 5, at), take_name(field);
    if (kind == "PX") take_mode(field, at);
    if (kind == "SL") result_.fault = "is a symbolic link, which";
    if (kind == "ZF") result_.fault = "is compressed (zisofs), which";
    if (kind == "SF") result_.fault = "is recorded as a sparse file, which";
    if (kind == "RE") result_.relocated = true;
    if (kind == "CL") need(field, 12, at), result_.child = both32(image_, field, 4, at);
    area.remove_prefix(length);
    at += length;
  }
  return next;
}

// RRIP 4.1.4: bits 1 and 2 stand for "." and "..", which are no names.
void Fields::take_name(std::string_view field) {
  if ((le<std::uint8_t>(field, 4) & 6) != 0) return;
  result_.name = result_.name.value_or("") + std::string(field.substr(5));
}

// RRIP 4.1.1: the mode of POSIX, whose high bits are the type of the file.
void Fields::take_mode(std::string_view field, std::uint64_t at) {
  static constexpr std::uint32_t kType = 0170000;
  static constexpr std::uint32_t kFile = 0100000;
  static constexpr std::uint32_t kDirectory = 0040000;
  need(field, 12, at);
  std::uint32_t type = both32(image_, field, 4, at) & kType;
  if (type == kFile || type == kDirectory || !result_.fault.empty()) return;
  result_.fault = fmt::format("is a special file of mode {:o}, which", type);
}

Continuation Fields::continuation(std::string_view field, std::uint64_t at) const {
  need(field, 28, at);
  std::uint64_t block = both32(image_, field, 4, at);
  std::uint64_t offset = both32(image_, field, 12, at);
  std::uint64_t length = both32(image_, field, 20, at);
  if (offset + length > block_size_) {
    image_.bad(at, "a continuation area at bytes {} to {} of a block", offset, offset + length);
  }
  return {block * block_size_ + offset, length};
}

template <typename T>
std::uint32_t both(const Image& image, std::string_view bytes, std::size_t at, std::uint64_t base) {
  std::uint32_t low_first = le<T>(bytes, at);
  std::uint32_t high_first = 0;
  for (std::size_t i = 0; i < sizeof(T); ++i) {
    high_first = high_first << 8 | le<std::uint8_t>(bytes, at + sizeof(T) + i);
  }
  if (low_first != high_first) {
    image.bad(base + at, "a number is {} in one byte order and {} in the other", low_first,
              high_first);
  }
  return low_first;
}

}  // namespace

std::uint32_t both16(const Image& image, std::string_view bytes, std::size_t at,
                     std::uint64_t base) {
  return both<std::uint16_t>(image, bytes, at, base);
}

std::uint32_t both32(const Image& image, std::string_view bytes, std::size_t at,
                     std::uint64_t base) {
  return both<std::uint32_t>(image, bytes, at, base);
}

std::optional<std::size_t> rock_ridge_skip(std::string_view system_use) {
  static constexpr std::string_view kMark = "SP\x07\x01\xBE\xEF";
  // On a CD-ROM XA disc 14 bytes of its own come first (SUSP 5.3).
  for (std::size_t at : {std::size_t{0}, std::size_t{14}}) {
    if (system_use.size() >= at + 7 && system_use.substr(at, kMark.size()) == kMark) {
      return le<std::uint8_t>(system_use, at + 6);
    }
  }
  return std::nullopt;
}

RockRidge read_rock_ridge(const Image& image, std::string_view fields, std::uint64_t at,
                          std::uint32_t block_size) {
  Fields reader(image, block_size);
  std::optional<Continuation> next = reader.take(fields, at);
  for (int areas = 0; next; ++areas) {
    if (areas == kMaxContinuations) {
      image.bad(at, "more than {} continuation areas", kMaxContinuations);
    }
    at = next->at;
    std::string area = image.read(at, next->length, "a continuation area of a directory record");
    next = reader.take(area, at);
  }
  return std::move(reader).result();
}

}  // namespace remedia::iso9660
