// Single values of a registry hive (regf), read from its bytes. Windows' own RegLoadKey applies
// logs and writes stamps into the file that it loads; a look at a PC must leave its disk alone.
//
// The layout is that of the hives that this project writes and reads elsewhere (and of those that
// Windows writes, checked there). A hive whose log was not applied is read as it is.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace remedia::launcher {

/// Where the bytes are: a file, or a text in a test.
class HiveSource {
 public:
  virtual ~HiveSource() = default;
  virtual std::string read(std::uint64_t offset, std::size_t size) = 0;  ///< fewer at the end
};

class Hive {
 public:
  explicit Hive(HiveSource& source);

  bool good() const { return root_ != kNone; }

  /// A string, or a DWORD in decimal; empty if there is none, it is longer than 4 KiB, or the hive
  /// is damaged there. `key` is a path below the root, in any case of ASCII letters.
  std::string text(std::string_view key, std::string_view name);

 private:
  static constexpr std::uint32_t kNone = 0xffffffff;

  std::string cell(std::uint32_t at, std::size_t most);
  std::uint32_t child(std::uint32_t key, std::string_view name);
  std::uint32_t in_list(std::uint32_t list, std::string_view name, bool may_nest);
  bool is_named(std::uint32_t key, std::string_view name);
  std::string value(std::uint32_t key, std::string_view name);
  std::string data(std::string_view record);

  // Lists of lists, made to lead to each other, would be read for hours. A look at the registry of
  // a large PC takes some thousands; after these, all answers are empty.
  static constexpr std::size_t kMostCells = 100000;

  HiveSource& source_;
  std::size_t budget_ = kMostCells;
  std::uint32_t root_ = kNone;
};

}  // namespace remedia::launcher
