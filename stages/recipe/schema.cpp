#include "recipe/schema.h"

#include <algorithm>

#include <fmt/format.h>

namespace remedia::recipe {

namespace {

constexpr Helper kHelpers[] = {
    {"include", "fun(path: string): any",
     "The value that another Lua file returns. \"remedia/...\" is the shipped library; any other "
     "path is a file of the project. A file is evaluated once; what it returns is frozen."},
    {"extend", "fun(base: any, changes: table): any",
     "A copy of a table or of a constructed value with some fields replaced."},
    {"param", "fun(fields: { [1]: string, default?: string, values?: string[] }): string",
     "A value from outside, given with -D NAME=VALUE and recorded in the manifest. Without a "
     "default it must be given."},
    {"data", "fun(path: string): any",
     "A .json file as a table, any other file as a list of its lines. Tracked like a recipe."},
};

std::string joined(const std::vector<std::string_view>& words, std::string_view separator) {
  return fmt::format("{}", fmt::join(words, separator));
}

std::string quoted(const std::vector<std::string_view>& words) {
  std::string out;
  for (std::string_view word : words) out += fmt::format("{}\"{}\"", out.empty() ? "" : ", ", word);
  return out;
}

// The type as a person reads it in help.
std::string type_in_words(const Field& field) {
  switch (field.type) {
    case Type::text:
      return "text";
    case Type::script:
      return "text of several lines";
    case Type::name:
      return "name (a-z, 0-9, -)";
    case Type::integer:
      return field.max == INT64_MAX ? fmt::format("integer from {}", field.min)
                                    : fmt::format("integer, {} to {}", field.min, field.max);
    case Type::boolean:
      return "true or false";
    case Type::choice:
      return "one of " + quoted(field.words);
    case Type::image:
      return "index or text";
    case Type::path:
      return "path";
    case Type::value:
      return joined(field.words, " or ");
    case Type::date:
      return "date (YYYY-MM-DD)";
    case Type::roots:
      return "table of folders by name";
  }
  return {};
}

std::string class_name(std::string_view word) {
  std::string name = "remedia.";
  name += static_cast<char>(word[0] - 'a' + 'A');
  return name += word.substr(1);
}

// The type as the Lua language server reads it.
std::string type_in_luals(const Field& field, std::span<const Schema* const> schemas) {
  std::string type;
  bool from_string = false;
  switch (field.type) {
    case Type::text:
    case Type::script:
    case Type::name:
    case Type::date:
      type = "string";
      break;
    case Type::integer:
      type = "integer";
      break;
    case Type::boolean:
      type = "boolean";
      break;
    case Type::image:
      type = "integer|string";
      break;
    case Type::path:
      type = "remedia.Path";
      break;
    case Type::roots:
      type = "table<string, string>";
      break;
    case Type::choice:
      for (std::string_view word : field.words) {
        type += fmt::format("{}\"{}\"", type.empty() ? "" : "|", word);
      }
      break;
    case Type::value:
      for (std::string_view word : field.words) {
        type += (type.empty() ? "" : "|") + class_name(word);
        for (const Schema* schema : schemas) {
          if (schema->word == word && schema->from_string) from_string = true;
        }
      }
      if (from_string) type += "|string";
      break;
  }
  return field.list ? fmt::format("{0}|({0})[]", type) : type;
}

std::string_view first_line(std::string_view text) { return text.substr(0, text.find('\n')); }

// Breaks at spaces, so that no line of help passes 100 columns.
std::string wrapped(std::string_view text, std::size_t indent) {
  std::string out;
  std::size_t column = 0;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t end = std::min(text.find_first_of(" \n", at), text.size());
    std::string_view word = text.substr(at, end - at);
    if (column > 0 && indent + column + 1 + word.size() > 100) {
      out += '\n' + std::string(indent, ' ');
      column = 0;
    } else if (column > 0) {
      out += ' ';
      ++column;
    }
    out += word;
    column += word.size();
    if (end < text.size() && text[end] == '\n') {
      out += '\n' + std::string(indent, ' ');
      column = 0;
    }
    at = end + 1;
  }
  return out;
}

std::string field_help(const Field& field, std::size_t width) {
  std::string facts = type_in_words(field);
  if (field.list) facts += ", or a list";
  if (field.required) facts += "; required";
  if (!field.fallback.empty()) facts += fmt::format("; default: {}", field.fallback);
  return fmt::format("  {:<{}}  {}\n  {:{}}  ({})\n", field.name, width,
                     wrapped(field.help, width + 4), "", width, facts);
}

}  // namespace

const Field* Schema::find(std::string_view field) const {
  auto found =
      std::find_if(fields.begin(), fields.end(), [&](const Field& f) { return f.name == field; });
  return found != fields.end() ? &*found : nullptr;
}

std::vector<std::string> Schema::field_names() const {
  std::vector<std::string> names;
  for (const Field& field : fields) names.emplace_back(field.name);
  return names;
}

std::span<const Helper> helpers() { return kHelpers; }

std::string help_overview(std::span<const Schema* const> schemas) {
  std::string out = "Constructors (remedia help WORD shows the fields):\n";
  for (const Schema* schema : schemas) {
    out += fmt::format("  {:<10} {}\n", schema->word, first_line(schema->help));
  }
  out += "\nHelpers:\n";
  for (const Helper& helper : kHelpers) {
    out += fmt::format("  {:<10} {}\n", helper.word, wrapped(helper.help, 13));
  }
  return out;
}

std::string help_topic(std::string_view word, std::span<const Schema* const> schemas) {
  for (const Helper& helper : kHelpers) {
    if (helper.word == word) return fmt::format("{}\n\n{}\n", helper.word, wrapped(helper.help, 0));
  }
  for (const Schema* schema : schemas) {
    if (schema->word != word) continue;
    std::size_t width = 0;
    for (const Field& field : schema->fields) width = std::max(width, field.name.size());
    std::string out = fmt::format("{} {{ ... }}\n\n{}\n\n", word, wrapped(schema->help, 0));
    for (const Field& field : schema->fields) out += field_help(field, width);
    return out;
  }
  return {};
}

std::string editor_definitions(std::span<const Schema* const> schemas) {
  std::string out =
      "---@meta\n"
      "-- Generated by `remedia help --luals` from the schema that validates recipes.\n\n"
      "---A path by the rules of the README, or one per architecture.\n"
      "---@alias remedia.Path string|{ amd64?: string, arm64?: string, x86?: string }\n";
  for (const Schema* schema : schemas) {
    std::string name = class_name(schema->word);
    out += fmt::format("\n---@class (exact) {}\n", name);
    for (const Field& field : schema->fields) {
      if (field.name == schema->positional) {
        out += fmt::format("---@field [integer] {} {}\n", type_in_luals(field, schemas),
                           first_line(field.help));
      }
      bool optional = !field.required || field.name == schema->positional;
      out += fmt::format("---@field {}{} {} {}\n", field.name, optional ? "?" : "",
                         type_in_luals(field, schemas), first_line(field.help));
    }
    out += fmt::format("\n---{}\n---@param fields {}\n---@return {}\nfunction {}(fields) end\n",
                       first_line(schema->help), name, name, schema->word);
  }
  for (const Helper& helper : kHelpers) {
    out +=
        fmt::format("\n---{}\n---@type {}\n{} = nil\n", helper.help, helper.signature, helper.word);
  }
  return out;
}

}  // namespace remedia::recipe
