// Drivers that would not load on any PC, folders and packs that are not what they seem: all of it
// is said when the image is built, at the INF or at the recipe that is meant.

#include "bad_input/breaking.h"
#include "bad_input/surgery.h"
#include "support/archive_writers.h"
#include "support/driver_packages.h"

#include <functional>
#include <future>

#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/stat.h>

namespace remedia {
namespace {

using Package = driver_packages::Package;

constexpr const char* kNet = "\"net\"";  // as the recipe lists it

/// A Windows PE that can load drivers, and drivers/net with one good package.
class DriverTrial : public Surgery {
 public:
  DriverTrial() {
    products = 4;
    base(with_drvload(windows_pe()));
    good();
  }

  static std::map<std::string, std::string> with_drvload(std::map<std::string, std::string> files) {
    files["Windows/System32/drvload.exe"] = "loads drivers";
    return files;
  }

  /// The recipe and the folder are as they should be.
  void good() {
    fs::remove_all(*this / "drivers");
    fs::remove_all(*this / "overlays");
    write("overlays/common/Tools/hello.txt", "hello\n");
    add();
    with();
  }

  void add(const Package& package = {}, const std::string& folder = "net") const {
    driver_packages::write(*this / ("drivers/" + folder), package);
  }

  /// Further fields of `drivers`, which names "net", and of the wim.
  void with(std::string_view drivers = "", std::string_view wim = "") const {
    names(fmt::format("\"net\", {}", drivers), wim);
  }
  void names(std::string_view drivers, std::string_view wim = "") const {
    change(fmt::format("drivers = drivers {{ {} }}, {}", drivers, wim));
  }

  /// Changes the text of the INF and signs it anew.
  void change_inf(const std::string& from, const std::string& to, const Package& p = {}) const {
    std::string name = fmt::format("drivers/net/{}.inf", p.name);
    std::string text = read(name);
    ASSERT_NE(text.find(from), text.npos) << from;
    write(name, with_replaced(text, from, to));
    driver_packages::write_catalog(*this / "drivers/net", p);
  }

