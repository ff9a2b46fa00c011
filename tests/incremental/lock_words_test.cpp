// The lock file with every word that reads from outside: what a change of each is held to.

#include "incremental/evidence_space.h"
#include "incremental/surgery.h"
#include "support/debugger_kits.h"
#include "support/definition_packages.h"
#include "support/digest.h"
#include "support/driver_packages.h"

#include <chrono>
#include <sstream>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace remedia {
namespace {

namespace dp = definition_packages;
using nlohmann::json;
using surgery::change_recipe;

constexpr const char* kRecipe = R"(
local windows = source { media = "@media/stand-in.iso", image = "winre" }
return { wim { name = "hd", from = windows,
  defender = defender { "@evidence/defs/mpam.exe", max_age = "off" },
  debuggers = debuggers { "@evidence/kit" },
  symbols = symbols { "@evidence/store", IDS },
  drivers = drivers { "@evidence/net" },
} }
)";

constexpr const char* kPackage = "defs/mpam.exe";
constexpr const char* kLocked = "@evidence/defs/mpam.exe";

/// Of the same name and issuer as the signer of all packages, with another key.
const signing::Identity& renewed_signer() {
  static const signing::Identity identity = signing::issued_by(
      signing::test_ca(), {.name = "Remedia Test Signer", .key = "renewed signer"});
  return identity;
}

const signing::Identity& false_signer() {
  static const signing::Identity identity = signing::issued_by(
      signing::foreign_ca(), {.name = "Remedia Test Signer", .key = "false signer"});
  return identity;
}

class LockWords : public testing::Test {
 protected:
  LockWords() {
    evidence::fill(space_);
    space_.write(kPackage, evidence::package_by(signing::test_signer(), "1.403.55.0"));
    driver_packages::write(space_ / "net", {.name = "nic"});
    space_.write("recipes/project.lua", "return project { roots = { evidence = \".\", media = \"" +
                                            standard_medium().parent_path().string() + "\" } }\n");
    write_recipe(kRecipe);
  }

  void write_recipe(const std::string& text, const std::string& name = "recipes/r.lua") const {
    space_.write(name, with_replaced(text, "IDS", evidence::ids()));
  }

  ProcessResult lock(std::vector<std::string> more = {}, const std::string& recipe = "r") {
    std::vector<std::string> argv = {space_.runner, "lock", "-C", (space_ / "out").string(),
                                     (space_ / ("recipes/" + recipe + ".lua")).string()};
    argv.insert(argv.end(), more.begin(), more.end());
    return space_.run(argv);
  }
  void must_lock(std::vector<std::string> more = {}, const std::string& recipe = "r") {
    ProcessResult result = lock(std::move(more), recipe);
    EXPECT_EQ(result.status, 0) << result.output;
  }

  json entry(const std::string& path, const std::string& recipe = "r") const {
    const json lock = json::parse(space_.read("recipes/" + recipe + ".lock"));
    for (const json& input : lock.at("inputs")) {
      if (input.at("path") == path) return input;
    }
    return {};
  }

  /// The lines of a build that must fail which speak of this input.
  std::string complaint(const std::string& path) {
    const std::string said = space_.failing_build();
    EXPECT_EQ(said.find("WIM r/hd"), said.npos) << said;
    std::istringstream lines(said);
    std::string text;
    for (std::string line; std::getline(lines, line);) {
      if (line.find("error: '" + path + "'") != line.npos) text += line + "\n";
    }
    EXPECT_NE(text, "") << said;
    return text;
  }
  void expect_complaint(const std::string& path, std::initializer_list<std::string> texts) {
    const std::string said = complaint(path);
    for (const std::string& text : texts)
      EXPECT_NE(said.find(text), said.npos) << text << "\n" << said;
    EXPECT_NE(said.find("recipes/r.lua:"), said.npos) << said;
  }

  std::string digest(const std::string& file) const { return sha256(space_.read(file)); }

  Space space_;
};

