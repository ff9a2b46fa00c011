// How a path in a recipe is read.
//
//   @name/x    under a root that recipes/project.lua declares (or -D root.name=FOLDER)
//   ./x        beside the recipe
//   x          in a field that has a folder of its own (overlays): FOLDER/x of the project
//   a/b        from the project root
//
// The project root is the nearest folder above the recipe that holds `recipes/`, else the recipe's
// folder. Absolute paths and paths that climb out of their root are errors: a recipe that names
// them builds on one machine only.
#pragma once

#include "recipe/value.h"

#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <string_view>

namespace remedia::recipe {

struct Roots {
  std::map<std::string, std::filesystem::path> folders;
  mutable std::set<std::string> used;  ///< names that a path was resolved under
};

/// `file` with the links in its folder resolved, but not a link that it is itself: a recipe that is
/// linked into a project belongs to it.
std::filesystem::path canonical_file(const std::filesystem::path& file);

std::filesystem::path project_root(const std::filesystem::path& recipe);

/// Throws Failure without a place; the caller knows the field.
Path resolve_path(std::string_view written, const std::filesystem::path& root,
                  const std::filesystem::path& recipe_folder, const Roots& roots,
                  std::string_view bare_folder = {});

/// `file` relative to `root` if it lies below it, else as it is: how people are shown a file.
std::string shown_path(const std::filesystem::path& file, const std::filesystem::path& root);

}  // namespace remedia::recipe
