// Asks the SetupAPI of Wine what it understands of INF files.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace remedia::wine {

struct Question {
  std::string name;                   ///< for messages
  std::string bytes;                  ///< of the INF
  std::vector<std::string> commands;  ///< of programs/inf_dump.cpp, such as "dump"
  /// Judges the answer: "ok" or the error and its line, then a line for each command, or more for
  /// "dump".
  std::function<void(const std::string& answer)> judge;
};

/// One start of Wine answers all. Throws Failure if Wine is not set to English and code page 1252,
/// on which answers depend.
void ask_wine(const std::vector<Question>& questions);

/// What File has of an INF, as "dump" writes it: "ok" and its sections, or "wrong LINE".
std::string our_dump(std::string_view bytes);

// The encodings of an INF, of text in UTF-8.
std::string utf16(std::string_view text);   ///< with a byte order mark
std::string marked(std::string_view text);  ///< UTF-8 with a byte order mark
std::string ansi(std::string_view text);    ///< code page 1252; only characters of ISO 8859-1
std::string crlf(std::string_view text);    ///< of lines that end in LF

}  // namespace remedia::wine
