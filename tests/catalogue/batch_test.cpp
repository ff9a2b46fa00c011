// What each batch file of the catalogue does with what people answer.
#include "catalogue/batch.h"

namespace remedia {
namespace {

const std::string kNumber = "or Enter for none: ";
const std::string kDiskPart = R"(diskpart.exe /s "X:\Remedia\Tools\disk-wipe.txt")";
const Calls kShown = {kDiskPart, "list disk", kDiskPart, "select disk 2", "detail disk"};

Calls operator+(Calls left, const Calls& right) {
  left.insert(left.end(), right.begin(), right.end());
  return left;
}

TEST_F(Batch, DiskWipeOverwritesTheDiskThatWasShownAndConfirmed) {
  EXPECT_EQ(run("disk-wipe", false, {{kNumber, "2"}, {"to go on: ", "WIPE 2"}, {kKey, ""}}),
            (kShown + Calls{kDiskPart, "select disk 2", "clean all"}));
  EXPECT_EQ(code_, "0");
  EXPECT_FALSE(fs::exists(x_ / "Remedia/Tools/disk-wipe.txt"));
}

TEST_F(Batch, DiskWipeChangesNothingWithoutTheWholeWord) {
  for (const char* answer : {"", "WIPE 1", "wipe 2", "Y", "WIPE 2 ", "WIPE"}) {
    fs::remove(x_ / "calls.txt");
    EXPECT_EQ(run("disk-wipe", false, {{kNumber, "2"}, {"to go on: ", answer}, {kKey, ""}}), kShown)
        << answer;
    EXPECT_NE(output_.find("Nothing was changed."), std::string::npos);
  }
}

TEST_F(Batch, DiskWipeTakesNoNumberButADisks) {
  for (const char* answer :
       {"", "64", "-1", "2x", "02", "*", "all", "2\" & echo X", "%A%", "!A!"}) {
    fs::remove(x_ / "calls.txt");
    EXPECT_EQ(run("disk-wipe", false, {{kNumber, answer}, {kKey, ""}}),
              (Calls{kDiskPart, "list disk"}))
        << answer;
  }
}

TEST_F(Batch, DiskWipeStopsAtADiskThatIsNotThere) {
  fails_at("diskpart", "detail disk");
  EXPECT_EQ(run("disk-wipe", false, {{kNumber, "2"}, {kKey, ""}}), kShown);
  EXPECT_NE(output_.find("There is no disk 2"), std::string::npos) << output_;
}

TEST_F(Batch, DiskWipeSaysThatItFailed) {
  fails_at("diskpart", "clean all");
  run("disk-wipe", false, {{kNumber, "2"}, {"to go on: ", "WIPE 2"}, {kKey, ""}});
  EXPECT_NE(output_.find("DiskPart failed"), std::string::npos) << output_;
  EXPECT_EQ(code_, "1");
}

constexpr const char* kPackages =
    "Package Identity : "
    "Microsoft-Windows-Foundation-Package~31bf3856ad364e35~amd64~~10.0.26100.1\r\n"
    "State : Installed\r\n\r\n"
    "Package Identity : Package_for_KB5044384~31bf3856ad364e35~amd64~~26100.2161.1.7\r\n"
    "Package Identity : Package_for_RollupFix~31bf3856ad364e35~amd64~~26100.2454.1.8\r\n";
const std::string kDism = R"(dism.exe /English /Image:D:\ )";
const std::string kUpdate =
    R"("/PackageName:Package_for_RollupFix~31bf3856ad364e35~amd64~~26100.2454.1.8")";

TEST_F(Batch, HotfixUninstallRemovesTheUpdateThatWasShownAndConfirmed) {
  puts_out("dism", kPackages);
  EXPECT_EQ(
      run("hotfix-uninstall", true, {{kNumber, "2"}, {"to remove it: ", "REMOVE 2"}, {kKey, ""}}),
      (Calls{kDism + "/Get-Packages", kDism + "/Get-PackageInfo " + kUpdate,
             kDism + "/Remove-Package " + kUpdate + R"( "/ScratchDir:D:\Windows\Temp")"}));
  EXPECT_EQ(code_, "0");
}

TEST_F(Batch, HotfixUninstallChangesNothingUnlessToldTo) {
  puts_out("dism", kPackages);
  for (const char* answer : {"", "0", "3", "x"}) {
    fs::remove(x_ / "calls.txt");
    EXPECT_EQ(run("hotfix-uninstall", true, {{kNumber, answer}, {kKey, ""}}),
              Calls{kDism + "/Get-Packages"})
        << answer;
  }
  fs::remove(x_ / "calls.txt");
  EXPECT_EQ(
      run("hotfix-uninstall", true, {{kNumber, "1"}, {"to remove it: ", "REMOVE 2"}, {kKey, ""}})
          .size(),
      2U);
}

TEST_F(Batch, HotfixUninstallTakesBackWhatIsHalfInstalled) {
  EXPECT_EQ(
      run("hotfix-uninstall", true, {{kNumber, "P"}, {"half installed: ", "REVERT"}, {kKey, ""}}),
      (Calls{kDism + "/Get-Packages",
             kDism + R"(/Cleanup-Image /RevertPendingActions "/ScratchDir:D:\Windows\Temp")"}));
}

const Calls kAdapters = {"netsh.exe interface ipv4 show interfaces",
                         "netsh.exe interface ipv4 show config"};
const std::string kEnd = "or Enter to end: ";

TEST_F(Batch, TcpIpConfigSetsAnAdapter) {
  EXPECT_EQ(
      run("tcp-ip-config", false,
          {{kEnd, "3"},
           {"for DHCP: ", "192.0.2.10"},
           {"255.255.255.0: ", "255.255.255.0"},
           {"for none: ", "192.0.2.1"},
           {"to leave it: ", "192.0.2.53"},
           {"set this: ", "y"},
           {kEnd, ""}}),
      (kAdapters +
       Calls{R"(netsh.exe interface ipv4 set address "name=3" source=static "address=192.0.2.10")"
             R"( "mask=255.255.255.0" "gateway=192.0.2.1")",
             R"(netsh.exe interface ipv4 set dnsservers "name=3" source=static)"
             R"( "address=192.0.2.53" validate=no)"} +
       kAdapters));
}

TEST_F(Batch, TcpIpConfigGoesBackToDhcpAndRefusesWhatIsNoNumber) {
  EXPECT_EQ(run("tcp-ip-config", false,
                {{kEnd, "Ethernet"}, {kEnd, "7"}, {"for DHCP: ", ""}, {kEnd, ""}}),
            (kAdapters + kAdapters +
             Calls{R"(netsh.exe interface ipv4 set address "name=7" source=dhcp)",
                   R"(netsh.exe interface ipv4 set dnsservers "name=7" source=dhcp)"} +
             kAdapters));
}

TEST_F(Batch, FileSearchListsWhatItFinds) {
  run("file-search", true, {{kEnd, "note"}, {kEnd, "nothing-like-it"}, {kEnd, ""}});
  EXPECT_NE(output_.find("No file on D: has such a name."), std::string::npos) << output_;
  EXPECT_EQ(output_.find("No file"), output_.rfind("No file"));
}

TEST_F(Batch, SfcScanAndRepairDiskWorkOnTheChosenWindows) {
  EXPECT_EQ(run("sfc-scan", true, {{kKey, ""}}),
            Calls{R"(sfc.exe /scannow /offbootdir=D:\ "/offwindir=D:\Windows")"});
  fs::remove(x_ / "calls.txt");
  EXPECT_EQ(run("disk-repair", true, {{kEnd, "yes"}, {kKey, ""}}), Calls{"chkdsk.exe D:"});
  fs::remove(x_ / "calls.txt");
  EXPECT_EQ(run("disk-repair", true, {{kEnd, "REPAIR"}, {kKey, ""}}),
            (Calls{"chkdsk.exe D:", "chkdsk.exe D: /f"}));
}

TEST_F(Batch, BootRepairTakesOneStepAtATime) {
  EXPECT_EQ(run("boot-repair", false, {{kEnd, "1"}, {kEnd, "5"}, {kEnd, "2"}, {kEnd, ""}}),
            (Calls{"bootrec.exe /scanos", "bootrec.exe /rebuildbcd"}));
}

TEST_F(Batch, RegistryEditorUnloadsWhatItLoaded) {
  const Calls calls = run("registry-editor", true, {});
  EXPECT_EQ(calls[0], R"(reg.exe load "HKLM\PC_SYSTEM" "D:\Windows\System32\config\SYSTEM")");
  EXPECT_EQ(calls.back(), R"(reg.exe unload "HKLM\PC_DEFAULT")");
  EXPECT_EQ(code_, "0");
}

TEST_F(Batch, RegistryEditorSaysWhatIsStillLoadedAndEnds) {
  fails_at("reg", "unload \"HKLM\\PC_SOFTWARE\"");
  run("registry-editor", true, {{"leave it so: ", "y"}, {"leave it so: ", ""}});
  EXPECT_NE(output_.find("Still loaded: SOFTWARE."), std::string::npos) << output_;
  EXPECT_EQ(code_, "1");
}

TEST_F(Batch, ComputerManagementSwitchesADriverOff) {
  puts_out("reg", "    Current    REG_DWORD    0x2\r\n");
  const Calls calls =
      run("computer-management", true,
          {{kEnd, "2"}, {"spooler: ", "spooler"}, {"to leave it: ", "4"}, {kEnd, ""}});
  const std::string key = R"("HKLM\PC_SYSTEM\ControlSet002\Services\spooler")";
  EXPECT_EQ(calls,
            (Calls{R"(reg.exe load HKLM\PC_SYSTEM "D:\Windows\System32\config\SYSTEM")",
                   R"(reg.exe query HKLM\PC_SYSTEM\Select /v Current)",
                   "reg.exe query " + key + " /v Start", "reg.exe query " + key + " /v ImagePath",
                   "reg.exe add " + key + " /v Start /t REG_DWORD /d 4 /f",
                   R"(reg.exe unload HKLM\PC_SYSTEM)"}));
}

TEST_F(Batch, ComputerManagementLeavesAllElse) {
  puts_out("reg", "    Current    REG_DWORD    0x1\r\n");
  for (const char* value : {"", "5", "off", "4 4"}) {
    fs::remove(x_ / "calls.txt");
    const Calls calls =
        run("computer-management", true,
            {{kEnd, "2"}, {"spooler: ", "spooler"}, {"to leave it: ", value}, {kEnd, ""}});
    EXPECT_EQ(calls.size(), 5U) << value;
    EXPECT_EQ(calls.back(), R"(reg.exe unload HKLM\PC_SYSTEM)");
  }
}

TEST_F(Batch, SolutionWizardAnswersEachOfItsQuestions) {
  std::vector<Exchange> exchanges;
  for (const char* answer : {"1", "2", "3", "4", "5", "6", "7", "8", "9", ""})
    exchanges.push_back({kEnd, answer});
  EXPECT_EQ(run("solution-wizard", false, exchanges), Calls());
  for (const char* title : {"Startup Repair", "Crash Analyzer", "Hotfix Uninstall", "File Restore",
                            "Locksmith", "TCP/IP Config", "Defender scan", "Disk Wipe"})
    EXPECT_NE(output_.find(title), std::string::npos) << title;
}

TEST_F(Batch, ToolsForAWindowsStartNothingWithoutOne) {
  for (const char* name : {"computer-management", "crash-analyzer", "disk-repair", "file-search",
                           "hotfix-uninstall", "registry-editor", "sfc-scan"}) {
    EXPECT_EQ(run(name, false, {{kKey, ""}}), Calls()) << name;
    EXPECT_EQ(code_, "1") << name;
  }
}

}  // namespace
}  // namespace remedia
