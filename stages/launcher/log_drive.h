// Where the log goes besides X:, so that it outlives the PC's restart: the data partition of the
// stick that this image was started from.
#pragma once

#include <string>
#include <vector>

namespace remedia::launcher {

struct Volume {
  std::string drive;       ///< E:
  bool removable = false;  ///< on a stick or a card, or a disk at USB
  int disk = -1;           ///< number of the physical disk; -1: not known
  bool marked = false;     ///< holds a file \remedia.usb
};

/// Volumes to try, best first. Nothing but a removable one: a look at a PC must not write to its
/// disks, even if the image was started from there. Of the disk that holds `boot` (E:, the drive of
/// the boot.wim; empty if not known) those beside it; then those that somebody has marked.
std::vector<std::string> log_drives(const std::vector<Volume>& volumes, const std::string& boot);

}  // namespace remedia::launcher
