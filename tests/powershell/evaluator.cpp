// Expressions.
#include "powershell/evaluator.h"

#include <algorithm>

namespace remedia::powershell {

Value* Evaluator::find(const std::string& name) {
  for (auto scope = scopes_.rbegin(); scope != scopes_.rend(); ++scope) {
    if (auto found = scope->find(name); found != scope->end()) return &found->second;
  }
  return nullptr;
}

// The value of a statement in parentheses or at the right of "=": of a command, what it outputs.
Value Evaluator::pipeline_value(const Node& node) {
  if (node.kind != Kind::command) return evaluate(node);
  Outputs out;
  command(node, out);
  return collapse(std::move(out));
}

std::vector<Value> Evaluator::arguments(const Node& node, std::size_t first) {
  std::vector<Value> args;
  for (std::size_t at = first; at < node.kids.size(); ++at)
    args.push_back(evaluate(*node.kids[at]));
  return args;
}

Value Evaluator::evaluate(const Node& node) {
  switch (node.kind) {
    case Kind::text:
      return Value::text(node.text);
    case Kind::integer:
      return Value::integer(node.number, node.wide);
    case Kind::variable:
      return variable(node);
    case Kind::paren:
      return pipeline_value(*node.kids[0]);
    case Kind::member:
      return member(evaluate(*node.kids[0]), node.text);
    case Kind::method:
      return method(node);
    case Kind::index:
      return index(node);
    case Kind::static_member:
      return host_.static_member(node.type, node.text);
    case Kind::static_method:
      return host_.static_method(node.type, node.text, arguments(node, 0));
    case Kind::cast:
      return cast(node.type, evaluate(*node.kids[0]));
    case Kind::unary:
      return unary(node);
    case Kind::binary:
      return binary(node);
    case Kind::list:
      return Value::array(arguments(node, 0));
    case Kind::expandable: {
      std::string text;
      for (const NodePtr& kid : node.kids) text += to_text(evaluate(*kid));
      return Value::text(text);
    }
    case Kind::sub:
    case Kind::array: {
      Outputs out;
      if (execute_block(*node.kids[0], out) == Flow::returned)
        throw Unsupported("return in $() or @()");
      return node.kind == Kind::array ? Value::array(std::move(out)) : collapse(std::move(out));
    }
    case Kind::hashtable: {
      Members members;
      for (std::size_t at = 0; at < node.kids.size(); ++at)
        members.emplace_back(node.names[at], pipeline_value(*node.kids[at]));
      return make_object("hashtable", std::move(members));
    }
    default:
      break;
  }
  throw Unsupported("line " + std::to_string(node.line) + ": not an expression");
}

Value Evaluator::variable(const Node& node) {
  const std::string& name = node.text;
  if (name == "null") return Value::null();
  if (name == "true" || name == "false") return Value::boolean(name == "true");
  if (name.starts_with("env:")) return Value::text(host_.environment(name.substr(4)));
  if (name == "pscmdlet") {
    if (!should_process_) throw Unsupported("$PSCmdlet without SupportsShouldProcess");
    Value cmdlet = make_object("pscmdlet", {});
    cmdlet.object->methods["shouldprocess"] = [this](const std::vector<Value>& args) {
      return Value::boolean(host_.should_process(to_text(args.at(0)), to_text(args.at(1))));
    };
    return cmdlet;
  }
  if (Value* found = find(name.starts_with("script:") ? name.substr(7) : name)) return *found;
  throw ScriptError{"The variable '$" + name +
                    "' cannot be retrieved because it has not been set."};
}

Value Evaluator::member(const Value& base, const std::string& name) {
  if (base.is_object()) {
    if (Value* found = base.object->find(name)) return *found;
  }
  if (base.is_array() && (same(name, "Count") || same(name, "Length")))
    return Value::integer(static_cast<std::int64_t>(base.items->size()), false);
  if (base.is_text() && same(name, "Length"))
    return Value::integer(static_cast<std::int64_t>(base.string.size()), false);
  if (base.is_array()) throw Unsupported("." + name + " of all items of an array");
  throw ScriptError{"The property '" + name + "' cannot be found on this object."};
}

Value Evaluator::method(const Node& node) {
  Value base = evaluate(*node.kids[0]);
  std::vector<Value> args = arguments(node, 1);
  std::string name = lower(node.text);
  if (base.is_null()) throw ScriptError{"You cannot call a method on a null-valued expression."};
  if (base.is_text()) return text_method(base.string, name, args);
  if (base.is_object()) {
    auto found = base.object->methods.find(name);
    if (found != base.object->methods.end()) return found->second(args);
  }
  throw Unsupported("line " + std::to_string(node.line) + ": unknown method " + node.text);
}

Value Evaluator::text_method(const std::string& text, const std::string& name,
                             const std::vector<Value>& args) {
  if (name == "trim" && args.empty()) {
    std::size_t first = text.find_first_not_of(" \t\r\n");
    std::size_t last = text.find_last_not_of(" \t\r\n");
    return Value::text(first == std::string::npos ? "" : text.substr(first, last - first + 1));
  }
  if (name == "tolowerinvariant" && args.empty()) return Value::text(lower(text));
  if (name == "startswith" && args.size() == 1)
    return Value::boolean(text.starts_with(to_text(args[0])));
  if (name == "substring" && args.size() == 2) {
    auto from = static_cast<std::size_t>(args[0].number);
    auto length = static_cast<std::size_t>(args[1].number);
    if (from > text.size() || length > text.size() - from) throw ScriptError{"Substring: outside"};
    return Value::text(text.substr(from, length));
  }
  if (name == "replace" && args.size() == 2) {
    std::string from = to_text(args[0]);
    std::string to = to_text(args[1]);
    std::string out = text;
    if (from.empty()) throw ScriptError{"String cannot be of zero length."};
    for (std::size_t at = out.find(from); at != std::string::npos;
         at = out.find(from, at + to.size()))
      out.replace(at, from.size(), to);
    return Value::text(out);
  }
  throw Unsupported("unknown method of strings: " + name);
}

Value Evaluator::index(const Node& node) {
  Value base = evaluate(*node.kids[0]);
  Value key = evaluate(*node.kids[1]);
  if (!base.is_array() || !key.is_integer()) {
    if (base.is_object() && base.object->type == "matches" && key.is_integer())
      return member(base, std::to_string(key.number));
    throw Unsupported("line " + std::to_string(node.line) + ": index of something else");
  }
  if (key.number < 0 || key.number >= static_cast<std::int64_t>(base.items->size()))
    throw ScriptError{"Index was outside the bounds of the array."};
  return (*base.items)[static_cast<std::size_t>(key.number)];
}

Value Evaluator::unary(const Node& node) {
  return Value::boolean(!to_bool(evaluate(*node.kids[0])));
}

Value Evaluator::binary(const Node& node) {
  Value left = evaluate(*node.kids[0]);
  if (node.text == "-and" || node.text == "-or") {
    bool first = to_bool(left);
    if (first == (node.text == "-or")) return Value::boolean(first);
    return Value::boolean(to_bool(evaluate(*node.kids[1])));
  }
  Value matches;
  try {
    Value result = operate(node.text, left, evaluate(*node.kids[1]), matches);
    if (matches.is_object()) scopes_.back()["matches"] = matches;
    return result;
  } catch (const Unsupported& error) {
    throw Unsupported("line " + std::to_string(node.line) + ": " + error.what());
  }
}

}  // namespace remedia::powershell
