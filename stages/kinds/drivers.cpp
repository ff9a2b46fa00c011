// drivers { "dell/latitude", "storage" }: driver packages that go into an image.
//
// A description. For each wim that uses it, all its `drivers` are one choice, since the newest
// version of a driver may lie in any folder: a stage that reads the INFs of what the SCAN stages
// listed, for the Windows that the wim starts from. It writes a tree for each folder, so that a
// change of one folder compresses that one only, and the index by which the launcher finds what a
// PC needs.

#include "kinds/drivers.h"

#include "formats/device_ids.h"
#include "formats/win_names.h"
#include "graph/job.h"
#include "kinds/base_demands.h"
#include "kinds/component.h"
#include "kinds/driver_files.h"
#include "kinds/driver_report.h"
#include "kinds/driver_staging.h"
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
      for (const graph::SourcePath& anchor : anchors) {
        planner_.add_file_input("drivers", anchor);
        set["anchors"].push_back({{"file", anchor.file}, {"written", anchor.written}});
      }
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
  std::vector<const drivers::Folder*> folders;
  for (const auto& folder : listed.folders) folders.push_back(folder.get());
  DriverStaging staging(job.text("arch"), std::move(folders));
  inf::Target target = target_of(job);
  about_drivers(listed, [&] {
    drivers::Choices choices =
        choose(sets, p.at("required").get<std::vector<std::string>>(), target);
    for (const std::string& warning : choices.warnings) job.warn("paths", warning);
    bool started = false;
    for (const drivers::Choice& choice : choices.list) {
      if (choice.outcome != drivers::Outcome::staged) {
        record["drivers_left_out"].push_back(left_out_record(choice));
        continue;
      }
      DriverWay way = staging.stage(choice, sets[choice.set].rules.policy);
      started = started || way.boot_start;
      record["drivers"].push_back(staged_record(choice, way));
    }
    bool asked = std::any_of(sets.begin(), sets.end(),
                             [](const drivers::Set& set) { return set.rules.boot_start; });
    if (asked && !started)
      job.warn("boot_start",
               "no INF here starts the driver of a device at boot (StartType = 0); all "
               "are loaded when the image has started");
  });
  record["boot"] = staging.boot();
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
