// The registry of a driver that was never installed, byte by byte.
#include "formats/driver_database.h"

#include "unit/scratch.h"

namespace remedia {
namespace {

std::string hex(const std::string& bytes) {
  std::string text;
  for (char c : bytes) text += fmt::format("{:02x}", static_cast<unsigned char>(c));
  return text;
}

/// "KEY [NAME] TYPE: BYTES".
std::vector<std::string> texts(const std::vector<DriverKey>& keys) {
  std::vector<std::string> all;
  for (const DriverKey& k : keys) {
    all.push_back(fmt::format("{} [{}] {}: {}", k.key, k.value.name,
                              static_cast<std::uint32_t>(k.value.type), hex(k.value.data)));
  }
  return all;
}

/// UTF-16 of ASCII, with its terminator, in hex.
std::string wide(const std::string& text) {
  std::string all;
  for (char c : text) all += fmt::format("{:02x}00", static_cast<unsigned char>(c));
  return all + "0000";
}

BootDriver virtio() {
  inf::Service service;
  service.name = "viostor";
  service.flags = 2;
  service.type = 1;
  service.start = 3;
  service.error_control = 1;
  service.binary = "12/viostor.sys";
  service.group = "SCSI miniport";
  return {.shown = "red/viostor.inf",
          .inf = "viostor.inf",
          .package = "viostor.inf_amd64_1a2b3c4d5e6f7081",
          .class_guid = "{4d36e97b-e325-11ce-bfc1-08002be10318}",
          .provider = "Red Hat, Inc.",
          .services = {{service, "viostor.sys"}},
          .configurations = {{"viostor_viostor",
                              "viostor",
                              {R"(PCI\VEN_1AF4&DEV_1001)", R"(PCI\VEN_1AF4&DEV_1042&REV_01)"}}}};
}

inf::RegistryLine line(const std::string& key, RegistryValue value, std::uint32_t flags = 0) {
  return {"HKR", key, std::move(value), flags, 40};
}

TEST(DriverDatabase, ServiceStartsAtBootFromItsPlace) {
  const std::string key = R"(CurrentControlSet\Services\viostor [)";
  EXPECT_EQ(texts(service_keys(virtio())),
            (std::vector<std::string>{
                key + "Type] 4: 01000000",
                key + "Start] 4: 00000000",
                key + "ErrorControl] 4: 01000000",
                key + "ImagePath] 2: " + wide(R"(system32\drivers\viostor.sys)"),
                key + "Group] 1: " + wide("SCSI miniport"),
            }));
}

TEST(DriverDatabase, ServiceHasWhatItsInfGivesIt) {
  BootDriver driver = virtio();
  inf::Service& service = driver.services[0].service;
  service.group = "";
  service.display_name = "Red Hat VirtIO";
  service.dependencies = {"scsiport", "+Base"};
  service.error_control = 3;
  service.registry = {
      line("Parameters\\PnpInterface", registry_dword("5", 1), 0x10001),
      line("", registry_binary("Raw", std::string("\0\xff", 2)), 1),
      line("Gone", registry_string("x", ""), 4),
      line("OnlyAKey", registry_string("", ""), 0x10),
  };
  const std::string key = R"(CurrentControlSet\Services\viostor)";
  EXPECT_EQ(texts(service_keys(driver)),
            (std::vector<std::string>{
                key + " [Type] 4: 01000000",
                key + " [Start] 4: 00000000",
                key + " [ErrorControl] 4: 01000000",  // a rescue image starts without it
                key + " [ImagePath] 2: " + wide(R"(system32\drivers\viostor.sys)"),
                key + " [DisplayName] 1: " + wide("Red Hat VirtIO"),
                key + " [DependOnService] 7: " + wide("scsiport") + wide("+Base") + "0000",
                key + "\\Parameters\\PnpInterface [5] 4: 01000000",
                key + " [Raw] 3: 00ff",
            }));
}

TEST(DriverDatabase, LinesForOtherKeysAreRefused) {
  for (const char* root : {"HKLM", "HKCU", "HKCR", "HKU", ""}) {
    SCOPED_TRACE(root);
    BootDriver driver = virtio();
    inf::RegistryLine other = line("SOFTWARE\\X", registry_dword("1", 1));
    other.root = root;
    driver.services[0].service.registry = {other};
    std::string said = failure_of([&] { service_keys(driver); });
    EXPECT_NE(said.find("sets a value below " + other.root), said.npos) << said;
    try {
      service_keys(driver);
    } catch (const Failure& failure) {
      EXPECT_EQ(failure.diagnostics().front().where.name, "red/viostor.inf");
      EXPECT_EQ(failure.diagnostics().front().where.line, 40);
    }
  }
  BootDriver driver = virtio();
  driver.services[0].service.registry = {line("P", registry_dword("1", 1))};
  driver.services[0].service.registry[0].root = "hkr";
  EXPECT_EQ(service_keys(driver).size(), 6u);
}

TEST(DriverDatabase, PackageIsFoundByInfAndByDevice) {
  const std::string inf = R"(DriverDatabase\DriverInfFiles\viostor.inf [)";
  const std::string package = R"(DriverDatabase\DriverPackages\viostor.inf_amd64_1a2b3c4d5e6f7081)";
  const std::string store = "viostor.inf_amd64_1a2b3c4d5e6f7081";
  auto device = [&](const std::string& id) {
    return std::vector<std::string>{
        "DriverDatabase\\DeviceIds\\" + id + " [viostor.inf] 3: 01ff0000",
        package + "\\Descriptors\\" + id + " [Configuration] 1: " + wide("viostor_viostor"),
    };
  };
  std::vector<std::string> expected = {
      inf + "] 7: " + wide(store) + "0000",
      inf + "Active] 1: " + wide(store),
      inf + "Configurations] 7: " + wide("viostor_viostor") + "0000",
      package + " [] 1: " + wide("viostor.inf"),
      // 0x0009ff00, the class as a GUID lies in memory, no date and no version.
      package + " [Version] 3: 00ff090000000000" + "7be9364d25e3ce11bfc108002be10318" +
          std::string(48, '0'),
      package + " [Provider] 1: " + wide("Red Hat, Inc."),
      package + R"(\Configurations\viostor_viostor [ConfigFlags] 4: 00000000)",
      package + R"(\Configurations\viostor_viostor [Service] 1: )" + wide("viostor"),
  };
  for (const char* id : {R"(PCI\VEN_1AF4&DEV_1001)", R"(PCI\VEN_1AF4&DEV_1042&REV_01)"}) {
    for (const std::string& text : device(id)) expected.push_back(text);
  }
  EXPECT_EQ(texts(database_keys(virtio())), expected);
}

TEST(DriverDatabase, EveryServiceHasAConfigurationOfItsOwn) {
  BootDriver driver = virtio();
  driver.provider = "";
  driver.services.push_back(driver.services[0]);
  driver.services[1].service.name = "vioscsi";
  driver.configurations.push_back({"viostor_vioscsi", "vioscsi", {R"(PCI\VEN_1AF4&DEV_1004)"}});
  std::vector<std::string> all = texts(database_keys(driver));
  auto has = [&](const std::string& text) {
    return std::find(all.begin(), all.end(), text) != all.end();
  };
  EXPECT_TRUE(has(R"(DriverDatabase\DriverInfFiles\viostor.inf [Configurations] 7: )" +
                  wide("viostor_viostor") + wide("viostor_vioscsi") + "0000"));
  EXPECT_TRUE(has(R"(DriverDatabase\DriverPackages\viostor.inf_amd64_1a2b3c4d5e6f7081\)"
                  R"(Descriptors\PCI\VEN_1AF4&DEV_1004 [Configuration] 1: )" +
                  wide("viostor_vioscsi")));
  EXPECT_TRUE(has(R"(DriverDatabase\DriverPackages\viostor.inf_amd64_1a2b3c4d5e6f7081\)"
                  R"(Configurations\viostor_vioscsi [Service] 1: )" +
                  wide("vioscsi")));
  for (const std::string& text : all) EXPECT_EQ(text.find("[Provider]"), text.npos);
}

TEST(DriverDatabase, TheLastOfEqualValuesStays) {
  BootDriver driver = virtio();
  driver.services[0].service.registry = {line("Parameters", registry_dword("Level", 1)),
                                         line("PARAMETERS", registry_dword("level", 2)),
                                         line("", registry_dword("Type", 2))};
  const std::string key = R"(CurrentControlSet\Services\viostor)";
  std::vector<std::string> all = texts(service_keys(driver));
  EXPECT_EQ(all.size(), 6u);
  EXPECT_EQ(std::count(all.begin(), all.end(), key + "\\PARAMETERS [level] 4: 02000000"), 1);
  EXPECT_EQ(std::count(all.begin(), all.end(), key + " [Type] 4: 02000000"), 1);
}

TEST(DriverDatabase, NumbersOfDirectoriesAreRefused) {
  for (const char* text : {R"(%11%\two.dat)", "a %12% b", R"(%%%13%)"}) {
    SCOPED_TRACE(text);
    BootDriver driver = virtio();
    driver.services[0].service.registry = {line("P", registry_string("Dir", text))};
    EXPECT_THROW(service_keys(driver), Failure);
    driver.services[0].service.registry = {line("P", registry_expand_string("Dir", text))};
    EXPECT_THROW(service_keys(driver), Failure);
  }
  for (const char* text : {"100 %", "%SystemRoot%", "5% of 10%", "%1"}) {
    SCOPED_TRACE(text);
    BootDriver driver = virtio();
    driver.services[0].service.registry = {line("P", registry_string("Dir", text))};
    EXPECT_EQ(service_keys(driver).size(), 6u);
  }
}

TEST(DriverDatabase, DevicesGetWhatTheirInfGivesThem) {
  BootDriver driver = virtio();
  driver.configurations[0].hardware = {
      line("Interrupt Management\\MessageSignaledInterruptProperties",
           registry_dword("MSISupported", 1)),
      line("Interrupt Management", registry_string("", ""), 0x10),
      line("", registry_dword("Flag", 7))};
  std::vector<std::string> all = texts(database_keys(driver));
  const std::string device = R"(DriverDatabase\DriverPackages\viostor.inf_amd64_1a2b3c4d5e6f7081\)"
                             R"(Configurations\viostor_viostor\Device)";
  EXPECT_EQ(std::count(all.begin(), all.end(),
                       device + "\\Interrupt Management\\MessageSignaledInterruptProperties "
                                "[MSISupported] 4: 01000000"),
            1);
  EXPECT_EQ(std::count(all.begin(), all.end(), device + " [Flag] 4: 07000000"), 1);
  EXPECT_EQ(all.size(), texts(database_keys(virtio())).size() + 2);
}

TEST(DriverDatabase, ClassesThatAreNoGuidAreRefused) {
  for (const char* guid :
       {"", "Net", "{4d36e97b-e325-11ce-bfc1-08002be1031}",
        "{4d36e97b-e325-11ce-bfc1-08002be1031g}", "{4d36e97b-e325-11ce-bfc1-08002be103180}"}) {
    SCOPED_TRACE(guid);
    BootDriver driver = virtio();
    driver.class_guid = guid;
    EXPECT_THROW(database_keys(driver), Failure);
  }
}

TEST(DriverDatabase, OldWindowsKnowsCriticalDevices) {
  const std::string key =
      R"(CurrentControlSet\Control\CriticalDeviceDatabase\PCI#VEN_1AF4&DEV_1001 [)";
  std::vector<std::string> all = texts(critical_device_keys(virtio()));
  ASSERT_EQ(all.size(), 4u);
  EXPECT_EQ(all[0], key + "Service] 1: " + wide("viostor"));
  EXPECT_EQ(all[1], key + "ClassGUID] 1: " + wide("{4d36e97b-e325-11ce-bfc1-08002be10318}"));
  EXPECT_TRUE(all[2].starts_with(
      R"(CurrentControlSet\Control\CriticalDeviceDatabase\PCI#VEN_1AF4&DEV_1042&REV_01 [Service])"));
}

TEST(DriverDatabase, NothingComesOfNoServices) {
  BootDriver driver = virtio();
  driver.services.clear();
  driver.configurations.clear();
  EXPECT_TRUE(service_keys(driver).empty());
  EXPECT_TRUE(critical_device_keys(driver).empty());
}

}  // namespace
}  // namespace remedia
