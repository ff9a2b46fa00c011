// Definitions and symbols on the data partition of a stick (place = "data"): they are there and
// not in the image, they are renewed without the image, and whoever has no such partition says so.

#include "formats/win_names.h"
#include "incremental/evidence_space.h"
#include "incremental/surgery.h"
#include "media/wim.h"
#include "support/archive_writers.h"
#include "support/definition_packages.h"
#include "support/digest.h"
#include "support/exfat_reader.h"

#include <sstream>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace remedia {
namespace {

namespace dp = definition_packages;
using nlohmann::json;
using Names = std::set<std::string>;
using Stages = std::set<std::string>;
using surgery::change_recipe;

constexpr const char* kRecipe = R"(
local windows = source { media = "@media/stand-in.iso", image = "winre" }
local definitions = defender { "defs/mpam.exe", "defs/nis", place = "data" }
local wanted = symbols { "store", IDS, place = "data" }
local field = wim { name = "field", title = "Field", from = windows,
                    defender = definitions, symbols = wanted }
local desk = wim { name = "desk", title = "Desk", from = windows }
return { usb { name = "stick", boot = field }, iso { name = "disc", boot = desk } }
)";

constexpr const char* kPackage = "defs/mpam.exe";
const Stages kNothing = {};
const Stages kStick = {"USB r/stick", "MANIFEST r/stick"};
const Stages kPackageRead = {"SCAN defs/mpam.exe", "DEFENDER defs/mpam.exe"};

Stages operator+(Stages a, const Stages& b) {
  a.insert(b.begin(), b.end());
  return a;
}

/// What follows the first "error:" of an output, the lines that ninja prints aside.
std::string error_in(const std::string& output) {
  std::istringstream lines(output);
  std::string text;
  bool begun = false;
  for (std::string line; std::getline(lines, line);) {
    begun = begun || line.find(": error: ") != line.npos;
    if (begun && !line.starts_with('[')) text += line + "\n";
  }
  return text;
}

class Evidence : public testing::Test {
 protected:
  Evidence() {
    evidence::fill(space_);
    space_.write("recipes/r.lua", with_replaced(kRecipe, "IDS", evidence::ids()));
  }

  Stages build(const std::string& as_of = "2026-11-20") {
    return space_.build({"-D", "as_of=" + as_of, "recipes/r.lua"});
  }
  std::string failing() {
    return space_.failing_build({"-D", "as_of=2026-11-20", "recipes/r.lua"});
  }

  json partition(const std::string& name = "stick") const {
    json manifest = json::parse(space_.read("out/r/" + name + "/" + name + ".manifest.json"));
    for (const json& volume : manifest.at("volumes")) {
      if (volume.at("kind") == "usb") return volume.at("partitions").at(1);
    }
    ADD_FAILURE() << "no stick in the manifest of " << name;
    return {};
  }

  /// The digest of each file on the data partition, read back.
  std::map<std::string, std::string> on_data(const std::string& name = "stick") const {
    const json place = partition(name);
    const fs::path image = space_ / ("out/r/" + name + "/" + name + ".usb.img");
    std::map<std::string, std::string> files;
    for (const auto& [path, entry] :
         exfat_test::read(image, place.at("offset"), place.at("size")).entries) {
      if (!entry.folder) files[path] = sha256(entry.content);
    }
    return files;
  }

  Names in_image(const std::string& name) const {
    const fs::path file = space_ / ("out/r/" + name + "/boot.wim");
    wim::File image(Slice::whole(file), name);
    Names paths;
    for (const wim::Entry& entry : image.list(1)) paths.insert(fold_case(entry.path));
    return paths;
  }

  /// What is on the data partition by this project's files.
  std::map<std::string, std::string> expected() const {
    std::map<std::string, std::string> files;
    files["mpam-feX64.exe"] = sha256(space_.read(kPackage));
    for (const auto& [name, content] : dp::network())
      files["Definitions/NIS/" + name] = sha256(content);
    for (const debug_programs::Pair* pair : {&evidence::first_pair(), &evidence::second_pair()})
      files["Symbols/" + pair->path()] = sha256(pair->pdb);
    files["Symbols/pingme.txt"] = on_data()["Symbols/pingme.txt"];
    return files;
  }

