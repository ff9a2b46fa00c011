// The interpreter's inside, shared by its files.
#pragma once

#include "powershell/interpreter.h"

namespace remedia::powershell {

/// `a op b` for -eq, -match and the like. `matches`: receives $Matches of a successful -match.
Value operate(const std::string& op, const Value& a, const Value& b, Value& matches);

class Evaluator {
 public:
  Evaluator(const Start& start, Host& host) : start_(start), host_(host), scopes_(1) {}
  std::int64_t run(const Script& script);

 private:
  using Outputs = std::vector<Value>;
  using Scope = std::map<std::string, Value>;
  struct Exit {
    std::int64_t code;
  };
  enum class Flow { on, returned };

  // statements
  Flow execute(const Node& node, Outputs& out);
  Flow execute_block(const Node& node, Outputs& out);
  Flow execute_if(const Node& node, Outputs& out);
  Flow execute_for_each(const Node& node, Outputs& out);
  Flow execute_try(const Node& node, Outputs& out);
  void assign(const Node& node);
  void assign_member(const Node& target, const Value& value);

  // commands
  void command(const Node& node, Outputs& out);
  void call_function(const Node& function, const Node& node, Outputs& out);
  void call_program(const Node& node, Outputs& out);
  void call_host(const Command& command, const Node& node, Outputs& out);
  std::map<std::string, Value> bind(const std::vector<Parameter>& parameters, const Node& node,
                                    const std::string& name);
  void set_parameters(const std::vector<Parameter>& parameters,
                      const std::map<std::string, Value>& given, Scope& scope);

  // expressions
  Value evaluate(const Node& node);
  Value variable(const Node& node);
  Value member(const Value& base, const std::string& name);
  Value method(const Node& node);
  Value text_method(const std::string& text, const std::string& name,
                    const std::vector<Value>& args);
  Value index(const Node& node);
  Value unary(const Node& node);
  Value binary(const Node& node);
  Value pipeline_value(const Node& node);
  std::vector<Value> arguments(const Node& node, std::size_t first);
  Value* find(const std::string& name);

  const Start& start_;
  Host& host_;
  std::vector<Scope> scopes_;
  std::map<std::string, const Node*> functions_;
  int calls_ = 0;
  bool should_process_ = false;
};

}  // namespace remedia::powershell
