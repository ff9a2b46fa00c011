#include "media/driver_choice.h"

#include "formats/authenticode.h"
#include "formats/device_ids.h"
#include "formats/driver_database.h"
#include "formats/win_names.h"
#include "media/driver_pack.h"
#include "media/wim_glob.h"
#include "support/byte_size.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

namespace remedia::drivers {

namespace {

constexpr std::size_t kMostErrors = 40;  // of all packages together

std::string name_of(const std::string& path) { return path.substr(path.find_last_of('/') + 1); }

Outcome outcome_of(inf::Fit fit) {
  switch (fit) {
    case inf::Fit::serves:
      return Outcome::staged;
    case inf::Fit::other_architecture:
      return Outcome::other_architecture;
    case inf::Fit::no_section:
      return Outcome::no_section;
    case inf::Fit::no_devices:
      return Outcome::no_devices;
    case inf::Fit::unfinished:
      return Outcome::unfinished;
    case inf::Fit::no_driver:
      break;
  }
  return Outcome::no_driver;
}

/// Errors of many packages as one Failure.
class Errors {
 public:
  void add(const Failure& failure, std::string_view field) {
    for (Diagnostic d : failure.diagnostics()) {
      if (list_.size() == kMostErrors) return;
      if (d.field.empty()) d.field = field;
      bool said = std::any_of(list_.begin(), list_.end(), [&](const Diagnostic& other) {
        return other.message == d.message && other.where == d.where;
      });
      if (said) continue;
      list_.push_back(std::move(d));
    }
  }
  void add(std::string_view field, std::string message, std::string hint = {}) {
    add(Failure(Diagnostic{.message = std::move(message), .hint = std::move(hint)}), field);
  }
  void raise() const {
    if (!list_.empty()) throw Failure(list_);
  }

 private:
  std::vector<Diagnostic> list_;
};

bool is_class(const std::string& wanted, const inf::Driver& driver) {
  return fold_case(wanted) == fold_case(driver.class_name) ||
         fold_case(wanted) == fold_case(driver.class_guid);
}

std::string version_text(const inf::Driver& driver) {
  return fmt::format("{} {}", driver.date.empty() ? "(no date)" : driver.date,
                     driver.version_text.empty() ? "(no version)" : driver.version_text);
}

auto age(const inf::Driver& driver) { return std::tie(driver.date, driver.version); }

class Chooser {
 public:
  Chooser(const std::vector<Set>& sets, const inf::Target& target) : sets_(sets), target_(target) {}

  Choices run(const std::vector<std::string>& required) {
    for (std::size_t set = 0; set < sets_.size(); ++set) read_set(set);
    // What is missing or cannot be read may have been what the rest would be measured by.
    errors_.raise();
    drop_older();
    note_unopened();
    for (Choice& choice : choices_.list) {
      if (choice.outcome == Outcome::staged) check_signature(choice);
    }
    check_budgets();
    check_required(required);
    errors_.raise();
    // Of a folder that two values name, each package is said once.
    std::erase_if(choices_.list,
                  [](const Choice& c) { return c.outcome == Outcome::same && c.why.empty(); });
    return std::move(choices_);
  }

 private:
  void read_set(std::size_t set) {
    const Rules& rules = sets_[set].rules;
    std::set<std::string> unused;
    for (const auto& pattern : rules.exclude) unused.insert(pattern);
    std::set<std::string> unsigned_unused(rules.allow_unsigned.begin(), rules.allow_unsigned.end());
    for (const Folder* folder : sets_[set].folders) {
      for (const TreeEntry* inf : folder->infs()) {
        std::erase_if(unsigned_unused, [&](const auto& p) { return matches(p, *inf); });
        bool excluded = false;
        for (const std::string& pattern : rules.exclude) {
          if (!matches(pattern, *inf)) continue;
          excluded = true;
          unused.erase(pattern);
        }
        read(set, *folder, *inf, excluded);
      }
    }
    for (const std::string& pattern : unused)
      errors_.add("exclude", fmt::format("'{}' matches no INF", pattern));
    for (const std::string& pattern : unsigned_unused)
      errors_.add("allow_unsigned", fmt::format("'{}' matches no INF", pattern));
  }

