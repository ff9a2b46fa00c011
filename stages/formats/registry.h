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
RegistryValue registry_qword(std::string_view name, std::uint64_t value);

/// As REG_SZ, with %VARIABLES% for Windows to fill in.
RegistryValue registry_expand_string(std::string_view name, std::string_view utf8);

/// A number as a recipe has it. `type`: dword or qword. Throws Failure if it is negative or does
/// not fit; the greatest here is 2^63 - 1.
RegistryValue registry_number(std::string_view name, RegistryType type, std::int64_t value);

/// Binary data as people write it: pairs of hexadecimal digits, with blanks and commas between
/// pairs. Throws Failure with the character that does not fit.
RegistryValue registry_hex(std::string_view name, std::string_view hex);

/// A value without its name in one line: `dword:512`, `string:X:\`, `multi_string:["a","b"]`,
/// `binary:0aff`; `type N:` and hex for other types, and for data that its type cannot hold.
std::string registry_text(const RegistryValue& value);

/// Where a hive ("SYSTEM") lies in an image: "Windows/System32/config/SYSTEM".
std::string hive_file(std::string_view hive);

/// Where a key of a started Windows lies in an image.
struct RegistryPlace {
  std::string hive;  ///< its name: "SYSTEM"
  std::string file;  ///< its path in the image, as hive_file() says
  std::string key;   ///< below the root of the hive, as written; "" for the root

  bool operator==(const RegistryPlace&) const = default;
};

/// Understands what regedit and reg.exe do: HKLM or HKEY_LOCAL_MACHINE with SYSTEM, SOFTWARE,
/// COMPONENTS or DRIVERS, HKU or HKEY_USERS with .DEFAULT, in any case, and regedit's "Computer\\"
/// in front. Throws Failure on the rest, with where to look instead: keys of users, views of other
/// hives, keys that exist only in memory, and SAM and SECURITY, which hold secrets.
/// Source of the names: the registry's documentation ("Registry Hives", "Predefined Keys").
RegistryPlace registry_place(std::string_view full);

/// Without a terminator. Invalid UTF-8 is a Failure; invalid UTF-16 becomes U+FFFD.
std::string to_utf16le(std::string_view utf8);
std::string from_utf16le(std::string_view utf16le);

}  // namespace remedia
