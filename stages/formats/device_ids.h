// The names by which a device asks for its driver.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace remedia {

/// As ids are compared.
std::string upper_ascii(std::string text);

/// The hardware ids that a device of this id has, most specific first, as its bus driver makes
/// them: of PCI with SUBSYS and REV, with one of them, with neither; of USB with and without REV;
/// of ACPI in both spellings. Another id stands for itself alone. The id may be the path of a
/// device's instance (a last part after VEN, DEV and the like is ignored). Upper case.
///
/// Sources: "Identifiers for PCI Devices", "Identifiers for USB Devices", "Generic Identifiers" and
/// "Device identification strings" of Microsoft's documentation.
std::vector<std::string> hardware_ids_of(std::string_view id);

/// What is wrong with a text that should be a device's id: "" if nothing is.
std::string device_id_fault(std::string_view id);

}  // namespace remedia
