// Cabinets as [MS-CAB] has them.
//
// The tables are read here because libmspack 0.11 judges them too kindly for our purpose: it takes
// files that continue in another cabinet as if they ended here, ignores where the list of files is
// said to begin, and decodes a folder anew for each file that lies before the last one. What it is
// good at is decoding (archive_mspack.cpp).
//
// Checksums cover data blocks, not the tables, and may be left out. What protects the tables is
// that files have to fill their folders exactly, as every cabinet maker writes them.
#include "media/archive_cab.h"

#include "media/archive_readers.h"
#include "support/diagnostic.h"

#include <algorithm>
#include <utility>

namespace remedia {

namespace {

constexpr std::uint64_t kHeader = 36;
constexpr std::uint64_t kFolderHeader = 8;
constexpr std::uint64_t kFileHeader = 16;
constexpr std::uint64_t kBlockHeader = 8;
constexpr std::uint64_t kMaxName = 256;  // with the zero at its end
constexpr std::uint64_t kBlock = 32768;  // what a block decodes to, but for the last one
constexpr std::uint64_t kMaxPacked = kBlock + 6144;
constexpr unsigned kHasPrevious = 1;
constexpr unsigned kHasNext = 2;
constexpr unsigned kHasReserve = 4;
constexpr std::uint16_t kFirstContinued = 0xfffd;  // "folders" that mean: in another cabinet
constexpr unsigned kNameIsUtf8 = 0x80;
constexpr unsigned kStored = 0;
constexpr unsigned kMszip = 1;
constexpr unsigned kQuantum = 2;
constexpr unsigned kLzx = 3;
constexpr const char* kUnpackYourself = "unpack it yourself and name the folder instead";

std::uint64_t little(std::string_view bytes, std::size_t at, std::size_t size) {
  std::uint64_t value = 0;
  for (std::size_t i = size; i-- > 0;) {
    value = value << 8 | static_cast<unsigned char>(bytes[at + i]);
  }
  return value;
}
std::uint8_t u8(std::string_view bytes, std::size_t at) {
  return static_cast<std::uint8_t>(bytes[at]);
}
std::uint16_t u16(std::string_view bytes, std::size_t at) {
  return static_cast<std::uint16_t>(little(bytes, at, 2));
}
std::uint32_t u32(std::string_view bytes, std::size_t at) {
  return static_cast<std::uint32_t>(little(bytes, at, 4));
}

/// Whether this may be the header of a cabinet for which `room` bytes are there. What is reserved
/// is zero in all cabinets, and the version is 1.3.
bool plausible(std::string_view header, std::uint64_t room) {
  std::uint64_t size = u32(header, 8);
  std::uint64_t files = u32(header, 16);
  return header.starts_with("MSCF") && u32(header, 4) == 0 && u32(header, 12) == 0 &&
         u32(header, 20) == 0 && u8(header, 24) == 3 && u8(header, 25) == 1 && size <= room &&
         files >= kHeader && files < size;
}

/// The bytes of one cabinet; reading beyond its end is a Failure.
class Bytes {
 public:
  Bytes(const fs::path& file, const std::string& shown, std::uint64_t start)
      : whole_(Slice::whole(file)), fd_(Fd::open_read(file)), shown_(shown), start_(start) {
    size_ = whole_.size() - start;
  }

  void set_size(std::uint64_t size) {
    if (size > size_) {
      fail_archive(shown_, fmt::format("it ends after {} of its {} bytes", size_, size));
    }
    size_ = size;
  }
  std::uint64_t size() const { return size_; }
  std::uint64_t start() const { return start_; }

  std::string at(std::uint64_t offset, std::uint64_t count, std::string_view what) const {
    if (offset > size_ || count > size_ - offset) {
      fail_archive(shown_, fmt::format("{} lies beyond its end", what));
    }
    std::string bytes(static_cast<std::size_t>(count), '\0');
    read_at(whole_, fd_.get(), start_ + offset, bytes);
    return bytes;
  }

 private:
  Slice whole_;
  Fd fd_;
  std::string shown_;
  std::uint64_t start_;
  std::uint64_t size_ = 0;
};

class Tables {
 public:
  Tables(const fs::path& file, const std::string& shown, std::uint64_t start)
      : bytes_(file, shown, start), shown_(shown) {}

  CabTables read() {
    read_header();
    for (CabFolder& folder : tables_.folders) walk_blocks(folder);
    read_files();
    for (std::size_t i = 0; i < tables_.folders.size(); ++i) check_ranges(i);
    return std::move(tables_);
  }

