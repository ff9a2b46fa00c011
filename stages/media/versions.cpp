#include "media/versions.h"

#include <cstdint>

#include <fmt/format.h>
#include <libfdisk/libfdisk.h>
#include <libisofs.h>
#include <lua.hpp>
#include <wimlib.h>

namespace remedia {

std::vector<std::pair<std::string, std::string>> library_versions() {
  int major = 0;
  int minor = 0;
  int micro = 0;
  iso_lib_version(&major, &minor, &micro);
  std::uint32_t wim = wimlib_get_version();
  const char* fdisk = nullptr;
  fdisk_get_library_version(&fdisk);
  return {{"remedia", REMEDIA_VERSION},
          {"libwim", fmt::format("{}.{}.{}", wim >> 20, (wim >> 10) & 0x3ff, wim & 0x3ff)},
          {"libisofs", fmt::format("{}.{}.{}", major, minor, micro)},
          {"hivex", REMEDIA_HIVEX_VERSION},
          {"libfdisk", fdisk},
          {"libntfs-3g", REMEDIA_NTFS_VERSION},
          {"lua", LUA_VERSION_MAJOR "." LUA_VERSION_MINOR "." LUA_VERSION_RELEASE}};
}

}  // namespace remedia
