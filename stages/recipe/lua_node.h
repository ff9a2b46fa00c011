// Values as Lua sees them.
#pragma once

#include "recipe/sandbox.h"
#include "recipe/value.h"

namespace remedia::recipe {

/// How nodes live in Lua: userdata with this metatable.
constexpr const char* kNodeMetatable = "remedia.node";
void push_node(lua_State* L, const NodeRef& node);
const NodeRef* to_node(lua_State* L, int index);  ///< null if it is none
/// Fields of values can be read: scalars as such, lists as fresh tables, paths as they were
/// written.
void push_value(lua_State* L, const Value& value, bool list);

}  // namespace remedia::recipe
