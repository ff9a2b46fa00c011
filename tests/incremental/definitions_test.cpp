// Definitions: which stages follow a new package, another day and each field, and that images
// without definitions are none of them.

#include "incremental/surgery.h"
#include "support/definition_packages.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace remedia {
namespace {

namespace dp = definition_packages;
using Stages = std::set<std::string>;
using surgery::change_recipe;

constexpr const char* kRecipe = R"(
local windows = source { media = "@media/stand-in.iso", image = "winre" }
local definitions = defender { "defs/mpam.exe", "defs/nis" }
return {
  wim { name = "one", from = windows, defender = definitions },
  wim { name = "two", from = windows, defender = definitions },
  wim { name = "plain", from = windows },
}
)";

constexpr const char* kPackage = "defs/mpam.exe";
const Stages kNothing = {};
const Stages kImages = {"WIM r/one", "MANIFEST r/one", "WIM r/two", "MANIFEST r/two"};
const Stages kPlaced = {"DEFENDER defs/mpam.exe", "COMPRESS defs/mpam.exe"};
const Stages kScans = {"SCAN defs/mpam.exe", "SCAN defs/nis"};

Stages operator+(Stages a, const Stages& b) {
  a.insert(b.begin(), b.end());
  return a;
}

class Definitions : public testing::Test {
 protected:
  Definitions() {
    space_.write("recipes/r.lua", kRecipe);
    space_.write(kPackage, dp::package());
    dp::write(space_ / "defs/nis", dp::network());
    space_.write("defs/root.pem", signing::test_ca().pem());
  }

  Stages build(const std::string& as_of = "2026-11-20") {
    return space_.build({"-D", "as_of=" + as_of, "recipes/r.lua"});
  }
  void fields(const std::string& text) const {
    std::string recipe = kRecipe;
    recipe.insert(recipe.find(" }\nreturn"), ", " + text);
    space_.write("recipes/r.lua", recipe);
  }
  nlohmann::json image(const std::string& name) const {
    std::string file = "out/r/" + name + "/" + name + ".manifest.json";
    return nlohmann::json::parse(space_.read(file))["images"][0];
  }
  std::size_t pack_size() const {
    std::size_t size = 0;
    for (const auto& entry : fs::directory_iterator(space_ / "out/.store/definition_files")) {
      if (entry.path().extension() == ".pack") size += entry.file_size();
    }
    return size;
  }

  Space space_;
};

TEST_F(Definitions, FirstBuildRunsEverythingAndTheSecondNothing) {
  EXPECT_EQ(build(),
            (kScans + kPlaced + kImages +
             Stages{"SOURCE @media/stand-in.iso winre", "WIM r/plain", "MANIFEST r/plain"}));
  for (const char* once :
       {"SCAN defs/mpam.exe", "DEFENDER defs/mpam.exe", "COMPRESS defs/mpam.exe"})
    EXPECT_EQ(surgery::count(space_, once), 1) << once << ", of two images";
  EXPECT_EQ(build(), kNothing);
  EXPECT_EQ(space_.ninja(), kNothing);
  EXPECT_EQ(image("one")["definitions"], image("two")["definitions"]);
  EXPECT_FALSE(image("plain").contains("definitions"));
  EXPECT_LT(pack_size(), 4096u) << "what goes in whole is not kept in pieces";
}

TEST_F(Definitions, AnotherDayAsksAgainAndBuildsNothing) {
  build();
  auto artifacts = artifacts_of(space_ / "out");
  for (const char* day : {"2026-11-21", "2026-11-29", "2026-11-15"}) {
    EXPECT_EQ(build(day), Stages{"DEFENDER defs/mpam.exe"}) << day;
    EXPECT_EQ(build(day), kNothing) << day;
  }
  EXPECT_EQ(artifacts_of(space_ / "out"), artifacts);
  std::string said = space_.failing_build({"-D", "as_of=2026-11-30", "recipes/r.lua"});
  EXPECT_NE(said.find("15 days before as_of (2026-11-30)"), said.npos) << said;
  EXPECT_EQ(artifacts_of(space_ / "out"), artifacts);
  // The stale ones are replaced.
  space_.write(kPackage, dp::package({.version = "1.403.99.0", .day = "2026-11-29"}));
  EXPECT_EQ(build("2026-11-30"), (kPlaced + kImages + Stages{"SCAN defs/mpam.exe"}));
}

