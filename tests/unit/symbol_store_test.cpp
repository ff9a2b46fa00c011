// Names, keys and requests of symbol stores, and which of their files answers which request.
#include "media/symbol_store.h"

#include "media/symbol_match.h"
#include "support/archive_writers.h"
#include "unit/scratch.h"

#include <random>

namespace remedia::symbols {
namespace {

const std::string kKey = "0123456789ABCDEF0123456789ABCDEF1";
const std::string kOther = "0123456789ABCDEF0123456789ABCDEF2";

TEST(SymbolStore, KnowsPdbsByTheirNames) {
  EXPECT_EQ(file_name("a.pdb")->pdb, "a.pdb");
  EXPECT_FALSE(file_name("A.PDB")->packed);
  EXPECT_EQ(file_name("a.pd_")->pdb, "a.pdb");
  EXPECT_TRUE(file_name("A.PD_")->packed);
  for (const char* name : {"", "pdb", ".pdb", ".pd_", "a.pdb.txt", "a.dll", "a.dl_", "apdb"})
    EXPECT_FALSE(file_name(name)) << name;
}

TEST(SymbolStore, KnowsKeysInAnyCase) {
  EXPECT_EQ(normal_key(kKey), kKey);
  EXPECT_EQ(normal_key("0123456789abcdef0123456789abcdefFFFFFFFF"),
            "0123456789ABCDEF0123456789ABCDEFffffffff");
  for (const std::string& text :
       {std::string(), kKey.substr(0, 32), kKey + "23456789", "x" + kKey.substr(1),
        "{" + kKey.substr(1), kKey + " ", std::string(41, '0')})
    EXPECT_EQ(normal_key(text), "") << text;
}

TEST(SymbolStore, KnowsWhatAFolderClaims) {
  for (const std::string root : {"", "x/", "/x/y/", "nt/"}) {
    const std::optional<Id> id = claimed(root + "nt.pdb/" + kKey + "/nt.pd_");
    ASSERT_TRUE(id) << root;
    EXPECT_EQ(*id, (Id{"nt.pdb", kKey}));
  }
  for (const std::string& path :
       {std::string(), std::string("nt.pd_"), kKey + "/nt.pd_", "/" + kKey + "/nt.pd_",
        "nt.exe/" + kKey + "/nt.pd_", "nt.pdb/" + kKey.substr(1) + "/nt.pd_",
        "nt.pdb/" + kKey + "/x/nt.pd_", std::string("//"), "//" + kKey + "/x"})
    EXPECT_FALSE(claimed(path)) << path;
}

TEST(SymbolStore, ReadsRequests) {
  const Id nt{"nt.pdb", kKey};
  for (const std::string& line :
       {"nt.pdb," + kKey + ",1", "nt.pdb " + kKey, "  nt.pdb \t " + kKey + " ", "nt.pdb," + kKey})
    EXPECT_EQ(parse_request(line), nt) << line;
  EXPECT_EQ(parse_request("a, b.pdb," + kKey + ",1"), (Id{"a, b.pdb", kKey}));
  EXPECT_EQ(parse_request("a, b.pdb " + kKey), (Id{"a, b.pdb", kKey}));
  EXPECT_EQ(parse_request("nt.pdb 0123456789abcdef0123456789abcdefA"),
            (Id{"nt.pdb", "0123456789ABCDEF0123456789ABCDEFa"}));
  EXPECT_EQ(parse_request(""), std::nullopt);
  EXPECT_EQ(parse_request("  "), std::nullopt);
  EXPECT_EQ(parse_request("ntoskrnl.exe,5F0000001000,1"), std::nullopt);
}

TEST(SymbolStore, RefusesOtherRequests) {
  const std::vector<std::string> lines = {std::string("nt.pdb"),
                                          kKey,
                                          "nt.pdb,1",
                                          "nt.pdb,,1",
                                          "nt.exe " + kKey,
                                          "nt.pdb " + kKey.substr(1),
                                          "nt.pdb " + kKey + "g",
                                          "a/nt.pdb " + kKey,
                                          "../nt.pdb " + kKey,
                                          "a\\nt.pdb " + kKey,
                                          "con.pdb " + kKey,
                                          ".pdb " + kKey,
                                          " ,1"};
  for (const std::string& line : lines) EXPECT_THROW(parse_request(line), Failure) << line;
}

TEST(SymbolStore, SurvivesAnyRequest) {
  std::mt19937 random(3);
  for (int run = 0; run < 20'000; ++run) {
    std::string line = "nt.pdb," + kKey + ",1";
    for (auto i = random() % 5; i > 0; --i)
      line[random() % line.size()] = static_cast<char>(random());
    try {
      const std::optional<Id> id = parse_request(line.substr(random() % 9));
      if (id) {
        EXPECT_EQ(id->key, normal_key(id->key));
      }
    } catch (const Failure&) {
    }
  }
}

TEST(SymbolStore, WritesWhatSymchkReads) {
  EXPECT_EQ(write_requests({}), "");
  const std::string text = write_requests({{"b.pdb", kKey}, {"a.pdb", kOther}, {"a.pdb", kKey}});
  EXPECT_EQ(text, "a.pdb," + kKey + ",1\r\na.pdb," + kOther + ",1\r\nb.pdb," + kKey + ",1\r\n");
}

class Packed : public testing::Test {
 protected:
  std::string unpacked(const std::string& bytes) const {
    const fs::path file = scratch_.write("x.pd_", bytes);
    const std::uint64_t size = packed_size(file, "x.pd_");
    const std::string content = read_all(unpack(file, "x.pd_", scratch_ / "out"));
    EXPECT_EQ(content.size(), size);
    return content;
  }
  std::string fault_of(const std::string& bytes) const {
    return failure_of([&] { unpacked(bytes); });
  }

