// The files that boot: missing, by halves, lent, or found in the image instead.

#include "bad_input/trial.h"

#include <algorithm>

#include <gtest/gtest.h>

namespace remedia {
namespace {

constexpr const char* kFolder = R"(media = "@media/win", image = "winre")";
constexpr const char* kLends = R"(media = "@media/win", image = "winre",
  boot_files = source { media = "@media/newer.iso", image = "winre" })";

// A medium whose images hold no boot files, so that only those on the medium count.
fs::path bare_images(const Trial& trial) {
  fs::path folder = trial.unpacked();
  write_wim(trial / "winre.wim", {{.name = "RE", .files = {{"Windows/System32/a.exe", "x"}}}});
  write_install(folder / "sources/install.wim",
                {{"Windows 11 Pro", content_of(trial / "winre.wim")}});
  trial.recipe(kFolder);
  return folder;
}

std::string origin_of(const Trial& trial, std::string_view path) {
  nlohmann::json files = trial.manifest().at("volumes")[0].at("files");
  for (const auto& file : files) {
    if (file.at("path") == path) return file.at("origin");
  }
  return "not there";
}

// What a genuine reader of El Torito finds: platform of each boot image.
std::vector<std::string> platforms(const Trial& trial) {
  std::string report = run_checked(
      {"xorriso", "-indev", trial / "out/r/helpdesk/helpdesk.iso", "-report_el_torito", "plain"});
  std::vector<std::string> found;
  std::istringstream lines(report);
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with("El Torito boot img :")) continue;
    std::istringstream words(line.substr(line.find(':') + 1));
    std::string number;
    std::string platform;
    words >> number >> platform;
    found.push_back(platform);
  }
  return found;
}

TEST(BootFiles, MissingOnesAreNamedAndCanBeLent) {
  Trial trial;
  fs::path folder = bare_images(trial);
  fs::remove_all(folder / "boot");
  fs::remove_all(folder / "efi");
  fs::remove(folder / "bootmgr");
  trial.refuses({.under = "boot",
                 .says = {"the source has no boot/boot.sdi, neither on its medium nor inside the "
                          "image",
                          "lend it from another medium: source { ..., boot_files = source"},
                 .line = 3});
  EXPECT_TRUE(fs::exists(trial / "out/r/helpdesk/boot.wim")) << "the image itself is fine";

  fs::copy_file(small_medium(), trial / "media/newer.iso");
  trial.recipe(kLends);
  trial.builds();
  EXPECT_EQ(origin_of(trial, "efi/microsoft/boot/efisys_noprompt.bin"),
            "@media/newer.iso: efi/Microsoft/boot/efisys_noprompt.bin");
  EXPECT_EQ(platforms(trial), (std::vector<std::string>{"BIOS", "UEFI"}));
}

struct Missing {
  const char* name;
  const char* file;      ///< on the medium
  const char* reported;  ///< in the complaint
};

class OneMissing : public testing::TestWithParam<Missing> {};

TEST_P(OneMissing, IsNamedAndComingBackIsEnough) {
  Trial trial;
  fs::path file = bare_images(trial) / GetParam().file;
  // From them an efisys.bin would be made.
  for (const char* program : {"cdboot.efi", "cdboot_noprompt.efi"})
    fs::remove(trial / "media/win/efi/Microsoft/boot" / program);
  fs::rename(file, trial / "kept");
  trial.refuses({.under = "boot",
                 .says = {fmt::format("the source has no {},", GetParam().reported)},
                 .line = 3});
  fs::rename(trial / "kept", file);
  trial.builds();
}

INSTANTIATE_TEST_SUITE_P(
    File, OneMissing,
    testing::Values(Missing{"sdi", "boot/boot.sdi", "boot/boot.sdi"},
                    Missing{"loader", "efi/boot/bootx64.efi", "efi/boot/bootx64.efi"},
                    Missing{"efisys", "efi/Microsoft/boot/efisys_noprompt.bin",
                            "efi/microsoft/boot/efisys_noprompt.bin"},
                    // Half of what BIOS needs is a broken medium, not one without BIOS.
                    Missing{"bios_manager", "bootmgr", "bootmgr"},
                    Missing{"bios_sector", "boot/etfsboot.com", "boot/etfsboot.com"}),
    kByName);

TEST(BootFiles, MissingBootImageIsMadeFromItsLoader) {
  Trial trial;
  fs::path folder = bare_images(trial) / "efi/Microsoft/boot";
  fs::remove(folder / "efisys_noprompt.bin");
  trial.builds();
  EXPECT_EQ(origin_of(trial, "efi/microsoft/boot/efisys_noprompt.bin"),
            "made from @media/win: efi/Microsoft/boot/cdboot_noprompt.efi");
  EXPECT_EQ(platforms(trial), (std::vector<std::string>{"BIOS", "UEFI"}));
  fs::resize_file(folder / "cdboot_noprompt.efi", 0);
  trial.refuses({.under = "media", .says = {"cdboot_noprompt.efi' is empty"}});
}

TEST(BootFiles, EmptyOneIsRefused) {
  Trial trial;
  fs::path file = bare_images(trial) / "boot/boot.sdi";
  fs::resize_file(file, 0);
  trial.refuses({.under = "media", .says = {"boot file '@media/win: boot/boot.sdi' is empty"}});
}

TEST(BootFiles, MediumWithoutBiosFilesBootsByUefi) {
  Trial trial;
  fs::path folder = bare_images(trial);
  fs::remove(folder / "bootmgr");
  fs::remove(folder / "boot/etfsboot.com");
  trial.builds();
  EXPECT_EQ(trial.manifest().at("volumes")[0].at("firmware"), nlohmann::json({"uefi"}));
  EXPECT_EQ(platforms(trial), std::vector<std::string>{"UEFI"});
  auto paths = paths_in(trial.manifest().at("volumes")[0].at("files"));
  EXPECT_EQ(std::count(paths.begin(), paths.end(), "boot/bcd"), 0);
}

TEST(BootFiles, ThoseInTheImageAreTaken) {
  Trial trial;
  fs::path folder = trial.unpacked();
  fs::remove_all(folder / "boot");
  fs::remove_all(folder / "efi");
  fs::remove(folder / "bootmgr");
  trial.recipe(kFolder);
  trial.builds();
  EXPECT_EQ(origin_of(trial, "bootmgr"),
            "@media/win: sources/install.wim image 1, winre.wim, Windows/Boot/PCAT/bootmgr");
  EXPECT_EQ(platforms(trial), (std::vector<std::string>{"BIOS", "UEFI"}));
}

}  // namespace
}  // namespace remedia
