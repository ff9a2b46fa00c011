#include "kinds/symbol_tree.h"

#include "formats/pdb.h"
#include "formats/win_names.h"

namespace remedia::kinds {

namespace {

void verify(const Slice& content, const ChosenSymbol& chosen) {
  const symbols::Id& wanted = chosen.wanted->id;
  const std::string own = pdb::read_id(content, chosen.file->shown);
  if (own == wanted.key) return;
  throw Failure(
      Diagnostic{.message = fmt::format("'{}' is {} with {}, not with {}", chosen.file->shown,
                                        wanted.pdb, own, wanted.key),
                 .hint = chosen.file->packed
                             ? "its folder says otherwise: take it away, and fetch the right one"
                             : "it changed while the image was built: run the build again"});
}

}  // namespace

SymbolTree::SymbolTree(graph::Job& job)
    : job_(job), to_(job.text("to")), pack_(job.part(0), job.output(0)) {}

void SymbolTree::add(const ChosenSymbol& chosen) {
  const symbols::Id& id = chosen.wanted->id;
  const std::string target = fmt::format("{}/{}/{}/{}", to_, id.pdb, id.key, id.pdb);
  check_image_path(target);
  TreeEntry entry = chosen.file->packed ? unpacked(chosen, target) : in_place(chosen, target);
  record(chosen, entry);
  entries_.push_back(std::move(entry));
}

TreeEntry SymbolTree::unpacked(const ChosenSymbol& chosen, const std::string& target) {
  const SymbolFile& file = *chosen.file;
  job_.reads(file.file);
  const ScratchFile scratch(job_.part(0).string() + ".unpacked");
  const Slice content = symbols::unpack(file.file, file.shown, scratch.path());
  verify(content, chosen);
  pack_.add(target, content, file.shown);
  return pack_.entries().back();
}

TreeEntry SymbolTree::in_place(const ChosenSymbol& chosen, const std::string& target) {
  const SymbolFile& file = *chosen.file;
  const std::string digest = job_.digest(file.file);
  const Slice content = Slice::whole(file.file);
  verify(content, chosen);
  compare_others(chosen, digest);
  return {.target = target,
          .source = file.file,
          .size = content.size(),
          .sha256 = digest,
          .origin = file.shown};
}

// Others of the same name, GUID and age should be the same file.
void SymbolTree::compare_others(const ChosenSymbol& chosen, const std::string& digest) {
  for (const SymbolFile& other : chosen.wanted->files) {
    if (&other == chosen.file || other.packed || job_.digest(other.file) == digest) continue;
    job_.warn("paths",
              fmt::format("'{}' and '{}' are the same PDB by GUID and age, and differ; the "
                          "first is taken",
                          chosen.file->shown, other.shown));
  }
}

void SymbolTree::record(const ChosenSymbol& chosen, const TreeEntry& entry) {
  symbols_.push_back({{"pdb", chosen.wanted->id.pdb},
                      {"id", chosen.wanted->id.key},
                      {"binaries", chosen.wanted->binaries},
                      {"origin", entry.origin},
                      {"size", entry.size},
                      {"sha256", entry.sha256},
                      {"path", entry.target}});
  const auto which = static_cast<std::size_t>(chosen.file - chosen.wanted->files.data());
  taken_[chosen.wanted->scans.at(which)][chosen.file->path] = entry;
}

void SymbolTree::finish(const std::vector<FoundSymbols>& all) {
  nlohmann::ordered_json missing = nlohmann::ordered_json::array();
  for (const FoundSymbols& one : all) {
    if (!one.files.empty()) continue;
    missing.push_back({{"pdb", one.id.pdb}, {"id", one.id.key}, {"binaries", one.binaries}});
  }
  pack_.add(to_ + "/pingme.txt", "", "the root of a symbol store");
  entries_.push_back(pack_.entries().back());
  job_.keep_if_equal(0);
  job_.write_text(1, write_tree(std::move(entries_)));
  job_.write_record({{"symbols", std::move(symbols_)},
                     {"symbols_missing", std::move(missing)},
                     {"inputs", inputs()}});
}

// What was taken of each folder, so that a change of it shows; the rest of a store may grow.
nlohmann::ordered_json SymbolTree::inputs() const {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  const nlohmann::json& written = job_.parameters().at("written");
  for (std::size_t folder = 0; folder < written.size(); ++folder) {
    auto found = taken_.find(folder);
    std::uint64_t size = 0;
    std::string text;
    if (found != taken_.end()) {
      for (const auto& [path, entry] : found->second) {
        size += entry.size;
        text += fmt::format("{} {} {}\n", path, entry.size, entry.sha256);
      }
    }
    list.push_back({{"path", written[folder]},
                    {"size", size},
                    {"sha256", sha256(text)},
                    {"files", found == taken_.end() ? 0 : found->second.size()}});
  }
  return list;
}

}  // namespace remedia::kinds