  Scratch scratch_;
};

TEST_F(Packed, IsACabinetOrAZip) {
  const std::string content = std::string(100'000, 'a') + "end";
  EXPECT_EQ(unpacked(write_cab({.folders = {{.files = {{"nt.pdb", content}}}}})), content);
  EXPECT_EQ(unpacked(write_cab(
                {.folders = {{.method = CabMethod::mszip, .files = {{"whatever", content}}}}})),
            content);
  EXPECT_EQ(unpacked(write_zip({{.name = "nt.pdb", .content = content}})), content);
}

TEST_F(Packed, HasOneFile) {
  EXPECT_NE(
      fault_of(write_cab({.folders = {{.files = {{"a", "1"}, {"b", "2"}}}}})).find("2 entries"),
      std::string::npos);
  EXPECT_NE(fault_of(write_zip({})), "");
  EXPECT_NE(fault_of(write_zip({{.name = "folder/"}})).find("no file"), std::string::npos);
  EXPECT_NE(fault_of("").find("neither"), std::string::npos);
  EXPECT_NE(fault_of("MZ" + write_cab({.folders = {{.files = {{"a", "1"}}}}})).find("neither"),
            std::string::npos);
}

TEST_F(Packed, CutOffAnywhereIsRefused) {
  const std::string whole =
      write_cab({.folders = {{.method = CabMethod::mszip, .files = {{"nt.pdb", "some content"}}}}});
  for (std::size_t size = 0; size < whole.size(); ++size)
    EXPECT_NE(fault_of(whole.substr(0, size)), "") << size;
}

// --- matching -----------------------------------------------------------------------------------

TEST(SymbolMatch, RequestsForOnePdbAreOne) {
  Requests requests;
  requests.add({"nt.pdb", kKey}, "b");
  requests.add({"NT.pdb", kKey}, "a");
  requests.add({"nt.pdb", kKey}, "b");
  requests.add({"nt.pdb", kOther}, "c");
  const std::vector<Wanted> list = requests.take();
  ASSERT_EQ(list.size(), 2u);
  EXPECT_EQ(list[0].id, (Id{"NT.pdb", kKey}));
  EXPECT_EQ(list[0].binaries, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(list[1].id, (Id{"nt.pdb", kOther}));
}

TEST(SymbolMatch, DoesNotDependOnTheOrderOfRequests) {
  Requests one, two;
  one.add({"nt.pdb", kKey}, "b");
  one.add({"NT.pdb", kKey}, "a");
  two.add({"NT.pdb", kKey}, "a");
  two.add({"nt.pdb", kKey}, "b");
  EXPECT_EQ(one.take()[0].id, two.take()[0].id);
  EXPECT_EQ(one.take()[0].binaries, two.take()[0].binaries);
}

TEST(SymbolMatch, WantsNameAndKey) {
  Index index;
  index.add({"NT.PDB", kKey}, 0, true);
  index.add({"nt.pdb", kKey}, 1, false);
  index.add({"nt.pdb", kOther}, 2, false);
  index.add({"nt.pdb", kKey}, 3, false);
  EXPECT_EQ(index.find({"Nt.pdb", kKey}), (std::vector<std::size_t>{1, 3, 0}));
  EXPECT_EQ(index.find({"nt.pdb", kKey + "0"}), std::vector<std::size_t>());
  EXPECT_EQ(index.find({"hal.pdb", kKey}), std::vector<std::size_t>());
  EXPECT_EQ(index.other_keys({"nt.pdb", kKey + "0"}), (std::vector<std::string>{kKey, kOther}));
  EXPECT_EQ(index.other_keys({"NT.pdb", kKey}), std::vector<std::string>{kOther});
  EXPECT_EQ(index.other_keys({"hal.pdb", kKey}), std::vector<std::string>());
}

}  // namespace
}  // namespace remedia::symbols
