// Signatures of Windows: PKCS #7 with what Authenticode and catalogues put into it, through
// OpenSSL.
//
// Debian has no certificate of Microsoft, so a signature is first of all judged in itself: that it
// fits what it signs, and who made it. Whether that somebody is trusted can only be said with
// anchors that the user has.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace remedia::signature {

/// Certificates that the user trusts.
class Anchors {
 public:
  Anchors();
  ~Anchors();
  Anchors(Anchors&&) noexcept;
  Anchors& operator=(Anchors&&) noexcept;
  /// Adds those of a file: PEM (one or many), or DER (one). Throws Failure if it holds none.
  void add(std::string_view bytes, std::string_view shown);
  bool empty() const;
  struct State;
  const State& state() const { return *state_; }

 private:
  std::unique_ptr<State> state_;
};

struct Policy {
  const Anchors* anchors = nullptr;  ///< null or empty: no chain is asked for
  std::int64_t moment =
      0;  ///< seconds since 1970: when a signature without countersignature counts
};

/// Who signed, of a signature that is intact.
struct Signer {
  std::string name;    ///< common name of the certificate, else its organisation
  std::string issuer;  ///< the same of whoever issued it
  std::string sha256;  ///< of the certificate, hex: what tells two of one name apart
  std::optional<std::int64_t> countersigned;  ///< seconds since 1970, by an intact countersignature
  bool anchored = false;  ///< chains to an anchor, at that time; always true if anchors are given
};

/// Checks a PKCS #7 SignedData whose content has the type `content_type` (dotted OID): that exactly
/// one signer signed just this content, that his certificate is inside, may sign code (extended key
/// usage code signing or Windows hardware driver verification), and any countersignature (RFC 3161
/// or PKCS #9) is intact; with anchors, that both chain to one at the countersignature's time
/// (without one: at policy.moment). Returns the signer; `content` becomes the content without its
/// outer header. Throws Failure that says which of these does not hold: damaged, signature wrong,
/// foreign signer.
Signer check_signed_data(std::string_view der, std::string_view content_type,
                         std::string_view shown, const Policy& policy, std::string& content);

}  // namespace remedia::signature
