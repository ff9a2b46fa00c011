// drivers { "dell/latitude", "storage" }: driver packages that go into an image.
//
// A description. For each wim that uses it, all its `drivers` are one choice, since the newest
// version of a driver may lie in any folder: a stage that reads the INFs of what the SCAN stages
// listed, for the Windows that the wim starts from. It writes a tree for each folder, so that a
// change of one folder compresses that one only, and the index by which the launcher finds what a
// PC needs.

#include "kinds/drivers.h"

#include "formats/device_ids.h"
#include "formats/driver_database.h"
#include "formats/win_names.h"
#include "graph/job.h"
#include "kinds/base_demands.h"
#include "kinds/component.h"
#include "kinds/driver_files.h"
#include "kinds/driver_report.h"
#include "kinds/fields.h"
#include "kinds/kinds.h"
#include "launcher/drivers.h"
#include "media/driver_choice.h"
#include "support/date.h"
#include "support/pack.h"

#include <algorithm>
#include <map>
#include <set>

namespace remedia::kinds {

namespace {

using recipe::Type;

const recipe::Schema schema = {
    .word = "drivers",
    .role = recipe::Role::description,
    .help =
        "Driver packages for the devices of your PCs: folders of INFs, and vendors' packs.\n"
        "Every INF below the paths is read for the architecture and the build of Windows of the "
        "image, and what it needs is worked out from it. What was asked for and is missing, a file "
        "that is not in the package's catalogue, or a package that is not signed fails the build. "
        "Of one driver (INF, provider and class) the newest date and version is taken, an older "
        "one "
        "only if it serves devices that the newer one does not; N.drivers.txt beside the image "
        "says what became of each package:\n"
        "  staged                     in the image, in X:\\Drivers\n"
        "  not for this architecture  it has sections for others only\n"
        "  no matching section        for this architecture, but not for this Windows\n"
        "  no devices                 nothing that a device asks for\n"
        "  template                   an .inx, or an INF with $ARCH$ in it: a driver's build fills "
        "it in\n"
        "  no driver                  an .inf of another kind\n"
        "  excluded, another class    by this recipe\n"
        "  superseded, stored once    another one serves all of its devices\n"
        "  not opened                 a pack beside or below an INF, or an .exe\n"
        "Staged drivers are loaded with drvload when the image starts, only those of hardware that "
        "is there: buses, storage, network, then the rest. A pack is a .cab, .zip, .msi or .exe; "
        "in "
        "folders .cab, .zip and .msi are opened where no INF lies beside or above them, and an "
        ".exe "
        "only if the recipe names it.",
    .fields =
        {
            {.name = "paths",
             .type = Type::path,
             .help = "folders and packs; a bare name means drivers/NAME",
             .required = true,
             .list = true,
             .folder = "drivers"},
            {.name = "exclude",
             .type = Type::text,
             .help = "INFs that stay out: names (\"e1d.inf\"), or paths from the folder with * ? "
                     "and **; each has to match something",
             .list = true,
             .max = 240},
            {.name = "only_class",
             .type = Type::text,
             .help =
                 "classes of devices that are meant, such as \"Net\", \"SCSIAdapter\", \"HDC\", "
                 "\"System\"; as names or GUIDs",
             .list = true,
             .fallback = "all",
             .max = 60},
            {.name = "required",
             .type = Type::text,
             .help = "devices that a staged driver must serve, \"PCI\\\\VEN_8086&DEV_15FB\"; or "
                     "data \"@fleet/device-ids.json\"",
             .list = true,
             .max = 200},
            {.name = "boot_start",
             .type = Type::boolean,
             .help = "register those that their INFs start at boot (StartType = 0) in the image's "
                     "registry, so that they are there before the shell; each .sys must carry a "
                     "signature of its own",
             .fallback = "false"},
            {.name = "allow_unsigned",
             .type = Type::text,
             .help = "INFs whose signature is not looked at, as in exclude; Windows on amd64 and "
                     "arm64 refuses them unless it is told otherwise",
             .list = true,
             .max = 240},
            {.name = "anchors",
             .type = Type::path,
             .help =
                 "certificates (PEM or DER), to one of which every signature must chain; without "
                 "them a signature has to be intact, and is reported as not anchored",
             .list = true},
            {.name = "max_size",
             .type = Type::text,
             .help = "what the staged packages may have together, such as \"300MiB\"",
             .max = 20},
        },
    .positional = "paths",
    .from_string = true,
};

// --- Planning ------------------------------------------------------------------------------------

std::vector<std::string> device_ids(const recipe::Node& node) {
  std::vector<std::string> ids = node.texts("required");
  for (const std::string& id : ids) {
    std::string fault = device_id_fault(id);
    if (fault.empty()) continue;
    throw Failure(Diagnostic{.message = fmt::format("'{}' is no device id: {}", id, fault),
                             .where = node.place("required"),
                             .hint = "write it as Windows shows it: \"PCI\\\\VEN_8086&DEV_15FB\""});
  }
  return ids;
}

class DriversPlan {
 public:
  DriversPlan(graph::Planner& planner, const graph::Binding& binding)
      : planner_(planner), binding_(binding) {
    edge_.parameters["folders"] = nlohmann::ordered_json::array();
    edge_.parameters["sets"] = nlohmann::ordered_json::array();
    edge_.parameters["required"] = nlohmann::ordered_json::array();
  }