  /// A build that fails at a line of an INF ("net/nic.inf:12"), with this.
  void refuses_inf(const std::string& place, std::vector<std::string> says) {
    says.push_back(place + ": error: ");
    refuses({.says = std::move(says)});
  }
};

/// The line of an INF on which this stands.
int line_of(const DriverTrial& trial, const std::string& part) {
  std::string text = trial.read("drivers/net/nic.inf");
  std::size_t at = text.find(part);
  EXPECT_NE(at, text.npos) << part;
  return static_cast<int>(std::count(text.begin(), text.begin() + static_cast<long>(at), '\n')) + 1;
}

TEST(Drivers, GoodOnesBuild) {
  DriverTrial trial;
  trial.builds();
  EXPECT_EQ(trial.in_image("Remedia/drivers.txt").find("not there"), std::string::npos);
  EXPECT_EQ(trial.manifest()["images"][0]["drivers"].size(), 1u);
}

// --- at the recipe ------------------------------------------------------------------------------

struct Wrong {
  const char* name;
  std::function<void(DriverTrial&)> spoil;
  const char* under;
  std::vector<std::string> says;
};

class BadDrivers : public testing::TestWithParam<Wrong> {};

TEST_P(BadDrivers, AreRefusedAtTheRecipe) {
  DriverTrial trial;
  GetParam().spoil(trial);
  trial.refuses({.under = GetParam().under, .says = GetParam().says, .line = 2});
  trial.good();
  trial.builds();
}

void empty_folder(DriverTrial& trial) {
  fs::remove_all(trial / "drivers/net");
  fs::create_directories(trial / "drivers/net");
}

INSTANTIATE_TEST_SUITE_P(
    Folder, BadDrivers,
    testing::Values(
        Wrong{"that_is_not_there",
              [](DriverTrial& trial) { trial.names("\"nett\""); },
              "\"nett\"",
              {"drivers/nett"}},
        Wrong{"that_is_empty", empty_folder, kNet, {"there is no INF in 'net'"}},
        Wrong{"without_an_inf",
              [](DriverTrial& trial) {
                empty_folder(trial);
                trial.write("drivers/net/a/nic.sys", "x");
              },
              kNet,
              {"there is no INF in 'net'", "drivers come as an .inf"}},
        Wrong{"with_a_program_only",
              [](DriverTrial& trial) {
                empty_folder(trial);
                trial.write("drivers/net/SP1234.EXE", "MZ");
              },
              kNet,
              {"there is no INF in 'net'", "if 'net/SP1234.EXE' is a driver pack, name it itself"}},
        Wrong{"that_is_the_inf",
              [](DriverTrial& trial) { trial.names("\"net/nic.inf\""); },
              "\"net/nic.inf\"",
              {"'net/nic.inf' is neither a folder nor a pack", "name the folder"}},
        Wrong{"that_is_another_file",
              [](DriverTrial& trial) {
                trial.write("drivers/net.7z", "7z");
                trial.names("\"net.7z\"");
              },
              "\"net.7z\"",
              {"'net.7z' is neither a folder nor a pack (.cab, .zip, .msi, .exe)"}},
        Wrong{"with_a_pipe",
              [](DriverTrial& trial) {
                ASSERT_EQ(mkfifo((trial / "drivers/net/a.sys").c_str(), 0600), 0);
              },
              kNet,
              {"'net/a.sys' is neither a file nor a folder"}},
        Wrong{"with_a_pipe_for_an_inf",
              [](DriverTrial& trial) {
                ASSERT_EQ(mkfifo((trial / "drivers/net/a.inf").c_str(), 0600), 0);
              },
              kNet,
              {"'net/a.inf' is neither a file nor a folder"}},
        Wrong{
            "with_a_link_to_nowhere",
            [](DriverTrial& trial) { fs::create_symlink("nothing", trial / "drivers/net/a.sys"); },
            kNet,
            {"'net/a.sys' is a link that leads nowhere"}},
        Wrong{"with_a_link_to_a_folder",
              [](DriverTrial& trial) {
                fs::create_directory_symlink("..", trial / "drivers/net/up");
              },
              kNet,
              {"'net/up' is a link to a folder"}},
        Wrong{"with_a_link_to_itself",
              [](DriverTrial& trial) { fs::create_symlink("a.sys", trial / "drivers/net/a.sys"); },
              kNet,
              {"net/a.sys"}},
        Wrong{"of_two_that_is_bad",
              [](DriverTrial& trial) {
                fs::create_directories(trial / "drivers/none");
                trial.names("\"net\", \"none\"");
              },
              "\"none\"",
              {"there is no INF in 'none'"}}),
    kByName);

std::string zip_of(const std::string& name) { return write_zip({{.name = name, .content = "x"}}); }

void pack_is(DriverTrial& trial, const std::string& name, const std::string& bytes) {
  trial.write("drivers/" + name, bytes);
  trial.names(fmt::format("\"{}\"", name));
}

INSTANTIATE_TEST_SUITE_P(
    Pack, BadDrivers,
    testing::Values(Wrong{"without_an_inf",
                          [](DriverTrial& trial) { pack_is(trial, "p.zip", zip_of("nic.sys")); },
                          "\"p.zip\"",
                          {"there is no INF in 'p.zip'"}},
                    Wrong{"that_is_empty",
                          [](DriverTrial& trial) { pack_is(trial, "p.zip", ""); },
                          "\"p.zip\"",
                          {"p.zip"}},
                    Wrong{"that_is_cut",
                          [](DriverTrial& trial) {
                            std::string zip = zip_of("nic.inf");
                            pack_is(trial, "p.zip", zip.substr(0, zip.size() / 2));
                          },
                          "\"p.zip\"",
                          {"p.zip"}},
                    Wrong{"that_climbs",
                          [](DriverTrial& trial) { pack_is(trial, "p.zip", zip_of("../nic.inf")); },
                          "\"p.zip\"",
                          {"p.zip"}},
                    Wrong{"that_lies_about_its_sum",
                          [](DriverTrial& trial) {
                            pack_is(trial, "p.zip",
                                    write_zip({{.name = "a.inf", .content = "x", .crc = 1}}));
                          },
                          "\"p.zip\"",
                          {"p.zip"}},
                    Wrong{"that_is_no_cabinet",
                          [](DriverTrial& trial) {
                            pack_is(trial, "p.cab", "MSCF and nothing more");
                          },
                          "\"p.cab\"",
                          {"p.cab"}},
                    Wrong{"that_is_no_installer",
                          [](DriverTrial& trial) { pack_is(trial, "p.msi", "text"); },
                          "\"p.msi\"",
                          {"p.msi"}},
                    Wrong{"that_is_no_program",
                          [](DriverTrial& trial) { pack_is(trial, "p.exe", "text"); },
                          "\"p.exe\"",
                          {"p.exe"}},
                    Wrong{"in_a_folder_is_named",
                          [](DriverTrial& trial) {
                            empty_folder(trial);
                            trial.write("drivers/net/sub/p.zip", "text");
                          },
                          kNet,
                          {"net/sub/p.zip"}}),
    kByName);

INSTANTIATE_TEST_SUITE_P(
    Field, BadDrivers,
    testing::Values(
        Wrong{"exclude_that_matches_nothing",
              [](DriverTrial& trial) { trial.with(R"(exclude = { "nik.inf" })"); },
              "exclude",
              {"'nik.inf' matches no INF"}},
        Wrong{"allow_unsigned_that_matches_nothing",
              [](DriverTrial& trial) { trial.with(R"(allow_unsigned = { "nik.inf" })"); },
              "allow_unsigned",
              {"'nik.inf' matches no INF"}},
        Wrong{"required_that_nothing_serves",
              [](DriverTrial& trial) { trial.with(R"(required = { [[PCI\VEN_8086&DEV_15FB]] })"); },
              "required",
              {"no staged driver serves the device PCI\\VEN_8086&DEV_15FB"}},
        Wrong{"required_that_is_left_out",
              [](DriverTrial& trial) {
                trial.with(
                    R"(required = { [[PCI\VEN_1AF4&DEV_10F0]] }, only_class = { "System" })");
              },
              "required",
              {"net/nic.inf has it, and is left out: another class, its class is Net"}},
        Wrong{"required_that_is_excluded",
              [](DriverTrial& trial) {
                trial.with(R"(required = { [[PCI\VEN_1AF4&DEV_10F0]] }, exclude = { "nic.inf" })");
              },
              "required",
              {"no staged driver serves the device PCI\\VEN_1AF4&DEV_10F0"}},
        Wrong{"required_that_is_no_id",
              [](DriverTrial& trial) { trial.with(R"(required = { "PCI\\VEN 1" })"); },
              "required",
              {"'PCI\\VEN 1' is no device id: it has a blank"}},
        Wrong{"max_size_that_is_less",
              [](DriverTrial& trial) {
                trial.write("drivers/net/big.bin", noise(2 << 20));
                trial.add({.install = "CopyFiles=@big.bin\n",
                           .more = "[SourceDisksFiles.amd64]\nbig.bin=1\n"});
                trial.with(R"(max_size = "1MiB", allow_unsigned = { "**" })");
              },
              "max_size",
              {"the drivers have", "of at most", "(1 MiB)", "the biggest: net/nic.inf ("}},
        Wrong{"max_size_that_is_none",
              [](DriverTrial& trial) { trial.with(R"(max_size = "much")"); },
              "max_size",
              {"much"}},
        Wrong{"anchors_that_are_none",
              [](DriverTrial& trial) {
                trial.write("drivers/root.pem", "no certificate");
                trial.with(R"(anchors = { "../drivers/root.pem" })");
              },
              "anchors",
              {"root.pem' holds no certificate", "PEM"}},
        Wrong{"anchors_that_are_not_there",
              [](DriverTrial& trial) { trial.with(R"(anchors = { "../drivers/root.pem" })"); },
              "\"../drivers/root.pem\"",
              {"drivers/root.pem"}},
        Wrong{"anchors_that_are_a_folder",
              [](DriverTrial& trial) { trial.with(R"(anchors = { "../drivers/net" })"); },
              "anchors",
              {"drivers/net"}},
        Wrong{"unknown",
              [](DriverTrial& trial) { trial.with("recursive = true"); },
              "recursive",
              {"recursive"}}),
    kByName);

// What the image is, or what else it gets, does not go with drivers.
INSTANTIATE_TEST_SUITE_P(
    Image, BadDrivers,
    testing::Values(Wrong{"without_drvload",
                          [](DriverTrial& trial) {
                            trial.with("", R"(remove = { "Windows/System32/drvload.exe" })");
                          },
                          "drivers",
                          {"drivers are loaded by Windows/System32/drvload.exe",
                           "leave it in the image"}},
                    Wrong{"with_an_index_of_an_overlay",
                          [](DriverTrial& trial) {
                            trial.write("overlays/common/Remedia/DRIVERS.txt", "x");
                            trial.with("", R"(overlays = { "common" })");
                          },
                          "overlays",
                          {"DRIVERS.txt", "the drivers of this image"}},
                    Wrong{"with_a_launcher_of_an_overlay",
                          [](DriverTrial& trial) {
                            trial.write("overlays/common/Remedia/remedia.EXE", "x");
                            trial.with("", R"(overlays = { "common" })");
                          },
                          "overlays",
                          {"remedia.EXE", "the settings of this image"}},
                    Wrong{"with_a_start_of_an_overlay",
                          [](DriverTrial& trial) {
                            trial.write("overlays/common/Windows/System32/winpeshl.ini",
                                        "[LaunchApps]\r\ncmd.exe\r\n");
                            trial.with("", R"(overlays = { "common" })");
                          },
                          "overlays",
                          {"winpeshl.ini", "the settings of this image"}}),
    kByName);

TEST(DriversInImage, FilesOfTheirFolderAreTheirs) {
  DriverTrial trial;
  trial.build();
  std::string package = trial.manifest()["images"][0]["drivers"][0]["package"];
  std::string file = fmt::format("overlays/common/drivers/{}/NIC.SYS", package);
  trial.write(file, "another");
  trial.with("", R"(overlays = { "common" })");
  trial.refuses({.under = "overlays", .says = {"NIC.SYS", "the drivers of this image"}, .line = 2});
  fs::remove(trial / file);
  trial.builds();
}

TEST(DriversInImage, BaseHasToSayWhichWindowsItIs) {
  DriverTrial trial;
  auto files = DriverTrial::with_drvload(windows_pe(medium::Hives::absent));
  files.erase("Windows/System32/ntoskrnl.exe");
  files.erase("Windows/WinSxS/amd64_os-kernel/ntoskrnl.exe");
  files.erase("Windows/System32/winload.efi");
  trial.base(files);
  trial.refuses({.says = {"does not say which Windows it is"}});
  trial.base(DriverTrial::with_drvload(windows_pe()));
  trial.builds();
}

TEST(DriversInImage, LauncherIsNotMadeForX86) {
  DriverTrial trial;
  trial.add({.targets = {"NTx86"}});
  write_wim(trial / "media/pe.wim", {{.name = "Windows PE",
                                      .files = DriverTrial::with_drvload(windows_pe()),
                                      .arch = "0",
                                      .properties = {{"WINDOWS/LANGUAGES/LANGUAGE", "en-US"},
                                                     {"WINDOWS/LANGUAGES/DEFAULT", "en-US"}}}});
  trial.refuses({.says = {"x86"}});
  trial.base(DriverTrial::with_drvload(windows_pe()));
  trial.add();
  trial.builds();
}

// --- at the INF ---------------------------------------------------------------------------------

struct WrongInf {
  const char* name;
  std::function<void(DriverTrial&)> spoil;
  const char* line;  ///< that is meant, or a part of it; null: the file as a whole
  std::vector<std::string> says;
};

class BadInf : public testing::TestWithParam<WrongInf> {};

TEST_P(BadInf, IsRefusedThere) {
  DriverTrial trial;
  GetParam().spoil(trial);
  std::string place = "net/nic.inf";
  if (GetParam().line != nullptr) place += fmt::format(":{}", line_of(trial, GetParam().line));
  trial.refuses_inf(place, GetParam().says);
  trial.good();
  trial.builds();
}

std::function<void(DriverTrial&)> changed(const std::string& from, const std::string& to) {
  return [=](DriverTrial& trial) { trial.change_inf(from, to); };
}

std::string names_of_strings(int count) {
  std::string text = "Long=\"";
  for (int i = 0; i < count; ++i) text += "xxxxxxxxxx";
  return text + "\"\r\n";
}

INSTANTIATE_TEST_SUITE_P(
    With, BadInf,
    testing::Values(
        WrongInf{"file_missing",
                 [](DriverTrial& trial) { fs::remove(trial / "drivers/net/nic.sys"); },
                 "nic.sys\r\n[SourceDisksNames]",
                 {"'nic.sys' is asked for and is not there", "'exclude'"}},
        WrongInf{"file_elsewhere",
                 [](DriverTrial& trial) {
                   trial.write("drivers/net/x64/nic.sys", trial.read("drivers/net/nic.sys"));
                   fs::remove(trial / "drivers/net/nic.sys");
                 },
                 "nic.sys\r\n[SourceDisksNames]",
                 {"there is 'net/x64/nic.sys', which is not where the INF says"}},
        WrongInf{"catalogue_missing",
                 [](DriverTrial& trial) { fs::remove(trial / "drivers/net/nic.cat"); },
                 nullptr,
                 {"the catalogue 'nic.cat' that it names is not there", "'allow_unsigned'"}},
        WrongInf{"no_signature",
                 [](DriverTrial& trial) {
                   fs::remove(trial / "drivers/net/nic.cat");
                   trial.add({.catalog = false});
                 },
                 nullptr,
                 {"the package is not signed: its INF names no catalogue", "'allow_unsigned'"}},
        WrongInf{"changed_program",
                 [](DriverTrial& trial) { flip(trial / "drivers/net/nic.sys", 700); },
                 nullptr,
                 {"'net/nic.sys' is not in the catalogue 'nic.cat'", "git changes line ends"}},
        WrongInf{"changed_line_ends",
                 [](DriverTrial& trial) {
                   trial.write("drivers/net/nic.inf",
                               with_replaced(trial.read("drivers/net/nic.inf"), "\r\n", "\n"));
                 },
                 nullptr,
                 {"'net/nic.inf' is not in the catalogue", ".gitattributes"}},
        WrongInf{"unclosed_section",
                 changed("[SourceDisksNames]", "[SourceDisksNames"),
                 "[SourceDisksNames",
                 {"a section's name has no ']'"}},
        WrongInf{"date_that_is_none",
                 changed("DriverVer=05/31/2024", "DriverVer=13/45/2024"),
                 "DriverVer",
                 {"DriverVer has the date '13/45/2024', which is none"}},
        WrongInf{"day_that_is_none",
                 changed("DriverVer=05/31/2024", "DriverVer=02/30/2024"),
                 "DriverVer",
                 {"DriverVer has the date '02/30/2024', which is none"}},
        WrongInf{"version_that_is_none",
                 changed("1.2.3.4", "1.2.3.65536"),
                 "DriverVer",
                 {"1.2.3.65536"}},
        WrongInf{"path_that_climbs",
                 changed("nic.sys=1", "nic.sys=1,..\\..\\.."),
                 "nic.sys=1",
                 {"leads out of the package"}},
        WrongInf{"path_that_climbs_by_a_string",
                 changed("nic.sys=1", "nic.sys=1,%Maker%\\..\\.."),
                 "nic.sys=1",
                 {"leads out of the package"}},
        WrongInf{"path_that_is_absolute",
                 changed("CopyFiles=Program", "CopyFiles=Program,@C:\\Windows\\x.sys"),
                 "CopyFiles",
                 {"it has a drive letter"}},
        WrongInf{"path_of_another_computer",
                 changed("nic.sys=1", "nic.sys=1,\\\\server\\share"),
                 "nic.sys=1",
                 {"is a path of another computer"}},
        WrongInf{"section_missing",
                 changed("CopyFiles=Program", "CopyFiles=Programs"),
                 "CopyFiles",
                 {"names a section [Programs], which is not there", "Program"}},
        WrongInf{"service_section_missing",
                 changed("AddService=nic,2,Service", "AddService=nic,2,Servise"),
                 "AddService",
                 {"names a section [Servise], which is not there"}},
        WrongInf{"installation_missing",
                 changed("[Install]", "[Installation]"),
                 "%Device%=Install",
                 {"names a section [Install], which is not there"}},
        WrongInf{"needs_of_itself",
                 changed("CopyFiles=Program", "Include=nic.inf\r\nNeeds=Install"),
                 "Needs",
                 {"circle"}},
        WrongInf{"nul",
                 [](DriverTrial& trial) {
                   trial.write("drivers/net/nic.inf",
                               trial.read("drivers/net/nic.inf") + std::string("[x]\0", 4));
                 },
                 "[x]",
                 {"the file has a NUL"}},
        WrongInf{"huge_line_of_fields",
                 [](DriverTrial& trial) {
                   trial.change_inf("[Strings]",
                                    "[Long]\r\nx=" + std::string(3 << 20, ',') + "\r\n[Strings]");
                 },
                 "x=,,,",
                 {}},
        WrongInf{"strings_without_end",
                 [](DriverTrial& trial) {
                   std::string many;
                   for (int i = 0; i < 20; ++i) many += "%Long%";
                   trial.change_inf("nic.sys=1", "nic.sys=1," + many);
                   trial.change_inf("[Strings]\r\n", "[Strings]\r\n" + names_of_strings(1000));
                 },
                 nullptr,
                 {"its strings make a text of more than"}}),
    kByName);

TEST(BadInfs, OfAPackAreNamedInIt) {
  DriverTrial trial;
  trial.write("drivers/p.zip",
              write_zip({{.name = "a/nic.inf", .content = "[Version]\r\nx=1\r\n[Broken\r\n"}}));
  trial.names("\"p.zip\"");
  trial.refuses({.says = {"p.zip", "a/nic.inf:3: error: a section's name has no ']'"}});
}

TEST(BadInfs, ThatAreTooLargeAreNotRead) {
  DriverTrial trial;
  fs::resize_file(trial / "drivers/net/nic.inf", (16u << 20) + 1);
  trial.refuses({.says = {"'net/nic.inf' has 16777217 bytes, more than"}});
  trial.good();
  trial.builds();
}

TEST(BadInfs, StringsOfEachOtherAreNoCircle) {
  DriverTrial trial;
  trial.change_inf("[Strings]\r\n", "[Strings]\r\nA=\"%B%\"\r\nB=\"%A%\"\r\n");
  trial.change_inf("%Device%=", "%A%=");
  trial.builds();
}

TEST(BadInfs, CirclesOfNeedsOverTwoAreRefused) {
  DriverTrial trial;
  trial.change_inf("CopyFiles=Program", "CopyFiles=Program\r\nInclude=two.inf\r\nNeeds=Two");
  trial.write("drivers/net/two.inf",
              "[Version]\r\nSignature=\"$Windows NT$\"\r\n[Two]\r\nInclude=nic.inf\r\n"
              "Needs=Install\r\n");
  trial.refuses({.says = {"circle", ".inf:"}});
  trial.good();
  trial.builds();
}

TEST(BadInfs, CirclesOfCopiedOnesEnd) {
  DriverTrial trial;
  trial.add({.name = "two", .install = "CopyINF=nic.inf,two.inf\n"});
  trial.add({.install = "CopyINF=two.inf\n"});
  trial.builds();
}

TEST(BadInfs, NamesThatDifferInCaseAreRefused) {
  DriverTrial trial;
  trial.write("drivers/net/NIC.sys", "x");
  trial.refuses({.says = {"'net/NIC.sys' and 'net/nic.sys' differ only in case"}});
  fs::remove(trial / "drivers/net/NIC.sys");
  trial.builds();
}

TEST(BadInfs, ManyOfThemAreReadInOneGo) {
  DriverTrial trial;
  std::string text = driver_packages::inf_text({.catalog = false});
  for (int i = 0; i < 3000; ++i) {
    std::string id = fmt::format("DEV_{:04X}", i);
    trial.write(fmt::format("drivers/net/n{}.inf", i), with_replaced(text, "DEV_10F0", id));
  }
  trial.with(R"(allow_unsigned = { "**" })");
  trial.build();
  EXPECT_EQ(trial.manifest()["images"][0]["drivers"].size(), 3001u);
}

// Each copies the next: what belongs to the first is all of it, to the second all but one...
TEST(BadInfs, ChainsOfCopiedOnesAreBounded) {
  DriverTrial trial;
  for (int i = 0; i < 3000; ++i) {
    std::string next = fmt::format("CopyINF=n{}.inf\n", (i + 1) % 3000);
    trial.write(fmt::format("drivers/net/n{}.inf", i),
                driver_packages::inf_text({.install = next, .catalog = false}));
  }
  trial.with(R"(allow_unsigned = { "**" })");
  trial.wrapper = {"timeout", "60"};
  ProcessResult result = trial.run({trial.runner, "build", "-C", "out", "recipes/r.lua"});
  EXPECT_NE(result.output.find("CopyINF"), std::string::npos) << result.output.substr(0, 2000);
}

// --- signatures ---------------------------------------------------------------------------------

TEST(BadSignature, TamperedCatalogueIsNamed) {
  DriverTrial trial;
  fs::path file = trial / "drivers/net/nic.cat";
  std::string good = content_of(file);
  for (std::uint64_t at : {std::uint64_t{200}, static_cast<std::uint64_t>(good.size() - 10)}) {
    flip(file, at);
    trial.refuses({.says = {"'net/nic.cat'"}});
    trial.write("drivers/net/nic.cat", good);
  }
  trial.write("drivers/net/nic.cat", good.substr(0, good.size() / 2));
  trial.refuses({.says = {"'net/nic.cat'"}});
  trial.write("drivers/net/nic.cat", good);
  trial.builds();
}

TEST(BadSignature, ForeignSignerIsNamedWhereThereAreAnchors) {
  DriverTrial trial;
  trial.write("recipes/root.pem", signing::test_ca().pem());
  Package foreign;
  foreign.signing.sign.signer =
      signing::issued_by(signing::foreign_ca(), {.name = "Somebody Else"});
  trial.add(foreign);
  trial.builds();  // an intact signature of somebody
  EXPECT_EQ(trial.manifest()["images"][0]["drivers"][0]["signer"]["name"], "Somebody Else");
  trial.with(R"(anchors = { "../recipes/root.pem" })");
  trial.refuses({.says = {"'net/nic.cat'", "Somebody Else"}});
  trial.add();
  trial.builds();
  EXPECT_EQ(trial.manifest()["images"][0]["drivers"][0]["signer"]["anchored"], true);
}

TEST(BadSignature, UnsignedOnesNeedAWord) {
  DriverTrial trial;
  fs::remove(trial / "drivers/net/nic.cat");
  trial.add({.catalog = false});
  trial.refuses_inf("net/nic.inf", {"is not signed", "name the INF in 'allow_unsigned'"});
  trial.with(R"(allow_unsigned = { "nic.inf" })");
  trial.builds();
  EXPECT_FALSE(trial.manifest()["images"][0]["drivers"][0].contains("signer"));
}

// --- boot ---------------------------------------------------------------------------------------

class BootTrial : public DriverTrial {
 public:
  BootTrial() {
    fs::remove_all(*this / "drivers/net");
    add(driver_packages::storage());
    with("boot_start = true");
  }
};

TEST(BadBootStart, GoodOnesBuild) {
  BootTrial trial;
  trial.builds();
  EXPECT_EQ(trial.manifest()["images"][0]["drivers"][0]["way"], "boot_start");
}

TEST(BadBootStart, ProgramNeedsASignatureOfItsOwn) {
  BootTrial trial;
  Package p = driver_packages::storage();
  p.signed_program = false;
  trial.add(p);
  trial.refuses_inf("net/disk.inf", {"'net/disk.sys' has no signature of its own"});
  trial.with();
  trial.builds();
  trial.with("boot_start = true");
  trial.add(driver_packages::storage());
  trial.builds();
}

TEST(BadBootStart, AllowedUnsignedOnesNeedOneAllTheSame) {
  BootTrial trial;
  Package p = driver_packages::storage();
  p.signed_program = false;
  trial.add(p);
  trial.with(R"(boot_start = true, allow_unsigned = { "**" })");
  trial.refuses_inf("net/disk.inf", {"'net/disk.sys' has no signature of its own"});
}

TEST(BadBootStart, CompressedProgramIsRefused) {
  BootTrial trial;
  fs::rename(trial / "drivers/net/disk.sys", trial / "drivers/net/disk.sy_");
  trial.with(R"(boot_start = true, allow_unsigned = { "**" })");
  trial.refuses({.says = {"net/disk.inf", "System32\\drivers"}});
}

TEST(BadBootStart, ValuesOutsideOfItsServiceAreRefused) {
  BootTrial trial;
  trial.change_inf("HKR,\"Parameters\\PnpInterface\",", "HKLM,\"SOFTWARE\\X\",",
                   driver_packages::storage());
  trial.refuses(
      {.says = {"net/disk.inf:25: error: ", "sets a value below HKLM", "exclude it here"}});
  trial.with();
  trial.builds();
}

TEST(BadBootStart, TwoProgramsOfOneNameAreRefused) {
  BootTrial trial;
  Package other = driver_packages::storage();
  other.provider = "Somebody Else";
  other.salt = "another";
  other.ids = {R"(PCI\VEN_1AF4&DEV_2000)"};
  trial.add(other, "net/other");
  trial.refuses(
      {.says = {"net/other/disk.inf:16: error: 'net/disk.inf' and 'net/other/disk.inf' both "
                "start the service disk at boot",
                "exclude it here"}});
  fs::remove_all(trial / "drivers/net/other");
  trial.builds();
}

TEST(BadBootStart, BaseWithoutARegistryIsRefused) {
  BootTrial trial;
  auto files = DriverTrial::with_drvload(windows_pe());
  files.erase(std::string(kConfig) + "SYSTEM");
  trial.base(files);
  trial.refuses({.says = {"SYSTEM"}});
  trial.base(DriverTrial::with_drvload(windows_pe()));
  trial.builds();
}

// --- names that are none ------------------------------------------------------------------------

TEST(DriverNames, ThatWindowsCannotHoldDoNotMatterUnlessThePackageNeedsThem) {
  for (const char* name : {"\xff.txt", "a\nb.txt", "NUL.txt", "a:b.txt", "a\tb.txt", "end. "}) {
    SCOPED_TRACE(name);
    DriverTrial trial;
    trial.write(std::string("drivers/net/") + name, "x");
    ProcessResult result = trial.run({trial.runner, "build", "-C", "out", "recipes/r.lua"});
    EXPECT_TRUE(result.status == 0 || result.output.find("recipes/r.lua:2:") != std::string::npos)
        << result.output;
    if (result.status == 0) trial.builds();
  }
}

TEST(DriverNames, OfInfsHaveToBeOnesThatDrvloadTakes) {
  struct Case {
    const char* name;
    const char* says;  ///< null: it is taken
  };
  const char* drvload = "drvload takes no INF with a ',', '%' or '\"' in its name";
  for (const Case& c : {Case{"a\nb.inf", "it has the control character 0x0a"},
                        Case{"a\tb.inf", "it has the control character 0x09"},
                        Case{"con.inf", "'con.inf' is the name of a device"},
                        Case{"a:b.inf", "':' may not stand in a name"}, Case{"a\"b.inf", drvload},
                        Case{"a,b.inf", drvload}, Case{"a%b%c.inf", drvload},
                        Case{"a;b (1) & c.inf", nullptr}, Case{"\xC3\xA4.INF", nullptr}}) {
    SCOPED_TRACE(c.name);
    DriverTrial trial;
    std::string other = with_replaced(trial.read("drivers/net/nic.inf"), "DEV_10F0", "DEV_20F0");
    trial.write(std::string("drivers/net/") + c.name, other);
    trial.with(R"(allow_unsigned = { "**" })");
    if (c.says != nullptr) {
      trial.refuses({.under = c.says == drvload ? "" : kNet, .says = {c.says}, .line = 2});
      if (c.says == drvload) {
        EXPECT_NE(trial.output.find(std::string("\nnet/") + c.name + ": error: "),
                  std::string::npos)
            << trial.output;
      }
      trial.good();
    }
    trial.builds();
  }
}

TEST(DriverNames, OfInfsThatAreNoUtf8AreSaid) {
  DriverTrial trial;
  trial.write("drivers/net/\xff.inf", trial.read("drivers/net/nic.inf"));
  trial.with(R"(allow_unsigned = { "**" })");
  trial.refuses({.says = {"UTF-8"}});
  EXPECT_EQ(trial.output.find("run the build again"), std::string::npos) << trial.output;
  trial.good();
  trial.builds();
}

// --- files that cannot be read, or change -------------------------------------------------------

TEST(DriverFiles, ThatCannotBeReadAreNamed) {
  DriverTrial trial;
  trial.become_nobody();
  for (const char* name : {"drivers/net/nic.sys", "drivers/net/nic.inf", "drivers/net"}) {
    fs::permissions(trial / name, fs::perms::none);
    ProcessResult result = trial.run({trial.runner, "build", "-C", "out", "recipes/r.lua"});
    fs::permissions(trial / name, fs::perms(0755));
    EXPECT_NE(result.status, 0);
    EXPECT_NE(result.output.find("recipes/r.lua:2:"), std::string::npos) << result.output;
    EXPECT_NE(result.output.find("Permission denied"), std::string::npos) << result.output;
  }
  trial.runner = REMEDIA_RUNNER;
  trial.wrapper = {};
  trial.builds();
}

// Other bytes of the same size, with the time of before: a restored backup, a clock that is wrong.
TEST(DriverFiles, ThatChangedBehindTheBackOfTheBuildAreNoticed) {
  for (const char* name : {"nic.inf", "nic.cat", "nic.sys"}) {
    SCOPED_TRACE(name);
    DriverTrial trial;
    trial.with(R"(allow_unsigned = { "nic.inf" })");
    if (std::string(name) == "nic.cat") trial.with();
    trial.build();
    fs::path file = trial / (std::string("drivers/net/") + name);
    auto time = fs::last_write_time(file);
    std::string bytes = content_of(file);
    std::string other = std::string(name) == "nic.inf"
                            ? with_replaced(bytes, "A device of tests", "A device of TESTS")
                            : bytes;
    if (other == bytes) other[600] = static_cast<char>(other[600] ^ 1);
    trial.write(std::string("drivers/net/") + name, other);
    fs::last_write_time(file, time);
    std::string more = std::string(name) == "nic.cat" ? "" : R"(allow_unsigned = { "*.inf" })";
    trial.with(more + R"(, only_class = { "Net" })");
    if (more.empty()) trial.with(R"(only_class = { "Net" })");
    fs::remove_all(trial / "out/.store/component");
    fs::remove_all(trial / "out/.store/drivers");
    trial.failing_build();
    EXPECT_NE(trial.output.find(fmt::format("net/{}", name)), std::string::npos) << trial.output;
    EXPECT_NE(trial.output.find("changed while"), std::string::npos) << trial.output;
    // "run the build again" has to help.
    if (std::string(name) == "nic.cat") trial.add();
    trial.builds();
  }
}

// --- broken off ---------------------------------------------------------------------------------

// Two folders and a pack with something to do for a while.
void prepare(DriverTrial& trial, int which = 0) {
  Scratch folder;
  Package packed{.name = "packed", .salt = std::to_string(which)};
  driver_packages::write(folder.path(), packed);
  std::vector<ZipFileSpec> files;
  for (const char* ending : {".inf", ".sys", ".cat"})
    files.push_back({.name = "p/packed" + std::string(ending),
                     .content = read_file(folder / ("packed" + std::string(ending)))});
  files.push_back({.name = "p/readme.bin",
                   .content = noise((2 << 20) + 1).substr(static_cast<std::size_t>(which))});
  trial.write("drivers/p.zip", write_zip(files));
  Package many;
  many.salt = std::to_string(which);
  for (int i = 0; i < 2000; ++i) many.ids.push_back(fmt::format("PCI\\VEN_1AF4&DEV_{:04X}", i));
  trial.add(many);
  trial.names("\"net\", \"p.zip\"");
}

std::vector<fs::path> outputs_of(const Trial& trial, const std::string& kind) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(trial / "out/.store" / kind)) {
    std::string name = entry.path().filename();
    for (const char* ending : {".pack", ".tree", ".digests", ".record"})
      if (name.ends_with(ending)) files.push_back(entry.path());
  }
  return files;
}

