// Drivers: which stages follow a change of each field, file and pack, what images share, and that
// what they hold does not depend on how they were built.

#include "incremental/surgery.h"
#include "media/wim.h"
#include "medium/medium.h"
#include "support/archive_writers.h"
#include "support/digest.h"
#include "support/driver_packages.h"

#include <fstream>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace remedia {
namespace {

namespace dp = driver_packages;
using Stages = std::set<std::string>;
using surgery::change_recipe;

constexpr const char* kRecipe = R"(
local windows = source { media = "@media/stand-in.iso", image = "winre" }
local packages = drivers { "net", "disk", "packs" }
return {
  wim { name = "one", from = windows, drivers = packages },
  wim { name = "two", from = windows, drivers = packages },
  wim { name = "plain", from = windows },
}
)";

const Stages kNothing = {};
const Stages kImages = {"WIM r/one", "MANIFEST r/one", "WIM r/two", "MANIFEST r/two"};
/// What becomes of another choice, whose outputs have other names.
const Stages kChoice = {"DRIVERS r/one",
                        "COMPRESS drivers.txt",
                        "COMPRESS net",
                        "COMPRESS disk",
                        "COMPRESS packs",
                        "SETTINGS r/one",
                        "COMPRESS settings of r/one",
                        "WIM r/one",
                        "MANIFEST r/one",
                        "WIM r/two",
                        "MANIFEST r/two"};

Stages operator+(Stages a, const Stages& b) {
  a.insert(b.begin(), b.end());
  return a;
}

Stages operator-(Stages a, const Stages& b) {
  for (const std::string& stage : b) a.erase(stage);
  return a;
}

/// Another package in `folder`: its list, its index, and the images; no hive is edited for it.
Stages staged_in(const std::string& folder) {
  return Stages{"SCAN " + folder, "DRIVERS r/one", "COMPRESS " + folder, "SETTINGS r/one",
                "COMPRESS drivers.txt"} +
         kImages;
}

dp::Package nic(const std::string& salt = "") { return {.name = "nic", .salt = salt}; }

// Of another architecture: it is read and stays out.
dp::Package foreign() {
  return {.name = "foreign", .targets = {"NTarm64.10.0"}, .ids = {R"(PCI\VEN_1AF4&DEV_10F7)"}};
}

std::string zipped(const fs::path& folder) {
  std::vector<ZipFileSpec> files;
  for (const auto& entry : fs::directory_iterator(folder)) {
    files.push_back(
        {.name = "wlan/" + entry.path().filename().string(), .content = read_file(entry.path())});
  }
  std::sort(files.begin(), files.end(),
            [](const ZipFileSpec& a, const ZipFileSpec& b) { return a.name < b.name; });
  return write_zip(files);
}

class Drivers : public testing::Test {
 protected:
  Drivers() {
    space_.write("recipes/r.lua", kRecipe);
    dp::write(space_ / "drivers/net/nic", nic());
    dp::write(space_ / "drivers/net/foreign", foreign());
    space_.write("drivers/net/readme.txt", "of the vendor\n");
    dp::write(space_ / "drivers/disk", dp::storage());
    dp::write(space_ / "drivers/packs/usb", usb());
    write_pack();
    space_.write("anchors/root.pem", signing::test_ca().pem());
  }

  static dp::Package usb(const std::string& salt = "") {
    return {.name = "usb",
            .class_name = "USB",
            .class_guid = "{36FC9E60-C465-11CF-8056-444553540000}",
            .ids = {R"(PCI\VEN_1AF4&DEV_10F2)"},
            .salt = salt};
  }

  void write_pack(const std::string& salt = "", std::size_t more = 0) const {
    Scratch made;
    dp::write(made.path(), {.name = "wlan", .ids = {R"(PCI\VEN_1AF4&DEV_10F3)"}, .salt = salt});
    if (more > 0) made.write("manual.txt", std::string(more, 'm'));
    space_.write("drivers/packs/wlan.zip", zipped(made.path()));
  }

