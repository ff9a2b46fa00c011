// The fields of NAME.manifest.json, for `remedia help manifest` and the test that compares them
// with a real manifest.
#pragma once

#include <span>
#include <string_view>

namespace remedia::kinds {

struct ManifestField {
  std::string_view path;  ///< dots between names; lists are not written
  std::string_view help;
};
std::span<const ManifestField> manifest_fields();

}  // namespace remedia::kinds
