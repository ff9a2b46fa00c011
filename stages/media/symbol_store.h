// Symbol stores as symstore and symsrv of the Debugging Tools keep them, and what symchk writes.
//
// Facts: Microsoft's documentation of SymStore and SymChk, and its sources of symstore's client. A
// PDB lies in ROOT/name.pdb/KEY/name.pdb, or, if ROOT holds index2.txt, below a further folder with
// the first two letters of the name. Compressed, it is a cabinet (or a zip) with that one file, and
// its name ends in an underscore. In its place may lie file.ptr or refs.ptr, with the path of
// another store. Case does not count.
#pragma once

#include "support/pack.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace remedia::symbols {

/// What a program asks for.
struct Id {
  std::string pdb;  ///< its name
  std::string key;  ///< pe::symbol_key()

  auto operator<=>(const Id&) const = default;
};

/// Of a file that is a PDB by its name.
struct FileName {
  std::string pdb;      ///< unpacked
  bool packed = false;  ///< .pd_
};
std::optional<FileName> file_name(std::string_view name);

/// 32 digits in capitals and an age in small letters if `text` is that, in any case; else "".
std::string normal_key(std::string_view text);

/// The PDB whose folder ".../name.pdb/KEY/x" the file `path` lies in; nothing if it is another one.
std::optional<Id> claimed(std::string_view path);

/// A line of symchk's manifests, "name.pdb,KEY,1", or "name.pdb KEY". Nothing for empty lines and
/// those of symchk that ask for another kind of file. Throws Failure for everything else.
std::optional<Id> parse_request(std::string_view line);

/// What `symchk /im` reads: sorted, a line for each.
std::string write_requests(std::vector<Id> ids);

/// How many bytes a .pd_ says that it unpacks to. Throws Failure if it is damaged or has not
/// exactly one file.
std::uint64_t packed_size(const fs::path& file, const std::string& shown);

/// Unpacks a .pd_ to the file `to`, where the result lies. Throws Failure as packed_size() does,
/// and if the content is damaged.
Slice unpack(const fs::path& file, const std::string& shown, const fs::path& to);

}  // namespace remedia::symbols
