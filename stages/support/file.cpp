#include "support/file.h"

#include "support/diagnostic.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace remedia {

namespace {

constexpr std::size_t kBlock = 1 << 20;

// Whether copy_file_range refused in a way that plain reads and writes may not.
bool copy_is_unsupported(int error) {
  return error == EXDEV || error == EINVAL || error == EOPNOTSUPP || error == ENOSYS ||
         error == EPERM || error == ETXTBSY;
}

std::size_t pread_all(int fd, char* buffer, std::size_t size, std::uint64_t offset,
                      const fs::path& name) {
  std::size_t done = 0;
  while (done < size) {
    ssize_t n = pread(fd, buffer + done, size - done, static_cast<off_t>(offset + done));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) fail_errno(errno, "read", name);
    if (n == 0) fail("'{}' ends before byte {}: it is truncated", name.string(), offset + size);
    done += static_cast<std::size_t>(n);
  }
  return done;
}

void copy_by_hand(int in, int out, Extent from, std::uint64_t to, const fs::path& in_name,
                  const fs::path& out_name) {
  std::vector<char> buffer(std::min<std::uint64_t>(kBlock, from.length));
  for (std::uint64_t done = 0; done < from.length;) {
    std::size_t n =
        static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size(), from.length - done));
    if (from.hole) {
      std::fill(buffer.begin(), buffer.end(), '\0');
    } else {
      pread_all(in, buffer.data(), n, from.offset + done, in_name);
    }
    write_at(out, {buffer.data(), n}, to + done, out_name);
    done += n;
  }
}

void copy_extent(int in, int out, Extent from, std::uint64_t to, const fs::path& in_name,
                 const fs::path& out_name) {
  while (from.length > 0 && !from.hole) {
    loff_t source = static_cast<loff_t>(from.offset);
    loff_t target = static_cast<loff_t>(to);
    ssize_t n = copy_file_range(in, &source, out, &target, from.length, 0);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && copy_is_unsupported(errno)) break;
    if (n < 0) fail_errno(errno, "write", out_name);
    if (n == 0) {
      fail("'{}' ends before byte {}: it is truncated", in_name.string(),
           from.offset + from.length);
    }
    std::uint64_t step = static_cast<std::uint64_t>(n);
    from.offset += step;
    from.length -= step;
    to += step;
  }
  if (from.length > 0) copy_by_hand(in, out, from, to, in_name, out_name);
}

}  // namespace

Fd& Fd::operator=(Fd&& other) noexcept {
  if (this != &other) {
    if (fd_ >= 0) close(fd_);
    fd_ = other.release();
  }
  return *this;
}

Fd::~Fd() {
  if (fd_ >= 0) close(fd_);
}

int Fd::release() { return std::exchange(fd_, -1); }

Fd Fd::open_read(const fs::path& path) {
  Fd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) fail_errno(errno, "open", path);
  return fd;
}

Fd Fd::open_empty(const fs::path& path) {
  Fd fd(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666));
  struct stat info = {};
  if (!fd || fstat(fd.get(), &info) != 0 || (info.st_size > 0 && ftruncate(fd.get(), 0) != 0))
    fail_errno(errno, "write", path);
  return fd;
}

Slice Slice::whole(const fs::path& file) {
  struct stat info = {};
  if (stat(file.c_str(), &info) != 0) fail_errno(errno, "open", file);
  if (S_ISDIR(info.st_mode)) fail("'{}' is a folder, not a file", file.string());
  if (!S_ISREG(info.st_mode)) fail("'{}' is not a regular file", file.string());
  return {file, {{0, static_cast<std::uint64_t>(info.st_size), false}}};
}

std::uint64_t Slice::size() const {
  std::uint64_t total = 0;
  for (const Extent& e : extents) total += e.length;
  return total;
}

std::size_t read_at(const Slice& slice, int fd, std::uint64_t offset, std::span<char> buffer) {
  std::size_t done = 0;
  for (const Extent& e : slice.extents) {
    if (done == buffer.size()) break;
    if (offset >= e.length) {
      offset -= e.length;
      continue;
    }
    std::size_t n =
        static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size() - done, e.length - offset));
    if (e.hole) {
      std::fill_n(buffer.data() + done, n, '\0');
    } else {
      pread_all(fd, buffer.data() + done, n, e.offset + offset, slice.file);
    }
    done += n;
    offset = 0;
  }
  return done;
}

std::string read_all(const Slice& slice, std::uint64_t limit) {
  std::uint64_t size = slice.size();
  if (size > limit) {
    fail("'{}' has {} bytes; at most {} are expected here", slice.file.string(), size, limit);
  }
  std::string bytes(static_cast<std::size_t>(size), '\0');
  Fd fd = Fd::open_read(slice.file);
  read_at(slice, fd.get(), 0, bytes);
  return bytes;
}

std::string read_file(const fs::path& path, std::uint64_t limit) {
  return read_all(Slice::whole(path), limit);
}

void copy_to(const Slice& slice, int out, std::uint64_t offset, const fs::path& out_name) {
  Fd in = Fd::open_read(slice.file);
  for (const Extent& e : slice.extents) {
    copy_extent(in.get(), out, e, offset, slice.file, out_name);
    offset += e.length;
  }
}

void write_at(int fd, std::string_view bytes, std::uint64_t offset, const fs::path& name) {
  for (std::size_t done = 0; done < bytes.size();) {
    ssize_t n =
        pwrite(fd, bytes.data() + done, bytes.size() - done, static_cast<off_t>(offset + done));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) fail_errno(errno, "write", name);
    done += static_cast<std::size_t>(n);
  }
}

bool lies_in(const fs::path& path, const fs::path& folder) {
  fs::path relative = path.lexically_relative(folder);
  return !relative.empty() && *relative.begin() != "..";
}

std::string seen_from(const fs::path& out, const fs::path& root, const fs::path& path) {
  return (lies_in(path, root) ? path.lexically_relative(out) : path).string();
}

}  // namespace remedia
