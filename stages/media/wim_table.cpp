// Offsets in the header, all little-endian: 0 magic, 8 u32 its size, 12 u32 version, 16 u32 flags,
// 20 u32 chunk size, 24 GUID, 40 u16 part, 42 u16 parts, 44 u32 images; then resources of 24 bytes:
// 48 table, 72 XML, 96 metadata of the boot image, 124 integrity table. A resource: 7 bytes size in
// the file, u8 flags, u64 offset, u64 size. An entry of the table, 50 bytes: resource, u16 part,
// u32 references, SHA-1.
#include "media/wim_table.h"

#include "media/wim_host.h"
#include "support/diagnostic.h"

#include <algorithm>
#include <charconv>
#include <cstring>

#include <openssl/evp.h>

namespace remedia::wim {

namespace {

constexpr std::size_t kHeadSize = 208, kEntrySize = 50;
constexpr std::string_view kMagic("MSWIM\0\0\0", 8);
constexpr std::uint32_t kPlainVersion = 0x10d00, kBootChunk = 32768;
constexpr std::uint32_t kXpress = 0x20000, kLzx = 0x40000, kCompressed = 2;
constexpr std::uint32_t kTypes = 0x3f0000 | kCompressed;

std::uint64_t get(std::string_view bytes, std::size_t at, unsigned size) {
  std::uint64_t value = 0;
  for (unsigned i = size; i-- > 0;) value = value << 8 | static_cast<unsigned char>(bytes[at + i]);
  return value;
}

void put(std::span<char> bytes, std::size_t at, std::uint64_t value, unsigned size) {
  for (unsigned i = 0; i < size; ++i) bytes[at + i] = static_cast<char>(value >> (8 * i));
}

Resource get_resource(std::string_view bytes, std::size_t at) {
  return {.offset = get(bytes, at + 8, 8),
          .stored = get(bytes, at, 7),
          .size = get(bytes, at + 16, 8),
          .flags = static_cast<std::uint8_t>(bytes[at + 7])};
}

void put_resource(std::span<char> bytes, std::size_t at, const Resource& resource) {
  put(bytes, at, resource.stored, 7);
  put(bytes, at + 7, resource.flags, 1);
  put(bytes, at + 8, resource.offset, 8);
  put(bytes, at + 16, resource.size, 8);
}

Blob get_blob(std::string_view entry) {
  Blob blob{.resource = get_resource(entry, 0),
            .references = static_cast<std::uint32_t>(get(entry, 26, 4))};
  std::memcpy(blob.sha1.data(), entry.data() + 30, blob.sha1.size());
  return blob;
}

bool is_inside(const Resource& resource, std::uint64_t file) {
  return resource.offset <= file && resource.stored <= file - resource.offset;
}

// Content that is in the file as it is.
bool is_stored(const Resource& resource) {
  constexpr std::uint8_t kOther = Resource::kMetadata | Resource::kSpanned | Resource::kSolid;
  return (resource.flags & kOther) == 0 && resource.stored == resource.size && resource.size != 0;
}

Sha1 sha1_of(const Slice& content, int fd, std::uint64_t offset, std::uint64_t end) {
  Digest digest;
  std::vector<char> buffer(std::size_t{256} << 10);
  while (offset < end) {
    std::size_t wanted =
        static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size(), end - offset));
    std::size_t n = read_at(content, fd, offset, {buffer.data(), wanted});
    if (n == 0) fail("'{}' is truncated", content.file.string());
    digest.update({buffer.data(), n});
    offset += n;
  }
  return digest.finish();
}

std::string read_part(const Slice& wim, std::uint64_t offset, std::uint64_t size) {
  Fd fd = open_quietly(wim.file);
  std::string bytes(static_cast<std::size_t>(size), '\0');
  bytes.resize(read_at(wim, fd.get(), offset, bytes));
  return bytes;
}

template <typename Action>
void for_each_entry(std::span<char> table, Action&& action) {
  if (table.size() % kEntrySize != 0) fail("libwim wrote a table of contents of an odd size");
  for (std::size_t at = 0; at < table.size(); at += kEntrySize) {
    action(table.subspan(at, kEntrySize));
  }
}

}  // namespace

Digest::Digest() : context_(EVP_MD_CTX_new()) {
  if (!context_ || EVP_DigestInit_ex(context_.get(), EVP_sha1(), nullptr) != 1) {
    fail("OpenSSL has no SHA-1");
  }
}

