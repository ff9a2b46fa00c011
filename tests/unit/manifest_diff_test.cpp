// What two manifests have differently, and manifests that are none.

#include "kinds/manifest_diff.h"

#include "unit/scratch.h"

#include <functional>
#include <string>

#include <gtest/gtest.h>

namespace remedia::kinds {
namespace {

using nlohmann::json;

json file(const std::string& path, int size, const std::string& digest) {
  return {{"path", path}, {"origin", "common/" + path}, {"size", size}, {"sha256", digest}};
}

json tool(const std::string& id, const std::string& risk) {
  return {{"id", id},
          {"title", "The " + id},
          {"group", "Tools"},
          {"risk", risk},
          {"command", id + ".exe"},
          {"needs", {"windows"}},
          {"programs", {"Windows/" + id + ".exe"}}};
}

json image(const std::string& name) {
  json base = json::parse(R"({"name": "Windows RE", "kernel_version": "10.0.26100.1742",
      "languages": ["en-US"], "packages": [{"name": "WinPE-WMI", "version": "10.0.26100.1742"}]})");
  json tier = json::parse(R"({"name": "L1", "shell": "launcher", "expires": "2026-12-21",
      "expired": "nothing", "grace_days": 0, "clock": "ask", "confirm": "high", "network": true,
      "bitlocker": false, "language": "en", "remote": {"agent": "vnc", "port": 3388},
      "forbidden": [{"pattern": "Windows/regedit.exe", "found": 2}]})");
  tier["tools"] = {tool("chkdsk", "low"), tool("sfc", "high")};
  return {{"name", name},
          {"title", "Help desk"},
          {"guid", "1"},
          {"base", base},
          {"inputs", {file("@media/win.iso", 1000, "aa")}},
          {"requires", {"WinPE-WMI"}},
          {"files", {file("Tools/a.txt", 10, "01"), file("Tools/b.txt", 20, "02")}},
          {"tier", tier},
          {"serviceable", true},
          {"back_doors", {{{"name", "setup Shift+F10"}, {"open", false}, {"why", "no setup"}}}}};
}

json sample() {
  return {{"format", "remedia manifest 1"},
          {"name", "helpdesk"},
          {"recipe", "recipes/r.lua"},
          {"revision", "0123"},
          {"clock", 1704067200},
          {"parameters", {{"site", "oslo"}}},
          {"versions", {{"libwim", "1.13.6"}}},
          {"artifacts",
           {{{"kind", "iso"}, {"file", "r/helpdesk/helpdesk.iso"}, {"size", 5}, {"sha256", "a"}}}},
          {"images", {image("helpdesk")}},
          {"volumes",
           {{{"kind", "iso"},
             {"file", "r/helpdesk/helpdesk.iso"},
             {"label", "HELPDESK"},
             {"images", {"helpdesk"}},
             {"files", {file("bootmgr", 3, "bb")}}}}}};
}

Manifest manifest(const json& content, const std::string& name) {
  return parse_manifest(content.dump(), name);
}

using Edit = std::function<void(json& manifest, json& image)>;

ManifestDiff diff_after(const Edit& edit) {
  json b = sample();
  edit(b, b["images"][0]);
  return compare(manifest(sample(), "a.json"), manifest(b, "b.json"));
}

/// The lines below the two that name the files.
std::string lines_after(const Edit& edit) {
  std::string text = text_of(diff_after(edit));
  std::string header = "--- a.json\n+++ b.json\n\n";
  if (text.empty()) return text;
  EXPECT_EQ(text.substr(0, header.size()), header);
  return text.substr(header.size());
}

struct Case {
  const char* name;
  Edit edit;
  std::string lines;
};

class ManifestDiffers : public testing::TestWithParam<Case> {};

TEST_P(ManifestDiffers, AndSaysHow) { EXPECT_EQ(lines_after(GetParam().edit), GetParam().lines); }

