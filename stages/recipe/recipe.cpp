#include "recipe/recipe.h"

#include "recipe/data.h"
#include "recipe/downloads.h"
#include "recipe/reader.h"
#include "recipe/sandbox.h"

#include <algorithm>
#include <chrono>

namespace remedia::recipe {

namespace {

constexpr std::uint64_t kMaxRecipeBytes = 4u << 20;
constexpr std::uint64_t kMaxDataBytes = 16u << 20;
constexpr std::size_t kMaxReturned = 10'000;

std::string lua_string(lua_State* L, int index) {
  std::size_t size = 0;
  const char* text = luaL_checklstring(L, index, &size);
  return {text, size};
}

bool before(const Diagnostic& a, const Diagnostic& b) {
  return std::tie(a.where.name, a.where.line, a.where.column) <
         std::tie(b.where.name, b.where.line, b.where.column);
}

// A name that is too long, or a folder that may not be read, is as good as not there.
bool is_there(const fs::path& file) {
  std::error_code ignored;
  return fs::exists(file, ignored);
}

bool is_parameter_name(std::string_view name) {
  return !name.empty() && name[0] >= 'a' && name[0] <= 'z' && name != "as_of" &&
         name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") == std::string_view::npos;
}

/// One run of one recipe (or of project.lua).
class Evaluator {
 public:
  Evaluator(const Request& request, std::span<const Schema* const> schemas);
  Evaluation take();

 private:
  void bind_values();
  void bind_helpers();
  int include(lua_State* L);
  int extend(lua_State* L);
  int param(lua_State* L);
  void check_parameter_values(const std::string& name, const std::string& value, int table);
  int data(lua_State* L);
  fs::path find_include(const std::string& written, std::string* shown);
  void read_project();
  void apply_project(const Node& project);
  void apply_definitions();
  void collect_products(int index, int depth);
  void drop_repeated();
  void warn_of_unreached();
  void run_file(const fs::path& file);
  [[noreturn]] void fail_at_caller(std::string_view word, std::string message,
                                   std::string hint = {});

