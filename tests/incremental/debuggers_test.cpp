// Debuggers: which stages follow a change of the kit, in each of its forms, and that nothing in an
// image depends on how it was made.

#include "incremental/surgery.h"
#include "media/wim.h"
#include "support/debugger_kits.h"
#include "support/digest.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace remedia {
namespace {

namespace dk = debugger_kits;
using Stages = std::set<std::string>;

constexpr const char* kRecipe = R"(
local windows = source { media = "@media/stand-in.iso", image = "winre" }
local kit = debuggers { "kit" }
return {
  wim { name = "one", from = windows, debuggers = kit },
  wim { name = "two", from = windows, debuggers = kit },
  wim { name = "plain", from = windows },
}
)";

const Stages kNothing = {};
const Stages kImages = {"WIM r/one", "MANIFEST r/one", "WIM r/two", "MANIFEST r/two"};

Stages operator+(Stages a, const Stages& b) {
  a.insert(b.begin(), b.end());
  return a;
}

/// What becomes of other content.
Stages chain(const std::string& kit) {
  return Stages{"DEBUGGERS " + kit, "COMPRESS " + kit} + kImages;
}

class Debuggers : public testing::Test {
 protected:
  Debuggers() {
    space_.write("recipes/r.lua", kRecipe);
    files_ = dk::tools({.folder = "Windows Kits/10/Debuggers/x64"});
    for (auto& [path, content] :
         dk::tools({.arch = "arm64", .folder = "Windows Kits/10/Debuggers/arm64"}))
      files_[path] = content;
    dk::write(space_ / "kit", files_);
  }

  void names(const std::string& path) const {
    std::string recipe = kRecipe;
    recipe.replace(recipe.find("\"kit\""), 5, '"' + path + '"');
    space_.write("recipes/r.lua", recipe);
  }

  /// A file of the kit for amd64.
  std::string x64(const std::string& name) const {
    return "kit/Windows Kits/10/Debuggers/x64/" + name;
  }

  nlohmann::json section(const std::string& name = "one") const {
    return nlohmann::json::parse(
        space_.read("out/r/" + name + "/" + name + ".manifest.json"))["images"][0];
  }

  std::set<std::string> in_image(const std::string& name = "one") const {
    std::set<std::string> paths;
    const fs::path file = space_ / ("out/r/" + name + "/boot.wim");
    wim::File image(Slice::whole(file), name);
    for (const wim::Entry& entry : image.list(1)) {
      if (!entry.directory && entry.path.starts_with("Debuggers/")) paths.insert(entry.path);
    }
    return paths;
  }

  Space space_;
  dk::Files files_;
};

TEST_F(Debuggers, FirstBuildRunsEverythingOnceAndTheSecondNothing) {
  EXPECT_EQ(space_.build(), (chain("kit") + Stages{"SOURCE @media/stand-in.iso winre",
                                                   "WIM r/plain", "MANIFEST r/plain"}));
  EXPECT_EQ(surgery::count(space_, "DEBUGGERS kit"), 1);
  EXPECT_EQ(space_.build(), kNothing);
  EXPECT_EQ(space_.ninja(), kNothing);
  const nlohmann::json of = section()["debuggers"];
  EXPECT_EQ(of["origin"], "kit");
  EXPECT_EQ(of["architecture"], "amd64");
  EXPECT_EQ(of["version"], "10.0.26100.1742");
  EXPECT_EQ(of["programs"], (nlohmann::json{"Debuggers/cdb.exe", "Debuggers/kd.exe"}));
  EXPECT_FALSE(section("plain").contains("debuggers"));
  std::set<std::string> listed;
  for (const auto& file : of["files"]) {
    const std::string path = file["path"];
    listed.insert(path);
    const std::string content =
        files_.at("Windows Kits/10/Debuggers/x64/" + path.substr(std::string("Debuggers/").size()));
    EXPECT_EQ(file["sha256"], sha256(content));
    EXPECT_EQ(file["size"], content.size());
  }
  EXPECT_EQ(in_image(), listed);
  EXPECT_EQ(in_image("two"), listed);
  EXPECT_EQ(in_image("plain"), std::set<std::string>());
}

