// What drivers come to in a built image: the files, the index that the launcher reads, what the
// image starts, and its registry.

#include "incremental/regf_reader.h"
#include "incremental/space.h"
#include "launcher/drivers.h"
#include "media/hive_lib.h"
#include "media/wim.h"
#include "support/driver_packages.h"
#include "unit/hive_listing.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace remedia {
namespace {

namespace dp = driver_packages;
using namespace std::string_literals;

constexpr const char* kConfig = "Windows/System32/config/";
constexpr const char* kWinpeshl = "Windows/System32/winpeshl.ini";
constexpr const char* kLoads = "%SYSTEMDRIVE%\\Remedia\\remedia.exe, --load-drivers\r\n";

class DriverImages : public testing::Test {
 protected:
  DriverImages() {
    dp::write(space_ / "drivers/net", {.name = "nic", .compatible_ids = {R"(PCI\CC_0200)"}});
    dp::write(space_ / "drivers/disk", dp::storage());
  }

  /// An image "one" of `base` with these fields.
  void build(const std::string& fields, const std::string& base = winre()) {
    space_.write("recipes/r.lua", "return wim { name = \"one\", from = source { " + base + " },\n" +
                                      fields + " }\n");
    space_.build({"-D", "as_of=2026-11-21", "recipes/r.lua"});
  }

  static std::string winre() { return "media = \"@media/stand-in.iso\", image = \"winre\""; }

  /// Makes an image with these fields the base of the next ones.
  std::string changed_base(const std::string& fields) {
    build(fields);
    fs::create_directories(space_ / "media");
    fs::copy_file(space_ / "out/r/one/boot.wim", space_ / "media/base.wim");
    return "media = \"media/base.wim\", image = 1";
  }

  std::string in_image(const std::string& path) const {
    fs::path file = space_ / "out/r/one/boot.wim";
    wim::File image(Slice::whole(file), file.string());
    const wim::Entry* entry = image.find(1, path);
    if (entry == nullptr) return "(none)";
    image.extract(1, *entry, space_ / "extracted");
    return read_file(space_ / "extracted", 64u << 20);
  }

  nlohmann::json manifest() const {
    return nlohmann::json::parse(space_.read("out/r/one/one.manifest.json"))["images"][0];
  }

  std::string hive(const std::string& name) const { return in_image(kConfig + name); }

