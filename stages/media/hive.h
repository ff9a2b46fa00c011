// Registry hives (regf files), through libhivex.
//
// libhivex edits hives but makes none: the empty one it starts from is ours (base block, one bin,
// root key, security descriptor).
#pragma once

#include "formats/registry.h"
#include "support/file.h"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace remedia::hive {

struct WriteOptions {
  std::uint32_t minor_version = 3;  ///< regf 1.x: 3 for BCD stores, 5 for SYSTEM and SOFTWARE
  std::string file_name;  ///< name in the base block, e.g. `\Boot\BCD`; its last 31 characters
};

/// The bytes of a hive with this content. The same keys give the same bytes: key order is by
/// upper-cased name as Windows sorts it, every time stamp is zero. Throws Failure on what libhivex
/// would write wrongly: key names that are not ASCII, values of more than 16,344 bytes.
std::string write(const RegistryKey& root, const WriteOptions& options = {});

/// Everything in a hive file. Throws Failure if it is no hive, is damaged, or is dirty (its two
/// sequence numbers differ: its log was never applied, and libhivex would not apply it).
RegistryKey read(const fs::path& file);

/// A hive of any size, asked for single keys. The file stays open and is mapped, not decoded.
///
/// Keys are named as below the root, `\` between names, "" for the root itself, in any case (that
/// of ASCII, Latin, Greek and Cyrillic). A leading `CurrentControlSet`, which no file holds, stands
/// for the control set that `Select\Current` names, as in a started Windows; it is a Failure if
/// either is missing. So is damage that an answer runs into.
class Reader {
 public:
  explicit Reader(const fs::path& file);  ///< Refuses what read() refuses at its first look.
  ~Reader();
  Reader(Reader&&) noexcept;
  Reader& operator=(Reader&&) noexcept;

  /// Named as the hive spells it; "" asks for the default value. Nothing if key or value is
  /// missing.
  std::optional<RegistryValue> value(std::string_view key, std::string_view name) const;
  /// Names of the subkeys in the order of the hive; none if the key is missing.
  std::vector<std::string> children(std::string_view key) const;
  bool has_key(std::string_view key) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

struct Edit {
  enum class Action { set_value, delete_value, create_key, delete_key };
  Action action = Action::set_value;
  std::string key;      ///< as for Reader
  RegistryValue value;  ///< set_value: all of it; delete_value: its name; else ignored
};

/// What became of one Edit.
struct Change {
  std::string key;   ///< without CurrentControlSet; names that exist are spelt as in the hive
  std::string name;  ///< of the value, as the hive spells it if it exists; "" for keys
  Edit::Action action = Edit::Action::set_value;
  std::optional<RegistryValue> before;  ///< the value that was there
  bool already = false;  ///< it was so: an equal value, an existing key, nothing to delete
};

/// Writes to `out` the hive with all edits done, and returns a Change for each, in their order.
///
/// The edits are one set, not a sequence: what contradicts another edit is refused. Missing keys
/// are made on the way to a value. Everything is checked first (what read() checks; every cell of
/// the hive; names, lengths and numbers that libhivex cannot write; contradictions), and the result
/// is opened again and compared with the original key by key: every edit holds, and nothing else
/// differs. Throws Failure otherwise, and then leaves no `out` behind. `hive` is never changed;
/// `out` may not be the same file.
///
/// The result depends on the two arguments alone: libhivex writes no time stamps (read off its
/// source; new keys take that of their parent) and zeroes what it allocates (test: equal bytes with
/// a poisoned heap). It grows with every edit, since libhivex 1.3.23 does not reuse free cells.
/// Logs beside the hive (`SYSTEM.LOG1`) do not fit the result: whoever replaces a hive drops them.
std::vector<Change> edit(const fs::path& hive, const std::vector<Edit>& edits, const fs::path& out);

}  // namespace remedia::hive