  Space space_;
};

TEST_F(Evidence, LiesOnTheDataPartitionAndNotInTheImage) {
  build();
  EXPECT_EQ(on_data(), expected());
  change_recipe(space_, "defender = definitions, symbols = wanted", "");
  change_recipe(space_, "boot = field }", "boot = field, data = \"common\" }");
  const std::string with = space_.read("out/r/field/boot.wim");
  const Names names = in_image("field");
  for (const char* part : {"mpam", "definitions/nis", "symbols/", ".pdb", ".vdm"}) {
    for (const std::string& path : names) EXPECT_EQ(path.find(fold_case(part)), path.npos) << path;
  }
  build();
  EXPECT_TRUE(space_.read("out/r/field/boot.wim") == with) << "the image is as without them";
}

TEST_F(Evidence, StandsInTheManifestOfThePartition) {
  build();
  const json part = partition();
  ASSERT_EQ(part["definitions"].size(), 2u);
  EXPECT_EQ(part["definitions"][0]["package"], kPackage);
  EXPECT_EQ(part["definitions"][0]["path"], "mpam-feX64.exe");
  EXPECT_EQ(part["definitions"][0]["signature_version"], "1.403.55.0");
  EXPECT_EQ(part["definitions"][0]["date"], "2026-11-15");
  EXPECT_EQ(part["definitions"][0]["stale_after"], "2026-11-29");
  EXPECT_EQ(part["definitions"][1]["kind"], "network");
  ASSERT_EQ(part["symbols"].size(), 2u);
  EXPECT_EQ(part["symbols"][0]["id"], evidence::first_pair().key);
  EXPECT_EQ(part["symbols"][0]["path"], "Symbols/" + evidence::first_pair().path());
  Names listed, found;
  for (const json& file : part["files"]) listed.insert(file["path"].get<std::string>());
  for (const auto& [path, digest] : on_data()) found.insert(path);
  EXPECT_EQ(listed, found);
  const json image = json::parse(space_.read("out/r/stick/stick.manifest.json")).at("images").at(0);
  EXPECT_FALSE(image.contains("definitions")) << "the image itself has none";
  EXPECT_FALSE(image.contains("symbols"));
}

TEST_F(Evidence, NewDefinitionsRebuildTheStickAlone) {
  build();
  EXPECT_EQ(build(), kNothing);
  auto before = artifacts_of(space_ / "out");
  space_.write(kPackage, dp::package({.version = "1.403.56.0"}));
  EXPECT_EQ(build(), kPackageRead + kStick);
  EXPECT_EQ(partition()["definitions"][0]["signature_version"], "1.403.56.0");
  EXPECT_EQ(on_data(), expected());
  Names changed;
  for (const auto& [file, digest] : artifacts_of(space_ / "out")) {
    if (before[file] != digest) changed.insert(file);
  }
  EXPECT_EQ(changed, (Names{"r/stick/stick.usb.img", "r/stick/stick.manifest.json"}));
  EXPECT_EQ(build(), kNothing);
  EXPECT_EQ(build("2026-11-21"), Stages{"DEFENDER defs/mpam.exe"}) << "another day";
  space_.write(kPackage, dp::package());
  build();
  EXPECT_EQ(artifacts_of(space_ / "out"), before);
}

TEST_F(Evidence, StaleDefinitionsFailAndTheStickStays) {
  build();
  auto before = artifacts_of(space_ / "out");
  const std::string said = space_.failing_build({"-D", "as_of=2026-11-30", "recipes/r.lua"});
  EXPECT_NE(said.find("15 days before as_of (2026-11-30)"), said.npos) << said;
  EXPECT_EQ(artifacts_of(space_ / "out"), before);
}

TEST_F(Evidence, NewSymbolsRebuildTheStickAlone) {
  build();
  space_.write("store/" + evidence::first_pair().path(), evidence::first_pair().pdb + "private");
  const Stages ran = build();
  EXPECT_TRUE(ran.contains("USB r/stick"));
  for (const char* stage :
       {"WIM r/field", "WIM r/desk", "ISO r/disc", "DEFENDER defs/mpam.exe", "COMPRESS symbols"})
    EXPECT_FALSE(ran.contains(stage)) << stage;
  EXPECT_EQ(on_data()["Symbols/" + evidence::first_pair().path()],
            sha256(evidence::first_pair().pdb + "private"));
  space_.write("store/other.pdb", debug_programs::make({.pdb = "other.pdb", .number = 9}).pdb);
  EXPECT_FALSE(build().contains("USB r/stick")) << "nobody wants it";
}