  const Request& request_;
  std::span<const Schema* const> schemas_;
  fs::path file_;
  Roots roots_;
  Sandbox sandbox_;
  Evaluation result_;
  Reader reader_;
  std::map<fs::path, int> included_;  // registry references of what files returned
  std::vector<fs::path> including_;
  std::size_t visits_ = 0;          // of what the recipe returned
  std::vector<NodeRef> bases_;      // values that extend copied
  std::vector<NodeRef> downloads_;  // of project.lua
};

Evaluator::Evaluator(const Request& request, std::span<const Schema* const> schemas)
    : request_(request),
      schemas_(schemas),
      file_(canonical_file(request.recipe)),
      reader_(sandbox_, schemas, result_.root, roots_) {
  result_.root = project_root(file_);
  result_.name = file_.stem().string();
  result_.where = {shown_path(file_, result_.root), file_};
  if (result_.name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") !=
          std::string::npos ||
      file_.extension() != ".lua") {
    throw Failure(
        Diagnostic{.message = fmt::format("'{}' is no recipe name", file_.filename().string()),
                   .where = result_.where,
                   .hint = "recipes are called NAME.lua, NAME of a-z, 0-9 and '-'; it "
                           "becomes a folder and a target"});
  }
  bind_values();
  bind_helpers();
}

Evaluation Evaluator::take() {
  read_project();
  apply_definitions();
  // Only now: their roots are declared beside them, and -D may have replaced these.
  result_.downloads = resolve_downloads(downloads_, result_.root, roots_);
  try {
    run_file(file_);
    sandbox_.protect([this](lua_State*) {
      collect_products(1, 0);
      return 0;
    });
  } catch (const Failure& failure) {
    auto& errors = reader_.errors();
    errors.insert(errors.end(), failure.diagnostics().begin(), failure.diagnostics().end());
  }
  std::vector<Diagnostic>& errors = reader_.errors();
  if (errors.empty() && result_.products.empty()) {
    errors.push_back({.message = "the recipe returns nothing to build",
                      .where = result_.where,
                      .hint = "end it with 'return { iso { boot = ... } }'"});
  }
  if (errors.empty()) drop_repeated();
  for (const std::string& name : roots_.used) result_.definitions_used.insert("root." + name);
  if (!errors.empty()) {
    std::stable_sort(errors.begin(), errors.end(), before);
    throw Failure(errors);
  }
  warn_of_unreached();
  return std::move(result_);
}

// A constructor for every schema; `project` belongs to project.lua alone.
void Evaluator::bind_values() {
  lua_State* L = sandbox_.state();
  luaL_newmetatable(L, kNodeMetatable);
  lua_pushliteral(L, "value");
  lua_setfield(L, -2, "__name");
  lua_pushcfunction(L, [](lua_State* s) {
    static_cast<NodeRef*>(luaL_checkudata(s, 1, kNodeMetatable))->~NodeRef();
    return 0;
  });
  lua_setfield(L, -2, "__gc");
  lua_pushcfunction(L, [](lua_State* s) {
    const Node& node = **to_node(s, 1);
    std::size_t size = 0;
    const char* key = luaL_checklstring(s, 2, &size);
    const Field* field = node.schema->find({key, size});
    if (field == nullptr)
      return luaL_error(s, "%s has no field '%s'", std::string(node.schema->word).c_str(), key);
    auto found = node.fields.find(field->name);
    if (found == node.fields.end())
      lua_pushnil(s);
    else
      push_value(s, found->second, field->list);
    return 1;
  });
  lua_setfield(L, -2, "__index");
  lua_pushcfunction(L, [](lua_State* s) {
    return luaL_error(s, "values are frozen; use extend to make a changed copy");
  });
  lua_setfield(L, -2, "__newindex");
  // So that a recipe can find a value in a list: equal descriptions are one, as in the graph.
  lua_pushcfunction(L, [](lua_State* s) {
    const NodeRef* a = to_node(s, 1);
    const NodeRef* b = to_node(s, 2);
    bool equal =
        a != nullptr && b != nullptr && (*a == *b || canonical_text(**a) == canonical_text(**b));
    lua_pushboolean(s, equal ? 1 : 0);
    return 1;
  });
  lua_setfield(L, -2, "__eq");
  lua_pop(L, 1);

  for (const Schema* schema : schemas_) {
    sandbox_.bind(schema->word, [this, schema](lua_State* s) {
      bool in_project = file_.filename() == "project.lua";
      if (schema->role == Role::setting && !in_project) {
        fail_at_caller(schema->word,
                       fmt::format("'{}' belongs in recipes/project.lua", schema->word));
      }
      push_node(s, reader_.construct(*schema, 1));
      return 1;
    });
  }
}

void Evaluator::bind_helpers() {
  sandbox_.bind("include", [this](lua_State* s) { return include(s); });
  sandbox_.bind("extend", [this](lua_State* s) { return extend(s); });
  sandbox_.bind("param", [this](lua_State* s) { return param(s); });
  sandbox_.bind("data", [this](lua_State* s) { return data(s); });
}

void Evaluator::fail_at_caller(std::string_view word, std::string message, std::string hint) {
  throw Failure(Diagnostic{.message = std::move(message),
                           .where = sandbox_.caller_location(word),
                           .hint = std::move(hint),
                           .notes = sandbox_.caller_notes()});
}

void Evaluator::run_file(const fs::path& file) {
  std::string text;
  try {
    text = read_file(file, kMaxRecipeBytes);
  } catch (const Failure& failure) {
    Diagnostic d = failure.diagnostics().front();
    if (including_.empty()) throw;
    d.where = sandbox_.caller_location("include");
    throw Failure(d);
  }
  result_.files_read.insert(file);
  sandbox_.run(text, shown_path(file, result_.root), file);
}

fs::path Evaluator::find_include(const std::string& written, std::string* shown) {
  std::string name = written.ends_with(".lua") ? written : written + ".lua";
  *shown = name;
  if (written.starts_with("remedia/")) {
    fs::path file = (request_.library / name).lexically_normal();
    if (fs::path(name).lexically_normal() != fs::path(name) || !is_there(file)) {
      std::vector<std::string> known;
      std::error_code ignored;
      for (const auto& entry : fs::directory_iterator(request_.library / "remedia", ignored)) {
        known.push_back("remedia/" + entry.path().stem().string());
      }
      fail_at_caller("include", fmt::format("the shipped library has no '{}'", written),
                     did_you_mean(written, known));
    }
    return file;
  }
  int line = 0;
  const Chunk* chunk = sandbox_.caller(&line);
  try {
    return resolve_path(name, result_.root, chunk->file.parent_path(), roots_).absolute;
  } catch (const Failure& failure) {
    fail_at_caller("include", failure.diagnostics()[0].message, failure.diagnostics()[0].hint);
  }
}

int Evaluator::include(lua_State* L) {
  std::string written = lua_string(L, 1);
  std::string shown;
  fs::path file = find_include(written, &shown);
  auto known = included_.find(file);
  if (known == included_.end()) {
    auto open = std::find(including_.begin(), including_.end(), file);
    if (open != including_.end() || file == file_) {
      std::string chain;
      if (open == including_.end()) open = including_.begin();
      if (file == file_) chain = result_.where.name + " -> ";
      for (; open != including_.end(); ++open) chain += shown_path(*open, result_.root) + " -> ";
      fail_at_caller("include",
                     fmt::format("cycle of includes: {}{}", chain, shown_path(file, result_.root)));
    }
    if (!is_there(file)) {
      fail_at_caller("include",
                     fmt::format("there is no file '{}'", shown_path(file, result_.root)));
    }
    including_.push_back(file);
    run_file(file);
    including_.pop_back();
    sandbox_.freeze_top();
    known = included_.emplace(file, luaL_ref(L, LUA_REGISTRYINDEX)).first;
  }
  lua_rawgeti(L, LUA_REGISTRYINDEX, known->second);
  return 1;
}

int Evaluator::extend(lua_State* L) {
  luaL_checktype(L, 2, LUA_TTABLE);
  if (const NodeRef* base = to_node(L, 1)) {
    bases_.push_back(*base);
    push_node(L, reader_.construct(*(*base)->schema, 2, base->get()));
    return 1;
  }
  if (!lua_istable(L, 1)) {
    fail_at_caller("extend",
                   fmt::format("extend takes a table or a value, got {}", luaL_typename(L, 1)));
  }
  reader_.count_call("extend");
  lua_createtable(L, 0, 0);
  int copy = lua_gettop(L);
  for (int source : {1, 2}) {
    sandbox_.push_unfrozen(source);
    int table = lua_gettop(L);
    for (lua_pushnil(L); lua_next(L, table) != 0; lua_pop(L, 1)) {
      lua_pushvalue(L, -2);
      lua_pushvalue(L, -2);
      lua_rawset(L, copy);
    }
    lua_pop(L, 1);
  }
  return 1;
}

int Evaluator::param(lua_State* L) {
  if (file_.filename() == "project.lua") {
    fail_at_caller("param", "project.lua has no parameters",
                   "-D root.NAME=FOLDER and -D as_of=DATE replace what it says");
  }
  luaL_checktype(L, 1, LUA_TTABLE);
  sandbox_.push_unfrozen(1);
  int table = lua_gettop(L);
  std::set<std::string> keys;
  for (lua_pushnil(L); lua_next(L, table) != 0; lua_pop(L, 1)) {
    keys.insert(lua_type(L, -2) == LUA_TSTRING ? lua_tostring(L, -2)
                                               : fmt::format("{}", lua_tointeger(L, -2)));
  }
  for (const std::string& key : keys) {
    if (key != "1" && key != "default" && key != "values") {
      fail_at_caller(key, fmt::format("unknown field '{}' in param", key),
                     did_you_mean(key, {"default", "values"}));
    }
  }
  std::string name = lua_rawgeti(L, table, 1) == LUA_TSTRING ? lua_tostring(L, -1) : "";
  if (!is_parameter_name(name)) {
    fail_at_caller(
        "param", fmt::format("'{}' is no parameter name", name),
        "param { \"site\", default = \"...\" }: a-z, 0-9 and _, beginning with a letter");
  }
  std::string value;
  auto given = request_.definitions.find(name);
  if (given != request_.definitions.end()) {
    value = given->second;
    result_.definitions_used.insert(name);
  } else if (lua_getfield(L, table, "default") == LUA_TSTRING) {
    value = lua_tostring(L, -1);
  } else if (lua_isnil(L, -1)) {
    fail_at_caller("param", fmt::format("parameter '{}' has no value", name),
                   fmt::format("give it: -D {}=VALUE", name));
  } else {
    fail_at_caller("default", fmt::format("the default of '{}' must be a string", name));
  }
  check_parameter_values(name, value, table);
  auto [known, fresh] = result_.parameters.emplace(name, value);
  if (!fresh && known->second != value) {
    fail_at_caller(
        "param",
        fmt::format("parameter '{}' has two defaults, '{}' and '{}'", name, known->second, value),
        "declare it once and hand the value on");
  }
  lua_pushlstring(L, value.data(), value.size());
  return 1;
}

void Evaluator::check_parameter_values(const std::string& name, const std::string& value,
                                       int table) {
  lua_State* L = sandbox_.state();
  int type = lua_getfield(L, table, "values");
  if (type == LUA_TNIL) return;
  std::vector<std::string> allowed;
  bool good = type == LUA_TTABLE;
  if (good) {
    lua_Integer count = luaL_len(L, -1);
    for (lua_Integer i = 1; i <= count && good; ++i) {
      good = lua_geti(L, -1, i) == LUA_TSTRING;
      if (good) allowed.emplace_back(lua_tostring(L, -1));
      lua_pop(L, 1);
    }
  }
  if (!good)
    fail_at_caller("values", fmt::format("the values of '{}' must be a list of strings", name));
  if (std::find(allowed.begin(), allowed.end(), value) != allowed.end()) return;
  fail_at_caller("param", fmt::format("parameter '{}' cannot be '{}'", name, value),
                 fmt::format("one of: {}", fmt::join(allowed, ", ")));
}

int Evaluator::data(lua_State* L) {
  std::string written = lua_string(L, 1);
  int line = 0;
  const Chunk* chunk = sandbox_.caller(&line);
  try {
    fs::path file = resolve_path(written, result_.root, chunk->file.parent_path(), roots_).absolute;
    if (!is_there(file)) fail("'{}' is not there", written);
    std::string text = read_file(file, kMaxDataBytes);
    result_.files_read.insert(file);
    if (file.extension() != ".json") {
      push_lines(L, text);
    } else {
      push_json_text(L, text, written);
    }
  } catch (const Failure& failure) {
    fail_at_caller("data", failure.diagnostics()[0].message, failure.diagnostics()[0].hint);
  }
  sandbox_.freeze_top();
  return 1;
}

// recipes/project.lua is evaluated by an Evaluator of its own, as a recipe that returns a setting.
void Evaluator::read_project() {
  if (file_.filename() == "project.lua") return;
  fs::path recipes = result_.root / "recipes";
  fs::path file = recipes / "project.lua";
  std::error_code ignored;
  if (!fs::exists(file, ignored)) {
    // Were it added later, the folder's time would change.
    result_.files_read.insert(fs::is_directory(recipes, ignored) ? recipes : result_.root);
    return;
  }
  Request request{.recipe = file, .definitions = {}, .library = request_.library};
  Evaluator project(request, schemas_);
  project.run_file(file);
  if (!project.reader_.errors().empty()) throw Failure(project.reader_.errors());
  const NodeRef* node = to_node(project.sandbox_.state(), -1);
  if (node == nullptr || (*node)->schema->word != "project") {
    throw Failure(Diagnostic{.message = "project.lua must return project { ... }",
                             .where = project.result_.where});
  }
  result_.files_read.insert(project.result_.files_read.begin(), project.result_.files_read.end());
  apply_project(**node);
}

void Evaluator::apply_project(const Node& project) {
  auto roots = project.fields.find("roots");
  if (roots != project.fields.end() && !roots->second.items.empty()) {
    for (const auto& [name, path] : std::get<PathByArch>(roots->second.items.front())) {
      roots_.folders[name] = path.absolute;
      result_.roots.insert(name);
      roots_.used.insert(name);  // declared: a value for it is meant, whatever this recipe reads
    }
  }
  if (project.has("as_of")) result_.as_of = project.text("as_of");
  downloads_ = project.nodes("downloads");
}

void Evaluator::apply_definitions() {
  for (const auto& [name, value] : request_.definitions) {
    if (name.starts_with("root.")) {
      roots_.folders[name.substr(5)] = fs::absolute(value).lexically_normal();
    } else if (name == "as_of") {
      if (!is_date(value)) fail("-D as_of={} is no date; write it as 2026-11-20", value);
      result_.as_of = value;
      result_.definitions_used.insert(name);
    }
  }
}

void Evaluator::collect_products(int index, int depth) {
  lua_State* L = sandbox_.state();
  index = lua_absindex(L, index);
  luaL_checkstack(L, 6, nullptr);
  if (++visits_ > kMaxReturned) {
    throw Failure(
        Diagnostic{.message = fmt::format("the recipe returns more than {} values", kMaxReturned),
                   .where = result_.where});
  }
  if (const NodeRef* node = to_node(L, index)) {
    Role role = (*node)->schema->role;
    if (role != Role::artifact && role != Role::image) {
      throw Failure(Diagnostic{
          .message =
              fmt::format("a recipe returns artifacts or wims, not '{}'", (*node)->schema->word),
          .where = (*node)->where,
          .hint = "give it to the wim or the artifact that uses it"});
    }
    result_.products.push_back(*node);
    return;
  }
  if (lua_isnil(L, index)) return;
  if (!lua_istable(L, index) || depth > Sandbox::kMaxNesting) {
    throw Failure(Diagnostic{.message = fmt::format("a recipe returns artifacts or wims, not a {}",
                                                    luaL_typename(L, index)),
                             .where = result_.where});
  }
  sandbox_.push_unfrozen(index);
  int table = lua_gettop(L);
  lua_Integer count = static_cast<lua_Integer>(lua_rawlen(L, table));
  lua_Integer keys = 0;
  for (lua_pushnil(L); lua_next(L, table) != 0; lua_pop(L, 1)) ++keys;
  if (keys != count) {
    throw Failure(Diagnostic{
        .message = "a recipe returns a list without names and gaps",
        .where = result_.where,
        .hint = "return { iso { ... }, usb { ... } }; an item that is nil ends it early"});
  }
  for (lua_Integer i = 1; i <= count; ++i) {
    lua_rawgeti(L, table, i);
    collect_products(lua_gettop(L), depth + 1);
    lua_pop(L, 1);
  }
  lua_pop(L, 1);
}

// A value that is returned twice is built once.
void Evaluator::drop_repeated() {
  std::vector<NodeRef> unique;
  for (const NodeRef& node : result_.products) {
    if (std::find(unique.begin(), unique.end(), node) == unique.end()) unique.push_back(node);
  }
  result_.products = std::move(unique);
}

void Evaluator::warn_of_unreached() {
  std::set<const Node*> reached;
  std::vector<const Node*> todo;
  for (const NodeRef& node : result_.products) todo.push_back(node.get());
  for (const NodeRef& base : bases_) todo.push_back(base.get());
  while (!todo.empty()) {
    const Node* node = todo.back();
    todo.pop_back();
    if (!reached.insert(node).second) continue;
    for (const auto& [name, value] : node->fields) {
      for (const Scalar& item : value.items) {
        if (const NodeRef* child = std::get_if<NodeRef>(&item)) todo.push_back(child->get());
      }
    }
  }
  for (const NodeRef& node : reader_.constructed()) {
    // Libraries offer more than one recipe uses; only the recipe's own text is judged.
    if (reached.contains(node.get()) || node->where.file != file_) continue;
    result_.warnings.push_back(
        {.severity = Severity::warning,
         .message =
             fmt::format("this {} is not part of anything the recipe returns", node->schema->word),
         .where = node->where});
  }
  std::stable_sort(result_.warnings.begin(), result_.warnings.end(), before);
}

}  // namespace

bool is_date(std::string_view date) {
  if (date.size() != 10 || date[4] != '-' || date[7] != '-') return false;
  for (std::size_t i = 0; i < date.size(); ++i) {
    if (i != 4 && i != 7 && (date[i] < '0' || date[i] > '9')) return false;
  }
  auto number = [&](std::size_t at, std::size_t size) {
    return std::stoi(std::string(date.substr(at, size)));
  };
  return std::chrono::year_month_day(std::chrono::year(number(0, 4)),
                                     std::chrono::month(static_cast<unsigned>(number(5, 2))),
                                     std::chrono::day(static_cast<unsigned>(number(8, 2))))
      .ok();
}

Evaluation evaluate(const Request& request, std::span<const Schema* const> schemas) {
  return Evaluator(request, schemas).take();
}

}  // namespace remedia::recipe
