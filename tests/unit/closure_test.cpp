// Whether programs find in an image what they import: each test has an image of a few files, and
// says what is missing in it.
#include "unit/closure_image.h"

namespace remedia::closure_test {
namespace {

TEST(ClosurePath, IsThatOfTheImage) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"Windows/System32/a.exe", "Windows/System32/a.exe"},
      {"X:\\Tools\\a.exe", "Tools/a.exe"},
      {"x:/Tools//a.exe", "Tools/a.exe"},
      {"\\Tools\\.\\b\\..\\a.exe", "Tools/a.exe"},
      {"%SystemRoot%\\system32\\a.exe", "Windows/system32/a.exe"},
      {"%windir%\\a.exe", "Windows/a.exe"},
      {"%SYSTEMDRIVE%\\a.exe", "a.exe"},
      {"%ProgramFiles%\\A B\\a.exe", "Program Files/A B/a.exe"},
      {"Tools/50%.exe", "Tools/50%.exe"},
      {"", ""},
      {"C:\\a.exe", ""},
      {"X:a.exe", ""},
      {"%TEMP%\\a.exe", ""},
      {"Tools/%A%/a.exe", ""},
      {"%SystemRoot", "%SystemRoot"},
      {"%SystemRoot%x\\a.exe", ""},
      {"..\\a.exe", ""},
      {"X:\\a\\..\\..\\a.exe", ""}};
  for (const auto& [text, path] : cases) EXPECT_EQ(image_path(text), path) << text;
}

TEST(ClosurePlan, IsTheBaseWithAdditions) {
  Image image({{"Windows/System32/A.exe", "a"}, {"Tools/b/c.exe", "c"}, {"Tools.txt", "t"}});
  image.add({{"windows\\system32\\NEW.exe", "n"}, {"WINDOWS/system32/a.EXE", "other"}});
  ASSERT_NE(image.plan().find("X:\\Windows\\System32\\new.exe"), nullptr);
  EXPECT_EQ(image.plan().find("windows/system32/a.exe")->base, nullptr);
  EXPECT_NE(image.plan().find("tools/B/C.exe")->base, nullptr);
  EXPECT_EQ(image.plan().find("Tools/b"), nullptr);
  EXPECT_EQ(image.plan().find(""), nullptr);
  EXPECT_EQ(image.plan().find("C:\\Tools.txt"), nullptr);
}

TEST(ClosurePlan, TakesATree) {
  Image image(windows());
  const fs::path pack = image.scratch().write("pack", "xx" + program({.loaded = {"gone.dll"}}));
  const std::uint64_t size = fs::file_size(pack) - 2;
  image.plan().add({{.target = "Tools", .directory = true},
                    {.target = "Tools/a.exe", .source = pack.string(), .offset = 2, .size = size}});
  EXPECT_EQ(lines_for(image, {"Tools/a.exe"}), Lines{"t: Tools/a.exe > gone.dll (no_library)"});
}

// --- imports ---

TEST(Closure, IsSilentWhenAllIsThere) {
  Image image(windows());
  image.add({{"Tools/a.exe", program({.loaded = {"KERNEL32.dll", "B.DLL"}})},
             {"Tools/b.dll", program({.library = true, .loaded = {"c.dll", "MSVCRT"}})},
             {"Windows/c.dll", program({.library = true, .loaded = {"a.exe", "b.dll"}})},
             {"Tools/readme.txt", "MZ is how programs begin"},
             {"Tools/run.cmd", "@echo off\r\na.exe\r\n"}});
  const Tool tool = {.id = "t",
                     .files = {"Tools/a.exe", "Tools\\B.dll", "Tools/readme.txt", "Tools/run.cmd"},
                     .command = "\"X:\\Tools\\run.cmd\" /x"};
  EXPECT_EQ(lines_of(image, tool), Lines());
  EXPECT_TRUE(require_closed(image.plan(), {tool}).empty());
}

