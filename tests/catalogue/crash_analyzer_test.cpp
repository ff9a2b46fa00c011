// Crash Analyzer: which dump it takes, what it gives the debugger, what it makes of the answer; and
// that nothing on the PC's disk gets a say in that.
#include "catalogue/batch.h"

#include <chrono>

namespace remedia {
namespace {

const std::string kRead = "or Enter to end: ";
const std::string kWhich = "or Enter for 1: ";
const std::string kTake = "to take them: ";

constexpr const char* kDriver =
    "*** Fatal System Error: 0x000000d1\r\n"
    "BUGCHECK_CODE:  d1\r\n"
    "BUGCHECK_P1: 0\r\n"
    "PROCESS_NAME:  System\r\n"
    "STACK_TEXT: \r\n"
    "ffff8001`2345 nt!KeBugCheckEx\r\n"
    "SYMBOL_NAME:  bad_nic+1234\r\n"
    "MODULE_NAME: bad_nic\r\n"
    "IMAGE_NAME:  bad_nic.sys\r\n"
    "FAILURE_BUCKET_ID:  AV_bad_nic!unknown_function\r\n";

class CrashAnalyzer : public Batch {
 protected:
  void SetUp() override {
    Batch::SetUp();
    fs::remove_all(d_ / "Windows/Minidump");
    copy(REMEDIA_RECORDER, c_ / "Debuggers/cdb.exe");
    copy(REMEDIA_RECORDER, c_ / "Debuggers/kd.exe");
    write(c_ / "Symbols/pingme.txt", "");
    puts_out("cdb", kDriver);
  }

  /// A dump that is as many days old.
  static void dump(const fs::path& file, int days = 0) {
    write(file, "PAGEDU64");
    fs::last_write_time(file, fs::file_time_type::clock::now() - std::chrono::hours(24 * days));
  }

  static std::string call(const std::string& of, const std::string& program = "cdb",
                          const std::string& symbols = "C:\\Symbols") {
    return fmt::format(
        R"("C:\Debuggers\{}.exe" -noshell -sins -z "{}" -y "{}" -c "!analyze -v; q")", program, of,
        symbols);
  }

  Calls analyze(const std::vector<Exchange>& exchanges = {{kRead, ""}}) {
    fs::remove(x_ / "calls.txt");
    return run("crash-analyzer", true, exchanges);
  }

