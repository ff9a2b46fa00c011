// What an image says about itself, from small WIMs with the registry and the programs of the
// stand-in medium: agreeing, disagreeing, damaged, absent.
#include "media/base_facts.h"

#include "formats/registry.h"
#include "formats/win_names.h"
#include "media/hive.h"
#include "medium/hives.h"
#include "medium/pe_file.h"
#include "unit/scratch.h"

#include <algorithm>

namespace remedia {
namespace {

using medium::Files;
using medium::Hives;
using testing::Test;

const medium::Edition windows_pe = {"Microsoft Windows PE", "WindowsPE", "WindowsPE", "X:"};
const std::string system32 = "Windows/System32/";
const std::string version = "10.0.26100.1742";

std::string kernel(std::string_view of, std::string_view arch = "amd64") {
  return medium::windows_program("ntkrnlmp.exe", arch, 1, of);
}

/// An image in which all agree.
Files sound() {
  Files files = medium::hive_files(windows_pe, "amd64", version, Hives::clean);
  files[system32 + "ntoskrnl.exe"] = kernel(version);
  files[system32 + "winload.efi"] = kernel(version);
  files[system32 + "en-US/winload.efi.mui"] = "text";
  return files;
}

Files with_software(Files files, const RegistryKey& root) {
  files[system32 + "config/SOFTWARE"] =
      hive::write(root, {.minor_version = 5, .file_name = "SOFTWARE"});
  return files;
}

/// Windows NT\CurrentVersion with these values, and packages with these names.
RegistryKey software(const std::vector<RegistryValue>& current,
                     const std::vector<RegistryKey>& packages = {}) {
  const auto key = [](std::string name, std::vector<RegistryKey> children) {
    return RegistryKey{std::move(name), {}, std::move(children)};
  };
  const RegistryKey windows =
      key("Windows",
          {key("CurrentVersion", {key("Component Based Servicing", {key("Packages", packages)})})});
  const RegistryKey nt = key("Windows NT", {RegistryKey{"CurrentVersion", current, {}}});
  return key("ROOT", {key("Microsoft", {windows, nt})});
}

std::map<std::string, std::string> xml_of(std::string_view of) {
  const auto n = medium::version_numbers(of);
  return {{"WINDOWS/ARCH", "9"},
          {"WINDOWS/VERSION/MAJOR", std::to_string(n[0])},
          {"WINDOWS/VERSION/MINOR", std::to_string(n[1])},
          {"WINDOWS/VERSION/BUILD", std::to_string(n[2])},
          {"WINDOWS/VERSION/SPBUILD", std::to_string(n[3])}};
}

class BaseFactsTest : public Test {
 protected:
  BaseFacts facts_of(const Files& files, std::string_view xml = version) {
    wim::Capture image = {.name = "Windows PE"};
    if (!xml.empty()) image.properties = xml_of(xml);
    int number = 0;
    for (const auto& [path, content] : files) {
      const fs::path file = scratch_.write("content/" + std::to_string(number++), content);
      image.additions.push_back(
          {.target = path, .directory = false, .content = Slice::whole(file)});
    }
    const fs::path out = scratch_ / "boot.wim";
    wim::capture({image}, {.level = 1}, out);
    const wim::File file(Slice::whole(out), "boot.wim");
    const BaseFacts facts = read_base_facts(file, 1, scratch_ / "facts");
    for (const auto& entry : fs::directory_iterator(scratch_.path())) {
      EXPECT_NE(entry.path().filename().native().substr(0, 5), "facts") << "was left behind";
    }
    return facts;
  }

  /// The one disagreement that there is.
  std::string complaint_of(const Files& files, std::string_view xml = version) {
    const BaseFacts facts = facts_of(files, xml);
    EXPECT_EQ(facts.disagreements.size(), 1U);
    const std::string all = fmt::format("{}", fmt::join(facts.disagreements, "\n"));
    EXPECT_EQ(all.find(scratch_.path().native()), all.npos) << "names a scratch file: " << all;
    return all;
  }

