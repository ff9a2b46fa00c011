#include "formats/win_names.h"

#include "scratch.h"

#include <string>
#include <vector>

namespace remedia {
namespace {

TEST(WinNames, AcceptsWhatWindowsCanHold) {
  const std::vector<std::string> paths = {
      "a",
      "Windows/System32/drivers/etc/hosts",
      "a.b.c",
      ".gitignore",
      "name with spaces.txt",
      "$OEM$/$$/Setup",
      "Größe/日本語/😀.txt",
      "console",
      "com",
      "com10",
      "lpt",
      "nulls",
      "auxiliary.inf",
      "x/con1",
      std::string(255, 'x'),
      std::string(254, 'x') + "é",
  };
  for (const std::string& path : paths) EXPECT_NO_THROW(check_image_path(path)) << path;
}

TEST(WinNames, SaysWhyAPathIsRefused) {
  struct Case {
    std::string path;
    std::string why;
  };
  std::string deep;
  for (int i = 0; i < 20000; ++i) deep += "a/";
  const std::vector<Case> cases = {
      {"", "it is empty"},
      {"/a", "it is absolute"},
      {"//server/share", "it is absolute"},
      {"C:/a", "it has a drive letter"},
      {"a//b", "empty name"},
      {"a/", "empty name"},
      {".", "'.' is not a name"},
      {"a/./b", "'.' is not a name"},
      {"..", "'..' is not a name"},
      {"a/../../b", "'..' is not a name"},
      {"a\\b", "backslash"},
      {"a/b:stream", "':' may not stand"},
      {"a<", "'<' may not stand"},
      {"a>b", "'>' may not stand"},
      {"say \"x\"", "'\"' may not stand"},
      {"a|b", "'|' may not stand"},
      {"why?", "'?' may not stand"},
      {"*.sys", "'*' may not stand"},
      {"a\nb", "control character 0x0a"},
      {std::string("a\0b", 3), "control character 0x00"},
      {"a\x7f", "control character 0x7f"},
      {"dot.", "ends in a dot"},
      {"dot./b", "ends in a dot"},
      {"...", "ends in a dot"},
      {"space ", "ends in a space"},
      {"con", "device"},
      {"a/CON", "device"},
      {"Con.txt", "device"},
      {"nul.tar.gz", "device"},
      {"nul .txt", "device"},
      {"prn", "device"},
      {"AUX.h", "device"},
      {"com0", "device"},
      {"COM9.log", "device"},
      {"lpt1", "device"},
      {"COM\u00b9", "device"},
      {"lpt\u00b3.x", "device"},
      {"CONIN$", "device"},
      {"conout$", "device"},
      {std::string(256, 'x'), "256 UTF-16 units"},
      {std::string(254, 'x') + "😀", "256 UTF-16 units"},
      {deep + "x", "UTF-16 units; Windows takes at most 32767"},
      {"\xff", "not valid UTF-8"},
      {"a/\xc3", "not valid UTF-8"},
      {"\xed\xa0\x80", "not valid UTF-8"},
      {"\xc0\xaf", "not valid UTF-8"},
  };
  for (const Case& c : cases) {
    std::string message = failure_of([&] { check_image_path(c.path); });
    EXPECT_NE(message.find(c.why), std::string::npos) << c.path.substr(0, 80) << ": " << message;
  }
}

TEST(WinNames, EveryRefusalHasANextStep) {
  for (const char* path : {"", "/a", "C:x", "a//b", "..", "a?", "a.", "nul", "\xff", "a\\b"}) {
    try {
      check_image_path(path);
      ADD_FAILURE() << path;
    } catch (const Failure& failure) {
      EXPECT_FALSE(failure.diagnostics().front().hint.empty()) << path;
    }
  }
}

TEST(WinNames, FoldsWhatWindowsTakesForEqual) {
  struct Case {
    std::string a;
    std::string b;
    bool equal;
  };
  const std::vector<Case> cases = {
      {"Windows/System32", "WINDOWS/SYSTEM32", true},
      {"a[`{", "A[`{", true},
      {"größe", "GRÖSSE", false},
      {"größe", "GRÖßE", true},
      {"ÿ", "Ÿ", true},
      {"÷", "×", false},
      {"āăą", "ĀĂĄ", true},
      {"šžź", "ŠŽŹ", true},
      {"ı", "I", false},
      {"ſ", "S", false},
      {"αβγςσάέόώϋ", "ΑΒΓΣΣΆΈΌΏΫ", true},
      {"привет ёжик", "ПРИВЕТ ЁЖИК", true},
      {"ґӏӂ", "ҐӀӁ", true},
      {"日本", "日木", false},
      {"x", "y", false},
  };
  for (const Case& c : cases)
    EXPECT_EQ(fold_case(c.a) == fold_case(c.b), c.equal) << c.a << " " << c.b;
}

TEST(WinNames, FoldingLeavesOtherBytesAlone) {
  for (std::string text :
       {"\xff\xfe", "\xc3", "\xc3(", "\xe9\xa0\xe0", "日本語", "\xf0\x9f\x98\x80"}) {
    EXPECT_EQ(fold_case(text), text);
  }
}

}  // namespace
}  // namespace remedia
