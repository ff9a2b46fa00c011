#include "recipe/paths.h"

#include "support/diagnostic.h"
#include "support/file.h"
#include "support/utf8.h"

#include <vector>

namespace remedia::recipe {

namespace {

[[noreturn]] void refuse(std::string message, std::string hint) {
  throw Failure(Diagnostic{.message = std::move(message), .hint = std::move(hint)});
}

bool climbs_out(const fs::path& relative) {
  fs::path normal = relative.lexically_normal();
  return normal.is_absolute() || (!normal.empty() && *normal.begin() == "..");
}

Path below(std::string_view written, const fs::path& base, const fs::path& rest,
           std::string_view base_in_words) {
  if (climbs_out(rest)) {
    refuse(fmt::format("path '{}' climbs out of {}", written, base_in_words),
           "declare a root in recipes/project.lua and write '@name/...'");
  }
  fs::path absolute = (base / rest).lexically_normal();
  // "common/" and "." end in a slash, but mean what the name without it means.
  if (!absolute.has_filename()) absolute = absolute.parent_path();
  return {std::string(written), absolute};
}

Path under_root(std::string_view written, const Roots& roots) {
  std::size_t slash = written.find('/');
  std::string name(written.substr(1, slash == std::string_view::npos ? slash : slash - 1));
  auto found = roots.folders.find(name);
  if (found == roots.folders.end()) {
    std::vector<std::string> known;
    for (const auto& [root, folder] : roots.folders) known.push_back(root);
    std::string hint = did_you_mean(name, known);
    if (hint.empty()) {
      hint = fmt::format(
          "declare it: project {{ roots = {{ {} = \"...\" }} }} in "
          "recipes/project.lua, or -D root.{}=FOLDER",
          name, name);
    }
    refuse(fmt::format("no root '@{}' is declared", name), hint);
  }
  roots.used.insert(name);
  std::string_view rest = slash == std::string_view::npos ? "" : written.substr(slash + 1);
  return below(written, found->second, fs::path(rest), "its root");
}

}  // namespace

fs::path canonical_file(const fs::path& file) {
  fs::path whole = fs::absolute(file);
  std::error_code error;
  fs::path folder = fs::weakly_canonical(whole.parent_path(), error);
  return error ? whole.lexically_normal() : folder / whole.filename();
}

fs::path project_root(const fs::path& recipe) {
  fs::path start = canonical_file(recipe).parent_path();
  for (fs::path folder = start;; folder = folder.parent_path()) {
    std::error_code ignored;
    if (fs::is_directory(folder / "recipes", ignored)) return folder;
    if (folder == folder.parent_path()) return start;
  }
}

Path resolve_path(std::string_view written, const fs::path& root, const fs::path& recipe_folder,
                  const Roots& roots, std::string_view bare_folder) {
  if (written.empty()) refuse("a path must not be empty", "");
  if (!is_utf8(written))
    refuse("a path must be valid UTF-8", "rename the file or folder (see `convmv`)");
  if (written.find('\0') != std::string_view::npos ||
      written.find('\n') != std::string_view::npos) {
    refuse("a path must not hold NUL or line breaks", "");
  }
  if (written[0] == '/') {
    refuse(fmt::format("absolute path '{}': a recipe must build on every machine", written),
           "declare a root: project { roots = { media = \"/srv/media\" } } in recipes/project.lua, "
           "and write '@media/...'");
  }
  if (written[0] == '@') return under_root(written, roots);
  if (written == "." || written.starts_with("./") || written.starts_with("../")) {
    // The shipped library lies outside of the project, and brings files of its own.
    if (!lies_in(recipe_folder, root))
      return below(written, recipe_folder, fs::path(written), "the shipped library");
    fs::path from_root = recipe_folder.lexically_relative(root) / fs::path(written);
    Path path = below(written, root, from_root, "the project");
    return path;
  }
  bool bare = !bare_folder.empty();
  return below(written, bare ? root / bare_folder : root, fs::path(written),
               bare ? fmt::format("{}/", bare_folder) : "the project");
}

std::string shown_path(const fs::path& file, const fs::path& root) {
  return lies_in(file, root) ? file.lexically_relative(root).string() : file.string();
}

}  // namespace remedia::recipe
