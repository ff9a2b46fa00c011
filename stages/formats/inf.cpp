// Reads INF files as text.
//
// Every rule here is one of "General Syntax Rules for INF Files", or, where that page is silent
// (what a backslash is that ends no line, blanks beside quotation marks, characters behind a
// section's bracket), what SetupGetStringField answers. Each byte is looked at a fixed number of
// times: vendors' files are small, hostile ones need not be.
#include "formats/inf.h"

#include "formats/registry.h"
#include "formats/win_names.h"
#include "support/diagnostic.h"
#include "support/utf8.h"

#include <algorithm>
#include <cstdint>
#include <utility>

namespace remedia::inf {

namespace {

constexpr std::size_t kMaxWarnings = 100;
constexpr std::size_t kMaxSectionName = 255;  // UTF-16 units, says the page on syntax

[[noreturn]] void fail_at(std::string_view shown, std::size_t line, std::string message,
                          std::string hint) {
  throw Failure(
      Diagnostic{.message = std::move(message),
                 .where = {.name = std::string(shown), .file = {}, .line = static_cast<int>(line)},
                 .hint = std::move(hint)});
}

std::size_t line_of(std::string_view text, std::size_t offset) {
  return 1 + static_cast<std::size_t>(std::count(
                 text.begin(), text.begin() + static_cast<std::ptrdiff_t>(offset), '\n'));
}

// Code page 1252 between 0x80 and 0x9F. Windows gives the five bytes without a character the
// control character of the same number.
constexpr char16_t k1252[32] = {0x20ac, 0x0081, 0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021,
                                0x02c6, 0x2030, 0x0160, 0x2039, 0x0152, 0x008d, 0x017d, 0x008f,
                                0x0090, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014,
                                0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0x009d, 0x017e, 0x0178};

void put_bmp(std::string& out, unsigned c) {
  if (c < 0x80) {
    out += static_cast<char>(c);
  } else if (c < 0x800) {
    out += static_cast<char>(0xc0 | c >> 6);
    out += static_cast<char>(0x80 | (c & 0x3f));
  } else {
    out += static_cast<char>(0xe0 | c >> 12);
    out += static_cast<char>(0x80 | (c >> 6 & 0x3f));
    out += static_cast<char>(0x80 | (c & 0x3f));
  }
}

std::string from_1252(std::string_view bytes) {
  std::string out;
  out.reserve(bytes.size());
  for (char byte : bytes) {
    unsigned c = static_cast<unsigned char>(byte);
    put_bmp(out, c >= 0x80 && c < 0xa0 ? k1252[c - 0x80] : c);
  }
  return out;
}

// Valid UTF-8 with U+FFFD for each byte that is none. `broken`: the first one's offset in the
// result, or npos.
std::string repaired(std::string_view bytes, std::size_t& broken) {
  broken = std::string::npos;
  std::string out;
  out.reserve(bytes.size());
  while (!bytes.empty()) {
    std::string_view rest = bytes;
    if (take_utf8(rest) == kInvalidUtf8) {
      broken = std::min(broken, out.size());
      put_bmp(out, 0xfffd);
      rest.remove_prefix(1);
    } else {
      out += bytes.substr(0, bytes.size() - rest.size());
    }
    bytes = rest;
  }
  return out;
}

unsigned unit_at(std::string_view bytes, std::size_t at) {
  return static_cast<unsigned char>(bytes[at]) |
         static_cast<unsigned>(static_cast<unsigned char>(bytes[at + 1])) << 8;
}

// The line of the first unpaired surrogate; 0 if there is none.
std::size_t broken_utf16_line(std::string_view bytes) {
  std::size_t line = 1;
  for (std::size_t i = 0; i < bytes.size(); i += 2) {
    unsigned unit = unit_at(bytes, i);
    if (unit == '\n') ++line;
    if (unit < 0xd800 || unit >= 0xe000) continue;
    if (unit >= 0xdc00 || i + 2 >= bytes.size()) return line;
    unsigned low = unit_at(bytes, i + 2);
    if (low < 0xdc00 || low >= 0xe000) return line;
    i += 2;
  }
  return 0;
}

std::string from_utf16(std::string_view bytes, std::string_view shown) {
  constexpr auto hint = "copy the file again, or save it as UTF-8 with a byte order mark";
  if (bytes.size() % 2 != 0) {
    std::string text = from_utf16le(bytes.substr(0, bytes.size() - 1));
    fail_at(shown, line_of(text, text.size()), "the file is UTF-16 and ends in half a character",
            hint);
  }
  if (std::size_t line = broken_utf16_line(bytes); line != 0)
    fail_at(shown, line, "the file is UTF-16 and has half of a surrogate pair", hint);
  return from_utf16le(bytes);
}

void check_bytes(std::string_view bytes, std::string_view shown) {
  if (bytes.size() > kMaxFile) {
    fail_at(shown, 0,
            fmt::format("the file has {} bytes; an INF has at most {}", bytes.size(), kMaxFile),
            "is it the INF of a driver? name the right file");
  }
  if (bytes.starts_with("\xfe\xff")) {
    fail_at(shown, 0, "the file is big-endian UTF-16, which Windows does not read",
            "save it as little-endian UTF-16 or as UTF-8, with a byte order mark");
  }
}

void check_no_nul(std::string_view text, std::string_view shown) {
  std::size_t nul = text.find('\0');
  if (nul == std::string_view::npos) return;
  fail_at(shown, line_of(text, nul), "the file has a NUL, which no text has",
          "if it is UTF-16, save it with a byte order mark; else copy it again");
}

// The text as UTF-8.
std::string decoded(std::string_view bytes, std::string_view shown,
                    std::vector<Warning>& warnings) {
  check_bytes(bytes, shown);
  if (bytes.starts_with("\xff\xfe")) return from_utf16(bytes.substr(2), shown);
  if (bytes.starts_with("\xef\xbb\xbf")) {
    std::size_t broken = 0;
    std::string text = repaired(bytes.substr(3), broken);
    if (broken != std::string::npos) {
      warnings.push_back({line_of(text, broken), "the file is UTF-8 and has bytes that are not"});
    }
    return text;
  }
  auto foreign = std::find_if(bytes.begin(), bytes.end(),
                              [](char c) { return static_cast<unsigned char>(c) >= 0x80; });
  if (foreign == bytes.end()) return std::string(bytes);
  if (!is_utf8(bytes)) return from_1252(bytes);
  std::size_t line = line_of(bytes, static_cast<std::size_t>(foreign - bytes.begin()));
  warnings.push_back({line,
                      "the file is UTF-8 without a byte order mark: Windows reads letters that are "
                      "not ASCII as others"});
  return std::string(bytes);
}

// What Windows skips between words, in bytes: 0 if `text` begins otherwise. Editors of some vendors
// put hard blanks into empty lines.
std::size_t blank_at(std::string_view text, std::size_t at) {
  if (text.substr(at, 2) == "\u00a0") return 2;
  return std::string_view(" \t\r\v\f").find(text[at]) == std::string_view::npos ? 0 : 1;
}

// Takes entries off a text, one after the other.
class Scanner {
 public:
  Scanner(std::string_view text, std::string_view shown, std::vector<Warning>& warnings)
      : text_(text), shown_(shown), warnings_(warnings) {}

