// Runs scripts as Windows PowerShell 5.1 does under Set-StrictMode -Version 2, as far as our
// scripts go; everything else is Unsupported, which ends the run and the test.
//
// Rules it keeps because scripts fail by them on real machines:
//  - a function outputs all that its statements output; one item is no array;
//  - variables that were never set and members that are not there are errors;
//  - comparison of text ignores case; operands of other types than the scripts need are refused;
//  - Int32 that overflows and division with a remainder would become floating point: refused;
//  - commands of script modules do not see the caller's $ErrorActionPreference: they must be given
//    -ErrorAction;
//  - what a program writes to stderr becomes an error under 2>&1 and 'Stop'.
#pragma once

#include "powershell/value.h"

#include <string_view>

namespace remedia::powershell {

/// One call of a command that is not a function of the script.
struct Call {
  std::string name;
  std::map<std::string, Value> given;  ///< by the lower-case name of the parameter

  bool has(const std::string& parameter) const { return given.contains(parameter); }
  const Value& at(const std::string& parameter) const;  ///< Unsupported if it was not given
  std::string text(const std::string& parameter) const { return to_text(at(parameter)); }
};

struct Command {
  std::vector<std::string> parameters;    ///< lower case; by position for arguments without name
  bool of_script_module = false;          ///< see above
  std::function<Value(const Call&)> run;  ///< throws ScriptError
};

struct ProgramResult {
  std::int64_t code = 0;
  std::vector<std::string> out = {};
  std::vector<std::string> err = {};
};

/// The world around a script.
class Host {
 public:
  virtual ~Host() = default;
  virtual const Command* command(const std::string& name) = 0;  ///< lower case; null: unknown
  virtual ProgramResult program(const std::string& path, const std::vector<std::string>& args) = 0;
  virtual Value static_member(const std::string& type, const std::string& name) = 0;
  virtual Value static_method(const std::string& type, const std::string& name,
                              const std::vector<Value>& args) = 0;
  virtual std::string environment(const std::string& name) = 0;  ///< lower case
  virtual void print(const std::string& line) = 0;
  /// What -WhatIf asks for.
  virtual bool should_process(const std::string& target, const std::string& action) = 0;
};

struct Start {
  std::string folder;                  ///< $PSScriptRoot
  std::string file;                    ///< the name of the script in it
  std::map<std::string, Value> given;  ///< parameters, by lower-case name
};

/// Runs `text` and returns its exit code. Throws Unsupported, and ScriptError if nothing catches
/// it.
std::int64_t run_script(std::string_view text, const Start& start, Host& host);

}  // namespace remedia::powershell
