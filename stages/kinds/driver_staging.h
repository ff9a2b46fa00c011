// Where the chosen packages go in an image: its folders, its index, its registry.
#pragma once

#include "formats/driver_database.h"
#include "kinds/driver_report.h"
#include "launcher/drivers.h"
#include "media/driver_choice.h"
#include "support/tree.h"

#include <map>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace remedia::kinds {

class DriverStaging {
 public:
  DriverStaging(std::string arch, std::vector<const drivers::Folder*> folders);

  /// Throws Failure for what cannot be put into an image, or not be started at boot though that was
  /// asked for.
  DriverWay stage(const drivers::Choice& choice, const signature::Policy& policy);

  /// What the launcher loads.
  const std::vector<launcher::DriverPackage>& index() const { return index_; }
  /// The files of one of the folders, with their places in the image.
  std::vector<TreeEntry>& tree(std::size_t folder) { return trees_.at(folder); }
  /// For the settings stage: lists of registry values as `{key, name, type, data}`, data in hex,
  /// and the names of services with their files.
  const nlohmann::ordered_json& boot() const { return boot_; }

 private:
  void add(const drivers::Package& package, TreeEntry entry, std::string target);
  void place_files(const drivers::Package& package);
  bool add_to_index(const drivers::Package& package, const drivers::BootPlan& boot);
  void register_for_boot(const drivers::Package& package, const drivers::BootPlan& boot);
  void check_service(const drivers::Package& package, const inf::Service& service);

  std::string arch_;
  std::vector<const drivers::Folder*> folders_;
  std::vector<std::vector<TreeEntry>> trees_;  // by folder
  std::map<std::string, TreeEntry> placed_;
  std::vector<launcher::DriverPackage> index_;
  nlohmann::ordered_json boot_;
  std::map<std::string, const drivers::Package*> services_;  // by folded name
  int published_ = 0;
};

}  // namespace remedia::kinds
