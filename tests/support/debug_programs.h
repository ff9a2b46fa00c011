// Programs with their PDBs, for tests: made by clang and lld-link, as a vendor's are.
#pragma once

#include "support/file.h"

#include <string>

namespace remedia::debug_programs {

struct Program {
  std::string name = "ntoskrnl.exe";
  std::string pdb = "ntkrnlmp.pdb";
  std::string arch = "amd64";  ///< amd64, arm64 or x86
  int number = 0;              ///< another one gives another GUID
  bool reproducible = true;
};

struct Pair {
  Program made_from;
  std::string program;  ///< bytes
  std::string pdb;
  std::string key;  ///< that the program asks for

  /// "ntkrnlmp.pdb/KEY/ntkrnlmp.pdb"
  std::string path() const;
  /// "ntkrnlmp.pdb,KEY,1", as symchk has it.
  std::string line() const;
  /// The PDB as a .pd_.
  std::string packed() const;
};

Pair make(const Program& program = {});

}  // namespace remedia::debug_programs
