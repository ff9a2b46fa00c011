// INF files of our own that are hard to read.
#pragma once

#include <string>
#include <vector>

namespace remedia::wine {

struct Text {
  const char* name;
  std::string text;      ///< UTF-8 of ISO 8859-1's characters, lines that end in LF
  bool only_lf = false;  ///< with CRLF it is an exception
};

/// What every file needs to be taken for an INF, and two strings.
constexpr const char* kHead =
    "[Version]\nSignature = \"$Windows NT$\"\n[Strings]\nname = \"the value\"\nnothing = \"\"\n";

/// Read alike by Wine and by us in every encoding, with LF and with CRLF.
std::vector<Text> nasty_texts();

/// A small INF of nasty pieces; equal for an equal seed, everywhere.
/// `lone_quotes`: of which not every one is closed.
std::string random_text(unsigned seed, bool lone_quotes);

}  // namespace remedia::wine