  void read(std::size_t set, const Folder& folder, const TreeEntry& inf, bool excluded) {
    Choice choice{.set = set, .boot_start = sets_[set].rules.boot_start};
    if (excluded) {
      choice.package.folder = &folder;
      choice.package.inf = &inf;
      choice.outcome = Outcome::excluded;
      choices_.list.push_back(std::move(choice));
      return;
    }
    const std::vector<std::string>& classes = sets_[set].rules.only_class;
    auto wanted = [&](const inf::Driver& driver) {
      return classes.empty() ||
             std::any_of(classes.begin(), classes.end(),
                         [&](const std::string& name) { return is_class(name, driver); });
    };
    try {
      choice.package = read_package(folder, inf, target_, wanted);
    } catch (const Changed&) {
      throw;
    } catch (const Failure& failure) {
      return errors_.add(failure, "paths");
    }
    const inf::Driver& driver = choice.package.driver;
    choice.outcome = outcome_of(driver.fit);
    choice.why = driver.why;
    if (choice.outcome == Outcome::staged && !wanted(driver)) {
      choice.outcome = Outcome::other_class;
      choice.why = fmt::format("its class is {}", driver.class_name);
    }
    if (choice.outcome == Outcome::staged) {
      for (const inf::Warning& warning : driver.warnings) {
        choices_.warnings.push_back(
            warning.number == 0
                ? fmt::format("{}: {}", inf.origin, warning.text)
                : fmt::format("{}:{}: {}", inf.origin, warning.number, warning.text));
      }
    }
    if (choice.outcome == Outcome::staged) warn_of_unlisted(choice.package);
    choices_.list.push_back(std::move(choice));
  }

  void warn_of_unlisted(const Package& package) {
    for (const inf::SourceFile& file : package.driver.files) {
      if (file.listed || file.optional) continue;
      choices_.warnings.push_back(
          fmt::format("{}:{}: '{}' is in no [SourceDisksFiles]; Windows may not find it",
                      package.shown(), file.number, file.path));
    }
  }

  // Of one driver, which is what has the same INF, provider and class, the newest, and besides it
  // those that serve devices which it no longer does.
  void drop_older() {
    std::map<std::tuple<std::string, std::string, std::string>, std::vector<Choice*>> drivers;
    for (Choice& choice : choices_.list) {
      if (choice.outcome != Outcome::staged) continue;
      const inf::Driver& driver = choice.package.driver;
      drivers[{fold_case(choice.package.name()), fold_case(driver.provider),
               fold_case(driver.class_guid)}]
          .push_back(&choice);
    }
    for (auto& [name, versions] : drivers) {
      std::stable_sort(versions.begin(), versions.end(), [](const Choice* a, const Choice* b) {
        return age(a->package.driver) > age(b->package.driver);
      });
      for (std::size_t i = 1; i < versions.size(); ++i) {
        for (std::size_t j = 0; j < i; ++j) {
          if (versions[j]->outcome == Outcome::staged && replaces(*versions[j], *versions[i]))
            break;
        }
      }
    }
  }

  // A pack that nobody opened and no INF names holds drivers that somebody may be waiting for.
  void note_unopened() {
    std::set<const TreeEntry*> used;
    for (const Choice& choice : choices_.list) {
      for (const PackageFile& file : choice.package.files) used.insert(file.entry);
    }
    for (std::size_t set = 0; set < sets_.size(); ++set) {
      for (const Folder* folder : sets_[set].folders) {
        for (const TreeEntry& entry : folder->entries()) {
          if (!is_driver_pack(entry.target) || !used.insert(&entry).second) continue;
          const bool program = fold_case(entry.target).ends_with(fold_case(".exe"));
          Choice& choice = choices_.list.emplace_back();
          choice.package.folder = folder;
          choice.package.inf = &entry;
          choice.set = set;
          choice.outcome = Outcome::not_opened;
          choice.why = program ? "programs are opened only if the recipe names them"
                               : "it lies beside or below an INF, whose package it may belong to";
          if (!program)
            choices_.warnings.push_back(
                fmt::format("'{}' is not opened: {}; no INF names it", entry.origin, choice.why));
        }
      }
    }
  }

