// What stands behind API sets, in side-by-side assemblies, and what of a vendor's folder the tool
// starts: what is an error there is a warning elsewhere.
#include "unit/closure_image.h"

namespace remedia::closure_test {
namespace {

const std::string kFileSet = "api-ms-win-core-file-l1-1-0.dll";

// --- API sets ---

TEST(Closure, TakesApiSetsForFilesWithoutATable) {
  Image image(windows());
  image.add({{"Tools/a.exe", program({.loaded = {kFileSet}, .delayed = {"ext-ms-x-l1-1-0"}})}});
  EXPECT_EQ(lines_for(image, {"Tools/a.exe"}),
            (Lines{"t: Tools/a.exe > api-ms-win-core-file-l1-1-0.dll (no_library)",
                   "t: Tools/a.exe > ext-ms-x-l1-1-0 (no_later_library?)"}));
  image.add({{kSys + "downlevel/" + kFileSet, "d"}});
  EXPECT_EQ(lines_for(image, {"Tools/a.exe"}),
            Lines{"t: Tools/a.exe > ext-ms-x-l1-1-0 (no_later_library?)"});
  // A program may bring such files itself.
  Image own(windows());
  own.add({{"Tools/a.exe", program({.loaded = {kFileSet}})},
           {"Tools/" + kFileSet, program({.library = true})}});
  EXPECT_EQ(lines_for(own, {"Tools/a.exe"}), Lines());
}

TEST(Closure, AsksTheTableForTheHostOfAnApiSet) {
  Files base = windows();
  base.emplace_back(kSys + "ApiSetSchema.dll",
                    schema({{"api-ms-win-core-file-l1-1-3", {{"kernel32.dll"}}},
                            {"api-ms-win-lost-l1-1-0", {{"lost.dll"}}},
                            {"api-ms-win-own-l1-1-0", {{"kernel32.dll"}, {"lost.dll", "b.dll"}}},
                            {"ext-ms-win-gone-l1-1-0", {{""}}},
                            {"ext-ms-win-none-l1-1-0", {}}}));
  Image image(base);
  const auto lines = [&](const std::vector<std::string>& loaded,
                         const std::vector<std::string>& delayed = {}) {
    image.add({{"Tools/a.exe", program({.loaded = loaded, .delayed = delayed})}});
    return lines_for(image, {"Tools/a.exe"});
  };
  EXPECT_EQ(lines({kFileSet, "API-MS-WIN-OWN-L1-1-7"}), Lines());
  EXPECT_EQ(lines({"ext-ms-win-gone-l1-1-0.dll", "ext-ms-win-none-l1-1-2.dll"}),
            (Lines{"t: Tools/a.exe > ext-ms-win-gone-l1-1-0.dll (no_library)",
                   "t: Tools/a.exe > ext-ms-win-none-l1-1-2.dll (no_library)"}));
  EXPECT_EQ(lines({}, {"ext-ms-win-gone-l1-1-0.dll", "api-ms-win-lost-l1-1-0.dll", "x.dll"}),
            (Lines{"t: Tools/a.exe > api-ms-win-lost-l1-1-0.dll (no_later_library?)",
                   "t: Tools/a.exe > ext-ms-win-gone-l1-1-0.dll (no_later_library?)",
                   "t: Tools/a.exe > x.dll (no_later_library)"}));
  // One that the table does not have is a file; one that it has is none, whatever lies there.
  EXPECT_EQ(lines({"api-ms-win-other-l1-1-0.dll"}),
            Lines{"t: Tools/a.exe > api-ms-win-other-l1-1-0.dll (no_library)"});
  image.add({{"Tools/api-ms-win-other-l1-1-0.dll", program({.library = true})},
             {"Tools/api-ms-win-lost-l1-1-0.dll", program({.library = true})},
             {"Tools/lost.dll", program({.library = true})}});
  EXPECT_EQ(lines({"api-ms-win-other-l1-1-0.dll"}), Lines());
  EXPECT_EQ(lines({"api-ms-win-lost-l1-1-0.dll"}),
            Lines{"t: Tools/a.exe > api-ms-win-lost-l1-1-0.dll (no_library)"});
  // The host depends on who asks.
  image.add({{"Tools/b.dll", program({.library = true, .loaded = {"api-ms-win-own-l1-1-0.dll"}})}});
  EXPECT_EQ(lines({"b.dll"}), Lines{"t: Tools/b.dll > api-ms-win-own-l1-1-0.dll (no_library)"});
  // An overlay's host has needs of its own.
  image.add({{kSys + "lost.dll", program({.library = true, .loaded = {"deep.dll"}})}});
  EXPECT_EQ(lines({"api-ms-win-lost-l1-1-0.dll"}),
            Lines{"t: Windows/System32/lost.dll > deep.dll (no_library)"});
}

TEST(Closure, SaysWhyAnApiSetIsMissing) {
  Files base = windows();
  base.emplace_back(kSys + "apisetschema.dll",
                    schema({{"api-lost-l1-1-0", {{"lost.dll"}}}, {"ext-gone-l1-1-0", {}}}));
  Image image(base);
  image.add({{"Tools/a.exe", program({.loaded = {"api-lost-l1-1-0.dll", "ext-gone-l1-1-0.dll"}})}});
  std::vector<std::string> said;
  for (const Finding& one : check(image.plan(), {{.id = "t", .files = {"Tools/a.exe"}}})) {
    said.push_back(describe(one).message);
  }
  EXPECT_EQ(said, (Lines{"tool 't': 'Tools/a.exe' imports api-lost-l1-1-0.dll, behind which is "
                         "lost.dll, and that is not in the image",
                         "tool 't': 'Tools/a.exe' imports ext-gone-l1-1-0.dll, which the Windows "
                         "of this image does not have"}));
}

TEST(Closure, TrustsApiSetsOfATableThatItCannotRead) {
  std::string old = medium::api_set_table({});
  old[0] = 4;
  for (const std::string& bytes :
       {medium::pe_file({.library = true, .api_sets = old}), medium::pe_file({.library = true}),
        medium::pe_file({.library = true, .api_sets = "\x06"}), std::string("s"), std::string()}) {
    Files base = windows();
    base.emplace_back(kSys + "apisetschema.dll", bytes);
    Image image(base);
    image.add({{"Tools/a.exe", program({.loaded = {kFileSet}})}, {"Tools/b.exe", program({})}});
    const std::vector<Tool> tools = {{.id = "t", .files = {"Tools/a.exe"}},
                                     {.id = "u", .files = {"Tools/a.exe"}}};
    EXPECT_EQ(lines_of(image.plan(), tools),
              Lines{": Windows/System32/apisetschema.dll >  (unread_api_sets)"});
    const std::vector<Diagnostic> said = require_closed(image.plan(), tools);
    ASSERT_EQ(said.size(), 1U);
    EXPECT_EQ(said[0].severity, Severity::warning);
    EXPECT_EQ(said[0].message.find("tool"), std::string::npos) << said[0].message;
    // Nobody asked.
    EXPECT_EQ(lines_for(image, {"Tools/b.exe"}), Lines());
  }
}

// --- side by side ---

TEST(Closure, WarnsOfLibrariesThatLieSideBySide) {
  const std::string assembly =
      "Windows/WinSxS/amd64_microsoft.vc90.crt_1fc8b3b9a1e18e3b_9.0_none_a/";
  const std::string component =
      "Windows/WinSxS/amd64_microsoft-windows-gdi_31bf3856ad364e35_10.0_none_b/";
  struct Case {
    std::string place;
    std::string arch;
    bool found;
  };
  for (const Case& one : std::vector<Case>{{assembly + "MSVCR90.dll", "amd64", true},
                                           {assembly + "msvcr90.dll", "x86", false},
                                           {assembly + "sub/msvcr90.dll", "amd64", false},
                                           {assembly + "xmsvcr90.dll", "amd64", false},
                                           {component + "msvcr90.dll", "amd64", false},
                                           {"Windows/WinSxS/msvcr90.dll", "amd64", false},
                                           {"Windows/WinSxSx/a/msvcr90.dll", "amd64", false}}) {
    Files base = windows();
    base.emplace_back(one.place, program({.arch = one.arch, .library = true}));
    Image image(base);
    image.add({{"Tools/a.exe", program({.loaded = {"msvcr90.dll"}})}});
    EXPECT_EQ(
        lines_for(image, {"Tools/a.exe"}),
        Lines{fmt::format("t: Tools/a.exe > msvcr90.dll (no_library{})", one.found ? "?" : "")})
        << one.place << one.arch;
    if (!one.found) continue;
    const Diagnostic said =
        require_closed(image.plan(), {{.id = "t", .files = {"Tools/a.exe"}}})[0];
    EXPECT_NE(said.message.find("'" + one.place + "'"), std::string::npos) << said.message;
  }
  // Damaged ones, and one for another machine beside the program.
  Files base = windows();
  base.emplace_back(assembly + "msvcr90.dll", "MZ");
  base.emplace_back(assembly + "b.dll", program({.library = true}));
  Image image(base);
  image.add({{"Tools/a.exe", program({.loaded = {"msvcr90.dll", "b.dll"}})},
             {"Tools/b.dll", program({.arch = "x86", .library = true})}});
  EXPECT_EQ(
      lines_for(image, {"Tools/a.exe", "Tools/b.dll"}),
      (Lines{"t: Tools/a.exe > b.dll (no_library?)", "t: Tools/a.exe > msvcr90.dll (no_library)"}));
}

// --- what the tool starts ---

TEST(Closure, WarnsOfWhatTheToolDoesNotStart) {
  Image image(windows_without(kSys + "cmd.exe"));
  image.add({{"Tools/a.exe", program({.loaded = {"mixed.dll"}})},
             {"Tools/mixed.dll", program({.library = true, .clr_flags = 0})},
             {"Tools/other/narrow.exe", program({.arch = "x86"})},
             {"Tools/net.exe", program({.clr_flags = 1})},
             {"Tools/net.dll", program({.library = true, .clr_flags = 1})},
             {"Tools/0native.exe", program({.loaded = {"gone.dll", "mixed.dll"}})},
             {"Tools/s.vbs", "?"},
             {"Tools/s.cmd", "\n"}});
  Tool tool = {
      .id = "t",
      .files = {"Tools/a.exe", "Tools/mixed.dll", "Tools/other/narrow.exe", "Tools/net.exe",
                "Tools/net.dll", "Tools/0native.exe", "Tools/s.vbs", "Tools/s.cmd"},
      .command = "X:\\Tools\\a.exe /quiet"};
  const std::string no_net = " > Windows/System32/mscoree.dll (no_runtime";
  const Lines mild = {"t: Tools/0native.exe > gone.dll (no_library)",
                      "t: Tools/mixed.dll" + no_net + ")",
                      "t: Tools/net.dll" + no_net + "?)",
                      "t: Tools/net.exe" + no_net + "?)",
                      "t: Tools/other/narrow.exe >  (foreign_program?)",
                      "t: Tools/s.cmd >  (line_ends)",
                      "t: Tools/s.cmd > Windows/System32/cmd.exe (no_interpreter?)",
                      "t: Tools/s.vbs > Windows/System32/cscript.exe (no_interpreter?)"};
  EXPECT_EQ(lines_of(image, tool), mild);
  // Without a command people start all of it.
  Lines all = mild;
  for (std::string& line : all) std::erase(line, '?');
  tool.command.clear();
  EXPECT_EQ(lines_of(image, tool), all);
}

TEST(Closure, KnowsWhatTheCommandABatchFileAndTheRecipeName) {
  Image image(windows());
  image.add({{"Tools/a.exe", program({})}, {"Tools/old tool.exe", program({.arch = "x86"})}});
  const auto is_error = [&](const std::string& command, const std::string& batch,
                            const std::vector<std::string>& programs = {}) {
    image.add({{"Tools/run.cmd", batch + "\r\n"}});
    const Tool tool = {.id = "t",
                       .files = {"Tools/a.exe", "Tools/run.cmd", "Tools/old tool.exe"},
                       .programs = programs,
                       .command = command};
    const Lines lines = lines_of(image, tool);
    EXPECT_EQ(lines.size(), 1U);
    return lines == Lines{"t: Tools/old tool.exe >  (foreign_program)"};
  };
  const std::string run = "cmd.exe /c X:\\Tools\\run.cmd";
  EXPECT_FALSE(is_error(run, "a.exe"));
  EXPECT_FALSE(is_error("X:\\Tools\\a.exe", "start \"\" \"old tools.exe\""));
  EXPECT_TRUE(is_error("\"X:\\Tools\\old tool.exe\" x", ""));
  EXPECT_TRUE(is_error("X:\\Tools\\old tool", ""));
  EXPECT_TRUE(is_error("X:\\Tools\\a.exe \"X:\\Tools\\OLD tool.exe\"", ""));
  EXPECT_TRUE(is_error(run, "start \"\" \"%~dp0Old Tool.EXE\" /x"));
  EXPECT_TRUE(is_error(run, "", {"Tools/old tool.exe"}));
}

TEST(Closure, KnowsProgramsThatAreNamedWithoutTheirExtension) {
  for (const auto& [batch, named] :
       std::vector<std::pair<std::string, bool>>{{"@old /x", true},
                                                 {"call \"%~dp0old\"", true},
                                                 {"if exist x (old)", true},
                                                 {"bold", false},
                                                 {"cd X:\\old\\bin", false},
                                                 {"X:\\bin\\old", true},
                                                 {"older", false},
                                                 {"old.txt", false}}) {
    Image image(windows());
    image.add({{"Tools/old.exe", program({.arch = "x86"})}, {"Tools/run.cmd", batch + "\r\n"}});
    const Tool tool = {.id = "t",
                       .files = {"Tools/old.exe", "Tools/run.cmd"},
                       .command = "cmd.exe /c X:\\Tools\\run.cmd"};
    EXPECT_EQ(lines_of(image, tool),
              Lines{fmt::format("t: Tools/old.exe >  (foreign_program{})", named ? "" : "?")})
        << batch;
  }
}

}  // namespace
}  // namespace remedia::closure_test
