// What a manifest must look like to be compared, as a table, and the reader that holds it to that.
//
// A manifest may come from anywhere: an archive, a mail, another version of the program. The limits
// are far above what builds write (a stick with a hundred thousand files has some million values)
// and keep memory and the depth of recursion bounded.

#include "kinds/manifest_read.h"

#include "support/diagnostic.h"
#include "support/utf8.h"

#include <algorithm>
#include <vector>

namespace remedia::kinds {

namespace {

using nlohmann::json;

constexpr std::string_view kFormat = "remedia manifest 1";
constexpr std::string_view kSuffix = ".manifest.json";
constexpr std::uint64_t kMaxBytes = 64u << 20;
constexpr int kMaxDepth = 64;
constexpr std::size_t kMaxValues = 8'000'000;

enum class Shape { text, number, flag, object, objects };

struct Rule {
  std::string_view path;  // dots between names, as in manifest_fields()
  Shape shape;
  bool required = false;
};

// What compare() goes by. Everything else is compared whatever it is.
constexpr Rule kRules[] = {
    {"format", Shape::text, true},
    {"name", Shape::text, true},
    {"recipe", Shape::text, true},
    {"revision", Shape::text, true},
    {"clock", Shape::number, true},
    {"parameters", Shape::object, true},
    {"versions", Shape::object, true},
    {"artifacts", Shape::objects, true},
    {"artifacts.kind", Shape::text, true},
    {"artifacts.file", Shape::text, true},
    {"artifacts.size", Shape::number, true},
    {"artifacts.sha256", Shape::text, true},
    {"images", Shape::objects, true},
    {"images.name", Shape::text, true},
    {"images.base", Shape::object, true},
    {"images.base.packages", Shape::objects},
    {"images.base.packages.name", Shape::text, true},
    {"images.base.packages.version", Shape::text},
    {"images.base.packages.language", Shape::text},
    {"images.inputs", Shape::objects, true},
    {"images.inputs.path", Shape::text, true},
    {"images.inputs.size", Shape::number, true},
    {"images.inputs.sha256", Shape::text, true},
    {"images.files", Shape::objects, true},
    {"images.files.path", Shape::text, true},
    {"images.files.size", Shape::number, true},
    {"images.files.sha256", Shape::text, true},
    {"images.removed", Shape::objects},
    {"images.removed.path", Shape::text, true},
    {"images.removed.size", Shape::number},
    {"images.left_elsewhere", Shape::objects},
    {"images.left_elsewhere.path", Shape::text, true},
    {"images.left_elsewhere.removed", Shape::text},
    {"images.registry", Shape::objects},
    {"images.registry.hive", Shape::text, true},
    {"images.registry.key", Shape::text, true},
    {"images.registry.name", Shape::text, true},
    {"images.registry.action", Shape::text, true},
    {"images.drivers", Shape::objects},
    {"images.drivers.inf", Shape::text, true},
    {"images.drivers.version", Shape::text},
    {"images.drivers_left_out", Shape::objects},
    {"images.drivers_left_out.origin", Shape::text, true},
    {"images.drivers_left_out.outcome", Shape::text},
    {"images.drivers_left_out.why", Shape::text},
    {"images.definitions", Shape::objects},
    {"images.definitions.kind", Shape::text, true},
    {"images.definitions.package", Shape::text, true},
    {"images.definitions.signature_version", Shape::text, true},
    {"images.definitions.date", Shape::text},
    {"images.symbols", Shape::objects},
    {"images.symbols.pdb", Shape::text, true},
    {"images.symbols.id", Shape::text, true},
    {"images.symbols_missing", Shape::objects},
    {"images.symbols_missing.pdb", Shape::text, true},
    {"images.symbols_missing.id", Shape::text, true},
    {"images.serviceable", Shape::flag},
    {"images.back_doors", Shape::objects},
    {"images.back_doors.name", Shape::text, true},
    {"images.back_doors.open", Shape::flag, true},
    {"images.tier", Shape::object},
    {"images.tier.name", Shape::text, true},
    {"images.tier.expires", Shape::text},
    {"images.tier.remote", Shape::object},
    {"images.tier.tools", Shape::objects, true},
    {"images.tier.tools.id", Shape::text, true},
    {"images.tier.tools.title", Shape::text},
    {"images.tier.tools.risk", Shape::text},
    {"images.tier.forbidden", Shape::objects},
    {"images.tier.forbidden.pattern", Shape::text, true},
    {"images.tier.forbidden.found", Shape::number},
    {"volumes", Shape::objects, true},
    {"volumes.kind", Shape::text, true},
    {"volumes.file", Shape::text, true},
    {"volumes.files", Shape::objects, true},
    {"volumes.files.path", Shape::text, true},
    {"volumes.files.size", Shape::number, true},
    {"volumes.files.sha256", Shape::text, true},
    {"volumes.partitions", Shape::objects},
    {"volumes.partitions.files", Shape::objects},
    {"volumes.partitions.files.path", Shape::text, true},
    {"volumes.partitions.files.size", Shape::number, true},
    {"volumes.partitions.files.sha256", Shape::text, true},
    {"volumes.partitions.definitions", Shape::objects},
    {"volumes.partitions.definitions.kind", Shape::text, true},
    {"volumes.partitions.definitions.package", Shape::text, true},
    {"volumes.partitions.definitions.signature_version", Shape::text, true},
    {"volumes.partitions.symbols", Shape::objects},
    {"volumes.partitions.symbols.pdb", Shape::text, true},
    {"volumes.partitions.symbols.id", Shape::text, true},
    {"volumes.partitions.symbols_missing", Shape::objects},
    {"volumes.partitions.symbols_missing.pdb", Shape::text, true},
    {"volumes.partitions.symbols_missing.id", Shape::text, true},
};

[[noreturn]] void refuse(const std::string& file, const std::string& fact, std::string hint = {}) {
  throw Failure(Diagnostic{.message = fmt::format("'{}' {}", printable(file), fact),
                           .hint = std::move(hint)});
}

std::string_view parent_of(std::string_view path) {
  std::size_t dot = path.rfind('.');
  return dot == std::string_view::npos ? std::string_view() : path.substr(0, dot);
}

std::string_view name_of(std::string_view path) { return path.substr(path.rfind('.') + 1); }

bool has_shape(const json& value, Shape shape) {
  switch (shape) {
    case Shape::text:
      return value.is_string();
    case Shape::number:
      return value.is_number_unsigned();
    case Shape::flag:
      return value.is_boolean();
    case Shape::object:
      return value.is_object();
    case Shape::objects:
      return value.is_array();
  }
  return false;
}

std::string_view word(Shape shape) {
  static constexpr std::string_view words[] = {"a text", "a whole number from 0", "true or false",
                                               "an object", "a list of objects"};
  return words[static_cast<std::size_t>(shape)];
}

// How a manifest is held to the rules, from one object down. `path` is that of the rules, `place`
// has the numbers of list items too. Recursion is as deep as the rules.
class Check {
 public:
  explicit Check(const std::string& file) : file_(file) {}

