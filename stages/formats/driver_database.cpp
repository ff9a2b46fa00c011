#include "formats/driver_database.h"

#include "formats/win_names.h"
#include "support/diagnostic.h"

#include <algorithm>

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

// A device's id as the name of keys: its bus and the rest, one below the other.
std::string in_critical_database(std::string id) {
  std::replace(id.begin(), id.end(), '\\', '#');
  return id;
}

std::string configuration(const BootDriver& driver, const BootDriver::Service& bound) {
  return driver.inf.substr(0, driver.inf.rfind('.')) + "_" + bound.service.name;
}

// Version numbers of the kind that Windows' setup wrote it (0x0009ff00), the class, and no date.
std::string package_version(const BootDriver& driver) {
  std::string bytes("\x00\xff\x09\x00\x00\x00\x00\x00", 8);
  bytes += guid_bytes(driver.class_guid);
  bytes.append(24, '\0');
  return bytes;
}

void add_service_registry(const BootDriver& driver, const inf::Service& service,
                          std::vector<DriverKey>& keys) {
  for (const inf::RegistryLine& line : service.registry) {
    if (fold_case(line.root) != fold_case("HKR")) {
      throw Failure(Diagnostic{
          .message = fmt::format("line {} of {} sets a value below {}, which cannot be done before "
                                 "Windows has started",
                                 line.number, driver.inf, line.root),
          .hint = "leave boot_start out for this package: drvload then installs all of it"});
    }
    if ((line.flags & (kDelete | kKeyOnly)) != 0) continue;
    std::string key = kServices + service.name;
    if (!line.key.empty()) key += "\\" + line.key;
    keys.push_back({key, line.value});
  }
}

}  // namespace

std::vector<DriverKey> service_keys(const BootDriver& driver) {
  std::vector<DriverKey> keys;
  for (const BootDriver::Service& bound : driver.services) {
    const inf::Service& service = bound.service;
    const std::string key = kServices + service.name;
    const std::string path = R"(system32\drivers\)" + bound.binary;
    keys.push_back({key, registry_dword("Type", service.type)});
    keys.push_back({key, registry_dword("Start", 0)});
    keys.push_back({key, registry_dword("ErrorControl", service.error_control)});
    keys.push_back({key, registry_expand_string("ImagePath", path)});
    if (!service.group.empty()) keys.push_back({key, registry_string("Group", service.group)});
    if (!service.display_name.empty())
      keys.push_back({key, registry_string("DisplayName", service.display_name)});
    if (!service.dependencies.empty())
      keys.push_back({key, registry_multi_string("DependOnService", service.dependencies)});
    add_service_registry(driver, service, keys);
  }
  return keys;
}

std::vector<DriverKey> database_keys(const BootDriver& driver) {
  const std::string inf = R"(DriverDatabase\DriverInfFiles\)" + driver.inf;
  const std::string package = R"(DriverDatabase\DriverPackages\)" + driver.package;
  std::vector<std::string> names;
  for (const BootDriver::Service& bound : driver.services)
    names.push_back(configuration(driver, bound));
  std::vector<DriverKey> keys;
  keys.push_back({inf, registry_multi_string("", {driver.package})});
  keys.push_back({inf, registry_string("Active", driver.package)});
  keys.push_back({inf, registry_multi_string("Configurations", names)});
  keys.push_back({package, registry_string("", driver.inf)});
  keys.push_back({package, registry_binary("Version", package_version(driver))});
  if (!driver.provider.empty())
    keys.push_back({package, registry_string("Provider", driver.provider)});
  for (const BootDriver::Service& bound : driver.services) {
    const std::string name = configuration(driver, bound);
    const std::string settings = package + R"(\Configurations\)" + name;
    keys.push_back({settings, registry_dword("ConfigFlags", 0)});
    keys.push_back({settings, registry_string("Service", bound.service.name)});
    for (const std::string& id : bound.ids) {
      keys.push_back({R"(DriverDatabase\DeviceIds\)" + id,
                      registry_binary(driver.inf, std::string("\x01\xff\x00\x00", 4))});
      keys.push_back({package + R"(\Descriptors\)" + id, registry_string("Configuration", name)});
    }
  }
  return keys;
}

std::vector<DriverKey> critical_device_keys(const BootDriver& driver) {
  std::vector<DriverKey> keys;
  for (const BootDriver::Service& bound : driver.services) {
    for (const std::string& id : bound.ids) {
      const std::string key = kCritical + in_critical_database(id);
      keys.push_back({key, registry_string("Service", bound.service.name)});
      keys.push_back({key, registry_string("ClassGUID", driver.class_guid)});
    }
  }
  return keys;
}

}  // namespace remedia
