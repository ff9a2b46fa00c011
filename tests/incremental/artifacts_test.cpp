// usb, wds and partition beside the ISO: what runs again after which change, and what independent
// readers find in the results.

#include "incremental/space.h"
#include "support/digest.h"

#include <algorithm>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace remedia {
namespace {

using Stages = std::set<std::string>;

constexpr std::string_view kRecipe = R"(
local windows = source { media = "@media/stand-in.iso", image = "winre" }
local boot = wim { name = "helpdesk", title = "Help desk", from = windows, overlays = { "common" },
                   shell = "winre" }
return {
  iso { boot = boot },
  usb { boot = boot, data = { "data" } },
  wds { boot = boot, anonymous = true },
  partition { boot = boot },
}
)";

const std::string kFolder = "out/r/helpdesk/";

class AllWaysOut : public testing::Test {
 protected:
  AllWaysOut() {
    space_.write("recipes/r.lua", kRecipe);
    space_.write("overlays/data/logs/readme.txt", "logs go here\n");
  }

  void replace(const std::string& from, const std::string& to) {
    std::string recipe = space_.read("recipes/r.lua");
    recipe.replace(recipe.find(from), from.size(), to);
    space_.write("recipes/r.lua", recipe);
  }

  std::string path(const std::string& name) const { return (space_ / (kFolder + name)).string(); }
  std::string run(const std::vector<std::string>& argv) const {
    ProcessResult result = space_.run(argv);
    EXPECT_EQ(result.status, 0) << shell_quoted(argv) << "\n" << result.output;
    return result.output;
  }
  /// The only volume of that kind in the manifest.
  nlohmann::json volume(std::string_view kind) const {
    auto manifest = nlohmann::json::parse(space_.read(kFolder + "helpdesk.manifest.json"));
    for (const auto& volume : manifest.at("volumes")) {
      if (volume.at("kind") == kind) return volume;
    }
    ADD_FAILURE() << "no volume of kind " << kind;
    return {};
  }

  Space space_;
};

TEST_F(AllWaysOut, ComeFromOneImage) {
  Stages stages = space_.build();
  EXPECT_EQ(std::count_if(stages.begin(), stages.end(),
                          [](const std::string& s) { return s.starts_with("WIM "); }),
            1);
  for (const char* stage :
       {"USB r/helpdesk", "WDS r/helpdesk", "PARTITION r/helpdesk", "RECOVERY r/helpdesk",
        "COPY r/helpdesk/wds/tftp/Boot/boot.wim", "COPY r/helpdesk/recovery/winre.wim"})
    EXPECT_TRUE(stages.contains(stage)) << stage << " is not in\n" << space_.output;
  EXPECT_EQ(space_.build(), Stages{});
  std::string wim = sha256(Slice::whole(path("boot.wim")));
  EXPECT_EQ(sha256(Slice::whole(path("wds/tftp/Boot/boot.wim"))), wim);
  EXPECT_EQ(sha256(Slice::whole(path("recovery/winre.wim"))), wim);
  EXPECT_EQ(volume("wds").at("firmware"), (nlohmann::json{"bios", "uefi"}));
}

TEST_F(AllWaysOut, RunOneStageForOneField) {
  space_.build();
  replace("usb { boot = boot,", "usb { boot = boot, label = \"NEW\",");
  EXPECT_EQ(space_.ninja(), (Stages{"GRAPH", "USB r/helpdesk", "MANIFEST r/helpdesk"}));
  replace("partition { boot = boot", "partition { boot = boot, label = \"New\"");
  EXPECT_EQ(space_.ninja(), (Stages{"GRAPH", "PARTITION r/helpdesk", "MANIFEST r/helpdesk"}));
  replace("anonymous = true", "anonymous = true, timeout = 5");
  EXPECT_EQ(space_.ninja(), (Stages{"GRAPH", "WDS r/helpdesk", "MANIFEST r/helpdesk"}));
  EXPECT_EQ(space_.ninja(), Stages{});
}

