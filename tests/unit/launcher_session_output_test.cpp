// Tools whose output the launcher shows.
#include "launcher/output.h"
#include "unit/launcher_fake_pc.h"

namespace remedia::launcher {
namespace {

constexpr const char* kShow = "show = output\n";

std::vector<Action> actions(const Page& page) {
  std::vector<Action> found;
  for (const Button& button : page.buttons) found.push_back(button.action);
  return found;
}

TEST_F(LauncherSession, AToolThatPrintsRunsWithoutAWindow) {
  begin(plain() + tool("ip", "low", "ipconfig.exe /all", kShow));
  open("ip");
  EXPECT_TRUE(pc.started.empty());
  EXPECT_EQ(pc.quiet, std::vector<std::string>{"ipconfig.exe /all"});
  EXPECT_EQ(pc.shown.kind, PageKind::working);
  EXPECT_EQ(pc.shown.heading, "ip");
  EXPECT_EQ(actions(pc.shown),
            (std::vector<Action>{Action::stop_tool, Action::restart, Action::shut_down}));
  session.ended(pc.running, 0, {"one\r\n10\r100 %\r\n", false});
  EXPECT_EQ(pc.shown.kind, PageKind::output);
  EXPECT_EQ(pc.shown.heading, "ip");
  EXPECT_EQ(pc.shown.output, "one\n100 %\n");
  EXPECT_EQ(pc.shown.text, "Kept in: X:\\ip.txt, E:\\ip.txt");
  EXPECT_EQ(pc.shown.tone, Tone::plain);
  EXPECT_EQ(actions(pc.shown), std::vector<Action>{Action::back});
  EXPECT_EQ(pc.kept["ip"], "one\r\n100 %\r\n");
  EXPECT_NE(log().find("end ip: 0"), std::string::npos);
  session.act(Action::back, -1, "");
  EXPECT_EQ(pc.shown.kind, PageKind::menu);
  EXPECT_EQ(pc.shown.text, "");
  open("ip");  // once more
  EXPECT_EQ(pc.quiet.size(), 2U);
}

TEST_F(LauncherSession, OtherToolsAreStartedAsEver) {
  begin(plain() + tool("a", "low", "a.exe"));
  open("a");
  EXPECT_EQ(pc.started.size(), 1U);
  EXPECT_TRUE(pc.quiet.empty());
  session.ended(pc.running, 0, {"x", true});
  EXPECT_EQ(pc.shown.kind, PageKind::menu);
  EXPECT_TRUE(pc.kept.empty());
}

TEST_F(LauncherSession, ExitCodesStandAboveTheOutput) {
  begin(plain() + tool("a", "low", "a.exe", kShow));
  const std::pair<std::uint32_t, const char*> cases[] = {
      {3, "a ended with code 3.\nKept in"},
      {0xc0000005, "a crashed (0xC0000005).\nKept in"},
      {0xc000013a, "a crashed (0xC000013A).\nKept in"}};
  for (const auto& [code, text] : cases) {
    open("a");
    session.ended(pc.running, code, {"x", false});
    EXPECT_EQ(pc.shown.text.find(text), 0U) << pc.shown.text;
    EXPECT_EQ(pc.shown.tone, Tone::warning);
    EXPECT_EQ(pc.shown.output, "x");
    session.act(Action::back, -1, "");
    EXPECT_EQ(pc.shown.text, "");
  }
}

TEST_F(LauncherSession, NothingPrintedIsSaid) {
  begin(plain() + tool("a", "low", "a.exe", kShow));
  open("a");
  session.ended(pc.running, 0, {"\x07", false});
  EXPECT_EQ(pc.shown.text, "It printed nothing.");
  EXPECT_EQ(pc.shown.output, "");
  EXPECT_EQ(pc.kept["a"], "");  // and not what it printed before
  session.act(Action::back, -1, "");
  open("a");
  session.ended(pc.running, 1, {});
  EXPECT_EQ(pc.shown.text, "a ended with code 1.\nIt printed nothing.");
}

TEST_F(LauncherSession, WhatIsCutSaysSo) {
  begin(plain() + tool("a", "low", "a.exe", kShow));
  open("a");
  session.ended(pc.running, 0, {"abc", true});
  const std::string end = "... Here it was cut: only the first 1 MiB is kept.";
  EXPECT_EQ(pc.shown.output, "abc\n" + end + "\n");
  EXPECT_EQ(pc.kept["a"], "abc\r\n" + end + "\r\n");
}

TEST_F(LauncherSession, OutputIsShownIfItCannotBeKept) {
  pc.keeps = false;
  begin(plain() + tool("a", "low", "a.exe", kShow));
  open("a");
  session.ended(pc.running, 0, {"abc", false});
  EXPECT_EQ(pc.shown.output, "abc");
  EXPECT_EQ(pc.shown.text, "");
}

TEST_F(LauncherSession, StopEndsTheToolAndShowsWhatThereIs) {
  begin(plain() + tool("a", "low", "a.exe", kShow));
  open("a");
  session.act(Action::back, -1, "");  // not offered
  session.act(Action::stop_tool, -1, "");
  EXPECT_EQ(pc.ended, std::vector<std::size_t>{pc.running});
  EXPECT_EQ(pc.shown.kind, PageKind::working);  // until it has ended
  session.ended(pc.running, 1, {"so far", false});
  EXPECT_EQ(pc.shown.kind, PageKind::output);
  EXPECT_EQ(pc.shown.text.find("a was stopped."), 0U);
  EXPECT_EQ(pc.shown.output, "so far");
  session.act(Action::stop_tool, -1, "");
  EXPECT_EQ(pc.ended.size(), 1U);
  session.act(Action::back, -1, "");
  open("a");
  session.ended(pc.running, 1, {"x", false});
  EXPECT_EQ(pc.shown.text.find("a ended with code 1."), 0U);
}

TEST_F(LauncherSession, WhoLeavesEndsWhatRunsUnseen) {
  begin(plain() + tool("a", "low", "a.exe", kShow));
  open("a");
  session.act(Action::shut_down, -1, "");
  EXPECT_EQ(pc.ended, std::vector<std::size_t>{pc.running});
  EXPECT_EQ(pc.ran.back(), "wpeutil.exe Shutdown");
  EXPECT_TRUE(pc.left);
}

TEST_F(LauncherSession, AnotherToolThatEndsDoesNotTakeThePageAway) {
  begin(plain() + tool("a", "low", "a.exe", kShow) + tool("b", "low", "b.exe"));
  open("b");
  const std::size_t other = pc.running;
  open("a");
  session.ended(other, 5);
  EXPECT_EQ(pc.shown.kind, PageKind::working);
  session.ended(pc.running, 0, {"x", false});
  EXPECT_EQ(pc.shown.kind, PageKind::output);
  session.act(Action::back, -1, "");
  EXPECT_EQ(pc.shown.text, "b ended with code 5.");
}

TEST_F(LauncherSession, AToolThatPrintsObeysTheSameRules) {
  pc.now = "2026-12-25";
  begin("expired = read_only\n" + plain() + tool("low", "low", "a.exe", kShow) +
        tool("high", "high", "b.exe", kShow) +
        tool("windows", "low", "c.exe %TARGET_DRIVE%", std::string(kShow) + "needs = windows\n") +
        tool("network", "low", "d.exe", std::string(kShow) + "needs = network\n"));
  for (const char* name : {"high", "windows", "network"}) {
    open(name);
    EXPECT_EQ(pc.shown.kind, PageKind::menu) << name;
  }
  EXPECT_TRUE(pc.quiet.empty());
  open("low");
  EXPECT_EQ(pc.quiet.size(), 1U);
}

TEST_F(LauncherSession, AToolThatPrintsIsConfirmed) {
  begin(plain() + tool("wipe", "destructive", "w.exe", kShow));
  open("wipe");
  ASSERT_EQ(pc.shown.kind, PageKind::confirm);
  session.act(Action::confirm, -1, "no");
  EXPECT_TRUE(pc.quiet.empty());
  open("wipe");
  session.act(Action::confirm, -1, "DESTROY");
  EXPECT_EQ(pc.quiet.size(), 1U);
  EXPECT_EQ(pc.shown.kind, PageKind::working);
}

TEST_F(LauncherSession, AToolThatPrintsMayBeMissing) {
  pc.start_error = 2;
  begin(plain() + tool("a", "low", "a.exe", kShow));
  open("a");
  EXPECT_EQ(pc.shown.kind, PageKind::menu);
  EXPECT_EQ(pc.shown.text, "a could not be started: 2");
  pc.start_error = 0;
  open("a");
  EXPECT_EQ(pc.shown.kind, PageKind::working);
}

}  // namespace
}  // namespace remedia::launcher
