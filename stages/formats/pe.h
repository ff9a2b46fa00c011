// Portable Executable files: what a program of Windows says about itself in its headers and in its
// version resource.
//
// Facts: "PE Format" and "VS_VERSIONINFO" of Microsoft's documentation; layouts compared with files
// of GNU ld, LLD and Microsoft's linker. Only the ranges that are needed are read, as a kernel has
// 12 MB. Every address, size and count is checked against the file; an error says at which byte.
#pragma once

#include "support/file.h"

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace remedia::pe {

/// Four numbers, most significant first: 10.0.26100.1742.
struct Version {
  std::array<std::uint16_t, 4> numbers = {};

  std::string text() const;
  auto operator<=>(const Version&) const = default;
};

struct VersionResource {
  Version file;
  Version product;
  std::uint64_t date =
      0;              ///< FILETIME (100 ns since 1601) that a resource compiler was told; mostly 0
  std::string table;  ///< key of the string table: language and code page, e.g. "040904B0"
  std::map<std::string, std::string> strings;  ///< of that table, e.g. "OriginalFilename"
};

struct Header {
  std::uint16_t machine = 0;
  std::string architecture;  ///< "amd64", "arm64", "x86", "arm"; else the machine, as "0x0200"
  bool pe32_plus = false;    ///< 64-bit addresses
  std::uint16_t characteristics = 0;
  std::uint16_t subsystem = 0;      ///< 1 native, 2 GUI, 3 console, 10 EFI application, 16 boot
  std::uint32_t timestamp = 0;      ///< seconds since 1970, or (reproducible builds) any number
  std::uint32_t size_of_image = 0;  ///< with the timestamp it names the file in symbol stores
};

/// A run of the image in memory; a size of 0: there is none.
struct Directory {
  std::uint32_t address = 0;
  std::uint32_t size = 0;
};

constexpr std::size_t kResources = 2;     ///< index of the directory
constexpr std::size_t kCertificates = 4;  ///< its address is an offset in the file
constexpr std::size_t kDebug = 6;

/// A file of which the headers were read and found sound: sections and certificates lie in the
/// file. What else it holds is read through it.
class Image {
 public:
  /// Throws Failure if it is no PE file, is damaged or truncated; `shown` names it in messages.
  Image(const Slice& file, std::string_view shown);
  /// `bytes` must outlive this.
  Image(std::string_view bytes, std::string_view shown);
  ~Image();
  Image(Image&&) noexcept;
  Image& operator=(Image&&) noexcept;

  const Header& header() const { return header_; }
  Directory directory(std::size_t index) const;

  /// Where in the file [address, address + size) of the image in memory lies. Throws Failure if any
  /// of it is not in the file.
  std::uint64_t offset_of(std::uint64_t address, std::uint64_t size, std::string_view what) const;
  /// Bytes of the file; throws Failure, with `what` as the name of the thing, beyond its end.
  std::string read_at(std::uint64_t offset, std::uint64_t size, std::string_view what) const;
  [[noreturn]] void fail_at(std::uint64_t offset, std::string_view why) const;

 private:
  struct Section {
    std::uint64_t address = 0;
    std::uint64_t size = 0;  // as far as it lies in the file
    std::uint64_t offset = 0;
  };
  class Source;

  Image(std::unique_ptr<Source> source, std::string_view shown);
  void read_headers();
  void read_optional_header(std::uint64_t offset, std::uint64_t size);
  void read_directories(std::string_view header, std::uint64_t offset);
  void read_sections(std::uint64_t offset, std::uint64_t count);
  void check_certificates() const;

  std::unique_ptr<Source> source_;
  std::string shown_;
  Header header_;
  std::uint64_t size_of_headers_ = 0;
  std::vector<Directory> directories_;
  std::vector<Section> sections_;
};

/// The first version resource in its first language; nothing if the file has none. Throws Failure
/// if it is damaged.
std::optional<VersionResource> version_resource(const Image& image);

struct Info {
  Header header;
  std::optional<VersionResource> version;
};

Info read(const Slice& file, std::string_view shown);
Info read(std::string_view bytes, std::string_view shown);

}  // namespace remedia::pe
