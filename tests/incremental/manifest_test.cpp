// The manifest of a real build: every field is documented, every claim is true.

#include "kinds/manifest.h"

#include "formats/win_names.h"
#include "incremental/evidence_space.h"
#include "incremental/surgery.h"
#include "support/digest.h"
#include "support/driver_packages.h"

#include <algorithm>
#include <sstream>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace remedia {
namespace {

using nlohmann::json;

// Names inside these are data, not fields.
bool is_map(const std::string& path) { return path == "parameters" || path == "versions"; }

void collect_fields(const json& value, const std::string& path, std::set<std::string>& fields) {
  if (value.is_array()) {
    for (const json& item : value) collect_fields(item, path, fields);
  } else if (value.is_object() && !is_map(path)) {
    for (const auto& [name, item] : value.items()) {
      std::string below = path.empty() ? name : path + "." + name;
      fields.insert(below);
      collect_fields(item, below, fields);
    }
  }
}

json manifest_of(const Space& space, const std::string& name) {
  return json::parse(space.read(fmt::format("out/r/{0}/{0}.manifest.json", name)));
}

constexpr const char* kRecipe = R"(
local site = param { "site", default = "here" }
local windows = source { media = "@media/stand-in.iso", image = "winre" }
local boot = wim { name = "helpdesk", title = site, from = windows, overlays = { "common" } }
return iso { boot = boot }
)";

// Packages of which each has something that a manifest can say of one.
void fill_drivers(const Space& space) {
  using driver_packages::write;
  signing::CatalogOptions stamped;
  stamped.sign.stamp = signing::Stamp::token;
  write(space / "drivers/net", {.name = "nic",
                                .compatible_ids = {R"(PCI\CC_0200)"},
                                .install = "Include=machine.inf\nNeeds=Any\n",
                                .signing = stamped});
  write(space / "drivers/net/old", {.name = "nic",
                                    .version = "01/01/2020,1.0.0.0",
                                    .install = "Include=machine.inf\nNeeds=Any\n"});
  write(space / "drivers/disk", driver_packages::storage());
  write(space / "drivers/other", {.name = "other", .ids = {R"(PCI\VEN_1AF4&DEV_10F8)"}});
  space.write("anchors/root.pem", signing::test_ca().pem());
  space.write("recipes/r.lua", R"(
local windows = source { media = "@media/stand-in.iso", image = "winre" }
local packages = drivers { "net", "disk", "other", boot_start = true, exclude = "other.inf",
                           anchors = "anchors/root.pem" }
return wim { name = "helpdesk", from = windows, drivers = packages }
)");
}

// What lies on a partition is documented where it is of images: it must say the same fields.
void check_evidence_of_partitions(std::set<std::string>& fields) {
  const std::string partition = "volumes.partitions.";
  for (const std::string list : {"definitions", "symbols", "symbols_missing"}) {
    EXPECT_TRUE(fields.contains(partition + list)) << list;
    std::set<std::string> of_image, of_partition;
    for (auto field = fields.begin(); field != fields.end();) {
      if (field->starts_with("images." + list + "."))
        of_image.insert(field->substr(("images." + list).size()));
      const bool here = field->starts_with(partition + list + ".");
      if (here) of_partition.insert(field->substr((partition + list).size()));
      field = here ? fields.erase(field) : std::next(field);
    }
    EXPECT_EQ(of_partition, of_image) << list;
    EXPECT_FALSE(of_image.empty()) << list;
  }
}

