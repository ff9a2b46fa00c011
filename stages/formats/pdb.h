// Program databases (PDB): which program one belongs to.
//
// Facts: "The PDB File Format" and "The MSF File Format" of LLVM's documentation and the sources
// that Microsoft published (microsoft-pdb: msf.cpp); compared with llvm-pdbutil on what lld-link
// makes. A PDB is a file of streams in blocks (MSF 7.00). Stream 1 has its GUID, stream 3 (DBI) the
// age that a program has to name; the age in stream 1 may be another, after pdbstr. Programs match
// if GUID and age are equal, which is what debuggers compare.
#pragma once

#include "support/file.h"

#include <string>
#include <string_view>

namespace remedia::pdb {

/// The folder that it has in a symbol store: pe::symbol_key() of its own GUID and age. Reads some
/// twenty words, wherever they lie. Throws Failure with `shown` as its name: no PDB, one of another
/// kind (2.00 of Visual C++ 6, portable), damaged or cut off.
std::string read_id(const Slice& file, std::string_view shown);

}  // namespace remedia::pdb
