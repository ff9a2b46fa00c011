// Packs of vendors: what this program opens itself, what 7-Zip, innoextract and msiextract open for
// it, and what they must not get away with. Inno Setup runs on Windows only, so for innoextract a
// stand-in takes its place in PATH.
#include "media/driver_pack.h"

#include "medium/pe_file.h"
#include "support/archive_writers.h"
#include "unit/archive_samples.h"

#include <sys/stat.h>

namespace remedia {

using namespace archives;

namespace {

std::string stub(const std::string& company = "", const std::string& version = "1.0.0.0") {
  medium::PeFile program{.subsystem = 2, .version = version};
  if (!company.empty()) program.strings = {{"CompanyName", company}};
  return medium::pe_file(program);
}

Unpacked unpack_driver(const Scratch& scratch, const fs::path& archive,
                       const ArchiveLimits& limits = {}) {
  fs::remove(scratch / "pack");
  Pack pack(scratch / "pack", (scratch / "pack").string());
  fs::path room = scratch / "room";
  fs::create_directories(room);
  Unpacked result;
  try {
    for (const TreeEntry& entry : unpack_driver_pack(
             archive, "@fleet/" + archive.filename().string(), "D", pack, room / "all", limits)) {
      result.folders.push_back(entry.target);
    }
  } catch (const Failure&) {
    EXPECT_TRUE(pack.entries().empty());
    EXPECT_TRUE(fs::is_empty(room)) << "something stayed in scratch";
    throw;
  }
  EXPECT_TRUE(fs::is_empty(room)) << "something stayed in scratch";
  for (const TreeEntry& entry : pack.entries()) {
    result.order.push_back(entry.target);
    result.origins.push_back(entry.origin);
    result.files[entry.target] = read_all(entry.slice());
  }
  return result;
}

Failure failure_in(const Scratch& scratch, const fs::path& archive,
                   const ArchiveLimits& limits = {}) {
  try {
    unpack_driver(scratch, archive, limits);
  } catch (const Failure& failure) {
    EXPECT_NE(failure.diagnostics()[0].message.find(archive.filename().string()), std::string::npos)
        << failure.what();
    return failure;
  }
  ADD_FAILURE() << "no Failure was thrown";
  return Failure(Diagnostic{});
}

std::string message_in(const Scratch& scratch, const fs::path& archive,
                       const ArchiveLimits& limits = {}) {
  return failure_in(scratch, archive, limits).diagnostics()[0].message;
}

#define EXPECT_HAS(text, part) EXPECT_NE((text).find(part), std::string::npos) << (text)

const Files kFiles = {{"D/a.inf", "[Version]\r\n"}, {"D/x64/b.sys", noise(5000)}};

fs::path driver_folder(const Scratch& scratch) {
  scratch.write("src/a.inf", "[Version]\r\n");
  scratch.write("src/x64/b.sys", noise(5000));
  return scratch / "src";
}

std::string archive_of(const Scratch& scratch, const std::string& extension,
                       std::vector<std::string> options = {}) {
  fs::path file = scratch / ("made" + extension);
  std::vector<std::string> argv = {"7zz", "a", "-bso0", "-bsp0", file.string()};
  argv.insert(argv.end(), options.begin(), options.end());
  if (fs::is_empty(driver_folder(scratch))) ADD_FAILURE();
  argv.push_back(".");
  run_checked(argv, {.directory = scratch / "src"});
  return read_file(file);
}

/// PATH with a folder of programs before all others, or with that folder alone.
class Path {
 public:
  Path(const Scratch& scratch, bool alone = false)
      : old_(std::getenv("PATH")), folder_(scratch / "bin") {
    fs::create_directories(folder_);
    setenv("PATH", (alone ? folder_.string() : folder_.string() + ":" + old_).c_str(), 1);
  }
  ~Path() { setenv("PATH", old_.c_str(), 1); }
  Path(const Path&) = delete;
  Path& operator=(const Path&) = delete;

  void add(const std::string& name, const std::string& script) const {
    std::ofstream(folder_ / name) << "#!/bin/sh\n" << script << "\n";
    fs::permissions(folder_ / name, fs::perms::owner_all);
  }
  void link(const std::string& program) const {
    fs::create_symlink(find_program_in(old_, program), folder_ / program);
  }

