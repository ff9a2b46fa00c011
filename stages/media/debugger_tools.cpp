#include "media/debugger_tools.h"

#include "formats/pe_imports.h"
#include "formats/win_names.h"
#include "support/diagnostic.h"

#include <algorithm>
#include <map>
#include <optional>

namespace remedia {

namespace {

constexpr const char* kEngine = "dbgeng.dll";
constexpr const char* kPrograms[] = {"cdb.exe", "kd.exe"};
constexpr const char* kRequired[] = {kEngine, "dbghelp.dll", "winext/ext.dll", "winxp/kdexts.dll"};
constexpr const char* kOptional[] = {"symsrv.dll",     "symsrv.yes",        "dbgcore.dll",
                                     "dbgmodel.dll",   "srcsrv.dll",        "winext/kext.dll",
                                     "winxp/exts.dll", "winxp/ntsdexts.dll"};
constexpr const char* kTriage = "triage";
constexpr std::size_t kMostFolders = 1000;  // with the tools; beyond that it is no kit

std::string folder_of(const std::string& path) {
  const std::size_t slash = path.find_last_of('/');
  return slash == path.npos ? "" : path.substr(0, slash);
}

std::string in_folder(const std::string& folder, std::string_view name) {
  return folder.empty() ? std::string(name) : fmt::format("{}/{}", folder, name);
}

bool ends_with(const std::string& path, std::string_view ending) {
  return fold_case(path).ends_with(fold_case(ending));
}

bool is_program(const std::string& path) {
  return ends_with(path, ".exe") || ends_with(path, ".dll");
}

/// A kit's files, by paths in any case.
class Kit {
 public:
  explicit Kit(const std::vector<TreeEntry>& entries) {
    for (const TreeEntry& entry : entries) {
      if (entry.directory) continue;
      auto [known, fresh] = files_.emplace(fold_case(entry.target), &entry);
      if (!fresh) twice_.emplace(known->second, &entry);
    }
  }

  /// Another file of the same name, but for case; null if there is none.
  const TreeEntry* twin_of(const TreeEntry& entry) const {
    const auto found = twice_.find(&entry);
    return found == twice_.end() ? nullptr : found->second;
  }

  const TreeEntry* find(const std::string& folder, std::string_view name) const {
    const auto found = files_.find(fold_case(in_folder(folder, name)));
    return found == files_.end() ? nullptr : found->second;
  }

  /// All of this name, by folder.
  std::vector<const TreeEntry*> named(std::string_view name) const {
    const std::string file = fold_case(name);
    std::vector<const TreeEntry*> list;
    for (const auto& [path, entry] : files_) {
      if (path == file || path.ends_with("/" + file)) list.push_back(entry);
    }
    return list;
  }

  /// Those that lie in a folder itself.
  std::vector<const TreeEntry*> in(const std::string& folder) const {
    std::vector<const TreeEntry*> list;
    const std::string start = fold_case(folder) + "/";
    for (auto it = files_.lower_bound(start); it != files_.end() && it->first.starts_with(start);
         ++it) {
      if (it->first.find('/', start.size()) == it->first.npos) list.push_back(it->second);
    }
    return list;
  }

 private:
  std::map<std::string, const TreeEntry*> files_;  // by folded path
  std::map<const TreeEntry*, const TreeEntry*> twice_;
};

/// A folder that has the engine and a program.
struct Candidate {
  const TreeEntry* engine = nullptr;
  std::string architecture;  // empty: it is damaged
  std::string damage = {};

  std::string folder() const { return folder_of(engine->target); }
};

std::string text_of(const Candidate& candidate, const std::string& shown) {
  if (candidate.architecture.empty()) return candidate.damage;
  const std::string folder = candidate.folder();
  return fmt::format("those in '{}' are for {}", folder.empty() ? shown : shown + "/" + folder,
                     candidate.architecture);
}

class Choice {
 public:
  Choice(const std::vector<TreeEntry>& entries, std::string_view architecture,
         const std::string& shown)
      : kit_(entries), architecture_(architecture), shown_(shown) {}

  DebuggerTools make() {
    const Candidate chosen = choose_folder();
    top_ = chosen.folder();
    tools_.folder = top_;
    take_named();
    take_triage();
    follow_imports();
    read_version(*chosen.engine);
    for (const auto& [path, entry] : taken_) {
      TreeEntry& file = tools_.files.emplace_back(*entry);
      file.target = inner(*entry);
    }
    std::sort(tools_.files.begin(), tools_.files.end(),
              [](const TreeEntry& a, const TreeEntry& b) { return a.target < b.target; });
    return std::move(tools_);
  }

 private:
  /// A path from the tools' folder.
  std::string inner(const TreeEntry& entry) const {
    return top_.empty() ? entry.target : entry.target.substr(top_.size() + 1);
  }

  // Which folder.

  std::vector<Candidate> candidates() {
    std::vector<Candidate> list;
    for (const TreeEntry* engine : kit_.named(kEngine)) {
      const std::string folder = folder_of(engine->target);
      if (std::none_of(std::begin(kPrograms), std::end(kPrograms),
                       [&](const char* name) { return kit_.find(folder, name) != nullptr; }))
        continue;
      if (list.size() == kMostFolders)
        fail("'{}' has debuggers in more than {} folders", shown_, kMostFolders);
      Candidate& found = list.emplace_back(Candidate{.engine = engine, .architecture = {}});
      try {
        found.architecture = pe::Image(engine->slice(), engine->origin).header().architecture;
      } catch (const Failure& failure) {
        found.damage = failure.diagnostics().front().message;
      }
    }
    return list;
  }

