// Windows Imaging files, through libwim.
//
// libwim is linked statically from a private copy of its archive in which the calls that reach the
// outside world (clock, stat, open, read) are renamed to ours (wim_host.cpp). So its output depends
// on nothing but its input, a WIM that lies inside an ISO is read in place, and the user's files
// are never touched. Names inside WIMs match case-insensitively.
#pragma once

#include "support/diagnostic.h"
#include "support/file.h"

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace remedia::wim {

struct Image {
  int index = 0;  ///< 1-based
  std::string name;
  std::string description;
  std::string edition;            ///< WINDOWS/EDITIONID, e.g. "WindowsPE"
  std::string installation_type;  ///< WINDOWS/INSTALLATIONTYPE
  std::string architecture;       ///< "x86", "amd64", "arm64", "arm", "ia64"; else the WIM's number
  std::string version;            ///< "10.0.26100.1742"; empty if the WIM does not say
  std::string default_language;
  std::vector<std::string> languages;
};

enum class Compression { none, xpress, lzx, lzms };

struct Info {
  Compression compression = Compression::none;
  std::uint32_t chunk_size = 0;
  int boot_index = 0;  ///< 0: none
  std::string guid;    ///< 32 hex digits
  std::vector<Image> images;
  /// Whether the boot manager can load it: LZX or XPRESS (or none), 32 KiB chunks, neither solid
  /// nor pipable.
  bool bootable_format = false;
};

/// A file or directory of an image. Times are FILETIME: 100 ns since 1601.
struct Entry {
  std::string path;  ///< `Windows/System32/winload.exe`, as spelt in the image
  bool directory = false;
  std::uint64_t size = 0;
  std::string sha1;  ///< of the unnamed stream, hex; empty for directories and empty files
  std::uint32_t attributes = 0;
  std::string short_name;  ///< 8.3 name; usually empty
  unsigned named_streams = 0;
  std::string security_descriptor;
  std::uint64_t creation_time = 0;
  std::uint64_t last_write_time = 0;
  std::uint64_t last_access_time = 0;
};

/// A WIM file open for reading. `slice` may lie inside another file.
class File {
 public:
  /// Throws Failure: not a WIM, truncated, encrypted, ...; `shown` names it in messages. The parts
  /// of a split WIM (.swm) are all needed, in whatever order; info() is of the first part.
  File(const Slice& slice, std::string shown, const std::vector<Slice>& more_parts = {});
  ~File();
  File(File&&) noexcept;
  File& operator=(File&&) noexcept;

  const Info& info() const;

  /// Image by index ("2"), exact name, name in another case, or edition id; throws Failure that
  /// lists the images there are and suggests the nearest.
  int find_image(std::string_view name_or_index) const;

  /// Everything in an image, sorted by path. One call per image is enough: it is kept.
  const std::vector<Entry>& list(int image) const;
  /// Path with '/' or '\\', any case. Null if it is not there.
  const Entry* find(int image, std::string_view path) const;

  /// Extracts one file's unnamed stream to `destination` (created or truncated; removed on
  /// failure).
  void extract(int image, const Entry& entry, const fs::path& destination) const;

  /// Decompresses everything and compares it with its SHA-1; throws Failure if it differs.
  void verify() const;
  /// Whether it has a content with this SHA-1 (hex), whatever uses it.
  bool contains(std::string_view sha1) const;

  struct State;  ///< for wim_write.cpp
  State& state() const { return *state_; }

 private:
  std::unique_ptr<State> state_;
};

/// Writes one image of `from` to a new WIM `out` with that image as number 1, its boot index set,
/// `guid` as its GUID and `clock` as its time. Compressed resources are copied raw where
/// compression type and chunk size match the bootable format; otherwise everything is recompressed
/// as LZX at `level`. Deterministic.
struct ExportOptions {
  std::array<std::uint8_t, 16> guid = {};
  std::int64_t clock = 0;  ///< seconds since 1970
  int level = 20;
};
void export_image(const File& from, int image, const fs::path& out, const ExportOptions& options);

/// One thing that goes into an image.
struct Addition {
  std::string target;  ///< path in the image, '/' between names
  bool directory = false;
  Slice content;  ///< for files
  /// SHA-1 of the content in hex, if it is known: update() and capture() then need not hash it to
  /// find it in a component, and throw ContentChanged if the content is not that.
  std::string sha1 = {};
};

/// An addition whose content is not what its digest says.
class ContentChanged : public Failure {
 public:
  explicit ContentChanged(const Addition& addition)
      : Failure(Diagnostic{.message = fmt::format("'{}' changed while it was read",
                                                  addition.content.file.string())}),
        target_(addition.target) {}
  const std::string& target() const { return target_; }

 private:
  std::string target_;
};

/// What became of an existing file that an Addition replaced.
struct Replacement {
  std::string path;
  std::string short_name_lost;  ///< the 8.3 name that it had; empty if none
  unsigned streams_lost = 0;    ///< how many named streams it had
};

struct UpdateOptions {
  std::string name = {};         ///< image name; unchanged if empty
  std::string description = {};  ///< unchanged if empty
  std::array<std::uint8_t, 16> guid = {};
  std::int64_t clock = 0;  ///< times of new files and of the image, seconds since 1970
  int level = 20;          ///< of what is added: 20 (fast) or 50 (LZX: 3.6 % smaller, 8 x the CPU)
  /// WIMs with content of the additions, compressed already: LZX, written by capture() at the same
  /// level. What is in one of them is taken as it is there; the result is, bit for bit, the same as
  /// without. With CaptureOptions::integrity they are checked ten times faster.
  std::vector<fs::path> components = {};
};

/// `out` becomes the bytes of `base` (a WIM with one image, made by export_image) with the
/// additions appended: new data, new metadata; nothing of the base is recompressed, so bytes never
/// depend on history. Only the header, and without additions the XML at the end, are written over.
/// The order of `additions` does not matter. Parts of a target that the image has keep the image's
/// spelling. Replaced files keep attributes, times and security descriptor; they lose their short
/// name, named streams and further hard links. Folders that exist stay as they are.
std::vector<Replacement> update(const fs::path& base, const std::vector<Addition>& additions,
                                const UpdateOptions& options, const fs::path& out);

/// Makes a WIM from nothing, for stand-in media and tests: one image per entry of `images`. Times
/// are `clock`; deterministic.
struct Capture {
  std::string name;
  std::string description = {};
  std::vector<Addition> additions = {};
  std::map<std::string, std::string> properties =
      {};  ///< XML properties, e.g. "WINDOWS/ARCH" = "9"
};
struct CaptureOptions {
  Compression compression = Compression::lzx;
  int boot_index = 0;
  int level = 20;
  bool solid = false;
  bool integrity = false;  ///< with a table of checksums, as a component should have
  std::array<std::uint8_t, 16> guid = {};
  std::int64_t clock = 0;
  /// WIMs with content of the additions, compressed already: sound ones, as wim_donor.h opens them,
  /// written by capture() of this program at the same level as LZX, not solid. What is in one of
  /// them is taken as it is there; the result is, bit for bit, the same as without. Not for what
  /// is written in another way.
  std::vector<Slice> donors = {};
};
void capture(const std::vector<Capture>& images, const CaptureOptions& options,
             const fs::path& out);

}  // namespace remedia::wim
