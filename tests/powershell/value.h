// What a script computes with.
//
// PowerShell has two kinds of nothing, and both matter: $null is a value that a function can
// output, while a command without output gives "nothing at all", which adds nothing to an array.
#pragma once

#include "powershell/parser.h"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace remedia::powershell {

/// An error that `catch` of a script sees.
class ScriptError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

struct Object;

struct Value {
  enum class Kind { nothing, null, boolean, integer, text, array, object };

  Kind kind = Kind::nothing;
  std::int64_t number = 0;  ///< of an integer or a boolean
  bool wide = false;        ///< of an integer: Int64, not Int32
  std::string string = {};
  std::shared_ptr<std::vector<Value>> items = {};
  std::shared_ptr<Object> object = {};

  static Value null() { return of(Kind::null); }
  static Value of(Kind kind) {
    Value made;
    made.kind = kind;
    return made;
  }
  static Value boolean(bool yes);
  static Value integer(std::int64_t number, bool wide);
  static Value text(std::string string);
  static Value array(std::vector<Value> items);
  static Value of(std::shared_ptr<Object> object);

  bool is_null() const { return kind == Kind::nothing || kind == Kind::null; }
  bool is_text() const { return kind == Kind::text; }
  bool is_integer() const { return kind == Kind::integer; }
  bool is_array() const { return kind == Kind::array; }
  bool is_object() const { return kind == Kind::object; }
};

using Members = std::vector<std::pair<std::string, Value>>;

/// A hashtable, a [pscustomobject] or something of .NET, which has methods.
struct Object {
  std::string type;
  Members members;
  std::map<std::string, std::function<Value(const std::vector<Value>&)>> methods =
      {};  ///< lower case

  Value* find(const std::string& name);  ///< in any case; null: no such member
};

Value make_object(std::string type, Members members);

std::string lower(std::string text);
bool same(const std::string& a, const std::string& b);  ///< in any case

/// As PowerShell puts a value into a string. Unsupported for objects.
std::string to_text(const Value& value);
bool to_bool(const Value& value);
/// `outputs` as the value of a command: nothing, the one, or an array.
Value collapse(std::vector<Value> outputs);
/// Adds to `outputs` what a pipeline would pass on: the items of an array, not the array.
void emit(std::vector<Value>& outputs, const Value& value);
/// [type]value; `type` in lower case. Throws ScriptError where PowerShell refuses.
Value cast(const std::string& type, const Value& value);

}  // namespace remedia::powershell