  void set_fields(const std::string& fields) const {
    std::string recipe = kRecipe;
    recipe.insert(recipe.find(" }\nreturn"), fields);
    space_.write("recipes/r.lua", recipe);
  }

  Stages build(const std::string& as_of = "2026-11-21") {
    return space_.build({"-D", "as_of=" + as_of, "recipes/r.lua"});
  }

  nlohmann::json image(const std::string& name) const {
    std::string file = "out/r/" + name + "/" + name + ".manifest.json";
    return nlohmann::json::parse(space_.read(file))["images"][0];
  }

  /// The INFs that an image has, in the order of the manifest.
  std::vector<std::string> infs(const std::string& name) const {
    std::vector<std::string> names;
    const nlohmann::json of = image(name);
    for (const auto& driver : of["drivers"]) names.push_back(driver["inf"]);
    return names;
  }

  /// What SCAN unpacked; the one of this project that is larger than its mark.
  fs::path unpacked() const {
    fs::path largest;
    for (const auto& entry : fs::directory_iterator(space_ / "out/.store/driver_files")) {
      if (entry.path().extension() != ".pack") continue;
      if (largest.empty() || entry.file_size() > fs::file_size(largest)) largest = entry.path();
    }
    return largest;
  }

  std::set<std::string> stored() const {
    std::set<std::string> names;
    for (const auto& entry : fs::recursive_directory_iterator(space_ / "out/.store"))
      names.insert(entry.path().string());
    return names;
  }

  Space space_;
};

TEST_F(Drivers, FirstBuildRunsEverythingAndTheSecondNothing) {
  EXPECT_EQ(build(), (kChoice + Stages{"SOURCE @media/stand-in.iso winre", "SCAN net", "SCAN disk",
                                       "SCAN packs", "WIM r/plain", "MANIFEST r/plain"}));
  for (const char* once : {"SCAN net", "DRIVERS r/one", "COMPRESS net", "SETTINGS r/one"})
    EXPECT_EQ(surgery::count(space_, once), 1) << once << ", of two images";
  EXPECT_EQ(build(), kNothing);
  EXPECT_EQ(space_.ninja(), kNothing);
  EXPECT_EQ(infs("one"), (std::vector<std::string>{"nic.inf", "disk.inf", "usb.inf", "wlan.inf"}));
  EXPECT_EQ(infs("two"), infs("one"));
  EXPECT_FALSE(image("plain").contains("drivers"));
}

TEST_F(Drivers, EachFieldRunsTheChoiceAndItsImages) {
  build();
  auto artifacts = artifacts_of(space_ / "out");
  const std::string recipe = space_.read("recipes/r.lua");
  struct Row {
    const char* fields;
    bool other_images;  // or the same again
  };
  const Row rows[] = {
      {", exclude = { \"usb.inf\" }", true},
      {", exclude = { \"foreign/*\" }", true},  // the manifest tells why it stayed out
      {", only_class = { \"Net\" }", true},
      {", only_class = { \"net\", \"usb\", \"SCSIADAPTER\" }", false},
      {", required = { [[PCI\\VEN_1AF4&DEV_10F0]] }", false},
      {", boot_start = true", true},
      {", allow_unsigned = { \"nic.inf\" }", true},
      {", anchors = \"anchors/root.pem\"", true},
      {", max_size = \"300MiB\"", false},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.fields);
    set_fields(row.fields);
    EXPECT_EQ(build(), (kChoice + Stages{"GRAPH"}));
    EXPECT_EQ(build(), kNothing);
    auto now = artifacts_of(space_ / "out");
    for (auto* of : {&now, &artifacts}) {
      std::erase_if(*of, [](const auto& file) { return file.first.ends_with("manifest.json"); });
    }
    space_.write("recipes/r.lua", recipe);
    build();
    EXPECT_EQ(now != artifacts, row.other_images);
  }
}

