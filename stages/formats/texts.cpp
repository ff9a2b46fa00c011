#include "formats/texts.h"

#include "formats/texts_data.h"
#include "support/diagnostic.h"

#include <algorithm>
#include <set>

namespace remedia {

namespace {

bool is_word(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  });
}

std::string_view text_named(std::string_view name) {
  for (const TextData& text : kTexts) {
    if (text.name == name) return text.content;
  }
  fail("the program has no text '{}'", name);
}

}  // namespace

std::string fill_text(std::string_view name, const std::map<std::string, std::string>& values) {
  std::string_view text = text_named(name);
  std::string out;
  std::set<std::string> used;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t begin = text.find('@', at);
    std::size_t end =
        begin == std::string_view::npos ? std::string_view::npos : text.find('@', begin + 1);
    if (end == std::string_view::npos) {
      out += text.substr(at);
      break;
    }
    std::string word(text.substr(begin + 1, end - begin - 1));
    if (!is_word(word)) {
      out += text.substr(at, end - at);
      at = end;
      continue;
    }
    auto value = values.find(word);
    if (value == values.end()) fail("the text '{}' needs a value for @{}@", name, word);
    used.insert(word);
    out += text.substr(at, begin - at);
    out += value->second;
    at = end + 1;
  }
  for (const auto& [word, value] : values) {
    if (!used.contains(word)) fail("the text '{}' has no @{}@", name, word);
  }
  return out;
}

std::string powershell_string(std::string_view text) {
  // PowerShell takes typographic quotes for plain ones: U+2018 to U+201B.
  static constexpr std::string_view kQuotes[] = {"'", "\xe2\x80\x98", "\xe2\x80\x99",
                                                 "\xe2\x80\x9a", "\xe2\x80\x9b"};
  std::string out = "'";
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (static_cast<unsigned char>(text[i]) < ' ' || text[i] == '\x7f')
      fail("'{}' holds a control character, which no script can show", text);
    for (std::string_view quote : kQuotes) {
      if (text.substr(i).starts_with(quote)) out += quote;
    }
    out += text[i];
  }
  return out + "'";
}

std::string with_crlf(std::string_view text) {
  std::string out;
  for (char c : text) {
    if (c == '\n' && (out.empty() || out.back() != '\r')) out += '\r';
    out += c;
  }
  return out;
}

}  // namespace remedia
