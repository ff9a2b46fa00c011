// What the session locks, and when; and that nothing can be pressed that is not shown.
#include "unit/launcher_fake_pc.h"

#include <algorithm>

namespace remedia::launcher {
namespace {

constexpr const char* kPassword = "000011-720885-123123-000000-110000-654324-000022-099000";
constexpr const char* kKeyId = "{6E2B4A1C-0000-4111-8222-ABCDEF012345}";
constexpr const char* kOpened = "X:\\Remedia\\opened.txt";
constexpr const char* kManage = "X:\\Windows\\System32\\manage-bde.exe";
constexpr const char* kTicketFile = "X:\\Windows\\System32\\inv32.xml";
constexpr const char* kLockD = "manage-bde.exe -lock D: -ForceDismount";
const std::string kBitlocker = "network = no\nbitlocker = yes\n";
const std::string kRemote = "network = yes\nbitlocker = no\nremote_agent = a.exe {ticket} {port}\n";

bool has(const std::vector<std::string>& list, const std::string& text) {
  return std::find(list.begin(), list.end(), text) != list.end();
}

OfflineWindows windows_at(const std::string& directory) {
  OfflineWindows windows;
  windows.directory = directory;
  return windows;
}

class LauncherLock : public LauncherSession {
 protected:
  void SetUp() override {
    pc.locked = {"D:"};
    pc.results = {{"-protectors", {true, 0, std::string("ID: ") + kKeyId}}};
  }
  void unlock() {
    open("Unlock BitLocker drive");
    session.act(Action::unlock, 0, kPassword);
  }
  // The tests of a second session see only what that one did.
  void crash() {
    pc.ran.clear();
    pc.logged.clear();
  }
  void remote() {
    open("Remote Connection");
    session.act(Action::allow, -1, "");
  }
};

TEST_F(LauncherLock, AnUnlockedDriveComesInBeforeTheChosenWindows) {
  pc.windows = {windows_at("E:\\Windows")};
  begin(kBitlocker + tool("a", "low", "a.exe %TARGET_DRIVE%", "needs = windows\n"));
  pc.windows = {windows_at("D:\\Windows"), windows_at("E:\\Windows")};
  unlock();
  open("a");
  EXPECT_EQ(pc.started, std::vector<std::string>{"a.exe E:"});
}

TEST_F(LauncherLock, AChosenWindowsThatIsGoneIsReplacedByNoOther) {
  pc.windows = {windows_at("E:\\Windows")};
  begin(kBitlocker + tool("a", "low", "a.exe %TARGET_DRIVE%", "needs = windows\n"));
  pc.windows = {windows_at("D:\\Windows")};
  unlock();
  open("a");
  EXPECT_TRUE(pc.started.empty());
  open("Choose Windows installation");
  session.act(Action::open, 0, "");
  open("a");
  EXPECT_EQ(pc.started, std::vector<std::string>{"a.exe D:"});
}

TEST_F(LauncherLock, TheDriveIsNotedBeforeItIsUnlocked) {
  begin(kBitlocker);
  pc.while_running = [this](const std::string& command) {
    const bool unlocks = command.find("-unlock") != std::string::npos;
    EXPECT_EQ(pc.files[kOpened], unlocks ? "D:\n" : "") << command;
  };
  unlock();
  pc.while_running = nullptr;
  EXPECT_TRUE(has(pc.ran, std::string("manage-bde.exe -unlock D: -RecoveryPassword ") + kPassword));
  EXPECT_EQ(pc.files[kOpened], "D:\n");
  session.act(Action::restart, -1, "");
  EXPECT_EQ(pc.files[kOpened], "");
}

TEST_F(LauncherLock, ADriveThatStaysLockedIsNotNoted) {
  pc.results.push_back({"-unlock", {true, 5, ""}});
  pc.keys = {"E:\\1.BEK"};
  begin(kBitlocker);
  unlock();
  EXPECT_EQ(pc.files[kOpened], "");
  session.act(Action::unlock_by_file, 0, "");
  EXPECT_EQ(pc.files[kOpened], "");
}

TEST_F(LauncherLock, AfterACrashWhatWasOpenIsLocked) {
  begin(kBitlocker);
  unlock();
  crash();
  Session next(pc, "X:\\");
  next.begin_after("showing the menu");
  EXPECT_EQ(pc.ran, std::vector<std::string>{kLockD});
  EXPECT_EQ(pc.files[kOpened], "");
  next.act(Action::go_on, -1, "");
  next.act(Action::restart, -1, "");
  EXPECT_EQ(std::count(pc.ran.begin(), pc.ran.end(), kLockD), 1);
}

TEST_F(LauncherLock, BelowWindowsOwnMenuAStartLocksWhatWasOpen) {
  pc.files[kOpened] = "D:\n";
  pc.now = "2003-01-01";  // it stops at a question: the drive is locked by then
  begin("shell = winre\n" + plain());
  EXPECT_EQ(pc.ran, std::vector<std::string>{kLockD});
  EXPECT_EQ(pc.files[kOpened], "");
}

TEST_F(LauncherLock, BelowWindowsOwnMenuAWrongPolicyLocksToo) {
  pc.files[kOpened] = "D:\n";
  pc.files["X:\\Remedia\\policy.txt"] = "nonsense";
  Session below(pc, "X:\\", Shell::winre);
  below.begin();
  EXPECT_EQ(pc.ran, std::vector<std::string>{kLockD});
}

TEST_F(LauncherLock, WhatIsNoDriveIsNotLocked) {
  pc.files[kOpened] = "\nD\nD:\\\nd:\n1:\nC: -x\nE:\nE:\n";
  begin("shell = winre\n" + plain());
  EXPECT_EQ(pc.ran, std::vector<std::string>{"manage-bde.exe -lock E: -ForceDismount"});
}

TEST_F(LauncherLock, AfterACrashADriveThatStaysOpenIsTriedAgain) {
  pc.files[kOpened] = "D:\n";
  pc.readable = {"D:"};
  pc.results = {{"-lock", {true, 5, ""}}};
  begin(plain());
  crash();
  Session next(pc, "X:\\");
  next.begin_after("?");
  EXPECT_EQ(pc.files[kOpened], "D:\n");
  next.act(Action::go_on, -1, "");
  EXPECT_NE(pc.shown.text.find("Drive D: could not be locked again (5)."), std::string::npos);
  next.act(Action::restart, -1, "");
  EXPECT_EQ(std::count(pc.ran.begin(), pc.ran.end(), kLockD), 2);
}

TEST_F(LauncherLock, BelowWindowsOwnMenuNobodyLeavesWithAnOpenDrive) {
  pc.files[kManage] = "";
  begin("shell = winre\n" + kBitlocker + tool("a", "low", "a.exe", "show = output\n"));
  unlock();
  pc.readable = {"D:"};
  pc.results = {{"-lock D:", {true, 5, ""}}};
  open("a");
  session.act(Action::close, -1, "");
  EXPECT_FALSE(pc.left);
  session.ended(pc.running, 1);  // its page does not take this one away
  EXPECT_EQ(pc.shown.kind, PageKind::notice);
  EXPECT_NE(pc.shown.text.find("Drive D: is protected by BitLocker"), std::string::npos);
  ASSERT_EQ(pc.shown.buttons.size(), 1U);
  EXPECT_NE(pc.marked, "");
  EXPECT_EQ(pc.files[kOpened], "D:\n");
  pc.results.clear();
  session.act(Action::close, -1, "");
  EXPECT_TRUE(pc.left);
  EXPECT_EQ(pc.files[kOpened], "");
}

TEST_F(LauncherLock, BelowWindowsOwnMenuALockedDriveIsNoReasonToStay) {
  begin("shell = winre\n" + kBitlocker);
  unlock();
  pc.results = {{"-lock D:", {true, 5, ""}}};  // it cannot be read: pulled out, or locked by hand
  session.act(Action::close, -1, "");
  EXPECT_TRUE(pc.left);
}

TEST_F(LauncherLock, AsTheOnlyShellItRestartsWithAnOpenDrive) {
  begin(kBitlocker);
  unlock();
  pc.readable = {"D:"};
  pc.results = {{"-lock D:", {true, 5, ""}}};
  session.act(Action::restart, -1, "");
  EXPECT_TRUE(pc.left);
  EXPECT_EQ(pc.ran.back(), "wpeutil.exe Reboot");
  EXPECT_NE(log().find("manage-bde -lock D:: 5"), std::string::npos);
}

TEST_F(LauncherLock, BelowWindowsOwnMenuUnknownProtectionIsLocked) {
  pc.readable = {"C:", "D:", "E:"};
  pc.files[kManage] = "";
  pc.results = {{"-status C:", {true, 87, ""}},
                {"-status D:", {false, 2, ""}},
                {"-status E:", {true, 1, ""}},
                {"-lock D:", {true, 5, ""}}};
  begin("shell = winre\n" + plain() + tool("a", "low", "a.exe"));
  EXPECT_TRUE(has(pc.ran, "manage-bde.exe -lock C: -ForceDismount"));
  EXPECT_TRUE(has(pc.ran, kLockD));
  EXPECT_FALSE(has(pc.ran, "manage-bde.exe -lock E: -ForceDismount"));
  const std::string warning = "Drive D: may be open";
  ASSERT_EQ(pc.shown.kind, PageKind::menu);
  EXPECT_EQ(pc.shown.text.find(warning), 0U) << pc.shown.text;
  EXPECT_EQ(pc.shown.text.find("C:"), std::string::npos);
  EXPECT_NE(log().find(warning), std::string::npos);
  open("a");
  EXPECT_EQ(pc.shown.text.find(warning), 0U);  // it stays
}

TEST_F(LauncherLock, BelowWindowsOwnMenuAMissingManageBdeIsSaid) {
  pc.readable = {"C:"};
  begin("shell = winre\n" + plain() + tool("a", "low", "a.exe"));
  EXPECT_NE(pc.shown.text.find("manage-bde.exe is missing"), std::string::npos);
  EXPECT_NE(log().find("manage-bde.exe is missing"), std::string::npos);
  EXPECT_TRUE(pc.ran.empty());
}

TEST_F(LauncherLock, AnAgentThatEndsLateDoesNotCloseTheNextOnesPort) {
  begin(kRemote);
  remote();
  const std::size_t old = pc.running;
  session.act(Action::stop, -1, "");
  EXPECT_EQ(pc.ended, std::vector<std::size_t>{old});
  remote();
  EXPECT_NE(pc.running, old);
  const std::size_t runs = pc.ran.size();
  session.ended(old, 1);
  EXPECT_EQ(pc.ran.size(), runs);
  EXPECT_EQ(pc.shown.kind, PageKind::remote);
  session.ended(pc.running, 0);
  EXPECT_EQ(pc.shown.kind, PageKind::menu);
  EXPECT_NE(pc.ran.back().find("delete rule"), std::string::npos);
}

TEST_F(LauncherLock, ATicketDoesNotStayInAFile) {
  begin(kRemote);
  remote();
  EXPECT_NE(pc.files[kTicketFile].find("7777-7777"), std::string::npos);
  session.act(Action::stop, -1, "");
  EXPECT_EQ(pc.files[kTicketFile], "");
  remote();
  crash();
  Session next(pc, "X:\\");
  next.begin_after("?");
  EXPECT_EQ(pc.files[kTicketFile], "");
}

TEST_F(LauncherLock, WhatIsNotOfferedDoesNothing) {
  pc.now = "2027-01-01";
  begin(plain() + tool("a", "low", "a.exe"));
  for (const Action action : {Action::go_on, Action::back, Action::stop, Action::close}) {
    session.act(action, 0, "");
    EXPECT_EQ(pc.shown.kind, PageKind::notice);
    EXPECT_EQ(pc.shown.heading, "This image has expired");
  }
  EXPECT_FALSE(pc.left);
}

TEST_F(LauncherLock, ADoubleClickAfterACrashPassesNoExpiry) {
  begin(plain() + tool("a", "low", "a.exe"));
  pc.now = "2027-01-01";
  Session next(pc, "X:\\");
  next.begin_after("?");
  next.act(Action::go_on, -1, "");
  next.act(Action::go_on, -1, "");
  EXPECT_EQ(pc.shown.heading, "This image has expired");
}

TEST_F(LauncherLock, NothingIsPressedOnAPageThatIsBeingReplaced) {
  begin(plain() + tool("a", "low", "a.exe"));
  pc.now = "2027-01-01";
  Session next(pc, "X:\\");
  next.begin_after("?");
  int presses = 0;
  pc.while_showing = [&] {
    if (++presses < 5) next.act(Action::restart, -1, "");
  };
  next.act(Action::go_on, -1, "");
  EXPECT_EQ(presses, 1);
  EXPECT_EQ(pc.shown.heading, "This image has expired");
  EXPECT_FALSE(pc.left);
}

TEST_F(LauncherLock, ADriverHasTwoMinutes) {
  pc.files["X:\\Remedia\\drivers.txt"] =
      "# Remedia drivers 1\nP\tbus\t\t1.0.0.0\tX:\\a.inf\nH\tPCI\\A\n";
  begin("network = yes\nbitlocker = no\n");
  EXPECT_EQ(pc.limited,
            std::vector<std::string>{"X:\\Windows\\System32\\drvload.exe X:\\a.inf 120"});
}

}  // namespace
}  // namespace remedia::launcher
