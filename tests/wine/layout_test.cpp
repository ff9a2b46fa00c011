// Nothing is clipped, nothing overlaps: every kind of page at 96, 144 and 192 dpi in a window of
// 800 by 600, in both languages, with texts as long as they may be. Pictures of them are taken for
// people to look at.
#include "wine/pc.h"

#include <algorithm>
#include <fstream>
#include <tuple>

#include <gtest/gtest.h>

namespace remedia::wine {
namespace {

constexpr const char* kPassword = "000011-720885-123123-000000-110000-654324-000022-099000";
constexpr const char* kKeyId = "6E2B4A1C-0000-4111-8222-ABCDEF012345";

// `size` characters of words, none of which fits a width by itself.
std::string words(std::size_t size) {
  std::string text;
  while (text.size() < size) text += "Wiederherstellung ";
  text.resize(size);
  if (text.back() == ' ') text.back() = 'x';
  return text;
}

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

// Titles of 60, groups of 40 and descriptions of 300 characters.
std::string long_tools() {
  std::string text;
  for (const char* risk : {"destructive", "high", "data", "low"}) {
    text += std::string("[tool ") + risk + "]\ntitle = " + words(60) +
            "\ndescription = " + words(300) + "\ngroup = " + words(38) + " " + risk[0] +
            "\nrisk = " + risk + "\ncommand = X:\\\\Tools\\\\none.exe\n";
  }
  return text;
}

// What the image knows, as long as it can be: it is on every page.
constexpr const char* kEvidence =
    "definitions = 65535.65535.65535.65535\ndefinitions_date = 2026-11-20\n"
    "definitions_until = 2026-12-04\ndebuggers = 65535.65535.65535.65535\n"
    "symbols = 999999999\n";

bool overlap(const Box& a, const Box& b) {
  return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
}

void check_box(const Box& box, const Box& client) {
  EXPECT_GE(box.left, 0);
  EXPECT_GE(box.top, 0);
  EXPECT_LE(box.right, client.right);
  EXPECT_LE(box.bottom, client.bottom);
  const bool empty = (box.id == kMark || box.id == kTitle) && box.height == 0;
  if (empty) return;
  EXPECT_GT(box.right, box.left);
  EXPECT_GT(box.bottom, box.top);
  // What scrolls still shows a line; a list and its details are worth looking at.
  const bool view = box.id == kList || box.id == kDetail || box.id == kOutput;
  EXPECT_GE(box.bottom - box.top, view ? 60 : 12);
  if (box.scrolls || box.id == kList) return;
  EXPECT_LE(box.width, box.right - box.left);
  EXPECT_LE(box.height, box.bottom - box.top);
}

void check_layout(Pc& pc, const std::string& page) {
  const std::vector<Box> boxes = pc.boxes();
  ASSERT_GT(boxes.size(), 3U) << page;
  for (std::size_t i = 1; i < boxes.size(); ++i) {
    const Box& box = boxes[i];
    SCOPED_TRACE(page + ", control " + std::to_string(box.id));
    if (box.id >= kFirstRow) {
      EXPECT_LE(box.width, box.right);
      EXPECT_LE(box.height, box.bottom);
      continue;
    }
    check_box(box, boxes[0]);
    for (std::size_t j = i + 1; j < boxes.size() && boxes[j].id < kFirstRow; ++j) {
      EXPECT_FALSE(overlap(box, boxes[j])) << "and control " << boxes[j].id;
    }
  }
}

class WineLayout : public testing::TestWithParam<std::tuple<const char*, const char*>> {
 protected:
  bool german() const { return std::get<0>(GetParam()) == std::string("de"); }
  std::string said(const char* english, const char* in_german) const {
    return german() ? in_german : english;
  }
  void start(const std::string& head, const std::string& some_tools, const std::string& now,
             std::vector<std::string> more = {}) {
    const auto [language, dpi] = GetParam();
    pc.write("Remedia/policy.txt",
             policy(head + kEvidence + "language = " + language + "\n", some_tools));
    std::vector<std::string> arguments = {"--now", now, "--dpi", dpi, "--size", "800x600"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    pc.start(arguments);
  }
  void check(const std::string& heading, const std::string& page) {
    pc.wait_for(heading);
    check_layout(pc, page);
    const auto [language, dpi] = GetParam();
    pc.picture(page + "-" + language + "-" + dpi);
  }
  void back() { pc.probe({"key", "27"}); }

  Pc pc;
};

TEST_P(WineLayout, OfWhatATechnicianSees) {
  std::filesystem::create_directories(pc.d() / "Windows/System32/config");
  std::ofstream(pc.d() / "Windows/System32/config/SOFTWARE") << "no hive";
  std::ofstream(pc.d() / ".windows-label") << "Lokaler Datenträger\n";
  start(
      "keyboards = 0409:00000409, 0407:00000407\nnetwork = yes\n"
      "remote_agent = X:\\\\Tools\\\\agent.exe {ticket}\nremote_message = Call 4711 first.\n",
      tools(), "2026-11-21");
  pc.add_program("Tools/agent.exe");
  pc.write("agent.txt", "wait\n");
  check(said("Keyboard", "Tastatur"), "keyboard");
  pc.probe({"key", "13"});
  check("Contoso recovery", "menu");
  pc.choose("Disk Wipe");
  pc.probe({"key", "13"});
  check("Disk Wipe", "question");
  back();
  pc.wait_for("Contoso recovery");
  pc.choose(said("Choose Windows installation", "Windows-Installation wählen"));
  pc.probe({"key", "13"});
  check(said("Choose Windows installation", "Windows-Installation wählen"), "windows");
  back();
  pc.wait_for("Contoso recovery");
  const std::string remote = said("Remote Connection", "Fernhilfe");
  pc.choose(remote);
  pc.probe({"key", "13"});
  check(remote, "consent");
  pc.press(said("Allow", "Zulassen"));
  pc.wait_for_text(kLead, "Ticket:");
  check(remote, "remote");
}

TEST_P(WineLayout, OfLongTexts) {
  start("title = " + words(60) + "\ncontact = " + words(200) + "\ngrace_days = 365\n" +
            "network = yes\nremote_agent = X:\\\\Tools\\\\agent.exe {ticket}\nremote_title = " +
            words(60) + "\nremote_message = " + words(2048) + "\n",
        long_tools(), "2027-01-20");
  pc.add_program("Tools/agent.exe");
  pc.write("agent.txt", "wait\n");
  check(words(60), "long-menu");
  pc.choose(words(60));
  pc.probe({"choose", "1"});
  pc.probe({"key", "13"});
  pc.wait_for_text(kText, said("A helper will see", "Ein Helfer sieht"));
  check(words(60), "long-consent");
  pc.press(said("Allow", "Zulassen"));
  pc.wait_for_text(kLead, "Ticket:");
  check(words(60), "long-remote");
  pc.press(said("Back", "Zurück"));
  pc.wait_for_text(kMark, said("Changes the system", "Ändert das System"));
  pc.probe({"choose", "3"});
  pc.press(said("Start", "Starten"));
  pc.wait_for_text(kText, said("destroys data", "vernichtet Daten"));
  check(words(60), "long-question");
}

TEST_P(WineLayout, OfBitlocker) {
  pc.write("manage-bde.txt", std::string("output ID: {") + kKeyId + "}\nexit -unlock 5\n");
  start("bitlocker = yes\n", tools(), "2026-11-21", {"--locked", "D:"});
  pc.wait_for("Contoso recovery");
  const std::string title = said("Unlock BitLocker drive", "BitLocker-Laufwerk entsperren");
  pc.choose(title);
  pc.probe({"key", "13"});
  check(title, "bitlocker");
  EXPECT_NE(pc.text_of(kDetail).find(kKeyId), std::string::npos);
  pc.probe({"type", kPassword});
  pc.press(said("Unlock", "Entsperren"));
  pc.wait_for_text(kText, "(5)");
  check(title, "bitlocker-failed");
}

TEST_P(WineLayout, OfWhatAToolPrints) {
  pc.add_program("Tools/i.exe");
  pc.write("i.txt",
           "bytes 0D0A\noutput Windows IP Configuration\nbytes 0D0A\n"
           "output    Host Name . . . . . . . . . . . . : MININT-K4711\n"
           "output    IPv4 Address. . . . . . . . . . . : 192.168.178.42(Preferred)\n"
           "repeat 90 Volume{00000000-0000-0000-0000-100000000000}" +
               std::string(200, 'x') + "\nwait\nexit * 3\n");
  const std::string title = "TCP/IP configuration";
  start("", tool("ip", title, "Network", "low", "X:\\\\Tools\\\\i.exe", "show = output\n"),
        "2026-11-21");
  pc.wait_for("Contoso recovery");
  pc.choose(title);
  pc.probe({"key", "13"});
  check(title, "working");
  pc.let_go();
  pc.wait_for_text(kText, "3.");
  check(title, "output");
}

TEST_P(WineLayout, OfLongOutput) {
  pc.add_program("Tools/i.exe");
  pc.write("i.txt", "repeat 50 " + std::string(5000, 'x') + "\nexit * 99999\n");
  start("",
        tool(std::string(64, 'i'), words(60), "Network", "low", "X:\\\\Tools\\\\i.exe",
             "show = output\n"),
        "2026-11-21");
  pc.wait_for("Contoso recovery");
  pc.probe({"choose", "1"});
  pc.probe({"key", "13"});
  pc.wait_for_text(kText, "0x0001869F");
  check(words(60), "long-output");
}

TEST_P(WineLayout, OfAnExpiredImage) {
  start("contact = " + words(200) + "\n", tools(), "2027-01-20");
  check(said("This image has expired", "Dieses Abbild ist abgelaufen"), "expired");
}

TEST_P(WineLayout, OfAWrongClock) {
  start("contact = " + words(200) + "\n", tools(), "2003-01-20");
  check(said("The clock of this PC is wrong", "Die Uhr dieses PCs geht falsch"), "clock");
}

TEST_P(WineLayout, OfABadPolicy) {
  std::string wrong;
  for (int i = 0; i < 60; ++i) wrong += "wrong" + std::to_string(i) + " = x\n";
  start(wrong, tools(), "2026-11-21");
  check(said("This image cannot be used", "Dieses Abbild kann nicht benutzt werden"), "bad-policy");
}

TEST_P(WineLayout, OfACrash) {
  pc.write("Remedia/running.txt", "starting scan\r\nexception 0xC0000005");
  start("contact = " + words(200) + "\n", tools(), "2026-11-21", {"--after"});
  check(said("The menu ended unexpectedly", "Das Menü wurde unerwartet beendet"), "crash");
}

TEST_P(WineLayout, BelowWindowsOwnMenu) {
  start("shell = winre\n", tools(), "2027-01-20");
  check("Contoso recovery", "winre");
}

INSTANTIATE_TEST_SUITE_P(Sizes, WineLayout,
                         testing::Combine(testing::Values("en", "de"),
                                          testing::Values("96", "144", "192")));

}  // namespace
}  // namespace remedia::wine
