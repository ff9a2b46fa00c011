// Tools that would not run, promises of a tier that the image would not keep, archives that lie:
// all of it is said when the image is built, not beside a broken PC.

#include "bad_input/trial.h"
#include "media/wim.h"
#include "support/archive_writers.h"
#include "support/pe_builder.h"

#include <algorithm>

#include <fmt/core.h>
#include <gtest/gtest.h>

namespace remedia {
namespace {

const std::string kTool = "overlays/tool/Tools/tool/";

/// One tool, whose files are overlays/tool unless said otherwise.
class TierTrial : public Trial {
 public:
  TierTrial() {
    write(kTool + "tool.exe", pe_builder::program({.loaded = {"KERNEL32.dll"}}));
    with();
  }

  void with(std::string_view tool = {}, std::string_view tier = {}, std::string_view wim = {}) {
    recipe(source, fmt::format(R"(overlays = {{ "common" }}, tier = tier {{ name = "L1", allow = {{
      tool {{ id = "tool", title = "Tool", description = "Works.", risk = "low",
        files = {{ "tool" }}, command = [[X:\Tools\tool\tool.exe]], {} }} }}, {} }}, {})",
                               tool, tier, wim));
  }

  void file(std::string_view name, std::string_view content) {
    write(kTool + std::string(name), content);
  }

  /// Of the tool, said at the tier of the image.
  void refuses_tool(std::vector<std::string> says) {
    refuses({.under = "tier", .says = std::move(says), .line = 2});
  }

  std::string source{kWinre};
};

TEST(ToolClosure, GoodToolBuilds) {
  TierTrial trial;
  trial.builds();
}

TEST(ToolClosure, MissingLibraryIsNamedWithToolAndFile) {
  TierTrial trial;
  trial.file("tool.exe", pe_builder::program({.loaded = {"KERNEL32.dll", "mfc140u.dll"}}));
  trial.refuses_tool({"tool 'tool': 'Tools/tool/tool.exe' imports mfc140u.dll", "allow_missing"});
  trial.file("mfc140u.dll", pe_builder::program({.library = true, .loaded = {"own.dll"}}));
  trial.refuses_tool({"'Tools/tool/mfc140u.dll' imports own.dll"});
  trial.file("own.dll", pe_builder::program({.library = true}));
  trial.builds();
}

TEST(ToolClosure, ExceptionsCoverWhatTheyNameAndNoMore) {
  TierTrial trial;
  trial.file("tool.exe", pe_builder::program({.loaded = {"wlanapi.dll", "other.dll"}}));
  trial.with(R"(allow_missing = { "wlanapi.dll" })");
  trial.refuses_tool({"imports other.dll"});
  trial.with(R"(allow_missing = { "wlanapi.dll", "other.*" })");
  trial.builds();
}

TEST(ToolClosure, ProgramOfAnotherMachineIsRefused) {
  for (const char* arch : {"x86", "arm64"}) {
    SCOPED_TRACE(arch);
    TierTrial trial;
    trial.file("tool.exe", pe_builder::program({.arch = arch}));
    trial.refuses_tool({"tool 'tool'", "Tools/tool/tool.exe", "its own architecture only"});
  }
}

TEST(ToolClosure, DamagedProgramIsRefused) {
  TierTrial trial;
  trial.file("tool.exe", pe_builder::program({}).substr(0, 300));
  trial.refuses_tool({"Tools/tool/tool.exe", "get the file anew"});
  trial.file("tool.exe", "MZ");
  trial.refuses_tool({"Tools/tool/tool.exe"});
}

TEST(ToolClosure, BatchFilesEndTheirLinesAsWindowsDoes) {
  TierTrial trial;
  trial.file("tool.cmd", "@echo off\necho hello\n");
  trial.refuses_tool({"'Tools/tool/tool.cmd' does not end line 1 by CR and LF"});
  trial.file("tool.cmd", "\xEF\xBB\xBF@echo off\r\n");
  trial.refuses_tool({"begins with the byte order mark of"});
  trial.file("tool.cmd", "@echo off\r\n");
  trial.builds();
}

