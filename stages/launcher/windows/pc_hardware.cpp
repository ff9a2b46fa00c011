// What the PC consists of: devices, keyboards, volumes, Windows installations, addresses.
#include "launcher/text.h"
#include "launcher/windows/pc.h"

#include <cstring>

// Only the sockaddr types, no function of Winsock; in the order that they want.
// clang-format off
#include <winsock2.h>
#include <ws2tcpip.h>
#include <iphlpapi.h>
// clang-format on

// advapi32's RtlGenRandom, which its header offers under this name only.
extern "C" BOOLEAN NTAPI SystemFunction036(PVOID buffer, ULONG size);

namespace remedia::launcher {

// HKLM\SYSTEM\CurrentControlSet\Enum\bus\device\instance
void Pc::wait(std::uint32_t milliseconds) { Sleep(milliseconds); }

std::vector<DeviceIds> Pc::devices() {
  std::vector<DeviceIds> found;
  const Key buses(HKEY_LOCAL_MACHINE, "SYSTEM\\CurrentControlSet\\Enum");
  for (const std::string& bus : buses.subkeys()) {
    const Key devices(buses.get(), bus);
    for (const std::string& device : devices.subkeys()) {
      const Key instances(devices.get(), device);
      for (const std::string& instance : instances.subkeys()) {
        const Key key(instances.get(), instance);
        DeviceIds ids = {key.texts("HardwareID"), key.texts("CompatibleIDs")};
        if (!device_name(ids).empty()) found.push_back(std::move(ids));
      }
    }
  }
  return found;
}

std::string Pc::keyboard_name(const Keyboard& keyboard) {
  const Key key(HKEY_LOCAL_MACHINE,
                "SYSTEM\\CurrentControlSet\\Control\\Keyboard Layouts\\" + keyboard.layout);
  const std::string name = key.text("Layout Text");
  return name.empty() ? keyboard.code : name + " (" + keyboard.code + ")";
}

namespace {

constexpr const char* kVersionKey = "Microsoft\\Windows NT\\CurrentVersion";

bool read_software(const std::string& config, WindowsValues& values) {
  FileSource file(config + "SOFTWARE");
  Hive hive(file);
  values.product_name = hive.text(kVersionKey, "ProductName");
  values.edition_id = hive.text(kVersionKey, "EditionID");
  values.display_version = hive.text(kVersionKey, "DisplayVersion");
  values.build = hive.text(kVersionKey, "CurrentBuild");
  if (values.build.empty()) values.build = hive.text(kVersionKey, "CurrentBuildNumber");
  values.revision = hive.text(kVersionKey, "UBR");
  return !values.build.empty() || !values.product_name.empty();
}

void read_system(const std::string& config, WindowsValues& values) {
  FileSource file(config + "SYSTEM");
  Hive hive(file);
  std::string set = hive.text("Select", "Current");
  if (set.empty()) set = "1";
  const std::string number = std::string(set.size() < 3 ? 3 - set.size() : 0, '0') + set;
  values.language =
      hive.text("ControlSet" + number + "\\Control\\Nls\\Language", "InstallLanguage");
}

}  // namespace

std::vector<OfflineWindows> Pc::find_windows() {
  std::vector<OfflineWindows> found;
  for (const std::string& drive : drives_but(root_)) {
    const std::string config = drive + "\\Windows\\System32\\config\\";
    DWORD error = 0;
    const auto label = volume_label(drive, error);
    if (!label || !file_exists(config + "SOFTWARE")) continue;
    OfflineWindows windows;
    windows.directory = drive + "\\Windows";
    windows.volume = *label;
    windows.registry_read = read_software(config, windows.values);
    read_system(config, windows.values);
    found.push_back(std::move(windows));
  }
  return found;
}

std::vector<std::string> Pc::readable_drives() {
  std::vector<std::string> found;
  for (const std::string& drive : drives_but(root_)) {
    DWORD error = ERROR_SUCCESS;
    if (volume_label(drive, error)) found.push_back(drive);
  }
  return found;
}

std::vector<std::string> Pc::unreadable_drives() {
  std::vector<std::string> found;
  for (const std::string& drive : drives_but(root_)) {
    DWORD error = ERROR_SUCCESS;
    if (same_ascii(drive, pretended_locked_)) {
      found.push_back(drive);
      continue;
    }
    // An empty card reader is no locked drive.
    if (!volume_label(drive, error) && error != ERROR_NOT_READY) found.push_back(drive);
  }
  return found;
}

std::vector<std::string> Pc::key_files() {
  std::vector<std::string> found;
  for (const std::string& drive : drives_but(root_)) {
    for (const std::string& name : list_files(drive + "\\", "*.BEK")) {
      found.push_back(drive + "\\" + name);
    }
  }
  return found;
}

namespace {

void add_address(const SOCKET_ADDRESS& socket, std::vector<Address>& found) {
  if (socket.lpSockaddr->sa_family == AF_INET) {
    std::array<std::uint8_t, 4> bytes{};
    const auto* address = reinterpret_cast<const sockaddr_in*>(socket.lpSockaddr);
    std::memcpy(bytes.data(), &address->sin_addr, bytes.size());
    found.push_back({false, ipv4_text(bytes)});
  } else if (socket.lpSockaddr->sa_family == AF_INET6) {
    std::array<std::uint8_t, 16> bytes{};
    const auto* address = reinterpret_cast<const sockaddr_in6*>(socket.lpSockaddr);
    std::memcpy(bytes.data(), &address->sin6_addr, bytes.size());
    const bool link_local = bytes[0] == 0xfe && (bytes[1] & 0xc0U) == 0x80U;
    found.push_back({true, ipv6_text(bytes), link_local});
  }
}

}  // namespace

std::vector<Address> Pc::addresses() {
  std::vector<Address> found;
  ULONG size = 64 * 1024;
  std::string buffer(size, '\0');
  auto* adapter = reinterpret_cast<IP_ADAPTER_ADDRESSES*>(buffer.data());
  constexpr ULONG kFlags =
      GAA_FLAG_SKIP_ANYCAST | GAA_FLAG_SKIP_MULTICAST | GAA_FLAG_SKIP_DNS_SERVER;
  if (GetAdaptersAddresses(AF_UNSPEC, kFlags, nullptr, adapter, &size) != ERROR_SUCCESS) {
    return found;
  }
  for (; adapter != nullptr; adapter = adapter->Next) {
    if (adapter->IfType == IF_TYPE_SOFTWARE_LOOPBACK || adapter->OperStatus != IfOperStatusUp) {
      continue;
    }
    for (auto* unicast = adapter->FirstUnicastAddress; unicast != nullptr;
         unicast = unicast->Next) {
      add_address(unicast->Address, found);
    }
  }
  return found;
}

std::vector<std::uint8_t> Pc::random(std::size_t count) {
  std::vector<std::uint8_t> bytes(count);
  if (!SystemFunction036(bytes.data(), static_cast<ULONG>(count))) bytes.clear();
  return bytes;
}

}  // namespace remedia::launcher
