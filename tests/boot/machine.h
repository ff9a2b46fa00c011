// The machines that tests start: what they boot from, and the command line of QEMU for each.
//
// The processor is always emulated (-accel tcg): /dev/kvm may be there and still run no guest.
#pragma once

#include "support/file.h"

#include <string>
#include <vector>

namespace remedia::boot {

class Lan;

enum class Arch { amd64, arm64 };
enum class Firmware { bios, uefi };

enum class Medium {
  cd,
  usb,      ///< on XHCI: through EHCI a boot takes a minute
  disk,     ///< virtio-blk, which takes sectors of 4096 bytes
  network,  ///< nothing but a network card
};

struct Machine {
  Arch arch = Arch::amd64;
  Firmware firmware = Firmware::uefi;  ///< bios: on amd64 only
  Medium medium = Medium::cd;
  /// The image of the medium, which is only read; with Medium::network and no `lan` the folder that
  /// QEMU's own TFTP server serves. That server takes names as they are: no `\` for `/`, no other
  /// case.
  fs::path volume = {};
  int sector_size = 512;       ///< of a stick or disk; 4096: not with BIOS
  fs::path other_disk = {};    ///< beside the medium, not booted from; may be empty
  std::string boot_file = {};  ///< what QEMU's own DHCP server names, from the root of `volume`
  const Lan* lan = nullptr;    ///< the network that the card is on; null: QEMU's own
};

/// The program and its arguments. `folder` is for the variable store of UEFI; the monitor for
/// people listens at `monitor`. The first serial port is standard output.
std::vector<std::string> command_line(const Machine& machine, const fs::path& folder,
                                      const fs::path& monitor);

}  // namespace remedia::boot
