// Taking things out of an image so that their bytes are gone.
//
// Deleting names is not enough: update() only appends, so data that nothing refers to stays in the
// file, and the same content may have further names: hard links in WinSxS, copies. So the WIM is
// written anew without what is removed, and then read back to prove that it is gone.
#pragma once

#include "support/file.h"

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace remedia::wim {

/// What shall be taken out.
struct Removal {
  /// '/' or '\\' between names, any case; `*` and `?` within a name, `**` across folders (Glob of
  /// wim_glob.h). A folder goes with all that is below it.
  std::string pattern;
  /// Also every other file of the image whose content (unnamed stream) is that of a file removed by
  /// this pattern. Empty files have no content.
  bool everywhere = false;
  bool optional = false;  ///< matching nothing is no error
};

/// Something that is not there any more.
struct Removed {
  std::string path;
  bool directory = false;
  std::uint64_t size = 0;
  std::string sha1;         ///< empty for folders and empty files
  std::size_t removal = 0;  ///< index of the first one that took it
  bool by_content = false;  ///< its name matches nothing: it went because of `everywhere`
};

/// Content that a removed file had and that is still there, as `everywhere` was not said.
struct Leftover {
  std::string path;     ///< that has it; `FILE:STREAM` for a named stream
  std::string removed;  ///< the first removed file that had it
};

struct TrimResult {
  std::vector<Removed> removed;     ///< sorted by path
  std::vector<Leftover> leftovers;  ///< sorted by path
};

struct TrimOptions {
  std::array<std::uint8_t, 16> guid = {};
  std::int64_t clock = 0;  ///< time of the image, seconds since 1970
  std::string shown = {};  ///< names the base in messages; its path if empty
};

/// Writes `base` (a WIM with one image, made by export_image) without what `removals` name to
/// `out`. Compressed data is copied raw; all else keeps its attributes, times, security
/// descriptors, short names and hard links. Deterministic.
///
/// Throws Failure, and leaves no `out`: a pattern that matches nothing (all of them are listed);
/// one that takes all there is, or Windows or Windows/System32 or all files in it; a content that
/// shall go everywhere but is a named stream of a file that stays; a result that still has such
/// content or differs in anything else.
TrimResult trim(const fs::path& base, const std::vector<Removal>& removals,
                const TrimOptions& options, const fs::path& out);

}  // namespace remedia::wim
