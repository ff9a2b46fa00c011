// Which packages of many go into an image, and what became of each.
#pragma once

#include "media/driver_package.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace remedia::drivers {

/// What a recipe says about the folders that it names together.
struct Rules {
  std::vector<std::string> exclude;         ///< patterns: see matches()
  std::vector<std::string> only_class;      ///< names or GUIDs; none: all classes
  std::vector<std::string> allow_unsigned;  ///< patterns
  bool boot_start = false;
  std::uint64_t max_size = 0;  ///< bytes of what is staged; 0: no limit
  signature::Policy policy;
};

struct Set {
  std::vector<const Folder*> folders;
  Rules rules;
};

/// Whether a pattern of a recipe means this INF: a path with * ? and **, from the folder that the
/// recipe names; without a '/', the name of the file alone.
bool matches(const std::string& pattern, const TreeEntry& inf);

enum class Outcome {
  staged,
  other_architecture,
  no_section,
  no_devices,
  unfinished,
  no_driver,
  excluded,
  other_class,
  same,        ///< an equal package is staged
  not_opened,  ///< a pack that was taken for a file of a package
  superseded,  ///< a newer one is, and serves all devices of this one
};
/// "staged", "not for this architecture", "no matching section", ...: as reports have it.
std::string_view outcome_text(Outcome outcome);

struct Choice {
  Package package = {};
  std::size_t set = 0;
  Outcome outcome = Outcome::staged;
  std::string why = {};     ///< for people; "" where the outcome says all
  bool boot_start = false;  ///< asked for, of a staged one or one that it replaces
  std::optional<signature::Signer> signer =
      {};  ///< of a staged one; nothing: unsigned, and allowed to be
};

struct Choices {
  std::vector<Choice> list;  ///< by set and path
  std::vector<std::string> warnings;
};

/// Reads all packages and decides. `required`: ids of devices, of which each must be served.
/// Throws a Failure with all that is wrong: packages that lack files or are not signed as they
/// should be, patterns that match no INF, ids that nothing serves, sets over their budget. The
/// field of the recipe that is meant is in Diagnostic::field.
Choices choose(const std::vector<Set>& sets, const std::vector<std::string>& required,
               const inf::Target& target);

/// What of a package can be started with the kernel.
struct BootPlan {
  struct Service {
    const inf::Service* service = nullptr;
    const PackageFile* file = nullptr;
  };
  struct Configuration {
    const inf::Install* install = nullptr;
    const inf::Service* service = nullptr;  ///< the function driver
    std::vector<std::string> ids;           ///< upper case
  };
  std::vector<Service> services;              ///< each name once
  std::vector<Configuration> configurations;  ///< each id once
};

/// The installations whose function driver the INF itself starts at boot (StartType = 0), with all
/// such services of theirs, filters too. Nothing of a package that has none. Throws Failure if one
/// has a file that cannot be put in its place, or that has no signature of its own: while Windows
/// boots, there is no catalogue.
BootPlan boot_plan(const Package& package, const signature::Policy& policy);

}  // namespace remedia::drivers
