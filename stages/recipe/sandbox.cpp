#include "recipe/sandbox.h"

#include "support/artifact.h"

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <optional>

#include <sys/time.h>
#include <unistd.h>

namespace remedia::recipe {

namespace {

constexpr const char* kFrozenField = "__frozen";

// Functions of Lua's own libraries that recipes may call. What is not named here does not exist.
constexpr const char* kBase[] = {"assert", "error", "ipairs", "select", "tonumber", "type"};
constexpr const char* kString[] = {"byte",  "char",  "find", "format",  "gmatch", "gsub", "len",
                                   "lower", "match", "rep",  "reverse", "sub",    "upper"};
constexpr const char* kTable[] = {"concat", "insert", "move", "pack", "remove", "sort", "unpack"};
constexpr const char* kMath[] = {"abs",       "ceil",       "floor", "fmod",       "huge",
                                 "max",       "maxinteger", "min",   "mininteger", "modf",
                                 "tointeger", "type",       "ult"};

// Copies the named fields of the library on top of the stack to a new table, which replaces it.
template <std::size_t N>
void keep_only(lua_State* L, const char* const (&names)[N]) {
  lua_createtable(L, 0, N);
  for (const char* name : names) {
    lua_getfield(L, -2, name);
    lua_setfield(L, -2, name);
  }
  lua_remove(L, -2);
}

bool is_scalar(lua_State* L, int index) {
  int type = lua_type(L, index);
  return type == LUA_TSTRING || type == LUA_TNUMBER || type == LUA_TBOOLEAN || type == LUA_TNIL;
}

struct Key {
  bool is_integer = false;
  lua_Integer integer = 0;
  std::string text;

  bool operator<(const Key& other) const {
    if (is_integer != other.is_integer) return is_integer;
    return is_integer ? integer < other.integer : text < other.text;
  }
};

std::vector<Key> sorted_keys(lua_State* L, int table) {
  std::vector<Key> keys;
  for (lua_pushnil(L); lua_next(L, table) != 0; lua_pop(L, 1)) {
    if (lua_isinteger(L, -2) != 0) {
      keys.push_back({true, lua_tointeger(L, -2), {}});
    } else if (lua_type(L, -2) == LUA_TSTRING) {
      std::size_t size = 0;
      const char* text = lua_tolstring(L, -2, &size);
      keys.push_back({false, 0, std::string(text, size)});
    } else {
      luaL_error(L, "pairs: keys must be integers or strings, since only those have an order");
    }
  }
  std::sort(keys.begin(), keys.end());
  return keys;
}

// Iterator of sorted pairs: upvalues are the list of keys and how many were handed out.
int next_pair(lua_State* L) {
  for (;;) {
    lua_Integer i = lua_tointeger(L, lua_upvalueindex(2)) + 1;
    lua_pushinteger(L, i);
    lua_replace(L, lua_upvalueindex(2));
    if (lua_rawgeti(L, lua_upvalueindex(1), i) == LUA_TNIL) return 1;
    lua_pushvalue(L, -1);
    if (lua_gettable(L, 1) != LUA_TNIL) return 2;
    lua_pop(L, 2);  // removed during the loop
  }
}

int refuse_write(lua_State* L) {
  return luaL_error(L, "values are frozen; use extend to make a changed copy");
}

int frozen_length(lua_State* L) {
  lua_pushinteger(L, static_cast<lua_Integer>(lua_rawlen(L, lua_upvalueindex(1))));
  return 1;
}

// `%p` prints an address, which differs in every run.
bool prints_address(std::string_view format) {
  for (std::size_t at = format.find('%'); at != std::string_view::npos; at = format.find('%', at)) {
    at = format.find_first_not_of("-+ #0123456789.", at + 1);
    if (at == std::string_view::npos) return false;
    if (format[at] == 'p') return true;
    ++at;
  }
  return false;
}

// A library call that the instruction hook does not see (a pathological pattern) can only be ended
// from outside. Nothing is published before the evaluation ends, so leaving loses nothing.
char cpu_message[512];
void out_of_cpu(int) {
  ssize_t ignored = write(STDERR_FILENO, cpu_message, strnlen(cpu_message, sizeof cpu_message));
  (void)ignored;
  remove_parts();
  _exit(1);
}

class CpuBudget {
 public:
  CpuBudget(const std::string& name, int seconds) {
    std::snprintf(cpu_message, sizeof cpu_message,
                  "%s: error: recipe ran for too long (%d s of CPU time)\n", name.c_str(), seconds);
    std::signal(SIGVTALRM, out_of_cpu);
    set(seconds);
  }
  ~CpuBudget() { set(0); }
  CpuBudget(const CpuBudget&) = delete;
  CpuBudget& operator=(const CpuBudget&) = delete;

