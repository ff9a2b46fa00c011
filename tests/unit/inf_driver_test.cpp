#include "formats/inf_driver.h"

#include "support/diagnostic.h"

#include <map>

#include <gtest/gtest.h>

namespace remedia::inf {
namespace {

Target target(const std::string& arch = "amd64", int build = 26100) {
  Target result;
  result.arch = arch;
  result.build = build;
  return result;
}

Driver read(const std::string& text, const std::string& arch = "amd64", int build = 26100) {
  return describe(File(text, "a.inf"), target(arch, build));
}

// An INF with all that Windows asks for; `rest` has the sections that the device's [i] needs.
const std::string kVersion =
    "[Version]\nSignature=\"$Windows NT$\"\nClass=Net\nClassGuid={4D36E972-E325-11CE-BFC1-"
    "08002BE10318}\nProvider=P\nCatalogFile=a.cat\nDriverVer=05/31/2024,1.2.3.4\n";
const std::string kModels =
    "[Manufacturer]\nM=M,NTamd64\n[M.NTamd64]\nCard=i,PCI\\1,PCI\\2,,PCI\\3\n";

// Its lines count from 1 at `rest`.
constexpr int kLinesBefore = 11;
std::string with(const std::string& rest) { return kVersion + kModels + rest; }

// "LINE: message".
std::string failure(const std::string& text, const Companion& companion = {}, int before = 0) {
  try {
    describe(File(text, "a.inf"), target(), companion);
  } catch (const Failure& failure) {
    const Diagnostic& d = failure.diagnostics().at(0);
    EXPECT_FALSE(d.where.name.empty());
    EXPECT_FALSE(d.hint.empty()) << d.message;
    return std::to_string(d.where.line - before) + ": " + d.message;
  }
  return "none";
}

std::string failure_with(const std::string& rest) { return failure(with(rest), {}, kLinesBefore); }

std::string warnings(const Driver& driver, std::size_t before = 0) {
  std::string out;
  for (const Warning& one : driver.warnings)
    out += std::to_string(one.number == 0 ? 0 : one.number - before) + ": " + one.text + "\n";
  return out;
}

// "path > target (cabinet) ?": ? for what is not listed.
std::string files(const Driver& driver) {
  std::string out;
  for (const SourceFile& file : driver.files) {
    out += file.path + " > " + fmt::format("{}", fmt::join(file.targets, " and ")) +
           (file.cabinet.empty() ? "" : " (" + file.cabinet + ")") + (file.listed ? "" : " ?") +
           "\n";
  }
  return out;
}

std::string files_with(const std::string& rest) { return files(read(with(rest))); }

TEST(InfDriver, ReadsItsIdentity) {
  const Driver driver = read(with("[i]\n"));
  EXPECT_EQ(driver.fit, Fit::serves);
  EXPECT_EQ(driver.why, "");
  EXPECT_EQ(driver.class_name, "Net");
  EXPECT_EQ(driver.class_guid, "{4d36e972-e325-11ce-bfc1-08002be10318}");
  EXPECT_EQ(driver.provider, "P");
  EXPECT_EQ(driver.catalog, "a.cat");
  EXPECT_EQ(driver.date, "2024-05-31");
  EXPECT_EQ(driver.version, (std::array<std::uint16_t, 4>{1, 2, 3, 4}));
  EXPECT_EQ(driver.version_text, "1.2.3.4");
  EXPECT_EQ(driver.extension_id, "");
  EXPECT_EQ(driver.models_section, "M.NTamd64");
  EXPECT_EQ(driver.architectures, std::vector<std::string>{"amd64"});
  EXPECT_EQ(warnings(driver), "");
  ASSERT_EQ(driver.devices.size(), 1u);
  const Device& device = driver.devices[0];
  EXPECT_EQ(device.description, "Card");
  EXPECT_EQ(device.section, "i");
  EXPECT_EQ(device.hardware_id, "PCI\\1");
  EXPECT_EQ(device.compatible_ids, (std::vector<std::string>{"PCI\\2", "PCI\\3"}));
  EXPECT_EQ(device.number, 11u);
}

// [Version] with `lines` instead of the usual ones.
std::string version(const std::string& lines) {
  return "[Version]\nSignature=$chicago$\nClass=c\nClassGuid=g\nProvider=p\n" + lines + "\n" +
         kModels + "[i]\n";
}

TEST(InfDriver, ReadsDatesAndVersions) {
  struct Case {
    std::string text;
    std::string date;
    std::array<std::uint16_t, 4> numbers;
  };
  for (const Case& one :
       std::vector<Case>{{"05/31/2024,1.2.3.4", "2024-05-31", {1, 2, 3, 4}},
                         {"5/1/2024, 10.0", "2024-05-01", {10, 0, 0, 0}},
                         {"02-29-2024,65535.0.0.65535", "2024-02-29", {65535, 0, 0, 65535}},
                         {"01/01/1601", "1601-01-01", {}},
                         {"01/01/2020,", "2020-01-01", {}}}) {
    const Driver driver = read(version("DriverVer=" + one.text));
    EXPECT_EQ(driver.date, one.date) << one.text;
    EXPECT_EQ(driver.version, one.numbers) << one.text;
  }
  for (const char* date : {"31/05/2024", "02/30/2024", "02/29/2023", "00/01/2024", "1/0/2024",
                           "05/31/24", "05.31.2024", "2024/05/31", "05/31", "x", "05/31/2024/1",
                           "05/31/20244", "-5/31/2024", "05/31/2024x", "5/ 31/2024"}) {
    EXPECT_EQ(failure(version("DriverVer=" + std::string(date))),
              "6: DriverVer has the date '" + std::string(date) + "', which is none");
  }
  for (const char* number :
       {"x", "1.x", "1..2", "1.2.3.4.5", "65536", "1.2.3.65536", "1.", ".1", "-1", "1,2"}) {
    std::string shown = std::string(number) == "1,2" ? "" : number;
    EXPECT_EQ(
        failure(version("DriverVer=1/1/2024," + std::string(number))),
        shown.empty() ? "none" : "6: DriverVer has the version '" + shown + "', which is none");
  }
}

TEST(InfDriver, WarnsOfAPoorIdentity) {
  const std::string no_date =
      "[Version] has no DriverVer: Windows takes the driver for older than any other\n";
  EXPECT_EQ(warnings(read(version("DriverVer= ; TODO"))), "6: " + no_date);
  EXPECT_EQ(warnings(read(version(""))), "0: " + no_date);
  EXPECT_EQ(read(version("DriverVer=")).date, "");
  EXPECT_EQ(
      warnings(read("[Version]\nSignature=$CHICAGO$\nDriverVer=1/1/2000,1\n" + kModels + "[i]")),
      "0: [Version] has no Class, which Windows asks for\n"
      "0: [Version] has no ClassGuid, which Windows asks for\n"
      "0: [Version] has no Provider, which Windows asks for\n");
}

TEST(InfDriver, ChoosesItsCatalogue) {
  const std::string all =
      "DriverVer=1/1/2020\nCatalogFile=c\nCatalogFile.NT=n\nCatalogFile.NTamd64=a";
  EXPECT_EQ(read(version(all)).catalog, "a");
  EXPECT_EQ(read(version(all), "arm64").catalog, "n");
  EXPECT_EQ(read(version("CatalogFile.NTarm64=n\nDriverVer=1/1/2020")).catalog, "");
  EXPECT_EQ(read(version("CatalogFile.ntAMD64\t= .\\x.cat\t;; c\nDriverVer=1/1/2020")).catalog,
            "x.cat");
  EXPECT_EQ(failure(version("DriverVer=1/1/2020\nCatalogFile=..\\x.cat")),
            "7: '..\\x.cat' leads out of the package");
}

TEST(InfDriver, KnowsWhatIsNoDriver) {
  for (const char* text : {"", "[autorun]\nopen=x\nDriverPath=\\", "[Version]\n",
                           "[Version]\nSignature=\"$Windows 95$\"\n", "[Version]\nSignature=\n",
                           "[Manufacturer]\nM=M\n"}) {
    const Driver driver = read(text);
    EXPECT_EQ(driver.fit, Fit::no_driver) << text;
    EXPECT_EQ(driver.why, "its [Version] has no Signature of Windows: it is no INF of a driver");
  }
}

TEST(InfDriver, KnowsWhatIsForNoDevice) {
  auto why = [](const std::string& rest) {
    const Driver driver = read(kVersion + rest);
    EXPECT_EQ(driver.fit, Fit::no_devices) << rest;
    return driver.why;
  };
  EXPECT_EQ(why(""), "it names no devices: [Manufacturer] is empty or missing");
  EXPECT_EQ(why("[Manufacturer]\n"), "it names no devices: [Manufacturer] is empty or missing");
  EXPECT_EQ(why("[DefaultInstall.NTamd64]\nCopyFiles=x\n"),
            "it is for no device: it has [DefaultInstall] and no [Manufacturer] with devices");
  EXPECT_EQ(why("[Manufacturer]\nM=M,NTamd64\n[M.NTamd64]\na,b\nc=,id\n"),
            "none of the lines of its Models sections names a section to install");
}

TEST(InfDriver, KnowsTemplates) {
  auto why = [](const std::string& text) {
    const Driver driver = read(text);
    EXPECT_EQ(driver.fit, Fit::unfinished) << text;
    return driver.why;
  };
  const std::string end = " is to be filled in by the build of the driver";
  EXPECT_EQ(why(kVersion + "[Manufacturer]\nM=M,NT$ARCH$\n"),
            "it is a template: '$ARCH$' in line 9" + end);
  EXPECT_EQ(why(kVersion + "[SourceDisksNames.$ARCH$]\n"),
            "it is a template: '$ARCH$' in line 8" + end);
  EXPECT_EQ(why(with("[i]\n[i.Wdf]\nK=i_wdf\n[i_wdf]\nKmdfLibraryVersion = $KMDFVERSION$\n")),
            "it is a template: '$KMDFVERSION$' in line 16" + end);
  EXPECT_EQ(why(with("[i]\n[DestinationDirs]\nDefaultDestDir = INX_PLATFORM_DRIVERS_DIR\n")),
            "it is a template: 'INX_PLATFORM_DRIVERS_DIR' in line 14" + end);
  EXPECT_EQ(why(with("[i]\n[DestinationDirs]\nx = %INX_DIR%\n")),
            "it is a template: 'INX_DIR' in line 14" + end);
  EXPECT_EQ(why("[Version]\nSignature=$CHICAGO$\nDriverVer=INX_DATE\n"),
            "it is a template: 'INX_DATE' in line 3" + end);
  EXPECT_EQ(read(with("[i]\n[x]\nHKR,,a,,INX_b\nHKR,,$ARCH,,$\n[DestinationDirs]\nSFINX_1=12\n["
                      "Strings]\na=$ARCH$\n"))
                .fit,
            Fit::serves);
}

// What each target takes of the decorations, where a section of that name has a device.
struct Choose {
  std::string decorations;  // of [Manufacturer]; "0": the undecorated section is there, too
  std::string arch;
  int build;
  std::string taken;  // or the beginning of the reason
};

TEST(InfDriver, ChoosesAmongDecoratedSections) {
  for (const Choose& one : std::vector<Choose>{
           {"NTamd64", "amd64", 26100, "M.NTamd64"},
           {"ntAMD64,NTARM,NTARM64", "arm64", 26100, "M.NTARM64"},
           {"NTamd64,NTarm64,NTx86", "x86", 26100, "M.NTx86"},
           {"NTamd64,NTamd64.10.0...25319", "amd64", 26100, "M.NTamd64.10.0...25319"},
           {"NTamd64,NTamd64.10.0...25319", "amd64", 25318, "M.NTamd64"},
           {"NTamd64.10.0...25319,NTamd64", "amd64", 26100, "M.NTamd64.10.0...25319"},
           {"NTamd64.10.0...16299", "amd64", 16299, "M.NTamd64.10.0...16299"},
           {"NTamd64.10.0...16299", "amd64", 16298,
            "it has no section for Windows 10.0.16298 (but [M.NTamd64.10.0...16299])"},
           {"NTamd64.10.0.1..14393", "amd64", 26100, "M.NTamd64.10.0.1..14393"},
           {"NTamd64.10.0.3..14393", "amd64", 26100, "it has no section"},
           {"NTamd64.10.0.3", "amd64", 26100, "it has no section"},
           {"NTamd64.10.0.0x1", "amd64", 26100, "M.NTamd64.10.0.0x1"},
           {"NTamd64.10.0,NTamd64.10.0.1", "amd64", 26100, "M.NTamd64.10.0.1"},
           {"NTamd64.10.0.1,NTamd64.10.0", "amd64", 26100, "M.NTamd64.10.0.1"},
           {"NTamd64.10.0.1,NTamd64.10.0...15000", "amd64", 26100, "M.NTamd64.10.0...15000"},
           {"NTamd64.10.0..0x200", "amd64", 26100, "it has no section"},
           {"NTamd64.10.0..0", "amd64", 26100, "M.NTamd64.10.0..0"},
           {"NTamd64.6.1,NTamd64.6.3,NTamd64.5.2", "amd64", 26100, "M.NTamd64.6.3"},
           {"NTamd64.6.1,NTamd64.10,NTamd64.9.9", "amd64", 26100, "M.NTamd64.10"},
           {"NTamd64.10.1", "amd64", 26100, "it has no section"},
           {"NTamd64.11", "amd64", 26100, "it has no section"},
           {"NTamd64.6.1...99999", "amd64", 26100, "M.NTamd64.6.1...99999"},
           {"NTamd64.10.0...14393,NTamd64.6.1", "amd64", 10240, "M.NTamd64.6.1"},
           {"NTamd64.10.0...10240", "amd64", 10586, "it has no section"},
           {"0", "x86", 26100, "M"},
           {"0", "amd64", 26100, "it is not for amd64 (for x86)"},
           {"NT", "x86", 26100, "M.NT"},
           {"NT", "amd64", 26100, "it is not for amd64 (for x86)"},
           {"0,NT.6.1,NTx86", "x86", 26100, "M.NT.6.1"},
           {"0,NT,NTx86", "x86", 26100, "M.NTx86"},
           {"0,NTamd64", "x86", 26100, "M"},
           {"NTamd64", "x86", 26100, "it is not for x86 (for amd64)"},
           {"NTx86,NTia64,NTarm64", "amd64", 26100, "it is not for amd64 (for arm64, ia64, x86)"},
       }) {
    std::string list;
    std::string sections;
    for (std::size_t at = 0; at <= one.decorations.size();) {
      std::size_t end = std::min(one.decorations.find(',', at), one.decorations.size());
      std::string word = one.decorations.substr(at, end - at);
      at = end + 1;
      if (word != "0") list += "," + word;
      sections += "[M" + (word == "0" ? "" : "." + word) + "]\nCard=i,ID\n";
    }
    const Driver driver = read(kVersion + "[Manufacturer]\nM=M" + list + "\n" + sections + "[i]\n",
                               one.arch, one.build);
    const std::string result = driver.fit == Fit::serves ? driver.models_section : driver.why;
    EXPECT_EQ(result.substr(0, one.taken.size()), one.taken)
        << one.decorations << " for " << one.arch << " " << one.build;
    EXPECT_EQ(driver.devices.size() + driver.installs.size(), driver.fit == Fit::serves ? 2u : 0u);
    EXPECT_EQ(driver.fit == Fit::other_architecture, one.taken.starts_with("it is not"));
    EXPECT_EQ(driver.fit == Fit::no_section, one.taken.starts_with("it has no"));
  }
}

TEST(InfDriver, AnEmptySectionSaysNo) {
  const std::string manufacturer =
      "[Manufacturer]\nM=M,NTamd64,NTamd64.10.0...20000\n[M.NTamd64]\nCard=i,ID\n[i]\n";
  for (const char* rest : {"", "[M.NTamd64.10.0...20000]\n"}) {
    const Driver driver = read(kVersion + manufacturer + rest);
    EXPECT_EQ(driver.fit, Fit::no_section);
    EXPECT_EQ(
        driver.why,
        "its section [M.NTamd64.10.0...20000] for this Windows is empty or missing, which says "
        "that there is no driver for it");
    EXPECT_EQ(read(kVersion + manufacturer + rest, "amd64", 19999).fit, Fit::serves);
    EXPECT_EQ(driver.architectures, std::vector<std::string>{"amd64"});
  }
}

TEST(InfDriver, TakesAllManufacturers) {
  const Driver driver = read(kVersion +
                             "[Manufacturer]\n%A%=One,NTamd64\nTwo\n%A%=%M%, NTamd64 , "
                             "NTbad.x,foo,NTamd64.1.2.3.4.5.6\nN=One,NTamd64\n"
                             "[One.NTamd64]\na=i,1\n[Two]\nb=i,2\n[Three.NTamd64]\n%A%=j,\n[i]\n[j]"
                             "\n[Strings]\nA=Alpha\nM=Three\n");
  EXPECT_EQ(driver.models_section, "One.NTamd64");
  ASSERT_EQ(driver.devices.size(), 2u);
  EXPECT_EQ(driver.devices[1].description, "Alpha");
  EXPECT_EQ(driver.devices[1].hardware_id, "");
  EXPECT_EQ(driver.installs.size(), 2u);
  EXPECT_EQ(driver.architectures, (std::vector<std::string>{"amd64", "x86"}));
  EXPECT_EQ(warnings(driver),
            "11: [Manufacturer] has 'NTbad.x', which is no version of Windows; it is ignored\n"
            "11: [Manufacturer] has 'foo', which is no version of Windows; it is ignored\n"
            "11: [Manufacturer] has 'NTamd64.1.2.3.4.5.6', which is no version of Windows; it is "
            "ignored\n");
}

TEST(InfDriver, ChoosesDecoratedInstallSections) {
  auto actual = [](const std::string& rest, const std::string& arch = "amd64") {
    const Driver driver = read(
        kVersion +
            "[Manufacturer]\nM=M,NTamd64,NTarm64\n[M.NTamd64]\nx=i,1\ny=I,2\n[M.NTarm64]\nx=i,1\n" +
            rest,
        arch);
    EXPECT_EQ(driver.installs.size(), 1u);
    return driver.installs.at(0).actual;
  };
  EXPECT_EQ(actual("[i]\n[i.NT]\n[i.NTamd64]\n[i.NTarm64]\n"), "i.NTamd64");
  EXPECT_EQ(actual("[i]\n[i.NT]\n[i.NTamd64]\n[i.NTarm64]\n", "arm64"), "i.NTarm64");
  EXPECT_EQ(actual("[i]\n[i.nt]\n[i.NTx86]\n"), "i.nt");
  EXPECT_EQ(actual("[i]\n[i.NTx86]\n"), "i");
  EXPECT_EQ(failure_with("[i.NTarm64]\n"),
            "0: the device 'Card' names a section [i], which is not there");
}

const std::string kService =
    "[s]\nDisplayName=%D%\nServiceType=1\nStartType=0x3\nErrorControl=1\nServiceBinary=%12%\\%D%."
    "sys\n"
    "LoadOrderGroup = SCSI Miniport\nDependencies=a,+b,,\nAddReg=r1,r2\nAddReg=r3\n"
    "[r1]\nHKR,,x,,y\n[r2]\n[r3]\nHKR,z\n[Strings]\nD=disk\n";

TEST(InfDriver, ReadsServices) {
  const Driver driver =
      read(with("[i.NT]\n[i.NT.Services]\nAddService=n,0x00000002,s,e\nAddService=,2\n"
                "[i.Services]\nAddService=other,2,nowhere\n" +
                kService));
  ASSERT_EQ(driver.installs.size(), 1u);
  ASSERT_EQ(driver.installs[0].services.size(), 1u);
  const Service& service = driver.installs[0].services[0];
  EXPECT_EQ(service.name, "n");
  EXPECT_EQ(service.display_name, "disk");
  EXPECT_EQ(service.flags, 2u);
  EXPECT_EQ(service.type, 1u);
  EXPECT_EQ(service.start, 3u);
  EXPECT_EQ(service.error_control, 1u);
  EXPECT_EQ(service.binary, "12/disk.sys");
  EXPECT_EQ(service.group, "SCSI Miniport");
  EXPECT_EQ(service.dependencies, (std::vector<std::string>{"a", "+b"}));
  EXPECT_EQ(service.number, 14u);
  ASSERT_EQ(service.registry.size(), 2u);
  EXPECT_EQ(service.registry[0].value, registry_string("x", "y"));
  EXPECT_EQ(service.registry[1].key, "z");
  EXPECT_EQ(service.registry[1].flags, 0x10u);
}

TEST(InfDriver, SectionsOfServicesMayBeDecorated) {
  auto display = [](const std::string& rest) {
    const std::string end = "ServiceType=1\nStartType=3\nErrorControl=1\nServiceBinary=%12%\\a\n";
    const Driver driver = read(with("[i]\n[i.Services]\nAddService=n,2,s\n" + rest + end));
    return driver.installs.at(0).services.at(0).display_name;
  };
  EXPECT_EQ(display("[s.NTamd64]\nDisplayName=decorated\n"), "decorated");
  EXPECT_EQ(display("[s.NTamd64]\nDisplayName=decorated\n[s]\nDisplayName=plain\n"), "plain");
}

TEST(InfDriver, TakesDirectivesOnlyWhereTheyBelong) {
  const Driver driver =
      read(with("[i]\nAddService=n,2,nowhere\nAddReg=nothing\n[i.Services]\nAddReg=nothing\n"
                "[i.HW]\nAddService=n,2,nowhere\n"));
  ASSERT_EQ(driver.installs.size(), 1u);
  EXPECT_TRUE(driver.installs[0].services.empty());
  EXPECT_TRUE(driver.installs[0].hardware_registry.empty());
}

TEST(InfDriver, EveryInstallationIsReadByItself) {
  const Driver driver = read(kVersion +
                             "[Manufacturer]\nM=M,NTamd64\n[M.NTamd64]\na=i,1\nb=j,2\n"
                             "[i]\nInclude=ks.inf\nNeeds=x\n[j]\nInclude=ks.inf\nNeeds=x\n"
                             "[i.HW]\nNeeds=x\n[j.HW]\nNeeds=x\n[x]\nAddReg=r\n[r]\nHKR,,a,,b\n");
  ASSERT_EQ(driver.installs.size(), 2u);
  for (const Install& install : driver.installs) {
    EXPECT_EQ(install.includes, std::vector<std::string>{"ks.inf"});
    EXPECT_EQ(install.hardware_registry.size(), 1u);
  }
}

std::string service(const std::string& lines) {
  return "[i]\n[i.Services]\nAddService=n,2,s\n[s]\n" + lines;
}

TEST(InfDriver, FindsTheBinaryOfAService) {
  const std::string numbers = "ServiceType=1\nStartType=3\nErrorControl=0\n";
  for (const auto& [text, binary] : std::vector<std::pair<std::string, std::string>>{
           {"%13%\\a.sys", "13/a.sys"},
           {"%13%\\sub\\.\\a.sys", "13/sub/a.sys"},
           {"\"\"\"%11%\\a.exe\"\" -k net\"", "11/a.exe"},
           {"System32\\Drivers\\a.sys", "10/System32/Drivers/a.sys"},
           {"\\SystemRoot\\a.sys", "10/a.sys"},
           {"%SystemRoot%\\System32\\a.sys", "10/System32/a.sys"},
           {"%16425%\\a.dll", "16425/a.dll"}}) {
    const Driver driver = read(with(service(numbers + "ServiceBinary=" + text + "\n")));
    EXPECT_EQ(driver.installs.at(0).services.at(0).binary, binary) << text;
  }
  for (const auto& [text, message] : std::vector<std::pair<std::string, std::string>>{
           {"", "the service's section [s] has no ServiceBinary"},
           {"a.sys", "ServiceBinary is 'a.sys', which names no file in a directory"},
           {"%12%", "ServiceBinary is '%12%', which names no file in a directory"},
           {"%x%\\a.sys", "ServiceBinary is '%x%\\a.sys', which names no file in a directory"},
           {"%12%\\..\\a.sys", "'\\..\\a.sys' leads out of the package"},
           {"C:\\a.sys", "'C:\\a.sys' cannot be a path in a package: it has a drive letter"},
           {"%12%\\\\b\\a.sys", "'\\\\b\\a.sys' is a path of another computer"},
           {"\"\"\"\"", "ServiceBinary is '\"', which names no file in a directory"}}) {
    EXPECT_EQ(failure_with(service(numbers + "ServiceBinary=" + text + "\n")), "8: " + message);
  }
}

TEST(InfDriver, RefusesServicesThatWindowsRefuses) {
  const std::string binary = "ServiceBinary=%12%\\a\n";
  for (const auto& [rest, message] : std::vector<std::pair<std::string, std::string>>{
           {"[i]\n[i.Services]\nAddService=n,2,nowhere\n[nowhere2]\n",
            "3: AddService names a section [nowhere], which is not there"},
           {"[i]\n[i.Services]\nAddService=n,2\n",
            "3: AddService names a section [], which is not there"},
           {"[i]\n[i.Services]\nAddService=n,two,s\n[s]\n",
            "3: AddService has 'two' where flags belong"},
           {service(""), "4: the service's section [s] has no ServiceType"},
           {service("ServiceType=1\n" + binary), "4: the service's section [s] has no StartType"},
           {service("ServiceType=1\nStartType=1\n" + binary),
            "4: the service's section [s] has no ErrorControl"},
           {service("ServiceType=1\nStartType=1\nErrorControl=1\n"),
            "4: the service's section [s] has no ServiceBinary"},
           {service("ServiceType=x\n"), "5: ServiceType has 'x' where flags belong"},
           {service("ServiceType=\n"), "5: the service's section [s] has no ServiceType"},
           {service("ServiceType=1\nStartType=4294967296\n"),
            "6: StartType has '4294967296' where flags belong"},
           {service("AddReg=nothing\n"),
            "5: AddReg names a section [nothing], which is not there"}}) {
    EXPECT_EQ(failure_with(rest), message) << rest;
  }
}

// The text of the value that a line of AddReg makes.
std::string value(const std::string& line) {
  const Driver driver =
      read(with("[i]\n[i.HW]\nAddReg=r\n[r]\n" + line + "\n[Strings]\nDW=0x10001\n"));
  const std::vector<RegistryLine>& lines = driver.installs.at(0).hardware_registry;
  if (lines.size() != 1) return "none";
  return lines[0].root + "|" + lines[0].key + "|" + lines[0].value.name + "|" +
         registry_text(lines[0].value);
}

TEST(InfDriver, ReadsRegistryLines) {
  for (const auto& [line, text] : std::vector<std::pair<std::string, std::string>>{
           {"HKR,k,n,,v", "HKR|k|n|string:v"},
           {"hkr,,n", "HKR||n|string:"},
           {"HKLM,\"a\\b\",,0,v,w", "HKLM|a\\b||string:v"},
           {"HKR,,n,0x00020000,\"%11%\\x\"", "HKR||n|expand_string:%11%\\x"},
           {"HKR,,n,0x00010000,a,,b", "HKR||n|multi_string:[\"a\",\"b\"]"},
           {"HKR,,n,0x00010000", "HKR||n|multi_string:[]"},
           {"HKR,,n,0x00010001,5", "HKR||n|dword:5"},
           {"HKR,,n,65537,0xFFFFFFFF", "HKR||n|dword:4294967295"},
           {"HKR,,n,%DW%,-1", "HKR||n|dword:4294967295"},
           {"HKR,,n,%DW%,-2147483648", "HKR||n|dword:2147483648"},
           {"HKR,,n,%DW%", "HKR||n|dword:0"},
           {"HKR,,n,0x00010003,1", "HKR||n|dword:1"},
           {"HKR,,n,0x00010001,1,2,0,0", "HKR||n|dword:513"},
           {"HKR,,n,0xB0001,0x100000000", "HKR||n|qword:4294967296"},
           {"HKR,,n,0xB0001,1,0,0,0,0,0,0,0", "HKR||n|qword:1"},
           {"HKR,,n,1,01,ff,0x10,", "HKR||n|binary:01ff10"},
           {"HKR,,n,1,1,\\\n 2, \\ ; two\n 3", "HKR||n|binary:010203"},
           {"HKR,,n,1", "HKR||n|binary:"},
           {"HKR,,n,0x00020001,1", "HKR||n|type 0:01"},
           {"HKR,,n,0x00080001,1", "HKR||n|type 8:01"},
           {"HKR,k", "HKR|k||type 0:"},
           {"HKR,k,n,0x10,v", "HKR|k|n|type 0:"},
           {"HKR,k,n,4", "HKR|k|n|type 0:"},
           {"HKR,\"Parameters\\I\\\"%DW%,x,%DW%,1", "HKR|Parameters\\I\\0x10001|x|dword:1"}}) {
    EXPECT_EQ(value(line), text) << line;
  }
  for (const auto& [line, message] : std::vector<std::pair<std::string, std::string>>{
           {"HKR,,n,%REG_DWORD%,1", "AddReg has '%REG_DWORD%' where flags belong"},
           {"HKR,,n,0x100000000,1", "AddReg has '0x100000000' where flags belong"},
           {"HKR,,n,0x00010001,x", "AddReg has 'x' where a number of 4 bytes belongs"},
           {"HKR,,n,0x00010001,4294967296",
            "AddReg has '4294967296' where a number of 4 bytes belongs"},
           {"HKR,,n,0x00010001,-2147483649",
            "AddReg has '-2147483649' where a number of 4 bytes belongs"},
           {"HKR,,n,0xB0001,18446744073709551616",
            "AddReg has '18446744073709551616' where a number of 8 bytes belongs"},
           {"HKR,,n,0x00010001,1,2,3,256", "AddReg has '256' where a byte belongs"},
           {"HKR,,n,1,xy", "AddReg has 'xy' where a byte belongs"},
           {"HKR,,n,1,100", "AddReg has '100' where a byte belongs"},
           {"HKR,,n,1,1,,2", "AddReg has '' where a byte belongs"},
           {"HKR,,n,0x00030000,1", "AddReg has the flags 0x30000, which are no type"}}) {
    EXPECT_EQ(failure_with("[i]\n[i.HW]\nAddReg=r\n[r]\n" + line), "5: " + message);
  }
  EXPECT_EQ(failure_with("[i]\n[i.HW]\nAddReg=q\n"),
            "3: AddReg names a section [q], which is not there");
}

const std::string kDisks =
    "[SourceDisksNames]\n1=Disk\n2=\"Disk 2\",tag,,\\sub\\.\\two\n3=Cab,x.CAB,,c\n3426=windows cd\n"
    "4=f,archive,,,0x10\n[SourceDisksFiles]\na.sys=1\nb.sys=2,deep\\er\nc.sys=3\n\"d "
    "e.sys\"=0x01,,1234\n"
    "e.sys=4\n%S%=1\ng.sys=9\nalone.sys\n[DestinationDirs]\nDefaultDestDir=13\ndrv=12\nsub=12,UMDF "
    ";comment\n"
    "[Strings]\nS=strung.sys\n";

TEST(InfDriver, FindsTheFilesOfItsCopyFiles) {
  for (const auto& [rest, expected] : std::vector<std::pair<std::string, std::string>>{
           {"[i]\nCopyFiles=drv\n[drv]\na.sys\n", "a.sys > 12/a.sys\n"},
           {"[i]\nCopyFiles=DRV\n[drv]\nA.SYS\n", "A.SYS > 12/A.SYS\n"},
           {"[i]\nCopyFiles=other\n[other]\na.sys\n", "a.sys > 13/a.sys\n"},
           {"[i]\nCopyFiles=sub\n[sub]\nnew.sys,b.sys,,0x4000\n",
            "sub/two/deep/er/b.sys > 12/UMDF/new.sys\n"},
           {"[i]\nCopyFiles=@c.sys\n", "c/c.sys > 13/c.sys (c/x.CAB)\n"},
           {"[i]\nCopyFiles=@e.sys,@\"d e.sys\"\n",
            "e.sys > 13/e.sys (archive)\nd e.sys > 13/d e.sys\n"},
           {"[i]\nCopyFiles=drv,\nCopyFiles=@b.sys\n[drv]\na.sys\nb.sys\na.SYS\n",
            "a.sys > 12/a.sys\nsub/two/deep/er/b.sys > 12/b.sys and 13/b.sys\n"},
           {"[i]\nCopyFiles=drv\n[drv]\n%S%\nunknown.dll\nalone.sys\ng.sys\n",
            "strung.sys > 12/strung.sys\nunknown.dll > 12/unknown.dll ?\nalone.sys > "
            "12/alone.sys\ng.sys > 12/g.sys\n"},
           {"[i]\nDelFiles=drv\nRenFiles=drv\n[drv]\na.sys\n", ""},
           {"[i]\n[j]\nCopyFiles=@a.sys\n", ""},
           {"[i]\nCopyFiles=@a.cat,@A.sys\n", "a.cat > 13/a.cat ?\nA.sys > 13/A.sys\n"}}) {
    std::string wanted = expected;
    // The catalogue is no file of the closure.
    if (wanted.starts_with("a.cat")) wanted = wanted.substr(wanted.find('\n') + 1);
    EXPECT_EQ(files_with(rest + kDisks), wanted) << rest;
  }
}

TEST(InfDriver, NumbersOfDisksMayBeWrittenInTwoWays) {
  EXPECT_EQ(files_with("[i]\nCopyFiles=@a,@b\n[SourceDisksNames]\n0x2=d,,,two\nx=d,,,ex\n"
                       "[SourceDisksFiles]\na=02\nb=X\n[DestinationDirs]\nDefaultDestDir=12\n"),
            "two/a > 12/a\nex/b > 12/b\n");
}

TEST(InfDriver, FindsFilesOfAllSectionsOfAnInstallation) {
  EXPECT_EQ(
      files_with(
          "[i]\n[i.NT]\nCopyInf=x.INF,sub\\y.inf,X.inf\nCopyFiles=@1\nAddReg=missing\n[i.NT."
          "CoInstallers]\nCopyFiles=@2\n"
          "[i.NT.Interfaces]\nAddInterface={g},,f,0\nAddInterface={h}\n[f]\nCopyFiles=@no\n[f."
          "NTamd64]\nCopyFiles=@3\n"
          "[i.NT.Components]\nAddComponent=n,,comp\n[comp]\nCopyFiles=@4\n[i.NT.Software]"
          "\nAddSoftware=n,,soft\n[soft]\nCopyFiles=@5\n"
          "[i.NT.Wdf]\nCopyFiles=@6\n[i.NT.HW]\nCopyFiles=@7\n[i.NT.Services]\nCopyFiles=@8\n[i.NT."
          "Events]\nCopyFiles=@9\n"
          "[i.NT.Filters]\nCopyFiles=@10\n[i.HW]\nCopyFiles=@no\n[i.NT.Other]\nCopyFiles=@no\n"
          "[DestinationDirs]\nDefaultDestDir=13\n[SourceDisksNames]\n1=d\n[SourceDisksFiles]\n"
          "1=1\n2=1\n3=1\n4=1\n5=1\n6=1\n7=1\n8=1\n9=1\n10=1\n"),
      "1 > 13/1\n8 > 13/8\n7 > 13/7\n6 > 13/6\n2 > 13/2\n3 > 13/3\n4 > 13/4\n5 > 13/5\n9 > "
      "13/9\n10 > 13/10\n");
  EXPECT_EQ(read(with("[i]\nCopyInf=x.INF,.\\sub\\y.inf,X.inf\n")).copy_infs,
            (std::vector<std::string>{"x.INF", "sub/y.inf"}));
}

TEST(InfDriver, SectionsOfTheArchitectureComeFirst) {
  EXPECT_EQ(files_with("[i]\nCopyFiles=@a,@b\n[SourceDisksNames.amd64]\n1=d,,,x64\n["
                       "SourceDisksNames.ARM64]\n1=d,,,arm\n"
                       "[SourceDisksNames]\n1=d,,,x86\n2=d,,,all\n[SourceDisksFiles.AMD64]\na=1,"
                       "n\n[SourceDisksFiles]\na=2\nb=2\n"
                       "[DestinationDirs]\nDefaultDestDir=0xC\n"),
            "x64/n/a > 12/a\nall/b > 12/b\n");
}

// Unless they lie there: whoever has the package sees.
TEST(InfDriver, WindowsOwnFilesNeedNotBeInThePackage) {
  const std::string rest =
      "[i]\nCopyFiles=@a,@b\n[SourceDisksNames]\n1=d\n[SourceDisksFiles]\na=1\n[DestinationDirs]"
      "\nDefaultDestDir=12\n[Version]\nLayoutFile=layout.inf\n";
  EXPECT_EQ(files_with(rest), "a > 12/a\nb > 12/b ?\n");
  const Driver driver = read(with(rest));
  EXPECT_FALSE(driver.files.at(0).optional);
  EXPECT_TRUE(driver.files.at(1).optional);
}

TEST(InfDriver, WarnsOfWhatCopyFilesLacks) {
  EXPECT_EQ(warnings(read(with("[i]\nCopyFiles=c,@\n[c]\na,,\n,b\n[SourceDisksFiles]\na=7\n")),
                     kLinesBefore),
            "4: [DestinationDirs] has neither 'c' nor DefaultDestDir: Windows takes system32\n"
            "7: 'a' is on disk '7', which [SourceDisksNames] does not know\n"
            "5: [c] has an entry without a name\n"
            "2: CopyFiles names no file behind its '@'\n");
  EXPECT_EQ(warnings(read(with("[i]\nCopyFiles=@a\n[SourceDisksNames]\n1=d\n[SourceDisksFiles]\na="
                               "1\n[DestinationDirs]\nDefaultDestDir=x\n")),
                     kLinesBefore),
            "8: [DestinationDirs] has 'x' where the number of a directory belongs\n");
}

TEST(InfDriver, RefusesPathsOutOfThePackage) {
  const std::string end =
      "[DestinationDirs]\nDefaultDestDir=12\n[SourceDisksNames]\n1=d\n[SourceDisksFiles]\na=1\n";
  for (
      const auto& [rest, message] : std::vector<std::pair<std::string, std::string>>{
          {"[i]\nCopyFiles=missing\n",
           "2: CopyFiles names a section [missing], which is not there"},
          {"[i]\nCopyFiles=@..\\a\n", "2: '..\\a' leads out of the package"},
          {"[i]\nCopyFiles=c\n[c]\nx/../../a\n", "4: 'x/../../a' leads out of the package"},
          {"[i]\nCopyFiles=c\n[c]\na,c:\\a\n",
           "4: 'c:\\a' cannot be a path in a package: it has a drive letter"},
          {"[i]\nCopyFiles=c\n[c]\n\\\\host\\a\n",
           "4: '\\\\host\\a' is a path of another computer"},
          {"[i]\nCopyFiles=c\n[c]\na*\n",
           "4: 'a*' cannot be a path in a package: it has a character that no name of Windows has"},
          {"[i]\nCopyFiles=c\n[c]\na\x01\n",
           "4: 'a?' cannot be a path in a package: it has a character that no name of Windows has"},
          {"[i]\nCopyINF=..\\a.inf\n", "2: '..\\a.inf' leads out of the package"},
          {"[i]\nCopyFiles=@a\n[SourceDisksFiles]\na=1,..\n", "4: '..' leads out of the package"},
          {"[i]\nCopyFiles=@a\n[SourceDisksNames]\n1=d,,,x\\..\n",
           "4: 'x\\..' leads out of the package"},
          {"[i]\nCopyFiles=@a\n[SourceDisksNames]\n1=d,..\\x.cab\n",
           "4: '..\\x.cab' leads out of the package"},
          {"[i]\nCopyFiles=@a\n[DestinationDirs]\nDefaultDestDir=12,..\\x\n",
           "4: '..\\x' leads out of the package"}}) {
    EXPECT_EQ(failure_with(rest + end), message) << rest;
  }
  EXPECT_EQ(failure_with("[i]\nCopyFiles=fiels\n[files]\n"),
            "2: CopyFiles names a section [fiels], which is not there");
}

// INFs of the same package, by name.
class Package {
 public:
  void add(const std::string& name, const std::string& text) {
    files_.emplace(name, File(text, name));
  }
  Companion companion() const {
    return [this](const std::string& name) {
      auto found = files_.find(name);
      return found == files_.end() ? nullptr : &found->second;
    };
  }

