// Patterns for paths inside an image.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace remedia::wim {

/// As the WIM layer spells paths: '/' between names, none at the ends.
std::string normalized(std::string_view path);

/// A pattern such as `Windows/System32/*.log` or `**/debug/**`. '/' or '\\' stands between names
/// and is ignored at both ends; case does not count (fold_case of formats/win_names.h). `?` is one
/// character of a name, `*` any number of them, `**` any number of characters and slashes; as a
/// name of its own, `**` is also no folder at all: `a/**/b` matches `a/b`.
/// Every other character stands for itself.
///
/// The work for one path is at most its length times that of the pattern, whatever the pattern: all
/// ways to go on are followed side by side, none is tried again.
class Glob {
 public:
  explicit Glob(std::string_view pattern);

  bool matches(std::string_view path) const { return matches_folded(folded(path)); }
  /// The same for a path that folded() made, for those who ask often.
  bool matches_folded(const std::u32string& path) const;

  /// Whether it matches the path or a folder above it.
  bool takes(std::string_view path) const;

  /// Whether the pattern is a plain path.
  bool literal() const;
  /// '/' between names and none at the ends.
  const std::string& text() const { return text_; }

  static std::u32string folded(std::string_view path);

 private:
  enum class Kind { character, one, run, run_across, folders };
  struct Token {
    Kind kind = Kind::character;
    char32_t character = 0;
  };

  void compile(const std::u32string& pattern);

  std::string text_;
  std::vector<Token> tokens_;
};

}  // namespace remedia::wim