 private:
  void read_header() {
    std::string header = bytes_.at(0, kHeader, "its header");
    if (!header.starts_with("MSCF")) fail_archive(shown_, "it does not begin as a cabinet");
    if (u8(header, 25) != 1 || u8(header, 24) != 3) {
      refuse_archive(shown_,
                     fmt::format("is a cabinet of version {}.{}; only 1.3 is known",
                                 unsigned{u8(header, 25)}, unsigned{u8(header, 24)}),
                     kUnpackYourself);
    }
    bytes_.set_size(u32(header, 8));
    unsigned flags = u16(header, 30);
    if ((flags & (kHasPrevious | kHasNext)) != 0) {
      refuse_archive(shown_, "is one part of a set of cabinets",
                     "unpack the set (Windows: `expand -F:* FIRST.CAB FOLDER`, Debian: "
                     "`cabextract FIRST.CAB`) and name the folder instead");
    }
    files_at_ = u32(header, 16);
    file_count_ = u16(header, 28);
    read_folders(u16(header, 26), (flags & kHasReserve) != 0);
  }

  void read_folders(std::uint64_t count, bool has_reserve) {
    std::uint64_t at = kHeader;
    std::uint64_t step = kFolderHeader;
    if (has_reserve) {
      std::string sizes = bytes_.at(at, 4, "its header");
      at += 4u + u16(sizes, 0);
      step += u8(sizes, 2);
      if (u8(sizes, 3) != 0) {
        // Whether checksums cover these bytes: libmspack 0.11 says no, 7-Zip 26.02 says yes.
        refuse_archive(shown_, "reserves room in its data blocks, which no maker is known to do",
                       kUnpackYourself);
      }
    }
    std::string table = bytes_.at(at, count * step, "its list of folders");
    if (at + table.size() > files_at_) fail_archive(shown_, "its tables overlap");
    for (std::size_t i = 0; i < table.size(); i += step) {
      tables_.folders.push_back(
          {.data = u32(table, i), .blocks = u16(table, i + 4), .compression = u16(table, i + 6)});
    }
  }

  // Quantum (2) has nothing by which a decoder could see that data is not Quantum: garbage would
  // come out of a cabinet whose folder says so by mistake. No maker of this century writes it.
  void check_compression(std::uint16_t compression) const {
    unsigned window = compression >> 8;
    bool lzx = (compression & 0xff) == kLzx && window >= 15 && window <= 21;
    if (compression == kStored || compression == kMszip || lzx) return;
    if ((compression & 0x0f) == kQuantum) {
      refuse_archive(shown_, "is compressed by Quantum, which cannot be checked", kUnpackYourself);
    }
    refuse_archive(shown_,
                   fmt::format("is compressed by method {:#x}, which is not known", compression),
                   kUnpackYourself);
  }

  // Blocks have no table: each says how long it is. Folders that shared blocks could make us walk
  // over the same ones without end.
  void walk_blocks(CabFolder& folder) {
    check_compression(folder.compression);
    bool stored = folder.compression == kStored;
    for (unsigned block = 0; block < folder.blocks; ++block) {
      std::string header = bytes_.at(folder.data + folder.packed, kBlockHeader, "a data block");
      std::uint64_t packed = u16(header, 4);
      std::uint64_t size = u16(header, 6);
      bool whole = size == (stored ? packed : kBlock);
      bool may_be_short = !stored && block + 1u == folder.blocks;
      if (size == 0 || size > kBlock || packed > kMaxPacked || (!whole && !may_be_short)) {
        fail_archive(shown_, "a data block has a size that none can have");
      }
      folder.packed += kBlockHeader + packed;
      folder.size += size;
    }
    if (folder.data > bytes_.size() || folder.packed > bytes_.size() - folder.data) {
      fail_archive(shown_, "a data block lies beyond its end");
    }
    packed_ += folder.packed;
    if (packed_ > bytes_.size()) fail_archive(shown_, "its folders overlap");
    folder.data += bytes_.start();
  }

  void read_files() {
    if (files_at_ > bytes_.size()) fail_archive(shown_, "its list of files lies beyond its end");
    std::uint64_t most = file_count_ * (kFileHeader + kMaxName);
    std::string table = bytes_.at(files_at_, std::min(most, bytes_.size() - files_at_), "");
    std::size_t at = 0;
    for (std::uint64_t i = 0; i < file_count_; ++i) at = read_file_entry(table, at);
  }

  std::size_t read_file_entry(std::string_view table, std::size_t at) {
    std::size_t name = at + kFileHeader;
    std::size_t end = table.find('\0', name);
    if (end == table.npos || end == name || end - name >= kMaxName) {
      fail_archive(shown_, "its list of files is not one");
    }
    std::uint16_t folder = u16(table, at + 8);
    if (folder >= kFirstContinued || folder >= tables_.folders.size()) {
      fail_archive(shown_, "a file lies in a folder that it does not have");
    }
    tables_.files.push_back({.name = std::string(table.substr(name, end - name)),
                             .utf8 = (u16(table, at + 14) & kNameIsUtf8) != 0,
                             .folder = folder,
                             .offset = u32(table, at + 4),
                             .size = u32(table, at)});
    ranges_.resize(tables_.folders.size());
    ranges_[folder].emplace_back(tables_.files.back().offset, tables_.files.back().size);
    return end + 1;
  }

