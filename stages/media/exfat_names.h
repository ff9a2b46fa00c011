// Names on exFAT volumes: UTF-16, equal when their upper-case forms are. The table of these forms
// stands on the volume itself. For exfat.cpp.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace remedia::exfat {

/// The up-case table of the specification (7.2.5.1, the recommended one) in its compressed form.
std::string up_case_table();

/// `name` with each unit replaced as the table says.
std::u16string up_case(std::u16string_view name);

/// A name of a path as the volume will hold it. Throws Failure, which cites `path`, for one that
/// exFAT cannot hold or that Windows cannot open (those that end in a dot or a space).
std::u16string file_name(std::string_view name, std::string_view path);

/// A volume label; throws Failure for one of more than 11 units or with forbidden characters.
std::u16string label_name(std::string_view label);

}  // namespace remedia::exfat
