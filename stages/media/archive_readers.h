// What media/archive asks of each kind of archive. Internal to it.
#pragma once

#include "media/archive.h"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace remedia {

struct ArchiveEntry {
  std::string path;  ///< sound for Windows; '/' between names
  bool folder = false;
  std::uint64_t offset = 0;  ///< of its bytes in what unpack() writes
  std::uint64_t size = 0;
};

class ArchiveReader {
 public:
  virtual ~ArchiveReader() = default;
  /// In the order of the archive. Sizes are what the archive says; unpack() keeps to them.
  virtual const std::vector<ArchiveEntry>& entries() const = 0;
  /// Writes the content of all entries; throws Failure if any of it is not as it should be.
  virtual void unpack(int out, const fs::path& out_name) = 0;
  /// Where the content of an entry lies after unpack() wrote to `unpacked`.
  virtual Slice content(const ArchiveEntry& entry, const fs::path& unpacked) const {
    return {unpacked, {{entry.offset, entry.size, false}}};
  }
};

/// unpack_archive() for what is open already.
std::vector<TreeEntry> unpack_entries(ArchiveReader& reader, const std::string& shown,
                                      const std::string& to, Pack& pack, const fs::path& scratch);

/// Where cabinets begin in `file`: at its start, or anywhere in a program. Cabinets inside others
/// do not count.
std::vector<std::uint64_t> find_cabinets(const fs::path& file);

std::unique_ptr<ArchiveReader> open_cabinet(const fs::path& file, const std::string& shown,
                                            std::uint64_t start, const ArchiveLimits& limits);
std::unique_ptr<ArchiveReader> open_zip(const fs::path& file, const std::string& shown,
                                        const ArchiveLimits& limits);

/// An entry without content, named by the `raw` bytes that the archive `shown` has for it; a
/// separator at the end makes it a folder. `utf8`: whether bytes beyond ASCII may be UTF-8. Throws
/// Failure for names that are not sound.
ArchiveEntry archive_entry(const std::string& shown, std::string_view raw, bool utf8);

/// Counts what is going to be unpacked; throws Failure when it is more than `limits`.
class ArchiveBudget {
 public:
  ArchiveBudget(const ArchiveLimits& limits, const std::string& shown)
      : limits_(limits), shown_(shown) {}
  void count_entries(std::uint64_t entries) const;
  void add(std::uint64_t size);

 private:
  ArchiveLimits limits_;
  std::string shown_;
  std::uint64_t size_ = 0;
};

/// Throws Failure about an archive that contradicts itself: "'<shown>' is damaged: <fact>".
[[noreturn]] void fail_archive(const std::string& shown, std::string_view fact);
/// Throws Failure about an archive that is sound and of no use here, with what to do instead.
[[noreturn]] void refuse_archive(const std::string& shown, std::string_view fact, std::string hint);

}  // namespace remedia