  Candidate choose_folder() {
    const std::vector<Candidate> found = candidates();
    std::optional<Candidate> chosen;
    for (const Candidate& candidate : found) {
      if (candidate.architecture != architecture_) {
        tools_.looked_at.push_back(*candidate.engine);
      } else if (!chosen) {
        chosen = candidate;
      } else {
        fail_two(*chosen, candidate);
      }
    }
    if (!chosen) fail_none(found);
    return *chosen;
  }

  [[noreturn]] void fail_two(const Candidate& a, const Candidate& b) const {
    throw Failure(
        Diagnostic{.message = fmt::format("'{}' has debuggers for {} twice: '{}' and '{}'", shown_,
                                          architecture_, a.engine->origin, b.engine->origin),
                   .hint = "name the folder of those that are meant"});
  }

  [[noreturn]] void fail_none(const std::vector<Candidate>& found) const {
    if (!found.empty()) {
      std::string all;
      for (const Candidate& candidate : found)
        all += (all.empty() ? "" : "; ") + text_of(candidate, shown_);
      throw Failure(Diagnostic{
          .message = fmt::format("'{}' has no debuggers for {}: {}", shown_, architecture_, all),
          .hint = "an image needs those of its own architecture, also for dumps of others"});
    }
    std::string message = fmt::format(
        "there are no debuggers in '{}': no folder in it has dbgeng.dll and, beside it, cdb.exe or "
        "kd.exe",
        shown_);
    const std::vector<const TreeEntry*> engines = kit_.named(kEngine);
    if (!engines.empty())
      message += fmt::format("; beside '{}' is neither", engines.front()->origin);
    throw Failure(Diagnostic{
        .message = message,
        .hint = "name the folder Debuggers of an installed SDK or WDK, or \"X64 Debuggers And "
                "Tools-x64_en-us.msi\" with its .cab files beside it"});
  }

  // What of it.

  void take_named() {
    std::string missing;
    for (const char* name : kRequired) {
      if (!take(name)) missing += fmt::format("{}{}", missing.empty() ? "" : ", ", name);
    }
    if (!missing.empty()) {
      throw Failure(Diagnostic{
          .message = fmt::format("the debuggers in '{}' lack {}, without which no dump can be "
                                 "examined",
                                 top_.empty() ? shown_ : in_folder(shown_, top_), missing),
          .hint = "take the folder whole, with winext and winxp below it"});
    }
    for (const char* name : kPrograms) {
      if (const TreeEntry* entry = take(name)) tools_.programs.push_back(inner(*entry));
    }
    for (const char* name : kOptional) take(name);
    tools_.has_symsrv = kit_.find(top_, "symsrv.dll") != nullptr;
  }

  void take_triage() {
    for (const TreeEntry* entry : kit_.in(in_folder(top_, kTriage))) {
      if (ends_with(entry->target, ".ini") || ends_with(entry->target, ".txt")) take(*entry);
    }
  }

  const TreeEntry* take(std::string_view name) {
    const TreeEntry* entry = kit_.find(top_, name);
    if (entry != nullptr) take(*entry);
    return entry;
  }

  void take(const TreeEntry& entry) {
    if (!taken_.emplace(fold_case(entry.target), &entry).second) return;
    check_image_path(inner(entry));
    if (const TreeEntry* twin = kit_.twin_of(entry)) {
      fail("'{}' and '{}' differ only in case, which Windows does not tell apart", entry.origin,
           twin->origin);
    }
    if (is_program(entry.target)) open_.push_back(&entry);
  }

  // Each program is read once, as it is taken once.
  void follow_imports() {
    while (!open_.empty()) {
      const TreeEntry& importer = *open_.back();
      open_.pop_back();
      const pe::Image image(importer.slice(), importer.origin);
      const std::string& architecture = image.header().architecture;
      const pe::Imports imports = pe::read_imports(image);
      if (architecture != architecture_ && !imports.any_cpu) {
        throw Failure(Diagnostic{
            .message = fmt::format("'{}' is for {}, and the debuggers beside it are for {}",
                                   importer.origin, architecture, architecture_),
            .hint = "somebody mixed two kits: get the folder anew"});
      }
      for (const auto* list : {&imports.loaded, &imports.delayed}) {
        for (const std::string& name : *list) take_import(importer, name);
      }
    }
  }

  void take_import(const TreeEntry& importer, const std::string& name) {
    const std::string file = name.find('.') == name.npos ? name + ".dll" : name;
    const TreeEntry* found = kit_.find(folder_of(importer.target), file);
    if (found == nullptr) found = kit_.find(top_, file);
    if (found != nullptr) take(*found);
  }

  void read_version(const TreeEntry& engine) {
    const auto version = pe::version_resource(pe::Image(engine.slice(), engine.origin));
    if (version) tools_.version = version->file.text();
  }

  Kit kit_;
  std::string architecture_;
  const std::string& shown_;
  std::string top_;
  DebuggerTools tools_;
  std::map<std::string, const TreeEntry*> taken_;  // by folded path
  std::vector<const TreeEntry*> open_;             // programs whose imports are to be followed
};

}  // namespace

DebuggerTools choose_debugger_tools(const std::vector<TreeEntry>& kit,
                                    std::string_view architecture, const std::string& shown) {
  return Choice(kit, architecture, shown).make();
}

}  // namespace remedia
