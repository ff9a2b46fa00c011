// Names that Windows can hold. NTFS itself is liberal; what limits names is Win32, which drops
// trailing dots and spaces, takes some characters for wildcards or streams, and turns device names
// into devices in every folder (Microsoft's "Naming Files, Paths, and Namespaces").
#include "formats/win_names.h"

#include "formats/registry.h"
#include "support/diagnostic.h"

#include <algorithm>
#include <array>

namespace remedia {

namespace {

constexpr std::size_t kNameUnits = 255;
constexpr std::size_t kPathUnits = 32767;

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

// Control characters would play with the terminal.
std::string printable(std::string_view path) {
  std::string text(path);
  for (char& c : text) {
    if (is_control(c)) c = '?';
  }
  return text;
}

[[noreturn]] void refuse(std::string_view path, std::string message, std::string hint) {
  throw Failure(Diagnostic{.message = fmt::format("'{}' cannot be a path in a Windows image: {}",
                                                  printable(path), message),
                           .hint = std::move(hint)});
}

std::size_t utf16_units(std::string_view text, std::string_view path) {
  try {
    return to_utf16le(text).size() / 2;
  } catch (const Failure&) {
    refuse(path, "it is not valid UTF-8", "rename the file with a UTF-8 name (see `convmv`)");
  }
}

bool is_one_of(std::string_view word, std::initializer_list<std::string_view> words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

// COM and LPT take a digit, and Windows counts the superscript digits of Latin-1 among the digits.
bool is_device_number(std::string_view text) {
  if (text.size() == 1) return text[0] >= '0' && text[0] <= '9';
  return is_one_of(text, {"\u00b9", "\u00b2", "\u00b3"});
}

// The extension does not count, nor do spaces before it: "nul .txt" is the device too.
bool is_device(std::string_view name) {
  std::string stem = fold_case(name.substr(0, name.find('.')));
  stem.erase(stem.find_last_not_of(' ') + 1);
  if (is_one_of(stem, {"CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"})) return true;
  std::string_view text = stem;
  return is_one_of(text.substr(0, 3), {"COM", "LPT"}) && is_device_number(text.substr(3));
}

void check_characters(std::string_view name, std::string_view path) {
  for (char c : name) {
    if (is_control(c)) {
      refuse(path, fmt::format("it has the control character 0x{:02x}", static_cast<int>(c)),
             "rename the file without it");
    }
    if (c == '\\') refuse(path, "it has a backslash", "write '/' between names");
    if (std::string_view("<>:\"|?*").find(c) != std::string_view::npos) {
      refuse(path, fmt::format("'{}' may not stand in a name of Windows", c),
             "rename the file without it");
    }
  }
}

void check_name(std::string_view name, std::string_view path) {
  if (name.empty())
    refuse(path, "it has an empty name", "write one '/' between names, none at the end");
  if (name == "." || name == "..") {
    refuse(path, fmt::format("'{}' is not a name", name),
           "write the path from the root of the image");
  }
  check_characters(name, path);
  if (name.back() == '.' || name.back() == ' ') {
    refuse(path,
           fmt::format("'{}' ends in a {}, which Windows drops", name,
                       name.back() == '.' ? "dot" : "space"),
           "rename the file without it");
  }
  if (is_device(name)) {
    refuse(path, fmt::format("'{}' is the name of a device in every folder of Windows", name),
           "rename the file");
  }
  if (std::size_t units = utf16_units(name, path); units > kNameUnits) {
    refuse(path,
           fmt::format("a name has {} UTF-16 units; Windows takes at most {}", units, kNameUnits),
           "shorten the name");
  }
}

void check_whole(std::string_view path) {
  if (path.empty()) refuse(path, "it is empty", "name the file");
  if (path[0] == '/') refuse(path, "it is absolute", "leave out the leading '/'");
  if (path.size() > 1 && path[1] == ':') {
    refuse(path, "it has a drive letter", "write the path from the root of the image");
  }
  if (std::size_t units = utf16_units(path, path); units > kPathUnits) {
    refuse(path.substr(0, 60),
           fmt::format("it has {} UTF-16 units; Windows takes at most {}", units, kPathUnits),
           "shorten the path");
  }
}

// Runs of letters whose capitals lie at a fixed distance, or alternate with them (`step` 2: a small
// letter at every second place, its capital just before). From the Unicode character database,
// without the foldings that Windows does not know (dotless i, long s, titlecase).
struct CaseRun {
  char16_t first;
  char16_t last;
  int delta;
  int step = 1;
};

constexpr std::array kCaseRuns = {
    CaseRun{u'a', u'z', -32},
    // Latin-1 and Latin Extended-A
    CaseRun{0x00e0, 0x00f6, -32},
    CaseRun{0x00f8, 0x00fe, -32},
    CaseRun{0x00ff, 0x00ff, 0x79},
    CaseRun{0x0101, 0x012f, -1, 2},
    CaseRun{0x0133, 0x0137, -1, 2},
    CaseRun{0x013a, 0x0148, -1, 2},
    CaseRun{0x014b, 0x0177, -1, 2},
    CaseRun{0x017a, 0x017e, -1, 2},
    // Greek
    CaseRun{0x03ac, 0x03ac, -38},
    CaseRun{0x03ad, 0x03af, -37},
    CaseRun{0x03b1, 0x03c1, -32},
    CaseRun{0x03c2, 0x03c2, -31},
    CaseRun{0x03c3, 0x03cb, -32},
    CaseRun{0x03cc, 0x03cc, -64},
    CaseRun{0x03cd, 0x03ce, -63},
    // Cyrillic
    CaseRun{0x0430, 0x044f, -32},
    CaseRun{0x0450, 0x045f, -80},
    CaseRun{0x0461, 0x0481, -1, 2},
    CaseRun{0x048b, 0x04bf, -1, 2},
    CaseRun{0x04c2, 0x04ce, -1, 2},
    CaseRun{0x04cf, 0x04cf, -15},
    CaseRun{0x04d1, 0x052f, -1, 2},
};

int upper(int c) {
  for (const CaseRun& run : kCaseRuns) {
    if (c >= run.first && c <= run.last) return (c - run.first) % run.step == 0 ? c + run.delta : c;
  }
  return c;
}

}  // namespace

void check_image_path(std::string_view path) {
  check_whole(path);
  for (std::size_t start = 0; start <= path.size();) {
    std::size_t end = std::min(path.find('/', start), path.size());
    check_name(path.substr(start, end - start), path);
    start = end + 1;
  }
}

// All letters of the table, small and capital, take one byte or two: so the length stays.
std::string fold_case(std::string_view text) {
  std::string out(text);
  for (std::size_t i = 0; i < out.size(); ++i) {
    int byte = static_cast<unsigned char>(out[i]);
    if (byte < 0x80) {
      out[i] = static_cast<char>(upper(byte));
    } else if ((byte & 0xe0) == 0xc0 && i + 1 < out.size() && (out[i + 1] & 0xc0) == 0x80) {
      int c = upper((byte & 0x1f) << 6 | (out[i + 1] & 0x3f));
      out[i] = static_cast<char>(0xc0 | c >> 6);
      out[++i] = static_cast<char>(0x80 | (c & 0x3f));
    }
  }
  return out;
}

}  // namespace remedia
