#include "recipe/reader.h"

#include "recipe/recipe.h"
#include "support/utf8.h"

#include <algorithm>

namespace remedia::recipe {

namespace {

constexpr const char* kArchitectures[] = {"amd64", "arm64", "x86"};
constexpr int kMaxNesting = 32;            // of lists
constexpr std::size_t kMaxItems = 10'000;  // of one constructor's lists
constexpr int kMaxDepth = 50;              // of values in values

std::string lua_string(lua_State* L, int index) {
  std::size_t size = 0;
  const char* text = lua_tolstring(L, index, &size);
  return {text, size};
}

// How a value is named in "must be a path, got ...".
std::string type_of(lua_State* L, int index) {
  if (const NodeRef* node = to_node(L, index)) return std::string((*node)->schema->word);
  if (lua_isinteger(L, index) != 0) return "integer";
  return luaL_typename(L, index);
}

bool is_control(char32_t c, bool script) {
  if (script && (c == '\n' || c == '\r' || c == '\t')) return false;
  return c < 0x20 || (c >= 0x7f && c < 0xa0);
}

bool has_control(std::string_view text, bool script) {
  while (!text.empty()) {
    if (is_control(take_utf8(text), script)) return true;
  }
  return false;
}

std::string expected(const Field& field) {
  switch (field.type) {
    case Type::text:
    case Type::script:
    case Type::date:
      return "a string";
    case Type::name:
      return "a name";
    case Type::integer:
      return "an integer";
    case Type::boolean:
      return "true or false";
    case Type::choice:
      return "a string";
    case Type::image:
      return "an index or a name";
    case Type::path:
      return "a path";
    case Type::roots:
      return "a table of folders";
    case Type::value:
      break;
  }
  std::string words;
  for (std::string_view word : field.words)
    words += fmt::format("{}{}", words.empty() ? "" : " or ", word);
  return (words.find_first_of("aeiou") == 0 ? "an " : "a ") + words;
}

// What is wrong with the keys of a table that should be a list, or of one that `fields` may stand
// in; empty if nothing is. Lua's own length stops anywhere before a nil.
std::string list_fault(lua_State* L, int table, bool fields) {
  lua_Integer count = 0;
  lua_Integer highest = 0;
  for (lua_pushnil(L); lua_next(L, table) != 0; lua_pop(L, 1)) {
    if (lua_isinteger(L, -2) == 0) {
      if (fields) continue;
      std::string key = lua_type(L, -2) == LUA_TSTRING ? lua_string(L, -2) : type_of(L, -2);
      lua_pop(L, 2);
      return fmt::format("'{}' has no meaning in a list", key);
    }
    lua_Integer key = lua_tointeger(L, -2);
    if (key < 1) {
      lua_pop(L, 2);
      return fmt::format("[{}] has no meaning in a list", key);
    }
    ++count;
    highest = std::max(highest, key);
  }
  if (count == highest) return {};
  lua_Integer hole = 1;
  while (lua_rawgeti(L, table, hole) != LUA_TNIL) {
    lua_pop(L, 1);
    ++hole;
  }
  lua_pop(L, 1);
  return fmt::format("item {} of a list is nil", hole);
}

}  // namespace

struct Reader::Call {
  const Schema& schema;
  std::shared_ptr<Node> node = std::make_shared<Node>();
  const Chunk* chunk = nullptr;
  CallPlaces places = {};
  std::vector<Diagnostic> notes = {};
  std::set<std::string, std::less<>> faulty = {};  // fields that have an error of their own already

