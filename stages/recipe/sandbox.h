// A Lua that can describe an image and cannot do anything else.
//
// A whitelist, not a blacklist: the environment starts empty and holds only what recipes need. No
// io, os, debug, load, require, pcall or coroutine; text chunks only; a memory budget in the
// allocator, an instruction budget in the hook and a CPU budget for library calls that the hook
// does not see. Reading or setting an undefined global is an error. Whatever could differ from run
// to run is gone: `pairs` sorts its keys (Lua seeds its string hash from time and ASLR), tostring
// and string.format take no tables (they would print addresses), math has no random.
//
// The goal is hermetic and terminating, not the isolation of hostile code.
//
// Linked as lua5.4-c++, where lua_error unwinds destructors. No C++ exception may cross Lua (its
// catch (...) would lose it): every function bound here goes through guarded<>, which parks the
// exception, and run() throws it again.
#pragma once

#include "recipe/locate.h"
#include "support/diagnostic.h"
#include "support/file.h"

#include <cstddef>
#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <lua.hpp>

namespace remedia::recipe {

/// One Lua text: its name for people, its path, its tokens.
struct Chunk {
  std::string name;
  fs::path file;
  SourceText source;
};

class Sandbox {
 public:
  static constexpr std::size_t kMemoryBudget = 64u << 20;  // a recipe uses some 20 KiB
  static constexpr int kInstructionBudget = 10'000'000;
  static constexpr int kCpuSeconds = 20;
  static constexpr int kMaxNesting = 100;

  explicit Sandbox(int cpu_seconds = kCpuSeconds);
  ~Sandbox();
  Sandbox(const Sandbox&) = delete;
  Sandbox& operator=(const Sandbox&) = delete;

  using Function = std::function<int(lua_State*)>;
  /// Makes `function` callable from recipes as `name`. It may throw Failure.
  void bind(std::string_view name, Function function);

  /// Loads and runs a text and leaves its one value on the stack. Throws Failure with a place.
  /// Callable from bound functions (include).
  void run(std::string_view text, std::string name, fs::path file);

  /// Takes the value on top of the stack as the argument of `function` and calls it as Lua would,
  /// so that running out of memory in it is a Failure, too.
  void protect(Function function);

  lua_State* state() const { return state_; }

  /// The chunk and line that called the running bound function; null outside of Lua code.
  const Chunk* caller(int* line) const;
  /// The place of `word` on the caller's line.
  Location caller_location(std::string_view word) const;
  /// "called from here" for a caller that is itself inside a function.
  std::vector<Diagnostic> caller_notes() const;
  static Location location(const Chunk& chunk, const Place& place);

  /// The table at `index`, or the one behind it if it is frozen, pushed.
  void push_unfrozen(int index) const;
  /// Replaces the value on top by a read-only view of it if it is a table, recursively.
  void freeze_top(int depth = 0) const;

 private:
  friend struct SandboxAccess;
  void open_libraries();
  void push(Function function);  // as a Lua function, on the stack
  [[noreturn]] void raise(int status);
  Diagnostic from_lua_message(std::string_view message) const;

  int cpu_seconds_;
  std::size_t memory_ = 0;  // before state_: its very creation is charged
  lua_State* state_ = nullptr;
  int depth_ = 0;
  std::exception_ptr parked_;
  std::vector<std::unique_ptr<Function>> functions_;
  std::vector<std::unique_ptr<Chunk>> chunks_;
  std::vector<std::string> names_;
};

}  // namespace remedia::recipe