 private:
  static void set(int seconds) {
    itimerval timer = {};
    timer.it_value.tv_sec = seconds;
    setitimer(ITIMER_VIRTUAL, &timer, nullptr);
  }
};

// The quoted word of "... near 'x'" or "... (field 'x')", which is where the caret belongs.
std::string word_in_message(std::string_view message) {
  std::size_t end = message.rfind('\'');
  if (end == std::string_view::npos || end == 0) return {};
  std::size_t begin = message.rfind('\'', end - 1);
  return begin == std::string_view::npos ? ""
                                         : std::string(message.substr(begin + 1, end - begin - 1));
}

}  // namespace

// What Lua calls back; apart from the class, so that its header shows no C signatures.
struct SandboxAccess {
  static Sandbox& of(lua_State* L) { return **static_cast<Sandbox**>(lua_getextraspace(L)); }

  static void* allocate(void* self, void* old, std::size_t old_size, std::size_t new_size) {
    Sandbox& sandbox = *static_cast<Sandbox*>(self);
    if (old == nullptr) old_size = 0;  // otherwise it is a type tag
    if (new_size == 0) {
      sandbox.memory_ -= old_size;
      std::free(old);
      return nullptr;
    }
    if (sandbox.memory_ - old_size + new_size > Sandbox::kMemoryBudget) return nullptr;
    void* fresh = std::realloc(old, new_size);
    if (fresh != nullptr) sandbox.memory_ += new_size - old_size;
    return fresh;
  }

  static int guarded(lua_State* L) {
    auto* function = static_cast<Sandbox::Function*>(lua_touserdata(L, lua_upvalueindex(1)));
    try {
      return (*function)(L);
    } catch (const Failure&) {
      of(L).parked_ = std::current_exception();
    } catch (const std::exception& error) {  // never (...): that would eat Lua's own unwinding
      of(L).parked_ = std::make_exception_ptr(
          Failure(Diagnostic{.message = error.what(), .where = of(L).caller_location("")}));
    }
    lua_pushlightuserdata(L, &of(L));
    return lua_error(L);
  }

  static void out_of_instructions(lua_State* L, lua_Debug* at) {
    lua_getinfo(L, "Sl", at);
    luaL_error(L, "recipe ran for too long (%d million instructions)",
               Sandbox::kInstructionBudget / 1'000'000);
  }

