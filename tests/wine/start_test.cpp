// What the launcher does before its menu, and instead of it: expiry, clock, a bad policy, keyboard,
// drivers, network, a crash of its own.
#include "support/file.h"
#include "wine/pc.h"

#include <fstream>
#include <iterator>
#include <utility>

#include <gtest/gtest.h>

namespace remedia::wine {
namespace {

using Words = std::vector<std::string>;
constexpr const char* kClose = "Close and go back to Windows recovery";
constexpr const char* kTools = "Sources/Recovery/Tools/remedia.exe";  // of Windows RE

std::string scan() {
  return tool("scan", "Disk Scan", "Disk", "low", "X:\\\\Tools\\\\scan.exe") +
         tool("copy", "Copy files", "Files", "data", "X:\\\\Tools\\\\copy.exe");
}

TEST(WineStart, ExpiredOffersOnlyToLeave) {
  Pc pc;
  pc.write("Remedia/policy.txt", policy("", scan()));
  pc.start({"--now", "2027-01-20"});
  pc.wait_for("This image has expired");
  const std::string text = pc.text_of(kText);
  EXPECT_NE(text.find("\"helpdesk\" could be used until 2026-12-20, 31 days ago"),
            std::string::npos);
  EXPECT_NE(text.find("Ask: the help desk, extension 4711"), std::string::npos);
  EXPECT_EQ(pc.buttons(), (Words{"Restart", "Shut down"}));
  EXPECT_EQ(pc.rows(), Words{});
  EXPECT_NE(pc.read("Remedia/log.txt").find("until 2026-12-20"), std::string::npos);
  pc.press("Restart");
  pc.wait_for_end();
  EXPECT_EQ(pc.read("calls.txt"), "X:\\Windows\\System32\\wpeutil.exe Reboot\n");
  EXPECT_FALSE(pc.has("Remedia/running.txt"));
}

TEST(WineStart, ShutsDown) {
  Pc pc;
  pc.write("Remedia/policy.txt", policy("", scan()));
  pc.start();
  pc.wait_for("Contoso recovery");
  pc.press("Shut down");
  pc.wait_for_end();
  EXPECT_EQ(pc.read("calls.txt"), "X:\\Windows\\System32\\wpeutil.exe Shutdown\n");
}

TEST(WineStart, GraceLeavesTheToolsAndSaysSo) {
  Pc pc;
  pc.write("Remedia/policy.txt", policy("grace_days = 40\n", scan()));
  pc.start({"--now", "2027-01-20"});
  pc.wait_for("Contoso recovery");
  EXPECT_NE(pc.text_of(kText).find("expired 31 days ago. It still works for 9 days."),
            std::string::npos);
  pc.choose("Copy files");
  EXPECT_EQ(pc.buttons(), (Words{"Start", "Restart", "Shut down"}));
}

TEST(WineStart, ExpiredMayLeaveWhatOnlyReads) {
  Pc pc;
  pc.write("Remedia/policy.txt", policy("expired = read_only\n", scan()));
  pc.start({"--now", "2027-01-20"});
  pc.wait_for("Contoso recovery");
  pc.choose("Copy files");
  EXPECT_NE(pc.text_of(kDetail).find("Not available: the image has expired."), std::string::npos);
  EXPECT_EQ(pc.buttons(), (Words{"Restart", "Shut down"}));
  pc.choose("Disk Scan");
  EXPECT_EQ(pc.buttons(), (Words{"Start", "Restart", "Shut down"}));
}

TEST(WineStart, AsksAboutAWrongClock) {
  Pc pc;
  pc.write("Remedia/policy.txt", policy("", scan()));
  pc.start({"--now", "2003-01-01"});
  pc.wait_for("The clock of this PC is wrong");
  EXPECT_EQ(pc.buttons(), (Words{"Go on", "Restart", "Shut down"}));
  pc.press("Go on");
  pc.wait_for("Contoso recovery");
  EXPECT_NE(pc.read("Remedia/log.txt").find("It says 2003-01-01"), std::string::npos);
}

TEST(WineStart, RefusesAWrongClockIfThePolicySaysSo) {
  Pc pc;
  pc.write("Remedia/policy.txt", policy("clock = refuse\n", scan()));
  pc.start({"--now", "2003-01-01"});
  pc.wait_for("The clock of this PC is wrong");
  EXPECT_EQ(pc.buttons(), (Words{"Restart", "Shut down"}));
}

TEST(WineStart, BelowWindowsOwnMenuExpiryOnlyWarns) {
  Pc pc;
  pc.write("Remedia/policy.txt", policy("shell = winre\n", scan()));
  pc.start({"--now", "2027-01-20"});
  pc.wait_for("Contoso recovery");
  EXPECT_NE(pc.text_of(kText).find("expired 31 days ago. Get a newer one soon."),
            std::string::npos);
  pc.press(kClose);
  pc.wait_for_end();
  EXPECT_NE(pc.read("calls.txt").find("manage-bde.exe -lock D: -ForceDismount"), std::string::npos);
  EXPECT_EQ(pc.read("calls.txt").find("wpeutil"), std::string::npos);
}

TEST(WineStart, BelowWindowsOwnMenuThePcIsNeverRestarted) {
  Pc pc;
  pc.write("Remedia/policy.txt", "remedia policy 1\nnonsense\n");
  pc.start_from(kTools, {});
  pc.wait_for("This image cannot be used");
  EXPECT_EQ(pc.buttons(), (Words{kClose}));
  pc.probe({"key", "27"});  // Escape closes nothing
  pc.press(kClose);
  EXPECT_EQ(pc.wait_for_end(), 0);
  EXPECT_FALSE(pc.has("calls.txt"));
}

TEST(WineStart, BelowWindowsOwnMenuAWrongClockIsAskedAboutToo) {
  Pc pc;
  pc.write("Remedia/policy.txt", policy("shell = winre\nclock = refuse\n", scan()));
  pc.start_from(kTools, {"--now", "2003-01-01"});
  pc.wait_for("The clock of this PC is wrong");
  EXPECT_EQ(pc.buttons(), (Words{kClose}));
}

TEST(WineStart, BelowWindowsOwnMenuACrashIsToldAtTheNextStart) {
  Pc pc;
  pc.write("Remedia/policy.txt", policy("shell = winre\n", scan()));
  pc.start_from(kTools, {"--now", "2026-11-21", "--crash"});
  EXPECT_NE(pc.wait_for_end(), 0);
  pc.start_from(kTools, {"--now", "2026-11-21"});
  pc.wait_for("The menu ended unexpectedly");
  EXPECT_EQ(pc.buttons(), (Words{"Start the menu again", kClose}));
  pc.press("Start the menu again");
  pc.wait_for("Contoso recovery");
  pc.press(kClose);
  EXPECT_EQ(pc.wait_for_end(), 0);
  EXPECT_FALSE(pc.has("Remedia/running.txt"));
}

TEST(WineStart, BadPolicyNamesItsLine) {
  Pc pc;
  pc.write("Remedia/policy.txt", policy("expirse = 2026-12-20\n", scan()));
  pc.start();
  pc.wait_for("This image cannot be used");
  EXPECT_NE(pc.text_of(kText).find("line 15: unknown key 'expirse'"), std::string::npos);
  EXPECT_EQ(pc.buttons(), (Words{"Restart", "Shut down"}));
}

TEST(WineStart, MissingPolicyOffersOnlyToLeave) {
  Pc pc;
  pc.start();
  pc.wait_for("This image cannot be used");
  EXPECT_NE(pc.text_of(kText).find("X:\\Remedia\\policy.txt"), std::string::npos);
  EXPECT_EQ(pc.buttons(), (Words{"Restart", "Shut down"}));
}

TEST(WineStart, SetsTheChosenKeyboard) {
  Pc pc;
  pc.write("Remedia/policy.txt", policy("keyboards = 0409:00000409, 0407:00000407\n", scan()));
  pc.start();
  pc.wait_for("Keyboard");
  ASSERT_EQ(pc.rows().size(), 2U);
  pc.probe({"choose", "1"});
  pc.press("Choose");
  pc.wait_for("Contoso recovery");
  EXPECT_EQ(pc.read("calls.txt"),
            "X:\\Windows\\System32\\wpeutil.exe SetKeyboardLayout 0407:00000407\n");
}

// The registry of the prefix stays from test to test: each has ids of its own.
void add_device(Pc& pc, const std::string& place, const std::string& hardware,
                const std::string& compatible) {
  const std::string key = "HKLM\\SYSTEM\\CurrentControlSet\\Enum\\" + place;
  for (const auto& [name, ids] :
       {std::pair{"HardwareID", hardware}, std::pair{"CompatibleIDs", compatible}}) {
    if (ids.empty()) continue;
    pc.registry({"add", key, "/v", name, "/t", "REG_MULTI_SZ", "/d", ids, "/f"});
  }
}

std::string drvload(const std::string& inf) {
  return "X:\\Windows\\System32\\drvload.exe " + inf + "\n";
}

TEST(WineStart, LoadsTheDriversOfPresentDevicesOnly) {
  Pc pc;
  add_device(pc, "PCI\\VEN_1AF4&DEV_1000\\0",
             "PCI\\VEN_1AF4&DEV_1000&SUBSYS_1\\0PCI\\VEN_1AF4&DEV_1000&CC_0200",
             "PCI\\VEN_1AF4&DEV_1000\\0PCI\\VEN_1AF4&CC_0200");
  pc.write("Remedia/policy.txt", policy("", scan()));
  pc.write("Remedia/drivers.txt",
           "# Remedia drivers 1\r\n"
           "P\tnetwork\t2026-01-01\t2.0.0.0\tX:\\Drivers\\generic.inf\r\n"
           "H\tPCI\\VEN_1AF4&CC_0200\r\n"
           "P\tnetwork\t2020-01-01\t1.0.0.0\tX:\\My drivers\\net.inf\r\n"
           "H\tpci\\ven_1af4&dev_1000\r\n"
           "P\tbus\t\t1.0.0.0\tX:\\Drivers\\other.inf\r\nH\tPCI\\VEN_1AF4&DEV_9999\r\n"
           "no driver\r\n");
  pc.write("drvload.txt", "exit net.inf 5\n");
  pc.start();
  pc.wait_for("Contoso recovery");
  EXPECT_EQ(pc.read("calls.txt"),
            drvload("\"X:\\My drivers\\net.inf\"") + drvload("X:\\Drivers\\generic.inf"));
  const std::string text = pc.text_of(kText);
  EXPECT_NE(text.find("Drivers that could not be loaded: net.inf (5)"), std::string::npos);
  EXPECT_NE(text.find("drivers.txt: line 8 begins with none of P, H, C"), std::string::npos);
  EXPECT_NE(pc.read("Remedia/log.txt")
                .find("drvload X:\\Drivers\\generic.inf: 0, rank 0x00002001, for "
                      "PCI\\VEN_1AF4&DEV_1000&SUBSYS_1"),
            std::string::npos);
}

TEST(WineStart, LoadsDriversOnlyIfAskedTo) {
  Pc pc;
  add_device(pc, "PCI\\VEN_8086&DEV_467F\\0", "PCI\\VEN_8086&DEV_467F&CC_0104", "PCI\\CC_0104");
  add_device(pc, "ACPI\\DELL0A1F\\0", "ACPI\\DELL0A1F\\0*DELL0A1F", "");
  add_device(pc, "USB\\VID_0BDA&PID_8153\\0", "", "USB\\Class_02");
  pc.write("Remedia/drivers.txt",
           "# Remedia drivers 1\nnonsense\n"
           "P\tnetwork\t\t1.0.0.0\tX:\\usb.inf\nC\t0\tUSB\\Class_02\n"
           "P\tstorage\t\t1.0.0.0\tX:\\vmd.inf\nH\tPCI\\VEN_8086&DEV_467F&CC_0104\n"
           "P\tbus\t\t1.0.0.0\tX:\\acpi.inf\nH\t*DELL0A1F\n");
  pc.write("drvload.txt", "exit vmd.inf 5\nexit usb.inf 0\nwait\n");
  pc.start_shipped({"--load-drivers"});
  pc.wait_for_file("calls.txt", "acpi.inf");
  EXPECT_EQ(pc.probe_status({"windowless"}), 0);
  pc.let_go();
  EXPECT_EQ(pc.wait_for_end(), 0);
  EXPECT_EQ(pc.read("calls.txt"),
            drvload("X:\\acpi.inf") + drvload("X:\\vmd.inf") + drvload("X:\\usb.inf"));
  const std::string log = pc.read("Remedia/log.txt");
  for (const char* line :
       {"drivers.txt: line 2 begins with none of P, H, C",
        "drvload X:\\acpi.inf: 0, rank 0x00000001, for ACPI\\DELL0A1F",
        "drvload X:\\vmd.inf: 5, rank 0x00000000, for PCI\\VEN_8086&DEV_467F&CC_0104",
        "drvload X:\\usb.inf: 0, rank 0x00003000, for USB\\Class_02",
        "not loaded: X:\\vmd.inf (5)"}) {
    EXPECT_NE(log.find(line), std::string::npos) << line << "\n" << log;
  }
  EXPECT_FALSE(pc.has("Remedia/running.txt"));
}

TEST(WineStart, LoadingDriversOnlyNeedsNothing) {
  Pc pc;
  pc.start_shipped({"--load-drivers"});
  EXPECT_EQ(pc.wait_for_end(), 0);
  EXPECT_NE(pc.read("Remedia/log.txt").find("X:\\Remedia\\drivers.txt cannot be read"),
            std::string::npos);
  EXPECT_FALSE(pc.has("calls.txt"));
}

// What the packs of a whole fleet need: the launcher has an allocator and a memcmp of its own.
TEST(WineStart, FindsOneDriverAmongThousands) {
  Pc pc;
  add_device(pc, "PCI\\VEN_10EC&DEV_8168\\0", "PCI\\VEN_10EC&DEV_8168&SUBSYS_1777_50", "");
  std::string index = "# Remedia drivers 1\n";
  for (int i = 0; i < 2000; ++i) {
    index += "P\trest\t\t1.0.0.0\tX:\\Drivers\\" + std::to_string(i) + ".inf\n";
    for (int j = 0; j < 100; ++j) {
      index +=
          "H\tPCI\\VEN_10EC&DEV_8168&SUBSYS_" + std::to_string(i) + "_" + std::to_string(j) + "\n";
    }
  }
  EXPECT_GT(index.size(), 6U << 20);
  pc.write("Remedia/drivers.txt", index);
  pc.start_shipped({"--load-drivers"});
  EXPECT_EQ(pc.wait_for_end(), 0);
  EXPECT_EQ(pc.read("calls.txt"), drvload("X:\\Drivers\\1777.inf"));
}

TEST(WineStart, StartsTheNetworkIfThePolicyHasOne) {
  Pc pc;
  pc.write("Remedia/policy.txt", policy("network = yes\n", scan()));
  pc.write("wpeutil.txt", "exit InitializeNetwork 31\n");
  pc.start();
  pc.wait_for("Contoso recovery");
  EXPECT_EQ(pc.read("calls.txt"),
            "X:\\Windows\\System32\\wpeinit.exe\n"
            "X:\\Windows\\System32\\wpeutil.exe InitializeNetwork\n");
  EXPECT_NE(pc.text_of(kText).find("The network could not be started (31)."), std::string::npos);
}

TEST(WineStart, LogsOnTheStickToo) {
  Pc pc;
  pc.plug_stick();
  std::ofstream(pc.stick() / "remedia.usb") << "\n";
  pc.write("Remedia/policy.txt", policy("", scan()));
  pc.start();
  pc.wait_for("Contoso recovery");
  pc.press("Restart");
  pc.wait_for_end();
  std::ifstream stream(pc.stick() / "remedia-log.txt", std::ios::binary);
  const std::string log(std::istreambuf_iterator<char>(stream), {});
  EXPECT_EQ(log, pc.read("Remedia/log.txt"));
  EXPECT_NE(log.find("restart was chosen"), std::string::npos);
}

TEST(WineStart, ItsOwnCrashLeavesAReasonForWhoComesAfter) {
  Pc pc;
  pc.plug_stick();
  std::ofstream(pc.stick() / "remedia.usb") << "\n";
  pc.write("Remedia/policy.txt", policy("", scan()));
  pc.start({"--now", "2026-11-21", "--crash"});
  EXPECT_NE(pc.wait_for_end(), 0);
  EXPECT_EQ(pc.read("Remedia/running.txt"), "showing the menu\r\nexception 0xC0000005");
  pc.start({"--after", "--now", "2026-11-21"});
  pc.wait_for("The menu ended unexpectedly");
  EXPECT_NE(pc.text_of(kText).find("Last known: showing the menu: exception 0xC0000005"),
            std::string::npos);
  // The stick has all of the log, and each line once.
  EXPECT_EQ(read_file(pc.stick() / "remedia-log.txt"), pc.read("Remedia/log.txt"));
  EXPECT_NE(pc.read("Remedia/log.txt").find("exception 0xC0000005"), std::string::npos);
}

TEST(WineStart, AfterACrashOfRemoteHelpItsPortIsClosed) {
  Pc pc;
  pc.write("Remedia/policy.txt", policy("network = yes\nremote_agent = X:\\\\agent.exe\n"));
  pc.write("Remedia/running.txt", "showing the menu");
  pc.start({"--after", "--now", "2026-11-21"});
  pc.wait_for("The menu ended unexpectedly");
  EXPECT_EQ(pc.read("calls.txt"),
            "X:\\Windows\\System32\\netsh.exe advfirewall firewall delete rule name=\"Remedia "
            "Remote Connection\"\n");
}

TEST(WineStart, AfterACrashSaysWhyAndStartsAgain) {
  Pc pc;
  pc.write("Remedia/policy.txt", policy("", scan()));
  pc.write("Remedia/running.txt", "starting scan\r\nexception 0xC0000005");
  pc.start({"--after", "--now", "2026-11-21"});
  pc.wait_for("The menu ended unexpectedly");
  EXPECT_NE(pc.text_of(kText).find("Last known: starting scan: exception 0xC0000005"),
            std::string::npos);
  EXPECT_EQ(pc.buttons(), (Words{"Start the menu again", "Restart", "Shut down"}));
  pc.press("Start the menu again");
  pc.wait_for("Contoso recovery");
}

TEST(WineStart, AfterACrashExpiryCountsStill) {
  Pc pc;
  pc.write("Remedia/policy.txt", policy("", scan()));
  pc.write("Remedia/running.txt", "showing the menu");
  pc.start({"--after", "--now", "2027-01-20"});
  pc.wait_for("The menu ended unexpectedly");
  pc.press("Start the menu again");
  pc.wait_for("This image has expired");
}

TEST(WineStart, AfterAGoodEndNothingIsShown) {
  Pc pc;
  pc.write("Remedia/policy.txt", policy("", scan()));
  pc.start({"--after"});
  EXPECT_EQ(pc.wait_for_end(), 0);
  EXPECT_FALSE(pc.has("Remedia/log.txt"));
}

TEST(WineStart, TheShippedProgramHasNoTestSwitches) {
  Pc pc;
  pc.write("Remedia/policy.txt", policy("as_of = 2020-01-01\nexpires = 2020-02-02\n", scan()));
  pc.start_shipped({"--now", "2020-01-01", "--layout", "X:\\layout.txt"});
  pc.wait_for("This image has expired");
  EXPECT_FALSE(pc.has("layout.txt"));
}

}  // namespace
}  // namespace remedia::wine
