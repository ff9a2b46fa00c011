// The demo's stand-ins for definitions, debuggers and symbols are what Remedia's readers and LLVM's
// tools take for such.
#include "formats/pdb.h"
#include "formats/pe_debug.h"
#include "formats/pe_imports.h"
#include "formats/win_names.h"
#include "medium/cabinet.h"
#include "medium/evidence.h"
#include "medium/pe_file.h"
#include "medium/programs.h"
#include "unit/archive_samples.h"

#include <set>

#include <gtest/gtest.h>

namespace remedia {
namespace {

using archives::Files;

constexpr const char* kKernel = "10.0.26100.1742";

std::string name_of(const std::string& path) {
  return fold_case(fs::path(path).filename().native());
}

/// Of files that follow each other in a folder.
Files files_below(const fs::path& folder) {
  Files files;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file())
      files[entry.path().lexically_relative(folder).native()] = read_file(entry.path());
  }
  return files;
}

class StandInKernel : public testing::TestWithParam<const char*> {};

TEST_P(StandInKernel, NamesAPdbThatIsItsOwn) {
  const std::string kernel = medium::windows_kernel(GetParam(), kKernel);
  const medium::Pdb pdb = medium::kernel_pdb(GetParam(), kKernel);
  const Scratch scratch;
  const fs::path file =
      scratch.write("a.pdb", medium::pdb_file(pdb, medium::machine_number(GetParam())));
  const pe::Image image(kernel, "ntoskrnl.exe");
  const auto named = pe::code_view(image);
  ASSERT_TRUE(named);
  EXPECT_EQ(named->pdb, "ntkrnlmp.pdb");
  EXPECT_EQ(named->id, pdb::read_id(Slice::whole(file), "a.pdb"));
  EXPECT_EQ(medium::store_path(pdb), "ntkrnlmp.pdb/" + named->id + "/ntkrnlmp.pdb");
  EXPECT_TRUE(pe::is_reproducible(image));
  EXPECT_EQ(pe::version_resource(image)->file.text(), kKernel);
  EXPECT_EQ(image.header().architecture, GetParam());
}

TEST_P(StandInKernel, IsReadByLlvm) {
  const Scratch scratch;
  const medium::Pdb pdb = medium::kernel_pdb(GetParam(), kKernel);
  const fs::path program = scratch.write("k.exe", medium::windows_kernel(GetParam(), kKernel));
  const fs::path file =
      scratch.write("k.pdb", medium::pdb_file(pdb, medium::machine_number(GetParam())));
  const std::string summary = run_checked({"llvm-pdbutil", "dump", "-summary", file});
  EXPECT_NE(summary.find("Age: 1\n"), std::string::npos) << summary;
  // As it writes it: {A7671D5E-0896-F3AF-4C4C-44205044422E}.
  const std::size_t at = summary.find("GUID: {");
  ASSERT_NE(at, std::string::npos) << summary;
  std::string guid = summary.substr(at + 7, 36);
  std::erase(guid, '-');
  EXPECT_EQ(medium::store_path(pdb), "ntkrnlmp.pdb/" + guid + "1/ntkrnlmp.pdb");
  const std::string debug = run_checked({"llvm-readobj", "--coff-debug-directory", program});
  for (const char* part : {"PDBFileName: ntkrnlmp.pdb", "PDBAge: 1", "Type: Repro"})
    EXPECT_NE(debug.find(part), std::string::npos) << debug;
}

INSTANTIATE_TEST_SUITE_P(For, StandInKernel, testing::Values("amd64", "arm64"),
                         [](const auto& test) { return std::string(test.param); });

TEST(StandInKernels, OfOtherVersionsHaveOtherPdbs) {
  std::set<std::string> places;
  for (const char* arch : {"amd64", "arm64"}) {
    for (const char* version : {kKernel, "10.0.26100.1743"})
      places.insert(medium::store_path(medium::kernel_pdb(arch, version)));
  }
  EXPECT_EQ(places.size(), 4U);
}

TEST(StandInPrograms, WithoutAPdbNameNone) {
  const std::string bytes = medium::windows_program("a.exe", "amd64", 3, kKernel);
  const pe::Image image(bytes, "a.exe");
  EXPECT_FALSE(pe::code_view(image));
  EXPECT_FALSE(pe::is_reproducible(image));
}