TEST_F(LockWords, HasAnEntryForEachWithWhatIsKnownOfIt) {
  must_lock();
  const json lock = json::parse(space_.read("recipes/r.lock"));
  std::map<std::string, std::string> words;
  for (const json& input : lock.at("inputs")) words[input.at("word")] = input.at("path");
  EXPECT_EQ(words, (std::map<std::string, std::string>{{"source", "@media/stand-in.iso"},
                                                       {"defender", kLocked},
                                                       {"debuggers", "@evidence/kit"},
                                                       {"symbols", "@evidence/store"},
                                                       {"drivers", "@evidence/net"}}));
  EXPECT_EQ(lock.at("inputs").size(), 5u);
  const json definitions = entry(kLocked);
  EXPECT_EQ(definitions.value("version", ""), "1.403.55.0");
  EXPECT_EQ(definitions.value("date", ""), "2026-11-15");
  EXPECT_EQ(definitions.value("pinned", ""), "signer");
  EXPECT_EQ(definitions.value("sha256", ""), digest(kPackage));
  EXPECT_EQ(definitions["signer"].value("name", ""), "Remedia Test Signer");
  EXPECT_EQ(definitions["signer"].value("sha256", ""), sha256(signing::test_signer().der()));
  EXPECT_EQ(entry("@evidence/kit").value("version", ""), "10.0.26100.1742");
  EXPECT_EQ(entry("@evidence/kit").value("pinned", "digest"), "digest");
  space_.build();
  EXPECT_EQ(space_.build(), std::set<std::string>());
}

// --- Definitions, by signer ------------------------------------------------------------------

TEST_F(LockWords, NewerPackageOfTheSameSignerNeedsNoNewLock) {
  must_lock();
  space_.build();
  const std::string before = space_.read("recipes/r.lock");
  space_.write(kPackage, evidence::package_by(signing::test_signer(), "1.403.56.0", "2026-11-16"));
  space_.build();
  EXPECT_EQ(space_.read("recipes/r.lock"), before);
  const json manifest = json::parse(space_.read("out/r/hd/hd.manifest.json"));
  EXPECT_EQ(manifest["images"][0]["definitions"][0]["signature_version"], "1.403.56.0");
  // The same version, of another day: somebody countersigned it anew.
  space_.write(kPackage, evidence::package_by(signing::test_signer(), "1.403.55.0", "2026-11-17"));
  EXPECT_NE(space_.failing_build().find("has the same version 1.403.55.0 and another date"),
            std::string::npos)
      << space_.output;
}

TEST_F(LockWords, VersionsAreComparedAsNumbers) {
  must_lock();
  space_.write(kPackage, evidence::package_by(signing::test_signer(), "1.403.100.0"));
  space_.build();
  space_.write(kPackage, evidence::package_by(signing::test_signer(), "1.403.6.0"));
  expect_complaint(kLocked, {"older", "1.403.55.0 -> 1.403.6.0"});
}

TEST_F(LockWords, OlderPackageFails) {
  must_lock();
  space_.write(kPackage, evidence::package_by(signing::test_signer(), "1.403.54.0", "2026-11-14"));
  expect_complaint(kLocked, {"older", "1.403.55.0 -> 1.403.54.0", "2026-11-15 -> 2026-11-14"});
  must_lock({"--only", "defender"});
  space_.build();
  EXPECT_EQ(entry(kLocked).value("version", ""), "1.403.54.0");
}

TEST_F(LockWords, AnotherCertificateOfTheSameNameFails) {
  must_lock();
  for (const signing::Identity* signer : {&renewed_signer(), &false_signer()}) {
    space_.write(kPackage, evidence::package_by(*signer, "1.403.56.0"));
    expect_complaint(kLocked, {"another signer", "'Remedia Test Signer'",
                               sha256(signing::test_signer().der()).substr(0, 16),
                               sha256(signer->der()).substr(0, 16)});
  }
}

TEST_F(LockWords, RenewedCertificateIsTheSameSignerIfAnchored) {
  space_.write("root.pem", signing::test_ca().pem());
  change_recipe(space_, "max_age = \"off\"", "max_age = \"off\", anchors = \"@evidence/root.pem\"");
  must_lock();
  EXPECT_EQ(entry(kLocked)["signer"].value("anchored", false), true);
  space_.write(kPackage, evidence::package_by(renewed_signer(), "1.403.56.0"));
  space_.build();
  space_.write(kPackage, evidence::package_by(renewed_signer(), "1.403.54.0"));
  expect_complaint(kLocked, {"older"});
}

