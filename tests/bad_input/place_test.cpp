// The place to build in cannot be written, is somebody else's or is full; the recipe never ends.

#include "bad_input/trial.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

namespace remedia {
namespace {

// --- OUT ----------------------------------------------------------------------------------------

TEST(Out, FileInItsPlaceIsRefused) {
  Trial trial;
  trial.write("out", "a file");
  trial.failing_build();
  EXPECT_NE(trial.output.find("cannot make the folder"), std::string::npos) << trial.output;
  EXPECT_EQ(trial.read("out"), "a file");
  fs::remove(trial / "out");
  trial.builds();
}

TEST(Out, FolderBelowAFileIsRefused) {
  Trial trial;
  trial.write("file", "a file");
  ProcessResult result = trial.run({trial.runner, "build", "-C", "file/deep/out", "recipes/r.lua"});
  EXPECT_EQ(result.status, 1);
  EXPECT_NE(result.output.find("cannot make the folder"), std::string::npos) << result.output;
  EXPECT_NE(result.output.find("file/deep/out"), std::string::npos) << result.output;
}

TEST(Out, FolderThatMayNotBeWrittenIsRefused) {
  Trial trial;
  fs::create_directory(trial / "out");
  trial.become_nobody();
  fs::permissions(trial / "out", fs::perms(0555));
  trial.refuses({.says = {"Permission denied", "this user may not do that"}});
  fs::permissions(trial / "out", fs::perms(0755));
  trial.builds();
}

TEST(Out, FolderBelowItThatMayNotBeWrittenIsRefused) {
  Trial trial;
  trial.become_nobody();
  trial.build();
  fs::remove(trial / "out/r/helpdesk/boot.wim");
  fs::permissions(trial / "out/r/helpdesk", fs::perms(0555));
  trial.failing_build();  // by ninja itself, which writes there first
  EXPECT_NE(trial.output.find("r/helpdesk/boot.wim"), std::string::npos) << trial.output;
  EXPECT_NE(trial.output.find("Permission denied"), std::string::npos) << trial.output;
  fs::permissions(trial / "out/r/helpdesk", fs::perms(0755));
  trial.builds();
}

TEST(Out, SomebodyElsesIsLeftAlone) {
  Trial trial;
  trial.write("out/build.ninja", "# CMAKE generated file: DO NOT EDIT!\n");
  for (const char* command : {"build", "graph"}) {
    std::vector<std::string> argv = {trial.runner, command};
    if (command == std::string("build")) argv.emplace_back("-C");
    argv.insert(argv.end(), {"out", "recipes/r.lua"});
    ProcessResult result = trial.run(argv);
    EXPECT_EQ(result.status, 1);
    EXPECT_NE(result.output.find("build.ninja' was not written by remedia"), std::string::npos)
        << result.output;
    EXPECT_NE(result.output.find("give remedia a folder of its own"), std::string::npos);
  }
  EXPECT_EQ(trial.read("out/build.ninja"), "# CMAKE generated file: DO NOT EDIT!\n");
  EXPECT_EQ(std::distance(fs::directory_iterator(trial / "out"), fs::directory_iterator()), 1)
      << "something was added to it";
  fs::remove(trial / "out/build.ninja");
  trial.builds();
}

// --- inputs that may not be read ----------------------------------------------------------------

struct Locked {
  const char* name;
  const char* path;
  const char* under;
  int line;
  const char* says;
};

class Unreadable : public testing::TestWithParam<Locked> {};

TEST_P(Unreadable, IsRefused) {
  Trial trial;
  trial.become_nobody();
  fs::path path = trial / GetParam().path;
  fs::perms good = fs::status(path).permissions();
  fs::permissions(path, fs::perms::none);
  // The snapshots of a trial cannot read it either, unless root makes them.
  trial.failing_build();
  EXPECT_NE(trial.output.find(fmt::format("recipes/r.lua:{}:", GetParam().line)), std::string::npos)
      << trial.output;
  EXPECT_NE(trial.output.find(GetParam().says), std::string::npos) << trial.output;
  EXPECT_NE(trial.output.find("Permission denied"), std::string::npos) << trial.output;
  fs::permissions(path, good);
  trial.builds();
}

INSTANTIATE_TEST_SUITE_P(
    Of, Unreadable,
    testing::Values(Locked{"file", "overlays/common/Tools/hello.txt", "overlays", 2, "hello.txt"},
                    Locked{"folder", "overlays/common/Tools", "overlays", 2,
                           "cannot read the folder"},
                    Locked{"medium", "media/win.iso", "media", 1, "media/win.iso"}),
    kByName);

// --- a full disk --------------------------------------------------------------------------------

// A limit on the size of files stands for it: nothing has to be mounted, and the way through the
// program is the same, with another errno.
std::vector<std::string> limited(std::uint64_t bytes) {
  return {"prlimit", fmt::format("--fsize={}", bytes)};
}

TEST(FullDisk, EndsTheGraph) {
  Trial trial;
  trial.wrapper = limited(100);
  trial.refuses({.says = {"cannot write", "File too large", "ulimit -f"}});
  EXPECT_FALSE(fs::exists(trial / "out/build.ninja"));
  trial.wrapper = {};
  trial.builds();
}

TEST(FullDisk, EndsTheSource) {
  Trial trial;
  trial.wrapper = limited(1 << 20);
  trial.refuses({.under = "media", .says = {"cannot write", "File too large", "ulimit -f"}});
  trial.wrapper = {};
  trial.builds();
}

TEST(FullDisk, EndsTheImage) {
  Trial trial;
  trial.build();
  std::uint64_t size = fs::file_size(trial / "out/r/helpdesk/boot.wim");
  fs::remove(trial / "out/r/helpdesk/boot.wim");
  for (std::uint64_t limit : {size / 2, size - 10}) {
    trial.wrapper = limited(limit);
    trial.refuses({.under = "overlays", .says = {"cannot write", "File too large"}, .line = 2});
  }
  trial.wrapper = {};
  trial.builds();
}

TEST(FullDisk, EndsTheIso) {
  Trial trial;
  trial.build();
  std::uint64_t size = fs::file_size(trial / "out/r/helpdesk/helpdesk.iso");
  fs::remove(trial / "out/r/helpdesk/helpdesk.iso");
  for (std::uint64_t limit : {std::uint64_t{100'000}, size / 2, size - 10}) {
    trial.wrapper = limited(limit);
    trial.refuses({.under = "iso", .says = {"File too large"}, .line = 3});
  }
  trial.wrapper = {};
  trial.builds();
}

TEST(FullDisk, KeepsTheLastBuild) {
  Trial trial;
  trial.build();
  auto before = artifacts_of(trial / "out");
  trial.write("overlays/common/Tools/hello.txt", noise(6 << 20));
  trial.wrapper = limited(8 << 20);
  trial.refuses({.under = "overlays", .says = {"cannot write", "File too large"}, .line = 2});
  for (const auto& [name, digest] : before) {
    EXPECT_EQ(artifacts_of(trial / "out")[name], digest) << name;
  }
  trial.wrapper = {};
  trial.builds();
}

// --- recipes that never end ---------------------------------------------------------------------

TEST(Recipe, LoopIsEnded) {
  Trial trial;
  std::string good = trial.read("recipes/r.lua");
  trial.write("recipes/r.lua", "local n = 0\nwhile true do n = n + 1 end\n");
  trial.refuses({.says = {"recipes/r.lua:2: error: recipe ran for too long"}});
  trial.write("recipes/r.lua", good);
  trial.builds();
}

TEST(Recipe, HungerForMemoryIsEnded) {
  Trial trial;
  std::string good = trial.read("recipes/r.lua");
  trial.write("recipes/r.lua",
              "local t = {}\nfor i = 1, 1e9 do t[i] = (\"x\"):rep(1e6) .. i end\n");
  trial.refuses({.says = {"recipes/r.lua: error: recipe needs more than 64 MiB of memory"}});
  trial.write("recipes/r.lua", good);
  trial.builds();
}

// In the build after a good one it is ninja that asks for the graph.
TEST(Recipe, ThatBreaksLaterLeavesTheLastBuildAlone) {
  Trial trial;
  trial.build();
  auto before = artifacts_of(trial / "out");
  std::string good = trial.read("recipes/r.lua");
  trial.write("recipes/r.lua", "while true do end\n" + good);
  trial.refuses({.says = {"recipes/r.lua:1: error: recipe ran for too long"}});
  EXPECT_EQ(artifacts_of(trial / "out"), before);
  trial.write("recipes/r.lua", good);
  trial.builds();
  EXPECT_EQ(artifacts_of(trial / "out"), before);
}

}  // namespace
}  // namespace remedia
