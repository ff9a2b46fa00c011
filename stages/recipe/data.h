// Data files as Lua values, for `data "..."`.
#pragma once

#include <string>

#include <lua.hpp>

namespace remedia::recipe {

/// Pushes JSON as tables. Throws Failure that calls the file `name`: invalid, nested too deeply,
/// null in a list (which a Lua list cannot hold).
void push_json_text(lua_State* L, const std::string& text, const std::string& name);

/// Pushes the lines of a text as a list, without their ends.
void push_lines(lua_State* L, const std::string& text);

}  // namespace remedia::recipe