class KilledDrivers : public testing::TestWithParam<const char*> {};

TEST_P(KilledDrivers, AreMadeAnewByTheNextBuild) {
  ASSERT_EQ(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
  DriverTrial trial;
  std::map<std::string, std::string> whole[2];
  for (int which : {0, 1}) {
    prepare(trial, which);
    trial.build();
    whole[which] = artifacts_of(trial / "out");
  }
  ASSERT_NE(whole[0], whole[1]);
  int which = 1;
  int killed = 0;
  for (int moment : {1, 2, 3, 5, 8, 11, 15, 20}) {
    which = 1 - which;
    prepare(trial, which);
    Events events({trial / "out/.store" / GetParam()});
    pid_t ninja = spawn_ninja(trial);
    if (events.wait(moment, ninja)) ++killed;
    end_all(ninja);
    trial.build();
    ASSERT_EQ(artifacts_of(trial / "out"), whole[which]) << "killed at event " << moment;
  }
  EXPECT_GT(killed, 3);
  for (const auto& entry : fs::recursive_directory_iterator(trial / "out")) {
    std::string path = entry.path();
    EXPECT_EQ(path.find(".part"), path.npos) << path;
    EXPECT_EQ(path.find(".unpacked"), path.npos) << path;
  }
  trial.builds();
}

INSTANTIATE_TEST_SUITE_P(Of, KilledDrivers, testing::Values("driver_files", "drivers"),
                         [](const auto& test) { return std::string(test.param); });

struct NoRoom {
  const char* kind;
  const char* output;
};

class NoRoomForDrivers : public testing::TestWithParam<NoRoom> {};

TEST_P(NoRoomForDrivers, EndsTheStageAndNothingElse) {
  DriverTrial trial;
  prepare(trial);
  trial.build();
  auto whole = artifacts_of(trial / "out");
  std::uint64_t size = 0;
  for (const fs::path& file : outputs_of(trial, GetParam().kind)) {
    if (file.string().ends_with(GetParam().output))
      size = std::max<std::uint64_t>(size, fs::file_size(file));
  }
  ASSERT_GT(size, 40'000u);
  for (std::uint64_t limit : {size / 2, size - 10}) {
    for (const fs::path& file : outputs_of(trial, GetParam().kind)) fs::remove(file);
    trial.wrapper = {"prlimit", fmt::format("--fsize={}", limit)};
    trial.refuses({.says = {"File too large"}});
    trial.wrapper = {};
    trial.build();
    EXPECT_EQ(artifacts_of(trial / "out"), whole) << limit;
  }
  trial.builds();
}

INSTANTIATE_TEST_SUITE_P(For, NoRoomForDrivers,
                         testing::Values(NoRoom{"driver_files", ".pack"},
                                         NoRoom{"drivers", ".record"}),
                         [](const auto& test) { return std::string(test.param.kind); });

TEST(TwoDriverBuilds, AtOnceEndInAWholeOneOrAClearError) {
  DriverTrial trial;
  prepare(trial);
  trial.build();
  auto whole = artifacts_of(trial / "out");
  for (bool by_ninja : {true, false}) {
    for (const char* kind : {"driver_files", "drivers"})
      for (const fs::path& file : outputs_of(trial, kind)) fs::remove(file);
    std::vector<std::string> argv = {"ninja", "-C", "out"};
    if (!by_ninja) argv = {trial.runner, "build", "-C", "out", "recipes/r.lua"};
    auto other = std::async(std::launch::async, [&] { return trial.run(argv); });
    ProcessResult results[] = {trial.run(argv), other.get()};
    // ninja has no lock of its own, only each stage: both may end in another one of them.
    if (!by_ninja) {
      EXPECT_TRUE(results[0].status == 0 || results[1].status == 0)
          << results[0].output << results[1].output;
    }
    for (const ProcessResult& result : results) {
      if (result.status == 0) continue;
      EXPECT_NE(result.output.find("another build is"), std::string::npos) << result.output;
    }
    trial.build();
    EXPECT_EQ(artifacts_of(trial / "out"), whole) << by_ninja;
  }
  trial.builds();
}

// --- left by the stages -------------------------------------------------------------------------

TEST(SpoiltDrivers, AreNamedAndDeletingThemHelps) {
  struct Case {
    const char* kind;
    const char* ending;
    bool half;
  };
  DriverTrial trial;
  prepare(trial);
  trial.build();
  auto whole = artifacts_of(trial / "out");
  for (const Case& c : {Case{"driver_files", ".tree", true}, Case{"driver_files", ".digests", true},
                        Case{"drivers", ".record", true}, Case{"drivers", ".tree", true}}) {
    SCOPED_TRACE(fmt::format("{} {}", c.kind, c.ending));
    fs::path file;
    for (const fs::path& each : outputs_of(trial, c.kind)) {
      bool larger = file.empty() || fs::file_size(each) > fs::file_size(file);
      if (each.string().ends_with(c.ending) && larger && !each.string().ends_with(".pack.digests"))
        file = each;
    }
    auto time = fs::last_write_time(file);
    fs::resize_file(file, fs::file_size(file) / 2);
    fs::last_write_time(file, time);
    // What reads it is made anew.
    if (std::string(c.kind) == "driver_files") {
      for (const fs::path& each : outputs_of(trial, "drivers")) fs::remove(each);
    } else {
      fs::remove(trial / "out/r/helpdesk/boot.wim");
      fs::remove(trial / "out/r/helpdesk/helpdesk.manifest.json");
    }
    trial.failing_build();
    EXPECT_NE(trial.output.find("' is damaged"), std::string::npos) << trial.output;
    EXPECT_NE(trial.output.find("delete it (below OUT)"), std::string::npos) << trial.output;
    fs::remove(file);
    trial.build();
    EXPECT_EQ(artifacts_of(trial / "out"), whole);
  }
}

}  // namespace
}  // namespace remedia
