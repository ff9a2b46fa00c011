// The table of API sets: what is found in a sound one, and that no damage gets past the reader.
#include "formats/api_set.h"

#include "medium/pe_file.h"
#include "support/diagnostic.h"
#include "unit/scratch.h"

#include <random>
#include <utility>
#include <vector>

namespace remedia::api_set {
namespace {

using medium::api_set_table;
using medium::ApiSet;
using Text = std::optional<std::string>;

const std::vector<ApiSet> kSets = {
    {"api-ms-win-core-file-l1-2-2", {{"kernelbase.dll"}}},
    {"Api-Ms-Win-Core-Heap-L1-1-0", {{"KernelBase.dll"}, {"ntdll.dll", "Kernel32.dll"}}},
    {"ext-ms-win-gone-l1-1-0", {}},
    {"ext-ms-win-empty-l1-1-3", {{""}, {"win32kfull.sys", "win32k.sys"}}},
};

void put(std::string& bytes, std::size_t at, std::uint32_t value) {
  for (std::size_t i = 0; i < 4; ++i) bytes.at(at + i) = static_cast<char>(value >> (8 * i));
}

std::string table() { return api_set_table(kSets); }
Schema read(const std::string& section) { return Schema(section, "s.dll"); }

std::string refusal(const std::string& section) {
  try {
    read(section);
  } catch (const Failure& failure) {
    return failure.diagnostics().front().message;
  }
  return {};
}

TEST(ApiSet, HasNamesThatAreNoFiles) {
  for (const char* name : {"api-ms-win-core-file-l1-1-0.dll", "EXT-ms-x-l1-1-0", "Api-", "ext-"}) {
    EXPECT_TRUE(is_name(name)) << name;
  }
  for (const char* name : {"", "api", "apisetschema.dll", "kernel32.dll", "ap-i", "xapi-ms"}) {
    EXPECT_FALSE(is_name(name)) << name;
  }
}

TEST(ApiSet, FindsTheHostByAllButTheRevision) {
  const Schema schema = read(table());
  EXPECT_EQ(schema.version(), kVersion);
  EXPECT_EQ(schema.size(), 4U);
  struct Case {
    std::string library;
    std::string importer;
    Text host;
  };
  for (const Case& one :
       std::vector<Case>{{"api-ms-win-core-file-l1-2-2.dll", "a.exe", "kernelbase.dll"},
                         {"API-MS-Win-Core-File-L1-2-0.DLL", "a.exe", "kernelbase.dll"},
                         {"api-ms-win-core-file-l1-2-99", "a.exe", "kernelbase.dll"},
                         {"api-ms-win-core-file-l1-2-", "a.exe", "kernelbase.dll"},
                         {"api-ms-win-core-heap-l1-1-0.dll", "a.exe", "KernelBase.dll"},
                         {"api-ms-win-core-heap-l1-1-0.dll", "KERNEL32.DLL", "ntdll.dll"},
                         {"ext-ms-win-gone-l1-1-0.dll", "a.exe", ""},
                         {"ext-ms-win-empty-l1-1-1.dll", "a.exe", ""},
                         {"ext-ms-win-empty-l1-1-1.dll", "win32k.sys", "win32kfull.sys"},
                         // Another set is a file.
                         {"api-ms-win-core-file-l1-1-0.dll", "a.exe", {}},
                         {"api-ms-win-core-file-l1-2", "a.exe", {}},
                         {"api-ms-win-core-file-l1-2-2-0.dll", "a.exe", {}},
                         {"kernel32.dll", "a.exe", {}},
                         {"-", "a.exe", {}},
                         {"", "", {}}}) {
    EXPECT_EQ(schema.host(one.library, one.importer), one.host) << one.library << one.importer;
  }
}

TEST(ApiSet, FindsNothingInAnEmptyTable) {
  const Schema schema = read(api_set_table({}));
  EXPECT_EQ(schema.size(), 0U);
  EXPECT_EQ(schema.host("api-ms-win-core-file-l1-2-2.dll", "a.exe"), Text());
}

TEST(ApiSet, LeavesOtherVersionsAlone) {
  for (const std::uint32_t version : {0U, 2U, 3U, 4U, 5U, 7U, 0xFFFFFFFFU}) {
    std::string other = table();
    put(other, 0, version);
    for (const std::size_t size : {std::size_t{4}, std::size_t{20}, other.size()}) {
      const Schema schema = read(other.substr(0, size));
      EXPECT_EQ(schema.version(), version);
      EXPECT_EQ(schema.host("api-ms-win-core-file-l1-2-2", "a.exe"), Text());
    }
  }
}

TEST(ApiSet, IsASectionOfALibrary) {
  const Scratch scratch;
  const std::string bytes =
      medium::pe_file({.library = true, .api_sets = table() + std::string(3000, '\0')});
  const fs::path file = scratch.write("apisetschema.dll", bytes);
  const Schema schema(pe::Image(Slice::whole(file), "apisetschema.dll"));
  EXPECT_EQ(schema.host("api-ms-win-core-file-l1-2-0.dll", "a.exe"), Text("kernelbase.dll"));
  const std::string without = medium::pe_file({.library = true});
  EXPECT_THROW(Schema(pe::Image(without, "x.dll")), Failure);
  // Another section of nearly that name.
  std::string renamed = bytes;
  renamed.replace(renamed.find(".apiset"), 8, ".apisets");
  EXPECT_THROW(Schema(pe::Image(renamed, "x.dll")), Failure);
}

TEST(ApiSet, SaysWhereItIsDamaged) {
  struct Case {
    std::size_t at;
    std::uint32_t value;
    std::string says;
  };
  const std::size_t first = 28;            // entry
  const std::size_t value = 28 + 24 * 4;   // of it
  const std::size_t own = value + 20 * 2;  // of the second set, by importer
  for (const Case& one : std::vector<Case>{{12, 0x10001, "too many sets"},
                                           {12, 0xFFFFFFFF, "too many sets"},
                                           {12, 0x1000, "the list of sets goes beyond"},
                                           {16, 0xFFFFFFF0, "the list of sets goes beyond"},
                                           {first + 4, 0xFFFFFFFE, "the name of a set"},
                                           {first + 8, 4, "more of a name is hashed"},
                                           {first + 8, 0x10000, "the name of a set goes beyond"},
                                           {first + 12, 51, "too long or odd"},
                                           {first + 16, 0x10000, "a list of values goes beyond"},
                                           {first + 20, 0xFFFFFFFF, "too many values"},
                                           {first + 20, 0x1000, "a list of values goes beyond"},
                                           {value + 12, 0x10000, "the name of a host"},
                                           {value + 16, 0x10000, "the name of a host"},
                                           {own + 4, 0x10000, "the name of an importing library"},
                                           {own + 8, 522, "the name of an importing library"}}) {
    std::string bytes = table() + std::string(1000, '\0');
    put(bytes, one.at, one.value);
    const std::string message = refusal(bytes);
    EXPECT_NE(message.find(one.says), std::string::npos) << one.at << ": " << message;
    EXPECT_EQ(message.rfind("'s.dll': at byte 0x", 0), 0U) << message;
  }
}

TEST(ApiSet, BoundsValuesThatManySetsShare) {
  std::string bytes = table() + std::string(20 * 40'000, '\0');
  const std::size_t values = table().size();
  for (std::size_t set = 0; set < 4; ++set) {
    put(bytes, 28 + 24 * set + 16, static_cast<std::uint32_t>(values));
    put(bytes, 28 + 24 * set + 20, 40'000);
  }
  EXPECT_NE(refusal(bytes).find("too many values"), std::string::npos);
}

TEST(ApiSet, IsWholeOrRefused) {
  const std::string whole = table();
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_THROW(read(whole.substr(0, size)), Failure) << size;
  }
}

TEST(ApiSet, SurvivesFlippedBytes) {
  const std::string whole = table();
  std::mt19937 random(1);
  for (int round = 0; round < 20'000; ++round) {
    std::string bytes = whole;
    for (int i = 0; i <= round % 4; ++i) {
      bytes[random() % bytes.size()] = static_cast<char>(random());
    }
    try {
      const Schema schema = read(bytes);
      schema.host("api-ms-win-core-heap-l1-1-0.dll", "kernel32.dll");
    } catch (const Failure& failure) {
      EXPECT_NE(failure.diagnostics().front().message, "");
    }
  }
  const std::string file = medium::pe_file({.library = true, .api_sets = whole});
  for (int round = 0; round < 5'000; ++round) {
    std::string bytes = file;
    bytes[random() % 0x200] = static_cast<char>(random());
    try {
      EXPECT_LE(Schema(pe::Image(bytes, "x.dll")).size(), 0x10000U);
    } catch (const Failure& failure) {
      EXPECT_NE(failure.diagnostics().front().message, "");
    }
  }
}

}  // namespace
}  // namespace remedia::api_set
