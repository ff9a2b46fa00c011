// Manifests as others hand them to us: found, read, and checked before anything relies on them.
#pragma once

#include "support/file.h"

#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

namespace remedia::kinds {

struct Manifest {
  std::string file;        ///< as people named it, or as it was found in the folder they named
  nlohmann::json content;  ///< has every field that comparing needs, each of its type
};

/// `path` is a manifest, or a folder that holds exactly one. At most 64 MiB are read. Throws
/// Failure with the file and the field.
Manifest read_manifest(const fs::path& path);

/// The same from a text; `file` is for messages. Fields that are not known here are kept.
Manifest parse_manifest(const std::string& text, const std::string& file);

/// `text` on one line and without what steers a terminal or turns the direction of writing; such
/// characters become \u001b and the like.
std::string printable(std::string_view text);

}  // namespace remedia::kinds
