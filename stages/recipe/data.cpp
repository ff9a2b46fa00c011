#include "recipe/data.h"

#include "support/diagnostic.h"

#include <algorithm>
#include <string_view>

#include <nlohmann/json.hpp>

namespace remedia::recipe {

namespace {

constexpr int kMaxJsonDepth = 64;

void push_json(lua_State* L, const nlohmann::json& json, int depth) {
  if (depth > kMaxJsonDepth) fail("the data nests more than {} levels deep", kMaxJsonDepth);
  luaL_checkstack(L, 4, nullptr);
  switch (json.type()) {
    case nlohmann::json::value_t::boolean:
      lua_pushboolean(L, json.get<bool>() ? 1 : 0);
      return;
    case nlohmann::json::value_t::number_integer:
    case nlohmann::json::value_t::number_unsigned:
      lua_pushinteger(L, json.get<lua_Integer>());
      return;
    case nlohmann::json::value_t::number_float:
      lua_pushnumber(L, json.get<double>());
      return;
    case nlohmann::json::value_t::string: {
      const auto& text = json.get_ref<const std::string&>();
      lua_pushlstring(L, text.data(), text.size());
      return;
    }
    case nlohmann::json::value_t::array: {
      lua_createtable(L, static_cast<int>(json.size()), 0);
      lua_Integer i = 0;
      for (const auto& item : json) {
        if (item.is_null()) fail("the data has null in a list, which Lua cannot hold");
        push_json(L, item, depth + 1);
        lua_rawseti(L, -2, ++i);
      }
      return;
    }
    case nlohmann::json::value_t::object:
      lua_createtable(L, 0, static_cast<int>(json.size()));
      for (const auto& [key, item] : json.items()) {
        lua_pushlstring(L, key.data(), key.size());
        push_json(L, item, depth + 1);
        lua_rawset(L, -3);
      }
      return;
    default:
      lua_pushnil(L);
  }
}

}  // namespace

void push_json_text(lua_State* L, const std::string& text, const std::string& name) {
  try {
    push_json(L, nlohmann::json::parse(text), 0);
  } catch (const nlohmann::json::exception& error) {
    // The library's text begins with its own error number in brackets.
    std::string_view what = error.what();
    std::size_t bracket = what.find("] ");
    fail("'{}' is not valid JSON: {}", name,
         bracket == std::string_view::npos ? what : what.substr(bracket + 2));
  }
}

void push_lines(lua_State* L, const std::string& text) {
  lua_createtable(L, 0, 0);
  lua_Integer count = 0;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t end = std::min(text.find('\n', at), text.size());
    std::size_t size = end - at;
    if (size > 0 && text[at + size - 1] == '\r') --size;
    lua_pushlstring(L, text.data() + at, size);
    lua_rawseti(L, -2, ++count);
    at = end + 1;
  }
}

}  // namespace remedia::recipe