TEST_F(Evidence, PackedSymbolsAndUnpackedDefinitionsAreReadFromTheirPacks) {
  fs::remove(space_ / ("store/" + evidence::first_pair().path()));
  space_.write("store/a.pd_", evidence::first_pair().packed());
  change_recipe(space_, "\"defs/nis\", place", "\"defs/nis\", unpack = true, place");
  build();
  auto files = on_data();
  EXPECT_EQ(files["Symbols/" + evidence::first_pair().path()], sha256(evidence::first_pair().pdb));
  for (const auto& [name, content] : dp::antimalware())
    EXPECT_EQ(files["Definitions/" + name], sha256(content)) << name;
  EXPECT_FALSE(files.contains("mpam-feX64.exe"));
}

TEST_F(Evidence, MissingSymbolsAreListedBesideTheStick) {
  build();
  const std::string list = "out/r/stick/stick.usb.symchk.txt";
  EXPECT_EQ(space_.read(list), "");
  EXPECT_FALSE(fs::exists(space_ / "out/r/field/field.symchk.txt"));
  fs::remove(space_ / ("store/" + evidence::second_pair().path()));
  const std::string said = failing();
  EXPECT_NE(said.find("b.pdb with " + evidence::second_pair().key), said.npos) << said;
  EXPECT_EQ(space_.read(list), evidence::second_pair().line() + "\r\n");
  change_recipe(space_, "place = \"data\" }\nlocal field",
                "place = \"data\", missing = \"warn\" }\nlocal field");
  build();
  EXPECT_EQ(space_.read(list), evidence::second_pair().line() + "\r\n");
  const json part = partition();
  ASSERT_EQ(part["symbols"].size(), 1u);
  ASSERT_EQ(part["symbols_missing"].size(), 1u);
  EXPECT_EQ(part["symbols_missing"][0]["id"], evidence::second_pair().key);
}

TEST_F(Evidence, LaterOverlaysDoNotHideIt) {
  space_.write("overlays/mine/readme.txt", "of the stick");
  change_recipe(space_, "boot = field }", "boot = field, data = \"mine\" }");
  build();
  EXPECT_EQ(on_data()["readme.txt"], sha256("of the stick"));
  EXPECT_EQ(on_data().size(), expected().size() + 1);
  space_.write("overlays/mine/MPAM-FEx64.exe", "another");
  const std::string said = error_in(failing());
  for (const char* text : {"mpam-feX64.exe", "mine/MPAM-FEx64.exe", "recipes/r.lua:"})
    EXPECT_NE(said.find(text), said.npos) << text << "\n" << said;
}

TEST_F(Evidence, FitsIntoTheSizeThatIsAskedForOrSaysSo) {
  change_recipe(space_, "boot = field }",
                "boot = field, data_filesystem = \"ntfs\", data_label = \"KIT\" }");
  build();
  EXPECT_EQ(partition()["filesystem"], "ntfs");
  EXPECT_EQ(partition()["label"], "KIT");
  change_recipe(space_, "data_label = \"KIT\"", "data_size = \"1MiB\"");
  const std::string said = failing();
  EXPECT_NE(said.find("recipes/r.lua:"), said.npos) << said;
  EXPECT_EQ(said.find("ninja: build stopped: exception"), said.npos) << said;
}

// --- Several images --------------------------------------------------------------------------

TEST_F(Evidence, EqualValuesOfTwoImagesAreThereOnce) {
  change_recipe(space_, "title = \"Desk\", from = windows",
                "title = \"Desk\", from = windows,\n  symbols = symbols { \"store\", " +
                    evidence::ids() +
                    ", place = \"data\" },\n  defender = defender { place = \"data\", "
                    "\"defs/mpam.exe\", \"defs/nis\" }");
  change_recipe(space_, "boot = field }, iso { name = \"disc\", boot = desk }",
                "boot = { field, desk } }");
  build();
  EXPECT_EQ(surgery::count(space_, "DEFENDER defs/mpam.exe"), 1);
  EXPECT_EQ(partition()["definitions"].size(), 2u);
  EXPECT_EQ(partition()["symbols"].size(), 2u);
  EXPECT_EQ(on_data(), expected());
  EXPECT_FALSE(fs::exists(space_ / "out/r/stick/stick.usb2.symchk.txt"));
}