  void add(const recipe::NodeRef& node) {
    nlohmann::ordered_json set;
    nlohmann::ordered_json& folders = set["folders"] = nlohmann::ordered_json::array();
    for (const graph::SourcePath& path : planner_.source_paths(*node, "paths", binding_.arch)) {
      std::size_t number = folder(node, path);
      if (std::find(folders.begin(), folders.end(), number) == folders.end())
        folders.push_back(number);
    }
    for (const char* field : {"exclude", "only_class", "allow_unsigned"})
      set[field] = node->texts(field);
    set["boot_start"] = node->flag("boot_start");
    set["max_size"] = size_field(*node, "max_size");
    std::vector<graph::SourcePath> anchors = planner_.source_paths(*node, "anchors", binding_.arch);
    if (!anchors.empty()) {
      set["anchors"] = nlohmann::ordered_json::array();
      for (const graph::SourcePath& anchor : anchors)
        set["anchors"].push_back({{"file", anchor.file}, {"written", anchor.written}});
      // Signatures without a countersignature hold as long as their certificate does.
      const std::optional<std::string>& as_of = planner_.evaluation().as_of;
      set["moment"] = as_of ? days_of(*as_of).time_since_epoch().count() * std::int64_t{86400}
                            : planner_.clock();
    }
    auto& sets = edge_.parameters["sets"];
    if (std::find(sets.begin(), sets.end(), set) == sets.end()) sets.push_back(std::move(set));
    for (std::string& id : device_ids(*node)) edge_.parameters["required"].push_back(std::move(id));
  }

  PlannedDrivers finish(const recipe::NodeRef& origin, const std::string& shown,
                        const std::string& source_record) {
    edge_.origin = origin;
    edge_.label = "DRIVERS " + shown;
    edge_.parameters["arch"] = binding_.arch;
    edge_.parameters["source_record"] = source_record;
    edge_.inputs.push_back(source_record);
    edge_.outputs = {graph::Planner::store_path(edge_, "pack"),
                     graph::Planner::store_path(edge_, "tree")};
    PlannedDrivers planned;
    planned.trees.push_back({.file = edge_.outputs[1], .parts = {{"shown", "drivers.txt"}}});
    for (std::size_t i = 0; i < names_.size(); ++i) {
      edge_.outputs.push_back(graph::Planner::store_path(edge_, fmt::format("{}.tree", i)));
      planned.trees.push_back(
          {.file = edge_.outputs.back(),
           .parts = {{"shown", names_[i]}, {"listed_by", edge_.parameters["folders"][i]["tree"]}}});
    }
    edge_.outputs.push_back(graph::Planner::store_path(edge_, "record"));
    planned.record = edge_.outputs.back();
    planner_.add(std::move(edge_));
    return planned;
  }

