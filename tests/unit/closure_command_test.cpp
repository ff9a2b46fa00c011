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
  Image poor(windows_without(kSys + "cmd.exe"));
  poor.add({{"Tools/c.bat", "@echo off\r\n"}});
  EXPECT_EQ(lines_for(poor, {"Tools/c.bat"}),
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
             {"Tools/dot.x.exe", program({})},
             {"Program Files/My App/b.exe", program({})},
             {"d.com", program({})}});
  struct Case {
    std::string command;
    bool found;
  };
  for (const Case& one :
       {Case{"notepad", true}, Case{"  NOTEPAD.EXE  X:\\a.txt", true}, Case{"explorer", true},
        Case{"\"notepad\" x", true}, Case{"X:\\Tools\\a", true}, Case{"x:/tools/a.exe", true},
        Case{"\\Tools\\run.cmd \"a b\"", true}, Case{"%SystemDrive%\\Tools\\a.exe", true},
        Case{"%SystemRoot%\\system32\\cmd.exe /c x", true},
        Case{"\"X:\\Program Files\\My App\\b.exe\" -x", true},
        Case{"X:\\Program Files\\My App\\b.exe -x", true},
        Case{"%ProgramFiles%\\My App\\b -x", true}, Case{"X:\\d.com", true},
        Case{"format.com /?", false}, Case{"notepad.", false}, Case{"..\\..\\Tools\\a.exe", true},
        Case{"wordpad", false}, Case{"a.exe", false}, Case{"Tools\\a.exe", false},
        Case{"\"notepad x\"", false}, Case{"\"X:\\Tools\\a.exe -x\"", false},
        Case{"X:\\Tools", false},
        // Only .exe is added.
        Case{"X:\\Tools\\dot.x", false}, Case{"X:\\Tools\\run", false},
        Case{"\\Tools\\run \"a b\"", false}, Case{"X:\\d", false},
        Case{"X:\\Tools\\a.exe.exe", false}, Case{std::string(30'000, ' ') + "x", false},
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

TEST(Closure, RefusesCommandsThatNameNoProgram) {
  Image image(windows());
  for (const std::string command : {"\"", "\"\"", "\"\" x", "   ", "\t"}) {
    EXPECT_EQ(lines_of(image, Tool{.id = "t", .command = command}),
              Lines{fmt::format("t:  > {} (empty_command)", command)});
  }
}

TEST(Closure, RefusesWhatWindowsDoesNotStartByItself) {
  Image image(windows());
  image.add({{"Tools/readme.txt", "?"},
             {"Tools/s.js", "?"},
             {"Tools/s.PS1", "?"},
             {"Tools/a.dll", program({.library = true})},
             {"Tools/plain", program({})},
             {"Tools/both", "?"},
             {"Tools/both.exe", program({})},
             {"Tools/up.CMD", "@echo off\r\n"}});
  for (const std::string name : {"readme.txt", "s.js", "s.PS1", "a.dll", "plain"}) {
    for (const std::string form : {"X:\\Tools\\{}", "\"X:\\Tools\\{}\" -x", "\\Tools\\{} -x"}) {
      const std::string command = fmt::format(fmt::runtime(form), name);
      EXPECT_EQ(lines_of(image, Tool{.id = "t", .command = command}),
                Lines{fmt::format("t: Tools/{} >  (not_started)", name)});
      EXPECT_EQ(program_of(image.plan(), command), nullptr) << command;
    }
  }
  for (const std::string command : {"X:\\Tools\\both", "X:\\Tools\\up.cmd x"}) {
    EXPECT_EQ(lines_of(image, Tool{.id = "t", .command = command}), Lines()) << command;
  }
}

TEST(Closure, AsksTheProgramOfTheBaseThatOnlyTheCommandNames) {
  Files base = windows();
  base.emplace_back(kSys + "taskmgr.exe",
                    program({.loaded = {"gone.dll"}, .delayed = {"later.dll"}}));
  base.emplace_back(kSys + "b.exe", "MZ");
  Image image(base);
  EXPECT_EQ(lines_of(image, Tool{.id = "t", .command = "TASKMGR /x"}),
            Lines{"t: Windows/System32/taskmgr.exe > gone.dll (no_library)"});
  EXPECT_EQ(lines_of(image, Tool{.id = "t", .command = "b"}),
            Lines{"t: Windows/System32/b.exe >  (damaged)"});
  const Plan::File* file = program_of(image.plan(), "TASKMGR /x");
  ASSERT_NE(file, nullptr);
  EXPECT_EQ(file->path, "Windows/System32/taskmgr.exe");
  for (const std::string command : {"", "gone", "C:\\a.exe", "\""}) {
    EXPECT_EQ(program_of(image.plan(), command), nullptr) << command;
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
  const std::string old = "t: Tools/old.exe >  (foreign_program?)";
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

TEST(Closure, HasAHintThatFitsTheInterpreter) {
  for (const auto& [interpreter, says] : std::vector<std::pair<std::string, std::string>>{
           {"cmd.exe", "forbid or remove takes it out"},
           {"WindowsPowerShell/v1.0/powershell.exe", "WinPE-PowerShell"},
           {"cscript.exe", "WinPE-Scripting"},
           {"mshta.exe", "WinPE-HTA"}}) {
    const std::string hint = describe({"t", "s", kSys + interpreter, Reason::no_interpreter}).hint;
    EXPECT_NE(hint.find(says), std::string::npos) << hint;
    EXPECT_NE(hint.find("remove"), std::string::npos) << hint;
    EXPECT_EQ(hint.find("WinPE-") == std::string::npos, interpreter == "cmd.exe") << hint;
  }
}

TEST(Closure, HasATextForEveryReason) {
  for (int i = 0; i <= static_cast<int>(Reason::unread_api_sets); ++i) {
    for (const bool warning : {false, true}) {
      const Diagnostic said =
          describe({"id", "f.exe", "m.dll", static_cast<Reason>(i), "detail of it", warning});
      EXPECT_GT(said.message.size(), 10U) << i;
      EXPECT_GT(said.hint.size(), 10U) << i;
      EXPECT_TRUE(!warning || said.severity == Severity::warning) << i;
    }
  }
}

}  // namespace
}  // namespace remedia::closure_test