  Space space_;
};

// --- files and index -----------------------------------------------------------------------------

TEST_F(DriverImages, HaveThePackagesByteForByte) {
  build("drivers = { drivers { \"net\", \"disk\" } }");
  const nlohmann::json image = manifest();
  ASSERT_EQ(image["drivers"].size(), 2u);
  for (const auto& driver : image["drivers"]) {
    std::string name = driver["inf"].get<std::string>().substr(0, driver["inf"].size() - 4);
    name = name.substr(0, name.find('.'));
    std::string folder = "drivers/" + (name == "nic" ? "net/"s : "disk/"s);
    for (const char* suffix : {".inf", ".sys", ".cat"}) {
      std::string path = "Drivers/" + driver["package"].get<std::string>() + "/" + name + suffix;
      EXPECT_EQ(in_image(path), space_.read(folder + name + suffix)) << path;
    }
  }
  EXPECT_EQ(in_image("Windows/System32/drivers/disk.sys"), "(none)") << "drvload puts it there";
}

TEST_F(DriverImages, IndexLeadsEachDeviceToItsPackage) {
  // An older one that serves another device besides; one that takes the device for less certain.
  dp::write(space_ / "drivers/net/old",
            {.name = "nic",
             .version = "01/01/2020,1.0.0.0",
             .ids = {R"(PCI\VEN_1AF4&DEV_10F0)", R"(PCI\VEN_1AF4&DEV_10E0)"}});
  dp::write(space_ / "drivers/net/exact", {.name = "exact",
                                           .version = "01/01/2019,1.0.0.0",
                                           .ids = {R"(PCI\VEN_1AF4&DEV_10F0&SUBSYS_00011028)"}});
  build("drivers = { drivers { \"net\", \"disk\" } }");
  launcher::DriverIndex index = launcher::read_driver_index(in_image("Remedia/drivers.txt"));
  EXPECT_EQ(index.errors, std::vector<std::string>());
  ASSERT_EQ(index.packages.size(), 4u);
  for (const launcher::DriverPackage& package : index.packages) {
    std::string path = package.inf.substr(3);
    std::replace(path.begin(), path.end(), '\\', '/');
    EXPECT_EQ(package.inf.substr(0, 3), "X:\\");
    EXPECT_NE(in_image(path), "(none)") << path;
  }
  struct Device {
    launcher::DeviceIds ids;
    std::vector<std::string> infs;  // with the version, the best first
    launcher::DriverPhase phase;
  };
  const Device devices[] = {
      {{{R"(PCI\VEN_1AF4&DEV_10F0&SUBSYS_00011028&REV_01)",
         R"(PCI\VEN_1AF4&DEV_10F0&SUBSYS_00011028)", R"(pci\ven_1af4&dev_10f0)"},
        {}},
       {"exact.inf 2019-01-01", "nic.inf 2024-05-31", "nic.inf 2020-01-01"},
       launcher::DriverPhase::network},
      {{{R"(PCI\VEN_1AF4&DEV_10E0)"}, {}}, {"nic.inf 2020-01-01"}, launcher::DriverPhase::network},
      {{{R"(PCI\VEN_FFFF&DEV_0001)"}, {R"(PCI\CC_020000)", R"(PCI\CC_0200)"}},
       {"nic.inf 2024-05-31"},
       launcher::DriverPhase::network},
      {{{R"(PCI\VEN_1AF4&DEV_10F1)"}, {}}, {"disk.inf 2024-05-31"}, launcher::DriverPhase::storage},
      {{{R"(PCI\VEN_1AF4&DEV_10F)"}, {R"(PCI\CC_02)"}}, {}, launcher::DriverPhase::rest},
  };
  for (const Device& device : devices) {
    std::vector<std::string> infs;
    for (const launcher::Candidate& candidate : launcher::candidates(index, device.ids)) {
      const launcher::DriverPackage& package = index.packages[candidate.package];
      infs.push_back(package.inf.substr(package.inf.rfind('\\') + 1) + " " + package.date);
      EXPECT_EQ(package.phase, device.phase);
    }
    EXPECT_EQ(infs, device.infs) << device.ids.hardware[0];
  }
}

TEST_F(DriverImages, WithoutADriverThatFitsLoadNothing) {
  dp::write(space_ / "drivers/arm", {.name = "arm", .targets = {"NTarm64.10.0"}});
  build("drivers = { drivers \"arm\" }");
  EXPECT_EQ(in_image("Remedia/drivers.txt"), "(none)");
  EXPECT_EQ(in_image("Remedia/remedia.exe"), "(none)");
  EXPECT_EQ(in_image(kWinpeshl).find("load-drivers"), std::string::npos);
  EXPECT_EQ(manifest()["drivers"], nlohmann::json::array());
}

// --- what is started -----------------------------------------------------------------------------

struct Start {
  const char* name;
  const char* base;    // image of the stand-in
  const char* fields;  // of the image
  std::string lines;   // of [LaunchApps]
};

class DriverStart : public DriverImages, public testing::WithParamInterface<Start> {};

TEST_P(DriverStart, ComesBeforeWhatIsStartedAnyway) {
  const Start& start = GetParam();
  build("drivers = { drivers \"net\" }" + std::string(start.fields),
        "media = \"@media/stand-in.iso\", image = \"" + std::string(start.base) + "\"");
  EXPECT_EQ(in_image(kWinpeshl), "[LaunchApps]\r\n" + start.lines);
  EXPECT_NE(in_image("Remedia/remedia.exe"), "(none)");
}

const Start kStarts[] = {
    {"WindowsRe", "winre", "", kLoads + "X:\\sources\\recovery\\recenv.exe\r\n"s},
    {"WindowsPe", "pe", "",
     kLoads + "%SYSTEMROOT%\\System32\\cmd.exe, /k %SYSTEMROOT%\\System32\\startnet.cmd\r\n"s},
    {"Setup", "setup", "", kLoads + "X:\\setup.exe\r\n"s},
    {"WindowsPeWithStartnet", "pe", ", startnet = \"wpeinit\\nstart notepad\"",
     kLoads + "%SYSTEMROOT%\\System32\\cmd.exe, /k %SYSTEMROOT%\\System32\\startnet.cmd\r\n"s},
    {"Named", "winre", ", winpeshl = { \"wpeinit.exe\", \"X:\\\\Tools\\\\a.exe, -x\" }",
     kLoads + "wpeinit.exe\r\nX:\\Tools\\a.exe, -x\r\n"s},
    {"RecoveryShell", "winre", ", shell = \"winre\"",
     kLoads + "X:\\sources\\recovery\\recenv.exe\r\n"s},
    {"IniRemoved", "winre", ", remove = { \"Windows/System32/winpeshl.ini\" }",
     kLoads + "%SYSTEMROOT%\\System32\\cmd.exe, /k %SYSTEMROOT%\\System32\\startnet.cmd\r\n"s},
    // The launcher loads them itself.
    {"Tier", "winre", ", tier = tier { name = \"L1\" }",
     "%SYSTEMDRIVE%\\Remedia\\remedia.exe\r\n%SYSTEMDRIVE%\\Remedia\\remedia.exe, --after\r\n"},
    {"TierBelowWindowsMenu", "winre", ", tier = tier { name = \"L1\", shell = \"winre\" }",
     kLoads + "X:\\sources\\recovery\\recenv.exe\r\n"s},
};

INSTANTIATE_TEST_SUITE_P(Of, DriverStart, testing::ValuesIn(kStarts),
                         [](const auto& test) { return std::string(test.param.name); });

TEST_F(DriverImages, StartTheScriptOfTheRecipe) {
  build("drivers = { drivers \"net\" }, startnet = \"wpeinit\\nstart notepad\"",
        "media = \"@media/stand-in.iso\", image = \"pe\"");
  EXPECT_EQ(in_image("Windows/System32/startnet.cmd"), "wpeinit\r\nstart notepad\r\n");
}

// --- drivers that start at boot ------------------------------------------------------------------

const std::string kId = R"(PCI\VEN_1AF4&DEV_10F1)";

std::string wide(const std::string& text) {
  std::string bytes;
  for (char c : text) bytes += {c, '\0'};
  return bytes + std::string(2, '\0');
}

std::string dword(unsigned char value) { return {static_cast<char>(value), 0, 0, 0}; }

class BootDrivers : public DriverImages {
 protected:
  static constexpr const char* kFields = "drivers = { drivers { \"disk\", boot_start = true } }";

