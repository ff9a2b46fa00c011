#include "medium/pe_file.h"

#include "formats/registry.h"
#include "medium/numbers.h"
#include "support/diagnostic.h"
#include "support/digest.h"

#include <algorithm>
#include <charconv>

namespace remedia::medium {

namespace {

constexpr std::size_t kPage = 0x1000;  // section alignment
constexpr std::size_t kBlock = 0x200;  // file alignment
constexpr std::size_t kPeOffset = 0x80;
constexpr std::size_t kResourceAddress = 2 * kPage;
constexpr std::size_t kDebugAt = 16;  // behind the code of any machine
constexpr std::size_t kDebugEntry = 28;

struct Machine {
  std::string_view name;
  std::uint16_t number;
  bool wide;              // PE32+
  std::string_view code;  // returns 0
};

constexpr Machine kMachines[] = {
    {"amd64", 0x8664, true, std::string_view("\x31\xC0\xC3", 3)},
    {"arm64", 0xAA64, true, std::string_view("\x00\x00\x80\x52\xC0\x03\x5F\xD6", 8)},
    {"x86", 0x014C, false, std::string_view("\x31\xC0\xC3", 3)},
    {"arm", 0x01C4, false, std::string_view("\x00\x20\x70\x47", 4)},
};

const Machine& machine_of(std::string_view arch) {
  for (const Machine& machine : kMachines) {
    if (machine.name == arch) return machine;
  }
  fail("no PE file can be made for '{}'", arch);
}

std::string terminated(std::string_view text) { return to_utf16le(text) + std::string(2, '\0'); }

/// A block of a version resource; `children` are padded to multiples of 4.
std::string block(std::string_view key, const std::string& value, std::size_t value_length,
                  bool text, const std::string& children) {
  std::string body = std::string(6, '\0') + terminated(key);
  if (!value.empty() || !children.empty()) body = padded(std::move(body), 4);
  body += value;
  if (!children.empty()) body = padded(std::move(body), 4) + children;
  body.replace(0, 6, u16(body.size()) + u16(value_length) + u16(text ? 1 : 0));
  return body;
}

std::string fixed_info(const PeFile& options) {
  const auto pair = [](const std::array<std::uint16_t, 4>& v, std::size_t i) {
    return u16(v[i + 1]) + u16(v[i]);
  };
  const auto file = version_numbers(options.version);
  const auto product =
      version_numbers(options.product_version.empty() ? options.version : options.product_version);
  return u32(0xFEEF04BD) + u32(0x00010000) + pair(file, 0) + pair(file, 2) + pair(product, 0) +
         pair(product, 2) + u32(0x3F) + u32(0) + u32(0x00040004) + u32(1) + u32(0) + u32(0) +
         u32(0);
}

std::string version_info(const PeFile& options) {
  std::string strings;
  for (const auto& [key, text] : options.strings) {
    const std::string value = terminated(text);
    strings = padded(std::move(strings), 4) + block(key, value, value.size() / 2, true, "");
  }
  const std::string table =
      block(fmt::format("{:04X}04B0", options.language), "", 0, true, strings);
  const std::string translation = u16(options.language) + u16(0x04B0);
  const std::string children =
      padded(block("StringFileInfo", "", 0, true, table), 4) +
      block("VarFileInfo", "", 0, true, block("Translation", translation, 4, false, ""));
  const std::string fixed = fixed_info(options);
  return block("VS_VERSION_INFO", fixed, fixed.size(), false, children);
}

/// Type 16, name 1, the language: three folders of one entry, the description, the content.
std::string resources(const PeFile& options) {
  if (options.version.empty()) return {};
  const auto folder = [](std::uint32_t id, std::uint32_t pointer) {
    return std::string(12, '\0') + u16(0) + u16(1) + u32(id) + u32(pointer);
  };
  constexpr std::uint32_t down = 0x80000000;
  const std::string content = version_info(options);
  return folder(16, down | 24) + folder(1, down | 48) + folder(options.language, 72) +
         u32(kResourceAddress + 88) + u32(content.size()) + u32(0) + u32(0) + content;
}

/// Descriptors, one list of functions for all of them, which is empty, and the names.
std::string import_list(const PeFile& options, std::size_t address) {
  if (options.imports.empty()) return {};
  const std::size_t functions = address + 20 * (options.imports.size() + 1);
  std::size_t name = functions + 8;
  std::string descriptors;
  std::string names;
  for (const std::string& library : options.imports) {
    descriptors += u32(functions) + u32(0) + u32(0) + u32(name) + u32(functions);
    names += library + '\0';
    name += library.size() + 1;
  }
  return descriptors + std::string(20 + 8, '\0') + names;
}

/// What is put behind the lists of the table: names, each found by offset and length.
class Names {
 public:
  explicit Names(std::size_t start) : start_(start) {}

  /// Adds the name; offset and length.
  std::string place(std::string_view text) {
    const std::string name = to_utf16le(text);
    const std::size_t at = start_ + bytes_.size();
    bytes_ += name;
    return u32(name.empty() ? 0 : at) + u32(name.size());
  }
  const std::string& bytes() const { return bytes_; }

