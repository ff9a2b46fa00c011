// The lock file: what it holds builds to, what runs for it, and what never changes because of it.

#include "incremental/space.h"
#include "support/archive_writers.h"
#include "support/digest.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace remedia {
namespace {

using Stages = std::set<std::string>;

const char kRecipe[] = R"(
local windows = source { media = "@media/stand-in.iso", image = "winre" }
return { wim { name = "hd", from = windows,
  overlays = { "common", overlay { "@mine/tools", to = "Tools" }, overlay { "@mine/a.exe", to = "X" } } } }
)";

class Lock : public testing::Test {
 protected:
  Lock() {
    std::string media = standard_medium().parent_path().string();
    space_.write("recipes/project.lua",
                 "return project { roots = { mine = \"mine\", media = \"out.media\" } }\n");
    fs::create_directory_symlink(media, space_ / "out.media");
    space_.write("recipes/r.lua", kRecipe);
    space_.write("overlays/common/a.txt", "of the project");
    space_.write("mine/tools/t.txt", "one");
    space_.write("mine/a.exe", "no program");
  }

  ProcessResult lock(std::vector<std::string> more = {}) {
    std::vector<std::string> argv = {space_.runner, "lock", "-C", (space_ / "out").string(),
                                     (space_ / "recipes/r.lua").string()};
    argv.insert(argv.end(), more.begin(), more.end());
    return space_.run(argv);
  }

  std::string locked(const std::string& path, const std::string& field = "sha256") const {
    auto json = nlohmann::json::parse(space_.read("recipes/r.lock"));
    for (const auto& input : json.at("inputs")) {
      if (input.at("path") == path) return input.value(field, "");
    }
    return "(none)";
  }

  Space space_;
};

TEST_F(Lock, ListsWhatGitDoesNotKeepAndNothingElse) {
  ProcessResult result = lock();
  ASSERT_EQ(result.status, 0) << result.output;
  auto json = nlohmann::json::parse(space_.read("recipes/r.lock"));
  EXPECT_EQ(json.at("recipe"), "r");
  EXPECT_EQ(json.at("inputs").size(), 3u);
  EXPECT_EQ(locked("@media/stand-in.iso"), sha256(Slice::whole(standard_medium())));
  EXPECT_EQ(locked("@media/stand-in.iso", "version"), "10.0.26100.1742");
  EXPECT_EQ(locked("@mine/a.exe"), sha256("no program"));
  EXPECT_NE(locked("@mine/tools"), "(none)");
  EXPECT_NE(result.output.find("+ source @media/stand-in.iso"), std::string::npos) << result.output;
  // To know the inputs no image has to be made.
  EXPECT_FALSE(fs::exists(space_ / "out/r/hd/boot.wim"));
}

TEST_F(Lock, RebuildsNothing) {
  space_.build();
  auto before = artifacts_of(space_ / "out");
  ASSERT_EQ(lock().status, 0);
  EXPECT_EQ(space_.build(), Stages({"GRAPH", "LOCK r"}));
  EXPECT_EQ(space_.build(), Stages());
  EXPECT_EQ(artifacts_of(space_ / "out"), before);
  // The second lock has nothing to say and writes nothing.
  auto written = fs::last_write_time(space_ / "recipes/r.lock");
  EXPECT_EQ(lock().status, 0);
  EXPECT_EQ(fs::last_write_time(space_ / "recipes/r.lock"), written);
  fs::remove(space_ / "recipes/r.lock");
  EXPECT_EQ(space_.build(), Stages({"GRAPH"}));
}

TEST_F(Lock, AnotherInputFailsBeforeAnImageIsMade) {
  space_.build();
  ASSERT_EQ(lock().status, 0);
  space_.build();
  auto before = artifacts_of(space_ / "out");
  std::string old = locked("@mine/a.exe");
  space_.write("mine/a.exe", "another program");
  std::string said = space_.failing_build();
  EXPECT_NE(said.find("'@mine/a.exe' (overlay) changed"), std::string::npos) << said;
  EXPECT_NE(said.find(old), std::string::npos) << said;
  EXPECT_NE(said.find(sha256("another program")), std::string::npos) << said;
  EXPECT_NE(said.find("recipes/r.lua:4:"), std::string::npos) << said;
  EXPECT_EQ(said.find("WIM r/hd"), std::string::npos) << said;
  EXPECT_EQ(artifacts_of(space_ / "out"), before);
  // Seen, and meant.
  ASSERT_EQ(lock().status, 0);
  EXPECT_EQ(locked("@mine/a.exe"), sha256("another program"));
  space_.build();
  EXPECT_NE(artifacts_of(space_ / "out"), before);
}

TEST_F(Lock, AllThatChangedIsSaidAtOnce) {
  ASSERT_EQ(lock().status, 0);
  space_.write("mine/a.exe", "another program");
  space_.write("mine/tools/u.txt", "a second file");
  std::string said = space_.failing_build();
  EXPECT_NE(said.find("'@mine/a.exe' (overlay) changed"), std::string::npos) << said;
  EXPECT_NE(said.find("'@mine/tools' (overlay) changed"), std::string::npos) << said;
}