  bool replaces(Choice& newer, Choice& older) {
    const Package& kept = newer.package;
    const Package& left = older.package;
    if (kept.id == left.id) {
      older.outcome = Outcome::same;
      if (kept.inf != left.inf) older.why = fmt::format("the same as {}", kept.shown());
    } else if (!serves_all_of(kept, left)) {
      older.why =
          fmt::format("kept beside {}, which does not serve all of its devices", kept.shown());
      return false;
    } else {
      older.outcome = Outcome::superseded;
      older.why = fmt::format("by {} ({})", kept.shown(), version_text(kept.driver));
      if (age(kept.driver) == age(left.driver)) {
        choices_.warnings.push_back(
            fmt::format("'{}' and '{}' have the same date and version and are not the same; the "
                        "first is taken",
                        kept.shown(), left.shown()));
      }
    }
    newer.boot_start = newer.boot_start || older.boot_start;
    return true;
  }

  void check_signature(Choice& choice) {
    const Rules& rules = sets_[choice.set].rules;
    bool allowed = std::any_of(
        rules.allow_unsigned.begin(), rules.allow_unsigned.end(),
        [&](const std::string& pattern) { return matches(pattern, *choice.package.inf); });
    if (allowed) return;
    try {
      choice.signer = check_catalogue(choice.package, rules.policy);
    } catch (const Changed&) {
      throw;
    } catch (const Failure& failure) {
      errors_.add(failure, "paths");
    }
  }

  void check_budgets() {
    for (std::size_t set = 0; set < sets_.size(); ++set) {
      const std::uint64_t most = sets_[set].rules.max_size;
      std::vector<const Choice*> staged;
      std::uint64_t size = 0;
      for (const Choice& choice : choices_.list) {
        if (choice.set != set || choice.outcome != Outcome::staged) continue;
        staged.push_back(&choice);
        size += choice.package.size;
      }
      if (most == 0 || size <= most) continue;
      std::stable_sort(staged.begin(), staged.end(), [](const Choice* a, const Choice* b) {
        return a->package.size > b->package.size;
      });
      std::string biggest;
      for (std::size_t i = 0; i < std::min<std::size_t>(staged.size(), 5); ++i) {
        biggest += fmt::format("{}{} ({})", i == 0 ? "" : ", ", staged[i]->package.shown(),
                               byte_size_text(staged[i]->package.size));
      }
      errors_.add("max_size",
                  fmt::format("the drivers have {} of at most {}", byte_size_text(size),
                              byte_size_text(most)),
                  "the biggest: " + biggest);
    }
  }

  void check_required(const std::vector<std::string>& required) {
    if (required.empty()) return;
    std::map<std::string, const Choice*> served;
    for (const Choice& choice : choices_.list) {
      // An extension needs the driver that it extends.
      if (is_extension(choice.package.driver)) continue;
      const Ids& ids = choice.package.ids;
      for (const auto* list : {&ids.hardware, &ids.compatible}) {
        for (const std::string& id : *list) {
          const Choice*& known = served[id];
          if (known == nullptr || choice.outcome == Outcome::staged) known = &choice;
        }
      }
    }
    for (const std::string& id : required) {
      const Choice* near = nullptr;
      bool found = false;
      std::vector<std::string> names = hardware_ids_of(id);
      for (const std::string& name : names) {
        auto known = served.find(name);
        if (known == served.end()) continue;
        if (near == nullptr) near = known->second;
        found = found || known->second->outcome == Outcome::staged;
      }
      if (!found)
        errors_.add("required", fmt::format("no staged driver serves the device {}", id),
                    near != nullptr ? left_out(*near) : narrower(names.back(), served));
    }
  }

  static std::string left_out(const Choice& choice) {
    return fmt::format("{} has it, and is left out: {}{}", choice.package.shown(),
                       outcome_text(choice.outcome), choice.why.empty() ? "" : ", " + choice.why);
  }

  // PCI\VEN_8086&DEV_15FB may be served on the boards of some makers only.
  static std::string narrower(const std::string& id,
                              const std::map<std::string, const Choice*>& served) {
    auto next = served.lower_bound(id + "&");
    if (next == served.end() || !next->first.starts_with(id + "&")) return {};
    return fmt::format("{} serves it only as {} and the like", next->second->package.shown(),
                       next->first);
  }

