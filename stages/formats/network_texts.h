// The texts of a network artifact: how its images get onto a PXE server. Names and descriptions of
// images are anybody's text; each function escapes them for its language, or refuses them.
//
// Nothing here can be tried without what it is for; tests hold dnsmasq.conf against dnsmasq.
// Sources of the rest: Microsoft's documentation of wdsutil (/Add-Image, /Replace-Image, /Get-Image
// for boot images), of certutil and of the cmdlets New-CMBootImage, Start-CMContentDistribution and
// Set-CMBootImage; iPXE's of its commands; wimboot's of its arguments.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace remedia {

struct NetworkImage {
  std::string file;         ///< from the root of the artifact: `tftp/Boot/boot.wim`
  std::string name;         ///< as the menus show it
  std::string description;  ///< may be empty
  std::string arch;         ///< amd64, arm64 or x86
  std::string version;      ///< what makes names unique: 0-9, A-Z, a-z, '.', '_', '-'
  std::string sha256;       ///< of the file, lower-case hex
};

struct NetworkTree {
  std::string recipe_name;
  std::vector<NetworkImage> images;  ///< in the order of the menus; at least one
  std::string arch = "amd64";        ///< of the boot programs
  bool bios = true;
  bool uefi = true;
  std::size_t default_image = 0;      ///< what a menu starts when nobody chooses
  std::uint32_t timeout_seconds = 0;  ///< for which it waits; 0: it starts the default at once
  // Only dnsmasq.conf has these; whoever runs it is asked to check them.
  std::string interface = "eth0";
  std::string network = "192.0.2.0";  ///< the clients', IPv4
  std::string tftp_root = "/srv/tftp";
};

// All throw Failure for a tree that is not as said above, and for text with control characters.

/// dnsmasq as a PXE proxy on one interface, with TFTP.
std::string dnsmasq_conf(const NetworkTree& tree);

/// wimboot over HTTP, with a menu if there are several images. The menu shows '?' for characters
/// that mean something to iPXE or are not ASCII.
std::string ipxe_script(const NetworkTree& tree);

/// Instructions for sites where Configuration Manager answers PXE.
std::string cm_boot_image_note(const NetworkTree& tree);

/// Import-RecoveryImage.cmd, for WDS servers without the PowerShell module. Throws Failure for a
/// name or description with double quotes or a backslash at its end, which wdsutil cannot be given.
/// One with other characters than ASCII, which cmd.exe reads by the code page of the moment,
/// becomes the name of the recipe and of the file.
std::string wdsutil_script(const NetworkTree& tree);

/// What each file of the artifact is for.
std::string network_readme(const NetworkTree& tree);

}  // namespace remedia