TEST(Closure, NamesEveryMissingLibraryOnce) {
  Image image(windows());
  image.add({{"Tools/a.exe", program({.loaded = {"gone.dll", "b.dll", "gone.dll", "NoExt"}})},
             {"Tools/b.dll", program({.library = true, .loaded = {"deep.dll", "c.dll"}})},
             {"Tools/c.dll", program({.library = true, .loaded = {"b.dll", "deep.dll"}})}});
  const Lines lines = {
      "t: Tools/a.exe > NoExt (no_library)", "t: Tools/a.exe > gone.dll (no_library)",
      "t: Tools/b.dll > deep.dll (no_library)", "t: Tools/c.dll > deep.dll (no_library)"};
  EXPECT_EQ(lines_for(image, {"Tools/a.exe"}), lines);
  EXPECT_EQ(lines_for(image, {"Tools/c.dll", "Tools/a.exe", "Tools/b.dll", "Tools/a.exe"}), lines);
}

TEST(Closure, LooksWhereWindowsLooks) {
  for (const auto& [place, found] :
       std::vector<std::pair<std::string, bool>>{{"Tools/x.dll", true},
                                                 {kSys + "x.dll", true},
                                                 {"Windows/System/x.dll", true},
                                                 {"Windows/x.dll", true},
                                                 {"x.dll", false},
                                                 {"Tools/bin/x.dll", false},
                                                 {kSys + "wbem/x.dll", false}}) {
    Image one(windows());
    one.add({{"Tools/a.exe", program({.loaded = {"x.dll"}})}, {place, program({.library = true})}});
    EXPECT_EQ(lines_for(one, {"Tools/a.exe"}).empty(), found) << place;
  }
}

TEST(Closure, LooksInTheFolderOfTheProgramNotOfTheLibrary) {
  const Files shared = {{kSys + "shared.dll", program({.library = true, .loaded = {"own.dll"}})},
                        {"Tools/a/a.exe", program({.loaded = {"shared.dll"}})},
                        {"Tools/a/own.dll", program({.library = true})},
                        {"Tools/b/b.exe", program({.loaded = {"shared.dll"}})}};
  Image image(windows());
  image.add(shared);
  EXPECT_EQ(lines_for(image, {"Tools/a/a.exe"}), Lines());
  EXPECT_EQ(lines_for(image, {"Tools/a/a.exe", "Tools/b/b.exe"}),
            Lines{"t: Windows/System32/shared.dll > own.dll (no_library)"});
}

TEST(Closure, LetsAPlugInLieBesideOrBelowItsProgram) {
  Image image(windows());
  image.add({{"Tools/a.exe", program({})},
             {"Tools/core.dll", program({.library = true})},
             {"Tools/plug/p.dll", program({.library = true, .loaded = {"core.dll", "q.dll"}})},
             {"Tools/plug/q.dll", program({.library = true, .loaded = {"gone.dll"}})}});
  EXPECT_EQ(lines_for(image, {"Tools/a.exe", "Tools/plug/p.dll"}),
            Lines{"t: Tools/plug/q.dll > gone.dll (no_library)"});
  EXPECT_EQ(lines_for(image, {"Tools/plug/p.dll"}),
            (Lines{"t: Tools/plug/p.dll > core.dll (no_library)",
                   "t: Tools/plug/q.dll > gone.dll (no_library)"}));
}

TEST(Closure, TellsLibrariesThatAreLoadedLater) {
  Image image(windows());
  image.add({{"Tools/a.exe", program({.delayed = {"later.dll", "b.dll", "kernel32.dll"}})},
             {"Tools/b.dll", program({.library = true, .loaded = {"gone.dll"}})}});
  EXPECT_EQ(lines_for(image, {"Tools/a.exe"}),
            (Lines{"t: Tools/a.exe > later.dll (no_later_library)",
                   "t: Tools/b.dll > gone.dll (no_library)"}));
}

TEST(Closure, TrustsLibrariesOfTheBase) {
  Files base = windows();
  base.push_back({kSys + "b.dll", program({.library = true, .loaded = {"gone.dll"}})});
  Image image(base);
  image.add({{"Tools/a.exe", program({.loaded = {"b.dll"}})}});
  EXPECT_EQ(lines_for(image, {"Tools/a.exe"}), Lines());
  // One that an overlay replaced is trusted no more.
  image.add({{kSys + "B.DLL", program({.library = true, .loaded = {"other.dll"}})}});
  EXPECT_EQ(lines_for(image, {"Tools/a.exe"}),
            Lines{"t: Windows/System32/b.dll > other.dll (no_library)"});
}