TEST_F(LockWords, UnsignedPackageFails) {
  change_recipe(space_, "max_age = \"off\"", "max_age = \"off\", allow_unsigned = true");
  must_lock();
  EXPECT_EQ(entry(kLocked).value("pinned", ""), "signer");
  space_.write(kPackage, dp::program(dp::cabinet(dp::antimalware({.version = "1.403.56.0"})), {}));
  expect_complaint(kLocked, {"is not signed", "'Remedia Test Signer'"});
}

TEST_F(LockWords, WhatWasUnsignedIsHeldToItsContent) {
  change_recipe(space_, "max_age = \"off\"", "max_age = \"off\", allow_unsigned = true");
  space_.write(kPackage, dp::program(dp::cabinet(dp::antimalware()), {}));
  must_lock();
  EXPECT_EQ(entry(kLocked).value("pinned", "digest"), "digest");
  const std::string old = digest(kPackage);
  space_.write(kPackage, dp::program(dp::cabinet(dp::antimalware({.version = "1.403.56.0"})), {}));
  expect_complaint(kLocked, {"changed", old, digest(kPackage), "1.403.55.0 -> 1.403.56.0"});
}

TEST_F(LockWords, PinnedByDigestEvenANewerOneFails) {
  change_recipe(space_, "max_age = \"off\"", "max_age = \"off\", pin = \"digest\"");
  must_lock();
  const std::string old = digest(kPackage);
  space_.write(kPackage, evidence::package_by(signing::test_signer(), "1.403.56.0"));
  expect_complaint(kLocked, {"changed", old, digest(kPackage), "1.403.55.0 -> 1.403.56.0"});
}

TEST_F(LockWords, PinOfTheRecipeHoldsWithoutANewLock) {
  must_lock();
  change_recipe(space_, "max_age = \"off\"", "max_age = \"off\", pin = \"digest\"");
  space_.write(kPackage, evidence::package_by(signing::test_signer(), "1.403.56.0"));
  expect_complaint(kLocked, {"digest"});
}

TEST_F(LockWords, PackageReplacedByOneWithAnOlderTimeIsSeen) {
  change_recipe(space_, "max_age = \"off\"", "max_age = \"off\", pin = \"digest\"");
  must_lock();
  space_.build();
  space_.write("new.exe", evidence::package_by(signing::test_signer(), "1.403.56.0"));
  // As mv, cp -p and downloads that keep the server's date do.
  fs::last_write_time(space_ / "new.exe",
                      fs::last_write_time(space_ / kPackage) - std::chrono::hours(24));
  fs::rename(space_ / "new.exe", space_ / kPackage);
  expect_complaint(kLocked, {"changed"});
}

TEST_F(LockWords, OfTwoPinsTheStricterHolds) {
  for (const bool digest_first : {true, false}) {
    SCOPED_TRACE(digest_first);
    auto image = [](const char* name, bool digest) {
      return std::string("  wim { name = \"") + name +
             "\", from = windows, defender = defender { \"@evidence/defs/mpam.exe\", "
             "max_age = \"off\", pin = \"" +
             (digest ? "digest" : "signer") + "\" } },\n";
    };
    space_.write("recipes/r.lua",
                 "local windows = source { media = \"@media/stand-in.iso\", image = \"winre\" }\n"
                 "return {\n" +
                     image("hd", digest_first) + image("l2", !digest_first) + "}\n");
    space_.write(kPackage, evidence::package_by(signing::test_signer(), "1.403.55.0"));
    must_lock();
    space_.build();
    space_.write(kPackage, evidence::package_by(signing::test_signer(), "1.403.56.0"));
    expect_complaint(kLocked, {"changed"});
  }
}

TEST_F(LockWords, FolderWithPartsOfAnotherSignerFails) {
  fs::remove(space_ / kPackage);
  dp::write(space_ / "defs/mpam.exe", dp::antimalware());  // a folder, whatever its name
  must_lock();
  const std::string pin = entry(kLocked).value("pinned", "digest");
  dp::Part forged = dp::delta({.version = "1.403.90.0"});
  forged.sign.signer = false_signer();
  space_.write("defs/mpam.exe/mpasdlta.vdm", dp::part(forged));
  space_.write("defs/mpam.exe/mpavdlta.vdm", dp::part(forged));
  const std::string said = complaint(kLocked);
  EXPECT_NE(said, "") << "the engine is still the vendor's, the rest is not; pin " << pin;
}

// --- Debuggers -------------------------------------------------------------------------------

