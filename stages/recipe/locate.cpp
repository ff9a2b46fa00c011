#include "recipe/locate.h"

#include <algorithm>
#include <cctype>
#include <iterator>

namespace remedia::recipe {

namespace {

bool name_start(char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0 || c == '_'; }
bool name_char(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

// The level of a long bracket `[==[` at `at`, or -1 if none begins there.
int long_bracket(std::string_view text, std::size_t at) {
  if (at >= text.size() || text[at] != '[') return -1;
  int level = 0;
  std::size_t i = at + 1;
  while (i < text.size() && text[i] == '=') {
    ++level;
    ++i;
  }
  return i < text.size() && text[i] == '[' ? level : -1;
}

std::size_t end_of_long_bracket(std::string_view text, std::size_t at, int level) {
  std::string close = "]" + std::string(static_cast<std::size_t>(level), '=') + "]";
  std::size_t end = text.find(close, at);
  return end == std::string_view::npos ? text.size() : end + close.size();
}

// A quoted string goes on in the next line behind `\` and behind `\z`, which skips all spaces.
std::size_t end_of_quoted(std::string_view text, std::size_t at) {
  char quote = text[at++];
  while (at < text.size() && text[at] != quote && text[at] != '\n') {
    if (text.substr(at, 2) == "\\z") {
      at = std::min(text.find_first_not_of(" \t\r\n\v\f", at + 2), text.size());
    } else if (text.substr(at, 3) == "\\\r\n") {
      at += 3;
    } else {
      at += text[at] == '\\' ? 2 : 1;
    }
  }
  return std::min(at + 1, text.size());
}

std::size_t end_of_comment(std::string_view text, std::size_t at) {
  int level = long_bracket(text, at + 2);
  if (level >= 0) return end_of_long_bracket(text, at, level);
  return std::min(text.find('\n', at), text.size());
}

// Where the token that begins at `at` ends.
std::size_t end_of_token(std::string_view text, std::size_t at) {
  char c = text[at];
  if (text.substr(at, 2) == "--") return end_of_comment(text, at);
  if (c == '"' || c == '\'') return end_of_quoted(text, at);
  if (int level = long_bracket(text, at); level >= 0) return end_of_long_bracket(text, at, level);
  if (!name_char(c)) return text.substr(at, 2) == "==" ? at + 2 : at + 1;
  while (at < text.size() && name_char(text[at])) ++at;
  return at;
}

bool opens_block(std::string_view t) {
  return t == "function" || t == "if" || t == "do" || t == "repeat";
}
bool closes_block(std::string_view t) { return t == "end" || t == "until"; }
bool opens(std::string_view t) { return t == "{" || t == "(" || t == "[" || opens_block(t); }
bool closes(std::string_view t) { return t == "}" || t == ")" || t == "]" || closes_block(t); }

}  // namespace

SourceText::SourceText(std::string_view text) {
  int line = 1;
  std::size_t line_start = 0;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t end = at + 1;
    char c = text[at];
    if (std::isspace(static_cast<unsigned char>(c)) == 0) {
      end = end_of_token(text, at);
      bool comment = text.substr(at, 2) == "--";
      bool string = !comment && (c == '"' || c == '\'' || long_bracket(text, at) >= 0);
      std::string_view token = text.substr(at, end - at);
      std::size_t width = std::min(token.find_first_of("\r\n"), token.size());
      Place place{line, static_cast<int>(at - line_start) + 1, static_cast<int>(width)};
      if (!comment) {
        tokens_.push_back(
            {.text = std::string(token), .name = name_start(c), .string = string, .place = place});
      }
    }
    for (; at < end; ++at) {
      if (text[at] == '\n') {
        ++line;
        line_start = at + 1;
      }
    }
  }
  mark_keys();
}

void SourceText::mark_keys() {
  std::vector<bool> in_braces;  // of every bracket and block that is open
  for (std::size_t i = 0; i < tokens_.size(); ++i) {
    Token& token = tokens_[i];
    token.key = token.name && is(i + 1, "=") && !in_braces.empty() && in_braces.back();
    if (opens(token.text)) in_braces.push_back(token.text == "{");
    if (closes(token.text) && !in_braces.empty()) in_braces.pop_back();
  }
}

bool SourceText::is(std::size_t index, std::string_view text) const {
  return index < tokens_.size() && tokens_[index].text == text;
}

// A name with its arguments behind it. `library.tier { ... }` is somebody else's tier.
bool SourceText::is_call(std::size_t index) const {
  if (!tokens_[index].name || index + 1 >= tokens_.size()) return false;
  for (std::string_view before : {"function", ".", ":"}) {
    if (index > 0 && is(index - 1, before)) return false;
  }
  return is(index + 1, "(") || is(index + 1, "{") || tokens_[index + 1].string;
}

// Whether one of the calls between two tokens of a line may run without another.
bool SourceText::branches(std::size_t first, std::size_t last) const {
  int line = tokens_[first].place.line;
  for (std::size_t i = last; i-- > 0 && tokens_[i].place.line == line;) {
    std::string_view t = tokens_[i].text;
    if (t == "and" || t == "or") return true;
    bool block = opens_block(t) || closes_block(t) || t == "then" || t == "else";
    if (block && i > first) return true;
  }
  return false;
}

CallPlaces SourceText::read_call(std::size_t name) const {
  CallPlaces found;
  found.call = tokens_[name].place;
  std::size_t i = name + 1;
  if (is(i, "(")) ++i;
  if (is(name, "extend")) i = second_argument(i);
  if (is(i, "{")) read_braces(i, found);
  return found;
}

// Behind the comma that ends the argument at `first`; past the end if none does.
std::size_t SourceText::second_argument(std::size_t first) const {
  int depth = 0;
  for (std::size_t i = first; i < tokens_.size() && depth >= 0; ++i) {
    const Token& token = tokens_[i];
    if (depth == 0 && token.text == ",") return i + 1;
    if (opens(token.text)) ++depth;
    if (closes(token.text)) --depth;
  }
  return tokens_.size();
}

CallPlaces SourceText::table(int line, int column) const {
  CallPlaces found;
  for (std::size_t i = 0; i < tokens_.size(); ++i) {
    if (tokens_[i].place.line != line || tokens_[i].place.column != column) continue;
    found.call = tokens_[i].place;
    // The place of `["name"] =` is that of the string.
    for (std::string_view before : {"]", "="}) {
      if (tokens_[i].text != "{" && is(i + 1, before)) ++i;
    }
    if (tokens_[i].text == "=" && i + 1 < tokens_.size()) ++i;
    if (tokens_[i].text == "{") read_braces(i, found);
    break;
  }
  return found;
}

void SourceText::read_braces(std::size_t brace, CallPlaces& found) const {
  int depth = 1;
  bool item_start = true;
  for (std::size_t i = brace + 1; i < tokens_.size() && depth > 0; ++i) {
    const Token& token = tokens_[i];
    if (depth == 1 && item_start && token.key) {
      if (!found.fields.emplace(token.text, token.place).second)
        found.repeated.emplace(token.text, token.place);
    } else if (depth == 1 && item_start && token.text == "[") {
      // `["name"] =` is a field, any other key in brackets is nobody's.
      if (i + 1 < tokens_.size() && tokens_[i + 1].string && is(i + 2, "]") && is(i + 3, "=")) {
        const Token& key = tokens_[i + 1];
        std::string name = key.text.substr(1, key.text.size() - 2);
        if (!found.fields.emplace(name, key.place).second) found.repeated.emplace(name, key.place);
      }
    } else if (depth == 1 && item_start && token.text != "}") {
      found.items.push_back(token.place);
    }
    item_start = depth == 1 && (token.text == "," || token.text == ";");
    if (opens(token.text)) ++depth;
    if (closes(token.text)) --depth;
  }
}

std::size_t SourceText::end_of_call(std::size_t name) const {
  int depth = 0;
  for (std::size_t i = name + 1; i < tokens_.size(); ++i) {
    const Token& token = tokens_[i];
    if (opens(token.text)) ++depth;
    if (closes(token.text)) --depth;
    if (depth <= 0) return i;
  }
  return tokens_.size();
}

// In the order in which they run: arguments first, so of nested calls the one that ends first.
CallPlaces SourceText::call(std::string_view word, int line, std::size_t count) const {
  std::map<std::size_t, std::size_t> by_end;
  std::size_t first = tokens_.size();
  std::size_t last = 0;
  for (std::size_t i = 0; i < tokens_.size(); ++i) {
    if (tokens_[i].place.line != line || tokens_[i].text != word || !is_call(i)) continue;
    by_end[end_of_call(i)] = i;
    first = std::min(first, i);
    last = i;
  }
  if (by_end.empty() || (by_end.size() > 1 && branches(first, last)))
    return {.call = {line, 0, 1}, .fields = {}, .items = {}, .repeated = {}};
  auto found = by_end.begin();
  std::advance(found, static_cast<std::ptrdiff_t>(count % by_end.size()));
  return read_call(found->second);
}

Place SourceText::word(std::string_view word, int line) const {
  Place key{line, 0, 1};
  for (const Token& token : tokens_) {
    if (token.place.line != line || token.text != word) continue;
    if (!token.key) return token.place;
    if (key.column == 0) key = token.place;
  }
  return key;
}

}  // namespace remedia::recipe
