// The same recipe and inputs give the same bits: in any folder, with any number of jobs, in any
// process, whatever else runs.

#include "incremental/evidence_space.h"
#include "incremental/surgery.h"

#include <thread>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

namespace remedia {
namespace {

// Enough of everything for an order that is not fixed to show.
constexpr const char* kRecipe = R"(
local windows = source { media = "@media/stand-in.iso", image = "winre" }
local setup = source { media = "@media/stand-in.iso", image = "setup" }
local images = {}
for name, overlays in pairs { l1 = { "common" }, l2 = { "common", "tools" }, l3 = { "tools" } } do
  images[#images + 1] = wim { name = name, from = name == "l3" and setup or windows, overlays = overlays }
end
return { iso { name = "all", boot = images }, images }
)";

void fill(const Space& space) {
  space.write("recipes/r.lua", kRecipe);
  for (int i = 0; i < 40; ++i) {
    space.write("overlays/tools/Tools/" + std::to_string(i * 7919 % 40) + ".txt",
                "tool " + std::to_string(i));
  }
}

TEST(Reproducible, TwentyProcessesGiveOneGraph) {
  Space space;
  fill(space);
  std::set<std::string> graphs;
  for (int i = 0; i < 20; ++i) {
    ASSERT_EQ(space.run({space.runner, "graph", "out", "recipes/r.lua"}).status, 0);
    graphs.insert(space.read("out/build.ninja") + space.read("out/where.json"));
  }
  EXPECT_EQ(graphs.size(), 1u);
}

TEST(Reproducible, FoldersAndJobCountsDoNotMatter) {
  Space one;
  fill(one);
  one.build({"recipes/r.lua", "--", "-j1"});
  Space two;
  fs::rename(two.root(),
             two.root().parent_path() / "a much longer name than the other, with spaces");
  fs::create_directory_symlink(
      two.root().parent_path() / "a much longer name than the other, with spaces", two.root());
  fill(two);
  two.environment = {{"TZ", "Asia/Tokyo"}, {"LC_ALL", "C.UTF-8"}};
  two.build({"recipes/r.lua", "--", "-j8"});
  auto first = artifacts_of(one / "out");
  EXPECT_EQ(first, artifacts_of(two / "out"));
  EXPECT_EQ(first.size(), 8u);
}

// Removals, registry, settings, background, two overlays: the order of work, the umask, the time
// zone and the files' own dates and modes show nowhere.
TEST(Reproducible, NothingAroundChangesAnImageThatWasOperatedOn) {
  Space one;
  surgery::fill(one);
  one.build({"recipes/r.lua", "--", "-j1"});
  auto first = artifacts_of(one / "out");
  EXPECT_EQ(first.size(), 3u);

  Space two;
  fs::path long_name = two.root().parent_path() / "a much longer name than the other, with spaces";
  fs::rename(two.root(), long_name);
  fs::create_directory_symlink(long_name, two.root());
  surgery::fill(two);
  for (const auto& entry : fs::recursive_directory_iterator(two / "overlays")) {
    timespec times[2] = {{1000000000, 0}, {1000000000, 0}};
    ASSERT_EQ(utimensat(AT_FDCWD, entry.path().c_str(), times, 0), 0);
    fs::permissions(entry.path(), entry.is_directory() ? fs::perms(0700) : fs::perms(0400));
  }
  two.wrapper = {"sh", "-c", "umask 077; exec \"$@\"", "sh"};
  two.environment = {{"TZ", "Asia/Tokyo"}, {"LC_ALL", "C.UTF-8"}, {"HOME", "/nowhere"}};
  two.build({"recipes/r.lua", "--", "-j2"});
  EXPECT_EQ(artifacts_of(two / "out"), first);

  for (const auto& entry : fs::recursive_directory_iterator(two.root())) {
    std::string name = entry.path().lexically_relative(two.root()).string();
    if (entry.is_regular_file() && !name.starts_with("out")) two.touch(name);
  }
  two.ninja({"-j2"});
  EXPECT_EQ(artifacts_of(two / "out"), first) << "after touching everything";
  fs::remove_all(two / "out");
  two.build({"recipes/r.lua", "--", "-j8"});
  EXPECT_EQ(artifacts_of(two / "out"), first) << "from nothing again";
}

TEST(Reproducible, BothOfTwoBuildsAtOnceAreRight) {
  Space alone;
  fill(alone);
  alone.build();
  Space a;
  Space b;
  fill(a);
  fill(b);
  std::thread other([&] { b.build(); });
  a.build();
  other.join();
  EXPECT_EQ(artifacts_of(a / "out"), artifacts_of(alone / "out"));
  EXPECT_EQ(artifacts_of(b / "out"), artifacts_of(alone / "out"));
}

TEST(Reproducible, EveryGeneratedFileThatIsUsedIsDeclared) {
  Space space;
  fill(space);
  space.build();
  space.ninja({"-t", "missingdeps"});
  EXPECT_NE(space.output.find("No missing dependencies on generated files found"),
            std::string::npos)
      << space.output;
}

TEST(Reproducible, CleanRemovesWhatWasBuilt) {
  Space space;
  fill(space);
  space.build();
  auto before = artifacts_of(space / "out");
  space.ninja({"-t", "clean"});
  EXPECT_TRUE(artifacts_of(space / "out").empty());
  space.ninja();
  EXPECT_EQ(artifacts_of(space / "out"), before);
}

constexpr const char* kAllWords = R"(
local windows = source { media = "@media/stand-in.iso", image = "winre" }
local kit = debuggers { "kit" }
local images = {}
for i, place in ipairs { "image", "data", "image" } do
  images[i] = wim { name = "l" .. i, title = "Level " .. i, from = windows, debuggers = kit,
    defender = defender { "defs/mpam.exe", "defs/nis", place = place, unpack = i ~= 1 },
    symbols = symbols { "store", IDS, place = place } }
end
return { usb { name = "all", boot = images },
         iso { name = "disc", boot = { images[1], images[3] } } }
)";

void fill_all_words(const Space& space) {
  evidence::fill(space);
  fs::remove(space / ("store/" + evidence::first_pair().path()));
  space.write("store/a.pd_", evidence::first_pair().packed());
  space.write("recipes/r.lua", with_replaced(kAllWords, "IDS", evidence::ids()));
}

// Definitions, debuggers and symbols, in images and on a data partition.
TEST(Reproducible, SoIsWhatImagesKnow) {
  Space one;
  fill_all_words(one);
  one.build({"-D", "as_of=2026-11-20", "recipes/r.lua", "--", "-j1"});
  const auto first = artifacts_of(one / "out");
  EXPECT_TRUE(first.contains("r/all/all.usb.img"));

  Space two;
  const fs::path long_name = two.root().parent_path() / "a much longer name, with spaces";
  fs::rename(two.root(), long_name);
  fs::create_directory_symlink(long_name, two.root());
  fill_all_words(two);
  two.environment = {{"TZ", "Asia/Tokyo"}, {"LC_ALL", "C.UTF-8"}, {"HOME", "/nowhere"}};
  two.wrapper = {"sh", "-c", "umask 077; exec \"$@\"", "sh"};
  two.build({"-D", "as_of=2026-11-20", "recipes/r.lua", "--", "-j4"});
  EXPECT_EQ(artifacts_of(two / "out"), first);
  fs::remove_all(two / "out");
  two.build({"-D", "as_of=2026-11-20", "recipes/r.lua", "--", "-j2"});
  EXPECT_EQ(artifacts_of(two / "out"), first) << "from nothing again";
}

}  // namespace
}  // namespace remedia
