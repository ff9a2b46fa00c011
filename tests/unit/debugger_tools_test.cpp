// What is chosen from a kit of the Debugging Tools, and kits from which nothing can be.
#include "media/debugger_tools.h"

#include "media/driver_pack.h"
#include "support/debugger_kits.h"
#include "support/process.h"
#include "unit/scratch.h"

#include <algorithm>
#include <set>

namespace remedia {
namespace {

namespace dk = debugger_kits;
using Names = std::set<std::string>;

#define EXPECT_HAS(text, part) EXPECT_NE((text).find(part), std::string::npos) << (text)

/// A kit on disk, as the stage lists it.
class DebuggerChoice : public testing::Test {
 protected:
  void add(const dk::Options& options) {
    for (auto& [path, content] : dk::tools(options)) files_[path] = content;
  }

  DebuggerTools choose(const std::string& arch = "amd64") const {
    dk::write(scratch_ / "kit", files_);
    std::vector<TreeEntry> kit;
    for (const auto& [path, content] : files_) {
      kit.push_back({.target = path,
                     .source = (scratch_ / "kit" / path).string(),
                     .size = content.size(),
                     .origin = "@media/kit/" + path});
    }
    return choose_debugger_tools(kit, arch, "@media/kit");
  }

  std::string failure(const std::string& arch = "amd64") const {
    return failure_of([&] { choose(arch); });
  }

  static Names names(const DebuggerTools& tools) {
    Names names;
    for (const TreeEntry& entry : tools.files) names.insert(entry.target);
    return names;
  }

