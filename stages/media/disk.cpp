#include "media/disk.h"

#include "formats/registry.h"
#include "support/diagnostic.h"

#include <algorithm>
#include <cerrno>
#include <memory>
#include <set>

#include <fcntl.h>
#include <libfdisk/libfdisk.h>
#include <sys/stat.h>

namespace remedia::disk {

namespace {

constexpr std::uint64_t kAlignment = 1 << 20;
constexpr std::uint64_t kGptEntries = 128;
constexpr std::uint64_t kGptEntry = 128;  // bytes
constexpr std::size_t kMbrPartitions = 4;
constexpr std::size_t kNameUnits = 36;
constexpr std::uint64_t kMbrSectors = std::uint64_t{1} << 32;

// --- what is asked for ---

bool is_hex(std::string_view text) {
  return text.find_first_not_of("0123456789abcdefABCDEF") == std::string_view::npos;
}

bool is_guid(std::string_view text) {
  if (text.size() != 36) return false;
  for (std::size_t dash : {8u, 13u, 18u, 23u}) {
    if (text[dash] != '-') return false;
  }
  std::string digits(text);
  std::erase(digits, '-');
  return digits.size() == 32 && is_hex(digits);
}

// As libfdisk compares and prints them; a GUID that is zero means an unused entry.
std::string checked_guid(const std::string& text, std::string_view whose) {
  if (!is_guid(text)) fail("'{}' is not a GUID: that of {}", text, whose);
  std::string upper = text;
  for (char& c : upper) {
    if (c >= 'a' && c <= 'f') c = static_cast<char>(c - 'a' + 'A');
  }
  if (upper.find_first_not_of("0-") == std::string::npos) fail("the GUID of {} is zero", whose);
  return upper;
}

int mbr_type(const Partition& partition, std::string_view who) {
  bool fits = partition.type.size() == 2 && is_hex(partition.type) && partition.type != "00";
  if (!fits) fail("'{}' is not the type of an MBR partition: that of {}", partition.type, who);
  return std::stoi(partition.type, nullptr, 16);
}

// The first sectors hold the table too, but partitions begin at 1 MiB at least.
void check_place(const Table& table, const Partition& partition, std::string_view who) {
  const std::uint64_t after = space_after(table.scheme, table.sector_size);
  if (partition.offset == 0 || partition.offset % kAlignment != 0) {
    fail("{} begins at byte {}; partitions begin at multiples of 1 MiB, not at 0", who,
         partition.offset);
  }
  if (partition.size == 0 || partition.size % table.sector_size != 0) {
    fail("{} has {} bytes; it should have sectors of {}", who, partition.size, table.sector_size);
  }
  if (table.disk_size < after || partition.offset > table.disk_size - after ||
      partition.size > table.disk_size - after - partition.offset) {
    fail("{} has {} bytes from byte {} on; of the disk's {} bytes {} are for partitions", who,
         partition.size, partition.offset, table.disk_size,
         table.disk_size - std::min(after, table.disk_size));
  }
}

void check_mbr(const Table& table, const Partition& partition, std::string_view who) {
  mbr_type(partition, who);
  if (!partition.guid.empty() || !partition.name.empty() || partition.attributes != 0) {
    fail("{} has a GUID, a name or attributes, which an MBR cannot hold", who);
  }
  if (partition.offset / table.sector_size >= kMbrSectors ||
      partition.size / table.sector_size >= kMbrSectors) {
    throw Failure(Diagnostic{
        .message = fmt::format("{} has {} bytes from byte {} on; an MBR counts less than 2^32 "
                               "sectors of {} bytes",
                               who, partition.size, partition.offset, table.sector_size),
        .hint = "use a GPT"});
  }
}

// libfdisk 2.38.1 writes no name at all if it holds a character beyond U+FFFF.
void check_name(const std::string& name, std::string_view who) {
  std::string units = to_utf16le(name);
  if (name.find('\0') != std::string::npos || units.size() / 2 > kNameUnits) {
    fail("the name of {} has {} UTF-16 units; a GPT holds {}, none of them 0", who,
         units.size() / 2, kNameUnits);
  }
  for (std::size_t i = 1; i < units.size(); i += 2) {
    if ((units[i] & 0xf8) == 0xd8)
      fail("the name of {} has a character beyond U+FFFF: '{}'", who, name);
  }
}

void check_gpt(const Partition& partition, std::string_view who, std::set<std::string>& guids) {
  checked_guid(partition.type, fmt::format("the type of {}", who));
  if (partition.active) fail("{} is active; a GPT knows no such thing", who);
  if (!guids.insert(checked_guid(partition.guid, who)).second) {
    fail("{} has a GUID that the disk or another partition has: {}", who, partition.guid);
  }
  check_name(partition.name, who);
}

std::string who_is(std::size_t i) { return fmt::format("partition {}", i + 1); }

void check_overlaps(const Table& table) {
  std::vector<std::size_t> order(table.partitions.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  auto start = [&](std::size_t i) { return table.partitions[i].offset; };
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return start(a) < start(b); });
  for (std::size_t i = 1; i < order.size(); ++i) {
    if (start(order[i]) - start(order[i - 1]) < table.partitions[order[i - 1]].size) {
      fail("{} begins at byte {}, inside {}", who_is(order[i]), start(order[i]),
           who_is(order[i - 1]));
    }
  }
}

void check_disk(const Table& table) {
  const bool is_mbr = table.scheme == Scheme::mbr;
  if (table.sector_size != 512 && table.sector_size != 4096) {
    fail("a disk has sectors of 512 or 4096 bytes, not {}", table.sector_size);
  }
  if (table.disk_size % table.sector_size != 0 || table.disk_size < 2 * kAlignment) {
    fail("a disk of {} bytes cannot be partitioned: it needs whole sectors and 2 MiB or more",
         table.disk_size);
  }
  if (is_mbr ? !table.guid.empty() : table.signature != 0) {
    fail("an MBR has a signature and no GUID, a GPT a GUID and no signature");
  }
  const std::size_t most = is_mbr ? kMbrPartitions : kGptEntries;
  if (table.partitions.size() > most) {
    fail("the disk is to have {} partitions; its table holds {}", table.partitions.size(), most);
  }
}

void check(const Table& table) {
  check_disk(table);
  std::set<std::string> guids;
  if (table.scheme == Scheme::gpt) guids.insert(checked_guid(table.guid, "the disk"));
  std::size_t active = 0;
  for (std::size_t i = 0; i < table.partitions.size(); ++i) {
    const Partition& partition = table.partitions[i];
    check_place(table, partition, who_is(i));
    if (table.scheme == Scheme::mbr) {
      check_mbr(table, partition, who_is(i));
    } else {
      check_gpt(partition, who_is(i), guids);
    }
    active += partition.active ? 1 : 0;
  }
  if (active > 1) fail("{} partitions are active; a BIOS boots one", active);
  check_overlaps(table);
}

// --- libfdisk ---

struct Release {
  void operator()(fdisk_context* context) const {
    fdisk_deassign_device(context, 1);  // without writing it out to the disk below
    fdisk_unref_context(context);
  }
  void operator()(fdisk_partition* partition) const { fdisk_unref_partition(partition); }
  void operator()(fdisk_parttype* type) const { fdisk_unref_parttype(type); }
};

template <typename T>
using Handle = std::unique_ptr<T, Release>;

void must(int result, std::string_view what, const fs::path& image) {
  if (result != 0) fail_errno(-result, what, image);
}

template <typename T>
Handle<T> made(T* object, const fs::path& image) {
  if (object == nullptr) fail_errno(ENOMEM, "partition", image);
  return Handle<T>(object);
}

Fd open_disk(const Table& table, const fs::path& image) {
  Fd fd(open(image.c_str(), O_RDWR | O_CLOEXEC));
  struct stat info = {};
  if (!fd || fstat(fd.get(), &info) != 0) fail_errno(errno, "open", image);
  if (!S_ISREG(info.st_mode) || static_cast<std::uint64_t>(info.st_size) != table.disk_size) {
    fail("'{}' is not a file of {} bytes", image.string(), table.disk_size);
  }
  return fd;
}

// Without a callback for questions libfdisk neither asks nor prints.
Handle<fdisk_context> opened(const Table& table, int fd, const fs::path& image) {
  Handle<fdisk_context> context = made(fdisk_new_context(), image);
  must(fdisk_disable_dialogs(context.get(), 1), "partition", image);
  must(fdisk_save_user_sector_size(context.get(), table.sector_size, table.sector_size),
       "partition", image);
  must(fdisk_save_user_geometry(context.get(), 0, 255, 63), "partition", image);
  must(fdisk_save_user_grain(context.get(), kAlignment), "partition", image);
  must(fdisk_assign_device_by_fd(context.get(), fd, image.c_str(), 0), "partition", image);
  must(fdisk_enable_wipe(context.get(), 0), "partition", image);
  must(fdisk_enable_bootbits_protection(context.get(), 1), "partition", image);
  return context;
}

Handle<fdisk_parttype> type_of(const Table& table, const Partition& partition,
                               const fs::path& image) {
  Handle<fdisk_parttype> type = made(fdisk_new_parttype(), image);
  if (table.scheme == Scheme::mbr) {
    must(fdisk_parttype_set_code(type.get(), mbr_type(partition, "")), "partition", image);
  } else {
    std::string guid = checked_guid(partition.type, "");
    must(fdisk_parttype_set_typestr(type.get(), guid.c_str()), "partition", image);
  }
  return type;
}

void add(fdisk_context* context, const Table& table, std::size_t i, const fs::path& image) {
  const Partition& wanted = table.partitions[i];
  Handle<fdisk_partition> partition = made(fdisk_new_partition(), image);
  Handle<fdisk_parttype> type = type_of(table, wanted, image);
  fdisk_partition* p = partition.get();
  must(fdisk_partition_set_partno(p, i), "partition", image);
  must(fdisk_partition_set_start(p, wanted.offset / table.sector_size), "partition", image);
  must(fdisk_partition_set_size(p, wanted.size / table.sector_size), "partition", image);
  must(fdisk_partition_size_explicit(p, 1), "partition", image);
  must(fdisk_partition_set_type(p, type.get()), "partition", image);
  if (table.scheme == Scheme::gpt) {
    must(fdisk_partition_set_uuid(p, wanted.guid.c_str()), "partition", image);
    must(fdisk_partition_set_name(p, wanted.name.c_str()), "partition", image);
  }
  must(fdisk_add_partition(context, p, nullptr), "partition", image);
  if (wanted.active) {
    must(fdisk_toggle_partition_flag(context, i, DOS_FLAG_ACTIVE), "partition", image);
  }
  if (wanted.attributes != 0) {
    must(fdisk_gpt_set_partition_attrs(context, i, wanted.attributes), "partition", image);
  }
}

}  // namespace

std::uint64_t space_after(Scheme scheme, std::uint32_t sector_size) {
  return scheme == Scheme::mbr ? 0 : sector_size + kGptEntries * kGptEntry;
}

void write_table(const Table& table, const fs::path& image) {
  check(table);
  Fd fd = open_disk(table, image);
  Handle<fdisk_context> context = opened(table, fd.get(), image);
  const bool is_mbr = table.scheme == Scheme::mbr;
  must(fdisk_create_disklabel(context.get(), is_mbr ? "dos" : "gpt"), "partition", image);
  std::string id = is_mbr ? fmt::format("0x{:08x}", table.signature) : table.guid;
  must(fdisk_set_disklabel_id_from_string(context.get(), id.c_str()), "partition", image);
  for (std::size_t i = 0; i < table.partitions.size(); ++i) add(context.get(), table, i, image);
  must(fdisk_write_disklabel(context.get()), "partition", image);
}

}  // namespace remedia::disk
