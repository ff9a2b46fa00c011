// What runs again when something changes that a recipe does inside an image: REMOVE, SETTINGS,
// COMPRESS.

#include "incremental/surgery.h"
#include "support/digest.h"

#include <algorithm>
#include <fstream>

#include <gtest/gtest.h>

namespace remedia {
namespace {

using Stages = std::set<std::string>;
using surgery::change_recipe;

const Stages kNothing = {};
const Stages kFromWim = {"ISO r/helpdesk", "MANIFEST r/helpdesk", "WIM r/helpdesk"};

Stages and_wim(Stages stages) {
  stages.insert(kFromWim.begin(), kFromWim.end());
  return stages;
}

const Stages kFromSettings = and_wim({"COMPRESS settings of r/helpdesk", "SETTINGS r/helpdesk"});
const Stages kAll = and_wim({"COMPRESS common", "COMPRESS settings of r/helpdesk", "COMPRESS tools",
                             "OVERLAY common", "OVERLAY tools", "REMOVE r/helpdesk",
                             "SETTINGS r/helpdesk", "SOURCE @media/stand-in.iso winre"});

Stages with_graph(Stages stages) {
  stages.insert("GRAPH");
  return stages;
}

/// Built once, with all that a wim can change.
class Changes : public testing::Test {
 protected:
  Changes() {
    surgery::fill(space_);
    first_ = space_.build();
    artifacts_ = artifacts_of(space_ / "out");
  }

  /// Files of the store by name, with their times.
  std::map<std::string, fs::file_time_type> stored(const std::string& folder) const {
    std::map<std::string, fs::file_time_type> times;
    for (const auto& entry : fs::recursive_directory_iterator(space_ / "out/.store" / folder))
      if (entry.is_regular_file()) times[entry.path().string()] = entry.last_write_time();
    return times;
  }