TEST_F(Drivers, PathsRunWhatTheyName) {
  build();
  change_recipe(space_, "\"net\", \"disk\", \"packs\"", "\"packs\", \"net\", \"disk\"");
  EXPECT_EQ(build(), (kChoice + Stages{"GRAPH"}));
  change_recipe(space_, "\"packs\", \"net\", \"disk\"", "\"net\", \"disk\"");
  EXPECT_EQ(build(), (kChoice + Stages{"GRAPH"} - Stages{"COMPRESS packs"}));
  // What is there already is not looked through again.
  change_recipe(space_, "\"net\", \"disk\"", "\"net\", \"disk\", \"packs\"");
  build();
  EXPECT_EQ(surgery::count(space_, "SCAN packs"), 0);
  dp::write(space_ / "drivers/more", {.name = "more", .ids = {R"(PCI\VEN_1AF4&DEV_10F4)"}});
  change_recipe(space_, "\"packs\" }", "\"packs\", \"more\" }");
  EXPECT_EQ(build(), (kChoice + Stages{"GRAPH", "SCAN more", "COMPRESS more"}));
  EXPECT_EQ(infs("two").back(), "more.inf");
}

TEST_F(Drivers, FileOfAStagedPackageReachesTheImages) {
  build();
  auto artifacts = artifacts_of(space_ / "out");
  std::string before = image("one")["drivers"][0]["package"];
  dp::write(space_ / "drivers/net/nic", nic("new"));
  EXPECT_EQ(build(), staged_in("net"));
  EXPECT_NE(image("one")["drivers"][0]["package"], before);
  EXPECT_NE(artifacts_of(space_ / "out"), artifacts);
  dp::write(space_ / "drivers/net/nic", nic());
  EXPECT_EQ(build(), staged_in("net"));
  EXPECT_EQ(artifacts_of(space_ / "out"), artifacts);
}

TEST_F(Drivers, FileThatNoPackageNeedsStopsAtTheChoice) {
  build();
  space_.write("drivers/net/readme.txt", "of another vendor\n");
  EXPECT_EQ(build(), (Stages{"SCAN net", "DRIVERS r/one"}));
  space_.write("drivers/net/foreign/foreign.sys", "of another architecture");
  EXPECT_EQ(build(), (Stages{"SCAN net", "DRIVERS r/one"}));
  space_.write("drivers/net/more.txt", "more");
  EXPECT_EQ(build(), (Stages{"SCAN net", "DRIVERS r/one"}));
  EXPECT_EQ(build(), kNothing);
}

TEST_F(Drivers, TouchedFilesAreHashedAndNoMore) {
  build();
  space_.touch("drivers/net/nic/nic.sys");
  EXPECT_EQ(build(), Stages{"SCAN net"});
  space_.touch("drivers/packs/wlan.zip");
  EXPECT_EQ(build(), Stages{"SCAN packs"});
  EXPECT_EQ(build(), kNothing);
}

TEST_F(Drivers, InfsThatComeAndGoAreSeen) {
  build();
  auto artifacts = artifacts_of(space_ / "out");
  dp::write(space_ / "drivers/net/new/deep", {.name = "new", .ids = {R"(PCI\VEN_1AF4&DEV_10F5)"}});
  EXPECT_EQ(build(), staged_in("net"));
  EXPECT_EQ(infs("one"),
            (std::vector<std::string>{"new.inf", "nic.inf", "disk.inf", "usb.inf", "wlan.inf"}));
  fs::remove_all(space_ / "drivers/net/new");
  EXPECT_EQ(build(), staged_in("net"));
  EXPECT_EQ(artifacts_of(space_ / "out"), artifacts);
  // One that stays out changes what is said of it, and nothing in the image.
  fs::remove_all(space_ / "drivers/net/foreign");
  EXPECT_EQ(build(), (Stages{"SCAN net", "DRIVERS r/one", "SETTINGS r/one"} + kImages));
  EXPECT_EQ(image("one")["drivers_left_out"], nlohmann::json::array());
}

TEST_F(Drivers, TheLastInfIsMissed) {
  build();
  auto artifacts = artifacts_of(space_ / "out");
  fs::remove(space_ / "drivers/disk/disk.inf");
  std::string output = space_.failing_build();
  EXPECT_NE(output.find("there is no INF in 'disk'"), std::string::npos) << output;
  EXPECT_EQ(artifacts_of(space_ / "out"), artifacts) << "what was made stays until it can be made";
}

