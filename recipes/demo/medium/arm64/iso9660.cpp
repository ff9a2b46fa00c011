#include "iso9660.h"

namespace remedia::efi {

namespace {

// Bounds for hostile volumes: no sound one comes near.
constexpr uint32_t max_descriptors = 64;
constexpr uint32_t max_directory = 16u << 20;

constexpr uint8_t flag_directory = 0x02;
constexpr uint8_t flag_continues = 0x80;

uint32_t number(const uint8_t* p) {
  return p[0] | uint32_t{p[1]} << 8 | uint32_t{p[2]} << 16 | uint32_t{p[3]} << 24;
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool equal(const uint8_t* bytes, const char* text, size_t size) {
  for (size_t i = 0; i < size; ++i) {
    if (lower(static_cast<char>(bytes[i])) != lower(text[i])) return false;
  }
  return true;
}

/// Fields of a directory record: the length at 0, the extent's sector at 2, its size at 10, flags
/// at 25, the length of the name at 32 and the name at 33.
struct Record {
  const uint8_t* bytes;

  DiscFile::Extent extent() const { return {number(bytes + 2), number(bytes + 10)}; }
  uint8_t flags() const { return bytes[25]; }

  /// "NAME.EXT;1", "NAME.;1" and "NAME." are NAME.EXT and NAME.
  bool is_named(const char* name, size_t size) const {
    size_t length = bytes[32];
    const uint8_t* text = bytes + 33;
    for (size_t i = 0; i < length; ++i) {
      if (text[i] == ';') length = i;
    }
    if (length > 1 && text[length - 1] == '.') --length;
    return length == size && equal(text, name, size);
  }
};

/// Reads the primary volume descriptor into `sector`.
bool read_primary(const Disc& disc, uint8_t (&sector)[sector_size]) {
  for (uint32_t i = 0; i < max_descriptors; ++i) {
    if (!disc.read(disc.context, 16 + i, sector)) return false;
    if (!equal(sector + 1, "cd001", 5) || sector[0] == 255) return false;
    const bool blocks_are_sectors = (sector[128] | sector[129] << 8) == sector_size;
    if (sector[0] == 1) return blocks_are_sectors;
  }
  return false;
}

/// Looks for a name in one directory.
bool find_in(const Disc& disc, DiscFile::Extent directory, const char* name, size_t size,
             bool want_directory, DiscFile& found) {
  uint8_t sector[sector_size];
  found.count = 0;
  if (directory.size > max_directory) return false;
  for (uint32_t at = 0; at < directory.size; at += sector_size) {
    if (!disc.read(disc.context, uint64_t{directory.sector} + at / sector_size, sector)) {
      return false;
    }
    uint32_t next = 0;
    for (uint32_t i = 0; i + 34 <= sector_size && sector[i] != 0; i = next) {
      next = i + sector[i];
      if (sector[i] < 34 || next > sector_size || 33u + sector[i + 32] > sector[i]) return false;
      const Record record = {sector + i};
      const bool is_directory = (record.flags() & flag_directory) != 0;
      if (is_directory != want_directory || !record.is_named(name, size)) continue;
      if (found.count == sizeof found.extents / sizeof found.extents[0]) return false;
      found.extents[found.count++] = record.extent();
      if ((record.flags() & flag_continues) == 0) return true;
    }
  }
  return false;
}

}  // namespace

bool is_iso9660(const Disc& disc) {
  uint8_t sector[sector_size];
  return read_primary(disc, sector);
}

bool find(const Disc& disc, const char* path, DiscFile& found) {
  uint8_t sector[sector_size];
  if (!read_primary(disc, sector)) return false;
  const Record root = {sector + 156};
  DiscFile::Extent directory = root.extent();
  while (*path == '/') {
    const char* name = ++path;
    while (*path != '/' && *path != '\0') ++path;
    const bool last = *path == '\0';
    if (!find_in(disc, directory, name, static_cast<size_t>(path - name), !last, found)) {
      return false;
    }
    if (last) return true;
    directory = found.extents[0];
  }
  return false;
}

}  // namespace remedia::efi
