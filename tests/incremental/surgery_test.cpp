// What is inside an image that was operated on, by the word of programs that are not ours: wimtools
// and hivexml.

#include "incremental/surgery.h"

#include "media/hive.h"
#include "media/windows_source.h"
#include "support/process.h"
#include "unit/hive_listing.h"
#include "unit/ntfs_volume.h"

#include <algorithm>
#include <sstream>

#include <gtest/gtest.h>

namespace remedia {
namespace {

using Lines = std::vector<std::string>;

constexpr const char* kSystem32 = "Windows/System32/";

std::string wimtool(const Lines& argv) {
  return run_checked(argv, {.environment = {{"LC_ALL", "C.UTF-8"}, {"TZ", "UTC"}}});
}

void expect_sound(const fs::path& wim) {
  EXPECT_NE(wimtool({"wimverify", wim}).find("successfully verified"), std::string::npos);
}

/// Takes one file out of an image.
fs::path extracted(const fs::path& wim, const std::string& path, const fs::path& folder) {
  fs::create_directories(folder);
  wimtool({"wimextract", wim, "1", "/" + path, "--dest-dir=" + folder.string(), "--no-acls",
           "--no-attributes"});
  return folder / fs::path(path).filename();
}

Lines hive_in(const fs::path& wim, const std::string& hive, const fs::path& folder) {
  return hive_listing(extracted(wim, kSystem32 + ("config/" + hive), folder));
}

bool has(const Lines& lines, const std::string& line) {
  return std::find(lines.begin(), lines.end(), line) != lines.end();
}

bool has_beginning(const Lines& lines, const std::string& beginning) {
  return std::any_of(lines.begin(), lines.end(),
                     [&](const std::string& line) { return line.starts_with(beginning); });
}

/// What wimdir says of each file: by path, then key by key.
using Details = std::map<std::string, std::map<std::string, std::string>>;

Details details_of(const fs::path& wim) {
  Details details;
  std::istringstream lines(wimtool({"wimdir", "--detailed", wim, "1"}));
  std::string path;
  for (std::string line; std::getline(lines, line);) {
    std::size_t equals = line.find(" = ");
    if (equals == std::string::npos) continue;
    std::string key = line.substr(0, line.find_last_not_of(' ', equals) + 1);
    std::string value = line.substr(equals + 3);
    if (key == "Full Path") path = value.substr(1, value.size() - 2);
    details[path].emplace(key, value);
  }
  return details;
}

/// The one file of a folder of the store whose name ends so.
fs::path stored(const Space& space, const std::string& folder, const std::string& ending) {
  fs::path found;
  for (const auto& entry : fs::directory_iterator(space / ("out/.store/" + folder))) {
    if (!entry.path().string().ends_with(ending)) continue;
    EXPECT_TRUE(found.empty()) << found << " and " << entry.path();
    found = entry.path();
  }
  EXPECT_FALSE(found.empty()) << folder << " " << ending;
  return found;
}

/// Files below a folder that hold these bytes.
Lines files_with(const fs::path& folder, const std::string& bytes) {
  Lines found;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file() && !entry.is_symlink() &&
        read_file(entry.path(), 1u << 30).find(bytes) != std::string::npos)
      found.push_back(entry.path().lexically_relative(folder).string());
  }
  std::sort(found.begin(), found.end());
  return found;
}

class Surgery : public testing::Test {
 protected:
  Surgery() : image_(space_ / "out/r/helpdesk/boot.wim") {
    surgery::fill(space_);
    space_.build();
  }

  Space space_;
  fs::path image_;
  Scratch scratch_;
};

TEST_F(Surgery, ImageIsSound) {
  expect_sound(image_);
  expect_sound(stored(space_, "remove", ".wim"));
}

