// The order of a volume: boot sectors, two copies of the allocation table, the root folder (FAT12),
// then clusters: folders, small files, big files. Everything is in consecutive clusters, so the
// table is written in one pass. On FAT32 the clusters begin at a multiple of 1 MiB; the reserved
// sectors before the tables take up what that needs.
#include "media/fat.h"

#include "media/fat_items.h"
#include "support/byte_size.h"
#include "support/diagnostic.h"

#include <algorithm>

namespace remedia::fat {

namespace {

constexpr std::uint64_t kBig = 4 * kMiB;  // gaps before big files then are at most a quarter more
constexpr std::uint64_t kEntry = 32;
constexpr std::uint64_t kFirstCluster = 2;  // 0 and 1 name none
constexpr std::uint64_t kDefaultCluster = 4096;
constexpr std::uint64_t kLargestCluster = 32768;  // what every reader takes
constexpr std::uint64_t kMostSectors = 0xffffffff;
constexpr std::uint64_t kInfoSector = 1;
constexpr std::uint64_t kBackupSector = 6;

// The specification advises to stay 16 clusters away from the numbers that tell the types apart.
struct Type {
  std::uint64_t fewest_clusters;
  std::uint64_t most_clusters;
  std::uint64_t fewest_reserved;  // sectors
  std::uint64_t granule;          // sizes that are reckoned are multiples; 0: of the sector
  std::uint64_t end_of_file;      // in the allocation table
};

constexpr Type kFat12 = {1, 4084 - 16, 1, 0, 0xfff};
constexpr Type kFat32 = {65525 + 16, 0x0ffffff4 - 16, 32, kMiB, 0x0fffffff};

const Type& type_of(const Volume& volume) { return volume.bits == 12 ? kFat12 : kFat32; }

std::uint64_t divided_up(std::uint64_t n, std::uint64_t by) { return (n + by - 1) / by; }
std::uint64_t rounded_up(std::uint64_t n, std::uint64_t to) { return divided_up(n, to) * to; }

void check(const Volume& volume) {
  if (volume.bits != 12 && volume.bits != 32) fail("there is no FAT{} here", volume.bits);
  if (volume.sector_size != 512 && volume.sector_size != 4096) {
    fail("a FAT volume has sectors of 512 or 4096 bytes, not {}", volume.sector_size);
  }
  if (volume.size % volume.sector_size != 0) {
    fail("a FAT volume of {} bytes does not end with a sector of {} bytes", volume.size,
         volume.sector_size);
  }
  if (volume.size / volume.sector_size > kMostSectors || volume.hidden_sectors > kMostSectors) {
    fail("a FAT volume ends before sector {}: {} bytes after {} sectors is too far",
         kMostSectors + 1, volume.size, volume.hidden_sectors);
  }
  padded_label(volume.label);
}

// --- where the parts lie ---

struct Shape {
  std::uint64_t sectors = 0;
  std::uint64_t reserved = 0;  // sectors before the tables
  std::uint64_t table_sectors = 0;
  std::uint64_t root_entries = 0;  // FAT32: its root folder is in clusters
  std::uint64_t data = 0;          // bytes before the clusters
  std::uint64_t cluster = 0;       // bytes
  std::uint64_t clusters = 0;      // as many as there is room for
};

Shape floppy_shape(const Volume& volume) {
  const Floppy& floppy = *volume.floppy;
  Shape shape = {.sectors = volume.size / volume.sector_size,
                 .reserved = 1,
                 .table_sectors = floppy.table_sectors,
                 .root_entries = floppy.root_entries,
                 .cluster = std::uint64_t{floppy.cluster_sectors} * volume.sector_size};
  shape.data = (1 + 2 * shape.table_sectors) * volume.sector_size + shape.root_entries * kEntry;
  return shape;
}

// The tables have room for clusters where they themselves lie, as in the specification's formula.
Shape reckoned_shape(const Volume& volume, std::uint64_t size, std::uint64_t cluster) {
  const std::uint64_t sector = volume.sector_size;
  Shape shape = {.sectors = size / sector,
                 .reserved = type_of(volume).fewest_reserved,
                 .root_entries = volume.bits == 12 ? 512u : 0u,
                 .cluster = cluster};
  std::uint64_t table_bits =
      (size / cluster + kFirstCluster) * static_cast<std::uint64_t>(volume.bits);
  shape.table_sectors = divided_up(table_bits, 8 * sector);
  shape.data = (shape.reserved + 2 * shape.table_sectors) * sector + shape.root_entries * kEntry;
  if (volume.bits == 32) {
    std::uint64_t data = rounded_up(shape.data, kMiB);
    shape.reserved += (data - shape.data) / sector;
    shape.data = data;
  }
  return shape;
}

Shape shape_of(const Volume& volume, std::uint64_t size, std::uint64_t cluster) {
  Shape shape = volume.floppy ? floppy_shape(volume) : reckoned_shape(volume, size, cluster);
  if (size > shape.data) shape.clusters = (size - shape.data) / shape.cluster;
  return shape;
}

// How many clusters are taken, gaps before big files included; says of each item where it lies.
std::uint64_t allocate(std::vector<Item>& items, const Volume& volume, std::uint64_t cluster) {
  std::uint64_t next = 0;
  auto take = [&](bool folders, bool big) {
    for (std::size_t i = 0; i < items.size(); ++i) {
      Item& item = items[i];
      bool is_big = item.file != nullptr && item.size >= kBig && volume.bits == 32;
      if ((item.file == nullptr) != folders || is_big != big) continue;
      bool is_outside = item.size == 0 || (i == 0 && volume.bits == 12);
      if (big) next = rounded_up(next, kMiB / cluster);
      item.first = is_outside ? 0 : next + kFirstCluster;
      if (!is_outside) next += divided_up(item.size, cluster);
    }
  };
  take(true, false);
  take(false, false);
  take(false, true);
  return next;
}

bool holds(const Volume& volume, const Shape& shape, std::uint64_t used) {
  const Type& type = type_of(volume);
  return shape.clusters >= std::max(used, type.fewest_clusters) &&
         shape.clusters <= type.most_clusters && shape.sectors <= kMostSectors;
}

// The smallest volume with clusters of this size; 0 if there is none. Each step can only make the
// tables larger, by less than it adds to the volume: so the steps end.
std::uint64_t smallest_with(const Volume& volume, std::uint64_t cluster, std::uint64_t used) {
  const Type& type = type_of(volume);
  const std::uint64_t granule = type.granule != 0 ? type.granule : volume.sector_size;
  const std::uint64_t content = std::max(used, type.fewest_clusters) * cluster;
  for (std::uint64_t size = content;;) {
    Shape shape = shape_of(volume, size, cluster);
    std::uint64_t needed = rounded_up(shape.data + content, granule);
    if (needed <= size) return holds(volume, shape, used) ? size : 0;
    size = needed;
  }
}

// Which clusters Windows takes for a volume of this size, at least.
std::uint64_t usual_cluster(const Volume& volume, std::uint64_t size) {
  if (volume.bits == 12) return volume.sector_size;
  std::uint64_t cluster = kDefaultCluster;
  for (std::uint64_t limit = 8ull << 30; size > limit && cluster < kLargestCluster; limit *= 2) {
    cluster *= 2;
  }
  return cluster;
}

std::uint64_t smallest_for(const Volume& volume, std::vector<Item>& items) {
  for (std::uint64_t cluster = usual_cluster(volume, 0); cluster <= kLargestCluster; cluster *= 2) {
    std::uint64_t size = smallest_with(volume, cluster, allocate(items, volume, cluster));
    if (size != 0 && usual_cluster(volume, size) <= cluster) return size;
  }
  fail("FAT{} cannot hold these files: they are too large together", volume.bits);
}

[[noreturn]] void refuse_size(const Volume& volume, std::vector<Item>& items) {
  std::uint64_t needed = 0;
  for (std::uint64_t cluster = volume.sector_size; cluster <= kLargestCluster; cluster *= 2) {
    std::uint64_t size = smallest_with(volume, cluster, allocate(items, volume, cluster));
    if (size != 0 && (needed == 0 || size < needed)) needed = size;
  }
  if (needed == 0) smallest_for(volume, items);
  if (needed <= volume.size) {
    fail("{} bytes are too many for a FAT{} volume with sectors of {} bytes", volume.size,
         volume.bits, volume.sector_size);
  }
  throw Failure(Diagnostic{
      .message = fmt::format("the content needs a FAT{} volume of {} bytes; it is to have {}",
                             volume.bits, needed, volume.size),
      .hint = fmt::format("make the volume {} bytes larger, or leave its size out",
                          needed - volume.size)});
}

void check_root(const Volume& volume, const Shape& shape, const Item& root) {
  if (volume.bits == 12 && root.size > shape.root_entries * kEntry) {
    fail(
        "the root folder of the FAT12 volume would have {} entries, of which long names take "
        "several; at most {} can be",
        root.size / kEntry, shape.root_entries);
  }
}

// The shape of a volume of the size asked for, with items allocated. First the cluster size that is
// usual, then smaller ones, then larger ones: their tables take less.
Shape fitted(const Volume& volume, std::vector<Item>& items) {
  if (volume.floppy) {
    Shape shape = shape_of(volume, volume.size, 0);
    std::uint64_t used = allocate(items, volume, shape.cluster);
    if (holds(volume, shape, used)) return shape;
    fail("the content takes {} clusters of a floppy disk; it has {}", used, shape.clusters);
  }
  const std::uint64_t size = volume.size != 0 ? volume.size : smallest_for(volume, items);
  const std::uint64_t usual = usual_cluster(volume, size);
  std::vector<std::uint64_t> candidates;
  for (std::uint64_t c = usual; c >= volume.sector_size; c /= 2) candidates.push_back(c);
  for (std::uint64_t c = usual * 2; c <= kLargestCluster; c *= 2) candidates.push_back(c);
  for (std::uint64_t cluster : candidates) {
    Shape shape = shape_of(volume, size, cluster);
    if (holds(volume, shape, allocate(items, volume, cluster))) return shape;
  }
  refuse_size(volume, items);
}

// --- bytes ---

std::string boot_sector(const Volume& volume, const Shape& shape) {
  const bool large = volume.bits == 32;
  const bool few = !large && shape.sectors < 65536;  // told in 16 bits
  auto only = [](bool condition, std::uint64_t value) { return condition ? value : 0; };
  std::string sector = large ? "\xeb\x58\x90MSDOS5.0" : "\xeb\x3c\x90MSDOS5.0";
  sector += little(volume.sector_size, 2) + little(shape.cluster / volume.sector_size, 1) +
            little(shape.reserved, 2) + little(2, 1) + little(shape.root_entries, 2) +
            little(only(few, shape.sectors), 2) + little(volume.floppy ? 0xf0 : 0xf8, 1) +
            little(only(!large, shape.table_sectors), 2) +
            little(volume.floppy ? volume.floppy->track_sectors : 63, 2) +
            little(volume.floppy ? 2 : 255, 2) + little(volume.hidden_sectors, 4) +
            little(only(!few, shape.sectors), 4);
  if (large) {
    sector += little(shape.table_sectors, 4) + little(0, 4) + little(kFirstCluster, 4) +
              little(kInfoSector, 2) + little(kBackupSector, 2) + std::string(12, '\0');
  }
  sector += little(volume.floppy ? 0 : 0x80, 2) + "\x29" + little(volume.serial, 4);
  sector += padded_label(volume.label) + (large ? "FAT32   " : "FAT12   ");
  sector += "\xcd\x18\xf4\xeb\xfd";  // to a BIOS: no system here; then halt, for ever
  sector.resize(510, '\0');
  return sector + "\x55\xaa";
}

// `taken` clusters are not free; the search for free ones best begins at number `next`.
std::string info_sector(const Shape& shape, std::uint64_t taken, std::uint64_t next) {
  constexpr std::uint64_t kUnknown = 0xffffffff;
  std::string sector = "RRaA";
  sector.resize(484, '\0');
  bool is_full = next >= shape.clusters;
  sector += "rrAa" + little(shape.clusters - taken, 4) +
            little(is_full ? kUnknown : kFirstCluster + next, 4);
  sector.resize(510, '\0');
  return sector + "\x55\xaa";
}

class Writer {
 public:
  Writer(const Volume& volume, const Shape& shape, int out, std::uint64_t offset,
         const fs::path& out_name)
      : volume_(volume), shape_(shape), out_(out), offset_(offset), out_name_(out_name) {}

