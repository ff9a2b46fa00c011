// Images of the example tiers, built from the stand-in medium: what is in them, and above all what
// is not.
#include "formats/win_names.h"
#include "incremental/space.h"
#include "media/wim.h"
#include "media/wim_table.h"
#include "medium/pe_file.h"
#include "support/debugger_kits.h"

#include <algorithm>
#include <map>
#include <set>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace remedia {
namespace {

using Names = std::set<std::string>;

constexpr const char* kHead = R"(
local tools, tiers = include "remedia/tools", include "remedia/tiers"
local windows = source { media = "@media/stand-in.iso", image = "winre" }
local function image(tier) return wim { name = tier.name:lower(), from = windows, tier = tier } end
)";

/// One built image.
class Image {
 public:
  Image(const Space& space, const std::string& name)
      : bytes_(space.read("out/r/" + name + "/boot.wim")),
        file_(Slice::whole(space / ("out/r/" + name + "/boot.wim")), name),
        slice_(Slice::whole(space / ("out/r/" + name + "/boot.wim"))) {
    for (const wim::Entry& entry : file_.list(1)) {
      if (entry.directory || entry.sha1.empty()) continue;
      sha1_[fold_case(entry.path)] = entry.sha1;
      contents_.insert(entry.sha1);
    }
  }

  bool has(const std::string& path) const { return sha1_.contains(fold_case(path)); }
  std::string sha1(const std::string& path) const { return sha1_.at(fold_case(path)); }
  const Names& contents() const { return contents_; }
  const std::string& bytes() const { return bytes_; }

  /// As it is stored: compressed, if that makes it smaller.
  std::string stored(const std::string& sha1) const {
    const auto blobs = wim::read_table(slice_, *wim::read_head(slice_));
    for (const wim::Blob& blob : *blobs) {
      if (wim::hex(blob.sha1) == sha1)
        return bytes_.substr(blob.resource.offset, blob.resource.stored);
    }
    ADD_FAILURE() << sha1 << " is not in the table";
    return {};
  }

 private:
  std::string bytes_;
  wim::File file_;
  Slice slice_;
  std::map<std::string, std::string> sha1_;  // by folded path
  Names contents_;
};

nlohmann::json tier_of(const Space& space, const std::string& name) {
  return nlohmann::json::parse(space.read("out/r/" + name + "/" + name + ".manifest.json"))
      .at("images")
      .at(0)
      .at("tier");
}

/// Paths of all programs and files of an image's tools.
Names tool_paths(const nlohmann::json& tier) {
  Names paths;
  for (const auto& tool : tier.at("tools")) {
    for (const std::string path : tool.at("programs")) paths.insert(path);
    for (const std::string path : tool.at("files")) paths.insert(path);
  }
  return paths;
}

class Tiers : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    space_ = new Space;
    space_->write(
        "recipes/r.lua",
        std::string(kHead) + "return { image(tiers.L1), image(tiers.L2), image(tiers.L3) }\n");
    space_->build();
  }
  static void TearDownTestSuite() { delete std::exchange(space_, nullptr); }

  static Space* space_;
};

Space* Tiers::space_ = nullptr;

// The promise of a tier: what only a higher one may have is absent, whatever it is called, and its
// compressed bytes do not lie unused in the file either.
TEST_F(Tiers, AnImageOfL1HoldsNoContentThatOnlyL3Has) {
  const Image l1(*space_, "l1");
  const Image l3(*space_, "l3");
  const Names own = tool_paths(tier_of(*space_, "l1"));
  int checked = 0;
  for (const std::string& path : tool_paths(tier_of(*space_, "l3"))) {
    // more.com shows text.
    if (own.contains(path) || path.ends_with("/more.com")) continue;
    const std::string sha1 = l3.sha1(path);
    EXPECT_FALSE(l1.has(path)) << path;
    EXPECT_FALSE(l1.contents().contains(sha1)) << path;
    const std::string stored = l3.stored(sha1);
    ASSERT_GT(stored.size(), 100U) << path;
    EXPECT_NE(l3.bytes().find(stored), std::string::npos) << path;
    EXPECT_EQ(l1.bytes().find(stored), std::string::npos) << path;
    ++checked;
  }
  EXPECT_GT(checked, 15);
}

