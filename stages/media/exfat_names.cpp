#include "media/exfat_names.h"

#include "formats/registry.h"
#include "support/diagnostic.h"

#include <algorithm>
#include <numeric>
#include <vector>

namespace remedia::exfat {

namespace {

constexpr std::size_t kLabelUnits = 11;
constexpr std::size_t kNameUnits = 255;
constexpr std::string_view kForbidden = "\"*/:<>?\\|";

// Runs of units whose upper-case forms lie at a fixed distance; `step` 2: every second unit of the
// run. All others are their own. The mapping is a fact of the specification and older than today's
// Unicode. A test holds the checksum of the whole against the one that the specification names.
struct CaseRun {
  int first;
  int last;
  int delta;
  int step = 1;
};

constexpr CaseRun kCaseRuns[] = {
    {0x0061, 0x007a, -32},   {0x00e0, 0x00f6, -32},   {0x00f8, 0x00fe, -32},
    {0x00ff, 0x00ff, 121},   {0x0101, 0x012f, -1, 2}, {0x0133, 0x0137, -1, 2},
    {0x013a, 0x0148, -1, 2}, {0x014b, 0x0177, -1, 2}, {0x017a, 0x017e, -1, 2},
    {0x0180, 0x0180, 195},   {0x0183, 0x0185, -1, 2}, {0x0188, 0x0188, -1},
    {0x018c, 0x018c, -1},    {0x0192, 0x0192, -1},    {0x0195, 0x0195, 97},
    {0x0199, 0x0199, -1},    {0x019a, 0x019a, 163},   {0x019e, 0x019e, 130},
    {0x01a1, 0x01a5, -1, 2}, {0x01a8, 0x01a8, -1},    {0x01ad, 0x01ad, -1},
    {0x01b0, 0x01b0, -1},    {0x01b4, 0x01b6, -1, 2}, {0x01b9, 0x01b9, -1},
    {0x01bd, 0x01bd, -1},    {0x01bf, 0x01bf, 56},    {0x01c6, 0x01c6, -2},
    {0x01c9, 0x01c9, -2},    {0x01cc, 0x01cc, -2},    {0x01ce, 0x01dc, -1, 2},
    {0x01dd, 0x01dd, -79},   {0x01df, 0x01ef, -1, 2}, {0x01f3, 0x01f3, -2},
    {0x01f5, 0x01f5, -1},    {0x01f9, 0x021f, -1, 2}, {0x0223, 0x0233, -1, 2},
    {0x023a, 0x023a, 10795}, {0x023c, 0x023c, -1},    {0x023e, 0x023e, 10792},
    {0x0242, 0x0242, -1},    {0x0247, 0x024f, -1, 2}, {0x0253, 0x0253, -210},
    {0x0254, 0x0254, -206},  {0x0256, 0x0257, -205},  {0x0259, 0x0259, -202},
    {0x025b, 0x025b, -203},  {0x0260, 0x0260, -205},  {0x0263, 0x0263, -207},
    {0x0268, 0x0268, -209},  {0x0269, 0x0269, -211},  {0x026b, 0x026b, 10743},
    {0x026f, 0x026f, -211},  {0x0272, 0x0272, -213},  {0x0275, 0x0275, -214},
    {0x027d, 0x027d, 10727}, {0x0280, 0x0280, -218},  {0x0283, 0x0283, -218},
    {0x0288, 0x0288, -218},  {0x0289, 0x0289, -69},   {0x028a, 0x028b, -217},
    {0x028c, 0x028c, -71},   {0x0292, 0x0292, -219},  {0x037b, 0x037d, 130},
    {0x03ac, 0x03ac, -38},   {0x03ad, 0x03af, -37},   {0x03b1, 0x03c1, -32},
    {0x03c2, 0x03c2, -31},   {0x03c3, 0x03cb, -32},   {0x03cc, 0x03cc, -64},
    {0x03cd, 0x03ce, -63},   {0x03d9, 0x03ef, -1, 2}, {0x03f2, 0x03f2, 7},
    {0x03f8, 0x03f8, -1},    {0x03fb, 0x03fb, -1},    {0x0430, 0x044f, -32},
    {0x0450, 0x045f, -80},   {0x0461, 0x0481, -1, 2}, {0x048b, 0x04bf, -1, 2},
    {0x04c2, 0x04ce, -1, 2}, {0x04cf, 0x04cf, -15},   {0x04d1, 0x0513, -1, 2},
    {0x0561, 0x0586, -48},   {0x1d7d, 0x1d7d, 3814},  {0x1e01, 0x1e95, -1, 2},
    {0x1ea1, 0x1ef9, -1, 2}, {0x1f00, 0x1f07, 8},     {0x1f10, 0x1f15, 8},
    {0x1f20, 0x1f27, 8},     {0x1f30, 0x1f37, 8},     {0x1f40, 0x1f45, 8},
    {0x1f51, 0x1f57, 8, 2},  {0x1f60, 0x1f67, 8},     {0x1f70, 0x1f71, 74},
    {0x1f72, 0x1f75, 86},    {0x1f76, 0x1f77, 100},   {0x1f78, 0x1f79, 128},
    {0x1f7a, 0x1f7b, 112},   {0x1f7c, 0x1f7d, 126},   {0x1f80, 0x1f87, 8},
    {0x1f90, 0x1f97, 8},     {0x1fa0, 0x1fa7, 8},     {0x1fb0, 0x1fb1, 8},
    {0x1fb3, 0x1fb3, 9},     {0x1fcc, 0x1fcc, -9},    {0x1fd0, 0x1fd1, 8},
    {0x1fe0, 0x1fe1, 8},     {0x1fe5, 0x1fe5, 7},     {0x1ffc, 0x1ffc, -9},
    {0x214e, 0x214e, -28},   {0x2170, 0x217f, -16},   {0x2184, 0x2184, -1},
    {0x24d0, 0x24e9, -26},   {0x2c30, 0x2c5e, -48},   {0x2c61, 0x2c61, -1},
    {0x2c68, 0x2c6c, -1, 2}, {0x2c76, 0x2c76, -1},    {0x2c81, 0x2ce3, -1, 2},
    {0x2d00, 0x2d25, -7264}, {0xff41, 0xff5a, -32},
};

// Identity runs shorter than this are written out: then the table is the specification's, bit for
// bit.
constexpr std::size_t kShortestSkip = 512;
constexpr char16_t kSkip = 0xffff;  // in the table: the next unit says how many are their own

const std::vector<char16_t>& upper_forms() {
  static const std::vector<char16_t> forms = [] {
    std::vector<char16_t> all(0x10000);
    std::iota(all.begin(), all.end(), char16_t{0});
    for (const CaseRun& run : kCaseRuns) {
      for (int c = run.first; c <= run.last; c += run.step) {
        all[static_cast<std::size_t>(c)] = static_cast<char16_t>(c + run.delta);
      }
    }
    return all;
  }();
  return forms;
}

void append(std::string& bytes, std::size_t unit) {
  bytes += static_cast<char>(unit & 0xff);
  bytes += static_cast<char>(unit >> 8);
}

std::u16string units_of(std::string_view text) {
  std::string bytes = to_utf16le(text);
  std::u16string units;
  for (std::size_t i = 0; i + 1 < bytes.size(); i += 2) {
    auto byte = [&](std::size_t at) { return static_cast<unsigned char>(bytes[at]); };
    units += static_cast<char16_t>(byte(i) | byte(i + 1) << 8);
  }
  return units;
}

// What is wrong with the characters; empty if nothing is.
std::string character_fault(std::string_view text) {
  for (char c : text) {
    unsigned char byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f) return fmt::format("the control character 0x{:02x}", byte);
    if (kForbidden.find(c) != std::string_view::npos) return fmt::format("'{}'", c);
  }
  return {};
}

// Control characters would play with the terminal.
std::string printable(std::string_view text) {
  std::string shown(text);
  for (char& c : shown) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
  }
  return shown;
}

