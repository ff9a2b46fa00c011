// API sets: names such as api-ms-win-core-file-l1-2-0.dll, behind which the loader puts a library.
//
// The table is the section .apiset of System32\apisetschema.dll. Windows 10 and 11 have its version
// 6. All numbers are little-endian, all offsets count from the start of the section, names are
// UTF-16LE without ".dll" and without a terminator, lengths are in bytes:
//
//   head, 28 bytes     version, size, flags, count, offset of entries, of hashes, hash factor
//   entry, 24 bytes    flags, offset and length of the name, hashed length, offset of values, count
//   value, 20 bytes    flags, offset and length of an importing library's name, of the host's name
//   hash, 8 bytes      hash of the hashed part of a name, index of its entry; sorted by hash
//
// The loader cuts an imported name at its last '-' (with it goes ".dll") and compares the rest with
// the hashed part, in any case: the last number, of the revision, does not count. The value whose
// importing library is the one that asks is taken, else the first. No value, or one with an empty
// host, means that this Windows does not have the set; an import of it fails. A name that the table
// does not have is the name of a file like any other. Versions 2 to 4, of Windows 7 to 8.1, have
// other layouts, which are not read here.
//
// Sources: G. Chappell, "The API Set Schema" (geoffchappell.com); L. Georges, "Api set resolution"
// (lucasg.github.io, 2017); Microsoft, "Windows API sets" and "Detect API set availability".
// Compared with the apisetschema.dll of Wine 8, which has this layout, though made by others. Not
// compared with a genuine file of Windows: how many hosts it leaves empty, sizes, limits.
#pragma once

#include "formats/pe.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace remedia::api_set {

constexpr std::uint32_t kVersion = 6;  ///< the one that is understood

/// Whether the loader looks for a library of this name in the table first: api-* and ext-*.
bool is_name(std::string_view library);

class Schema {
 public:
  /// Of a file apisetschema.dll. Throws Failure if it has no such section, or a damaged one.
  explicit Schema(const pe::Image& image);
  /// `section` is its content; `shown` names the file in messages.
  Schema(std::string_view section, std::string_view shown);

  /// If it is not kVersion, nothing else is known.
  std::uint32_t version() const { return version_; }
  std::size_t size() const { return sets_.size(); }

  /// The library that `importer` gets for `library`, as the table spells it, empty if this Windows
  /// does not have the set; nothing if the table has no such name.
  std::optional<std::string> host(std::string_view library, std::string_view importer) const;

 private:
  struct Value {
    std::string importer;  // folded; empty: any
    std::string host;
  };
  class Reader;

  void read(std::string_view section, std::string_view shown);

  std::uint32_t version_ = 0;
  std::map<std::string, std::vector<Value>> sets_;  // by the folded part that is hashed
};

}  // namespace remedia::api_set