  void write(const std::vector<Item>& items, std::uint64_t used) {
    write_boot_sectors(info_sector(shape_, taken(items), used));
    write_tables(items);
    for (std::size_t i = 0; i < items.size(); ++i) {
      const Item& item = items[i];
      std::uint64_t at = place_of(item, i == 0);
      if (item.file == nullptr) {
        write_at(out_, folder_bytes(items, i, volume_), at, out_name_);
      } else if (item.size > 0) {
        item.file->write_content(out_, at, out_name_);
      }
    }
  }

 private:
  std::uint64_t taken(const std::vector<Item>& items) const {
    std::uint64_t count = 0;
    for (const Item& item : items) {
      if (item.first != 0) count += divided_up(item.size, shape_.cluster);
    }
    return count;
  }

  std::uint64_t place_of(const Item& item, bool is_root) const {
    if (is_root && volume_.bits == 12) return offset_ + shape_.data - shape_.root_entries * kEntry;
    return offset_ + shape_.data + (item.first - kFirstCluster) * shape_.cluster;
  }

  void put_sector(std::uint64_t number, const std::string& bytes) {
    write_at(out_, bytes, offset_ + number * volume_.sector_size, out_name_);
  }

  void write_boot_sectors(const std::string& info) {
    put_sector(0, boot_sector(volume_, shape_));
    if (volume_.bits == 12) return;
    put_sector(kInfoSector, info);
    put_sector(kBackupSector, boot_sector(volume_, shape_));
    put_sector(kBackupSector + kInfoSector, info);
  }

