// The syntax tree of a script: one kind of node, because a tree walker needs no more.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace remedia::powershell {

enum class Kind {
  // expressions
  text,           ///< a string without variables: text
  integer,        ///< number; wide: more than 32 bits
  expandable,     ///< a string of parts: kids
  variable,       ///< text: lower-case name, with its scope ("env:windir")
  member,         ///< kids[0].text
  method,         ///< kids[0].text(kids[1...])
  index,          ///< kids[0][kids[1]]
  static_member,  ///< [type]::text
  static_method,  ///< [type]::text(kids...)
  cast,           ///< [type]kids[0]
  unary,          ///< text ("-not", "-") kids[0]
  binary,         ///< kids[0] text kids[1]
  list,           ///< kids[0], kids[1], ...
  paren,          ///< (kids[0])
  sub,            ///< $(kids...)
  array,          ///< @(kids...)
  hashtable,      ///< @{ names[i] = kids[i] }
  // commands
  command,    ///< text: name, or kids[0] when called by &; the rest: parameters and arguments
  parameter,  ///< -text
  // statements
  block,      ///< kids
  assign,     ///< kids[0] text ("=", "+=") kids[1]
  if_else,    ///< condition, block, condition, block, ..., [block]
  for_each,   ///< text: variable; kids: what, block
  try_catch,  ///< kids: block, catch or null, finally or null
  throw_it,   ///< kids[0]
  return_it,  ///< kids[0] or none
  exit_it,    ///< kids[0]
  function,   ///< text: name; parameters; kids[0]: body
};

struct Node;
using NodePtr = std::shared_ptr<Node>;

struct Parameter {
  std::string name;  ///< lower case
  std::string type;  ///< lower case; empty: any
  NodePtr initial;   ///< may be null
};

struct Node {
  Kind kind = Kind::block;
  int line = 0;
  std::string text = {};
  std::string type = {};
  std::int64_t number = 0;
  bool wide = false;    ///< of an integer
  bool called = false;  ///< of a command: by &
  bool merged = false;  ///< of a command: 2>&1
  std::vector<NodePtr> kids = {};
  std::vector<std::string> names = {};
  std::vector<Parameter> parameters = {};
};

struct Script {
  bool should_process = false;  ///< [CmdletBinding(SupportsShouldProcess = $true)]
  std::vector<Parameter> parameters;
  NodePtr body;
};

}  // namespace remedia::powershell