 private:
  std::map<std::string, File> files_;
};

TEST(InfDriver, FollowsIncludeAndNeeds) {
  Package package;
  package.add(
      "base.inf",
      "[base]\nCopyFiles=c\nInclude=Machine.inf\nNeeds=deeper\n[deeper]\nCopyFiles=@d\n[c]\n%X%\n"
      "[base.Services]\nAddService=n,2,s\n" +
          kService +
          "X=x.sys\n"
          "[base.HW]\nAddReg=h\n[h]\nHKR,,a,,b\n[DestinationDirs]\nDefaultDestDir=11\n"
          "[SourceDisksNames]\n1=d,,,base\n[SourceDisksFiles]\nx.sys=1\nd=1\n");
  const std::string text = with(
      "[i]\nInclude=BASE.inf,ks.inf,machine.inf,KS.INF\nNeeds=base,KS.Registration,own\n"
      "[i.Services]\nInclude=base.inf\nNeeds=base.Services\n[i.HW]\nInclude=base.inf\nNeeds=base."
      "HW\n"
      "[own]\nCopyFiles=@o\n[DestinationDirs]\nDefaultDestDir=12\n[SourceDisksNames]\n1=d\n["
      "SourceDisksFiles]\no=1\n");
  const Driver driver = describe(File(text, "a.inf"), target(), package.companion());
  EXPECT_EQ(files(driver), "base/x.sys > 11/x.sys\nbase/d > 11/d\no > 12/o\n");
  EXPECT_EQ(driver.installs.at(0).includes, (std::vector<std::string>{"ks.inf", "machine.inf"}));
  ASSERT_EQ(driver.installs.at(0).services.size(), 1u);
  EXPECT_EQ(driver.installs[0].services[0].display_name, "disk");
  ASSERT_EQ(driver.installs[0].hardware_registry.size(), 1u);
  // Without its companion.
  const Driver alone = read(text);
  EXPECT_EQ(files(alone), "o > 12/o\n");
  EXPECT_EQ(alone.installs.at(0).includes,
            (std::vector<std::string>{"base.inf", "ks.inf", "machine.inf"}));
  EXPECT_TRUE(alone.installs[0].services.empty());
}

TEST(InfDriver, RefusesCirclesOfNeeds) {
  Package package;
  package.add(
      "b.inf",
      "[there]\nInclude=c.inf\nNeeds=back\n[lost]\nCopyFiles=gone\n[poor]\nCopyFiles=c\n[c]\nx\n");
  package.add("c.inf", "[back]\nInclude=b.inf\nNeeds=there\n");
  const Companion companion = package.companion();
  EXPECT_EQ(failure_with("[i]\nNeeds=i\n"), "2: Needs turns in a circle: it leads back to [i]");
  EXPECT_EQ(failure_with("[i]\nNeeds=j\n[j]\nNeeds=k\n[k]\nNeeds=J\n"),
            "6: Needs turns in a circle: it leads back to [J]");
  EXPECT_EQ(failure(with("[i]\nInclude=b.inf\nNeeds=there\n"), companion),
            "3: Needs turns in a circle: it leads back to [there]");
  EXPECT_EQ(failure(with("[i]\nInclude=b.inf\nNeeds=lost\n"), companion),
            "5: CopyFiles names a section [gone], which is not there");
  EXPECT_EQ(
      warnings(
          describe(File(with("[i]\nInclude=b.inf\nNeeds=poor\n"), "a.inf"), target(), companion)),
      "0: b.inf:9: [DestinationDirs] has neither 'c' nor DefaultDestDir: Windows takes system32\n");
  // Two ways to one section are no circle.
  EXPECT_EQ(failure_with("[i]\nNeeds=j,k\n[j]\nNeeds=k\n[k]\n"), "none");
  std::string chain = "[i]\nNeeds=n0\n";
  for (int i = 0; i < 40; ++i)
    chain += "[n" + std::to_string(i) + "]\nNeeds=n" + std::to_string(i + 1) + "\n";
  EXPECT_EQ(failure_with(chain), "64: sections name each other more than 32 deep");
}

TEST(InfDriver, RefusesDevicesWithoutASection) {
  EXPECT_EQ(failure_with("[j]\n"), "0: the device 'Card' names a section [i], which is not there");
  const Driver driver =
      read(kVersion + "[Manufacturer]\nM=M,NTamd64\n[M.NTamd64]\na=,x\nalone\nb=i,y\n[i]\n");
  EXPECT_EQ(driver.devices.size(), 1u);
  EXPECT_EQ(warnings(driver),
            "11: the device 'a' names no section to install and is ignored\n"
            "12: a line of a Models section has no '=' and is ignored\n");
}

// What is wrong where the target does not look is nothing to complain of.
TEST(InfDriver, JudgesNothingThatDoesNotFit) {
  const std::string text =
      "[Version]\nSignature=$CHICAGO$\nDriverVer=99/99/"
      "9999,x\nCatalogFile=..\\x\n[Manufacturer]\nM=M,NTarm64\n[M.NTarm64]\nx=gone,1\n";
  const Driver driver = read(text);
  EXPECT_EQ(driver.fit, Fit::other_architecture);
  EXPECT_EQ(warnings(driver), "");
  EXPECT_EQ(driver.date, "");
  EXPECT_THROW(read(text, "arm64"), Failure);
}

TEST(InfDriver, HasLimits) {
  std::string devices = kVersion + "[Manufacturer]\nM=M,NTamd64\n[i]\n[M.NTamd64]\n";
  for (int i = 0; i < 100'000; ++i) devices += "a=i,x\n";
  EXPECT_EQ(read(devices).devices.size(), 100'000u);
  EXPECT_EQ(failure(devices + "a=i,x\n"), "100012: it has more than 100000 devices");
  std::string many = with("[DestinationDirs]\nDefaultDestDir=12\n[i]\nCopyFiles=c\n[c]\n");
  for (int i = 0; i < 100'000; ++i) many += std::to_string(i) + "\n";
  EXPECT_EQ(read(many).files.size(), 100'000u);
  EXPECT_EQ(failure(many + "x\n"), "100017: it copies more than 100000 files");
  const std::string large = "0: it is too large: its sections name each other too often";
  // A thousand devices with a hundred services that have a hundred values.
  std::string wide = kVersion + "[Manufacturer]\nM=M,NTamd64\n[M.NTamd64]\n";
  for (int i = 0; i < 1000; ++i) wide += "a=i" + std::to_string(i) + ",x\n";
  for (int i = 0; i < 1000; ++i)
    wide += "[i" + std::to_string(i) + "]\n[i" + std::to_string(i) + ".HW]\nNeeds=hw\n";
  wide += "[hw]\n";
  for (int i = 0; i < 100; ++i) wide += "AddReg=r\n";
  wide += "[r]\n";
  for (int i = 0; i < 100; ++i) wide += "HKR,,a,,b\n";
  EXPECT_EQ(failure(wide), large);
  // A long string in many places.
  std::string strings =
      with("[i]\nCopyFiles=c\n[Strings]\nS=" + std::string(60'000, 's') + "\n[c]\n");
  for (int i = 0; i < 3000; ++i) strings += std::to_string(i) + "%S%\n";
  EXPECT_EQ(failure(strings), large);
}

TEST(InfDriver, MessagesShowNoControlCharactersAndNoHalfLetters) {
  const std::string message = failure_with("[i]\nCopyFiles=" + std::string("\t\x01x\x1b[31m") +
                                           std::string(79, 'a') + "\u00e4\n");
  EXPECT_EQ(message, "2: CopyFiles names a section [?x?[31m" + std::string(73, 'a') +
                         "...], which is not there");
  EXPECT_EQ(failure_with("[i]\nCopyFiles=" + std::string(79, 'a') + "\u00e4b\n"),
            "2: CopyFiles names a section [" + std::string(79, 'a') + "...], which is not there");
}

}  // namespace
}  // namespace remedia::inf