// A real Windows has its programs in WinSxS once more, by hard link.
TEST_F(Tiers, SecondNamesOfAForbiddenProgramGoToo) {
  const Image l1(*space_, "l1");
  const Image l2(*space_, "l2");
  const Image l3(*space_, "l3");
  wim::File whole(Slice::whole(*space_ / "out/r/l3/boot.wim"), "l3");
  for (const std::string name : {"regedit.exe", "diskpart.exe", "cmd.exe", "notepad.exe"}) {
    std::vector<std::string> paths;
    for (const wim::Entry& entry : whole.list(1)) {
      if (entry.path.ends_with("/" + name)) paths.push_back(entry.path);
    }
    EXPECT_EQ(paths.size(), 2U) << name;
    for (const std::string& path : paths) {
      EXPECT_EQ(l3.sha1(path), l3.sha1(paths.front())) << path;
      EXPECT_FALSE(l1.has(path)) << path;
      EXPECT_EQ(l2.has(path), name == "cmd.exe") << path;
    }
  }
}

TEST_F(Tiers, AllThatAToolConsistsOfIsThere) {
  for (const std::string level : {"l1", "l2", "l3"}) {
    const Image image(*space_, level);
    for (const std::string& path : tool_paths(tier_of(*space_, level)))
      EXPECT_TRUE(image.has(path)) << level << ": " << path;
    EXPECT_TRUE(image.has("Remedia/remedia.exe")) << level;
    EXPECT_TRUE(image.has("Remedia/policy.txt")) << level;
  }
}

TEST_F(Tiers, NothingIsOddAboutThem) {
  EXPECT_EQ(space_->output.find("warning"), std::string::npos) << space_->output;
}

// --- tools that need files of the user ---

struct Supply {
  const char* tool;
  const char* says;
};

class Supplied : public testing::TestWithParam<Supply> {};

TEST_P(Supplied, IsRefusedWithoutFilesByItsOwnWords) {
  Space space;
  space.write("recipes/r.lua",
              fmt::format("{}return image(tier {{ name = 't', network = true, allow "
                          "= {{ tools.{} }} }})\n",
                          kHead, GetParam().tool));
  const std::string output = space.failing_build();
  EXPECT_NE(output.find("does not work yet"), std::string::npos) << output;
  EXPECT_NE(output.find(GetParam().says), std::string::npos) << output;
}

INSTANTIATE_TEST_SUITE_P(Catalogue, Supplied,
                         testing::Values(Supply{"locksmith", "Toolsx64.cab"},
                                         Supply{"file_restore", "Toolsx64.cab"},
                                         Supply{"remote_connection", "RemoteRecovery.exe"},
                                         Supply{"remote_agent", "Remedia/Agent"},
                                         Supply{"defender_scan", "Microsoft Security Client"}),
                         [](const auto& test) { return std::string(test.param.tool); });

TEST(Catalogue, CrashAnalyzerAsksForDebuggersAndSymbols) {
  Space space;
  const std::string level =
      std::string(kHead) +
      "local level = extend(tiers.L3, { allow = { tiers.L3.allow, tools.crash_analyzer } })\n";
  space.write("recipes/r.lua", level + "return image(level)\n");
  space.failing_build();
  EXPECT_NE(space.output.find("needs debuggers"), std::string::npos) << space.output;
  EXPECT_NE(space.output.find("give the wim debuggers = debuggers { ... }"), std::string::npos)
      << space.output;
  debugger_kits::write(space / "kit", debugger_kits::tools());
  space.write("recipes/r.lua",
              level + "return extend(image(level), { debuggers = debuggers { \"kit\" } })\n");
  space.failing_build();
  EXPECT_NE(space.output.find("needs symbols"), std::string::npos) << space.output;
  EXPECT_NE(space.output.find("give the wim symbols = symbols { ... }"), std::string::npos)
      << space.output;
}