TEST_F(Surgery, SoftwareHiveHoldsEachTypedValue) {
  Lines software = hive_in(image_, "SOFTWARE", scratch_ / "hives");
  const std::string winpe = "\\Microsoft\\Windows NT\\CurrentVersion\\WinPE ";
  for (const std::string& line :
       {std::string("\\Example"), std::string("\\Example =string:the default"),
        std::string("\\Example Dword=int32:-1"), std::string("\\Example Qword=int64:4294967296"),
        std::string("\\Example Empty=string:"), std::string("\\Example Text=string:Grüße"),
        std::string("\\Example Path=expand:%SystemRoot%\\Temp"),
        std::string("\\Example List=string-list:[one][two][]"),
        std::string("\\Example Bytes=binary:0aff00"), winpe + "InstRoot=string:Y:\\",
        winpe + "CustomBackground=expand:%SystemRoot%\\System32\\winpe.jpg"}) {
    EXPECT_TRUE(has(software, line)) << line;
  }
}

TEST_F(Surgery, OtherHivesHoldWhatWasSetAndNothingOfWhatWasDeleted) {
  Lines system = hive_in(image_, "SYSTEM", scratch_ / "hives");
  const std::string control = "\\ControlSet001\\Control\\";
  for (const std::string& line :
       {control + "ComputerName\\ComputerName ComputerName=string:RESCUE",
        std::string("\\ControlSet001\\Services\\FBWF WinPECacheThreshold=int32:128"),
        control + "Nls\\Language Default=string:0809", control + "Nls\\CodePage ACP=string:1252"})
    EXPECT_TRUE(has(system, line)) << line;
  EXPECT_FALSE(has_beginning(system, control + "Nls\\CodePage OEMCP"));
  EXPECT_FALSE(has_beginning(system, "\\MountedDevices"));
  EXPECT_FALSE(has_beginning(system, "\\CurrentControlSet")) << "it is a link that Windows makes";

  Lines user = hive_in(image_, "DEFAULT", scratch_ / "hives");
  for (const char* line :
       {"\\Environment", "\\Control Panel\\International LocaleName=string:en-GB",
        "\\Keyboard Layout\\Preload 1=string:00000809",
        "\\Keyboard Layout\\Preload 2=string:d0010409",
        "\\Keyboard Layout\\Substitutes d0010409=string:00000407"})
    EXPECT_TRUE(has(user, line)) << line;
}

// Everything else in the hives stays.
TEST_F(Surgery, HivesChangeNowhereElse) {
  fs::path base = stored(space_, "remove", ".wim");
  for (const auto& [hive, most] : {std::pair{"SYSTEM", 5u}, {"SOFTWARE", 13u}, {"DEFAULT", 10u}}) {
    Lines before = hive_in(base, hive, scratch_ / "before");
    Lines after = hive_in(image_, hive, scratch_ / "after");
    Lines lost, fresh;
    std::set_difference(before.begin(), before.end(), after.begin(), after.end(),
                        std::back_inserter(lost));
    std::set_difference(after.begin(), after.end(), before.begin(), before.end(),
                        std::back_inserter(fresh));
    EXPECT_LE(lost.size() + fresh.size(), 2u * most) << joined(lost) << "->\n" << joined(fresh);
    for (const std::string& line : lost) {
      bool replaced = has_beginning(fresh, line.substr(0, line.find('=') + 1));
      bool deleted = line.starts_with("\\MountedDevices") || line.find("OEMCP") != line.npos;
      EXPECT_TRUE(replaced || deleted) << line;
    }
  }
}

TEST_F(Surgery, FilesOfTheSettingsAreInPlace) {
  const std::string system32 = kSystem32;
  auto content = [&](const std::string& path) {
    return read_file(extracted(image_, path, scratch_ / "files"));
  };
  EXPECT_EQ(content(system32 + "startnet.cmd"), "wpeinit\r\nstart notepad\r\n");
  EXPECT_EQ(content(system32 + "winpeshl.ini"),
            "[LaunchApps]\r\ncmd.exe, /c startnet.cmd\r\nX:\\Tools\\first.exe, -x\r\n");
  EXPECT_EQ(content(system32 + "winpe.jpg"), surgery::picture(800));
  EXPECT_EQ(content("Tools/shared.txt"), "of tools\n");
  EXPECT_EQ(content(system32 + "winpeshl.exe"), "replaced\n");
}

