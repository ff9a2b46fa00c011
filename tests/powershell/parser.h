// Reads the part of PowerShell in which our scripts are written.
//
// PowerShell is read without tokens of its own: what a character means depends on whether an
// expression or an argument of a command is expected. Everything that the scripts do not need is an
// error: pipelines, switch, for, while, splatting, here-strings, aliases, prefixes of parameters.
// So is what PowerShell allows and readers misread: -and beside -or without parentheses.
#pragma once

#include "powershell/ast.h"

#include <stdexcept>
#include <string_view>

namespace remedia::powershell {

/// The script uses what this interpreter does not know; no `catch` of a script sees it.
class Unsupported : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

Script parse(std::string_view text);

}  // namespace remedia::powershell