  Scratch scratch_;
};

TEST_F(BaseFactsTest, TellsWhatAllAgreeOn) {
  const BaseFacts facts = facts_of(sound());
  for (const std::string& told :
       {facts.from_xml, facts.from_kernel, facts.from_loader, facts.from_hive}) {
    EXPECT_EQ(told, version);
  }
  EXPECT_EQ(facts.edition, "WindowsPE");
  EXPECT_EQ(facts.product_name, "Microsoft Windows PE");
  EXPECT_EQ(facts.display_version, "24H2");
  EXPECT_EQ(facts.installation_type, "WindowsPE");
  EXPECT_EQ(facts.kernel_arch, "amd64");
  EXPECT_EQ(facts.languages, std::vector<std::string>{"en-US"});
  EXPECT_EQ(facts.disagreements, std::vector<std::string>());
  EXPECT_EQ(build_number(facts), 26100);
}

TEST_F(BaseFactsTest, AreTheSameEveryTime) { EXPECT_EQ(facts_of(sound()), facts_of(sound())); }

TEST_F(BaseFactsTest, OfAnEmptyImageAreEmpty) {
  EXPECT_EQ(facts_of({{"readme.txt", "nothing"}}, ""), BaseFacts());
  EXPECT_EQ(build_number(BaseFacts()), std::nullopt);
  EXPECT_EQ(find_package(BaseFacts(), "WinPE-WMI"), nullptr);
}

TEST_F(BaseFactsTest, DoNotDependOnTheCaseOfPaths) {
  Files files;
  for (const auto& [path, content] : sound()) {
    std::string lower = path;
    for (char& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    files[lower] = content;
  }
  BaseFacts expected = facts_of(sound());
  expected.languages = {"en-us"};
  EXPECT_EQ(facts_of(files), expected);
}

TEST_F(BaseFactsTest, TakeTheLoaderWhereItIs) {
  for (const std::string name : {"winload.exe", "boot/winload.efi", "boot/winload.exe"}) {
    EXPECT_EQ(facts_of({{system32 + name, kernel("10.0.1.2")}}, "").from_loader, "10.0.1.2")
        << name;
  }
  EXPECT_EQ(facts_of({{system32 + "winload.exe", kernel("10.0.1.1")},
                      {system32 + "winload.efi", kernel("10.0.1.2")}},
                     "")
                .from_loader,
            "10.0.1.2");
}

TEST_F(BaseFactsTest, SayWhenBuildsDisagree) {
  EXPECT_EQ(complaint_of(sound(), "10.0.22621.1742"),
            "the kernel says version 10.0.26100.1742, the WIM's XML says 10.0.22621.1742");
  Files files = sound();
  files[system32 + "winload.efi"] = kernel("10.0.25398.1");
  EXPECT_EQ(complaint_of(files),
            "the kernel says version 10.0.26100.1742, the boot loader says 10.0.25398.1");
  files = medium::hive_files(windows_pe, "amd64", "6.3.9600.1", Hives::clean);
  EXPECT_EQ(complaint_of(files),
            "the WIM's XML says version 10.0.26100.1742, the registry says 6.3.9600.1");
  EXPECT_EQ(facts_of({{system32 + "ntoskrnl.exe", kernel("10.1.26100.1742")}}).disagreements.size(),
            1U);
}

TEST_F(BaseFactsTest, LetRevisionsDiffer) {
  Files files = medium::hive_files(windows_pe, "amd64", "10.0.26100.4000", Hives::clean);
  files[system32 + "ntoskrnl.exe"] = kernel("10.0.26100.1");
  const BaseFacts facts = facts_of(files);
  EXPECT_EQ(facts.disagreements, std::vector<std::string>());
  EXPECT_EQ(facts.from_kernel, "10.0.26100.1");
  EXPECT_EQ(facts.from_hive, "10.0.26100.4000");
}

TEST_F(BaseFactsTest, LetAnEnablementPackageRaiseTheBuild) {
  struct Case {
    const char* files;
    const char* registry;
    bool agree;
  };
  constexpr Case cases[] = {
      {"10.0.19041.1", "10.0.19045.1", true},  {"10.0.22621.1", "10.0.22631.1", true},
      {"10.0.26100.1", "10.0.26200.1", true},  {"10.0.18362.1", "10.0.18363.1", true},
      {"10.0.18362.1", "10.0.19041.1", false}, {"10.0.19041.1", "10.0.19046.1", false},
      {"10.0.19040.1", "10.0.19041.1", false}, {"10.0.22621.1", "10.0.26100.1", false},
  };
  for (const Case& c : cases) {
    Files files = medium::hive_files(windows_pe, "amd64", c.registry, Hives::clean);
    files[system32 + "ntoskrnl.exe"] = kernel(c.files);
    const BaseFacts facts = facts_of(files, c.files);
    EXPECT_EQ(facts.disagreements.empty(), c.agree) << c.files << " " << c.registry;
    EXPECT_EQ(build_number(facts), medium::version_numbers(c.files)[2]);
  }
}

TEST_F(BaseFactsTest, SayWhenTheKernelIsForAnotherMachine) {
  Files files = sound();
  files[system32 + "ntoskrnl.exe"] = kernel(version, "arm64");
  EXPECT_EQ(complaint_of(files), "the kernel is for arm64, the WIM's XML says amd64");
}

TEST_F(BaseFactsTest, SayWhenTheHiveIsDirty) {
  Files files = medium::hive_files(windows_pe, "amd64", version, Hives::dirty);
  const BaseFacts facts = facts_of(files);
  EXPECT_EQ(facts.from_hive, "");
  EXPECT_TRUE(facts.packages.empty());
  EXPECT_EQ(build_number(facts), 26100);
  const std::string why = complaint_of(files);
  EXPECT_EQ(why.find("the SOFTWARE hive cannot be read: "), 0U) << why;
  EXPECT_NE(why.find("'Windows/System32/config/SOFTWARE' is dirty"), why.npos) << why;
}

TEST_F(BaseFactsTest, SayWhenTheHiveIsDamaged) {
  const std::string path = system32 + "config/SOFTWARE";
  const std::string sound_hive = sound().at(path);
  for (const std::string& hive :
       {std::string(), std::string("regf"), std::string("no hive at all"),
        sound_hive.substr(0, 4096), sound_hive.substr(0, sound_hive.size() - 1)}) {
    Files files = sound();
    files[path] = hive;
    EXPECT_EQ(complaint_of(files).find("the SOFTWARE hive cannot be read: "), 0U) << hive.size();
  }
}

TEST_F(BaseFactsTest, SayWhenAProgramIsDamaged) {
  for (const std::string& program :
       {std::string("MZ"), std::string(), kernel(version).substr(0, 800)}) {
    Files files = sound();
    files[system32 + "ntoskrnl.exe"] = program;
    const std::string why = complaint_of(files);
    EXPECT_EQ(why.find("the kernel cannot be read: program 'Windows/System32/ntoskrnl.exe'"), 0U)
        << why;
  }
  Files files = sound();
  files[system32 + "winload.efi"] = "MZ";
  EXPECT_EQ(complaint_of(files).find("the boot loader cannot be read: "), 0U);
}

TEST_F(BaseFactsTest, KeepTheMachineOfAKernelWithADamagedVersion) {
  Files files = sound();
  std::string& program = files[system32 + "ntoskrnl.exe"];
  program.at(program.find(to_utf16le("VS_VERSION_INFO"))) = '?';
  const BaseFacts facts = facts_of(files);
  EXPECT_EQ(facts.kernel_arch, "amd64");
  EXPECT_EQ(facts.from_kernel, "");
  EXPECT_EQ(facts.disagreements.size(), 1U);
}

TEST_F(BaseFactsTest, TakeAKernelWithoutAVersionForOneThatTellsNothing) {
  Files files = sound();
  files[system32 + "ntoskrnl.exe"] = medium::pe_file({.arch = "amd64", .version = ""});
  const BaseFacts facts = facts_of(files);
  EXPECT_EQ(facts.from_kernel, "");
  EXPECT_EQ(facts.kernel_arch, "amd64");
  EXPECT_TRUE(facts.disagreements.empty());
}

TEST_F(BaseFactsTest, ReadTheRegistryOfOlderWindows) {
  const BaseFacts facts =
      facts_of(with_software({}, software({registry_string("CurrentVersion", "6.1"),
                                           registry_string("CurrentBuild", "7601")})),
               "");
  EXPECT_EQ(facts.from_hive, "6.1.7601");
  EXPECT_EQ(build_number(facts), 7601);
}

TEST_F(BaseFactsTest, BelieveNoValueOfAnotherType) {
  const BaseFacts facts =
      facts_of(with_software({}, software({registry_dword("EditionID", 7),
                                           registry_string("UBR", "1"),
                                           registry_binary("CurrentMajorVersionNumber", "\x0A"),
                                           registry_string("CurrentVersion", "6.3"),
                                           registry_string("CurrentBuild", "9600"),
                                           {"ProductName", RegistryType::string, "odd"}})),
               "");
  EXPECT_EQ(facts.edition, "");
  EXPECT_EQ(facts.from_hive, "6.3.9600");
  EXPECT_EQ(facts.product_name, from_utf16le("od"));
}

TEST_F(BaseFactsTest, ShowNoControlCharacters) {
  const BaseFacts facts =
      facts_of(with_software({}, software({registry_string("EditionID", "Win\ndows\x1B[1m"),
                                           registry_string("CurrentVersion", "6.3"),
                                           registry_string("CurrentBuild", "x\n")})),
               "");
  EXPECT_EQ(facts.edition, "Win?dows?[1m");
  EXPECT_EQ(facts.from_hive, "6.3.x?");
  EXPECT_EQ(build_number(facts), std::nullopt);
}

TEST_F(BaseFactsTest, FindLanguagesByTheirTranslations) {
  const BaseFacts facts = facts_of({{system32 + "de-DE/a.dll.mui", "1"},
                                    {system32 + "zh-Hans-CN/B.DLL.MUI", "1"},
                                    {system32 + "es-419/a.dll.mui", "1"},
                                    {system32 + "fr-FR/readme.txt", "1"},
                                    {system32 + "drivers/en-US/a.sys.mui", "1"},
                                    {system32 + "it-IT/sub/a.dll.mui", "1"},
                                    {system32 + "boot/a.mui", "1"},
                                    {system32 + "a.mui", "1"},
                                    {"Windows/pt-PT/a.mui", "1"}});
  EXPECT_EQ(facts.languages, (std::vector<std::string>{"de-DE", "es-419", "zh-Hans-CN"}));
}

TEST_F(BaseFactsTest, ListPackagesInOrder) {
  const BaseFacts facts = facts_of(sound());
  EXPECT_EQ(facts.packages.size(), 20U);
  EXPECT_TRUE(std::is_sorted(facts.packages.begin(), facts.packages.end(), [](auto& a, auto& b) {
    return fold_case(a.name) < fold_case(b.name);
  }));
  const BaseFacts::Package* scripting = find_package(facts, "winpe-SCRIPTING");
  ASSERT_NE(scripting, nullptr);
  EXPECT_EQ(scripting->name, "WinPE-Scripting");
  EXPECT_EQ(scripting->identity, "WinPE-Scripting-Package~31bf3856ad364e35~amd64~~10.0.26100.1742");
  EXPECT_EQ(scripting->version, version);
  EXPECT_EQ(scripting->language, "");
  EXPECT_EQ(scripting->state, 0x70U);
  EXPECT_TRUE(scripting->installed);
  EXPECT_EQ(find_package(facts, "WinPE-Scripting-Package"), scripting);
  EXPECT_EQ(find_package(facts, "WinPE-SRT")->version, version);  // not the superseded one
  EXPECT_FALSE(find_package(facts, "WinPE-Rejuv")->installed);
  EXPECT_EQ(find_package(facts, "WinPE-PowerShell"), nullptr);
  EXPECT_EQ(find_package(facts, "WinPE"), nullptr);
  EXPECT_EQ(find_package(facts, ""), nullptr);
}

TEST_F(BaseFactsTest, KnowWhichStatesMeanInstalled) {
  std::vector<RegistryKey> keys;
  for (const std::uint32_t state : {0U, 5U, 0x20U, 0x40U, 0x50U, 0x60U, 0x65U, 0x70U, 0x80U}) {
    keys.push_back({fmt::format("P{:x}-Package~t~amd64~~1.0", state),
                    {registry_dword("CurrentState", state)},
                    {}});
  }
  keys.push_back({"NoState-Package~t~amd64~~1.0", {}, {}});
  keys.push_back({"TextState-Package~t~amd64~~1.0", {registry_string("CurrentState", "112")}, {}});
  const BaseFacts facts = facts_of(with_software({}, software({}, keys)));
  std::vector<std::string> installed;
  for (const auto& package : facts.packages) {
    if (package.installed) installed.push_back(package.name);
  }
  EXPECT_EQ(installed, (std::vector<std::string>{"P70", "P80"}));
  EXPECT_EQ(facts.packages.size(), keys.size());
}

TEST_F(BaseFactsTest, ChooseAmongPackagesOfOneName) {
  const auto key = [](std::string_view rest, std::uint32_t state) {
    return RegistryKey{
        fmt::format("A-Package~t~amd64~{}", rest), {registry_dword("CurrentState", state)}, {}};
  };
  const BaseFacts facts = facts_of(
      with_software({}, software({}, {key("~10.0.9.1", 0x70), key("~10.0.10.1", 0x70),
                                      key("~10.0.11.1", 0x40), key("en-US~10.0.12.1", 0x70)})));
  EXPECT_EQ(find_package(facts, "A")->version, "10.0.10.1");
  std::vector<std::string> order;
  for (const auto& package : facts.packages) order.push_back(package.version);
  EXPECT_EQ(order, (std::vector<std::string>{"10.0.9.1", "10.0.10.1", "10.0.11.1", "10.0.12.1"}));
}

TEST_F(BaseFactsTest, KeepPackagesWithOtherIdentities) {
  const BaseFacts facts = facts_of(with_software(
      {}, software({}, {{"-Package", {}, {}}, {"Odd", {}, {}}, {"A~b~c~d~e~f", {}, {}}})));
  ASSERT_EQ(facts.packages.size(), 3U);
  EXPECT_EQ(facts.packages[0].name, "-Package");
  EXPECT_EQ(facts.packages[1].name, "A");
  EXPECT_EQ(facts.packages[1].version, "");
  EXPECT_EQ(facts.packages[2].name, "Odd");
}

TEST_F(BaseFactsTest, FailIfTheScratchFileCannotBeWritten) {
  const fs::path wim = scratch_ / "boot.wim";
  facts_of(sound());
  const wim::File file(Slice::whole(wim), "boot.wim");
  EXPECT_NE(failure_of([&] { read_base_facts(file, 1, scratch_ / "no-folder/facts"); }), "");
}

TEST_F(BaseFactsTest, FailForAnImageThatIsNotThere) {
  facts_of(sound());
  const wim::File file(Slice::whole(scratch_ / "boot.wim"), "boot.wim");
  EXPECT_NE(failure_of([&] { read_base_facts(file, 2, scratch_ / "facts"); }), "");
  EXPECT_NE(failure_of([&] { read_base_facts(file, 0, scratch_ / "facts"); }), "");
}

}  // namespace
}  // namespace remedia
