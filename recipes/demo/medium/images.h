// The Windows images of the stand-in medium: boot.wim and install.wim, with files of our own at the
// paths where Windows has its own, registry hives included.
#pragma once

#include "medium/boot_programs.h"
#include "medium/files.h"
#include "medium/hives.h"

#include <string>
#include <vector>

namespace remedia::medium {

/// What an image says of its version, in the four places where one does, and of its machine.
struct Identity {
  std::string xml = "10.0.26100.1742";
  std::string kernel = "10.0.26100.1742";
  std::string loader = "10.0.26100.1742";
  std::string registry = "10.0.26100.1742";
  std::string kernel_arch = {};  ///< if it is not the image's
};

struct ImageOptions {
  std::string arch = "amd64";
  int payload_mib = 8;        ///< incompressible bytes in each boot image
  bool boot_files = true;     ///< Windows/Boot, from where boot files of a medium can be taken
  bool single_image = false;  ///< boot.wim holds Windows PE alone, as the ADK's winpe.wim does
  Identity identity = {};
  Hives hives = Hives::clean;
  /// Of install.wim: names and edition ids, e.g. "Windows 11 Pro" and "Professional".
  std::vector<std::pair<std::string, std::string>> editions = {};
  bool solid = false;  ///< install.wim as an ESD: LZMS, all files in one run
};

/// What lies under Windows/Boot, which is also the store that the medium itself is filled from.
Files boot_store(const BootPrograms& programs, std::string_view arch, const fs::path& work);

/// Stand-ins for files that are no programs: fonts, lists, messages. `size` bytes, all of our own.
std::string text_for(std::string_view stands_for, std::size_t size = 0);

/// A boot configuration store that starts \sources\boot.wim.
std::string bcd_store(bool uefi);

/// boot.sdi: the header and table of contents of a RAM disk description, and a partition of zeros
/// where Microsoft's holds an empty NTFS volume.
std::string boot_sdi();

void write_boot_wim(const ImageOptions& options, const Files& boot_store,
                    const BootPrograms& programs, const fs::path& work, const fs::path& out);
void write_install_wim(const ImageOptions& options, const Files& boot_store,
                       const BootPrograms& programs, const fs::path& work, const fs::path& out);

}  // namespace remedia::medium
