// BitLocker: what people type to unlock a drive, and what manage-bde prints about it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace remedia::launcher {

enum class RecoveryFault { none, length, character, group };

struct RecoveryPassword {
  RecoveryFault fault = RecoveryFault::none;
  int group = 0;     ///< 1 to 8: the group that is wrong
  std::string text;  ///< `111111-222222-...` for manage-bde, if nothing is wrong
};

/// The 48 digits, in groups of 6 with dashes, blanks or nothing between. Each group is 11 times a
/// number below 65536, so that one mistyped digit is always found (documented by Microsoft as the
/// format of FVE recovery passwords; 720896 = 11 * 65536).
RecoveryPassword check_recovery_password(std::string_view typed);

/// The first `{GUID}` in what `manage-bde -protectors -get D: -Type RecoveryPassword` prints: the
/// key id under which the help desk finds the password. Words of that text depend on the language
/// of the image, braces do not.
std::optional<std::string> key_id_in(std::string_view output);

}  // namespace remedia::launcher
