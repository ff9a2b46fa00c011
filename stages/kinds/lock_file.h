// The lock file of a recipe, recipes/NAME.lock: what each of its inputs from outside was when
// somebody last looked at it and said yes. It is in git; the inputs are not.
//
// An input is pinned by what it is (size and SHA-256) or, if it changes daily, by who signed it and
// from which version on: then a newer one needs no new lock file, and an older or a foreign one is
// an error all the same.
#pragma once

#include "support/diagnostic.h"
#include "support/file.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace remedia::kinds {

/// Who signed an input, as formats/signature.h finds it.
struct LockSigner {
  std::string name;
  std::string issuer;
  std::string sha256;     ///< of the certificate
  bool anchored = false;  ///< it chained to an anchor that the recipe names

  bool operator==(const LockSigner&) const = default;
};

struct LockEntry {
  std::string word;        ///< that reads it: one of lock_words()
  std::string path;        ///< as recipes write it: "@media/win11.iso"
  std::uint64_t size = 0;  ///< bytes
  std::string sha256;      ///< lower-case hex
  std::string version;     ///< "" if it has none
  std::string date;        ///< "YYYY-MM-DD"; "" if it has none
  std::optional<LockSigner> signer;
  /// What it is pinned by: else its digest. Then size, digest and date only tell how it was when it
  /// was locked.
  bool by_signer = false;

  bool operator==(const LockEntry&) const = default;
};

/// No two entries have both word and path in common.
struct LockFile {
  std::string recipe;  ///< the name of the recipe
  std::vector<LockEntry> entries;

  bool operator==(const LockFile&) const = default;
};

/// The words whose inputs can be locked.
const std::vector<std::string>& lock_words();

/// recipes/demo.lua -> recipes/demo.lock
fs::path lock_path(const fs::path& recipe);

/// Reads a lock file strictly: a field that is unknown, missing, of another type or there twice is
/// a Failure at its line, as are two entries for one input. That there is no file is a Failure too.
LockFile read_lock(const fs::path& file);
/// The same of a text; `where`: the file, as people are to be shown it.
LockFile parse_lock(const std::string& text, const Location& where);

/// JSON in ASCII, sorted by path and word, one field per line, so that a diff shows what changed.
/// Equal contents give equal bytes, in whatever order the entries are. Throws Failure if the
/// content is none that parse_lock() takes.
std::string write_lock(const LockFile& lock);

/// What is wrong with one input, held against what was locked of it; "" if nothing is:
/// "size 10 -> 12, sha256 .. -> ..", "is not signed any more".
std::string difference(const LockEntry& locked, const LockEntry& found);

/// What is wrong with what is there now, held against the lock: one error for each input, without a
/// place. An input that the lock does not have is an error, an entry that nothing reads is none.
std::vector<Diagnostic> check_lock(const LockFile& lock, const std::vector<LockEntry>& found);

/// For people, what `remedia lock` changed, one line for each input, sorted; "" if nothing:
/// "~ defender @media/mpam.exe: 1.403.1.0 (2026-11-01) -> 1.403.55.0 (2026-11-20)", "+ ..", "- ..".
std::string lock_changes(const LockFile& before, const LockFile& after);

/// The lock file with what was found now. `only_words`: the entries of these words alone are
/// replaced (and dropped, if nothing reads them any more); none: of all words.
LockFile updated(const LockFile& before, const std::vector<LockEntry>& found,
                 const std::vector<std::string>& only_words);

/// Compares versions of numbers and dots as Windows does, number by number: negative, 0, positive.
/// "1.2" and "1.2.0" are equal. Nothing if one of them is no such version.
std::optional<int> compare_versions(std::string_view a, std::string_view b);

}  // namespace remedia::kinds