  // Gives every error message a place, even one raised by assert or with level 0.
  static int add_place(lua_State* L) {
    if (lua_islightuserdata(L, 1) != 0) return 1;
    std::string message;
    if (lua_isstring(L, 1) == 0) {
      message = fmt::format("recipe raised a {} as its error", luaL_typename(L, 1));
    } else {
      message = lua_tostring(L, 1);
      if (message.starts_with('#')) return 1;
    }
    lua_Debug frame = {};
    for (int level = 0; lua_getstack(L, level, &frame) != 0; ++level) {
      lua_getinfo(L, "Sl", &frame);
      if (frame.currentline <= 0) continue;
      lua_pushfstring(L, "%s:%d: %s", frame.short_src, frame.currentline, message.c_str());
      return 1;
    }
    lua_pushstring(L, message.c_str());
    return 1;
  }
};

Sandbox::Sandbox(int cpu_seconds)
    : cpu_seconds_(cpu_seconds), state_(lua_newstate(SandboxAccess::allocate, this)) {
  if (state_ == nullptr) fail("cannot start Lua: out of memory");
  *static_cast<Sandbox**>(lua_getextraspace(state_)) = this;
  open_libraries();
  lua_sethook(state_, SandboxAccess::out_of_instructions, LUA_MASKCOUNT, kInstructionBudget);
}

Sandbox::~Sandbox() { lua_close(state_); }

void Sandbox::open_libraries() {
  lua_State* L = state_;
  luaL_requiref(L, "_G", luaopen_base, 0);
  keep_only(L, kBase);
  lua_rawseti(L, LUA_REGISTRYINDEX, LUA_RIDX_GLOBALS);
  struct Library {
    const char* name;
    lua_CFunction open;
  } libraries[] = {{"string", luaopen_string}, {"table", luaopen_table}, {"math", luaopen_math}};
  for (const Library& library : libraries) {
    luaL_requiref(L, library.name, library.open, 0);
    if (library.open == luaopen_string) keep_only(L, kString);
    if (library.open == luaopen_table) keep_only(L, kTable);
    if (library.open == luaopen_math) keep_only(L, kMath);
    if (library.open == luaopen_string) {  // methods of strings see the same whitelist
      lua_pushliteral(L, "");
      lua_getmetatable(L, -1);
      lua_pushvalue(L, -3);
      lua_setfield(L, -2, "__index");
      lua_pop(L, 2);
    }
    lua_setglobal(L, library.name);
  }
  for (const char* name : kBase) names_.emplace_back(name);
  names_.insert(names_.end(), {"string", "table", "math"});

  bind("tostring", [](lua_State* s) {
    if (!is_scalar(s, 1)) luaL_error(s, "tostring: a %s has no stable text", luaL_typename(s, 1));
    luaL_tolstring(s, 1, nullptr);
    return 1;
  });
  bind("pairs", [this](lua_State* s) {
    luaL_checktype(s, 1, LUA_TTABLE);
    push_unfrozen(1);
    std::vector<Key> keys = sorted_keys(s, lua_gettop(s));
    lua_createtable(s, static_cast<int>(keys.size()), 0);
    for (std::size_t i = 0; i < keys.size(); ++i) {
      if (keys[i].is_integer)
        lua_pushinteger(s, keys[i].integer);
      else
        lua_pushlstring(s, keys[i].text.data(), keys[i].text.size());
      lua_rawseti(s, -2, static_cast<lua_Integer>(i) + 1);
    }
    lua_pushinteger(s, 0);
    lua_pushcclosure(s, next_pair, 2);
    lua_pushvalue(s, 1);
    return 2;
  });
  lua_getglobal(L, "string");
  lua_getfield(L, -1, "format");
  int original = luaL_ref(L, LUA_REGISTRYINDEX);
  push([original](lua_State* s) {
    int count = lua_gettop(s);
    for (int i = 1; i <= count; ++i) {
      if (!is_scalar(s, i))
        luaL_error(s, "string.format: a %s has no stable text", luaL_typename(s, i));
    }
    if (prints_address(luaL_checkstring(s, 1)))
      luaL_error(s, "string.format: %%p differs in every run");
    lua_rawgeti(s, LUA_REGISTRYINDEX, original);
    lua_insert(s, 1);
    lua_call(s, count, 1);
    return 1;
  });
  lua_setfield(L, -2, "format");
  lua_pop(L, 1);

  lua_pushglobaltable(L);
  lua_createtable(L, 0, 2);
  auto set_handler = [&](const char* event, Function function) {
    push(std::move(function));
    lua_setfield(L, -2, event);
  };
  set_handler("__index", [this](lua_State* s) -> int {
    std::string name = luaL_tolstring(s, 2, nullptr);
    throw Failure(Diagnostic{.message = fmt::format("undefined name '{}'", name),
                             .where = caller_location(name),
                             .hint = did_you_mean(name, names_),
                             .notes = caller_notes()});
  });
  set_handler("__newindex", [this](lua_State* s) -> int {
    std::string name = luaL_tolstring(s, 2, nullptr);
    throw Failure(Diagnostic{.message = fmt::format("assignment to the global '{}'", name),
                             .where = caller_location(name),
                             .hint = fmt::format("write 'local {} = ...'", name)});
  });
  lua_setmetatable(L, -2);
  lua_pop(L, 1);
}

void Sandbox::push(Function function) {
  functions_.push_back(std::make_unique<Function>(std::move(function)));
  lua_pushlightuserdata(state_, functions_.back().get());
  lua_pushcclosure(state_, SandboxAccess::guarded, 1);
}

void Sandbox::bind(std::string_view name, Function function) {
  names_.emplace_back(name);
  lua_pushglobaltable(state_);
  lua_pushlstring(state_, name.data(), name.size());
  push(std::move(function));
  lua_rawset(state_, -3);
  lua_pop(state_, 1);
}

void Sandbox::protect(Function function) {
  push(std::move(function));
  lua_insert(state_, -2);
  if (int status = lua_pcall(state_, 1, 0, 0); status != LUA_OK) raise(status);
}

void Sandbox::run(std::string_view text, std::string name, fs::path file) {
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);  // editors on Windows write one
  std::optional<CpuBudget> budget;
  if (depth_ == 0) budget.emplace(name, cpu_seconds_);
  chunks_.push_back(
      std::make_unique<Chunk>(Chunk{std::move(name), std::move(file), SourceText(text)}));
  // Lua shortens long chunk names in its messages; a number always fits.
  std::string id = fmt::format("@#{}", chunks_.size() - 1);
  lua_pushcfunction(state_, SandboxAccess::add_place);
  int handler = lua_gettop(state_);
  int status = luaL_loadbufferx(state_, text.data(), text.size(), id.c_str(), "t");
  if (status == LUA_OK) {
    ++depth_;
    status = lua_pcall(state_, 0, 1, handler);
    --depth_;
  }
  lua_remove(state_, handler);
  if (status != LUA_OK) raise(status);
}

