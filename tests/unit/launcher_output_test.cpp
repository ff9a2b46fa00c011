// What programs of the console print, as people see it.
#include "launcher/output.h"
#include "launcher/text.h"

#include <gtest/gtest.h>

namespace remedia::launcher {
namespace {

std::string bytes(std::initializer_list<int> values) {
  std::string text;
  for (const int value : values) text += static_cast<char>(value);
  return text;
}

std::string wide(std::string_view ascii) {
  std::string text;
  for (const char c : ascii) text += {c, '\0'};
  return text;
}

TEST(LauncherOutput, KnowsUtf16) {
  EXPECT_TRUE(is_utf16("\xff\xfe"));
  EXPECT_TRUE(is_utf16(bytes({0xff, 0xfe, 0x16, 0x04})));
  EXPECT_TRUE(is_utf16(wide("a")));
  EXPECT_TRUE(is_utf16(wide("a") + "b"));  // cut within a unit
  EXPECT_TRUE(is_utf16(wide(std::string(32, 'x')) + "no more"));
  EXPECT_TRUE(is_utf16(wide("Gr") + bytes({0xfc, 0}) + wide("n")));
}

TEST(LauncherOutput, TakesNothingElseForUtf16) {
  for (const std::string& text :
       {std::string(), std::string("a"), std::string("ab"), std::string("\xfe\xff"),
        std::string("\xff"), wide(std::string(31, 'x')) + "ab", wide("abc") + "de" + wide("f"),
        "a" + wide("bc"), std::string("\xef\xbb\xbf"), bytes({0x81, 0x20, 0, 0})}) {
    EXPECT_FALSE(is_utf16(text)) << text;
  }
}

TEST(LauncherOutput, DecodesUtf16) {
  EXPECT_EQ(text_of_utf16(bytes({0xff, 0xfe, 0xfc, 0, 0x16, 0x04, 0x3d, 0xd8, 0, 0xde})),
            "\xef\xbb\xbfüЖ😀");
  EXPECT_EQ(text_of_utf16(wide("a") + "b"), "a");
  EXPECT_EQ(text_of_utf16(wide("a") + bytes({0x3d, 0xd8})), "a\xef\xbf\xbd");
  EXPECT_EQ(text_of_utf16(bytes({0, 0xde, 'a', 0})),
            "\xef\xbf\xbd"
            "a");
  EXPECT_EQ(text_of_utf16(""), "");
  EXPECT_EQ(text_of_utf16("a"), "");
}

TEST(LauncherOutput, GoesOnAfterNuls) {
  EXPECT_EQ(text_of_utf16(wide(std::string_view("a\0\0b\0", 5))), std::string_view("a\0\0b\0", 5));
  EXPECT_EQ(as_on_console(std::string_view("a\0\0b\0", 5)), "ab");
}

TEST(LauncherOutput, KeepsLinesAndTabs) {
  EXPECT_EQ(as_on_console(""), "");
  EXPECT_EQ(as_on_console("a\r\nb\tc\n\n  d"), "a\nb\tc\n\n  d");
  EXPECT_EQ(as_on_console("a\r\r\nb\n"), "a\nb\n");
  EXPECT_EQ(as_on_console("Größe: 1 €, 😀\r\n"), "Größe: 1 €, 😀\n");
}

TEST(LauncherOutput, ShowsTheLastStateOfALine) {
  EXPECT_EQ(as_on_console("10 percent\r20 percent\r100 percent\r\ndone\r\n"),
            "100 percent\ndone\n");
  EXPECT_EQ(as_on_console("Progress 10\r99"), "99ogress 10");  // as a console does
  EXPECT_EQ(as_on_console("10 %\r    \rdone"), "done");
  EXPECT_EQ(as_on_console("\r\rx\r"), "x");
  EXPECT_EQ(as_on_console("Ää\rü"), "üä");
  EXPECT_EQ(as_on_console("a\n\rb"), "a\nb");
}

TEST(LauncherOutput, GoesBackByBackspaces) {
  EXPECT_EQ(as_on_console("1%\b\b2%\b\b30%"), "30%");
  EXPECT_EQ(as_on_console("ab\b"), "ab");
  EXPECT_EQ(as_on_console("abcd\bX"), "abcX");
  EXPECT_EQ(as_on_console("abcd\b\bX"), "abXd");
  EXPECT_EQ(as_on_console("\b\b\ba"), "a");
  EXPECT_EQ(as_on_console("a\n\b\bb"), "a\nb");
  EXPECT_EQ(as_on_console("€\bx"), "x");
}

TEST(LauncherOutput, DropsOtherControls) {
  EXPECT_EQ(as_on_console("\xef\xbb\xbf"
                          "a\x07\x1b\x0c\x7f"
                          "b\v"),
            "ab");
  EXPECT_EQ(as_on_console("a\xc2\x80\xc2\x9f"
                          "b\xc2\xa0"
                          "c"),
            "ab\xc2\xa0"
            "c");
}

// None of them is UTF-8; they end all the same and grow nothing.
TEST(LauncherOutput, SurvivesWhatIsNoText) {
  for (const std::string part : {"\x80", "\xff", "\xc3", "\xe2\x82", "\xf0\x9f\x98", "\xc2"}) {
    for (const std::string more : {"", "\n", "\r", "a", "\x80\x80\x80\x80\x80\x80"}) {
      EXPECT_LE(as_on_console(part + more).size(), part.size() + more.size());
      text_of_utf16(part + more);
    }
  }
  const std::string line(kMostPrinted, 'x');
  EXPECT_EQ(as_on_console(line + "\r" + line), line);
}

}  // namespace
}  // namespace remedia::launcher