 private:
  std::size_t start_;
  std::string bytes_;
};

std::uint32_t hash_of(std::string_view part, std::uint32_t factor) {
  std::uint32_t hash = 0;
  for (const char c : part) {
    const bool upper = c >= 'A' && c <= 'Z';
    hash = hash * factor + static_cast<unsigned char>(upper ? c - 'A' + 'a' : c);
  }
  return hash;
}

std::size_t pages(std::size_t size) { return (size + kPage - 1) / kPage; }

/// What follows the code: a place in memory, and bytes.
struct Part {
  std::size_t address = 0;
  std::string bytes;
};

std::string debug_entry(const PeFile& options, std::uint32_t type, std::size_t at,
                        std::size_t size) {
  return u32(0) + u32(options.timestamp) + u16(0) + u16(0) + u32(type) + u32(size) +
         u32(size == 0 ? 0 : kPage + at) + u32(size == 0 ? 0 : kBlock + at);
}

/// The code; behind it, if there is a PDB, what says so: a debug directory of two entries, of which
/// the second says that the timestamp is none, and the first one's record.
std::string code_of(const PeFile& options, const Machine& machine) {
  std::string code(machine.code);
  if (!options.pdb) return code;
  constexpr std::uint32_t code_view = 2;
  constexpr std::uint32_t reproducible = 16;
  const std::string record = code_view_record(*options.pdb);
  return padded(std::move(code), kDebugAt) +
         debug_entry(options, code_view, kDebugAt + 2 * kDebugEntry, record.size()) +
         debug_entry(options, reproducible, 0, 0) + record;
}

std::string section(std::string_view name, std::size_t size, std::size_t address,
                    std::size_t in_file, std::size_t offset, std::uint32_t flags) {
  std::string header(name);
  header.resize(8, '\0');
  return header + u32(size) + u32(address) + u32(in_file) + u32(offset) + std::string(12, '\0') +
         u32(flags);
}

std::string optional_header(const PeFile& options, const Machine& machine,
                            std::size_t resource_size, const Part& imports, const Part& sets) {
  const std::size_t word = machine.wide ? 8 : 4;
  const std::size_t count =
      2 + pages(resource_size) + pages(imports.bytes.size()) + pages(sets.bytes.size());
  const std::size_t data = padded(std::string(resource_size, '\0'), kBlock).size() +
                           padded(imports.bytes, kBlock).size() + padded(sets.bytes, kBlock).size();
  std::string header = u16(machine.wide ? 0x20B : 0x10B) + u16(14) + u32(kBlock) + u32(data) +
                       u32(0) + u32(kPage) + u32(kPage);
  if (!machine.wide) header += u32(kResourceAddress);  // base of data
  header += number(machine.wide ? 0x140000000 : 0x400000, word) + u32(kPage) + u32(kBlock) +
            u16(10) + u16(0) + u16(10) + u16(0) + u16(10) + u16(0) + u32(0) + u32(count * kPage) +
            u32(kBlock) + u32(0) + u16(options.subsystem) + u16(0x0100);  // NX compatible
  for (const std::uint64_t size : {0x100000U, 0x1000U, 0x100000U, 0x1000U})
    header += number(size, word);
  header += u32(0) + u32(16);
  for (std::size_t i = 0; i < 16; ++i) {
    const bool resources_here = i == 2 && resource_size > 0;
    const bool imports_here = i == 1 && !imports.bytes.empty();
    const bool debug_here = i == 6 && options.pdb.has_value();
    header += u32(resources_here ? kResourceAddress
                  : imports_here ? imports.address
                  : debug_here   ? kPage + kDebugAt
                                 : 0);
    header += u32(resources_here ? resource_size
                  : imports_here ? 20 * (options.imports.size() + 1)
                  : debug_here   ? 2 * kDebugEntry
                                 : 0);
  }
  return header;
}

}  // namespace

std::array<std::uint16_t, 4> version_numbers(std::string_view version) {
  std::array<std::uint16_t, 4> numbers = {};
  const char* at = version.data();
  const char* const end = at + version.size();
  for (std::size_t i = 0; i < 4; ++i) {
    const auto [next, error] = std::from_chars(at, end, numbers[i]);
    const bool last = i == 3;
    if (error != std::errc() || (last ? next != end : next == end || *next != '.')) {
      fail("'{}' is no version of four numbers", version);
    }
    at = next + 1;
  }
  return numbers;
}

std::string api_set_table(const std::vector<ApiSet>& sets) {
  constexpr std::size_t head = 28;
  constexpr std::uint32_t factor = 31;
  std::size_t hosts = 0;
  for (const ApiSet& set : sets) hosts += set.hosts.size();
  const std::size_t first_value = head + 24 * sets.size();
  const std::size_t first_hash = first_value + 20 * hosts;
  Names names(first_hash + 8 * sets.size());
  std::string entries;
  std::string values;
  std::vector<std::pair<std::uint32_t, std::size_t>> hashes;
  for (const ApiSet& set : sets) {
    const std::string_view part = std::string_view(set.name).substr(0, set.name.rfind('-'));
    hashes.emplace_back(hash_of(part, factor), hashes.size());
    entries += u32(0) + names.place(set.name) + u32(2 * part.size()) +
               u32(first_value + values.size()) + u32(set.hosts.size());
    for (const ApiSet::Host& host : set.hosts) {
      const std::string importer = names.place(host.importer);
      values += u32(0) + importer + names.place(host.name);
    }
  }
  std::sort(hashes.begin(), hashes.end());
  std::string list;
  for (const auto& [hash, index] : hashes) list += u32(hash) + u32(index);
  const std::size_t size = first_hash + list.size() + names.bytes().size();
  return u32(6) + u32(size) + u32(0) + u32(sets.size()) + u32(head) + u32(first_hash) +
         u32(factor) + entries + values + list + names.bytes();
}

std::string pe_file(const PeFile& options) {
  const Machine& machine = machine_of(options.arch);
  const std::string code = code_of(options, machine);
  const std::string data = resources(options);
  Part imports{kResourceAddress + pages(data.size()) * kPage, {}};
  imports.bytes = import_list(options, imports.address);
  const Part sets{imports.address + pages(imports.bytes.size()) * kPage, options.api_sets};
  const std::string optional = optional_header(options, machine, data.size(), imports, sets);
  const std::size_t sections = 1 + (data.empty() ? 0U : 1U) + (imports.bytes.empty() ? 0U : 1U) +
                               (sets.bytes.empty() ? 0U : 1U);
  const unsigned characteristics =
      (machine.wide ? 0x22U : 0x102U) | (options.library ? 0x2000U : 0U);
  const std::string dos = "MZ" + std::string(0x3A, '\0') + u32(kPeOffset);
  std::string headers = dos + std::string(kPeOffset - dos.size(), '\0') + std::string("PE\0\0", 4) +
                        u16(machine.number) + u16(sections) + u32(options.timestamp) + u32(0) +
                        u32(0) + u16(optional.size()) + u16(characteristics) + optional;
  headers += section(".text", code.size(), kPage, kBlock, kBlock, 0x60000020);
  const std::string filled = padded(data, kBlock);
  if (!data.empty()) {
    headers +=
        section(".rsrc", data.size(), kResourceAddress, filled.size(), 2 * kBlock, 0x40000040);
  }
  const std::string list = padded(imports.bytes, kBlock);
  if (!list.empty()) {
    headers += section(".idata", imports.bytes.size(), imports.address, list.size(),
                       2 * kBlock + filled.size(), 0xC0000040);
  }
  const std::string table = padded(sets.bytes, kBlock);
  if (!table.empty()) {
    headers += section(".apiset", sets.bytes.size(), sets.address, table.size(),
                       2 * kBlock + filled.size() + list.size(), 0x40000040);
  }
  if (headers.size() > kBlock) fail("a PE file of ours has no room for so many sections");
  if (code.size() > kBlock) fail("a PE file of ours has no room for the name of its PDB");
  return padded(headers, kBlock) + padded(code, kBlock) + filled + list + table;
}

std::uint16_t machine_number(std::string_view arch) { return machine_of(arch).number; }

namespace {

/// What all programs of Windows have.
PeFile windows_file(std::string_view name, std::string_view arch, std::uint16_t subsystem,
                    std::string_view version) {
  const std::string text(version);
  PeFile file = {.arch = std::string(arch), .subsystem = subsystem, .version = text};
  file.library = name.ends_with(".dll");
  file.strings = {{"CompanyName", "Remedia"},
                  {"FileDescription", "Stand-in; this is not Windows"},
                  {"FileVersion", text + " (standin.240102-0304)"},
                  {"InternalName", std::string(name)},
                  {"OriginalFilename", std::string(name)},
                  {"ProductName", "Remedia stand-in medium"},
                  {"ProductVersion", text}};
  // Microsoft's builds are reproducible: the field holds a digest, not a time.
  const std::string digest = sha256(fmt::format("{} {} {}", name, arch, version));
  const char* const first = digest.data();
  std::from_chars(first, first + 8, file.timestamp, 16);
  return file;
}

}  // namespace

std::string windows_program(std::string_view name, std::string_view arch, std::uint16_t subsystem,
                            std::string_view version, std::vector<std::string> imports,
                            std::string api_sets) {
  PeFile file = windows_file(name, arch, subsystem, version);
  file.imports = std::move(imports);
  file.api_sets = std::move(api_sets);
  return pe_file(file);
}

Pdb kernel_pdb(std::string_view arch, std::string_view version) {
  const auto guid = derived_guid(fmt::format("PDB of ntkrnlmp.exe {} {}", arch, version));
  return {.name = "ntkrnlmp.pdb", .guid = std::string(guid.begin(), guid.end())};
}

std::string windows_kernel(std::string_view arch, std::string_view version) {
  constexpr std::uint16_t native = 1;
  PeFile file = windows_file("ntkrnlmp.exe", arch, native, version);
  file.pdb = kernel_pdb(arch, version);
  return pe_file(file);
}

}  // namespace remedia::medium
