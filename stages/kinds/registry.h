#pragma once

#include "recipe/value.h"

#include <span>

#include <nlohmann/json.hpp>

namespace remedia::kinds {

/// The `registry` entries of a wim as parameters of its settings stage: `{hive, key, name, action,
/// type, data}`, data in hex. Throws a Failure with all that is wrong.
nlohmann::ordered_json registry_parameters(std::span<const recipe::NodeRef> entries);

}  // namespace remedia::kinds
