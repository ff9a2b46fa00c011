// Files, and runs of bytes inside files.
//
// Much of what an image is made of lies inside something else: boot.wim in an ISO, a font in a pack
// of boot files. A Slice names such bytes where they are, so that nothing is extracted only to be
// copied again: it can be hashed, copied and handed to libwim and libisofs.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace remedia {

namespace fs = std::filesystem;

/// An open file descriptor that closes itself.
class Fd {
 public:
  Fd() = default;
  explicit Fd(int fd) : fd_(fd) {}
  Fd(Fd&& other) noexcept : fd_(other.release()) {}
  Fd& operator=(Fd&& other) noexcept;
  Fd(const Fd&) = delete;
  Fd& operator=(const Fd&) = delete;
  ~Fd();

  int get() const { return fd_; }
  int release();
  explicit operator bool() const { return fd_ >= 0; }

  /// Opens for reading; throws Failure with the path and the reason.
  static Fd open_read(const fs::path& path);
  /// Opens for reading and writing, created if need be and empty; throws Failure. What is empty is
  /// not truncated: ext4 writes out at close what was (auto_da_alloc), and with our outputs that
  /// takes longer than to copy them.
  static Fd open_empty(const fs::path& path);

 private:
  int fd_ = -1;
};

/// Bytes [offset, offset + length) of a file; `hole`: not recorded there, reads as zeros.
struct Extent {
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
  bool hole = false;

  bool operator==(const Extent&) const = default;
};

/// The content of one logical file: the concatenation of extents of `file`.
struct Slice {
  fs::path file;
  std::vector<Extent> extents;

  static Slice whole(const fs::path& file);  ///< throws Failure if it cannot be examined
  std::uint64_t size() const;
};

/// Reads up to `buffer.size()` bytes at `offset` of the slice's content; fewer only at its end.
/// Throws Failure when the file is shorter than the slice says.
std::size_t read_at(const Slice& slice, int fd, std::uint64_t offset, std::span<char> buffer);

/// The whole content in memory; throws Failure if it is larger than `limit` bytes.
std::string read_all(const Slice& slice, std::uint64_t limit = 64u << 20);
std::string read_file(const fs::path& path, std::uint64_t limit = 64u << 20);

/// Copies the content to `out` at its byte `offset`, by copy_file_range where the kernel can (which
/// clones on XFS and btrfs), by read and write elsewhere. Holes become zeros.
void copy_to(const Slice& slice, int out, std::uint64_t offset, const fs::path& out_name);

/// pwrite() of everything, or a Failure naming `name`.
void write_at(int fd, std::string_view bytes, std::uint64_t offset, const fs::path& name);

/// Whether `path` is `folder` or lies in it, by their names alone.
bool lies_in(const fs::path& path, const fs::path& folder);

/// How stages, which work in `out`, name `path`: relative if it lies in the project at `root`,
/// which then can be moved as a whole; else as it is.
std::string seen_from(const fs::path& out, const fs::path& root, const fs::path& path);

}  // namespace remedia
