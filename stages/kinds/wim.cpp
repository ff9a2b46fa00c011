// wim { ... }: one Windows image, from a base and what goes into it.
//
// The base's bytes are copied verbatim and the additions appended, so nothing is recompressed and
// the bytes never depend on what was built before.

#include "media/wim.h"

#include "formats/win_names.h"
#include "graph/graph.h"
#include "graph/job.h"
#include "kinds/kinds.h"
#include "support/tree.h"

#include <algorithm>
#include <map>

namespace remedia::kinds {

namespace {

using recipe::Type;

const recipe::Schema schema = {
    .word = "wim",
    .role = recipe::Role::image,
    .help =
        "A Windows image: a base and what goes into it. Artifacts boot it.\n"
        "Files that replace one of the base keep its attributes, times and security descriptor; "
        "the manifest lists each.",
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
            {.name = "overlays",
             .type = Type::value,
             .help = "folders whose files go into the image; later ones win",
             .list = true,
             .words = {"overlay"}},
            {.name = "compression_level",
             .type = Type::integer,
             .help =
                 "effort for what is added: 20 is fast, 50 is some 4 % smaller for eight times the "
                 "CPU; the base is never recompressed",
             .fallback = "20",
             .min = 1,
             .max = 100},
        },
};

graph::Planned plan(graph::Planner& planner, const recipe::NodeRef& node, const graph::Binding&) {
  std::string name = node->text("name");
  std::string title = node->has("title") ? node->text("title") : name;
  recipe::NodeRef from = node->node("from");
  graph::Planned base = planner.plan(from, {});
  graph::Binding binding{.arch = from->text("arch")};

  graph::Edge edge{.kind = "wim", .origin = node};
  edge.label = fmt::format("WIM {}/{}", planner.recipe(), name);
  edge.parameters["base"] = base.file;
  edge.parameters["base_record"] = base.records.front();
  edge.parameters["name"] = name;
  edge.parameters["title"] = title;
  edge.parameters["description"] = node->text("description");
  edge.parameters["compression_level"] = node->integer("compression_level");
  edge.parameters["trees"] = nlohmann::ordered_json::array();
  edge.parameters["clock"] = planner.clock();
  edge.inputs = {base.file, base.records.front()};
  for (const recipe::NodeRef& overlay : node->nodes("overlays")) {
    std::string tree = planner.plan(overlay, binding).file;
    edge.parameters["trees"].push_back(tree);
    if (std::find(edge.inputs.begin(), edge.inputs.end(), tree) == edge.inputs.end())
      edge.inputs.push_back(tree);
  }
  edge.outputs = {fmt::format("{}/{}/boot.wim", planner.recipe(), name),
                  fmt::format(".store/wim/{}.{}.record", planner.recipe(), name)};
  edge.pool = "compress";

  graph::Planned planned{.file = edge.outputs[0], .parts = base.parts};
  planned.parts["title"] = title;
  planned.parts["arch"] = binding.arch;
  planned.records = {edge.outputs[1]};
  planned.records.insert(planned.records.end(), base.records.begin(), base.records.end());
  planner.add(std::move(edge));
  planner.add_product({planner.recipe(), name, "wim", planned.file, planned.records, node});
  return planned;
}

/// What all trees together put into the image. Later trees win over earlier ones, file by file.
class Layers {
 public:
  void add(const TreeEntry& entry) {
    std::string key = fold_case(entry.target);
    check_parents(entry, key);
    auto found = entries_.find(key);
    if (found != entries_.end() && found->second.directory != entry.directory) {
      collision(found->second, entry);
    }
    // A folder that two overlays share is the same folder.
    if (found != entries_.end() && entry.directory) return;
    if (found == entries_.end() && !entry.directory) check_children(entry, key);
    entries_[key] = entry;
  }

  std::vector<TreeEntry> take() const {
    std::vector<TreeEntry> out;
    for (const auto& [key, entry] : entries_) out.push_back(entry);
    return out;
  }

