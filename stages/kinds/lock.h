// recipes/NAME.lock: what the inputs of a recipe were when somebody looked at them. Where it is
// there, a build holds what it reads against it, so that a recipe in git says all that goes in.
#pragma once

#include "graph/build.h"

#include <string>
#include <vector>

namespace remedia::kinds {

/// `remedia lock`: writes the lock files of the recipes anew, of the words in `only` or (if empty)
/// of all. `text` becomes what changed, for people. Returns the exit status of ninja, which lists
/// the inputs; if it is not 0, nothing is written. Throws Failure.
int write_locks(const graph::BuildRequest& request, const std::vector<std::string>& only,
                const graph::Print& print, std::string& text);

}  // namespace remedia::kinds