  /// A hive of the image, which libhivex, our own look at its cells and a reader that shares
  /// nothing with either of them take for whole and find to hold the same keys.
  regf::Key judged(const std::string& name) {
    std::string bytes = hive(name);
    fs::path file = space_ / name;
    space_.write(name, bytes);
    std::vector<std::string> listing = hive_listing(file);
    EXPECT_FALSE(listing.empty());
    hive::Cells cells(bytes, file);
    EXPECT_NO_THROW(cells.check());
    regf::Reader reader(bytes);
    std::vector<std::string> keys;
    list(reader.root(), "", keys);
    std::erase_if(listing, [](const std::string& line) { return line.find('=') != line.npos; });
    std::sort(keys.begin(), keys.end());
    EXPECT_EQ(joined(keys), joined(listing));
    return reader.root();
  }

  static void list(const regf::Key& key, const std::string& path, std::vector<std::string>& keys) {
    keys.push_back(path.empty() ? "\\" : path);
    for (const regf::Key& child : key.children) list(child, path + "\\" + child.name, keys);
  }

  static regf::Value value(const regf::Key& root, const std::string& key, const std::string& name) {
    const regf::Key* found = regf::find(root, key);
    EXPECT_NE(found, nullptr) << key;
    if (found == nullptr || !found->values.contains(name)) return {};
    return found->values.at(name);
  }