TEST(Closure, AsksAProgramOfTheBaseForWhatItImportsAtItsStart) {
  Files base = windows();
  base.push_back({"Windows/regedit.exe", program({.loaded = {"clb.dll"}, .delayed = {"no.dll"}})});
  Image poor(base);
  base.push_back({kSys + "clb.dll", "c"});
  Image image(base);
  EXPECT_EQ(lines_for(image, {"Windows/regedit.exe"}), Lines());
  EXPECT_FALSE(fs::exists(image.scratch() / "extracted"));
  EXPECT_EQ(lines_for(poor, {"Windows/regedit.exe"}),
            Lines{"t: Windows/regedit.exe > clb.dll (no_library)"});
}

TEST(Closure, PrefersKnownLibrariesOfTheSystem) {
  Image image(windows());
  image.add({{"Tools/a.exe", program({.loaded = {"kernel32.dll", "version.dll"}})},
             {"Tools/kernel32.dll", program({.library = true, .loaded = {"gone.dll"}})},
             {"Tools/version.dll", program({.library = true, .loaded = {"gone2.dll"}})},
             {kSys + "version.dll", program({.library = true})}});
  EXPECT_EQ(lines_for(image, {"Tools/a.exe"}),
            Lines{"t: Tools/version.dll > gone2.dll (no_library)"});
}

// --- machines ---

TEST(Closure, RunsProgramsOfItsArchitectureOnly) {
  for (const std::string image_arch : {"amd64", "arm64"}) {
    for (const std::string arch : {"x86", "amd64", "arm64", "arm"}) {
      Image image(windows(), image_arch);
      image.add({{"Tools/a.exe", program({.arch = arch, .loaded = {"gone.dll"}})}});
      const bool runs = arch == image_arch;
      EXPECT_EQ(lines_for(image, {"Tools/a.exe"}),
                Lines{runs ? "t: Tools/a.exe > gone.dll (no_library)"
                           : "t: Tools/a.exe >  (foreign_program)"});
    }
  }
}

TEST(Closure, PassesOverLibrariesForAnotherMachine) {
  const std::string foreign = program({.arch = "x86", .library = true, .loaded = {"gone.dll"}});
  Image image(windows());
  image.add({{"Tools/a.exe", program({.loaded = {"b.dll"}})}, {"Tools/b.dll", foreign}});
  const std::vector<std::string> files = {"Tools/a.exe", "Tools/b.dll"};
  EXPECT_EQ(lines_for(image, files), Lines{"t: Tools/a.exe > b.dll (foreign_library)"});
  image.add({{kSys + "b.dll", program({.library = true})}});
  EXPECT_EQ(lines_for(image, files), Lines{"t: Tools/b.dll >  (unused_foreign)"});
}

TEST(Closure, LooksForImportsOfDriversAmongDrivers) {
  Image image(windows());
  image.add({{"Tools/d.sys", program({.subsystem = 1, .loaded = {"ntoskrnl.exe", "ks.sys"}})},
             {"Tools/old.sys", program({.arch = "x86", .subsystem = 1})},
             {kSys + "drivers/ks.sys", program({.subsystem = 1})}});
  EXPECT_EQ(lines_for(image, {"Tools/d.sys", "Tools/old.sys"}),
            (Lines{"t: Tools/d.sys > ntoskrnl.exe (no_library)",
                   "t: Tools/old.sys >  (unused_foreign)"}));
}

TEST(Closure, LeavesProgramsOfTheFirmwareAlone) {
  for (const std::uint16_t subsystem : std::vector<std::uint16_t>{10, 11, 12, 13, 16}) {
    Image image(windows());
    image.add({{"Tools/a.exe",
                program({.arch = "x86", .subsystem = subsystem, .loaded = {"gone.dll"}})}});
    EXPECT_EQ(lines_for(image, {"Tools/a.exe"}), Lines()) << subsystem;
  }
}

