// What the parts of media/hive share: libhivex's handle, the judgement of a base block, and an own
// look at a hive's cells by which its work is checked.
#pragma once

#include "media/hive.h"

#include <cstdlib>
#include <functional>
#include <memory>
#include <optional>

#include <hivex.h>

namespace remedia::hive {

constexpr std::size_t kBaseBlock = 4096;
constexpr std::uint32_t kNone = 0xffffffff;
constexpr int kMaxDepth = 512;  // of keys, as in Windows
constexpr std::size_t kMaxKeyName = 255;
constexpr std::size_t kMaxValueName = 16383;
// Longer values need a big-data record, which libhivex does not write.
constexpr std::size_t kMaxValue = 16344;
constexpr std::size_t kMaxChildren = 70'000;  // libhivex's own limits in one key
constexpr std::size_t kMaxValues = 110'000;
constexpr std::uint64_t kMaxFile = 1u << 30;

using HivePtr = std::unique_ptr<hive_h, int (*)(hive_h*)>;

template <typename T>
std::unique_ptr<T[], void (*)(void*)> owned(T* pointer) {
  return {pointer, std::free};
}

std::uint32_t get32(std::string_view bytes, std::size_t at);

/// Of a base block: the word that belongs at 0x1fc.
std::uint32_t checksum(std::string_view base_block);

/// What an errno value of libhivex means.
std::string_view reason(int error);

/// Refuses what is no hive, truncated, damaged or dirty. `block`: the first 4096 bytes of the file.
void check_base_block(std::string_view block, std::uint64_t size, const fs::path& file);

/// The same for an open file; returns its size.
std::uint64_t check_file(const Fd& fd, const fs::path& file);

/// libhivex only opens paths; this one leads to an open descriptor, with no file to clean up.
fs::path path_of(const Fd& fd);

/// `flags`: HIVEX_OPEN_*.
HivePtr open_hive(const Fd& fd, int flags, const fs::path& shown);

/// Throws Failure unless a new key can have this name: libhivex hashes and sorts others in a way
/// that Windows does not find again.
void check_key_name(std::string_view name);

/// The names of a key's path; none for "". Throws Failure if one is empty.
std::vector<std::string> split_key(std::string_view key);
std::string join_key(const std::vector<std::string>& names);

/// Replaces a leading CurrentControlSet by the control set whose number `current` gives (the value
/// Current of the key Select). Throws Failure if there is none.
void resolve_control_set(std::vector<std::string>& names,
                         const std::function<std::optional<RegistryValue>()>& current,
                         const fs::path& file);

/// A key as its cells say, without libhivex. Offsets are those of cells, from the first bin on.
struct KeyCells {
  std::uint32_t offset = 0;
  std::string_view record;  ///< the whole cell after its size; at least 76 bytes and its name
  std::vector<std::uint32_t> children;
  std::vector<std::uint32_t> values;

  std::string name() const;
};

/// The cells of a hive in memory. Whatever the bytes are, it ends in an answer or in a Failure.
class Cells {
 public:
  /// `bytes` outlives it; its base block has been judged.
  Cells(std::string_view bytes, fs::path file);

  std::uint32_t root() const { return root_; }
  KeyCells key(std::uint32_t offset) const;
  RegistryValue value(std::uint32_t offset) const;

  /// Whether a value is empty and yet claims to have a cell of its own, which is not there.
  bool is_loose(std::uint32_t value) const;

  /// The descriptor of who may do what with a key, and its class name; "" if it has none.
  std::string_view security(const KeyCells& key) const;
  std::string_view class_name(const KeyCells& key) const;

  /// Whether two values are the same to the last byte of their cells.
  bool same_value(std::uint32_t offset, const Cells& other, std::uint32_t other_offset) const;

  /// Walks the whole hive. Throws Failure unless every cell belongs to one place, keys are not
  /// nested too deep and security descriptors are chained and counted: libhivex takes all that for
  /// granted when it deletes.
  void check() const;

  [[noreturn]] void fail_damaged(std::string_view why) const;

 private:
  struct Walk;

  std::string_view cell(std::uint32_t offset) const;
  std::string_view record(std::uint32_t offset, std::string_view id, std::size_t size) const;
  void read_list(std::uint32_t offset, bool nested, std::vector<std::uint32_t>& children,
                 std::vector<std::uint32_t>* lists) const;
  std::vector<std::uint32_t> data_cells(std::string_view vk) const;
  std::string data(std::string_view vk) const;
  void check_key(std::uint32_t offset, int depth, Walk& walk) const;
  void check_value(std::uint32_t offset, Walk& walk) const;
  void check_security(const Walk& walk) const;

  std::string_view bins_;
  fs::path file_;
  std::uint32_t root_ = 0;
  std::vector<bool> used_;  // per 8 bytes: a used cell starts there
};

}  // namespace remedia::hive