  // Entries come one by one, by ascending clusters.
  void write_tables(const std::vector<Item>& items) {
    const std::uint64_t end = type_of(volume_).end_of_file;
    add_entry((end & ~std::uint64_t{0xff}) | (volume_.floppy ? 0xf0 : 0xf8));
    add_entry(end);
    for (const Item* item : by_cluster(items)) {
      while (entries_ < item->first) add_entry(0);  // a gap
      for (std::uint64_t left = divided_up(item->size, shape_.cluster); left > 1; --left) {
        add_entry(entries_ + 1);
      }
      add_entry(end);
    }
    if (entries_ % 2 != 0) add_entry(0);  // complete the pair that FAT12 has in three bytes
    flush_table();
  }

  static std::vector<const Item*> by_cluster(const std::vector<Item>& items) {
    std::vector<const Item*> sorted;
    for (const Item& item : items) {
      if (item.first != 0) sorted.push_back(&item);
    }
    std::sort(sorted.begin(), sorted.end(),
              [](const Item* a, const Item* b) { return a->first < b->first; });
    return sorted;
  }

  void add_entry(std::uint64_t value) {
    if (volume_.bits == 32) {
      table_ += little(value, 4);
    } else if (entries_ % 2 == 0) {
      half_ = value;
    } else {
      table_ += little(half_ | value << 12, 3);
    }
    ++entries_;
    if (table_.size() >= kMiB) flush_table();
  }

