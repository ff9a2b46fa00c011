// The registry of a Windows in which a driver is installed before it has ever started: enough for
// the kernel to start it at boot and to give it its devices.
//
// Facts: the keys that virt-v2v writes into SYSTEM, which Windows 7 to 11 boot from (read off its
// source), and those of installed systems. Windows 8 and later look a device up in DriverDatabase,
// older ones in CriticalDeviceDatabase.
#pragma once

#include "formats/inf_driver.h"
#include "formats/registry.h"

#include <string>
#include <string_view>
#include <vector>

namespace remedia {

struct BootDriver {
  std::string inf = {};         ///< file name, lower case: "viostor.inf"
  std::string package = {};     ///< as in the driver store: "viostor.inf_amd64_1a2b3c4d5e6f7081"
  std::string class_guid = {};  ///< "{4d36e97b-e325-11ce-bfc1-08002be10318}"
  std::string provider = {};

  struct Service {
    inf::Service service;
    std::string binary;            ///< file name in System32\drivers
    std::vector<std::string> ids;  ///< hardware and compatible ids of its devices
  };
  std::vector<Service> services = {};  ///< of different names
};

/// A value to set; the key is below the root of its hive.
struct DriverKey {
  std::string key;
  RegistryValue value;
};

/// Below `CurrentControlSet\Services` of SYSTEM. The service starts at boot (Start = 0), whatever
/// its INF says, and from System32\drivers. Throws Failure for AddReg lines that belong elsewhere.
std::vector<DriverKey> service_keys(const BootDriver& driver);

/// Below `DriverDatabase`: of the hive that has that key.
std::vector<DriverKey> database_keys(const BootDriver& driver);

/// Below `CurrentControlSet\Control\CriticalDeviceDatabase` of SYSTEM, for bases before Windows 8.
std::vector<DriverKey> critical_device_keys(const BootDriver& driver);

}  // namespace remedia