TEST_F(Lock, WhatTheLockDoesNotKnowIsAnError) {
  ASSERT_EQ(lock().status, 0);
  space_.write("mine/b.exe", "new");
  std::string recipe = kRecipe;
  recipe.replace(recipe.find("\"common\""), 8, "overlay { \"@mine/b.exe\", to = \"X\" }");
  space_.write("recipes/r.lua", recipe);
  std::string said = space_.failing_build();
  EXPECT_NE(said.find("@mine/b.exe"), std::string::npos) << said;
  EXPECT_NE(said.find("remedia lock"), std::string::npos) << said;
  // What nothing reads any more is no error.
  recipe.replace(recipe.find("overlay { \"@mine/b.exe\", to = \"X\" }"), 35, "\"common\"");
  recipe.replace(recipe.find(", overlay { \"@mine/a.exe\", to = \"X\" }"), 37, "");
  space_.write("recipes/r.lua", recipe);
  space_.build();
}

TEST_F(Lock, OnlySomeWords) {
  ASSERT_EQ(lock().status, 0);
  std::string source = locked("@media/stand-in.iso");
  space_.write("mine/a.exe", "another program");
  ProcessResult result = lock({"--only", "source"});
  EXPECT_EQ(result.status, 0) << result.output;
  EXPECT_EQ(locked("@mine/a.exe"), sha256("no program"));
  ASSERT_EQ(lock({"--only", "overlay"}).status, 0);
  EXPECT_EQ(locked("@mine/a.exe"), sha256("another program"));
  EXPECT_EQ(locked("@media/stand-in.iso"), source);
  result = lock({"--only", "overlays"});
  EXPECT_NE(result.status, 0);
  EXPECT_NE(result.output.find("overlay"), std::string::npos) << result.output;
}

// With a part of a lock no build would do.
TEST_F(Lock, OnlyMendsWhatIsThere) {
  ProcessResult result = lock({"--only", "overlay"});
  EXPECT_NE(result.status, 0);
  EXPECT_NE(result.output.find("lock all of it first"), std::string::npos) << result.output;
  EXPECT_FALSE(fs::exists(space_ / "recipes/r.lock"));
}

TEST_F(Lock, OneWordOfTwoRecipes) {
  space_.write("recipes/s.lua",
               "return wim { name = \"s\", from = source { media = \"@media/stand-in.iso\", "
               "image = \"pe\" } }\n");
  ASSERT_EQ(lock({"recipes/s.lua"}).status, 0);
  space_.write("mine/a.exe", "another program");
  const std::string other = space_.read("recipes/s.lock");
  ProcessResult result = space_.run(
      {space_.runner, "lock", "-C", "out", "--only", "overlay", "recipes/r.lua", "recipes/s.lua"});
  EXPECT_EQ(result.status, 0) << result.output;
  EXPECT_EQ(locked("@mine/a.exe"), sha256("another program"));
  EXPECT_EQ(space_.read("recipes/s.lock"), other);
}

TEST_F(Lock, WhatAnInterruptedFetchLeftGoesIntoNoImage) {
  space_.write("mine/tools/x.exe.part", "half a");
  space_.build();  // any file may be called so
  space_.write("mine/tools/x.exe.part.0123456789abcdef", "ETag: x");
  std::string said = space_.failing_build();
  EXPECT_NE(said.find("'@mine/tools/x.exe.part.0123456789abcdef' is of a download that was "
                      "interrupted"),
            std::string::npos)
      << said;
}

// What is locked of an archive is the archive, so that it can be fetched.
TEST_F(Lock, AnArchiveIsOneFile) {
  const std::string zip = write_zip({{.name = "Tools/z.txt", .content = "z"}});
  space_.write("mine/z.zip", zip);
  std::string recipe = kRecipe;
  recipe.replace(recipe.find("\"common\""), 8, "overlay { \"@mine/z.zip\" }");
  space_.write("recipes/r.lua", recipe);
  ASSERT_EQ(lock().status, 0);
  EXPECT_EQ(locked("@mine/z.zip"), sha256(zip));
  EXPECT_EQ(space_.build().count("LOCK r"), 1u);
}

TEST_F(Lock, ADamagedFileIsShownAndKept) {
  ASSERT_EQ(lock().status, 0);
  std::string good = space_.read("recipes/r.lock");
  space_.write("recipes/r.lock", good.substr(0, good.size() / 2));
  std::string said = space_.failing_build();
  EXPECT_NE(said.find("recipes/r.lock:"), std::string::npos) << said;
  EXPECT_EQ(said.find("../recipes"), std::string::npos) << said;
  ProcessResult result = lock();
  EXPECT_NE(result.status, 0);
  EXPECT_EQ(space_.read("recipes/r.lock"), good.substr(0, good.size() / 2));
}

TEST_F(Lock, WithoutInputsThereIsNone) {
  ASSERT_EQ(lock().status, 0);
  fs::remove(space_ / "recipes/r.lock");
  fs::remove(space_ / "mine/a.exe");
  ProcessResult result = lock();
  EXPECT_NE(result.status, 0);
  EXPECT_NE(result.output.find("'@mine/a.exe' is not there"), std::string::npos) << result.output;
  EXPECT_FALSE(fs::exists(space_ / "recipes/r.lock"));
}

}  // namespace
}  // namespace remedia