  static void expect_service(const regf::Key& system) {
    const std::string key = "ControlSet001\\Services\\disk";
    EXPECT_EQ(value(system, key, "TYPE"), (regf::Value{4, dword(1)}));
    EXPECT_EQ(value(system, key, "START"), (regf::Value{4, dword(0)}));
    EXPECT_EQ(value(system, key, "ERRORCONTROL"), (regf::Value{4, dword(1)}));
    EXPECT_EQ(value(system, key, "GROUP"), (regf::Value{1, wide("SCSI miniport")}));
    EXPECT_EQ(value(system, key, "IMAGEPATH"),
              (regf::Value{2, wide("system32\\drivers\\disk.sys")}));
    EXPECT_EQ(value(system, key + "\\Parameters\\PnpInterface", "5"), (regf::Value{4, dword(1)}));
  }

  static void expect_database(const regf::Key& root) {
    const std::string inf = "DriverDatabase\\DriverInfFiles\\oem1000.inf";
    const std::string package = [&] {
      std::string text = value(root, inf, "ACTIVE").data;
      std::string narrow;
      for (std::size_t i = 0; i + 2 < text.size(); i += 2) narrow += text[i];
      return narrow;
    }();
    ASSERT_TRUE(package.starts_with("disk.inf_amd64_")) << package;
    EXPECT_EQ(value(root, inf, ""), (regf::Value{7, wide(package) + "\0\0"s}));
    EXPECT_EQ(value(root, inf, "CONFIGURATIONS"), (regf::Value{7, wide("Install") + "\0\0"s}));
    EXPECT_EQ(value(root, "DriverDatabase\\DeviceIds\\" + kId, "OEM1000.INF"),
              (regf::Value{3, "\x01\xff\0\0"s}));
    const std::string at = "DriverDatabase\\DriverPackages\\" + package;
    EXPECT_EQ(value(root, at, "VERSION"),
              (regf::Value{3,
                           "\x00\xff\x09\x00\x00\x00\x00\x00"
                           "\x7b\xe9\x36\x4d\x25\xe3\xce\x11\xbf\xc1\x08\x00\x2b\xe1\x03\x18"s +
                               std::string(24, '\0')}));
    EXPECT_EQ(value(root, at + "\\Configurations\\Install", "CONFIGFLAGS"),
              (regf::Value{4, dword(0)}));
    EXPECT_EQ(value(root, at + "\\Configurations\\Install", "SERVICE"),
              (regf::Value{1, wide("disk")}));
    EXPECT_EQ(value(root, at + "\\Descriptors\\" + kId, "CONFIGURATION"),
              (regf::Value{1, wide("Install")}));
  }