TEST_F(AllWaysOut, FollowTheImage) {
  space_.build();
  auto before = artifacts_of(space_ / "out");
  space_.write("overlays/common/Tools/hello.txt", "hullo\n");
  Stages stages = space_.ninja();
  EXPECT_TRUE(stages.contains("WIM r/helpdesk"));
  for (const char* stage : {"ISO r/helpdesk", "USB r/helpdesk", "WDS r/helpdesk",
                            "PARTITION r/helpdesk", "RECOVERY r/helpdesk"})
    EXPECT_TRUE(stages.contains(stage)) << stage;
  std::string wim = sha256(Slice::whole(path("boot.wim")));
  EXPECT_EQ(sha256(Slice::whole(path("recovery/winre.wim"))), wim);
  EXPECT_NE(space_.read(kFolder + "recovery/Deploy-RecoveryImage.ps1").find(wim),
            std::string::npos);
  space_.write("overlays/common/Tools/hello.txt", "hello\n");
  space_.ninja();
  EXPECT_EQ(artifacts_of(space_ / "out"), before) << "the way back gives the same bits";
}

TEST_F(AllWaysOut, DataAreOfTheStickAlone) {
  space_.build();
  space_.write("overlays/data/logs/more.txt", "more\n");
  EXPECT_EQ(space_.ninja(), (Stages{"OVERLAY data", "USB r/helpdesk", "MANIFEST r/helpdesk"}));
  space_.touch("overlays/data/logs/more.txt");
  EXPECT_EQ(space_.ninja(), (Stages{"OVERLAY data"}));
}

TEST_F(AllWaysOut, AreEachMadeAgainWhenDeleted) {
  space_.build();
  auto before = artifacts_of(space_ / "out");
  struct {
    const char* file;
    Stages stages;
  } cases[] = {
      {"helpdesk.usb.img", {"USB r/helpdesk", "MANIFEST r/helpdesk"}},
      {"helpdesk.recovery.img", {"PARTITION r/helpdesk", "MANIFEST r/helpdesk"}},
      {"recovery/boot.sdi", {"RECOVERY r/helpdesk", "MANIFEST r/helpdesk"}},
      {"recovery/winre.wim", {"COPY r/helpdesk/recovery/winre.wim", "MANIFEST r/helpdesk"}},
      {"wds/tftp/Boot/BCD", {"WDS r/helpdesk", "MANIFEST r/helpdesk"}},
      {"wds/tftp/EFI/Microsoft/Boot/Fonts/wgl4_boot.ttf",
       {"WDS r/helpdesk", "MANIFEST r/helpdesk"}},
  };
  for (const auto& c : cases) {
    fs::remove(path(c.file));
    EXPECT_EQ(space_.ninja(), c.stages) << c.file;
  }
  EXPECT_EQ(artifacts_of(space_ / "out"), before);
}

TEST_F(AllWaysOut, HaveTargetsOfTheirOwn) {
  space_.build();
  fs::remove_all(space_ / "out/r");
  space_.ninja({"helpdesk.recovery"});
  EXPECT_TRUE(fs::exists(path("recovery/Deploy-RecoveryImage.ps1")));
  EXPECT_FALSE(fs::exists(path("helpdesk.recovery.img")));
  space_.ninja({"helpdesk.wds"});
  EXPECT_TRUE(fs::exists(path("wds/tftp/Boot/boot.wim")));
  space_.ninja({"helpdesk.usb.img"});
  EXPECT_TRUE(fs::exists(path("helpdesk.usb.img")));
  EXPECT_FALSE(fs::exists(path("helpdesk.iso")));
}

/// The path of a file of a FAT volume as mtools takes it.
std::vector<std::string> mtools(const std::string& program, const std::string& image,
                                const std::string& what) {
  return {program, "-i", image + "@@1M", "::" + what};
}