  Scratch scratch_;
  dk::Files files_;
};

const Names kChosen = {"cdb.exe",           "kd.exe",
                       "dbgeng.dll",        "dbghelp.dll",
                       "dbgcore.dll",       "dbgmodel.dll",
                       "symsrv.dll",        "symsrv.yes",
                       "srcsrv.dll",        "deep.dll",
                       "winext/ext.dll",    "winext/extra.dll",
                       "winext/kext.dll",   "winxp/exts.dll",
                       "winxp/kdexts.dll",  "winxp/ntsdexts.dll",
                       "triage/oca.ini",    "triage/triage.ini",
                       "triage/pooltag.txt"};

TEST_F(DebuggerChoice, TakesWhatADumpNeedsAndNoMore) {
  add({});
  const DebuggerTools tools = choose();
  EXPECT_EQ(names(tools), kChosen);
  EXPECT_TRUE(std::is_sorted(tools.files.begin(), tools.files.end(),
                             [](const auto& a, const auto& b) { return a.target < b.target; }));
  EXPECT_EQ(tools.folder, "");
  EXPECT_EQ(tools.version, "10.0.26100.1742");
  EXPECT_EQ(tools.programs, (std::vector<std::string>{"cdb.exe", "kd.exe"}));
  EXPECT_TRUE(tools.has_symsrv);
  EXPECT_TRUE(tools.looked_at.empty());
}

TEST_F(DebuggerChoice, FindsThemDeepInAKitByWhatTheyAreFor) {
  // The names of folders say nothing.
  add({.arch = "arm64", .folder = "Windows Kits/10/Debuggers/x64"});
  add({.arch = "amd64", .version = "10.0.1.2", .folder = "Windows Kits/10/Debuggers/arm64"});
  add({.arch = "x86", .folder = "Windows Kits/10/Debuggers/x86"});
  const DebuggerTools tools = choose();
  EXPECT_EQ(tools.folder, "Windows Kits/10/Debuggers/arm64");
  EXPECT_EQ(tools.version, "10.0.1.2");
  EXPECT_EQ(names(tools), kChosen);
  EXPECT_EQ(tools.looked_at.size(), 2U);
  EXPECT_EQ(choose("arm64").folder, "Windows Kits/10/Debuggers/x64");
}

TEST_F(DebuggerChoice, NamesMatchInAnyCase) {
  for (auto& [path, content] : dk::tools({.folder = "Debuggers"})) {
    std::string upper = path;
    std::transform(upper.begin(), upper.end(), upper.begin(), ::toupper);
    files_[upper] = content;
  }
  const DebuggerTools tools = choose();
  EXPECT_EQ(tools.files.size(), kChosen.size());
  EXPECT_EQ(tools.programs, (std::vector<std::string>{"CDB.EXE", "KD.EXE"}));
}

TEST_F(DebuggerChoice, OneProgramIsEnoughAndMuchMayBeAbsent) {
  add({});
  for (const char* name : {"cdb.exe", "dbgmodel.dll", "symsrv.dll", "symsrv.yes", "srcsrv.dll",
                           "winext/kext.dll", "winxp/exts.dll", "winxp/ntsdexts.dll",
                           "triage/oca.ini", "triage/triage.ini", "triage/pooltag.txt"})
    files_.erase(name);
  const DebuggerTools tools = choose();
  EXPECT_EQ(tools.programs, std::vector<std::string>{"kd.exe"});
  EXPECT_FALSE(tools.has_symsrv);
  EXPECT_EQ(names(tools), (Names{"kd.exe", "dbgeng.dll", "dbghelp.dll", "dbgcore.dll", "deep.dll",
                                 "winext/ext.dll", "winext/extra.dll", "winxp/kdexts.dll"}));
}

TEST_F(DebuggerChoice, ImportsAreFollowedBesideTheImporterFirst) {
  add({});
  files_["winext/deep.dll"] = dk::program("amd64", {"last.dll"});
  files_["winext/last.dll"] = dk::program("amd64", {"ext.dll", "nowhere.dll"});  // and in a circle
  files_["winxp/last.dll"] = dk::program("amd64", {});
  Names expected = kChosen;
  expected.erase("deep.dll");
  expected.merge(Names{"winext/deep.dll", "winext/last.dll"});
  EXPECT_EQ(names(choose()), expected);
}

TEST_F(DebuggerChoice, WithoutAVersionResourceThereIsNoVersion) {
  add({});
  files_["dbgeng.dll"] = dk::program("amd64", {"KERNEL32.dll"});
  EXPECT_EQ(choose().version, "");
}

// --- none, or too many ---

TEST_F(DebuggerChoice, NothingLikeIt) {
  files_["readme.txt"] = "hello";
  std::string message = failure();
  EXPECT_HAS(message, "there are no debuggers in '@media/kit'");
  EXPECT_EQ(message.find("beside"), message.rfind("beside")) << message;
  files_["x/DbgEng.dll"] = dk::program("amd64", {});
  EXPECT_HAS(failure(), "beside '@media/kit/x/DbgEng.dll' is neither");
  files_["y/cdb.exe"] = dk::program("amd64", {});
  EXPECT_HAS(failure(), "there are no debuggers in '@media/kit'");
  files_["xdbgeng.dll"] = files_["x/DbgEng.dll"];
  files_["cdb.exe"] = files_["y/cdb.exe"];
  EXPECT_HAS(failure(), "there are no debuggers in '@media/kit'");
}

TEST_F(DebuggerChoice, OfOtherArchitecturesOnly) {
  add({.arch = "arm64", .folder = "a"});
  EXPECT_HAS(failure(),
             "'@media/kit' has no debuggers for amd64: those in '@media/kit/a' are for arm64");
  add({.arch = "x86", .folder = "b"});
  EXPECT_HAS(failure(), "those in '@media/kit/b' are for x86");
  files_["c/dbgeng.dll"] = "MZ, or something like it";
  files_["c/kd.exe"] = "";
  EXPECT_HAS(failure(), "@media/kit/c/dbgeng.dll");
}

TEST_F(DebuggerChoice, TwiceOfOneArchitecture) {
  add({.folder = "10/Debuggers/x64"});
  add({.folder = "8.1/Debuggers/x64"});
  EXPECT_HAS(failure(),
             "has debuggers for amd64 twice: '@media/kit/10/Debuggers/x64/dbgeng.dll' "
             "and '@media/kit/8.1/Debuggers/x64/dbgeng.dll'");
}

TEST_F(DebuggerChoice, AnEmptyKit) { EXPECT_HAS(failure(), "there are no debuggers"); }

// --- incomplete, mixed, damaged ---

TEST_F(DebuggerChoice, AllThatIsMissingIsNamed) {
  add({.folder = "x64"});
  for (const char* name : {"dbghelp.dll", "winext/ext.dll", "winxp/kdexts.dll"})
    files_.erase("x64/" + std::string(name));
  const std::string message = failure();
  EXPECT_HAS(
      message,
      "the debuggers in '@media/kit/x64' lack dbghelp.dll, winext/ext.dll, winxp/kdexts.dll");
  // Elsewhere in the kit they are of no use.
  files_["dbghelp.dll"] = dk::program("amd64", {});
  EXPECT_EQ(failure(), message);
}

TEST_F(DebuggerChoice, EachProgramIsForTheSameMachine) {
  for (const char* name :
       {"cdb.exe", "dbghelp.dll", "winext/ext.dll", "winext/extra.dll", "deep.dll", "symsrv.dll"}) {
    files_.clear();
    add({});
    files_[name] = dk::program("x86", {});
    EXPECT_HAS(failure(), fmt::format("'@media/kit/{}' is for x86", name));
  }
  files_.clear();
  add({});
  files_["windbg.exe"] = dk::program("x86", {});
  EXPECT_EQ(names(choose()), kChosen) << "which is not taken";
}

TEST_F(DebuggerChoice, DamagedProgramsAreNamed) {
  for (const char* name : {"kd.exe", "winext/extra.dll", "winxp/kdexts.dll"}) {
    for (const std::string& content : {std::string(), std::string("MZ"), std::string(700, '\0')}) {
      files_.clear();
      add({});
      files_[name] = content;
      EXPECT_HAS(failure(), name);
    }
    files_.clear();
    add({});
    files_[name].resize(0x410);
    EXPECT_HAS(failure(), name);
  }
}

TEST_F(DebuggerChoice, NamesThatWindowsTakesForOne) {
  add({});
  files_["DBGHELP.dll"] = files_["dbghelp.dll"];
  EXPECT_HAS(failure(), "differ only in case");
  files_.erase("DBGHELP.dll");
  files_["Readme.txt"] = files_["readme.TXT"] = "which is not taken";
  EXPECT_EQ(names(choose()), kChosen);
}

TEST_F(DebuggerChoice, NamesThatNoImageCanHold) {
  add({});
  files_["triage/aux.ini"] = "x";
  EXPECT_HAS(failure(), "aux.ini");
}

// --- as an .msi ---

class DebuggerMsi : public testing::Test {
 protected:
  std::vector<TreeEntry> unpack(const fs::path& msi, const std::vector<PackPart>& parts) {
    pack_ = std::make_unique<Pack>(scratch_ / "pack", (scratch_ / "pack").string());
    unpack_driver_pack(msi, "@media/" + msi.filename().string(), "", *pack_, scratch_ / "room", {},
                       parts);
    return pack_->entries();
  }
  std::vector<std::string> cabinets(const fs::path& msi) const {
    return outside_cabinets(msi, "@media/" + msi.filename().string(), scratch_ / "room");
  }
  fs::path changed(const std::string& query) const {
    fs::path msi = scratch_ / "changed.msi";
    fs::copy_file(scratch_ / "set.msi", msi, fs::copy_options::overwrite_existing);
    run_checked({"msibuild", msi, "-q", query});
    return msi;
  }