  void object(const json& value, std::string_view path, const std::string& place) const {
    for (const Rule& rule : kRules) {
      if (parent_of(rule.path) == path) field(value, rule, place);
    }
  }

 private:
  void field(const json& value, const Rule& rule, const std::string& place) const {
    std::string name(name_of(rule.path));
    std::string here = place.empty() ? name : place + "." + name;
    auto found = value.find(name);
    if (found == value.end() || found->is_null()) {
      if (rule.required) refuse(file_, fmt::format("has no field {}", here), kHint);
      return;
    }
    if (!has_shape(*found, rule.shape)) wrong(here, rule.shape, *found);
    if (rule.shape == Shape::object) object(*found, rule.path, here);
    if (rule.shape != Shape::objects) return;
    for (std::size_t i = 0; i < found->size(); ++i) {
      std::string item = fmt::format("{}[{}]", here, i);
      if (!found->at(i).is_object()) wrong(item, Shape::object, found->at(i));
      object(found->at(i), rule.path, item);
    }
  }

  [[noreturn]] void wrong(const std::string& place, Shape shape, const json& value) const {
    std::string shown = value.is_structured() ? value.type_name() : printable(value.dump());
    if (shown.size() > 60) shown = value.type_name();
    refuse(file_, fmt::format("has {} = {}, which is not {}", place, shown, word(shape)), kHint);
  }

