// Three steps: read and judge everything that the archive says, unpack all content into one scratch
// file while its checksums are compared, and only then fill the pack. So whatever is wrong with an
// archive, nothing of it is used.
#include "media/archive.h"

#include "formats/win_names.h"
#include "media/archive_readers.h"
#include "support/artifact.h"
#include "support/diagnostic.h"
#include "support/utf8.h"

#include <algorithm>
#include <map>

namespace remedia {

namespace {

constexpr const char* kUnpackYourself = "unpack it yourself and name the folder instead";

std::string first_bytes(const fs::path& file) {
  Slice whole = Slice::whole(file);
  std::string bytes(static_cast<std::size_t>(std::min<std::uint64_t>(whole.size(), 4)), '\0');
  Fd fd = Fd::open_read(file);
  read_at(whole, fd.get(), 0, bytes);
  return bytes;
}

bool is_zip(std::string_view start) {
  using namespace std::string_view_literals;
  // A file, the end of an archive without files, a part of a set (APPNOTE.TXT 4.3.7, 4.3.16,
  // 8.5.4).
  return start == "PK\3\4"sv || start == "PK\5\6"sv || start == "PK\7\10"sv;
}

std::unique_ptr<ArchiveReader> open_archive(const fs::path& archive, const std::string& shown,
                                            const ArchiveLimits& limits) {
  if (is_zip(first_bytes(archive))) return open_zip(archive, shown, limits);
  std::vector<std::uint64_t> starts = find_cabinets(archive);
  if (starts.empty()) {
    refuse_archive(shown, "is neither a .cab nor a .zip, nor a program with a cabinet inside",
                   kUnpackYourself);
  }
  if (starts.size() > 1) {
    refuse_archive(shown,
                   fmt::format("holds {} cabinets, and which is meant is not known", starts.size()),
                   kUnpackYourself);
  }
  return open_cabinet(archive, shown, starts[0], limits);
}

/// The names of an archive as Windows sees them: equal in any case is equal.
class NameTree {
 public:
  explicit NameTree(const std::string& shown) : shown_(shown) {}

  void add(const ArchiveEntry& entry) {
    std::size_t node = kRoot;
    for (std::size_t start = 0; start < entry.path.size();) {
      std::size_t end = std::min(entry.path.find('/', start), entry.path.size());
      bool last = end == entry.path.size();
      node = child(node, entry.path.substr(start, end - start), !last || entry.folder, entry);
      start = end + 1;
    }
    nodes_[node].entry = &entry;
  }

  /// Calls use(path, entry) for each file and each folder without content.
  template <typename Use>
  void visit(Use&& use) const {
    for (std::size_t i = 1; i < nodes_.size(); ++i) {
      if (nodes_[i].entry != nullptr && !nodes_[i].has_children) use(path(i), *nodes_[i].entry);
    }
  }

 private:
  static constexpr std::size_t kRoot = 0;

  struct Node {
    std::size_t parent = 0;
    std::string name = {};
    bool folder = true;
    bool has_children = false;
    const ArchiveEntry* entry = nullptr;  // null: a folder that is only part of other paths
    const ArchiveEntry* first = nullptr;  // that made this node
  };

  std::size_t child(std::size_t parent, std::string name, bool folder, const ArchiveEntry& entry) {
    auto [place, fresh] = index_.try_emplace({parent, fold_case(name)}, nodes_.size());
    if (fresh) {
      nodes_[parent].has_children = true;
      nodes_.push_back(
          {.parent = parent, .name = std::move(name), .folder = folder, .first = &entry});
    } else if (!folder || !nodes_[place->second].folder) {
      refuse_second(nodes_[place->second], folder, entry);
    }
    return place->second;
  }

  [[noreturn]] void refuse_second(const Node& known, bool folder, const ArchiveEntry& entry) const {
    const std::string& first = known.first->path;
    if (known.folder != folder) {
      refuse_archive(
          shown_,
          fmt::format("has a file and a folder of one name: '{}' and '{}'", first, entry.path),
          kUnpackYourself);
    }
    if (first == entry.path) {
      refuse_archive(shown_, fmt::format("holds '{}' twice", first), kUnpackYourself);
    }
    refuse_archive(
        shown_,
        fmt::format("holds '{}' and '{}', which Windows takes for one name", first, entry.path),
        kUnpackYourself);
  }

  std::string path(std::size_t node) const {
    std::vector<std::size_t> nodes;
    for (; node != kRoot; node = nodes_[node].parent) nodes.push_back(node);
    std::string text = nodes_[nodes.back()].name;
    for (std::size_t i = nodes.size() - 1; i-- > 0;) text += "/" + nodes_[nodes[i]].name;
    return text;
  }

