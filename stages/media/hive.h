// Registry hives (regf files), through libhivex.
//
// libhivex edits hives but makes none: the empty one it starts from is ours (base block, one bin,
// root key, security descriptor).
#pragma once

#include "formats/registry.h"
#include "support/file.h"

#include <string>

namespace remedia::hive {

struct WriteOptions {
  std::uint32_t minor_version = 3;  ///< regf 1.x: 3 for BCD stores, 5 for SYSTEM and SOFTWARE
  std::string file_name;  ///< name in the base block, e.g. `\Boot\BCD`; its last 31 characters
};

/// The bytes of a hive with this content. The same keys give the same bytes: key order is by
/// upper-cased name as Windows sorts it, every time stamp is zero. Throws Failure on what libhivex
/// would write wrongly: key names that are not ASCII, values of more than 16,344 bytes.
std::string write(const RegistryKey& root, const WriteOptions& options = {});

/// Everything in a hive file. Throws Failure if it is no hive, is damaged, or is dirty (its two
/// sequence numbers differ: its log was never applied, and libhivex would not apply it).
RegistryKey read(const fs::path& file);

}  // namespace remedia::hive
