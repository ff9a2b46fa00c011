// A PDB that says which program it belongs to and nothing else: enough for a symbol store, and for
// a debugger to find it there.
//
// Facts: "The MSF File Format" and "The PDB File Format" of LLVM's documentation; `llvm-pdbutil
// dump -summary` reads it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace remedia::medium {

/// What a program and its PDB have in common.
struct Pdb {
  std::string name;  ///< of the file
  std::string guid;  ///< 16 bytes as both files have them
  std::uint32_t age = 1;
};

/// The record of type CodeView in the debug directory of the program.
std::string code_view_record(const Pdb& pdb);

/// The bytes of the file; `machine` as in the header of a PE file.
std::string pdb_file(const Pdb& pdb, std::uint16_t machine);

/// Where a symbol store of one tier has it: name/id/name.
std::string store_path(const Pdb& pdb);

}  // namespace remedia::medium
