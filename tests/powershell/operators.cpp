// What the binary operators do with two values.
#include "powershell/evaluator.h"

#include <algorithm>
#include <limits>
#include <regex>

namespace remedia::powershell {

namespace {

[[noreturn]] void refuse(const std::string& op) {
  throw Unsupported(op + " between operands of these types");
}

// The right side becomes what the left is, as in PowerShell.
bool equal(const Value& a, const Value& b) {
  if (a.is_null() || b.is_null()) return a.is_null() && b.is_null();
  if (a.is_text() && (b.is_text() || b.is_integer())) return same(a.string, to_text(b));
  if (a.is_integer() && b.is_integer()) return a.number == b.number;
  if (a.kind == Value::Kind::boolean && b.kind == a.kind) return a.number == b.number;
  refuse("-eq");
}

bool contains(const Value& list, const Value& item) {
  if (!list.is_array()) refuse("-contains");
  return std::any_of(list.items->begin(), list.items->end(),
                     [&](const Value& each) { return equal(each, item); });
}

std::regex pattern(const Value& value) {
  try {
    return std::regex(to_text(value), std::regex::ECMAScript | std::regex::icase);
  } catch (const std::regex_error& error) {
    throw Unsupported("a pattern that is not supported: " + to_text(value));
  }
}

Value match(const Value& a, const Value& b, Value& matches) {
  if (!a.is_text()) refuse("-match");
  std::smatch found;
  if (!std::regex_search(a.string, found, pattern(b))) return Value::boolean(false);
  Members groups;
  for (std::size_t at = 0; at < found.size(); ++at)
    groups.emplace_back(std::to_string(at), Value::text(found[at].str()));
  matches = make_object("matches", std::move(groups));
  return Value::boolean(true);
}

Value replaced(const Value& a, const Value& b) {
  if (!a.is_text() || !b.is_array() || b.items->size() != 2) refuse("-replace");
  std::string with = to_text((*b.items)[1]);
  if (with.find('$') != std::string::npos) refuse("-replace with groups");
  return Value::text(std::regex_replace(a.string, pattern((*b.items)[0]), with));
}

Value joined(const Value& a, const Value& b) {
  if (!a.is_array()) return Value::text(to_text(a));
  std::string out;
  for (std::size_t at = 0; at < a.items->size(); ++at)
    out += (at == 0 ? "" : to_text(b)) + to_text((*a.items)[at]);
  return Value::text(out);
}

Value sum(const Value& a, const Value& b) {
  if (a.is_text() && !b.is_object() && !b.is_array()) return Value::text(a.string + to_text(b));
  if (a.is_array()) {
    std::vector<Value> items = *a.items;
    emit(items, b.kind == Value::Kind::nothing ? Value::null() : b);
    return Value::array(std::move(items));
  }
  refuse("+");
}

Value arithmetic(const std::string& op, const Value& a, const Value& b) {
  if (!a.is_integer() || !b.is_integer()) refuse(op);
  std::int64_t result = 0;
  bool overflow = false;
  if (op == "+") overflow = __builtin_add_overflow(a.number, b.number, &result);
  if (op == "-") overflow = __builtin_sub_overflow(a.number, b.number, &result);
  if (op == "*") overflow = __builtin_mul_overflow(a.number, b.number, &result);
  if (op == "/" || op == "%") {
    if (b.number == 0) throw ScriptError{"Attempted to divide by zero."};
    if (op == "/" && a.number % b.number != 0) throw Unsupported("a division with a remainder");
    result = op == "/" ? a.number / b.number : a.number % b.number;
  }
  bool wide = a.wide || b.wide;
  overflow = overflow || (!wide && (result > std::numeric_limits<std::int32_t>::max() ||
                                    result < std::numeric_limits<std::int32_t>::min()));
  if (overflow) throw Unsupported("an overflow, which becomes floating point");
  return Value::integer(result, wide);
}

Value ordered(const std::string& op, const Value& a, const Value& b) {
  if (!a.is_integer() || !b.is_integer()) refuse(op);
  if (op == "-lt") return Value::boolean(a.number < b.number);
  if (op == "-le") return Value::boolean(a.number <= b.number);
  if (op == "-gt") return Value::boolean(a.number > b.number);
  return Value::boolean(a.number >= b.number);
}

}  // namespace

Value operate(const std::string& op, const Value& a, const Value& b, Value& matches) {
  if (op == "-eq") return Value::boolean(equal(a, b));
  if (op == "-ne") return Value::boolean(!equal(a, b));
  if (op == "-match") return match(a, b, matches);
  if (op == "-notmatch") {
    Value ignored;
    return Value::boolean(!to_bool(match(a, b, ignored)));
  }
  if (op == "-contains") return Value::boolean(contains(a, b));
  if (op == "-in") return Value::boolean(contains(b, a));
  if (op == "-replace") return replaced(a, b);
  if (op == "-join") return joined(a, b);
  if (op == "+" && !a.is_integer()) return sum(a, b);
  if (op == "+" || op == "-" || op == "*" || op == "/" || op == "%") return arithmetic(op, a, b);
  return ordered(op, a, b);
}

}  // namespace remedia::powershell
