#include "kinds/driver_staging.h"

#include "formats/device_ids.h"
#include "formats/win_names.h"
#include "support/diagnostic.h"
#include "support/digest.h"

#include <algorithm>
#include <set>

namespace remedia::kinds {

namespace {

constexpr int kFirstPublished = 1000;  // beyond what a base has published

launcher::DriverPhase phase_of(const inf::Driver& driver) {
  if (drivers::is_extension(driver)) return launcher::DriverPhase::extension;
  static const std::map<std::string, launcher::DriverPhase> phases = [] {
    std::map<std::string, launcher::DriverPhase> by_name;
    for (const char* name :
         {"System", "USB", "SDHost", "1394", "PCMCIA", "Processor", "USBDevice", "UCM", "Computer"})
      by_name[fold_case(name)] = launcher::DriverPhase::bus;
    for (const char* name : {"SCSIAdapter", "HDC", "DiskDrive", "CDROM", "Volume", "MTD", "FDC",
                             "FloppyDisk", "StorageVolume"})
      by_name[fold_case(name)] = launcher::DriverPhase::storage;
    for (const char* name : {"Net", "NetTrans", "NetService", "NetClient"})
      by_name[fold_case(name)] = launcher::DriverPhase::network;
    return by_name;
  }();
  auto found = phases.find(fold_case(driver.class_name));
  return found != phases.end() ? found->second : launcher::DriverPhase::rest;
}

// Each with the best place that it has in a line of the INF.
std::vector<launcher::CompatibleId> compatible_ids(const inf::Driver& driver) {
  std::map<std::string, std::uint16_t> places;
  for (const inf::Device& device : driver.devices) {
    for (std::size_t i = 0; i < device.compatible_ids.size(); ++i) {
      auto place = static_cast<std::uint16_t>(std::min<std::size_t>(i, 0xfff));
      auto [known, fresh] = places.emplace(upper_ascii(device.compatible_ids[i]), place);
      if (!fresh) known->second = std::min(known->second, place);
    }
  }
  std::vector<launcher::CompatibleId> ids;
  for (const auto& [id, place] : places) ids.push_back({id, place});
  return ids;
}

nlohmann::ordered_json keys_json(const std::vector<DriverKey>& keys) {
  nlohmann::ordered_json json = nlohmann::ordered_json::array();
  for (const DriverKey& key : keys) {
    std::string hex;
    for (char byte : key.value.data) hex += fmt::format("{:02x}", static_cast<unsigned char>(byte));
    json.push_back({{"key", key.key},
                    {"name", key.value.name},
                    {"type", static_cast<std::uint32_t>(key.value.type)},
                    {"data", hex}});
  }
  return json;
}

[[noreturn]] void fail_compressed(const drivers::Package& package, const inf::SourceFile& source) {
  throw Failure(Diagnostic{
      .message = fmt::format("'{}' is compressed, and nothing unpacks it before Windows starts",
                             source.path),
      .where = {.name = package.shown()},
      .hint = "unpack it with expand or 7z; or " + std::string(kNotAtBoot)});
}

std::string fold_case_ascii(std::string text) {
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return text;
}

}  // namespace

DriverStaging::DriverStaging(std::string arch, std::vector<const drivers::Folder*> folders)
    : arch_(std::move(arch)), folders_(std::move(folders)), trees_(folders_.size()) {
  for (const char* list : {"names", "binaries", "services", "database", "critical_devices"})
    boot_[list] = nlohmann::ordered_json::array();
}

DriverWay DriverStaging::stage(const drivers::Choice& choice, const signature::Policy& policy) {
  const drivers::Package& package = choice.package;
  if (package.name().find_first_of(",%\"") != std::string::npos) {
    throw Failure(Diagnostic{.message = "drvload takes no INF with a ',', '%' or '\"' in its name",
                             .where = {.name = package.shown()},
                             .hint = "rename it, or name it in 'exclude'"});
  }
  for (const drivers::PackageFile& file : package.files)
    add(package, *file.entry, fmt::format("Drivers/{}/{}", package.id, file.path));
  drivers::BootPlan boot;
  if (choice.boot_start) boot = boot_plan(package, policy);
  if (!boot.services.empty()) register_for_boot(package, boot);
  const bool more = add_to_index(package, boot);
  if (boot.services.empty())
    return {false, choice.boot_start ? "its INF starts no driver of a device at boot" : ""};
  std::string why = fmt::format("its INF starts {} at boot", boot.services.front().service->name);
  if (more) why += "; drvload serves its further devices";
  return {true, why};
}

void DriverStaging::add(const drivers::Package& package, TreeEntry entry, std::string target) {
  check_image_path(target);
  auto [known, fresh] = placed_.emplace(fold_case(target), entry);
  if (!fresh) {
    if (known->second.sha256 == entry.sha256) return;
    fail("'{}' and '{}' both belong at '{}', and differ", known->second.origin, entry.origin,
         target);
  }
  entry.target = std::move(target);
  auto folder = std::find(folders_.begin(), folders_.end(), package.folder);
  trees_[static_cast<std::size_t>(folder - folders_.begin())].push_back(std::move(entry));
}

// Where CopyFiles puts what the kernel reads before there is a driver store.
void DriverStaging::place_files(const drivers::Package& package) {
  static const std::map<std::string, std::string> kFolders = {
      {"10", "Windows"}, {"11", "Windows/System32"}, {"12", "Windows/System32/drivers"}};
  for (const inf::SourceFile& source : package.driver.files) {
    auto file = std::find_if(package.files.begin(), package.files.end(), [&](const auto& f) {
      return fold_case(f.path) == fold_case(source.path);
    });
    for (const std::string& target : source.targets) {
      std::size_t slash = target.find('/');
      auto folder = kFolders.find(target.substr(0, slash));
      if (slash == std::string::npos || folder == kFolders.end()) continue;
      if (file != package.files.end())
        add(package, *file->entry, folder->second + target.substr(slash));
      else if (!source.optional)
        fail_compressed(package, source);
    }
  }
}

// What is not registered. Whether there is anything.
bool DriverStaging::add_to_index(const drivers::Package& package, const drivers::BootPlan& boot) {
  std::set<std::string> registered;
  for (const auto& configuration : boot.configurations)
    registered.insert(configuration.ids.begin(), configuration.ids.end());
  launcher::DriverPackage entry;
  entry.inf = fmt::format("X:\\Drivers\\{}\\{}", package.id, package.name());
  entry.phase = phase_of(package.driver);
  entry.date = package.driver.date;
  entry.version = package.driver.version;
  entry.hardware_ids = package.ids.hardware;
  entry.compatible_ids = compatible_ids(package.driver);
  std::erase_if(entry.hardware_ids, [&](const auto& id) { return registered.contains(id); });
  std::erase_if(entry.compatible_ids, [&](const auto& c) { return registered.contains(c.id); });
  if (entry.hardware_ids.empty() && entry.compatible_ids.empty()) return false;
  index_.push_back(std::move(entry));
  return true;
}

void DriverStaging::register_for_boot(const drivers::Package& package,
                                      const drivers::BootPlan& boot) {
  for (const auto& [service, file] : boot.services) check_service(package, *service);
  place_files(package);
  // As Windows publishes packages: its own INFs may have the vendor's name too.
  BootDriver driver{.shown = package.shown(),
                    .inf = fmt::format("oem{}.inf", kFirstPublished + published_++),
                    .class_guid = package.driver.class_guid,
                    .provider = package.driver.provider};
  std::string digest = sha256(package.id + package.inf->sha256).substr(0, 16);
  driver.package = fmt::format("{}_{}_{}", fold_case_ascii(package.name()), arch_, digest);
  for (const auto& [service, file] : boot.services) {
    std::string binary = file->path.substr(file->path.find_last_of('/') + 1);
    add(package, *file->entry, "Windows/System32/drivers/" + binary);
    boot_["names"].push_back(service->name);
    boot_["binaries"].push_back(binary);
    driver.services.push_back({*service, std::move(binary)});
  }
  for (const auto& [install, service, ids] : boot.configurations) {
    if (!ids.empty())
      driver.configurations.push_back(
          {install->actual, service->name, ids, install->hardware_registry});
  }
  auto append = [&](const char* list, const std::vector<DriverKey>& keys) {
    for (auto& key : keys_json(keys)) boot_[list].push_back(std::move(key));
  };
  append("services", service_keys(driver));
  append("database", database_keys(driver));
  append("critical_devices", critical_device_keys(driver));
}

void DriverStaging::check_service(const drivers::Package& package, const inf::Service& service) {
  auto [owner, fresh] = services_.emplace(fold_case(service.name), &package);
  if (fresh) return;
  throw Failure(
      Diagnostic{.message = fmt::format("'{}' and '{}' both start the service {} at boot",
                                        owner->second->shown(), package.shown(), service.name),
                 .where = {.name = package.shown(), .line = static_cast<int>(service.number)},
                 .hint = std::string(kNotAtBoot)});
}

}  // namespace remedia::kinds
