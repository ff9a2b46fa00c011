// What the parts of formats/signature.h share: OpenSSL's objects and the checks of one signature.
// For these sources only.
#pragma once

#include "formats/signature.h"

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pkcs7.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>

namespace remedia::signature {

template <auto Free>
struct Freed {
  template <typename T>
  void operator()(T* object) const {
    Free(object);
  }
};
template <typename T, auto Free>
using Owned = std::unique_ptr<T, Freed<Free>>;

/// OpenSSL keeps a list of errors per thread: nothing of ours stays in it.
struct CleanErrors {
  CleanErrors() { ERR_clear_error(); }
  ~CleanErrors() { ERR_clear_error(); }
  CleanErrors(const CleanErrors&) = delete;
  CleanErrors& operator=(const CleanErrors&) = delete;
};

/// A PKCS #7 SignedData with one signer. What points into it lives as long as `whole`.
struct SignedData {
  Owned<PKCS7, PKCS7_free> whole;
  PKCS7_SIGNER_INFO* signer = nullptr;
  STACK_OF(X509) * certificates = nullptr;  // may be null
  std::string content;                      // without its outer header
};

/// One signature: messages begin "the signature of 'x.cat'", or "the countersignature of ...".
struct Subject {
  std::string_view what;
  std::string_view shown;

  [[noreturn]] void fail_because(std::string_view why, std::string hint = {}) const;
  [[noreturn]] void fail_damaged(std::string_view why) const;
};

/// `tag`: that the content must have, a SEQUENCE or an OCTET STRING.
SignedData parse(std::string_view der, std::string_view content_type, int tag, const Subject&);

/// The certificate of `signer`, in the first of these that holds it; never null.
X509* certificate_of(PKCS7_SIGNER_INFO* signer, STACK_OF(X509) * certificates,
                     STACK_OF(X509) * further, const Subject&);

/// Whether extended key usages are listed and one of them is `usage` (dotted).
bool may(X509* certificate, std::string_view usage);

/// The common name, else the organisation, fit for messages.
std::string name_of(const X509_NAME* name);

enum class ContentType { required, optional };

/// Throws Failure unless `signer` signed, with the key of `certificate`, just this content.
void check_intact(const PKCS7_SIGNER_INFO* signer, X509* certificate, std::string_view type,
                  ContentType need, std::string_view content, const Subject&);

/// A digest by its name in ASN.1; null if it is none that Windows takes, or protects nothing.
const EVP_MD* digest_of(const X509_ALGOR* algorithm, const Subject&);

bool same_digest(const EVP_MD* algorithm, std::string_view bytes, const ASN1_OCTET_STRING* digest);

/// Seconds since 1970; nothing if it is no time.
std::optional<std::int64_t> seconds_of(const ASN1_TIME* time);

/// Throws Failure unless the certificate chains to an anchor at `moment`.
void check_chain(X509* certificate, STACK_OF(X509) * certificates, STACK_OF(X509) * further,
                 const Anchors& anchors, std::int64_t moment, const Subject&);

/// When the signature was countersigned (the earliest of several); nothing if it was not. Throws
/// Failure if a countersignature is not intact, or does not chain to an anchor.
std::optional<std::int64_t> check_countersignatures(const SignedData& data, std::string_view shown,
                                                    const Policy& policy);

}  // namespace remedia::signature
