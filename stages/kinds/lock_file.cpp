// What a lock file decides: which changes of an input are errors, and how changes are told.
//
// Nothing of a lock file or of a certificate reaches a terminal as it is: either may hold what
// steers one.

#include "kinds/lock_file.h"

#include "kinds/manifest_read.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <tuple>

namespace remedia::kinds {

namespace {

using Key = std::pair<std::string, std::string>;  // path, word

Key key_of(const LockEntry& entry) { return {entry.path, entry.word}; }

std::map<Key, const LockEntry*> by_key(const std::vector<LockEntry>& entries) {
  std::map<Key, const LockEntry*> map;
  for (const LockEntry& entry : entries) map.emplace(key_of(entry), &entry);
  return map;
}

std::string or_none(const std::string& text) { return text.empty() ? "(none)" : printable(text); }

void add(std::string& list, const std::string& item) { list += list.empty() ? item : ", " + item; }

void add_change(std::string& list, std::string_view name, const std::string& a,
                const std::string& b) {
  if (a != b) add(list, fmt::format("{} {} -> {}", name, or_none(a), or_none(b)));
}

std::string signer_text(const LockSigner& signer) {
  return fmt::format("'{}' (issued by '{}', certificate {})", printable(signer.name),
                     printable(signer.issuer), printable(signer.sha256.substr(0, 16)));
}

// A certificate is renewed every year: with anchors, its names are enough.
bool same_signer(const LockSigner& a, const LockSigner& b) {
  if (a.sha256 == b.sha256) return true;
  return a.anchored && b.anchored && a.name == b.name && a.issuer == b.issuer;
}

std::string signer_difference(const LockEntry& locked, const LockEntry& found) {
  if (!locked.signer) return "is locked by signer, but the lock file names none";
  if (!found.signer)
    return fmt::format("is not signed; the lock file has {}", signer_text(*locked.signer));
  if (!same_signer(*locked.signer, *found.signer)) {
    return fmt::format("has another signer: {} -> {}", signer_text(*locked.signer),
                       signer_text(*found.signer));
  }
  if (locked.version.empty()) return {};
  // A countersignature is not part of what is signed: another one must not make old ones young.
  if (found.version == locked.version && found.date != locked.date) {
    return fmt::format("has the same version {} and another date: {} -> {}",
                       printable(locked.version), or_none(locked.date), or_none(found.date));
  }
  std::optional<int> order = compare_versions(found.version, locked.version);
  if (order && *order >= 0) return {};
  // Versions that are no numbers have no order; the same one is no older.
  if (!order && found.version == locked.version) return {};
  std::string shown =
      fmt::format("version {} -> {}", printable(locked.version), or_none(found.version));
  add_change(shown, "date", locked.date, found.date);
  return (order ? "is older than the lock file allows: "
                : "has a version that cannot be compared: ") +
         shown;
}

std::string content_difference(const LockEntry& locked, const LockEntry& found) {
  if (locked.size == found.size && locked.sha256 == found.sha256) return {};
  std::string changes;
  add_change(changes, "version", locked.version, found.version);
  add_change(changes, "date", locked.date, found.date);
  add_change(changes, "size", std::to_string(locked.size), std::to_string(found.size));
  add_change(changes, "sha256", locked.sha256, found.sha256);
  return "changed: " + changes;
}

// --- what `remedia lock` says -------------------------------------------------------------------

std::string short_digest(const LockEntry& entry) { return printable(entry.sha256.substr(0, 16)); }

// An input in a few words: its version, else its content.
std::string summary(const LockEntry& entry) {
  std::string text = entry.version.empty() ? "" : printable(entry.version);
  if (!entry.date.empty()) text += (text.empty() ? "(" : " (") + printable(entry.date) + ")";
  if (!text.empty()) return text;
  return fmt::format("{} bytes, sha256 {}", entry.size, short_digest(entry));
}

std::string pin(const LockEntry& entry) { return entry.by_signer ? "signer" : "digest"; }

std::string signer_name(const LockEntry& entry) {
  return entry.signer ? signer_text(*entry.signer) : "(none)";
}

std::string change_text(const LockEntry& a, const LockEntry& b) {
  std::string text;
  if (summary(a) != summary(b)) {
    text = summary(a) + " -> " + summary(b);
  } else if (a.size != b.size || a.sha256 != b.sha256) {
    // The version says nothing of it, so the content must.
    text = fmt::format("{}, other content: sha256 {} -> {}", summary(a), short_digest(a),
                       short_digest(b));
  }
  add_change(text, "pinned by", pin(a), pin(b));
  if (a.signer != b.signer) {
    bool same_text = signer_name(a) == signer_name(b);
    add(text, same_text
                  ? fmt::format("signer anchored {} -> {}", a.signer->anchored, b.signer->anchored)
                  : fmt::format("signer {} -> {}", signer_name(a), signer_name(b)));
  }
  return text;
}

std::string change_line(char sign, const LockEntry& entry, const std::string& text) {
  return fmt::format("{} {} {}: {}\n", sign, entry.word, printable(entry.path), text);
}

std::optional<std::vector<std::uint64_t>> numbers_of(std::string_view version) {
  std::vector<std::uint64_t> numbers;
  const char* at = version.data();
  const char* end = at + version.size();
  while (true) {
    std::uint64_t number = 0;
    auto [next, error] = std::from_chars(at, end, number);
    if (error != std::errc()) return std::nullopt;
    numbers.push_back(number);
    if (next == end) break;
    if (*next != '.') return std::nullopt;
    at = next + 1;
  }
  while (numbers.size() > 1 && numbers.back() == 0) numbers.pop_back();
  return numbers;
}

}  // namespace

const std::vector<std::string>& lock_words() {
  static const std::vector<std::string> words = {"source",  "defender", "debuggers", "symbols",
                                                 "drivers", "overlay",  "wim"};
  return words;
}

fs::path lock_path(const fs::path& recipe) {
  fs::path file = recipe;
  return file.replace_extension(".lock");
}

std::string difference(const LockEntry& locked, const LockEntry& found) {
  return locked.by_signer ? signer_difference(locked, found) : content_difference(locked, found);
}

std::vector<Diagnostic> check_lock(const LockFile& lock, const std::vector<LockEntry>& found) {
  const auto locked = by_key(lock.entries);
  std::vector<Diagnostic> errors;
  for (const auto& [key, entry] : by_key(found)) {
    auto known = locked.find(key);
    std::string wrong;
    if (known == locked.end()) {
      wrong = fmt::format("is not in the lock file; it is {}", summary(*entry));
    } else if (known->second->by_signer && entry->signer && !entry->by_signer) {
      wrong = "is held to its digest by the recipe, and to its signer by the lock file";
    } else {
      wrong = difference(*known->second, *entry);
    }
    if (wrong.empty()) continue;
    const bool older = known != locked.end() && known->second->by_signer;
    errors.push_back(
        {.message = fmt::format("'{}' ({}) {}", printable(entry->path), entry->word, wrong),
         .hint = fmt::format("{}if this is meant: remedia lock recipes/{}.lua",
                             older ? "fetch a newer one (remedia fetch); " : "",
                             printable(lock.recipe))});
  }
  return errors;
}

std::string lock_changes(const LockFile& before, const LockFile& after) {
  const auto old = by_key(before.entries);
  const auto now = by_key(after.entries);
  std::map<Key, std::string> lines;
  for (const auto& [key, entry] : old) {
    auto found = now.find(key);
    if (found == now.end()) {
      lines[key] = change_line('-', *entry, summary(*entry));
    } else if (*found->second != *entry) {
      lines[key] = change_line('~', *entry, change_text(*entry, *found->second));
    }
  }
  for (const auto& [key, entry] : now) {
    if (!old.contains(key)) lines[key] = change_line('+', *entry, summary(*entry));
  }
  std::string text;
  for (const auto& [key, line] : lines) text += line;
  return text;
}

LockFile updated(const LockFile& before, const std::vector<LockEntry>& found,
                 const std::vector<std::string>& only_words) {
  auto meant = [&](const LockEntry& entry) {
    return only_words.empty() ||
           std::find(only_words.begin(), only_words.end(), entry.word) != only_words.end();
  };
  LockFile after{.recipe = before.recipe, .entries = {}};
  for (const LockEntry& entry : before.entries) {
    if (!meant(entry)) after.entries.push_back(entry);
  }
  for (const LockEntry& entry : found) {
    if (meant(entry)) after.entries.push_back(entry);
  }
  std::sort(after.entries.begin(), after.entries.end(),
            [](const LockEntry& a, const LockEntry& b) { return key_of(a) < key_of(b); });
  return after;
}

std::optional<int> compare_versions(std::string_view a, std::string_view b) {
  auto first = numbers_of(a);
  auto second = numbers_of(b);
  if (!first || !second) return std::nullopt;
  if (*first == *second) return 0;
  return *first < *second ? -1 : 1;
}

}  // namespace remedia::kinds
