// Nothing is clipped, nothing overlaps: every page at 96, 144 and 192 dpi in a window of 800 by
// 600, in both languages. Pictures of them are taken for people to look at.
#include "wine/pc.h"

#include <tuple>

#include <gtest/gtest.h>

namespace remedia::wine {
namespace {

std::string tools() {
  return tool("wipe", "Disk Wipe", "Disk", "destructive", "X:\\\\Tools\\\\wipe.exe") +
         tool("commander", "Disk Commander", "Disk", "high", "X:\\\\Tools\\\\c.exe") +
         tool("registry", "Registry Editor", "Windows", "high", "X:\\\\Tools\\\\r.exe",
              "needs = windows\n") +
         tool("sfc", "System File Repair Wizard", "Windows", "high", "X:\\\\Tools\\\\s.exe",
              "needs = windows\n") +
         tool("search", "File Search", "Files", "data", "X:\\\\Tools\\\\f.exe") +
         tool("ip", "TCP/IP configuration", "Network", "low", "X:\\\\Tools\\\\i.exe");
}

bool overlap(const Box& a, const Box& b) {
  return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
}

void check_layout(Pc& pc) {
  const std::vector<Box> boxes = pc.boxes();
  ASSERT_GT(boxes.size(), 3U);
  const Box& client = boxes[0];
  for (std::size_t i = 1; i < boxes.size(); ++i) {
    const Box& box = boxes[i];
    SCOPED_TRACE("control " + std::to_string(box.id));
    EXPECT_GE(box.left, 0);
    EXPECT_GE(box.top, 0);
    EXPECT_LE(box.right, client.right);
    EXPECT_LE(box.bottom, client.bottom);
    EXPECT_GT(box.right, box.left);
    EXPECT_GT(box.bottom, box.top);
    if (!box.scrolls && box.id != kList && box.id != kDetail && box.id != kField) {
      EXPECT_LE(box.width, box.right - box.left);
      EXPECT_LE(box.height, box.bottom - box.top);
    }
    for (std::size_t j = i + 1; j < boxes.size(); ++j) {
      EXPECT_FALSE(overlap(box, boxes[j])) << "and control " << boxes[j].id;
    }
  }
}

class WineLayout : public testing::TestWithParam<std::tuple<const char*, const char*>> {
 protected:
  void start(Pc& pc, const std::string& now) {
    const auto [language, dpi] = GetParam();
    const std::string lines = std::string("language = ") + language +
                              "\nbitlocker = yes\nnetwork = yes\nremote_agent = X:\\\\a.exe\n";
    pc.write("Remedia/policy.txt", policy(lines, tools()));
    pc.start({"--now", now, "--dpi", dpi, "--size", "800x600"});
  }
  void picture(Pc& pc, const std::string& page) {
    const auto [language, dpi] = GetParam();
    pc.picture(page + "-" + language + "-" + dpi);
  }
};

TEST_P(WineLayout, OfTheMenuAndTheQuestion) {
  Pc pc;
  start(pc, "2026-11-21");
  pc.wait_for("Contoso recovery");
  check_layout(pc);
  pc.choose("Disk Wipe");
  picture(pc, "menu");
  pc.probe({"key", "13"});
  pc.wait_for("Disk Wipe");
  check_layout(pc);
  picture(pc, "question");
}

TEST_P(WineLayout, OfAnExpiredImage) {
  Pc pc;
  start(pc, "2027-01-20");
  pc.wait_for(std::get<0>(GetParam()) == std::string("en") ? "This image has expired"
                                                           : "Dieses Abbild ist abgelaufen");
  check_layout(pc);
  picture(pc, "expired");
}

INSTANTIATE_TEST_SUITE_P(Sizes, WineLayout,
                         testing::Combine(testing::Values("en", "de"),
                                          testing::Values("96", "144", "192")));

}  // namespace
}  // namespace remedia::wine