TEST(Manifest, HasTheFieldsThatAreDocumented) {
  Space space;
  surgery::fill(space);
  space.build();
  std::set<std::string> found;
  collect_fields(manifest_of(space, "helpdesk"), "", found);
  Space ways;
  ways.write("recipes/r.lua", R"(
local windows = source { media = "@media/stand-in.iso", image = "winre" }
local boot = wim { name = "helpdesk", from = windows, shell = "winre" }
return { usb { boot = boot, data = "common" }, partition { boot = boot } }
)");
  ways.build();
  collect_fields(manifest_of(ways, "helpdesk"), "", found);
  Space tiers;
  tiers.write("recipes/r.lua", R"(
local windows = source { media = "@media/stand-in.iso", image = "winre" }
local agent = tool { id = "agent", title = "Agent", description = "Lets in.", risk = "high",
  files = { overlay { "readme.txt", to = "Tools" } }, licence = "ours", group = "Help",
  programs = { "Windows/System32/cmd.exe" }, needs = { "network" }, command = "cmd.exe /c {port}", show_output = true }
local level = tier { name = "L1", forbid = { "Windows/regedit.exe" }, expires = "2030-01-31",
  contact = "us", language = "en", network = true,
  remote = { agent = agent, port = 3388, message = "Wait." } }
return wim { name = "helpdesk", from = windows, tier = level }
)");
  tiers.write("overlays/readme.txt", "read me\n");
  tiers.build({"-D", "as_of=2026-11-21", "recipes/r.lua"});
  collect_fields(manifest_of(tiers, "helpdesk"), "", found);
  Space drivers;
  fill_drivers(drivers);
  drivers.build();
  collect_fields(manifest_of(drivers, "helpdesk"), "", found);
  Space all;
  evidence::fill_image_and_stick(all);
  all.build({"-D", "as_of=2026-11-20", "recipes/r.lua"});
  collect_fields(manifest_of(all, "helpdesk"), "", found);
  check_evidence_of_partitions(found);
  std::set<std::string> documented;
  for (const kinds::ManifestField& field : kinds::manifest_fields()) documented.emplace(field.path);
  // The stand-in's files have no short names to lose; wim_test shows one that has.
  found.insert("images.files.short_name_lost");
  found.insert("images.files.streams_lost");
  std::vector<std::string> undocumented, absent;
  std::set_difference(found.begin(), found.end(), documented.begin(), documented.end(),
                      std::back_inserter(undocumented));
  std::set_difference(documented.begin(), documented.end(), found.begin(), found.end(),
                      std::back_inserter(absent));
  EXPECT_EQ(undocumented, std::vector<std::string>());
  EXPECT_EQ(absent, std::vector<std::string>());
}

TEST(Manifest, TellsTheTruth) {
  Space space;
  space.write("recipes/r.lua", kRecipe);
  space.write("overlays/common/windows/SYSTEM32/Winpeshl.exe", "replaced");
  space.build({"recipes/r.lua", "-D", "site=oslo"});
  json manifest = manifest_of(space, "helpdesk");
  EXPECT_EQ(manifest["parameters"], (json{{"site", "oslo"}}));
  EXPECT_EQ(manifest["recipe"], "recipes/r.lua");
  for (const json& artifact : manifest["artifacts"]) {
    fs::path file = space / ("out/" + artifact["file"].get<std::string>());
    EXPECT_EQ(artifact["size"], fs::file_size(file));
    EXPECT_EQ(artifact["sha256"], sha256(Slice::whole(file)));
  }
  const json& image = manifest["images"].at(0);
  EXPECT_EQ(image["inputs"].at(0)["path"], "@media/stand-in.iso");
  EXPECT_EQ(image["inputs"].at(0)["sha256"], sha256(Slice::whole(standard_medium())));
  std::map<std::string, json> files;
  for (const json& file : image["files"]) files[file["path"]] = file;
  ASSERT_EQ(files.size(), 2u);
  EXPECT_EQ(files["Tools/hello.txt"]["sha256"], sha256("hello\n"));
  EXPECT_EQ(files["Tools/hello.txt"]["origin"], "common/Tools/hello.txt");
  EXPECT_FALSE(files["Tools/hello.txt"].contains("replaces"));
  EXPECT_EQ(files["windows/SYSTEM32/Winpeshl.exe"]["replaces"], "Windows/System32/winpeshl.exe");
}

/// The entries of a list, each by what `key` makes of it.
template <typename Key>
std::map<std::string, json> by(const json& list, Key&& key) {
  std::map<std::string, json> found;
  for (const json& item : list) EXPECT_TRUE(found.emplace(key(item), item).second) << item;
  return found;
}

class ManifestOfSurgery : public testing::Test {
 protected:
  ManifestOfSurgery() {
    surgery::fill(space_);
    space_.build();
    image_ = manifest_of(space_, "helpdesk")["images"].at(0);
  }

  Space space_;
  json image_;
};

