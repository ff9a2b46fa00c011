// SHA-256, of bytes, slices and files, and a cache of what was found out about files before.
#pragma once

#include "support/file.h"

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

namespace remedia {

/// Incremental SHA-256 (OpenSSL). Text is lower-case hex, 64 characters.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;
  Sha256& update(std::string_view bytes);
  std::array<std::uint8_t, 32> bytes();
  std::string hex();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

std::string sha256(std::string_view bytes);
std::string sha256(const Slice& slice);

/// 16 bytes that name something by what it is made of: GUIDs, serials and volume ids are these,
/// never random and never from a path, so that equal inputs give equal bits. Bits 6 to 8 of RFC
/// 4122 are set (version 8, "custom").
std::array<std::uint8_t, 16> derived_guid(std::string_view what);
/// Where the bytes of a GUID stand in its text: in memory its first three fields are little-endian.
inline constexpr std::size_t kGuidTextOrder[] = {3, 2, 1,  0,  5,  4,  7,  6,
                                                 8, 9, 10, 11, 12, 13, 14, 15};
/// "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx", lower case.
std::string guid_text(const std::array<std::uint8_t, 16>& guid);

/// Digests of whole files by (device, inode, size, mtime, ctime), kept beside an output. Losing the
/// file costs time only. A file changed within the last moments before it was hashed is not
/// remembered, since a further change could leave all five equal.
/// Of one file, one kind of value is kept: either its SHA-256, or what value_of() was told.
class DigestCache {
 public:
  explicit DigestCache(fs::path store);  ///< a missing or damaged store is an empty one
  ~DigestCache();                        ///< writes the store if it changed; errors are ignored
  DigestCache(const DigestCache&) = delete;
  DigestCache& operator=(const DigestCache&) = delete;

  std::string sha256_of(const fs::path& file);
  /// What `find_out` says of the file, one word that depends on its content alone.
  std::string value_of(const fs::path& file, const std::function<std::string()>& find_out);

 private:
  fs::path store_;
  std::map<std::string, std::string> known_;
  std::map<std::string, std::string> used_;
};

}  // namespace remedia
