// A pattern is a list of tokens; the state of a match is the set of tokens that could come next.
// For each character of the path that set moves on by one step (Thompson's construction, without
// building the automaton).
#include "media/wim_glob.h"

#include "formats/win_names.h"
#include "support/utf8.h"

#include <algorithm>

namespace remedia::wim {

std::string normalized(std::string_view path) {
  std::string text(path);
  std::replace(text.begin(), text.end(), '\\', '/');
  text.erase(0, text.find_first_not_of('/'));
  text.erase(text.find_last_not_of('/') + 1);
  return text;
}

// A byte that is no UTF-8 is a character of its own, apart from all real ones.
std::u32string Glob::folded(std::string_view path) {
  constexpr char32_t kNoCharacter = 0x110000;
  std::string upper = fold_case(path);
  std::u32string text;
  for (std::string_view rest = upper; !rest.empty();) {
    char32_t c = take_utf8(rest);
    if (c == kInvalidUtf8) {
      c = kNoCharacter + static_cast<unsigned char>(rest.front());
      rest.remove_prefix(1);
    }
    text += c;
  }
  return text;
}

bool Glob::takes(std::string_view path) const {
  for (std::size_t end = path.find('/'); end != path.npos; end = path.find('/', end + 1)) {
    if (matches(path.substr(0, end))) return true;
  }
  return matches(path);
}

Glob::Glob(std::string_view pattern) : text_(normalized(pattern)) { compile(folded(text_)); }

void Glob::compile(const std::u32string& pattern) {
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    char32_t c = pattern[i];
    if (c != '*') {
      tokens_.push_back({c == '?' ? Kind::one : Kind::character, c});
      continue;
    }
    std::size_t first = i;
    while (i + 1 < pattern.size() && pattern[i + 1] == '*') ++i;
    bool across = i > first;
    bool name_begins = first == 0 || pattern[first - 1] == '/';
    if (across && name_begins && i + 1 < pattern.size() && pattern[i + 1] == '/') {
      tokens_.push_back({Kind::folders, 0});
      ++i;  // its slash belongs to it
    } else {
      tokens_.push_back({across ? Kind::run_across : Kind::run, 0});
    }
  }
}

bool Glob::literal() const {
  return std::all_of(tokens_.begin(), tokens_.end(),
                     [](const Token& token) { return token.kind == Kind::character; });
}

bool Glob::matches_folded(const std::u32string& path) const {
  std::vector<std::size_t> now, next;
  std::vector<std::size_t> seen(tokens_.size() + 1, 0);  // the step at which a token was added
  std::size_t step = 0;
  // Adds a token, and those behind it that may be reached for nothing. Runs may be empty at any
  // time, and `folders` where a name begins.
  auto add = [&](std::vector<std::size_t>& states, std::size_t at, bool name_begins) {
    for (;; ++at) {
      if (seen[at] == step) return;
      seen[at] = step;
      states.push_back(at);
      if (at == tokens_.size()) return;
      Kind kind = tokens_[at].kind;
      bool skippable =
          kind == Kind::run || kind == Kind::run_across || (kind == Kind::folders && name_begins);
      if (!skippable) return;
    }
  };

  ++step;
  add(now, 0, true);
  for (char32_t c : path) {
    ++step;
    next.clear();
    for (std::size_t at : now) {
      if (at == tokens_.size()) continue;
      const Token& token = tokens_[at];
      bool slash = c == '/';
      switch (token.kind) {
        case Kind::character:
          if (c == token.character) add(next, at + 1, slash);
          break;
        case Kind::one:
          if (!slash) add(next, at + 1, false);
          break;
        case Kind::run:
          if (!slash) add(next, at, false);
          break;
        case Kind::run_across:
        case Kind::folders:
          add(next, at, slash);
          break;
      }
    }
    if (next.empty()) return false;
    now.swap(next);
  }
  return std::find(now.begin(), now.end(), tokens_.size()) != now.end();
}

}  // namespace remedia::wim