 private:
  void check_parents(const TreeEntry& entry, const std::string& key) const {
    for (std::size_t slash = key.find('/'); slash != std::string::npos;
         slash = key.find('/', slash + 1)) {
      auto parent = entries_.find(key.substr(0, slash));
      if (parent != entries_.end() && !parent->second.directory) collision(parent->second, entry);
    }
  }

  void check_children(const TreeEntry& entry, const std::string& key) const {
    auto child = entries_.lower_bound(key + "/");
    if (child != entries_.end() && child->first.starts_with(key + "/"))
      collision(child->second, entry);
  }

  [[noreturn]] static void collision(const TreeEntry& a, const TreeEntry& b) {
    fail("'{}' is a {} in '{}' and a {} in '{}'", b.target, a.directory ? "folder" : "file",
         a.origin, b.directory ? "folder" : "file", b.origin);
  }

  std::map<std::string, TreeEntry> entries_;
};

std::vector<TreeEntry> merged_trees(const graph::Job& job) {
  Layers layers;
  for (const auto& tree : job.parameters().at("trees")) {
    std::vector<TreeEntry> entries = read_tree(tree.get<std::string>());
    job.about("overlays", [&] {
      for (const TreeEntry& entry : entries) layers.add(entry);
    });
  }
  return layers.take();
}

// Between the overlay's stage and this one a file may have changed; what goes in must be what the
// tree and the manifest say. The files are not inputs of this edge: the tree is, so a touched file
// ends there.
bool fits(const TreeEntry& entry) {
  std::error_code error;
  return fs::file_size(entry.source, error) == entry.size && sha256(entry.slice()) == entry.sha256;
}

std::vector<wim::Addition> checked_additions(const std::vector<TreeEntry>& entries,
                                             const nlohmann::json& trees) {
  std::vector<wim::Addition> additions;
  for (const TreeEntry& entry : entries) {
    wim::Addition addition{.target = entry.target, .directory = entry.directory, .content = {}};
    if (!entry.directory) {
      if (!fits(entry)) {
        // ninja would not list the overlays again if the file was given an old date.
        for (const auto& tree : trees) fs::remove(tree.get<std::string>());
        throw Failure(Diagnostic{
            .message = fmt::format("'{}' changed while the image was built", entry.origin),
            .hint = "run the build again"});
      }
      addition.content = entry.slice();
    }
    additions.push_back(std::move(addition));
  }
  return additions;
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

void run(graph::Job& job) {
  std::vector<TreeEntry> entries = merged_trees(job);
  std::vector<wim::Addition> additions = job.about(
      "overlays", [&] { return checked_additions(entries, job.parameters().at("trees")); });
  check_base(job.text("base"));
  nlohmann::ordered_json base = graph::read_record(job.text("base_record"));

  // What the image is made of, so that no two images share a GUID; never a path of this machine.
  Sha256 identity;
  for (std::string_view key : {"name", "title", "description"})
    identity.update(job.text(key) + "\n");
  identity.update(job.parameters().at("clock").dump() +
                  job.parameters().at("compression_level").dump());
  identity.update(base.at("base").at("guid").get<std::string>());
  for (const TreeEntry& entry : entries) identity.update(entry.target + "\n" + entry.sha256 + "\n");

  wim::UpdateOptions options;
  options.name = job.text("title");
  options.description = job.text("description");
  options.guid = derived_guid("wim " + identity.hex());
  options.clock = job.parameters().at("clock");
  options.level = job.parameters().at("compression_level");
  std::vector<wim::Replacement> replacements = job.about(
      "overlays", [&] { return wim::update(job.text("base"), additions, options, job.part(0)); });

  nlohmann::ordered_json record;
  record["file"] = job.output(0);
  record["name"] = job.text("name");
  record["title"] = job.text("title");
  record["base"] = job.text("base_record");
  record["guid"] = guid_text(options.guid);
  record["files"] = files_record(entries, replacements);
  job.write_record(std::move(record));
}

}  // namespace

const graph::Kind wim = {"wim", &schema, plan, run};

}  // namespace remedia::kinds
