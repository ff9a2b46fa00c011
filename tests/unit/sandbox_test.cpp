// What recipes can and cannot do. Messages that users see are golden files; here is what those
// cannot show.
#include "recipe/sandbox.h"

#include "unit/scratch.h"

#include <gtest/gtest.h>

namespace remedia::recipe {
namespace {

std::string result_of(Sandbox& sandbox, std::string_view text) {
  sandbox.run(text, "t.lua", "t.lua");
  std::string result = luaL_tolstring(sandbox.state(), -1, nullptr);
  lua_pop(sandbox.state(), 2);
  return result;
}

std::string result_of(std::string_view text) {
  Sandbox sandbox;
  return result_of(sandbox, text);
}

std::string error_of(std::string_view text) {
  return failure_of([&] { result_of(text); });
}

TEST(Sandbox, HoldsWhatItPromisesAndNothingElse) {
  for (const char* name :
       {"io",           "os",        "debug",          "package",    "require",
        "load",         "loadfile",  "dofile",         "loadstring", "pcall",
        "xpcall",       "coroutine", "collectgarbage", "next",       "getmetatable",
        "setmetatable", "rawget",    "rawset",         "rawequal",   "rawlen",
        "print",        "warn",      "utf8",           "_G",         "_VERSION"}) {
    EXPECT_EQ(error_of(fmt::format("return {}", name)), fmt::format("undefined name '{}'", name));
  }
  EXPECT_EQ(result_of("return type(string.dump) .. type(math.random) .. type(math.sin)"),
            "nilnilnil");
  EXPECT_EQ(result_of("return type((''):rep(2)) .. type((''). dump)"), "stringnil");
}

TEST(Sandbox, RunsTextOnly) {
  std::string binary = "\x1bLua";
  EXPECT_NE(error_of(binary).find("binary chunk"), std::string::npos);
}

TEST(Sandbox, SortsPairs) {
  EXPECT_EQ(
      result_of("local s = '' for k, v in pairs { b = 2, a = 1, [2] = 'y', [1] = 'x', [-1] = 'w' } "
                "do s = s .. k .. '=' .. v .. ' ' end return s"),
      "-1=w 1=x 2=y a=1 b=2 ");
  EXPECT_EQ(result_of("local t, s = { a = 1, b = 2, c = 3 }, '' "
                      "for k in pairs(t) do t.b = nil s = s .. k end return s"),
            "ac");
}

TEST(Sandbox, BudgetIsForMemoryInUseNotForAllThatWasEver) {
  EXPECT_EQ(result_of("local n = 0 for i = 1, 300 do n = n + #(('x'):rep(1 << 20)) end return n"),
            std::to_string(300LL << 20));
}

TEST(Sandbox, IsUsableAfterAnError) {
  Sandbox sandbox;
  EXPECT_THROW(result_of(sandbox, "return nothing"), Failure);
  EXPECT_EQ(result_of(sandbox, "return 5"), "5");
  EXPECT_EQ(lua_gettop(sandbox.state()), 0);
}

// A thrown Failure unwinds through Lua, and comes out as it went in.
TEST(Sandbox, FailuresOfBoundFunctionsComeThrough) {
  Sandbox sandbox;
  int destroyed = 0;
  struct Guard {
    int* count;
    ~Guard() { ++*count; }
  };
  sandbox.bind("broken", [&](lua_State*) -> int {
    Guard guard{&destroyed};
    throw Failure(Diagnostic{.message = "as it was", .hint = "kept"});
  });
  sandbox.bind("lua_error", [&](lua_State* L) -> int {
    Guard guard{&destroyed};
    return luaL_error(L, "by Lua");
  });
  try {
    result_of(sandbox, "local function f() broken() end\nf()");
    FAIL();
  } catch (const Failure& failure) {
    EXPECT_EQ(failure.diagnostics().at(0).hint, "kept");
  }
  EXPECT_EQ(failure_of([&] { result_of(sandbox, "\n\nlua_error()"); }), "by Lua");
  EXPECT_EQ(destroyed, 2);
}

TEST(Sandbox, PointsAtTheLineAndTheWord) {
  Sandbox sandbox;
  try {
    sandbox.run("local a = 1\nreturn a .. nothing", "recipes/x.lua", "x.lua");
    FAIL();
  } catch (const Failure& failure) {
    const Location& where = failure.diagnostics().at(0).where;
    EXPECT_EQ(where.name, "recipes/x.lua");
    EXPECT_EQ(where.line, 2);
    EXPECT_EQ(where.column, 13);
    EXPECT_EQ(where.width, 7);
  }
}

TEST(Sandbox, FreezesSharedTables) {
  Sandbox sandbox;
  sandbox.bind("frozen", [&](lua_State* L) {
    lua_settop(L, 1);
    sandbox.freeze_top();
    return 1;
  });
  EXPECT_EQ(
      result_of(sandbox,
                "local t = frozen { 1, 2, x = { y = 3 } } "
                "local s = '' for k in pairs(t) do s = s .. k end "
                "return #t .. t[2] .. t.x.y .. s .. table.concat(t, ',') .. #{ table.unpack(t) }"),
      "22312x1,22");
  for (const char* write :
       {"t[1] = 2", "t.new = 1", "t.x.y = 4", "table.insert(t, 3)", "table.sort(t)"}) {
    std::string text = fmt::format("local t = frozen {{ 2, 1, x = {{ y = 3 }} }} {}", write);
    EXPECT_NE(failure_of([&] { result_of(sandbox, text); }).find("frozen"), std::string::npos)
        << write;
  }
  std::string loop = "local a = {} local b = { a = a } a.b = b return frozen(a)";
  EXPECT_NE(failure_of([&] { result_of(sandbox, loop); }).find("hold themselves"),
            std::string::npos);
}

TEST(SandboxDeathTest, EndsALibraryCallThatTheHookDoesNotSee) {
  EXPECT_EXIT(
      {
        Sandbox sandbox(1);
        sandbox.run("return (('a'):rep(100)):find((('a*'):rep(30)) .. 'b')", "slow.lua",
                    "slow.lua");
      },
      testing::ExitedWithCode(1), "slow.lua: error: recipe ran for too long");
}

}  // namespace
}  // namespace remedia::recipe
