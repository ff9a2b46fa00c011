// Boots a volume in QEMU and reads what the stand-in boot manager reports on the serial port.
//
// The firmware is real (SeaBIOS, OVMF) and the processor is emulated: /dev/kvm may be there and
// still run no guest, and a boot takes seconds anyway. QEMU's exit code says nothing about the
// guest, so markers in the log decide; those of a firmware that gave up end the wait at once.
#pragma once

#include "support/file.h"

#include <chrono>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

namespace remedia::boot {

enum class Firmware { bios, uefi };

/// What recipes/demo/medium/report.cfg says about the volume that it was started from.
struct Report {
  std::string firmware;  ///< "bios" or "uefi"; empty if the stand-in did not start
  std::map<std::string, std::string> files;  ///< path in lower case, SHA-256 of the content
  bool complete = false;                     ///< the end marker was seen
  std::string failure;                       ///< why there is no end marker
  std::string log;                           ///< everything that came from the serial port
};

/// The report in a serial log, as far as it goes.
Report parse_report(std::string_view log);

class Qemu {
 public:
  /// Starts a machine that boots `volume` as a CD. `folder` is for its variable store and monitor.
  Qemu(Firmware firmware, const fs::path& volume, const fs::path& folder);
  ~Qemu();  ///< ends the machine
  Qemu(const Qemu&) = delete;
  Qemu& operator=(const Qemu&) = delete;

  /// Waits until the stand-in has reported, the firmware gives up, QEMU ends or `limit` has passed.
  Report wait(std::chrono::seconds limit = std::chrono::seconds(120));

  /// Writes a PNG of the screen, of a machine that still runs.
  void screenshot(const fs::path& png);

 private:
  void start(const std::vector<std::string>& argv);
  bool read_more(std::chrono::steady_clock::time_point deadline);

  fs::path monitor_;
  pid_t child_ = -1;
  Fd serial_;
  std::string log_;
  std::string ended_;  ///< why nothing more will come
};

/// Boots `volume` and returns its report; takes a picture at the end if REMEDIA_BOOT_PICTURES names
/// a folder.
Report boot_cd(Firmware firmware, const fs::path& volume, const fs::path& folder);

}  // namespace remedia::boot
