// Fields that several words have, read the same way.
#pragma once

#include "recipe/value.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace remedia::kinds {

/// The text of `field`, or the name in capitals with _ for -, at most `longest` characters. Throws
/// Failure unless it is of A-Z, 0-9 and _, which every file system takes as they are.
std::string volume_label(const recipe::Node& node, std::string_view field, const std::string& name,
                         std::size_t longest);

/// The size in bytes that `field` states ("8GB", "700MiB"), whole MiB of it; 0 if the field is
/// absent. Throws Failure if it is no size.
std::uint64_t size_field(const recipe::Node& node, std::string_view field);

/// 512 or 4096; throws Failure for another number.
std::int64_t sector_size_field(const recipe::Node& node);

}  // namespace remedia::kinds
