#include "launcher/bitlocker.h"

#include "launcher/text.h"

namespace remedia::launcher {

RecoveryPassword check_recovery_password(std::string_view typed) {
  std::string digits;
  for (const char c : typed) {
    if (c == '-' || c == ' ' || c == '\t') continue;
    if (c < '0' || c > '9') return {RecoveryFault::character, 0, {}};
    digits += c;
    if (digits.size() > 48) return {RecoveryFault::length, 0, {}};
  }
  if (digits.size() != 48) return {RecoveryFault::length, 0, {}};

  RecoveryPassword password;
  for (std::size_t group = 0; group < 8; ++group) {
    const std::string part = digits.substr(group * 6, 6);
    const unsigned value = parse_number(part, 999999).value_or(1);
    if (value % 11 != 0 || value >= 720896) {
      return {RecoveryFault::group, static_cast<int>(group) + 1, {}};
    }
    password.text += (group == 0 ? "" : "-") + part;
  }
  return password;
}

std::optional<std::string> key_id_in(std::string_view output) {
  constexpr std::string_view kShape = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
  for (std::size_t open = output.find('{'); open != std::string_view::npos;
       open = output.find('{', open + 1)) {
    const std::string_view id = output.substr(open + 1, kShape.size());
    const std::string_view rest = output.substr(open + 1 + id.size());
    bool good = id.size() == kShape.size() && !rest.empty() && rest[0] == '}';
    for (std::size_t i = 0; good && i < id.size(); ++i) {
      const bool hex = std::string_view("0123456789abcdefABCDEF").find(id[i]) != std::string::npos;
      good = kShape[i] == '-' ? id[i] == '-' : hex;
    }
    if (good) return upper_ascii(id);
  }
  return std::nullopt;
}

}  // namespace remedia::launcher
