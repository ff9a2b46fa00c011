#include "media/exfat_layout.h"

#include "media/exfat_names.h"
#include "support/diagnostic.h"

#include <algorithm>
#include <optional>

namespace remedia::exfat {

namespace {

constexpr std::uint64_t kMostClusters = 0xfffffff5;  // 2^32 - 11
constexpr std::uint64_t kTooMany = std::uint64_t{1} << 33;
constexpr std::uint64_t kFatOffset = 128 << 10;  // behind 24 sectors of any size
constexpr std::uint64_t kBigFile = 4 * kMiB;     // from here on aligned to 1 MiB
constexpr std::uint64_t kMostFolderBytes = 256 * kMiB;
constexpr std::size_t kNameUnitsPerEntry = 15;
constexpr std::size_t kVolumeEntries = 3;  // of the root: label, bitmap, up-case table

// Clusters of `cluster_size` are the default for volumes of `from` to `to` bytes.
struct SizeClass {
  std::uint64_t cluster_size;
  std::uint64_t from;
  std::uint64_t to;
};

constexpr SizeClass kSizeClasses[] = {
    {4 << 10, kMiB, 256 * kMiB},
    {32 << 10, 257 * kMiB, 32768 * kMiB},
    {128 << 10, 32769 * kMiB, kMiB << 28},
};
constexpr std::uint64_t kMostBytes = kSizeClasses[2].to;

Geometry geometry_for(std::uint64_t size, std::uint64_t cluster_size, std::uint64_t sector_size) {
  Geometry g = {.cluster_size = cluster_size,
                .fat_offset = kFatOffset,
                .fat_length = 0,
                .heap_offset = 0,
                .clusters = 0};
  // The table has entries for the clusters that the heap would have if it began at byte 0.
  g.fat_length = round_up((size / cluster_size + kFirstCluster) * 4, sector_size);
  g.heap_offset = round_up(g.fat_offset + g.fat_length, kMiB);
  std::uint64_t room = size > g.heap_offset ? size - g.heap_offset : 0;
  g.clusters = std::min(room / cluster_size, kMostClusters);
  return g;
}

class Placement {
 public:
  explicit Placement(const Geometry& geometry) : geometry_(geometry) {}

  Run take(std::uint64_t bytes) {
    Run run = {next_, geometry_.clusters_for(bytes)};
    if (run.count == 0) return run;
    // What no volume holds need not be added up further.
    next_ = std::min(next_ + std::min(run.count, kTooMany), kTooMany);
    if (!used_.empty() && used_.back().first + used_.back().count == run.first) {
      used_.back().count += run.count;
    } else {
      used_.push_back(run);
    }
    return run;
  }

  void align() {
    const std::uint64_t unit = kMiB / geometry_.cluster_size;
    next_ = round_up(next_ - kFirstCluster, unit) + kFirstCluster;
  }

  std::uint64_t next() const { return next_; }
  std::vector<Run> used() { return std::move(used_); }

 private:
  const Geometry& geometry_;
  std::uint64_t next_ = kFirstCluster;
  std::vector<Run> used_;
};

bool is_big(const Node& node) { return node.file != nullptr && node.size >= kBigFile; }

// Folders and small files first, in the order of their tree, then the big ones: little is lost to
// their alignment.
Layout place(std::vector<Node> nodes, const Geometry& geometry) {
  Layout layout = {.geometry = geometry,
                   .bitmap = {},
                   .up_case_table = {},
                   .nodes = std::move(nodes),
                   .used = {}};
  Placement placement(geometry);
  layout.bitmap = placement.take(geometry.bitmap_size());
  layout.up_case_table = placement.take(up_case_table().size());
  auto put = [&](Node& node) {
    Run run = placement.take(node.size);
    node.first_cluster = run.count == 0 ? 0 : run.first;
  };
  for (Node& node : layout.nodes) {
    if (node.file == nullptr) put(node);
  }
  for (Node& node : layout.nodes) {
    if (node.file != nullptr && !is_big(node)) put(node);
  }
  for (Node& node : layout.nodes) {
    if (!is_big(node)) continue;
    placement.align();
    put(node);
  }
  layout.end = placement.next();
  layout.used = placement.used();
  return layout;
}

Layout place_in(const std::vector<Node>& nodes, const Volume& volume, std::uint64_t size,
                std::uint64_t cluster_size) {
  return place(nodes, geometry_for(size, cluster_size, volume.sector_size));
}

// The larger a volume, the larger its own tables: so the size that holds everything is approached
// from below. It grows by what the tables grow, which is much less, and thus soon stands still.
std::optional<std::uint64_t> smallest_of(const SizeClass& c, const std::vector<Node>& nodes,
                                         const Volume& volume) {
  for (std::uint64_t size = c.from; size <= kMostBytes;) {
    Layout layout = place_in(nodes, volume, size, c.cluster_size);
    if (layout.fits()) return size;
    if (layout.end > kMostClusters) break;
    size = std::max(size + kMiB, round_up(layout.needed(), kMiB));
  }
  return std::nullopt;
}

// Builds the tree of a volume, one target after the other.
class TreeMaker {
 public:
  TreeMaker() { nodes_.push_back({}); }

  void add_folder(const std::string& path) { folder(path, path.size()); }