 private:
  // A folder that two values name is listed and read once.
  std::size_t folder(const recipe::NodeRef& node, const graph::SourcePath& path) {
    graph::Planned listed = plan_driver_files(planner_, node, path);
    for (std::size_t i = 0; i < names_.size(); ++i) {
      if (edge_.parameters["folders"][i]["tree"] == listed.file) return i;
    }
    edge_.parameters["folders"].push_back({{"written", path.written},
                                           {"tree", listed.file},
                                           {"digests", listed.parts.at("digests")}});
    edge_.inputs.push_back(listed.file);
    edge_.inputs.push_back(listed.parts.at("digests"));
    names_.push_back(path.written);
    return names_.size() - 1;
  }

  graph::Planner& planner_;
  const graph::Binding& binding_;
  graph::Edge edge_{.kind = "drivers"};
  std::vector<std::string> names_;
};

// --- The stage -----------------------------------------------------------------------------------

/// What the SCAN stages listed.
struct Listed {
  std::vector<std::vector<TreeEntry>> entries;
  ImageDigests digests;
  std::vector<std::unique_ptr<drivers::Folder>> folders;
  std::vector<std::string> trees;
};

Listed read_listed(const nlohmann::json& p) {
  Listed listed;
  for (const auto& folder : p.at("folders")) {
    listed.trees.push_back(folder.at("tree"));
    listed.entries.push_back(read_tree(listed.trees.back()));
    read_image_digests(folder.at("digests").get<std::string>(), listed.digests);
  }
  for (std::size_t i = 0; i < listed.entries.size(); ++i) {
    listed.folders.push_back(std::make_unique<drivers::Folder>(
        p.at("folders")[i].at("written").get<std::string>(), listed.entries[i], listed.digests));
  }
  return listed;
}

inf::Target target_of(const graph::Job& job) {
  nlohmann::ordered_json image = graph::read_record(job.text("source_record")).at("image");
  std::optional<KernelVersion> version = kernel_version(base_facts_of(image));
  if (!version) {
    job.fail_at("drivers",
                fmt::format("the base ('{}') does not say which Windows it is, so nobody can say "
                            "which drivers it takes",
                            image.at("name").get<std::string>()));
  }
  return {.arch = job.text("arch"),
          .major = version->major,
          .minor = version->minor,
          .build = version->build};
}

drivers::Rules rules_of(graph::Job& job, const nlohmann::json& set,
                        std::vector<std::unique_ptr<signature::Anchors>>& anchors) {
  drivers::Rules rules;
  rules.exclude = set.at("exclude").get<std::vector<std::string>>();
  rules.only_class = set.at("only_class").get<std::vector<std::string>>();
  rules.allow_unsigned = set.at("allow_unsigned").get<std::vector<std::string>>();
  rules.boot_start = set.at("boot_start");
  rules.max_size = set.at("max_size");
  if (!set.contains("anchors")) return rules;
  anchors.push_back(std::make_unique<signature::Anchors>());
  for (const auto& anchor : set.at("anchors")) {
    fs::path file = anchor.at("file").get<std::string>();
    job.reads(file);
    job.about("anchors", [&] {
      anchors.back()->add(read_file(file, 16u << 20), anchor.at("written").get<std::string>());
    });
  }
  rules.policy = {.anchors = anchors.back().get(), .moment = set.at("moment")};
  return rules;
}

launcher::DriverPhase phase_of(const inf::Driver& driver) {
  if (drivers::is_extension(driver)) return launcher::DriverPhase::extension;
  static const std::map<std::string, launcher::DriverPhase> phases = [] {
    std::map<std::string, launcher::DriverPhase> by_name;
    for (const char* name :
         {"System", "USB", "SDHost", "1394", "PCMCIA", "Processor", "USBDevice", "UCM", "Computer"})
      by_name[fold_case(name)] = launcher::DriverPhase::bus;
    for (const char* name : {"SCSIAdapter", "HDC", "DiskDrive", "CDROM", "Volume", "MTD", "FDC",
                             "FloppyDisk", "StorageVolume"})
      by_name[fold_case(name)] = launcher::DriverPhase::storage;
    for (const char* name : {"Net", "NetTrans", "NetService", "NetClient"})
      by_name[fold_case(name)] = launcher::DriverPhase::network;
    return by_name;
  }();
  auto found = phases.find(fold_case(driver.class_name));
  return found != phases.end() ? found->second : launcher::DriverPhase::rest;
}

// Each with the best place that it has in a line of the INF.
std::vector<launcher::CompatibleId> compatible_ids(const inf::Driver& driver) {
  std::map<std::string, std::uint16_t> places;
  for (const inf::Device& device : driver.devices) {
    for (std::size_t i = 0; i < device.compatible_ids.size(); ++i) {
      auto place = static_cast<std::uint16_t>(std::min<std::size_t>(i, 0xfff));
      auto [known, fresh] = places.emplace(drivers::upper_ascii(device.compatible_ids[i]), place);
      if (!fresh) known->second = std::min(known->second, place);
    }
  }
  std::vector<launcher::CompatibleId> ids;
  for (const auto& [id, place] : places) ids.push_back({id, place});
  return ids;
}

nlohmann::ordered_json keys_json(const std::vector<DriverKey>& keys) {
  nlohmann::ordered_json json = nlohmann::ordered_json::array();
  for (const DriverKey& key : keys) {
    std::string hex;
    for (unsigned char byte : key.value.data) hex += fmt::format("{:02x}", byte);
    json.push_back({{"key", key.key},
                    {"name", key.value.name},
                    {"type", static_cast<std::uint32_t>(key.value.type)},
                    {"data", hex}});
  }
  return json;
}

/// Puts the staged packages where they belong: into the image's folders, its index, its registry.
class Staging {
 public:
  Staging(const graph::Job& job, const Listed& listed)
      : job_(job), listed_(listed), trees_(listed.folders.size()) {
    for (const char* list : {"names", "binaries", "services", "database", "critical_devices"})
      boot_[list] = nlohmann::ordered_json::array();
  }

