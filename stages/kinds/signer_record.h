#pragma once

#include "formats/signature.h"

#include <nlohmann/json.hpp>

namespace remedia::kinds {

/// A signer as records, manifests and lock files have it.
nlohmann::ordered_json signer_record(const signature::Signer& signer);

}  // namespace remedia::kinds
