// mkntfs, then three passes over its volume: the dates of what it made; folders, files and their
// clusters, by libntfs-3g; the content of files, past it.
//
// The volume is mounted anew for the second, which is not to see what the library remembers of the
// first. Content comes last, so that what the library writes is complete whatever a source does.
#include "media/ntfs.h"

#include "media/ntfs_fill.h"
#include "support/artifact.h"
#include "support/diagnostic.h"
#include "support/process.h"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace remedia::ntfs {

namespace {

// --- The empty volume

// Of equal volumes all bytes are equal: -T fixes the dates and, with them, the serial number.
void run_mkntfs(const Volume& volume, const fs::path& file) {
  Fd::open_empty(file);
  if (truncate(file.c_str(), static_cast<off_t>(volume.size)) != 0) {
    fail_errno(errno, "write", file);
  }
  run_checked({mkntfs_program(), "-F", "-Q", "-q", "-T", "-s", std::to_string(volume.sector_size),
               "-c", std::to_string(kCluster), "-p", std::to_string(volume.start_sector), "-H",
               "255", "-S", "63", file.string()},
              {.environment = {{"LC_ALL", "C"}}});
}

// What is recorded in `file`; the rest are holes there and at the target.
void copy_recorded(const fs::path& file, const Work& work) {
  Fd in = Fd::open_read(file);
  off_t end = static_cast<off_t>(work.volume.size);
  for (off_t at = 0; at < end;) {
    off_t data = lseek(in.get(), at, SEEK_DATA);
    if (data < 0 && errno == ENXIO) return;
    off_t hole = data < 0 ? data : lseek(in.get(), data, SEEK_HOLE);
    if (hole < 0) fail_errno(errno, "read", file);
    Extent extent{static_cast<std::uint64_t>(data), static_cast<std::uint64_t>(hole - data)};
    copy_to({file, {extent}}, work.disk.fd, work.disk.offset + extent.offset, work.out);
    at = hole;
  }
}

// In the boot sector, and in its copy at the end of the volume.
void write_serial(const Work& work) {
  constexpr std::uint64_t kSerial = 0x48;
  std::string bytes;
  for (int i = 0; i < 8; ++i) bytes += static_cast<char>(work.volume.serial >> 8 * i & 0xff);
  std::uint64_t copy = work.volume.size - work.volume.sector_size;
  write_at(work.disk.fd, bytes, work.disk.offset + kSerial, work.out);
  write_at(work.disk.fd, bytes, work.disk.offset + copy + kSerial, work.out);
}

void make_empty(const Work& work) {
  struct stat info = {};
  off_t end = static_cast<off_t>(work.disk.offset + work.disk.size);
  if (fstat(work.disk.fd, &info) != 0 ||
      (info.st_size < end && ftruncate(work.disk.fd, end) != 0)) {
    fail_errno(errno, "write", work.out);
  }
  ScratchFile scratch(work.out.string() + ".mkntfs");
  run_mkntfs(work.volume, scratch.path());
  copy_recorded(scratch.path(), work);
  write_serial(work);
}

// --- Pass 1: the dates of what mkntfs made

std::string ntfs_time(std::int64_t clock) {
  std::uint64_t units = static_cast<std::uint64_t>(clock + 11'644'473'600) * 10'000'000;
  std::string bytes;
  for (int i = 0; i < 8; ++i) bytes += static_cast<char>(units >> 8 * i & 0xff);
  return bytes;
}

// mkntfs -T dates everything 1970, a value that nothing else has; NTFS aligns dates to 4 bytes at
// least.
void replace_dates(std::vector<char>& bytes, const std::string& date) {
  const std::string epoch = ntfs_time(0);
  for (std::size_t at = 0; at + 8 <= bytes.size(); at += 4) {
    if (std::memcmp(bytes.data() + at, epoch.data(), 8) == 0) {
      std::memcpy(bytes.data() + at, date.data(), 8);
    }
  }
}

bool date_records(ntfs_volume* volume, const std::string& date) {
  std::vector<char> record(volume->mft_record_size);
  auto* as_record = reinterpret_cast<MFT_RECORD*>(record.data());
  s64 count = volume->mft_na->initialized_size >> volume->mft_record_size_bits;
  for (s64 i = 0; i < count; ++i) {
    if (ntfs_mft_records_read(volume, static_cast<MFT_REF>(i), 1, as_record) != 0) return false;
    replace_dates(record, date);
    if (ntfs_mft_records_write(volume, static_cast<MFT_REF>(i), 1, as_record) != 0) return false;
  }
  return true;
}

// The root is the one folder of a new volume whose index outgrows its record.
bool date_root(ntfs_volume* volume, const std::string& date) {
  Inode root(ntfs_inode_open(volume, FILE_root));
  if (root == nullptr) return false;
  Attribute blocks(ntfs_attr_open(root.get(), AT_INDEX_ALLOCATION, NTFS_INDEX_I30, 4));
  if (blocks == nullptr) return false;
  const u32 size = volume->indx_record_size;
  std::vector<char> block(size);
  for (s64 at = 0; at < blocks->data_size; at += size) {
    if (ntfs_attr_mst_pread(blocks.get(), at, 1, size, block.data()) != 1) return false;
    replace_dates(block, date);
    if (ntfs_attr_mst_pwrite(blocks.get(), at, 1, size, block.data()) != 1) return false;
  }
  return true;
}

void date_system_files(Work& work) {
  Mounted mounted(work.disk);
  if (mounted.get() == nullptr) work.broke(errno, "open what mkntfs made");
  const std::string date = ntfs_time(work.volume.clock);
  if (!date_records(mounted.get(), date) || !date_root(mounted.get(), date) || !mounted.unmount()) {
    work.broke(errno, "date what mkntfs made");
  }
}

// --- Pass 3: the content of files

// Bytes [begin, begin + length) of the content.
VolumeFile part_of(const VolumeFile& file, std::uint64_t begin, std::uint64_t length) {
  if (auto* bytes = std::get_if<std::string>(&file.content)) {
    return {file.target,
            bytes->substr(static_cast<std::size_t>(begin), static_cast<std::size_t>(length))};
  }
  const Slice& slice = std::get<Slice>(file.content);
  Slice part{slice.file, {}};
  for (Extent e : slice.extents) {
    std::uint64_t skipped = std::min(begin, e.length);
    begin -= skipped;
    e.length = std::min(e.length - skipped, length);
    length -= e.length;
    if (!e.hole) e.offset += skipped;
    if (e.length > 0) part.extents.push_back(e);
  }
  return {file.target, std::move(part)};
}

void write_payload(const Payload& payload, const Work& work) {
  for (const Run& run : payload.runs) {
    std::uint64_t place = work.disk.offset + run.place;
    if (payload.runs.size() == 1) {
      payload.file->write_content(work.disk.fd, place, work.out);
    } else {
      part_of(*payload.file, run.begin, run.length).write_content(work.disk.fd, place, work.out);
    }
  }
}

}  // namespace

fs::path mkntfs_program() { return find_program("mkntfs", "install the package ntfs-3g"); }

void write(const Volume& volume, const fs::path& out, std::uint64_t offset) {
  const Plan made = plan(volume);
  constexpr std::uint64_t kMostOffset = std::uint64_t{1} << 62;
  if (offset % volume.sector_size != 0 || offset > kMostOffset) {
    fail("an NTFS volume cannot begin at byte {} of '{}'", offset, out.string());
  }
  Fd fd(open(out.c_str(), O_RDWR | O_CLOEXEC));
  if (!fd) fail_errno(errno, "write", out);
  Work work{
      volume, out, {.fd = fd.get(), .offset = offset, .size = volume.size}, Host(volume.clock)};
  make_empty(work);
  date_system_files(work);
  for (const Payload& payload : fill(work, made)) write_payload(payload, work);
}

// mkntfs takes 2.6 MB up to 200 MB, beyond it less than that and a log file of 1/200 of the volume,
// at most 64 MiB; a bit for each cluster; and something at the end.
std::uint64_t overhead(std::uint64_t size, std::uint64_t names) {
  constexpr std::uint64_t kFixed = 3 << 20;
  constexpr std::uint64_t kLargestLog = 64 << 20;
  constexpr std::uint64_t kName = 12 << 10;
  std::uint64_t total = kFixed + std::min(size / 200, kLargestLog) + size / (8 * kCluster);
  return total + names * kName;
}

}  // namespace remedia::ntfs
