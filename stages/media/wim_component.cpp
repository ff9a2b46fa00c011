#include "media/wim_component.h"

#include "support/diagnostic.h"

#include <algorithm>
#include <cerrno>
#include <map>
#include <set>

#include <fcntl.h>
#include <unistd.h>

namespace remedia::wim {

namespace {

// A file without a name, in the folder of `beside`.
class UnnamedFile {
 public:
  explicit UnnamedFile(const fs::path& beside) {
    fs::path folder = beside.has_parent_path() ? beside.parent_path() : fs::path(".");
    fd_ = Fd(open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
    if (fd_) return;
    std::string pattern = (folder / ".remedia-XXXXXX").string();
    fd_ = Fd(mkostemp(pattern.data(), O_CLOEXEC));
    if (!fd_) fail_errno(errno, "write", folder);
    unlink(pattern.c_str());
  }

  fs::path path() const { return fmt::format("/proc/self/fd/{}", fd_.get()); }

 private:
  Fd fd_;
};

// Where the compressed bytes of a content are.
struct Source {
  Slice wim;
  Blob blob;
};
using Sources = std::map<Sha1, Source>;

bool holds_content(const Blob& blob) {
  constexpr std::uint8_t kOther = Resource::kMetadata | Resource::kSpanned | Resource::kSolid;
  return (blob.resource.flags & kOther) == 0 && blob.resource.size != 0;
}

void add_sources(const Slice& wim, const std::vector<Blob>& table, Sources& sources) {
  for (const Blob& blob : table) {
    if (holds_content(blob)) sources.try_emplace(blob.sha1, Source{wim, blob});
  }
}

// Raw data is not looked at by libwim, so this is where damage shows. A WIM without an integrity
// table (CaptureOptions::integrity) is decompressed, which takes ten times as long.
void check_component(const Slice& wim, const Head& head) {
  switch (check_integrity(wim, head)) {
    case Integrity::good:
      return;
    case Integrity::bad:
      fail_damaged(wim.file);
    case Integrity::none:
      try {
        File(wim, wim.file.string()).verify();
      } catch (const Failure&) {
        fail_damaged(wim.file);
      }
  }
}

Sources read_components(const std::vector<fs::path>& paths, const Head& base) {
  Sources sources;
  for (const fs::path& path : paths) {
    Slice wim = Slice::whole(path);
    std::optional<Head> head = read_head(wim);
    if (!head) fail_damaged(path);
    if (!head->stores_like(base)) continue;
    std::optional<std::vector<Blob>> table = read_table(wim, *head);
    if (!table) fail_damaged(path);
    add_sources(wim, *table, sources);
  }
  return sources;
}

// A content, and where it comes from if that is known yet.
struct Wanted {
  Sha1 sha1;
  Slice content;
  std::optional<Source> source;
};

std::set<Sha1> blobs_of(const Slice& base, const Head& head) {
  std::set<Sha1> known;
  for (const Blob& blob : read_table(base, head).value_or(std::vector<Blob>())) {
    known.insert(blob.sha1);
  }
  return known;
}

// Without what is known; each content once.
std::vector<Wanted> list_wanted(const std::vector<NewContent>& contents, std::set<Sha1> known,
                                const Sources& sources) {
  std::vector<Wanted> all;
  for (const auto& [content, sha1] : contents) {
    if (content.size() == 0) continue;
    if (!known.insert(sha1).second) continue;
    auto source = sources.find(sha1);
    bool found = source != sources.end() && source->second.blob.resource.size == content.size();
    all.push_back({sha1, content, found ? std::optional(source->second) : std::nullopt});
  }
  return all;
}

// Compresses what has no source yet.
void compress_rest(std::vector<Wanted>& all, int level, const UnnamedFile& file) {
  Capture capture_of_rest{.name = "rest"};
  for (const Wanted& wanted : all) {
    if (wanted.source) continue;
    std::string name = fmt::format("{:08}", capture_of_rest.additions.size());
    capture_of_rest.additions.push_back({name, false, wanted.content});
  }
  if (capture_of_rest.additions.empty()) return;
  capture({capture_of_rest}, {.compression = Compression::lzx, .level = level}, file.path());
  Slice wim = Slice::whole(file.path());
  Sources sources;
  if (auto head = read_head(wim)) {
    if (auto table = read_table(wim, *head)) add_sources(wim, *table, sources);
  }
  for (Wanted& wanted : all) {
    if (wanted.source) continue;
    auto source = sources.find(wanted.sha1);
    if (source == sources.end()) {
      fail("'{}' changed while it was read", wanted.content.file.string());
    }
    wanted.source = source->second;
  }
}

// The WIM that exists only in the Host.
class Selection {
 public:
  explicit Selection(const std::vector<Wanted>& all) {
    for (const Wanted& wanted : all) add(wanted.source->wim, wanted.source->blob);
  }

