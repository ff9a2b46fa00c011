// Windows installations on the disks of the PC, as people tell them apart.
#pragma once

#include <string>
#include <vector>

namespace remedia::launcher {

/// What the registry of an offline Windows says (HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion
/// unless noted); empty if it could not be read.
struct WindowsValues {
  std::string product_name;     ///< ProductName
  std::string edition_id;       ///< EditionID
  std::string display_version;  ///< DisplayVersion: 24H2
  std::string build;            ///< CurrentBuild (CurrentBuildNumber)
  std::string revision;         ///< UBR
  std::string language;         ///< SYSTEM: Control\Nls\Language, InstallLanguage: 0407
};

/// What BitLocker does on the volume, as far as manage-bde tells.
enum class Protection { unknown, off, on };

struct OfflineWindows {
  std::string directory;  ///< C:\Windows
  std::string volume;     ///< label of its volume, may be empty
  WindowsValues values;
  bool registry_read = false;
  Protection protection = Protection::unknown;
};

/// `C:`
std::string windows_drive(const OfflineWindows& windows);

/// `Windows 11 Professional 24H2`. ProductName still says Windows 10 on Windows 11, so the build
/// decides from 22000 on; servers keep their name. Without values: `Windows`.
std::string windows_name(const WindowsValues& values);

/// `10.0.26100.1742`, or what of it is known.
std::string windows_build(const WindowsValues& values);

/// `de-DE` for `0407`; a language that is not in the table is shown as its number.
std::string language_name(const std::string& lcid);

/// A locked volume: nothing of it can be read but the id of its recovery key.
struct LockedVolume {
  std::string drive;  ///< D:
  std::string key_id;
};

}  // namespace remedia::launcher
