// Callbacks of libntfs-3g: C functions that must not throw and say what went wrong in errno.
#include "media/ntfs_host.h"

#include <algorithm>
#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <ctime>
#include <utility>

#include <sys/stat.h>
#include <unistd.h>

namespace remedia::ntfs {

namespace {

thread_local Host* current = nullptr;

constexpr std::size_t kMostSaid = 2000;

}  // namespace

struct HostCalls {
  static int clock(clockid_t id, timespec* now) {
    if (current == nullptr) return clock_gettime(id, now);
    *now = {.tv_sec = current->clock_, .tv_nsec = 0};
    return 0;
  }

  static int keep(const char*, const char*, int, u32 level, void*, const char* format,
                  va_list arguments) {
    constexpr u32 kProblems = NTFS_LOG_LEVEL_WARNING | NTFS_LOG_LEVEL_ERROR |
                              NTFS_LOG_LEVEL_PERROR | NTFS_LOG_LEVEL_CRITICAL;
    int error = errno;  // whoever logs reports it afterwards
    if (current != nullptr && (level & kProblems) != 0 && current->said_.size() < kMostSaid) {
      char line[300];
      std::vsnprintf(line, sizeof line, format, arguments);
      current->said_ += line;
    }
    errno = error;
    return 0;
  }
};

Host::Host(std::int64_t clock) : clock_(clock) {
  ntfs_log_set_handler(HostCalls::keep);
  current = this;
}

Host::~Host() { current = nullptr; }

namespace {

Disk& disk_of(ntfs_device* device) { return *static_cast<Disk*>(device->d_private); }

// How much of a transfer lies on the disk; negative places do not.
std::uint64_t clipped(const Disk& disk, s64 count, s64 at) {
  if (count < 0 || at < 0 || static_cast<std::uint64_t>(at) > disk.size) return 0;
  return std::min(static_cast<std::uint64_t>(count), disk.size - static_cast<std::uint64_t>(at));
}

s64 read_disk(ntfs_device* device, void* buffer, s64 count, s64 at) {
  const Disk& disk = disk_of(device);
  std::uint64_t start = disk.offset + static_cast<std::uint64_t>(at);
  return pread(disk.fd, buffer, clipped(disk, count, at), static_cast<off_t>(start));
}

s64 write_disk(ntfs_device* device, const void* buffer, s64 count, s64 at) {
  Disk& disk = disk_of(device);
  std::uint64_t start = disk.offset + static_cast<std::uint64_t>(at);
  ssize_t n = pwrite(disk.fd, buffer, clipped(disk, count, at), static_cast<off_t>(start));
  if (n < 0 && disk.error == 0) disk.error = errno;
  return n;
}

s64 read_on(ntfs_device* device, void* buffer, s64 count) {
  Disk& disk = disk_of(device);
  s64 n = read_disk(device, buffer, count, static_cast<s64>(disk.position));
  if (n > 0) disk.position += static_cast<std::uint64_t>(n);
  return n;
}

s64 write_on(ntfs_device* device, const void* buffer, s64 count) {
  Disk& disk = disk_of(device);
  s64 n = write_disk(device, buffer, count, static_cast<s64>(disk.position));
  if (n > 0) disk.position += static_cast<std::uint64_t>(n);
  return n;
}

s64 seek(ntfs_device* device, s64 offset, int whence) {
  Disk& disk = disk_of(device);
  std::uint64_t base = whence == SEEK_END ? disk.size : whence == SEEK_CUR ? disk.position : 0;
  s64 position = static_cast<s64>(base) + offset;
  if (position < 0) {
    errno = EINVAL;
    return -1;
  }
  disk.position = static_cast<std::uint64_t>(position);
  return position;
}

int open_disk(ntfs_device* device, int) {
  NDevSetOpen(device);
  return 0;
}

int close_disk(ntfs_device* device) {
  NDevClearOpen(device);
  return 0;
}

int sync_disk(ntfs_device*) { return 0; }

int describe_disk(ntfs_device* device, struct stat* info) {
  *info = {};
  info->st_mode = S_IFREG | 0600;
  info->st_size = static_cast<off_t>(disk_of(device).size);
  return 0;
}

int control_disk(ntfs_device*, unsigned long, void*) {
  errno = EOPNOTSUPP;
  return -1;
}

ntfs_device_operations operations = {
    .open = open_disk,
    .close = close_disk,
    .seek = seek,
    .read = read_on,
    .write = write_on,
    .pread = read_disk,
    .pwrite = write_disk,
    .sync = sync_disk,
    .stat = describe_disk,
    .ioctl = control_disk,
};

}  // namespace

Mounted::Mounted(Disk& disk) {
  ntfs_device* device = ntfs_device_alloc("volume", 0, &operations, &disk);
  if (device == nullptr) return;
  volume_ = ntfs_device_mount(device, 0);
  if (volume_ != nullptr) return;
  int error = errno;
  ntfs_device_free(device);  // refused if it is still open, which then is a small leak
  errno = error;
}

Mounted::~Mounted() {
  if (volume_ != nullptr) ntfs_umount(volume_, TRUE);
}

bool Mounted::unmount() {
  ntfs_volume* volume = std::exchange(volume_, nullptr);
  return ntfs_umount(volume, FALSE) == 0;
}

}  // namespace remedia::ntfs

extern "C" {

int remedia_ntfs_clock_gettime(clockid_t id, struct timespec* now);

int remedia_ntfs_clock_gettime(clockid_t id, struct timespec* now) {
  return remedia::ntfs::HostCalls::clock(id, now);
}

}  // extern "C"