  Location of_field(std::string_view field) const {
    auto found = places.fields.find(std::string(field));
    return found != places.fields.end() && chunk != nullptr
               ? Sandbox::location(*chunk, found->second)
               : node->where;
  }
  Location of_item(std::size_t index) const {
    return index < places.items.size() && chunk != nullptr
               ? Sandbox::location(*chunk, places.items[index])
               : node->where;
  }
  // The members of a list that stands at `where`, if it is written out there.
  std::vector<Location> of_list(const Location& where, std::size_t count) const {
    std::vector<Location> all(count, where);
    if (chunk == nullptr || where.name != node->where.name) return all;
    std::vector<Place> items = chunk->source.table(where.line, where.column).items;
    if (items.size() != count) return all;
    for (std::size_t i = 0; i < count; ++i) all[i] = Sandbox::location(*chunk, items[i]);
    return all;
  }
};

NodeRef Reader::construct(const Schema& schema, int index, const Node* base) {
  visits_ = 0;
  Call call{.schema = schema};
  call.node->schema = &schema;
  int line = 0;
  call.chunk = sandbox_.caller(&line);
  if (call.chunk != nullptr) {
    std::string word(base == nullptr ? schema.word : "extend");
    std::size_t count = calls_[{call.chunk, line, word}]++;
    call.places = call.chunk->source.call(word, line, count);
    call.node->where = Sandbox::location(*call.chunk, call.places.call);
  }
  call.notes = sandbox_.caller_notes();
  if (base != nullptr) {
    call.node->fields = base->fields;
    call.node->places = base->places;
    call.node->broken = base->broken;
    call.node->depth = base->depth;
  }
  lua_State* L = sandbox_.state();
  index = lua_absindex(L, index);
  if (schema.from_string && lua_type(L, index) == LUA_TSTRING) {
    read_field(call, *schema.find(schema.positional), index, call.node->where);
  } else if (lua_istable(L, index)) {
    sandbox_.push_unfrozen(index);
    read_fields(call, lua_gettop(L));
    lua_pop(L, 1);
  } else {
    error(call, call.node->where,
          fmt::format("{} takes a table, got {}", schema.word, type_of(L, index)),
          fmt::format("write {} {{ ... }}", schema.word));
    for (const Field& field : schema.fields) call.faulty.emplace(field.name);
  }
  finish(call);
  constructed_.push_back(call.node);
  return call.node;
}

void Reader::count_call(std::string_view word) {
  int line = 0;
  if (const Chunk* chunk = sandbox_.caller(&line)) ++calls_[{chunk, line, std::string(word)}];
}

void Reader::read_fields(Call& call, int table) {
  lua_State* L = sandbox_.state();
  // Unknown names first, sorted: lua_next's order differs in every process.
  std::set<std::string> unknown;
  for (lua_pushnil(L); lua_next(L, table) != 0; lua_pop(L, 1)) {
    if (lua_type(L, -2) == LUA_TSTRING) {
      std::string key = lua_string(L, -2);
      if (call.schema.find(key) == nullptr) unknown.insert(key);
    } else if (lua_isinteger(L, -2) == 0) {
      unknown.insert(fmt::format("[{}]", type_of(L, -2)));
    }
  }
  for (const std::string& key : unknown) {
    // A misspelt field is one error, not also a missing one.
    call.faulty.insert(nearest(key, call.schema.field_names()));
    error(call, call.of_field(key), fmt::format("unknown field '{}' in {}", key, call.schema.word),
          did_you_mean(key, call.schema.field_names()));
  }
  for (const auto& [name, place] : call.places.repeated) {
    if (call.chunk == nullptr || call.schema.find(name) == nullptr) continue;
    error(call, Sandbox::location(*call.chunk, place), fmt::format("'{}' is written twice", name),
          "Lua would keep the last one only");
  }
  std::set<std::string> given;
  for (const Field& field : call.schema.fields) {
    if (lua_getfield(L, table, std::string(field.name).c_str()) != LUA_TNIL) {
      given.emplace(field.name);
      read_field(call, field, lua_gettop(L), call.of_field(field.name));
    }
    lua_pop(L, 1);
  }
  if (std::string fault = list_fault(L, table, true); !fault.empty()) {
    call.faulty.emplace(call.schema.positional);
    error(call, call.node->where, fault,
          "collect the items in a table first: list[#list + 1] = ...");
    return;
  }
  lua_Integer items = static_cast<lua_Integer>(lua_rawlen(L, table));
  if (items == 0) return;
  const Field* positional = call.schema.find(call.schema.positional);
  if (positional == nullptr) {
    error(call, call.of_item(0), fmt::format("{} takes named fields only", call.schema.word),
          "write 'field = value'");
    return;
  }
  if (given.contains(std::string(positional->name))) {
    error(call, call.of_item(0),
          fmt::format("'{}' is given twice, by name and without", positional->name));
    return;
  }
  if (items > 1 && !positional->list) {
    call.faulty.emplace(positional->name);
    error(call, call.of_item(1),
          fmt::format("{} takes one {}, got {}", call.schema.word, positional->name, items));
    return;
  }
  std::size_t errors = errors_.size();
  Value value;
  for (lua_Integer i = 1; i <= items; ++i) {
    lua_rawgeti(L, table, i);
    read_items(call, *positional, lua_gettop(L), call.of_item(static_cast<std::size_t>(i) - 1),
               value, 0);
    lua_pop(L, 1);
  }
  if (errors_.size() > errors) call.faulty.emplace(positional->name);
  call.node->fields[std::string(positional->name)] = std::move(value);
  call.node->places[std::string(positional->name)] = call.of_item(0);
}

void Reader::read_field(Call& call, const Field& field, int index, const Location& where) {
  std::size_t errors = errors_.size();
  Value value;
  read_items(call, field, index, where, value, 0);
  if (errors_.size() > errors) call.faulty.emplace(field.name);
  call.node->fields[std::string(field.name)] = std::move(value);
  call.node->places[std::string(field.name)] = where;
}

void Reader::read_items(Call& call, const Field& field, int index, const Location& where,
                        Value& out, int depth) {
  lua_State* L = sandbox_.state();
  bool list = field.list && lua_istable(L, index) && !is_path_table(field, index) &&
              table_schema(field, index) == nullptr;
  if (!list) {
    Scalar scalar;
    if (!read_scalar(call, field, index, where, scalar)) return;
    out.items.push_back(std::move(scalar));
    if (field.list && field.type == Type::path)
      call.node->places[item_name(field.name, out.items.size() - 1)] = where;
    return;
  }
  // Lists that share members can say more than memory holds; every visit counts.
  if (depth >= kMaxNesting || ++visits_ > kMaxItems) {
    if (depth >= kMaxNesting || visits_ == kMaxItems + 1) {
      error(call, where,
            fmt::format("the lists in '{}' nest too deeply or are too long", field.name));
    }
    return;
  }
  sandbox_.push_unfrozen(index);
  int table = lua_gettop(L);
  if (std::string fault = list_fault(L, table, false); !fault.empty()) {
    error(call, where, fmt::format("'{}': {}", field.name, fault));
  } else if (depth > 0 && lua_rawlen(L, table) == 0 && takes_tables(field)) {
    error(call, where, fmt::format("'{}' holds a table without fields", field.name));
  } else {
    luaL_checkstack(L, 6, nullptr);
    lua_Integer count = static_cast<lua_Integer>(lua_rawlen(L, table));
    visits_ += static_cast<std::size_t>(count);
    std::vector<Location> places = call.of_list(where, static_cast<std::size_t>(count));
    for (lua_Integer i = 1; i <= count && visits_ <= kMaxItems; ++i) {
      lua_rawgeti(L, table, i);
      read_items(call, field, lua_gettop(L), places[static_cast<std::size_t>(i) - 1], out,
                 depth + 1);
      lua_pop(L, 1);
    }
    if (visits_ > kMaxItems && depth == 0) {
      error(call, where,
            fmt::format("the lists in '{}' hold more than {} items", field.name, kMaxItems));
    }
  }
  lua_settop(L, table - 1);
}

// { amd64 = ..., arm64 = ... } is one path, not a list of paths.
bool Reader::is_path_table(const Field& field, int index) const {
  if (field.type != Type::path) return false;
  lua_State* L = sandbox_.state();
  sandbox_.push_unfrozen(index);
  bool list = lua_rawlen(L, -1) > 0;
  lua_pop(L, 1);
  return !list;
}

bool Reader::takes_tables(const Field& field) const {
  return std::any_of(field.words.begin(), field.words.end(), [this](std::string_view word) {
    const Schema* accepted = schema(word);
    return accepted != nullptr && accepted->from_table;
  });
}

// The constructor that a table with named fields stands for where `field` expects a value.
const Schema* Reader::table_schema(const Field& field, int index) const {
  lua_State* L = sandbox_.state();
  if (field.type != Type::value || !lua_istable(L, index)) return nullptr;
  for (std::string_view word : field.words) {
    const Schema* accepted = schema(word);
    if (accepted == nullptr || !accepted->from_table) continue;
    bool named = false;
    sandbox_.push_unfrozen(index);
    for (lua_pushnil(L); lua_next(L, -2) != 0; lua_pop(L, 1)) {
      if (lua_type(L, -2) == LUA_TSTRING) named = true;
    }
    lua_pop(L, 1);
    return named ? accepted : nullptr;
  }
  return nullptr;
}

// The constructor that a string or a table stands for where `field` expects a value.
const Schema* Reader::implied_schema(const Field& field, int index) const {
  if (lua_type(sandbox_.state(), index) != LUA_TSTRING) return table_schema(field, index);
  for (std::string_view word : field.words) {
    const Schema* accepted = schema(word);
    if (accepted != nullptr && accepted->from_string) return accepted;
  }
  return nullptr;
}

bool Reader::read_scalar(Call& call, const Field& field, int index, const Location& where,
                         Scalar& out) {
  lua_State* L = sandbox_.state();
  int type = lua_type(L, index);
  switch (field.type) {
    case Type::boolean:
      if (type != LUA_TBOOLEAN) return wrong_type(call, field, index, where);
      out = lua_toboolean(L, index) != 0;
      return true;
    case Type::image:
      if (type == LUA_TSTRING) break;
      [[fallthrough]];
    case Type::integer: {
      if (type != LUA_TNUMBER || lua_isinteger(L, index) == 0)
        return wrong_type(call, field, index, where);
      std::int64_t number = lua_tointeger(L, index);
      if (number < field.min || number > field.max) {
        error(call, where,
              fmt::format("'{}' must be between {} and {}, got {}", field.name, field.min,
                          field.max, number));
        return false;
      }
      out = number;
      return true;
    }
    case Type::path:
      return read_path(call, field, index, where, out);
    case Type::roots:
      return read_roots(call, field, index, where, out);
    case Type::value:
      return read_node(call, field, index, where, out);
    default:
      break;
  }
  if (type != LUA_TSTRING) return wrong_type(call, field, index, where);
  std::string text = lua_string(L, index);
  if (!check_text(call, field, text, where)) return false;
  out = std::move(text);
  return true;
}

bool Reader::check_text(Call& call, const Field& field, const std::string& text,
                        const Location& where) {
  std::string shown = fmt::format("'{}'", field.name);
  if (text.empty() && !field.may_be_empty) {
    error(call, where, shown + " must not be empty");
  } else if (!is_utf8(text)) {
    error(call, where, shown + " is not valid UTF-8");
  } else if (has_control(text, field.type == Type::script)) {
    error(call, where, shown + " must not hold control characters");
  } else if (static_cast<std::int64_t>(text.size()) > field.max) {
    error(call, where,
          fmt::format("{} has {} bytes; at most {} are allowed", shown, text.size(), field.max));
  } else if (field.type == Type::name &&
             text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") != std::string::npos) {
    error(call, where, fmt::format("{} is '{}'; a name holds a-z, 0-9 and '-' only", shown, text),
          "it becomes part of file names and targets");
  } else if (field.type == Type::date && !is_date(text)) {
    error(call, where, fmt::format("{} is '{}', which is no date", shown, text),
          "write it as \"2026-11-20\"");
  } else if (field.type == Type::choice &&
             std::find(field.words.begin(), field.words.end(), text) == field.words.end()) {
    std::vector<std::string> words(field.words.begin(), field.words.end());
    std::string hint = did_you_mean(text, words);
    error(call, where, fmt::format("{} cannot be '{}'", shown, text),
          hint.empty() ? fmt::format("one of: {}", fmt::join(words, ", ")) : hint);
  } else {
    return true;
  }
  return false;
}

bool Reader::read_path(Call& call, const Field& field, int index, const Location& where,
                       Scalar& out) {
  lua_State* L = sandbox_.state();
  if (lua_istable(L, index)) return read_paths_by_arch(call, field, index, where, out);
  if (lua_type(L, index) != LUA_TSTRING) return wrong_type(call, field, index, where);
  fs::path folder = call.chunk != nullptr ? call.chunk->file.parent_path() : root_;
  try {
    out = PathByArch{{"", resolve_path(lua_string(L, index), root_, folder, roots_, field.folder)}};
    return true;
  } catch (const Failure& failure) {
    const Diagnostic& d = failure.diagnostics().front();
    error(call, where, d.message, d.hint);
    return false;
  }
}

bool Reader::read_paths_by_arch(Call& call, const Field& field, int index, const Location& where,
                                Scalar& out) {
  lua_State* L = sandbox_.state();
  PathByArch paths;
  sandbox_.push_unfrozen(index);
  int table = lua_gettop(L);
  int used = 0;
  for (const char* arch : kArchitectures) {
    if (lua_getfield(L, table, arch) != LUA_TNIL) {
      Scalar one;
      ++used;
      if (!lua_istable(L, -1) && read_path(call, field, lua_gettop(L), where, one)) {
        paths[arch] = std::get<PathByArch>(one).at("");
      }
    }
    lua_pop(L, 1);
  }
  int keys = 0;
  for (lua_pushnil(L); lua_next(L, table) != 0; lua_pop(L, 1)) ++keys;
  lua_pop(L, 1);
  if (used == 0 || keys != used) {
    error(call, where,
          fmt::format("'{}' takes a path, or a table of paths by architecture", field.name),
          "{ amd64 = \"...\", arm64 = \"...\" }");
    return false;
  }
  out = std::move(paths);
  return !std::get<PathByArch>(out).empty();
}

// Roots are the one place where absolute paths belong.
bool Reader::read_roots(Call& call, const Field& field, int index, const Location& where,
                        Scalar& out) {
  lua_State* L = sandbox_.state();
  if (!lua_istable(L, index)) return wrong_type(call, field, index, where);
  sandbox_.push_unfrozen(index);
  int table = lua_gettop(L);
  PathByArch roots;
  bool good = true;
  for (lua_pushnil(L); lua_next(L, table) != 0; lua_pop(L, 1)) {
    bool named = lua_type(L, -2) == LUA_TSTRING && lua_type(L, -1) == LUA_TSTRING;
    std::string name = named ? lua_string(L, -2) : "";
    if (!named || name.empty() ||
        name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_-") != std::string::npos) {
      good = false;
      continue;
    }
    std::string written = lua_string(L, -1);
    roots[name] = {written, (root_ / written).lexically_normal()};
  }
  lua_pop(L, 1);
  if (!good)
    error(call, where, "'roots' names folders: { media = \"/srv/media\" }",
          "names hold a-z, 0-9, _ and -");
  out = std::move(roots);
  return good;
}

bool Reader::read_node(Call& call, const Field& field, int index, const Location& where,
                       Scalar& out) {
  lua_State* L = sandbox_.state();
  if (const Schema* accepted = implied_schema(field, index)) {
    Call inner{.schema = *accepted};
    inner.node->schema = accepted;
    inner.node->where = where;
    inner.chunk = call.chunk;
    inner.notes = call.notes;
    if (lua_istable(L, index)) {
      if (call.chunk != nullptr && where.name == call.node->where.name)
        inner.places = call.chunk->source.table(where.line, where.column);
      sandbox_.push_unfrozen(index);
      read_fields(inner, lua_gettop(L));
      lua_pop(L, 1);
    } else {
      // The string is a field of the value it stands for, written where the string stands.
      read_field(inner, *accepted->find(accepted->positional), index, where);
    }
    finish(inner);
    if (inner.node->broken) call.node->broken = true;
    call.node->depth = std::max(call.node->depth, inner.node->depth + 1);
    out = NodeRef(inner.node);
    return true;
  }
  const NodeRef* node = to_node(L, index);
  if (node == nullptr || std::find(field.words.begin(), field.words.end(), (*node)->schema->word) ==
                             field.words.end()) {
    return wrong_type(call, field, index, where);
  }
  if ((*node)->broken) call.node->broken = true;
  call.node->depth = std::max(call.node->depth, (*node)->depth + 1);
  if (call.node->depth > kMaxDepth) {
    error(call, where, fmt::format("values are nested more than {} deep", kMaxDepth));
    return false;
  }
  out = *node;
  return true;
}

void Reader::finish(Call& call) {
  for (const Field& field : call.schema.fields) {
    std::string name(field.name);
    auto found = call.node->fields.find(name);
    bool given = found != call.node->fields.end() && !found->second.items.empty();
    if (!given && field.required && !call.faulty.contains(name)) {
      error(call, call.node->where, fmt::format("{} needs '{}'", call.schema.word, name),
            std::string(field.help.substr(0, field.help.find('\n'))));
    }
    if (given || field.required || field.fallback.empty()) continue;
    if (field.type == Type::integer) {
      call.node->fields[name].items = {std::int64_t{std::stoll(std::string(field.fallback))}};
    } else if (field.type == Type::boolean) {
      call.node->fields[name].items = {field.fallback == "true"};
    } else if (field.type == Type::choice) {
      // Else it says in words what absence means.
      if (std::find(field.words.begin(), field.words.end(), field.fallback) != field.words.end())
        call.node->fields[name].items = {std::string(field.fallback)};
    }
  }
}

bool Reader::wrong_type(Call& call, const Field& field, int index, const Location& where) {
  std::string message = fmt::format("'{}' must be {}, got {}", field.name, expected(field),
                                    type_of(sandbox_.state(), index));
  if (lua_istable(sandbox_.state(), index) && !field.list)
    message += " (it takes one value, not a list)";
  error(call, where, std::move(message));
  return false;
}

void Reader::error(Call& call, Location where, std::string message, std::string hint) {
  call.node->broken = true;
  // A line in a loop says the same thing again and again.
  bool fresh = said_.emplace(where.name, where.line, where.column, message).second;
  if (!fresh) return;
  errors_.push_back({.message = std::move(message),
                     .where = std::move(where),
                     .hint = std::move(hint),
                     .notes = call.notes});
}

const Schema* Reader::schema(std::string_view word) const {
  for (const Schema* candidate : schemas_) {
    if (candidate->word == word) return candidate;
  }
  return nullptr;
}

}  // namespace remedia::recipe