const Case kCases[] = {
    {"Parameter", [](json& m, json&) { m["parameters"]["site"] = "rome"; },
     "parameters\n~ parameters.site: \"oslo\" -> \"rome\"\n"},
    {"ParameterGone", [](json& m, json&) { m["parameters"] = json::object(); },
     "parameters\n- parameters.site: \"oslo\"\n"},
    {"Clock", [](json& m, json&) { m["clock"] = 1804067200; },
     "parameters\n~ clock: 1704067200 -> 1804067200\n"},
    {"Version", [](json& m, json&) { m["versions"]["libwim"] = "2"; },
     "versions\n~ libwim: \"1.13.6\" -> \"2\"\n"},
    {"Revision", [](json& m, json&) { m["revision"] = "4567"; },
     "recipe\n~ revision: \"0123\" -> \"4567\"\n"},
    {"FieldOfTheFuture", [](json& m, json&) { m["signed"]["by"] = "us"; },
     "recipe\n+ signed.by: \"us\"\n"},
    {"Artifact", [](json& m, json&) { m["artifacts"][0]["sha256"] = "b"; },
     "artifacts\n~ r/helpdesk/helpdesk.iso: other content (5 bytes)\n"},
    {"ArtifactOfAnotherName", [](json& m, json&) { m["artifacts"][0]["file"] = "r/x/x.iso"; },
     "artifacts\n~ r/helpdesk/helpdesk.iso: file \"r/helpdesk/helpdesk.iso\" -> \"r/x/x.iso\"\n"},
    {"ArtifactMore",
     [](json& m, json&) {
       m["artifacts"].push_back(
           {{"kind", "usb"}, {"file", "r/u.img"}, {"size", 7}, {"sha256", "c"}});
     },
     "artifacts\n+ r/u.img: 7 bytes\n"},
    {"Tier",
     [](json&, json& i) {
       i["tier"]["expires"] = "2027-01-31";
       i["tier"]["contact"] = "0123";
       i["tier"]["network"] = false;
       i["tier"]["remote"]["port"] = 0;
     },
     "image helpdesk: tier\n+ contact: \"0123\"\n~ expires: \"2026-12-21\" -> \"2027-01-31\"\n"
     "~ network: true -> false\n~ remote.port: 3388 -> 0\n"},
    {"NoRemoteHelp", [](json&, json& i) { i["tier"].erase("remote"); },
     "image helpdesk: tier\n- remote.agent: \"vnc\"\n- remote.port: 3388\n"},
    {"Tools",
     [](json&, json& i) {
       i["tier"]["tools"] = {tool("regedit", "high"), tool("sfc", "low")};
       i["tier"]["tools"][1]["needs"] = {"network", "windows"};
     },
     "image helpdesk: tools\n- chkdsk: The chkdsk (risk low)\n+ regedit: The regedit (risk high)\n"
     "~ sfc: needs +\"network\"\n~ sfc: risk \"high\" -> \"low\"\n"},
    {"ToolsListInAnotherOrder",
     [](json&, json& i) {
       i["tier"]["tools"] = {tool("sfc", "high"), tool("chkdsk", "low")};
     },
     ""},
    {"Forbidden",
     [](json&, json& i) {
       i["tier"]["forbidden"] = json::array({{{"pattern", "WINDOWS/regedit.exe"}, {"found", 1}},
                                             {{"pattern", "cmd.exe"}, {"found", 0}}});
     },
     "image helpdesk: forbidden\n+ cmd.exe: found 0\n~ Windows/regedit.exe: found 2 -> 1\n"
     "~ Windows/regedit.exe: pattern \"Windows/regedit.exe\" -> \"WINDOWS/regedit.exe\"\n"},
    {"NoTier", [](json&, json& i) { i.erase("tier"); },
     "image helpdesk: tier\n- bitlocker: false\n- clock: \"ask\"\n- confirm: \"high\"\n"
     "- expired: \"nothing\"\n- expires: \"2026-12-21\"\n- grace_days: 0\n- language: \"en\"\n"
     "- name: \"L1\"\n- network: true\n- remote.agent: \"vnc\"\n- remote.port: 3388\n"
     "- shell: \"launcher\"\n\n"
     "image helpdesk: tools\n- chkdsk: The chkdsk (risk low)\n- sfc: The sfc (risk high)\n\n"
     "image helpdesk: forbidden\n- Windows/regedit.exe: found 2\n"},
    {"Serviceable", [](json&, json& i) { i["serviceable"] = false; },
     "image helpdesk: settings\n~ serviceable: true -> false\n"},
    {"BackDoor",
     [](json&, json& i) {
       i["back_doors"][0]["open"] = true;
       i["back_doors"].push_back({{"name", "F8"}, {"open", true}});
     },
     "image helpdesk: back_doors\n+ F8: open\n~ setup Shift+F10: open false -> true\n"},
    {"Files",
     [](json&, json& i) {
       i["files"] = {file("Tools/a.txt", 10, "03"), file("Tools/c.txt", 30, "02")};
     },
     "image helpdesk: files\n~ Tools/a.txt: other content (10 bytes)\n- Tools/b.txt: 20 bytes\n"
     "+ Tools/c.txt: 30 bytes\n"},
    {"FileOfAnotherSize", [](json&, json& i) { i["files"][0] = file("Tools/a.txt", 11, "03"); },
     "image helpdesk: files\n~ Tools/a.txt: other content (10 -> 11 bytes)\n"},
    {"FileFromElsewhere", [](json&, json& i) { i["files"][0]["origin"] = "x"; },
     "image helpdesk: files\n~ Tools/a.txt: origin \"common/Tools/a.txt\" -> \"x\"\n"},
    {"FileInOtherLetters", [](json&, json& i) { i["files"][0]["path"] = "TOOLS/A.txt"; },
     "image helpdesk: files\n~ Tools/a.txt: path \"Tools/a.txt\" -> \"TOOLS/A.txt\"\n"},
    {"Removed",
     [](json&, json& i) {
       i["removed"] = {file("Windows/x.exe", 9, "0")};
       i["removed"].push_back({{"path", "Windows/y"}});
     },
     "image helpdesk: removed\n+ Windows/x.exe: 9 bytes\n+ Windows/y\n"},
    {"Registry",
     [](json&, json& i) {
       i["registry"] = json::array(
           {{{"hive", "SYSTEM"},
             {"key", "Setup"},
             {"name", "CmdLine"},
             {"action", "set_value"},
             {"value", "string:x.exe"}},
            {{"hive", "SOFTWARE"}, {"key", "Example"}, {"name", ""}, {"action", "delete_key"}}});
     },
     "image helpdesk: registry\n+ SOFTWARE\\Example: delete_key\n"
     "+ SYSTEM\\Setup: CmdLine: set_value \"string:x.exe\"\n"},
    {"Drivers",
     [](json&, json& i) {
       i["drivers"] = json::array({{{"inf", "net.inf"}, {"version", "1.2"}}});
     },
     "image helpdesk: drivers\n+ net.inf: 1.2\n"},
    {"Base",
     [](json&, json& i) {
       i["base"]["kernel_version"] = "10.0.26100.3000";
       i["base"]["languages"] = {"de-DE", "en-US"};
       i["base"]["packages"][0]["version"] = "10.0.26100.3000";
       i["inputs"][0]["sha256"] = "ab";
     },
     "image helpdesk: inputs\n~ @media/win.iso: other content (1000 bytes)\n\n"
     "image helpdesk: base\n~ kernel_version: \"10.0.26100.1742\" -> \"10.0.26100.3000\"\n"
     "~ languages: +\"de-DE\"\n\n"
     "image helpdesk: packages\n~ WinPE-WMI: version \"10.0.26100.1742\" -> "
     "\"10.0.26100.3000\"\n"},
    {"OnlyImagesOfAnotherName", [](json&, json& i) { i["name"] = "second"; },
     "image helpdesk -> second: settings\n~ name: \"helpdesk\" -> \"second\"\n"},
    {"ImageMore", [](json& m, json&) { m["images"].push_back(image("second")); },
     "images\n+ second\n"},
    {"NoImages", [](json& m, json&) { m["images"] = json::array(); }, "images\n- helpdesk\n"},
    {"Volume",
     [](json& m, json&) {
       m["volumes"][0]["label"] = "X";
       m["volumes"][0]["files"][0]["sha256"] = "cc";
     },
     "volume r/helpdesk/helpdesk.iso: settings\n~ label: \"HELPDESK\" -> \"X\"\n\n"
     "volume r/helpdesk/helpdesk.iso: files\n~ bootmgr: other content (3 bytes)\n"},
    {"Partition",
     [](json& m, json&) {
       m["volumes"][0]["partitions"] =
           json::array({{{"label", "DATA"}, {"files", json::array({file("logs/x", 4, "dd")})}}});
     },
     "volume r/helpdesk/helpdesk.iso: partition 1\n+ label: \"DATA\"\n\n"
     "volume r/helpdesk/helpdesk.iso: partition 1 files\n+ logs/x: 4 bytes\n"},
    {"NullIsAbsent", [](json& m, json& i) { m["note"] = i["removed"] = nullptr; }, ""},
    {"Nothing", [](json&, json&) {}, ""},
};

