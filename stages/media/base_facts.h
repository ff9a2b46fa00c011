// What a Windows image says about itself: its version in four places, its edition, its languages
// and the packages that were installed into it.
//
// Whoever builds on an image asks it: drivers are chosen by build and architecture, an overlay may
// need WinPE-Scripting. The answers come from different hands (the XML from DISM, the kernel from
// an update, the registry from both) and can disagree, which then is said.
#pragma once

#include "media/wim.h"
#include "support/file.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace remedia {

struct BaseFacts {
  /// A package of Component Based Servicing, of which each optional component of Windows PE is one.
  struct Package {
    std::string name;      ///< "WinPE-Scripting": the first part of the identity without "-Package"
    std::string identity;  ///< "WinPE-Scripting-Package~31bf3856ad364e35~amd64~~10.0.26100.1"
    std::string language;  ///< "en-US"; empty: for every language
    std::string version;   ///< "10.0.26100.1"; empty if the identity is of another form
    std::uint32_t state = 0;  ///< CurrentState; 0 if the registry does not tell
    bool installed = false;

    bool operator==(const Package&) const = default;
  };

  // Versions as "10.0.26100.1742". What an image does not tell is empty.
  std::string from_xml;     ///< what the WIM says
  std::string from_kernel;  ///< file version of Windows/System32/ntoskrnl.exe
  std::string from_loader;  ///< of winload.efi, else winload.exe, in System32 or System32/boot
  std::string from_hive;    ///< Windows NT\CurrentVersion: major, minor, build and UBR

  std::string edition;            ///< EditionID, "WindowsPE"
  std::string product_name;       ///< ProductName; says "Windows 10" on Windows 11 too
  std::string display_version;    ///< DisplayVersion, "24H2"
  std::string installation_type;  ///< InstallationType, "WindowsPE"

  std::string kernel_arch;             ///< "amd64", "arm64", ...: the machine of ntoskrnl.exe
  std::vector<std::string> languages;  ///< folders of Windows/System32 that hold translations
  std::vector<Package> packages;       ///< by name, language, version

  /// Sentences for people: places that contradict each other, files that cannot be read.
  std::vector<std::string> disagreements;

  bool operator==(const BaseFacts&) const = default;
};

/// Reads them. Files that have to be taken out of the image lie at `scratch_prefix` plus a suffix
/// meanwhile. An image that holds no kernel or no registry is no error: a stand-in tells little.
/// Neither is a kernel or hive that cannot be understood, damaged or dirty: a build that asks for
/// nothing needs no facts, so that is one of the disagreements. Throws Failure if the WIM itself is
/// damaged or the scratch file cannot be written.
BaseFacts read_base_facts(const wim::File& file, int image, const fs::path& scratch_prefix);

/// A package by name, in any case, with or without "-Package". Of several, one that serves every
/// language before one for a language, then an installed one, then the highest version. Null if
/// there is none; look at `installed`.
const BaseFacts::Package* find_package(const BaseFacts& facts, std::string_view name);

/// "10.0.26100" in numbers.
struct KernelVersion {
  int major = 0;
  int minor = 0;
  int build = 0;
};

/// The version of which build_number() is the last part, from the same place.
std::optional<KernelVersion> kernel_version(const BaseFacts& facts);

/// The build of the files: of the kernel, else as the XML, the registry or the loader have it. An
/// enablement package raises the registry's number alone, so that comes late.
std::optional<int> build_number(const BaseFacts& facts);

}  // namespace remedia
