// Evaluates one recipe: Lua text in, the values that describe its artifacts out.
#pragma once

#include "recipe/downloads.h"
#include "recipe/paths.h"
#include "recipe/schema.h"
#include "recipe/value.h"
#include "support/file.h"

#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

namespace remedia::recipe {

using Definitions = std::map<std::string, std::string>;  ///< -D NAME=VALUE

struct Request {
  fs::path recipe;
  Definitions definitions;
  fs::path library;  ///< the folder that holds the shipped library `remedia/`
};

struct Evaluation {
  std::string name;               ///< of the recipe: its file name without `.lua`
  Location where;                 ///< the recipe as a whole
  fs::path root;                  ///< of the project
  std::vector<NodeRef> products;  ///< what the recipe returned: artifacts and images
  std::vector<Diagnostic> warnings;
  std::set<fs::path> files_read;  ///< files and folders that the result depends on; all exist
  std::map<std::string, std::string> parameters;  ///< what `param` handed out
  std::set<std::string> definitions_used;
  std::set<std::string> roots;       ///< names that recipes/project.lua declares
  std::vector<Download> downloads;   ///< in the order of recipes/project.lua; each path once
  std::optional<std::string> as_of;  ///< the policy clock, "YYYY-MM-DD", if one was given
};

/// Throws Failure with every error that the recipe has, sorted by place.
Evaluation evaluate(const Request& request, std::span<const Schema* const> schemas);

/// Whether `date` is a day of the calendar as "YYYY-MM-DD".
bool is_date(std::string_view date);

}  // namespace remedia::recipe
