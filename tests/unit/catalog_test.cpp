// Catalogues: their members in both forms, and lists that are damaged.
#include "formats/catalog.h"

#include "medium/pe_file.h"
#include "support/signing.h"
#include "unit/scratch.h"

#include <functional>

namespace remedia::catalog {
namespace {

using signing::hex;
using signing::item;
using signing::oid;

const std::string kProgram = medium::pe_file({});
const std::string kText = "[Version]\r\n";
const std::string kTime = item(0x17, "200913122640Z");

std::string hash(const std::string& content, const std::string& digest) {
  return hex(content == kProgram ? signing::image_hash(content, digest)
                                 : signing::flat_hash(content, digest));
}

std::string list_body(const std::string& members) {
  return item(0x30, oid("1.3.6.1.4.1.311.12.1.1")) + kTime +
         item(0x30, oid("1.3.6.1.4.1.311.12.1.3")) + item(0x30, members);
}

void expect_damage(const std::string& part, const std::string& list) {
  const std::string message = failure_of([&] { read_list(list, "x.cat"); });
  EXPECT_NE(message.find("the list of catalogue 'x.cat' is damaged: "), message.npos) << message;
  EXPECT_NE(message.find(part), message.npos) << message;
}

TEST(Catalog, HoldsProgramsAndFlatFiles) {
  const Scratch folder;
  const std::vector<fs::path> files = {folder.write("x.sys", kProgram),
                                       folder.write("x.inf", kText)};
  const Catalog catalog = read(signing::make_catalog(files), "x.cat", {});
  EXPECT_EQ(catalog.signer.name, "Remedia Test Signer");
  EXPECT_EQ(catalog.sha256, (std::set{hash(kProgram, "sha256"), hash(kText, "sha256")}));
  EXPECT_TRUE(catalog.sha1.empty());
}

TEST(Catalog, BothFormsHoldTheSame) {
  const Scratch folder;
  const std::vector<fs::path> files = {folder.write("x.sys", kProgram),
                                       folder.write("x.inf", kText)};
  for (const bool old_form : {false, true}) {
    const signing::CatalogOptions options = {.sha1 = true, .old_form = old_form};
    const Catalog catalog = read(signing::make_catalog(files, options), "x.cat", {});
    EXPECT_EQ(catalog.sha256, (std::set{hash(kProgram, "sha256"), hash(kText, "sha256")}));
    EXPECT_EQ(catalog.sha1, (std::set{hash(kProgram, "sha1"), hash(kText, "sha1")}));
  }
}

TEST(Catalog, IsSigned) {
  const Scratch folder;
  std::string bytes = signing::make_catalog({folder.write("x.inf", kText)});
  const std::size_t at = bytes.find(signing::flat_hash(kText, "sha256"));
  bytes.at(at) = static_cast<char>(bytes.at(at) ^ 1);
  const std::string message = failure_of([&] { read(bytes, "x.cat", {}); });
  EXPECT_NE(message.find("what it signs was changed"), message.npos) << message;
}

TEST(Catalog, ListsOfRootsAreNone) {
  const Scratch folder;
  const signing::CatalogOptions options = {.usage = "1.3.6.1.4.1.311.10.3.9"};
  const std::string bytes = signing::make_catalog({folder.write("x.inf", kText)}, options);
  const std::string message = failure_of([&] { read(bytes, "x.cat", {}); });
  EXPECT_NE(message.find("a list of something else than files"), message.npos) << message;
}

TEST(Catalog, TagsWithoutAttributes) {
  const std::string hash20(20, '\x12');
  std::string text;
  for (int i = 0; i < 40; ++i) text += std::string("A\0", 2);
  const std::string members = item(0x30, item(0x04, hash20)) + item(0x30, item(0x04, text)) +
                              item(0x30, item(0x04, std::string(48, 'x'))) +
                              item(0x30, item(0x04, ""));
  const Catalog catalog = read_list(list_body(members), "x.cat");
  EXPECT_EQ(catalog.sha1, (std::set{hex(hash20), std::string(40, 'a')}));
  EXPECT_TRUE(catalog.sha256.empty());
}

TEST(Catalog, MayBeEmptyOrHaveAllFields) {
  EXPECT_TRUE(read_list(list_body(""), "x.cat").sha256.empty());
  const std::string all = item(0x02, "\x01") + item(0x30, oid("1.3.6.1.4.1.311.12.1.1")) +
                          item(0x04, "id") + item(0x02, "\x07") + kTime +
                          item(0x18, "20300101000000Z") + item(0x30, oid("1.2.3")) +
                          item(0x30, item(0x30, item(0x04, std::string(32, 'h')))) + item(0xA0, "");
  EXPECT_EQ(read_list(all, "x.cat").sha256.size(), 1U);
}

TEST(Catalog, RefusesDamage) {
  const std::string good = list_body(item(0x30, item(0x04, std::string(20, 'h'))));
  expect_damage("ends too early (at byte 0x0 of it)", "");
  expect_damage("more than belongs there", good + item(0x04, "x"));
  expect_damage("more than belongs there",
                list_body(item(0x30, item(0x04, "x") + item(0x31, "") + item(0x31, ""))));
  expect_damage("0x04 instead of 0x30", list_body(item(0x04, "x")));
  expect_damage("0x30 instead of 0x04", list_body(item(0x30, item(0x30, ""))));
  expect_damage("ends too early", list_body(item(0x30, "")));
  expect_damage("has no length that DER allows", list_body(std::string("\x30\x80\0\0", 4)));
  expect_damage("is cut off", list_body("\x30\x84\xFF\xFF\xFF\xFF"));
  for (std::size_t size = 0; size < good.size(); ++size) {
    // What is left out may be all of the members, which a list need not have.
    try {
      EXPECT_TRUE(read_list(good.substr(0, size), "x.cat").sha1.empty());
    } catch (const Failure&) {
    }
  }
}

TEST(Catalog, RefusesDamagedHashes) {
  const auto member = [](const std::string& values) {
    return list_body(
        item(0x30, item(0x04, "x") +
                       item(0x31, item(0x30, oid("1.3.6.1.4.1.311.2.1.4") + item(0x31, values)))));
  };
  const std::string kind = item(0x30, "");
  const std::string hash = item(0x30, item(0x30, "") + item(0x04, std::string(32, 'h')));
  EXPECT_EQ(read_list(member(item(0x30, kind + hash)), "x.cat").sha256.size(), 1U);
  expect_damage("ends too early", member(""));
  expect_damage("ends too early", member(item(0x30, kind)));
  expect_damage("instead of 0x04", member(item(0x30, kind + item(0x30, kind + kind))));
  expect_damage("more than belongs there", member(item(0x30, kind + hash) + kind));
  expect_damage("more than belongs there", member(item(0x30, kind + hash + kind)));
}

TEST(Catalog, ReadsManyMembers) {
  std::string members;
  for (int i = 0; i < 20000; ++i) {
    std::string hash(32, 'h');
    hash.replace(0, 8, fmt::format("{:08}", i));
    members += item(0x30, item(0x04, hash) + item(0x31, ""));
  }
  EXPECT_EQ(read_list(list_body(members), "x.cat").sha256.size(), 20000U);
}

}  // namespace
}  // namespace remedia::catalog