  bool says(const std::string& text) const { return output_.find(text) != std::string::npos; }
  std::string log(const std::string& name) const {
    return read_file(c_ / "Remedia/Logs" / ("crash-" + name + ".txt"));
  }
};

#define EXPECT_SAYS(text) EXPECT_TRUE(says(text)) << output_

// --- which dump ---

TEST_F(CrashAnalyzer, TakesTheOnlyDumpWithoutAsking) {
  dump(d_ / "Windows/Minidump/112126-1.dmp");
  EXPECT_EQ(analyze(), Calls{call(R"(D:\Windows\Minidump\112126-1.dmp)")});
  EXPECT_EQ(code_, "0");
  EXPECT_EQ(log("112126-1.dmp"), kDriver);
}

TEST_F(CrashAnalyzer, ListsWhatThereIsAndLetsPeopleChoose) {
  dump(d_ / "Windows/MEMORY.DMP", 1);
  dump(d_ / "Windows/Minidump/old.dmp", 9);
  dump(d_ / "Windows/Minidump/new.dmp", 1);
  dump(d_ / "Windows/Minidump/middle.dmp", 5);
  write(d_ / "Windows/Minidump/notes.txt", "");
  fs::create_directories(d_ / "Windows/Minidump/folder.dmp");
  const char* const by_number[] = {R"(D:\Windows\MEMORY.DMP)", R"(D:\Windows\Minidump\new.dmp)",
                                   R"(D:\Windows\Minidump\middle.dmp)",
                                   R"(D:\Windows\Minidump\old.dmp)"};
  for (int i = 0; i < 4; ++i) {
    EXPECT_EQ(analyze({{kWhich, std::to_string(i + 1)}, {kRead, ""}}), Calls{call(by_number[i])});
  }
  EXPECT_EQ(analyze({{kWhich, ""}, {kRead, ""}}), Calls{call(by_number[0])});
  EXPECT_SAYS("8 bytes  MEMORY.DMP");
}

TEST_F(CrashAnalyzer, TakesNoNumberButADumps) {
  dump(d_ / "Windows/Minidump/a.dmp", 1);
  dump(d_ / "Windows/Minidump/b.dmp", 2);
  EXPECT_EQ(analyze({{kWhich, "3"},
                     {kWhich, "0"},
                     {kWhich, "-1"},
                     {kWhich, "2x"},
                     {kWhich, "*"},
                     {kWhich, "1\" & echo X"},
                     {kWhich, "%COUNT%"},
                     {kWhich, "2"},
                     {kRead, ""}}),
            Calls{call(R"(D:\Windows\Minidump\b.dmp)")});
}

TEST_F(CrashAnalyzer, ListsTheNineNewestOnly) {
  for (int i = 1; i <= 12; ++i) dump(d_ / fmt::format("Windows/Minidump/day{}.dmp", i), i);
  EXPECT_EQ(analyze({{kWhich, "10"}, {kWhich, "9"}, {kRead, ""}}),
            Calls{call(R"(D:\Windows\Minidump\day9.dmp)")});
  EXPECT_SAYS("There are 12; the older ones are not listed.");
  EXPECT_FALSE(says("day10.dmp"));
}

TEST_F(CrashAnalyzer, SaysThatThereIsNone) {
  EXPECT_EQ(analyze({{kKey, ""}}), Calls());
  EXPECT_SAYS("There is none: neither MEMORY.DMP nor anything in Minidump.");
  EXPECT_EQ(code_, "0");
}

// Names that cmd would read as part of a command line. Not here: % in them, since Wine's cmd looks
// through what it has put in once more, as Microsoft's does not.
const std::string kNames[] = {"Old & new^", "a!PATH!b (1)", "a;b,c=d 'e'"};

TEST_F(CrashAnalyzer, NamesOfFoldersAreOnlyNames) {
  for (const std::string& name : kNames) {
    SCOPED_TRACE(name);
    dump(d_ / name / "Windows/Minidump/a dump.dmp");
    fs::remove(x_ / "calls.txt");
    EXPECT_EQ(run("crash-analyzer", "D:\\" + name + "\\Windows", {{kRead, ""}}),
              Calls{call("D:\\" + name + "\\Windows\\Minidump\\a dump.dmp")});
    EXPECT_EQ(code_, "0") << output_;
  }
}

TEST_F(CrashAnalyzer, NamesOfDumpsAreOnlyNames) {
  for (const std::string& name : kNames) {
    SCOPED_TRACE(name);
    fs::remove_all(d_ / "Windows/Minidump");
    dump(d_ / "Windows/Minidump" / (name + ".dmp"));
    EXPECT_EQ(analyze(), Calls{call("D:\\Windows\\Minidump\\" + name + ".dmp")});
    EXPECT_EQ(code_, "0") << output_;
    EXPECT_EQ(log(name + ".dmp"), kDriver);
    EXPECT_SAYS("probably to blame: bad_nic.sys");
  }
}

TEST_F(CrashAnalyzer, AFolderWithoutDumpsIsOnlyAName) {
  fs::create_directories(d_ / kNames[0] / "Windows");
  EXPECT_EQ(run("crash-analyzer", "D:\\" + kNames[0] + "\\Windows", {{kKey, ""}}), Calls());
  EXPECT_SAYS("There is none");
}

// --- the debugger ---

TEST_F(CrashAnalyzer, KdServesWhereCdbIsAbsent) {
  dump(d_ / "Windows/MEMORY.DMP");
  fs::remove(c_ / "Debuggers/cdb.exe");
  puts_out("kd", kDriver);
  EXPECT_EQ(analyze(), Calls{call(R"(D:\Windows\MEMORY.DMP)", "kd")});
}

TEST_F(CrashAnalyzer, SaysThatDebuggersAreMissingAndSymbolsToo) {
  dump(d_ / "Windows/MEMORY.DMP");
  fs::remove_all(c_ / "Debuggers");
  // Not those of the PC.
  copy(REMEDIA_RECORDER, d_ / "Debuggers/cdb.exe");
  copy(REMEDIA_RECORDER, e_ / "Debuggers/cdb.exe");
  EXPECT_EQ(analyze({{kKey, ""}}), Calls());
  EXPECT_SAYS("This image has no debuggers");
  EXPECT_FALSE(says("no symbols either"));
  EXPECT_EQ(code_, "1");
  fs::remove_all(c_ / "Symbols");
  EXPECT_EQ(analyze({{kKey, ""}}), Calls());
  EXPECT_SAYS("It has no symbols either");
  EXPECT_EQ(code_, "1");
}

TEST_F(CrashAnalyzer, RunsInItsOwnFolderWithoutInputAndWithoutVariables) {
  dump(d_ / "Windows/MEMORY.DMP");
  write(x_ / "cdb.shows", "");
  variables_ = {"_NT_SYMBOL_PATH=srv*http://example.invalid/",
                "_NT_ALT_SYMBOL_PATH=D:\\Symbols",
                "_NT_EXECUTABLE_IMAGE_PATH=D:\\Windows",
                "_NT_SYMBOL_PROXY=example.invalid:80",
                "_NT_SOURCE_PATH=D:\\",
                "_NT_DEBUGGER_EXTENSION_PATH=D:\\",
                "_NT_DEBUG_LOG_FILE_OPEN=D:\\log",
                "DBGHELP_HOMEDIR=D:\\",
                "INIT=D:\\"};
  EXPECT_EQ(analyze(), (Calls{call(R"(D:\Windows\MEMORY.DMP)"), R"(in C:\Debuggers)", "input []"}));
}

TEST_F(CrashAnalyzer, FailsWithTheDebugger) {
  dump(d_ / "Windows/MEMORY.DMP");
  puts_out("cdb", "Could not open dump file, Win32 error 0n1392\r\n");
  fails_at("cdb", "MEMORY.DMP");
  analyze();
  EXPECT_SAYS("The debugger did not get to a result, code 5");
  EXPECT_EQ(code_, "5");
  EXPECT_EQ(log("MEMORY.DMP"), "Could not open dump file, Win32 error 0n1392\r\n");
  fs::remove(x_ / "cdb.fails");
  analyze();
  EXPECT_SAYS("did not get to a result, code 0");
  EXPECT_EQ(code_, "1");
  // A result counts, whatever the code.
  puts_out("cdb", kDriver);
  fails_at("cdb", "MEMORY.DMP");
  analyze();
  EXPECT_EQ(code_, "0");
}

// --- symbols ---

TEST_F(CrashAnalyzer, GoesOnWithoutSymbolsAndSaysSo) {
  dump(d_ / "Windows/MEMORY.DMP");
  fs::remove(c_ / "Symbols/pingme.txt");
  EXPECT_EQ(analyze(), Calls{call(R"(D:\Windows\MEMORY.DMP)")});
  EXPECT_SAYS("There are no symbols");
  EXPECT_SAYS("so this is a guess");
  EXPECT_EQ(code_, "0");
}

TEST_F(CrashAnalyzer, TakesSymbolsOfAnotherDriveOnlyIfTold) {
  dump(d_ / "Windows/MEMORY.DMP");
  fs::remove_all(c_ / "Symbols");
  write(e_ / "Symbols/pingme.txt", "");
  EXPECT_EQ(analyze({{kTake, "y"}, {kRead, ""}}),
            Calls{call(R"(D:\Windows\MEMORY.DMP)", "cdb", R"(E:\Symbols)")});
  EXPECT_SAYS(R"(There are symbols in E:\Symbols)");
  EXPECT_FALSE(says("guess"));
  for (const char* answer : {"", "yes", "\"Y\"=="}) {
    EXPECT_EQ(analyze({{kTake, answer}, {kRead, ""}}), Calls{call(R"(D:\Windows\MEMORY.DMP)")})
        << answer;
    EXPECT_SAYS("so this is a guess");
  }
}

TEST_F(CrashAnalyzer, NeverTakesSymbolsOfTheDriveThatItExamines) {
  dump(d_ / "Windows/MEMORY.DMP");
  fs::remove_all(c_ / "Symbols");
  write(d_ / "Symbols/pingme.txt", "");
  write(d_ / "Windows/Symbols/pingme.txt", "");
  EXPECT_EQ(analyze(), Calls{call(R"(D:\Windows\MEMORY.DMP)")});
  EXPECT_FALSE(says(R"(D:\Symbols)")) << output_;
}

TEST_F(CrashAnalyzer, SymbolsOfTheImageNeedNoQuestion) {
  dump(d_ / "Windows/MEMORY.DMP");
  write(e_ / "Symbols/pingme.txt", "");
  EXPECT_EQ(analyze(), Calls{call(R"(D:\Windows\MEMORY.DMP)")});
  EXPECT_FALSE(says("E:"));
}

// --- what it says ---

TEST_F(CrashAnalyzer, NamesTheDriverAndWhatToDo) {
  dump(d_ / "Windows/MEMORY.DMP");
  analyze();
  EXPECT_SAYS("Windows stopped with the code d1.");
  EXPECT_SAYS("The driver that is probably to blame: bad_nic.sys");
  EXPECT_SAYS("Computer Management: number 2;");
  EXPECT_SAYS(R"(All that the debugger said: C:\Remedia\Logs\crash-MEMORY.DMP.txt)");
  EXPECT_SAYS("gone after a restart");
  EXPECT_FALSE(says("guess"));
}

TEST_F(CrashAnalyzer, ShowsTheLogWhenAskedAndTheResultAgain) {
  dump(d_ / "Windows/MEMORY.DMP");
  const Calls calls = analyze({{kRead, "l"}, {kRead, ""}});
  ASSERT_EQ(calls.size(), 2U);
  EXPECT_NE(calls[1].find("more.com"), std::string::npos) << calls[1];
  EXPECT_NE(output_.find("to blame"), output_.rfind("to blame"));
}

TEST_F(CrashAnalyzer, OlderDebuggersSayItInOtherWords) {
  dump(d_ / "Windows/MEMORY.DMP");
  puts_out("cdb",
           "Probably caused by : old_disk.sys ( old_disk+12ab )\r\n"
           "BUGCHECK_STR:  0xD1\r\n");
  analyze();
  EXPECT_SAYS("Windows stopped with the code 0xD1.");
  EXPECT_SAYS("probably to blame: old_disk.sys");
  EXPECT_EQ(code_, "0");
}

TEST_F(CrashAnalyzer, TellsDriversFromWindowsAndFromNothing) {
  dump(d_ / "Windows/MEMORY.DMP");
  struct Row {
    const char* module;
    const char* image;
    const char* says;
  };
  const Row rows[] = {{"nt", "ntkrnlmp.exe", "it stopped in Windows itself, ntkrnlmp.exe"},
                      {"win32kfull", "win32kfull.sys", "in Windows itself, win32kfull.sys"},
                      {"Unknown_Module", "Unknown_Image", "It names no driver: Unknown_Image"},
                      {"memory_corruption", "memory_corruption", "It names no driver"},
                      {"hardware", "AuthenticAMD", "It names no driver: AuthenticAMD"},
                      {"ntfs_filter", "ntfs_filter.sys", "to blame: ntfs_filter.sys"}};
  for (const Row& row : rows) {
    puts_out("cdb", fmt::format("MODULE_NAME: {}\r\nIMAGE_NAME:  {}\r\n", row.module, row.image));
    analyze();
    EXPECT_SAYS(row.says);
    EXPECT_EQ(code_, "0");
  }
}

// What stands in a dump comes into the log as it is. (! is not here, for the same reason.)
TEST_F(CrashAnalyzer, WordsOfTheLogAreOnlyWords) {
  dump(d_ / "Windows/MEMORY.DMP");
  for (const std::string word : {"a&more&b", "%PATH%", "a|more>X:\\made.txt", "\"&more&\"", "^)"}) {
    SCOPED_TRACE(word);
    puts_out("cdb", fmt::format("{0}\r\n{0} {0}\r\nMODULE_NAME: {0}\r\nIMAGE_NAME:  {0}.sys\r\n"
                                "BUGCHECK_CODE:  {0}\r\n",
                                word));
    EXPECT_EQ(analyze(), Calls{call(R"(D:\Windows\MEMORY.DMP)")});
    EXPECT_SAYS("probably to blame: " + word + ".sys");
    EXPECT_SAYS("with the code " + word + ".");
    EXPECT_FALSE(fs::exists(x_ / "made.txt"));
  }
}

}  // namespace
}  // namespace remedia
