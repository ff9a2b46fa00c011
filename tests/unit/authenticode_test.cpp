// What Authenticode covers of a program, and signatures inside programs.
#include "formats/authenticode.h"

#include "medium/pe_file.h"
#include "support/signing.h"
#include "unit/scratch.h"

#include <functional>

namespace remedia::authenticode {
namespace {

using signing::hex;
using signing::SignOptions;

constexpr std::size_t kOptional = 0x80 + 24;  // of medium::pe_file()
constexpr std::size_t kEntry = kOptional + 112 + 4 * 8;

std::size_t number(const std::string& bytes, std::size_t at) {
  std::size_t value = 0;
  for (std::size_t i = 4; i-- > 0;) value = value << 8 | static_cast<unsigned char>(bytes[at + i]);
  return value;
}

void put(std::string& bytes, std::size_t at, std::size_t value) {
  for (std::size_t i = 0; i < 4; ++i) bytes.at(at + i) = static_cast<char>(value >> 8 * i);
}

std::string flipped(std::string bytes, std::size_t at) {
  bytes.at(at) = static_cast<char>(bytes.at(at) ^ 1);
  return bytes;
}

class Authenticode : public testing::Test {
 protected:
  Slice slice(const std::string& bytes) { return Slice::whole(folder_.write("x.sys", bytes)); }
  Digests hashes(const std::string& bytes, Algorithm algorithm = Algorithm::sha256) {
    return digests(slice(bytes), algorithm);
  }
  std::optional<signature::Signer> signer_of(const std::string& bytes) {
    return embedded_signer(slice(bytes), "x.sys", {});
  }
  void expect_failure(const std::string& part, const std::string& bytes) {
    const std::string message = failure_of([&] { signer_of(bytes); });
    EXPECT_NE(message.find(part), message.npos) << message;
    EXPECT_NE(message.find("'x.sys'"), message.npos) << message;
  }

