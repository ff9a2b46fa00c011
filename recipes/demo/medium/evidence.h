// What stands for the files that a team downloads for its evidence kit: a package of malware
// definitions, the Debugging Tools, and a symbol store with the PDB of the stand-in medium's
// kernel. As everything of the medium it looks to Remedia like Microsoft's and holds nothing of
// theirs.
#pragma once

#include "support/file.h"

#include <cstdint>
#include <string>

namespace remedia::medium {

struct EvidenceOptions {
  std::string arch = "amd64";
  std::string kernel = "10.0.26100.1742";  ///< version of the kernel whose PDB is wanted
  std::string engine = "1.1.26090.3";
  std::string definitions_base = "1.403.0.0";
  std::string definitions = "1.403.55.0";       ///< version of the newest signatures
  std::uint32_t definitions_date = 1793491200;  ///< seconds since 1970: 2026-11-01
  std::string debuggers = "10.0.26100.1";
};

/// Writes mpam-stand-in.exe, debuggers-stand-in/ and symbols-stand-in/ under `folder`; whatever lay
/// in these two folders is removed. Nothing is signed.
void write_evidence(const EvidenceOptions& options, const fs::path& folder);

}  // namespace remedia::medium
