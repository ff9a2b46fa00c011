// Countersignatures say when a signature existed: a token of RFC 3161 in an attribute of
// Microsoft's, or a second signer of PKCS #9 (RFC 2985, 5.3.6), which older drivers have.
//
// They are not covered by the signature that they are about, so anyone can take one away; but what
// is there has to be intact.
#include "formats/signature_parts.h"
#include "support/diagnostic.h"

#include <openssl/objects.h>
#include <openssl/ts.h>
#include <openssl/x509v3.h>

namespace remedia::signature {

namespace {

constexpr int kMaxCountersignatures = 8;
constexpr std::string_view kTimeStamping = "1.3.6.1.5.5.7.3.8";
constexpr std::string_view kToken = "1.3.6.1.4.1.311.3.3.1";
constexpr std::string_view kSecondSigner = "1.2.840.113549.1.9.6";
constexpr std::string_view kTokenContent = "1.2.840.113549.1.9.16.1.4";  // TSTInfo
constexpr std::string_view kData = "1.2.840.113549.1.7.1";

void check_usage(X509* certificate, const Subject& subject) {
  if (!may(certificate, kTimeStamping)) {
    subject.fail_because(fmt::format("was made with a certificate of '{}' that may not sign times",
                                     name_of(X509_get_subject_name(certificate))));
  }
}

class Countersignatures {
 public:
  Countersignatures(const SignedData& data, std::string_view shown, const Policy& policy)
      : data_(data), policy_(policy), subject_{"countersignature", shown} {}

  /// `value`: of an attribute `type`. Others are not ours to judge: nothing.
  std::optional<std::int64_t> check_value(std::string_view type, const ASN1_TYPE* value) const {
    if (type != kToken && type != kSecondSigner) return std::nullopt;
    if (value == nullptr || value->type != V_ASN1_SEQUENCE) {
      subject_.fail_damaged("its attribute holds something else");
    }
    const std::string_view bytes = view(value->value.sequence);
    return type == kToken ? check_token(bytes) : check_second_signer(bytes);
  }

 private:
  static std::string_view view(const ASN1_STRING* string) {
    return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(string)),
            static_cast<std::size_t>(ASN1_STRING_length(string))};
  }

  std::int64_t check_token(std::string_view der) const {
    const SignedData token = parse(der, kTokenContent, V_ASN1_OCTET_STRING, subject_);
    X509* certificate =
        certificate_of(token.signer, token.certificates, data_.certificates, subject_);
    check_intact(token.signer, certificate, kTokenContent, ContentType::required, token.content,
                 subject_);
    const unsigned char* at = reinterpret_cast<const unsigned char*>(token.content.data());
    const unsigned char* end = at + token.content.size();
    const Owned<TS_TST_INFO, TS_TST_INFO_free> info(
        d2i_TS_TST_INFO(nullptr, &at, static_cast<long>(token.content.size())));
    if (!info || at != end) subject_.fail_damaged("its statement cannot be read");
    check_statement(info.get());
    return finish(certificate, token.certificates, TS_TST_INFO_get_time(info.get()));
  }

  void check_statement(TS_TST_INFO* info) const {
    TS_MSG_IMPRINT* imprint = TS_TST_INFO_get_msg_imprint(info);
    const EVP_MD* digest = digest_of(TS_MSG_IMPRINT_get_algo(imprint), subject_);
    if (!same_digest(digest, view(data_.signer->enc_digest), TS_MSG_IMPRINT_get_msg(imprint))) {
      subject_.fail_because("is that of another signature");
    }
  }

  std::int64_t check_second_signer(std::string_view der) const {
    const unsigned char* at = reinterpret_cast<const unsigned char*>(der.data());
    const unsigned char* end = at + der.size();
    const Owned<PKCS7_SIGNER_INFO, PKCS7_SIGNER_INFO_free> signer(
        d2i_PKCS7_SIGNER_INFO(nullptr, &at, static_cast<long>(der.size())));
    if (!signer || at != end) subject_.fail_damaged("it cannot be read");
    X509* certificate = certificate_of(signer.get(), data_.certificates, nullptr, subject_);
    check_intact(signer.get(), certificate, kData, ContentType::optional,
                 view(data_.signer->enc_digest), subject_);
    const ASN1_TYPE* time = PKCS7_get_signed_attribute(signer.get(), NID_pkcs9_signingTime);
    const bool known =
        time != nullptr && (time->type == V_ASN1_UTCTIME || time->type == V_ASN1_GENERALIZEDTIME);
    return finish(certificate, nullptr, known ? time->value.asn1_string : nullptr);
  }

  std::int64_t finish(X509* certificate, STACK_OF(X509) * certificates,
                      const ASN1_TIME* time) const {
    const std::optional<std::int64_t> moment = seconds_of(time);
    if (!moment) subject_.fail_damaged("it tells no time");
    check_usage(certificate, subject_);
    if (policy_.anchors != nullptr && !policy_.anchors->empty()) {
      check_chain(certificate, certificates, data_.certificates, *policy_.anchors, *moment,
                  subject_);
    }
    return *moment;
  }

  const SignedData& data_;
  const Policy& policy_;
  Subject subject_;
};

std::string type_of(X509_ATTRIBUTE* attribute) {
  char text[128] = {};
  const int size = OBJ_obj2txt(text, sizeof text, X509_ATTRIBUTE_get0_object(attribute), 1);
  return size > 0 && size < static_cast<int>(sizeof text) ? text : "";
}

}  // namespace

std::optional<std::int64_t> check_countersignatures(const SignedData& data, std::string_view shown,
                                                    const Policy& policy) {
  const Countersignatures judge(data, shown, policy);
  std::optional<std::int64_t> earliest;
  int count = 0;
  for (int i = 0; i < sk_X509_ATTRIBUTE_num(data.signer->unauth_attr); ++i) {
    X509_ATTRIBUTE* attribute = sk_X509_ATTRIBUTE_value(data.signer->unauth_attr, i);
    const std::string type = type_of(attribute);
    for (int j = 0; j < X509_ATTRIBUTE_count(attribute); ++j) {
      const auto moment = judge.check_value(type, X509_ATTRIBUTE_get0_type(attribute, j));
      if (!moment) continue;
      if (++count > kMaxCountersignatures) {
        Subject{"signature", shown}.fail_damaged(
            fmt::format("it has more than {} countersignatures", kMaxCountersignatures));
      }
      if (!earliest || *moment < *earliest) earliest = moment;
    }
  }
  return earliest;
}

}  // namespace remedia::signature