std::string program(const std::string& name) {
  return medium::windows_program(name, "amd64", 2, "10.0.0.1", {"KERNEL32.dll", "USER32.dll"});
}

// As somebody has it who owns DaRT and the Debugging Tools: here with stand-ins.
TEST(Catalogue, EverythingBuildsOnceItIsSupplied) {
  Space space;
  space.write("dart/sources/recovery/tools/MSDartTools.exe", program("MSDartTools.exe"));
  space.write("dart/Windows/System32/RemoteRecovery.exe", program("RemoteRecovery.exe"));
  const ProcessResult packed =
      space.run({"sh", "-c",
                 "cd dart && gcab -c ../Toolsx64.cab sources/recovery/tools/MSDartTools.exe "
                 "Windows/System32/RemoteRecovery.exe"});
  ASSERT_EQ(packed.status, 0) << packed.output;
  space.write("mine/agent.exe", program("agent.exe"));
  space.write("mine/scanner/OfflineScannerShell.exe", program("OfflineScannerShell.exe"));
  space.write("mine/definitions/mpam-feX64.exe", program("mpam-feX64.exe"));
  debugger_kits::write(space / "mine/kit",
                       debugger_kits::tools({.folder = "Windows Kits/10/Debuggers/x64"}));
  space.write("mine/symbols/ntkrnlmp.pdb/0123/ntkrnlmp.pdb", "symbols");
  space.write("recipes/r.lua", std::string(kHead) + R"(
local dart = { files = { "./../Toolsx64.cab" } }
local all = extend(tiers.L3, {
  allow = {
    tiers.L3.allow, extend(tools.locksmith, dart), extend(tools.file_restore, dart),
    tools.crash_analyzer,
    extend(tools.defender_scan, { files = { overlay {
      "./../mine/scanner", to = "Program Files/Microsoft Security Client" } } }),
    -- Files of one's own serve as well as the words symbols and defender.
    tool { id = "symbols", title = "Symbols", description = "A store.", risk = "low",
           files = { overlay { "./../mine/symbols", to = "Symbols" } }, provides = { "symbols" } },
    tool { id = "definitions", title = "Definitions", description = "As they come.", risk = "low",
           files = { "./../mine/definitions" }, provides = { "definitions" } },
  },
  remote = { agent = extend(tools.remote_connection, dart), port = 3388 },
})
local own = extend(tiers.L1, {
  name = "own",
  remote = { agent = extend(tools.remote_agent, {
    files = { overlay { "./../mine/agent.exe", to = "Remedia/Agent" } } }) },
})
return { extend(image(all), { debuggers = debuggers { "mine/kit" } }), image(own) }
)");
  space.build();
  const Image all(space, "l3");
  EXPECT_TRUE(all.has("sources/recovery/tools/MSDartTools.exe"));
  for (const char* name : {"Debuggers/cdb.exe", "Debuggers/dbgeng.dll", "Debuggers/winext/ext.dll",
                           "Remedia/Tools/crash-analyzer.cmd"})
    EXPECT_TRUE(all.has(name)) << name;
  EXPECT_FALSE(all.has("Debuggers/windbg.exe"));
  EXPECT_TRUE(all.has("Symbols/ntkrnlmp.pdb/0123/ntkrnlmp.pdb"));
  EXPECT_TRUE(all.has("mpam-feX64.exe"));
  EXPECT_TRUE(Image(space, "own").has("Remedia/Agent/agent.exe"));
}

// forbid and allow that contradict each other are found before anything is built.
TEST(Catalogue, ATierCannotForbidWhatItAllows) {
  Space space;
  space.write(
      "recipes/r.lua",
      std::string(kHead) + "return image(extend(tiers.L3, { forbid = 'Windows/regedit.exe' }))\n");
  EXPECT_NE(space.failing_build().find("is forbidden, but the tool 'registry-editor'"),
            std::string::npos)
      << space.output;
}

}  // namespace
}  // namespace remedia
