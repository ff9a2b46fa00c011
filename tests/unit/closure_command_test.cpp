// Whether scripts and commands find in an image what they need, what may be missing, and what is
// said about the rest.
#include "unit/closure_image.h"

#include <algorithm>
#include <array>

namespace remedia::closure_test {
namespace {

TEST(Closure, WantsBatchFilesAsCmdReadsThem) {
  Image image(windows());
  image.add({{"Tools/a.cmd", "@echo off\n"},
             {"Tools/b.BAT", "\xEF\xBB\xBF@echo off\r\n"},
             {"Tools/c.bat", "@echo off\r\n"}});
  const std::vector<std::string> files = {"Tools/a.cmd", "Tools/b.bat", "Tools/c.bat"};
  EXPECT_EQ(lines_for(image, files),
            (Lines{"t: Tools/a.cmd >  (line_ends)", "t: Tools/b.BAT >  (encoding)"}));
  image.remove(kSys + "cmd.exe");
  EXPECT_EQ(lines_for(image, {"Tools/c.bat"}),
            Lines{"t: Tools/c.bat > Windows/System32/cmd.exe (no_interpreter)"});
}

TEST(Closure, WantsAnInterpreterForScripts) {
  const std::vector<std::array<std::string, 3>> cases = {
      {"a.ps1", "WindowsPowerShell/v1.0/powershell.exe", ""},
      {"a.vbs", "cscript.exe", "wscript.exe"},
      {"a.WSF", "cscript.exe", "wscript.exe"},
      {"a.js", "cscript.exe", "wscript.exe"},
      {"a.hta", "mshta.exe", ""}};
  for (const auto& [script, interpreter, other] : cases) {
    Image image(windows());
    image.add({{"Tools/" + script, "?"}});
    const Tool tool = {
        .id = "t", .files = {"Tools/" + script}, .command = "cmd /c X:\\Tools\\" + script};
    EXPECT_EQ(lines_of(image, tool),
              Lines{fmt::format("t: Tools/{} > {}{} (no_interpreter)", script, kSys, interpreter)});
    image.add({{kSys + (other.empty() ? interpreter : other), "i"}});
    EXPECT_EQ(lines_of(image, tool), Lines());
  }
  // Of a page of help.
  Image image(windows());
  image.add({{"Tools/help/menu.js", "?"}});
  EXPECT_EQ(lines_for(image, {"Tools/help/menu.js"}), Lines());
}

// --- commands ---

TEST(Closure, ResolvesTheFirstWordOfACommand) {
  Image image(windows());
  image.add({{"Tools/a.exe", program({})},
             {"Tools/run.cmd", "a\r\n"},
             {"Program Files/My App/b.exe", program({})},
             {"d.com", program({})}});
  struct Case {
    std::string command;
    bool found;
  };
  for (const Case& one : {Case{"notepad", true},
                          Case{"  NOTEPAD.EXE  X:\\a.txt", true},
                          Case{"explorer", true},
                          Case{"\"notepad\" x", true},
                          Case{"X:\\Tools\\a", true},
                          Case{"x:/tools/a.exe", true},
                          Case{"\\Tools\\run \"a b\"", true},
                          Case{"%SystemDrive%\\Tools\\a.exe", true},
                          Case{"%SystemRoot%\\system32\\cmd.exe /c x", true},
                          Case{"\"X:\\Program Files\\My App\\b.exe\" -x", true},
                          Case{"X:\\Program Files\\My App\\b.exe -x", true},
                          Case{"%ProgramFiles%\\My App\\b -x", true},
                          Case{"X:\\d", true},
                          Case{"..\\..\\Tools\\a.exe", true},
                          Case{"wordpad", false},
                          Case{"a.exe", false},
                          Case{"Tools\\a.exe", false},
                          Case{"\"notepad x\"", false},
                          Case{"\"X:\\Tools\\a.exe -x\"", false},
                          Case{"X:\\Tools", false},
                          Case{"\"\"", false},
                          Case{"   ", false},
                          Case{"\"", false},
                          Case{std::string(30'000, ' ') + "x", false},
                          Case{std::string(30'000, 'x'), false}}) {
    const Lines lines = lines_of(image, Tool{.id = "t", .command = one.command});
    EXPECT_EQ(lines.empty(), one.found) << one.command.substr(0, 60);
    EXPECT_TRUE(one.found || lines.at(0).ends_with("(no_command)")) << lines.at(0).substr(0, 60);
  }
  for (const std::string command : {"C:\\a.exe", "%TARGET_WINDIR%\\regedit.exe", "\"%A%\" x"}) {
    const Lines lines = lines_of(image, Tool{.id = "t", .command = command});
    ASSERT_EQ(lines.size(), 1U) << command;
    EXPECT_TRUE(lines[0].ends_with("(unknown_command)")) << lines[0];
  }
}

TEST(Closure, StartsACommandInItsFolder) {
  Image image(windows());
  image.add({{"Tools/bin/a.exe", program({})}});
  for (const std::string command : {"a", "bin\\a.exe"}) {
    for (const std::string folder : {"", "Tools", "X:\\Tools\\bin"}) {
      const bool found = command == "a" ? folder.ends_with("bin") : folder == "Tools";
      EXPECT_EQ(lines_of(image, Tool{.id = "t", .command = command, .folder = folder}).empty(),
                found)
          << command << " in " << folder;
    }
  }
}

TEST(Closure, LooksIntoTheProgramOfAnOverlayThatACommandStarts) {
  Image image(windows());
  image.add({{"Tools/a.exe", program({.loaded = {"gone.dll"}})}});
  EXPECT_EQ(lines_of(image, Tool{.id = "t", .command = "X:\\Tools\\a"}),
            Lines{"t: Tools/a.exe > gone.dll (no_library)"});
}

// --- exceptions and reports ---

TEST(Closure, ExceptsWhatIsAllowedToBeMissing) {
  Image image(windows());
  image.add({{"Tools/a.exe", program({.loaded = {"gone.dll", "ext-x.dll"}})},
             {"Tools/old.exe", program({.arch = "x86"})},
             {"Tools/s.cmd", "\n"}});
  const std::string gone = "t: Tools/a.exe > gone.dll (no_library)";
  const std::string ext = "t: Tools/a.exe > ext-x.dll (no_library)";
  const std::string old = "t: Tools/old.exe >  (foreign_program)";
  const std::string ends = "t: Tools/s.cmd >  (line_ends)";
  const std::string command = "t:  > C:\\x\\y.exe (unknown_command)";
  const auto unused = [](const std::string& text) {
    return fmt::format("t:  > {} (unused_exception)", text);
  };
  struct Case {
    Lines allow;
    Lines left;
  };
  for (const Case& one :
       {Case{{}, {command, ext, gone, old, ends}}, Case{{"GONE.dll"}, {command, ext, old, ends}},
        Case{{"gone.dll", "*.DLL"}, {command, old, ends}},
        Case{{"EXT-*", "old.exe", "y.exe"}, {gone, ends}}, Case{{"Tools/*"}, {command}},
        Case{{"X:\\tools\\A.exe"}, {command, old, ends}}, Case{{"*"}, {}},
        // A name is that of what is missing, not of what needs it.
        Case{{"a.exe"}, {unused("a.exe"), command, ext, gone, old, ends}},
        Case{{"gone", "s.cmd", ""}, {unused(""), unused("gone"), command, ext, gone, old}}}) {
    const Tool tool = {.id = "t",
                       .files = {"Tools/a.exe", "Tools/old.exe", "Tools/s.cmd"},
                       .command = "C:\\x\\y.exe",
                       .allow_missing = one.allow};
    EXPECT_EQ(lines_of(image, tool), [&] {
      Lines sorted = one.left;
      std::sort(sorted.begin(), sorted.end());
      return sorted;
    }()) << fmt::format("{}", fmt::join(one.allow, ", "));
  }
}

TEST(Closure, TellsAllToolsAtOnceInOrder) {
  Image image(windows());
  image.add({{"Tools/a.exe", program({.loaded = {"gone.dll"}})}});
  const std::vector<Tool> tools = {
      {.id = "z", .files = {"Tools/a.exe"}},
      {.id = "b", .files = {"Tools/a.exe"}, .allow_missing = {"gone.dll"}},
      {.id = "a", .command = "none"}};
  EXPECT_EQ(lines_of(image.plan(), tools),
            (Lines{"a:  > none (no_command)", "z: Tools/a.exe > gone.dll (no_library)"}));
}

TEST(Closure, SaysWhatToDo) {
  Image image(windows());
  image.add({{"Tools/a.exe", program({.loaded = {"gone.dll"}})},
             {"Tools/old.exe", program({.arch = "x86"})},
             {"Tools/s.cmd", "a\r\n\n"}});
  const Tool tool = {.id = "t",
                     .files = {"Tools/a.exe", "Tools/old.exe", "Tools/s.cmd"},
                     .allow_missing = {"never.dll"}};
  std::vector<std::string> said;
  try {
    require_closed(image.plan(), {tool});
  } catch (const Failure& failure) {
    for (const Diagnostic& one : failure.diagnostics()) {
      EXPECT_NE(one.hint, "") << one.message;
      said.push_back(
          fmt::format("{}{}", one.severity == Severity::warning ? "warning: " : "", one.message));
    }
  }
  EXPECT_EQ(said, (std::vector<std::string>{
                      "tool 't': 'Tools/a.exe' imports gone.dll, which is not in the image",
                      "tool 't': 'Tools/old.exe' is for x86, the image for amd64",
                      "tool 't': 'Tools/s.cmd' does not end line 2 by CR and LF",
                      "warning: tool 't': allow_missing names 'never.dll', and nothing of that "
                      "name is missing"}));
}

TEST(Closure, ReturnsWarningsWithoutErrors) {
  Image image(windows());
  const std::vector<Diagnostic> warnings =
      require_closed(image.plan(), {{.id = "t", .allow_missing = {"never.dll"}}});
  ASSERT_EQ(warnings.size(), 1U);
  EXPECT_EQ(warnings[0].severity, Severity::warning);
}

TEST(Closure, HasATextForEveryReason) {
  for (int i = 0; i <= static_cast<int>(Reason::unused_exception); ++i) {
    const Diagnostic said = describe({"id", "f.exe", "m.dll", static_cast<Reason>(i), "detail"});
    EXPECT_GT(said.message.size(), 10U) << i;
    EXPECT_GT(said.hint.size(), 10U) << i;
  }
}

}  // namespace
}  // namespace remedia::closure_test
