// How old the definitions of an image may be.
#pragma once

#include "recipe/value.h"

#include <cstdint>
#include <optional>

namespace remedia::kinds {

/// Days that `max_age` of a `defender` value allows; nothing if it is "off". Throws Failure for a
/// text that is neither "off" nor a number of days such as "14d".
std::optional<std::int64_t> max_age_of(const recipe::Node& node);

}  // namespace remedia::kinds
