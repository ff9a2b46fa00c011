// What each word of the recipe language accepts, as data.
//
// One table, four uses: it validates recipes, it is `remedia help`, it is recipes/remedia.d.lua for
// editors, and it names the fields of the manifest. So they cannot disagree.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace remedia::recipe {

enum class Type {
  text,     ///< any string, at most `max` bytes, no control characters
  script,   ///< a text of several lines
  name,     ///< [a-z0-9-]+: names files and targets
  integer,  ///< between `min` and `max`
  boolean,
  choice,  ///< one of `words`
  image,   ///< a positive integer or a text
  path,    ///< a path by the rules of paths.h, or a table of them by architecture
  value,   ///< what one of the constructors in `words` returned
  date,    ///< "YYYY-MM-DD"
  roots,   ///< a table of folders by name
};

struct Field {
  std::string_view name;
  Type type = Type::text;
  std::string_view help;
  bool required = false;
  bool list = false;                         ///< also takes lists, nested ones are flattened
  std::vector<std::string_view> words = {};  ///< choices, or constructors
  std::string_view fallback = {};  ///< the default; for `value` and `path`: what absence means
  std::int64_t min = 0;
  std::int64_t max = 200;
  std::string_view folder = {};  ///< path: where bare names are looked up (`overlays`)
  bool may_be_empty = false;     ///< text: "" is a value
};

/// What a constructor returns: an artifact may be returned by a recipe, a stage too if it is a wim,
/// a description becomes a stage when a wim uses it, a setting is read by the evaluation itself.
enum class Role { artifact, image, stage, description, setting };

struct Schema {
  std::string_view word;
  Role role = Role::stage;
  std::string_view help;  ///< the first line is a summary
  std::vector<Field> fields;
  std::string_view positional = {};  ///< the field that items without a name belong to
  /// A string where this value is expected stands for `word { string }`.
  bool from_string = false;
  /// A table with named fields where this value is expected stands for `word { ... }`.
  bool from_table = false;

  const Field* find(std::string_view field) const;
  std::vector<std::string> field_names() const;
};

/// A function that recipes can call beside the constructors, for help and remedia.d.lua.
struct Helper {
  std::string_view word;
  std::string_view signature;  ///< as EmmyLua writes it
  std::string_view help;
};
std::span<const Helper> helpers();

/// `remedia help`: all words, one line each.
std::string help_overview(std::span<const Schema* const> schemas);
/// `remedia help WORD`; empty if there is no such word.
std::string help_topic(std::string_view word, std::span<const Schema* const> schemas);
/// The definition file for the Lua language server.
std::string editor_definitions(std::span<const Schema* const> schemas);

}  // namespace remedia::recipe
