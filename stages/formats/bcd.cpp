// BCD stores from nothing: the objects and elements of the store on Microsoft's own media (found by
// decoding such stores, BIOS and UEFI), with one loader per image in place of the Setup loader.
//
// A store is a registry hive: \Objects\{guid}\Elements\<id>, each with one value named Element. An
// element's id says what its value is: digit 7 the class (1 any object, 2 this kind of application,
// 3 a device), digit 6 the format (1 device, 2 string, 3 object, 4 objects, 5 integer, 6 boolean).
#include "formats/bcd.h"

#include "support/diagnostic.h"
#include "support/digest.h"

#include <algorithm>
#include <set>
#include <string_view>

namespace remedia::bcd {

namespace {

// Ids in bcdedit's names. Sources: the decoded stores, and Microsoft's documentation of the classes
// BcdLibraryElementTypes, BcdBootMgrElementTypes, BcdOSLoaderElementTypes,
// BcdDeviceObjectElementTypes.
struct Element {
  std::string_view name;
  std::uint32_t id;
};
constexpr Element kElements[] = {
    // any object
    {"device", 0x11000001},
    {"path", 0x12000002},
    {"description", 0x12000004},
    {"locale", 0x12000005},
    {"inherit", 0x14000006},
    {"debugtype", 0x15000011},
    {"debugport", 0x15000013},
    {"baudrate", 0x15000014},
    {"bootems", 0x16000020},
    {"advancedoptions", 0x16000040},
    {"optionsedit", 0x16000041},
    {"isolatedcontext", 0x16000060},
    // boot manager
    {"default", 0x23000003},
    {"displayorder", 0x24000001},
    {"toolsdisplayorder", 0x24000010},
    {"timeout", 0x25000004},
    {"displaybootmenu", 0x26000020},
    // operating system loader
    {"osdevice", 0x21000001},
    {"systemroot", 0x22000002},
    {"nx", 0x25000020},
    {"bootmenupolicy", 0x250000c2},
    {"hypervisordebugtype", 0x250000f3},
    {"hypervisordebugport", 0x250000f4},
    {"hypervisorbaudrate", 0x250000f5},
    {"detecthal", 0x26000010},
    {"winpe", 0x26000022},
    {"ems", 0x260000b0},
    // device options
    {"ramdisksdidevice", 0x31000003},
    {"ramdisksdipath", 0x32000004},
    {"ramdisktftpblocksize", 0x35000007},
    {"ramdisktftpwindowsize", 0x35000008},
};

// An element's id, looked up while compiling: a wrong name or a value of the wrong format does not
// compile.
template <unsigned format>
struct Id {
  std::uint32_t value = 0;
  consteval Id(const char* name) {
    for (const Element& e : kElements) {
      if (e.name == name) value = e.id;
    }
    if (((value >> 24) & 0xf) != format) throw "no such element, or not of this format";
  }
};

constexpr std::uint32_t kBootManager = 0x10100002;
constexpr std::uint32_t kLoader = 0x10200003;
constexpr std::uint32_t kMemoryTester = 0x10200005;
constexpr std::uint32_t kInheritable = 0x20100000;
constexpr std::uint32_t kInheritableByLoader = 0x20200003;
constexpr std::uint32_t kDeviceOptions = 0x30000000;

constexpr char kBootmgr[] = "{9dea862c-5cdd-4e70-acc1-f32b344d4795}";
constexpr char kMemdiag[] = "{b2721d73-1db4-4c62-bf78-c548a880142d}";
constexpr char kGlobalSettings[] = "{7ea2e1ac-2e61-4728-aaa3-896d9d0a9f0e}";
constexpr char kLoaderSettings[] = "{6efb52bf-1766-41db-a6b3-0ee5eff72bd7}";
constexpr char kDebugSettings[] = "{4636856e-540f-4170-a130-a84776f4c654}";
constexpr char kEmsSettings[] = "{0ce4991b-e6b3-4b16-b23c-5e0d9250e5d9}";
constexpr char kHypervisorSettings[] = "{7ff607e0-4395-11db-b0de-0800200c9a66}";
constexpr char kRamdiskOptions[] = "{7619dcc8-fafe-11d9-b411-000476eba25f}";

std::string little_endian(std::uint64_t value, std::size_t size) {
  std::string bytes;
  for (std::size_t i = 0; i < size; ++i) bytes += static_cast<char>(value >> (8 * i) & 0xff);
  return bytes;
}

std::string u32(std::uint64_t value) { return little_endian(value, 4); }

class Object {
 public:
  Object(std::string guid, std::uint32_t type) : guid_(std::move(guid)), type_(type) {}