  std::size_t line() const { return line_; }

  // Goes on to the next section or entry. False at the end of the file.
  bool next() {
    while (at_ < text_.size()) {
      if (text_[at_] == '\n') {
        ++line_;
        ++at_;
      } else if (text_[at_] == ';') {
        to_end_of_line();
      } else if (std::size_t blank = blank_at(text_, at_)) {
        at_ += blank;
      } else {
        return true;
      }
    }
    return false;
  }

  void skip_line() { to_end_of_line(); }

  bool at_section() const { return text_[at_] == '['; }

  // What stands behind the bracket is no concern of Windows.
  std::string_view section() {
    std::size_t start = at_ + 1;
    to_end_of_line();
    std::string_view rest = text_.substr(start, at_ - start);
    std::size_t end = rest.find(']');
    if (end == std::string_view::npos) {
      fail_at(shown_, line_, "a section's name has no ']'",
              "close it, as in [Version]; Windows refuses the whole file");
    }
    count();
    check_section_name(rest.substr(0, end));
    return rest.substr(0, end);
  }

  Line entry() {
    Line line{.number = line_, .has_key = false, .key = {}, .fields = {}};
    field_.clear();
    solid_ = 0;
    begun_ = false;
    while (at_ < text_.size() && text_[at_] != '\n' && text_[at_] != ';') character(line);
    if (begun_ || line.has_key || !line.fields.empty()) end_field(line.fields);
    to_end_of_line();
    count();
    return line;
  }

