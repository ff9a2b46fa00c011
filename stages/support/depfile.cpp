#include "support/depfile.h"

#include "support/diagnostic.h"

namespace remedia {

namespace {

std::string escaped(const std::string& name) {
  std::string out;
  std::size_t backslashes = 0;
  for (char c : name) {
    if (c == '\n' || c == '\r')
      fail("the file name '{}' holds a line break, which ninja cannot follow", name);
    // Backslashes before an escaped character count as pairs, so each is doubled there.
    if (c == ' ' || c == '#') out += std::string(backslashes + 1, '\\');
    if (c == '$') out += '$';
    out += c;
    backslashes = c == '\\' ? backslashes + 1 : 0;
  }
  return out;
}

}  // namespace

std::string depfile(const std::string& output, const std::vector<fs::path>& inputs) {
  std::string text = escaped(output) + ":";
  for (const fs::path& input : inputs) text += " \\\n  " + escaped(input.string());
  return text + "\n";
}

}  // namespace remedia
