// Reads the import lists of PE files.
//
// Nothing tells how long a list or a name is: each goes on to its terminator. So both are cut off
// at a number that no program of Windows comes near (its largest import some 150 libraries), and a
// list that goes on is damage.
#include "formats/pe_imports.h"

#include "support/diagnostic.h"

namespace remedia::pe {

namespace {

constexpr std::size_t kMaxLibraries = 2048;
constexpr std::size_t kMaxName = 259;  // of a path, MAX_PATH less the terminator
constexpr std::uint64_t kDescriptor = 20;
constexpr std::uint64_t kDelayedDescriptor = 32;
constexpr std::uint64_t kClrHeaderSize = 72;
constexpr std::uint32_t kAddressesAreRelative = 1;  // dlattrRva, of the delay-load directory
constexpr std::uint32_t kIlOnly = 1;
constexpr std::uint32_t k32BitRequired = 2;

std::uint32_t u32(std::string_view bytes, std::size_t at) {
  std::uint32_t value = 0;
  for (std::size_t i = 4; i-- > 0;) value = value << 8 | static_cast<unsigned char>(bytes[at + i]);
  return value;
}

std::string bytes_at(const Image& image, std::uint64_t address, std::uint64_t size,
                     std::string_view what) {
  return image.read_at(image.offset_of(address, size, what), size, what);
}

bool may_stand_in_a_name(char c) {
  return c >= ' ' && c <= '~' && std::string_view("\\/:*?\"<>|").find(c) == std::string_view::npos;
}

std::string name_at(const Image& image, std::uint64_t address) {
  constexpr std::string_view what = "the name of an imported library";
  std::string name;
  // Byte by byte: how far it may go depends on where its section ends.
  for (; name.size() <= kMaxName; ++address) {
    const std::uint64_t offset = image.offset_of(address, 1, what);
    const char c = image.read_at(offset, 1, what)[0];
    if (c == '\0') {
      if (name.empty()) image.fail_at(offset, fmt::format("{} is empty", what));
      return name;
    }
    if (!may_stand_in_a_name(c)) {
      image.fail_at(offset, fmt::format("{} has the byte {:#04x}, which no name of a file has",
                                        what, static_cast<unsigned char>(c)));
    }
    name += c;
  }
  image.fail_at(image.offset_of(address - 1, 1, what),
                fmt::format("{} is longer than {} bytes", what, kMaxName));
}

std::vector<std::string> read_loaded(const Image& image) {
  constexpr std::string_view what = "an entry of its import directory";
  const std::uint64_t start = image.directory(kImports).address;
  std::vector<std::string> names;
  if (start == 0) return names;
  for (std::uint64_t at = start;; at += kDescriptor) {
    const std::string entry = bytes_at(image, at, kDescriptor, what);
    const std::uint32_t name = u32(entry, 12);
    const std::uint32_t address_table = u32(entry, 16);
    if (name == 0 || address_table == 0) return names;
    if (names.size() == kMaxLibraries) {
      image.fail_at(image.offset_of(at, kDescriptor, what),
                    fmt::format("its import directory goes on after {} libraries", kMaxLibraries));
    }
    names.push_back(name_at(image, name));
  }
}

/// Where a 32-bit program wants to lie in memory.
std::uint32_t image_base(const Image& image) {
  const std::uint32_t start = u32(image.read_at(0x3C, 4, "its DOS header"), 0);
  return u32(image.read_at(std::uint64_t{start} + 24 + 28, 4, "its optional header"), 0);
}

/// Visual C++ 6 wrote addresses in memory here, not in the image; only 32-bit programs have them.
std::uint64_t delayed_name(const Image& image, std::string_view entry, std::uint64_t at) {
  const std::uint32_t name = u32(entry, 4);
  if ((u32(entry, 0) & kAddressesAreRelative) != 0) return name;
  const std::uint32_t base = image.header().pe32_plus ? 0 : image_base(image);
  if (image.header().pe32_plus || name < base) {
    image.fail_at(image.offset_of(at, kDelayedDescriptor, ""),
                  "an entry of its delay-load directory is of a form that is not known");
  }
  return name - base;
}

std::vector<std::string> read_delayed(const Image& image) {
  constexpr std::string_view what = "an entry of its delay-load directory";
  const std::uint64_t start = image.directory(kDelayedImports).address;
  std::vector<std::string> names;
  if (start == 0) return names;
  for (std::uint64_t at = start;; at += kDelayedDescriptor) {
    const std::string entry = bytes_at(image, at, kDelayedDescriptor, what);
    if (u32(entry, 4) == 0) return names;
    if (names.size() == kMaxLibraries) {
      image.fail_at(
          image.offset_of(at, kDelayedDescriptor, what),
          fmt::format("its delay-load directory goes on after {} libraries", kMaxLibraries));
    }
    names.push_back(name_at(image, delayed_name(image, entry, at)));
  }
}

}  // namespace

Imports read_imports(const Image& image) {
  Imports result;
  result.loaded = read_loaded(image);
  result.delayed = read_delayed(image);
  const std::uint64_t clr = image.directory(kClrHeader).address;
  if (clr != 0) {
    result.managed = true;
    const std::uint32_t flags = u32(bytes_at(image, clr, kClrHeaderSize, "its CLR header"), 16);
    result.any_cpu =
        !image.header().pe32_plus && (flags & kIlOnly) != 0 && (flags & k32BitRequired) == 0;
  }
  return result;
}

}  // namespace remedia::pe
