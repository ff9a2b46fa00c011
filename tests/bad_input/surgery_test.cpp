// What a recipe changes inside an image: the registry and removals, on bases that are not as they
// should be, and changes that contradict each other.

#include "bad_input/surgery.h"

#include <gtest/gtest.h>

namespace remedia {
namespace {

using medium::Hives;

constexpr const char* kNote =
    R"(registry = { { key = [[HKLM\SOFTWARE\Example]], name = "Note", string = "hello" } })";
constexpr const char* kSystemNote =
    R"(registry = { { key = [[HKLM\SYSTEM\CurrentControlSet\Services\New]], dword = 1 } })";

std::string hive_of(const std::string& name) {
  return windows_pe().at(std::string(kConfig) + name);
}

// --- hives that cannot be edited ----------------------------------------------------------------

struct HiveSpoilt {
  const char* name;
  std::string (*spoil)(std::string hive);
  std::vector<std::string> says;
};

class SpoiltHive : public testing::TestWithParam<HiveSpoilt> {};

TEST_P(SpoiltHive, IsRefused) {
  Surgery trial;
  trial.base_hive("SYSTEM", GetParam().spoil(hive_of("SYSTEM")));
  trial.change(kSystemNote);
  trial.refuses({.under = "registry", .says = GetParam().says, .line = 2});
  trial.base(windows_pe());
  trial.builds();
  RegistryKey system = trial.hive_in_image("SYSTEM");
  EXPECT_EQ(key_at(system, {"ControlSet001", "Services", "New"}).values.size(), 1u);
}

std::string with_byte(std::string hive, std::size_t at) {
  hive.at(at) = static_cast<char>(hive.at(at) ^ 0x55);
  return hive;
}

std::string select_says(const std::string& hive, std::uint32_t number) {
  return changed_hive(hive, [&](RegistryKey& root) {
    for (RegistryValue& value : key_at(root, {"Select"}).values) {
      if (value.name == "Current") value = registry_dword("Current", number);
    }
  });
}

void drop_child(RegistryKey& root, std::string_view name) {
  std::erase_if(root.children, [&](const RegistryKey& key) { return key.name == name; });
}

INSTANTIATE_TEST_SUITE_P(
    That, SpoiltHive,
    testing::Values(
        HiveSpoilt{"is_text",
                   [](std::string) { return std::string(9000, 'x'); },
                   {"'Windows/System32/config/SYSTEM'", "is not a registry hive"}},
        HiveSpoilt{"is_empty",
                   [](std::string) { return std::string(); },
                   {"'Windows/System32/config/SYSTEM'", "is not a registry hive"}},
        HiveSpoilt{"is_cut",
                   [](std::string hive) { return hive.substr(0, hive.size() - 4096); },
                   {"'Windows/System32/config/SYSTEM'", "is truncated: it has"}},
        HiveSpoilt{"is_its_base_block_alone",
                   [](std::string hive) { return hive.substr(0, 4096); },
                   {"'Windows/System32/config/SYSTEM'", "is truncated: it has 4096 bytes"}},
        HiveSpoilt{"has_a_wrong_checksum",
                   [](std::string hive) { return with_byte(hive, 0x30); },
                   {"'Windows/System32/config/SYSTEM'",
                    "is damaged: the checksum of its base block is wrong"}},
        HiveSpoilt{"has_no_root",
                   [](std::string hive) { return with_byte(hive, 4096 + 0x24); },
                   {"'Windows/System32/config/SYSTEM'", "damaged"}},
        HiveSpoilt{"has_a_list_that_leads_out",
                   [](std::string hive) { return with_byte(hive, 4096 + 0x20 + 4 + 31); },
                   {"'Windows/System32/config/SYSTEM'", "damaged"}},
        HiveSpoilt{"lacks_its_control_set",
                   [](std::string hive) {
                     return changed_hive(
                         hive, [](RegistryKey& root) { drop_child(root, "ControlSet001"); });
                   },
                   {"lacks its current control set 'ControlSet001'"}},
        HiveSpoilt{"selects_a_control_set_that_is_not_there",
                   [](std::string hive) { return select_says(hive, 2); },
                   {"lacks its current control set 'ControlSet002'"}},
        HiveSpoilt{"selects_none",
                   [](std::string hive) { return select_says(hive, 0); },
                   {"has no current control set: 'Select\\Current' is 0"}},
        HiveSpoilt{"selects_nonsense",
                   [](std::string hive) { return select_says(hive, 4000000000u); },
                   {"'Select\\Current' is 4000000000"}},
        HiveSpoilt{"has_no_select",
                   [](std::string hive) {
                     return changed_hive(hive,
                                         [](RegistryKey& root) { drop_child(root, "Select"); });
                   },
                   {"the number Current of its key 'Select' is missing"}}),
    kByName);

TEST(Hive, ThatWasNotClosedIsRefused) {
  Surgery trial;
  trial.base(windows_pe(Hives::dirty));
  trial.change(kNote);
  trial.refuses({.under = "registry",
                 .says = {"'Windows/System32/config/SOFTWARE' is dirty: sequence numbers 3 and 2",
                          "take it from a Windows that was shut down"},
                 .line = 2});
  trial.change(kSystemNote);  // the others are not
  trial.builds();
  trial.base(windows_pe());
  trial.change(kNote);
  trial.builds();
  RegistryKey software = trial.hive_in_image("SOFTWARE");
  EXPECT_EQ(key_at(software, {"Example"}).values.size(), 1u);
}

TEST(Hive, ThatIsNotThereIsMissed) {
  Surgery trial;
  trial.base(windows_pe(Hives::absent));
  trial.change(kNote);
  trial.refuses({.under = "registry",
                 .says = {"the base has no hive SOFTWARE (Windows/System32/config/SOFTWARE)",
                          "look whether the source's image is the right one"},
                 .line = 2});
  trial.base(windows_pe());
  trial.builds();
}

TEST(Hive, FolderInItsPlaceIsNone) {
  Surgery trial;
  auto files = windows_pe();
  files.erase(std::string(kConfig) + "SOFTWARE");
  files[std::string(kConfig) + "SOFTWARE/file"] = "x";
  trial.base(files);
  trial.change(kNote);
  trial.refuses({.under = "registry", .says = {"the base has no hive SOFTWARE"}, .line = 2});
}

TEST(Hive, FromAnOverlayAndEditedIsRefused) {
  Surgery trial;
  std::string file = "overlays/common/windows/SYSTEM32/Config/software";
  trial.write(file, hive_of("SOFTWARE"));
  trial.change(fmt::format(R"(overlays = {{ "common" }}, {})", kNote));
  trial.refuses({.under = "overlays",
                 .says = {"comes from 'common/windows/SYSTEM32/Config/software' and from the "
                          "settings of this image",
                          "leave one of them out"},
                 .line = 2});
  trial.change(R"(overlays = { "common" })");
  trial.builds();
  fs::remove(trial / file);
  trial.change(fmt::format(R"(overlays = {{ "common" }}, {})", kNote));
  trial.builds();
}

TEST(Hive, LogOfAnEditedOneIsEmptied) {
  Surgery trial;
  auto files = windows_pe();
  files[std::string(kConfig) + "SOFTWARE.LOG1"] = "what was";
  trial.base(files);
  trial.change(kNote);
  trial.builds();
  EXPECT_EQ(trial.in_image(std::string(kConfig) + "SOFTWARE.LOG1"), "");
}

// --- changes of the registry that cannot be made ------------------------------------------------

struct Entry {
  const char* name;
  std::string fields;
  std::vector<std::string> says;
};

class BadEntries : public testing::TestWithParam<Entry> {};

TEST_P(BadEntries, AreRefused) {
  Surgery trial;
  trial.change(GetParam().fields);
  trial.refuses({.under = "registry", .says = GetParam().says, .line = 2});
  trial.change(kNote);
  trial.builds();
}

std::string long_hex(std::size_t bytes) {
  std::string hex;
  for (std::size_t i = 0; i < bytes; ++i) hex += "ab";
  return hex;
}

std::string entries(std::string_view text) { return fmt::format("registry = {{ {} }}", text); }

INSTANTIATE_TEST_SUITE_P(
    With, BadEntries,
    testing::Values(
        Entry{"umlaut_in_a_new_key",
              entries(R"({ key = [[HKLM\SOFTWARE\Größe]], dword = 1 })"),
              {"hive SOFTWARE: a registry key cannot be named 'Größe' here", "ASCII characters"}},
        Entry{"long_key",
              entries(fmt::format("{{ key = [[HKLM\\SOFTWARE\\{}]], dword = 1 }}",
                                  std::string(300, 'k'))),
              {"a registry key cannot be named"}},
        Entry{"long_value",
              entries(fmt::format(R"({{ key = [[HKLM\SOFTWARE\E]], binary = "{}" }})",
                                  long_hex(16345))),
              {"hive SOFTWARE: cannot set value '(default)' of key 'E'",
               "it has 16345 bytes, and libhivex writes at most 16344"}},
        Entry{"long_list",
              entries(fmt::format(R"({{ key = [[HKLM\SOFTWARE\E]], multi = {{ "{0}", "{0}" }} }})",
                                  std::string(5000, 'm'))),
              {"it has 20006 bytes"}},
        Entry{"one_value_twice",
              entries(R"({ key = [[HKLM\SOFTWARE\E]], name = "N", dword = 1 }, )"
                      R"({ key = [[HKLM\Software\e]], name = "n", dword = 2 })"),
              {"two edits of the registry contradict each other: set value 'N' of key 'E' "
               "to dword:1; set value 'n' of key 'e' to dword:2"}},
        Entry{"one_value_of_two_types",
              entries(R"({ key = [[HKLM\SOFTWARE\E]], name = "N", dword = 1 }, )"
                      R"({ key = [[HKLM\SOFTWARE\E]], name = "N", binary = "01 00 00 00" })"),
              {"contradict each other"}},
        Entry{"value_set_and_deleted",
              entries(R"({ key = [[HKLM\SOFTWARE\E]], name = "N", dword = 1 }, )"
                      R"({ key = [[HKLM\SOFTWARE\E]], name = "N", delete = "value" })"),
              {"contradict each other", "delete value 'N'"}},
        Entry{"value_below_a_deleted_key",
              entries(R"({ key = [[HKLM\SOFTWARE\Microsoft]], delete = "key" }, )"
                      R"({ key = [[HKLM\SOFTWARE\Microsoft\Windows]], dword = 1 })"),
              {"contradict each other: delete key 'Microsoft'; set value"}},
        Entry{"control_set_by_two_names",
              entries(R"({ key = [[HKLM\SYSTEM\CurrentControlSet\Services\A]], dword = 1 }, )"
                      R"({ key = [[HKLM\SYSTEM\ControlSet001\Services\A]], dword = 2 })"),
              {"hive SYSTEM: two edits of the registry contradict each other"}},
        Entry{"what_a_setting_sets",
              R"(scratch_space = 512, registry = { { key = )"
              R"([[HKLM\SYSTEM\CurrentControlSet\Services\FBWF]], )"
              R"(name = "WinPECacheThreshold", dword = 32 } })",
              {"contradict each other", "WinPECacheThreshold"}}),
    kByName);

// What can be known without the base is said before anything is built, at the field.
struct Written {
  const char* name;
  const char* entry;
  const char* under;
  std::vector<std::string> says;
};

class BadlyWritten : public testing::TestWithParam<Written> {};

TEST_P(BadlyWritten, EntryIsRefusedBeforeAnythingIsBuilt) {
  Surgery trial;
  trial.change(entries(GetParam().entry));
  trial.refuses({.under = GetParam().under, .says = GetParam().says, .line = 2});
  EXPECT_FALSE(fs::exists(trial / "out/build.ninja"));
  trial.change(kNote);
  trial.builds();
}

INSTANTIATE_TEST_SUITE_P(
    As, BadlyWritten,
    testing::Values(
        Written{"user",
                R"({ key = [[HKCU\Software]], dword = 1 })",
                "key",
                {"is of the user who is logged on", "HKU\\.DEFAULT"}},
        Written{"secrets", R"({ key = [[HKLM\SAM\x]], dword = 1 })", "key", {"holds secrets"}},
        Written{"misspelt_hive",
                R"({ key = [[HKLM\SOFTWAER\x]], dword = 1 })",
                "key",
                {"lies in no hive", "did you mean 'SOFTWARE'"}},
        Written{"empty_name",
                R"({ key = [[HKLM\SOFTWARE\\x]], dword = 1 })",
                "key",
                {"has an empty name in its path"}},
        Written{"single_backslashes",
                R"({ key = "HKLM\\SOFTWARE\\", dword = 1 })",
                "key",
                {"has an empty name in its path"}},
        Written{"whole_hive",
                R"({ key = [[HKLM\SOFTWARE]], delete = "key" })",
                "key",
                {"is a whole hive, which cannot be deleted"}},
        Written{"two_types",
                R"({ key = [[HKLM\SOFTWARE\x]], dword = 1, string = "a" })",
                "string",
                {"a value has one type, not 'dword' and 'string'"}},
        Written{"no_type",
                R"({ key = [[HKLM\SOFTWARE\x]], name = "N" })",
                "name",
                {"value 'N' has no type"}},
        Written{"half_a_byte",
                R"({ key = [[HKLM\SOFTWARE\x]], binary = "0a f" })",
                "binary",
                {"ends in half a byte"}},
        Written{"no_digit",
                R"({ key = [[HKLM\SOFTWARE\x]], binary = "0g" })",
                "binary",
                {"where a hexadecimal digit belongs"}},
        Written{"large_number",
                R"({ key = [[HKLM\SOFTWARE\x]], dword = 4294967296 })",
                "dword",
                {"4294967295"}},
        Written{"both",
                R"({ key = [[HKLM\SOFTWARE\x]], dword = 1, delete = "value" })",
                "delete",
                {"sets 'dword' or deletes, not both"}},
        Written{"no_key", R"({ dword = 1 })", "", {"'key'"}}),
    kByName);

TEST(Registry, EqualEntriesAreOne) {
  Surgery trial;
  trial.change(entries(R"({ key = [[HKLM\SOFTWARE\E]], name = "N", dword = 1 }, )"
                       R"({ key = [[HKLM\SOFTWARE\E]], name = "N", dword = 1 })"));
  trial.builds();
  RegistryKey software = trial.hive_in_image("SOFTWARE");
  EXPECT_EQ(key_at(software, {"E"}).values.size(), 1u);
}

TEST(Registry, DeletingWhatIsNotThereIsWarnedAbout) {
  Surgery trial;
  trial.change(
      entries(R"({ key = [[HKLM\SOFTWARE\Gone\Deep]], delete = "key" }, )"
              R"({ key = [[HKLM\SOFTWARE\Microsoft]], name = "Gone", delete = "value" })"));
  trial.warns({"recipes/r.lua:2:", "there is nothing to delete at SOFTWARE\\Gone\\Deep",
               "there is nothing to delete at SOFTWARE\\Microsoft, Gone"});
  EXPECT_EQ(trial.in_image(std::string(kConfig) + "SOFTWARE"), hive_of("SOFTWARE"));
}

// --- removals -----------------------------------------------------------------------------------

class BadRemoval : public testing::TestWithParam<Entry> {};

TEST_P(BadRemoval, IsRefused) {
  Surgery trial;
  trial.change(fmt::format("remove = {{ {} }}", GetParam().fields));
  trial.refuses({.under = "remove", .says = GetParam().says, .line = 2});
  trial.change(R"(remove = { "setup.exe" })");
  trial.builds();
  EXPECT_EQ(trial.in_image("setup.exe"), "not there");
}

INSTANTIATE_TEST_SUITE_P(
    Of, BadRemoval,
    testing::Values(
        Entry{"nothing",
              R"("Windows/System32/nothing-like-it.dll")",
              {"matches 'Windows/System32/nothing-like-it.dll'"}},
        Entry{"nothing_with_stars", R"("**/*.mum")", {"matches '**/*.mum'"}},
        Entry{"a_misspelt_file",
              R"("Windows/System32/winpeshl.ex")",
              {"matches 'Windows/System32/winpeshl.ex'", "did you mean 'winpeshl.exe'?"}},
        Entry{
            "a_misspelt_folder", R"("Windows/Sytem32/winpeshl.exe")", {"did you mean 'System32'?"}},
        Entry{"one_thing_of_two", R"("setup.exe", "stup.exe")", {"matches 'stup.exe'"}},
        Entry{"windows", R"("Windows")", {"'Windows' would remove 'Windows' as a whole"}},
        Entry{"windows_in_any_case", R"("\\WINDOWS\\")", {"would remove 'Windows' as a whole"}},
        Entry{"system32",
              R"("windows/system32")",
              {"would remove 'Windows/System32' as a whole", "nothing boots without it"}},
        Entry{"all_of_system32",
              R"("Windows/System32/*")",
              {"would remove 'Windows/System32' as a whole"}},
        Entry{"everything", R"("**")", {"'**' would remove"}},
        Entry{"the_root", R"("/")", {"'/' would remove the whole image"}},
        Entry{"all_at_the_root", R"("*")", {"'*' would remove"}},
        Entry{"all_below_system32",
              R"("Windows/System32/**")",
              {"would remove 'Windows/System32' as a whole"}},
        Entry{"all_by_single_characters", R"("???????")", {"would remove 'Windows' as a whole"}}),
    kByName);

TEST(Removal, OfTwoThingsThatAreNotThereNamesBoth) {
  Surgery trial;
  trial.change(R"(remove = { "gone.exe", "away.exe" })");
  trial.failing_build();
  for (const char* name : {"matches 'gone.exe'", "matches 'away.exe'"})
    EXPECT_NE(trial.output.find(name), std::string::npos) << trial.output;
}

TEST(Removal, OfAHiveThatIsEditedIsRefused) {
  Surgery trial;
  trial.change(fmt::format(R"(remove = {{ "Windows/System32/config/SOFTWARE" }}, {})", kNote));
  trial.refuses({.under = "registry", .says = {"the base has no hive SOFTWARE"}, .line = 2});
  trial.change(R"(remove = { "Windows/System32/config/SOFTWARE" })");
  trial.builds();
}

TEST(Removal, OfWhatIsElsewhereTooIsWarnedAbout) {
  Surgery trial;
  trial.change(R"(remove = { "Windows/System32/ntoskrnl.exe" })");
  trial.warns({"recipes/r.lua:2:",
               "'Windows/System32/ntoskrnl.exe' in "
               "'Windows/WinSxS/amd64_os-kernel/ntoskrnl.exe'",
               "everywhere = true"});
  trial.change(R"(remove = remove { "Windows/System32/ntoskrnl.exe", everywhere = true })");
  trial.builds();
  EXPECT_EQ(trial.output.find("warning: "), std::string::npos) << trial.output;
  EXPECT_EQ(trial.in_image("Windows/WinSxS/amd64_os-kernel/ntoskrnl.exe"), "not there");
}

TEST(Removal, EverywhereOfWhatAnOverlayBringsBackIsRefused) {
  Surgery trial;
  std::string fields = R"(overlays = { "common" }, remove = { "setup.exe", everywhere = true })";
  trial.write("overlays/common/Tools/installer.bin", windows_pe().at("setup.exe"));
  trial.change(fields);
  trial.refuses({.under = "remove",
                 .says = {"'Tools/installer.bin' (common/Tools/installer.bin) has the content of "
                          "'setup.exe', which is removed everywhere"},
                 .line = 2});
  trial.write("overlays/common/Tools/installer.bin", "something else");
  trial.builds();
}

TEST(Removal, EverywhereOfWhatASettingBringsBackIsRefused) {
  Surgery trial;
  trial.change(R"(startnet = "wpeinit", remove = )"
               R"({ { "Windows/System32/startnet.cmd", everywhere = true }, "setup.exe" })");
  trial.failing_build();
  EXPECT_NE(trial.output.find("has the content of 'Windows/System32/startnet.cmd'"),
            std::string::npos)
      << trial.output;
  trial.change(
      R"(startnet = "wpeinit", remove = { "setup.exe", "Windows/System32/startnet.cmd" })");
  trial.builds();
  EXPECT_EQ(trial.in_image("Windows/System32/startnet.cmd"), "wpeinit\r\n");
}

TEST(Removal, MakesRoomForWhatAnOverlayBrings) {
  Surgery trial;
  trial.write("overlays/common/SETUP.EXE/file", "x");
  trial.change(R"(overlays = { "common" })");
  trial.refuses({.under = "overlays", .says = {"is a file there"}, .line = 2});
  trial.change(R"(overlays = { "common" }, remove = { "setup.exe" })");
  trial.builds();
  EXPECT_EQ(trial.in_image("setup.exe/file"), "x");
}

}  // namespace
}  // namespace remedia