TEST_F(Drivers, ChangedPackIsUnpackedAgain) {
  build();
  auto artifacts = artifacts_of(space_ / "out");
  write_pack("new");
  EXPECT_EQ(build(), staged_in("packs"));
  EXPECT_NE(artifacts_of(space_ / "out"), artifacts);
  write_pack();
  EXPECT_EQ(build(), staged_in("packs"));
  EXPECT_EQ(artifacts_of(space_ / "out"), artifacts);
}

TEST_F(Drivers, PackBesideAChangedFileIsNotUnpackedAgain) {
  write_pack("", std::size_t{4} << 20);
  build();
  // Where no file may become as large as what is in the pack, nobody unpacks it.
  const std::string list = unpacked().replace_extension(".tree").lexically_relative(space_ / "out");
  const std::vector<std::string> limited = {"prlimit", "--fsize=1048576", "ninja", "-C", "out",
                                            list};
  dp::write(space_ / "drivers/packs/usb", usb("new"));
  ProcessResult result = space_.run(limited);
  EXPECT_EQ(result.status, 0) << "it was unpacked for nothing: " << result.output;
  EXPECT_NE(result.output.find("SCAN packs"), std::string::npos) << result.output;
  space_.touch("drivers/packs/wlan.zip");
  result = space_.run(limited);
  EXPECT_EQ(result.status, 0) << "it was unpacked for a new time: " << result.output;
  EXPECT_EQ(build(), staged_in("packs") - Stages{"SCAN packs"});
  write_pack("new", std::size_t{4} << 20);
  result = space_.run(limited);
  EXPECT_NE(result.status, 0) << "the limit does what it should";
  EXPECT_EQ(build(), staged_in("packs"));
}

TEST_F(Drivers, AnchorsAreRead) {
  set_fields(", anchors = { \"anchors/root.pem\" }");
  build();
  space_.touch("anchors/root.pem");
  EXPECT_EQ(build(), Stages{"DRIVERS r/one"});
  space_.write("anchors/root.pem", signing::test_ca().pem() + signing::foreign_ca().pem());
  EXPECT_EQ(build(), Stages{"DRIVERS r/one"}) << "signatures chain to it as before";
  space_.write("anchors/root.pem", signing::foreign_ca().pem());
  std::string output = space_.failing_build({"-D", "as_of=2026-11-21", "recipes/r.lua"});
  EXPECT_NE(output.find("DRIVERS r/one"), std::string::npos) << output;
  space_.write("anchors/root.pem", signing::test_ca().pem());
  EXPECT_EQ(build(), Stages{"DRIVERS r/one"});
}

TEST_F(Drivers, TheDayMattersToAnchoredSignaturesOnly) {
  build("2026-11-21");
  EXPECT_EQ(build("2026-11-22"), kNothing);
  set_fields(", anchors = \"anchors/root.pem\"");
  build("2026-11-22");
  auto artifacts = artifacts_of(space_ / "out");
  EXPECT_TRUE(build("2026-11-23").contains("DRIVERS r/one"));
  EXPECT_EQ(artifacts_of(space_ / "out"), artifacts) << "they hold on both days";
  std::string output = space_.failing_build({"-D", "as_of=2036-01-01", "recipes/r.lua"});
  EXPECT_NE(output.find("nic.cat"), std::string::npos) << "expired in 2035: " << output;
}

TEST_F(Drivers, RequiredDevicesOfAFileAreReadWithTheRecipe) {
  space_.write("ids.json", R"([ "PCI\\VEN_1AF4&DEV_10F0" ])");
  set_fields(", required = data \"ids.json\"");
  build();
  space_.write("ids.json", R"([ "PCI\\VEN_1AF4&DEV_10F0", "PCI\\VEN_1AF4&DEV_10F1" ])");
  EXPECT_EQ(build(), (kChoice + Stages{"GRAPH"}));
  space_.write("ids.json", R"([ "PCI\\VEN_1AF4&DEV_FFFF" ])");
  std::string output = space_.failing_build();
  EXPECT_NE(output.find("DEV_FFFF"), std::string::npos) << output;
}