TEST_F(Definitions, NewPackageReachesTheImagesThatCarryIt) {
  build();
  auto artifacts = artifacts_of(space_ / "out");
  space_.write(kPackage, dp::package({.version = "1.403.56.0"}));
  EXPECT_EQ(build(), (kPlaced + kImages + Stages{"SCAN defs/mpam.exe"}));
  EXPECT_EQ(image("two")["definitions"][0]["signature_version"], "1.403.56.0");
  EXPECT_EQ(build(), kNothing);
  space_.write(kPackage, dp::package());
  EXPECT_EQ(build(), (kPlaced + kImages + Stages{"SCAN defs/mpam.exe"}));
  EXPECT_EQ(artifacts_of(space_ / "out"), artifacts);
  dp::write(space_ / "defs/nis", dp::network({.text = "new"}));
  EXPECT_EQ(build(), (kPlaced + kImages + Stages{"SCAN defs/nis"}));
  space_.write("defs/nis/readme.txt", "of the vendor");
  EXPECT_EQ(build(), (kPlaced + kImages + Stages{"SCAN defs/nis"}));
}

TEST_F(Definitions, TouchedFilesAreHashedAndNoMore) {
  build();
  space_.touch(kPackage);
  EXPECT_EQ(build(), Stages{"SCAN defs/mpam.exe"});
  space_.touch("defs/nis/NisFull.vdm");
  EXPECT_EQ(build(), Stages{"SCAN defs/nis"});
  EXPECT_EQ(build(), kNothing);
}

TEST_F(Definitions, WhatIsUnpackedStaysIfThePackageIsTheSame) {
  fields("unpack = true");
  build();
  auto pack = [&] {
    for (const auto& entry : fs::directory_iterator(space_ / "out/.store/definition_files")) {
      if (entry.path().extension() == ".pack" && entry.file_size() > 4096)
        return fs::last_write_time(entry);
    }
    return fs::file_time_type();
  };
  const auto before = pack();
  space_.touch(kPackage);
  EXPECT_EQ(build(), Stages{"SCAN defs/mpam.exe"});
  EXPECT_EQ(pack(), before);
  EXPECT_EQ(build("2026-11-22"), Stages{"DEFENDER defs/mpam.exe"});
}

TEST_F(Definitions, EachFieldRunsWhatItIsAbout) {
  build();
  const Stages placed = kPlaced + kImages + Stages{"GRAPH"};
  const Stages scanned = placed + kScans;
  struct Row {
    const char* fields;
    Stages runs;
  };
  const Row rows[] = {
      {"max_age = \"20d\"", placed},     {"max_age = \"off\"", placed},
      {"to = \"Scan\"", placed},         {"unpack = true", scanned},
      {"allow_unsigned = true", placed}, {"anchors = \"defs/root.pem\"", scanned},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.fields);
    fields(row.fields);
    EXPECT_EQ(build(), row.runs);
    EXPECT_EQ(build(), kNothing);
    space_.write("recipes/r.lua", kRecipe);
    build();
  }
}

TEST_F(Definitions, AnchorsAreReadAgain) {
  fields("anchors = \"defs/root.pem\"");
  build();
  space_.write("defs/root.pem", signing::test_ca().pem() + signing::foreign_ca().pem());
  EXPECT_EQ(build(), Stages{"DEFENDER defs/mpam.exe"});
  space_.write("defs/root.pem", signing::foreign_ca().pem());
  std::string said = space_.failing_build({"-D", "as_of=2026-11-20", "recipes/r.lua"});
  EXPECT_NE(said.find("signature of 'defs/mpam.exe'"), said.npos) << said;
}

// A package that is replaced between the stages goes into no image, and the next build sees it.
TEST_F(Definitions, PackageWithAnOldTimeIsSeen) {
  build();
  const auto time = fs::last_write_time(space_ / kPackage);
  space_.write(kPackage, dp::package({.version = "1.403.56.0"}));
  fs::last_write_time(space_ / kPackage, time);
  std::string said = space_.failing_build({"-D", "as_of=2026-11-21", "recipes/r.lua"});
  EXPECT_NE(said.find("'defs/mpam.exe' changed while the image was built"), said.npos) << said;
  build("2026-11-21");
  EXPECT_EQ(image("one")["definitions"][0]["signature_version"], "1.403.56.0");
}

}  // namespace
}  // namespace remedia
