// The launcher's pages and deeds on a PC that exists in memory.
#include "unit/launcher_fake_pc.h"

namespace remedia::launcher {
namespace {

constexpr const char* kPassword = "000011-720885-123123-000000-110000-654324-000022-099000";
constexpr const char* kKeyId = "6E2B4A1C-0000-4111-8222-ABCDEF012345";

TEST_F(LauncherSession, BitlockerUnlocksAndLocksAndKeepsTheSecret) {
  pc.locked = {"D:"};
  pc.results = {{"-protectors", {true, 0, std::string("ID: {") + kKeyId + "}"}}};
  begin("network = no\nbitlocker = yes\n");
  open("Unlock BitLocker drive");
  ASSERT_EQ(pc.shown.kind, PageKind::bitlocker);
  EXPECT_NE(pc.shown.rows[0].detail.find(kKeyId), std::string::npos);
  session.act(Action::unlock, 0, kPassword);
  EXPECT_EQ(pc.ran.back(), std::string("manage-bde.exe -unlock D: -RecoveryPassword ") + kPassword);
  EXPECT_EQ(pc.shown.kind, PageKind::menu);
  session.act(Action::restart, -1, "");
  EXPECT_EQ(pc.ran[pc.ran.size() - 2], "manage-bde.exe -lock D: -ForceDismount");
  EXPECT_EQ(pc.ran.back(), "wpeutil.exe Reboot");
  EXPECT_TRUE(pc.left);
  EXPECT_EQ(pc.marked, "");
  EXPECT_EQ(log().find("000011"), std::string::npos);
}

TEST_F(LauncherSession, BitlockerSaysWhichGroupIsMistyped) {
  pc.locked = {"D:"};
  pc.results = {{"-protectors", {true, 0, std::string("{") + kKeyId + "}"}}};
  begin("network = no\nbitlocker = yes\n");
  open("Unlock BitLocker drive");
  const std::size_t runs = pc.ran.size();
  session.act(Action::unlock, 0, replaced(kPassword, "000022", "000023"));
  EXPECT_EQ(pc.shown.text, "Group 7 is mistyped.");
  session.act(Action::unlock, 0, "12");
  EXPECT_EQ(pc.shown.text, "A recovery password has 48 digits in 8 groups.");
  session.act(Action::unlock, 5, kPassword);
  EXPECT_EQ(pc.ran.size(), runs);
}

TEST_F(LauncherSession, BitlockerReportsThatItFailed) {
  pc.locked = {"D:"};
  pc.results = {{"-protectors", {true, 0, std::string("{") + kKeyId + "}"}},
                {"-unlock", {true, 0x80310027, ""}}};
  begin("network = no\nbitlocker = yes\n");
  open("Unlock BitLocker drive");
  session.act(Action::unlock, 0, kPassword);
  EXPECT_EQ(pc.shown.kind, PageKind::bitlocker);
  EXPECT_NE(pc.shown.text.find("0x80310027"), std::string::npos);
  session.act(Action::unlock_by_file, 0, "");
  EXPECT_EQ(pc.shown.text, "No drive holds a key file (*.BEK).");
  session.act(Action::restart, -1, "");
  for (const std::string& command : pc.ran) EXPECT_EQ(command.find("-lock"), std::string::npos);
}

TEST_F(LauncherSession, BitlockerTriesKeyFiles) {
  pc.locked = {"D:"};
  pc.keys = {"E:\\1.BEK", "E:\\a b.BEK"};
  pc.results = {{"-protectors", {true, 0, std::string("{") + kKeyId + "}"}},
                {"1.BEK", {true, 1, ""}}};
  begin("network = no\nbitlocker = yes\n");
  open("Unlock BitLocker drive");
  session.act(Action::unlock_by_file, 0, "");
  EXPECT_EQ(pc.ran.back(), "manage-bde.exe -unlock D: -RecoveryKey \"E:\\a b.BEK\"");
  EXPECT_EQ(pc.shown.kind, PageKind::menu);
}

TEST_F(LauncherSession, ADriveWithoutPasswordIsNotLocked) {
  pc.locked = {"D:"};
  begin("network = no\nbitlocker = yes\n");
  open("Unlock BitLocker drive");
  EXPECT_TRUE(pc.shown.rows.empty());
}

TEST_F(LauncherSession, RemoteHelpWithoutRandomNumbersDoesNotStart) {
  pc.random_works = false;
  begin("network = yes\nbitlocker = no\nremote_agent = a.exe {ticket} {port}\n");
  open("Remote Connection");
  session.act(Action::allow, -1, "");
  EXPECT_TRUE(pc.started.empty());
  EXPECT_EQ(pc.ran.back(), "wpeutil.exe InitializeNetwork");
}

TEST_F(LauncherSession, RemoteHelpClosesItsPortIfTheAgentIsMissing) {
  pc.start_error = 2;
  begin("network = yes\nbitlocker = no\nremote_agent = a.exe {ticket} {port}\n");
  open("Remote Connection");
  session.act(Action::allow, -1, "");
  EXPECT_EQ(pc.ran.back(),
            "netsh.exe advfirewall firewall delete rule name=\"Remedia Remote Connection\"");
  EXPECT_EQ(pc.shown.kind, PageKind::menu);
}

TEST_F(LauncherSession, RemoteHelpEndsWhenPeopleLeave) {
  begin("network = yes\nbitlocker = no\nremote_agent = a.exe {ticket} {port}\n");
  open("Remote Connection");
  session.act(Action::allow, -1, "");
  ASSERT_EQ(pc.shown.kind, PageKind::remote);
  EXPECT_EQ(pc.started.back(), "a.exe 7777-7777-7777-7777 " + decimal(make_port(7, 7)));
  session.act(Action::back, -1, "");
  session.act(Action::shut_down, -1, "");
  EXPECT_EQ(pc.ended.size(), 1U);
  EXPECT_EQ(log().find("7777-7777"), std::string::npos);
}

TEST_F(LauncherSession, RemoteHelpNeedsANetwork) {
  pc.results = {{"InitializeNetwork", {true, 1, ""}}};
  begin("network = yes\nbitlocker = no\nremote_agent = a.exe {ticket} {port}\n");
  EXPECT_FALSE(pc.shown.rows[static_cast<std::size_t>(row("Remote Connection"))].enabled);
  open("Remote Connection");
  EXPECT_EQ(pc.shown.kind, PageKind::menu);
}

TEST_F(LauncherSession, AToolThatIsOffCannotBeOpened) {
  begin(plain() + tool("a", "low", "a.exe", "needs = windows\n") +
        tool("b", "low", "b.exe", "needs = network\n") +
        tool("c", "low", "c.exe", "file = X:\\\\c.exe\n"));
  for (const char* title : {"a", "b", "c"}) open(title);
  session.act(Action::open, 999, "");
  session.act(Action::open, -5, "");
  session.act(Action::open, 0, "");
  EXPECT_TRUE(pc.started.empty());
}

TEST_F(LauncherSession, ExpiryCannotBeClickedAway) {
  pc.now = "2027-01-01";
  begin(plain() + tool("a", "low", "a.exe"));
  for (const Action action : {Action::open, Action::confirm, Action::allow, Action::unlock}) {
    session.act(action, 0, "a");
  }
  EXPECT_EQ(pc.shown.kind, PageKind::notice);
  EXPECT_TRUE(pc.started.empty());
}

TEST_F(LauncherSession, DestructionIsTyped) {
  begin(plain() + tool("wipe", "destructive", "w.exe"));
  open("wipe");
  ASSERT_EQ(pc.shown.kind, PageKind::confirm);
  session.act(Action::confirm, -1, "wip");
  EXPECT_TRUE(pc.started.empty());
  session.act(Action::confirm, -1, "wipe");  // the question is gone
  EXPECT_TRUE(pc.started.empty());
  open("wipe");
  session.act(Action::confirm, -1, "DESTROY");
  EXPECT_EQ(pc.started, std::vector<std::string>{"w.exe"});
}

TEST_F(LauncherSession, OneWindowsIsChosenByItself) {
  OfflineWindows windows;
  windows.directory = "D:\\Win dows";
  pc.windows = {windows};
  begin(plain() + tool("a", "low", "a.exe %TARGET_WINDIR%", "needs = windows\n"));
  open("a");
  EXPECT_EQ(pc.started, std::vector<std::string>{"a.exe \"D:\\Win dows\""});
}

TEST_F(LauncherSession, OfTwoWindowsOneHasToBeChosen) {
  OfflineWindows windows;
  windows.directory = "D:\\Windows";
  pc.windows = {windows, windows};
  pc.windows[1].directory = "E:\\Windows";
  begin(plain() + tool("a", "low", "a.exe %TARGET_WINDIR%", "needs = windows\n"));
  open("a");
  EXPECT_TRUE(pc.started.empty());
  open("Choose Windows installation");
  session.act(Action::open, 7, "");
  session.act(Action::open, 1, "");
  open("a");
  EXPECT_EQ(pc.started, std::vector<std::string>{"a.exe E:\\Windows"});
}

TEST_F(LauncherSession, BitlockersStateOfAWindowsIsAsked) {
  OfflineWindows windows;
  windows.directory = "D:\\Windows";
  pc.windows = {windows, windows, windows};
  pc.windows[1].directory = "E:\\Windows";
  pc.windows[2].directory = "F:\\Windows";
  pc.locked = {"G:"};
  pc.files["X:\\Windows\\System32\\manage-bde.exe"] = "";
  pc.results = {{"-status E:", {true, 1, ""}}, {"-status F:", {true, 87, ""}}};
  begin(plain() + tool("a", "low", "a.exe %TARGET_DRIVE%", "needs = windows\n"));
  open("Choose Windows installation");
  ASSERT_EQ(pc.shown.rows.size(), 3U);
  const auto says = [this](std::size_t row, const char* state) {
    return pc.shown.rows[row].detail.find(std::string("BitLocker: ") + state) != std::string::npos;
  };
  EXPECT_TRUE(says(0, "on, the drive is open"));
  EXPECT_TRUE(says(1, "off or suspended"));
  EXPECT_TRUE(says(2, "unknown"));
  EXPECT_NE(pc.shown.text.find("may have locked them: G:"), std::string::npos);
  session.act(Action::open, 1, "");
  open("a");
  EXPECT_EQ(pc.started, std::vector<std::string>{"a.exe E:"});
}

TEST_F(LauncherSession, BelowWindowsOwnMenuProtectedDrivesAreLockedFirst) {
  pc.readable = {"C:", "D:", "E:"};
  pc.files["X:\\Windows\\System32\\manage-bde.exe"] = "";
  pc.results = {{"-status D:", {true, 1, ""}}, {"-status E:", {true, 87, ""}}};
  begin("shell = winre\n" + plain() + tool("a", "low", "a.exe"));
  EXPECT_EQ(pc.ran, (std::vector<std::string>{
                        "manage-bde.exe -status C: -p", "manage-bde.exe -lock C: -ForceDismount",
                        "manage-bde.exe -status D: -p", "manage-bde.exe -status E: -p",
                        "manage-bde.exe -lock E: -ForceDismount"}));
  EXPECT_EQ(pc.shown.kind, PageKind::menu);
}

TEST_F(LauncherSession, BelowWindowsOwnMenuADriveThatStaysOpenEndsIt) {
  pc.readable = {"C:"};
  pc.files["X:\\Windows\\System32\\manage-bde.exe"] = "";
  pc.results = {{"-lock C:", {true, 5, ""}}};
  begin("shell = winre\n" + plain() + tool("a", "low", "a.exe"));
  EXPECT_EQ(pc.shown.kind, PageKind::notice);
  EXPECT_NE(pc.shown.text.find("Drive C: is protected by BitLocker"), std::string::npos);
  ASSERT_EQ(pc.shown.buttons.size(), 1U);
  EXPECT_EQ(pc.shown.buttons[0].action, Action::close);
}

TEST_F(LauncherSession, AsTheOnlyShellItLocksNothing) {
  pc.readable = {"C:"};
  pc.files["X:\\Windows\\System32\\manage-bde.exe"] = "";
  begin(plain() + tool("a", "low", "a.exe"));
  EXPECT_TRUE(pc.ran.empty());
}

// CreateProcess expands nothing by itself.
TEST_F(LauncherSession, CommandsNameThePlaceOfTheImage) {
  begin("network = yes\nbitlocker = no\nremote_agent = %SystemDrive%\\\\a.exe\n" +
        tool("a", "low", "%SYSTEMROOT%\\\\System32\\\\cmd.exe /k %windir% %PATH%"));
  open("a");
  EXPECT_EQ(pc.started.back(), "X:\\Windows\\System32\\cmd.exe /k X:\\Windows %PATH%");
  open("Remote Connection");
  session.act(Action::allow, -1, "");
  EXPECT_EQ(pc.started.back(), "X:\\a.exe");
}

TEST_F(LauncherSession, AClosedConsoleIsNoCrash) {
  begin(plain() + tool("a", "low", "a.exe"));
  open("a");
  session.ended(pc.running, 0xc000013a);
  EXPECT_EQ(pc.shown.text, "");
  open("a");
  session.ended(pc.running, 0xc0000005);
  EXPECT_EQ(pc.shown.text, "a crashed (0xC0000005).");
  open("a");
  session.ended(pc.running, 3);
  EXPECT_EQ(pc.shown.text, "a ended with code 3.");
}

TEST_F(LauncherSession, AnAgentMayHaveATicketOfItsOwn) {
  begin("network = yes\nbitlocker = no\nremote_agent = a.exe\nremote_title = Ferne Hilfe\n");
  open("Ferne Hilfe");
  session.act(Action::allow, -1, "");
  ASSERT_EQ(pc.shown.kind, PageKind::remote);
  EXPECT_EQ(pc.shown.heading, "Ferne Hilfe");
  EXPECT_EQ(pc.shown.lead.find("7777"), std::string::npos);
  EXPECT_EQ(pc.files.count("X:\\Windows\\System32\\inv32.xml"), 0U);
}

TEST_F(LauncherSession, EveryStartIsLogged) {
  pc.locked = {"D:"};
  pc.files["X:\\Remedia\\drivers.txt"] =
      "# Remedia drivers 1\nP\tbus\t\t1.0.0.0\tX:\\a.inf\nH\tPCI\\A\n";
  begin("network = yes\nbitlocker = yes\nremote_agent = a.exe {port}\n" +
        tool("a", "low", "a.exe"));
  open("a");
  open("Remote Connection");
  session.act(Action::allow, -1, "");
  session.act(Action::back, -1, "");
  open("Unlock BitLocker drive");
  for (const char* line :
       {"drvload X:\\a.inf: 0", "wpeinit: 0", "wpeutil InitializeNetwork: 0", "start a: a.exe",
        "netsh add rule: 0", "start the remote agent", "manage-bde -protectors D: 0"}) {
    EXPECT_NE(log().find(replaced(line, "D: 0", "D:: 0")), std::string::npos) << line;
  }
}

TEST_F(LauncherSession, AWrongPolicyRestartsNothingBelowWindowsOwnMenu) {
  Session below(pc, "X:\\", Shell::winre);
  below.begin();
  ASSERT_EQ(pc.shown.buttons.size(), 1U);
  EXPECT_EQ(pc.shown.buttons[0].action, Action::close);
  below.act(pc.shown.buttons[0].action, -1, "");
  EXPECT_TRUE(pc.left);
  EXPECT_TRUE(pc.ran.empty());
}

TEST_F(LauncherSession, TheFirewallStaysOn) {
  begin("network = yes\nbitlocker = no\nremote_agent = a.exe {ticket} {port}\n");
  open("Remote Connection");
  session.act(Action::allow, -1, "");
  session.act(Action::stop, -1, "");
  for (const std::string& command : pc.ran) {
    EXPECT_EQ(command.find("DisableFirewall"), std::string::npos);
    EXPECT_EQ(command.find("state off"), std::string::npos);
  }
}

TEST_F(LauncherSession, EveryPageHasTheStamp) {
  begin(plain() + tool("wipe", "destructive", "w.exe"));
  EXPECT_NE(pc.shown.stamp.find("0123456789abcdef"), std::string::npos);
  open("wipe");
  EXPECT_NE(pc.shown.stamp.find("2026-12-20"), std::string::npos);
}

constexpr const char* kEvidence =
    "definitions = 1.403.55.0\ndefinitions_date = 2026-11-20\ndefinitions_until = 2026-12-04\n"
    "debuggers = 10.0.26100.1\nsymbols = 14\n";

TEST_F(LauncherSession, TheStampSaysWhatTheImageKnows) {
  begin(plain() + kEvidence);
  EXPECT_EQ(pc.shown.stamp,
            "helpdesk, tier L1, revision 0123456789abcdef, built 2024-01-01, as of 2026-11-20, "
            "expires 2026-12-20, base 10.0.26100.1742 amd64, definitions 1.403.55.0 of 2026-11-20, "
            "debuggers 10.0.26100.1, symbols 14");
  EXPECT_EQ(pc.shown.text, "");
  EXPECT_NE(log().find("definitions 1.403.55.0"), std::string::npos);
}

TEST_F(LauncherSession, TheStampSaysNoDayThatIsNotKnown) {
  begin(plain() + "definitions = 1.403.55.0\nlanguage = de\n");
  EXPECT_TRUE(pc.shown.stamp.ends_with("amd64, Definitionen 1.403.55.0")) << pc.shown.stamp;
}

TEST_F(LauncherSession, OldDefinitionsAreSaidOnce) {
  pc.now = "2026-12-05";
  begin(plain() + kEvidence + tool("scan", "low", "scan.exe"));
  EXPECT_EQ(pc.shown.kind, PageKind::menu);
  EXPECT_EQ(pc.shown.text,
            "Malware definitions are of 2026-11-20, 15 days old; what is newer is not found.");
  EXPECT_EQ(pc.shown.tone, Tone::warning);
  open("scan");
  EXPECT_EQ(pc.shown.text, "");
}

TEST_F(LauncherSession, OldDefinitionsAreSaidInGerman) {
  pc.now = "2026-12-05";
  begin(plain() + kEvidence + "language = de\n");
  EXPECT_EQ(pc.shown.text,
            "Die Definitionen von Schadsoftware sind vom 2026-11-20, 15 Tage alt; was neuer ist, "
            "wird nicht gefunden.");
}

TEST_F(LauncherSession, DefinitionsAreFreshOnTheirLastDay) {
  pc.now = "2026-12-04";
  begin(plain() + kEvidence);
  EXPECT_EQ(pc.shown.kind, PageKind::menu);
  EXPECT_EQ(pc.shown.text, "");
}

// Three notes are kept: what drivers had to say must not push this one out.
TEST_F(LauncherSession, OldDefinitionsAreSaidAfterTroubleWithDrivers) {
  pc.now = "2026-12-05";
  pc.files["X:\\Remedia\\drivers.txt"] = "a\nb\nc\nd\n";
  begin(plain() + kEvidence);
  EXPECT_TRUE(pc.shown.text.ends_with("what is newer is not found.")) << pc.shown.text;
  EXPECT_NE(pc.shown.text.find("drivers.txt"), std::string::npos) << pc.shown.text;
}

}  // namespace
}  // namespace remedia::launcher
