#include "kinds/inputs.h"

#include "formats/authenticode.h"
#include "formats/pe.h"
#include "graph/job.h"
#include "kinds/kinds.h"
#include "kinds/signer_record.h"
#include "support/digest.h"
#include "support/tree.h"

#include <algorithm>
#include <optional>
#include <set>
#include <tuple>

namespace remedia::kinds {

namespace {

using Json = nlohmann::ordered_json;

// What a program says of itself; nothing of other files, and of damaged ones. Whether a signature
// is demanded, the words decide that know what the file is for.
void add_program_facts(const Slice& content, Json& entry) {
  try {
    pe::Image image(content, "");
    if (auto version = pe::version_resource(image)) entry["version"] = version->file.text();
    if (auto signer = authenticode::embedded_signer(content, "", {}))
      entry["signer"] = signer_record(*signer);
  } catch (const Failure&) {
  }
}

// One file is locked as it is, whatever was taken out of it: so it can be fetched, too.
Json entry_of_file(graph::Job& job, const fs::path& file, const std::string& written) {
  job.reads_named(file);
  Json entry = {{"path", written}, {"size", fs::file_size(file)}, {"sha256", job.digest(file)}};
  add_program_facts(Slice::whole(file), entry);
  return entry;
}

// Of a folder: the digest of what it holds, whatever the order.
Json entry_of_tree(const std::string& tree, const std::string& written) {
  std::vector<TreeEntry> files = read_tree(tree);
  std::erase_if(files, [](const TreeEntry& file) { return file.directory; });
  Json entry = {{"path", written}};
  std::sort(files.begin(), files.end(), [](const TreeEntry& a, const TreeEntry& b) {
    return std::tie(a.origin, a.sha256) < std::tie(b.origin, b.sha256);
  });
  Sha256 digest;
  std::uint64_t size = 0;
  for (const TreeEntry& file : files) {
    digest.update(file.origin + "\n" + file.sha256 + "\n");
    size += file.size;
  }
  entry["size"] = size;
  entry["sha256"] = digest.hex();
  return entry;
}

std::string version_of(const Json& image) {
  std::string version = image.at("kernel_version");
  return version.empty() ? image.at("version").get<std::string>() : version;
}

// Of a folder, the record lists the WIMs; what else was taken of it are its boot files.
Json boot_files_of(const Json& record, const std::string& written) {
  Json entry = {{"path", written}};
  Sha256 digest;
  std::uint64_t size = 0;
  for (const auto& file : record.at("boot_files")) {
    digest.update(file.at("path").get<std::string>() + "\n" + file.at("sha256").get<std::string>() +
                  "\n");
    size += file.at("size").get<std::uint64_t>();
  }
  entry["size"] = size;
  entry["sha256"] = digest.hex();
  return entry;
}

Json entries_of_source(const Json& record, const std::string& written) {
  Json entries = Json::array();
  bool whole = false;
  for (Json entry : record.at("inputs")) {
    whole = whole || entry.at("path") == written;
    entry["version"] = version_of(record.at("image"));
    entries.push_back(std::move(entry));
  }
  if (!whole) entries.push_back(boot_files_of(record, written));
  return entries;
}

/// `others`: how the recipe writes the other inputs of this word.
Json entries_of(graph::Job& job, const Json& input, std::set<std::string> others) {
  std::string listing = input.at("listing");
  std::string written = input.at("written");
  fs::path file = input.at("file").get<std::string>();
  if (!file.empty() && fs::is_regular_file(file))
    return Json::array({entry_of_file(job, file, written)});
  if (listing.empty()) return Json::array();
  if (listing.ends_with(".tree")) return Json::array({entry_of_tree(listing, written)});
  Json record = graph::read_record(listing);
  if (record.at("stage") == "source") return entries_of_source(record, written);
  // What it needs beside it, as the cabinets of an .msi, belongs to it.
  others.erase(written);
  Json entries = Json::array();
  for (const auto& entry : record.at("inputs")) {
    if (!others.contains(entry.at("path").get<std::string>())) entries.push_back(entry);
  }
  return entries;
}

// Two images may read different parts of one folder; together they are what is locked.
Json merged(const std::vector<Json>& entries) {
  Json entry = entries.front();
  for (const Json& one : entries) {
    if (!one.at("by_signer").get<bool>()) entry["by_signer"] = false;
    if (entry.contains("signer") && one.value("signer", Json()) != entry["signer"])
      entry["signer"]["anchored"] = false;
  }
  bool same = std::all_of(entries.begin(), entries.end(),
                          [&](const Json& one) { return one.at("sha256") == entry.at("sha256"); });
  if (same) return entry;
  Sha256 digest;
  std::uint64_t size = 0;
  for (const Json& one : entries) {
    digest.update(one.at("sha256").get<std::string>() + "\n");
    size += one.at("size").get<std::uint64_t>();
  }
  entry["sha256"] = digest.hex();
  entry["size"] = size;
  return entry;
}

void run(graph::Job& job) {
  std::map<std::string, std::vector<Json>> by_path;
  std::map<std::string, std::set<std::string>> seen;
  std::set<std::string> all;
  for (const auto& input : job.parameters().at("inputs")) all.insert(input.at("written"));
  for (const auto& input : job.parameters().at("inputs")) {
    for (Json entry : entries_of(job, input, all)) {
      std::string path = entry.at("path");
      // What nobody signed can only be held to its content.
      entry["by_signer"] = input.at("pin") == "signer" && entry.contains("signer");
      std::string known = entry.at("sha256").get<std::string>() + entry["by_signer"].dump() +
                          entry.value("signer", Json()).dump();
      if (!seen[path].insert(known).second) continue;
      entry["written"] = input.at("written");
      by_path[path].push_back(std::move(entry));
    }
  }
  Json record;
  record["word"] = job.parameters().at("word");
  record["entries"] = Json::array();
  for (auto& [path, entries] : by_path) {
    std::sort(entries.begin(), entries.end(),
              [](const Json& a, const Json& b) { return a.at("sha256") < b.at("sha256"); });
    record["entries"].push_back(merged(entries));
  }
  job.write_record(std::move(record));
}

LockEntry lock_entry(const std::string& word, const Json& json) {
  LockEntry entry;
  entry.word = word;
  entry.path = json.at("path");
  entry.size = json.at("size");
  entry.sha256 = json.at("sha256");
  entry.version = json.value("version", "");
  entry.date = json.value("date", "");
  entry.by_signer = json.at("by_signer");
  if (!json.contains("signer")) return entry;
  const Json& signer = json.at("signer");
  entry.signer = LockSigner{.name = signer.at("name"),
                            .issuer = signer.at("issuer"),
                            .sha256 = signer.at("sha256"),
                            .anchored = signer.value("anchored", false)};
  return entry;
}

}  // namespace

std::map<std::string, std::string> plan_inputs(graph::Planner& planner) {
  std::map<std::string, graph::Edge> edges;
  for (const graph::Input& input : planner.inputs()) {
    graph::Edge& edge = edges[input.word];
    Json json = {{"written", input.written},
                 {"listing", input.listing},
                 {"pin", input.pin},
                 {"file", input.file}};
    auto& list = edge.parameters["inputs"];
    if (std::find(list.begin(), list.end(), json) != list.end()) continue;
    list.push_back(std::move(json));
    bool fresh = !input.listing.empty() && std::find(edge.inputs.begin(), edge.inputs.end(),
                                                     input.listing) == edge.inputs.end();
    if (fresh) edge.inputs.push_back(input.listing);
  }
  std::map<std::string, std::string> records;
  for (auto& [word, edge] : edges) {
    edge.kind = "inputs";
    edge.label = fmt::format("INPUTS {} {}", planner.recipe(), word);
    edge.origin = planner.products().back().origin;
    edge.parameters["word"] = word;
    edge.outputs = {fmt::format(".store/inputs/{}.{}.record", planner.recipe(), word)};
    records[word] = edge.outputs[0];
    planner.add(std::move(edge));
  }
  return records;
}

std::vector<FoundInput> read_inputs(const fs::path& file) {
  Json record = graph::read_record(file);
  std::vector<FoundInput> found;
  for (const auto& json : record.at("entries"))
    found.push_back({lock_entry(record.at("word"), json), json.at("written")});
  return found;
}

const graph::Kind inputs = {"inputs", nullptr, nullptr, run};

}  // namespace remedia::kinds