TEST_F(Drivers, ImagesWithOtherChoicesShareTheLists) {
  space_.write("recipes/r.lua", R"(
local windows = source { media = "@media/stand-in.iso", image = "winre" }
local packages = drivers { "net", "disk" }
local all = drivers { "packs", "net" }
return {
  wim { name = "one", from = windows, drivers = packages },
  wim { name = "two", from = windows, drivers = { packages, all } },
}
)");
  Stages first = build();
  for (const char* once : {"SCAN net", "SCAN disk", "SCAN packs", "DRIVERS r/one", "DRIVERS r/two"})
    EXPECT_EQ(surgery::count(space_, once), 1) << once;
  EXPECT_EQ(infs("one"), (std::vector<std::string>{"nic.inf", "disk.inf"}));
  EXPECT_EQ(infs("two"), (std::vector<std::string>{"nic.inf", "disk.inf", "usb.inf", "wlan.inf"}));
  auto artifacts = artifacts_of(space_ / "out");
  dp::write(space_ / "drivers/packs/usb", usb("new"));
  Stages again = build();
  EXPECT_FALSE(again.contains("DRIVERS r/one"));
  EXPECT_FALSE(again.contains("COMPRESS net"));
  EXPECT_EQ(artifacts.at("r/one/boot.wim"), artifacts_of(space_ / "out").at("r/one/boot.wim"));
  EXPECT_NE(artifacts.at("r/two/boot.wim"), artifacts_of(space_ / "out").at("r/two/boot.wim"));
}

TEST_F(Drivers, TwoRecipesShareTheirStages) {
  space_.write("recipes/s.lua", R"(
local windows = source { media = "@media/stand-in.iso", image = "winre" }
return wim { name = "third", from = windows, drivers = drivers { "net", "disk", "packs" } }
)");
  Stages both = space_.build({"recipes/r.lua", "recipes/s.lua"});
  for (const char* once : {"SCAN net", "DRIVERS r/one", "COMPRESS net", "COMPRESS drivers.txt"})
    EXPECT_EQ(surgery::count(space_, once), 1) << once;
  EXPECT_FALSE(both.contains("DRIVERS s/third"));
  EXPECT_EQ(space_.read("out/r/one/one.drivers.txt").substr(20),
            space_.read("out/s/third/third.drivers.txt").substr(22));
  EXPECT_EQ(space_.build({"recipes/r.lua", "recipes/s.lua"}), kNothing);
}

TEST_F(Drivers, TheProjectMayMove) {
  build();
  fs::path odd = space_.root().parent_path() / "an odd 'name', $x";
  fs::rename(space_.root(), odd);
  ProcessResult moved =
      run_process({space_.runner, "build", "-C", "out", "-D", "as_of=2026-11-21", "recipes/r.lua"},
                  {.directory = odd});
  fs::rename(odd, space_.root());
  ASSERT_EQ(moved.status, 0) << moved.output;
  for (const char* stage : {"SCAN", "DRIVERS", "COMPRESS", "SETTINGS", "WIM"})
    EXPECT_EQ(moved.output.find(stage), std::string::npos) << moved.output;
}