  std::string name(Host& host, const Head& like) {
    for (Blob& blob : blobs_) mark(blob);
    ResourceWim wim = make_resource_wim(like, blobs_, size_);
    std::vector<Part> parts{{{}, wim.head}};
    parts.insert(parts.end(), parts_.begin(), parts_.end());
    parts.push_back({{}, wim.tail});
    return host.add_parts(std::move(parts));
  }

  const std::set<Sha1>& stored() const { return stored_; }

 private:
  void add(const Slice& wim, Blob blob) {
    const Resource& from = blob.resource;
    parts_.push_back({part_of(wim, from.offset, from.stored), {}});
    blob.resource.offset = size_;
    blob.references = 0;  // libwim counts those that use it
    size_ += from.stored;
    blobs_.push_back(blob);
  }

  void mark(Blob& blob) {
    if ((blob.resource.flags & Resource::kCompressed) != 0) return;
    blob.resource.flags |= Resource::kCompressed;
    stored_.insert(blob.sha1);
  }

  std::vector<Part> parts_;
  std::vector<Blob> blobs_;
  std::set<Sha1> stored_;
  std::uint64_t size_ = 0;
};

void check_used(const std::vector<Wanted>& all) {
  std::set<fs::path> checked;
  for (const Wanted& wanted : all) {
    if (!wanted.source || !checked.insert(wanted.source->wim.file).second) continue;
    const Slice& wim = wanted.source->wim;
    check_component(wim, read_head(wim).value());
  }
}

bool some_have_sources(const std::vector<Wanted>& all) {
  return std::any_of(all.begin(), all.end(),
                     [](const Wanted& wanted) { return wanted.source.has_value(); });
}

// Shows libwim all that is wanted, compressed.
void show(Host& host, WIMStruct* wim, const Head& like, std::vector<Wanted> all,
          const ComponentOptions& options) {
  UnnamedFile file(options.out);
  compress_rest(all, options.level, file);
  Selection selection(all);
  reference(host, wim, {selection.name(host, like)}, options.out.native());
  host.edit_table(
      [stored = selection.stored()](std::span<char> table) { unmark_stored(table, stored); });
}

}  // namespace

void reference_components(Host& host, WIMStruct* wim, const fs::path& base,
                          const std::vector<fs::path>& components,
                          const std::vector<NewContent>& contents,
                          const ComponentOptions& options) {
  Slice base_slice = Slice::whole(base);
  std::optional<Head> head = read_head(base_slice);
  if (!head || !head->compressed_for_boot() || !head->lzx()) return;
  Sources sources = read_components(components, *head);
  std::vector<Wanted> all = list_wanted(contents, blobs_of(base_slice, *head), sources);
  if (!some_have_sources(all)) return;
  check_used(all);
  show(host, wim, *head, std::move(all), options);
}

bool reference_donors(Host& host, WIMStruct* wim, const std::vector<Slice>& donors,
                      const std::vector<NewContent>& contents, const ComponentOptions& options) {
  Sources sources;
  std::optional<Head> like;
  for (const Slice& donor : donors) {
    std::optional<Head> head = read_head(donor);
    if (!head || !head->compressed_for_boot() || !head->lzx()) continue;
    if (std::optional<std::vector<Blob>> table = read_table(donor, *head)) {
      add_sources(donor, *table, sources);
      like = head;
    }
  }
  std::vector<Wanted> all = list_wanted(contents, {}, sources);
  if (!some_have_sources(all)) return false;
  show(host, wim, *like, std::move(all), options);
  return true;
}

}  // namespace remedia::wim
