// What the menu lists: the tools of the policy, by group, and what the launcher does itself.
#pragma once

#include "launcher/catalogue.h"
#include "launcher/policy.h"

#include <string>
#include <vector>

namespace remedia::launcher {

enum class ItemKind { tool, windows, bitlocker, remote };

struct MenuItem {
  ItemKind kind = ItemKind::tool;
  std::size_t tool = 0;  ///< index into Policy::tools
  std::string title;
  std::string description;
  std::string group;
  Risk risk = Risk::low;
  bool enabled = true;
  std::string why_not;  ///< for people, in the policy's language; empty if enabled
};

/// What the menu depends on besides the policy.
struct MenuFacts {
  bool read_only = false;  ///< expired: only tools of risk `low`
  bool network_up = false;
  bool windows_chosen = false;
  bool windows_found = false;  ///< there is one to choose
  bool remote_running = false;
  std::vector<bool> running;  ///< by tool
  std::vector<bool> file_missing;
};

/// Groups in the order in which the policy first names them, tools in the policy's order within;
/// the launcher's own entries form the first group.
std::vector<MenuItem> make_menu(const Policy& policy, const MenuFacts& facts);

/// The name of `risk` in `language`.
std::string risk_name(Language language, Risk risk);

enum class Question { none, plain, typed };

/// What is asked before a tool of `risk` is started. What destroys is always typed.
Question question_before(Confirm confirm, Risk risk);

/// `typed` is the tool's title or the word of the language (strings: confirm_word), but for blanks
/// around it and the case of ASCII letters.
bool is_confirmed(std::string_view typed, std::string_view title, Language language);

}  // namespace remedia::launcher
