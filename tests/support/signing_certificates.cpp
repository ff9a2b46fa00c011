// Certificates of support/signing.h.
#include "support/signing.h"
#include "support/signing_parts.h"

#include <map>

#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

namespace remedia::signing {

namespace {

std::string text_of(BIO* file) {
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(file, &bytes);
  std::string text(bytes, static_cast<std::size_t>(size));
  BIO_free(file);
  return text;
}

}  // namespace

std::string Identity::der() const { return der_of(i2d_X509, certificate.get()); }

std::string Identity::pem() const {
  BIO* file = BIO_new(BIO_s_mem());
  PEM_write_bio_X509(file, certificate.get());
  return text_of(file);
}

std::string Identity::key_pem() const {
  BIO* file = BIO_new(BIO_s_mem());
  PEM_write_bio_PrivateKey(file, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  return text_of(file);
}

namespace {

std::shared_ptr<EVP_PKEY> key_named(const std::string& name, bool elliptic) {
  static std::map<std::pair<std::string, bool>, std::shared_ptr<EVP_PKEY>> known;
  std::shared_ptr<EVP_PKEY>& key = known[{name, elliptic}];
  if (!key) key.reset(elliptic ? EVP_EC_gen("P-256") : EVP_RSA_gen(2048), EVP_PKEY_free);
  return key;
}

void add_extension(X509* certificate, int nid, const char* value) {
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, nullptr, nid, value);
  require(extension != nullptr, "no extension");
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

const char* text_of(Usage usage) {
  switch (usage) {
    case Usage::code:
      return "codeSigning";
    case Usage::whql:
      return "1.3.6.1.4.1.311.10.3.5,1.3.6.1.4.1.311.10.3.6";
    case Usage::times:
      return "critical,timeStamping";
    case Usage::servers:
      return "serverAuth";
    case Usage::none:
      return nullptr;
  }
  return nullptr;
}

void set_time(ASN1_TIME* time, const std::string& date) {
  std::string text = date;
  std::erase(text, '-');
  require(ASN1_TIME_set_string_X509(time, (text + "000000Z").c_str()) == 1 ||
              ASN1_TIME_set_string_X509(time, (text.substr(2) + "000000Z").c_str()) == 1,
          "no date");
}

/// Without `authority`, it issues itself.
Identity issue(const Identity* authority, const Certificate& options) {
  static long serial = 0x1000;
  Identity made;
  made.key = key_named(options.key.empty() ? options.name : options.key, options.elliptic);
  made.certificate.reset(X509_new(), X509_free);
  X509* certificate = made.certificate.get();
  X509_set_version(certificate, X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), ++serial);
  set_time(X509_getm_notBefore(certificate), options.from);
  set_time(X509_getm_notAfter(certificate), options.until);
  X509_NAME* name = X509_get_subject_name(certificate);
  X509_NAME_add_entry_by_txt(name, options.organisation_only ? "O" : "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(options.name.data()),
                             static_cast<int>(options.name.size()), -1, 0);
  const Identity& issuer = authority != nullptr ? *authority : made;
  X509_set_issuer_name(certificate, X509_get_subject_name(issuer.certificate.get()));
  X509_set_pubkey(certificate, made.key.get());
  add_extension(certificate, NID_basic_constraints,
                options.authority ? "critical,CA:TRUE" : "critical,CA:FALSE");
  add_extension(certificate, NID_key_usage,
                options.authority ? "critical,keyCertSign,cRLSign" : "critical,digitalSignature");
  const char* usage = options.authority ? nullptr : text_of(options.usage);
  if (usage != nullptr) add_extension(certificate, NID_ext_key_usage, usage);
  require(X509_sign(certificate, issuer.key.get(), algorithm(options.digest)) > 0, "not signed");
  return made;
}

Certificate root(const std::string& name) {
  return {.name = name, .from = "2015-01-01", .until = "2045-01-01", .authority = true};
}

}  // namespace

const Identity& test_ca() {
  static const Identity identity = issue(nullptr, root("Remedia Test Root"));
  return identity;
}

const Identity& foreign_ca() {
  static const Identity identity = issue(nullptr, root("Foreign Root"));
  return identity;
}

const Identity& test_signer() {
  static const Identity identity = issued_by(test_ca(), {});
  return identity;
}

const Identity& test_tsa() {
  static const Identity identity =
      issued_by(test_ca(), {.name = "Remedia Test Clock", .usage = Usage::times});
  return identity;
}

Identity issued_by(const Identity& authority, const Certificate& options) {
  return issue(&authority, options);
}

}  // namespace remedia::signing
