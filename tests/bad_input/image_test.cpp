// Which image a recipe means: ones that are not there, are ambiguous or for another machine; and
// the unusual media that do have one.

#include "bad_input/trial.h"

#include <gtest/gtest.h>

namespace remedia {
namespace {

struct Wish {
  const char* name;
  const char* fields;
  const char* under;
  std::vector<std::string> says;
};

class NoSuchImage : public testing::TestWithParam<Wish> {};

TEST_P(NoSuchImage, IsRefusedWithTheOnesThereAre) {
  Trial trial;
  trial.recipe(std::string(R"(media = "@media/win.iso", )") + GetParam().fields);
  trial.refuses({.under = GetParam().under, .says = GetParam().says});
  trial.recipe(kWinre);
  trial.builds();
}

INSTANTIATE_TEST_SUITE_P(
    For, NoSuchImage,
    testing::Values(
        Wish{"unlike_any",
             R"(image = "Windows Server")",
             "image",
             {"has no image 'Windows Server'", "1 'Microsoft Windows PE (amd64)'",
              "2 'Microsoft Windows Setup (amd64)'", "1 'Windows 11 Pro'",
              "2 'Windows 11 Enterprise'"}},
        Wish{"misspelt_in_install_wim",
             R"(image = "Windows 11 Por")",
             "image",
             {"has no image 'Windows 11 Por'", "did you mean 'Windows 11 Pro'?"}},
        Wish{"misspelt_in_boot_wim",
             R"lua(image = "Microsoft Windows Setpu (amd64)")lua",
             "image",
             {"has no image", "did you mean 'Microsoft Windows Setup (amd64)'?"}},
        Wish{"index",
             R"(image = 3)",
             "image",
             {"sources/boot.wim' has no image '3'; it has: 1 'Microsoft Windows PE (amd64)'"}},
        Wish{"edition",
             R"(image = "winre", edition = "Windows 11 Hom")",
             "edition",
             {"sources/install.wim' has no image 'Windows 11 Hom'; it has: 1 'Windows 11 Pro'"}},
        Wish{"arch",
             R"(image = "winre", arch = "arm64")",
             "arch",
             {"the recipe says arm64, but image 'Microsoft Windows Recovery Environment (amd64)'",
              "is for amd64"}}),
    kByName);

TEST(WrongArchitecture, ImageForArmIsRefused) {
  Trial trial;
  fs::path folder = trial.unpacked();
  write_wim(folder / "sources/boot.wim",
            {{.name = "Windows PE (arm64)", .files = {{"setup.exe", "x"}}, .arch = "12"}});
  trial.recipe(R"(media = "@media/win", image = "pe", arch = "amd64")");
  trial.refuses({.under = "arch",
                 .says = {"the recipe says amd64, but image 'Windows PE (arm64)' of "
                          "sources/boot.wim is for arm64"}});
  write_wim(folder / "sources/boot.wim",
            {{.name = "Windows PE (x64)", .files = {{"setup.exe", "x"}}}});
  trial.builds();
}

TEST(SingleImage, HasNoSetup) {
  Trial trial;
  fs::path folder = trial.unpacked();
  write_wim(folder / "sources/boot.wim", {{.name = "Windows PE", .files = {{"a.exe", "x"}}}});
  trial.recipe(R"(media = "@media/win", image = "setup")");
  trial.refuses(
      {.under = "image",
       .says = {"sources/boot.wim has no image 2, where Windows Setup would be",
                "choose one by its index or name", "sources/boot.wim has: 1 'Windows PE'"}});
  trial.recipe(R"(media = "@media/win", image = "pe")");
  trial.builds();
}

TEST(Recovery, ImageThatIsNotInInstallWimIsMissed) {
  Trial trial;
  fs::path folder = trial.unpacked();
  write_wim(folder / "sources/install.wim",
            {{.name = "Windows 11 Pro", .files = {{"Windows/explorer.exe", "x"}}}});
  trial.recipe(R"(media = "@media/win", image = "winre")");
  trial.refuses({.under = "image",
                 .says = {"sources/install.wim holds no recovery image "
                          "(Windows\\System32\\Recovery\\winre.wim)",
                          "try image = \"pe\"", "has: 1 'Windows 11 Pro'"}});
  trial.recipe(R"(media = "@media/win", image = "pe")");
  trial.builds();
}

TEST(Recovery, FolderInPlaceOfTheImageIsNone) {
  Trial trial;
  fs::path folder = trial.unpacked();
  write_wim(folder / "sources/install.wim",
            {{.name = "Windows 11 Pro",
              .files = {{"Windows/System32/Recovery/winre.wim/readme.txt", "x"}}}});
  trial.recipe(R"(media = "@media/win", image = "winre")");
  trial.refuses({.under = "image", .says = {"sources/install.wim holds no recovery image"}});
}

TEST(Recovery, TextInPlaceOfTheImageIsRefused) {
  Trial trial;
  fs::path folder = trial.unpacked();
  write_install(folder / "sources/install.wim", {{"Windows 11 Pro", std::string(5000, 'x')}});
  trial.recipe(R"(media = "@media/win", image = "winre")");
  trial.refuses({.under = "media", .says = {"image 1, winre.wim' is not a WIM file"}});
}

TEST(Recovery, EditionsWithDifferentImagesNeedAWord) {
  Trial trial;
  fs::path folder = trial.unpacked();
  write_wim(trial / "other.wim", {{.name = "Other RE", .files = {{"a.exe", "other"}}}});
  write_install(
      folder / "sources/install.wim",
      {{"Windows 11 Home", recovery_wim()}, {"Windows 11 Pro", content_of(trial / "other.wim")}});
  trial.recipe(R"(media = "@media/win", image = "winre")");
  trial.refuses({.under = "image",
                 .says = {"the images of sources/install.wim have different recovery images",
                          "say which with edition = \"...\"",
                          "has: 1 'Windows 11 Home', 2 'Windows 11 Pro'"}});
  trial.recipe(R"(media = "@media/win", image = "winre", edition = "Windows 11 Pro")");
  trial.builds();
  auto base = trial.manifest().at("images")[0].at("base");
  EXPECT_EQ(base.at("name"), "Other RE");
  EXPECT_EQ(base.at("found_in"), "sources/install.wim image 2, winre.wim");
}

// --- what works, though it is unusual -----------------------------------------------------------

wim::Info product(const Trial& trial) {
  return wim::File(Slice::whole(trial / "out/r/helpdesk/boot.wim"), "boot.wim").info();
}

TEST(Unusual, SolidEsdGivesItsRecoveryImage) {
  Trial trial;
  fs::path folder = trial.unpacked();
  fs::remove(folder / "sources/install.wim");
  write_install(folder / "sources/install.esd", {{"Windows 11 Pro", recovery_wim()}},
                {.compression = wim::Compression::lzms, .solid = true});
  trial.recipe(R"(media = "@media/win", image = "winre")");
  trial.builds();
  EXPECT_EQ(product(trial).compression, wim::Compression::lzx);
  EXPECT_TRUE(product(trial).bootable_format);
  EXPECT_EQ(trial.manifest().at("images")[0].at("base").at("found_in"),
            "sources/install.esd image 1, winre.wim");
}

// No boot manager loads a solid WIM; its image comes out as LZX.
TEST(Unusual, SolidEsdIsCompressedAnew) {
  Trial trial;
  fs::path folder = trial.unpacked();
  write_wim(folder / "sources/boot.wim",
            {{.name = "Windows PE", .files = {{"a.exe", noise(100'000)}}}},
            {.compression = wim::Compression::lzms, .solid = true});
  trial.recipe(R"(media = "@media/win", image = "pe")");
  trial.builds();
  EXPECT_EQ(product(trial).compression, wim::Compression::lzx);
  EXPECT_TRUE(product(trial).bootable_format);
}

TEST(Unusual, BareRecoveryImageHasItsOwnBootFiles) {
  Trial trial;
  trial.write("media/winre.wim", recovery_wim());
  trial.recipe(R"(media = "@media/winre.wim", image = "winre")");
  trial.builds();
  auto files = trial.manifest().at("volumes")[0].at("files");
  EXPECT_EQ(files[0].at("path"), "boot/boot.sdi");
  EXPECT_EQ(files[0].at("origin"),
            "@media/winre.wim: @media/winre.wim, Windows/Boot/DVD/EFI/boot.sdi");
}

TEST(Unusual, BareBootWimHasItsOwnBootFiles) {
  Trial trial;
  fs::rename(trial.unpacked() / "sources/boot.wim", trial / "media/boot.wim");
  trial.recipe(R"(media = "@media/boot.wim", image = "setup")");
  trial.builds();
  EXPECT_EQ(product(trial).images.at(0).name, "helpdesk");
  EXPECT_EQ(trial.manifest().at("images")[0].at("base").at("name"),
            "Microsoft Windows Setup (amd64)");
}

TEST(Unusual, FolderInAnyCaseIsTheSameMedium) {
  Trial trial;
  fs::path folder = trial.unpacked();
  trial.recipe(R"(media = "@media/win", image = "winre")");
  trial.build();
  std::string before = trial.read("out/r/helpdesk/boot.wim");
  fs::rename(folder / "sources/install.wim", folder / "sources/INSTALL.WIM");
  fs::rename(folder / "sources", folder / "SOURCES");
  fs::rename(folder / "boot", folder / "Boot");
  fs::rename(folder / "efi", folder / "EFI");
  fs::rename(folder / "bootmgr", folder / "BOOTMGR");
  trial.builds();
  EXPECT_EQ(paths_in(trial.manifest().at("volumes")[0].at("files")).front(), "boot/boot.sdi");
  EXPECT_FALSE(before.empty());
}

TEST(Unusual, FolderWithOneNameTwiceIsRefused) {
  Trial trial;
  fs::path folder = trial.unpacked();
  trial.write("media/win/Sources/INSTALL.wim", "another");
  trial.recipe(R"(media = "@media/win", image = "winre")");
  trial.refuses({.under = "media",
                 .says = {"Sources/INSTALL.wim", "sources/install.wim",
                          "Windows takes these names for one; remove one of the files"}});
  fs::remove_all(folder / "Sources");
  trial.builds();
}

}  // namespace
}  // namespace remedia