  Object& device(Id<1> id, std::string value) {
    return add(id.value, registry_binary("Element", std::move(value)));
  }
  Object& text(Id<2> id, std::string_view value) {
    return add(id.value, registry_string("Element", value));
  }
  Object& object(Id<3> id, const std::string& guid) {
    return add(id.value, registry_string("Element", guid));
  }
  Object& objects(Id<4> id, const std::vector<std::string>& guids) {
    return add(id.value, registry_multi_string("Element", guids));
  }
  Object& integer(Id<5> id, std::uint64_t value) {
    return add(id.value, registry_binary("Element", little_endian(value, 8)));
  }
  Object& boolean(Id<6> id, bool value) {
    return add(id.value, registry_binary("Element", little_endian(value, 1)));
  }

  RegistryKey key() const {
    RegistryKey description{"Description", {registry_dword("Type", type_)}, {}};
    return {guid_, {}, {description, {"Elements", {}, elements_}}};
  }

 private:
  Object& add(std::uint32_t id, RegistryValue value) {
    elements_.push_back({fmt::format("{:08x}", id), {std::move(value)}, {}});
    return *this;
  }

  std::string guid_;
  std::uint32_t type_;
  std::vector<RegistryKey> elements_;
};

std::string braced(const std::array<std::uint8_t, 16>& guid) { return "{" + guid_text(guid) + "}"; }

int hex_digit(char c) {
  std::size_t digit = std::string_view("0123456789abcdef").find(c);
  return digit == std::string_view::npos ? -1 : static_cast<int>(digit);
}

std::string guid_bytes(std::string_view text) {
  std::array<std::uint8_t, 16> guid = {};
  std::size_t digits = 0;
  for (char c : text) {
    int digit = hex_digit(c);
    if (digit < 0 || digits == 32) continue;
    std::uint8_t& byte = guid[kGuidTextOrder[digits++ / 2]];
    byte = static_cast<std::uint8_t>(byte << 4 | digit);
  }
  if (braced(guid) != text) fail("'{}' is not a GUID as BCD stores write it", text);
  return std::string(guid.begin(), guid.end());
}

// "The volume that the boot manager came from", without the options GUID that a whole element has.
std::string boot_descriptor() { return u32(5) + u32(0) + u32(0x48) + std::string(0x3c, '\0'); }

// The boot manager takes other bytes for names in whatever code page the firmware has.
void check_path(std::string_view path, std::string_view what) {
  bool plain = std::all_of(path.begin(), path.end(), [](char c) { return c >= ' ' && c <= '~'; });
  bool ends_in_name = path.size() > 1 && path.back() != '\\';
  if (!plain || !ends_in_name || path.front() != '\\' || path.size() > 255 ||
      path.find('/') != std::string_view::npos) {
    fail("the {} '{}' is not a path like \\sources\\boot.wim (from the root, ASCII, at most 255)",
         what, path);
  }
}

void check_locale(std::string_view locale) {
  bool plain = std::all_of(locale.begin(), locale.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
  });
  if (!plain || locale.empty() || locale.size() > 85) {
    fail("'{}' is not the name of a locale, like en-US", locale);
  }
}

void check_description(std::string_view description) {
  bool control = std::any_of(description.begin(), description.end(),
                             [](char c) { return static_cast<unsigned char>(c) < ' '; });
  if (control || description.empty() || description.size() > 255) {
    fail("a boot menu cannot show '{}': 1 to 255 bytes without control characters", description);
  }
}

void check(const StoreOptions& options) {
  if (options.entries.empty()) fail("a BCD store needs at least one image to start");
  if (options.default_entry >= options.entries.size())
    fail("there is no entry {} in a boot menu of {}", options.default_entry,
         options.entries.size());
  std::set<std::string_view> identities;
  std::set<std::string_view> descriptions;
  for (const RamdiskEntry& entry : options.entries) {
    check_path(entry.wim_path, "image");
    check_description(entry.description);
    if (!identities.insert(entry.identity).second) {
      fail("two entries of one boot menu have the identity '{}'", entry.identity);
    }
    if (!descriptions.insert(entry.description).second) {
      fail("two entries of one boot menu are called '{}'", entry.description);
    }
  }
  check_path(options.sdi_path, "RAM disk");
  if (!options.memtest_path.empty()) check_path(options.memtest_path, "memory test");
  check_locale(options.locale);
}

std::string entry_guid(const StoreOptions& options, const RamdiskEntry& entry) {
  std::string what = "BCD entry";
  for (const std::string* part : {&options.identity, &entry.identity}) what += '\0' + *part;
  return braced(derived_guid(what));
}

std::vector<std::string> entry_guids(const StoreOptions& options) {
  std::vector<std::string> guids;
  for (const RamdiskEntry& entry : options.entries) guids.push_back(entry_guid(options, entry));
  return guids;
}

// advancedoptions and optionsedit stop each start at a prompt for safe mode, debugging and
// signature checks off; so they are said here, whatever a later object to inherit from says.
RegistryKey loader(const StoreOptions& options, const RamdiskEntry& entry) {
  bool uefi = options.firmware == Firmware::uefi;
  std::string ramdisk = ramdisk_device(entry.wim_path, kRamdiskOptions);
  Object object(entry_guid(options, entry), kLoader);
  object.device("device", ramdisk)
      .text("path", uefi ? "\\windows\\system32\\boot\\winload.efi"
                         : "\\windows\\system32\\boot\\winload.exe")
      .text("description", entry.description)
      .text("locale", options.locale)
      .objects("inherit", {kLoaderSettings})
      .boolean("advancedoptions", options.advanced_options)
      .boolean("optionsedit", options.options_edit)
      .device("osdevice", ramdisk)
      .text("systemroot", "\\windows")
      .integer("nx", 0)  // OptIn
      .integer("bootmenupolicy", 1)
      .boolean("detecthal", true)
      .boolean("winpe", true)
      .boolean("ems", options.ems);
  if (uefi) object.boolean("isolatedcontext", true);
  return object.key();
}

RegistryKey boot_manager(const StoreOptions& options) {
  std::vector<std::string> guids = entry_guids(options);
  bool menu = guids.size() > 1;
  Object object(kBootmgr, kBootManager);
  object.text("description", "Windows Boot Manager")
      .text("locale", options.locale)
      .objects("inherit", {kGlobalSettings})
      .object("default", guids[options.default_entry])
      .objects("displayorder", guids)
      .integer("timeout", menu ? options.timeout_seconds : 0)
      .boolean("displaybootmenu", menu);
  if (!options.memtest_path.empty()) object.objects("toolsdisplayorder", {kMemdiag});
  return object.key();
}

RegistryKey memory_tester(const StoreOptions& options) {
  return Object(kMemdiag, kMemoryTester)
      .device("device", boot_device())
      .text("path", options.memtest_path)
      .text("description", "Windows Memory Diagnostic")
      .text("locale", options.locale)
      .objects("inherit", {kGlobalSettings})
      .key();
}

RegistryKey ramdisk_options(const StoreOptions& options) {
  Object object(kRamdiskOptions, kDeviceOptions);
  object.device("ramdisksdidevice", boot_device()).text("ramdisksdipath", options.sdi_path);
  if (options.tftp) {
    object.integer("ramdisktftpblocksize", options.tftp->block_size)
        .integer("ramdisktftpwindowsize", options.tftp->window_size);
  }
  return object.key();
}

// What loaders inherit. Nothing is switched on here but, if asked for, the serial console of EMS.
std::vector<RegistryKey> settings(const StoreOptions& options) {
  return {
      Object(kGlobalSettings, kInheritable)
          .objects("inherit", {kDebugSettings, kEmsSettings})
          .key(),
      Object(kDebugSettings, kInheritable)
          .integer("debugtype", 0)
          .integer("debugport", 1)
          .integer("baudrate", 115200)
          .key(),
      Object(kEmsSettings, kInheritable).boolean("bootems", options.ems).key(),
      Object(kLoaderSettings, kInheritableByLoader)
          .objects("inherit", {kGlobalSettings, kHypervisorSettings})
          .key(),
      Object(kHypervisorSettings, kInheritableByLoader)
          .text("description", "Hypervisor Settings")
          .integer("hypervisordebugtype", 0)
          .integer("hypervisordebugport", 1)
          .integer("hypervisorbaudrate", 115200)
          .key(),
  };
}

}  // namespace

