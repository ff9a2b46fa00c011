// The reader of import lists: what it reads, and that no damage gets past it or holds it up.
#include "formats/pe_imports.h"

#include "support/pe_builder.h"
#include "unit/scratch.h"

#include <random>
#include <set>

namespace remedia::pe {
namespace {

using pe_builder::build;
using pe_builder::Built;
using pe_builder::put;
using Names = std::vector<std::string>;

Imports read_bytes(const std::string& bytes) { return read_imports(Image(bytes, "x.exe")); }

Imports imports_of(const pe_builder::Options& options) { return read_bytes(build(options).bytes); }

/// Everything at once; the names lie at the end of the file.
Built sound() {
  return build({.loaded = {"KERNEL32.dll", "a.dll"}, .delayed = {"later.dll"}, .clr_flags = 1});
}

TEST(PeImports, ReadsBothLists) {
  for (const std::string arch : {"amd64", "arm64", "x86", "arm"}) {
    const Imports imports = imports_of(
        {.arch = arch, .loaded = {"KERNEL32.dll", "winspool.drv"}, .delayed = {"b.dll", "c.dll"}});
    EXPECT_EQ(imports.loaded, (Names{"KERNEL32.dll", "winspool.drv"})) << arch;
    EXPECT_EQ(imports.delayed, (Names{"b.dll", "c.dll"})) << arch;
    EXPECT_FALSE(imports.managed);
    EXPECT_FALSE(imports.any_cpu);
  }
}

TEST(PeImports, FindsNoneWhereNoneAre) {
  const Imports imports = imports_of({});
  EXPECT_EQ(imports.loaded, Names());
  EXPECT_EQ(imports.delayed, Names());
  EXPECT_FALSE(imports.managed);
}

TEST(PeImports, ReadsThroughASlice) {
  const Scratch scratch;
  const fs::path file = scratch.write("x.exe", sound().bytes);
  const Imports imports = read_imports(Image(Slice::whole(file), "x.exe"));
  EXPECT_EQ(imports.loaded, (Names{"KERNEL32.dll", "a.dll"}));
  EXPECT_EQ(imports.delayed, Names{"later.dll"});
  EXPECT_TRUE(imports.managed);
}

TEST(PeImports, KeepsWhatTheLoaderKeeps) {
  // The loader takes the address of a directory, not its size.
  Built built = build({.loaded = {"a.dll", "b.dll"}});
  put(built.bytes, built.directories + 1 * 8 + 4, 0, 4);
  EXPECT_EQ(read_bytes(built.bytes).loaded, (Names{"a.dll", "b.dll"}));
  // A descriptor without a name, or without an address table, is the end.
  Built unnamed = build({.loaded = {"a.dll", "b.dll"}});
  put(unnamed.bytes, unnamed.imports + 20 + 12, 0, 4);
  EXPECT_EQ(read_bytes(unnamed.bytes).loaded, Names{"a.dll"});
  Built no_table = build({.loaded = {"a.dll", "b.dll"}});
  put(no_table.bytes, no_table.imports + 20 + 16, 0, 4);
  EXPECT_EQ(read_bytes(no_table.bytes).loaded, Names{"a.dll"});
}

TEST(PeImports, KnowsProgramsOfDotNetForEveryMachine) {
  struct Case {
    std::string arch;
    std::uint32_t flags;
    bool any_cpu;
  };
  constexpr std::uint32_t preferred = 0x20000;
  for (const Case& one :
       {Case{"x86", 1, true}, Case{"x86", 1 | 8, true}, Case{"x86", 3, false},
        Case{"x86", 3 | preferred, false}, Case{"x86", 0, false}, Case{"amd64", 1, false}}) {
    const Imports imports = imports_of({.arch = one.arch, .clr_flags = one.flags});
    EXPECT_TRUE(imports.managed);
    EXPECT_EQ(imports.any_cpu, one.any_cpu) << one.arch << " " << one.flags;
  }
}

TEST(PeImports, ReadsTheOldFormOfDelayedLists) {
  const pe_builder::Options options = {
      .arch = "x86", .loaded = {"a.dll"}, .delayed = {"b.dll"}, .old_delay_form = true};
  EXPECT_EQ(imports_of(options).delayed, Names{"b.dll"});

  Built below = build(options);
  put(below.bytes, below.delayed + 4, 0x3FFFFF, 4);
  EXPECT_NE(failure_of([&] { read_bytes(below.bytes); }).find("form that is not known"),
            std::string::npos);
  pe_builder::Options wide = options;
  wide.arch = "amd64";
  EXPECT_NE(failure_of([&] { imports_of(wide); }).find("form that is not known"),
            std::string::npos);
}

TEST(PeImports, RefusesNamesThatNoFileHas) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"", "is empty"},
      {"a\x01.dll", "byte 0x01"},
      {"..\\a.dll", "byte 0x5c"},
      {"a/b.dll", "byte 0x2f"},
      {"c:a.dll", "byte 0x3a"},
      {"*.dll", "byte 0x2a"},
      {"\xC3\xA4.dll", "byte 0xc3"},
      {std::string(260, 'a'), "longer than 259"},
      {std::string(100'000, 'a'), "longer than 259"}};
  for (const auto& [name, says] : cases) {
    for (const bool delayed : {false, true}) {
      const std::string message = failure_of([&, &wrong = name] {
        imports_of({.loaded = {delayed ? "a.dll" : wrong}, .delayed = {delayed ? wrong : "a.dll"}});
      });
      EXPECT_NE(message.find(says), message.npos) << message;
      EXPECT_NE(message.find("x.exe"), message.npos) << message;
    }
  }
  const std::string longest(259, 'a');
  EXPECT_EQ(imports_of({.loaded = {longest}}).loaded, Names{longest});
}

TEST(PeImports, RefusesListsWithoutAnEnd) {
  const Names many(2048, "a.dll");
  EXPECT_EQ(imports_of({.loaded = many, .delayed = many}).loaded.size(), 2048U);
  const Names more(2049, "a.dll");
  EXPECT_NE(failure_of([&] { imports_of({.loaded = more}); }).find("after 2048 libraries"),
            std::string::npos);
  EXPECT_NE(failure_of([&] { imports_of({.delayed = more}); }).find("after 2048 libraries"),
            std::string::npos);
}

TEST(PeImports, RefusesPlacesThatAreNotInTheFile) {
  struct Case {
    std::size_t Built::*part;
    std::size_t at;
    std::string says;
  };
  for (const std::uint64_t address : {0x9000U, 0x1FFFU, 0x3000U, 0xFFFFFFFFU}) {
    for (const Case& one : {Case{&Built::directories, 1 * 8, "import directory"},
                            Case{&Built::directories, 13 * 8, "delay-load directory"},
                            Case{&Built::directories, 14 * 8, "CLR header"},
                            Case{&Built::imports, 12, "name of an imported library"},
                            Case{&Built::delayed, 4, "name of an imported library"}}) {
      Built built = sound();
      put(built.bytes, built.*one.part + one.at, address, 4);
      const std::string message = failure_of([&] { read_bytes(built.bytes); });
      EXPECT_NE(message.find(one.says), message.npos) << message;
    }
  }
}

// The section says how long it is, so that the headers stay sound and the lists are what is cut.
TEST(PeImports, RefusesEveryTruncation) {
  const Built built = sound();
  const std::size_t section_size = built.directories + 16 * 8 + 40 + 16;
  for (std::size_t size = 1; pe_builder::kOffset + size < built.end; ++size) {
    std::string bytes = built.bytes.substr(0, pe_builder::kOffset + size);
    put(bytes, section_size, size, 4);
    EXPECT_THROW(read_bytes(bytes), Failure) << size << " bytes";
  }
}

// Whatever stands in any one byte of the lists and their directories: an answer, or a Failure.
TEST(PeImports, SurvivesEveryChangeOfAByte) {
  const Built built = sound();
  std::vector<std::size_t> places;
  for (std::size_t at = 0x80; at < built.directories + 16 * 8 + 80; ++at) places.push_back(at);
  for (std::size_t at = pe_builder::kOffset; at < built.end; ++at) places.push_back(at);
  std::set<bool> outcomes;
  for (const std::size_t at : places) {
    for (unsigned value = 0; value < 256; ++value) {
      std::string bytes = built.bytes;
      put(bytes, at, value, 1);
      try {
        const Imports imports = read_bytes(bytes);
        EXPECT_LE(imports.loaded.size() + imports.delayed.size(), 30U);
        outcomes.insert(true);
      } catch (const Failure&) {
        outcomes.insert(false);
      }
    }
  }
  EXPECT_EQ(outcomes.size(), 2U);
}

TEST(PeImports, SurvivesChanceDamage) {
  const Built built = sound();
  std::mt19937 engine(1);
  for (int round = 0; round < 20'000; ++round) {
    std::string bytes = built.bytes;
    for (unsigned i = 0; i < 1 + engine() % 4; ++i) {
      const std::size_t at = engine() % 3 == 0 ? built.directories + engine() % 128
                                               : built.imports + engine() % (built.end - 0x400);
      bytes[at] = static_cast<char>(engine() % 3 == 0 ? 0xFF : engine() & 0xFF);
    }
    try {
      for (const std::string& name : read_bytes(bytes).loaded) EXPECT_LE(name.size(), 259U);
    } catch (const Failure&) {
    }
  }
}

}  // namespace
}  // namespace remedia::pe
