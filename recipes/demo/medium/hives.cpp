#include "medium/hives.h"

#include "formats/registry.h"
#include "media/hive.h"
#include "medium/pe_file.h"
#include "support/diagnostic.h"

#include <vector>

namespace remedia::medium {

namespace {

constexpr std::string_view language = "00000409";

RegistryKey key(std::string name, std::vector<RegistryValue> values,
                std::vector<RegistryKey> children = {}) {
  return {std::move(name), std::move(values), std::move(children)};
}

/// A key under others that hold nothing else: `a\b\c` given as {"a", "b"} and the key c.
RegistryKey under(const std::vector<std::string>& names, RegistryKey innermost) {
  for (auto name = names.rbegin(); name != names.rend(); ++name) {
    innermost = key(*name, {}, {std::move(innermost)});
  }
  return innermost;
}

RegistryKey driver_service(std::string_view name, std::string_view group) {
  return key(std::string(name),
             {registry_dword("Type", 1), registry_dword("Start", 0),
              registry_dword("ErrorControl", 1), registry_string("Group", group),
              registry_string("ImagePath", fmt::format("system32\\drivers\\{}.sys", name))});
}

RegistryKey control_key(const Edition& edition) {
  RegistryKey control = key(
      "Control",
      {registry_string("SystemStartOptions", edition.is_pe() ? "MININT" : ""),
       registry_dword("BootDriverFlags", 28)},
      {under({"ComputerName"}, key("ComputerName", {registry_string("ComputerName", "MINWINPC")})),
       key("Nls", {},
           {key("CodePage", {registry_string("ACP", "1252"), registry_string("OEMCP", "437")}),
            key("Language",
                {registry_string("Default", "0409"), registry_string("InstallLanguage", "0409")}),
            key("Locale", {registry_string("", language)})}),
       key("Keyboard Layouts", {},
           {key("00000407", {registry_string("Layout Text", "German")}),
            key("00000409", {registry_string("Layout Text", "US")}),
            key("00000809", {registry_string("Layout Text", "United Kingdom")})}),
       under({"MUI", "UILanguages"}, key("en-US", {registry_dword("LCID", 0x409)})),
       key("Session Manager", {registry_multi_string("BootExecute", {"autocheck autochk *"})},
           {key("Environment",
                {registry_string("ComSpec",
                                 edition.system_drive + "\\Windows\\System32\\cmd.exe")})})});
  if (edition.is_pe()) control.children.push_back(key("MiniNT", {}));
  return control;
}

RegistryKey system_hive(const Edition& edition, std::string_view arch) {
  const bool pe = edition.is_pe();
  RegistryKey services = key("Services", {}, {driver_service("storport", "SCSI miniport")});
  if (pe) services.children.push_back(key("FBWF", {registry_dword("WinPECacheThreshold", 512)}));
  return key("ROOT", {},
             {key("ControlSet001", {}, {control_key(edition), std::move(services)}),
              key("DriverDatabase", {registry_dword("Architecture", arch == "arm64" ? 12 : 9)},
                  {key("DriverPackages", {}), key("DriverInfFiles", {}), key("DeviceIds", {})}),
              key("MountedDevices", {}),
              key("Select", {registry_dword("Current", 1), registry_dword("Default", 1),
                             registry_dword("Failed", 0), registry_dword("LastKnownGood", 1)}),
              key("Setup", {registry_string("CmdLine", pe ? "winpeshl.exe" : ""),
                            registry_dword("SetupType", pe ? 1 : 0),
                            registry_dword("SystemSetupInProgress", pe ? 1 : 0)})});
}

RegistryKey package(std::string_view name, std::string_view arch, std::string_view locale,
                    std::string_view version, std::uint32_t state) {
  return key(fmt::format("{}~31bf3856ad364e35~{}~{}~{}", name, arch, locale, version),
             {registry_dword("CurrentState", state), registry_dword("Visibility", 1),
              registry_string("InstallClient", "DISM Package Manager Provider")});
}

/// Real images hold the packages of Windows RE in its images and some of them in any Windows PE;
/// here each PE has all. Of one the version before an update is still known, one was only staged.
RegistryKey packages_key(const Edition& edition, std::string_view arch, std::string_view version) {
  constexpr std::uint32_t staged = 0x40;
  constexpr std::uint32_t superseded = 0x50;
  constexpr std::uint32_t installed = 0x70;
  RegistryKey all = key("Packages", {});
  const auto add = [&](std::string_view name, std::string_view locale, std::string_view of,
                       std::uint32_t state) {
    all.children.push_back(package(name, arch, locale, of, state));
  };
  if (!edition.is_pe()) {
    add("Microsoft-Windows-Foundation-Package", "", version, installed);
    add("Microsoft-Windows-Client-LanguagePack-Package", "en-US", version, installed);
    return all;
  }
  add("Microsoft-Windows-WinPE-Package", "", version, installed);
  add("Microsoft-Windows-WinPE-LanguagePack-Package", "en-US", version, installed);
  for (const std::string name : {"EnhancedStorage", "HTA", "Scripting", "SecureStartup", "SRT",
                                 "StorageWMI", "WDS-Tools", "WMI"}) {
    add("WinPE-" + name + "-Package", "", version, installed);
    add("WinPE-" + name + "-Package", "en-US", version, installed);
  }
  add("WinPE-SRT-Package", "", "10.0.10240.16384", superseded);
  add("WinPE-Rejuv-Package", "", version, staged);
  return all;
}

RegistryKey version_key(const Edition& edition, std::string_view version) {
  const auto numbers = version_numbers(version);
  const std::string build = std::to_string(numbers[2]);
  RegistryKey result =
      key("CurrentVersion",
          {registry_string("CurrentBuild", build), registry_string("CurrentBuildNumber", build),
           registry_string("CurrentVersion", "6.3"),
           registry_dword("CurrentMajorVersionNumber", numbers[0]),
           registry_dword("CurrentMinorVersionNumber", numbers[1]),
           registry_string("DisplayVersion", "24H2"), registry_string("EditionID", edition.id),
           registry_string("InstallationType", edition.installation),
           registry_string("ProductName", edition.name),
           registry_string("SystemRoot", edition.system_drive + "\\Windows"),
           registry_dword("UBR", numbers[3])});
  if (edition.is_pe()) {
    result.children.push_back(key("WinPE", {registry_string("InstRoot", "X:\\")},
                                  {key("OC", {}, {key("Microsoft-WinPE-WMI", {})})}));
  }
  return result;
}

RegistryKey software_hive(const Edition& edition, std::string_view arch, std::string_view version) {
  RegistryKey windows =
      under({"Windows"},
            key("CurrentVersion",
                {registry_string("ProgramFilesDir", edition.system_drive + "\\Program Files")},
                {under({"Component Based Servicing"}, packages_key(edition, arch, version))}));
  return key("ROOT", {},
             {key("Classes", {}),
              key("Microsoft", {},
                  {std::move(windows), under({"Windows NT"}, version_key(edition, version))})});
}

RegistryKey default_hive() {
  return key("ROOT", {},
             {key("Control Panel", {},
                  {key("Desktop", {registry_string("Wallpaper", "")}),
                   key("International",
                       {registry_string("Locale", language), registry_string("LocaleName", "en-US"),
                        registry_string("sCountry", "United States"),
                        registry_string("sShortDate", "M/d/yyyy")})}),
              under({"Keyboard Layout"}, key("Preload", {registry_string("1", language)}))});
}

std::string hive_file(const RegistryKey& root, std::string_view name) {
  return hive::write(root, {.minor_version = 5,
                            .file_name = fmt::format("\\SystemRoot\\System32\\Config\\{}", name)});
}

/// As Windows leaves a hive that it was writing to: the first sequence number is ahead. The
/// checksum of the base block, an exclusive or of its words, changes by the same bits.
std::string left_dirty(std::string hive) {
  constexpr std::size_t sequence = 4;
  constexpr std::size_t checksum = 0x1FC;
  const char before = hive.at(sequence);
  hive[sequence] = static_cast<char>(before + 1);
  hive.at(checksum) = static_cast<char>(hive.at(checksum) ^ before ^ hive[sequence]);
  return hive;
}

}  // namespace

Files hive_files(const Edition& edition, std::string_view arch, std::string_view version,
                 Hives hives) {
  if (hives == Hives::absent) return {};
  const std::string folder = "Windows/System32/config/";
  std::string software = hive_file(software_hive(edition, arch, version), "SOFTWARE");
  if (hives == Hives::dirty) software = left_dirty(std::move(software));
  return {{folder + "SYSTEM", hive_file(system_hive(edition, arch), "SYSTEM")},
          {folder + "SOFTWARE", std::move(software)},
          {folder + "DEFAULT", hive_file(default_hive(), "DEFAULT")}};
}

}  // namespace remedia::medium
