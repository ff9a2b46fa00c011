// What Windows starts for a command line, as far as an image can tell, and what it names beside.
// Only the files of media/closure* need this.
#pragma once

#include "media/closure.h"

#include <functional>
#include <set>
#include <string>
#include <string_view>

namespace remedia::closure {

struct Start {
  const Plan::File* file = nullptr;  ///< null: the image has no such file
  std::string_view word;             ///< of the command line, for people; empty: it has none
};

/// The first file that CreateProcess comes upon, whether it can start it or not.
Start find_start(const Plan& plan, std::string_view command);

/// Whether CreateProcess starts files of such names: programs, and batch files by cmd.exe.
bool can_start(std::string_view path);

/// Whether it names a drive, a variable or another place that the image does not have.
bool is_elsewhere(std::string_view word);

/// Names that texts have in them, such as a command and batch files, in any case.
class Mentions {
 public:
  void add(std::string_view text);

  /// The name of the file with its extension.
  bool name(std::string_view path) const;
  /// The same without it, as a word of its own that is no folder.
  bool stem(std::string_view path) const;

 private:
  std::string text_;
  std::set<std::string, std::less<>> words_;
};

}  // namespace remedia::closure