 private:
  void to_end_of_line() { at_ = std::min(text_.find('\n', at_), text_.size()); }

  void check_section_name(std::string_view name) const {
    if (name.size() <= kMaxSectionName || to_utf16le(name).size() / 2 <= kMaxSectionName) return;
    fail_at(shown_, line_,
            fmt::format("a section's name has more than {} characters", kMaxSectionName),
            "shorten it; Windows refuses the whole file");
  }

  void count() {
    if (++parts_ > kMaxParts) {
      fail_at(shown_, line_,
              fmt::format("the file has more than {} sections, lines and fields", kMaxParts),
              "is it the INF of a driver? name the right file");
    }
  }

  void character(Line& line) {
    char c = text_[at_];
    if (c == '"') {
      quoted();
    } else if (c == '\\') {
      backslash();
    } else if (c == ',') {
      end_field(line.fields);
      ++at_;
    } else if (c == '=' && !line.has_key && line.fields.empty()) {
      line.has_key = true;
      line.key = take_field();
      ++at_;
    } else {
      plain();
    }
  }

  // Blanks are kept when something follows them in the same field.
  void plain() {
    std::size_t blank = blank_at(text_, at_);
    if (blank == 0) {
      put(text_.substr(at_++, 1));
    } else {
      if (begun_) field_ += text_.substr(at_, blank);
      at_ += blank;
    }
  }

  void put(std::string_view text) {
    field_ += text;
    solid_ = field_.size();
    begun_ = true;
  }

  // Two quotation marks inside stand for one. A text that is not closed ends with its line.
  void quoted() {
    put("");
    for (++at_;; at_ += 2) {
      std::size_t end = std::min(text_.find_first_of("\"\n", at_), text_.size());
      put(text_.substr(at_, end - at_));
      at_ = end;
      if (at_ == text_.size() || text_[at_] == '\n') return unclosed();
      if (at_ + 1 == text_.size() || text_[at_ + 1] != '"') break;
      put("\"");
    }
    ++at_;
  }

  void unclosed() {
    if (at_ < text_.size() && field_.ends_with('\r')) field_.pop_back();
    solid_ = field_.size();
    if (warnings_.size() < kMaxWarnings)
      warnings_.push_back({line_, "a quotation mark is not closed"});
  }

  // Before the end of a line, or a comment, it joins the next line to this one; elsewhere it is a
  // character like others. Blanks around the joint are dropped.
  void backslash() {
    std::size_t end = at_;
    std::size_t last = at_;
    for (std::size_t step = 1; end < text_.size() && step != 0; end += step) {
      if (text_[end] == '\\') last = end;
      step = text_[end] == '\\' ? 1 : blank_at(text_, end);
    }
    if (end < text_.size() && text_[end] != '\n' && text_[end] != ';') {
      put(text_.substr(at_, last + 1 - at_));
      field_ += text_.substr(last + 1, end - last - 1);
      at_ = end;
      return;
    }
    field_.resize(solid_);
    at_ = end;
    to_end_of_line();
    if (at_ < text_.size()) {
      ++at_;
      ++line_;
    }
    while (at_ < text_.size() && blank_at(text_, at_) != 0) at_ += blank_at(text_, at_);
  }

  std::string take_field() {
    field_.resize(solid_);
    solid_ = 0;
    begun_ = false;
    return std::exchange(field_, {});
  }

  void end_field(std::vector<std::string>& fields) {
    fields.push_back(take_field());
    count();
  }

