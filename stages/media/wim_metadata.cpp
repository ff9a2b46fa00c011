// Metadata as Microsoft's white paper on the WIM format and wimlib lay it down, all little-endian:
//
//   security table   u32 size of it all, u32 count, u64 size[count], the descriptors
//   entry (aligned to 8 bytes)
//     0x00 u64 length, without streams; 0 ends a folder    0x30 u64 time of last access
//     0x08 u32 attributes                                   0x38 u64 time of last write
//     0x0c i32 number of its security descriptor, or -1     0x60 u16 number of streams that follow
//     0x10 u64 where the entries of this folder begin       0x64 u16 size of the name in bytes
//     0x28 u64 time of creation                             0x66 the name, UTF-16
//   stream           u64 length, ...
//
// libwim wrote the bytes that come here, a moment ago; they are checked all the same.
#include "media/wim_metadata.h"

#include "formats/registry.h"
#include "support/diagnostic.h"

#include <algorithm>
#include <string_view>

namespace remedia::wim {

namespace {

constexpr std::size_t kEntrySize = 0x66;

class Metadata {
 public:
  explicit Metadata(std::span<char> bytes) : bytes_(bytes) {}

  void restore(const Kept& file) const {
    std::uint64_t entry = find(file.path);
    put(entry + 0x08, 4, file.attributes);
    put(entry + 0x0c, 4, descriptor_number(file));
    put(entry + 0x28, 8, file.creation_time);
    put(entry + 0x30, 8, file.last_access_time);
    put(entry + 0x38, 8, file.last_write_time);
  }

 private:
  std::string_view view(std::uint64_t offset, std::uint64_t size) const {
    if (offset > bytes_.size() || size > bytes_.size() - offset) {
      fail("the metadata of the image ends before byte {}: libwim wrote something unexpected",
           offset);
    }
    return {bytes_.data() + offset, static_cast<std::size_t>(size)};
  }

  std::uint64_t get(std::uint64_t offset, unsigned size) const {
    std::uint64_t value = 0;
    std::string_view text = view(offset, size);
    for (unsigned i = size; i-- > 0;) value = value << 8 | static_cast<unsigned char>(text[i]);
    return value;
  }

  void put(std::uint64_t offset, unsigned size, std::uint64_t value) const {
    view(offset, size);
    for (unsigned i = 0; i < size; ++i) {
      bytes_[static_cast<std::size_t>(offset) + i] = static_cast<char>(value >> (8 * i));
    }
  }

  // A length larger than all there is would only wrap around; view() refuses what comes of this.
  std::uint64_t aligned(std::uint64_t length) const {
    return (std::min<std::uint64_t>(length, bytes_.size()) + 7) & ~std::uint64_t{7};
  }

  std::uint64_t after(std::uint64_t entry) const {
    std::uint64_t streams = get(entry + 0x60, 2);
    std::uint64_t next = entry + aligned(get(entry, 8));
    for (std::uint64_t i = 0; i < streams; ++i) next += aligned(get(next, 8));
    return next;
  }

  std::uint64_t find_in(std::uint64_t folder, std::string_view name) const {
    std::uint64_t entry = get(folder + 0x10, 8);
    while (entry != 0 && get(entry, 8) >= kEntrySize) {
      if (view(entry + kEntrySize, get(entry + 0x64, 2)) == name) return entry;
      entry = after(entry);
    }
    return 0;
  }

  std::uint64_t find(std::string_view path) const {
    std::uint64_t entry = aligned(std::max<std::uint64_t>(get(0, 4), 8));
    for (std::string_view rest = path; !rest.empty();) {
      std::size_t slash = std::min(rest.find('/'), rest.size());
      entry = find_in(entry, to_utf16le(rest.substr(0, slash)));
      if (entry == 0) fail("the metadata that libwim wrote lacks '{}'", path);
      rest.remove_prefix(std::min(slash + 1, rest.size()));
    }
    return entry;
  }

  std::uint32_t descriptor_number(const Kept& file) const {
    if (file.security_descriptor.empty()) return 0xffffffff;
    std::uint32_t count = static_cast<std::uint32_t>(get(4, 4));
    std::uint64_t where = 8 + std::uint64_t{8} * count;
    for (std::uint32_t i = 0; i < count; ++i) {
      std::uint64_t size = get(8 + std::uint64_t{8} * i, 8);
      if (view(where, size) == file.security_descriptor) return i;
      where += size;
    }
    fail("the metadata that libwim wrote lacks the security descriptor of '{}'", file.path);
  }

  std::span<char> bytes_;
};

}  // namespace

void restore_fields(std::span<char> metadata, const std::vector<Kept>& files) {
  for (const Kept& file : files) Metadata(metadata).restore(file);
}

}  // namespace remedia::wim
