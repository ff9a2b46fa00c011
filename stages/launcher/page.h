// One screen of the launcher as data. The session makes pages, the window shows them: what is said
// and offered can be tested without a window.
#pragma once

#include "launcher/policy.h"

#include <string>
#include <vector>

namespace remedia::launcher {

enum class Action {
  none,
  restart,
  shut_down,
  close,    ///< winre: back to Windows' own menu
  go_on,    ///< past a question about the clock, expiry or a crash
  open,     ///< the chosen row: start the tool, take the keyboard or the Windows
  confirm,  ///< start the tool that was asked about
  unlock,
  unlock_by_file,
  allow,      ///< remote help
  stop,       ///< remote help
  stop_tool,  ///< the one that is waited for
  back,
};

enum class PageKind {
  busy,
  notice,
  keyboards,
  menu,
  confirm,
  windows,
  bitlocker,
  consent,
  remote,
  working,  ///< a tool without a window of its own runs
  output,   ///< what it has printed
};

enum class Tone { plain, warning, error };

struct Row {
  std::string text;
  std::string detail;  ///< shown while the row is chosen
  std::string mark;    ///< name of the risk; empty: none
  Risk risk = Risk::low;
  bool heading = false;  ///< names a group, cannot be chosen
  bool enabled = true;   ///< Action::open works
};

struct Button {
  Action action = Action::none;
  std::string text;  ///< with `&` before the letter that Alt reaches
  bool strong = false;
  bool needs_row = false;  ///< off while no enabled row is chosen
};

struct Page {
  PageKind kind = PageKind::notice;
  std::string heading;
  std::string lead;    ///< below the heading, large: what is read out on the telephone
  std::string text;    ///< below that
  std::string output;  ///< below that, in letters of one width, with scroll bars; empty: none
  Tone tone = Tone::plain;
  std::vector<Row> rows;
  int chosen = -1;
  std::string field;  ///< label of the entry field; empty: none
  std::vector<Button> buttons;
  std::string stamp;  ///< version of the image; on every page
};

}  // namespace remedia::launcher
