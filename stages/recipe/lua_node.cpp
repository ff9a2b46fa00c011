#include "recipe/lua_node.h"

#include <new>

namespace remedia::recipe {

void push_node(lua_State* L, const NodeRef& node) {
  void* memory = lua_newuserdatauv(L, sizeof(NodeRef), 0);
  new (memory) NodeRef(node);
  luaL_setmetatable(L, kNodeMetatable);
}

const NodeRef* to_node(lua_State* L, int index) {
  return static_cast<const NodeRef*>(luaL_testudata(L, index, kNodeMetatable));
}

namespace {

void push_scalar(lua_State* L, const Scalar& scalar) {
  if (const bool* flag = std::get_if<bool>(&scalar)) {
    lua_pushboolean(L, *flag ? 1 : 0);
  } else if (const std::int64_t* number = std::get_if<std::int64_t>(&scalar)) {
    lua_pushinteger(L, *number);
  } else if (const std::string* text = std::get_if<std::string>(&scalar)) {
    lua_pushlstring(L, text->data(), text->size());
  } else if (const NodeRef* node = std::get_if<NodeRef>(&scalar)) {
    push_node(L, *node);
  } else if (const PathByArch* paths = std::get_if<PathByArch>(&scalar)) {
    auto any = paths->find("");
    if (any != paths->end()) {
      lua_pushlstring(L, any->second.written.data(), any->second.written.size());
      return;
    }
    lua_createtable(L, 0, static_cast<int>(paths->size()));
    for (const auto& [arch, path] : *paths) {
      lua_pushlstring(L, path.written.data(), path.written.size());
      lua_setfield(L, -2, arch.c_str());
    }
  } else {
    lua_pushnil(L);
  }
}

}  // namespace

void push_value(lua_State* L, const Value& value, bool list) {
  if (!list) {
    push_scalar(L, value.items.empty() ? Scalar{} : value.items.front());
    return;
  }
  lua_createtable(L, static_cast<int>(value.items.size()), 0);
  for (std::size_t i = 0; i < value.items.size(); ++i) {
    push_scalar(L, value.items[i]);
    lua_rawseti(L, -2, static_cast<lua_Integer>(i) + 1);
  }
}

}  // namespace remedia::recipe