  void flush_table() {
    for (std::uint64_t copy : {0u, 1u}) {
      std::uint64_t start = (shape_.reserved + copy * shape_.table_sectors) * volume_.sector_size;
      write_at(out_, table_, offset_ + start + flushed_, out_name_);
    }
    flushed_ += table_.size();
    table_.clear();
  }

  const Volume& volume_;
  const Shape& shape_;
  const int out_;
  const std::uint64_t offset_;
  const fs::path& out_name_;
  std::uint64_t entries_ = 0;  // of the table
  std::uint64_t half_ = 0;     // FAT12: the first of a pair
  std::string table_;          // what was not flushed yet
  std::uint64_t flushed_ = 0;
};

}  // namespace

std::uint64_t smallest_size(const Volume& volume) {
  check(volume);
  std::vector<Item> items = items_of(volume);
  return smallest_for(volume, items);
}

void write(const Volume& volume, int out, std::uint64_t offset, const fs::path& out_name) {
  check(volume);
  if (volume.bits == 32 && offset % kMiB != 0) {
    fail("a FAT32 volume begins at a multiple of 1 MiB, not at byte {}", offset);
  }
  std::vector<Item> items = items_of(volume);
  Shape shape = fitted(volume, items);
  check_root(volume, shape, items.front());
  std::uint64_t used = allocate(items, volume, shape.cluster);
  Writer(volume, shape, out, offset, out_name).write(items, used);
}

}  // namespace remedia::fat
