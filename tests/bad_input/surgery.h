// A trial whose base is a Windows PE of a few files, with a registry: what is changed inside an
// image, and what can be wrong with that.
#pragma once

#include "bad_input/trial.h"
#include "formats/registry.h"
#include "medium/hives.h"

#include <functional>

namespace remedia {

constexpr std::string_view kConfig = "Windows/System32/config/";
constexpr std::string_view kSystem32 = "Windows/System32/";

/// The files of a Windows PE of build 26100 that speaks English.
std::map<std::string, std::string> windows_pe(medium::Hives hives = medium::Hives::clean);
/// A hive, read, changed and written again.
std::string changed_hive(const std::string& hive, const std::function<void(RegistryKey&)>& change);
/// The key of this path; it has to be there.
RegistryKey& key_at(RegistryKey& root, const std::vector<std::string>& names);

class Surgery : public Trial {
 public:
  Surgery();

  /// From now on the base holds these files; its boot files are the medium's.
  void base(const std::map<std::string, std::string>& files) const;
  void base_hive(const std::string& name, const std::string& hive) const;
  /// The recipe, with these fields of `wim`, on line 2.
  void change(std::string_view fields) const;
  /// A build that must succeed and say this.
  void warns(const std::vector<std::string>& says);

  /// Of the file in the image that was built.
  std::string in_image(std::string_view path) const;
  RegistryKey hive_in_image(std::string_view name) const;
};

}  // namespace remedia
