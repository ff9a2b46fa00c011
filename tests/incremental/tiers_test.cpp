// Tiers and tools: which stages follow a change of each, what images of different tiers share, and
// that what they hold does not depend on how they were built.

#include "incremental/space.h"
#include "media/wim.h"
#include "support/archive_writers.h"
#include "support/digest.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace remedia {
namespace {

using Stages = std::set<std::string>;

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return at == std::string::npos ? text : text.replace(at, from.size(), to);
}

const char kRecipe[] = R"(
local windows = source { media = "@media/stand-in.iso", image = "winre" }
local look = tool { id = "look", title = "Look", description = "Looks.", risk = "low",
  files = { "look" }, command = [[X:\Tools\look\look.cmd]] }
local fix = tool { id = "fix", title = "Fix", description = "Fixes.", risk = "high",
  files = { "fix.zip" }, command = [[X:\Tools\fix\fix.cmd]], needs = { "windows" } }
local l1 = tier { name = "L1", allow = { look }, forbid = { "Windows/regedit.exe" },
  expires = "30d" }
local l2 = tier { name = "L2", allow = { look, fix }, forbid = { "Windows/regedit.exe" } }
return {
  wim { name = "one", from = windows, tier = l1 },
  wim { name = "two", from = windows, tier = l2 },
  wim { name = "plain", from = windows },
}
)";

class Tiers : public testing::Test {
 protected:
  Tiers() {
    space_.write("recipes/r.lua", kRecipe);
    space_.write("overlays/look/Tools/look/look.cmd", "@echo off\r\necho look\r\n");
    space_.write("overlays/fix.zip", fix("echo fix"));
  }

  static std::string fix(const std::string& command) {
    return write_zip(
        {{.name = "Tools/fix/fix.cmd", .content = "@echo off\r\n" + command + "\r\n"}});
  }

  Stages build(const std::string& as_of = "2026-11-21") {
    return space_.build({"-D", "as_of=" + as_of, "recipes/r.lua"});
  }

  void change(const std::string& from, const std::string& to) {
    space_.write("recipes/r.lua", replaced(space_.read("recipes/r.lua"), from, to));
  }

  nlohmann::json manifest(const std::string& name) const {
    return nlohmann::json::parse(space_.read("out/r/" + name + "/" + name + ".manifest.json"));
  }

  std::string in_image(const std::string& name, const std::string& path) const {
    fs::path file = space_ / ("out/r/" + name + "/boot.wim");
    wim::File image(Slice::whole(file), file.string());
    const wim::Entry* entry = image.find(1, path);
    if (entry == nullptr) return "(none)";
    fs::path copy = space_ / "extracted";
    image.extract(1, *entry, copy);
    return read_file(copy, 8 << 20);
  }

  static Stages image_of(const std::string& name) {
    return {"SETTINGS r/" + name, "COMPRESS settings of r/" + name, "WIM r/" + name,
            "MANIFEST r/" + name};
  }

  static Stages united(std::initializer_list<Stages> sets) {
    Stages all;
    for (const Stages& set : sets) all.insert(set.begin(), set.end());
    return all;
  }

  Space space_;
};

TEST_F(Tiers, ShareTheirBaseItsRemovalsAndTheirTools) {
  Stages first = build();
  EXPECT_TRUE(first.contains("UNPACK fix.zip"));
  EXPECT_TRUE(first.contains("OVERLAY look"));
  EXPECT_EQ(first.count("REMOVE r/one") + first.count("REMOVE r/two"), 1u);
  EXPECT_EQ(build(), Stages{});
  EXPECT_EQ(in_image("one", "Tools/look/look.cmd"), "@echo off\r\necho look\r\n");
  EXPECT_EQ(in_image("one", "Tools/fix/fix.cmd"), "(none)");
  EXPECT_EQ(in_image("two", "Tools/fix/fix.cmd"), "@echo off\r\necho fix\r\n");
  EXPECT_EQ(in_image("plain", "Remedia/policy.txt"), "(none)");
  EXPECT_EQ(in_image("one", "Windows/regedit.exe"), "(none)");
  EXPECT_NE(in_image("plain", "Windows/regedit.exe"), "(none)");
}

