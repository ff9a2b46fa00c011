#include "formats/driver_database.h"

#include "formats/win_names.h"
#include "support/diagnostic.h"

#include <algorithm>
#include <set>
#include <utility>

namespace remedia {

namespace {

constexpr const char* kServices = R"(CurrentControlSet\Services\)";
constexpr const char* kCritical = R"(CurrentControlSet\Control\CriticalDeviceDatabase\)";
constexpr std::uint32_t kDelete = 4;      // FLG_ADDREG_DELVAL
constexpr std::uint32_t kKeyOnly = 0x10;  // FLG_ADDREG_KEYONLY

// As a registry holds GUIDs in binary values: the first three fields little-endian.
std::string guid_bytes(std::string_view text) {
  std::string hex;
  for (char c : text) {
    if (c != '{' && c != '}' && c != '-') hex += c;
  }
  if (hex.size() != 32) fail("'{}' is no class GUID", text);
  std::string bytes = registry_hex("", hex).data;
  std::reverse(bytes.begin(), bytes.begin() + 4);
  std::reverse(bytes.begin() + 4, bytes.begin() + 6);
  std::reverse(bytes.begin() + 6, bytes.begin() + 8);
  return bytes;
}

// A device's id as the name of one key: without the '\' that would make it two.
std::string in_critical_database(std::string id) {
  std::replace(id.begin(), id.end(), '\\', '#');
  return id;
}

// Version numbers of the kind that Windows' setup wrote it (0x0009ff00), the class, and no date.
std::string package_version(const BootDriver& driver) {
  std::string bytes("\x00\xff\x09\x00\x00\x00\x00\x00", 8);
  bytes += guid_bytes(driver.class_guid);
  bytes.append(24, '\0');
  return bytes;
}

bool sets_value(const inf::RegistryLine& line) { return (line.flags & (kDelete | kKeyOnly)) == 0; }

[[noreturn]] void refuse(const BootDriver& driver, const inf::RegistryLine& line,
                         std::string message) {
  throw Failure(Diagnostic{.message = std::move(message),
                           .where = {.name = driver.shown, .line = static_cast<int>(line.number)},
                           .hint = std::string(kNotAtBoot)});
}

// %11% and the like, which Windows replaces by a folder of the drive that it runs from.
bool has_directory(const RegistryValue& value) {
  if (value.type != RegistryType::string && value.type != RegistryType::expand_string &&
      value.type != RegistryType::multi_string)
    return false;
  std::string text = from_utf16le(value.data);
  for (std::size_t at = text.find('%'); at != text.npos; at = text.find('%', at + 1)) {
    std::size_t end = text.find_first_not_of("0123456789", at + 1);
    if (end != text.npos && end > at + 1 && text[end] == '%') return true;
  }
  return false;
}

void add_service_registry(const BootDriver& driver, const inf::Service& service,
                          std::vector<DriverKey>& keys) {
  for (const inf::RegistryLine& line : service.registry) {
    if (fold_case(line.root) != fold_case("HKR")) {
      refuse(
          driver, line,
          fmt::format("a service that starts at boot sets a value below {}, which cannot be done "
                      "before Windows has started",
                      line.root));
    }
    if (!sets_value(line)) continue;
    if (has_directory(line.value)) {
      refuse(
          driver, line,
          "a service that starts at boot sets a value with the number of a directory, which only "
          "Windows itself replaces");
    }
    std::string key = kServices + service.name;
    if (!line.key.empty()) key += "\\" + line.key;
    keys.push_back({key, line.value});
  }
}

// What the device's own key gets when Windows sets it up, such as message-signaled interrupts.
void add_device_registry(const BootDriver::Configuration& of, const std::string& settings,
                         std::vector<DriverKey>& keys) {
  for (const inf::RegistryLine& line : of.hardware) {
    if (fold_case(line.root) != fold_case("HKR") || !sets_value(line)) continue;
    keys.push_back(
        {settings + (line.key.empty() ? R"(\Device)" : R"(\Device\)" + line.key), line.value});
  }
}

// Windows adds one value after the other, and the last one stays.
std::vector<DriverKey> last_of_each(std::vector<DriverKey> keys) {
  std::set<std::pair<std::string, std::string>> seen;
  std::vector<DriverKey> left;
  for (auto key = keys.rbegin(); key != keys.rend(); ++key) {
    if (seen.emplace(fold_case(key->key), fold_case(key->value.name)).second)
      left.push_back(std::move(*key));
  }
  std::reverse(left.begin(), left.end());
  return left;
}

}  // namespace

std::vector<DriverKey> service_keys(const BootDriver& driver) {
  std::vector<DriverKey> keys;
  for (const auto& [service, binary] : driver.services) {
    const std::string key = kServices + service.name;
    const std::string path = R"(system32\drivers\)" + binary;
    keys.push_back({key, registry_dword("Type", service.type)});
    keys.push_back({key, registry_dword("Start", 0)});
    keys.push_back({key, registry_dword("ErrorControl", std::min(service.error_control, 1U))});
    keys.push_back({key, registry_expand_string("ImagePath", path)});
    if (!service.group.empty()) keys.push_back({key, registry_string("Group", service.group)});
    if (!service.display_name.empty())
      keys.push_back({key, registry_string("DisplayName", service.display_name)});
    if (!service.dependencies.empty())
      keys.push_back({key, registry_multi_string("DependOnService", service.dependencies)});
    add_service_registry(driver, service, keys);
  }
  return last_of_each(std::move(keys));
}

std::vector<DriverKey> database_keys(const BootDriver& driver) {
  const std::string inf = R"(DriverDatabase\DriverInfFiles\)" + driver.inf;
  const std::string package = R"(DriverDatabase\DriverPackages\)" + driver.package;
  std::vector<std::string> names;
  for (const BootDriver::Configuration& one : driver.configurations) names.push_back(one.name);
  std::vector<DriverKey> keys;
  keys.push_back({inf, registry_multi_string("", {driver.package})});
  keys.push_back({inf, registry_string("Active", driver.package)});
  keys.push_back({inf, registry_multi_string("Configurations", names)});
  keys.push_back({package, registry_string("", driver.inf)});
  keys.push_back({package, registry_binary("Version", package_version(driver))});
  if (!driver.provider.empty())
    keys.push_back({package, registry_string("Provider", driver.provider)});
  for (const BootDriver::Configuration& one : driver.configurations) {
    const std::string settings = package + R"(\Configurations\)" + one.name;
    keys.push_back({settings, registry_dword("ConfigFlags", 0)});
    keys.push_back({settings, registry_string("Service", one.service)});
    add_device_registry(one, settings, keys);
    for (const std::string& id : one.ids) {
      keys.push_back({R"(DriverDatabase\DeviceIds\)" + id,
                      registry_binary(driver.inf, std::string("\x01\xff\x00\x00", 4))});
      keys.push_back(
          {package + R"(\Descriptors\)" + id, registry_string("Configuration", one.name)});
    }
  }
  return last_of_each(std::move(keys));
}

std::vector<DriverKey> critical_device_keys(const BootDriver& driver) {
  std::vector<DriverKey> keys;
  for (const BootDriver::Configuration& one : driver.configurations) {
    for (const std::string& id : one.ids) {
      const std::string key = kCritical + in_critical_database(id);
      keys.push_back({key, registry_string("Service", one.service)});
      keys.push_back({key, registry_string("ClassGUID", driver.class_guid)});
    }
  }
  return keys;
}

}  // namespace remedia
