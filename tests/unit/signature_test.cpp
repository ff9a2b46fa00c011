// PKCS #7 of Windows: what is intact, what is not, and that each fault has its own message.
#include "formats/signature.h"

#include "support/signing.h"
#include "unit/scratch.h"

#include <functional>
#include <vector>

namespace remedia::signature {
namespace {

using signing::Identity;
using signing::SignOptions;
using signing::Stamp;
using signing::Usage;

constexpr std::string_view kType = "1.3.6.1.4.1.311.10.1";
constexpr std::int64_t k2023 = 1700000000;  // 2023-11-14
constexpr std::int64_t k2040 = 2208988800;

std::string body() { return signing::item(0x04, "what is signed"); }
std::string content() { return signing::item(0x30, body()); }

std::string made(const SignOptions& options = {}) {
  return signing::signed_data(kType, content(), options);
}

Signer check(const std::string& der, const Policy& policy = {}) {
  std::string signed_content;
  Signer signer = check_signed_data(der, kType, "x.cat", policy, signed_content);
  EXPECT_EQ(signed_content, body());
  return signer;
}

std::string failure_for(const std::string& der, const Policy& policy = {}) {
  return failure_of([&] { check(der, policy); });
}

void expect_failure(const std::string& part, const std::string& der, const Policy& policy = {}) {
  const std::string message = failure_for(der, policy);
  EXPECT_NE(message.find(part), message.npos) << message;
  EXPECT_NE(message.find("'x.cat'"), message.npos) << message;
}

Anchors anchors_of(const std::vector<Identity>& identities) {
  Anchors anchors;
  for (const Identity& identity : identities) anchors.add(identity.pem(), "ca.pem");
  return anchors;
}

/// With `from` as `to` where it stands for the last time.
std::string changed(std::string bytes, const std::string& from, const std::string& to) {
  const std::size_t at = bytes.rfind(from);
  EXPECT_NE(at, bytes.npos);
  return bytes.replace(at, from.size(), to);
}

SignOptions by(const Identity& signer) { return {.signer = signer}; }

SignOptions stamped(Stamp stamp, const std::string& digest = "sha256") {
  return {.stamp = stamp, .stamp_digest = digest};
}

// --- without anchors ---

TEST(Signature, NamesTheSigner) {
  const Signer signer = check(made());
  EXPECT_EQ(signer.name, "Remedia Test Signer");
  EXPECT_EQ(signer.issuer, "Remedia Test Root");
  EXPECT_EQ(signer.sha256,
            signing::hex(signing::flat_hash(signing::test_signer().der(), "sha256")));
  EXPECT_FALSE(signer.countersigned);
  EXPECT_FALSE(signer.anchored);
}

TEST(Signature, TakesTheDigestsAndKeysOfWindows) {
  const Identity elliptic =
      signing::issued_by(signing::test_ca(), {.name = "Curve", .elliptic = true});
  for (const std::string digest : {"sha1", "sha256", "sha384", "sha512"}) {
    EXPECT_EQ(check(made({.digest = digest})).name, "Remedia Test Signer") << digest;
    EXPECT_EQ(check(made({.signer = elliptic, .digest = digest})).name, "Curve") << digest;
  }
  expect_failure("MD5, which protects nothing", made({.digest = "md5"}));
  expect_failure("a digest that is not known", made({.digest = "sha224"}));
}

TEST(Signature, TakesHardwareVerificationForCodeSigning) {
  const Identity whql = signing::issued_by(signing::test_ca(), {.name = "W", .usage = Usage::whql});
  EXPECT_EQ(check(made(by(whql))).name, "W");
}

TEST(Signature, RefusesWhoMayNotSignCode) {
  for (const Usage usage : {Usage::servers, Usage::none, Usage::times}) {
    const Identity other = signing::issued_by(signing::test_ca(), {.name = "W", .usage = usage});
    expect_failure("intact, but made with a certificate of 'W' that may not sign code",
                   made(by(other)));
  }
}

TEST(Signature, NamesAnOrganisationWithoutCommonName) {
  const Identity other = signing::issued_by(
      signing::test_ca(), {.name = "M\xC3\xBCller \x1B[2J", .organisation_only = true, .key = "W"});
  EXPECT_EQ(check(made(by(other))).name, "M\xC3\xBCller ?[2J");
}

TEST(Signature, TellsChangedContentFromAChangedSignature) {
  expect_failure("what it signs was changed", changed(made(), "what is", "what_is"));
  std::string der = made();
  der.back() = static_cast<char>(der.back() ^ 1);  // the value itself
  expect_failure("its attributes or the signature itself were changed", der);
  const std::string digest = signing::flat_hash(body(), "sha256");
  const std::string other = signing::flat_hash("another", "sha256");
  expect_failure("what it signs was changed", changed(made(), digest, other));
  // Content and digest fit, the signature does not.
  const std::string better = signing::item(0x04, "WHAT is signed");
  expect_failure(
      "its attributes or the signature itself were changed",
      changed(changed(made(), digest, signing::flat_hash(better, "sha256")), body(), better));
}

TEST(Signature, RefusesTheCertificateOfAnotherKey) {
  // Same issuer, same serial, other key.
  const std::string der = made();
  const std::string certificate = signing::test_signer().der();
  std::string forged = certificate;
  forged[forged.size() / 2] = static_cast<char>(forged[forged.size() / 2] ^ 1);
  EXPECT_NE(failure_for(changed(der, certificate, forged)), "");
}

TEST(Signature, MissesTheCertificate) {
  expect_failure("does not hold the certificate of its signer, which 'Remedia Test Root' issued",
                 made({.leave_out_certificate = true}));
  expect_failure("does not hold the certificate of its signer",
                 made({.further = {signing::test_ca()}, .leave_out_certificate = true}));
}

TEST(Signature, RefusesOtherShapes) {
  expect_failure("has 0 signers", made({.signers = 0}));
  expect_failure("has 2 signers", made({.signers = 2}));
  expect_failure("no signed attributes", made({.attributes = false}));
  const std::vector<Identity> crowd(64, signing::test_ca());
  expect_failure("65 certificates", made({.further = crowd}));
  expect_failure("not of the type", signing::signed_data("1.3.6.1.4.1.311.2.1.4", content()));
  expect_failure("nothing that is signed", signing::signed_data(kType, body()));
  expect_failure("another kind of PKCS #7",
                 signing::item(0x30, signing::oid("1.2.840.113549.1.7.1") +
                                         signing::item(0xA0, signing::item(0x04, "x"))));
  expect_failure("another kind of PKCS #7",
                 signing::item(0x30, signing::oid("1.2.840.113549.1.7.2")));
}

TEST(Signature, NeedsAllOfItAndNothingMore) {
  const std::string der = made();
  EXPECT_EQ(check(der + std::string(7, '\0')).name, "Remedia Test Signer");  // programs have this
  expect_failure("something follows it", der + "x");
  expect_failure("something follows it", der + der);
  expect_failure("no PKCS #7", "");
  for (std::size_t size = 1; size < der.size(); size += 13) {
    expect_failure("no PKCS #7", der.substr(0, size));
  }
}

TEST(Signature, AnyChangedByteIsAFailureOrChangesNothingThatCounts) {
  const std::string der = made(stamped(Stamp::token));
  const Signer sound = check(der);
  for (std::size_t at = 0; at < der.size(); at += 7) {
    std::string bytes = der;
    bytes[at] = static_cast<char>(bytes[at] ^ 0x20);
    try {
      std::string signed_content;
      const Signer signer = check_signed_data(bytes, kType, "x.cat", {}, signed_content);
      EXPECT_EQ(signed_content, body()) << at;
      // The certificates themselves are only proved by a chain.
      if (signer.sha256 == sound.sha256) {
        EXPECT_EQ(signer.name, sound.name) << at;
      }
    } catch (const Failure&) {
    }
  }
}

TEST(Signature, SurvivesHostileDer) {
  std::string nested;
  for (int i = 0; i < 20000; ++i) nested = "\x30\x80" + nested;
  expect_failure("no PKCS #7", nested);
  expect_failure("no PKCS #7", std::string("\x30\x84\xFF\xFF\xFF\xFF", 6) + made());
  expect_failure("no PKCS #7", std::string("\x30\x89\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF", 11));
  expect_failure("beside what it signs", std::string((4u << 20) + 1, '\x30'));
  expect_failure("at most 67108864 are read", std::string((64u << 20) + 1, '\x30'));
}

// --- countersignatures ---

TEST(Signature, TellsWhenItWasCountersigned) {
  for (const Stamp stamp : {Stamp::token, Stamp::second_signer}) {
    for (const std::string digest : {"sha1", "sha256", "sha512"}) {
      EXPECT_EQ(check(made(stamped(stamp, digest))).countersigned, k2023) << digest;
    }
  }
  SignOptions fraction = stamped(Stamp::token);
  fraction.stamp_fraction = ".25";
  EXPECT_EQ(check(made(fraction)).countersigned, k2023);
}

TEST(Signature, RefusesCountersignaturesThatDoNotFit) {
  for (const Stamp stamp : {Stamp::token, Stamp::second_signer}) {
    SignOptions another = stamped(stamp);
    another.stamp_of_another = true;
    expect_failure("countersignature of 'x.cat' is", made(another));
    SignOptions code = stamped(stamp);
    code.tsa = signing::test_signer();
    expect_failure(
        "countersignature of 'x.cat' was made with a certificate of 'Remedia Test "
        "Signer' that may not sign times",
        made(code));
    expect_failure("MD5", made(stamped(stamp, "md5")));
    std::string der = made(stamped(stamp));
    der.back() = static_cast<char>(der.back() ^ 1);
    expect_failure("countersignature of 'x.cat' is wrong", der);
  }
  const std::string moved = changed(made(stamped(Stamp::token)), "20231114", "20131114");
  expect_failure("countersignature of 'x.cat' is wrong", moved);
  const std::string older = changed(made(stamped(Stamp::second_signer)), "231114", "131114");
  expect_failure("countersignature of 'x.cat' is wrong", older);
}

// --- anchors ---

TEST(Signature, ChainsToAnAnchor) {
  const Anchors anchors = anchors_of({signing::foreign_ca(), signing::test_ca()});
  for (const Stamp stamp : {Stamp::none, Stamp::token, Stamp::second_signer}) {
    const Signer signer = check(made(stamped(stamp)), {&anchors, k2023});
    EXPECT_TRUE(signer.anchored);
  }
}

TEST(Signature, NoAnchorsAskForNoChain) {
  const Anchors none;
  EXPECT_TRUE(none.empty());
  EXPECT_FALSE(check(made(), {&none, k2040}).anchored);
}

TEST(Signature, NamesWhoChainsToNoAnchor) {
  const Anchors anchors = anchors_of({signing::foreign_ca()});
  expect_failure(
      "is intact, but made by 'Remedia Test Signer', which chains to no anchor (issued "
      "by 'Remedia Test Root')",
      made(), {&anchors, k2023});
  // A root that comes along is no anchor.
  expect_failure("which chains to no anchor", made({.further = {signing::test_ca()}}),
                 {&anchors, k2023});
}

TEST(Signature, FollowsIntermediates) {
  const Identity middle =
      signing::issued_by(signing::test_ca(), {.name = "Middle", .authority = true});
  const Identity leaf = signing::issued_by(middle, {.name = "Leaf", .key = "W"});
  const std::string with = made({.signer = leaf, .further = {middle}});
  const Anchors root = anchors_of({signing::test_ca()});
  EXPECT_TRUE(check(with, {&root, k2023}).anchored);
  expect_failure("'Leaf', which chains to no anchor", made(by(leaf)), {&root, k2023});
  const Anchors partial = anchors_of({middle});
  EXPECT_TRUE(check(made(by(leaf)), {&partial, k2023}).anchored);
}

TEST(Signature, OnlyAuthoritiesIssue) {
  const Identity leaf = signing::issued_by(signing::test_signer(), {.name = "Leaf", .key = "W"});
  const Anchors anchors = anchors_of({signing::test_ca()});
  expect_failure("is intact, but the certificate of 'Leaf' chains to no anchor",
                 made({.signer = leaf, .further = {signing::test_signer()}}), {&anchors, k2023});
}

TEST(Signature, OldHashesOfCertificates) {
  const Anchors anchors = anchors_of({signing::test_ca()});
  const auto leaf = [](const std::string& digest) {
    return signing::issued_by(signing::test_ca(), {.name = "W", .digest = digest});
  };
  EXPECT_TRUE(check(made(by(leaf("sha1"))), {&anchors, k2023}).anchored);
  expect_failure("signed with MD5", made(by(leaf("md5"))), {&anchors, k2023});
}

TEST(Signature, CertificatesHoldAtTheTimeThatCounts) {
  const Anchors anchors = anchors_of({signing::test_ca()});
  const Identity brief = signing::issued_by(
      signing::test_ca(), {.name = "W", .from = "2023-01-01", .until = "2024-01-01"});
  EXPECT_TRUE(check(made(by(brief)), {&anchors, k2023}).anchored);
  expect_failure("the certificate of 'W' had expired at 2040-01-01: it was valid until 2024-01-01",
                 made(by(brief)), {&anchors, k2040});
  expect_failure("'W' was not yet valid at 2020-09-13: it is valid from 2023-01-01",
                 made(by(brief)), {&anchors, 1600000000});
  expect_failure("'Remedia Test Root' was not yet valid at 1970-01-01", made(), {&anchors, 0});
  for (const Stamp stamp : {Stamp::token, Stamp::second_signer}) {
    SignOptions options = stamped(stamp);
    options.signer = brief;
    EXPECT_TRUE(check(made(options), {&anchors, k2040}).anchored);
    options.stamp_time = 1735689600;
    expect_failure("the certificate of 'W' had expired at 2025-01-01", made(options),
                   {&anchors, k2023});
  }
}

TEST(Signature, CountersignaturesChainToo) {
  const Anchors anchors = anchors_of({signing::test_ca()});
  for (const Stamp stamp : {Stamp::token, Stamp::second_signer}) {
    SignOptions options = stamped(stamp);
    options.tsa =
        signing::issued_by(signing::foreign_ca(), {.name = "Clock", .usage = Usage::times});
    EXPECT_EQ(check(made(options)).countersigned, k2023);
    expect_failure(
        "countersignature of 'x.cat' is intact, but made by 'Clock', which chains to no "
        "anchor",
        made(options), {&anchors, k2023});
    options.tsa = signing::issued_by(
        signing::test_ca(),
        {.name = "Clock", .usage = Usage::times, .from = "2016-01-01", .until = "2017-01-01"});
    expect_failure(
        "countersignature of 'x.cat' is intact, but the certificate of 'Clock' had "
        "expired at 2023-11-14",
        made(options), {&anchors, k2023});
  }
}

TEST(Anchors, AreReadFromPemAndDer) {
  const std::string pem = signing::foreign_ca().pem() + "text between\n" + signing::test_ca().pem();
  for (const std::string& bytes : {pem, signing::test_ca().der()}) {
    Anchors anchors;
    anchors.add(bytes, "ca.pem");
    EXPECT_FALSE(anchors.empty());
    EXPECT_TRUE(check(made(), {&anchors, k2023}).anchored);
  }
}

TEST(Anchors, AreRefused) {
  const std::string pem = signing::test_ca().pem();
  const auto refusal = [](const std::string& bytes) {
    return failure_of([&] { Anchors().add(bytes, "ca.pem"); });
  };
  for (const std::string& bytes : {std::string(), std::string("text"), signing::test_ca().key_pem(),
                                   signing::test_ca().der() + "x", changed(pem, "MII", "!!!")}) {
    EXPECT_NE(refusal(bytes).find("'ca.pem' holds no certificate"), std::string::npos);
  }
  const std::string second = "certificate 2 in it cannot be read";
  EXPECT_NE(refusal(pem + changed(pem, "MII", "!!!")).find(second), std::string::npos);
  EXPECT_NE(refusal(pem + pem.substr(0, pem.size() / 2)).find(second), std::string::npos);
  // Nothing asks for a password.
  const std::string locked =
      "-----BEGIN CERTIFICATE-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: "
      "AES-128-CBC,00112233445566778899AABBCCDDEEFF\n\nAAAA\n"
      "-----END CERTIFICATE-----\n";
  EXPECT_NE(refusal(locked).find("holds no certificate"), std::string::npos);
}

}  // namespace
}  // namespace remedia::signature
