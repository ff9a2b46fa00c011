// Debuggers that could not examine a dump in the image: all of it is said when the image is built.

#include "bad_input/trial.h"
#include "support/debugger_kits.h"

#include <functional>

#include <gtest/gtest.h>

namespace remedia {
namespace {

namespace dk = debugger_kits;

constexpr const char* kKit = "\"kit\"";  // as the recipe has it
constexpr const char* kX64 = "Windows Kits/10/Debuggers/x64/";

class DebuggerTrial : public Trial {
 public:
  DebuggerTrial() {
    products = 3;
    good();
  }

  void good() {
    for (const char* name : {"kit", "kit.zip", "kit.msi", "5d98420a.cab", "overlays/common"})
      fs::remove_all(*this / name);
    write("overlays/common/Tools/hello.txt", "hello\n");
    files = dk::tools({.folder = "Windows Kits/10/Debuggers/x64"});
    put();
    names("\"kit\"");
  }

  void put() const {
    fs::remove_all(*this / "kit");
    fs::create_directories(*this / "kit");
    dk::write(*this / "kit", files);
  }

  /// Changes a file of the tools.
  void set(const std::string& name, const std::string& content) {
    files[kX64 + name] = content;
    put();
  }

  void names(std::string_view debuggers, std::string_view wim = "") const {
    recipe(kWinre, fmt::format("debuggers = debuggers {{ {} }}, {}", debuggers, wim));
  }

