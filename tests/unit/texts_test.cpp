#include "formats/texts.h"

#include "kinds/shell.h"
#include "unit/scratch.h"

#include <gtest/gtest.h>

namespace remedia {
namespace {

TEST(Texts, EveryWordGetsItsValue) {
  std::string text =
      fill_text("WinREConfig.xml", {{"PROGRAM", "a@PARAMETERS@b"}, {"PARAMETERS", ""}});
  EXPECT_NE(text.find("<RelativeFilePath>a@PARAMETERS@b</RelativeFilePath>"), std::string::npos)
      << "values are no templates";
  EXPECT_NE(text.find("<CommandLineParam></CommandLineParam>"), std::string::npos);
}

TEST(Texts, RefuseMistakes) {
  EXPECT_NE(failure_of([] { fill_text("nothing.txt", {}); }).find("no text 'nothing.txt'"),
            std::string::npos);
  EXPECT_NE(failure_of([] {
              fill_text("WinREConfig.xml", {{"PROGRAM", "x"}});
            }).find("@PARAMETERS@"),
            std::string::npos);
  EXPECT_NE(failure_of([] {
              fill_text("WinREConfig.xml", {{"PROGRAM", ""}, {"PARAMETERS", ""}, {"OTHER", ""}});
            }).find("has no @OTHER@"),
            std::string::npos);
}

TEST(Texts, PowerShellTakesNothingOutOfItsStrings) {
  EXPECT_EQ(powershell_string(""), "''");
  EXPECT_EQ(powershell_string("it's $(Get-Date) `\"x\""), "'it''s $(Get-Date) `\"x\"'");
  EXPECT_EQ(powershell_string("\u2018a\u2019\u201a\u201b"),
            "'\u2018\u2018a\u2019\u2019\u201a\u201a\u201b\u201b'");
  for (const char* text : {"a\nb", "a\rb", "a\tb", "\x1b", "\x7f"})
    EXPECT_NE(failure_of([&] { powershell_string(text); }).find("control character"),
              std::string::npos);
}

TEST(Texts, LinesEndAsCmdExeWantsThem) { EXPECT_EQ(with_crlf("a\nb\r\n\nc"), "a\r\nb\r\n\r\nc"); }

TEST(WinreConfig, IsXmlWhateverTheNames) {
  std::string text = kinds::winre_config("a&b/<c>.exe", "/x \"y\" & z");
  EXPECT_NE(text.find("<RelativeFilePath>a&amp;b\\&lt;c&gt;.exe</RelativeFilePath>\r\n"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("<CommandLineParam>/x &quot;y&quot; &amp; z</CommandLineParam>\r\n"),
            std::string::npos);
}

}  // namespace
}  // namespace remedia
