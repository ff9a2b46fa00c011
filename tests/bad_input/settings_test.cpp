// Settings of Windows PE that the base, or Windows itself, does not take; and bases that are not
// what a recipe demands.

#include "bad_input/surgery.h"
#include "medium/pe_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

namespace remedia {
namespace {

using medium::Hives;

struct Setting {
  const char* name;
  std::string fields;
  const char* under;
  std::vector<std::string> says;
};

// --- what no base takes -------------------------------------------------------------------------

class BadSetting : public testing::TestWithParam<Setting> {};

TEST_P(BadSetting, IsRefusedBeforeAnythingIsBuilt) {
  Surgery trial;
  trial.change(GetParam().fields);
  trial.refuses({.under = GetParam().under, .says = GetParam().says, .line = 2});
  EXPECT_FALSE(fs::exists(trial / "out/build.ninja"));
  trial.change(R"(scratch_space = 32)");
  trial.builds();
}

INSTANTIATE_TEST_SUITE_P(
    Of, BadSetting,
    testing::Values(
        Setting{"scratch_space",
                "scratch_space = 100",
                "scratch_space",
                {"a scratch space of 100 MB is none that Windows PE has", "32, 64, 128, 256, 512"}},
        Setting{"target_path", R"(target_path = "X:")", "target_path", {"Windows PE cannot lie"}},
        Setting{"target_path_climbing", R"(target_path = [[X:\..\a]])", "target_path", {"'..'"}},
        Setting{"locale",
                R"(locale = "de-DD")",
                "locale",
                {"'de-DD' is not a locale that is known here", "did you mean 'de-DE'?"}},
        Setting{"locale_by_word",
                R"(locale = "German")",
                "locale",
                {"'German' is not a locale that is known here", "de-DE, pt-BR"}},
        Setting{"startnet_with_umlaut",
                R"(startnet = "wpeinit\necho Grüße")",
                "startnet",
                {"line 2 of startnet.cmd has a character that is not ASCII"}},
        Setting{"startnet_with_bell",
                R"(startnet = "wpeinit\7")",
                "startnet",
                {"'startnet' must not hold control characters"}}),
    kByName);

struct Line {
  const char* name;
  const char* line;
  const char* says;
};

class BadLine : public testing::TestWithParam<Line> {};

TEST_P(BadLine, OfWinpeshlIsRefused) {
  Surgery trial;
  trial.change(fmt::format("winpeshl = {{ [[wpeinit.exe]], [==[{}]==] }}", GetParam().line));
  trial.failing_build();
  EXPECT_NE(trial.output.find("recipes/r.lua:2:"), std::string::npos) << trial.output;
  EXPECT_NE(trial.output.find(GetParam().says), std::string::npos) << trial.output;
  EXPECT_FALSE(fs::exists(trial / "out/build.ninja"));
  trial.change(R"(winpeshl = { [[wpeinit.exe]], [[cmd.exe, /k dir]] })");
  trial.builds();
  EXPECT_EQ(trial.in_image("Windows/System32/winpeshl.ini"),
            "[LaunchApps]\r\nwpeinit.exe\r\ncmd.exe, /k dir\r\n");
}

INSTANTIATE_TEST_SUITE_P(
    Such, BadLine,
    testing::Values(Line{"builtin", "start notepad", "'start' is a command of cmd.exe"},
                    Line{"arguments_without_comma", "cmd.exe /k", "have to follow a comma"},
                    Line{"two_lines", "a.exe\nb.exe", "must not hold control characters"},
                    Line{"umlaut", "grüße.exe", "it is not in ASCII"},
                    Line{"section", "[LaunchApp]", "would be read as a section or a comment"},
                    Line{"comment", "; no", "would be read as a section or a comment"},
                    Line{"open_quote", "\"a b.exe", "a quote is not closed"},
                    Line{"no_program", ", /k", "it names no program"},
                    Line{"blanks", " a.exe", "it has blanks around it"}),
    kByName);

// --- what this base does not take ---------------------------------------------------------------

class SettingOfBase : public testing::TestWithParam<Setting> {};

TEST_P(SettingOfBase, ThatItLacksIsRefused) {
  Surgery trial;
  trial.change(GetParam().fields);
  trial.refuses({.under = GetParam().under, .says = GetParam().says, .line = 2});
  trial.change(R"(locale = "en-US", keyboards = { "de-DE", "en-GB" })");
  trial.builds();
}

INSTANTIATE_TEST_SUITE_P(
    Of, SettingOfBase,
    testing::Values(
        Setting{"locale",
                R"(locale = "de-DE")",
                "locale",
                {"the base image does not speak 'de-DE': it lacks Windows/System32/de-DE",
                 "take a base in that language"}},
        Setting{"keyboard",
                R"(keyboards = { "en-US", "fr-FR" })",
                "keyboards",
                {"the base image has no keyboard layout '0000040c' (for 'fr-FR')"}},
        Setting{"keyboard_by_number",
                R"(keyboards = { "0407:00010407" })",
                "keyboards",
                {"the base image has no keyboard layout '00010407'"}}),
    kByName);

TEST(SettingOfBase, WithoutARegistryIsRefused) {
  Surgery trial;
  trial.base(windows_pe(Hives::absent));
  trial.change("scratch_space = 512");
  trial.failing_build();
  EXPECT_NE(trial.output.find("the base has no hive SYSTEM"), std::string::npos) << trial.output;
  EXPECT_NE(trial.output.find("recipes/r.lua:2:"), std::string::npos) << trial.output;
  trial.base(windows_pe());
  trial.builds();
}

TEST(SettingOfBase, WithADamagedRegistryIsRefused) {
  Surgery trial;
  auto files = windows_pe();
  files[std::string(kConfig) + "SYSTEM"] = std::string(5000, 'x');
  files[std::string(kSystem32) + "de-DE/winpeshl.exe.mui"] = "Wörter";
  trial.base(files);
  for (const char* fields : {R"(locale = "de-DE")", R"(keyboards = { "de-DE" })"}) {
    trial.change(fields);
    trial.failing_build();
    EXPECT_NE(trial.output.find("recipes/r.lua:2:"), std::string::npos) << trial.output;
    EXPECT_NE(trial.output.find("is not a registry hive"), std::string::npos) << trial.output;
  }
  trial.base(windows_pe());
  trial.builds();
}

// --- the background -----------------------------------------------------------------------------

// A JPEG of one frame header, which says how large it is, and its end.
std::string jpeg(int width, int height) {
  std::string bytes("\xff\xd8\xff\xc0\0\x11\x08", 7);
  for (int number : {height, width}) {
    bytes += static_cast<char>(number >> 8);
    bytes += static_cast<char>(number & 0xff);
  }
  return bytes + std::string("\3\1\x22\0\2\x11\1\3\x11\1", 10) + "\xff\xd9";
}

struct Picture {
  const char* name;
  std::string bytes;
  const char* says;
};

class BadPicture : public testing::TestWithParam<Picture> {};

TEST_P(BadPicture, IsRefused) {
  Surgery trial;
  trial.write("media/b.jpg", GetParam().bytes);
  trial.change(R"(background = "@media/b.jpg")");
  trial.refuses({.under = "background", .says = {GetParam().says}, .line = 2});
  trial.write("media/b.jpg", jpeg(800, 600));
  trial.builds();
  EXPECT_EQ(trial.in_image("Windows/System32/winpe.jpg"), jpeg(800, 600));
}

constexpr const char* kNoPicture = "the picture is not a whole JPEG";

INSTANTIATE_TEST_SUITE_P(
    That, BadPicture,
    testing::Values(Picture{"is_text", "a picture", kNoPicture},
                    Picture{"is_empty", "", kNoPicture},
                    Picture{"is_png", "\x89PNG\r\n\x1a\n", kNoPicture},
                    Picture{"is_its_beginning", "\xff\xd8\xff", kNoPicture},
                    Picture{"is_cut", jpeg(800, 600).substr(0, 20), kNoPicture},
                    Picture{"has_no_frame", "\xff\xd8\xff\xe0\xff\xff\xff\xd9", kNoPicture},
                    Picture{"has_a_segment_of_nothing",
                            std::string("\xff\xd8\xff\xe0\0\0\0\0\0\0\xff\xd9", 12), kNoPicture},
                    Picture{"claims_to_be_huge", jpeg(65535, 65535), "65535 x 65535 pixels"},
                    Picture{"has_no_width", jpeg(0, 600), "0 x 600 pixels"},
                    Picture{"is_large",
                            jpeg(800, 600).insert(2, std::string((8 << 20) + 1, '\xff')),
                            "up to 8388608 are sensible"},
                    Picture{"is_a_bitmap_of_no_size", "BM" + std::string(52, '\0'), kNoPicture}),
    kByName);

TEST(Background, ThatIsMissingIsNoticedAtOnce) {
  Surgery trial;
  trial.change(R"(background = "@media/b.jpg")");
  trial.refuses({.under = "background", .says = {"'@media/b.jpg' is not there"}, .line = 2});
  EXPECT_FALSE(fs::exists(trial / "out/build.ninja"));
  trial.write("media/b.jpg", jpeg(10, 10));
  trial.builds();
}

TEST(Background, FolderInItsPlaceIsRefused) {
  Surgery trial;
  fs::create_directory(trial / "media/b.jpg");
  trial.change(R"(background = "@media/b.jpg")");
  trial.refuses({.under = "background", .says = {"@media/b.jpg"}, .line = 2});
  fs::remove(trial / "media/b.jpg");
  trial.write("media/b.jpg", jpeg(10, 10));
  trial.builds();
}

TEST(Background, FifoInItsPlaceIsRefusedWithoutWaiting) {
  Surgery trial;
  ASSERT_EQ(mkfifo((trial / "media/b.jpg").c_str(), 0644), 0);
  trial.change(R"(background = "@media/b.jpg")");
  trial.refuses({.under = "background", .says = {"is no file"}, .line = 2});
}

TEST(Background, ThatChangesIsSeen) {
  Surgery trial;
  trial.write("media/b.jpg", jpeg(10, 10));
  trial.change(R"(background = "@media/b.jpg")");
  trial.build();
  trial.write("media/b.jpg", jpeg(20, 20));
  trial.builds();
  EXPECT_EQ(trial.in_image("Windows/System32/winpe.jpg"), jpeg(20, 20));
  trial.write("media/b.jpg", "spoilt");
  trial.refuses({.under = "background", .says = {kNoPicture}, .line = 2});
}

// --- settings against overlays ------------------------------------------------------------------

TEST(Startnet, InAnOverlayAndAsAFieldIsRefused) {
  Surgery trial;
  std::string file = "overlays/common/windows/system32/STARTNET.CMD";
  trial.write(file, "wpeinit\r\nstart shell\r\n");
  trial.change(R"(overlays = { "common" }, remove = "setup.exe", startnet = "wpeinit")");
  trial.refuses({.under = "overlays",
                 .says = {"comes from 'common/windows/system32/STARTNET.CMD' and from the settings "
                          "of this image"},
                 .line = 2});
  fs::remove(trial / file);
  trial.builds();
  EXPECT_EQ(trial.in_image("Windows/System32/startnet.cmd"), "wpeinit\r\n");
}

TEST(Startnet, WhereAnOverlayHasAFolderIsRefused) {
  Surgery trial;
  trial.write("overlays/common/Windows/System32/startnet.cmd/x", "x");
  trial.change(R"(overlays = { "common" }, remove = "setup.exe", startnet = "wpeinit")");
  trial.refuses({.under = "overlays", .says = {"startnet.cmd"}, .line = 2});
}

TEST(Startnet, WithoutWpeinitIsWarnedAbout) {
  Surgery trial;
  trial.change(R"(remove = "setup.exe", startnet = "cmd")");
  trial.warns({"recipes/r.lua:2:", "startnet.cmd does not call wpeinit"});
}

TEST(Startnet, ThatWouldNeverRunIsRefused) {
  Surgery trial;
  trial.change(R"(startnet = "wpeinit")");
  trial.refuses(
      {.under = "startnet",
       .says = {"startnet.cmd would never run: the base has setup.exe", "remove = \"setup.exe\""},
       .line = 2});
  trial.write("overlays/common/windows/system32/WinPEshl.ini", "[LaunchApp]");
  trial.change(R"(overlays = { "common" }, remove = "setup.exe", startnet = "wpeinit")");
  trial.refuses({.under = "startnet",
                 .says = {"never run: 'common/windows/system32/WinPEshl.ini' is started instead"},
                 .line = 2});
  trial.change(R"(overlays = { "common" }, remove = "setup.exe")");
  trial.builds();
}

TEST(Winpeshl, ThatHidesStartnetIsWarnedAbout) {
  Surgery trial;
  trial.change(R"(startnet = "wpeinit", winpeshl = { "cmd.exe" })");
  trial.warns({"startnet.cmd runs only if a line starts it", "no line starts wpeinit"});
}

// --- demands on the base ------------------------------------------------------------------------

class Demand : public testing::TestWithParam<Setting> {};

TEST_P(Demand, ThatTheBaseDoesNotMeetIsRefused) {
  Surgery trial;
  trial.change(GetParam().fields);
  trial.refuses({.under = GetParam().under, .says = GetParam().says, .line = 2});
  trial.change(R"(requires = { "WinPE-WMI", "winpe-scripting-package" }, min_build = 26100)");
  trial.builds();
}

INSTANTIATE_TEST_SUITE_P(
    For, Demand,
    testing::Values(
        Setting{"package",
                R"(requires = "WinPE-PowerShell")",
                "requires",
                {"the base ('Windows PE') has no package 'WinPE-PowerShell'",
                 "optional components cannot be added on Linux"}},
        Setting{"one_of_two",
                R"(requires = { "WinPE-WMI", "WinPE-NetFx" })",
                "requires",
                {"has no package 'WinPE-NetFx'"}},
        Setting{"package_that_was_only_staged",
                R"(requires = "WinPE-Rejuv")",
                "requires",
                {"has no package 'WinPE-Rejuv'"}},
        Setting{"misspelt_package",
                R"(requires = "WinPE-Scritping")",
                "requires",
                {"has no package 'WinPE-Scritping'", "did you mean 'WinPE-Scripting'?"}},
        Setting{"newer_build",
                "min_build = 26101",
                "min_build",
                {"the base ('Windows PE') is build 26100, older than 26101", "take a newer"}},
        Setting{"build_that_no_windows_has",
                "min_build = 999999",
                "min_build",
                {"is build 26100, older than 999999"}}),
    kByName);

TEST(Demand, OfABaseWithoutRegistryCannotBeChecked) {
  Surgery trial;
  trial.base(windows_pe(Hives::absent));
  trial.change(R"(requires = "WinPE-WMI")");
  trial.refuses({.under = "requires",
                 .says = {"the base ('Windows PE') does not say which packages it has, so "
                          "'WinPE-WMI' cannot be checked"},
                 .line = 2});
  trial.base(windows_pe(Hives::dirty));
  trial.refuses({.under = "requires", .says = {"cannot be checked"}, .line = 2});
  trial.base(windows_pe());
  trial.builds();
}

TEST(Demand, OfABuildThatTheBaseDoesNotSayIsRefused) {
  Surgery trial;
  trial.base({{"Windows/System32/winpeshl.exe", "x"}});
  trial.change("min_build = 10240");
  trial.refuses({.under = "min_build", .says = {"does not say which build of Windows"}, .line = 2});
  trial.base(windows_pe());
  trial.builds();
}

// --- a base that does not say one thing ---------------------------------------------------------

struct Doubt {
  const char* name;
  std::map<std::string, std::string> (*files)();
  std::vector<std::string> says;
};

class DoubtfulBase : public testing::TestWithParam<Doubt> {};

TEST_P(DoubtfulBase, IsWarnedAboutAndBuilds) {
  Surgery trial;
  trial.base(GetParam().files());
  trial.warns(GetParam().says);
  EXPECT_NE(trial.manifest().dump().find("disagreements"), std::string::npos);
}

std::map<std::string, std::string> with(const std::string& name, const std::string& content) {
  auto files = windows_pe();
  files[std::string(kSystem32) + name] = content;
  return files;
}

INSTANTIATE_TEST_SUITE_P(
    With, DoubtfulBase,
    testing::Values(
        Doubt{"another_kernel",
              [] {
                return with("ntoskrnl.exe",
                            medium::windows_program("k", "amd64", 1, "10.0.22621.7"));
              },
              {"recipes/r.lua:1:", "10.0.22621.7", "10.0.26100.1742",
               "the kernel says version 10.0.22621.7, the registry says 10.0.26100.1742"}},
        Doubt{"another_loader",
              [] {
                return with("winload.efi", medium::windows_program("l", "amd64", 16, "6.1.7601.1"));
              },
              {"the boot loader says 6.1.7601.1"}},
        Doubt{"a_kernel_for_arm",
              [] {
                return with("ntoskrnl.exe",
                            medium::windows_program("k", "arm64", 1, "10.0.26100.1742"));
              },
              {"the kernel is for arm64, the WIM's XML says amd64"}},
        Doubt{"text_for_a_kernel",
              [] { return with("ntoskrnl.exe", "not a program"); },
              {"the kernel cannot be read"}},
        Doubt{"half_a_kernel",
              [] {
                return with("ntoskrnl.exe",
                            windows_pe().at("Windows/System32/ntoskrnl.exe").substr(0, 700));
              },
              {"the kernel cannot be read"}},
        Doubt{"a_dirty_registry",
              [] { return windows_pe(Hives::dirty); },
              {"the SOFTWARE hive cannot be read", "dirty"}}),
    kByName);

TEST(BaseWithoutKernel, BuildsAndGoesByWhatElseItSays) {
  Surgery trial;
  auto files = windows_pe();
  files.erase("Windows/System32/ntoskrnl.exe");
  trial.base(files);
  trial.change("min_build = 26100");
  trial.builds();
  EXPECT_EQ(trial.output.find("warning: "), std::string::npos) << trial.output;
}

}  // namespace
}  // namespace remedia
