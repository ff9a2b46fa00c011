#include "kinds/signer_record.h"

#include "support/date.h"

namespace remedia::kinds {

nlohmann::ordered_json signer_record(const signature::Signer& signer) {
  nlohmann::ordered_json json = {
      {"name", signer.name}, {"issuer", signer.issuer}, {"sha256", signer.sha256}};
  if (signer.countersigned) json["countersigned"] = date_of_clock(*signer.countersigned);
  json["anchored"] = signer.anchored;
  return json;
}

}  // namespace remedia::kinds