TEST_F(Evidence, DifferentPackagesForOnePlaceAreAnError) {
  space_.write("defs/other.exe", dp::package({.version = "1.403.57.0"}));
  change_recipe(space_, "title = \"Desk\", from = windows",
                "title = \"Desk\", from = windows,\n"
                "  defender = defender { \"defs/other.exe\", place = \"data\" }");
  change_recipe(space_, "boot = field }, iso { name = \"disc\", boot = desk }",
                "boot = { field, desk } }");
  const std::string said = error_in(failing());
  for (const char* text : {"mpam-feX64.exe", "defs/mpam.exe", "defs/other.exe", "recipes/r.lua:"})
    EXPECT_NE(said.find(text), said.npos) << text << "\n" << said;
  EXPECT_FALSE(fs::exists(space_ / "out/r/stick/stick.usb.img"));
  change_recipe(space_, "\"defs/other.exe\", place", "\"defs/other.exe\", to = \"Desk\", place");
  build();
  EXPECT_EQ(partition()["definitions"].size(), 3u);
  EXPECT_EQ(on_data()["Desk/mpam-feX64.exe"], sha256(space_.read("defs/other.exe")));
}

TEST_F(Evidence, DifferentSymbolsOfTwoImagesShareOneStore) {
  const std::string only = "ids = { \"" + evidence::first_pair().line() + "\" }";
  change_recipe(space_, "title = \"Desk\", from = windows",
                "title = \"Desk\", from = windows,\n  symbols = symbols { \"store\", " + only +
                    ", place = \"data\" }");
  change_recipe(space_, "boot = field }, iso { name = \"disc\", boot = desk }",
                "boot = { field, desk } }");
  build();
  EXPECT_EQ(on_data(), expected()) << "equal files of two values do not collide";
  EXPECT_TRUE(fs::exists(space_ / "out/r/stick/stick.usb2.symchk.txt"));
}

// --- Artifacts without a data partition ------------------------------------------------------

struct Elsewhere {
  const char* name;
  const char* artifact;
  const char* word;
  const char* of_image = "";
};

class EvidenceElsewhere : public Evidence, public testing::WithParamInterface<Elsewhere> {};

TEST_P(EvidenceElsewhere, IsAnErrorAtBoot) {
  change_recipe(
      space_, "return { usb { name = \"stick\", boot = field }",
      std::string("return { usb { name = \"stick\", boot = field },\n") + GetParam().artifact);
  change_recipe(space_, "title = \"Field\"",
                std::string("title = \"Field\"") + GetParam().of_image);
  const std::string said = error_in(failing());
  for (const char* text :
       {"recipes/r.lua:9:", "error: the image 'field' has its defender on a data partition, and ",
        GetParam().word, " has none", "boot = ", "boot it by usb alone",
        "recipes/r.lua:3:", "note: it is said here"})
    EXPECT_NE(said.find(text), said.npos) << text << "\n" << said;
  EXPECT_FALSE(fs::exists(space_ / "out/r/stick")) << "said before anything is built";
  change_recipe(space_, "defender = definitions, ", "");
  const std::string second = failing();
  EXPECT_NE(second.find("has its symbols on a data partition"), second.npos) << second;
  EXPECT_NE(second.find("recipes/r.lua:4:"), second.npos) << second;
}

INSTANTIATE_TEST_SUITE_P(
    Of, EvidenceElsewhere,
    testing::Values(Elsewhere{"iso", "iso { name = \"d2\", boot = field }", "iso"},
                    Elsewhere{"second", "iso { name = \"d2\", boot = { desk, field } }", "iso"},
                    Elsewhere{"wds", "wds { name = \"net\", boot = field, anonymous = true }",
                              "wds"},
                    Elsewhere{"partition", "partition { name = \"re\", boot = field }", "partition",
                              ", shell = \"winre\""}),
    [](const auto& test) { return std::string(test.param.name); });

