// Patterns: what they match, and that no pattern takes long.
#include "media/wim_glob.h"

#include <string>

#include <gtest/gtest.h>

namespace remedia::wim {
namespace {

struct Case {
  const char* pattern;
  const char* path;
  bool matches;
};

TEST(WimGlob, Matches) {
  const Case cases[] = {
      // Names
      {"a/b", "a/b", true},
      {"a\\b", "a/b", true},
      {"/a/b/", "a/b", true},
      {"A/B.TXT", "a/b.txt", true},
      {"GRÖßE", "größe", true},
      {"a/b", "a/bc", false},
      {"a/b", "xa/b", false},
      {"a/b", "a", false},
      {"a", "a/b", false},
      {"", "a", false},
      {"a.c", "abc", false},
      {"[ab]", "a", false},
      {"[ab]", "[AB]", true},
      // One character
      {"a?c", "abc", true},
      {"a?c", "aöc", true},
      {"a?c", "ac", false},
      {"a?c", "a/c", false},
      {"a?c", "abbc", false},
      {"?", "\xff", true},
      {"??", "\xff", false},
      // Within a name
      {"*", "a", true},
      {"*", "a/b", false},
      {"a*", "a", true},
      {"*.log", "x.log", true},
      {"*.log", ".log", true},
      {"*.log", "x.log.txt", false},
      {"*.log", "d/x.log", false},
      {"d/*.log", "d/x.log", true},
      {"d/*/x", "d/e/x", true},
      {"d/*/x", "d/x", false},
      {"d/*/x", "d/e/f/x", false},
      {"a*b*c", "aXXbYYc", true},
      {"a*b*c", "acb", false},
      {"*a*", "bab", true},
      {"a*?", "a", false},
      {"a*?", "ab", true},
      // Across folders
      {"**", "a", true},
      {"**", "a/b/c", true},
      {"**/x", "x", true},
      {"**/x", "a/x", true},
      {"**/x", "a/b/x", true},
      {"**/x", "a/bx", false},
      {"**/x", "ax", false},
      {"a/**/b", "a/b", true},
      {"a/**/b", "a/x/b", true},
      {"a/**/b", "a/x/y/b", true},
      {"a/**/b", "ab", false},
      {"a/**/b", "a/xb", false},
      {"a/**/b", "xa/b", false},
      {"a/**", "a", false},
      {"a/**", "a/b/c", true},
      {"a/**", "ab/c", false},
      {"**/*.log", "a/b/c.log", true},
      {"**/*.log", "c.log", true},
      {"**/a/**/b/*", "x/a/y/b/z", true},
      {"**/a/**/b/*", "a/b/z", true},
      {"**/a/**/b/*", "a/b/y/z", false},
      {"a**b", "a/x/b", true},
      {"a**b", "ab", true},
      {"a**b", "ac", false},
      {"a***b", "a/b", true},
      {"***/x", "x", true},
      {"**/**/x", "x", true},
      {"winsxs/*/f_*/**", "WinSxS/amd64/f_1/x/y", true},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(Glob(c.pattern).matches(c.path), c.matches) << c.pattern << " on " << c.path;
  }
}

// An independent reading of the same rules: plain recursion, for all short patterns and paths.
bool matches_slowly(std::string_view pattern, std::string_view path, bool name_begins) {
  if (pattern.empty()) return path.empty();
  if (pattern.starts_with("**")) {
    if (name_begins && pattern.size() > 2 && pattern[2] == '/') {
      std::string_view rest = pattern.substr(3);
      if (matches_slowly(rest, path, true)) return true;
      for (std::size_t i = 0; i < path.size(); ++i) {
        if (path[i] == '/' && matches_slowly(rest, path.substr(i + 1), true)) return true;
      }
      return false;
    }
    for (std::size_t i = 0; i <= path.size(); ++i) {
      if (matches_slowly(pattern.substr(2), path.substr(i), false)) return true;
    }
    return false;
  }
  if (pattern[0] == '*') {
    for (std::size_t i = 0; i <= path.size(); ++i) {
      if (matches_slowly(pattern.substr(1), path.substr(i), false)) return true;
      if (i < path.size() && path[i] == '/') return false;
    }
    return false;
  }
  if (path.empty()) return false;
  if (pattern[0] == '?' ? path[0] == '/' : path[0] != pattern[0]) return false;
  return matches_slowly(pattern.substr(1), path.substr(1), pattern[0] == '/');
}

template <typename Action>
void for_each_text(std::string_view letters, std::size_t longest, Action&& action) {
  std::vector<std::string> texts{""};
  for (std::size_t size = 1; size <= longest; ++size) {
    std::vector<std::string> next;
    for (const std::string& text : texts) {
      for (char c : letters) next.push_back(text + c);
    }
    texts = std::move(next);
    for (const std::string& text : texts) action(text);
  }
}

// What the constructor takes off or together is not for the slow one.
bool is_plain(const std::string& pattern) {
  return !pattern.starts_with('/') && !pattern.ends_with('/') &&
         pattern.find("***") == std::string::npos;
}

bool is_path(const std::string& path) {
  return !path.starts_with('/') && !path.ends_with('/') && path.find("//") == std::string::npos;
}

TEST(WimGlob, AgreesWithASlowMatcher) {
  int matches = 0;
  for_each_text("a*?/", 5, [&](const std::string& pattern) {
    if (!is_plain(pattern) || pattern.find("//") != std::string::npos) return;
    Glob glob(pattern);
    for_each_text("ab/", 5, [&](const std::string& path) {
      if (!is_path(path)) return;
      bool expected = matches_slowly(pattern, path, true);
      matches += expected ? 1 : 0;
      ASSERT_EQ(glob.matches(path), expected) << pattern << " on " << path;
    });
  });
  EXPECT_GT(matches, 1000);
}

// With a matcher that tries again, each of these takes longer than the test machine will last.
TEST(WimGlob, HostilePatternsTakeNoLonger) {
  std::string path(2000, 'a');
  for (const char* piece : {"a*", "*a", "a**", "?*", "**/", "*", "a*/**/"}) {
    std::string pattern;
    for (int i = 0; i < 300; ++i) pattern += piece;
    EXPECT_FALSE(Glob(pattern + "b").matches(path)) << piece;
  }
  std::string deep;
  for (int i = 0; i < 1000; ++i) deep += "a/";
  std::string pattern;
  for (int i = 0; i < 300; ++i) pattern += "**/a/*/";
  EXPECT_FALSE(Glob(pattern + "b").matches(deep + "a"));
  EXPECT_TRUE(Glob(pattern + "a").matches(deep + "a"));
}

TEST(WimGlob, KnowsPlainPaths) {
  EXPECT_TRUE(Glob("\\Windows\\a.txt").literal());
  EXPECT_EQ(Glob("\\Windows\\a.txt").text(), "Windows/a.txt");
  for (const char* pattern : {"a*", "?", "**/b"}) EXPECT_FALSE(Glob(pattern).literal());
}

}  // namespace
}  // namespace remedia::wim
