// Symbols: which stages follow a change of each field and file, and what images share.

#include "incremental/space.h"
#include "media/wim.h"
#include "support/debug_programs.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace remedia {
namespace {

using debug_programs::make;
using debug_programs::Pair;
using Stages = std::set<std::string>;

constexpr const char* kRecipe = R"(
local windows = source { media = "media/pe.wim", image = 1,
                         boot_files = source { media = "@media/stand-in.iso", image = "pe" } }
local wanted = symbols { { "media/store", "media/more" }, files = { "a.sys", "b.sys" } }
return {
  wim { name = "one", from = windows, symbols = wanted },
  wim { name = "two", from = windows, symbols = wanted },
}
)";

const Stages kNothing = {};

/// What becomes of another choice.
Stages chosen(const std::string& image) {
  return {"SYMBOLS r/" + image, "COMPRESS symbols", "WIM r/" + image, "MANIFEST r/" + image};
}
Stages operator+(Stages a, const Stages& b) {
  a.insert(b.begin(), b.end());
  return a;
}
const Stages kChosen = chosen("one") + chosen("two");
const Stages kFind = {"FIND symbols r/one", "FIND symbols r/two"};
const Stages kIds = {"IDS media/pe.wim 1"};

class Symbols : public testing::Test {
 protected:
  Symbols() {
    write_base();
    space_.write("media/store/" + a_.path(), a_.pdb);
    space_.write("media/more/index2.txt", "");
    space_.write("media/more/b./" + b_.path(), b_.pdb);
    space_.write("recipes/r.lua", kRecipe);
    build();
  }

  void write_base(const std::string& more = "") const {
    const std::string drivers = "Windows/System32/drivers/";
    std::map<std::string, std::string> files = {{drivers + "a.sys", a_.program},
                                                {drivers + "b.sys", b_.program}};
    if (!more.empty()) files["Windows/more.txt"] = more;
    std::vector<wim::Addition> additions;
    for (const auto& [path, content] : files) {
      const fs::path file = scratch_.write("file" + std::to_string(additions.size()), content);
      additions.push_back({.target = path, .content = Slice::whole(file)});
    }
    fs::create_directories(space_ / "media");
    wim::capture(
        {{.name = "Windows PE", .additions = additions, .properties = {{"WINDOWS/ARCH", "9"}}}},
        {.boot_index = 1}, space_ / "media/pe.wim");
  }

  /// The stages that ran, but for the graph, which is written anew for each recipe.
  Stages build() {
    Stages ran = space_.build();
    ran.erase("GRAPH");
    return ran;
  }

  void change_recipe(const std::string& from, const std::string& to) const {
    std::string recipe = space_.read("recipes/r.lua");
    ASSERT_NE(recipe.find(from), recipe.npos);
    space_.write("recipes/r.lua", with_replaced(recipe, from, to));
  }

  nlohmann::json symbols_of(const std::string& image) const {
    std::string file = "out/r/" + image + "/" + image + ".manifest.json";
    return nlohmann::json::parse(space_.read(file))["images"][0]["symbols"];
  }

  Scratch scratch_;
  Space space_;
  const Pair a_ = make({.name = "a.sys", .pdb = "a.pdb"});
  const Pair b_ = make({.name = "b.sys", .pdb = "b.pdb"});
};

TEST_F(Symbols, RunOnceForAllImages) {
  EXPECT_EQ(symbols_of("one").size(), 2u);
  EXPECT_EQ(symbols_of("one"), symbols_of("two"));
  int scans = 0;
  for (std::size_t at = 0; (at = space_.output.find("SCAN media", at)) != std::string::npos; ++at)
    ++scans;
  EXPECT_EQ(scans, 2) << space_.output;
}

TEST_F(Symbols, UnchangedAreNoWork) {
  EXPECT_EQ(build(), kNothing);
  space_.touch("recipes/r.lua");
  EXPECT_EQ(build(), kNothing);
}