  std::string_view text_;
  std::string_view shown_;
  std::vector<Warning>& warnings_;
  std::size_t at_ = 0;
  std::size_t line_ = 1;
  std::size_t parts_ = 0;
  std::string field_;      // so far
  std::size_t solid_ = 0;  // its length without blanks that may turn out to be its last characters
  bool begun_ = false;     // something other than a blank was there, if only ""
};

// What an entry is found by: a single field without a key is both.
const std::string* key_of(const Line& line) {
  if (line.has_key) return &line.key;
  return line.fields.size() == 1 ? &line.fields[0] : nullptr;
}

bool is_number(std::string_view text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

struct Token {
  std::string_view before;
  std::string_view name;  // between the percent signs
};

// Takes the text up to the next %token% with it. False, and all is left, if there is none.
bool take_token(std::string_view& text, Token& token) {
  std::size_t start = text.find('%');
  if (start == std::string_view::npos) return false;
  std::size_t end = text.find('%', start + 1);
  if (end == std::string_view::npos) return false;
  token = {text.substr(0, start), text.substr(start + 1, end - start - 1)};
  text.remove_prefix(end + 1);
  return true;
}

}  // namespace

File::File(std::string_view bytes, std::string_view shown) : shown_(shown) {
  const std::string whole = decoded(bytes, shown, warnings_);
  // The end-of-file mark of CP/M ends it here, too.
  const std::string_view text = std::string_view(whole).substr(0, whole.find('\x1a'));
  check_no_nul(text, shown);
  Scanner scanner(text, shown, warnings_);
  constexpr std::size_t none = std::string::npos;
  std::size_t current = none;
  while (scanner.next()) {
    if (scanner.at_section()) {
      std::string_view name = scanner.section();
      auto [entry, added] = index_.emplace(fold_case(name), sections_.size());
      if (added) sections_.push_back({std::string(name), scanner.line(), {}});
      current = entry->second;
    } else if (current == none) {
      // Ignored, line by line; vendors put comments of C there.
      scanner.skip_line();
    } else {
      Line line = scanner.entry();
      bool empty = !line.has_key && line.fields.empty();
      if (!empty) sections_[current].lines.push_back(std::move(line));
    }
  }
  take_strings("Strings.0409");
  take_strings("Strings");
}

// The first of several wins, as with SetupFindFirstLine.
void File::take_strings(std::string_view section) {
  const Section* strings = find(section);
  if (strings == nullptr) return;
  for (const Line& line : strings->lines) {
    if (const std::string* key = key_of(line)) strings_.emplace(fold_case(*key), line.fields[0]);
  }
}

const Section* File::find(std::string_view name) const {
  auto found = index_.find(fold_case(name));
  return found == index_.end() ? nullptr : &sections_[found->second];
}

const std::string* File::string(std::string_view token) const {
  auto found = strings_.find(fold_case(token));
  return found == strings_.end() ? nullptr : &found->second;
}

void File::fail_grown(std::size_t line, std::size_t most) const {
  fail_at(shown_, line, fmt::format("its strings make a text of more than {} bytes", most),
          "is it the INF of a driver? Windows takes texts of up to 4096 characters");
}

std::string File::expanded(std::string_view text) const {
  const std::size_t most = text.size() + kMaxGrowth;
  std::string out;
  Token token;
  while (take_token(text, token)) {
    out += token.before;
    const std::string* value = is_number(token.name) ? nullptr : string(token.name);
    if (token.name.empty()) {
      out += '%';
    } else if (value == nullptr) {
      out.append("%").append(token.name).append("%");
    } else {
      out += *value;
    }
    if (out.size() > most) fail_grown(0, most);
  }
  return out.append(text);
}

bool File::has_unknown_token(std::string_view text) const {
  Token token;
  while (take_token(text, token)) {
    if (!token.name.empty() && !is_number(token.name) && string(token.name) == nullptr) return true;
  }
  return false;
}

std::string File::value(std::string_view section, std::string_view key, std::size_t index) const {
  const Section* found = find(section);
  if (found == nullptr) return {};
  const std::string folded = fold_case(key);
  std::size_t left = kMaxFile;
  for (const Line& line : found->lines) {
    const std::string* written = key_of(line);
    if (written == nullptr) continue;
    const std::string name = expanded(*written);
    if (name.size() > left) fail_grown(line.number, kMaxFile);
    left -= name.size();
    if (fold_case(name) != folded) continue;
    return index < line.fields.size() ? expanded(line.fields[index]) : std::string();
  }
  return {};
}

}  // namespace remedia::inf
