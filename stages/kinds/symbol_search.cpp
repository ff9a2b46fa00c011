// What an image wants of the symbols that folders hold: a stage that no recipe names.
//
// It finds out what is missing, writes that down for symchk, and succeeds: the list is to be there
// although the image cannot be built without them.

#include "kinds/symbol_search.h"

#include "formats/win_names.h"
#include "graph/job.h"
#include "kinds/component.h"
#include "kinds/kinds.h"
#include "media/symbol_match.h"
#include "support/tree.h"

#include <algorithm>
#include <list>
#include <map>
#include <set>

namespace remedia::kinds {

namespace {

constexpr const char* kKernel = "NTOSKRNL.EXE";
constexpr std::size_t kMostNear = 3;
constexpr const char* kDriverPrograms[] = {".sys", ".dll", ".exe"};

std::string name_of(std::string_view path) { return fold_case(path.substr(path.rfind('/') + 1)); }

/// Who asks for what.
class Asking {
 public:
  explicit Asking(graph::Job& job) : job_(job), scope_(job.text("scope")) {
    if (scope_ != "named") return;
    for (const std::string name : job.parameters().at("files")) names_[fold_case(name)] = name;
  }

  void add_windows(const SymbolIds& windows) {
    for (const Binary& binary : windows.binaries)
      add(binary, fmt::format("{} of {}", binary.path, windows.shown));
  }

  void add_drivers(const std::string& tree) {
    if (scope_ == "kernel") return;
    for (const TreeEntry& entry : read_tree(tree)) {
      if (entry.directory || entry.size == 0 || !is_meant(entry.target)) continue;
      add(read_binary(checked(entry, tree), entry.target, entry.origin), entry.target);
    }
  }

  void check() const {
    std::vector<Diagnostic> faults = faults_;
    for (const auto& [folded, name] : names_) {
      if (seen_.contains(folded)) continue;
      faults.push_back({.message = fmt::format("no binary is called '{}', neither in the Windows "
                                               "that is meant nor among the drivers of the image",
                                               name),
                        .where = job_.place("files"),
                        .hint = "names of files, such as \"ntoskrnl.exe\", without folders"});
    }
    if (!faults.empty()) throw Failure(std::move(faults));
  }

  symbols::Requests& requests() { return requests_; }

 private:
  bool is_meant(const std::string& target) const {
    const std::string name = name_of(target);
    if (scope_ == "named") return names_.contains(name);
    return std::any_of(std::begin(kDriverPrograms), std::end(kDriverPrograms),
                       [&](const char* ending) { return name.ends_with(fold_case(ending)); });
  }

  // What is listed may have changed since; what lies in a pack is ours.
  Slice checked(const TreeEntry& entry, const std::string& tree) const {
    const std::string trees[] = {tree};
    if (entry.offset == 0 && job_.listed_digest(entry.source) != entry.sha256)
      fail_changed(entry.origin, trees);
    return entry.slice();
  }

  // A program that is meant by its name has to have symbols; one of many need not.
  void add(const Binary& binary, const std::string& shown) {
    const std::string name = name_of(binary.path);
    seen_.insert(name);
    if (!binary.pdb.empty()) return requests_.add({binary.pdb, binary.key}, shown);
    const std::string why =
        binary.fault.empty() ? fmt::format("{} names no PDB", shown) : binary.fault;
    if (scope_ == "named" || (scope_ == "kernel" && name == kKernel)) {
      faults_.push_back({.message = why,
                         .where = job_.place(scope_ == "named" ? "files" : "scope"),
                         .hint = "name it by ids = { ... } if you know which PDB it has"});
    } else if (scope_ == "kernel" || !binary.fault.empty()) {
      job_.warn("scope", fmt::format("{}; its symbols are left out", why));
    }
  }

  graph::Job& job_;
  std::string scope_;
  std::map<std::string, std::string> names_;  // as the recipe has them, by folded name
  std::set<std::string> seen_;
  std::vector<Diagnostic> faults_;
  symbols::Requests requests_;
};

/// What there is.
class Holdings {
 public:
  explicit Holdings(const nlohmann::json& scans) {
    for (const std::string scan : scans) {
      listed_.push_back(read_symbol_files(scan));
      for (const SymbolFile& file : listed_.back().files) {
        index_.add(file.id, files_.size(), file.packed);
        files_.push_back({listed_.size() - 1, &file});
      }
      for (const auto& [pdb, why] : listed_.back().unusable) unusable_.emplace(fold_case(pdb), why);
      for (const auto& [pointed, shown] : listed_.back().pointers)
        pointers_.emplace(std::make_pair(fold_case(pointed.pdb), pointed.key), shown);
    }
  }

  nlohmann::ordered_json files_of(const symbols::Id& id) const {
    nlohmann::ordered_json list = nlohmann::ordered_json::array();
    for (std::size_t number : index_.find(id)) {
      const auto& [scan, file] = files_[number];
      list.push_back({{"scan", scan},
                      {"path", file->path},
                      {"file", file->file},
                      {"shown", file->shown},
                      {"size", file->size},
                      {"packed", file->packed}});
    }
    return list;
  }