RegistryKey store(const StoreOptions& options) {
  check(options);
  RegistryKey objects{"Objects", {}, settings(options)};
  objects.children.push_back(boot_manager(options));
  objects.children.push_back(ramdisk_options(options));
  for (const RamdiskEntry& entry : options.entries) {
    objects.children.push_back(loader(options, entry));
  }
  if (!options.memtest_path.empty()) objects.children.push_back(memory_tester(options));
  RegistryKey description{"Description", {registry_string("KeyName", "BCD00000000")}, {}};
  return {"NewStoreRoot", {}, {std::move(description), std::move(objects)}};
}

std::string ramdisk_device(std::string_view wim_path, std::string_view options_guid) {
  std::string path = to_utf16le(wim_path) + std::string(2, '\0');
  std::size_t total = 0x8c + path.size();
  std::string out = guid_bytes(options_guid);
  out += u32(0) + u32(1) + u32(total - 0x10) + u32(0);  // a local device, its size
  out += u32(3) + std::string(20, '\0');       // RAM disk: base, size, offset are not known
  out += u32(1) + u32(total - 0x38) + u32(5);  // of a file, by path, on
  return out + boot_descriptor() + path;
}

std::string boot_device() { return std::string(16, '\0') + boot_descriptor(); }

}  // namespace remedia::bcd