  DriverWay stage(const drivers::Choice& choice, const signature::Policy& policy) {
    const drivers::Package& package = choice.package;
    if (package.name().find_first_of(",%\"") != std::string::npos) {
      throw Failure(
          Diagnostic{.message = "drvload takes no INF with a ',', '%' or '\"' in its name",
                     .where = {.name = package.shown()},
                     .hint = "rename it, or name it in 'exclude'"});
    }
    for (const drivers::PackageFile& file : package.files)
      add(package, *file.entry, fmt::format("Drivers/{}/{}", package.id, file.path));
    drivers::BootPlan boot;
    if (choice.boot_start) boot = boot_plan(package, policy);
    if (!boot.services.empty()) register_for_boot(package, boot);
    const bool more = add_to_index(package, boot);
    if (boot.services.empty())
      return {false, choice.boot_start ? "its INF starts no driver of a device at boot" : ""};
    std::string why = fmt::format("its INF starts {} at boot", boot.services.front().service->name);
    if (more) why += "; drvload serves its further devices";
    return {true, why};
  }

  const std::vector<launcher::DriverPackage>& index() const { return index_; }
  std::vector<TreeEntry>& tree(std::size_t folder) { return trees_.at(folder); }
  nlohmann::ordered_json boot() && { return std::move(boot_); }

 private:
  void add(const drivers::Package& package, TreeEntry entry, std::string target) {
    check_image_path(target);
    auto [known, fresh] = placed_.emplace(fold_case(target), entry);
    if (!fresh) {
      if (known->second.sha256 == entry.sha256) return;
      fail("'{}' and '{}' both belong at '{}', and differ", known->second.origin, entry.origin,
           target);
    }
    entry.target = std::move(target);
    auto folder = std::find_if(listed_.folders.begin(), listed_.folders.end(),
                               [&](const auto& f) { return f.get() == package.folder; });
    trees_[static_cast<std::size_t>(folder - listed_.folders.begin())].push_back(std::move(entry));
  }

