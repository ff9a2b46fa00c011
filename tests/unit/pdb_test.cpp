// PDBs: which program each belongs to, and that no damage is taken for an answer.
#include "formats/pdb.h"

#include "formats/pe_debug.h"
#include "support/debug_programs.h"
#include "support/pe_builder.h"
#include "support/process.h"
#include "unit/scratch.h"

#include <random>

namespace remedia::pdb {
namespace {

using debug_programs::make;
using pe_builder::put;

const debug_programs::Pair& pair() {
  static const debug_programs::Pair made = make();
  return made;
}

std::uint32_t u32(const std::string& bytes, std::size_t at) {
  std::uint32_t value = 0;
  for (std::size_t i = 4; i-- > 0;)
    value = value << 8 | static_cast<unsigned char>(bytes.at(at + i));
  return value;
}

/// Where in a PDB of which all is known things lie.
struct Places {
  std::size_t block = 0;       // bytes
  std::size_t map = 0;         // the block map
  std::size_t directory = 0;   // of one block
  std::size_t info = 0;        // stream 1
  std::size_t dbi = 0;         // stream 3
  std::size_t info_block = 0;  // where its number stands
};

Places places_in(const std::string& bytes) {
  Places p;
  p.block = u32(bytes, 32);
  p.map = u32(bytes, 52) * p.block;
  p.directory = u32(bytes, p.map) * p.block;
  std::size_t at = p.directory + 4 + std::size_t{4} * u32(bytes, p.directory);
  for (std::size_t stream = 0; stream < 4; ++stream) {
    if (stream == 1) p.info_block = at;
    if (stream == 1) p.info = u32(bytes, at) * p.block;
    if (stream == 3) p.dbi = u32(bytes, at) * p.block;
    at += (u32(bytes, p.directory + 4 + 4 * stream) + p.block - 1) / p.block * 4;
  }
  return p;
}

class Pdb : public testing::Test {
 protected:
  std::string id_of(const std::string& bytes) const {
    return read_id(Slice::whole(scratch_.write("x.pdb", bytes)), "x.pdb");
  }
  std::string fault_of(const std::string& bytes) const {
    return failure_of([&] { id_of(bytes); });
  }