INSTANTIATE_TEST_SUITE_P(By, ManifestDiffers, testing::ValuesIn(kCases),
                         [](const auto& test) { return std::string(test.param.name); });

TEST(ManifestDiff, MatchesSeveralImagesByName) {
  json a = sample(), b = sample();
  a["images"] = {image("first"), image("second")};
  b["images"] = {image("third"), image("second"), image("fourth")};
  b["images"][1]["title"] = "2";
  std::string text = text_of(compare(manifest(a, "a"), manifest(b, "b")));
  EXPECT_EQ(text,
            "--- a\n+++ b\n\nimages\n- first\n+ fourth\n+ third\n\n"
            "image second: settings\n~ title: \"Help desk\" -> \"2\"\n");
}

TEST(ManifestDiff, SeesHowManyOfOneKeyThereAre) {
  EXPECT_EQ(lines_after([](json&, json& i) { i["files"].push_back(i["files"][0]); }),
            "image helpdesk: files\n+ Tools/a.txt: 10 bytes\n");
  EXPECT_EQ(lines_after([](json&, json& i) { i["tier"]["tools"].push_back(tool("sfc", "low")); }),
            "image helpdesk: tools\n+ sfc: The sfc (risk low)\n");
}

TEST(ManifestDiff, HasNoDifferenceOnOneSideThatTheOtherLacks) {
  json b = sample();
  b["images"][0]["files"].push_back(file("x", 1, "1"));
  ManifestDiff back = compare(manifest(b, "b"), manifest(sample(), "a"));
  EXPECT_EQ(text_of(back), "--- b\n+++ a\n\nimage helpdesk: files\n- x: 1 bytes\n");
}