  // Where CopyFiles puts what the kernel reads before there is a driver store.
  void place_files(const drivers::Package& package) {
    static const std::map<std::string, std::string> kFolders = {
        {"10", "Windows"}, {"11", "Windows/System32"}, {"12", "Windows/System32/drivers"}};
    for (const inf::SourceFile& source : package.driver.files) {
      auto file = std::find_if(package.files.begin(), package.files.end(), [&](const auto& f) {
        return fold_case(f.path) == fold_case(source.path);
      });
      for (const std::string& target : source.targets) {
        std::size_t slash = target.find('/');
        auto folder = kFolders.find(target.substr(0, slash));
        if (slash == std::string::npos || folder == kFolders.end()) continue;
        if (file != package.files.end())
          add(package, *file->entry, folder->second + target.substr(slash));
        else if (!source.optional)
          fail_compressed(package, source);
      }
    }
  }

  [[noreturn]] static void fail_compressed(const drivers::Package& package,
                                           const inf::SourceFile& source) {
    throw Failure(Diagnostic{
        .message = fmt::format("'{}' is compressed, and nothing unpacks it before Windows starts",
                               source.path),
        .where = {.name = package.shown()},
        .hint = "unpack it with expand or 7z, or leave boot_start out for this package"});
  }

  // What is not registered. Whether there is anything.
  bool add_to_index(const drivers::Package& package, const drivers::BootPlan& boot) {
    std::set<std::string> registered;
    for (const auto& configuration : boot.configurations)
      registered.insert(configuration.ids.begin(), configuration.ids.end());
    launcher::DriverPackage entry;
    entry.inf = fmt::format("X:\\Drivers\\{}\\{}", package.id, package.name());
    entry.phase = phase_of(package.driver);
    entry.date = package.driver.date;
    entry.version = package.driver.version;
    entry.hardware_ids = package.ids.hardware;
    entry.compatible_ids = compatible_ids(package.driver);
    std::erase_if(entry.hardware_ids, [&](const auto& id) { return registered.contains(id); });
    std::erase_if(entry.compatible_ids, [&](const auto& c) { return registered.contains(c.id); });
    if (entry.hardware_ids.empty() && entry.compatible_ids.empty()) return false;
    index_.push_back(std::move(entry));
    return true;
  }

  void register_for_boot(const drivers::Package& package, const drivers::BootPlan& boot) {
    for (const auto& [service, file] : boot.services) check_service(package, *service);
    place_files(package);
    // As Windows publishes packages: its own INFs may have the vendor's name too.
    BootDriver driver{.shown = package.shown(),
                      .inf = fmt::format("oem{}.inf", kFirstPublished + published_++),
                      .class_guid = package.driver.class_guid,
                      .provider = package.driver.provider};
    std::string digest = sha256(package.id + package.inf->sha256).substr(0, 16);
    driver.package =
        fmt::format("{}_{}_{}", fold_case_ascii(package.name()), job_.text("arch"), digest);
    for (const auto& [service, file] : boot.services) {
      std::string binary = file->path.substr(file->path.find_last_of('/') + 1);
      add(package, *file->entry, "Windows/System32/drivers/" + binary);
      boot_["names"].push_back(service->name);
      boot_["binaries"].push_back(binary);
      driver.services.push_back({*service, std::move(binary)});
    }
    for (const auto& [install, service, ids] : boot.configurations) {
      if (!ids.empty())
        driver.configurations.push_back(
            {install->actual, service->name, ids, install->hardware_registry});
    }
    auto append = [&](const char* list, const std::vector<DriverKey>& keys) {
      for (auto& key : keys_json(keys)) boot_[list].push_back(std::move(key));
    };
    append("services", service_keys(driver));
    append("database", database_keys(driver));
    append("critical_devices", critical_device_keys(driver));
  }

  void check_service(const drivers::Package& package, const inf::Service& service) {
    auto [owner, fresh] = services_.emplace(fold_case(service.name), &package);
    if (fresh) return;
    throw Failure(
        Diagnostic{.message = fmt::format("'{}' and '{}' both start the service {} at boot",
                                          owner->second->shown(), package.shown(), service.name),
                   .where = {.name = package.shown(), .line = static_cast<int>(service.number)},
                   .hint = std::string(kNotAtBoot)});
  }