TEST_F(LockWords, DebuggersAreHeldToWhatGoesIn) {
  must_lock();
  space_.build();
  // Which file of the kit this is decides the kit itself.
  std::string ext;
  for (const auto& file : fs::recursive_directory_iterator(space_ / "kit")) {
    if (file.path().filename() == "ext.dll") ext = file.path().lexically_relative(space_.root());
  }
  ASSERT_NE(ext, "");
  const std::string content = space_.read(ext);
  space_.write(ext, content + "patched");
  expect_complaint("@evidence/kit", {"changed", "sha256"});
  space_.write(ext, content);
  space_.build();
  space_.write("kit/manual.chm", "nothing that goes in");
  space_.build();
  must_lock();
  space_.build();
}

class LockedKit : public LockWords, public testing::WithParamInterface<const char*> {};

TEST_P(LockedKit, IsHeldToItsBytes) {
  const std::string name = GetParam();
  auto make = [&](const debugger_kits::Files& files) {
    if (name == "kit.zip") space_.write(name, debugger_kits::zip(files));
    if (name == "one.msi") debugger_kits::write_msi(space_ / name, files);
    if (name == "set.msi") debugger_kits::write_msi(space_ / name, files, "5d98420a.cab");
  };
  debugger_kits::Files files = debugger_kits::tools({.folder = "Debuggers/x64"});
  make(files);
  change_recipe(space_, "@evidence/kit", "@evidence/" + name);
  must_lock();
  space_.build();
  for (auto& [path, content] : files) {
    if (path.ends_with("ext.dll")) content += "patched";
  }
  const std::string before = space_.read(name);
  make(files);
  // Only the cabinet beside it: what goes in lies there.
  if (name == "set.msi") space_.write(name, before);
  const std::string said = space_.failing_build();
  EXPECT_NE(said.find("changed: "), said.npos) << said;
  EXPECT_NE(said.find("remedia lock"), said.npos) << said;
}

INSTANTIATE_TEST_SUITE_P(Of, LockedKit, testing::Values("kit.zip", "one.msi", "set.msi"),
                         [](const auto& test) {
                           std::string name = test.param;
                           name[name.find('.')] = '_';
                           return name;
                         });

// --- Symbols ---------------------------------------------------------------------------------

TEST_F(LockWords, SymbolsThatWereNotChosenChangeNothing) {
  must_lock();
  space_.build();
  space_.write("store/other.pdb", debug_programs::make({.pdb = "other.pdb", .number = 9}).pdb);
  space_.build();
  space_.write("store/other.pdb", "no PDB at all");
  space_.build();
  const std::string before = space_.read("recipes/r.lock");
  must_lock();
  EXPECT_EQ(space_.read("recipes/r.lock"), before);
}

TEST_F(LockWords, ChosenSymbolsWithOtherContentFail) {
  must_lock();
  space_.build();
  space_.write("store/" + evidence::first_pair().path(), evidence::first_pair().pdb + "private");
  expect_complaint("@evidence/store", {"changed", "sha256"});
}