TEST(ManifestDiff, PrintsNothingThatSteersATerminal) {
  std::string text = lines_after([](json& m, json& i) {
    i["files"].push_back(file("a\x1b[2J\n+ fake\u202e\u0085", 1, "1"));
    i["title"] = "\x1b]0;x\x07";
    m["parameters"]["\x7f"] = "\u009b";
  });
  for (std::string_view bad : {"\x1b", "\x07", "\x7f", "\u009b", "\u202e", "\u0085", "\n+ fake"})
    EXPECT_EQ(text.find(bad), std::string::npos) << text;
  EXPECT_NE(text.find("+ a\\u001b[2J\\u000a+ fake\\u202e\\u0085: 1 bytes\n"), std::string::npos)
      << text;
}

TEST(ManifestDiff, IsTheSameAsJson) {
  json got = json::parse(json_of(diff_after([](json& m, json& i) {
    m["parameters"]["site"] = "rome";
    i["tier"]["tools"][0] = tool("regedit", "high");
    i["tier"]["tools"][1]["risk"] = "low";
    i["tier"].erase("expires");
    m["images"].push_back(image("second"));
  })));
  json expected = json::parse(R"({
    "a": "a.json", "b": "b.json",
    "parameters": [{"change": "~", "what": "parameters.site", "a": "oslo", "b": "rome"}],
    "images": [
      {"a": "helpdesk", "b": "helpdesk",
       "tier": [{"change": "-", "what": "expires", "a": "2026-12-21"}],
       "tools": [{"change": "-", "what": "chkdsk"},
                 {"change": "+", "what": "regedit"},
                 {"change": "~", "what": "sfc", "fields": {"risk": {"a": "high", "b": "low"}}}]},
      {"b": "second"}]})");
  expected["images"][0]["tools"][0]["a"] = tool("chkdsk", "low");
  expected["images"][0]["tools"][1]["b"] = tool("regedit", "high");
  EXPECT_EQ(got, expected);
  EXPECT_EQ(json::parse(json_of(diff_after([](json&, json&) {}))),
            (json{{"a", "a.json"}, {"b", "b.json"}}));
}

