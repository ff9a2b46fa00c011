// INF files: text of sections, lines and fields, read as Windows' SetupAPI reads it.
//
// Only the text is understood here; what it means for a driver is inf_driver.h. Facts: "General
// Syntax Rules for INF Files" of Microsoft's documentation, compared field by field with another
// implementation of SetupAPI (tests/wine).
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace remedia::inf {

/// One entry of a section. Texts have their quotation marks resolved and their %tokens% not.
struct Line {
  std::size_t number = 0;  ///< of the line of the file on which it begins, from 1
  bool has_key = false;
  std::string key;                  ///< before the '='; "" if there is none
  std::vector<std::string> fields;  ///< after the '=', or all of the line
};

struct Section {
  std::string name;  ///< as first written
  std::size_t number = 0;
  std::vector<Line> lines;  ///< of all sections of this name, in the order of the file
};

/// What is odd and yet can be read.
struct Warning {
  std::size_t number = 0;
  std::string text;
};

constexpr std::size_t kMaxFile = 16u << 20;   ///< bytes; no INF of a vendor reaches a tenth of it
constexpr std::size_t kMaxParts = 2'000'000;  ///< sections, lines and fields together
constexpr std::size_t kMaxGrowth = 1u << 16;  ///< bytes by which tokens may lengthen a text

class File {
 public:
  /// Decodes (UTF-16LE and UTF-8 with a byte order mark, UTF-8 without, else code page 1252) and
  /// parses. `shown` names the file in messages, as "shown:LINE". Throws Failure with the line: an
  /// unclosed section name, more than kMaxFile bytes or kMaxParts parts, a section's name of more
  /// than 255 characters, UTF-16 that is none, a NUL, big-endian UTF-16. UTF-8 that breaks after
  /// its mark is read as Windows does, with U+FFFD, and a warning. Time and memory are linear in
  /// `bytes`.
  File(std::string_view bytes, std::string_view shown);

  const std::string& shown() const { return shown_; }
  const std::vector<Section>& sections() const { return sections_; }
  /// In any case; null if there is none.
  const Section* find(std::string_view name) const;

  /// `text` with %token% replaced by the strings of [Strings.0409], else [Strings] (the language of
  /// the images that this is for is not known, and names of files do not depend on it); "%%" is one
  /// '%'. %11% and the like (a number: a directory identifier) and unknown tokens stay as they are.
  /// Strings are not looked into again, so that none can turn in circles. Throws Failure if the
  /// text grows by more than kMaxGrowth.
  std::string expanded(std::string_view text) const;
  /// Whether `text` still holds %token% that is no number and no string.
  bool has_unknown_token(std::string_view text) const;

  /// Field `index` of the first line of a section with this key (in any case, its tokens replaced;
  /// a single field without a key is its own), expanded; "" if there is none.
  std::string value(std::string_view section, std::string_view key, std::size_t index = 0) const;

  const std::vector<Warning>& warnings() const { return warnings_; }

 private:
  void take_strings(std::string_view section);
  const std::string* string(std::string_view token) const;
  [[noreturn]] void fail_grown(std::size_t line, std::size_t most) const;

  std::string shown_;
  std::vector<Section> sections_;
  std::map<std::string, std::size_t, std::less<>> index_;  // by fold_case(name)
  std::map<std::string, std::string, std::less<>> strings_;
  std::vector<Warning> warnings_;
};

}  // namespace remedia::inf
