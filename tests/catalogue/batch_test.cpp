// The catalogue's batch files, run by Wine's cmd with stand-ins for what they call. An answer is
// written when its question has been asked: Wine's cmd takes all that it finds as one line.
#include "boot/program.h"
#include "support/diagnostic.h"
#include "support/file.h"
#include "support/process.h"

#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

namespace remedia {
namespace {

constexpr const char* kWine = "/usr/lib/wine/wine64";
constexpr const char* kServer = "/usr/lib/wine/wineserver64";

using Calls = std::vector<std::string>;

struct Exchange {
  std::string question;
  std::string answer;
};

/// A folder that is X:, one that is D: with a Windows, and the programs that are called.
class Batch : public testing::Test {
 protected:
  void SetUp() override {
    if (!fs::exists(home_ / "prefix.made")) make_prefix();
    for (const fs::path& folder : {x_, d_}) {
      fs::remove_all(folder);
      fs::create_directories(folder);
    }
    for (const char* name : {"bcdedit", "bootrec", "chkdsk", "diskpart", "dism", "netsh", "reg",
                             "regedit", "sfc", "wevtutil"}) {
      copy(REMEDIA_RECORDER, x_ / (std::string(name) + ".exe"));
    }
    fs::create_directories(x_ / "Remedia");
    fs::copy(REMEDIA_BATCH_FILES, x_ / "Remedia/Tools", fs::copy_options::recursive);
    write(d_ / "Windows/System32/config/SYSTEM", "");
    write(d_ / "Windows/System32/winevt/Logs/System.evtx", "");
    write(d_ / "Windows/notes.txt", "");
    write(d_ / "Windows/Minidump/old.dmp", "");
  }
  void TearDown() override {
    wine({kServer, "-k"});
    wine({kServer, "-w"});
  }

  static void write(const fs::path& file, std::string_view content) {
    fs::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary) << content;
  }

  /// What the stand-in `name` puts out, or at which words it fails.
  void puts_out(const std::string& name, const std::string& text) {
    write(x_ / (name + ".out"), text);
  }
  void fails_at(const std::string& name, const std::string& text) {
    write(x_ / (name + ".fails"), text);
  }

  /// Runs one with the Windows on D:, or without; what was called, by lines.
  Calls run(const std::string& name, bool target, const std::vector<Exchange>& exchanges) {
    const fs::path input = home_ / "input";
    fs::remove(input);
    if (mkfifo(input.c_str(), 0600) != 0) fail_errno(errno, "make", input);
    std::vector<std::string> argv = {"sh",
                                     "-c",
                                     R"(cd "$1"; shift; "$@" <"$0"; echo "ended $?")",
                                     input,
                                     x_,
                                     kWine,
                                     "cmd",
                                     "/d",
                                     "/c",
                                     "X:\\Remedia\\Tools\\" + name + ".cmd"};
    if (target) argv.emplace_back("D:\\Windows");
    boot::Program program(argv, words());
    // Open for both, so that neither side waits for the other.
    const Fd pipe(open(input.c_str(), O_RDWR | O_CLOEXEC));
    std::size_t seen = 0;
    for (const Exchange& exchange : exchanges) {
      seen = wait_for(program, exchange.question, seen);
      const std::string line = exchange.answer + "\n";
      if (::write(pipe.get(), line.data(), line.size()) < 0) fail_errno(errno, "write", input);
    }
    wait_for(program, "ended ", seen);
    wait_for(program, "\n", program.output().rfind("ended "));
    output_ = program.output();
    const std::size_t at = output_.rfind("ended ") + 6;
    code_ = output_.substr(at, output_.find('\n', at) - at);
    return calls();
  }

  std::string output_;
  std::string code_;
  const fs::path home_ = REMEDIA_BATCH_DIR;
  const fs::path x_ = home_ / "x";
  const fs::path d_ = home_ / "d";

 private:
  static void copy(const fs::path& from, const fs::path& to) {
    fs::copy_file(from, to, fs::copy_options::overwrite_existing);
  }

  std::vector<std::string> words() const {
    return {"env", "WINEPREFIX=" + (home_ / "prefix").string(), "WINEDEBUG=-all",
            "WINEDLLOVERRIDES=mscoree,mshtml=;winemenubuilder.exe,winedbg.exe=d", "DISPLAY="};
  }

  // To a file: what Wine starts in the background keeps its output open for as long as it lives.
  void wine(const std::vector<std::string>& argv) const {
    std::vector<std::string> all = words();
    all.insert(all.end(), {"sh", "-c", "exec \"$@\" >\"$0\" 2>&1", home_ / "output.txt"});
    all.insert(all.end(), argv.begin(), argv.end());
    run_process(all, {});
  }

  void make_prefix() const {
    fs::remove_all(home_);
    fs::create_directories(home_ / "prefix");
    wine({kWine, "wineboot", "--init"});
    wine({kServer, "-w"});
    const fs::path prefix = home_ / "prefix";
    for (const auto& [letter, folder] : {std::pair{"x:", x_}, std::pair{"d:", d_}})
      fs::create_directory_symlink(folder, prefix / "dosdevices" / letter);
    // Wine's %SYSTEMDRIVE% stays C:.
    copy(REMEDIA_RECORDER, prefix / "drive_c/windows/system32/more.com");
    fs::create_directories(prefix / "drive_c/Debuggers");
    copy(REMEDIA_RECORDER, prefix / "drive_c/Debuggers/kd.exe");
    std::ofstream(home_ / "prefix.made") << "\n";
  }

  /// The end of `text` in what was put out behind `from`.
  static std::size_t wait_for(boot::Program& program, const std::string& text, std::size_t from) {
    const auto deadline = boot::in(std::chrono::seconds(60));
    for (;;) {
      const std::size_t at = program.output().find(text, from);
      if (at != std::string::npos) return at + text.size();
      if (program.read_more(deadline) != boot::Program::Progress::more)
        fail("'{}' was not put out, but: {}", text, program.output());
    }
  }

  Calls calls() const {
    std::ifstream file(x_ / "calls.txt", std::ios::binary);
    Calls lines;
    for (std::string line; std::getline(file, line);) {
      while (line.ends_with('\r') || line.ends_with(' ')) line.pop_back();
      lines.push_back(line);
    }
    return lines;
  }
};

const std::string kNumber = "or Enter for none: ";
const std::string kKey = "Press any key";
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

TEST_F(Batch, CrashAnalyzerTakesTheNewestDump) {
  EXPECT_EQ(run("crash-analyzer", true, {{kKey, ""}})[0],
            R"("C:\Debuggers\kd.exe" -z "D:\Windows\Minidump\old.dmp" -y "C:\Symbols" -c "!analyze)"
            R"( -v; q")");
  fs::remove_all(d_ / "Windows/Minidump");
  fs::remove(x_ / "calls.txt");
  EXPECT_EQ(run("crash-analyzer", true, {{kKey, ""}}), Calls());
  EXPECT_NE(output_.find("has no memory dump"), std::string::npos);
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