// --- What was removed ----------------------------------------------------------------------------

TEST_F(Surgery, RemovedContentIsGoneFromTheWim) {
  const std::string gone = "/Windows/System32/winload.exe";
  fs::path base = stored(space_, "source", ".wim");
  Details before = details_of(base), after = details_of(image_);
  for (const std::string& path :
       {gone, std::string("/Windows/System32/boot/winload.exe"),
        std::string("/sources/recovery/StartRep.exe"), std::string("/Windows/Boot/PXE")}) {
    EXPECT_TRUE(before.contains(path)) << path;
    EXPECT_FALSE(after.contains(path)) << path;
  }
  EXPECT_TRUE(after.contains("/sources/recovery/RecEnv.exe"));
  EXPECT_TRUE(after.contains("/Windows/System32/winload.efi")) << "removed at one place only";
  EXPECT_FALSE(after.contains("/Windows/System32/boot/winload.efi"));

  const std::string hash = before[gone]["Hash"].substr(2);
  ASSERT_EQ(hash.size(), 40u);
  EXPECT_NE(wimtool({"wiminfo", base, "--blobs"}).find(hash), std::string::npos);
  EXPECT_EQ(wimtool({"wiminfo", image_, "--blobs"}).find(hash), std::string::npos);

  // Not even the compressed bytes, that nothing refers to, are there.
  std::size_t at = std::stoul(before[gone]["Offset in WIM"]);
  std::size_t size = std::stoul(before[gone]["Compressed size"]);
  ASSERT_GT(size, 100u);
  std::string compressed = read_file(base, 1u << 30).substr(at, size);
  EXPECT_EQ(read_file(image_, 1u << 30).find(compressed), std::string::npos);
  EXPECT_EQ(space_.read("out/r/helpdesk/helpdesk.iso").find(compressed), std::string::npos);
}

TEST_F(Surgery, RemovedContentIsInNoFileOfTheImage) {
  fs::path base = stored(space_, "source", ".wim");
  std::string content =
      read_file(extracted(base, "Windows/System32/winload.exe", scratch_ / "gone"));
  for (const auto& [wim, folder] : {std::pair{base, "before"}, {image_, "after"}})
    wimtool({"wimapply", wim, "1", scratch_ / folder, "--no-acls"});
  EXPECT_EQ(files_with(scratch_ / "before", content),
            (Lines{"Windows/System32/boot/winload.exe", "Windows/System32/winload.exe"}));
  EXPECT_EQ(files_with(scratch_ / "after", content), Lines());
}

// --- Bases that the stand-in is not --------------------------------------------------------------

