// X:\Remedia\policy.txt: what this image is, until when it may be used and which tools it offers.
// Whoever can write the image owns this file; reading it strictly protects against mistakes, not
// against attackers.
//
//   remedia policy 1
//   image = helpdesk
//   ...
//   [tool chkdsk]
//   title = Check disk
//
// UTF-8 without a byte-order mark, LF or CRLF, one `key = value` per line, `#` begins a comment at
// the start of a line only. `\n` and `\\` are the escapes of a value. Every key occurs at most
// once; a key that is not known is an error, so that a misspelled `expires` never means "for ever".
#pragma once

#include "launcher/catalogue.h"
#include "launcher/date.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace remedia::launcher {

enum class Risk { low, data, high, destructive };
enum class WhenExpired { nothing, read_only };
enum class WrongClock { ask, refuse };
enum class Confirm { destructive, high, all };

/// `launcher`: the only shell of the image. `winre`: a custom tool below Windows' own menu, where
/// expiry only warns (a fleet must not lose recovery on one day).
enum class Shell { launcher, winre };

struct Tool {
  std::string id;
  std::string title;
  std::string description;
  std::string group;
  Risk risk = Risk::low;
  std::string
      command;  ///< %SYSTEMROOT%, %SYSTEMDRIVE%, %TARGET_WINDIR%, %TARGET_DRIVE% are filled in
  bool needs_network = false;
  bool needs_windows = false;  ///< an offline Windows must have been chosen
  std::string file;            ///< must exist for the tool to be enabled; empty: nothing to check
  bool show_output = false;    ///< runs without a window; the launcher shows what it prints
};

struct Keyboard {
  std::string code;    ///< as wpeutil SetKeyboardLayout takes it: 0407:00000407
  std::string layout;  ///< its second half, the name of the key below "Keyboard Layouts"
};

struct Policy {
  std::string image;
  std::string title;
  std::string tier;
  std::string revision;  ///< 16 hexadecimal digits
  Date built;
  Date as_of;
  std::string base;  ///< version of the Windows image that this one is made of
  std::string arch;
  std::optional<Date> expires;  ///< the last day on which the image may be used
  WhenExpired expired = WhenExpired::nothing;
  unsigned grace_days = 0;
  WrongClock clock = WrongClock::ask;
  std::string contact;
  Language language = Language::en;
  std::vector<Keyboard> keyboards;
  bool network = false;
  bool bitlocker = false;
  Confirm confirm = Confirm::destructive;
  Shell shell = Shell::launcher;
  std::string remote_agent;  ///< empty: no Remote Connection
  std::string remote_title;  ///< of its entry in the menu; empty: the language's own
  unsigned remote_port = 0;  ///< 0: a random one
  std::string remote_message;
  std::string definitions;  ///< version of the malware definitions; empty: there are none
  std::optional<Date> definitions_date;   ///< of what day they are
  std::optional<Date> definitions_until;  ///< the last day on which they count as fresh
  std::string debuggers;                  ///< version of the Debugging Tools; empty: none
  std::optional<unsigned> symbols;        ///< how many PDBs
  std::vector<Tool> tools;
};

struct PolicyError {
  int line = 0;  ///< 1-based; 0: the file as a whole
  std::string reason;
};

struct PolicyResult {
  Policy policy;
  std::vector<PolicyError> errors;  ///< in the order of the lines; empty: the policy is good
};

/// Limits: 1 MiB, 200 tools, 8192 bytes in a value, 2048 characters in remote_message.
PolicyResult read_policy(std::string_view text);

/// Who is in charge where the program itself lies: Windows RE starts its one tool from
/// \Sources\Recovery\Tools.
Shell shell_of_place(std::string_view program);

/// `line 7: unknown key 'expirse'`, or the reason alone for the file as a whole.
std::string to_string(const PolicyError& error);

}  // namespace remedia::launcher
