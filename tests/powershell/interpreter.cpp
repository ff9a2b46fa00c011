// Statements and commands.
#include "powershell/interpreter.h"

#include "powershell/evaluator.h"

#include <algorithm>

namespace remedia::powershell {

const Value& Call::at(const std::string& parameter) const {
  auto found = given.find(parameter);
  if (found == given.end()) throw Unsupported(name + " needs -" + parameter);
  return found->second;
}

std::int64_t run_script(std::string_view text, const Start& start, Host& host) {
  Script script = parse(text);
  return Evaluator(start, host).run(script);
}

std::int64_t Evaluator::run(const Script& script) {
  should_process_ = script.should_process;
  scopes_[0]["psscriptroot"] = Value::text(start_.folder);
  scopes_[0]["pscommandpath"] = Value::text(start_.folder + "\\" + start_.file);
  scopes_[0]["erroractionpreference"] = Value::text("Continue");
  for (const auto& given : start_.given) {
    if (std::none_of(script.parameters.begin(), script.parameters.end(),
                     [&](const Parameter& known) { return known.name == given.first; }))
      throw ScriptError{"A parameter cannot be found that matches '" + given.first + "'."};
  }
  set_parameters(script.parameters, start_.given, scopes_[0]);
  Outputs out;
  std::int64_t code = 0;
  try {
    execute(*script.body, out);
  } catch (const Exit& exit) {
    code = exit.code;
  }
  for (const Value& line : out) host_.print(to_text(line));
  return code;
}

Evaluator::Flow Evaluator::execute_block(const Node& node, Outputs& out) {
  for (const NodePtr& kid : node.kids) {
    if (execute(*kid, out) == Flow::returned) return Flow::returned;
  }
  return Flow::on;
}

Evaluator::Flow Evaluator::execute(const Node& node, Outputs& out) {
  switch (node.kind) {
    case Kind::block:
      return execute_block(node, out);
    case Kind::if_else:
      return execute_if(node, out);
    case Kind::for_each:
      return execute_for_each(node, out);
    case Kind::try_catch:
      return execute_try(node, out);
    case Kind::assign:
      assign(node);
      return Flow::on;
    case Kind::function:
      functions_[lower(node.text)] = &node;
      return Flow::on;
    case Kind::throw_it:
      throw ScriptError{to_text(pipeline_value(*node.kids[0]))};
    case Kind::exit_it:
      throw Exit{cast("int", pipeline_value(*node.kids[0])).number};
    case Kind::return_it:
      if (!node.kids.empty()) execute(*node.kids[0], out);
      return Flow::returned;
    case Kind::command:
      command(node, out);
      return Flow::on;
    default:
      emit(out, evaluate(node));
      return Flow::on;
  }
}

Evaluator::Flow Evaluator::execute_if(const Node& node, Outputs& out) {
  std::size_t at = 0;
  for (; at + 1 < node.kids.size(); at += 2) {
    if (to_bool(pipeline_value(*node.kids[at]))) return execute_block(*node.kids[at + 1], out);
  }
  return at < node.kids.size() ? execute_block(*node.kids[at], out) : Flow::on;
}

Evaluator::Flow Evaluator::execute_for_each(const Node& node, Outputs& out) {
  Value what = pipeline_value(*node.kids[0]);
  Outputs items;
  // A loop over $null does nothing, as since PowerShell 3; over other single values, one round.
  if (!what.is_null()) emit(items, what);
  for (const Value& item : items) {
    scopes_.back()[node.text] = item;
    if (execute_block(*node.kids[1], out) == Flow::returned) return Flow::returned;
  }
  return Flow::on;
}

Evaluator::Flow Evaluator::execute_try(const Node& node, Outputs& out) {
  Flow flow = Flow::on;
  std::size_t depth = scopes_.size();
  int calls = calls_;
  auto finally = [&] {
    scopes_.resize(depth);
    calls_ = calls;
    if (node.kids[2] && execute_block(*node.kids[2], out) == Flow::returned)
      throw Unsupported("return in finally");
  };
  try {
    try {
      flow = execute_block(*node.kids[0], out);
    } catch (const ScriptError& error) {
      if (!node.kids[1]) throw;
      scopes_.resize(depth);
      calls_ = calls;
      Value exception = make_object("exception", {{"Message", Value::text(error.what())}});
      scopes_.back()["_"] = make_object("errorrecord", {{"Exception", exception}});
      flow = execute_block(*node.kids[1], out);
    }
  } catch (const Unsupported&) {
    throw;
  } catch (...) {
    finally();
    throw;
  } finally();
  return flow;
}

void Evaluator::assign(const Node& node) {
  const Node& target = *node.kids[0];
  Value value = pipeline_value(*node.kids[1]);
  if (node.text == "+=") {
    Value ignored;
    value = operate("+", evaluate(target), value, ignored);
  }
  if (target.kind == Kind::member) return assign_member(target, value);
  std::string name = target.text;
  if (name == "null") return;
  if (name == "true" || name == "false" || name == "_" || name.starts_with("env:"))
    throw Unsupported("assignment to $" + name);
  if (name.starts_with("script:")) {
    scopes_.front()[name.substr(7)] = value;
  } else {
    scopes_.back()[name] = value;
  }
}

void Evaluator::assign_member(const Node& target, const Value& value) {
  Value base = evaluate(*target.kids[0]);
  if (!base.is_object()) throw Unsupported("a member of something else than an object");
  Value* member = base.object->find(target.text);
  if (!member) throw ScriptError{"The property '" + target.text + "' cannot be found."};
  *member = value;
}

void Evaluator::command(const Node& node, Outputs& out) {
  if (node.called) return call_program(node, out);
  std::string name = lower(node.text);
  if (name == "set-strictmode") return;  // always as under -Version 2
  if (auto found = functions_.find(name); found != functions_.end())
    return call_function(*found->second, node, out);
  const Command* known = host_.command(name);
  if (!known)
    throw Unsupported("line " + std::to_string(node.line) + ": unknown command " + node.text);
  call_host(*known, node, out);
}

std::map<std::string, Value> Evaluator::bind(const std::vector<Parameter>& parameters,
                                             const Node& node, const std::string& name) {
  std::map<std::string, Value> given;
  std::size_t position = 0;
  for (std::size_t at = 0; at < node.kids.size(); ++at) {
    const Node& kid = *node.kids[at];
    auto known = parameters.end();
    if (kid.kind == Kind::parameter) {
      known = std::find_if(parameters.begin(), parameters.end(),
                           [&](const Parameter& p) { return p.name == lower(kid.text); });
      if (known == parameters.end()) throw Unsupported(name + " has no parameter -" + kid.text);
      if (known->type == "switch") {
        given[known->name] = Value::boolean(true);
        continue;
      }
      if (++at == node.kids.size() || node.kids[at]->kind == Kind::parameter)
        throw Unsupported(name + ": -" + kid.text + " has no value");
    } else {
      while (position < parameters.size() &&
             (parameters[position].type == "switch" || given.contains(parameters[position].name)))
        ++position;
      if (position == parameters.size()) throw Unsupported(name + ": too many arguments");
      known = parameters.begin() + static_cast<std::ptrdiff_t>(position);
    }
    if (given.contains(known->name)) throw Unsupported(name + ": -" + known->name + " twice");
    given[known->name] = cast(known->type, evaluate(*node.kids[at]));
  }
  return given;
}

void Evaluator::set_parameters(const std::vector<Parameter>& parameters,
                               const std::map<std::string, Value>& given, Scope& scope) {
  for (const Parameter& parameter : parameters) {
    auto found = given.find(parameter.name);
    Value value = Value::null();
    if (found != given.end()) {
      value = cast(parameter.type, found->second);
    } else if (parameter.initial) {
      value = cast(parameter.type, evaluate(*parameter.initial));
    } else if (parameter.type == "switch") {
      value = Value::boolean(false);
    } else {
      value = cast(parameter.type, value);
    }
    scope[parameter.name] = value;
  }
}

void Evaluator::call_function(const Node& function, const Node& node, Outputs& out) {
  if (++calls_ > 50) throw Unsupported("calls nested too deeply");
  Scope scope;
  set_parameters(function.parameters, bind(function.parameters, node, function.text), scope);
  scopes_.push_back(std::move(scope));
  execute_block(*function.kids[0], out);
  scopes_.pop_back();
  --calls_;
}

void Evaluator::call_program(const Node& node, Outputs& out) {
  std::vector<std::string> args;
  for (std::size_t at = 1; at < node.kids.size(); ++at) {
    const Node& kid = *node.kids[at];
    if (kid.kind == Kind::parameter) {
      args.push_back("-" + kid.text);
      continue;
    }
    Outputs values;
    emit(values, evaluate(kid));
    for (const Value& value : values) {
      args.push_back(to_text(value));
      if (args.back().empty() || args.back().find('"') != std::string::npos ||
          args.back().ends_with("\\"))
        throw Unsupported("PowerShell 5.1 passes this argument on wrongly: " + args.back());
    }
  }
  ProgramResult result = host_.program(to_text(evaluate(*node.kids[0])), args);
  scopes_.front()["lastexitcode"] = Value::integer(result.code, false);
  for (const std::string& line : result.out) out.push_back(Value::text(line));
  bool stop = same(to_text(*find("erroractionpreference")), "Stop");
  for (const std::string& line : result.err) {
    if (!node.merged) {
      host_.print(line);
    } else if (stop) {
      throw ScriptError{line};
    } else {
      out.push_back(Value::text(line));
    }
  }
}

void Evaluator::call_host(const Command& command, const Node& node, Outputs& out) {
  std::vector<Parameter> parameters;
  for (const std::string& name : command.parameters) {
    bool is_switch = name.starts_with("[switch]");
    parameters.push_back({is_switch ? name.substr(8) : name, is_switch ? "switch" : "", {}});
  }
  parameters.push_back({"erroraction", "", {}});
  Call call{node.text, bind(parameters, node, node.text)};
  std::string action = call.has("erroraction") ? lower(call.text("erroraction")) : "";
  if (action.empty()) {
    if (command.of_script_module)
      throw Unsupported("line " + std::to_string(node.line) + ": " + node.text +
                        " needs -ErrorAction: its module does not see $ErrorActionPreference");
    action = lower(to_text(*find("erroractionpreference")));
  }
  try {
    emit(out, command.run(call));
  } catch (const ScriptError&) {
    if (action == "stop") throw;
    if (action != "silentlycontinue")
      throw Unsupported(node.text + " failed under -ErrorAction " + action);
  }
}

}  // namespace remedia::powershell
