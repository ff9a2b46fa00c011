// Which of the image's drivers the devices of this PC want: loading only those is faster than
// loading all, and one bad driver harms only the PCs that have its device.
//
// The order is that of Windows for packages that are all signed and give no FeatureScore: the
// identifier score, then the date, then the version of DriverVer (Microsoft's documentation: "How
// Windows Ranks Drivers", "Identifier Score", "Driver Rank Example").
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace remedia::launcher {

/// What hardware waits for comes first: a bus brings devices into being, a disk the files to work
/// on.
/// An extension adds to the driver of a device and never takes its place.
enum class DriverPhase { bus, storage, network, rest, extension };

/// What a line of a Models section lists after its first id.
struct CompatibleId {
  std::string id;           ///< upper case
  std::uint16_t place = 0;  ///< 0: the first of them in its line. It is a part of the rank.
};

struct DriverPackage {
  std::string inf;  ///< path in the image, "X:\Drivers\e1d-1a2b3c4d\e1d.inf"
  DriverPhase phase = DriverPhase::rest;
  std::string date;  ///< DriverVer, "2024-05-31"; may be empty: older than any
  std::array<std::uint16_t, 4> version = {};
  std::vector<std::string> hardware_ids;  ///< upper case
  std::vector<CompatibleId> compatible_ids;
};

/// The packages, and their ids in order, so that 200,000 of them are no work for each device.
struct DriverIndex {
  struct Id {
    std::uint32_t package = 0;  ///< in packages
    std::uint32_t number = 0;   ///< in its hardware_ids or compatible_ids
    bool compatible = false;
  };

  std::vector<DriverPackage> packages;  ///< not to be changed any more: ids refers to them
  std::vector<Id> ids;                  ///< sorted by the id
  std::vector<std::string> errors;      ///< lines that are none, at most 20
};

/// Sorts the ids; makes them upper case.
DriverIndex make_driver_index(std::vector<DriverPackage> packages);

/// X:\Remedia\drivers.txt, UTF-8 with LF or CRLF: a first line "# Remedia drivers 1"; for each
/// package a line `P<tab>phase<tab>date<tab>version<tab>path of the INF`, and after it lines
/// `H<tab>id` and `C<tab>place<tab>id`. Empty lines and further ones that begin with # are left
/// out. A bad line is reported and left out, one of a package with all its ids: the other drivers
/// may be just what is needed. Without the first line it is not this format: no packages.
DriverIndex read_driver_index(std::string_view text);

/// What the launcher reads at most of drivers.txt.
constexpr std::size_t kLargestDriverIndex = 32U << 20;

/// Why the packages cannot be written: a field that would not be read again as it is (a control
/// character, blanks at its ends, no UTF-8, nothing at all), a path that drvload would not take as
/// one (it splits at commas and expands %names%), the same path twice, an index that is too large.
/// Nothing: they can be.
std::optional<std::string> driver_index_problem(const std::vector<DriverPackage>& packages);

/// What read_driver_index() reads, ids in upper case. Empty if there is a driver_index_problem(),
/// so that half an index is never taken for a whole one.
std::string write_driver_index(const std::vector<DriverPackage>& packages);

/// What a device says it is, each list most specific first, as Windows does (registry values
/// HardwareID and CompatibleIDs).
struct DeviceIds {
  std::vector<std::string> hardware;
  std::vector<std::string> compatible;
};

/// What a device is called in logs: its most specific id; empty if it has none.
std::string_view device_name(const DeviceIds& device);

struct Candidate {
  std::size_t package = 0;  ///< in DriverIndex::packages
  std::uint32_t rank = 0;   ///< identifier score as in Windows' rank: smaller is better
};

/// The packages that serve a device, each once, the best first: by rank, then newer date, then
/// higher version, then path. Case does not matter. With i and j as the place in the device's list
/// of hardware or compatible ids and k as CompatibleId::place, the rank is
///
///   0x0000 + i            hardware id of both        0x1000 + i  the INF lists it as compatible
///   0x2000 + j            compatible id of the device, hardware id of the INF
///   0x3000 + j + 0x100*k  compatible id of both
std::vector<Candidate> candidates(const DriverIndex& index, const DeviceIds& device);

}  // namespace remedia::launcher
