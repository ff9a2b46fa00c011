// Command lines of tools: placeholders become values, quoted so that a blank in a path never splits
// an argument.
#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

namespace remedia::launcher {

/// A placeholder as it stands in a command line (`%TARGET_WINDIR%`, `{ticket}`) and its value.
struct Placeholder {
  std::string_view name;
  std::optional<std::string> value;  ///< nothing: a command line that uses it cannot be started
};

/// `command` with every placeholder as its value, in one pass: values are not expanded again. A
/// value with a blank or one of &()[]{}^=;!'+,`~ gets quotation marks unless it already stands
/// between some. Nothing if a value is missing or holds a quotation mark or a control character,
/// neither of which a Windows path can hold.
std::optional<std::string> expand_command(std::string_view command,
                                          std::initializer_list<Placeholder> placeholders);

/// One argument of a command line, quoted for CommandLineToArgvW if it has to be.
std::string quoted_argument(std::string_view argument);

}  // namespace remedia::launcher