 private:
  static fs::path find_program_in(std::string path, const std::string& name) {
    for (std::size_t start = 0; start <= path.size();) {
      std::size_t end = std::min(path.find(':', start), path.size());
      fs::path file = fs::path(path.substr(start, end - start)) / name;
      if (fs::exists(file)) return file;
      start = end + 1;
    }
    return {};
  }
  std::string old_;
  fs::path folder_;
};

/// What stands in for innoextract: `list` when it is asked for one, else the script `unpack` in
/// out.
void add_innoextract(const Path& path, const std::string& list, const std::string& unpack) {
  path.add("innoextract", "case \" $* \" in *' --list '*) " + list + " ; exit ;; esac\n" +
                              "test -e in/pack.exe || exit 9\ncd out || exit 8\n" + unpack);
}

std::string inno(const std::string& company = "") {
  return stub(company) + "rDlPtS\xcd\xe6\xd7\x7b\x0b\x2a" + noise(3000);
}

// A database of Windows Installer with the files of kFiles, by msitools.
fs::path msi(const Scratch& scratch, const std::vector<std::string>& changes = {},
             bool embedded = true) {
  const std::string tab = "\t";
  auto table = [&](const std::string& name, const std::string& text) {
    return scratch.write(name + ".idt", text).string();
  };
  fs::path cab = scratch.write(
      "p.cab",
      write_cab({.folders = {{CabMethod::mszip, {{"f1", "[Version]\r\n"}, {"f2", noise(5000)}}}}}));
  fs::path file = scratch / "pack.msi";
  std::vector<std::string> argv = {
      "msibuild",
      file.string(),
      "-i",
      table("Directory",
            "Directory\tDirectory_Parent\tDefaultDir\r\ns72\tS72\tl255\r\nDirectory\tDirectory\r\n"
            "TARGETDIR\t\tSourceDir\r\nTOP\tTARGETDIR\tACME~1|Acme Drivers\r\nX\tTOP\tx64\r\n"),
      "-i",
      table("Component",
            "Component\tComponentId\tDirectory_\tAttributes\tCondition\tKeyPath\r\n"
            "s72\tS38\ts72\ti2\tS255\tS72\r\nComponent\tComponent\r\n"
            "c1\t{3F2504E0-4F89-11D3-9A0C-0305E82C3304}\tTOP\t0\t\tf1\r\n"
            "c2\t{3F2504E0-4F89-11D3-9A0C-0305E82C3305}\tX\t0\t\tf2\r\n"),
      "-i",
      table("File",
            "File\tComponent_\tFileName\tFileSize\tVersion\tLanguage\tAttributes\tSequence\r\n"
            "s72\ts72\tl255\ti4\tS72\tS20\tI2\ti2\r\nFile\tFile\r\n"
            "f1\tc1\tA1.INF|long name.inf\t11\t\t\t512\t1\r\nf2\tc2\tb.sys\t5000\t\t\t512\t2\r\n"),
      "-i",
      table("Media",
            "DiskId\tLastSequence\tDiskPrompt\tCabinet\tVolumeLabel\tSource\r\n"
            "i2\ti2\tL64\tS255\tS32\tS72\r\nMedia\tDiskId\r\n1\t2\t\t" +
                std::string(embedded ? "#p.cab" : "p.cab") + "\t\t\r\n"),
      "-s",
      "p",
      "Acme",
      ";1033",
      "{3F2504E0-4F89-11D3-9A0C-0305E82C3303}"};
  run_checked(argv, {.directory = scratch.path()});
  if (embedded) run_checked({"msibuild", file.string(), "-a", "p.cab", cab.string()});
  for (const std::string& change : changes) run_checked({"msibuild", file.string(), "-q", change});
  return file;
}

}  // namespace

TEST(DriverPack, NamesOfPacks) {
  for (const char* name : {"a.cab", "b.ZIP", "c.Msi", "d.e/f.EXE"}) {
    EXPECT_TRUE(is_driver_pack(name)) << name;
  }
  for (const char* name : {"a.inf", "cab", ".zip.txt", "exe/a", "a.7z", ""}) {
    EXPECT_FALSE(is_driver_pack(name)) << name;
  }
}

TEST(DriverPack, CabinetsAndZips) {
  Scratch scratch;
  fs::path zip = scratch.write("p.zip", archive_of(scratch, ".zip"));
  EXPECT_EQ(unpack_driver(scratch, zip).files, kFiles);
  fs::path cab = scratch.write("p.CAB", cab_with({"x\\y", "a"}));
  EXPECT_EQ(unpack_driver(scratch, cab).order, (std::vector<std::string>{"D/a", "D/x/y"}));
  EXPECT_HAS(message_in(scratch, scratch.write("bad.zip", "text")), "neither a .cab nor a .zip");
}

TEST(DriverPack, ProgramsWithACabinetAZipOrA7zArchive) {
  Scratch scratch;
  std::string tail = noise(3000, 7);  // as a signature
  for (const std::string& after : {std::string(), tail}) {
    fs::path cab = scratch.write(
        "c.exe",
        stub() +
            write_cab({.folders = {{CabMethod::mszip,
                                    {{"x64\\b.sys", noise(5000)}, {"a.inf", "[Version]\r\n"}}}}}) +
            after);
    EXPECT_EQ(unpack_driver(scratch, cab).files, kFiles);
    fs::path seven = scratch.write("s.exe", stub() + archive_of(scratch, ".7z") + after);
    Unpacked result = unpack_driver(scratch, seven);
    EXPECT_EQ(result.files, kFiles);
    EXPECT_EQ(result.order, (std::vector<std::string>{"D/a.inf", "D/x64/b.sys"}));
    EXPECT_EQ(result.origins[0], "@fleet/s.exe/a.inf");
    fs::path zip = scratch.write("z.exe", stub() + archive_of(scratch, ".zip") + after);
    EXPECT_EQ(unpack_driver(scratch, zip).files, kFiles);
  }
}

TEST(DriverPack, ZipsInProgramsNeedNo7Zip) {
  Scratch scratch;
  std::string zip = write_zip({{.name = "a.inf", .content = "x"}, {.name = "b", .content = "y"}});
  std::string program = stub();
  std::size_t end = zip.size() - 22;
  std::uint64_t directory = 0;
  for (int i = 3; i >= 0; --i) {
    directory =
        directory << 8 | static_cast<unsigned char>(zip[end + 16 + static_cast<std::size_t>(i)]);
  }
  // Offsets counted from the start of the program, as some tools leave them.
  std::string adjusted = patched(zip, end + 16, directory + program.size(), 4);
  std::size_t second = zip.find("PK\1\2", directory + 4);
  adjusted = patched(adjusted, directory + 42, program.size(), 4);
  adjusted = patched(adjusted, second + 42, program.size() + zip.find("PK\3\4", 4), 4);
  Path path(scratch, true);
  EXPECT_EQ(unpack_driver(scratch, scratch.write("z.exe", program + zip)).files,
            (Files{{"D/a.inf", "x"}, {"D/b", "y"}}));
  EXPECT_EQ(unpack_driver(scratch, scratch.write("j.exe", program + adjusted)).files,
            (Files{{"D/a.inf", "x"}, {"D/b", "y"}}));
  std::string broken = patched(zip, 14, 0x12345678, 4);
  EXPECT_HAS(message_in(scratch, scratch.write("b.exe", program + broken)), "damaged");
}

TEST(DriverPack, WhatBeginsFirstIsThePayload) {
  Scratch scratch;
  std::string inner = cab_with({"inner.txt"});
  fs::path zip = scratch.write(
      "z.exe", stub() + write_zip({{.name = "in.cab", .content = inner}, {.name = "a.inf"}}));
  EXPECT_EQ(unpack_driver(scratch, zip).order, (std::vector<std::string>{"D/a.inf", "D/in.cab"}));
  scratch.write("src/in.cab", inner);
  scratch.write("src/in.zip", zip_with({"inner.txt"}));
  fs::path seven = scratch.write("s.exe", stub() + archive_of(scratch, ".7z", {"-mx0"}));
  EXPECT_EQ(unpack_driver(scratch, seven).files.size(), 4u);
}

TEST(DriverPack, ProgramsWithoutAnArchiveAreRefusedWithTheCommandOfTheirVendor) {
  const std::pair<const char*, const char*> cases[] = {
      {"Dell Inc.", "`p.exe /s /e=FOLDER`"},
      {"LENOVO", "`p.exe /VERYSILENT /DIR=FOLDER /EXTRACT=YES`"},
      {"Hewlett-Packard Company", "`p.exe /s /e /f FOLDER`"},
      {"HP Inc.", "`p.exe /s /e /f FOLDER`"},
      {"Acme", "Dell: `/s /e=FOLDER`"}};
  for (const auto& [company, hint] : cases) {
    Scratch scratch;
    Failure failure = failure_in(scratch, scratch.write("p.exe", stub(company)));
    EXPECT_HAS(failure.diagnostics()[0].message, "holds no archive");
    EXPECT_HAS(failure.diagnostics()[0].hint, hint);
    EXPECT_HAS(failure.diagnostics()[0].hint, "then name the folder");
  }
  Scratch scratch;
  EXPECT_HAS(failure_in(scratch, scratch.write("n.exe", stub("", ""))).diagnostics()[0].hint,
             "as its vendor says");
  EXPECT_HAS(message_in(scratch, scratch.write("t.exe", "text")), "neither a .cab nor a .zip");
}

TEST(DriverPack, HostileArchivesFor7Zip) {
  Scratch scratch;
  auto seven = [&](const std::string& what, std::vector<std::string> options = {}) {
    fs::path made = scratch / "made.7z";
    fs::remove(made);
    std::vector<std::string> argv = {"7zz", "a", "-bso0", "-bsp0", made.string()};
    argv.insert(argv.end(), options.begin(), options.end());
    argv.push_back(what);
    run_checked(argv, {.directory = driver_folder(scratch)});
    return scratch.write("p.exe", stub() + read_file(made));
  };
  driver_folder(scratch);
  fs::create_symlink("/etc", scratch / "src/etc");
  EXPECT_HAS(message_in(scratch, seven("etc", {"-snl"})), "'etc', which is a link");
  EXPECT_HAS(message_in(scratch, seven("a.inf", {"-psecret"})), "encrypted");
  EXPECT_HAS(message_in(scratch, seven("a.inf", {"-psecret", "-mhe=on"})), "Wrong password");
  scratch.write("src/aux.inf", "x");
  EXPECT_HAS(message_in(scratch, seven("aux.inf")), "aux.inf");
  scratch.write("src/A.INF", "x");
  fs::remove(scratch / "src/aux.inf");
  EXPECT_HAS(message_in(scratch, seven("*", {"-snl"})), "a link");
  fs::remove(scratch / "src/etc");
  EXPECT_HAS(message_in(scratch, seven("*")), "twice");
  fs::path sound = seven("x64");
  EXPECT_HAS(message_in(scratch, sound, {.size = 4999}), "more than 4999 bytes");
  EXPECT_HAS(message_in(scratch, sound, {.size = 5000, .entries = 1}), "entries");
  EXPECT_EQ(unpack_driver(scratch, sound, {.size = 5000, .entries = 2}).files.size(), 1u);
  std::string bytes = read_file(sound);
  EXPECT_HAS(
      message_in(scratch, scratch.write("d.exe", patched(bytes, bytes.find("7z\xbc\xaf") + 900,
                                                         0xdeadbeef, 4))),
      "7zz failed");
}

TEST(DriverPack, A7ZipThatLiesGetsNothingIn) {
  const std::string archive = "7z\xbc\xaf\x27\x1c" + std::string(1, '\0');
  const std::string head = "printf 'Type = 7z\\n----------\\n";
  struct Case {
    const char* list;
    const char* unpack;
    const char* message;
  };
  const Case cases[] = {
      {"Path = ../a\\nSize = 1\\n", "", "'..'"},
      {"Path = /etc/a\\nSize = 1\\n", "", "/etc/a"},
      {"Path = C:\\\\a\\nSize = 1\\n", "", "C:"},
      {"Path = a\\nSize = 1\\nAttributes = A lrwxrwxrwx\\n", "", "is a link"},
      {"Path = a\\nSize = 1\\nAttributes = AL\\n", "", "is a link"},
      {"Path = a\\nSize = 1\\nSymbolic Link = b\\n", "", "is a link"},
      {"Path = a\\n\\nPath = A\\n", "", "'A' twice"},
      {"Path = a\\nSize = 101\\nSize = 1\\n", "", "more than 100 bytes"},
      {"Path = a\\nSize = 1\\n", "head -c 101 /dev/zero > out/a", "more than 100 bytes"},
      {"Path = a\\n\\nPath = b\\n", "for f in a b; do head -c 60 /dev/zero > out/$f; done",
       "more than 100 bytes"},
      {"Path = a\\nSize = 1\\n", "ln -s /etc/passwd out/a", "'a', which is a link"},
      {"Path = a\\nSize = 1\\n", "mkfifo out/a", "'a', which is a link"},
      {"Path = a\\nSize = 1\\n", "echo > out/x; ln out/x out/a", "'a', which is a link"},
      {"Path = a\\nSize = 1\\n", "echo > out/b", "'a', which did not come out"},
      {"Path = a\\nSize = 1\\n", "echo > out/a; echo > out/b", "'b', which it does not list"},
      {"Path = a\\nSize = 1\\n", "echo > out/a; echo > 'out/b '", "b "},
      {"Path = a\\nSize = 1\\n", "echo > out/a; mkdir out/A", "a file and a folder"},
      {"Path = a\\nSize = 1\\n", "mkdir out/d; echo > out/d/x; chmod 0 out/d; exit 3",
       "exit code 3"},
      {"Path = a\\nSize = 1\\n", "mkdir out/1 out/2 out/3 out/4 out/5", "entries"},
  };
  for (const Case& c : cases) {
    Scratch scratch;
    Path path(scratch);
    path.add("7zz", "case $1 in l) " + head + c.list + "' ;; x) " + c.unpack + "\n;; esac");
    std::string message =
        message_in(scratch, scratch.write("p.exe", stub() + archive), {.size = 100, .entries = 4});
    EXPECT_HAS(message, c.message) << " for " << c.list << " | " << c.unpack;
  }
}

TEST(DriverPack, ProgramsAreBounded) {
  Scratch scratch;
  Path path(scratch);
  fs::path pack = scratch.write("p.exe", inno());
  add_innoextract(path, "yes 1 name", "");
  EXPECT_HAS(message_in(scratch, pack), "say more than");
  add_innoextract(path, "kill -XCPU $$", "");
  EXPECT_HAS(message_in(scratch, pack), "for more than 120 seconds");
  add_innoextract(path, "ulimit -H -t; ulimit -v; ulimit -f; exit 1", "");
  EXPECT_HAS(message_in(scratch, pack, {.size = 7 * 512}), "130\n    4194304\n    7");
}

TEST(DriverPack, ModesOfArchivesDoNotMatter) {
  Scratch scratch;
  Path path(scratch);
  add_innoextract(path, "echo 2 d/a", "mkdir d; printf hi > d/a; chmod 0 d/a d");
  EXPECT_EQ(unpack_driver(scratch, scratch.write("p.exe", inno())).files, (Files{{"D/d/a", "hi"}}));
}

TEST(DriverPack, InnoSetupByInnoextract) {
  Scratch scratch;
  Path path(scratch);
  add_innoextract(path, "echo app/empty/; echo 2 'app/a b.inf'; echo 3 code/x.sys",
                  "mkdir -p app/empty code; printf hi > 'app/a b.inf'; printf sys > code/x.sys");
  Unpacked result = unpack_driver(scratch, scratch.write("p.exe", inno()));
  EXPECT_EQ(result.files, (Files{{"D/app/a b.inf", "hi"}, {"D/code/x.sys", "sys"}}));
  EXPECT_EQ(result.folders, std::vector<std::string>{"D/app/empty"});
  // What a killed process left is no obstacle, and nothing beside the pack is in reach.
  scratch.write("room/all.d/out/old", "x");
  EXPECT_EQ(unpack_driver(scratch, scratch / "p.exe").files.size(), 2u);
}

TEST(DriverPack, InnoSetupThatFails) {
  Scratch scratch;
  Path path(scratch);
  fs::path pack = scratch.write("p.exe", inno());
  add_innoextract(path, "echo Not a supported installer; exit 2", "");
  Failure failure = failure_in(scratch, pack);
  EXPECT_HAS(failure.diagnostics()[0].message, "innoextract failed with exit code 2");
  EXPECT_HAS(failure.diagnostics()[0].message, "Not a supported installer");
  EXPECT_HAS(failure.diagnostics()[0].hint, "`p.exe /VERYSILENT /DIR=FOLDER /EXTRACT=YES`");
  add_innoextract(path, "echo Warning: unexpected version; echo 1 a", "");
  EXPECT_HAS(message_in(scratch, pack), "is not understood: 'Warning");
  add_innoextract(path, "echo 1 a", "printf x > a; echo Warning: Checksum mismatch >&2");
  EXPECT_HAS(message_in(scratch, pack), "Checksum mismatch");
  add_innoextract(path, "echo 1 ../a", "printf x > ../../a");
  EXPECT_HAS(message_in(scratch, pack), "'..'");
  EXPECT_HAS(message_in(scratch, scratch.write("real.exe", inno())), "'..'");
}

TEST(DriverPack, TheRealInnoextractRefusesWhatIsNone) {
  Scratch scratch;
  EXPECT_HAS(message_in(scratch, scratch.write("p.exe", inno())), "innoextract failed");
}

TEST(DriverPack, MissingProgramsAreNamedWithTheirPackage) {
  const std::pair<std::string, const char*> cases[] = {{"innoextract", "package innoextract"},
                                                       {"7z", "package 7zip"},
                                                       {"msiextract", "package msitools"}};
  for (const auto& [program, package] : cases) {
    Scratch scratch;
    fs::path pack = program == "msiextract" ? msi(scratch)
                    : program == "7z"       ? scratch.write("p.exe", stub())
                                            : scratch.write("p.exe", inno());
    Path path(scratch, true);
    path.link("prlimit");
    try {
      unpack_driver(scratch, pack);
      ADD_FAILURE();
    } catch (const Failure& failure) {
      EXPECT_HAS(failure.diagnostics()[0].message, "'" + program + "' was not found");
      EXPECT_HAS(failure.diagnostics()[0].hint, package);
      EXPECT_HAS(failure.diagnostics()[0].hint, "FOLDER");
    }
  }
}

TEST(DriverPack, Also7zOfP7zip) {
  Scratch scratch;
  fs::path pack = scratch.write("s.exe", stub() + archive_of(scratch, ".7z"));
  fs::path real = find_program("7zz", "");
  Path path(scratch, true);
  path.link("prlimit");
  fs::create_symlink(real, scratch / "bin/7z");
  EXPECT_EQ(unpack_driver(scratch, pack).files, kFiles);
}

TEST(DriverPack, InstallerDatabasesUnderTheirRealNames) {
  Scratch scratch;
  Unpacked result = unpack_driver(scratch, msi(scratch));
  EXPECT_EQ(result.files, (Files{{"D/Acme Drivers/long name.inf", "[Version]\r\n"},
                                 {"D/Acme Drivers/x64/b.sys", noise(5000)}}));
  EXPECT_EQ(result.origins[0], "@fleet/pack.msi/Acme Drivers/long name.inf");
}

TEST(DriverPack, HostileInstallerDatabases) {
  const std::pair<std::string, const char*> cases[] = {
      {"UPDATE `Directory` SET `DefaultDir`='..' WHERE `Directory`='TOP'", "'..'"},
      {"UPDATE `File` SET `FileName`='../../../a' WHERE `File`='f1'", "'..'"},
      {"UPDATE `File` SET `FileName`='aux.sys' WHERE `File`='f1'", "aux.sys"},
      {"UPDATE `Component` SET `Directory_`='NONE' WHERE `Component`='c1'", "msiextract failed"},
      {"UPDATE `Media` SET `Cabinet`='none.cab' WHERE `DiskId`=1", "msiextract failed"}};
  for (const auto& [change, message] : cases) {
    Scratch scratch;
    EXPECT_HAS(message_in(scratch, msi(scratch, {change})), message) << change;
  }
  Scratch scratch;
  EXPECT_HAS(message_in(scratch, msi(scratch, {"UPDATE `File` SET `FileName`='B.SYS' WHERE "
                                               "`File`='f1'",
                                               "UPDATE `Component` SET `Directory_`='X' WHERE "
                                               "`Component`='c1'"})),
             "twice");
}

TEST(DriverPack, DamagedInstallerDatabases) {
  Scratch scratch;
  fs::path sound = msi(scratch);
  std::string bytes = read_file(sound);
  fs::path cut = scratch.write("cut.msi", bytes.substr(0, bytes.size() / 2));
  Failure failure = failure_in(scratch, cut);
  EXPECT_HAS(failure.diagnostics()[0].message, "msiextract failed");
  EXPECT_HAS(failure.diagnostics()[0].hint, "`msiexec /a cut.msi /qn TARGETDIR=FOLDER`");
  EXPECT_HAS(message_in(scratch, scratch.write("t.msi", "text")), "Windows Installer");
  EXPECT_HAS(message_in(scratch, sound, {.size = 4000}), "more than 4000 bytes");
  EXPECT_HAS(message_in(scratch, sound, {.entries = 1}), "entries");
}

TEST(DriverPack, PartsBesideAPackAreNotRead) {
  Scratch scratch;
  scratch.write(
      "p.cab",
      write_cab({.folders = {{CabMethod::mszip, {{"f1", "[Version]\r\n"}, {"f2", noise(5000)}}}}}));
  EXPECT_HAS(message_in(scratch, msi(scratch, {}, false)), "msiextract failed");
}

}  // namespace remedia
