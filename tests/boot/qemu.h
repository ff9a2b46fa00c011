// Boots a volume in QEMU and reads what the stand-in boot manager reports on the serial port.
//
// The firmware is real (SeaBIOS, OVMF, AAVMF). QEMU's exit code says nothing about the guest, so
// markers in the log decide; those of a firmware that gave up end the wait at once.
#pragma once

#include "boot/machine.h"
#include "boot/program.h"
#include "support/file.h"

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <string_view>

namespace remedia::boot {

/// Path in lower case, SHA-256 of the content.
using Digests = std::map<std::string, std::string>;

/// What the stand-in boot manager says about the volume that it was started from:
/// recipes/demo/medium/report.cfg, and arm64/bootmgfw.cpp beside it.
struct Report {
  std::string firmware;   ///< "bios" or "uefi"; empty if the stand-in did not start
  Digests files;          ///< what it read
  bool complete = false;  ///< the end marker was seen
  std::string failure;    ///< why there is no end marker
  std::string log;        ///< everything that came from the serial port
};

/// The report in a serial log, as far as it goes.
Report parse_report(std::string_view log);

class Qemu {
 public:
  /// Starts a machine. `folder` is for its variable store and monitor.
  Qemu(const Machine& machine, const fs::path& folder);

  /// Waits until the stand-in has reported, the firmware gives up, QEMU ends or `limit` has passed.
  Report wait(std::chrono::seconds limit = std::chrono::seconds(120));

  /// Writes a PNG of the screen, of a machine that still runs.
  void screenshot(const fs::path& png);

 private:
  fs::path monitor_;
  std::unique_ptr<Program> program_;
};

/// Boots a machine and returns its report; takes a picture at the end if REMEDIA_BOOT_PICTURES
/// names a folder.
Report boot(const Machine& machine, const fs::path& folder);

/// The same for a CD on amd64.
Report boot_cd(Firmware firmware, const fs::path& volume, const fs::path& folder);

}  // namespace remedia::boot
