// The stand-in medium: an ISO that looks to Remedia like one of Microsoft's and holds nothing of
// theirs, for the demo recipe and for tests.
//
// What a Windows ISO is made of: a UDF 1.02 volume beside an ISO 9660 stub that holds a readme
// only; El Torito entries for BIOS and UEFI; boot.wim with two images, of which the second starts;
// install.wim whose editions each hold winre.wim. Everything is made here, the same bytes every
// time.
#pragma once

#include "medium/images.h"
#include "support/file.h"

#include <string>
#include <utility>
#include <vector>

namespace remedia::medium {

/// How sources/ holds the editions.
enum class Install {
  wim,  ///< install.wim
  esd,  ///< install.esd: LZMS, solid
  swm,  ///< install.swm, install2.swm, ...: parts of about 1 MiB; takes the program wimsplit
};

struct Options {
  std::string arch = "amd64";    ///< or "arm64", which takes clang and lld-link
  int payload_mib = 8;           ///< incompressible bytes in each boot image
  bool bios_files = true;        ///< bootmgr, boot/etfsboot.com and the BIOS entry; never on arm64
  bool boot_files = true;        ///< without, the medium holds sources/ alone and starts nothing
  bool image_boot_files = true;  ///< Windows/Boot in the images
  bool single_image = false;     ///< boot.wim as the ADK's: Windows PE alone
  bool install_wim = true;
  Install install = Install::wim;
  /// Without, efisys.bin and its kin are nowhere, as on media that others made, and the medium has
  /// no UEFI entry; cdboot.efi, from which one can be made, is there.
  bool efi_floppies = true;
  Identity identity = {};  ///< what all images say of their version
  Hives hives = Hives::clean;
  /// Names and edition ids of the images of install.wim.
  std::vector<std::pair<std::string, std::string>> editions = {
      {"Windows 11 Pro", "Professional"}, {"Windows 11 Enterprise", "Enterprise"}};
  std::string label = "REMEDIA_STAND_IN";
};

/// Writes the files of the medium under `folder`.
void write_folder(const Options& options, const fs::path& folder);

/// Writes the medium itself. Throws Failure when a program that it takes is missing or fails.
void write_iso(const Options& options, const fs::path& out);

}  // namespace remedia::medium