  static constexpr const char* kHint = "`remedia help manifest` lists the fields";
  const std::string& file_;
};

// Before anything is parsed: the parser takes any depth, but comparing and printing recurse. A text
// that is no JSON is read here as the parser reads it up to its first error, which is its to tell.
void check_bounds(std::string_view text, const std::string& file) {
  int depth = 0;
  std::size_t values = 0;
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '"') quoted = !quoted;
    if (c == '\\') ++i;
    if (quoted) continue;
    if (c == '[' || c == '{') ++depth;
    if (c == ']' || c == '}') --depth;
    if (c == '[' || c == '{' || c == ',' || c == ':') ++values;
    if (depth > kMaxDepth)
      refuse(file, fmt::format("nests more than {} levels deep; no manifest does", kMaxDepth));
    if (values > kMaxValues)
      refuse(file, fmt::format("has more than {} values; no manifest does", kMaxValues));
  }
}

json parse(const std::string& text, const std::string& file) {
  // The library takes it for the end, and what follows for nothing.
  if (text.find('\0') != std::string::npos)
    refuse(file, "is not valid JSON: it holds a byte of value 0");
  check_bounds(text, file);
  try {
    return json::parse(text);
  } catch (const json::exception& error) {
    // The library's text begins with its own error number in brackets.
    std::string_view what = error.what();
    std::size_t bracket = what.find("] ");
    if (bracket != std::string_view::npos) what.remove_prefix(bracket + 2);
    refuse(file, "is not valid JSON: " + printable(what));
  }
}

void check_format(const json& content, const std::string& file) {
  const char* hint = "a manifest is the NAME.manifest.json in a folder that remedia built";
  if (!content.is_object()) refuse(file, "is no manifest: it is not a JSON object", hint);
  auto format = content.find("format");
  if (format == content.end()) refuse(file, "is no manifest: it has no field format", hint);
  if (*format == kFormat) return;
  bool other =
      format->is_string() && format->get_ref<const std::string&>().starts_with("remedia m");
  std::string shown = format->is_string() ? printable(format->dump()) : format->type_name();
  if (shown.size() > 60) shown = "another text";
  refuse(file, fmt::format("has format = {}, not \"{}\"", shown, kFormat),
         other ? "another version of remedia wrote it; compare with that one" : hint);
}

fs::path only_manifest_in(const fs::path& folder) {
  std::vector<std::string> found;
  std::error_code error;
  fs::directory_iterator entries(folder, error);
  for (; !error && entries != fs::directory_iterator(); entries.increment(error)) {
    std::string name = entries->path().filename().string();
    if (name.ends_with(kSuffix)) found.push_back(std::move(name));
  }
  if (error) refuse(folder.string(), "cannot be read: " + error.message());
  if (found.empty()) {
    refuse(folder.string(), "holds no NAME.manifest.json",
           "manifests stand beside what was built: OUT/RECIPE/NAME/NAME.manifest.json");
  }
  if (found.size() > 1) {
    std::sort(found.begin(), found.end());
    refuse(folder.string(), fmt::format("holds {} manifests", found.size()),
           fmt::format("name one: {} or {}", printable(found[0]), printable(found[1])));
  }
  return folder / found.front();
}

bool is_safe(char32_t c) {
  bool control = c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x2028 || c == 0x2029;
  bool direction = c == 0x061c || c == 0x200e || c == 0x200f || (c >= 0x202a && c <= 0x202e) ||
                   (c >= 0x2066 && c <= 0x2069);
  return !control && !direction;
}

}  // namespace

std::string printable(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    std::string_view before = text;
    char32_t c = take_utf8(text);
    if (c == kInvalidUtf8) {
      out += fmt::format("\\x{:02x}", static_cast<unsigned char>(text.front()));
      text.remove_prefix(1);
    } else if (is_safe(c)) {
      out += before.substr(0, before.size() - text.size());
    } else {
      out += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
    }
  }
  return out;
}

Manifest parse_manifest(const std::string& text, const std::string& file) {
  Manifest manifest{file, parse(text, file)};
  check_format(manifest.content, file);
  Check(file).object(manifest.content, "", "");
  return manifest;
}

Manifest read_manifest(const fs::path& path) {
  std::error_code ignored;
  fs::path file = fs::is_directory(path, ignored) ? only_manifest_in(path) : path;
  return parse_manifest(read_file(file, kMaxBytes), file.string());
}

}  // namespace remedia::kinds
