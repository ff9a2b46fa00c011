// Which PDBs a folder holds: a stage that no recipe names.
//
// Each is asked for its own GUID and age, whatever the folder it lies in is called; a few words of
// each file are read. It does not depend on the image: all images that name the folder share it,
// and a second look costs a stat() for each file. What cannot be used is said and left out, since
// one damaged file among 10,000 is no reason to stop, unless it is wanted.

#include "kinds/symbol_files.h"

#include "formats/pdb.h"
#include "formats/win_names.h"
#include "graph/job.h"
#include "kinds/folder_walk.h"
#include "kinds/kinds.h"
#include "support/utf8.h"

#include <algorithm>
#include <set>

namespace remedia::kinds {

namespace {

constexpr std::size_t kMostFiles = 500'000;  // beyond that somebody named the wrong folder
constexpr std::size_t kMostWarnings = 10;
// What is remembered of a file is one word of at least that length; the first letter says of what.
constexpr std::size_t kWord = 64;
constexpr char kReadable = '=';
constexpr char kUnreadable = '!';

std::string as_word(char kind, std::string_view text) {
  std::string word(1, kind);
  for (char c : text) word += fmt::format("{:02x}", static_cast<unsigned char>(c));
  return word + std::string(kWord, '.');
}

std::string text_of_word(std::string_view word) {
  std::string text;
  for (std::size_t i = 1; i + 1 < word.size() && word[i] != '.'; i += 2) {
    const std::string digits(word.substr(i, 2));
    text += static_cast<char>(std::strtoul(digits.c_str(), nullptr, 16));
  }
  return text;
}

class Listing {
 public:
  explicit Listing(graph::Job& job) : job_(job) {}

  void add(const FoundFile& found) {
    if (found.directory) return;
    const std::string name = found.path.substr(found.path.rfind('/') + 1);
    if (std::optional<symbols::FileName> file = symbols::file_name(name)) {
      add_pdb(found, *file);
    } else if (fold_case(name) == "FILE.PTR" || fold_case(name) == "REFS.PTR") {
      if (auto id = symbols::claimed(found.path)) pointers_.try_emplace(folded(*id), found.shown);
    }
  }

  void finish() {
    const std::size_t held = files_.size() + unusable_.size();
    if (held == 0) job_.warn("paths", fmt::format("there is no PDB in '{}'", text("written")));
    // symstore leaves a refs.ptr beside each file that it stores.
    for (const nlohmann::ordered_json& file : files_)
      pointers_.erase(folded({file.at("pdb"), file.at("key")}));
    warn();
    nlohmann::ordered_json pointers = nlohmann::ordered_json::array();
    for (const auto& [id, shown] : pointers_)
      pointers.push_back({{"pdb", id.pdb}, {"key", id.key}, {"shown", shown}});
    job_.write_record({{"written", text("written")},
                       {"files", std::move(files_)},
                       {"unusable", std::move(unusable_)},
                       {"pointers", std::move(pointers)}});
  }

 private:
  std::string text(std::string_view name) const { return job_.text(name); }
  static symbols::Id folded(const symbols::Id& id) { return {fold_case(id.pdb), id.key}; }

  void add_pdb(const FoundFile& found, const symbols::FileName& name) {
    if (files_.size() == kMostFiles) {
      job_.fail_at("paths",
                   fmt::format("'{}' holds more than {} PDBs", text("written"), kMostFiles),
                   "name the folders of the Windows that are meant");
    }
    if (!is_utf8(found.path)) {
      return unusable(name.pdb, fmt::format("the path of '{}' is not UTF-8", found.shown));
    }
    std::optional<symbols::Id> claim;
    if (name.packed) claim = symbols::claimed(found.path);
    if (claim && fold_case(claim->pdb) != fold_case(name.pdb)) claim.reset();
    std::string key;
    if (claim) {
      job_.reads(found.file);
      key = claim->key;
    } else {
      const std::string word = job_.remembered(found.file, [&] { return find_out(found, name); });
      if (word.empty() || word[0] != kReadable) return unusable(name.pdb, text_of_word(word));
      key = text_of_word(word);
    }
    files_.push_back({{"pdb", name.pdb},
                      {"key", key},
                      {"path", found.path},
                      {"file", found.file.string()},
                      {"shown", found.shown},
                      {"size", found.size},
                      {"packed", name.packed},
                      {"claimed", claim.has_value()}});
  }

