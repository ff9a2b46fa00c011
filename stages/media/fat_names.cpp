// Short names end in ~1, ~2 ... wherever more than case is lost. Names that lose only case take
// theirs first, so that none of them is found under the short name of another file.
#include "media/fat_names.h"

#include "formats/registry.h"
#include "support/utf8.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

namespace remedia::fat {

namespace {

constexpr std::size_t kBase = 8;
constexpr std::size_t kExtension = 3;
constexpr std::size_t kUnits = 13;  // UTF-16 units of a long name in one entry

bool is_short_character(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         (c != '\0' && std::string_view("$%'-_@~`!(){}^#&").find(c) != std::string_view::npos);
}

char upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; }

std::string padded(std::string base, const std::string& extension) {
  base.resize(kBase, ' ');
  base += extension;
  base.resize(kBase + kExtension, ' ');
  return base;
}

bool all_short(std::string_view text) {
  return std::all_of(text.begin(), text.end(), is_short_character);
}

// The short name that loses nothing but case; empty if there is none.
std::string plain_short_name(std::string_view name) {
  std::string text(name);
  std::transform(text.begin(), text.end(), text.begin(), upper);
  std::size_t dot = text.find('.');
  std::string base = text.substr(0, dot);
  std::string extension = dot == std::string::npos ? "" : text.substr(dot + 1);
  bool fits = !base.empty() && base.size() <= kBase && extension.size() <= kExtension;
  if (!fits || !all_short(base) || !all_short(extension)) return "";
  return padded(base, extension);
}

// What remains of a part of a name: dots and spaces go, each other unknown character becomes '_'.
std::string shortened(std::string_view text, std::size_t most) {
  std::string result;
  while (!text.empty() && result.size() < most) {
    char32_t c = take_utf8(text);
    if (c == kInvalidUtf8) break;
    char ascii = c < 0x80 ? upper(static_cast<char>(c)) : '\0';
    if (ascii == '.' || ascii == ' ') continue;
    result += is_short_character(ascii) ? ascii : '_';
  }
  return result;
}

struct Stem {
  std::string base;
  std::string extension;
};

Stem stem_of(std::string_view name) {
  name.remove_prefix(std::min(name.find_first_not_of('.'), name.size()));
  std::size_t dot = std::min(name.rfind('.'), name.size());
  Stem stem = {shortened(name.substr(0, dot), kBase),
               dot < name.size() ? shortened(name.substr(dot + 1), kExtension) : ""};
  if (stem.base.empty()) stem.base = "_";
  return stem;
}

std::string numbered(const Stem& stem, unsigned number) {
  std::string tail = "~" + std::to_string(number);
  return padded(stem.base.substr(0, kBase - tail.size()) + tail, stem.extension);
}

unsigned char checksum(std::string_view short_name) {
  unsigned sum = 0;
  for (char c : short_name) {
    sum = ((sum & 1) << 7 | sum >> 1) + static_cast<unsigned char>(c);
    sum &= 0xff;
  }
  return static_cast<unsigned char>(sum);
}

std::string long_name_entry(std::size_t ordinal, std::string_view units, unsigned char sum) {
  std::string entry(1, static_cast<char>(ordinal));
  entry += units.substr(0, 10);
  entry += '\x0f';  // attributes that no file has
  entry += '\0';
  entry += static_cast<char>(sum);
  entry += units.substr(10, 12);
  entry += std::string(2, '\0');
  entry += units.substr(22, 4);
  return entry;
}

}  // namespace

std::vector<std::string> short_names(const std::vector<std::string>& names) {
  std::vector<std::string> result;
  std::set<std::string> taken;
  for (const std::string& name : names) {
    result.push_back(plain_short_name(name));
    if (!result.back().empty()) taken.insert(result.back());
  }
  // Where the numbers go on, so that many names with one beginning do not ask for all of them.
  std::map<std::pair<std::string, std::string>, unsigned> last_number;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (!result[i].empty()) continue;
    Stem stem = stem_of(names[i]);
    unsigned& number = last_number[{stem.base.substr(0, kBase - 2), stem.extension}];
    do result[i] = numbered(stem, ++number);
    while (!taken.insert(result[i]).second);
  }
  return result;
}

std::string long_name_entries(std::string_view name, std::string_view short_name) {
  std::string base(short_name.substr(0, kBase));
  std::string extension(short_name.substr(kBase));
  base.erase(base.find_last_not_of(' ') + 1);
  extension.erase(extension.find_last_not_of(' ') + 1);
  if (name == (extension.empty() ? base : base + "." + extension)) return "";

  std::string units = to_utf16le(name);
  std::size_t count = (units.size() / 2 + kUnits - 1) / kUnits;
  if (units.size() < count * kUnits * 2) units += std::string(2, '\0');
  units.resize(count * kUnits * 2, '\xff');
  std::string entries;
  for (std::size_t i = count; i > 0; --i) {
    std::size_t ordinal = i == count ? i | 0x40 : i;  // the last part comes first
    entries += long_name_entry(ordinal, std::string_view(units).substr((i - 1) * kUnits * 2),
                               checksum(short_name));
  }
  return entries;
}

}  // namespace remedia::fat
