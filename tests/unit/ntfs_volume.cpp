#include "ntfs_volume.h"

#include <cstring>
#include <ctime>

#include <gtest/gtest.h>

// The headers of libntfs-3g ask for these two and for an order, and define min and max as macros.
#define HAVE_TIME_H 1
#define HAVE_SYS_STAT_H 1
// clang-format off
extern "C" {
#include <ntfs-3g/volume.h>
#include <ntfs-3g/inode.h>
#include <ntfs-3g/dir.h>
#include <ntfs-3g/security.h>
}
// clang-format on
#undef min
#undef max

namespace remedia {

void dress_ntfs_file(const fs::path& volume, const NtfsFields& fields) {
  ntfs_volume* mounted = ntfs_mount(volume.c_str(), 0);
  ASSERT_NE(mounted, nullptr);
  ntfs_inode* file = ntfs_pathname_to_inode(mounted, nullptr, fields.path.c_str());
  ASSERT_NE(file, nullptr) << fields.path;

  const char* attributes = reinterpret_cast<const char*>(&fields.attributes);
  EXPECT_EQ(ntfs_set_ntfs_attrib(file, attributes, sizeof fields.attributes, 0), 0);
  const char* times = reinterpret_cast<const char*>(fields.times.data());
  EXPECT_EQ(ntfs_inode_set_times(file, times, sizeof fields.times, 0), 0);
  SECURITY_CONTEXT context;
  std::memset(&context, 0, sizeof context);
  context.vol = mounted;
  const std::string& descriptor = fields.security_descriptor;
  EXPECT_EQ(ntfs_set_ntfs_acl(&context, file, descriptor.data(), descriptor.size(), 0), 0);

  if (fields.short_name.empty()) {
    EXPECT_EQ(ntfs_inode_close(file), 0);
  } else {  // closes both
    const std::string& name = fields.short_name;
    ntfs_inode* folder = ntfs_dir_parent_inode(file);
    EXPECT_EQ(ntfs_set_ntfs_dos_name(file, folder, name.data(), name.size(), 0), 0);
  }
  ASSERT_EQ(ntfs_umount(mounted, FALSE), 0);
}

}  // namespace remedia
