// What recipes/project.lua says of inputs that `remedia fetch` can bring.
#pragma once

#include "recipe/paths.h"
#include "recipe/value.h"

#include <string>
#include <vector>

namespace remedia::recipe {

struct Download {
  Path path;  ///< always under a root
  std::string url;
  Location where = {};  ///< of the path
};

/// The downloads that `nodes` (values of `download`) describe, in their order. Throws Failure with
/// all errors: a path that is not under a root or that another download has, an address that is not
/// http or https or that holds a password.
std::vector<Download> resolve_downloads(const std::vector<NodeRef>& nodes,
                                        const std::filesystem::path& root, const Roots& roots);

}  // namespace remedia::recipe