/// The stand-in's recovery image by itself.
fs::path bare_image(const Scratch& scratch) {
  WindowsSource source(standard_medium(), "the stand-in");
  source.choose("winre", "", scratch / "winre");
  source.write_base(scratch / "bare.wim", {.guid = {7}, .clock = 1'700'000'000}, false);
  return scratch / "bare.wim";
}

/// A project that starts from a bare WIM and lends its boot files from the stand-in.
void start_from(const Space& space, const fs::path& wim) {
  fs::create_directory(space / "media");
  fs::copy_file(wim, space / "media/base.wim");
  surgery::fill(space);
  surgery::change_recipe(
      space, "source { media = \"@media/stand-in.iso\", image = \"winre\" }",
      "source { media = \"media/base.wim\", image = \"winre\",\n"
      "  boot_files = source { media = \"@media/stand-in.iso\", image = \"winre\" } }");
}

// A machine that had trouble selects another control set than 1.
TEST(SurgeryOnOtherBases, CurrentControlSetIsTheOneThatTheHiveSelects) {
  Scratch scratch;
  fs::path wim = bare_image(scratch);
  auto control_set = [](const std::string& name) {
    RegistryKey layouts{"Keyboard Layouts", {}, {{"00000407", {}, {}}, {"00000809", {}, {}}}};
    RegistryKey code_page{"CodePage", {registry_string("OEMCP", "437")}, {}};
    return RegistryKey{name, {}, {{"Control", {}, {layouts, {"Nls", {}, {code_page}}}}}};
  };
  scratch.write("SYSTEM", hive::write({"ROOT",
                                       {},
                                       {control_set("ControlSet001"),
                                        control_set("ControlSet002"),
                                        {"MountedDevices", {}, {}},
                                        {"Select", {registry_dword("Current", 2)}, {}}}}));
  wimtool({"wimupdate", wim, "1", "--command",
           fmt::format("add {} /Windows/System32/config/SYSTEM", (scratch / "SYSTEM").string())});
  Space space;
  start_from(space, wim);
  space.build();
  Lines system = hive_in(space / "out/r/helpdesk/boot.wim", "SYSTEM", scratch / "hives");
  const std::string name = "\\Control\\ComputerName\\ComputerName ComputerName=string:RESCUE";
  EXPECT_TRUE(has(system, "\\ControlSet002" + name)) << joined(system);
  EXPECT_FALSE(has(system, "\\ControlSet001" + name));
  EXPECT_FALSE(has_beginning(system, "\\CurrentControlSet"));
  EXPECT_TRUE(has(system, "\\ControlSet001\\Control\\Nls\\CodePage OEMCP=string:437"));
  EXPECT_FALSE(has_beginning(system, "\\ControlSet002\\Control\\Nls\\CodePage OEMCP"));
}

// Owner BUILTIN\Administrators, group SYSTEM, no lists.
const std::string kDescriptor(
    "\x01\x00\x04\x80\x14\x00\x00\x00\x24\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
    "\x01\x02\x00\x00\x00\x00\x00\x05\x20\x00\x00\x00\x20\x02\x00\x00"
    "\x01\x01\x00\x00\x00\x00\x00\x05\x12\x00\x00\x00",
    48);

// As real images have them: hives with attributes, permissions and logs.
fs::path rich_image(const Scratch& scratch) {
  fs::path plain = bare_image(scratch);
  scratch.write("log", "what is not in the hive yet");
  for (const char* name : {"SYSTEM.LOG1", "SOFTWARE.LOG2", "OTHER.LOG1"}) {
    wimtool({"wimupdate", plain, "1", "--command",
             fmt::format("add {} /Windows/System32/config/{}", (scratch / "log").string(), name)});
  }
  fs::path volume = scratch.write("volume", "");
  fs::resize_file(volume, 64 << 20);
  run_checked({"/usr/sbin/mkntfs", "-F", "-Q", "-q", "-T", "-s", "512", "-p", "0", "-H", "255",
               "-S", "63", volume});
  wimtool({"wimapply", plain, "1", volume});
  for (const char* hive : {"SYSTEM", "SOFTWARE", "DEFAULT"}) {
    dress_ntfs_file(volume, {"/Windows/System32/config/" + std::string(hive),
                             0x22,
                             {0x01d0000000000001, 0x01d1000000000002, 0x01d2000000000003},
                             "",
                             kDescriptor});
  }
  fs::path rich = scratch / "rich.wim";
  wimtool({"wimcapture", volume, rich, "Rich", "--compress=LZX"});
  wimtool({"wiminfo", rich, "1", "--image-property=WINDOWS/ARCH=9"});
  return rich;
}

TEST(SurgeryOnOtherBases, HivesKeepWhatWindowsGaveThemAndTheirLogsAreEmpty) {
  Scratch scratch;
  fs::path rich = rich_image(scratch);
  Space space;
  start_from(space, rich);
  space.build();
  fs::path image = space / "out/r/helpdesk/boot.wim";
  expect_sound(image);
  Details before = details_of(rich), after = details_of(image);
  const std::string config = "/Windows/System32/config/";
  for (const std::string hive : {"SYSTEM", "SOFTWARE", "DEFAULT"}) {
    auto was = before[config + hive], is = after[config + hive];
    EXPECT_EQ(is["Attributes"], "0x00000022") << hive;
    for (const char* key : {"Attributes", "Security Descriptor", "Creation Time", "Last Write Time",
                            "Last Access Time"}) {
      EXPECT_FALSE(was[key].empty()) << hive << " " << key;
      EXPECT_EQ(was[key], is[key]) << hive << " " << key;
    }
    EXPECT_NE(was["Hash"], is["Hash"]) << hive;
  }
  for (const char* log : {"SYSTEM.LOG1", "SOFTWARE.LOG2"}) {
    EXPECT_EQ(before[config + log]["Uncompressed size"], "27 bytes") << log;
    EXPECT_EQ(after[config + log]["Uncompressed size"], "0 bytes") << log;
  }
  EXPECT_EQ(after[config + "OTHER.LOG1"]["Hash"], before[config + "OTHER.LOG1"]["Hash"]);
  EXPECT_NE(
      space.read("out/r/helpdesk/helpdesk.manifest.json").find("emptied: its hive was edited"),
      std::string::npos);
}

// Components are LZX; an image of another compression cannot take their bytes and must not.
TEST(SurgeryOnOtherBases, XpressStaysXpressAndHoldsTheSame) {
  Scratch scratch;
  fs::path wim = bare_image(scratch);
  wimtool({"wimexport", wim, "1", scratch / "xpress.wim", "--compress=XPRESS"});
  Space lzx, xpress;
  start_from(lzx, wim);
  start_from(xpress, scratch / "xpress.wim");
  lzx.build();
  xpress.build();
  fs::path image = xpress / "out/r/helpdesk/boot.wim";
  expect_sound(image);
  EXPECT_NE(wimtool({"wiminfo", image}).find("XPRESS"), std::string::npos);
  Details one = details_of(lzx / "out/r/helpdesk/boot.wim"), other = details_of(image);
  EXPECT_EQ(one.size(), other.size());
  for (auto& [path, details] : one) {
    for (const char* key : {"Hash", "Attributes", "Last Write Time"})
      EXPECT_EQ(details[key], other[path][key]) << path << " " << key;
  }
}

TEST(SurgeryOnOtherBases, HiveThatWasNotClosedStopsTheBuild) {
  Scratch scratch;
  fs::path wim = bare_image(scratch);
  fs::path hive = extracted(wim, "Windows/System32/config/SOFTWARE", scratch / "hives");
  std::string bytes = read_file(hive);
  bytes[4] = static_cast<char>(bytes[4] + 1);
  bytes[0x1fc] = static_cast<char>(bytes[0x1fc] ^ bytes[4] ^ (bytes[4] - 1));
  scratch.write("dirty", bytes);
  wimtool({"wimupdate", wim, "1", "--command",
           fmt::format("add {} /Windows/System32/config/SOFTWARE", (scratch / "dirty").string())});
  Space space;
  start_from(space, wim);
  surgery::change_recipe(space, "requires = { \"WinPE-WMI\", \"winpe-scripting\" },", "");
  std::string said = space.failing_build();
  EXPECT_NE(said.find("'Windows/System32/config/SOFTWARE' is dirty"), std::string::npos) << said;
  EXPECT_NE(said.find("recipes/r.lua:"), std::string::npos) << said;
  EXPECT_FALSE(fs::exists(space / "out/r/helpdesk/boot.wim"));
  for (const auto& entry : fs::recursive_directory_iterator(space / "out"))
    EXPECT_EQ(entry.path().string().find(".part"), std::string::npos) << entry.path();
}

}  // namespace
}  // namespace remedia
