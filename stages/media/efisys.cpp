// FAT12, written once and never changed: boot sector, two copies of the allocation table, root
// folder, clusters. Three files, each in consecutive clusters: \EFI, \EFI\BOOT, the program.
//
// Source: Microsoft's specification of FAT ("FAT: General Overview of On-Disk Format", 1.03), and
// the parameters that DOS gives floppy disks of these sizes.
#include "media/efisys.h"

#include "media/boot_files.h"
#include "support/diagnostic.h"
#include "support/digest.h"

#include <algorithm>
#include <ctime>
#include <iterator>
#include <vector>

namespace remedia {

namespace {

constexpr std::size_t kSector = 512;
constexpr std::size_t kEntry = 32;      // bytes, of a folder
constexpr std::size_t kEfiCluster = 2;  // 0 and 1 name none
constexpr std::size_t kBootCluster = 3;
constexpr std::size_t kProgramCluster = 4;
constexpr std::size_t kEndOfFile = 0xfff;  // in the allocation table
constexpr std::size_t kMedia = 0xf0;
constexpr char kLabel = 0x08;
constexpr char kFolder = 0x10;
constexpr char kPlain = 0x20;
constexpr std::string_view kLabelName = "EFISECTOR  ";

struct Floppy {
  std::size_t sectors;
  std::size_t cluster_sectors;
  std::size_t table_sectors;
  std::size_t root_entries;
  std::size_t track_sectors;

  std::size_t root_sector() const { return 1 + 2 * table_sectors; }
  std::size_t data_sector() const { return root_sector() + root_entries * kEntry / kSector; }
  std::size_t cluster_bytes() const { return cluster_sectors * kSector; }
  std::size_t clusters() const { return (sectors - data_sector()) / cluster_sectors; }
  std::size_t room() const { return (clusters() - 2) * cluster_bytes(); }  // 2: the folders
};

constexpr Floppy floppies[] = {{2880, 1, 9, 224, 18}, {5760, 2, 9, 240, 36}};

const Floppy& floppy_for(std::size_t size) {
  if (size == 0) fail("the program that efisys.bin is to start is empty");
  for (const Floppy& floppy : floppies) {
    if (size <= floppy.room()) return floppy;
  }
  fail("the program that efisys.bin is to start has {} bytes; a floppy image holds at most {}",
       size, std::end(floppies)[-1].room());
}

std::string little(std::uint64_t value, std::size_t size) {
  std::string bytes;
  for (std::size_t i = 0; i < size; ++i) bytes += static_cast<char>(value >> 8 * i & 0xff);
  return bytes;
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

// `BOOTX64 EFI` of `efi/boot/bootx64.efi`: eight characters, three, no dot.
std::string short_name(std::string_view path) {
  std::string name(path.substr(path.rfind('/') + 1));
  std::size_t dot = name.find('.');
  std::string padded = name.substr(0, dot);
  padded.resize(8, ' ');
  padded += name.substr(dot + 1);
  for (char& c : padded) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return padded;
}

std::string entry(std::string name, char attributes, const std::string& when, std::size_t cluster,
                  std::size_t size) {
  name.resize(11, ' ');
  bool is_label = attributes == kLabel;  // it was never created nor read
  std::string created = is_label ? little(0, 4) : when;
  std::string read = is_label ? little(0, 2) : when.substr(2);
  return name + attributes + little(0, 2) + created + read + little(0, 2) + when +
         little(cluster, 2) + little(size, 4);
}

std::string boot_sector(const Floppy& floppy, std::string_view cdboot) {
  std::string sector = "\xeb\x3c\x90MSDOS5.0" + little(kSector, 2) +
                       little(floppy.cluster_sectors, 1) + little(1, 2) + little(2, 1) +
                       little(floppy.root_entries, 2) + little(floppy.sectors, 2) +
                       little(kMedia, 1) + little(floppy.table_sectors, 2) +
                       little(floppy.track_sectors, 2) + little(2, 2) + little(0, 8);
  // Drive 0, extended boot signature, and a serial number that follows from the content.
  auto serial = derived_guid(cdboot);
  sector += little(0, 2) + "\x29" + std::string(serial.begin(), serial.begin() + 4);
  sector += std::string(kLabelName) + "FAT12   ";
  sector += "\xcd\x18\xf4\xeb\xfd";  // to a BIOS: no system here; then halt, for ever
  sector.resize(kSector - 2, '\0');
  return sector + "\x55\xaa";
}

// Entries of twelve bits, two in three bytes.
std::string allocation_table(const Floppy& floppy, std::size_t program_clusters) {
  std::vector<std::size_t> next = {0xf00 | kMedia, kEndOfFile, kEndOfFile, kEndOfFile};
  for (std::size_t i = 1; i < program_clusters; ++i) next.push_back(kProgramCluster + i);
  next.push_back(kEndOfFile);
  if (next.size() % 2 != 0) next.push_back(0);
  std::string table;
  for (std::size_t i = 0; i < next.size(); i += 2) table += little(next[i] | next[i + 1] << 12, 3);
  table.resize(floppy.table_sectors * kSector, '\0');
  return table;
}

}  // namespace

std::string efisys_image(std::string_view cdboot, std::string_view arch, std::int64_t clock) {
  const Floppy& floppy = floppy_for(cdboot.size());
  const std::string when = dos_time(clock);
  auto folder = [&](std::string_view name, std::size_t cluster) {
    return entry(std::string(name), kFolder, when, cluster, 0);
  };
  std::string image(floppy.sectors * kSector, '\0');
  auto put = [&](std::size_t sector, std::string_view bytes) {
    std::copy(bytes.begin(), bytes.end(),
              image.begin() + static_cast<std::ptrdiff_t>(sector * kSector));
  };
  auto put_cluster = [&](std::size_t cluster, std::string_view bytes) {
    put(floppy.data_sector() + (cluster - kEfiCluster) * floppy.cluster_sectors, bytes);
  };

  std::size_t clusters = (cdboot.size() + floppy.cluster_bytes() - 1) / floppy.cluster_bytes();
  std::string table = allocation_table(floppy, clusters);
  put(0, boot_sector(floppy, cdboot));
  put(1, table);
  put(1 + floppy.table_sectors, table);
  put(floppy.root_sector(),
      entry(std::string(kLabelName), kLabel, when, 0, 0) + folder("EFI", kEfiCluster));
  // The parent of what lies in the root folder is cluster 0.
  put_cluster(kEfiCluster,
              folder(".", kEfiCluster) + folder("..", 0) + folder("BOOT", kBootCluster));
  put_cluster(kBootCluster, folder(".", kBootCluster) + folder("..", kEfiCluster) +
                                entry(short_name(uefi_loader(arch)), kPlain, when, kProgramCluster,
                                      cdboot.size()));
  put_cluster(kProgramCluster, cdboot);
  return image;
}

}  // namespace remedia
