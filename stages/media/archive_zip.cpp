// Zip archives by libzip, with all the checks of consistency that it has: the directory at the end
// against the header before each file. Entries that share bytes are not looked for: each one keeps
// to the size that was counted against the limit and is compared with its CRC.
#include "media/archive_readers.h"
#include "support/diagnostic.h"

#include <algorithm>
#include <cerrno>
#include <memory>
#include <utility>

#include <sys/stat.h>
#include <zip.h>

namespace remedia {

namespace {

constexpr const char* kRepack = "unpack it yourself and name the folder instead";

struct CloseZip {
  void operator()(zip_t* zip) const { zip_discard(zip); }
};
struct CloseEntry {
  void operator()(zip_file_t* file) const { zip_fclose(file); }
};

[[noreturn]] void fail_open(const fs::path& file, const std::string& shown, int code, int cause) {
  switch (code) {
    case ZIP_ER_MULTIDISK:
      refuse_archive(shown, "is one part of a set of zip files", kRepack);
    case ZIP_ER_EXISTS:
      refuse_archive(shown, "holds two entries of one name", kRepack);
    case ZIP_ER_OPEN:
    case ZIP_ER_READ:
      if (cause != 0) fail_errno(cause, "read", file);
      break;
    case ZIP_ER_MEMORY:
      fail("'{}' needs more memory to be read than there is", shown);
    default:
      break;
  }
  fail_archive(shown, "its directory is cut off, or contradicts the files in it");
}

std::string text_of(zip_error_t* error) { return zip_error_strerror(error); }

class Zip : public ArchiveReader {
 public:
  Zip(const fs::path& file, const std::string& shown, const ArchiveLimits& limits)
      : shown_(shown), budget_(limits, shown) {
    int code = 0;
    errno = 0;
    zip_.reset(zip_open(file.c_str(), ZIP_RDONLY | ZIP_CHECKCONS, &code));
    if (!zip_) fail_open(file, shown, code, errno);
    std::uint64_t count = static_cast<std::uint64_t>(zip_get_num_entries(zip_.get(), 0));
    budget_.count_entries(count);
    for (std::uint64_t i = 0; i < count; ++i) entries_.push_back(entry(i));
  }

  const std::vector<ArchiveEntry>& entries() const override { return entries_; }

  void unpack(int out, const fs::path& out_name) override {
    std::string buffer(1 << 18, '\0');
    for (std::uint64_t i = 0; i < entries_.size(); ++i) unpack(i, out, out_name, buffer);
  }

 private:
  ArchiveEntry entry(std::uint64_t index) {
    zip_stat_t info;
    // The raw name: what libzip makes of others is a guess.
    if (zip_stat_index(zip_.get(), index, ZIP_FL_ENC_RAW, &info) != 0) fail_entry(index);
    constexpr zip_uint64_t kNeeded = ZIP_STAT_NAME | ZIP_STAT_SIZE | ZIP_STAT_CRC |
                                     ZIP_STAT_COMP_METHOD | ZIP_STAT_ENCRYPTION_METHOD;
    if ((info.valid & kNeeded) != kNeeded) {
      fail_archive(shown_, fmt::format("it does not describe its entry {}", index + 1));
    }
    ArchiveEntry entry = archive_entry(shown_, info.name, true);
    if (info.encryption_method != ZIP_EM_NONE) {
      refuse_archive(shown_, fmt::format("is encrypted ('{}' is)", entry.path), kRepack);
    }
    if (zip_compression_method_supported(info.comp_method, 0) == 0) {
      refuse_archive(shown_,
                     fmt::format("has '{}' compressed by method {}, which libzip does not know",
                                 entry.path, info.comp_method),
                     kRepack);
    }
    check_kind(index, entry);
    if (entry.folder ? info.size > 0 : info.size == 0 && info.crc != 0) {
      fail_archive(shown_, fmt::format("'{}' has no content, and a checksum of some", entry.path));
    }
    entry.offset = end_;
    entry.size = info.size;
    budget_.add(entry.size);
    end_ += entry.size;
    return entry;
  }

  /// Zip files made on Unix hold the mode of each file.
  void check_kind(std::uint64_t index, const ArchiveEntry& entry) {
    zip_uint8_t system = 0;
    zip_uint32_t attributes = 0;
    if (zip_file_get_external_attributes(zip_.get(), index, 0, &system, &attributes) != 0) {
      fail_entry(index);
    }
    if (system != ZIP_OPSYS_UNIX && system != ZIP_OPSYS_OS_X) return;
    mode_t kind = attributes >> 16 & S_IFMT;
    if (S_ISLNK(kind)) {
      refuse_archive(shown_, fmt::format("holds '{}', which is a link", entry.path),
                     "pack what it leads to, or unpack it yourself and name the folder instead");
    }
    if (kind != 0 && !(entry.folder ? S_ISDIR(kind) : S_ISREG(kind))) {
      refuse_archive(shown_,
                     fmt::format("holds '{}', which is not what its name says: a {}", entry.path,
                                 entry.folder ? "folder" : "file"),
                     kRepack);
    }
  }

  void unpack(std::uint64_t index, int out, const fs::path& out_name, std::string& buffer) {
    const ArchiveEntry& entry = entries_[index];
    if (entry.folder) return;
    std::unique_ptr<zip_file_t, CloseEntry> file(zip_fopen_index(zip_.get(), index, 0));
    if (!file) fail_entry(index);
    // Up to the end and not just to the size: there libzip compares size and CRC.
    std::uint64_t done = 0;
    while (zip_int64_t n = zip_fread(file.get(), buffer.data(), buffer.size())) {
      if (n < 0) fail_content(entry, zip_file_get_error(file.get()));
      std::uint64_t size = static_cast<std::uint64_t>(n);
      if (size > entry.size - done) {
        fail_archive(shown_,
                     fmt::format("'{}' has more than its {} bytes", entry.path, entry.size));
      }
      write_at(out, {buffer.data(), static_cast<std::size_t>(n)}, entry.offset + done, out_name);
      done += size;
    }
    if (done != entry.size) {
      fail_archive(shown_,
                   fmt::format("'{}' has {} of its {} bytes", entry.path, done, entry.size));
    }
  }

  [[noreturn]] void fail_entry(std::uint64_t index) {
    std::string name =
        index < entries_.size() ? entries_[index].path : fmt::format("entry {}", index + 1);
    fail_archive(shown_, fmt::format("'{}': {}", name, text_of(zip_get_error(zip_.get()))));
  }

  [[noreturn]] void fail_content(const ArchiveEntry& entry, zip_error_t* error) {
    if (zip_error_code_zip(error) == ZIP_ER_CRC) {
      fail_archive(shown_, fmt::format("the checksum of '{}' is not that of its data", entry.path));
    }
    fail_archive(shown_, fmt::format("'{}': {}", entry.path, text_of(error)));
  }

  std::string shown_;
  ArchiveBudget budget_;
  std::unique_ptr<zip_t, CloseZip> zip_;
  std::vector<ArchiveEntry> entries_;
  std::uint64_t end_ = 0;
};

}  // namespace

std::unique_ptr<ArchiveReader> open_zip(const fs::path& file, const std::string& shown,
                                        const ArchiveLimits& limits) {
  return std::make_unique<Zip>(file, shown, limits);
}

}  // namespace remedia
