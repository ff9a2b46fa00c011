// What leaves the house, on the PC: images of the example tiers are built from the stand-in medium,
// and the launcher runs with the policy that was put into each.

#include "incremental/space.h"
#include "media/wim.h"
#include "wine/pc.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace remedia::wine {
namespace {

using Words = std::vector<std::string>;

constexpr const char* kRecipe = R"(
local tiers = include "remedia/tiers"
local windows = source { media = "@media/stand-in.iso", image = "winre" }
local function image(level)
  return wim { name = level.name:lower(), title = "Help desk " .. level.name, from = windows,
               tier = extend(level, { expires = "30d", contact = "Help desk, extension 100" }) }
end
return { image(tiers.L1), image(tiers.L2), image(tiers.L3) }
)";

/// The three images, built once for all tests here.
const Space& images() {
  static const Space* space = [] {
    auto* made = new Space;
    made->write("recipes/r.lua", kRecipe);
    made->build({"-D", "as_of=2026-11-20", "recipes/r.lua"});
    return made;
  }();
  return *space;
}

nlohmann::json tier_of(const std::string& name) {
  return nlohmann::json::parse(images().read("out/r/" + name + "/" + name + ".manifest.json"))
      .at("images")
      .at(0)
      .at("tier");
}

// What the image has of ours; programs of Windows are the fixture's stand-ins, which can run.
void install(Pc& pc, const std::string& name) {
  fs::path file = images() / ("out/r/" + name + "/boot.wim");
  wim::File image(Slice::whole(file), name);
  for (const wim::Entry& entry : image.list(1)) {
    if (entry.directory || !entry.path.starts_with("Remedia/")) continue;
    fs::create_directories((pc.x() / entry.path).parent_path());
    image.extract(1, entry, pc.x() / entry.path);
  }
}

// The menu as the manifest has it.
Words menu_of(const nlohmann::json& tier) {
  Words rows = {"This PC", "Choose Windows installation"};
  if (tier.at("bitlocker").get<bool>()) rows.push_back("Unlock BitLocker drive");
  std::string group;
  for (const auto& tool : tier.at("tools")) {
    if (!tool.contains("command")) continue;
    if (tool.at("group") != group) {
      group = tool.at("group");
      rows.push_back(group);
    }
    rows.push_back(tool.at("title"));
  }
  return rows;
}

class WineTiers : public testing::TestWithParam<const char*> {};

TEST_P(WineTiers, ShowExactlyTheirTools) {
  Pc pc;
  install(pc, GetParam());
  pc.start({"--now", "2026-11-21"});
  std::string title = std::string("Help desk ") + (GetParam()[1] == '1'   ? "L1"
                                                   : GetParam()[1] == '2' ? "L2"
                                                                          : "L3");
  pc.wait_for(title);
  Words rows = pc.rows();
  Words expected = menu_of(tier_of(GetParam()));
  EXPECT_EQ(rows, expected);
  EXPECT_EQ(pc.buttons(), (Words{"Start", "Restart", "Shut down"}));
  std::string stamp = pc.text_of(kStamp);
  EXPECT_NE(stamp.find("expires 2026-12-20"), std::string::npos) << stamp;
  EXPECT_NE(stamp.find(tier_of(GetParam()).at("revision").get<std::string>()), std::string::npos)
      << stamp;
  pc.picture(std::string("tier-") + GetParam());
}

TEST_P(WineTiers, RefuseAfterTheirLastDay) {
  Pc pc;
  install(pc, GetParam());
  pc.start({"--now", "2026-12-21"});
  pc.wait_for("This image has expired");
  EXPECT_EQ(pc.buttons(), (Words{"Restart", "Shut down"}));
  EXPECT_EQ(pc.rows(), Words{});
  std::string text = pc.text_of(kText);
  EXPECT_NE(text.find("2026-12-20"), std::string::npos) << text;
  EXPECT_NE(text.find("Help desk, extension 100"), std::string::npos) << text;
}

INSTANTIATE_TEST_SUITE_P(Of, WineTiers, testing::Values("l1", "l2", "l3"),
                         [](const auto& test) { return std::string(test.param); });

// The tests above start the program that has switches for tests; in the image is the shipped one.
TEST(WineTier, TheImageHasTheShippedProgram) {
  Pc pc;
  install(pc, "l2");
  std::string shipped =
      read_file(fs::path(REMEDIA_LAUNCHER_SHIPPED) / "amd64/remedia.exe", 1 << 20);
  EXPECT_EQ(pc.read("Remedia/remedia.exe"), shipped);
}

}  // namespace
}  // namespace remedia::wine
