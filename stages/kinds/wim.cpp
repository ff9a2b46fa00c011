// wim { ... }: one Windows image, from a base and what goes into it.
//
// The base's bytes are copied verbatim and the additions appended, so nothing is recompressed and
// the bytes never depend on what was built before. Their compressed data come from the component
// stages; the changes that settings and `remove` ask for are stages of their own too.

#include "media/wim.h"

#include "formats/win_names.h"
#include "graph/graph.h"
#include "graph/job.h"
#include "kinds/base_demands.h"
#include "kinds/component.h"
#include "kinds/driver_report.h"
#include "kinds/drivers.h"
#include "kinds/evidence.h"
#include "kinds/kinds.h"
#include "kinds/launcher_files.h"
#include "kinds/remove.h"
#include "kinds/settings.h"
#include "kinds/shell.h"
#include "kinds/tier.h"
#include "kinds/tier_check.h"
#include "kinds/wim_content.h"

#include <algorithm>
#include <map>
#include <optional>

namespace remedia::kinds {

namespace {

using recipe::Type;

recipe::Schema make_schema() {
  recipe::Schema schema = {
      .word = "wim",
      .role = recipe::Role::image,
      .help =
          "A Windows image: a base and what goes into it. Artifacts boot it.\n"
          "Files that replace one of the base keep its attributes, times and security "
          "descriptor; the manifest lists each.",
      .fields =
          {
              {.name = "name",
               .type = Type::name,
               .help = "names the folder below OUT",
               .required = true,
               .max = 40},
              {.name = "from",
               .type = Type::value,
               .help = "the base",
               .required = true,
               .words = {"source"}},
              {.name = "title",
               .type = Type::text,
               .help = "the image's name in the WIM and in boot menus",
               .fallback = "name",
               .max = 120},
              {.name = "description",
               .type = Type::text,
               .help = "the image's description in the WIM",
               .fallback = "the base's",
               .max = 500},
              {.name = "tier",
               .type = Type::value,
               .help = "the support level: tools, expiry, launcher",
               .words = {"tier"}},
              {.name = "overlays",
               .type = Type::value,
               .help = "folders whose files go into the image; later ones win",
               .list = true,
               .words = {"overlay"}},
              {.name = "drivers",
               .type = Type::value,
               .help = "driver packages for the devices of the PCs",
               .list = true,
               .words = {"drivers"}},
              {.name = "defender",
               .type = Type::value,
               .help = "definitions for a malware scanner of yours",
               .words = {"defender"}},
              {.name = "debuggers",
               .type = Type::value,
               .help = "the Debugging Tools for Windows, for Crash Analyzer",
               .words = {"debuggers"}},
              {.name = "symbols",
               .type = Type::value,
               .help = "symbols of the Windows that the PCs run, for Crash Analyzer",
               .words = {"symbols"}},
              {.name = "remove",
               .type = Type::value,
               .help = "what is taken out of the base; overlays and settings come after it",
               .list = true,
               .words = {"remove"}},
              {.name = "registry",
               .type = Type::value,
               .help = "values and keys of the image's registry, set or deleted",
               .list = true,
               .words = {"registry"}},
          },
  };
  for (recipe::Field& field : shell_fields()) schema.fields.push_back(std::move(field));
  for (recipe::Field& field : setting_fields()) schema.fields.push_back(std::move(field));
  schema.fields.push_back(
      {.name = "requires",
       .type = Type::text,
       .help = "packages that the base must have, such as \"WinPE-PowerShell\": optional "
               "components cannot be added on Linux",
       .list = true,
       .max = 200});
  schema.fields.push_back(
      {.name = "min_build",
       .type = Type::integer,
       .help =
           "the oldest build of Windows that the base may be, by its kernel's file version: 26100; "
           "enablement packages do not raise that",
       .min = 1,
       .max = 999999});
  schema.fields.push_back(
      {.name = "compression_level",
       .type = Type::integer,
       .help = "effort for what is added: 20 is fast, 50 is some 4 % smaller for eight times the "
               "CPU; the base is recompressed only if it is an .esd",
       .fallback = "20",
       .min = 1,
       .max = 100});
  return schema;
}

const recipe::Schema schema = make_schema();

// What the stage has to know of the tier. The files of each tool are components of their own,
// shared by all tiers that allow it.
template <typename AddTree>
nlohmann::ordered_json plan_tier(graph::Planner& planner, const recipe::Node& image,
                                 const graph::Binding& binding, AddTree&& add_tree) {
  nlohmann::ordered_json parameters = tier_record(image, planner.evaluation().as_of);
  parameters["revision"] = image_revision(image);
  std::vector<recipe::NodeRef> allowed = tools_of(image);
  for (std::size_t i = 0; i < allowed.size(); ++i) {
    nlohmann::ordered_json& known = parameters["tools"][i];
    known["allow_missing"] = allowed[i]->texts("allow_missing");
    known["trees"] = nlohmann::ordered_json::array();
    for (const recipe::NodeRef& files : allowed[i]->nodes("files")) {
      graph::Planned tree = planner.plan(files, binding);
      known["trees"].push_back(tree.file);
      add_tree(tree);
    }
  }
  parameters["forbid"] = forbidden_by(*image.node("tier"));
  return parameters;
}

graph::Planned plan(graph::Planner& planner, const recipe::NodeRef& node, const graph::Binding&) {
  std::string name = node->text("name");
  std::string title = node->has("title") ? node->text("title") : name;
  check_shell_fields(*node);
  std::int64_t level = node->integer("compression_level");
  recipe::NodeRef from = node->node("from");
  graph::Planned source = planner.plan(from, {});
  graph::Binding binding{.arch = from->text("arch")};
  std::string source_record = source.records.front();

  graph::Edge edge{.kind = "wim", .origin = node};
  edge.label = fmt::format("WIM {}/{}", planner.recipe(), name);
  graph::Planned planned;
  std::string base = source.file;
  edge.parameters["source_record"] = source_record;
  recipe::NodeRef support = node->node("tier");
  if (node->has("remove") || (support && support->has("forbid"))) {
    graph::Planned removal = plan_removal(planner, node, base, source_record);
    base = removal.file;
    planned.records.push_back(removal.records.front());
    edge.parameters["removal_record"] = removal.records.front();
  }
  edge.parameters["base"] = base;
  edge.parameters["name"] = name;
  edge.parameters["title"] = title;
  edge.parameters["description"] = node->text("description");
  edge.parameters["compression_level"] = level;
  edge.parameters["requires"] = node->texts("requires");
  edge.parameters["min_build"] = node->integer("min_build");
  edge.parameters["startnet_alone"] = node->has("startnet") && !node->has("winpeshl");
  edge.parameters["shell"] = shell_of(*node);
  edge.parameters["winre_tool"] = node->text("winre_tool");
  edge.parameters["arch"] = binding.arch;
  edge.parameters["trees"] = nlohmann::ordered_json::array();
  edge.parameters["components"] = nlohmann::ordered_json::array();
  edge.parameters["clock"] = planner.clock();

  std::vector<std::string> trees;
  auto add_tree = [&](const graph::Planned& tree) {
    if (std::find(trees.begin(), trees.end(), tree.file) != trees.end()) return;
    trees.push_back(tree.file);
    edge.parameters["components"].push_back(plan_component(planner, node, tree, level));
    if (tree.parts.contains("listed_by"))
      edge.parameters["listed_by"].push_back(tree.parts.at("listed_by"));
  };
  // Before the overlays, which may bring a tool's settings.
  if (support) edge.parameters["tier"] = plan_tier(planner, *node, binding, add_tree);
  for (const recipe::NodeRef& overlay : node->nodes("overlays")) {
    graph::Planned tree = planner.plan(overlay, binding);
    edge.parameters["trees"].push_back(tree.file);
    add_tree(tree);
  }
  PlannedDrivers packages = plan_drivers(planner, node, binding, source_record);
  if (!packages.record.empty()) {
    edge.parameters["drivers"] = nlohmann::ordered_json::array();
    for (const graph::Planned& tree : packages.trees) {
      edge.parameters["drivers"].push_back(tree.file);
      add_tree(tree);
    }
    edge.parameters["drivers_record"] = packages.record;
    planned.records.push_back(packages.record);
  }
  PlannedEvidence evidence = plan_evidence(
      planner, node, binding, edge.parameters.value("drivers", std::vector<std::string>()));
  if (!evidence.trees.empty()) edge.parameters["evidence"] = nlohmann::ordered_json::array();
  for (const graph::Planned& tree : evidence.trees) {
    edge.parameters["evidence"].push_back(tree.file);
    add_tree(tree);
  }
  for (const auto& [key, record] : evidence.records) {
    edge.parameters[key] = record.front();  // an image has one of each
    planned.records.push_back(record.front());
  }
  graph::Planned settings = plan_settings(planner, node, binding,
                                          {base, source_record, packages.record, evidence.records});
  if (!settings.file.empty()) {
    edge.parameters["settings"] = settings.file;
    edge.parameters["settings_record"] = settings.records.front();
    planned.records.push_back(settings.records.front());
    add_tree(settings);
  }
  edge.inputs = {base, source_record};
  edge.inputs.insert(edge.inputs.end(), planned.records.begin(), planned.records.end());
  edge.inputs.insert(edge.inputs.end(), trees.begin(), trees.end());
  for (const auto& component : edge.parameters["components"]) edge.inputs.push_back(component);
  edge.outputs = {fmt::format("{}/{}/boot.wim", planner.recipe(), name)};
  if (!packages.record.empty()) {
    edge.outputs.push_back(fmt::format("{0}/{1}/{1}.drivers.txt", planner.recipe(), name));
    planner.add_product(
        {planner.recipe(), name, "drivers", edge.outputs.back(), {packages.record}, node});
  }
  edge.outputs.push_back(fmt::format(".store/wim/{}.{}.record", planner.recipe(), name));
  edge.pool = "compress";

  planned.file = edge.outputs[0];
  planned.parts = source.parts;
  planned.parts["title"] = title;
  planned.parts["arch"] = binding.arch;
  planned.parts["source_record"] = source_record;
  planned.records.insert(planned.records.begin(), edge.outputs.back());
  planned.records.insert(planned.records.end(), source.records.begin(), source.records.end());
  planner.add(std::move(edge));
  planner.add_product({planner.recipe(), name, "wim", planned.file, planned.records, node});
  return planned;
}

// The base is ours: what is wrong with it is not the user's file.
void check_base(const fs::path& base) {
  try {
    wim::File(Slice::whole(base), base.string());
  } catch (const Failure&) {
    fail_damaged(base);
  }
}

nlohmann::ordered_json file_record(const TreeEntry& entry, const wim::Replacement* replaced) {
  nlohmann::ordered_json json;
  json["path"] = entry.target;
  json["origin"] = entry.origin;
  json["size"] = entry.size;
  json["sha256"] = entry.sha256;
  if (replaced != nullptr) {
    json["replaces"] = replaced->path;
    if (!replaced->short_name_lost.empty()) json["short_name_lost"] = replaced->short_name_lost;
    if (replaced->streams_lost > 0) json["streams_lost"] = replaced->streams_lost;
  }
  return json;
}

nlohmann::ordered_json files_record(const std::vector<TreeEntry>& entries,
                                    const std::vector<wim::Replacement>& replacements) {
  std::map<std::string, const wim::Replacement*> by_path;
  for (const wim::Replacement& r : replacements) by_path[fold_case(r.path)] = &r;
  nlohmann::ordered_json files = nlohmann::ordered_json::array();
  for (const TreeEntry& entry : entries) {
    if (entry.directory) continue;
    auto replaced = by_path.find(fold_case(entry.target));
    files.push_back(file_record(entry, replaced != by_path.end() ? replaced->second : nullptr));
  }
  return files;
}

// What was removed everywhere must not come back under another name.
void check_stays_removed(const graph::Job& job, const nlohmann::ordered_json& removal,
                         const std::vector<TreeEntry>& entries) {
  std::map<std::string, nlohmann::json> gone;  // by SHA-1
  for (const auto& removed : removal.at("removed")) {
    if (!removed.value("everywhere", false) || removed.at("size") == 0) continue;
    auto [known, fresh] = gone.emplace(removed.at("sha1"), removed);
    // The name that people know, not the one in WinSxS.
    if (removed.at("path").get_ref<const std::string&>().size() <
        known->second.at("path").get_ref<const std::string&>().size())
      known->second = removed;
  }
  if (gone.empty()) return;
  wim::File image(Slice::whole(job.part(0)), job.output(0));
  for (const wim::Entry& entry : image.list(1)) {
    auto found = gone.find(entry.sha1);
    if (found == gone.end()) continue;
    auto brought = std::find_if(entries.begin(), entries.end(), [&](const TreeEntry& e) {
      return fold_case(e.target) == fold_case(entry.path);
    });
    const nlohmann::json& removed = found->second;
    const nlohmann::json& p = job.parameters();
    const bool forbidden =
        p.contains("tier") && std::find(p["tier"]["forbid"].begin(), p["tier"]["forbid"].end(),
                                        removed.at("pattern")) != p["tier"]["forbid"].end();
    job.fail_at(forbidden ? "tier" : "remove",
                fmt::format("'{}' ({}) has the content of '{}', which is {}", entry.path,
                            brought != entries.end() ? brought->origin : "of the base",
                            removed.at("path").get<std::string>(),
                            forbidden ? "forbidden by the tier" : "removed everywhere"),
                forbidden ? "leave the file out of the image"
                          : "leave the file out of the image, or do not remove it everywhere");
  }
}

// What the shell, the debuggers and the tier of the image promise, held against what will be in it.
// Returns what the manifest says of that.
nlohmann::ordered_json check_promises(graph::Job& job, const Content& content,
                                      const nlohmann::ordered_json& removal) {
  const nlohmann::json& p = job.parameters();
  nlohmann::ordered_json report = nlohmann::ordered_json::object();
  const bool winre = job.text("shell") == "winre";
  const bool debuggers = p.contains("debuggers_record");
  if (!p.contains("tier") && !winre && !debuggers) return report;
  wim::File base(Slice::whole(job.text("base")), job.text("base"));
  if (debuggers)
    check_debuggers_run(job, graph::read_record(job.text("debuggers_record")), base,
                        content.entries);
  if (winre) {
    check_winre_shell(job, base, content.entries, content.overlays);
    if (!removal.is_null()) check_winre_removals(job, removal);
  }
  if (!p.contains("tier")) return report;
  TreeReader read = [&](const std::string& name) -> const std::vector<TreeEntry>& {
    return content.listed.at(name);
  };
  check_not_brought_back(job, content.entries);
  warn_of_replaced_tools(job, content.overlays, read);
  const StartedPrograms started = check_tools_run(job, base, content.entries, read);
  report["tier"] = tier_section(p.at("tier"), removal, started, read);
  report["back_doors"] = back_doors(base, content.entries, p.at("tier"));
  return report;
}

// `base` is the record of what is written on.
wim::UpdateOptions update_options(const graph::Job& job, const std::vector<TreeEntry>& entries,
                                  const nlohmann::ordered_json& base) {
  const nlohmann::json& p = job.parameters();
  // What the image is made of, so that no two images share a GUID; never a path of this machine.
  Sha256 identity;
  for (std::string_view key : {"name", "title", "description"})
    identity.update(job.text(key) + "\n");
  identity.update(p.at("clock").dump() + p.at("compression_level").dump());
  identity.update(base.at("guid").get<std::string>());
  for (const TreeEntry& entry : entries) identity.update(entry.target + "\n" + entry.sha256 + "\n");

  wim::UpdateOptions options;
  options.name = job.text("title");
  options.description = job.text("description");
  options.guid = derived_guid("wim " + identity.hex());
  options.clock = p.at("clock");
  options.level = p.at("compression_level");
  for (const auto& component : p.at("components"))
    options.components.emplace_back(component.get<std::string>());
  return options;
}

void run(graph::Job& job) {
  const nlohmann::json& p = job.parameters();
  nlohmann::ordered_json source = graph::read_record(job.text("source_record"));
  check_demands(job, source.at("image"));
  Content content = read_content(job);
  const std::vector<TreeEntry>& entries = content.entries;
  std::vector<wim::Addition> additions = job.about(
      "overlays", [&] { return checked_additions(entries, content.listings(), content.digests); });
  check_base(job.text("base"));
  nlohmann::ordered_json removal;
  if (p.contains("removal_record")) removal = graph::read_record(job.text("removal_record"));
  nlohmann::ordered_json promises = check_promises(job, content, removal);
  wim::UpdateOptions options =
      update_options(job, entries, removal.is_null() ? source.at("base") : removal);
  std::vector<wim::Replacement> replacements = job.about("overlays", [&] {
    try {
      return wim::update(job.text("base"), additions, options, job.part(0));
    } catch (const wim::ContentChanged& change) {
      fail_changed(change, entries, content.listings());
    }
  });
  if (!removal.is_null()) check_stays_removed(job, removal, entries);

  nlohmann::ordered_json record;
  record["file"] = job.output(0);
  record["name"] = job.text("name");
  record["title"] = job.text("title");
  record["source"] = job.text("source_record");
  for (const char* key : {"removal_record", "settings_record", "drivers_record",
                          "definitions_record", "debuggers_record", "symbols_record"}) {
    if (p.contains(key)) record[key] = p.at(key);
  }
  if (p.contains("drivers_record"))
    job.write_text(1,
                   driver_table(graph::read_record(job.text("drivers_record")), job.text("name")));
  record["guid"] = guid_text(options.guid);
  record["shell"] = p.at("shell");
  record["requires"] = p.at("requires");
  record["serviceable"] = removal.is_null() || removal.at("removed").empty();
  record.update(promises);
  record["files"] = files_record(entries, replacements);
  job.write_record(std::move(record));
}

}  // namespace

const graph::Kind wim = {"wim", &schema, plan, run};

}  // namespace remedia::kinds