TEST_F(ManifestOfSurgery, SaysWhichWindowsTheBaseIsByEachWitness) {
  const json& base = image_["base"];
  for (const char* field : {"version", "kernel_version", "loader_version", "registry_version"})
    EXPECT_EQ(base[field], "10.0.26100.1742") << field;
  EXPECT_EQ(base["disagreements"], json::array());
  EXPECT_EQ(base["found_in"], "sources/install.wim image 1, winre.wim");
  EXPECT_EQ(image_["requires"], (json{"WinPE-WMI", "winpe-scripting"}));
  std::set<std::string> packages;
  for (const json& package : base["packages"]) {
    packages.insert(package["name"].get<std::string>() + " " +
                    package["version"].get<std::string>());
  }
  EXPECT_EQ(packages.size(), 10u);
  EXPECT_TRUE(packages.contains("WinPE-WMI 10.0.26100.1742"));
  EXPECT_TRUE(packages.contains("WinPE-SRT 10.0.26100.1742"));
  EXPECT_FALSE(packages.contains("WinPE-SRT 10.0.10240.16384")) << "superseded";
  EXPECT_FALSE(packages.contains("WinPE-Rejuv 10.0.26100.1742")) << "staged only";
}

TEST_F(ManifestOfSurgery, ListsEachFileThatIsGone) {
  auto removed = by(image_["removed"], [](const json& r) { return r["path"].get<std::string>(); });
  std::set<std::string> paths;
  for (const auto& [path, entry] : removed) paths.insert(path);
  const std::string pxe = "Windows/Boot/PXE";
  EXPECT_EQ(paths, (std::set<std::string>{
                       pxe, pxe + "/abortpxe.com", pxe + "/bootmgr.exe", pxe + "/pxeboot.com",
                       pxe + "/pxeboot.n12", pxe + "/wdsmgfw.efi", pxe + "/wdsnbp.com",
                       "Windows/System32/boot/winload.efi", "Windows/System32/boot/winload.exe",
                       "Windows/System32/winload.exe", "sources/recovery/StartRep.exe"}));
  EXPECT_FALSE(removed[pxe].contains("size"));
  EXPECT_FALSE(removed[pxe].contains("everywhere"));
  EXPECT_EQ(removed[pxe + "/wdsnbp.com"]["pattern"], pxe);
  EXPECT_EQ(removed[pxe + "/wdsnbp.com"]["everywhere"], false);
  EXPECT_EQ(removed["sources/recovery/StartRep.exe"]["pattern"], "sources/recovery/Start*.exe");
  const json& everywhere = removed["Windows/System32/boot/winload.exe"];
  EXPECT_EQ(everywhere["everywhere"], true);
  EXPECT_EQ(everywhere["pattern"], "Windows/System32/winload.exe") << "taken by its content";
  EXPECT_EQ(everywhere["sha1"], removed["Windows/System32/winload.exe"]["sha1"]);
  auto left =
      by(image_["left_elsewhere"], [](const json& l) { return l["path"].get<std::string>(); });
  EXPECT_EQ(left["Windows/System32/winload.efi"]["removed"], "Windows/System32/boot/winload.efi");
}

TEST_F(ManifestOfSurgery, TellsEachChangeOfTheRegistryWithWhatWasThere) {
  auto changes = by(image_["registry"], [](const json& c) {
    return fmt::format("{} {} {}", c["hive"].get<std::string>(), c["key"].get<std::string>(),
                       c["name"].get<std::string>());
  });
  struct Expected {
    std::string place, action, value, before;  // "-": the field is absent
  };
  const std::string control = "SYSTEM ControlSet001\\Control\\";
  const std::string winpe = "SOFTWARE Microsoft\\Windows NT\\CurrentVersion\\WinPE ";
  const Expected all[] = {
      {control + "ComputerName\\ComputerName ComputerName", "set_value", "string:RESCUE",
       "string:MINWINPC"},
      {control + "Nls\\CodePage OEMCP", "delete_value", "-", "string:437"},
      {"SYSTEM MountedDevices ", "delete_key", "-", "-"},
      {"SOFTWARE Example ", "set_value", "string:the default", "-"},
      {"SOFTWARE Example Dword", "set_value", "dword:4294967295", "-"},
      {"SOFTWARE Example Qword", "set_value", "qword:4294967296", "-"},
      {"SOFTWARE Example Empty", "set_value", "string:", "-"},
      {"SOFTWARE Example Text", "set_value", "string:Grüße", "-"},
      {"SOFTWARE Example Path", "set_value", "expand_string:%SystemRoot%\\Temp", "-"},
      {"SOFTWARE Example List", "set_value", "multi_string:[\"one\",\"two\"]", "-"},
      {"SOFTWARE Example Bytes", "set_value", "binary:0aff00", "-"},
      {"DEFAULT Environment ", "create_key", "-", "-"},
      {"SYSTEM ControlSet001\\Services\\FBWF WinPECacheThreshold", "set_value", "dword:128",
       "dword:512"},
      {winpe + "InstRoot", "set_value", "string:Y:\\", "string:X:\\"},
      {winpe + "CustomBackground", "set_value", "expand_string:%SystemRoot%\\System32\\winpe.jpg",
       "-"},
      {"DEFAULT Keyboard Layout\\Preload 1", "set_value", "string:00000809", "string:00000409"},
      {"DEFAULT Control Panel\\International LocaleName", "set_value", "string:en-GB",
       "string:en-US"},
  };
  for (const Expected& e : all) {
    ASSERT_TRUE(changes.contains(e.place)) << e.place << "\n" << image_["registry"].dump(1);
    const json& change = changes[e.place];
    EXPECT_EQ(change["action"], e.action) << e.place;
    EXPECT_EQ(change.value("value", "-"), e.value) << e.place;
    EXPECT_EQ(change.value("before", "-"), e.before) << e.place;
  }
}