  const std::vector<Set>& sets_;
  const inf::Target& target_;
  Choices choices_;
  Errors errors_;
};

// The file of the package that an entry of CopyFiles puts at `target`, such as "12/x.sys".
const PackageFile* file_for(const Package& package, const std::string& target) {
  auto source = std::find_if(
      package.driver.files.begin(), package.driver.files.end(), [&](const inf::SourceFile& file) {
        return std::any_of(file.targets.begin(), file.targets.end(), [&](const std::string& place) {
          return fold_case(place) == fold_case(target);
        });
      });
  if (source == package.driver.files.end()) return nullptr;
  auto file = std::find_if(package.files.begin(), package.files.end(), [&](const PackageFile& f) {
    return fold_case(f.path) == fold_case(source->path);
  });
  return file != package.files.end() ? &*file : nullptr;
}

std::vector<std::string> ids_served(const inf::Driver& driver, const inf::Install& install) {
  inf::Driver part;
  for (const inf::Device& device : driver.devices) {
    if (fold_case(device.section) == fold_case(install.section)) part.devices.push_back(device);
  }
  Ids ids = ids_of(part);
  std::set<std::string> all(ids.hardware.begin(), ids.hardware.end());
  all.insert(ids.compatible.begin(), ids.compatible.end());
  return {all.begin(), all.end()};
}

constexpr std::uint32_t kFunctionDriver = 2;  // SPSVCINST_ASSOCSERVICE
constexpr std::uint32_t kKernelDriver = 1;    // SERVICE_KERNEL_DRIVER

bool starts_with_kernel(const inf::Service& service) {
  return (service.type & kKernelDriver) != 0 && service.start == 0;
}

const PackageFile* boot_file(const Package& package, const inf::Service& service,
                             const signature::Policy& policy) {
  const std::string hint(kNotAtBoot);
  const PackageFile* file = file_for(package, service.binary);
  if (file == nullptr || !fold_case(file->path).ends_with(fold_case(".sys"))) {
    throw Failure(Diagnostic{
        .message = fmt::format("'{}' of the service {} is no file of the package that could be put "
                               "into System32\\drivers",
                               service.binary, service.name),
        .where = {.name = package.shown(), .line = static_cast<int>(service.number)},
        .hint = hint});
  }
  if (!authenticode::embedded_signer(file->entry->slice(), file->entry->origin, policy)) {
    throw Failure(Diagnostic{
        .message = fmt::format("'{}' has no signature of its own, so Windows does not start it at "
                               "boot, when catalogues cannot be read",
                               file->entry->origin),
        .where = {.name = package.shown()},
        .hint = hint});
  }
  return file;
}

}  // namespace

bool matches(const std::string& pattern, const TreeEntry& inf) {
  bool path = pattern.find_first_of("/\\") != pattern.npos || pattern.find("**") != pattern.npos;
  return wim::Glob(pattern).matches(path ? inf.target : name_of(inf.target));
}

std::string_view outcome_text(Outcome outcome) {
  switch (outcome) {
    case Outcome::staged:
      return "staged";
    case Outcome::other_architecture:
      return "not for this architecture";
    case Outcome::no_section:
      return "no matching section";
    case Outcome::no_devices:
      return "no devices";
    case Outcome::unfinished:
      return "template";
    case Outcome::no_driver:
      return "no driver";
    case Outcome::excluded:
      return "excluded";
    case Outcome::other_class:
      return "another class";
    case Outcome::same:
      return "stored once";
    case Outcome::not_opened:
      return "not opened";
    case Outcome::superseded:
      break;
  }
  return "superseded";
}

Choices choose(const std::vector<Set>& sets, const std::vector<std::string>& required,
               const inf::Target& target) {
  return Chooser(sets, target).run(required);
}

BootPlan boot_plan(const Package& package, const signature::Policy& policy) {
  BootPlan plan;
  std::set<std::string> ids;
  for (const inf::Install& install : package.driver.installs) {
    auto function = std::find_if(
        install.services.begin(), install.services.end(),
        [](const auto& s) { return starts_with_kernel(s) && (s.flags & kFunctionDriver) != 0; });
    if (function == install.services.end()) continue;
    for (const inf::Service& service : install.services) {
      bool known = std::any_of(plan.services.begin(), plan.services.end(), [&](const auto& s) {
        return fold_case(s.service->name) == fold_case(service.name);
      });
      if (starts_with_kernel(service) && !known)
        plan.services.push_back({&service, boot_file(package, service, policy)});
    }
    BootPlan::Configuration& known = plan.configurations.emplace_back();
    known.install = &install;
    known.service = &*function;
    for (std::string& id : ids_served(package.driver, install)) {
      if (ids.insert(id).second) known.ids.push_back(std::move(id));
    }
  }
  return plan;
}

}  // namespace remedia::drivers