TEST_F(Tiers, FieldsRunTheirImagesAndNothingElse) {
  build();
  struct Row {
    const char* from;
    const char* to;
    Stages stages;
  };
  const Stages one = image_of("one");
  const Stages two = image_of("two");
  const Stages both = united({one, two});
  const Row rows[] = {
      {"expires = \"30d\"", "expires = \"31d\"", one},
      {"expires = \"31d\"", "expires = \"31d\", grace_days = 2", one},
      {"grace_days = 2", "grace_days = 2, expired = \"read_only\"", one},
      {"name = \"L2\"", "name = \"L2\", clock = \"refuse\"", two},
      {"clock = \"refuse\"", "contact = \"Help desk\"", two},
      {"contact = \"Help desk\"", "language = \"de\"", two},
      {"language = \"de\"", "network = true", two},
      {"network = true", "confirm = \"all\"", two},
      {"title = \"Look\"", "title = \"Look!\"", both},
      {"description = \"Fixes.\"", "description = \"Repairs.\"", two},
      {"risk = \"high\"", "risk = \"destructive\"", two},
      {"fix.cmd]]", "fix.cmd]], group = \"Repair\"", two},
      {"needs = { \"windows\" }", "licence = \"Ours\"", two},
      {"licence = \"Ours\"", "redistributable = true", two},
  };
  std::string before =
      space_.read("out/r/one/one.manifest.json") + space_.read("out/r/two/two.manifest.json");
  for (const Row& row : rows) {
    SCOPED_TRACE(row.to);
    change(row.from, row.to);
    EXPECT_EQ(build(), united({row.stages, {"GRAPH"}}));
    std::string now =
        space_.read("out/r/one/one.manifest.json") + space_.read("out/r/two/two.manifest.json");
    EXPECT_NE(now, before);
    before = now;
  }
  EXPECT_EQ(build(), Stages{});
}

TEST_F(Tiers, AnotherForbiddenPathWritesTheBaseOfThatTierAnew) {
  build();
  change("allow = { look, fix }, forbid = { \"Windows/regedit.exe\" }",
         "allow = { look, fix }, forbid = { \"Windows/regedit.exe\", \"setup.exe\" }");
  EXPECT_EQ(build(), united({image_of("two"), {"GRAPH", "REMOVE r/two"}}));
}

TEST_F(Tiers, FilesOfAToolReachTheImagesThatHaveIt) {
  build();
  space_.touch("overlays/fix.zip");
  EXPECT_EQ(build(), Stages{"UNPACK fix.zip"});
  space_.write("overlays/fix.zip", fix("echo better"));
  EXPECT_EQ(build(), (Stages{"UNPACK fix.zip", "COMPRESS fix.zip", "WIM r/two", "MANIFEST r/two"}));
  EXPECT_EQ(in_image("two", "Tools/fix/fix.cmd"), "@echo off\r\necho better\r\n");
  space_.write("overlays/look/Tools/look/more.txt", "more\n");
  EXPECT_EQ(build(), (Stages{"OVERLAY look", "COMPRESS look", "WIM r/one", "MANIFEST r/one",
                             "WIM r/two", "MANIFEST r/two"}));
}

TEST_F(Tiers, TheDayBelongsToImagesWithATier) {
  build();
  EXPECT_EQ(build("2026-11-22"), united({image_of("one"), image_of("two")}));
  EXPECT_NE(in_image("one", "Remedia/policy.txt").find("expires = 2026-12-22\r\n"),
            std::string::npos);
  EXPECT_EQ(manifest("one")["images"][0]["tier"]["as_of"], "2026-11-22");
  EXPECT_EQ(manifest("one")["images"][0]["tier"]["expires"], "2026-12-22");
  EXPECT_FALSE(manifest("plain")["images"][0].contains("tier"));
}

TEST_F(Tiers, ManifestsSayWhatTheTierTookAndGave) {
  build();
  nlohmann::json two = manifest("two")["images"][0];
  EXPECT_EQ(two["serviceable"], false);
  EXPECT_EQ(manifest("plain")["images"][0]["serviceable"], true);
  EXPECT_EQ(two["tier"]["shell"], "launcher");
  EXPECT_EQ(two["shell"], "launcher");
  ASSERT_EQ(two["tier"]["tools"].size(), 2u);
  EXPECT_EQ(two["tier"]["tools"][0]["id"], "fix");
  EXPECT_EQ(two["tier"]["tools"][0]["files"], nlohmann::json({"Tools/fix/fix.cmd"}));
  EXPECT_EQ(two["tier"]["forbidden"][0]["pattern"], "Windows/regedit.exe");
  EXPECT_GE(two["tier"]["forbidden"][0]["found"], 2) << "the copy in WinSxS has to go, too";
  EXPECT_EQ(two["tier"]["revision"].get<std::string>().size(), 16u);
  EXPECT_NE(in_image("two", "Remedia/policy.txt")
                .find("revision = " + two["tier"]["revision"].get<std::string>()),
            std::string::npos);
}

