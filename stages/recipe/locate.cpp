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

std::size_t end_of_quoted(std::string_view text, std::size_t at) {
  char quote = text[at++];
  while (at < text.size() && text[at] != quote && text[at] != '\n') at += text[at] == '\\' ? 2 : 1;
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

bool opens(std::string_view t) { return t == "{" || t == "(" || t == "[" || t == "function"; }
bool closes(std::string_view t) { return t == "}" || t == ")" || t == "]" || t == "end"; }

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
      Place place{line, static_cast<int>(at - line_start) + 1, static_cast<int>(end - at)};
      if (!comment) {
        tokens_.push_back({std::string(text.substr(at, end - at)), name_start(c), string, place});
      }
    }
    for (; at < end; ++at) {
      if (text[at] == '\n') {
        ++line;
        line_start = at + 1;
      }
    }
  }
}

CallPlaces SourceText::read_call(std::size_t name) const {
  CallPlaces found;
  found.call = tokens_[name].place;
  std::size_t i = name + 1;
  if (i < tokens_.size() && tokens_[i].text == "(") ++i;
  if (i < tokens_.size() && tokens_[i].text == "{") read_braces(i, found);
  return found;
}

CallPlaces SourceText::table(int line, int column) const {
  CallPlaces found;
  for (std::size_t i = 0; i < tokens_.size(); ++i) {
    if (tokens_[i].place.line != line || tokens_[i].place.column != column) continue;
    found.call = tokens_[i].place;
    // The place of `["name"] =` is that of the string.
    for (std::string_view before : {"]", "="}) {
      if (i + 1 < tokens_.size() && tokens_[i].text != "{" && tokens_[i + 1].text == before) ++i;
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
    bool assigned = i + 1 < tokens_.size() && tokens_[i + 1].text == "=";
    bool bracketed = token.text == "[" && i + 3 < tokens_.size() && tokens_[i + 1].string &&
                     tokens_[i + 2].text == "]" && tokens_[i + 3].text == "=";
    if (depth == 1 && item_start && token.name && assigned) {
      if (!found.fields.emplace(token.text, token.place).second)
        found.repeated.emplace(token.text, token.place);
    } else if (depth == 1 && item_start && bracketed) {
      const Token& key = tokens_[i + 1];
      std::string name = key.text.substr(1, key.text.size() - 2);
      if (!found.fields.emplace(name, key.place).second) found.repeated.emplace(name, key.place);
    } else if (depth == 1 && item_start && token.text != "}") {
      found.items.push_back(token.place);
    }
    item_start = depth == 1 && (token.text == "," || token.text == ";");
    if (opens(token.text) && !token.string) ++depth;
    if (closes(token.text) && !token.string) --depth;
  }
}

std::size_t SourceText::end_of_call(std::size_t name) const {
  int depth = 0;
  for (std::size_t i = name + 1; i < tokens_.size(); ++i) {
    const Token& token = tokens_[i];
    if (opens(token.text) && !token.string) ++depth;
    if (closes(token.text) && !token.string) --depth;
    if (depth <= 0) return i;
  }
  return tokens_.size();
}

// In the order in which they run: arguments first, so of nested calls the one that ends first.
CallPlaces SourceText::call(std::string_view word, int line, std::size_t count) const {
  std::map<std::size_t, std::size_t> by_end;
  for (std::size_t i = 0; i < tokens_.size(); ++i) {
    if (tokens_[i].place.line == line && tokens_[i].text == word) by_end[end_of_call(i)] = i;
  }
  if (by_end.empty()) return {.call = {line, 0, 1}, .fields = {}, .items = {}, .repeated = {}};
  auto found = by_end.begin();
  std::advance(found, static_cast<std::ptrdiff_t>(count % by_end.size()));
  return read_call(found->second);
}

Place SourceText::word(std::string_view word, int line) const {
  for (const Token& token : tokens_) {
    if (token.place.line == line && token.text == word) return token.place;
  }
  return {line, 0, 1};
}

}  // namespace remedia::recipe
