#include "launcher/output.h"

#include "launcher/text.h"

#include <vector>

namespace remedia::launcher {
namespace {

constexpr std::size_t kLookedAt = 64;

// How many bytes the character at the start of `text` has; `text` is UTF-8.
std::size_t character_size(std::string_view text) {
  std::size_t size = 1;
  const auto follows = [text](std::size_t at) {
    return at < text.size() && (static_cast<unsigned char>(text[at]) & 0xc0U) == 0x80;
  };
  while (size < 4 && follows(size)) ++size;
  return size;
}

// U+0000 to U+001F but TAB, U+007F to U+009F, and the byte-order mark.
bool is_dropped(std::string_view character) {
  const auto first = static_cast<unsigned char>(character[0]);
  if (character.size() == 1) return (first < 0x20 && first != '\t') || first == 0x7f;
  if (character == "\xef\xbb\xbf") return true;
  return first == 0xc2 && character.size() == 2 && static_cast<unsigned char>(character[1]) < 0xa0;
}

// One line of the screen, with a cursor.
class Line {
 public:
  void start_again() { cursor_ = 0; }
  void step_back() { cursor_ -= cursor_ == 0 ? 0 : 1; }
  void put(std::string_view character) {
    if (cursor_ == cells_.size()) {
      cells_.push_back(character);
    } else {
      cells_[cursor_] = character;
    }
    ++cursor_;
  }
  void move_to(std::string& text) {
    for (const std::string_view cell : cells_) text += cell;
    cells_.clear();
    cursor_ = 0;
  }

 private:
  std::vector<std::string_view> cells_;
  std::size_t cursor_ = 0;
};

}  // namespace

bool is_utf16(std::string_view bytes) {
  if (bytes.substr(0, 2) == "\xff\xfe") return true;
  if (bytes.size() < 2) return false;
  for (std::size_t i = 1; i < bytes.size() && i < kLookedAt; i += 2) {
    if (bytes[i] != '\0') return false;
  }
  return true;
}

std::string text_of_utf16(std::string_view bytes) {
  std::string text;
  while (bytes.size() >= 2) {
    const std::string part = utf8_of_utf16(bytes);
    text += part;
    // It has stopped at a NUL or at the end.
    std::size_t at = 0;
    while (at + 1 < bytes.size() && (bytes[at] != '\0' || bytes[at + 1] != '\0')) at += 2;
    if (at + 1 < bytes.size()) text += '\0';
    bytes.remove_prefix(at + 2 < bytes.size() ? at + 2 : bytes.size());
  }
  return text;
}

std::string as_on_console(std::string_view utf8) {
  std::string text;
  Line line;
  while (!utf8.empty()) {
    const std::string_view character = utf8.substr(0, character_size(utf8));
    utf8.remove_prefix(character.size());
    if (character == "\n") {
      line.move_to(text);
      text += '\n';
    } else if (character == "\r") {
      line.start_again();
    } else if (character == "\b") {
      line.step_back();
    } else if (!is_dropped(character)) {
      line.put(character);
    }
  }
  line.move_to(text);
  return text;
}

}  // namespace remedia::launcher