TEST_F(AllWaysOut, StickHoldsWhatTheManifestSays) {
  space_.build();
  std::string image = path("helpdesk.usb.img");
  nlohmann::json usb = volume("usb");
  EXPECT_EQ(usb.at("firmware"), (nlohmann::json{"bios", "uefi"}));
  EXPECT_EQ(usb.at("size"), fs::file_size(image));
  for (const auto& file : usb.at("files")) {
    std::string target = file.at("path");
    if (target == "sources/boot.wim") continue;
    std::vector<std::string> argv = mtools("mcopy", image, "/" + target);
    argv.push_back(path("copy"));
    argv.insert(argv.begin() + 1, "-n");
    run(argv);
    EXPECT_EQ(sha256(Slice::whole(path("copy"))), file.at("sha256")) << target;
    fs::remove(path("copy"));
  }
  std::vector<std::string> argv = mtools("mcopy", image, "/sources/boot.wim");
  argv.push_back(path("copy"));
  run(argv);
  EXPECT_EQ(sha256(Slice::whole(path("copy"))), sha256(Slice::whole(path("boot.wim"))));
  std::string table = run({"sfdisk", "--dump", image});
  EXPECT_NE(table.find("label: dos"), std::string::npos) << table;
  EXPECT_NE(table.find("start=        2048"), std::string::npos) << table;
  EXPECT_NE(table.find("type=c, bootable"), std::string::npos) << table;
  EXPECT_NE(table.find("type=7"), std::string::npos) << table;
  run({"dd", "if=" + image, "of=" + path("fat"), "bs=1M", "skip=1", "conv=sparse",
       fmt::format("count={}", usb.at("partitions")[0].at("size").get<std::uint64_t>() >> 20)});
  std::string verdict = run({"fsck.fat", "-n", path("fat")});
  EXPECT_EQ(verdict.find("differ"), std::string::npos) << verdict;
  const auto& data = usb.at("partitions")[1];
  run({"dd", "if=" + image, "of=" + path("exfat"), "bs=1M", "conv=sparse",
       fmt::format("skip={}", data.at("offset").get<std::uint64_t>() >> 20)});
  EXPECT_NE(run({"fsck.exfat", "-n", path("exfat")}).find("clean"), std::string::npos);
}

TEST_F(AllWaysOut, StickWithLargeSectorsAndGpt) {
  replace("usb { boot = boot,",
          "usb { boot = boot, layout = \"gpt\", sector_size = 4096, size = \"600MiB\", "
          "data_filesystem = \"ntfs\",");
  space_.build();
  std::string image = path("helpdesk.usb.img");
  EXPECT_EQ(fs::file_size(image), 600u << 20);
  EXPECT_EQ(volume("usb").at("firmware"), (nlohmann::json{"uefi"}));
  std::string table = run({"fdisk", "-b", "4096", "-l", image});
  EXPECT_NE(table.find("Disklabel type: gpt"), std::string::npos) << table;
  EXPECT_NE(table.find("helpdesk.usb.img2"), std::string::npos) << table;
  std::string header = space_.read(kFolder + "helpdesk.usb.img").substr(4096, 8);
  EXPECT_EQ(header, "EFI PART");
  const auto data = volume("usb").at("partitions")[1];
  run({"dd", "if=" + image, "of=" + path("ntfs"), "bs=1M", "conv=sparse",
       fmt::format("skip={}", data.at("offset").get<std::uint64_t>() >> 20),
       fmt::format("count={}", data.at("size").get<std::uint64_t>() >> 20)});
  EXPECT_EQ(run({"ntfscat", "-f", path("ntfs"), "logs/readme.txt"}), "logs go here\n");
}

TEST_F(AllWaysOut, RecoveryPartitionHoldsTheImageHidden) {
  space_.build();
  std::string image = path("helpdesk.recovery.img");
  nlohmann::json partition = volume("partition");
  std::uint64_t wim = fs::file_size(path("boot.wim"));
  const auto& rule = partition.at("size_by_rule");
  EXPECT_EQ(rule.at("image"), wim);
  EXPECT_EQ(rule.at("with_headroom").get<std::uint64_t>(),
            wim + rule.at("boot_sdi").get<std::uint64_t>() +
                rule.at("file_system").get<std::uint64_t>() + (250u << 20));
  EXPECT_EQ(rule.at("least"), 500u << 20) << "the floor, for a small image";
  EXPECT_EQ(partition.at("size"), fs::file_size(image));
  std::string listing = run({"ntfsls", "-a", "-l", "-f", "-p", "/Recovery/WindowsRE", image});
  for (const char* name : {"winre.wim", "boot.sdi", "ReAgent.xml"}) {
    EXPECT_NE(listing.find(name), std::string::npos) << listing;
    std::string facts =
        run({"ntfsinfo", "-f", "-F", std::string("/Recovery/WindowsRE/") + name, image});
    EXPECT_NE(facts.find("SYSTEM"), std::string::npos) << facts;
    EXPECT_NE(facts.find("HIDDEN"), std::string::npos) << facts;
  }
  EXPECT_EQ(sha256(run({"ntfscat", "-f", image, "Recovery/WindowsRE/winre.wim"})),
            sha256(Slice::whole(path("boot.wim"))));
  run({"ntfsfix", "-n", image});
}