void Digest::Free::operator()(evp_md_ctx_st* context) const { EVP_MD_CTX_free(context); }

void Digest::update(std::string_view bytes) {
  EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size());
}

Sha1 Digest::finish() {
  Sha1 sha1 = {};
  EVP_DigestFinal_ex(context_.get(), sha1.data(), nullptr);
  return sha1;
}

std::string hex(const Sha1& sha1) {
  std::string text;
  if (sha1 == Sha1{}) return text;
  for (std::uint8_t byte : sha1) text += fmt::format("{:02x}", byte);
  return text;
}

Sha1 parse_sha1(std::string_view text) {
  Sha1 sha1 = {};
  bool good = text.size() == 2 * sha1.size();
  for (std::size_t i = 0; good && i < sha1.size(); ++i) {
    const char* digits = text.data() + 2 * i;
    auto [end, error] = std::from_chars(digits, digits + 2, sha1[i], 16);
    good = error == std::errc() && end == digits + 2;
  }
  if (!good) fail("'{}' is not a SHA-1: 40 hex digits", text);
  return sha1;
}

Sha1 sha1_of(const Slice& content) {
  if (content.extents.empty()) return sha1_of(std::string_view());
  Fd fd = open_quietly(content.file);
  return sha1_of(content, fd.get(), 0, content.size());
}

Sha1 sha1_of(std::string_view bytes) {
  Digest digest;
  digest.update(bytes);
  return digest.finish();
}

std::uint32_t Head::flags_of_type() const { return flags & kTypes; }

bool Head::compressed_for_boot() const {
  std::uint32_t type = flags_of_type();
  return version == kPlainVersion && chunk_size == kBootChunk &&
         (type == (kCompressed | kLzx) || type == (kCompressed | kXpress));
}

bool Head::lzx() const { return flags_of_type() == (kCompressed | kLzx); }

std::optional<Head> read_head(const Slice& wim) {
  std::string bytes = read_part(wim, 0, kHeadSize);
  if (bytes.size() != kHeadSize || !bytes.starts_with(kMagic)) return std::nullopt;
  Head head;
  head.version = static_cast<std::uint32_t>(get(bytes, 12, 4));
  head.flags = static_cast<std::uint32_t>(get(bytes, 16, 4));
  head.chunk_size = static_cast<std::uint32_t>(get(bytes, 20, 4));
  std::memcpy(head.guid.data(), bytes.data() + 24, head.guid.size());
  head.part = static_cast<unsigned>(get(bytes, 40, 2));
  head.parts = static_cast<unsigned>(get(bytes, 42, 2));
  head.images = static_cast<std::uint32_t>(get(bytes, 44, 4));
  head.table = get_resource(bytes, 48);
  head.integrity = get_resource(bytes, 124);
  return head;
}

std::optional<std::string> read_table_bytes(const Slice& wim, const Head& head) {
  const Resource& table = head.table;
  constexpr std::uint64_t kLargest = std::uint64_t{256} << 20;  // 5 million blobs
  bool plain = (table.flags & Resource::kCompressed) == 0 && table.stored == table.size;
  if (!plain || !is_inside(table, wim.size()) || table.size > kLargest ||
      table.size % kEntrySize != 0) {
    return std::nullopt;
  }
  std::string bytes = read_part(wim, table.offset, table.size);
  return bytes.size() == table.size ? std::optional(std::move(bytes)) : std::nullopt;
}

std::optional<std::vector<Blob>> read_table(const Slice& wim, const Head& head) {
  std::optional<std::string> bytes = read_table_bytes(wim, head);
  if (!bytes) return std::nullopt;
  std::uint64_t file = wim.size();
  std::vector<Blob> blobs;
  for (std::size_t at = 0; at < bytes->size(); at += kEntrySize) {
    blobs.push_back(get_blob(std::string_view(*bytes).substr(at, kEntrySize)));
    bool solid = (blobs.back().resource.flags & Resource::kSolid) != 0;
    if (!solid && !is_inside(blobs.back().resource, file)) return std::nullopt;
  }
  return blobs;
}