  std::string find_out(const FoundFile& found, const symbols::FileName& name) const {
    try {
      if (!name.packed)
        return as_word(kReadable, pdb::read_id(Slice::whole(found.file), found.shown));
      const ScratchFile scratch(job_.part(0).string() + ".unpacked");
      const Slice content = symbols::unpack(found.file, found.shown, scratch.path());
      return as_word(kReadable, pdb::read_id(content, found.shown));
    } catch (const Failure& failure) {
      return as_word(kUnreadable, failure.diagnostics().front().message);
    }
  }

  void unusable(const std::string& pdb, const std::string& why) {
    unusable_.push_back({{"pdb", is_utf8(pdb) ? pdb : ""}, {"why", why}});
  }

  void warn() const {
    for (std::size_t i = 0; i < std::min(unusable_.size(), kMostWarnings); ++i) {
      job_.warn("paths", unusable_[i].at("why").get<std::string>() + "; it is left out");
    }
    if (unusable_.size() > kMostWarnings) {
      job_.warn("paths", fmt::format("{} more files of '{}' are no PDBs that can be used",
                                     unusable_.size() - kMostWarnings, text("written")));
    }
    if (pointers_.empty()) return;
    job_.warn("paths",
              fmt::format(
                  "{} in '{}' only point to another store, the first is '{}'; "
                  "they are not followed",
                  pointers_.size() == 1 ? "1 folder" : fmt::format("{} folders", pointers_.size()),
                  text("written"), pointers_.begin()->second));
  }

  graph::Job& job_;
  nlohmann::ordered_json files_ = nlohmann::ordered_json::array();
  nlohmann::ordered_json unusable_ = nlohmann::ordered_json::array();
  std::map<symbols::Id, std::string> pointers_;
};

void run(graph::Job& job) {
  const fs::path path = job.text("folder");
  const std::string written = job.text("written");
  Listing listing(job);
  job.about("paths", [&] {
    if (fs::is_directory(path)) {
      for (const FoundFile& file : walk_folder(job, path, written)) listing.add(file);
    } else if (fs::is_regular_file(path) && symbols::file_name(path.filename().string())) {
      job.reads_named(path);
      listing.add({.path = path.filename().string(),
                   .file = path,
                   .shown = written,
                   .size = fs::file_size(path)});
    } else {
      throw Failure(Diagnostic{
          .message = fmt::format("'{}' is neither a folder nor a PDB (.pdb, .pd_)", written),
          .hint = "name a symbol store, or a folder with PDBs somewhere below it"});
    }
  });
  listing.finish();
}

}  // namespace

graph::Planned plan_symbol_files(graph::Planner& planner, const recipe::NodeRef& origin,
                                 const graph::SourcePath& path) {
  graph::Edge edge{.kind = "symbol_files", .origin = origin};
  edge.label = "SCAN " + path.written;
  edge.parameters["folder"] = path.file;
  edge.parameters["written"] = path.written;
  // Of what is remembered of files: to be raised when the same file would now give another answer.
  edge.parameters["format"] = 1;
  edge.places["paths"] = path.where;
  edge.outputs = {graph::Planner::store_path(edge, "record")};
  graph::Planned planned{.file = edge.outputs[0]};
  planner.add(std::move(edge));
  return planned;
}

SymbolFiles read_symbol_files(const fs::path& file) {
  nlohmann::ordered_json record = graph::read_record(file);
  SymbolFiles listed{.written = record.at("written"), .files = {}, .unusable = {}, .pointers = {}};
  for (const auto& entry : record.at("files")) {
    listed.files.push_back({.id = {entry.at("pdb"), entry.at("key")},
                            .path = entry.at("path"),
                            .file = entry.at("file"),
                            .shown = entry.at("shown"),
                            .size = entry.at("size"),
                            .packed = entry.at("packed"),
                            .claimed = entry.at("claimed")});
  }
  for (const auto& entry : record.at("unusable"))
    listed.unusable.emplace_back(entry.at("pdb"), entry.at("why"));
  for (const auto& entry : record.at("pointers"))
    listed.pointers.emplace_back(symbols::Id{entry.at("pdb"), entry.at("key")},
                                 entry.at("shown").get<std::string>());
  return listed;
}

const graph::Kind symbol_files = {"symbol_files", nullptr, nullptr, run};

}  // namespace remedia::kinds