TEST_F(AllWaysOut, AreTheSameBitsEverywhere) {
  space_.build();
  auto here = artifacts_of(space_ / "out");
  Space other;
  other.write("recipes/r.lua", kRecipe);
  other.write("overlays/data/logs/readme.txt", "logs go here\n");
  other.environment["TZ"] = "Pacific/Kiritimati";
  other.environment["LC_ALL"] = "C";
  other.environment["MTOOLSRC"] = "/dev/null";
  other.build({"recipes/r.lua", "--", "-j1"});
  EXPECT_EQ(artifacts_of(other / "out"), here);
}

TEST_F(AllWaysOut, LeaveNothingOfAnOlderRecipeToBeServed) {
  space_.write("recipes/r.lua", R"(
local windows = source { media = "@media/stand-in.iso", image = "winre" }
local first = wim { name = "first", from = windows }
local second = wim { name = "second", from = windows, overlays = { "common" } }
return wds { name = "helpdesk", boot = { first, second }, anonymous = true }
)");
  space_.build();
  ASSERT_TRUE(fs::exists(path("wds/tftp/Boot/boot2.wim")));
  ASSERT_TRUE(fs::exists(path("wds/tftp/Boot/x64/pxeboot.n12")));
  space_.write(kFolder + "wds/tftp/wimboot", "of the user");
  replace("{ first, second }", "first, firmware = \"uefi\"");
  space_.ninja();
  EXPECT_FALSE(fs::exists(path("wds/tftp/Boot/boot2.wim")));
  EXPECT_FALSE(fs::exists(path("wds/tftp/Boot/x64/pxeboot.n12")));
  EXPECT_TRUE(fs::exists(path("wds/tftp/Boot/boot.wim")));
  EXPECT_TRUE(fs::exists(path("wds/tftp/wimboot")));
  fs::remove(path("wds/tftp/wimboot"));
  auto after = artifacts_of(space_ / "out");
  fs::remove_all(space_ / "out");
  space_.build();
  auto clean = artifacts_of(space_ / "out");
  std::erase_if(after, [](const auto& file) { return file.first.starts_with("r/second/"); });
  EXPECT_EQ(after, clean);
}

TEST_F(AllWaysOut, ShareNoNumbers) {
  space_.write("recipes/r.lua", R"(
local windows = source { media = "@media/stand-in.iso", image = "winre" }
local boot = wim { name = "helpdesk", from = windows }
return { usb { boot = boot, data = "common" },
         usb { boot = boot, data = "common", name = "second", label = "HELPDESK" } }
)");
  space_.build();
  std::string first = space_.read("out/r/helpdesk/helpdesk.usb.img").substr(0, 2u << 20);
  std::string second = space_.read("out/r/second/second.usb.img").substr(0, 2u << 20);
  EXPECT_NE(first.substr(0x1b8, 4), second.substr(0x1b8, 4)) << "disk signatures";
  EXPECT_NE(first.substr((1u << 20) + 0x43, 4), second.substr((1u << 20) + 0x43, 4)) << "serials";
  space_.write("overlays/common/Tools/hello.txt", "hullo\n");
  space_.build();
  std::string other = space_.read("out/r/helpdesk/helpdesk.usb.img").substr(0, 2u << 20);
  EXPECT_NE(first.substr(0x1b8, 4), other.substr(0x1b8, 4)) << "of other data";
}

}  // namespace
}  // namespace remedia