  std::vector<std::string> near_by(const symbols::Id& id) const {
    std::vector<std::string> texts;
    const std::vector<std::string> keys = index_.other_keys(id);
    for (std::size_t i = 0; i < std::min(keys.size(), kMostNear); ++i) {
      const std::size_t first = index_.find({id.pdb, keys[i]}).front();
      texts.push_back(
          fmt::format("there is {} with {} ('{}')", id.pdb, keys[i], files_[first].second->shown));
    }
    if (keys.size() > kMostNear)
      texts.push_back(fmt::format("and with {} other keys", keys.size() - kMostNear));
    const std::string name = fold_case(id.pdb);
    for (auto [it, end] = unusable_.equal_range(name); it != end && texts.size() < 2 * kMostNear;
         ++it)
      texts.push_back(it->second);
    for (auto [it, end] = pointers_.equal_range({name, id.key}); it != end; ++it)
      texts.push_back(fmt::format("'{}' points to another store and is not followed", it->second));
    return texts;
  }

 private:
  std::list<SymbolFiles> listed_;  // which does not move
  // By folded name: what cannot be used and why; pointers to other stores.
  std::multimap<std::string, std::string> unusable_;
  std::multimap<std::pair<std::string, std::string>, std::string> pointers_;
  std::vector<std::pair<std::size_t, const SymbolFile*>> files_;
  symbols::Index index_;
};

void run(graph::Job& job) {
  const nlohmann::json& p = job.parameters();
  Asking asking(job);
  for (const std::string ids : p.at("ids")) asking.add_windows(read_symbol_ids(ids));
  for (const std::string tree : p.at("driver_trees")) asking.add_drivers(tree);
  asking.check();
  for (const auto& id : p.at("asked"))
    asking.requests().add({id.at("pdb"), id.at("key")}, "the recipe's list");

  const Holdings holdings(p.at("scans"));
  nlohmann::ordered_json found = nlohmann::ordered_json::array();
  std::vector<symbols::Id> missing;
  for (const symbols::Wanted& wanted : asking.requests().take()) {
    nlohmann::ordered_json files = holdings.files_of(wanted.id);
    nlohmann::ordered_json near = nlohmann::ordered_json::array();
    if (files.empty()) {
      missing.push_back(wanted.id);
      near = holdings.near_by(wanted.id);
    }
    found.push_back({{"pdb", wanted.id.pdb},
                     {"key", wanted.id.key},
                     {"binaries", wanted.binaries},
                     {"files", std::move(files)},
                     {"near", std::move(near)}});
  }
  job.write_text(0, symbols::write_requests(std::move(missing)));
  job.write_record({{"wanted", std::move(found)}});
}

}  // namespace

std::string plan_symbol_search(graph::Planner& planner, const recipe::NodeRef& origin,
                               const SymbolSearch& search) {
  graph::Edge edge{.kind = "symbol_search", .origin = origin};
  edge.label = "FIND symbols " + search.title;
  edge.parameters["list"] = search.list;
  edge.parameters["scans"] = search.scans;
  edge.parameters["ids"] = search.ids;
  edge.parameters["driver_trees"] = search.driver_trees;
  constexpr const char* kWords[] = {"kernel", "all", "named"};
  edge.parameters["scope"] = kWords[static_cast<int>(search.scope.kind)];
  edge.parameters["files"] = search.scope.names;
  edge.parameters["asked"] = nlohmann::ordered_json::array();
  for (const symbols::Id& id : search.asked)
    edge.parameters["asked"].push_back({{"pdb", id.pdb}, {"key", id.key}});
  for (const auto* list : {&search.scans, &search.ids, &search.driver_trees})
    edge.inputs.insert(edge.inputs.end(), list->begin(), list->end());
  edge.outputs = {search.list, graph::Planner::store_path(edge, "record")};
  std::string record = edge.outputs[1];
  planner.add(std::move(edge));
  return record;
}

std::vector<FoundSymbols> read_found_symbols(const fs::path& file) {
  std::vector<FoundSymbols> list;
  const nlohmann::ordered_json record = graph::read_record(file);
  for (const auto& entry : record.at("wanted")) {
    FoundSymbols& found = list.emplace_back();
    found.id = {entry.at("pdb"), entry.at("key")};
    found.binaries = entry.at("binaries").get<std::vector<std::string>>();
    found.near_by = entry.at("near").get<std::vector<std::string>>();
    for (const auto& one : entry.at("files")) {
      found.scans.push_back(one.at("scan"));
      found.files.push_back({.id = found.id,
                             .path = one.at("path"),
                             .file = one.at("file"),
                             .shown = one.at("shown"),
                             .size = one.at("size"),
                             .packed = one.at("packed")});
    }
  }
  return list;
}

const graph::Kind symbol_search = {"symbol_search", nullptr, nullptr, run};

}  // namespace remedia::kinds