void Sandbox::raise(int status) {
  if (std::exception_ptr parked = std::exchange(parked_, nullptr)) {
    lua_pop(state_, 1);
    std::rethrow_exception(parked);
  }
  if (status == LUA_ERRMEM) {
    throw Failure(Diagnostic{
        .message = fmt::format("recipe needs more than {} MiB of memory", kMemoryBudget >> 20),
        .where = location(*chunks_.back(), {})});
  }
  std::size_t size = 0;
  const char* text = lua_tolstring(state_, -1, &size);
  std::string message = text != nullptr ? std::string(text, size) : "unknown error";
  lua_pop(state_, 1);
  throw Failure(from_lua_message(message));
}

Diagnostic Sandbox::from_lua_message(std::string_view message) const {
  std::size_t id = 0;
  int line = 0;
  int consumed = 0;
  std::string copy(message);
  if (std::sscanf(copy.c_str(), "#%zu:%d: %n", &id, &line, &consumed) == 2 && id < chunks_.size()) {
    std::string rest = copy.substr(static_cast<std::size_t>(consumed));
    return {.message = rest,
            .where = location(*chunks_[id], chunks_[id]->source.word(word_in_message(rest), line))};
  }
  return {.message = copy, .where = location(*chunks_.back(), {})};
}

const Chunk* Sandbox::caller(int* line) const {
  lua_Debug frame = {};
  for (int level = 1; lua_getstack(state_, level, &frame) != 0; ++level) {
    lua_getinfo(state_, "Sl", &frame);
    if (frame.currentline <= 0) continue;
    *line = frame.currentline;
    std::size_t id = 0;
    if (std::sscanf(frame.source, "@#%zu", &id) == 1 && id < chunks_.size())
      return chunks_[id].get();
  }
  return nullptr;
}

Location Sandbox::caller_location(std::string_view word) const {
  int line = 0;
  const Chunk* chunk = caller(&line);
  return chunk != nullptr ? location(*chunk, chunk->source.word(word, line)) : Location{};
}

std::vector<Diagnostic> Sandbox::caller_notes() const {
  std::vector<Diagnostic> notes;
  lua_Debug frame = {};
  bool in_function = false;
  for (int level = 1; lua_getstack(state_, level, &frame) != 0 && notes.size() < 5; ++level) {
    lua_getinfo(state_, "Sl", &frame);
    if (frame.currentline <= 0) continue;
    std::size_t id = 0;
    if (in_function && std::sscanf(frame.source, "@#%zu", &id) == 1) {
      notes.push_back({.severity = Severity::note,
                       .message = "called from here",
                       .where = location(*chunks_.at(id), {frame.currentline, 0, 1})});
    }
    if (std::strcmp(frame.what, "main") == 0) break;
    in_function = true;
  }
  return notes;
}

Location Sandbox::location(const Chunk& chunk, const Place& place) {
  return {chunk.name, chunk.file, place.line, place.column, place.width};
}

void Sandbox::push_unfrozen(int index) const {
  lua_pushvalue(state_, index);
  if (luaL_getmetafield(state_, -1, kFrozenField) != LUA_TNIL) lua_remove(state_, -2);
}

void Sandbox::freeze_top(int depth) const {
  lua_State* L = state_;
  if (!lua_istable(L, -1)) return;
  if (luaL_getmetafield(L, -1, kFrozenField) != LUA_TNIL) {
    lua_pop(L, 1);
    return;
  }
  if (depth > kMaxNesting)
    luaL_error(L, "tables nest too deeply to be shared (or hold themselves)");
  luaL_checkstack(L, 12, nullptr);
  lua_createtable(L, 0, 0);  // the view
  lua_createtable(L, 0, 4);  // its metatable
  lua_pushvalue(L, -3);
  lua_setfield(L, -2, "__index");
  lua_pushvalue(L, -3);
  lua_setfield(L, -2, kFrozenField);
  lua_pushcfunction(L, refuse_write);
  lua_setfield(L, -2, "__newindex");
  lua_pushvalue(L, -3);
  lua_pushcclosure(L, frozen_length, 1);
  lua_setfield(L, -2, "__len");
  lua_setmetatable(L, -2);
  // Members are frozen in place.
  int inner = lua_gettop(L) - 1;
  for (lua_pushnil(L); lua_next(L, inner) != 0;) {
    if (lua_istable(L, -1)) {
      freeze_top(depth + 1);
      lua_pushvalue(L, -2);
      lua_insert(L, -2);
      lua_rawset(L, inner);  // assigning to an existing key is allowed during lua_next
    } else {
      lua_pop(L, 1);
    }
  }
  lua_remove(L, inner);
}

}  // namespace remedia::recipe