  std::string shown_;
  std::vector<Node> nodes_ = {Node{}};
  std::map<std::pair<std::size_t, std::string>, std::size_t> index_;
};

struct Planned {
  std::string target;
  const ArchiveEntry* entry;
};

std::vector<Planned> plan(const ArchiveReader& reader, const std::string& shown,
                          const std::string& to) {
  NameTree names(shown);
  for (const ArchiveEntry& entry : reader.entries()) names.add(entry);
  std::vector<Planned> planned;
  names.visit([&](const std::string& path, const ArchiveEntry& entry) {
    planned.push_back({to.empty() ? path : to + "/" + path, &entry});
  });
  std::sort(planned.begin(), planned.end(),
            [](const Planned& a, const Planned& b) { return a.target < b.target; });
  return planned;
}

// Bytes that may not be text, for a message.
std::string escaped(std::string_view bytes) {
  std::string text;
  for (char c : bytes) {
    unsigned value = static_cast<unsigned char>(c);
    text += value < 0x20 || value >= 0x7f ? fmt::format("\\x{:02x}", value) : std::string(1, c);
  }
  return text;
}

}  // namespace

void fail_archive(const std::string& shown, std::string_view fact) {
  throw Failure(Diagnostic{.message = fmt::format("'{}' is damaged: {}", shown, fact),
                           .hint = "get the file again; `7z t` tests a copy"});
}

void refuse_archive(const std::string& shown, std::string_view fact, std::string hint) {
  throw Failure(
      Diagnostic{.message = fmt::format("'{}' {}", shown, fact), .hint = std::move(hint)});
}

void ArchiveBudget::count_entries(std::uint64_t entries) const {
  if (entries > limits_.entries) {
    refuse_archive(shown_,
                   fmt::format("has {} entries; at most {} are taken", entries, limits_.entries),
                   kUnpackYourself);
  }
}

void ArchiveBudget::add(std::uint64_t size) {
  if (size > limits_.size - size_) {
    refuse_archive(shown_,
                   fmt::format("unpacks to more than {} bytes, which is the limit", limits_.size),
                   kUnpackYourself);
  }
  size_ += size;
}

ArchiveEntry archive_entry(const std::string& shown, std::string_view raw, bool utf8) {
  bool ascii = std::all_of(raw.begin(), raw.end(),
                           [](char c) { return static_cast<unsigned char>(c) < 0x80; });
  if (!ascii && (!utf8 || !is_utf8(raw))) {
    refuse_archive(
        shown, fmt::format("names a file in a code page that it does not tell: '{}'", escaped(raw)),
        "unpack it where it was made and name the folder, or pack it with UTF-8 names");
  }
  ArchiveEntry entry{.path = std::string(raw)};
  std::replace(entry.path.begin(), entry.path.end(), '\\', '/');
  if (entry.path.ends_with('/')) {
    entry.path.pop_back();
    entry.folder = true;
  }
  try {
    check_image_path(entry.path);
  } catch (const Failure& failure) {
    refuse_archive(shown, fmt::format("cannot be unpacked: {}", failure.diagnostics()[0].message),
                   "unpack it yourself, rename the file, and name the folder instead");
  }
  return entry;
}

std::vector<TreeEntry> unpack_entries(ArchiveReader& reader, const std::string& shown,
                                      const std::string& to, Pack& pack, const fs::path& scratch) {
  std::vector<Planned> planned = plan(reader, shown, to);
  for (const Planned& p : planned) check_image_path(p.target);  // which `to` may make too long

  ScratchFile unpacked(scratch);
  Fd out = Fd::open_empty(unpacked.path());
  reader.unpack(out.get(), unpacked.path());

  std::vector<TreeEntry> folders;
  for (const Planned& p : planned) {
    std::string origin = shown + "/" + p.entry->path;
    if (p.entry->folder) {
      folders.push_back({.target = p.target, .directory = true, .origin = std::move(origin)});
    } else {
      pack.add(p.target, reader.content(*p.entry, unpacked.path()), std::move(origin));
    }
  }
  return folders;
}

std::vector<TreeEntry> unpack_archive(const fs::path& archive, const std::string& shown,
                                      const std::string& to, Pack& pack, const fs::path& scratch,
                                      const ArchiveLimits& limits) {
  return unpack_entries(*open_archive(archive, shown, limits), shown, to, pack, scratch);
}

}  // namespace remedia