  void check_ranges(std::size_t folder) {
    std::uint64_t end = 0;
    if (folder < ranges_.size()) {
      std::vector<std::pair<std::uint64_t, std::uint64_t>>& ranges = ranges_[folder];
      std::sort(ranges.begin(), ranges.end());
      ranges.erase(std::unique(ranges.begin(), ranges.end()), ranges.end());
      for (auto [offset, size] : ranges) {
        if (offset != end) fail_archive(shown_, "its files do not fill its data");
        end += size;
      }
    }
    if (end != tables_.folders[folder].size) fail_archive(shown_, "its files do not fill its data");
  }

  Bytes bytes_;
  std::string shown_;
  std::uint64_t files_at_ = 0;
  std::uint64_t file_count_ = 0;
  std::uint64_t packed_ = 0;
  CabTables tables_;
  std::vector<std::vector<std::pair<std::uint64_t, std::uint64_t>>> ranges_;  // by folder
};

class Cabinet : public ArchiveReader {
 public:
  Cabinet(const fs::path& file, const std::string& shown, std::uint64_t start,
          const ArchiveLimits& limits)
      : file_(Fd::open_read(file)), shown_(shown) {
    CabTables tables = read_cab_tables(file, shown, start);
    folders_ = std::move(tables.folders);
    std::vector<std::uint64_t> starts;
    std::uint64_t end = 0;
    for (const CabFolder& folder : folders_) {
      starts.push_back(end);
      end += folder.size;
    }
    ArchiveBudget budget(limits, shown);
    budget.count_entries(tables.files.size());
    for (const CabFile& cab_file : tables.files) {
      ArchiveEntry entry = archive_entry(shown, cab_file.name, cab_file.utf8);
      if (entry.folder && cab_file.size > 0) {
        fail_archive(shown, fmt::format("the folder '{}' has content", entry.path));
      }
      entry.offset = starts[cab_file.folder] + cab_file.offset;
      entry.size = cab_file.size;
      budget.add(entry.size);
      entries_.push_back(std::move(entry));
    }
  }

  const std::vector<ArchiveEntry>& entries() const override { return entries_; }

  void unpack(int out, const fs::path& out_name) override {
    std::uint64_t at = 0;
    for (const CabFolder& folder : folders_) {
      if (folder.size > 0) decode_cab_folder(file_.get(), folder, shown_, out, at, out_name);
      at += folder.size;
    }
  }

 private:
  Fd file_;
  std::string shown_;
  std::vector<CabFolder> folders_;
  std::vector<ArchiveEntry> entries_;
};

/// Searches a program: the header of a cabinet can stand at any byte.
std::vector<std::uint64_t> search(const Slice& whole, int fd) {
  constexpr std::uint64_t kWindow = 1 << 20;
  std::vector<std::uint64_t> starts;
  std::string window;
  for (std::uint64_t base = 0; base + kHeader <= whole.size();) {
    window.resize(static_cast<std::size_t>(std::min(kWindow, whole.size() - base)));
    read_at(whole, fd, base, window);
    std::uint64_t next = base + window.size() - kHeader + 1;
    for (std::size_t at = window.find("MSCF"); at < window.size() - kHeader + 1;
         at = window.find("MSCF", at + 1)) {
      std::string_view header = std::string_view(window).substr(at, kHeader);
      if (!plausible(header, whole.size() - base - at)) continue;
      starts.push_back(base + at);
      next = base + at + u32(header, 8);
      break;
    }
    base = next;
  }
  return starts;
}

}  // namespace

CabTables read_cab_tables(const fs::path& file, const std::string& shown, std::uint64_t start) {
  return Tables(file, shown, start).read();
}

std::vector<std::uint64_t> find_cabinets(const fs::path& file) {
  Slice whole = Slice::whole(file);
  if (whole.size() < 4) return {};
  Fd fd = Fd::open_read(file);
  std::string start(4, '\0');
  read_at(whole, fd.get(), 0, start);
  if (start == "MSCF") return {0};
  if (start.starts_with("MZ")) return search(whole, fd.get());
  return {};
}

std::unique_ptr<ArchiveReader> open_cabinet(const fs::path& file, const std::string& shown,
                                            std::uint64_t start, const ArchiveLimits& limits) {
  return std::make_unique<Cabinet>(file, shown, start, limits);
}

}  // namespace remedia
