// What is shipped, looked at as a file: it must start in every Windows PE.
#include "support/process.h"

#include <filesystem>
#include <set>
#include <sstream>
#include <string>

#include <gtest/gtest.h>

namespace remedia::wine {
namespace {

std::string program(const std::string& arch) {
  return std::string(REMEDIA_LAUNCHER_SHIPPED) + "/" + arch + "/remedia.exe";
}

class Launcher : public testing::TestWithParam<const char*> {
 protected:
  std::string headers() {
    return run_checked({"llvm-readobj", "--file-headers", "--coff-imports", program(GetParam())});
  }
};

TEST_P(Launcher, ImportsOnlyWhatEveryWindowsPeHas) {
  std::set<std::string> names;
  std::istringstream lines(headers());
  for (std::string line; std::getline(lines, line);) {
    const std::size_t at = line.find("Name: ");
    if (at != std::string::npos) names.insert(line.substr(at + 6));
  }
  const std::set<std::string> known = {"ADVAPI32.dll", "GDI32.dll", "IPHLPAPI.dll", "KERNEL32.dll",
                                       "USER32.dll"};
  EXPECT_EQ(names, known);
}

TEST_P(Launcher, MayBeLoadedAnywhereAndExecutesNoData) {
  const std::string text = headers();
  for (const char* flag :
       {"IMAGE_DLL_CHARACTERISTICS_DYNAMIC_BASE", "IMAGE_DLL_CHARACTERISTICS_NX_COMPAT",
        "IMAGE_DLL_CHARACTERISTICS_HIGH_ENTROPY_VA", "IMAGE_SUBSYSTEM_WINDOWS_GUI"}) {
    EXPECT_NE(text.find(flag), std::string::npos) << flag;
  }
  EXPECT_NE(text.find(GetParam() == std::string("amd64") ? "IMAGE_FILE_MACHINE_AMD64"
                                                         : "IMAGE_FILE_MACHINE_ARM64"),
            std::string::npos);
}

TEST_P(Launcher, IsSmallAndNamesNoPlaceOfItsBuild) {
  EXPECT_LT(std::filesystem::file_size(program(GetParam())), 300U * 1024);
  const std::string strings = run_checked({"strings", "-a", program(GetParam())});
  EXPECT_EQ(strings.find(REMEDIA_WINE_DIR), std::string::npos);
  EXPECT_EQ(strings.find("/stages/"), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(Architectures, Launcher, testing::Values("amd64", "arm64"));

}  // namespace
}  // namespace remedia::wine
