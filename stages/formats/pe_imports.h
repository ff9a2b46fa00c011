// What a PE file asks for before it runs: the libraries it imports and the .NET runtime.
//
// Facts: "PE Format" of Microsoft's documentation (import directory, delay-load directory, CLR
// header) and ECMA-335 II.25.3.3 (the flags of the CLR header). Where the loader looks less closely
// than the document asks for, this reader does as the loader: it takes the address of a directory,
// not its size, and a list ends where a descriptor has no name or no address table. Bound imports
// name nothing that the import directory does not name as well, and are not read. Compared with
// llvm-readobj on the programs of MinGW and Wine.
#pragma once

#include "formats/pe.h"

#include <string>
#include <vector>

namespace remedia::pe {

constexpr std::size_t kImports = 1;  ///< index of the directory
constexpr std::size_t kDelayedImports = 13;
constexpr std::size_t kClrHeader = 14;

struct Imports {
  std::vector<std::string> loaded;   ///< by the loader, before the program runs
  std::vector<std::string> delayed;  ///< by the program, when it first calls into one
  bool managed = false;              ///< .NET: it has a CLR header
  /// .NET code alone, for any machine: its headers say x86, and 64-bit Windows still runs it.
  bool any_cpu = false;
};

/// Names as they stand in the file, in its order; each is printable ASCII and has no folder. Throws
/// Failure if a list, a name or the CLR header is damaged.
Imports read_imports(const Image& image);

}  // namespace remedia::pe
