// What programs say of their PDBs: as the linker wrote it, and with everything wrong that can be.
#include "formats/pe_debug.h"

#include "support/debug_programs.h"
#include "support/pe_builder.h"
#include "support/process.h"
#include "unit/scratch.h"

#include <random>

namespace remedia::pe {
namespace {

using debug_programs::make;
using pe_builder::put;

const debug_programs::Pair& pair() {
  static const debug_programs::Pair made = make();
  return made;
}

std::optional<CodeView> view_of(const std::string& bytes) {
  return code_view(Image(bytes, "x.exe"));
}

std::string fault_of(const std::string& bytes) {
  return failure_of([&] { view_of(bytes); });
}

/// Where the parts of the debug directory lie in a file.
struct Places {
  std::size_t header = 0;     // its entry among the directories
  std::size_t directory = 0;  // its first entry
  std::size_t record = 0;     // "RSDS"
};

Places places_in(const std::string& bytes) {
  const Image image(bytes, "x.exe");
  Places places;
  std::uint32_t start = 0;
  for (std::size_t i = 4; i-- > 0;)
    start = start << 8 | static_cast<unsigned char>(bytes[0x3C + i]);
  const bool wide = image.header().pe32_plus;
  places.header = start + 24 + (wide ? 112 : 96) + kDebug * 8;
  const Directory debug = image.directory(kDebug);
  places.directory = image.offset_of(debug.address, debug.size, "");
  places.record = bytes.find("RSDS");
  return places;
}

class OfArchitecture : public testing::TestWithParam<const char*> {};

TEST_P(OfArchitecture, ReadsWhatLlvmReads) {
  const debug_programs::Pair made =
      make({.name = "disk.sys", .pdb = "Disk Driver.pdb", .arch = GetParam()});
  const std::optional<CodeView> view = view_of(made.program);
  ASSERT_TRUE(view);
  EXPECT_EQ(view->pdb, "Disk Driver.pdb");
  Scratch scratch;
  const fs::path file = scratch.write("disk.sys", made.program);
  // PDBGUID: (80 6E D0 B8 0F F5 ...), as the bytes stand in the file
  std::string text = run_checked({"llvm-readobj", "--coff-debug-directory", file.string()});
  std::size_t at = text.find("PDBGUID: (") + 10;
  std::string guid;
  for (int i = 0; i < 16; ++i, at += 3)
    guid += static_cast<char>(std::stoi(text.substr(at, 2), nullptr, 16));
  EXPECT_NE(text.find("PDBAge: 1\n"), text.npos);
  EXPECT_EQ(view->id, symbol_key(guid, 1));
  EXPECT_EQ(code_view(Image(Slice::whole(file), "x"))->id, view->id);
}

INSTANTIATE_TEST_SUITE_P(PeDebug, OfArchitecture, testing::Values("amd64", "arm64", "x86"),
                         [](const auto& test) { return std::string(test.param); });

TEST(PeDebug, MakesKeysAsSymstoreDoes) {
  const std::string guid("\x01\x23\x45\x67\x89\xab\xcd\xef\x00\x0f\xf0\xff\x10\x20\x30\x40", 16);
  EXPECT_EQ(symbol_key(guid, 1), "67452301AB89EFCD000FF0FF102030401");
  EXPECT_EQ(symbol_key(guid, 0x2A), "67452301AB89EFCD000FF0FF102030402a");
  EXPECT_EQ(symbol_key(guid, 0), "67452301AB89EFCD000FF0FF102030400");
  EXPECT_EQ(symbol_key(std::string(16, '\0'), 0xFFFFFFFF), std::string(32, '0') + "ffffffff");
}

TEST(PeDebug, KnowsReproducibleBuilds) {
  EXPECT_TRUE(is_reproducible(Image(pair().program, "x")));
  const std::string dated = make({.reproducible = false}).program;
  EXPECT_FALSE(is_reproducible(Image(dated, "x")));
  EXPECT_TRUE(view_of(dated));
}

TEST(PeDebug, FindsNoneWhereNoneIs) {
  const std::string plain = pe_builder::program({});
  EXPECT_FALSE(view_of(plain));
  EXPECT_FALSE(is_reproducible(Image(plain, "x")));
  std::string bytes = pair().program;
  put(bytes, places_in(bytes).directory + 12, 13, 4);  // profile-guided optimisation
  EXPECT_FALSE(view_of(bytes));
  EXPECT_TRUE(is_reproducible(Image(bytes, "x")));
}

struct Damage {
  const char* name;
  void (*spoil)(std::string&, const Places&);
  const char* says;
};

class Damaged : public testing::TestWithParam<Damage> {};

TEST_P(Damaged, IsRefused) {
  std::string bytes = pair().program;
  GetParam().spoil(bytes, places_in(bytes));
  const std::string fault = fault_of(bytes);
  EXPECT_NE(fault.find(GetParam().says), fault.npos) << fault;
}

void name_it(std::string& bytes, const Places& p, std::string_view name) {
  bytes.replace(p.record + 24, 13, std::string(13, '\0'));
  bytes.replace(p.record + 24, name.size(), name);
}

INSTANTIATE_TEST_SUITE_P(
    PeDebug, Damaged,
    testing::Values(
        Damage{"directory_outside",
               [](std::string& b, const Places& p) { put(b, p.header, 0x7FFFFFF0, 4); },
               "does not lie in the file"},
        Damage{"directory_of_half_an_entry",
               [](std::string& b, const Places& p) { put(b, p.header + 4, 42, 4); }, "42 bytes"},
        Damage{"directory_of_many_entries",
               [](std::string& b, const Places& p) { put(b, p.header + 4, 28 * 129, 4); },
               "does not lie"},
        Damage{"record_outside",
               [](std::string& b, const Places& p) { put(b, p.directory + 24, 0x7FFFFFF0, 4); },
               "does not lie in the file"},
        Damage{"record_empty",
               [](std::string& b, const Places& p) { put(b, p.directory + 16, 0, 4); },
               "has no kind"},
        Damage{"record_without_a_path",
               [](std::string& b, const Places& p) { put(b, p.directory + 16, 24, 4); },
               "cannot have 24 bytes"},
        Damage{"record_too_long",
               [](std::string& b, const Places& p) { put(b, p.directory + 16, 24 + 4097, 4); },
               "cannot have 4121 bytes"},
        Damage{"path_without_an_end",
               [](std::string& b, const Places& p) { put(b, p.directory + 16, 24 + 4, 4); },
               "has no end"},
        Damage{"old_kind", [](std::string& b, const Places& p) { b.replace(p.record, 4, "NB10"); },
               "NB10"},
        Damage{"unknown_kind",
               [](std::string& b, const Places& p) { b.replace(p.record, 4, "ABCD"); },
               "unknown kind"},
        Damage{"portable",
               [](std::string& b, const Places& p) { put(b, p.directory + 10, 0x504D, 2); },
               "portable"},
        Damage{"no_name", [](std::string& b, const Places& p) { name_it(b, p, ""); }, "its PDB"},
        Damage{"name_of_a_folder",
               [](std::string& b, const Places& p) { name_it(b, p, "C:\\a\\"); }, "its PDB"},
        Damage{"name_without_pdb", [](std::string& b, const Places& p) { name_it(b, p, "a.exe"); },
               "'a.exe' as its PDB"},
        Damage{"name_of_an_ending", [](std::string& b, const Places& p) { name_it(b, p, ".pdb"); },
               "'.pdb' as its PDB"},
        Damage{"name_of_a_device",
               [](std::string& b, const Places& p) { name_it(b, p, "con.pdb"); }, "its PDB"},
        Damage{"name_of_a_stream",
               [](std::string& b, const Places& p) { name_it(b, p, "a:b.pdb"); }, "its PDB"},
        Damage{"name_not_utf8", [](std::string& b, const Places& p) { name_it(b, p, "\xff.pdb"); },
               "not UTF-8"},
        Damage{"name_with_a_control",
               [](std::string& b, const Places& p) { name_it(b, p, "a\nb.pdb"); }, "its PDB"}),
    [](const auto& test) { return std::string(test.param.name); });

TEST(PeDebug, TakesTheLastNameOfAPath) {
  for (const char* path :
       {"C:\\x\\y.pdb", "/home/y.pdb", "d:y\\y.pdb", "y.pdb", "\\\\a/b\\y.pdb"}) {
    std::string bytes = pair().program;
    name_it(bytes, places_in(bytes), path);
    EXPECT_EQ(view_of(bytes)->pdb, "y.pdb") << path;
  }
  std::string bytes = pair().program;
  name_it(bytes, places_in(bytes), "../NTOS.PDB");
  EXPECT_EQ(view_of(bytes)->pdb, "NTOS.PDB");
}

TEST(PeDebug, IsNeverReadWrongWhenCutOff) {
  const std::string& whole = pair().program;
  for (std::size_t size = 0; size < whole.size(); ++size) {
    try {
      const std::string cut = whole.substr(0, size);
      const std::optional<CodeView> view = view_of(cut);
      if (view) {
        EXPECT_EQ(view->id, pair().key);
      }
    } catch (const Failure&) {
    }
  }
}

TEST(PeDebug, SurvivesChangedBytes) {
  std::mt19937 random(7);
  for (int run = 0; run < 20'000; ++run) {
    std::string bytes = pair().program;
    for (auto i = random() % 4 + 1; i > 0; --i)
      bytes[random() % bytes.size()] = static_cast<char>(random());
    try {
      const Image image(bytes, "x.exe");
      is_reproducible(image);
      const std::optional<CodeView> view = code_view(image);
      if (view) {
        EXPECT_EQ(view->id.substr(0, 32).find_first_not_of("0123456789ABCDEF"), view->id.npos);
      }
    } catch (const Failure&) {
    }
  }
}

}  // namespace
}  // namespace remedia::pe
