// Judges a PKCS #7 SignedData in itself: RFC 2315, with the attributes that Authenticode demands.
//
// OpenSSL takes the structure apart and does the arithmetic; what has to fit together is compared
// here, so that each thing that does not fit has its own message, and no rule of OpenSSL's for mail
// or servers decides. The digest is that of the content without its outer header (RFC 2315, 9.3);
// the signature is that of the attributes, one of which is the digest.
#include "formats/signature.h"

#include "formats/der.h"
#include "formats/signature_parts.h"
#include "support/diagnostic.h"
#include "support/utf8.h"

#include <algorithm>
#include <cstring>
#include <ctime>

#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/x509v3.h>

namespace remedia::signature {

namespace {

constexpr std::size_t kMaxSize = 64u << 20;
/// Certificates, signatures and countersignatures: OpenSSL makes many times as much of them.
constexpr std::size_t kMaxBesideContent = 4u << 20;
constexpr int kMaxCertificates = 64;
constexpr std::size_t kMaxName = 200;

constexpr std::string_view kCodeSigning = "1.3.6.1.5.5.7.3.3";
constexpr std::string_view kDriverVerification = "1.3.6.1.4.1.311.10.3.5";  // WHQL

const unsigned char* data_of(std::string_view bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

std::string dotted(const ASN1_OBJECT* object) {
  char text[128] = {};
  const int size = OBJ_obj2txt(text, sizeof text, object, 1);
  return size > 0 && size < static_cast<int>(sizeof text) ? text : "";
}

/// How many of these bytes are the content; 0 if that cannot be said.
std::size_t content_size(std::string_view der) {
  // SignedData in ContentInfo: type, [0] { { version, digests, { type, [0] { content } } } }
  std::size_t size = 0;
  for (const int before : {0, 1, 0, 2, 1, 0}) {
    for (int i = 0; i < before; ++i) {
      if (!der::peel(der)) return 0;
    }
    const std::optional<der::Item> item = der::peel(der);
    if (!item) return 0;
    der = item->body;
    size = der.size();
  }
  return size;
}

void check_size(std::string_view der, const Subject& subject) {
  if (der.size() > kMaxSize) {
    subject.fail_because(fmt::format("has {} bytes; at most {} are read", der.size(), kMaxSize));
  }
  const std::size_t beside = der.size() - content_size(der);
  if (beside > kMaxBesideContent) {
    subject.fail_damaged(fmt::format("it has {} bytes beside what it signs; {} would be many",
                                     beside, kMaxBesideContent));
  }
}

/// Types of content for which OpenSSL has structures of its own; all others are kept as they are.
bool has_own_structure(const ASN1_OBJECT* type) {
  const int nid = OBJ_obj2nid(type);
  return nid == NID_pkcs7_data || nid == NID_pkcs7_signed || nid == NID_pkcs7_enveloped ||
         nid == NID_pkcs7_signedAndEnveloped || nid == NID_pkcs7_digest ||
         nid == NID_pkcs7_encrypted;
}

std::string content_of(const PKCS7* contents, std::string_view type, int tag,
                       const Subject& subject) {
  if (contents == nullptr || dotted(contents->type) != type || has_own_structure(contents->type)) {
    subject.fail_damaged(fmt::format("what it signs is not of the type {}", type));
  }
  const ASN1_TYPE* content = contents->d.other;
  if (content == nullptr || content->type != tag || content->value.asn1_string == nullptr) {
    subject.fail_damaged("it holds nothing that is signed");
  }
  const ASN1_STRING* string = content->value.asn1_string;
  std::string_view bytes(reinterpret_cast<const char*>(ASN1_STRING_get0_data(string)),
                         static_cast<std::size_t>(ASN1_STRING_length(string)));
  if (tag == V_ASN1_OCTET_STRING) return std::string(bytes);
  const std::optional<der::Item> item = der::peel(bytes);  // with its header
  if (!item || !bytes.empty()) subject.fail_damaged("what it signs has no definite length");
  return std::string(item->body);
}

bool is_none(std::string_view bytes) { return bytes.find_first_not_of('\0') == bytes.npos; }

}  // namespace

void Subject::fail_because(std::string_view why, std::string hint) const {
  throw Failure(Diagnostic{.message = fmt::format("the {} of '{}' {}", what, shown, why),
                           .hint = std::move(hint)});
}

void Subject::fail_damaged(std::string_view why) const {
  fail_because(fmt::format("is damaged: {}", why));
}

SignedData parse(std::string_view der, std::string_view content_type, int tag,
                 const Subject& subject) {
  check_size(der, subject);
  SignedData data;
  const unsigned char* at = data_of(der);
  data.whole.reset(d2i_PKCS7(nullptr, &at, static_cast<long>(der.size())));
  if (!data.whole) subject.fail_damaged("it is no PKCS #7 in DER");
  // Programs pad their signatures with zeros.
  if (!is_none(der.substr(static_cast<std::size_t>(at - data_of(der))))) {
    subject.fail_damaged("something follows it");
  }
  const PKCS7_SIGNED* inside = PKCS7_type_is_signed(data.whole) ? data.whole->d.sign : nullptr;
  if (inside == nullptr) subject.fail_damaged("it is another kind of PKCS #7, not SignedData");
  data.content = content_of(inside->contents, content_type, tag, subject);
  const int signers = std::max(sk_PKCS7_SIGNER_INFO_num(inside->signer_info), 0);
  if (signers != 1) {
    subject.fail_damaged(fmt::format("it has {} signers; Windows makes it by one", signers));
  }
  data.signer = sk_PKCS7_SIGNER_INFO_value(inside->signer_info, 0);
  data.certificates = inside->cert;
  if (sk_X509_num(data.certificates) > kMaxCertificates) {
    subject.fail_damaged(fmt::format("it holds {} certificates; {} would be many",
                                     sk_X509_num(data.certificates), kMaxCertificates));
  }
  return data;
}

X509* certificate_of(PKCS7_SIGNER_INFO* signer, STACK_OF(X509) * certificates,
                     STACK_OF(X509) * further, const Subject& subject) {
  const PKCS7_ISSUER_AND_SERIAL* id = signer->issuer_and_serial;
  for (STACK_OF(X509) * list : {certificates, further}) {
    X509* found =
        list != nullptr ? X509_find_by_issuer_and_serial(list, id->issuer, id->serial) : nullptr;
    if (found != nullptr) return found;
  }
  subject.fail_because(
      fmt::format("does not hold the certificate of its signer, which '{}' issued, so it cannot be "
                  "checked",
                  name_of(id->issuer)));
}

bool may(X509* certificate, std::string_view usage) {
  const Owned<EXTENDED_KEY_USAGE, EXTENDED_KEY_USAGE_free> usages(static_cast<EXTENDED_KEY_USAGE*>(
      X509_get_ext_d2i(certificate, NID_ext_key_usage, nullptr, nullptr)));
  for (int i = 0; i < sk_ASN1_OBJECT_num(usages.get()); ++i) {
    if (dotted(sk_ASN1_OBJECT_value(usages.get(), i)) == usage) return true;
  }
  return false;
}

std::string name_of(const X509_NAME* name) {
  int at = X509_NAME_get_index_by_NID(name, NID_commonName, -1);
  if (at < 0) at = X509_NAME_get_index_by_NID(name, NID_organizationName, -1);
  if (at < 0) return "(no name)";
  unsigned char* bytes = nullptr;
  const int size =
      ASN1_STRING_to_UTF8(&bytes, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at)));
  if (size < 0) return "(no name)";
  std::string text(reinterpret_cast<char*>(bytes), static_cast<std::size_t>(size));
  OPENSSL_free(bytes);
  if (text.size() > kMaxName || !is_utf8(text)) return "(no name)";
  // Of C0 and DEL, which could rewrite what a terminal shows.
  std::replace_if(
      text.begin(), text.end(), [](char c) { return (c >= 0 && c < ' ') || c == 0x7f; }, '?');
  return text;
}

