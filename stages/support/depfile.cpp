#include "support/depfile.h"

#include "support/diagnostic.h"
#include "support/digest.h"

#include <algorithm>
#include <cerrno>

#include <unistd.h>

namespace remedia {

namespace {

// ninja 1.11 ends, rather than fails, at a path of more names (CanonicalizePath in util.cc).
constexpr std::ptrdiff_t kMaxNames = 60;

// What depfile_parser.in.cc of ninja 1.11 takes as plain text, less ':' and with the space, which
// has an escape.
bool can_be_said(const std::string& name) {
  if (std::count(name.begin(), name.end(), '/') >= kMaxNames) return false;
  for (char c : name) {
    bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                 static_cast<unsigned char>(c) >= 0x80 ||
                 std::string_view("+,/_.~(){}%=@[]!- ").find(c) != std::string_view::npos;
    if (!plain) return false;
  }
  return true;
}

// The same name gives the same link, so that several stages may make it.
fs::path alias_of(const fs::path& input, const fs::path& aliases) {
  fs::path target = fs::absolute(input);
  fs::path alias = aliases / sha256(target.string()).substr(0, 16);
  std::error_code error;
  if (fs::read_symlink(alias, error) == target) return alias;
  fs::create_directories(aliases, error);
  fs::path part = alias;
  part += fmt::format(".{}.part", getpid());
  fs::remove(part, error);
  if (symlink(target.c_str(), part.c_str()) != 0 || rename(part.c_str(), alias.c_str()) != 0) {
    fail_errno(errno, "make the link", alias);
  }
  return alias;
}

std::string escaped(const std::string& name) {
  std::string out;
  for (char c : name) {
    if (c == ' ') out += '\\';
    out += c;
  }
  return out;
}

}  // namespace

std::string depfile(const std::string& output, const std::vector<fs::path>& inputs,
                    const fs::path& aliases) {
  std::string text = escaped(output) + ":";
  for (const fs::path& input : inputs) {
    bool plain = can_be_said(input.string());
    text += " \\\n  " + escaped(plain ? input.string() : alias_of(input, aliases).string());
  }
  return text + "\n";
}

}  // namespace remedia
