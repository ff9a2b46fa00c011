#include "media/layers.h"

#include "formats/win_names.h"
#include "support/diagnostic.h"

namespace remedia {

namespace {

[[noreturn]] void collision(const TreeEntry& file, const TreeEntry& folder) {
  fail("'{}' is a file in '{}' and a folder in '{}'", file.target, file.origin, folder.origin);
}

}  // namespace

void Layers::add(const std::vector<TreeEntry>& tree) {
  for (const TreeEntry& entry : tree) add_entry(entry);
}

void Layers::add_exclusive(const std::vector<TreeEntry>& tree, std::string_view what) {
  for (const TreeEntry& entry : tree) {
    auto found = entries_.find(fold_case(entry.target));
    if (found == entries_.end() || entry.directory) continue;
    if (!entry.sha256.empty() && entry.sha256 == found->second.sha256) continue;
    std::string other = what.empty() ? fmt::format("'{}'", entry.origin) : std::string(what);
    throw Failure(Diagnostic{.message = fmt::format("'{}' comes from '{}' and from {}",
                                                    entry.target, found->second.origin, other),
                             .hint = "leave one of them out: neither may silently undo the other"});
  }
  add(tree);
}

void Layers::add_entry(const TreeEntry& entry) {
  std::string key = fold_case(entry.target);
  check_parents(entry, key);
  auto found = entries_.find(key);
  if (found != entries_.end() && found->second.directory != entry.directory)
    entry.directory ? collision(found->second, entry) : collision(entry, found->second);
  if (found != entries_.end() && entry.directory) return;
  if (found == entries_.end() && !entry.directory) check_children(entry, key);
  entries_[key] = entry;
}

std::vector<TreeEntry> Layers::take() const {
  std::vector<TreeEntry> out;
  for (const auto& [key, entry] : entries_) out.push_back(entry);
  return out;
}

void Layers::check_parents(const TreeEntry& entry, const std::string& key) const {
  for (std::size_t slash = key.find('/'); slash != std::string::npos;
       slash = key.find('/', slash + 1)) {
    auto parent = entries_.find(key.substr(0, slash));
    if (parent != entries_.end() && !parent->second.directory) collision(parent->second, entry);
  }
}

void Layers::check_children(const TreeEntry& entry, const std::string& key) const {
  auto child = entries_.lower_bound(key + "/");
  if (child != entries_.end() && child->first.starts_with(key + "/"))
    collision(entry, child->second);
}

}  // namespace remedia