  Scratch scratch_;
};

TEST_F(Pdb, AnswersItsProgram) {
  for (const char* arch : {"amd64", "arm64", "x86"}) {
    const debug_programs::Pair made = make({.arch = arch, .number = 3});
    EXPECT_EQ(id_of(made.pdb), made.key) << arch;
  }
  EXPECT_NE(make({.number = 4}).key, make({.number = 5}).key);
}

TEST_F(Pdb, HasTheGuidThatLlvmReads) {
  const fs::path file = scratch_.write("x.pdb", pair().pdb);
  std::string text = run_checked({"llvm-pdbutil", "dump", "-summary", file.string()});
  const std::size_t at = text.find("GUID: {") + 7;
  std::string guid = text.substr(at, 36);
  std::erase(guid, '-');
  EXPECT_EQ(read_id(Slice::whole(file), "x"), guid + "1");
}

TEST_F(Pdb, HasTheAgeOfItsDbiStream) {
  std::string bytes = pair().pdb;
  const Places p = places_in(bytes);
  put(bytes, p.info + 8, 9, 4);  // as pdbstr leaves it
  EXPECT_EQ(id_of(bytes), pair().key);
  put(bytes, p.dbi + 8, 0x1F, 4);
  EXPECT_EQ(id_of(bytes), pair().key.substr(0, 32) + "1f");
}

TEST_F(Pdb, WithoutADbiStreamHasTheAgeOfTheFirst) {
  std::string bytes = pair().pdb;
  const Places p = places_in(bytes);
  put(bytes, p.info + 8, 9, 4);
  std::string empty = bytes;
  put(empty, p.directory + 4 + 4 * 3, 0, 4);
  EXPECT_EQ(id_of(empty), pair().key.substr(0, 32) + "9");
  put(bytes, p.directory + 4 + 4 * 3, 0xFFFFFFFF, 4);  // no stream at all
  EXPECT_EQ(id_of(bytes), pair().key.substr(0, 32) + "9");
}

// --- directories of other shapes ----------------------------------------------------------------

/// A PDB of nothing but its two streams, with blocks of any size and a directory of any length.
std::string written(std::uint32_t block, std::uint32_t streams) {
  const std::size_t size = 4 + 4 * std::size_t{streams} + 8;
  const std::size_t blocks = (size + block - 1) / block;
  const std::size_t maps = (4 * blocks + block - 1) / block;
  const std::size_t first = 3 + maps;  // after the header, the free blocks, their twin and the map
  const std::size_t total = first + blocks + 2;
  std::string bytes(total * block, '\0');
  bytes.replace(0, 32, pair().pdb.substr(0, 32));
  put(bytes, 32, block, 4);
  put(bytes, 36, 1, 4);
  put(bytes, 40, total, 4);
  put(bytes, 44, size, 4);
  for (std::size_t i = 0; i < maps; ++i) put(bytes, 52 + 4 * i, 3 + i, 4);
  for (std::size_t i = 0; i < blocks; ++i) put(bytes, 3 * block + 4 * i, first + i, 4);
  const std::size_t directory = first * block;
  put(bytes, directory, streams, 4);
  put(bytes, directory + 4 + 4, 28, 4);
  put(bytes, directory + 4 + 12, 64, 4);
  put(bytes, directory + size - 8, total - 2, 4);
  put(bytes, directory + size - 4, total - 1, 4);
  put(bytes, (total - 2) * block, 20000404, 4);
  bytes.replace((total - 2) * block + 12, 16, "0123456789abcdef");
  put(bytes, (total - 1) * block + 8, 2, 4);
  return bytes;
}

TEST_F(Pdb, OfEveryBlockSizeIsRead) {
  for (std::uint32_t block = 512; block <= 65536; block *= 2)
    EXPECT_EQ(id_of(written(block, 4)),
              "33323130353437363839616263646566"
              "2")
        << block;
}

TEST_F(Pdb, WithALongDirectoryIsRead) {
  // Of several blocks; of so many that their numbers fill several blocks.
  EXPECT_EQ(id_of(written(512, 1000)).back(), '2');
  EXPECT_EQ(id_of(written(512, 100'000)).back(), '2');
}

// --- what is refused ----------------------------------------------------------------------------

TEST_F(Pdb, OfAnotherKindIsNamed) {
  EXPECT_NE(fault_of("").find("empty"), std::string::npos);
  EXPECT_NE(fault_of("hello").find("no PDB"), std::string::npos);
  EXPECT_NE(fault_of(std::string(100'000, '\0')).find("no PDB"), std::string::npos);
  EXPECT_NE(fault_of("Microsoft C/C++ program database 2.00\r\n\x1aJG").find("2.00"),
            std::string::npos);
  EXPECT_NE(fault_of("BSJB" + std::string(500, 'x')).find("portable"), std::string::npos);
  EXPECT_NE(fault_of("MSCF" + std::string(500, 'x')).find("cabinet"), std::string::npos);
}

struct Damage {
  const char* name;
  void (*spoil)(std::string&, const Places&);
  const char* says;
};

class DamagedPdb : public Pdb, public testing::WithParamInterface<Damage> {};

TEST_P(DamagedPdb, IsRefused) {
  std::string bytes = pair().pdb;
  GetParam().spoil(bytes, places_in(bytes));
  const std::string fault = fault_of(bytes);
  EXPECT_NE(fault.find(GetParam().says), fault.npos) << fault;
  EXPECT_NE(fault.find("x.pdb"), fault.npos) << fault;
}

INSTANTIATE_TEST_SUITE_P(
    Pdb, DamagedPdb,
    testing::Values(
        Damage{"block_size_odd", [](std::string& b, const Places&) { put(b, 32, 4097, 4); },
               "4097 bytes"},
        Damage{"block_size_small", [](std::string& b, const Places&) { put(b, 32, 256, 4); },
               "256 bytes"},
        Damage{"block_size_none", [](std::string& b, const Places&) { put(b, 32, 0, 4); },
               "0 bytes"},
        Damage{"block_size_large", [](std::string& b, const Places&) { put(b, 32, 1u << 17, 4); },
               "131072 bytes"},
        Damage{"cut_off", [](std::string& b, const Places&) { b.resize(b.size() - 1); }, "cut off"},
        Damage{"more_blocks_than_bytes",
               [](std::string& b, const Places&) { put(b, 40, 0xFFFFFFFF, 4); }, "cut off"},
        Damage{"no_directory", [](std::string& b, const Places&) { put(b, 44, 0, 4); },
               "cannot have 0 bytes"},
        Damage{"huge_directory", [](std::string& b, const Places&) { put(b, 44, 0xFFFFFFFE, 4); },
               "directory"},
        Damage{"map_outside", [](std::string& b, const Places&) { put(b, 52, 9999, 4); },
               "block 9999"},
        Damage{"map_in_the_header", [](std::string& b, const Places&) { put(b, 52, 0, 4); },
               "block 0"},
        Damage{"directory_outside",
               [](std::string& b, const Places& p) { put(b, p.map, 0x7FFFFFFF, 4); },
               "block 2147483647"},
        Damage{"streams_without_room",
               [](std::string& b, const Places& p) { put(b, p.directory, 0xFFFFFFFF, 4); },
               "no room"},
        Damage{"large_stream_in_front",
               [](std::string& b, const Places& p) { put(b, p.directory + 4, 0xFFFFFFF0, 4); },
               "ends before"},
        Damage{"no_info", [](std::string& b, const Places& p) { put(b, p.directory, 1, 4); },
               "which program"},
        Damage{"info_empty", [](std::string& b, const Places& p) { put(b, p.directory + 8, 0, 4); },
               "which program"},
        Damage{"info_short",
               [](std::string& b, const Places& p) { put(b, p.directory + 8, 27, 4); },
               "stream 1 has 27 bytes"},
        Damage{"info_outside", [](std::string& b, const Places& p) { put(b, p.info_block, 18, 4); },
               "block 18 of 18"},
        Damage{"dbi_short",
               [](std::string& b, const Places& p) { put(b, p.directory + 16, 11, 4); },
               "stream 3 has 11 bytes"},
        Damage{"version_without_a_guid",
               [](std::string& b, const Places& p) { put(b, p.info, 19990604, 4); },
               "version 19990604"}),
    [](const auto& test) { return std::string(test.param.name); });

TEST_F(Pdb, CutOffAnywhereIsRefused) {
  const std::string whole = written(512, 4);
  ASSERT_EQ(id_of(whole).size(), 33u);
  const fs::path file = scratch_.write("x.pdb", whole);
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const Slice cut{file, {{0, size, false}}};
    EXPECT_NE(failure_of([&] { read_id(cut, "x.pdb"); }), "") << size;
  }
}

TEST_F(Pdb, SurvivesChangedBytes) {
  std::mt19937 random(11);
  const std::string whole = written(512, 4);
  for (int run = 0; run < 2000; ++run) {
    std::string bytes = whole;
    for (auto i = random() % 4 + 1; i > 0; --i)
      bytes[random() % bytes.size()] = static_cast<char>(random());
    try {
      EXPECT_GE(id_of(bytes).size(), 33u);
    } catch (const Failure&) {
    }
  }
}

TEST_F(Pdb, LiesAnywhereInAnotherFile) {
  const fs::path file = scratch_.write("pack", std::string(2048, 'p') + pair().pdb + "behind");
  EXPECT_EQ(read_id({file, {{2048, pair().pdb.size(), false}}}, "x"), pair().key);
}

}  // namespace
}  // namespace remedia::pdb
