// The launcher's menu and its tools, as a user sees them.
#include "media/hive.h"
#include "wine/pc.h"

#include <fstream>

#include <gtest/gtest.h>

namespace remedia::wine {
namespace {

using Words = std::vector<std::string>;

std::string demo_tools() {
  return tool("wipe", "Disk Wipe", "Disk", "destructive", "X:\\\\Tools\\\\wipe.exe") +
         tool("regedit", "Registry Editor", "Windows", "high",
              "X:\\\\Tools\\\\edit.exe %TARGET_WINDIR% %TARGET_DRIVE%", "needs = windows\n") +
         tool("scan", "Disk Scan", "Disk", "low", "X:\\\\Tools\\\\scan.exe --all") +
         tool("gone", "File Search", "Files", "data", "X:\\\\Tools\\\\none.exe",
              "file = X:\\\\Tools\\\\none.exe\n");
}

TEST(WineMenu, ListsExactlyThePolicysToolsByGroup) {
  Pc pc;
  pc.write("Remedia/policy.txt", policy("", demo_tools()));
  pc.start();
  pc.wait_for("Contoso recovery");
  EXPECT_EQ(pc.rows(), (Words{"This PC", "Choose Windows installation", "Disk", "Disk Wipe",
                              "Disk Scan", "Windows", "Registry Editor", "Files", "File Search"}));
}

TEST(WineMenu, ShowsTheVersionStamp) {
  Pc pc;
  pc.write("Remedia/policy.txt", policy());
  pc.start();
  pc.wait_for("Contoso recovery");
  EXPECT_EQ(pc.text_of(kStamp),
            "helpdesk, tier L2, revision 0123456789abcdef, built 2024-01-01, as of 2026-11-20, "
            "expires 2026-12-20, base 10.0.26100.1742 amd64");
  EXPECT_EQ(pc.buttons(), (Words{"Restart", "Shut down"}));
}

TEST(WineMenu, SaysWhatTheImageKnowsAndHowOldThatIs) {
  Pc pc;
  pc.write("Remedia/policy.txt",
           policy("definitions = 1.403.55.0\ndefinitions_date = 2026-11-01\n"
                  "definitions_until = 2026-11-20\ndebuggers = 10.0.26100.1\nsymbols = 14\n"));
  pc.start();
  pc.wait_for("Contoso recovery");
  pc.wait_for_text(kText, "Malware definitions are of 2026-11-01, 20 days old");
  EXPECT_NE(pc.text_of(kStamp).find("amd64, definitions 1.403.55.0 of 2026-11-01, debuggers "
                                    "10.0.26100.1, symbols 14"),
            std::string::npos);
}

TEST(WineMenu, SaysWhyAToolCannotBeStarted) {
  Pc pc;
  pc.write("Remedia/policy.txt", policy("", demo_tools()));
  pc.start();
  pc.wait_for("Contoso recovery");
  pc.choose("File Search");
  EXPECT_NE(pc.text_of(kDetail).find("Not available: X:\\Tools\\none.exe is missing."),
            std::string::npos);
  EXPECT_EQ(pc.buttons(), (Words{"Restart", "Shut down"}));
  pc.choose("Registry Editor");
  EXPECT_NE(pc.text_of(kDetail).find("Not available: No Windows installation was found."),
            std::string::npos);
  EXPECT_EQ(pc.probe_status({"press", "Start"}), 3);
}

TEST(WineMenu, StartsAToolAndLogsItsEnd) {
  Pc pc;
  pc.write("Remedia/policy.txt", policy("", demo_tools()));
  pc.add_program("Tools/scan.exe");
  pc.write("scan.txt", "exit * 7\n");
  pc.start();
  pc.wait_for("Contoso recovery");
  pc.choose("Disk Scan");
  pc.press("Start");
  pc.wait_for_file("calls.txt", "X:\\Tools\\scan.exe --all\n");
  pc.wait_for_file("Remedia/log.txt", "end scan: 7\r\n");
  pc.wait_for_text(kText, "Disk Scan ended with code 7.");
}

TEST(WineMenu, SurvivesTheCrashOfATool) {
  Pc pc;
  pc.write("Remedia/policy.txt", policy("", demo_tools()));
  pc.add_program("Tools/scan.exe");
  pc.write("scan.txt", "crash\n");
  pc.start();
  pc.wait_for("Contoso recovery");
  pc.choose("Disk Scan");
  pc.press("Start");
  pc.wait_for_text(kText, "Disk Scan crashed (0xC0000005).");
  pc.choose("Disk Scan");
  EXPECT_EQ(pc.buttons(), (Words{"Start", "Restart", "Shut down"}));
}

TEST(WineMenu, SaysThatAProgramIsNotThere) {
  Pc pc;
  pc.write("Remedia/policy.txt", policy("", demo_tools()));
  pc.start();
  pc.wait_for("Contoso recovery");
  pc.choose("Disk Scan");
  pc.press("Start");
  pc.wait_for_text(kText, "Disk Scan could not be started: ");
}

TEST(WineMenu, StartsOneToolOnceAtATimeAndStaysAlive) {
  Pc pc;
  pc.write("Remedia/policy.txt", policy("", demo_tools()));
  pc.add_program("Tools/scan.exe");
  pc.write("scan.txt", "wait\n");
  pc.start();
  pc.wait_for("Contoso recovery");
  pc.choose("Disk Scan");
  pc.press("Start");
  pc.wait_for_text(kDetail, "Not available: it is running.");
  pc.choose("Disk Wipe");
  EXPECT_EQ(pc.buttons(), (Words{"Start", "Restart", "Shut down"}));
  pc.let_go();
  pc.wait_for_file("Remedia/log.txt", "end scan: 0\r\n");
}

TEST(WineMenu, DestroysOnlyWhatWasTyped) {
  Pc pc;
  pc.write("Remedia/policy.txt", policy("", demo_tools()));
  pc.add_program("Tools/wipe.exe");
  pc.start();
  pc.wait_for("Contoso recovery");
  pc.choose("Disk Wipe");
  pc.press("Start");
  pc.wait_for("Disk Wipe");
  pc.probe({"type", "yes"});
  pc.press("Start");
  pc.wait_for("Contoso recovery");
  pc.wait_for_text(kText, "Disk Wipe was not started");
  EXPECT_FALSE(pc.has("calls.txt"));

  pc.choose("Disk Wipe");
  pc.press("Start");
  pc.wait_for("Disk Wipe");
  pc.probe({"type", "disk wipe"});
  pc.press("Start");
  pc.wait_for_file("calls.txt", "X:\\Tools\\wipe.exe\n");
}

TEST(WineMenu, WorksByKeyboardAlone) {
  Pc pc;
  pc.write("Remedia/policy.txt", policy("", demo_tools()));
  pc.add_program("Tools/scan.exe");
  pc.start();
  pc.wait_for("Contoso recovery");
  const std::string down = "40";
  const std::string enter = "13";
  const std::string escape = "27";
  pc.wait_for_text(kDetail, "Disk Wipe");  // the first that can be started
  pc.probe({"key", enter});
  pc.wait_for("Disk Wipe");
  pc.probe({"key", escape});
  pc.wait_for("Contoso recovery");
  pc.probe({"key", down});
  pc.wait_for_text(kDetail, "Disk Scan");
  pc.probe({"key", enter});
  pc.wait_for_file("calls.txt", "scan.exe --all");
}

TEST(WineMenu, ADoubleClickStartsWhatItHits) {
  Pc pc;
  pc.write("Remedia/policy.txt", policy("", demo_tools()));
  pc.add_program("Tools/scan.exe");
  pc.start();
  pc.wait_for("Contoso recovery");
  pc.choose("Choose Windows installation");
  pc.probe({"double", "2"});  // the heading above Disk Wipe, which would ask
  pc.probe({"double", "4"});
  pc.wait_for_file("calls.txt", "X:\\Tools\\scan.exe --all\n");
  pc.wait_for("Contoso recovery");
}

TEST(WineMenu, AHeldLetterPressesNoButtonAfterAnother) {
  Pc pc;
  pc.write("Remedia/policy.txt", policy("", demo_tools()));
  pc.start();
  pc.wait_for("Contoso recovery");
  const std::string b = "98";
  const std::string s = "115";
  pc.choose("Disk Wipe");
  pc.probe({"alt", s});
  pc.wait_for("Disk Wipe");
  pc.probe({"holdalt", b});
  pc.probe({"type", "yes"});
  pc.probe({"holdalt", s});  // would start it
  pc.probe({"text", "15", "yes"});
  pc.probe({"alt", b});
  pc.wait_for("Contoso recovery");
  EXPECT_EQ(pc.read("Remedia/log.txt").find("was not started"), std::string::npos);
}

TEST(WineMenu, NamesMayBeInAnyScript) {
  Pc pc;
  pc.write("Remedia/policy.txt",
           policy("title = Wiederherstellung für Köln\n",
                  tool("gr", "Ελληνικό εργαλείο", "Файлы", "low",
                       "\"X:\\\\Wärk zeug\\\\ŝtart.exe\" \"%TARGET_WINDIR%\" ж",
                       "file = X:\\\\Wärk zeug\\\\ŝtart.exe\n")));
  pc.add_program("Wärk zeug/ŝtart.exe");
  std::filesystem::create_directories(pc.d() / "Windows/System32/config");
  std::ofstream(pc.d() / "Windows/System32/config/SOFTWARE") << "no hive";
  pc.start();
  pc.wait_for("Wiederherstellung für Köln");
  EXPECT_EQ(pc.rows(), (Words{"Файлы", "Ελληνικό εργαλείο"}));
  pc.choose("Ελληνικό εργαλείο");
  pc.press("Start");
  pc.wait_for_file("calls.txt", "\"X:\\Wärk zeug\\ŝtart.exe\" \"D:\\Windows\" ж\n");
}

RegistryKey below(const std::string& path, std::vector<RegistryValue> values) {
  RegistryKey key;
  const std::size_t slash = path.find('\\');
  key.name = path.substr(0, slash);
  if (slash == std::string::npos) {
    key.values = std::move(values);
  } else {
    key.children.push_back(below(path.substr(slash + 1), std::move(values)));
  }
  return key;
}

// Genuine hives with a log beside them, and a volume label, on D:.
void add_windows(Pc& pc) {
  const std::filesystem::path config = pc.d() / "Windows/System32/config";
  std::filesystem::create_directories(config);
  RegistryKey software;
  software.name = "ROOT";
  software.children = {below(
      "Microsoft\\Windows NT\\CurrentVersion",
      {registry_string("ProductName", "Windows 10 Pro"),
       registry_string("EditionID", "Professional"), registry_string("DisplayVersion", "24H2"),
       registry_string("CurrentBuild", "26100"), registry_dword("UBR", 1742)})};
  RegistryKey system;
  system.name = "ROOT";
  system.children = {
      below("Select", {registry_dword("Current", 2)}),
      below("ControlSet002\\Control\\Nls\\Language", {registry_string("InstallLanguage", "0407")})};
  std::ofstream(config / "SOFTWARE", std::ios::binary) << hive::write(software);
  std::ofstream(config / "SYSTEM", std::ios::binary) << hive::write(system);
  std::ofstream(config / "SOFTWARE.LOG1") << "log";
  std::ofstream(pc.d() / ".windows-label") << "Köln\n";
}

TEST(WineMenu, PassesTheChosenWindowsToTools) {
  Pc pc;
  pc.write("Remedia/policy.txt", policy("", demo_tools()));
  pc.write("manage-bde.txt", "exit -status 1\n");
  pc.add_program("Tools/edit.exe");
  add_windows(pc);
  const auto before = pc.files_of_d();
  pc.start();
  pc.wait_for("Contoso recovery");
  pc.choose("Choose Windows installation");
  pc.press("Start");
  pc.wait_for("Choose Windows installation");
  EXPECT_EQ(pc.rows(), (Words{"D:\\Windows: Windows 11 Pro 24H2"}));
  EXPECT_EQ(pc.text_of(kDetail),
            "Folder: D:\\Windows\\nEdition: Professional\\nBuild: 10.0.26100.1742\\nLanguage: "
            "de-DE\\nVolume label: Köln\\nBitLocker: off or suspended");
  pc.press("Choose");
  pc.wait_for("Contoso recovery");
  pc.choose("Registry Editor");
  pc.press("Start");
  pc.wait_for_file("calls.txt", "X:\\Tools\\edit.exe D:\\Windows D:\n");
  EXPECT_NE(pc.read("calls.txt").find("manage-bde.exe -status D: -p\n"), std::string::npos);
  EXPECT_EQ(pc.files_of_d(), before);  // a look writes nothing, no log of a hive either
}

}  // namespace
}  // namespace remedia::wine
