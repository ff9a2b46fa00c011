// The world that libntfs-3g sees: a clock that stands still, a disk that begins somewhere inside a
// file, and somebody who keeps what it has to say.
//
// Its calls for the time are renamed in our copy of its archive (ntfs_host.syms,
// stages/CMakeLists.txt) and end here. The rest goes through interfaces of its own.
#pragma once

#include "media/ntfs_lib.h"
#include "support/file.h"

#include <cstdint>
#include <memory>
#include <string>

namespace remedia::ntfs {

/// In force from its construction to its end, for the thread that made it; they do not nest.
class Host {
 public:
  explicit Host(std::int64_t clock);  ///< seconds since 1970
  ~Host();
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;

  std::int64_t clock() const { return clock_; }
  /// What libntfs-3g said so far, a line each; at most a few of them.
  const std::string& said() const { return said_; }

 private:
  friend struct HostCalls;
  std::int64_t clock_;
  std::string said_;
};

/// Bytes [offset, offset + size) of an open file.
struct Disk {
  int fd = -1;
  std::uint64_t offset = 0;
  std::uint64_t size = 0;
  std::uint64_t position = 0;
  int error = 0;  ///< errno of the first write that failed
};

/// A volume of libntfs-3g on a Disk, which has to outlive it. Nothing is synchronised to the
/// device beneath `fd`: a build that is interrupted begins anew.
class Mounted {
 public:
  explicit Mounted(Disk& disk);  ///< get() is null, and errno set, if there is no sound volume
  ~Mounted();
  Mounted(const Mounted&) = delete;
  Mounted& operator=(const Mounted&) = delete;

  ntfs_volume* get() const { return volume_; }
  bool unmount();  ///< false, and errno set, if something could not be written

 private:
  ntfs_volume* volume_ = nullptr;
};

struct InodeCloser {
  void operator()(ntfs_inode* inode) const { ntfs_inode_close(inode); }
};
using Inode = std::unique_ptr<ntfs_inode, InodeCloser>;

struct AttributeCloser {
  void operator()(ntfs_attr* attribute) const { ntfs_attr_close(attribute); }
};
using Attribute = std::unique_ptr<ntfs_attr, AttributeCloser>;

}  // namespace remedia::ntfs