  void add_file(const VolumeFile& file) {
    const std::string& path = file.target;
    std::size_t slash = path.rfind('/');
    std::size_t parent = slash == std::string::npos ? 0 : folder(path, slash);
    std::size_t start = slash == std::string::npos ? 0 : slash + 1;
    std::u16string name = file_name(std::string_view(path).substr(start), path);
    auto [at, is_new] = nodes_[parent].children.try_emplace(up_case(name), nodes_.size());
    if (!is_new) refuse_second(nodes_[at->second], path);
    nodes_.push_back({.name = std::move(name), .path = path, .file = &file, .size = file.size()});
  }

  std::vector<Node> take() { return std::move(nodes_); }

 private:
  // The folder that the first `length` bytes of `path` name, made if need be.
  std::size_t folder(const std::string& path, std::size_t length) {
    std::size_t node = 0;
    for (std::size_t start = 0; start <= length;) {
      std::size_t end = std::min(path.find('/', start), length);
      std::u16string name = file_name(std::string_view(path).substr(start, end - start), path);
      auto [at, is_new] = nodes_[node].children.try_emplace(up_case(name), nodes_.size());
      node = at->second;
      if (is_new) {
        nodes_.push_back({.name = std::move(name), .path = std::string_view(path).substr(0, end)});
      } else if (nodes_[node].file != nullptr) {
        fail("'{}' is a file and, as part of '{}', a folder too", nodes_[node].path, path);
      }
      start = end + 1;
    }
    return node;
  }

  [[noreturn]] static void refuse_second(const Node& first, std::string_view path) {
    if (first.file == nullptr) fail("'{}' is a file and a folder too ('{}')", path, first.path);
    if (first.path == path) fail("'{}' is there twice", path);
    fail("'{}' and '{}' are one file on an exFAT volume, which ignores case", first.path, path);
  }

  std::vector<Node> nodes_;
};

// Parents before children, siblings by name: whatever the order in which they were mentioned.
std::vector<Node> in_order(std::vector<Node> nodes) {
  std::vector<Node> sorted;
  sorted.reserve(nodes.size());
  sorted.push_back(std::move(nodes[0]));
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    for (auto& [key, child] : sorted[i].children) {
      sorted.push_back(std::move(nodes[child]));
      child = sorted.size() - 1;
    }
  }
  return sorted;
}

void measure_folder(Node& folder, const std::vector<Node>& nodes, std::size_t own_entries) {
  std::size_t entries = own_entries;
  for (const auto& [key, child] : folder.children) entries += entries_of(nodes[child]);
  // An empty folder has a cluster too: it is where the first file would be entered.
  folder.size = std::max<std::uint64_t>(entries, 1) * kEntrySize;
  if (folder.size > kMostFolderBytes) {
    fail("the folder '{}' would have {} bytes of names; exFAT allows {}", folder.path, folder.size,
         kMostFolderBytes);
  }
}

[[noreturn]] void refuse_size() {
  fail("the files need more than {} bytes, the most that an exFAT volume has", kMostBytes);
}

void check_sizes(const Volume& volume) {
  if (volume.size < kMiB || volume.size > kMostBytes) {
    fail("an exFAT volume has {} to {} bytes, not {}", kMiB, kMostBytes, volume.size);
  }
  if (volume.size % volume.sector_size != 0) {
    fail("{} bytes are not a whole number of sectors of {} bytes", volume.size, volume.sector_size);
  }
}

}  // namespace

std::size_t entries_of(const Node& node) {
  return 2 + static_cast<std::size_t>(ceil_div(node.name.size(), kNameUnitsPerEntry));
}

std::vector<Node> make_tree(const Volume& volume) {
  if (volume.sector_size != 512 && volume.sector_size != 4096) {
    fail("an exFAT volume is made of sectors of 512 or 4096 bytes, not {}", volume.sector_size);
  }
  label_name(volume.label);
  TreeMaker maker;
  for (const std::string& folder : volume.folders) maker.add_folder(folder);
  for (const VolumeFile& file : volume.files) maker.add_file(file);
  std::vector<Node> nodes = in_order(maker.take());
  for (Node& node : nodes) {
    if (node.file == nullptr) measure_folder(node, nodes, &node == &nodes[0] ? kVolumeEntries : 0);
  }
  return nodes;
}

Layout lay_out(const Volume& volume) {
  const std::vector<Node> nodes = make_tree(volume);
  check_sizes(volume);
  std::optional<std::uint64_t> needed;
  for (std::size_t i = std::size(kSizeClasses); i-- > 0;) {
    const SizeClass& c = kSizeClasses[i];
    if (i > 0 && kSizeClasses[i - 1].to >= volume.size) continue;
    Layout layout = place_in(nodes, volume, volume.size, c.cluster_size);
    if (layout.fits()) return layout;
    if (layout.end <= kMostClusters)
      needed = std::min(needed.value_or(kMostBytes), layout.needed());
  }
  if (!needed) refuse_size();
  fail("the files need an exFAT volume of {} bytes; this one has {}", *needed, volume.size);
}

std::uint64_t smallest_size(const Volume& volume) {
  const std::vector<Node> nodes = make_tree(volume);
  std::optional<std::uint64_t> best;
  for (const SizeClass& c : kSizeClasses) {
    std::optional<std::uint64_t> size = smallest_of(c, nodes, volume);
    if (size && (!best || *size < *best)) best = size;
  }
  if (!best) refuse_size();
  return *best;
}

}  // namespace remedia::exfat
