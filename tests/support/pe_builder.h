// PE files with import lists, for tests: a program of the demo's medium with one more section.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace remedia::pe_builder {

struct Options {
  std::string arch = "amd64";
  std::uint16_t subsystem = 3;  ///< console
  bool library = false;
  std::vector<std::string> loaded = {};
  std::vector<std::string> delayed = {};
  bool old_delay_form = false;                  ///< addresses in memory, as Visual C++ 6 wrote
  std::optional<std::uint32_t> clr_flags = {};  ///< set: a .NET program
};

/// Offsets in the file; what is not asked for has none (0).
struct Built {
  std::string bytes;
  std::size_t directories = 0;  ///< first of the sixteen
  std::size_t imports = 0;
  std::size_t delayed = 0;
  std::size_t clr = 0;
  std::size_t names = 0;  ///< one after the other, in the order of Options
  std::size_t end = 0;    ///< behind the last name
};

constexpr std::size_t kAddress = 0x2000;  ///< of the section in the image
constexpr std::size_t kOffset = 0x400;    ///< in the file

Built build(const Options& options);

/// The bytes alone.
std::string program(const Options& options);

/// Writes a little-endian number of `width` bytes.
void put(std::string& bytes, std::size_t at, std::uint64_t value, std::size_t width);

}  // namespace remedia::pe_builder
