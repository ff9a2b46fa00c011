// Small PE files of our own: a program that returns at once, and a version resource.
//
// Stand-ins for the kernel and the loaders of Windows, of which only the headers are read, and what
// tests of PE readers damage.
#pragma once

#include "medium/pdb_file.h"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace remedia::medium {

struct PeFile {
  std::string arch = "amd64";   ///< or "arm64", "x86", "arm"
  std::uint16_t subsystem = 1;  ///< native
  std::uint32_t timestamp = 0;
  std::string version = "10.0.26100.1742";  ///< four numbers; empty: no version resource
  std::string product_version = {};         ///< if it differs
  std::uint16_t language = 0x0409;
  /// Of the string table, in this order.
  std::vector<std::pair<std::string, std::string>> strings = {};
  bool library = false;                   ///< a DLL
  std::vector<std::string> imports = {};  ///< libraries that it loads at its start
  std::string api_sets = {};              ///< content of a section .apiset; empty: none
  std::optional<Pdb> pdb = {};            ///< then the timestamp says of itself that it is no date
};

/// The bytes: headers in the first 512 of them, code in the next 512 with what says which PDB there
/// is, then resources, the list of imports, which names libraries and none of their functions, and
/// API sets. These three together have no room in the headers: then it throws Failure.
std::string pe_file(const PeFile& options);

struct ApiSet {
  struct Host {
    std::string name;           ///< empty: the set is known, and not there
    std::string importer = {};  ///< the library that gets this host; empty: all others
  };
  std::string name;  ///< with its revision, without ".dll"
  std::vector<Host> hosts;
};

/// The content of a section .apiset as formats/api_set.h describes it, in version 6.
std::string api_set_table(const std::vector<ApiSet>& sets);

/// "10.0.26100.1742" as numbers; throws Failure if it is not four of 16 bits.
std::array<std::uint16_t, 4> version_numbers(std::string_view version);

/// A program of Windows, with the strings that Microsoft's programs have; a DLL by its name. No two
/// names give the same bytes.
std::string windows_program(std::string_view name, std::string_view arch, std::uint16_t subsystem,
                            std::string_view version, std::vector<std::string> imports = {},
                            std::string api_sets = {});

/// The kernel, which names a PDB, and what that is.
std::string windows_kernel(std::string_view arch, std::string_view version);
Pdb kernel_pdb(std::string_view arch, std::string_view version);

/// Of the header: 0x8664. Throws Failure if no PE file can be made for `arch`.
std::uint16_t machine_number(std::string_view arch);

}  // namespace remedia::medium
