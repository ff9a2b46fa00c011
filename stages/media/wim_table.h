// Header and table of contents of a WIM file, read from its bytes: what libwim knows about a WIM
// and does not tell. The layout is that of Microsoft's white paper on the WIM format.
#pragma once

#include "support/file.h"

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

struct evp_md_ctx_st;  // EVP_MD_CTX of OpenSSL

namespace remedia::wim {

using Sha1 = std::array<std::uint8_t, 20>;

/// 40 hex digits, lower case; "" for all zeros, which stands for "no content".
std::string hex(const Sha1& sha1);

/// The inverse; throws Failure if it is not 40 hex digits.
Sha1 parse_sha1(std::string_view text);

/// SHA-1 of what comes in pieces, by OpenSSL.
class Digest {
 public:
  Digest();  ///< throws Failure if OpenSSL has no SHA-1
  void update(std::string_view bytes);
  Sha1 finish();

 private:
  struct Free {
    void operator()(evp_md_ctx_st* context) const;
  };
  std::unique_ptr<evp_md_ctx_st, Free> context_;
};

/// SHA-1 of the content, by OpenSSL.
Sha1 sha1_of(const Slice& content);
Sha1 sha1_of(std::string_view bytes);

/// Where bytes lie in a WIM.
struct Resource {
  static constexpr std::uint8_t kMetadata = 2, kCompressed = 4, kSpanned = 8, kSolid = 16;

  std::uint64_t offset = 0;
  std::uint64_t stored = 0;  ///< bytes in the file
  std::uint64_t size = 0;    ///< bytes of content
  std::uint8_t flags = 0;
};

struct Blob {
  Sha1 sha1 = {};
  Resource resource;
  std::uint32_t references = 0;
};

struct Head {
  std::uint32_t version = 0;
  std::uint32_t flags = 0;
  std::uint32_t chunk_size = 0;
  std::array<std::uint8_t, 16> guid = {};
  unsigned part = 0;
  unsigned parts = 0;
  std::uint32_t images = 0;
  Resource table;
  Resource integrity;

  /// LZX or XPRESS in chunks of 32 KiB, nothing solid: what the boot manager reads.
  bool compressed_for_boot() const;
  bool lzx() const;
  /// Whether compressed resources of the one are such of the other.
  bool stores_like(const Head& other) const {
    return flags_of_type() == other.flags_of_type() && chunk_size == other.chunk_size;
  }

 private:
  std::uint32_t flags_of_type() const;
};

/// Nothing if the bytes are not those of a WIM. Throws Failure if they cannot be read.
std::optional<Head> read_head(const Slice& wim);

/// The table, which must lie uncompressed as libwim and Microsoft write it; nothing if it does not,
/// or points out of the file. Throws Failure if it cannot be read.
std::optional<std::string> read_table_bytes(const Slice& wim, const Head& head);
/// The same, read: nothing also if a resource points out of the file.
std::optional<std::vector<Blob>> read_table(const Slice& wim, const Head& head);

/// Whether the bytes are those over which the integrity table (SHA-1 of every 10 MB) was made:
/// `none` without such a table. Throws Failure if they cannot be read.
enum class Integrity { none, good, bad };
Integrity check_integrity(const Slice& wim, const Head& head);

/// A WIM without images that has these blobs, and says that each is used by no image. `content`
/// has their bytes, and each resource's offset counts in it. `like` gives the compression.
struct ResourceWim {
  std::string head;
  std::string tail;
};
ResourceWim make_resource_wim(const Head& like, std::vector<Blob> blobs, std::uint64_t content);

/// libwim copies compressed data raw, but data that was stored as it is (since it does not shrink)
/// it takes for something that has to be compressed yet: it does so, finds again that nothing is
/// gained, and stores it: 5 CPU seconds for 400 MB. Its can_raw_copy() looks for one flag, of the
/// resource, and no option of the API overrides it (1.13.6). So libwim is shown a table in which
/// such data is marked as compressed, copies it raw too, and the mark is taken back in the table
/// that it writes. `stored` says whose mark: blobs whose size in the file is that of the content.
///
/// Marks them in the bytes of a table, and adds them to `stored`.
void mark_stored(std::span<char> table, std::set<Sha1>& stored);
/// Takes the marks back. Throws Failure if the bytes are not a table.
void unmark_stored(std::span<char> table, const std::set<Sha1>& stored);

/// The part of `whole` from `offset` on; throws Failure if it has no such part.
Slice part_of(const Slice& whole, std::uint64_t offset, std::uint64_t length);

}  // namespace remedia::wim