TEST_F(ManifestOfSurgery, ListsWhatTheSettingsPutThere) {
  auto files = by(image_["files"], [](const json& f) { return f["path"].get<std::string>(); });
  const std::string system32 = "Windows/System32/";
  for (const std::string hive : {"SYSTEM", "SOFTWARE", "DEFAULT"}) {
    const json& file = files[system32 + "config/" + hive];
    EXPECT_EQ(file["replaces"], system32 + "config/" + hive);
    EXPECT_EQ(file["origin"], "the base's " + hive + ", edited");
  }
  EXPECT_EQ(files[system32 + "startnet.cmd"]["sha256"], sha256("wpeinit\r\nstart notepad\r\n"));
  EXPECT_EQ(files[system32 + "winpe.jpg"]["sha256"], sha256(surgery::picture(800)));
  EXPECT_FALSE(files[system32 + "winpe.jpg"].contains("replaces"));
  EXPECT_EQ(files["Tools/shared.txt"]["origin"], "tools/Tools/shared.txt") << "the later wins";
  EXPECT_EQ(files[system32 + "Winpeshl.exe"]["replaces"], system32 + "winpeshl.exe");
  EXPECT_EQ(files.size(), 9u);
}

class ManifestOfDrivers : public testing::Test {
 protected:
  ManifestOfDrivers() {
    fill_drivers(space_);
    build();
    fs::copy_file(manifest_file(), space_ / "before.json");
  }

  void build() {
    space_.build({"-D", "as_of=2026-11-21", "recipes/r.lua"});
    image_ = manifest_of(space_, "helpdesk")["images"].at(0);
  }

  fs::path manifest_file() const { return space_ / "out/r/helpdesk/helpdesk.manifest.json"; }

  /// What `remedia diff` says of the drivers between the first build and the last: its sections
  /// whose names begin with "drivers".
  std::string differences() const {
    ProcessResult result =
        space_.run({space_.runner, "diff", "before.json", manifest_file().string()});
    std::string text, line;
    bool ours = false;
    for (std::istringstream lines(result.output); std::getline(lines, line);) {
      if (line.starts_with("image ")) ours = line.find(": drivers") != std::string::npos;
      if (ours && !line.empty()) text += line + "\n";
    }
    return text;
  }

  Space space_;
  json image_;
};