TEST(StandInPrograms, OfAPdbWhoseNameIsTooLongAreRefused) {
  medium::PeFile file;
  file.pdb = {.name = std::string(500, 'x') + ".pdb", .guid = std::string(16, 'x')};
  EXPECT_THROW(medium::pe_file(file), Failure);
}

TEST(StandInCabinet, IsWhat7ZipUnpacks) {
  const Files files = {{"empty", ""},
                       {"large", archives::noise(100000)},
                       {"one-block", archives::noise(32768, 2)},
                       {"small", "x"}};
  const Scratch scratch;
  const fs::path cab = scratch.write("a.cab", medium::cabinet(files));
  EXPECT_EQ(archives::unpack(scratch, cab).files, files);
  run_checked({"7zz", "x", "-y", "-bd", "-o" + (scratch / "out").native(), cab});
  EXPECT_EQ(files_below(scratch / "out"), files);
}

TEST(StandInCabinet, HasItsLimits) {
  EXPECT_THROW(medium::cabinet({{"a", std::string(std::size_t{0x8000} * 0x10000, 'a')}}), Failure);
}

TEST(StandInEvidence, IsAPackageOfDefinitions) {
  const Scratch scratch;
  medium::write_evidence({}, scratch / "media");
  const Files files = archives::unpack(scratch, scratch / "media/mpam-stand-in.exe").files;
  ASSERT_EQ(files.size(), 6U);
  for (const char* name : {"mpasbase.vdm", "mpavbase.vdm", "mpasdlta.vdm", "mpavdlta.vdm"}) {
    const pe::Image image(files.at(name), name);
    const bool base = std::string_view(name).substr(4) == "base.vdm";
    EXPECT_EQ(pe::version_resource(image)->file.text(), base ? "1.403.0.0" : "1.403.55.0") << name;
    EXPECT_EQ(image.header().timestamp, 1793491200U) << name;
    EXPECT_FALSE(pe::is_reproducible(image)) << name;
  }
  const pe::Image engine(files.at("mpengine.dll"), "mpengine.dll");
  EXPECT_EQ(engine.header().architecture, "amd64");
  EXPECT_EQ(pe::version_resource(engine)->file.text(), "1.1.26090.3");
}

// What they load is beside them or in the stand-in images, else no build could use them.
TEST(StandInEvidence, IsAKitOfDebuggersThatLoads) {
  const Scratch scratch;
  medium::write_evidence({}, scratch / "media");
  const Files files = files_below(scratch / "media/debuggers-stand-in");
  std::set<std::string> there;
  for (const auto& [path, content] : files) there.insert(name_of(path));
  for (const auto& [path, content] : medium::common_programs("amd64", kKernel))
    there.insert(name_of(path));
  int imports = 0;
  for (const auto& [path, content] : files) {
    if (!path.ends_with(".exe") && !path.ends_with(".dll")) continue;
    for (const std::string& library : pe::read_imports(pe::Image(content, path)).loaded) {
      EXPECT_TRUE(there.contains(fold_case(library))) << path << " loads " << library;
      ++imports;
    }
  }
  EXPECT_GT(imports, 20);
  for (const char* path : {"cdb.exe", "kd.exe", "dbgeng.dll", "winext/ext.dll", "winxp/kdexts.dll"})
    EXPECT_TRUE(files.contains(path)) << path;
}

TEST(StandInEvidence, IsTheSameEachTimeAndReplacesWhatWasThere) {
  const Scratch scratch;
  medium::write_evidence({.arch = "arm64", .kernel = "10.0.22621.1"}, scratch / "a");
  medium::write_evidence({}, scratch / "a");
  medium::write_evidence({}, scratch / "b");
  const Files files = files_below(scratch / "a");
  EXPECT_EQ(files, files_below(scratch / "b"));
  EXPECT_TRUE(files.contains("symbols-stand-in/" +
                             medium::store_path(medium::kernel_pdb("amd64", kKernel))));
}

}  // namespace
}  // namespace remedia
