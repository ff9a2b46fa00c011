#include "launcher/command.h"

#include "launcher/text.h"

namespace remedia::launcher {
namespace {

bool needs_quotes(std::string_view value) {
  return value.empty() || value.find_first_of(" \t&()[]{}^=;!'+,`~\"") != std::string_view::npos;
}

std::size_t backslashes_at_end(std::string_view text) {
  const std::size_t last = text.find_last_not_of('\\');
  return text.size() - (last == std::string_view::npos ? 0 : last + 1);
}

const Placeholder* find(std::string_view rest, std::initializer_list<Placeholder> placeholders) {
  for (const Placeholder& placeholder : placeholders) {
    if (same_ascii(rest.substr(0, placeholder.name.size()), placeholder.name)) return &placeholder;
  }
  return nullptr;
}

}  // namespace

std::optional<std::string> expand_command(std::string_view command,
                                          std::initializer_list<Placeholder> placeholders) {
  std::string result;
  bool inside = false;  // of quotation marks
  while (!command.empty()) {
    const Placeholder* found = find(command, placeholders);
    if (found == nullptr) {
      inside = inside != (command[0] == '"');
      result += command[0];
      command.remove_prefix(1);
      continue;
    }
    command.remove_prefix(found->name.size());
    if (!found->value || has_control(*found->value)) return std::nullopt;
    if (found->value->find('"') != std::string::npos) return std::nullopt;
    if (!inside) {
      result += needs_quotes(*found->value) ? quoted_argument(*found->value) : *found->value;
      continue;
    }
    result += *found->value;
    // "%TARGET_WINDIR%" with D:\ : the backslash would take the quotation mark's meaning away.
    if (!command.empty() && command[0] == '"') {
      result.append(backslashes_at_end(*found->value), '\\');
    }
  }
  return result;
}

std::string quoted_argument(std::string_view argument) {
  if (!needs_quotes(argument)) return std::string(argument);
  std::string quoted = "\"";
  for (std::size_t i = 0; i < argument.size(); ++i) {
    if (argument[i] == '"') {
      quoted.append(backslashes_at_end(argument.substr(0, i)) + 1, '\\');
    }
    quoted += argument[i];
  }
  quoted.append(backslashes_at_end(argument), '\\');
  return quoted + "\"";
}

}  // namespace remedia::launcher