  static std::string fold_case_ascii(std::string text) {
    for (char& c : text) {
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return text;
  }

  const graph::Job& job_;
  const Listed& listed_;
  std::vector<std::vector<TreeEntry>> trees_;
  std::map<std::string, TreeEntry> placed_;
  std::vector<launcher::DriverPackage> index_;
  nlohmann::ordered_json boot_;
  std::map<std::string, const drivers::Package*> services_;  // by folded name
  static constexpr int kFirstPublished = 1000;               // beyond what a base has published
  int published_ = 0;
};

// Failures know the field that they are about, or are about the packages.
template <typename Action>
auto about_drivers(const Listed& listed, Action&& action) {
  try {
    return action();
  } catch (const drivers::Changed& changed) {
    fail_changed(changed.origin(), listed.trees);
  } catch (const Failure& failure) {
    std::vector<Diagnostic> diagnostics = failure.diagnostics();
    for (Diagnostic& d : diagnostics) {
      if (d.field.empty() && d.where.name.empty()) d.field = "paths";
    }
    throw Failure(std::move(diagnostics));
  }
}

void run(graph::Job& job) {
  const nlohmann::json& p = job.parameters();
  Listed listed = read_listed(p);
  std::vector<std::unique_ptr<signature::Anchors>> anchors;
  std::vector<drivers::Set> sets;
  for (const auto& set : p.at("sets")) {
    drivers::Set& known = sets.emplace_back();
    known.rules = rules_of(job, set, anchors);
    for (const auto& folder : set.at("folders"))
      known.folders.push_back(listed.folders.at(folder.get<std::size_t>()).get());
  }
  nlohmann::ordered_json record;
  record["drivers"] = nlohmann::ordered_json::array();
  record["drivers_left_out"] = nlohmann::ordered_json::array();
  Staging staging(job, listed);
  inf::Target target = target_of(job);
  about_drivers(listed, [&] {
    drivers::Choices choices =
        choose(sets, p.at("required").get<std::vector<std::string>>(), target);
    for (const std::string& warning : choices.warnings) job.warn("paths", warning);
    for (const drivers::Choice& choice : choices.list) {
      if (choice.outcome != drivers::Outcome::staged) {
        record["drivers_left_out"].push_back(left_out_record(choice));
        continue;
      }
      DriverWay way = staging.stage(choice, sets[choice.set].rules.policy);
      record["drivers"].push_back(staged_record(choice, way));
    }
  });
  record["boot"] = std::move(staging).boot();
  record["loaded"] = staging.index().size();

  Pack pack(job.part(0), job.output(0));
  if (!staging.index().empty()) {
    if (auto problem = launcher::driver_index_problem(staging.index()))
      job.fail_at("paths", fmt::format("the launcher could not read the index: {}", *problem));
    pack.add("Remedia/drivers.txt", launcher::write_driver_index(staging.index()),
             "the drivers of the image");
  }
  job.keep_if_equal(0);
  job.write_text(1, write_tree(pack.entries()));
  for (std::size_t i = 0; i < listed.folders.size(); ++i)
    job.write_text(i + 2, write_tree(std::move(staging.tree(i))));
  job.write_record(std::move(record));
}

}  // namespace

PlannedDrivers plan_drivers(graph::Planner& planner, const recipe::NodeRef& image,
                            const graph::Binding& binding, const std::string& source_record) {
  std::vector<recipe::NodeRef> nodes = image->nodes("drivers");
  if (nodes.empty()) return {};
  // The index names drivers by the drive that Windows PE has unless it is told otherwise.
  if (image->has("target_path") && fold_case(image->text("target_path")) != fold_case("X:\\")) {
    throw Failure(Diagnostic{
        .message =
            fmt::format("the launcher looks for drivers on X:, and the image would call itself "
                        "'{}'",
                        image->text("target_path")),
        .where = image->place("target_path"),
        .hint =
            "leave target_path out, or put the drivers into an overlay and load them yourself"});
  }
  DriversPlan plan(planner, binding);
  for (const recipe::NodeRef& node : nodes) plan.add(node);
  // Where there is one value, its fields are what errors are about.
  return plan.finish(nodes.size() == 1 ? nodes.front() : image,
                     fmt::format("{}/{}", planner.recipe(), image->text("name")), source_record);
}

const graph::Kind drivers = {"drivers", &schema, nullptr, run};

}  // namespace remedia::kinds