TEST(Closure, NeedsARuntimeForDotNet) {
  Image image(windows());
  image.add({{"Tools/any.exe", program({.arch = "x86", .loaded = {"mscoree.dll"}, .clr_flags = 1})},
             {"Tools/wide.exe", program({.clr_flags = 1})},
             {"Tools/narrow.exe", program({.arch = "x86", .clr_flags = 3})},
             {"Tools/mixed.exe", program({.loaded = {"gone.dll"}, .clr_flags = 0})}});
  const std::vector<std::string> files = {"Tools/any.exe", "Tools/wide.exe", "Tools/narrow.exe",
                                          "Tools/mixed.exe"};
  const std::string runtime = " > Windows/System32/mscoree.dll (no_runtime)";
  EXPECT_EQ(lines_for(image, files),
            (Lines{"t: Tools/any.exe" + runtime, "t: Tools/mixed.exe" + runtime,
                   "t: Tools/mixed.exe > gone.dll (no_library)",
                   "t: Tools/narrow.exe >  (foreign_program)", "t: Tools/wide.exe" + runtime}));
  image.add({{kSys + "mscoree.dll", "m"}});
  EXPECT_EQ(lines_for(image, files), (Lines{"t: Tools/mixed.exe > gone.dll (no_library)",
                                            "t: Tools/narrow.exe >  (foreign_program)"}));
}

// --- files that cannot be used ---

TEST(Closure, TellsWhatCannotBeRead) {
  std::string cut = program({.loaded = {"kernel32.dll"}});
  cut.resize(0x300);
  Image image(windows());
  image.add({{"Tools/empty.exe", ""},
             {"Tools/dos.com", "\xB4\x4C\xCD\x21"},
             {"Tools/cut.exe", cut},
             {"Tools/cut.bin", cut},
             {"Tools/a.exe", program({.loaded = {"bad.bpl"}})},
             {"Tools/bad.bpl", "MZ"}});
  EXPECT_EQ(lines_for(image, {"Tools/empty.exe", "Tools/dos.com", "Tools/cut.exe", "Tools/cut.bin",
                              "Tools/a.exe", "Tools/none.exe", "C:\\x.exe"}),
            (Lines{"t: C:\\x.exe >  (no_file)", "t: Tools/bad.bpl >  (damaged)",
                   "t: Tools/cut.exe >  (damaged)", "t: Tools/dos.com >  (damaged)",
                   "t: Tools/empty.exe >  (damaged)", "t: Tools/none.exe >  (no_file)"}));
}

TEST(Closure, DoesNotLookIntoWhatIsTooLarge) {
  Image image(windows());
  const fs::path file = image.scratch().write("big", program({.loaded = {"gone.dll"}}));
  for (const auto& [size, line] : std::vector<std::pair<std::uint64_t, std::string>>{
           {kLargest, "t: Tools/a.exe > gone.dll (no_library)"},
           {kLargest + 1, "t: Tools/a.exe >  (too_large)"}}) {
    fs::resize_file(file, size);  // sparse
    image.plan().add("Tools/a.exe", Slice::whole(file));
    EXPECT_EQ(lines_for(image, {"Tools/a.exe"}), Lines{line});
  }
  image.plan().add("Tools/a.cmd", Slice::whole(file));
  EXPECT_EQ(lines_for(image, {"Tools/a.cmd"}), Lines{"t: Tools/a.cmd >  (too_large)"});
}

TEST(Closure, SurvivesADeepChainOfLibraries) {
  Image image(windows());
  Files chain = {{"Tools/a.exe", program({.loaded = {"0.dll"}})}};
  for (int i = 0; i < 2000; ++i) {
    chain.emplace_back(fmt::format("Tools/{}.dll", i),
                       program({.library = true, .loaded = {fmt::format("{}.dll", i + 1)}}));
  }
  image.add(chain);
  EXPECT_EQ(lines_for(image, {"Tools/a.exe"}), Lines{"t: Tools/1999.dll > 2000.dll (no_library)"});
}

}  // namespace
}  // namespace remedia::closure_test