TEST_F(ManifestOfDrivers, SaysWhatBecameOfEach) {
  auto staged = by(image_["drivers"], [](const json& d) { return d["inf"].get<std::string>(); });
  ASSERT_EQ(staged.size(), 2u);
  const json& nic = staged["nic.inf"];
  EXPECT_EQ(nic["origin"], "net/nic.inf");
  EXPECT_EQ(nic["class"], "Net");
  EXPECT_EQ(fold_case(nic["class_guid"].get<std::string>()),
            fold_case("{4D36E972-E325-11CE-BFC1-08002BE10318}"));
  EXPECT_EQ(nic["provider"], "Remedia Tests");
  EXPECT_EQ(nic["date"], "2024-05-31");
  EXPECT_EQ(nic["version"], "1.2.3.4");
  EXPECT_EQ(nic["way"], "drvload");
  EXPECT_EQ(nic["why"], "its INF starts no driver of a device at boot");
  EXPECT_EQ(nic["hardware_ids"], json({R"(PCI\VEN_1AF4&DEV_10F0)"}));
  EXPECT_EQ(nic["compatible_ids"], json({R"(PCI\CC_0200)"}));
  EXPECT_EQ(nic["includes"], json({"machine.inf"}));
  const json& signer = nic["signer"];
  EXPECT_EQ(signer["name"], "Remedia Test Signer");
  EXPECT_EQ(signer["issuer"], "Remedia Test Root");
  EXPECT_EQ(signer["sha256"], sha256(signing::test_signer().der()));
  EXPECT_EQ(signer["countersigned"], "2023-11-14");
  EXPECT_EQ(signer["anchored"], true);
  std::uintmax_t size = 0;
  for (const char* suffix : {"inf", "sys", "cat"})
    size += fs::file_size(space_ / fmt::format("drivers/net/nic.{}", suffix));
  EXPECT_EQ(nic["size"], size);
  EXPECT_EQ(staged["disk.inf"]["way"], "boot_start");
  EXPECT_EQ(staged["disk.inf"]["why"], "its INF starts disk at boot");
  EXPECT_FALSE(staged["disk.inf"]["signer"].contains("countersigned"));
  EXPECT_FALSE(staged["disk.inf"].contains("includes"));

  auto left =
      by(image_["drivers_left_out"], [](const json& d) { return d["origin"].get<std::string>(); });
  ASSERT_EQ(left.size(), 2u);
  EXPECT_EQ(left["other/other.inf"],
            (json{{"inf", "other.inf"}, {"origin", "other/other.inf"}, {"outcome", "excluded"}}));
  EXPECT_EQ(left["net/old/nic.inf"]["outcome"], "superseded");
  EXPECT_EQ(left["net/old/nic.inf"]["why"], "by net/nic.inf (2024-05-31 1.2.3.4)");
  // Files of packages are files of the image.
  auto files = by(image_["files"], [](const json& f) { return f["path"].get<std::string>(); });
  std::string folder = "Drivers/" + nic["package"].get<std::string>();
  EXPECT_EQ(files[folder + "/nic.sys"]["origin"], "net/nic.sys");
  EXPECT_EQ(files[folder + "/nic.sys"]["sha256"], sha256(space_.read("drivers/net/nic.sys")));
  EXPECT_EQ(files["Windows/System32/drivers/disk.sys"]["origin"], "disk/disk.sys");
}

TEST_F(ManifestOfDrivers, TableIsWhatTheManifestSays) {
  std::string table = space_.read("out/r/helpdesk/helpdesk.drivers.txt");
  for (const char* text : {"Drivers of helpdesk: 2 staged", "2 left out", "Remedia Test Signer",
                           "disk.inf: boot_start: its INF starts disk at boot", "superseded",
                           "by net/nic.inf (2024-05-31 1.2.3.4)", "  PCI\\VEN_1AF4&DEV_10F0\r\n",
                           "  PCI\\CC_0200 (compatible)\r\n"}) {
    EXPECT_NE(table.find(text), std::string::npos) << text << "\n" << table;
  }
  EXPECT_EQ(table.find(" \r\n"), std::string::npos);
}

TEST_F(ManifestOfDrivers, DifferenceIsNoneWhereNothingChanged) {
  build();
  EXPECT_EQ(differences(), "");
}

TEST_F(ManifestOfDrivers, DifferenceNamesWhatCameAndWent) {
  driver_packages::write(space_ / "drivers/net/new",
                         {.name = "new", .version = "02/03/2025,7.1", .ids = {"USB\\VID_0001"}});
  fs::remove_all(space_ / "drivers/disk");
  driver_packages::write(space_ / "drivers/disk",
                         {.name = "disk2", .version = "02/03/2025,7.2", .ids = {"USB\\VID_0002"}});
  build();
  EXPECT_EQ(differences(),
            "image helpdesk: drivers\n- disk.inf: 1.2.3.4\n+ disk2.inf: 7.2\n"
            "+ new.inf: 7.1\n");
}