  Scratch scratch_;
  std::unique_ptr<Pack> pack_;
  const dk::Files kit_ = dk::tools({.folder = "Windows Kits/10/Debuggers/x64"});
};

TEST_F(DebuggerMsi, HoldsItsFilesOrNamesTheCabinetBesideIt) {
  dk::write_msi(scratch_ / "one.msi", kit_);
  EXPECT_EQ(cabinets(scratch_ / "one.msi"), std::vector<std::string>());
  EXPECT_EQ(unpack(scratch_ / "one.msi", {}).size(), kit_.size());

  dk::write_msi(scratch_ / "set.msi", kit_, "5d98420a.cab");
  EXPECT_EQ(cabinets(scratch_ / "set.msi"), std::vector<std::string>{"5d98420a.cab"});
  fs::create_directory(scratch_ / "elsewhere");
  fs::rename(scratch_ / "5d98420a.cab", scratch_ / "elsewhere/OTHER.CAB");
  const std::vector<TreeEntry> entries =
      unpack(scratch_ / "set.msi", {{"5d98420a.cab", scratch_ / "elsewhere/OTHER.CAB"}});
  EXPECT_EQ(entries.size(), kit_.size());
  const DebuggerTools tools = choose_debugger_tools(entries, "amd64", "@media/set.msi");
  EXPECT_EQ(tools.folder, "Windows Kits/10/Debuggers/x64");
  EXPECT_EQ(tools.files.size(), kChosen.size());
  for (const TreeEntry& entry : tools.files)
    EXPECT_EQ(read_all(entry.slice()), kit_.at(tools.folder + "/" + entry.target));
}

TEST_F(DebuggerMsi, PartsThatAreNotGivenAreNotFound) {
  dk::write_msi(scratch_ / "set.msi", kit_, "all.cab");
  EXPECT_HAS(failure_of([&] { unpack(scratch_ / "set.msi", {}); }), "msiextract failed");
  std::ofstream(scratch_ / "bad.cab") << "no cabinet";
  EXPECT_HAS(failure_of([&] {
               unpack(scratch_ / "set.msi", {{"all.cab", scratch_ / "bad.cab"}});
             }),
             "msiextract failed");
}

TEST_F(DebuggerMsi, CabinetsWithNamesThatLeadElsewhereAreRefused) {
  dk::write_msi(scratch_ / "set.msi", kit_, "all.cab");
  for (const char* name :
       {"../all.cab", "a/all.cab", "a\\all.cab", "..", "/etc/passwd", "aux.cab", "C:all.cab"}) {
    const fs::path msi = changed(fmt::format("UPDATE `Media` SET `Cabinet`='{}'", name));
    EXPECT_HAS(failure_of([&] { cabinets(msi); }), "@media/changed.msi") << name;
  }
  EXPECT_HAS(failure_of([&] { cabinets(changed("DROP TABLE `Media`")); }), "@media/changed.msi");
}

}  // namespace
}  // namespace remedia