TEST(ToolClosure, ScriptsNeedTheirInterpreter) {
  TierTrial trial;
  trial.file("tool.ps1", "Get-Disk\r\n");
  trial.builds();  // with a warning: nothing starts it
  trial.with("programs = { [[Tools/tool/tool.ps1]] }");
  trial.refuses_tool({"'Tools/tool/tool.ps1' needs", "WinPE-PowerShell"});
}

TEST(ToolClosure, CommandStartsSomethingThatIsThere) {
  TierTrial trial;
  trial.with(R"(command = [[X:\Tools\tol\tool.exe]])");
  trial.refuses({.says = {"'command'"}, .line = 4});
  trial.recipe(kWinre, R"(overlays = { "common" }, tier = tier { name = "L1", allow = {
      tool { id = "tool", title = "Tool", description = "Works.", risk = "low",
        files = { "tool" }, command = [[X:\Tools\tol\tool.exe]] } } })");
  trial.refuses_tool(
      {"its command starts 'X:\\Tools\\tol\\tool.exe'", "which is not in the image"});
}

TEST(ToolClosure, ProgramsOfTheBaseMustBeThere) {
  TierTrial trial;
  trial.with(R"(programs = { "Windows/System32/nowhere.exe" })");
  trial.refuses_tool({"tool 'tool'", "Windows/System32/nowhere.exe"});
}

TEST(ToolClosure, ProgramOfTheBaseThatACommandStartsIsListed) {
  TierTrial trial;
  trial.recipe(kWinre, R"(overlays = { "common" }, tier = tier { name = "L1", allow = {
      tool { id = "tool", title = "Tool", description = "Works.", risk = "low",
        files = { "tool" }, programs = { "Windows/regedit.exe", "windows/system32/CMD.exe",
        "Windows/regedit.exe" }, command = "cmd.exe /c X:\\Tools\\tool\\tool.exe" },
      tool { id = "two", title = "Two", description = "Works.", risk = "low",
        files = { "tool" }, command = "%SystemRoot%\\system32\\NOTEPAD" } } })");
  trial.builds();
  const nlohmann::json tools = trial.manifest()["images"][0]["tier"]["tools"];
  EXPECT_EQ(tools[0]["programs"],
            nlohmann::json::array({"Windows/regedit.exe", "windows/system32/CMD.exe"}));
  EXPECT_EQ(tools[1]["programs"], nlohmann::json::array({"Windows/System32/notepad.exe"}));
}

TEST(ToolClosure, WhatARemovalTakesFromAToolIsSeen) {
  TierTrial trial;
  trial.file("tool.exe", pe_builder::program({.loaded = {"comctl32.dll"}}));
  trial.builds();
  trial.with("", "", R"(remove = { "Windows/System32/comctl32.dll" })");
  trial.refuses_tool({"imports comctl32.dll"});
}

TEST(ToolFiles, DifferentFilesOfOneNameAreRefused) {
  TierTrial trial;
  trial.write("overlays/second/tools/TOOL/Tool.exe", "MZ another");
  trial.recipe(kWinre, R"(overlays = { "common" }, tier = tier { name = "L1", allow = {
      tool { id = "a", title = "A", description = "A.", risk = "low", files = { "tool" } },
      tool { id = "b", title = "B", description = "B.", risk = "low", files = { "second" } } } })");
  trial.refuses_tool({"the tools 'a' and 'b' bring different files", "Tools/x"});
}

TEST(ToolFiles, SingleFileNeedsAFolder) {
  TierTrial trial;
  trial.write("overlays/one.exe", pe_builder::program({}));
  trial.recipe(kWinre, R"(overlays = { "common", "one.exe" })");
  trial.refuses(
      {.under = "\"one.exe\"", .says = {"is a file, and no folder to put it in"}, .line = 2});
  trial.recipe(kWinre, R"(overlays = { "common", overlay { "one.exe", to = "Tools" } })");
  trial.builds();
  EXPECT_EQ(paths_in(trial.manifest()["images"][0]["files"]).size(), 2u);
}