TEST_F(Debuggers, AChangedExtensionRunsItsChainAlone) {
  space_.build();
  const auto artifacts = artifacts_of(space_ / "out");
  const std::string before = space_.read(x64("winext/ext.dll"));
  space_.write(x64("winext/ext.dll"), before + "newer");
  EXPECT_EQ(space_.build(), chain("kit"));
  EXPECT_NE(artifacts_of(space_ / "out"), artifacts);
  space_.write(x64("winext/ext.dll"), before);
  EXPECT_EQ(space_.build(), chain("kit"));
  EXPECT_EQ(artifacts_of(space_ / "out"), artifacts);
}

TEST_F(Debuggers, OtherFilesOfTheKitChangeNothing) {
  space_.build();
  const auto artifacts = artifacts_of(space_ / "out");
  space_.write(x64("debugger.chm"), "another manual");
  space_.write(x64("windbg.exe"), "not even a program");
  EXPECT_EQ(space_.build(), kNothing) << "nobody looked into them";
  space_.write(x64("new.txt"), "a new file");
  fs::remove(space_ / x64("debugger.chm"));
  EXPECT_EQ(space_.build(), Stages{"DEBUGGERS kit"});
  space_.write("kit/Windows Kits/8.1/readme.txt", "a new folder");
  EXPECT_EQ(space_.build(), Stages{"DEBUGGERS kit"});
  EXPECT_EQ(space_.build(), kNothing);
  EXPECT_EQ(artifacts_of(space_ / "out"), artifacts);
}

TEST_F(Debuggers, TouchedFilesAreHashedAndNoMore) {
  space_.build();
  space_.touch(x64("cdb.exe"));
  EXPECT_EQ(space_.build(), Stages{"DEBUGGERS kit"});
  space_.touch(x64("debugger.chm"));
  EXPECT_EQ(space_.build(), kNothing);
}

TEST_F(Debuggers, FilesThatComeAndGoAreSeen) {
  space_.build();
  const auto artifacts = artifacts_of(space_ / "out");
  const std::string content = space_.read(x64("triage/oca.ini"));
  fs::remove(space_ / x64("triage/oca.ini"));
  EXPECT_EQ(space_.build(), chain("kit"));
  EXPECT_FALSE(in_image().contains("Debuggers/triage/oca.ini"));
  space_.write(x64("triage/oca.ini"), content);
  EXPECT_EQ(space_.build(), chain("kit"));
  EXPECT_EQ(artifacts_of(space_ / "out"), artifacts);
  // Another program of it imports something that was there all the time.
  space_.write(x64("winext/kext.dll"), dk::program("amd64", {"KERNEL32.dll", "uext.dll"}));
  EXPECT_EQ(space_.build(), chain("kit"));
  EXPECT_TRUE(in_image().contains("Debuggers/winext/uext.dll"));
}

TEST_F(Debuggers, AFolderThatWasPassedOverBecomesTheSecond) {
  space_.build();
  space_.write("kit/Windows Kits/10/Debuggers/arm64/dbgeng.dll", space_.read(x64("dbgeng.dll")));
  const std::string output = space_.failing_build();
  EXPECT_NE(output.find("has debuggers for amd64 twice"), std::string::npos) << output;
}

TEST_F(Debuggers, FieldsRunTheChain) {
  space_.build();
  surgery::change_recipe(space_, "\"kit\" }", "\"kit\", to = \"Tools/Debuggers\" }");
  EXPECT_EQ(space_.build(), (chain("kit") + Stages{"GRAPH"}));
  EXPECT_EQ(section()["debuggers"]["programs"][0], "Tools/Debuggers/cdb.exe");
  surgery::change_recipe(space_, "to = \"Tools/Debuggers\"", "to = \"Debuggers\"");
  space_.build();
  const std::string boot = space_.read("out/r/one/boot.wim");
  surgery::change_recipe(space_, ", to = \"Debuggers\"", "");
  EXPECT_EQ(space_.build(), (Stages{"GRAPH", "MANIFEST r/one", "MANIFEST r/two"}))
      << "which is the same, but for the words of the recipe";
  EXPECT_TRUE(space_.read("out/r/one/boot.wim") == boot);
  // What is missing may be excepted, and what is not missing is said.
  space_.write(x64("winext/kext.dll"), dk::program("amd64", {"nowhere.dll"}));
  EXPECT_NE(space_.failing_build().find("imports nowhere.dll"), std::string::npos) << space_.output;
  surgery::change_recipe(space_, "\"kit\" }", "\"kit\", allow_missing = \"nowhere.dll\" }");
  EXPECT_EQ(space_.build(), (chain("kit") + Stages{"GRAPH"}));
}

