// Boot Configuration Data: the store that bootmgr and bootmgfw.efi read, described as objects and
// elements in bcdedit's words and turned into registry keys. Written from nothing; no template.
//
// Element ids, object types and the device encoding: see the table in bcd.cpp, which names its
// sources. Stores made this way were booted by a genuine boot manager on BIOS, UEFI and PXE.
#pragma once

#include "formats/registry.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace remedia::bcd {

enum class Firmware { bios, uefi };

/// One operating system loader entry: a WIM that is mounted as a RAM disk.
struct RamdiskEntry {
  std::string description;  ///< what the boot menu shows
  std::string wim_path;     ///< from the root of the boot volume, e.g. `\sources\boot.wim`
  std::string identity;     ///< what the entry's GUID is derived from; unique in the store
};

/// How a boot manager that came over the network fetches images: bcdedit's ramdisktftpblocksize
/// and ramdisktftpwindowsize.
struct Tftp {
  std::uint32_t block_size = 0;   ///< bytes of data in a packet
  std::uint32_t window_size = 0;  ///< packets sent before one is acknowledged
};

struct StoreOptions {
  Firmware firmware = Firmware::uefi;
  std::vector<RamdiskEntry> entries;  ///< in the order of the menu; more than one shows it
  std::size_t default_entry = 0;      ///< what starts when nobody chooses
  std::string sdi_path = "\\boot\\boot.sdi";
  std::string memtest_path;  ///< memory test on the volume; empty: not in the menu
  std::string locale = "en-US";
  std::uint32_t timeout_seconds = 30;  ///< of the menu; a single entry is started at once
  bool ems = false;                    ///< Emergency Management Services on the serial port
  bool advanced_options = false;       ///< stop each start at the menu of safe mode, debugging, ...
  bool options_edit = false;           ///< stop each start for editing the loader's options
  std::optional<Tftp> tftp;            ///< for stores that are read over TFTP
  std::string identity;                ///< of the store; part of what GUIDs are derived from
};

/// The keys of a BCD store, root included, ready for hive::write(). Throws Failure: no entry, two
/// with one identity or one description, a path or locale that a boot manager cannot use.
RegistryKey store(const StoreOptions& options);

/// The value of a `device` element that names a file on the boot volume as a RAM disk:
/// ramdisk=[boot]<path>,{options}. `options_guid` is "{xxxxxxxx-...}".
std::string ramdisk_device(std::string_view wim_path, std::string_view options_guid);

/// The value of a `device` element that means the volume the boot manager came from.
std::string boot_device();

}  // namespace remedia::bcd
