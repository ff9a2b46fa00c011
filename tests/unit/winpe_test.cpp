#include "formats/winpe.h"

#include "unit/scratch.h"

#include <set>

#include <gtest/gtest.h>

namespace remedia {
namespace {

using namespace std::string_literals;

std::vector<std::string> lines_of(const WinpePlan& plan) {
  std::vector<std::string> lines;
  for (const auto& each : plan.registry) {
    lines.push_back(fmt::format("{} {}={}", each.key, each.value.name,
                                each.remove ? "-" : registry_text(each.value)));
  }
  return lines;
}

// "setting: message", with the index of an element in brackets.
std::string refusal(const WinpeSettings& settings, const WinpeBase& base = {}) {
  try {
    winpe_plan(settings, base);
  } catch (const SettingFailure& failure) {
    std::string index = failure.index() ? fmt::format("[{}]", *failure.index()) : "";
    return failure.setting() + index + ": " + failure.what();
  }
  ADD_FAILURE() << "nothing was refused";
  return {};
}

void expect_in(const std::string& part, const std::string& text) {
  EXPECT_NE(text.find(part), std::string::npos) << text;
}

template <typename T>
WinpeSettings with(T WinpeSettings::*member, T value) {
  WinpeSettings settings;
  settings.*member = std::move(value);
  return settings;
}
WinpeSettings scratch(std::int64_t size) {
  return with(&WinpeSettings::scratch_space, std::optional<std::int64_t>(size));
}
WinpeSettings text(std::optional<std::string> WinpeSettings::*member, const std::string& value) {
  return with(member, std::optional<std::string>(value));
}
WinpeSettings keyboards(std::vector<std::string> list) {
  return with(&WinpeSettings::keyboards, std::move(list));
}
WinpeSettings shell(std::vector<std::string> lines) {
  return with(&WinpeSettings::winpeshl, std::optional<std::vector<std::string>>(std::move(lines)));
}

WinpeBase english() {
  WinpeBase base;
  base.language = "en-US";
  base.has_language = [](std::string_view name) { return name == "en-US" || name == "de-DE"; };
  return base;
}

TEST(Winpe, NothingSetIsNothingDone) {
  WinpePlan plan = winpe_plan({});
  EXPECT_TRUE(plan.registry.empty() && plan.files.empty() && plan.warnings.empty());
}

TEST(Winpe, ScratchSpace) {
  for (std::int64_t size : {32, 64, 128, 256, 512}) {
    EXPECT_EQ(
        lines_of(winpe_plan(scratch(size))),
        std::vector<std::string>{fmt::format("HKLM\\SYSTEM\\CurrentControlSet\\Services\\FBWF "
                                             "WinPECacheThreshold=dword:{}",
                                             size)});
  }
  for (std::int64_t size : {std::int64_t{-32}, std::int64_t{0}, std::int64_t{33},
                            std::int64_t{1024}, std::int64_t{1} << 32 | 32}) {
    expect_in("scratch_space: a scratch space of", refusal(scratch(size)));
  }
}

TEST(Winpe, TargetPath) {
  for (const char* path : {"X:\\", "c:\\pe", "Z:\\a\\b.c", "X:\\$Windows.~bt\\"}) {
    EXPECT_EQ(
        lines_of(winpe_plan(text(&WinpeSettings::target_path, path))),
        std::vector<std::string>{"HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\WinPE "
                                 "InstRoot=string:"s +
                                 path});
  }
  for (const std::string& path : {""s, "X:"s, "X:/"s, "A:\\"s, "1:\\"s, "\\\\x\\y"s, "X:\\a b"s,
                                  "X:\\\u00e4"s, "X:\\a\\..\\b"s, "X:\\."s, "X:\\a\\\\b"s,
                                  "X:\\a\nb"s, "X:\\" + std::string(30, 'a'), "X:\\a:b"s}) {
    expect_in("target_path: Windows PE cannot lie at",
              refusal(text(&WinpeSettings::target_path, path)));
  }
}

TEST(Winpe, LocaleOfAnotherLanguage) {
  std::vector<std::string> expected = {
      "HKLM\\SYSTEM\\CurrentControlSet\\Control\\Nls\\Language Default=string:0407",
      "HKLM\\SYSTEM\\CurrentControlSet\\Control\\Nls\\Locale =string:00000407",
      "HKU\\.DEFAULT\\Control Panel\\International Locale=string:00000407",
      "HKU\\.DEFAULT\\Control Panel\\International LocaleName=string:de-DE",
      "HKLM\\SYSTEM\\CurrentControlSet\\Control\\Nls\\Language InstallLanguage=string:0407",
      "HKLM\\SYSTEM\\CurrentControlSet\\Control\\MUI\\Settings "
      "PreferredUILanguages=multi_string:[\"de-DE\"]",
      "HKU\\.DEFAULT\\Control Panel\\Desktop PreferredUILanguages=multi_string:[\"de-DE\"]"};
  EXPECT_EQ(lines_of(winpe_plan(text(&WinpeSettings::locale, "de-de"), english())), expected);
  expected.resize(4);
  WinpeBase german = english();
  german.language = "DE-de";
  EXPECT_EQ(lines_of(winpe_plan(text(&WinpeSettings::locale, "de-DE"), german)), expected);
}

TEST(Winpe, LocaleOfANeighbour) {
  WinpePlan plan = winpe_plan(text(&WinpeSettings::locale, "en-GB"), english());
  ASSERT_EQ(plan.registry.size(), 4u);
  EXPECT_EQ(lines_of(plan)[3],
            "HKU\\.DEFAULT\\Control Panel\\International LocaleName=string:en-GB");
  expect_in("locale: the base image does not speak 'fr-FR'",
            refusal(text(&WinpeSettings::locale, "fr-FR"), english()));
  WinpeBase unknown = english();
  unknown.language.clear();
  expect_in("locale: the base image does not speak 'de-CH'",
            refusal(text(&WinpeSettings::locale, "de-CH"), unknown));
  for (const char* name : {"de", "de_DE", "xx-XX", "", "de-DE "}) {
    expect_in("is not a locale that is known here", refusal(text(&WinpeSettings::locale, name)));
  }
}

TEST(Winpe, Locales) {
  std::set<std::string_view> names;
  std::set<std::uint16_t> ids;
  for (const WinLocale& locale : win_locales()) {
    EXPECT_TRUE(names.insert(locale.name).second) << locale.name;
    EXPECT_TRUE(ids.insert(locale.id).second) << locale.name;
    EXPECT_EQ(find_win_locale(locale.name), &locale);
    EXPECT_NE(locale.layout, 0u);
  }
  EXPECT_GE(names.size(), 60u);
  EXPECT_EQ(find_win_locale("de-ch")->layout, 0x807u);
  EXPECT_EQ(find_win_locale("de-c"), nullptr);
}

TEST(Winpe, Keyboards) {
  std::string folder = "HKU\\.DEFAULT\\Keyboard Layout\\";
  std::vector<std::string> expected = {folder + "Preload 1=string:00000407",
                                       folder + "Preload 2=string:00020409",
                                       folder + "Substitutes d0010407=string:00000409",
                                       folder + "Preload 3=string:d0010407",
                                       folder + "Substitutes d0020413=string:00020409",
                                       folder + "Preload 4=string:d0020413"};
  for (int i = 5; i <= 9; ++i) expected.push_back(fmt::format("{}Preload {}=-", folder, i));
  EXPECT_EQ(lines_of(winpe_plan(keyboards({"de-DE", "0409:00020409", "0407:00000409", "nl-NL"}))),
            expected);

  for (const char* bad : {"0407", "407:00000407", "0407:0000407", "0407:0000040g", "040z:00000407",
                          "0407-00000407", "0000:00000407", "0407:00000000", "0407:00000407 ", "",
                          "deutsch", "0411:{03B5835F-F03C-411B-9CE2-AA23E1171E36}"}) {
    expect_in("keyboards[1]: ", refusal(keyboards({"de-DE", bad})));
  }
  expect_in("keyboards[1]: keyboard '0407:00000407' is named twice",
            refusal(keyboards({"de-DE", "0407:00000407"})));
  expect_in("keyboards: 10 keyboards", refusal(keyboards(std::vector<std::string>(10, "de-DE"))));
  WinpeBase base;
  base.has_keyboard = [](std::string_view layout) { return layout == "00000407"; };
  winpe_plan(keyboards({"de-AT"}), base);
  expect_in("keyboards[0]: the base image has no keyboard layout '00000809'",
            refusal(keyboards({"en-GB"}), base));
}

std::string jpeg(int width, int height) {
  auto half = [](int value) { return std::string{char(value >> 8), char(value)}; };
  return "\xff\xd8\xff\xe0\0\x04xx"s + "\xff\xc0\0\x0b\x08"s + half(height) + half(width) +
         "\1\1\x11\0"s + "\xff\xda....\xff\xd9";
}

std::string bmp(std::uint32_t width, std::uint32_t height) {
  auto word = [](std::uint32_t value) {
    return std::string{char(value), char(value >> 8), char(value >> 16), char(value >> 24)};
  };
  return "BM" + word(58) + word(0) + word(54) + word(40) + word(width) + word(height) +
         std::string(32, '\0');
}

TEST(Winpe, Background) {
  std::string key =
      "HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\WinPE CustomBackground=";
  WinpePlan plan = winpe_plan(text(&WinpeSettings::background, jpeg(1024, 768)));
  EXPECT_EQ(lines_of(plan),
            std::vector<std::string>{key + "expand_string:%SystemRoot%\\System32\\winpe.jpg"});
  ASSERT_EQ(plan.files.size(), 1u);
  EXPECT_EQ(plan.files[0].path, "Windows/System32/winpe.jpg");
  EXPECT_EQ(plan.files[0].bytes, jpeg(1024, 768));

  WinpeBase base;
  base.has_file = [](std::string_view path) { return path == "Windows/System32/winre.jpg"; };
  EXPECT_EQ(winpe_plan(text(&WinpeSettings::background, jpeg(9, 9)), base).files.size(), 2u);
  plan = winpe_plan(text(&WinpeSettings::background, bmp(4, 0xfffffffc)), base);
  ASSERT_EQ(plan.files.size(), 1u);
  EXPECT_EQ(plan.files[0].path, "Windows/System32/winpe.bmp");

  const std::string whole = jpeg(10, 10);
  for (const std::string& bad :
       {""s, "BM"s, "\x89PNG\r\n"s, whole.substr(0, whole.size() - 1), "\xff\xd8\xff\xff\xd9"s,
        "\xff\xd8\xff\xd9"s, bmp(4, 4) + "x", bmp(4, 4).substr(0, 50), std::string(60, '\xff')}) {
    expect_in("background: the picture is not a whole",
              refusal(text(&WinpeSettings::background, bad)));
  }
  expect_in("background: the picture is 8193 x 10",
            refusal(text(&WinpeSettings::background, jpeg(8193, 10))));
  expect_in("background: the picture is 0 x 10",
            refusal(text(&WinpeSettings::background, jpeg(0, 10))));
  expect_in("background: the picture is 4 x 2147483648",
            refusal(text(&WinpeSettings::background, bmp(4, 0x80000000))));
  expect_in("bytes; up to",
            refusal(text(&WinpeSettings::background, std::string((8 << 20) + 1, 'x'))));
  for (std::size_t i = 0; i < whole.size(); ++i) {  // any cut ends in an answer
    try {
      winpe_plan(text(&WinpeSettings::background, whole.substr(0, i) + "\xff\xd9"));
    } catch (const SettingFailure&) {
    }
  }
}

TEST(Winpe, Startnet) {
  WinpePlan plan = winpe_plan(text(&WinpeSettings::startnet, "@echo off\nWPEINIT\r\n\tx.exe"));
  ASSERT_EQ(plan.files.size(), 1u);
  EXPECT_EQ(plan.files[0].path, "Windows/System32/startnet.cmd");
  EXPECT_EQ(plan.files[0].bytes, "@echo off\r\nWPEINIT\r\n\tx.exe\r\n");
  EXPECT_TRUE(plan.warnings.empty());
  plan = winpe_plan(text(&WinpeSettings::startnet, "x.exe\n"));
  ASSERT_EQ(plan.warnings.size(), 1u);
  EXPECT_EQ(plan.warnings[0].setting, "startnet");
  expect_in("wpeinit", plan.warnings[0].text);
  expect_in("startnet: startnet.cmd would be empty", refusal(text(&WinpeSettings::startnet, "")));
  for (const std::string& bad : {"a\n\u00e4"s, "a\n\rb"s, "a\n\0"s, "a\r\n\x1a"s, "\n\x7f"s}) {
    expect_in("startnet: line 2 of startnet.cmd", refusal(text(&WinpeSettings::startnet, bad)));
  }
  expect_in("line 1 of", refusal(text(&WinpeSettings::startnet, "\xef\xbb\xbfwpeinit")));
}

TEST(Winpe, Winpeshl) {
  WinpePlan plan = winpe_plan(shell({"wpeinit.exe", "%SYSTEMDRIVE%\\x\\app2.exe, /s \"C:\\a b\"",
                                     "\"X:\\Program Files\\a.exe\", -x", "cmd.exe, /c start x"}));
  ASSERT_EQ(plan.files.size(), 1u);
  EXPECT_EQ(plan.files[0].path, "Windows/System32/winpeshl.ini");
  EXPECT_EQ(plan.files[0].bytes,
            "[LaunchApps]\r\nwpeinit.exe\r\n%SYSTEMDRIVE%\\x\\app2.exe, /s \"C:\\a b\"\r\n"
            "\"X:\\Program Files\\a.exe\", -x\r\ncmd.exe, /c start x\r\n");
  EXPECT_TRUE(plan.warnings.empty());
  EXPECT_EQ(winpe_plan(shell({"a.exe"})).warnings.size(), 1u);
  WinpeSettings both = shell({"a.exe"});
  both.startnet = "wpeinit";
  EXPECT_EQ(winpe_plan(both).warnings.size(), 2u);
  both.winpeshl = {"cmd.exe, /c startnet.cmd"};
  EXPECT_TRUE(winpe_plan(both).warnings.empty());

  expect_in("winpeshl: winpeshl.ini would start nothing", refusal(shell({})));
  struct {
    std::string line, message;
  } cases[] = {
      {"", "it is empty"},
      {std::string(251, 'a'), "it has 251 characters of at most 250"},
      {"\u00e4.exe", "not in ASCII"},
      {"a.exe\r\nb.exe", "not in ASCII, in one line"},
      {" a.exe", "blanks around it"},
      {"[LaunchApp]", "a section or a comment"},
      {";a.exe", "a section or a comment"},
      {"\"a.exe", "a quote is not closed"},
      {", -x", "it names no program"},
      {"START a.exe", "'start' is a command of cmd.exe"},
      {"echo", "'echo' is a command of cmd.exe"},
      {"X:\\app.exe -x", "follow a comma"},
      {"X:\\app.exe -f C:\\x", "follow a comma"},
      {"\"X:\\app.exe -x\"", "follow a comma"},
      {"wpeutil reboot", "follow a comma"},
  };
  for (const auto& c : cases) {
    std::string said = refusal(shell({"a.exe", c.line}));
    expect_in("winpeshl[1]: winpeshl.ini cannot start", said);
    expect_in(c.message, said);
  }
  winpe_plan(shell({std::string(246, 'a') + ".exe"}));
}

// What a plan writes has a place in an image.
TEST(Winpe, KeysAreOfHivesOfAnImage) {
  WinpeSettings all = keyboards({"de-DE", "0407:00000409"});
  all.scratch_space = 512;
  all.target_path = "X:\\";
  all.locale = "de-DE";
  all.background = jpeg(1, 1);
  std::set<std::string> hives;
  for (const auto& each : winpe_plan(all).registry) hives.insert(registry_place(each.key).hive);
  EXPECT_EQ(hives, (std::set<std::string>{"DEFAULT", "SOFTWARE", "SYSTEM"}));
  std::set<std::string_view> names;
  for (const WinpeSettingInfo& info : winpe_settings()) {
    names.insert(info.name);
    EXPECT_FALSE(info.allowed.empty() || info.place.empty() || info.source.empty());
  }
  EXPECT_EQ(names, (std::set<std::string_view>{"scratch_space", "target_path", "locale",
                                               "keyboards", "background", "startnet", "winpeshl"}));
}

}  // namespace
}  // namespace remedia