TEST_F(LockWords, ImagesThatReadPartsOfOneStoreAreBothHeld) {
  const std::string one = "ids = { \"" + evidence::first_pair().line() + "\" }";
  const std::string two = "ids = { \"" + evidence::second_pair().line() + "\" }";
  space_.write("recipes/r.lua", R"(
local windows = source { media = "@media/stand-in.iso", image = "winre" }
return { wim { name = "hd", from = windows, symbols = symbols { "@evidence/store", )" +
                                    one +
                                    R"( } },
  wim { name = "l2", from = windows, symbols = symbols { "@evidence/store", )" +
                                    two + " } } }\n");
  must_lock();
  EXPECT_EQ(json::parse(space_.read("recipes/r.lock")).at("inputs").size(), 2u);
  space_.build();
  const std::string before = space_.read("recipes/r.lock");
  for (const debug_programs::Pair* pair : {&evidence::first_pair(), &evidence::second_pair()}) {
    space_.write("store/" + pair->path(), pair->pdb + "private");
    expect_complaint("@evidence/store", {"changed", "sha256"});
    space_.write("store/" + pair->path(), pair->pdb);
    space_.build();
  }
  // The order of the images in the recipe is no change of the inputs.
  change_recipe(space_, "name = \"hd\"", "name = \"zz\"");
  space_.build();
  must_lock();
  EXPECT_EQ(space_.read("recipes/r.lock"), before);
}

// --- Drivers ---------------------------------------------------------------------------------

TEST_F(LockWords, DriversBelowARootAreHeldToTheirFiles) {
  must_lock();
  space_.build();
  driver_packages::write(space_ / "net", {.name = "nic", .version = "06/30/2024,1.2.3.5"});
  expect_complaint("@evidence/net", {"changed", "sha256"});
  must_lock({"--only", "drivers"});
  space_.build();
  driver_packages::write(space_ / "net/more", {.name = "other", .ids = {"USB\\VID_0001"}});
  expect_complaint("@evidence/net", {"changed", "size"});
  fs::remove_all(space_ / "net/more");
  space_.build();
}

TEST_F(LockWords, DriversOfTheProjectAreNotLocked) {
  driver_packages::write(space_ / "drivers/own", {.name = "nic"});
  change_recipe(space_, "\"@evidence/net\"", "\"own\"");
  must_lock();
  EXPECT_EQ(json::parse(space_.read("recipes/r.lock")).at("inputs").size(), 4u);
  driver_packages::write(space_ / "drivers/own", {.name = "nic", .version = "06/30/2024,9.9"});
  space_.build();
}

// --- Several recipes and words ---------------------------------------------------------------

TEST_F(LockWords, AllWordsComplainAtOnce) {
  must_lock();
  space_.write(kPackage, evidence::package_by(false_signer(), "1.403.56.0"));
  space_.write("store/" + evidence::first_pair().path(), evidence::first_pair().pdb + "private");
  driver_packages::write(space_ / "net", {.name = "nic", .version = "06/30/2024,1.2.3.5"});
  const std::string said = space_.failing_build();
  for (const char* text :
       {"'@evidence/defs/mpam.exe' (defender) has another signer",
        "'@evidence/store' (symbols) changed", "'@evidence/net' (drivers) changed",
        "recipes/r.lua:4:", "recipes/r.lua:6:", "recipes/r.lua:7:"})
    EXPECT_NE(said.find(text), said.npos) << text << "\n" << said;
}

TEST_F(LockWords, OfTwoRecipesInOneGraphOnlyTheLockedOneIsHeld) {
  write_recipe(with_replaced(kRecipe, "\"hd\"", "\"free\""), "recipes/s.lua");
  must_lock();
  EXPECT_FALSE(fs::exists(space_ / "recipes/s.lock"));
  const std::vector<std::string> both = {"recipes/r.lua", "recipes/s.lua"};
  space_.build(both);
  EXPECT_EQ(space_.build(both), std::set<std::string>());
  auto before = artifacts_of(space_ / "out");
  space_.write(kPackage, evidence::package_by(false_signer(), "1.403.56.0"));
  const std::string said = space_.failing_build({"recipes/r.lua", "recipes/s.lua", "--", "-k0"});
  EXPECT_NE(said.find("recipes/r.lua:4:"), said.npos) << said;
  EXPECT_EQ(said.find("recipes/s.lua:"), said.npos) << said;
  auto after = artifacts_of(space_ / "out");
  EXPECT_EQ(after["r/hd/boot.wim"], before["r/hd/boot.wim"]);
  EXPECT_EQ(after["r/hd/hd.manifest.json"], before["r/hd/hd.manifest.json"]);
  EXPECT_NE(after["s/free/boot.wim"], before["s/free/boot.wim"]) << "which nobody locked";
  // Both locked, and meant.
  must_lock({}, "r");
  must_lock({}, "s");
  EXPECT_EQ(entry(kLocked, "r"), entry(kLocked, "s"));
  space_.build(both);
}

TEST_F(LockWords, DataOfAStickIsHeldToo) {
  change_recipe(space_, "return { wim {", "return { usb { name = \"stick\", boot = wim {");
  change_recipe(space_, "max_age = \"off\"", "max_age = \"off\", place = \"data\"");
  change_recipe(space_, "\"@evidence/net\" },\n} }", "\"@evidence/net\" },\n} } }");
  must_lock();
  space_.build();
  space_.write(kPackage, evidence::package_by(signing::test_signer(), "1.403.54.0"));
  expect_complaint(kLocked, {"older"});
}

}  // namespace
}  // namespace remedia
