#include "formats/batch_file.h"

#include <array>
#include <string_view>

namespace remedia {

namespace {

std::string mark_of(std::string_view head) {
  if (head.starts_with("\xEF\xBB\xBF")) return "UTF-8";
  if (head.starts_with("\xFF\xFE") || head.starts_with("\xFE\xFF")) return "UTF-16";
  return {};
}

}  // namespace

BatchFlaws batch_flaws(const Slice& content) {
  const Fd fd = Fd::open_read(content.file);
  std::array<char, 1 << 16> buffer = {};
  BatchFlaws flaws;
  std::uint64_t line = 1;
  char before = '\0';
  for (std::uint64_t at = 0; at < content.size();) {
    const std::string_view block(buffer.data(), read_at(content, fd.get(), at, buffer));
    if (at == 0) flaws.mark = mark_of(block);
    if (flaws.mark == "UTF-16") return flaws;
    for (const char c : block) {
      if (c == '\n' && before != '\r') {
        flaws.line_without_cr = line;
        return flaws;
      }
      if (c == '\n') ++line;
      before = c;
    }
    at += block.size();
  }
  return flaws;
}

}  // namespace remedia