TEST(ManifestDiff, IsQuickWithManyEqualEntries) {
  json a = sample(), b = sample();
  for (int i = 0; i < 20000; ++i) {
    a["images"][0]["files"].push_back(file("x", i, "1"));
    b["images"][0]["files"].push_back(file("x", 20000 - i, "1"));
  }
  ManifestDiff diff = compare(manifest(a, "a"), manifest(b, "b"));
  ASSERT_EQ(diff.images.size(), 1u);
  EXPECT_EQ(diff.images[0].sections[0].changes.size(), 1u) << "0 here, 20000 there";
}

// --- what is no manifest ------------------------------------------------------------------------

struct Damage {
  const char* name;
  Edit edit;
  std::string says;
};

class DamagedManifest : public testing::TestWithParam<Damage> {};

TEST_P(DamagedManifest, IsRefusedByFileAndField) {
  json content = sample();
  GetParam().edit(content, content["images"][0]);
  EXPECT_EQ(failure_of([&] { manifest(content, "dir/m.json"); }),
            "'dir/m.json' has " + GetParam().says);
}

const Damage kDamages[] = {
    {"OtherFormat", [](json& m, json&) { m["format"] = "remedia manifest 2"; },
     "format = \"remedia manifest 2\", not \"remedia manifest 1\""},
    {"FormatIsANumber", [](json& m, json&) { m["format"] = 1; },
     "format = number, not \"remedia manifest 1\""},
    {"NoName", [](json& m, json&) { m.erase("name"); }, "no field name"},
    {"NullName", [](json& m, json&) { m["name"] = nullptr; }, "no field name"},
    {"NoImages", [](json& m, json&) { m.erase("images"); }, "no field images"},
    {"ImagesAreAnObject", [](json& m, json&) { m["images"] = json::object(); },
     "images = object, which is not a list of objects"},
    {"ImageIsAText", [](json& m, json&) { m["images"][0] = "x"; },
     "images[0] = \"x\", which is not an object"},
    {"ImageWithoutName", [](json&, json& i) { i.erase("name"); }, "no field images[0].name"},
    {"ClockIsAText", [](json& m, json&) { m["clock"] = "\x1b[2J"; },
     "clock = \"\\u001b[2J\", which is not a whole number from 0"},
    {"ParametersAreAList", [](json& m, json&) { m["parameters"] = json::array(); },
     "parameters = array, which is not an object"},
    {"SizeBelowZero", [](json&, json& i) { i["files"][1]["size"] = -1; },
     "images[0].files[1].size = -1, which is not a whole number from 0"},
    {"SizeWithFraction", [](json& m, json&) { m["artifacts"][0]["size"] = 1.5; },
     "artifacts[0].size = 1.5, which is not a whole number from 0"},
    {"FileWithoutPath", [](json&, json& i) { i["files"][1].erase("path"); },
     "no field images[0].files[1].path"},
    {"FilesOfVolume", [](json& m, json&) { m["volumes"][0].erase("files"); },
     "no field volumes[0].files"},
    {"PartitionIsANumber", [](json& m, json&) { m["volumes"][0]["partitions"] = {7}; },
     "volumes[0].partitions[0] = 7, which is not an object"},
    {"TierIsAText", [](json&, json& i) { i["tier"] = "L1"; },
     "images[0].tier = \"L1\", which is not an object"},
    {"TierWithoutTools", [](json&, json& i) { i["tier"].erase("tools"); },
     "no field images[0].tier.tools"},
    {"ToolIdIsALongText",
     [](json&, json& i) { i["tier"]["tools"][1]["id"] = {std::string(100, 'x')}; },
     "images[0].tier.tools[1].id = array, which is not a text"},
    {"BackDoorIsAjar", [](json&, json& i) { i["back_doors"][0]["open"] = std::string(100, 'x'); },
     "images[0].back_doors[0].open = string, which is not true or false"},
    {"DriverWithoutInf", [](json&, json& i) { i["drivers"] = json::array({json::object()}); },
     "no field images[0].drivers[0].inf"},
    {"PackageIsAList", [](json&, json& i) { i["base"]["packages"][0] = json::array(); },
     "images[0].base.packages[0] = array, which is not an object"},
};

INSTANTIATE_TEST_SUITE_P(By, DamagedManifest, testing::ValuesIn(kDamages),
                         [](const auto& test) { return std::string(test.param.name); });