const EVP_MD* digest_of(const X509_ALGOR* algorithm, const Subject& subject) {
  const ASN1_OBJECT* object = nullptr;
  X509_ALGOR_get0(&object, nullptr, nullptr, algorithm);
  switch (OBJ_obj2nid(object)) {
    case NID_sha1:
      return EVP_sha1();  // of drivers for Windows 7 and before
    case NID_sha256:
      return EVP_sha256();
    case NID_sha384:
      return EVP_sha384();
    case NID_sha512:
      return EVP_sha512();
    case NID_md5:
      subject.fail_because("was made with MD5, which protects nothing");
    default:
      subject.fail_because(
          fmt::format("was made with a digest that is not known, {}", dotted(object)));
  }
}

bool same_digest(const EVP_MD* algorithm, std::string_view bytes, const ASN1_OCTET_STRING* digest) {
  unsigned char computed[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  return EVP_Digest(bytes.data(), bytes.size(), computed, &size, algorithm, nullptr) == 1 &&
         ASN1_STRING_length(digest) == static_cast<int>(size) &&
         std::memcmp(ASN1_STRING_get0_data(digest), computed, size) == 0;
}

std::optional<std::int64_t> seconds_of(const ASN1_TIME* time) {
  std::tm parts = {};
  if (time == nullptr || ASN1_TIME_to_tm(time, &parts) != 1) return std::nullopt;
  return timegm(&parts);
}

namespace {

void check_attributes(const PKCS7_SIGNER_INFO* signer, const EVP_MD* digest, std::string_view type,
                      ContentType need, std::string_view content, const Subject& subject) {
  // Without attributes the signature would be of the content, and one of these could be the other.
  if (sk_X509_ATTRIBUTE_num(signer->auth_attr) <= 0) {
    subject.fail_damaged("it has no signed attributes");
  }
  const ASN1_TYPE* signed_type = PKCS7_get_signed_attribute(signer, NID_pkcs9_contentType);
  if (signed_type == nullptr
          ? need == ContentType::required
          : signed_type->type != V_ASN1_OBJECT || dotted(signed_type->value.object) != type) {
    subject.fail_damaged(fmt::format("its attributes are not those of the type {}", type));
  }
  const ASN1_TYPE* expected = PKCS7_get_signed_attribute(signer, NID_pkcs9_messageDigest);
  if (expected == nullptr || expected->type != V_ASN1_OCTET_STRING) {
    subject.fail_damaged("its attributes hold no digest");
  }
  if (!same_digest(digest, content, expected->value.octet_string)) {
    subject.fail_because("is wrong: what it signs was changed after it was signed");
  }
}

/// The attributes as they were signed: a SET, in the order that they have.
std::string signed_bytes(const PKCS7_SIGNER_INFO* signer) {
  unsigned char* bytes = nullptr;
  const int size = ASN1_item_i2d(reinterpret_cast<const ASN1_VALUE*>(signer->auth_attr), &bytes,
                                 ASN1_ITEM_rptr(PKCS7_ATTR_VERIFY));
  const std::string text =
      size > 0 ? std::string(reinterpret_cast<char*>(bytes), static_cast<std::size_t>(size)) : "";
  OPENSSL_free(bytes);
  return text;
}

}  // namespace

void check_intact(const PKCS7_SIGNER_INFO* signer, X509* certificate, std::string_view type,
                  ContentType need, std::string_view content, const Subject& subject) {
  const EVP_MD* digest = digest_of(signer->digest_alg, subject);
  check_attributes(signer, digest, type, need, content, subject);
  EVP_PKEY* key = X509_get0_pubkey(certificate);
  const int kind = key != nullptr ? EVP_PKEY_get_base_id(key) : EVP_PKEY_NONE;
  if (kind != EVP_PKEY_RSA && kind != EVP_PKEY_EC) {
    subject.fail_because("was made with a kind of key that is not known, or is damaged");
  }
  const std::string bytes = signed_bytes(signer);
  const ASN1_OCTET_STRING* value = signer->enc_digest;
  const Owned<EVP_MD_CTX, EVP_MD_CTX_free> context(EVP_MD_CTX_new());
  if (EVP_DigestVerifyInit(context.get(), nullptr, digest, nullptr, key) != 1 ||
      EVP_DigestVerify(context.get(), ASN1_STRING_get0_data(value),
                       static_cast<std::size_t>(ASN1_STRING_length(value)), data_of(bytes),
                       bytes.size()) != 1) {
    subject.fail_because(
        "is wrong: its attributes or the signature itself were changed, or another key made it");
  }
}

namespace {

Signer describe(const X509* certificate) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  X509_digest(certificate, EVP_sha256(), digest, &size);
  Signer signer;
  signer.name = name_of(X509_get_subject_name(certificate));
  signer.issuer = name_of(X509_get_issuer_name(certificate));
  for (unsigned i = 0; i < size; ++i) signer.sha256 += fmt::format("{:02x}", digest[i]);
  return signer;
}

}  // namespace

Signer check_signed_data(std::string_view der, std::string_view content_type,
                         std::string_view shown, const Policy& policy, std::string& content) {
  const CleanErrors clean;
  const Subject subject = {"signature", shown};
  SignedData data = parse(der, content_type, V_ASN1_SEQUENCE, subject);
  X509* certificate = certificate_of(data.signer, data.certificates, nullptr, subject);
  check_intact(data.signer, certificate, content_type, ContentType::required, data.content,
               subject);
  Signer signer = describe(certificate);
  if (!may(certificate, kCodeSigning) && !may(certificate, kDriverVerification)) {
    subject.fail_because(fmt::format(
        "is intact, but made with a certificate of '{}' that may not sign code", signer.name));
  }
  signer.countersigned = check_countersignatures(data, shown, policy);
  if (policy.anchors != nullptr && !policy.anchors->empty()) {
    check_chain(certificate, data.certificates, nullptr, *policy.anchors,
                signer.countersigned.value_or(policy.moment), subject);
    signer.anchored = true;
  }
  content = std::move(data.content);
  return signer;
}

}  // namespace remedia::signature
