// Volumes made by other tools than Remedia's, so that firmware, stand-ins and these tests are
// proved by themselves: the same tests then judge what the product writes.
#pragma once

#include "boot/qemu.h"
#include "support/file.h"

#include <initializer_list>
#include <string_view>

namespace remedia::boot {

/// A small stand-in medium as a folder, without install.wim, made once for each architecture.
/// `arch` is "amd64" or "arm64".
const fs::path& stand_in(std::string_view arch = "amd64");

/// The SHA-256 of files of a folder, by their paths with a slash before and in lower case.
Digests digests_of(const fs::path& folder, std::initializer_list<std::string_view> paths);

/// What the stand-in should report of a medium with the files in `folder`: whichever are there of
/// the two BCDs, boot.sdi and the images.
Digests digests_of_medium(const fs::path& folder);

enum class IsoNames { plain, with_versions };  ///< BOOTMGR, or BOOTMGR.;1

/// An ISO 9660 volume with Joliet, bootable by UEFI and, if `folder` has boot/etfsboot.com, by
/// BIOS.
fs::path make_iso(const fs::path& folder, const fs::path& out, IsoNames names = IsoNames::plain);

struct StickOptions {
  int sector_size = 512;  ///< 4096: for UEFI only, of about 300 MiB, most of it a hole
  bool bios = false;      ///< GRUB before the partition, which starts /bootmgr
};

/// An MBR with one active FAT32 partition that holds the files in `folder`.
fs::path make_stick(const fs::path& folder, const StickOptions& options, const fs::path& out);

/// An NTFS volume, as big as it needs to be, with the files in `folder`.
fs::path make_ntfs(const fs::path& folder, const fs::path& out);

/// A GPT with an EFI system partition of the files in `esp`, and the image `recovery` as a recovery
/// partition.
fs::path make_disk(const fs::path& esp, const fs::path& recovery, const fs::path& out);

/// What a machine gets from a PXE server, made of the files of stand_in(): Boot/x64, Boot/BCD and
/// so on under `out`, with a second image.
fs::path make_network_tree(const fs::path& out);
/// What the stand-in should report of it.
Digests digests_of_network_tree(const fs::path& tree);

}  // namespace remedia::boot
