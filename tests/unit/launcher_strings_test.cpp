// The launcher's language files: a build with a text missing, unknown or different must fail. The
// checking program is the one that the build runs.
#include "support/process.h"
#include "unit/scratch.h"

#include <gtest/gtest.h>

namespace remedia {
namespace {

constexpr const char* kEnglish = "# English\nhello = Hello {name}\nbye = Bye\\nand \"thanks\"\n";

class LauncherStrings : public testing::Test {
 protected:
  ProcessResult compile(const std::string& english, const std::string& german) {
    scratch.write("en.txt", english);
    scratch.write("de.txt", german);
    return run_process({REMEDIA_LAUNCHER_STRINGS, (scratch / "out.h").string(),
                        (scratch / "en.txt").string(), (scratch / "de.txt").string()});
  }
  void refuses(const std::string& german, const std::string& message) {
    const ProcessResult result = compile(kEnglish, german);
    EXPECT_EQ(result.status, 1);
    EXPECT_NE(result.output.find(message), std::string::npos) << result.output;
    EXPECT_FALSE(fs::exists(scratch / "out.h"));
  }

  Scratch scratch;
};

TEST_F(LauncherStrings, AreTakenIfTheyAgree) {
  const ProcessResult result = compile(kEnglish, "bye = Tschüss\nhello = {name}, hallo\n");
  EXPECT_EQ(result.status, 0) << result.output;
  const std::string header = read_file(scratch / "out.h");
  EXPECT_NE(header.find("\"Bye\\nand \\\"thanks\\\"\""), std::string::npos) << header;
}

TEST_F(LauncherStrings, AreRefusedOtherwise) {
  refuses("hello = Hallo {name}\n", "de.txt:0: error: the text 'bye' is missing");
  refuses("hello = Hallo {name}\nbye = x\nmore = x\n",
          "de.txt:3: error: the text 'more' is unknown");
  refuses("hello = Hallo\nbye = x\n", "de.txt:1: error: 'hello' has other placeholders");
  refuses("hello = Hallo {nane}\nbye = x\n", "de.txt:1: error: 'hello' has other placeholders");
  refuses("hello = Hallo {name\nbye = x\n", "de.txt:1: error: a placeholder is written {name}");
  refuses("hello = Hallo }name{\nbye = x\n", "de.txt:1: error: a placeholder is written {name}");
  refuses("hello = {name}\nhello = {name}\nbye = x\n",
          "de.txt:2: error: the text 'hello' is here twice");
  refuses("hello = {name}\nbye =\n", "de.txt:2: error: a line is 'key = text'");
  refuses("hello = {name}\nbye\n", "de.txt:2: error: a line is 'key = text'");
}

}  // namespace
}  // namespace remedia
