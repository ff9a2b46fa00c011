// The shipped catalogue and its example tiers: what they say, and the batch files that they bring.
#include "formats/batch_file.h"
#include "graph/build.h"
#include "kinds/kinds.h"
#include "media/wim_glob.h"
#include "medium/programs.h"
#include "recipe/recipe.h"
#include "unit/scratch.h"

#include <algorithm>
#include <map>
#include <regex>
#include <set>
#include <sstream>

#include <gtest/gtest.h>

namespace remedia {
namespace {

using recipe::NodeRef;
using Names = std::set<std::string>;

const fs::path kBatchFiles = fs::path(REMEDIA_SOURCE) / "recipes/remedia/files";

/// What a recipe returns.
recipe::Evaluation evaluated(const std::string& text) {
  Scratch project;
  const fs::path file = project.write("recipes/r.lua", text);
  std::vector<const recipe::Schema*> schemas;
  for (const graph::Kind& kind : kinds::all()) {
    if (kind.schema != nullptr) schemas.push_back(kind.schema);
  }
  return recipe::evaluate({file, {}, graph::shipped_folder() / "recipes"}, schemas);
}

/// The tier that `value` is, by way of an image, which is what recipes return.
NodeRef tier(const std::string& value) {
  const recipe::Evaluation evaluation = evaluated(R"(
local tools, tiers = include "remedia/tools", include "remedia/tiers"
local function all()
  local list = {}
  for _, tool in pairs(tools) do list[#list + 1] = tool end
  return list
end
return wim { name = "x", from = source { media = "m.iso", image = 1 }, tier = )" +
                                                  value + " }");
  return evaluation.products.at(0)->node("tier");
}

std::vector<NodeRef> catalogue() {
  return tier("tier { name = 'all', allow = all() }")->nodes("allow");
}

Names ids(const std::vector<NodeRef>& tools) {
  Names names;
  for (const NodeRef& tool : tools) names.insert(tool->text("id"));
  return names;
}

std::vector<NodeRef> tools_of(const std::string& level) {
  return tier("tiers." + level)->nodes("allow");
}

std::vector<std::string> forbidden(const std::string& level) {
  std::vector<std::string> patterns;
  for (const NodeRef& removal : tier("tiers." + level)->nodes("forbid")) {
    for (const std::string& pattern : removal->texts("paths")) patterns.push_back(pattern);
  }
  return patterns;
}

/// Lower-case file names of a tool's programs.
Names program_names(const recipe::Node& tool) {
  Names names;
  for (std::string path : tool.texts("programs")) {
    path = path.substr(path.rfind('/') + 1);
    std::transform(path.begin(), path.end(), path.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    names.insert(path);
  }
  return names;
}

fs::path batch_file_of(const recipe::Node& tool) {
  for (const NodeRef& files : tool.nodes("files")) return files->path("path", "amd64").absolute;
  return {};
}

TEST(Catalogue, HasEachToolOfDart) {
  Names titles;
  for (const NodeRef& tool : catalogue()) titles.insert(tool->text("title"));
  for (const char* title :
       {"Computer Management", "Crash Analyzer", "Defender scan", "Disk Commander", "Disk Wipe",
        "Explorer", "File Restore", "File Search", "Hotfix Uninstall", "Locksmith",
        "Registry Editor", "SFC Scan", "Solution Wizard", "TCP/IP Config", "Remote Connection"}) {
    EXPECT_TRUE(titles.contains(title)) << title;
  }
}

TEST(Catalogue, IdsAndTitlesAreUniqueAndEachToolSaysUnderWhichTerms) {
  const std::vector<NodeRef> all = catalogue();
  EXPECT_GE(all.size(), 25U);
  EXPECT_EQ(ids(all).size(), all.size());
  Names titles;
  for (const NodeRef& tool : all) {
    EXPECT_TRUE(titles.insert(tool->text("title")).second) << tool->text("title");
    EXPECT_TRUE(tool->has("licence")) << tool->text("id");
    EXPECT_FALSE(tool->flag("redistributable")) << tool->text("id");
    EXPECT_TRUE(tool->text("description").ends_with(".")) << tool->text("id");
  }
}

TEST(Catalogue, AToolHasWhatItTakesOrSaysWhatIsMissing) {
  for (const NodeRef& tool : catalogue()) {
    const bool complete = tool->has("files") || tool->has("programs");
    EXPECT_NE(complete, tool->has("supply")) << tool->text("id");
  }
}

// What others need but is no tool has a word of its own.
TEST(Catalogue, EachIsInTheMenuAndProvidesNothing) {
  for (const NodeRef& tool : catalogue()) {
    EXPECT_TRUE(tool->has("command")) << tool->text("id");
    EXPECT_FALSE(tool->has("provides")) << tool->text("id");
  }
}

// The launcher takes %TARGET_...% for missing until a Windows is chosen.
TEST(Catalogue, WhatNamesTheChosenWindowsNeedsOne) {
  for (const NodeRef& tool : catalogue()) {
    if (tool->text("command").find("%TARGET_") == std::string::npos) continue;
    const std::vector<std::string> needs = tool->texts("needs");
    EXPECT_TRUE(std::find(needs.begin(), needs.end(), "windows") != needs.end())
        << tool->text("id");
  }
}

TEST(Catalogue, CommandsStartAProgramThatTheToolNames) {
  for (const NodeRef& tool : catalogue()) {
    if (!tool->has("programs")) continue;
    const std::string command = tool->text("command");
    std::string first = command.substr(0, command.find(' '));
    first = first.substr(first.rfind('\\') + 1);
    std::transform(first.begin(), first.end(), first.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    EXPECT_TRUE(program_names(*tool).contains(first)) << tool->text("id") << ": " << command;
  }
}

// A prompt is a tool of its own, and the only one.
TEST(Catalogue, NoOtherToolGivesAPrompt) {
  for (const NodeRef& tool : catalogue()) {
    if (tool->text("id") == "command-prompt") continue;
    EXPECT_EQ(tool->text("command").find("/k"), std::string::npos) << tool->text("id");
  }
}

TEST(Catalogue, NamesOnlyProgramsThatTheStandInHas) {
  medium::Files programs = medium::common_programs("amd64", "10.0.26100.1");
  programs.merge(medium::pe_programs("amd64", "10.0.26100.1"));
  programs.merge(medium::recovery_programs("amd64", "10.0.26100.1"));
  for (const NodeRef& tool : catalogue()) {
    for (const std::string& program : tool->texts("programs"))
      EXPECT_TRUE(programs.contains(program)) << tool->text("id") << ": " << program;
  }
}

TEST(StandInPrograms, DifferFromEachOther) {
  for (const char* arch : {"amd64", "arm64"}) {
    medium::Files programs = medium::common_programs(arch, "10.0.26100.1");
    programs.merge(medium::pe_programs(arch, "10.0.26100.1"));
    programs.merge(medium::recovery_programs(arch, "10.0.26100.1"));
    std::map<std::string, Names> names_by_content;
    for (const auto& [path, content] : programs)
      names_by_content[content].insert(path.substr(path.rfind('/') + 1));
    for (const auto& [content, names] : names_by_content) EXPECT_EQ(names.size(), 1U);
  }
}

// --- tiers ---

TEST(ExampleTiers, EachHasAllThatTheOneBelowHas) {
  const Names l1 = ids(tools_of("L1"));
  const Names l2 = ids(tools_of("L2"));
  const Names l3 = ids(tools_of("L3"));
  EXPECT_TRUE(std::includes(l2.begin(), l2.end(), l1.begin(), l1.end()));
  EXPECT_TRUE(std::includes(l3.begin(), l3.end(), l2.begin(), l2.end()));
  EXPECT_LT(l1.size(), l2.size());
  EXPECT_LT(l2.size(), l3.size());
}

TEST(ExampleTiers, L3HasEverythingThatNeedsNoFilesOfTheUser) {
  Names expected;
  for (const NodeRef& tool : catalogue()) {
    if (tool->has("supply") || tool->text("id") == "crash-analyzer") continue;
    expected.insert(tool->text("id"));
  }
  EXPECT_EQ(ids(tools_of("L3")), expected);
}

TEST(ExampleTiers, L1OnlyLooksAndHasNoCommandInterpreter) {
  for (const NodeRef& tool : tools_of("L1")) {
    EXPECT_TRUE(tool->text("risk") == "low" || tool->text("risk") == "data") << tool->text("id");
    EXPECT_FALSE(program_names(*tool).contains("cmd.exe")) << tool->text("id");
    EXPECT_TRUE(batch_file_of(*tool).empty()) << tool->text("id");
  }
}

TEST(ExampleTiers, L2DestroysNothingAndHasNoDialogForFiles) {
  for (const NodeRef& tool : tools_of("L2")) {
    EXPECT_NE(tool->text("risk"), "destructive") << tool->text("id");
    for (const char* name : {"notepad.exe", "diskpart.exe", "regedit.exe", "reg.exe"})
      EXPECT_FALSE(program_names(*tool).contains(name)) << tool->text("id");
  }
}

// What a tool of a higher tier consists of does not lie about, but for what this tier's own tools
// are made of, and more.com, which shows text.
TEST(ExampleTiers, ForbidWhatTheToolsOfHigherTiersConsistOf) {
  for (const std::string level : {"L1", "L2"}) {
    const std::vector<std::string> patterns = forbidden(level);
    Names left = {"Windows/System32/more.com"};
    for (const NodeRef& tool : tools_of(level)) {
      for (const std::string& program : tool->texts("programs")) left.insert(program);
    }
    for (const NodeRef& tool : tools_of("L3")) {
      for (const std::string& program : tool->texts("programs")) {
        const bool gone = std::any_of(
            patterns.begin(), patterns.end(),
            [&](const std::string& pattern) { return wim::Glob(pattern).matches(program); });
        EXPECT_NE(gone, left.contains(program))
            << level << ", " << tool->text("id") << ": " << program;
      }
    }
  }
}

// The one tool that L2 cannot keep out, since its batch files need cmd.exe; tiers.lua says so.
TEST(ExampleTiers, EachToolThatIsNotAllowedLacksAProgram) {
  for (const std::string level : {"L1", "L2"}) {
    const Names allowed = ids(tools_of(level));
    Names kept;
    const std::vector<std::string> patterns = forbidden(level);
    for (const NodeRef& tool : tools_of("L3")) {
      const std::vector<std::string> programs = tool->texts("programs");
      const bool whole = std::none_of(programs.begin(), programs.end(), [&](const auto& program) {
        return std::any_of(patterns.begin(), patterns.end(), [&](const std::string& pattern) {
          return wim::Glob(pattern).matches(program);
        });
      });
      if (whole && !allowed.contains(tool->text("id"))) kept.insert(tool->text("id"));
    }
    EXPECT_EQ(kept, level == "L2" ? Names{"command-prompt"} : Names{}) << level;
  }
}

TEST(ExampleTiers, LeaveDayAndContactToTheUser) {
  for (const char* level : {"L1", "L2", "L3"}) {
    const NodeRef one = tier(std::string("tiers.") + level);
    EXPECT_EQ(one->text("name"), level);
    EXPECT_FALSE(one->given("expires"));
    EXPECT_FALSE(one->given("contact"));
    EXPECT_FALSE(one->given("remote"));
  }
}

TEST(ExampleTiers, AreBuiltUponWithExtend) {
  const NodeRef mine = tier(R"(extend(tiers.L1, { expires = "2027-01-31", contact = "me" }))");
  EXPECT_EQ(mine->text("expires"), "2027-01-31");
  EXPECT_EQ(ids(mine->nodes("allow")), ids(tools_of("L1")));
}

// --- batch files ---

std::vector<std::string> lines_of(const fs::path& file) {
  std::istringstream text(read_file(file));
  std::vector<std::string> lines;
  for (std::string line; std::getline(text, line);) {
    if (line.ends_with('\r')) line.pop_back();
    line.erase(0, std::min(line.find_first_not_of(' '), line.size()));
    lines.push_back(line);
  }
  return lines;
}

bool is_talk(const std::string& line) {
  return line.starts_with("rem ") || line.starts_with("echo") || line.starts_with("set /p ") ||
         line.starts_with("title ") || line.empty();
}

/// What is wrong with one.
std::vector<std::string> flaws(const fs::path& file, const Names& programs) {
  static const std::regex program(R"(([A-Za-z0-9_-]+\.(exe|com))\b)");
  static const std::regex command(R"(^([a-z]+\.exe|@?[a-z]+|:[a-z_0-9]+|>>?"|"%|\)).*)");
  static const Names known = {"@echo", "echo", "rem",   "set",   "setlocal", "endlocal", "if",
                              "for",   "goto", "call",  "exit",  "pause",    "title",    "dir",
                              "del",   "type", "start", "shift", "cd",       "mkdir"};
  std::vector<std::string> list;
  Names labels;
  const std::vector<std::string> lines = lines_of(file);
  for (const std::string& line : lines) {
    if (line.starts_with(':')) labels.insert(line.substr(1));
  }
  if (lines.size() < 4 || lines[0] != "@echo off" || !lines[1].starts_with("rem "))
    list.push_back("does not begin with @echo off and what it is");
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const std::string& line = lines[i];
    const auto say = [&](const std::string& what) {
      list.push_back(fmt::format("{}:{}: {}: {}", file.filename().string(), i + 1, what, line));
    };
    if (std::any_of(line.begin(), line.end(),
                    [](unsigned char c) { return c > '~' || (c < ' ' && c != '\t'); }))
      say("no ASCII");
    std::smatch match;
    if (is_talk(line)) {
      // Both would be read by cmd itself.
      if (!line.starts_with("rem ") && line.find_first_of("&|<>") != std::string::npos &&
          line.find('"') == std::string::npos)
        say("a character that cmd obeys");
      continue;
    }
    if (!std::regex_match(line, match, command)) say("no command");
    const std::string first = match[1];
    if (std::islower(static_cast<unsigned char>(first[0])) && !first.ends_with(".exe") &&
        !known.contains(first))
      say("not known");
    for (std::sregex_iterator it(line.begin(), line.end(), program), end; it != end; ++it) {
      if (!programs.contains((*it)[1].str())) say("a program that the tool does not name");
    }
    static const std::regex jump(R"(\b(goto|call) :?([a-z_]+)\b(?!%))");
    for (std::sregex_iterator it(line.begin(), line.end(), jump), end; it != end; ++it) {
      if (!labels.contains((*it)[2].str()) && !(*it)[2].str().ends_with("_")) say("no such label");
    }
  }
  return list;
}

/// What people type, by script: read with set /p, and never expanded by %...%, which cmd would read
/// as part of its command line.
std::vector<std::string> careless_expansions(const fs::path& file) {
  static const std::regex asked(R"re(set /p "([A-Z]+)=)re");
  std::vector<std::string> found;
  Names typed;
  for (const std::string& line : lines_of(file)) {
    std::smatch match;
    if (std::regex_search(line, match, asked)) typed.insert(match[1]);
  }
  for (const std::string& line : lines_of(file)) {
    for (const std::string& name : typed) {
      if (line.find("%" + name + "%") != std::string::npos ||
          line.find("%" + name + ":") != std::string::npos)
        found.push_back(line);
    }
  }
  return found;
}

TEST(BatchFiles, EachBelongsToATool) {
  Names used;
  for (const NodeRef& tool : catalogue()) {
    const fs::path file = batch_file_of(*tool);
    if (!file.empty()) used.insert(file.filename().string());
  }
  Names there;
  for (const auto& entry : fs::directory_iterator(kBatchFiles))
    there.insert(entry.path().filename().string());
  EXPECT_EQ(used, there);
}

TEST(BatchFiles, AreWhatCmdReadsAndCallOnlyWhatTheirToolNames) {
  int count = 0;
  for (const NodeRef& tool : catalogue()) {
    const fs::path file = batch_file_of(*tool);
    if (file.empty()) continue;
    ++count;
    const BatchFlaws form = batch_flaws(Slice::whole(file));
    EXPECT_EQ(form.mark, "") << file;
    EXPECT_EQ(form.line_without_cr, 0U) << file;
    Names programs = program_names(*tool);
    if (tool->text("id") == "crash-analyzer") programs.merge(Names{"cdb.exe", "kd.exe"});
    EXPECT_EQ(flaws(file, programs), std::vector<std::string>()) << file;
    EXPECT_EQ(careless_expansions(file), std::vector<std::string>()) << file;
    const std::string text = read_file(file);
    EXPECT_NE(text.find("\r\nsetlocal EnableExtensions DisableDelayedExpansion\r\n"), text.npos)
        << file;
  }
  EXPECT_EQ(count, 11);
}

TEST(BatchFiles, LintFindsWhatItLooksFor) {
  Scratch scratch;
  const auto with = [&](const std::string& line) {
    const fs::path file = scratch.write(
        "t.cmd", "@echo off\r\nrem A test.\r\nsetlocal\r\n" + line + "\r\nexit /b 0\r\n");
    return flaws(file, {"netsh.exe"});
  };
  EXPECT_TRUE(with("netsh.exe x").empty());
  for (const char* line :
       {"format.com D:", "netsh.exe x & diskpart.exe", "findstr x", "goto nowhere", "call :nowhere",
        "echo a & del b", "netsh.exe \xc3\xa4", "netsh x", "choice /c yn"}) {
    EXPECT_FALSE(with(line).empty()) << line;
  }
  const fs::path file = scratch.write("u.cmd", "set /p \"A=?\"\r\necho %A%\r\n");
  EXPECT_EQ(careless_expansions(file).size(), 1U);
}

}  // namespace
}  // namespace remedia