TEST_F(Drivers, AnyHistoryEndsInTheSameBits) {
  set_fields(", boot_start = true, anchors = \"anchors/root.pem\"");
  Space other;
  for (const char* folder : {"recipes", "drivers", "anchors"}) {
    fs::copy(space_ / folder, other / folder,
             fs::copy_options::recursive | fs::copy_options::overwrite_existing);
  }
  build();
  dp::write(space_ / "drivers/net/new", {.name = "new", .ids = {R"(PCI\VEN_1AF4&DEV_10F5)"}});
  write_pack("other");
  build("2026-12-24");
  set_fields(", boot_start = true, max_size = \"1GiB\"");
  dp::write(space_ / "drivers/disk", dp::storage("second"));
  build();
  fs::remove(space_ / "drivers/disk/second.inf");
  fs::remove(space_ / "drivers/disk/second.sys");
  fs::remove(space_ / "drivers/disk/second.cat");
  fs::remove_all(space_ / "drivers/net/new");
  write_pack();
  space_.write("recipes/r.lua", other.read("recipes/r.lua"));
  build();
  auto artifacts = artifacts_of(space_ / "out");
  EXPECT_EQ(artifacts.size(), 8u);

  other.build({"-D", "as_of=2026-11-21", "recipes/r.lua", "--", "-j1"});
  EXPECT_EQ(artifacts_of(other / "out"), artifacts) << "another folder, one after the other";
  fs::remove_all(other / "out");
  for (const auto& entry : fs::recursive_directory_iterator(other / "drivers")) {
    if (entry.is_regular_file())
      other.touch(entry.path().lexically_relative(other.root()).string());
  }
  other.build({"-D", "as_of=2026-11-21", "recipes/r.lua", "--", "-j4"});
  EXPECT_EQ(artifacts_of(other / "out"), artifacts) << "four at once, other times of files";
}

TEST_F(Drivers, NothingIsUsedThatIsNotDeclaredAndNothingIsLeft) {
  set_fields(", boot_start = true, anchors = \"anchors/root.pem\"");
  build();
  space_.ninja({"-t", "missingdeps"});
  EXPECT_NE(space_.output.find("No missing dependencies on generated files found"),
            std::string::npos)
      << space_.output;
  auto before = stored();
  space_.ninja({"-t", "cleandead"});
  EXPECT_EQ(stored(), before) << "nothing is dead";
  EXPECT_EQ(build(), kNothing);
  const std::string recipe = space_.read("recipes/r.lua");
  set_fields(", exclude = \"usb.inf\"");
  build();
  space_.write("recipes/r.lua", recipe);
  build();
  space_.ninja({"-t", "cleandead"});
  EXPECT_EQ(build(), kNothing);
}

TEST_F(Drivers, OneFolderServesTwoArchitectures) {
  medium::Options arm{.arch = "arm64", .payload_mib = 0, .install_wim = false};
  fs::create_directories(space_ / "media");
  medium::write_iso(arm, space_ / "media/arm.iso");
  dp::write(space_ / "drivers/net/both", {.name = "both",
                                          .targets = {"NTamd64.10.0", "NTarm64.10.0"},
                                          .ids = {R"(PCI\VEN_1AF4&DEV_10F6)"}});
  space_.write("recipes/r.lua", R"(
local packages = drivers "net"
return {
  wim { name = "one", drivers = packages,
        from = source { media = "@media/stand-in.iso", image = "winre" } },
  wim { name = "two", drivers = packages,
        from = source { media = "media/arm.iso", image = "pe", arch = "arm64" } },
}
)");
  build();
  EXPECT_EQ(surgery::count(space_, "SCAN net"), 1);
  EXPECT_EQ(infs("one"), (std::vector<std::string>{"both.inf", "nic.inf"}));
  EXPECT_EQ(infs("two"), (std::vector<std::string>{"both.inf", "foreign.inf"}));
  EXPECT_EQ(image("two")["drivers_left_out"][0]["outcome"], "not for this architecture");
  auto program = [&](const std::string& name) {
    fs::path file = space_ / ("out/r/" + name + "/boot.wim");
    wim::File wim(Slice::whole(file), file.string());
    const wim::Entry* entry = wim.find(1, "Remedia/remedia.exe");
    return entry != nullptr ? entry->sha1 : "";
  };
  EXPECT_NE(program("one"), program("two")) << "each has the loader of its architecture";
  EXPECT_NE(program("two"), "");
  dp::write(space_ / "drivers/net/foreign", {.name = "foreign",
                                             .targets = {"NTarm64.10.0"},
                                             .ids = {R"(PCI\VEN_1AF4&DEV_10F7)"},
                                             .salt = "new"});
  Stages again = build();
  EXPECT_TRUE(again.contains("WIM r/two"));
  EXPECT_FALSE(again.contains("WIM r/one"));
}

}  // namespace
}  // namespace remedia
