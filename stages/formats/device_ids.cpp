#include "formats/device_ids.h"

#include <algorithm>

namespace remedia {

namespace {

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  for (std::size_t at = 0;;) {
    std::size_t end = std::min(text.find(separator, at), text.size());
    parts.emplace_back(text.substr(at, end - at));
    if (end == text.size()) return parts;
    at = end + 1;
  }
}

/// VEN_8086&DEV_15FB&SUBSYS_086A1028&REV_20 by the names before the '_'.
struct Parts {
  std::string vendor, device, subsystem, revision, interface;
  bool known = true;

  explicit Parts(std::string_view text) {
    for (const std::string& part : split(text, '&')) {
      if (part.starts_with("VEN_") || part.starts_with("VID_"))
        vendor = part;
      else if (part.starts_with("DEV_") || part.starts_with("PID_"))
        device = part;
      else if (part.starts_with("SUBSYS_"))
        subsystem = part;
      else if (part.starts_with("REV_"))
        revision = part;
      else if (part.starts_with("MI_"))
        interface = part;
      else
        known = false;
    }
    known = known && !vendor.empty() && !device.empty();
  }
};

std::string joined(std::string_view bus, const std::vector<std::string>& parts) {
  std::string id(bus);
  char separator = '\\';
  for (const std::string& part : parts) {
    if (part.empty()) continue;
    id += separator + part;
    separator = '&';
  }
  return id;
}

void add(std::vector<std::string>& ids, std::string id) {
  if (std::find(ids.begin(), ids.end(), id) == ids.end()) ids.push_back(std::move(id));
}

std::vector<std::string> pci_ids(const Parts& p) {
  std::vector<std::string> ids;
  add(ids, joined("PCI", {p.vendor, p.device, p.subsystem, p.revision}));
  add(ids, joined("PCI", {p.vendor, p.device, p.subsystem}));
  add(ids, joined("PCI", {p.vendor, p.device, p.revision}));
  add(ids, joined("PCI", {p.vendor, p.device}));
  return ids;
}

// An interface of a composite device never has the ids of the whole.
std::vector<std::string> usb_ids(const Parts& p) {
  std::vector<std::string> ids;
  add(ids, joined("USB", {p.vendor, p.device, p.revision, p.interface}));
  add(ids, joined("USB", {p.vendor, p.device, p.interface}));
  return ids;
}

// ACPI\VEN_INTC&DEV_1056 is the long form of ACPI\INTC1056 and *INTC1056.
std::vector<std::string> acpi_ids(const std::string& rest) {
  Parts p(rest);
  std::string name = p.known ? p.vendor.substr(4) + p.device.substr(4) : rest;
  std::vector<std::string> ids;
  if (p.known) {
    add(ids, joined("ACPI", {p.vendor, p.device, p.subsystem, p.revision}));
    add(ids, joined("ACPI", {p.vendor, p.device, p.subsystem}));
    add(ids, joined("ACPI", {p.vendor, p.device, p.revision}));
    add(ids, joined("ACPI", {p.vendor, p.device}));
  } else if (name.size() == 7 || name.size() == 8) {
    std::size_t vendor = name.size() - 4;
    add(ids, "ACPI\\VEN_" + name.substr(0, vendor) + "&DEV_" + name.substr(vendor));
  }
  add(ids, "ACPI\\" + name);
  add(ids, "*" + name);
  return ids;
}

}  // namespace

std::string upper_ascii(std::string text) {
  for (char& c : text) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return text;
}

std::vector<std::string> hardware_ids_of(std::string_view text) {
  std::string id = upper_ascii(std::string(text));
  std::vector<std::string> parts = split(id, '\\');
  if (parts.size() == 2 || parts.size() == 3) {
    const std::string& bus = parts[0];
    Parts p(parts[1]);
    if (bus == "PCI" && p.known) return pci_ids(p);
    if (bus == "USB" && p.known) return usb_ids(p);
    if (bus == "ACPI" && !parts[1].empty()) return acpi_ids(parts[1]);
  }
  if (id.starts_with('*') && id.size() > 1) return acpi_ids(id.substr(1));
  return {id};
}

std::string device_id_fault(std::string_view id) {
  if (id.empty()) return "it is empty";
  if (id.size() > 200) return "it has more than 200 characters, more than Windows allows";
  for (char c : id) {
    if (c <= ' ' || c == ',' || c == '"' || static_cast<unsigned char>(c) >= 0x7f)
      return "it has a blank, comma, quotation mark or a character that is not ASCII";
  }
  return {};
}

}  // namespace remedia