TEST_F(Evidence, ImageThatNoStickBootsIsSaid) {
  change_recipe(space_, "usb { name = \"stick\", boot = field }", "field");
  const std::string said = failing();
  EXPECT_NE(said.find("data"), said.npos) << "what goes nowhere is never scanned and never judged\n"
                                          << said;
}

// --- Tiers -----------------------------------------------------------------------------------

TEST_F(Evidence, ToolsThatNeedItAreSatisfied) {
  space_.write("overlays/scan/Tools/scan.cmd", "@echo off\r\n");
  change_recipe(space_, "local field = wim {", R"(
local scan = tool { id = "scan", title = "Scan", description = "Scans.", risk = "low",
  files = { "scan" }, command = [[X:\Tools\scan.cmd]], needs = { "definitions", "symbols" } }
local level = tier { name = "L1", allow = { scan } }
local field = wim { tier = level,)");
  build();
  EXPECT_EQ(on_data(), expected());
  // The version page speaks of what is in the image, and that does not follow the stick.
  space_.write(kPackage, dp::package({.version = "1.403.56.0"}));
  EXPECT_EQ(build(), kPackageRead + kStick);
  change_recipe(space_, "defender = definitions, ", "");
  const std::string said = failing();
  EXPECT_NE(said.find("the tool 'scan' needs definitions"), said.npos) << said;
}

// --- Packs -----------------------------------------------------------------------------------

class DataPacks : public Evidence {
 protected:
  void data(const std::string& zip) {
    space_.write("overlays/x.zip", zip);
    change_recipe(space_, "boot = field }", "boot = field, data = { overlay \"x.zip\" } }");
    change_recipe(space_, "defender = definitions, symbols = wanted", "");
  }
  std::map<std::string, std::string> digests(const std::map<std::string, std::string>& files) {
    std::map<std::string, std::string> all;
    for (const auto& [name, content] : files) all[name] = sha256(content);
    return all;
  }
};

TEST_F(DataPacks, OfSeveralFilesAreCopied) {
  data(write_zip({{.name = "a/first.txt", .content = "first"},
                  {.name = "b/second.bin", .content = std::string(70000, 'x')},
                  {.name = "empty.txt", .content = ""},
                  {.name = "last.txt", .content = "last"}}));
  build();
  EXPECT_EQ(on_data(), digests({{"a/first.txt", "first"},
                                {"b/second.bin", std::string(70000, 'x')},
                                {"empty.txt", ""},
                                {"last.txt", "last"}}));
  EXPECT_EQ(build(), kNothing);
  space_.write("overlays/x.zip", write_zip({{.name = "a/first.txt", .content = "other"}}));
  EXPECT_EQ(build(), kStick + Stages{"UNPACK x.zip"});
  EXPECT_EQ(on_data(), digests({{"a/first.txt", "other"}})) << "one that is all of its pack";
}

TEST_F(DataPacks, OfNothingButAnEmptyFileAreCopied) {
  data(write_zip({{.name = "empty.txt", .content = ""}}));
  build();
  EXPECT_EQ(on_data(), digests({{"empty.txt", ""}}));
}

TEST_F(DataPacks, DamagedBetweenTheStagesGoOntoNoStick) {
  data(write_zip({{.name = "a.txt", .content = "aaaa"}, {.name = "b.txt", .content = "bbbb"}}));
  build();
  for (const auto& entry : fs::recursive_directory_iterator(space_ / "out/.store")) {
    if (entry.path().extension() != ".pack" ||
        entry.path().string().find("overlay") == std::string::npos)
      continue;
    std::string bytes = read_file(entry.path(), 1 << 20);
    const std::size_t at = bytes.find("bbbb");
    if (at == bytes.npos) continue;
    bytes[at] = 'X';
    std::ofstream(entry.path(), std::ios::binary | std::ios::trunc) << bytes;
  }
  change_recipe(space_, "boot = field,", "boot = field, label = \"OTHER\",");
  const std::string said = error_in(failing());
  EXPECT_NE(said.find("x.zip"), said.npos) << said;
  EXPECT_NE(said.find("changed while the image was built"), said.npos) << said;
}

}  // namespace
}  // namespace remedia