TEST_F(Tiers, BelowWindowsOwnMenuTheLauncherIsItsOneTool) {
  space_.write("recipes/r.lua", R"(
local windows = source { media = "@media/stand-in.iso", image = "winre" }
local look = tool { id = "look", title = "Look", description = "Looks.", risk = "low",
  files = { "look" }, command = [[X:\Tools\look\look.cmd]] }
local level = tier { name = "L1", shell = "winre", allow = { look }, expires = "30d" }
return partition { boot = wim { name = "one", from = windows, tier = level } }
)");
  build();
  EXPECT_EQ(in_image("one", "Remedia/remedia.exe"), "(none)");
  EXPECT_EQ(in_image("one", "Sources/Recovery/Tools/remedia.exe"),
            read_file(fs::path(space_.runner).parent_path().parent_path() /
                          "share/remedia/launcher/amd64/remedia.exe",
                      1 << 20));
  EXPECT_NE(in_image("one", "Sources/Recovery/Tools/WinREConfig.xml").find(">remedia.exe<"),
            std::string::npos);
  EXPECT_NE(in_image("one", "Windows/System32/winpeshl.ini").find("recenv.exe"), std::string::npos);
  EXPECT_NE(in_image("one", "Remedia/policy.txt").find("shell = winre\r\n"), std::string::npos);
  nlohmann::json image = manifest("one")["images"][0];
  EXPECT_EQ(image["shell"], "winre");
  EXPECT_EQ(image["serviceable"], true);
}

TEST_F(Tiers, SameBitsInAnotherFolderAndInAnotherOrder) {
  build();
  auto before = artifacts_of(space_ / "out");
  Space other;
  other.write("recipes/r.lua", kRecipe);
  other.write("overlays/look/Tools/look/look.cmd", "@echo off\r\necho look\r\n");
  other.write("overlays/fix.zip", fix("echo fix"));
  other.build({"-D", "as_of=2026-11-21", "recipes/r.lua", "--", "-j1"});
  EXPECT_EQ(artifacts_of(other / "out"), before);
  change("expires = \"30d\"", "expires = \"90d\"");
  build();
  change("expires = \"90d\"", "expires = \"30d\"");
  build();
  EXPECT_EQ(artifacts_of(space_ / "out"), before);
}

TEST_F(Tiers, ArchivesThatAreUnpackedAtOnceDoNotMix) {
  std::string tools;
  for (int i = 0; i < 6; ++i) {
    std::string content = std::string(std::size_t{4} << 20, static_cast<char>('a' + i));
    space_.write(fmt::format("overlays/{}.zip", i),
                 write_zip({{.name = fmt::format("T{}/a.txt", i), .content = content}}));
    tools += fmt::format("\"{}.zip\", ", i);
  }
  space_.write("recipes/r.lua", fmt::format(R"(
local windows = source {{ media = "@media/stand-in.iso", image = "winre" }}
return wim {{ name = "one", from = windows, overlays = {{ {} }} }}
)",
                                            tools));
  space_.build({"recipes/r.lua", "--", "-j6"});
  for (int i = 0; i < 6; ++i) {
    std::string content = in_image("one", fmt::format("T{}/a.txt", i));
    EXPECT_EQ(content, std::string(std::size_t{4} << 20, static_cast<char>('a' + i))) << i;
  }
}

// The launcher comes with the program: share/remedia beside bin.
class Installed : public Tiers {
 protected:
  Installed() {
    fs::create_directories(space_ / "bin");
    fs::copy_file(space_.runner, space_ / "bin/remedia");
    fs::path shipped = fs::path(space_.runner).parent_path().parent_path() / "share/remedia";
    fs::create_directories(space_ / "share/remedia");
    fs::copy(shipped / "launcher", space_ / "share/remedia/launcher", fs::copy_options::recursive);
    space_.runner = (space_ / "bin/remedia").string();
  }
};

TEST_F(Installed, ANewLauncherGoesIntoEveryImageThatStartsIt) {
  build();
  std::string program = space_.read("share/remedia/launcher/amd64/remedia.exe");
  space_.write("share/remedia/launcher/amd64/remedia.exe", program + std::string(8, '\0'));
  EXPECT_EQ(build(), united({image_of("one"), image_of("two")}));
  EXPECT_EQ(in_image("two", "Remedia/remedia.exe"), program + std::string(8, '\0'));
}

TEST_F(Installed, WithoutItsLauncherTiersAreAnErrorAndNothingIsMade) {
  fs::remove_all(space_ / "share/remedia/launcher");
  std::string output = space_.failing_build({"-D", "as_of=2026-11-21", "recipes/r.lua"});
  EXPECT_NE(output.find("this Remedia was built without its launcher for amd64"), std::string::npos)
      << output;
  EXPECT_FALSE(fs::exists(space_ / "out/r/one/boot.wim"));
}

}  // namespace
}  // namespace remedia
