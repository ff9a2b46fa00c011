// What `remedia fetch` does with each download.
//
// What the lock files say of a path decides. Locked by digest: a file that has it needs no request
// at all. Locked by signer: the server is asked each time, but only for what is new. In no lock
// file: somebody has to look at it first, so it is taken only when --first says so.

#include "kinds/fetch.h"

#include "formats/authenticode.h"
#include "kinds/kinds.h"
#include "kinds/manifest_read.h"
#include "media/definitions.h"
#include "support/date.h"
#include "support/digest.h"
#include "support/http.h"
#include "support/temporary_folder.h"

#include <algorithm>
#include <set>

namespace remedia::kinds {

namespace {

using recipe::Download;

/// A download and what is known of it.
struct Wanted {
  Download download;
  std::set<std::string> words = {};    ///< that read it, in the recipes given
  std::vector<LockEntry> locked = {};  ///< of all recipes

  const LockEntry* by_digest() const {
    for (const LockEntry& entry : locked) {
      if (!entry.by_signer) return &entry;
    }
    return nullptr;
  }
  std::string shown() const { return printable(download.path.written); }
};

std::string size_text(std::uint64_t bytes) {
  if (bytes < 1000) return fmt::format("{} bytes", bytes);
  if (bytes < 1'000'000) return fmt::format("{} kB", (bytes + 500) / 1000);
  return fmt::format("{} MB", (bytes + 500'000) / 1'000'000);
}

// --- what is wanted -----------------------------------------------------------------------------

// Whether a value reads a path, itself or a folder that it lies in.
bool reads(const recipe::Node& node, const fs::path& file) {
  for (const auto& [name, value] : node.fields) {
    for (const recipe::Scalar& item : value.items) {
      const auto* paths = std::get_if<recipe::PathByArch>(&item);
      if (paths == nullptr) continue;
      for (const auto& [arch, path] : *paths) {
        if (lies_in(file, path.absolute)) return true;
      }
    }
  }
  return false;
}

std::set<const recipe::Node*> nodes_of(const recipe::Evaluation& evaluation) {
  std::set<const recipe::Node*> nodes;
  std::vector<const recipe::Node*> todo;
  for (const recipe::NodeRef& product : evaluation.products) todo.push_back(product.get());
  while (!todo.empty()) {
    const recipe::Node* node = todo.back();
    todo.pop_back();
    if (!nodes.insert(node).second) continue;
    for (const auto& [name, value] : node->fields) {
      for (const recipe::Scalar& item : value.items) {
        if (const auto* child = std::get_if<recipe::NodeRef>(&item)) todo.push_back(child->get());
      }
    }
  }
  return nodes;
}

void refuse_disagreement(const Wanted& wanted, const LockEntry& entry, const fs::path& lock) {
  const LockEntry* other = wanted.by_digest();
  if (entry.by_signer || other == nullptr || other->sha256 == entry.sha256) return;
  throw Failure(Diagnostic{
      .message = fmt::format("the lock files disagree on '{}'", wanted.shown()),
      .where = {.name = lock.string(), .file = lock},
      .hint = fmt::format("sha256 {} and {}: fetch for one recipe at a time, or lock it anew",
                          other->sha256, entry.sha256)});
}

void add_locks(const recipe::Evaluation& evaluation, std::vector<Wanted>& all) {
  fs::path file = lock_path(evaluation.where.file);
  std::error_code ignored;
  if (!fs::exists(file, ignored)) return;
  LockFile lock = read_lock(file);
  if (lock.recipe != evaluation.name) {
    throw Failure(Diagnostic{
        .message = fmt::format("the lock file is that of recipe '{}'", printable(lock.recipe)),
        .where = {.name = file.string(), .file = file},
        .hint = "remedia lock writes it anew"});
  }
  for (Wanted& wanted : all) {
    for (const LockEntry& entry : lock.entries) {
      if (entry.path != wanted.download.path.written) continue;
      refuse_disagreement(wanted, entry, file);
      wanted.locked.push_back(entry);
    }
  }
}

std::vector<Wanted> all_wanted(const std::vector<recipe::Evaluation>& evaluations) {
  std::vector<Wanted> all;
  for (const recipe::Evaluation& evaluation : evaluations) {
    for (const Download& download : evaluation.downloads) {
      bool known = std::any_of(all.begin(), all.end(), [&](const Wanted& wanted) {
        return wanted.download.path.absolute == download.path.absolute;
      });
      if (!known) all.push_back({.download = download});
    }
  }
  for (const recipe::Evaluation& evaluation : evaluations) {
    for (const recipe::Node* node : nodes_of(evaluation)) {
      for (Wanted& wanted : all) {
        if (reads(*node, wanted.download.path.absolute)) wanted.words.emplace(node->schema->word);
      }
    }
    add_locks(evaluation, all);
  }
  for (Wanted& wanted : all) {
    for (const LockEntry& entry : wanted.locked) wanted.words.insert(entry.word);
  }
  return all;
}

std::vector<Wanted> chosen(std::vector<Wanted> all, const std::string& only) {
  if (only.empty()) return all;
  std::vector<std::string> names;
  std::vector<Wanted> some;
  for (Wanted& wanted : all) {
    names.push_back(wanted.download.path.written);
    names.insert(names.end(), wanted.words.begin(), wanted.words.end());
    if (wanted.download.path.written == only || wanted.words.contains(only))
      some.push_back(std::move(wanted));
  }
  if (some.empty()) {
    throw Failure(Diagnostic{
        .message =
            fmt::format("--only {}: no download has that path or is read by that word", only),
        .hint = did_you_mean(only, names)});
  }
  return some;
}

// --- one download -------------------------------------------------------------------------------

class Fetch {
 public:
  Fetch(const FetchRequest& request, const Wanted& wanted)
      : request_(request),
        wanted_(wanted),
        file_(wanted.download.path.absolute),
        there_(fs::exists(file_, ignored_)) {}

  /// What is wrong with what is there; empty if nothing is.
  std::string fault() const;
  /// What to say of it when it is there.
  std::string run();

 private:
  std::string fault_of(const fs::path& file) const;
  LockEntry found(const LockEntry& locked, const fs::path& file) const;
  std::string bring(bool good);
  void verify(http::Part& part) const;
  bool same_as_before(const http::Part& part) const;
  [[noreturn]] void refuse_unlocked() const;

  const FetchRequest& request_;
  const Wanted& wanted_;
  std::error_code ignored_;
  fs::path file_;
  bool there_;
};

std::string Fetch::fault() const {
  if (!there_) return "missing";
  return wanted_.locked.empty() ? "not in a lock file" : fault_of(file_);
}

std::string Fetch::fault_of(const fs::path& file) const {
  for (const LockEntry& locked : wanted_.locked) {
    try {
      std::string wrong = difference(locked, found(locked, file));
      if (!wrong.empty()) return wrong;
    } catch (const Failure& failure) {
      return failure.what();
    }
  }
  return {};
}

LockEntry Fetch::found(const LockEntry& locked, const fs::path& file) const {
  if (locked.by_signer) return examine_signed(locked, file);
  LockEntry found = locked;
  found.size = fs::file_size(file);
  // Another size says enough.
  if (found.size == locked.size) found.sha256 = sha256(Slice::whole(file));
  return found;
}

std::string Fetch::run() {
  if (there_ && !fs::is_regular_file(file_))
    fail("'{}' is no file: {}", wanted_.shown(), file_.string());
  if (wanted_.locked.empty() && (!request_.first || there_)) refuse_unlocked();
  bool good = there_ && fault_of(file_).empty();
  std::string news = good && wanted_.by_digest() != nullptr ? "unchanged" : bring(good);
  std::string note =
      wanted_.locked.empty() ? " (in no lock file: look at it, then remedia lock)" : "";
  return fmt::format("{}: {}{}\n", wanted_.shown(), news, note);
}

std::string Fetch::bring(bool good) {
  const std::string& url = wanted_.download.url;
  const LockEntry* pinned = wanted_.by_digest();
  http::Part part(file_, url);
  http::Request request{.url = url, .limit = pinned != nullptr ? pinned->size : request_.max_size};
  // What is there counts only if it is what it should be.
  if (good) request.have = http::remembered_version(file_, url);
  http::Response response = http::download(request, part);
  if (response.unchanged) return "unchanged";
  verify(part);
  if (same_as_before(part)) {
    part.drop();
    http::remember_version(file_, url, response.version);
    return "unchanged";
  }
  std::uint64_t size = part.size();
  part.publish();
  http::remember_version(file_, url, response.version);
  return size_text(size) + ", new";
}

void Fetch::verify(http::Part& part) const {
  std::string wrong = fault_of(part.file());
  if (wrong.empty()) return;
  part.drop();
  throw Failure(Diagnostic{
      .message = fmt::format("what {} gives is not '{}' as it was locked ({})",
                             wanted_.download.url, wanted_.shown(), wrong),
      .hint = "nothing was replaced; if it is meant, put it there yourself, look at it, and call "
              "remedia lock"});
}

// A file that only looks new would be read by every stage again.
bool Fetch::same_as_before(const http::Part& part) const {
  return there_ && fs::file_size(file_) == part.size() &&
         sha256(Slice::whole(file_)) == sha256(Slice::whole(part.file()));
}

void Fetch::refuse_unlocked() const {
  throw Failure(Diagnostic{
      .message = fmt::format("'{}' is in no lock file of these recipes", wanted_.shown()),
      .hint = wanted_.words.empty()
                  ? "none of them reads it: name the recipe that does, or choose with --only"
              : there_ ? "it is there already: call remedia lock, or remove it and give --first"
                       : "--first brings it as it is: look at it, then call remedia lock"});
}

}  // namespace

LockEntry examine_signed(const LockEntry& locked, const fs::path& file) {
  LockEntry found = locked;
  std::string shown = printable(locked.path);
  std::optional<signature::Signer> signer;
  if (locked.word == "defender") {
    TemporaryFolder folder;
    definitions::Facts facts = definitions::inspect(file, shown, folder / "package");
    found.version = facts.signature_version.text();
    found.date = facts.dated ? date_of_clock(facts.dated->time) : "";
    signer = facts.signer;
  } else {
    signer = authenticode::embedded_signer(Slice::whole(file), shown, {});
  }
  found.signer.reset();
  if (signer)
    found.signer = LockSigner{signer->name, signer->issuer, signer->sha256, signer->anchored};
  return found;
}

bool fetch(const FetchRequest& request, const std::function<void(const std::string&)>& say) {
  std::vector<Diagnostic> errors;
  bool good = true;
  for (const Wanted& wanted :
       chosen(all_wanted(graph::evaluate(request.build, all())), request.only)) {
    try {
      Fetch one(request, wanted);
      if (!request.check) {
        say(one.run());
        continue;
      }
      std::string fault = one.fault();
      if (!fault.empty()) say(fmt::format("{}: {}\n", wanted.shown(), fault));
      good = good && fault.empty();
    } catch (const Failure& failure) {
      for (Diagnostic d : failure.diagnostics()) {
        if (d.where.name.empty()) d.where = wanted.download.where;
        errors.push_back(std::move(d));
      }
    }
  }
  if (!errors.empty()) throw Failure(errors);
  return good;
}

}  // namespace remedia::kinds
