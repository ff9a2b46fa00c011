// What a program says of its debugging information: which PDB belongs to it, and whether its
// timestamp is a date at all.
//
// Facts: "PE Format" of Microsoft's documentation (debug directory), and programs that clang and
// lld-link made, compared with llvm-readobj and llvm-pdbutil. An entry of the directory has 28
// bytes. Of type 2 (CodeView) are "RSDS", a GUID, an age and the path of the PDB where it was
// linked; of type 16 (REPRO) is what linkers leave that make the same bytes each time, and then the
// timestamp in the header is a hash. Portable PDBs, which only .NET knows, have 0x504D as the minor
// version of their entry (PE-COFF.md of the .NET runtime).
#pragma once

#include "formats/pe.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace remedia::pe {

struct CodeView {
  std::string pdb;  ///< its name: UTF-8 that Windows can hold, ends in .pdb in some case
  std::string id;   ///< as symbol stores have it: symbol_key()
};

/// Which PDB belongs to a program; nothing if it names none. Throws Failure: a damaged directory, a
/// PDB of another kind (NB10, as Visual C++ 6 wrote it; portable), a name that is no name of a PDB.
std::optional<CodeView> code_view(const Image& image);

/// Whether the linker made it reproducible, so that its timestamp is no date. Throws Failure if its
/// debug directory is damaged.
bool is_reproducible(const Image& image);

/// The folder of a symbol store for `guid` (16 bytes as they stand in the file) and `age`: 32
/// digits in capitals, then the age without leading zeros, in small letters (symstore of the
/// Debugging Tools).
std::string symbol_key(std::string_view guid, std::uint32_t age);

}  // namespace remedia::pe