// --- archives ---

class DebuggerArchives : public Debuggers, public testing::WithParamInterface<const char*> {
 protected:
  DebuggerArchives() {
    names(GetParam());
    make();
  }

  void make() const {
    const std::string name = GetParam();
    if (name == "kit.zip") space_.write(name, dk::zip(files_));
    if (name == "kit.msi") dk::write_msi(space_ / name, files_);
    if (name == "set.msi") dk::write_msi(space_ / name, files_, "5d98420a.cab");
  }
};

TEST_P(DebuggerArchives, GiveTheSameImagesAsTheFolder) {
  const std::string name = GetParam();
  EXPECT_EQ(space_.build(), (chain(name) + Stages{"SOURCE @media/stand-in.iso winre", "WIM r/plain",
                                                  "MANIFEST r/plain"}));
  EXPECT_EQ(space_.build(), kNothing);
  EXPECT_EQ(in_image().size(), 19U);
  const std::string boot = space_.read("out/r/one/boot.wim");
  const nlohmann::json of = section()["debuggers"];
  EXPECT_EQ(of["origin"], name);
  EXPECT_EQ(of["files"][0]["origin"], name + "/Windows Kits/10/Debuggers/x64/cdb.exe");
  names("kit");
  space_.build();
  EXPECT_TRUE(space_.read("out/r/one/boot.wim") == boot);
}

TEST_P(DebuggerArchives, OtherFilesInItStopAtTheChoice) {
  const std::string name = GetParam();
  space_.build();
  const auto artifacts = artifacts_of(space_ / "out");
  files_["Windows Kits/10/Debuggers/x64/debugger.chm"] = "another manual";
  files_["Windows Kits/10/AAA.txt"] = "before all others";
  make();
  EXPECT_EQ(space_.build(), (Stages{"DEBUGGERS " + name} + kImages)) << "the manifest names it";
  for (const auto& [file, digest] : artifacts_of(space_ / "out")) {
    if (file.ends_with("manifest.json")) continue;
    EXPECT_EQ(artifacts.at(file), digest) << file;
  }
  files_["Windows Kits/10/Debuggers/x64/winext/ext.dll"] += "newer";
  make();
  EXPECT_EQ(space_.build(), chain(name));
  EXPECT_EQ(section()["debuggers"]["files"].size(), 19U);
}

INSTANTIATE_TEST_SUITE_P(Of, DebuggerArchives, testing::Values("kit.zip", "kit.msi", "set.msi"),
                         [](const auto& test) {
                           std::string name = test.param;
                           name[name.find('.')] = '_';
                           return name;
                         });

TEST_F(Debuggers, TheCabinetBesideAnMsiIsAnInput) {
  names("sdk/set.msi");
  fs::create_directories(space_ / "sdk");
  dk::write_msi(space_ / "sdk/set.msi", files_, "5d98420a.cab");
  space_.build();
  const std::string cabinet = space_.read("sdk/5d98420a.cab");
  space_.touch("sdk/5d98420a.cab");
  EXPECT_EQ(space_.build(), Stages{"DEBUGGERS sdk/set.msi"});
  space_.write("sdk/5d98420a.cab", cabinet.substr(0, cabinet.size() / 2));
  EXPECT_NE(space_.failing_build().find("'sdk/set.msi'"), std::string::npos) << space_.output;
  fs::remove(space_ / "sdk/5d98420a.cab");
  EXPECT_NE(space_.failing_build().find("'5d98420a.cab'"), std::string::npos) << space_.output;
  space_.write("sdk/5D98420A.CAB", cabinet);
  EXPECT_EQ(space_.build(), Stages{"DEBUGGERS sdk/set.msi"});
}

}  // namespace
}  // namespace remedia