TEST(NoManifest, IsRefused) {
  auto refusal = [](const std::string& text) {
    return failure_of([&] { parse_manifest(text, "m"); });
  };
  EXPECT_EQ(refusal("[]"), "'m' is no manifest: it is not a JSON object");
  EXPECT_EQ(refusal("{}"), "'m' is no manifest: it has no field format");
  for (const char* text : {"", "{", "nul", "{\"format\": \"\xff\"}", "{} {}", "\x1b[2J", "1e999"}) {
    std::string said = refusal(text);
    EXPECT_EQ(said.substr(0, 22), "'m' is not valid JSON:") << text;
    EXPECT_EQ(said.find('\x1b'), std::string::npos) << said;
  }
  EXPECT_EQ(refusal(std::string("{}\0", 3)).substr(0, 22), "'m' is not valid JSON:");
}

TEST(NoManifest, MayNestAsDeepAsItLikes) {
  auto refusal = [](const std::string& text) {
    return failure_of([&] { parse_manifest(text, "m"); });
  };
  const std::string deep = "'m' nests more than 64 levels deep; no manifest does";
  EXPECT_EQ(refusal(std::string(5'000'000, '[')), deep);
  std::string objects;
  for (int i = 0; i < 100'000; ++i) objects += "{\"a\":";
  EXPECT_EQ(refusal(objects), deep);
  // Nor where a comparison goes down field by field.
  json content = sample();
  json* at = &content["x"];
  for (int i = 0; i < 100; ++i) at = &(*at)["x"];
  EXPECT_EQ(refusal(content.dump()), deep);
}

TEST(NoManifest, MayHideItsDepthInTexts) {
  json content = sample();
  const std::string deep(100, '[');
  content["images"][0]["title"] = "\"" + deep + "\\";
  EXPECT_EQ(manifest(content, "m").content, content) << "no depth at all";
  EXPECT_EQ(failure_of([&] { parse_manifest("[\"\\\\\"," + deep, "m"); }),
            "'m' nests more than 64 levels deep; no manifest does");
}

TEST(NoManifest, HasAnyNumberOfValues) {
  std::string text = "[0";
  for (int i = 0; i < 8'000'000; ++i) text += ",0";
  EXPECT_EQ(failure_of([&] { parse_manifest(text + "]", "m"); }),
            "'m' has more than 8000000 values; no manifest does");
}

// --- where manifests lie ------------------------------------------------------------------------

class ManifestPlace : public testing::Test {
 protected:
  std::string refusal(const fs::path& path) {
    std::string said = failure_of([&] { read_manifest(path); });
    return with_replaced(said, scratch_.path().string(), "DIR");
  }
  Scratch scratch_;
};

TEST_F(ManifestPlace, IsAFileOrTheFolderOfOne) {
  fs::path made = scratch_.write("x/helpdesk.manifest.json", sample().dump());
  scratch_.write("x/other.json", "no manifest");
  EXPECT_EQ(read_manifest(made).file, made.string());
  EXPECT_EQ(read_manifest(scratch_ / "x").file, made.string());
  EXPECT_TRUE(compare(read_manifest(made), read_manifest(scratch_ / "x")).same());
}

TEST_F(ManifestPlace, IsNotThere) {
  EXPECT_EQ(refusal(scratch_ / "m"), "cannot open 'DIR/m': No such file or directory");
  EXPECT_EQ(refusal(""), "cannot open '': No such file or directory");
  EXPECT_EQ(refusal(scratch_.path()), "'DIR' holds no NAME.manifest.json");
}

TEST_F(ManifestPlace, IsAFolderWithSeveral) {
  scratch_.write("b.manifest.json", sample().dump());
  scratch_.write("a.manifest.json", sample().dump());
  EXPECT_EQ(refusal(scratch_.path()), "'DIR' holds 2 manifests");
}

TEST_F(ManifestPlace, IsNoRegularFile) {
  fs::create_directories(scratch_ / "x/y.manifest.json");
  EXPECT_EQ(refusal(scratch_ / "x"), "'DIR/x/y.manifest.json' is a folder, not a file");
  EXPECT_EQ(refusal("/dev/zero"), "'/dev/zero' is not a regular file");
}

TEST_F(ManifestPlace, HoldsAHugeFile) {
  fs::path huge = scratch_.write("m", "");
  fs::resize_file(huge, 1u << 30);
  EXPECT_EQ(refusal(huge), "'DIR/m' has 1073741824 bytes; at most 67108864 are expected here");
}

}  // namespace
}  // namespace remedia::kinds