TEST(ToolFiles, ArchivesThatLieAreRefused) {
  TierTrial trial;
  struct Case {
    std::string name;
    std::string bytes;
  };
  const std::string good = write_zip({{.name = "Tools/tool/tool.exe", .content = "x"}});
  const Case cases[] = {
      {"empty", ""},
      {"no archive", "this is text"},
      {"cut", good.substr(0, good.size() - 10)},
      {"climbs", write_zip({{.name = "../tool.exe", .content = "x"}})},
      {"climbs with a backslash", write_zip({{.name = "a\\..\\..\\tool.exe", .content = "x"}})},
      {"absolute", write_zip({{.name = "/Windows/tool.exe", .content = "x"}})},
      {"drive", write_zip({{.name = "C:\\tool.exe", .content = "x"}})},
      {"device", write_zip({{.name = "Tools/NUL.txt", .content = "x"}})},
      {"wrong sum", write_zip({{.name = "a.txt", .content = "x", .crc = 1}})},
      {"two of one name",
       write_zip({{.name = "a.txt", .content = "x"}, {.name = "A.TXT", .content = "y"}})},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    trial.write("overlays/tool.zip", c.bytes);
    trial.recipe(kWinre, R"(overlays = { "common", "tool.zip" })");
    trial.refuses({.under = "\"tool.zip\"", .says = {"tool.zip"}, .line = 2});
  }
  trial.write("overlays/tool.zip", good);
  trial.builds();
}

TEST(ToolFiles, WhatIsLeftOutStaysOutAndMustHaveBeenThere) {
  TierTrial trial;
  trial.write("overlays/tool.zip",
              write_zip({{.name = "Windows/System32/winpeshl.ini", .content = "x"},
                         {.name = "docs/a/b.txt", .content = "x"},
                         {.name = "Tools/a.txt", .content = "x"}}));
  auto with = [&](std::string_view more) {
    trial.recipe(kWinre,
                 fmt::format(R"(overlays = {{ "common", overlay {{ "tool.zip"{} }} }})", more));
  };
  with(R"(, leave_out = { "WINDOWS/**/winpeshl.*", "docs" })");
  trial.builds();
  std::vector<std::string> paths = paths_in(trial.manifest()["images"][0]["files"]);
  EXPECT_EQ(paths.size(), 2u);
  EXPECT_EQ(std::count(paths.begin(), paths.end(), "Tools/a.txt"), 1);
  with(R"(, leave_out = { "Windows/winpeshl.ini" })");
  trial.refuses({.under = "leave_out",
                 .says = {"'Windows/winpeshl.ini' of 'tool.zip' matches nothing"},
                 .line = 2});
}

TEST(TierPromise, OverlayThatStartsSomethingElseIsRefused) {
  TierTrial trial;
  trial.write("overlays/common/Windows/System32/WINPESHL.INI", "[LaunchApps]\r\ncmd.exe\r\n");
  trial.refuses(
      {.under = "overlays", .says = {"WINPESHL.INI", "the settings of this image"}, .line = 2});
}

TEST(TierPromise, OverlayCannotReplaceLauncherOrPolicy) {
  for (const char* name : {"Remedia/policy.txt", "remedia/REMEDIA.exe"}) {
    SCOPED_TRACE(name);
    TierTrial trial;
    trial.write(std::string("overlays/common/") + name, "x");
    trial.refuses({.under = "overlays", .says = {"the settings of this image"}, .line = 2});
  }
}

TEST(TierPromise, ForbiddenContentCannotComeBackUnderAnotherName) {
  TierTrial trial;
  trial.with();
  trial.build();
  fs::path file = trial / "out/r/helpdesk/boot.wim";
  {
    wim::File image(Slice::whole(file), "boot.wim");
    const wim::Entry* regedit = image.find(1, "Windows/regedit.exe");
    ASSERT_NE(regedit, nullptr);
    image.extract(1, *regedit, trial / (kTool + "harmless.exe"));
  }
  trial.with("", R"(forbid = { "Windows/regedit.exe" })");
  trial.refuses_tool(
      {"'Tools/tool/harmless.exe' (tool/Tools/tool/harmless.exe) has the content of "
       "'Windows/regedit.exe'",
       "forbidden by the tier"});
  fs::remove(trial / (kTool + "harmless.exe"));
  trial.builds();
}

