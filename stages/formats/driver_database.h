// The registry of a Windows in which a driver is installed before it has ever started: enough for
// the kernel to start it at boot and to give it its devices.
//
// Facts: the keys that virt-v2v writes into SYSTEM, which Windows 7 to 11 boot from (read off its
// source). Names of configurations, `Provider` and `Device` follow what is known of installed
// systems; no hive of one was here to compare with. Windows 8 and later look a device up in
// DriverDatabase, older ones in CriticalDeviceDatabase.
#pragma once

#include "formats/inf_driver.h"
#include "formats/registry.h"

#include <string>
#include <string_view>
#include <vector>

namespace remedia {

/// The next step where a driver cannot be registered.
inline constexpr std::string_view kNotAtBoot =
    "exclude it here, and name it in a drivers { } of its own without boot_start: drvload then "
    "installs it when Windows has started";

struct BootDriver {
  std::string shown = {};       ///< the INF as people know it, for messages
  std::string inf = {};         ///< published name: "oem1000.inf"
  std::string package = {};     ///< as in the driver store: "viostor.inf_amd64_1a2b3c4d5e6f7081"
  std::string class_guid = {};  ///< "{4d36e97b-e325-11ce-bfc1-08002be10318}"
  std::string provider = {};

  /// Of System32\drivers, started with the kernel.
  struct Service {
    inf::Service service;
    std::string binary;  ///< file name
  };
  /// What a DDInstall section makes of a device.
  struct Configuration {
    std::string name;                              ///< of the section
    std::string service;                           ///< the device's function driver
    std::vector<std::string> ids;                  ///< hardware and compatible ids of its devices
    std::vector<inf::RegistryLine> hardware = {};  ///< of .HW
  };
  std::vector<Service> services = {};              ///< of different names
  std::vector<Configuration> configurations = {};  ///< of different ids
};

/// A value to set; the key is below the root of its hive.
struct DriverKey {
  std::string key;
  RegistryValue value;
};

/// Below `CurrentControlSet\Services` of SYSTEM. Services start with the kernel (Start = 0), from
/// System32\drivers, and none may end a boot (ErrorControl is at most 1). Throws Failure for AddReg
/// lines that belong elsewhere.
std::vector<DriverKey> service_keys(const BootDriver& driver);

/// Below `DriverDatabase`: of the hive that has that key.
std::vector<DriverKey> database_keys(const BootDriver& driver);

/// Below `CurrentControlSet\Control\CriticalDeviceDatabase` of SYSTEM, for bases before Windows 8.
std::vector<DriverKey> critical_device_keys(const BootDriver& driver);

}  // namespace remedia
