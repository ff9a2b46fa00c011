// What an INF installs on one kind of Windows: devices, files, services.
//
// Facts: the INF sections and directives of Microsoft's documentation ("INF Manufacturer Section",
// "INF Models Section", "INF DDInstall Section", "INF CopyFiles Directive", "INF SourceDisksFiles
// Section", "INF AddService Directive", ...); the choice among decorations of architectures was
// compared with another implementation of SetupAPI (tests/wine), which knows no versions of
// Windows.
#pragma once

#include "formats/inf.h"
#include "formats/registry.h"

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace remedia::inf {

/// The Windows that is to use the driver.
struct Target {
  std::string arch;  ///< "amd64", "arm64" or "x86"
  int major = 10;    ///< of the kernel: 10.0 since Windows 10
  int minor = 0;
  int build = 0;         ///< 26100
  int product_type = 1;  ///< VER_NT_WORKSTATION, as Windows PE says of itself
};

/// A line of a Models section.
struct Device {
  std::string description;
  std::string section;      ///< the DDInstall section that it names, undecorated
  std::string hardware_id;  ///< "" if the line has none
  std::vector<std::string> compatible_ids;
  std::size_t number = 0;  ///< line
};

/// A file that an installation copies, or that the INF names otherwise (catalogue, CopyINF).
struct SourceFile {
  std::string path;     ///< in the package, '/' between names, from the folder of the INF
  std::string cabinet;  ///< file of the package that may hold it compressed; "" if none is named
  /// "12/e1d.sys": directory identifier and path below it, each place to which it is copied.
  std::vector<std::string> targets;
  bool listed = true;      ///< false: no [SourceDisksFiles] names it, Windows may not find it
  bool optional = false;   ///< not listed, but LayoutFile says that Windows brings files itself
  std::size_t number = 0;  ///< line of the entry that asks for it
};

/// One HKR/HKLM line of an AddReg section.
struct RegistryLine {
  std::string root;         ///< "HKR", "HKLM", ...
  std::string key;          ///< below the root
  RegistryValue value;      ///< as a hive stores it; directories (%11%) stay as they are written
  std::uint32_t flags = 0;  ///< FLG_ADDREG_*
  std::size_t number = 0;
};

struct Service {
  std::string name;
  std::string display_name;
  std::uint32_t flags = 0;  ///< of AddService: 2 is SPSVCINST_ASSOCSERVICE, the function driver
  std::uint32_t type = 0;   ///< ServiceType: 1 kernel driver, 2 file system driver, ...
  std::uint32_t start = 0;  ///< StartType: 0 boot, 1 system, 2 automatic, 3 on demand, 4 off
  std::uint32_t error_control = 0;
  std::string binary;  ///< "12/e1d.sys": directory identifier and path below it
  std::string group;   ///< LoadOrderGroup
  std::vector<std::string> dependencies;
  std::vector<RegistryLine>
      registry;  ///< of the AddReg of the service's own section; HKR is its key
  std::size_t number = 0;
};

/// One DDInstall section, chosen for the target, with its .HW, .Services and the like.
struct Install {
  std::string section;  ///< undecorated, as Models name it
  std::string actual;   ///< "e1d.NTamd64": the one that Windows takes
  std::vector<Service> services;
  std::vector<RegistryLine> hardware_registry;  ///< of .HW: HKR is the device's hardware key
  std::vector<std::string> includes;  ///< INFs of Windows that Include names, lower case, each once
};

enum class Fit {
  serves,              ///< there are devices for the target
  other_architecture,  ///< sections for other architectures only
  no_section,          ///< for the architecture, but not for this version of Windows
  no_devices,          ///< installs something that no device asks for: DefaultInstall, or nothing
  unfinished,          ///< a template: $ARCH$ and the like are not filled in
  no_driver,           ///< no INF of a driver at all: no Signature of Windows NT or Chicago
};

struct Driver {
  Fit fit = Fit::no_driver;
  std::string why;         ///< of a fit that is not `serves`: a sentence for people
  std::string class_name;  ///< "Net"
  std::string class_guid;  ///< "{4d36e972-e325-11ce-bfc1-08002be10318}", lower case
  std::string provider;
  std::string date;  ///< "2024-05-31"; "" if DriverVer has none that can be read
  std::array<std::uint16_t, 4> version = {};
  std::string version_text;    ///< as written; "" if there is none
  std::string catalog;         ///< file name by CatalogFile.NTarch, .NT or CatalogFile; "" if none
  std::string extension_id;    ///< of an extension INF
  std::string models_section;  ///< "Intel.NTamd64.10.0": the decorated section taken (first one)
  std::vector<Device> devices;
  std::vector<Install> installs;  ///< one per DDInstall section that the devices name
  std::vector<SourceFile> files;  ///< the closure, INF and catalogue excepted, each path once
  /// Further files that [SourceDisksFiles] has for the architecture: for other versions of Windows,
  /// as a rule. Also of an INF without devices.
  std::vector<SourceFile> listed_files;
  std::vector<std::string> copy_infs;   ///< CopyINF: further INFs of the package
  std::vector<std::string> companions;  ///< INFs of the package whose sections it takes (Include)
  std::vector<std::string> architectures;  ///< for which it has sections: "amd64", ...
  std::vector<Warning> warnings;           ///< beside those of the File; line 0: of the whole file
};

/// Looks up another INF of the same package by file name, for Include/Needs; null: Windows' own.
using Companion = std::function<const File*(const std::string& name)>;

/// Throws Failure ("shown:LINE: ...") for what is wrong, not merely unsuitable: a section that is
/// named and missing (DDInstall, CopyFiles, AddReg of a service, the service's section), a path
/// that climbs out of the package or is absolute, a service without binary or numbers, a date or
/// version that is none, Needs that turn in circles, more than 100,000 devices or files. Nothing of
/// an INF that does not fit the target is judged.
Driver describe(const File& file, const Target& target, const Companion& companion = {});

}  // namespace remedia::inf