  Space space_;
  Stages first_;
  std::map<std::string, std::string> artifacts_;
};

TEST_F(Changes, FirstBuildRunsEverythingAndTheSecondNothing) {
  EXPECT_EQ(first_, kAll);
  EXPECT_EQ(space_.build(), kNothing);
  EXPECT_EQ(space_.ninja(), kNothing);
}

TEST_F(Changes, EachFieldRunsItsStagesOnly) {
  struct Case {
    std::string from, to;
    Stages stages;
  };
  const Stages from_remove = [] {
    Stages stages = kFromSettings;
    stages.insert("REMOVE r/helpdesk");
    return stages;
  }();
  const Case cases[] = {
      {"\"RESCUE\"", "\"OTHER\"", kFromSettings},
      {"name = \"Dword\", dword = 4294967295", "name = \"Dword\", qword = 1", kFromSettings},
      {"scratch_space = 128", "scratch_space = 256", kFromSettings},
      {"locale = \"en-GB\"", "locale = \"en-US\"", kFromSettings},
      {"keyboards = { \"en-GB\"", "keyboards = { \"de-DE\"", kFromSettings},
      {"start notepad", "start regedit", kFromSettings},
      {"first.exe, -x", "first.exe, -y", kFromSettings},
      // The base of the settings is another then.
      {"Start*.exe", "StartRep.exe", from_remove},
      {"everywhere = true", "everywhere = false", from_remove},
      {"requires = { \"WinPE-WMI\"", "requires = { \"WinPE-HTA\"", kFromWim},
      {"min_build = 26100", "min_build = 22000", kFromWim},
      {"\"common\", \"tools\"", "\"tools\", \"common\"", kFromWim},
  };
  const std::string recipe = space_.read("recipes/r.lua");
  for (const Case& c : cases) {
    change_recipe(space_, c.from, c.to);
    EXPECT_EQ(space_.ninja(), with_graph(c.stages)) << c.to;
    EXPECT_EQ(space_.ninja(), kNothing) << c.to;
    space_.write("recipes/r.lua", recipe);
    space_.ninja();
    ASSERT_EQ(artifacts_of(space_ / "out"), artifacts_) << "the way back from " << c.to;
  }
}

TEST_F(Changes, ChangedOverlayEditsNoHive) {
  auto settings = stored("settings"), removed = stored("remove");
  space_.write("overlays/common/Tools/hello.txt", "hullo\n");
  EXPECT_EQ(space_.ninja(), and_wim({"OVERLAY common", "COMPRESS common"}));
  EXPECT_EQ(stored("settings"), settings);
  EXPECT_EQ(stored("remove"), removed);
}

TEST_F(Changes, TouchedPictureIsReadAndNoMore) {
  space_.touch("overlays/background.jpg");
  EXPECT_EQ(space_.ninja(), Stages{"SETTINGS r/helpdesk"});
  EXPECT_EQ(space_.ninja(), kNothing);
  EXPECT_EQ(artifacts_of(space_ / "out"), artifacts_);
}

TEST_F(Changes, ChangedPictureReachesTheArtifacts) {
  space_.write("overlays/background.jpg", surgery::picture(1024));
  EXPECT_EQ(space_.ninja(), kFromSettings);
  EXPECT_NE(artifacts_of(space_ / "out"), artifacts_);
  space_.write("overlays/background.jpg", surgery::picture(800));
  EXPECT_EQ(space_.ninja(), kFromSettings);
  EXPECT_EQ(artifacts_of(space_ / "out"), artifacts_);
}

TEST_F(Changes, AnotherDateCompressesNothing) {
  auto components = stored("component");
  space_.environment["SOURCE_DATE_EPOCH"] = "1800000000";
  EXPECT_EQ(space_.build(), kFromWim);
  EXPECT_EQ(stored("component"), components);
  EXPECT_NE(artifacts_of(space_ / "out"), artifacts_);
  space_.environment.clear();
  EXPECT_EQ(space_.build(), kFromWim);
  EXPECT_EQ(artifacts_of(space_ / "out"), artifacts_);
}

// Each by itself: what makes it runs, the bits come back, and then there is nothing to do.
TEST_F(Changes, EachFileOfTheStoreCanBeDeleted) {
  std::map<std::string, std::string> maker = {
      {"component", "COMPRESS "}, {"remove", "REMOVE r/helpdesk"}, {"overlay", "OVERLAY "},
      {"source", "SOURCE "},      {"settings", "SETTINGS r/"},     {"wim", "WIM r/helpdesk"},
      {"iso", "ISO r/helpdesk"}};
  std::map<std::string, int> seen;
  for (const auto& [name, time] : stored("")) {
    fs::path file = name;
    std::string ending = file.extension().string();
    if (ending == ".digests" || ending == ".made") continue;  // not declared to ninja
    std::string folder = file.parent_path().filename().string();
    if (folder == "digests") continue;
    ++seen[folder + ending];
    std::string before = sha256(Slice::whole(file));
    fs::remove(file);
    Stages stages = space_.ninja();
    std::string prefix = maker.at(folder);
    EXPECT_EQ(std::count_if(stages.begin(), stages.end(),
                            [&](const std::string& s) { return s.starts_with(prefix); }),
              1)
        << name << "\n"
        << space_.output;
    if (folder != "source") {
      EXPECT_EQ(stages.count("SOURCE @media/stand-in.iso winre"), 0u) << name;
    }
    EXPECT_EQ(sha256(Slice::whole(file)), before) << name;
    EXPECT_EQ(artifacts_of(space_ / "out"), artifacts_) << name;
    EXPECT_EQ(space_.ninja(), kNothing) << name;
  }
  const std::map<std::string, int> all = {
      {"component.wim", 3}, {"iso.record", 1},    {"overlay.tree", 2}, {"remove.record", 1},
      {"remove.wim", 1},    {"settings.pack", 1}, {"source.boot", 1},  {"settings.record", 1},
      {"settings.tree", 1}, {"source.record", 1}, {"source.tree", 1},  {"source.wim", 1},
      {"wim.record", 1}};
  EXPECT_EQ(seen, all);
}

// The same bytes, so nothing after the pack has anything to do.
TEST_F(Changes, DeletedPackIsMadeWithoutCompressing) {
  for (const auto& [name, time] : stored("settings")) {
    if (!name.ends_with(".pack")) continue;
    fs::remove(name);
    EXPECT_EQ(space_.ninja(), Stages{"SETTINGS r/helpdesk"});
    EXPECT_EQ(space_.ninja(), kNothing);
  }
}

// A bad sector changes no date, so ninja sees nothing; the digests do.
TEST_F(Changes, DamagedPackIsNoticedAndMadeAgain) {
  for (const auto& [name, time] : stored("settings")) {
    if (!name.ends_with(".pack")) continue;
    std::fstream file(name, std::ios::binary | std::ios::in | std::ios::out);
    file.seekp(5000);
    file << "damage";
    file.close();
    fs::last_write_time(name, time);
  }
  fs::remove(space_ / "out/r/helpdesk/boot.wim");
  EXPECT_NE(space_.failing_build().find("run the build again"), std::string::npos) << space_.output;
  EXPECT_FALSE(fs::exists(space_ / "out/r/helpdesk/boot.wim"));
  Stages stages = space_.build();
  EXPECT_TRUE(stages.contains("SETTINGS r/helpdesk")) << space_.output;
  EXPECT_FALSE(stages.contains("SOURCE @media/stand-in.iso winre"));
  EXPECT_EQ(artifacts_of(space_ / "out"), artifacts_);
}

TEST_F(Changes, EveryGeneratedFileThatIsUsedIsDeclared) {
  space_.ninja({"-t", "missingdeps"});
  EXPECT_NE(space_.output.find("No missing dependencies on generated files found"),
            std::string::npos)
      << space_.output;
}

TEST_F(Changes, ProjectCanMove) {
  fs::path elsewhere = space_.root().parent_path() / "moved, with $pecial #1 names";
  fs::rename(space_.root(), elsewhere);
  fs::create_directory_symlink(elsewhere, space_.root());
  EXPECT_EQ(space_.build(), kNothing);
  space_.write("overlays/common/Tools/hello.txt", "hullo\n");
  EXPECT_EQ(space_.ninja(), and_wim({"OVERLAY common", "COMPRESS common"}));
}

TEST_F(Changes, NewRunnerMakesTheSameBits) {
  space_.runner = (space_ / "bin/remedia").string();
  fs::create_directory(space_ / "bin");
  fs::copy_file(REMEDIA_RUNNER, space_.runner);
  space_.build();
  std::ofstream(space_.runner, std::ios::binary | std::ios::app) << "another build of it";
  EXPECT_EQ(space_.build(), with_graph(kAll));
  EXPECT_EQ(artifacts_of(space_ / "out"), artifacts_);
}

// What is asked for in vain leaves nothing half done.
TEST_F(Changes, PatternThatMatchesNothingLeavesTheArtifacts) {
  change_recipe(space_, "sources/recovery/Start*.exe", "sources/recovery/None*.exe");
  EXPECT_NE(space_.failing_build().find("None*.exe"), std::string::npos) << space_.output;
  EXPECT_EQ(artifacts_of(space_ / "out"), artifacts_);
  for (const auto& [name, time] : stored("remove")) EXPECT_EQ(name.find(".part"), name.npos);
  change_recipe(space_, "sources/recovery/None*.exe", "sources/recovery/Start*.exe");
  space_.build();
  EXPECT_EQ(artifacts_of(space_ / "out"), artifacts_);
}

TEST_F(Changes, BrokenDemandLeavesTheArtifacts) {
  change_recipe(space_, "min_build = 26100", "min_build = 26101");
  EXPECT_NE(space_.failing_build().find("is build 26100, older than 26101"), std::string::npos)
      << space_.output;
  EXPECT_EQ(artifacts_of(space_ / "out"), artifacts_);
  change_recipe(space_, "min_build = 26101", "min_build = 26100");
  space_.build();
  EXPECT_EQ(artifacts_of(space_ / "out"), artifacts_);
}

// --- What images share ---------------------------------------------------------------------------

constexpr const char* kTwins = R"(
local windows = source { media = "@media/stand-in.iso", image = "winre" }
local function twin(name, remove)
  return wim {
    name = name, from = windows, overlays = { "common" }, remove = remove,
    registry = { { key = [[HKLM\SOFTWARE\Example]], name = "A", dword = 1 } },
    winpeshl = { "cmd.exe, /c wpeinit" },
  }
end
)";

int count_that_begin(const Stages& stages, const std::string& prefix) {
  return static_cast<int>(
      std::count_if(stages.begin(), stages.end(),
                    [&](const std::string& stage) { return stage.starts_with(prefix); }));
}

TEST(Shared, EqualSettingsOfOneBaseAreMadeOnce) {
  Space space;
  space.write("recipes/r.lua", std::string(kTwins) + "return { twin(\"a\"), twin(\"b\") }");
  Stages stages = space.build();
  EXPECT_EQ(count_that_begin(stages, "SETTINGS "), 1);
  EXPECT_EQ(count_that_begin(stages, "COMPRESS settings of "), 1);
  EXPECT_EQ(surgery::count(space, "COMPRESS common"), 1);
  EXPECT_EQ(count_that_begin(stages, "WIM "), 2);
  EXPECT_NE(space.read("out/r/a/boot.wim"), space.read("out/r/b/boot.wim")) << "names, GUIDs";
}

// Settings are made from a base's own hives, so they cannot be shared across bases.
TEST(Shared, EqualSettingsOfTwoBasesAreMadeTwice) {
  Space space;
  space.write("recipes/r.lua",
              std::string(kTwins) +
                  "return { twin(\"a\"), twin(\"b\", { \"Windows/System32/winload.exe\" }) }");
  Stages stages = space.build();
  EXPECT_EQ(count_that_begin(stages, "SETTINGS "), 2);
  EXPECT_EQ(count_that_begin(stages, "REMOVE "), 1);
  EXPECT_EQ(count_that_begin(stages, "SOURCE "), 1);
  EXPECT_EQ(surgery::count(space, "COMPRESS common"), 1);
}

TEST(Shared, EqualRemovalsAreOne) {
  Space space;
  space.write("recipes/r.lua", std::string(kTwins) + R"(
local gone = { "Windows/System32/winload.exe", everywhere = true }
return { twin("a", gone), twin("b", remove(gone)) })");
  Stages stages = space.build();
  EXPECT_EQ(count_that_begin(stages, "REMOVE "), 1);
  EXPECT_EQ(count_that_begin(stages, "SETTINGS "), 1);
}

TEST(Shared, ComponentOfTwoRecipesIsCompressedOnce) {
  Space space;
  space.write("recipes/other.lua", std::string(kTwins) + "return { twin(\"a\"), twin(\"b\") }");
  space.build({"recipes/r.lua", "recipes/other.lua"});
  EXPECT_EQ(surgery::count(space, "OVERLAY common"), 1);
  EXPECT_EQ(surgery::count(space, "COMPRESS common"), 1);
  EXPECT_EQ(surgery::count(space, "SOURCE @media/stand-in.iso winre"), 1);
  EXPECT_EQ(surgery::count(space, "WIM other/b"), 1);
  EXPECT_EQ(surgery::count(space, "WIM r/helpdesk"), 1);
}

// Another effort is another component.
TEST(Shared, ComponentsOfTwoLevelsAreTwo) {
  Space space;
  change_recipe(space, "local boot = wim {",
                "local best = wim { name = \"best\", from = windows, "
                "overlays = { \"common\" }, compression_level = 50 }\nlocal boot = wim {");
  change_recipe(space, "{ iso {", "{ best, iso {");
  space.build();
  EXPECT_EQ(surgery::count(space, "OVERLAY common"), 1);
  EXPECT_EQ(surgery::count(space, "COMPRESS common"), 2);
}

}  // namespace
}  // namespace remedia
