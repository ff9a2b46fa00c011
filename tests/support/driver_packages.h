// Driver packages for tests: an INF, a program and a catalogue that a test authority signed.
#pragma once

#include "support/signing.h"
#include "support/tree.h"

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace remedia::driver_packages {

struct Package {
  std::string name = "nic";  ///< of the files: nic.inf, nic.sys, nic.cat, and of the service
  std::string class_name = "Net";
  std::string class_guid = "{4D36E972-E325-11CE-BFC1-08002BE10318}";
  std::string provider = "Remedia Tests";
  std::string version = "05/31/2024,1.2.3.4";           ///< DriverVer
  std::vector<std::string> targets = {"NTamd64.10.0"};  ///< of [Manufacturer]
  std::vector<std::string> ids = {R"(PCI\VEN_1AF4&DEV_10F0)"};
  std::vector<std::string> compatible_ids = {};  ///< of each device
  int start = 3;                                 ///< StartType
  std::string destination = "13";                ///< directory identifier of the program
  std::string parameters = {};                   ///< lines of the service's AddReg section
  std::string install = {};                      ///< further lines of the install section
  std::string more = {};                         ///< further sections
  std::string salt = {};        ///< what makes the program differ from others of its name
  bool signed_program = false;  ///< the program carries a signature too
  bool catalog = true;          ///< else the INF names none, and there is none
  signing::CatalogOptions signing = {};
};

/// A disk controller that its INF starts at boot, and whose program is signed.
Package storage(const std::string& name = "disk");

std::string inf_text(const Package& package);
std::string program(const Package& package);
/// Writes the files; a folder that is there already is added to.
void write(const std::filesystem::path& folder, const Package& package);
/// The catalogue alone, anew: after a file was changed by hand.
void write_catalog(const std::filesystem::path& folder, const Package& package);

/// The files of a folder, as the SCAN stage lists them for those that read packages.
struct Listed {
  std::vector<TreeEntry> entries;  ///< by path
  std::map<std::string, std::string> image_digests;
};
Listed list(const std::filesystem::path& folder, const std::string& written);

}  // namespace remedia::driver_packages
