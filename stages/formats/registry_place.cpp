// Which hive of an image holds a key that people name as a started Windows shows it.
#include "formats/registry.h"
#include "support/diagnostic.h"

namespace remedia {

namespace {

struct Hive {
  std::string_view name;
  std::string_view refusal;  // why not, if so
  std::string_view hint;
};

constexpr Hive kMachine[] = {
    {"SYSTEM", "", ""},
    {"SOFTWARE", "", ""},
    {"COMPONENTS", "", ""},
    {"DRIVERS", "", ""},
    {"SAM", "holds secrets (accounts and their passwords)", "it is left as it is"},
    {"SECURITY", "holds secrets (policies and cached passwords)", "it is left as it is"},
    {"HARDWARE", "is made anew at every start, in memory", "no image holds it"},
    {"BCD00000000", "is the store of the boot manager, which lies outside of the image",
     "each medium gets a store of its own"},
};

constexpr Hive kUsers[] = {
    {".DEFAULT", "", ""},
    {"S-1-5-18", "is another name of HKU\\.DEFAULT", "use HKU\\.DEFAULT"},
};

constexpr Hive kRoots[] = {
    {"HKLM", "", ""},
    {"HKEY_LOCAL_MACHINE", "", ""},
    {"HKU", "", ""},
    {"HKEY_USERS", "", ""},
    {"HKCU", "is of the user who is logged on", "Windows PE runs as HKU\\.DEFAULT"},
    {"HKEY_CURRENT_USER", "is of the user who is logged on", "Windows PE runs as HKU\\.DEFAULT"},
    {"HKCR", "is a view of other keys", "use HKLM\\SOFTWARE\\Classes"},
    {"HKEY_CLASSES_ROOT", "is a view of other keys", "use HKLM\\SOFTWARE\\Classes"},
    {"HKCC", "is a view of other keys",
     "use HKLM\\SYSTEM\\CurrentControlSet\\Hardware Profiles\\Current"},
    {"HKEY_CURRENT_CONFIG", "is a view of other keys",
     "use HKLM\\SYSTEM\\CurrentControlSet\\Hardware Profiles\\Current"},
};

std::string upper(std::string_view text) {
  std::string result(text);
  for (char& c : result) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return result;
}

// The name before the first '\', which `rest` loses.
std::string_view take_name(std::string_view& rest) {
  std::size_t end = rest.find('\\');
  std::string_view name = rest.substr(0, end);
  rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
  return name;
}

[[noreturn]] void refuse(std::string message, std::string hint) {
  throw Failure(Diagnostic{.message = std::move(message), .hint = std::move(hint)});
}

template <std::size_t size>
const Hive& find(const Hive (&table)[size], std::string_view name, std::string_view full,
                 std::string_view otherwise) {
  std::vector<std::string> known;
  for (const Hive& hive : table) {
    if (upper(name) == hive.name) {
      if (hive.refusal.empty()) return hive;
      refuse(
          fmt::format("registry key '{}' cannot be edited: {} {}", full, hive.name, hive.refusal),
          std::string(hive.hint));
    }
    if (hive.refusal.empty()) known.emplace_back(hive.name);
  }
  std::string hint = name.empty() ? "" : did_you_mean(name, known);
  refuse(
      fmt::format("registry key '{}' lies in no hive of an image: '{}' is not known", full, name),
      hint.empty() ? std::string(otherwise) : hint);
}

void check_names(std::string_view key, std::string_view full) {
  for (std::string_view rest = key; !rest.empty();) {
    bool last = rest.find('\\') == std::string_view::npos;
    if (take_name(rest).empty() || (!last && rest.empty())) {
      fail("registry key '{}' has an empty name in its path", full);
    }
  }
}

}  // namespace

std::string hive_file(std::string_view hive) {
  return "Windows/System32/config/" + std::string(hive);
}

RegistryPlace registry_place(std::string_view full) {
  constexpr std::string_view kOtherwise =
      "keys start with HKLM\\SYSTEM, HKLM\\SOFTWARE, HKLM\\COMPONENTS, HKLM\\DRIVERS or "
      "HKU\\.DEFAULT";
  std::string_view rest = full;
  std::string_view root = take_name(rest);
  if (upper(root) == "COMPUTER") root = take_name(rest);
  if (root.size() > 1 && root.back() == ':') root.remove_suffix(1);  // PowerShell's HKLM:
  const Hive& top = find(kRoots, root, full, kOtherwise);
  bool machine = top.name == "HKLM" || top.name == "HKEY_LOCAL_MACHINE";
  std::string_view name = take_name(rest);
  const Hive& hive =
      machine ? find(kMachine, name, full, kOtherwise) : find(kUsers, name, full, kOtherwise);
  bool ends_in_separator = !full.empty() && full.back() == '\\';
  if (ends_in_separator) fail("registry key '{}' has an empty name in its path", full);
  check_names(rest, full);
  std::string file(hive.name == ".DEFAULT" ? "DEFAULT" : hive.name);
  return {file, hive_file(file), std::string(rest)};
}

}  // namespace remedia
