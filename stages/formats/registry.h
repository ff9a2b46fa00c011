// A registry key as data: what formats describe and media/hive writes and reads.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace remedia {

/// Registry value types, with the numbers that hives store (winnt.h).
enum class RegistryType : std::uint32_t {
  none = 0,
  string = 1,         // REG_SZ
  expand_string = 2,  // REG_EXPAND_SZ
  binary = 3,
  dword = 4,
  multi_string = 7,  // REG_MULTI_SZ
  qword = 11,
};

/// `data` is the raw value as a hive stores it: strings are UTF-16LE with their terminator.
struct RegistryValue {
  std::string name;  ///< UTF-8; empty: the key's default value
  RegistryType type = RegistryType::none;
  std::string data;

  bool operator==(const RegistryValue&) const = default;
};

struct RegistryKey {
  std::string name;  ///< UTF-8
  std::vector<RegistryValue> values;
  std::vector<RegistryKey> children;

  bool operator==(const RegistryKey&) const = default;
};

RegistryValue registry_string(std::string_view name, std::string_view utf8);
RegistryValue registry_multi_string(std::string_view name, const std::vector<std::string>& utf8);
RegistryValue registry_dword(std::string_view name, std::uint32_t value);
RegistryValue registry_binary(std::string_view name, std::string data);

/// Without a terminator. Invalid UTF-8 is a Failure; invalid UTF-16 becomes U+FFFD.
std::string to_utf16le(std::string_view utf8);
std::string from_utf16le(std::string_view utf16le);

}  // namespace remedia