  dk::Files files;
};

TEST(Debuggers, GoodOnesBuild) {
  DebuggerTrial trial;
  trial.builds();
  EXPECT_EQ(trial.manifest()["images"][0]["debuggers"]["files"].size(), 19U);
}

struct Wrong {
  const char* name;
  std::function<void(DebuggerTrial&)> spoil;
  const char* under;
  std::vector<std::string> says;
};

class BadDebuggers : public testing::TestWithParam<Wrong> {};

TEST_P(BadDebuggers, AreRefusedAtTheRecipe) {
  DebuggerTrial trial;
  GetParam().spoil(trial);
  trial.refuses({.under = GetParam().under, .says = GetParam().says, .line = 2});
  trial.good();
  trial.builds();
}

INSTANTIATE_TEST_SUITE_P(
    Kits, BadDebuggers,
    testing::Values(
        Wrong{"empty",
              [](DebuggerTrial& trial) {
                trial.files.clear();
                trial.put();
              },
              kKit,
              {"there are no debuggers in 'kit'", "name the folder Debuggers"}},
        Wrong{"of_arm64",
              [](DebuggerTrial& trial) {
                trial.files = dk::tools({.arch = "arm64"});
                trial.put();
              },
              kKit,
              {"'kit' has no debuggers for amd64: those in 'kit' are for arm64"}},
        Wrong{"twice",
              [](DebuggerTrial& trial) {
                for (auto& [path, content] : dk::tools({.folder = "old"}))
                  trial.files[path] = content;
                trial.put();
              },
              kKit,
              {"has debuggers for amd64 twice", "old/dbgeng.dll", "name the folder"}},
        Wrong{"incomplete",
              [](DebuggerTrial& trial) {
                trial.files.erase(std::string(kX64) + "winxp/kdexts.dll");
                trial.files.erase(std::string(kX64) + "dbghelp.dll");
                trial.put();
              },
              kKit,
              {"lack dbghelp.dll, winxp/kdexts.dll", "take the folder whole"}},
        Wrong{"mixed",
              [](DebuggerTrial& trial) { trial.set("winext/ext.dll", dk::program("x86", {})); },
              kKit,
              {"winext/ext.dll' is for x86", "somebody mixed two kits"}},
        Wrong{"damaged",
              [](DebuggerTrial& trial) { trial.set("winext/ext.dll", "MZ"); },
              kKit,
              {"winext/ext.dll"}},
        Wrong{"with_a_link_to_a_folder",
              [](DebuggerTrial& trial) { fs::create_directory_symlink("/etc", trial / "kit/etc"); },
              kKit,
              {"'kit/etc' is a link to a folder"}},
        Wrong{"that_is_a_file",
              [](DebuggerTrial& trial) {
                fs::remove_all(trial / "kit");
                trial.write("kit", "cdb");
              },
              kKit,
              {"'kit' is neither a folder nor an archive"}}),
    kByName);

INSTANTIATE_TEST_SUITE_P(
    Archives, BadDebuggers,
    testing::Values(Wrong{"that_are_folders",
                          [](DebuggerTrial& trial) {
                            fs::create_directories(trial / "kit.zip");
                            trial.names("\"kit.zip\"");
                          },
                          "\"kit.zip\"",
                          {"'kit.zip' is no file, so it is no archive"}},
                    Wrong{"that_are_damaged",
                          [](DebuggerTrial& trial) {
                            const std::string zip = dk::zip(trial.files);
                            trial.write("kit.zip", zip.substr(0, zip.size() / 2));
                            trial.names("\"kit.zip\"");
                          },
                          "\"kit.zip\"",
                          {"'kit.zip'"}},
                    Wrong{"with_names_that_climb",
                          [](DebuggerTrial& trial) {
                            trial.files["../dbgeng.dll"] = "x";
                            trial.write("kit.zip", dk::zip(trial.files));
                            trial.names("\"kit.zip\"");
                          },
                          "\"kit.zip\"",
                          {"'kit.zip'", "'..'"}},
                    Wrong{"that_are_no_installer",
                          [](DebuggerTrial& trial) {
                            trial.write("kit.msi", "text");
                            trial.names("\"kit.msi\"");
                          },
                          "\"kit.msi\"",
                          {"'kit.msi'", "Windows Installer"}},
                    Wrong{"without_their_cabinet",
                          [](DebuggerTrial& trial) {
                            dk::write_msi(trial / "kit.msi", trial.files, "5d98420a.cab");
                            fs::remove(trial / "5d98420a.cab");
                            trial.names("\"kit.msi\"");
                          },
                          "\"kit.msi\"",
                          {"'kit.msi' takes its files from '5d98420a.cab', not beside it",
                           "Installers"}}),
    kByName);

INSTANTIATE_TEST_SUITE_P(
    Fields, BadDebuggers,
    testing::Values(Wrong{"to_that_climbs",
                          [](DebuggerTrial& trial) {
                            trial.names("\"kit\", to = \"../Debuggers\"");
                          },
                          "to",
                          {".."}},
                    Wrong{"to_that_no_image_can_hold",
                          [](DebuggerTrial& trial) { trial.names("\"kit\", to = \"con/x\""); },
                          "to",
                          {"con"}},
                    Wrong{"a_file_that_an_overlay_brings_too",
                          [](DebuggerTrial& trial) {
                            trial.write("overlays/common/Debuggers/CDB.exe", "mine");
                            trial.names("\"kit\"", "overlays = { \"common\" }");
                          },
                          "",
                          {"CDB.exe"}}),
    kByName);

// --- what the base has to have; without a tier too ---

struct Closure {
  const char* name;
  std::function<void(DebuggerTrial&)> spoil;
  std::vector<std::string> says;
};

class DebuggerImports : public testing::TestWithParam<Closure> {};

TEST_P(DebuggerImports, ThatTheBaseLacksAreNamed) {
  DebuggerTrial trial;
  GetParam().spoil(trial);
  trial.refuses({.under = "debuggers", .says = GetParam().says, .line = 2});
  trial.good();
  trial.builds();
}

INSTANTIATE_TEST_SUITE_P(
    Of, DebuggerImports,
    testing::Values(
        Closure{
            "a_program",
            [](DebuggerTrial& trial) {
              trial.set("cdb.exe", dk::program("amd64", {"KERNEL32.dll", "ucrtbase99.dll"}));
            },
            {"tool 'debuggers': 'Debuggers/cdb.exe' imports ucrtbase99.dll, which is not in the "
             "image",
             "name it in allow_missing"}},
        Closure{"an_extension",
                [](DebuggerTrial& trial) {
                  trial.set("winxp/kdexts.dll", dk::program("amd64", {"elsewhere.dll"}));
                },
                {"'Debuggers/winxp/kdexts.dll' imports elsewhere.dll"}},
        Closure{"an_extension_later",
                [](DebuggerTrial& trial) {
                  trial.set("winext/ext.dll", dk::program("amd64", {}, {"later.dll"}));
                },
                {"'Debuggers/winext/ext.dll' loads later.dll at its first call"}}),
    kByName);

TEST(DebuggerImports, MayBeExceptedAndTheExceptionHasToBeNeeded) {
  DebuggerTrial trial;
  trial.set("cdb.exe", dk::program("amd64", {"KERNEL32.dll", "ucrtbase99.dll"}));
  trial.names("\"kit\", allow_missing = { \"ucrtbase*.dll\" }");
  trial.builds();
  EXPECT_EQ(trial.output.find("warning"), std::string::npos) << trial.output;
  trial.names("\"kit\", allow_missing = { \"ucrtbase*.dll\", \"other.dll\" }");
  trial.build();
  EXPECT_NE(trial.output.find("allow_missing names 'other.dll'"), std::string::npos)
      << trial.output;
}

TEST(Debuggers, WithoutSymsrvFindNoSymbolsWhichIsSaid) {
  DebuggerTrial trial;
  trial.files.erase(std::string(kX64) + "symsrv.dll");
  trial.put();
  trial.builds();
  trial.run({"rm", "-rf", "out"});
  trial.build();
  EXPECT_NE(trial.output.find("has no symsrv.dll"), std::string::npos) << trial.output;
}

}  // namespace
}  // namespace remedia