  static void expect_critical(const regf::Key& system) {
    const std::string key = "ControlSet001\\Control\\CriticalDeviceDatabase\\PCI#VEN_1AF4&DEV_10F1";
    EXPECT_EQ(value(system, key, "SERVICE"), (regf::Value{1, wide("disk")}));
    EXPECT_EQ(value(system, key, "CLASSGUID"),
              (regf::Value{1, wide("{4d36e97b-e325-11ce-bfc1-08002be10318}")}));
  }
};

TEST_F(BootDrivers, AreRegisteredWhereWindowsLooksForThem) {
  build(kFields);
  regf::Key system = judged("SYSTEM");
  expect_service(system);
  expect_database(system);
  EXPECT_EQ(regf::find(system, "ControlSet001\\Control\\CriticalDeviceDatabase"), nullptr);
  EXPECT_EQ(in_image("Windows/System32/drivers/disk.sys"), space_.read("drivers/disk/disk.sys"));
  EXPECT_EQ(manifest()["drivers"][0]["way"], "boot_start");
  // Nothing is left for the launcher to do.
  EXPECT_EQ(in_image("Remedia/drivers.txt"), "(none)");
  EXPECT_EQ(in_image("Remedia/remedia.exe"), "(none)");
  EXPECT_EQ(in_image(kWinpeshl).find("load-drivers"), std::string::npos);
}

TEST_F(BootDrivers, AreCriticalDevicesOfAWindowsWithoutDatabase) {
  std::string base =
      changed_base("registry = { { key = [[HKLM\\SYSTEM\\DriverDatabase]], delete = \"key\" } }");
  build(kFields, base);
  regf::Key system = judged("SYSTEM");
  expect_service(system);
  expect_critical(system);
  EXPECT_EQ(regf::find(system, "DriverDatabase"), nullptr);
}

TEST_F(BootDrivers, AreInTheHiveThatHasTheDatabase) {
  RegistryKey root{
      "ROOT",
      {},
      {{"DriverDatabase",
        {registry_dword("Architecture", 9)},
        {{"DeviceIds", {}, {}}, {"DriverInfFiles", {}, {}}, {"DriverPackages", {}, {}}}}}};
  space_.write("overlays/newer/Windows/System32/config/DRIVERS",
               hive::write(root, {.minor_version = 5, .file_name = "DRIVERS"}));
  std::string base = changed_base(
      "overlays = { \"newer\" },\n"
      "registry = { { key = [[HKLM\\SYSTEM\\DriverDatabase]], delete = \"key\" } }");
  build(kFields, base);
  regf::Key system = judged("SYSTEM");
  expect_service(system);
  EXPECT_EQ(regf::find(system, "DriverDatabase"), nullptr);
  EXPECT_EQ(regf::find(system, "ControlSet001\\Control\\CriticalDeviceDatabase"), nullptr);
  expect_database(judged("DRIVERS"));
}

TEST_F(BootDrivers, ADriversHiveWithoutDatabaseIsNotTheirs) {
  space_.write("overlays/newer/Windows/System32/config/DRIVERS",
               hive::write({"ROOT", {}, {}}, {.minor_version = 5, .file_name = "DRIVERS"}));
  std::string base = changed_base(
      "overlays = { \"newer\" },\n"
      "registry = { { key = [[HKLM\\SYSTEM\\DriverDatabase]], delete = \"key\" } }");
  build(kFields, base);
  expect_critical(judged("SYSTEM"));
}

// One service cannot start two programs.
TEST_F(BootDrivers, TwoVersionsOfOneServiceAreRefused) {
  dp::Package older = dp::storage();
  older.version = "01/01/2020,1.0.0.0";
  older.ids.push_back(R"(PCI\VEN_1AF4&DEV_10E1)");
  dp::write(space_ / "drivers/disk/older", older);
  space_.write("recipes/r.lua", "return wim { name = \"one\", from = source { " + winre() +
                                    " },\n" + kFields + " }\n");
  std::string output = space_.failing_build({"-D", "as_of=2026-11-21", "recipes/r.lua"});
  EXPECT_NE(output.find("disk.inf"), std::string::npos) << output;
  EXPECT_FALSE(fs::exists(space_ / "out/r/one/boot.wim"));
  older.salt = "other";
  dp::write(space_ / "drivers/disk/older", older);
  output = space_.failing_build({"-D", "as_of=2026-11-21", "recipes/r.lua"});
  EXPECT_NE(output.find("disk/older/disk.inf"), std::string::npos) << output;
  EXPECT_FALSE(fs::exists(space_ / "out/r/one/boot.wim"));
}

TEST_F(BootDrivers, StandBesideOnesThatAreLoaded) {
  build(
      "drivers = { drivers { \"disk\", \"net\", boot_start = true } },\n"
      "registry = { { key = [[HKLM\\SYSTEM\\Setup]], name = \"Mine\", dword = 1 } }");
  regf::Key system = judged("SYSTEM");
  expect_service(system);
  expect_database(system);
  EXPECT_EQ(value(system, "Setup", "MINE"), (regf::Value{4, dword(1)}));
  EXPECT_EQ(regf::find(system, "ControlSet001\\Services\\nic"), nullptr);
  launcher::DriverIndex index = launcher::read_driver_index(in_image("Remedia/drivers.txt"));
  ASSERT_EQ(index.packages.size(), 1u);
  EXPECT_TRUE(index.packages[0].inf.ends_with("\\nic.inf"));
  EXPECT_EQ(in_image(kWinpeshl),
            "[LaunchApps]\r\n"s + kLoads + "X:\\sources\\recovery\\recenv.exe\r\n");
}

}  // namespace
}  // namespace remedia