TEST_F(Symbols, TouchedAreReadAndNothingElse) {
  space_.touch("media/store/" + a_.path());
  const Stages read = {"SCAN media/store", "SYMBOLS r/one", "SYMBOLS r/two"};
  EXPECT_EQ(build(), read);
  EXPECT_EQ(build(), kNothing);
}

TEST_F(Symbols, ThatNobodyWantsEndWithTheSearch) {
  space_.write("media/store/other.pdb", make({.pdb = "other.pdb", .number = 7}).pdb);
  EXPECT_EQ(build(), Stages{"SCAN media/store"} + kFind);
  fs::remove(space_ / "media/store/other.pdb");
  EXPECT_EQ(build(), Stages{"SCAN media/store"} + kFind);
  EXPECT_EQ(build(), kNothing);
}

TEST_F(Symbols, WithOtherContentGoThroughTheirChain) {
  space_.write("media/store/" + a_.path(), a_.pdb + "private");
  EXPECT_EQ(build(), Stages{"SCAN media/store"} + kFind + kChosen);
  EXPECT_EQ(symbols_of("two")[0]["size"], a_.pdb.size() + 7);
}

TEST_F(Symbols, ThatAppearAndGoAreSeen) {
  fs::remove(space_ / ("media/store/" + a_.path()));
  const std::string output = space_.failing_build();
  EXPECT_NE(output.find("a.pdb with " + a_.key), std::string::npos) << output;
  EXPECT_EQ(space_.read("out/r/one/one.symchk.txt"), a_.line() + "\r\n");
  space_.write("media/more/a.pd_", a_.packed());
  const Stages ran = build();
  EXPECT_TRUE(ran.contains("SCAN media/more"));
  EXPECT_EQ(space_.read("out/r/one/one.symchk.txt"), "");
  EXPECT_EQ(symbols_of("one")[0]["origin"], "media/more/a.pd_");
  EXPECT_EQ(build(), kNothing);
}

TEST_F(Symbols, OfAnotherWindowsAreSearchedAnew) {
  // Another base with the same drivers: what they ask for is as before.
  write_base("more");
  Stages ran = build();
  EXPECT_TRUE(ran.contains("IDS media/pe.wim 1"));
  EXPECT_FALSE(ran.contains("FIND symbols r/one"));
  EXPECT_FALSE(ran.contains("COMPRESS symbols"));
  EXPECT_EQ(build(), kNothing);
}

TEST_F(Symbols, FieldsConcernOnlyWhatTheyDecide) {
  change_recipe("files = {", "max_size = \"300MiB\", files = {");
  EXPECT_EQ(build(), kChosen);
  change_recipe("\"a.sys\", \"b.sys\"", "\"b.sys\", \"A.SYS\"");  // the same files
  Stages ran = build();
  EXPECT_FALSE(ran.contains("IDS media/pe.wim 1"));
  change_recipe("\"b.sys\", \"A.SYS\"", "\"b.sys\"");
  EXPECT_EQ(build(), kIds + kFind + kChosen);
  EXPECT_EQ(symbols_of("one").size(), 1u);
  change_recipe("name = \"two\"", "name = \"three\"");
  ran = build();
  EXPECT_TRUE(ran.contains("FIND symbols r/three"));
  EXPECT_FALSE(ran.contains("FIND symbols r/one"));
  EXPECT_FALSE(ran.contains("SCAN media/store"));
}

TEST_F(Symbols, AreTheSameWhicheverWayTheyWereBuilt) {
  auto whole = artifacts_of(space_ / "out");
  fs::remove(space_ / ("media/store/" + a_.path()));
  space_.failing_build();
  space_.write("media/store/" + a_.path(), a_.pdb);
  build();
  EXPECT_EQ(artifacts_of(space_ / "out"), whole);
  fs::remove_all(space_ / "out");
  build();
  EXPECT_EQ(artifacts_of(space_ / "out"), whole);
}

TEST_F(Symbols, DeclareAllThatTheyRead) {
  ProcessResult result =
      space_.run({"ninja", "-C", (space_ / "out").string(), "-t", "missingdeps"});
  EXPECT_EQ(result.status, 0) << result.output;
}

}  // namespace
}  // namespace remedia