TEST(TierPromise, ForbiddenPathsStayEmpty) {
  TierTrial trial;
  const std::string forbid =
      R"(forbid = { [[X:\Windows\regedit.exe]], "Windows/System32/WindowsPowerShell", "Tools/**/*.vbs" })";
  trial.with("", forbid);
  trial.builds();
  for (const char* name :
       {"overlays/common/Windows/REGEDIT.exe", "overlays/tool/Windows/regedit.exe",
        "overlays/common/Windows/System32/WindowsPowerShell/v1.0/powershell.exe",
        "overlays/tool/Tools/tool/a.vbs"}) {
    SCOPED_TRACE(name);
    trial.write(name, "another file of this name");
    trial.refuses_tool({"is forbidden by the tier", "leave the file out"});
    fs::remove(trial / name);
  }
  fs::remove_all(trial / "overlays/tool/Windows");
  trial.builds();
}

TEST(TierPromise, ForbiddenContentIsGoneWhateverElseTakesIt) {
  TierTrial trial;
  trial.build();
  {
    wim::File image(Slice::whole(trial / "out/r/helpdesk/boot.wim"), "boot.wim");
    image.extract(1, *image.find(1, "Windows/regedit.exe"), trial / (kTool + "harmless.exe"));
  }
  trial.with("", R"(forbid = { "Windows/regedit.exe" })",
             R"(remove = { "Windows/regedit.exe", "Windows/WinSxS/**/regedit.exe" })");
  trial.refuses_tool({"has the content of 'Windows/regedit.exe'", "forbidden by the tier"});
}

// A serviced Windows has older versions in its component store: other content, the same work.
TEST(TierPromise, ForbiddingAProgramTakesItsOtherVersions) {
  TierTrial trial;
  trial.write("overlays/common/Windows/WinSxS/old_1.0/diskpart.exe", "an older one");
  trial.write("overlays/common/Windows/SysWOW64/diskpart.exe", "one for 32 bits");
  trial.recipe(kWinre, R"(overlays = { "common" })");
  trial.build();
  fs::copy_file(trial / "out/r/helpdesk/boot.wim", trial / "media/serviced.wim");
  fs::remove_all(trial / "overlays/common/Windows");
  trial.source =
      R"(media = "@media/serviced.wim", image = 1, boot_files = source { media = "@media/win.iso", image = "winre" })";
  trial.with("", R"(forbid = { "Windows/System32/diskpart.exe" })");
  trial.build();
  wim::File image(Slice::whole(trial / "out/r/helpdesk/boot.wim"), "boot.wim");
  for (const wim::Entry& entry : image.list(1))
    EXPECT_FALSE(entry.path.ends_with("diskpart.exe")) << entry.path;
}

TEST(TierPromise, ForbiddingTheWrongFolderIsSaid) {
  TierTrial trial;
  trial.with("", R"(forbid = { "Windows/System32/startrep.exe", "Windows/System32/nothing.exe" })");
  trial.build();
  EXPECT_NE(trial.output.find("warning: 'Windows/System32/startrep.exe' is forbidden, but another "
                              "file of that name stays: 'sources/recovery/StartRep.exe'"),
            std::string::npos)
      << trial.output;
  EXPECT_EQ(trial.output.find("nothing.exe"), std::string::npos) << trial.output;
}

TEST(TierPromise, WhatTheLauncherStartsMustStay) {
  struct Case {
    const char* program;
    const char* tier;
    const char* says;
  };
  for (const Case& c : {Case{"wpeutil.exe", "", "restarts the PC"},
                        Case{"wpeinit.exe", "network = true", "starts the network"}}) {
    SCOPED_TRACE(c.program);
    TierTrial trial;
    trial.with("", fmt::format(R"(forbid = {{ "Windows/System32/{}" }}, {})", c.program, c.tier));
    trial.refuses_tool({c.says, c.program});
  }
}

TEST(TierPromise, OverlaysThatReplaceAToolAreSaid) {
  TierTrial trial;
  trial.write("overlays/common/Tools/tool/TOOL.exe", pe_builder::program({.arch = "amd64"}));
  trial.build();
  EXPECT_NE(trial.output.find("warning: 'common/Tools/tool/TOOL.exe' replaces "
                              "'Tools/tool/tool.exe' of the tool 'tool'"),
            std::string::npos)
      << trial.output;
}

TEST(TierPromise, UnlockingNeedsItsProgram) {
  TierTrial trial;
  trial.with("", "bitlocker = true", R"(remove = { "Windows/System32/manage-bde.exe" })");
  trial.refuses({.under = "tier", .says = {"Windows/System32/manage-bde.exe"}, .line = 2});
}

}  // namespace
}  // namespace remedia
