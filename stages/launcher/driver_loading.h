// Loads the drivers that the devices of this PC want, in the order in which hardware needs them.
#pragma once

#include "launcher/drivers.h"
#include "launcher/machine.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace remedia::launcher {

/// A driver that brings no news of itself within kDriverSeconds holds Windows' lock on devices, as
/// a rule, and so the next one hangs, too: after so many no further one is tried.
constexpr unsigned kMostHungDrivers = 2;
/// The same where nobody sees why the PC does nothing.
constexpr unsigned kMostHungUnseen = 1;

struct FailedDriver {
  std::string inf;
  std::uint32_t code = 0;  ///< of drvload, or why it could not be started
};

/// Runs `drvload` (its path) for the best candidate of each device, for the next one if that fails,
/// and for each INF once. A device's turn comes in the phase of its best candidate; each phase asks
/// the machine for its devices anew, and so do further passes for as long as they load something,
/// four in all: the driver of a bus brings new ones. Everything is logged. The INFs that failed, in
/// the order in which they were tried.
std::vector<FailedDriver> load_device_drivers(Machine& machine, const DriverIndex& index,
                                              const std::string& drvload, unsigned most_hung);

/// `remedia.exe --load-drivers`, for images that start something else than the launcher: the same
/// with `root`\Remedia\drivers.txt, without a word to anybody but the log. Asks for no policy.
void load_drivers_unseen(Machine& machine, const std::string& root);

}  // namespace remedia::launcher