  Scratch folder_;
  const std::string program_ = medium::pe_file({});
};

TEST_F(Authenticode, FixtureIsAsExpected) {
  ASSERT_EQ(number(program_, 0x3C), kOptional - 24);
  ASSERT_EQ(number(program_, kEntry + 4), 0U);
}

TEST_F(Authenticode, HashesBothWays) {
  for (const std::string& bytes : {program_, medium::pe_file({.arch = "x86"})}) {
    const Digests sha256 = hashes(bytes);
    EXPECT_EQ(sha256.flat, hex(signing::flat_hash(bytes, "sha256")));
    EXPECT_EQ(sha256.image, hex(signing::image_hash(bytes, "sha256")));
    const Digests sha1 = hashes(bytes, Algorithm::sha1);
    EXPECT_EQ(sha1.flat, hex(signing::flat_hash(bytes, "sha1")));
    EXPECT_EQ(sha1.image, hex(signing::image_hash(bytes, "sha1")));
  }
}

TEST_F(Authenticode, OtherFilesHaveOnlyAFlatHash) {
  for (const std::string& bytes :
       {std::string(), std::string("MZ"), std::string("text"), program_.substr(0, 0x180)}) {
    EXPECT_EQ(hashes(bytes).image, "");
    EXPECT_EQ(hashes(bytes).flat, hex(signing::flat_hash(bytes, "sha256")));
  }
}

TEST_F(Authenticode, SigningChangesTheFlatHashAlone) {
  const std::string signed_program = signing::sign_program(program_);
  EXPECT_EQ(hashes(signed_program).image, hashes(program_).image);
  EXPECT_NE(hashes(signed_program).flat, hashes(program_).flat);
}

TEST_F(Authenticode, UnsignedIsFilledToAMultipleOfEight) {
  EXPECT_EQ(hashes(program_ + "x").image,
            hashes(program_ + std::string("x\0\0\0\0\0\0\0", 8)).image);
  EXPECT_NE(hashes(program_ + "x").image, hashes(program_).image);
  EXPECT_EQ(signer_of(signing::sign_program(program_ + "x"))->name, "Remedia Test Signer");
}

TEST_F(Authenticode, CoversAllButWhatSigningChanges) {
  const std::string sound = hashes(program_).image;
  for (std::size_t at = kOptional; at < program_.size(); ++at) {
    const std::string other = hashes(flipped(program_, at)).image;
    if (at - (kEntry + 4) < 4) {
      EXPECT_EQ(other, "") << at;  // certificates over the headers
    } else {
      EXPECT_EQ(other == sound, at - (kOptional + 64) < 4 || at - kEntry < 4) << at;
    }
    if (at > kEntry + 64) at += 30;
  }
}

TEST_F(Authenticode, ReadsInPieces) {
  // Ranges that are left out may lie across the buffer's end.
  for (const std::size_t size :
       {std::size_t{262144 - 8}, std::size_t{262144}, std::size_t{600000}}) {
    const std::string big = program_ + std::string(size - program_.size(), 'x');
    EXPECT_EQ(hashes(big).image, hex(signing::image_hash(big, "sha256")));
    EXPECT_EQ(signer_of(signing::sign_program(big))->name, "Remedia Test Signer");
  }
}

TEST_F(Authenticode, ReadsSlicesOfOtherFiles) {
  const std::string bytes = signing::sign_program(program_);
  const fs::path file = folder_.write("pack", "before" + bytes + "after");
  const Slice part = {file, {{6, 100, false}, {106, bytes.size() - 100, false}}};
  EXPECT_EQ(digests(part).image, hashes(program_).image);
  EXPECT_EQ(embedded_signer(part, "x.sys", {})->name, "Remedia Test Signer");
}

TEST_F(Authenticode, NamesTheSigner) {
  EXPECT_FALSE(signer_of(program_));
  for (const std::string digest : {"sha1", "sha256", "sha384", "sha512"}) {
    const auto signer = signer_of(signing::sign_program(program_, {.digest = digest}));
    ASSERT_TRUE(signer) << digest;
    EXPECT_EQ(signer->name, "Remedia Test Signer");
    EXPECT_FALSE(signer->countersigned);
  }
  const SignOptions stamped = {.stamp = signing::Stamp::token};
  EXPECT_EQ(signer_of(signing::sign_program(program_, stamped))->countersigned, 1700000000);
}

TEST_F(Authenticode, AsksForAnchors) {
  signature::Anchors anchors;
  anchors.add(signing::foreign_ca().pem(), "ca.pem");
  const Slice file = slice(signing::sign_program(program_));
  const std::string message = failure_of([&] {
    embedded_signer(file, "x.sys", {&anchors, 1700000000});
  });
  EXPECT_NE(message.find("which chains to no anchor"), message.npos) << message;
  anchors.add(signing::test_ca().pem(), "ca.pem");
  EXPECT_TRUE(embedded_signer(file, "x.sys", {&anchors, 1700000000})->anchored);
}

TEST_F(Authenticode, RefusesChangedPrograms) {
  const std::string bytes = signing::sign_program(program_);
  const std::string changed = "the program was changed after 'Remedia Test Signer' signed it";
  expect_failure(changed, flipped(bytes, 2));
  expect_failure(changed, flipped(bytes, program_.size() - 1));
  expect_failure(changed, bytes + "appended");
  EXPECT_EQ(signer_of(flipped(bytes, kOptional + 64))->name, "Remedia Test Signer");  // checksum
  expect_failure("no Windows program", "text");
}

TEST_F(Authenticode, RefusesTheSignatureOfAnotherProgram) {
  const std::string bytes = signing::sign_program(program_);
  std::string other = medium::pe_file({.timestamp = 7});
  ASSERT_EQ(other.size(), program_.size());
  other += bytes.substr(program_.size());
  other.replace(kEntry, 8, bytes, kEntry, 8);
  expect_failure("the program was changed after", other);
}

TEST_F(Authenticode, RefusesCertificatesOverWhatTheySign) {
  // Else a table that covers code would take it out of the hash.
  std::string bytes = signing::sign_program(program_);
  put(bytes, kEntry, 0x200);
  put(bytes, kEntry + 4, bytes.size() - 0x200);
  expect_failure("its certificates overlap its headers or sections", bytes);
  EXPECT_EQ(hashes(bytes).image, "");
  put(bytes, kEntry, 0);
  expect_failure("its certificates overlap its headers or sections", bytes);
}

TEST_F(Authenticode, RefusesDamagedCertificates) {
  const std::string bytes = signing::sign_program(program_);
  const std::size_t table = number(bytes, kEntry);
  for (const std::size_t size :
       {std::size_t{0}, std::size_t{8}, bytes.size(), std::size_t{1} << 31}) {
    std::string other = bytes;
    put(other, table, size);
    expect_failure("its first certificate says that it has", other);
  }
  expect_failure("of a kind that Windows does not check", flipped(bytes, table + 5));
  expect_failure("of a kind that Windows does not check", flipped(bytes, table + 6));
  expect_failure("is damaged: it is no PKCS #7", flipped(bytes, table + 8));
  std::string cut = bytes;
  put(cut, kEntry + 4, 4);
  expect_failure("its first certificate", cut.substr(0, table + 4));
}

/// `program` with a signature over any statement.
std::string with_statement(std::string program, const std::string& statement) {
  std::string entry(8, '\0');
  const std::string der = signing::signed_data("1.3.6.1.4.1.311.2.1.4", statement);
  put(entry, 0, der.size() + 8);
  put(entry, 4, 0x00020200);
  put(program, kEntry, program.size());
  put(program, kEntry + 4, der.size() + 8);
  return program + entry + der;
}

TEST_F(Authenticode, RefusesStatementsAboutOtherThings) {
  using signing::item;
  using signing::oid;
  const auto statement = [&](const std::string& kind, const std::string& algorithm,
                             const std::string& more) {
    return item(0x30, item(0x30, oid(kind)) +
                          item(0x30, item(0x30, oid(algorithm)) +
                                         item(0x04, signing::image_hash(program_, "sha256"))) +
                          more);
  };
  const std::string image = "1.3.6.1.4.1.311.2.1.15";
  const std::string sha256 = "2.16.840.1.101.3.4.2.1";
  EXPECT_TRUE(signer_of(with_statement(program_, statement(image, sha256, ""))));
  expect_failure("something else than a program",
                 with_statement(program_, statement("1.3.6.1.4.1.311.2.1.25", sha256, "")));
  expect_failure("not known or protects nothing: 1.2.840.113549.2.5",
                 with_statement(program_, statement(image, "1.2.840.113549.2.5", "")));
  expect_failure("the program was changed",
                 with_statement(program_, statement(image, "1.3.14.3.2.26", "")));
  expect_failure("more than belongs there",
                 with_statement(program_, statement(image, sha256, item(0x04, ""))));
  expect_failure("ends too early", with_statement(program_, item(0x30, "")));
}

}  // namespace
}  // namespace remedia::authenticode
