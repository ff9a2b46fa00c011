// Anchors, and the way of certificates to one of them. Nothing of the system is trusted: the store
// holds what the user gave, and no look-up in folders or networks is set up.
#include "formats/signature_parts.h"
#include "support/date.h"
#include "support/diagnostic.h"

#include <openssl/objects.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

namespace remedia::signature {

namespace {

constexpr std::size_t kMaxAnchors = 16u << 20;  // bytes of a file
constexpr int kMaxDepth = 16;

using Certificate = Owned<X509, X509_free>;
using Store = Owned<X509_STORE, X509_STORE_free>;

void free_list(STACK_OF(X509) * list) { sk_X509_free(list); }
/// Certificates that others own.
using Borrowed = Owned<STACK_OF(X509), free_list>;

/// Without this, OpenSSL would ask on the terminal for the password of an encrypted certificate.
int no_password(char*, int, int, void*) { return -1; }

}  // namespace

struct Anchors::State {
  Store store{X509_STORE_new()};
  std::size_t count = 0;

  bool add(X509* certificate) {
    if (certificate == nullptr || X509_STORE_add_cert(store.get(), certificate) != 1) return false;
    ++count;
    return true;
  }
};

Anchors::Anchors() : state_(std::make_unique<State>()) {}
Anchors::~Anchors() = default;
Anchors::Anchors(Anchors&&) noexcept = default;
Anchors& Anchors::operator=(Anchors&&) noexcept = default;

bool Anchors::empty() const { return state_->count == 0; }

void Anchors::add(std::string_view bytes, std::string_view shown) {
  const CleanErrors clean;
  if (bytes.size() > kMaxAnchors) {
    fail("'{}' has {} bytes; files of certificates have at most {}", shown, bytes.size(),
         kMaxAnchors);
  }
  const unsigned char* at = reinterpret_cast<const unsigned char*>(bytes.data());
  const unsigned char* end = at + bytes.size();
  const Certificate single(d2i_X509(nullptr, &at, static_cast<long>(bytes.size())));
  if (single && at == end && state_->add(single.get())) return;
  const Owned<BIO, BIO_free> file(BIO_new_mem_buf(bytes.data(), static_cast<int>(bytes.size())));
  const std::size_t before = state_->count;
  ERR_clear_error();
  while (state_->add(
      Certificate(PEM_read_bio_X509(file.get(), nullptr, no_password, nullptr)).get())) {
  }
  const bool to_the_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  if (state_->count == before) {
    throw Failure(Diagnostic{
        .message = fmt::format("'{}' holds no certificate", shown),
        .hint = "certificates are in PEM ('-----BEGIN CERTIFICATE-----') or DER (.cer)"});
  }
  if (!to_the_end) {
    fail("'{}' is damaged: certificate {} in it cannot be read", shown, state_->count - before + 1);
  }
}

namespace {

[[noreturn]] void fail_chain(X509_STORE_CTX* context, const X509* certificate, std::int64_t moment,
                             const Subject& subject) {
  const int error = X509_STORE_CTX_get_error(context);
  const X509* guilty = X509_STORE_CTX_get_current_cert(context);
  if (guilty == nullptr) guilty = certificate;
  const std::string name = name_of(X509_get_subject_name(certificate));
  const std::string issuer = name_of(X509_get_issuer_name(certificate));
  const std::string whose = name_of(X509_get_subject_name(guilty));
  const auto date = [](const ASN1_TIME* time) {
    return date_of_clock(seconds_of(time).value_or(0));
  };
  switch (error) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
      subject.fail_because(fmt::format(
          "is intact, but the certificate of '{}' had expired at {}: it was valid until {}", whose,
          date_of_clock(moment), date(X509_get0_notAfter(guilty))));
    case X509_V_ERR_CERT_NOT_YET_VALID:
      subject.fail_because(fmt::format(
          "is intact, but the certificate of '{}' was not yet valid at {}: it is valid from {}",
          whose, date_of_clock(moment), date(X509_get0_notBefore(guilty))));
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
      subject.fail_because(
          fmt::format("is intact, but made by '{}', which chains to no anchor (issued by '{}')",
                      name, issuer),
          fmt::format("if you trust it, add the certificate of '{}' to the anchors",
                      whose == name ? issuer : whose));
    default:
      subject.fail_because(
          fmt::format("is intact, but the certificate of '{}' chains to no anchor: {} ('{}')", name,
                      X509_verify_cert_error_string(error), whose));
  }
}

Borrowed joined(STACK_OF(X509) * certificates, STACK_OF(X509) * further) {
  Borrowed list(sk_X509_new_null());
  for (STACK_OF(X509) * part : {certificates, further}) {
    for (int i = 0; i < sk_X509_num(part); ++i) sk_X509_push(list.get(), sk_X509_value(part, i));
  }
  return list;
}

bool is_weak(X509* certificate) {
  int digest = NID_undef;
  X509_get_signature_info(certificate, &digest, nullptr, nullptr, nullptr);
  return digest == NID_md5 || digest == NID_md4 || digest == NID_md2;
}

}  // namespace

void check_chain(X509* certificate, STACK_OF(X509) * certificates, STACK_OF(X509) * further,
                 const Anchors& anchors, std::int64_t moment, const Subject& subject) {
  const Borrowed untrusted = joined(certificates, further);
  const Owned<X509_STORE_CTX, X509_STORE_CTX_free> context(X509_STORE_CTX_new());
  if (X509_STORE_CTX_init(context.get(), anchors.state().store.get(), certificate,
                          untrusted.get()) != 1) {
    subject.fail_damaged("its certificates cannot be checked");
  }
  X509_VERIFY_PARAM* rules = X509_STORE_CTX_get0_param(context.get());
  X509_VERIFY_PARAM_set_time(rules, moment);
  X509_VERIFY_PARAM_set_purpose(rules, X509_PURPOSE_ANY);  // judged before, by may()
  X509_VERIFY_PARAM_set_auth_level(rules, 0);              // SHA-1 counts, for old drivers
  X509_VERIFY_PARAM_set_depth(rules, kMaxDepth);
  X509_VERIFY_PARAM_set_flags(rules, X509_V_FLAG_PARTIAL_CHAIN);
  if (X509_verify_cert(context.get()) != 1) {
    fail_chain(context.get(), certificate, moment, subject);
  }
  STACK_OF(X509)* chain = X509_STORE_CTX_get0_chain(context.get());
  for (int i = 0; i + 1 < sk_X509_num(chain); ++i) {  // the anchor's own counts for nothing
    X509* link = sk_X509_value(chain, i);
    if (is_weak(link)) {
      subject.fail_because(
          fmt::format("is intact, but the certificate of '{}' is signed with MD5 or older, which "
                      "proves nothing",
                      name_of(X509_get_subject_name(link))));
    }
  }
}

}  // namespace remedia::signature
