// Which of the image's drivers the devices of this PC want: loading only those is faster than
// loading all, and one bad driver harms only the PCs that have its device.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace remedia::launcher {

struct DriverEntry {
  std::string id;   ///< hardware id, upper case
  std::string inf;  ///< path in the image
};

struct DriverIndex {
  std::vector<DriverEntry> entries;  ///< sorted by id; those of one id in the order of the file
  std::vector<std::string> errors;   ///< lines that are not `ID<tab>path`, at most 20
};

/// X:\Remedia\drivers.txt: UTF-8, one `HARDWARE-ID<tab>path of INF` per line. A bad line is
/// reported and left out: the other drivers may be just what is needed.
DriverIndex read_driver_index(std::string_view text);

/// The INFs to load, each once, in the order of the devices. A device lists its hardware ids, then
/// its compatible ids, each most specific first, as Windows does (registry values HardwareID and
/// CompatibleIDs); the first one that the index knows decides.
std::vector<std::string> match_drivers(const DriverIndex& index,
                                       const std::vector<std::vector<std::string>>& devices);

}  // namespace remedia::launcher