TEST_F(ManifestOfDrivers, DifferenceTellsVersionsApart) {
  driver_packages::Package nic{.name = "nic", .version = "02/03/2025,2.0.0.0"};
  fs::remove_all(space_ / "drivers/net");
  driver_packages::write(space_ / "drivers/net", nic);
  build();
  std::string said = differences();
  for (const char* line :
       {"~ nic.inf: date \"2024-05-31\" -> \"2025-02-03\"\n",
        "~ nic.inf: version \"1.2.3.4\" -> \"2.0.0.0\"\n",
        "~ nic.inf: compatible_ids -\"PCI\\\\CC_0200\"\n",
        "~ nic.inf: includes [\"machine.inf\"] -> (none)\n",
        "~ nic.inf: signer.countersigned \"2023-11-14\" -> (none)\n",
        "image helpdesk: drivers_left_out\n"
        "- net/old/nic.inf: superseded, by net/nic.inf (2024-05-31 1.2.3.4)\n"}) {
    EXPECT_NE(said.find(line), std::string::npos) << line << "\n" << said;
  }
}

TEST_F(ManifestOfDrivers, DifferenceTellsWhatWasDecidedOtherwise) {
  surgery::change_recipe(space_, "boot_start = true, exclude = \"other.inf\"",
                         "exclude = \"**/disk.inf\"");
  surgery::change_recipe(space_, "\"net\", \"disk\"", "\"disk\", \"net\"");
  build();
  std::string said = differences();
  EXPECT_EQ(said,
            "image helpdesk: drivers\n- disk.inf: 1.2.3.4\n"
            "~ nic.inf: why \"its INF starts no driver of a device at boot\" -> \"\"\n"
            "+ other.inf: 1.2.3.4\n"
            "image helpdesk: drivers_left_out\n+ disk/disk.inf: excluded\n"
            "- other/other.inf: excluded\n");
  surgery::change_recipe(space_, "exclude = \"**/disk.inf\"", "exclude = \"other.inf\"");
  build();
  EXPECT_EQ(differences(),
            "image helpdesk: drivers\n"
            "~ disk.inf: way \"boot_start\" -> \"drvload\"\n"
            "~ disk.inf: why \"its INF starts disk at boot\" -> \"\"\n"
            "~ nic.inf: why \"its INF starts no driver of a device at boot\" -> \"\"\n");
}

TEST_F(ManifestOfDrivers, DamagedListsAreRefused) {
  const json sound = json::parse(space_.read("before.json"));
  struct Damage {
    const char* field;
    json value;
    const char* says;
  };
  const Damage all[] = {
      {"drivers", "x", "images[0].drivers = \"x\", which is not a list of objects"},
      {"drivers", json::array({1}), "images[0].drivers[0] = 1, which is not an object"},
      {"drivers", json::array({{{"inf", 7}}}), "images[0].drivers[0].inf = 7"},
      {"drivers_left_out", 5, "images[0].drivers_left_out = 5, which is not a list of objects"},
      {"drivers_left_out", json::array({json::object()}),
       "no field images[0].drivers_left_out[0].origin"},
      {"drivers_left_out", json::array({{{"origin", "a"}, {"why", json::array()}}}),
       "images[0].drivers_left_out[0].why = array, which is not a text"},
  };
  for (const Damage& damage : all) {
    json broken = sound;
    broken["images"][0][damage.field] = damage.value;
    space_.write("broken.json", broken.dump());
    ProcessResult result = space_.run({space_.runner, "diff", "before.json", "broken.json"});
    EXPECT_NE(result.status, 0);
    EXPECT_NE(result.output.find(damage.says), std::string::npos) << result.output;
  }
}

TEST(Manifest, LeavesOutWhatTheRecipeDoesNotDo) {
  Space space;
  space.build();
  json image = manifest_of(space, "helpdesk")["images"].at(0);
  for (const char* field : {"removed", "left_elsewhere", "registry", "definitions", "debuggers",
                            "symbols", "symbols_missing"})
    EXPECT_FALSE(image.contains(field)) << field;
  EXPECT_EQ(image["requires"], json::array());
}

// A commit that changes nothing that is described has the revision of the one before.
TEST(Manifest, RevisionFollowsWhatIsDescribed) {
  Space space;
  space.build();
  std::string revision = manifest_of(space, "helpdesk")["revision"];
  space.write("recipes/r.lua", "-- moved\n\n" + space.read("recipes/r.lua"));
  space.build();
  EXPECT_EQ(manifest_of(space, "helpdesk")["revision"], revision);
  std::string recipe = space.read("recipes/r.lua");
  space.write("recipes/r.lua", recipe.replace(recipe.find("name = "), 7, "title = \"T\", name = "));
  space.build();
  EXPECT_NE(manifest_of(space, "helpdesk")["revision"], revision);
}

}  // namespace
}  // namespace remedia