// The table: u32 its size, u32 count, u32 bytes per digest, the digests; over all from the header
// to the end of the table of contents.
Integrity check_integrity(const Slice& wim, const Head& head) {
  const Resource& table = head.integrity;
  std::uint64_t file = wim.size();
  if (table.offset == 0 && table.stored == 0) return Integrity::none;
  if (!is_inside(table, file) || table.stored < 12 || !is_inside(head.table, file) ||
      head.table.offset < kHeadSize || table.stored > (1u << 20)) {
    return Integrity::bad;
  }
  std::string bytes = read_part(wim, table.offset, table.stored);
  if (bytes.size() != table.stored) return Integrity::bad;
  std::uint64_t count = get(bytes, 4, 4), chunk = get(bytes, 8, 4);
  std::uint64_t end = head.table.offset + head.table.stored;
  if (chunk == 0 || get(bytes, 0, 4) != bytes.size() || 12 + 20 * count != bytes.size() ||
      count != (end - kHeadSize + chunk - 1) / chunk) {
    return Integrity::bad;
  }
  Fd fd = open_quietly(wim.file);
  for (std::uint64_t i = 0; i < count; ++i) {
    std::uint64_t start = kHeadSize + i * chunk;
    Sha1 sha1 = sha1_of(wim, fd.get(), start, std::min(start + chunk, end));
    if (std::memcmp(sha1.data(), bytes.data() + 12 + 20 * i, sha1.size()) != 0) {
      return Integrity::bad;
    }
  }
  return Integrity::good;
}

ResourceWim make_resource_wim(const Head& like, std::vector<Blob> blobs, std::uint64_t content) {
  ResourceWim wim;
  std::string table(blobs.size() * kEntrySize, '\0');
  for (std::size_t i = 0; i < blobs.size(); ++i) {
    std::span<char> entry(table.data() + i * kEntrySize, kEntrySize);
    blobs[i].resource.offset += kHeadSize;
    put_resource(entry, 0, blobs[i].resource);
    put(entry, 24, 1, 2);
    put(entry, 26, blobs[i].references, 4);
    std::memcpy(entry.data() + 30, blobs[i].sha1.data(), blobs[i].sha1.size());
  }
  std::string xml = "\xff\xfe";
  for (char c : std::string_view("<WIM></WIM>")) xml += {c, '\0'};
  wim.tail = table + xml;

  wim.head.assign(kHeadSize, '\0');
  std::copy(kMagic.begin(), kMagic.end(), wim.head.begin());
  put(wim.head, 8, kHeadSize, 4);
  put(wim.head, 12, like.version, 4);
  put(wim.head, 16, like.flags & kTypes, 4);
  put(wim.head, 20, like.chunk_size, 4);
  put(wim.head, 40, 1, 2);
  put(wim.head, 42, 1, 2);
  std::uint64_t end = kHeadSize + content;
  put_resource(wim.head, 48, {end, table.size(), table.size(), Resource::kMetadata});
  put_resource(wim.head, 72, {end + table.size(), xml.size(), xml.size(), Resource::kMetadata});
  return wim;
}

void mark_stored(std::span<char> table, std::set<Sha1>& stored) {
  for_each_entry(table, [&](std::span<char> entry) {
    Blob blob = get_blob({entry.data(), entry.size()});
    if (!is_stored(blob.resource) || (blob.resource.flags & Resource::kCompressed) != 0) return;
    put(entry, 7, blob.resource.flags | Resource::kCompressed, 1);
    stored.insert(blob.sha1);
  });
}

void unmark_stored(std::span<char> table, const std::set<Sha1>& stored) {
  for_each_entry(table, [&](std::span<char> entry) {
    Blob blob = get_blob({entry.data(), entry.size()});
    if (!is_stored(blob.resource) || !stored.contains(blob.sha1)) return;
    put(entry, 7, blob.resource.flags & ~Resource::kCompressed, 1);
  });
}

Slice part_of(const Slice& whole, std::uint64_t offset, std::uint64_t length) {
  Slice part{whole.file, {}};
  for (const Extent& e : whole.extents) {
    if (length == 0) break;
    if (offset >= e.length) {
      offset -= e.length;
      continue;
    }
    std::uint64_t n = std::min(length, e.length - offset);
    part.extents.push_back({e.hole ? e.offset : e.offset + offset, n, e.hole});
    length -= n;
    offset = 0;
  }
  if (length != 0) fail("'{}' is truncated", whole.file.string());
  return part;
}

}  // namespace remedia::wim
