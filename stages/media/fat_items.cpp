#include "media/fat_items.h"

#include "formats/win_names.h"
#include "media/fat_names.h"
#include "support/diagnostic.h"

#include <algorithm>
#include <ctime>
#include <map>

namespace remedia::fat {

namespace {

constexpr std::uint64_t kEntry = 32;
constexpr std::uint64_t kMostEntries = 65536;
constexpr std::uint64_t kLargestFile = 0xffffffff;
constexpr char kLabel = 0x08;
constexpr char kFolder = 0x10;
constexpr char kPlain = 0x20;

std::string_view parent_of(std::string_view path) {
  std::size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? std::string_view() : path.substr(0, slash);
}

std::string_view name_of(std::string_view path) { return path.substr(path.rfind('/') + 1); }

void check_path(const std::string& path) {
  try {
    check_image_path(path);
  } catch (const Failure& failure) {
    Diagnostic diagnostic = failure.diagnostics().front();
    diagnostic.message = with_replaced(diagnostic.message, "in a Windows image", "on a FAT volume");
    throw Failure(std::move(diagnostic));
  }
}

void check_size(const VolumeFile& file) {
  if (file.size() <= kLargestFile) return;
  throw Failure(Diagnostic{
      .message = fmt::format("'{}' has {} bytes; a file on a FAT volume has at most {}",
                             file.target, file.size(), kLargestFile),
      .hint = "FAT32 holds no larger file; put it on a second partition (data), or make the image "
              "smaller"});
}

// Paths as given, by what Windows takes for equal: one path must have one spelling and be one
// thing.
class Paths {
 public:
  struct Entry {
    std::string path;
    const VolumeFile* file;
  };

  void add(const std::string& path, const VolumeFile* file) {
    check_path(path);
    if (!add_one(path, file)) return;
    for (std::string_view folder = parent_of(path); !folder.empty(); folder = parent_of(folder)) {
      if (!add_one(std::string(folder), nullptr)) return;
    }
  }

  const std::map<std::string, Entry>& entries() const { return entries_; }

 private:
  // False: it was there, and so are the folders that it is in.
  bool add_one(const std::string& path, const VolumeFile* file) {
    auto [at, is_new] = entries_.emplace(fold_case(path), Entry{path, file});
    const Entry& known = at->second;
    if (is_new) return true;
    if ((known.file == nullptr) != (file == nullptr)) {
      fail("'{}' would be a file and a folder of the FAT volume", path);
    }
    if (known.path != path) {
      fail("'{}' and '{}' would be one path: Windows ignores case", known.path, path);
    }
    if (file != nullptr) fail("two files of the FAT volume have the path '{}'", path);
    return false;
  }

  std::map<std::string, Entry> entries_;
};

std::vector<Item> linked(const std::map<std::string, Paths::Entry>& entries) {
  std::vector<Item> items = {{.name = ""}};
  std::map<std::string, std::size_t, std::less<>> index = {{"", 0}};
  for (const auto& [folded, entry] : entries) {
    std::size_t parent = index.find(parent_of(folded))->second;  // sorts before what is in it
    items[parent].children.push_back(items.size());
    if (entry.file == nullptr) index[folded] = items.size();
    items.push_back({.name = std::string(name_of(entry.path)),
                     .file = entry.file,
                     .parent = parent,
                     .size = entry.file != nullptr ? entry.file->size() : 0});
  }
  return items;
}

void name_children(std::vector<Item>& items, std::size_t folder) {
  std::vector<std::string> names;
  for (std::size_t child : items[folder].children) names.push_back(items[child].name);
  std::vector<std::string> shorts = short_names(names);
  std::uint64_t size = folder == 0 ? kEntry : 2 * kEntry;  // the label; . and ..
  for (std::size_t i = 0; i < names.size(); ++i) {
    items[items[folder].children[i]].short_name = shorts[i];
    size += long_name_entries(names[i], shorts[i]).size() + kEntry;
  }
  if (size > kMostEntries * kEntry) {
    fail(
        "the folder '/{}' of the FAT volume would have {} entries, of which long names take "
        "several; at most {} can be",
        items[folder].name, size / kEntry, kMostEntries);
  }
  items[folder].size = size;
}

// Time, then date, as folders hold them.
std::string dos_time(std::int64_t clock) {
  constexpr std::int64_t kFirst = 315'532'800;   // 1980-01-01 00:00:00
  constexpr std::int64_t kLast = 4'354'819'198;  // 2107-12-31 23:59:58
  std::time_t seconds = static_cast<std::time_t>(std::clamp(clock, kFirst, kLast));
  std::tm utc = {};
  gmtime_r(&seconds, &utc);
  int time = utc.tm_hour << 11 | utc.tm_min << 5 | utc.tm_sec / 2;
  int date = (utc.tm_year - 80) << 9 | (utc.tm_mon + 1) << 5 | utc.tm_mday;
  return little(static_cast<unsigned>(time), 2) + little(static_cast<unsigned>(date), 2);
}

std::string entry(std::string name, char attributes, const std::string& when, std::uint64_t cluster,
                  std::uint64_t size) {
  name.resize(11, ' ');
  bool is_label = attributes == kLabel;  // it was never created nor read
  std::string created = is_label ? little(0, 4) : when;
  std::string read = is_label ? little(0, 2) : when.substr(2);
  return name + attributes + little(0, 2) + created + read + little(cluster >> 16, 2) + when +
         little(cluster, 2) + little(size, 4);
}

}  // namespace

std::vector<Item> items_of(const Volume& volume) {
  Paths paths;
  for (const VolumeFile& file : volume.files) {
    paths.add(file.target, &file);
    check_size(file);
  }
  for (const std::string& folder : volume.folders) paths.add(folder, nullptr);
  std::vector<Item> items = linked(paths.entries());
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (items[i].file == nullptr) name_children(items, i);
  }
  return items;
}

std::string folder_bytes(const std::vector<Item>& items, std::size_t folder, const Volume& volume) {
  const std::string when = dos_time(volume.clock);
  const Item& self = items[folder];
  std::string bytes;
  if (folder == 0) {
    bytes = entry(padded_label(volume.label), kLabel, when, 0, 0);
  } else {
    // The root folder is named by cluster 0, wherever it lies.
    std::uint64_t parent = self.parent == 0 ? 0 : items[self.parent].first;
    bytes = entry(".", kFolder, when, self.first, 0) + entry("..", kFolder, when, parent, 0);
  }
  for (std::size_t i : self.children) {
    const Item& child = items[i];
    bytes += long_name_entries(child.name, child.short_name);
    bytes += child.file != nullptr ? entry(child.short_name, kPlain, when, child.first, child.size)
                                   : entry(child.short_name, kFolder, when, child.first, 0);
  }
  return bytes;
}

std::string little(std::uint64_t value, std::size_t size) {
  std::string bytes;
  for (std::size_t i = 0; i < size; ++i) bytes += static_cast<char>(value >> 8 * i & 0xff);
  return bytes;
}

std::string padded_label(const std::string& label) {
  constexpr std::string_view allowed = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 $%'-_@~`!(){}^#&";
  if (label.empty() || label.size() > 11 || label.front() == ' ' || label.back() == ' ' ||
      label.find_first_not_of(allowed) != std::string::npos) {
    fail("'{}' cannot be the label of a FAT volume: 1 to 11 of A-Z 0-9 space and {}", label,
         allowed.substr(37));
  }
  std::string padded = label;
  padded.resize(11, ' ');
  return padded;
}

}  // namespace remedia::fat
