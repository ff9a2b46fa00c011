// The bytes of a volume: two boot regions, allocation table, and a heap of clusters that holds the
// bitmap, the up-case table, folders and files. Sections in comments are the specification's.
#include "media/exfat.h"

#include "media/exfat_layout.h"
#include "media/exfat_names.h"
#include "support/diagnostic.h"

#include <algorithm>
#include <bit>
#include <ctime>

namespace remedia::exfat {

namespace {

constexpr std::size_t kBootSectors = 12;  // of each of the two boot regions; the last: checksum
constexpr std::size_t kExtendedBootSectors = 8;
constexpr std::size_t kBootCodeSize = 390;
constexpr std::uint64_t kEndOfChain = 0xffffffff;

// Kinds of entries of folders (6 and 7).
constexpr char kBitmapEntry = '\x81';
constexpr char kUpCaseEntry = '\x82';
constexpr char kLabelEntry = '\x83';
constexpr char kFileEntry = '\x85';
constexpr char kStreamEntry = '\xc0';
constexpr char kNameEntry = '\xc1';
constexpr std::size_t kNameUnitsPerEntry = 15;

constexpr std::uint64_t kFolderAttribute = 0x10;
constexpr std::uint64_t kPlainAttribute = 0x20;
constexpr char kMayHaveClusters = 1;
constexpr char kNoFatChain = 2;

std::string little(std::uint64_t value, std::size_t size) {
  std::string bytes;
  for (std::size_t i = 0; i < size; ++i) bytes += static_cast<char>(value >> 8 * i & 0xff);
  return bytes;
}

std::string units(std::u16string_view text) {
  std::string bytes;
  for (char16_t c : text) bytes += little(c, 2);
  return bytes;
}

// All checksums of exFAT: turn right by one bit, add the next byte (3.4, 6.3.3, 7.2.2, 7.7.3).
template <typename Sum>
Sum add_to_sum(Sum sum, std::string_view bytes) {
  for (char c : bytes) {
    sum = static_cast<Sum>(std::rotr(sum, 1) + static_cast<unsigned char>(c));
  }
  return sum;
}

// ---- times (7.4.5 to 7.4.10): local time in steps of 2 s, of 10 ms, and what local means ----

struct Stamp {
  std::string two_seconds;
  std::string hundredths;
};

Stamp stamp_of(std::int64_t clock) {
  constexpr std::int64_t kFirst = 315'532'800;   // 1980-01-01 00:00:00
  constexpr std::int64_t kLast = 4'354'819'199;  // 2107-12-31 23:59:59
  std::time_t seconds = static_cast<std::time_t>(std::clamp(clock, kFirst, kLast));
  std::tm utc = {};
  gmtime_r(&seconds, &utc);
  int time = utc.tm_hour << 11 | utc.tm_min << 5 | utc.tm_sec / 2;
  int date = (utc.tm_year - 80) << 9 | (utc.tm_mon + 1) << 5 | utc.tm_mday;
  return {little(static_cast<unsigned>(time), 2) + little(static_cast<unsigned>(date), 2),
          little(utc.tm_sec % 2 == 0 ? 0 : 100, 1)};
}

// ---- entries of folders ----

std::uint64_t bytes_of(const Node& node, const Geometry& geometry) {
  if (node.file != nullptr) return node.size;
  return geometry.clusters_for(node.size) * geometry.cluster_size;  // folders are whole clusters
}

// 7.4; the checksum of the set is filled in by entry_set().
std::string file_entry(const Node& node, const Stamp& stamp) {
  const std::string utc(3, '\x80');  // the offset is valid, and 0
  std::string entry = kFileEntry + little(entries_of(node) - 1, 1) + little(0, 2);
  entry += little(node.file == nullptr ? kFolderAttribute : kPlainAttribute, 2) + little(0, 2);
  entry += stamp.two_seconds + stamp.two_seconds + stamp.two_seconds;  // made, changed, read
  entry += stamp.hundredths + stamp.hundredths + utc;
  return entry + std::string(7, '\0');
}

// 7.6
std::string stream_entry(const Node& node, const Geometry& geometry) {
  const char no_chain = node.first_cluster == 0 ? 0 : kNoFatChain;
  const std::uint64_t bytes = bytes_of(node, geometry);
  const std::uint16_t hash = add_to_sum(std::uint16_t{0}, units(up_case(node.name)));
  std::string entry = {kStreamEntry, static_cast<char>(kMayHaveClusters | no_chain), '\0'};
  entry += little(node.name.size(), 1) + little(hash, 2) + little(0, 2);
  entry += little(bytes, 8) + little(0, 4);  // all of it is valid data
  return entry + little(node.first_cluster, 4) + little(bytes, 8);
}

// 7.7
std::string name_entries(std::u16string_view name) {
  std::string entries;
  for (std::size_t at = 0; at < name.size(); at += kNameUnitsPerEntry) {
    std::string entry = {kNameEntry, '\0'};
    entry += units(name.substr(at, kNameUnitsPerEntry));
    entry.resize(kEntrySize, '\0');
    entries += entry;
  }
  return entries;
}

std::string entry_set(const Node& node, const Geometry& geometry, const Stamp& stamp) {
  std::string set =
      file_entry(node, stamp) + stream_entry(node, geometry) + name_entries(node.name);
  std::uint16_t sum = add_to_sum(std::uint16_t{0}, std::string_view(set).substr(0, 2));
  sum = add_to_sum(sum, std::string_view(set).substr(4));  // all but the sum itself
  return set.replace(2, 2, little(sum, 2));
}

// What only the root has (7.1 to 7.3). A volume without a label has the entry too, not in use.
std::string volume_entries(const Volume& volume, const Layout& layout) {
  const std::u16string label = label_name(volume.label);
  const char in_use = label.empty() ? '\x7f' : '\xff';
  std::string entries =
      static_cast<char>(kLabelEntry & in_use) + little(label.size(), 1) + units(label);
  entries.resize(kEntrySize, '\0');
  entries += kBitmapEntry + std::string(19, '\0') + little(layout.bitmap.first, 4) +
             little(layout.geometry.bitmap_size(), 8);
  const std::string table = up_case_table();
  entries += kUpCaseEntry + std::string(3, '\0') + little(add_to_sum(std::uint32_t{0}, table), 4);
  return entries + std::string(12, '\0') + little(layout.up_case_table.first, 4) +
         little(table.size(), 8);
}

// ---- the regions before the heap ----

std::uint64_t used_clusters(const Layout& layout) {
  std::uint64_t used = 0;
  for (const Run& run : layout.used) used += run.count;
  return used;
}

// 3.1. Its boot code is halt instructions: nothing starts from here.
std::string boot_sector(const Volume& volume, const Layout& layout) {
  const Geometry& g = layout.geometry;
  const std::uint64_t sector = volume.sector_size;
  auto shift = [](std::uint64_t power) {
    return static_cast<std::uint64_t>(std::countr_zero(power));
  };
  std::string bytes =
      "\xeb\x76\x90"
      "EXFAT   " +
      std::string(53, '\0');
  bytes += little(volume.start_sector, 8) + little(volume.size / sector, 8);
  bytes += little(g.fat_offset / sector, 4) + little(g.fat_length / sector, 4);
  bytes += little(g.heap_offset / sector, 4) + little(g.clusters, 4);
  bytes += little(layout.nodes[0].first_cluster, 4) + little(volume.serial, 4);
  bytes += little(0x0100, 2) + little(0, 2);  // revision 1.00; flags: one table, clean
  bytes += little(shift(sector), 1) + little(shift(g.cluster_size / sector), 1);
  bytes += little(1, 1) + little(0x80, 1);  // tables; drive
  bytes += little(used_clusters(layout) * 100 / g.clusters, 1) + std::string(7, '\0');
  bytes += std::string(kBootCodeSize, '\xf4') + "\x55\xaa";
  bytes.resize(sector, '\0');
  return bytes;
}

std::string boot_region(const Volume& volume, const Layout& layout) {
  const std::size_t sector = volume.sector_size;
  std::string region = boot_sector(volume, layout);
  for (std::size_t i = 0; i < kExtendedBootSectors; ++i) {
    region += std::string(sector - 2, '\0') + "\x55\xaa";
  }
  region.resize((kBootSectors - 1) * sector, '\0');  // no OEM parameters
  // Flags and the percentage of use may change without a new checksum (3.4).
  std::string_view bytes = region;
  std::uint32_t sum = add_to_sum(std::uint32_t{0}, bytes.substr(0, 106));
  sum = add_to_sum(sum, bytes.substr(108, 4));
  sum = add_to_sum(sum, bytes.substr(113));
  const std::string last = little(sum, 4);
  while (region.size() < kBootSectors * sector) region += last;
  return region;
}

// Chains of what has no stream entry that could say NoFatChain; all else is zero (4.1).
std::string allocation_table(const Layout& layout) {
  std::string table = little(0xfffffff8, 4) + little(kEndOfChain, 4);
  const Node& root = layout.nodes[0];
  const Run chains[] = {layout.bitmap,
                        layout.up_case_table,
                        {root.first_cluster, layout.geometry.clusters_for(root.size)}};
  for (const Run& chain : chains) {
    for (std::uint64_t i = 1; i < chain.count; ++i) table += little(chain.first + i, 4);
    table += little(kEndOfChain, 4);
  }
  return table;
}

// A bit for each cluster, up to the last one in use (7.1.5).
std::string bitmap(const Layout& layout) {
  std::string bits(static_cast<std::size_t>(ceil_div(layout.end - kFirstCluster, 8)), '\0');
  for (const Run& run : layout.used) {
    std::size_t bit = static_cast<std::size_t>(run.first - kFirstCluster);
    const std::size_t end = bit + static_cast<std::size_t>(run.count);
    for (; bit < end && bit % 8 != 0; ++bit)
      bits[bit / 8] = static_cast<char>(bits[bit / 8] | 1 << bit % 8);
    for (; bit + 8 <= end; bit += 8) bits[bit / 8] = '\xff';
    for (; bit < end; ++bit) bits[bit / 8] = static_cast<char>(bits[bit / 8] | 1 << bit % 8);
  }
  return bits;
}

std::string folder_bytes(const Volume& volume, const Layout& layout, const Node& folder,
                         const Stamp& stamp) {
  std::string bytes;
  if (&folder == &layout.nodes[0]) bytes = volume_entries(volume, layout);
  for (const auto& [key, child] : folder.children) {
    bytes += entry_set(layout.nodes[child], layout.geometry, stamp);
  }
  return bytes;
}

}  // namespace

void write(const Volume& volume, int out, std::uint64_t offset, const fs::path& out_name) {
  if (offset % kMiB != 0)
    fail("an exFAT volume cannot begin at byte {}: no multiple of {}", offset, kMiB);
  const Layout layout = lay_out(volume);
  const Stamp stamp = stamp_of(volume.clock);
  auto put = [&](std::string_view bytes, std::uint64_t at) {
    write_at(out, bytes, offset + at, out_name);
  };
  const std::string boot = boot_region(volume, layout);
  put(boot, 0);
  put(boot, boot.size());
  put(allocation_table(layout), layout.geometry.fat_offset);
  put(bitmap(layout), layout.geometry.cluster_offset(layout.bitmap.first));
  put(up_case_table(), layout.geometry.cluster_offset(layout.up_case_table.first));
  for (const Node& node : layout.nodes) {
    if (node.first_cluster == 0) continue;
    const std::uint64_t at = layout.geometry.cluster_offset(node.first_cluster);
    if (node.file == nullptr) {
      put(folder_bytes(volume, layout, node, stamp), at);
    } else {
      node.file->write_content(out, offset + at, out_name);
    }
  }
}

}  // namespace remedia::exfat