[[noreturn]] void refuse(std::string_view path, std::string_view why, std::string hint) {
  throw Failure(Diagnostic{
      .message = fmt::format("'{}' cannot be a path on an exFAT volume: {}", printable(path), why),
      .hint = std::move(hint)});
}

void check_name(std::string_view name, std::string_view path) {
  if (name.empty()) {
    refuse(path, "it has an empty name", "write one '/' between names, none at either end");
  }
  if (name == "." || name == "..") {
    refuse(path, fmt::format("'{}' is not a name", name), "write the path from the root");
  }
  if (std::string fault = character_fault(name); !fault.empty()) {
    refuse(path, fmt::format("it has {}, which no name may have", fault),
           "rename the file without it");
  }
  if (name.back() == '.' || name.back() == ' ') {
    refuse(path, "a name ends in a dot or a space, which Windows drops", "rename the file");
  }
}

}  // namespace

std::string up_case_table() {
  const std::vector<char16_t>& forms = upper_forms();
  std::string bytes;
  for (std::size_t c = 0; c < forms.size();) {
    std::size_t end = c;
    while (end < forms.size() && forms[end] == end) ++end;
    if (end - c >= kShortestSkip) {
      append(bytes, kSkip);
      append(bytes, end - c);
      c = end;
    } else {
      append(bytes, forms[c++]);
    }
  }
  return bytes;
}

std::u16string up_case(std::u16string_view name) {
  std::u16string upper(name);
  for (char16_t& c : upper) c = upper_forms()[c];
  return upper;
}

std::u16string file_name(std::string_view name, std::string_view path) {
  check_name(name, path);
  std::u16string units;
  try {
    units = units_of(name);
  } catch (const Failure&) {
    refuse(path, "it is not valid UTF-8", "rename the file with a UTF-8 name (see `convmv`)");
  }
  if (units.size() > kNameUnits) {
    refuse(path,
           fmt::format("a name has {} UTF-16 units; at most {} are possible", units.size(),
                       kNameUnits),
           "shorten the name");
  }
  return units;
}

std::u16string label_name(std::string_view label) {
  if (std::string fault = character_fault(label); !fault.empty()) {
    fail("the volume label '{}' has {}, which exFAT does not allow", printable(label), fault);
  }
  std::u16string units;
  try {
    units = units_of(label);
  } catch (const Failure&) {
    fail("the volume label '{}' is not valid UTF-8", label);
  }
  if (units.size() > kLabelUnits) {
    fail("the volume label '{}' has {} UTF-16 units; exFAT takes at most {}", label, units.size(),
         kLabelUnits);
  }
  return units;
}

}  // namespace remedia::exfat
