// Reads ISO 9660 volumes: ECMA-119, the Joliet specification, Rock Ridge (see rock_ridge.h).
//
// The chain is shorter than UDF's: the volume descriptor holds the record of the root directory; a
// directory is one extent full of records, each with a name and an extent. Joliet is a second such
// tree with names in UCS-2. The tree is walked with a list of pending directories, never by
// recursion, against the same budget as UDF; content is not read, only located.
//
// libisofs, which writes our ISOs, can import them too. It is not asked: fed with damaged volumes
// (libFuzzer, 1.5.4) it leaked what it had read after a few seconds, and within a minute it
// recursed on 400 KiB for longer than ten seconds.
#include "media/iso9660.h"

#include "media/rock_ridge.h"
#include "media/volume_reader.h"
#include "support/utf8.h"

#include <array>
#include <optional>
#include <set>

namespace remedia::iso9660 {

namespace {

using volume::Collector;
using volume::Image;
using volume::le;
using volume::shown;
using volume::Text;

constexpr std::uint64_t kSector = 2048;  // logical sector (ECMA-119 6.1.2)
constexpr std::uint64_t kFirstDescriptor = 16 * kSector;
constexpr int kMaxDescriptors = 256;

// Bits of a record's file flags (ECMA-119 9.1.6).
enum Flag : std::uint8_t { kIsDirectory = 2, kIsAssociated = 4, kGoesOn = 0x80 };

// A directory record (ECMA-119 9.1).
struct Record {
  std::uint64_t at = 0;
  std::uint64_t block = 0;  // of the content, behind an extended attribute record
  std::uint64_t size = 0;
  std::uint8_t flags = 0;
  std::uint8_t unit = 0;  // of an interleaved file
  std::uint8_t gap = 0;
  std::uint32_t volume = 0;
  std::string name;
  std::string system_use;

  bool is(Flag flag) const { return (flags & flag) != 0; }
  // The first two records of a directory are itself and the one above (ECMA-119 7.6.2).
  bool is_self_or_parent() const { return name == std::string(1, '\0') || name == "\1"; }
};

struct Layout {
  std::uint32_t block_size = 0;
  std::uint32_t volume = 0;
  std::string label;
  Record root;
  bool joliet = false;
};

struct Directory {
  std::string path;  // empty: the root
  std::uint64_t block = 0;
  std::uint64_t size = 0;
  std::uint64_t referrer = 0;
  std::uint64_t depth = 0;
};

// A file of which further sections may follow (ECMA-119 6.5.1).
struct Pending {
  std::uint64_t at = 0;
  std::string name;  // as recorded
  std::string path;
  std::vector<Extent> extents;
};

// The record that begins `bytes`, which end with the sector.
Record record_at(const Image& image, std::string_view bytes, std::uint64_t at) {
  static constexpr std::size_t kName = 33;
  std::size_t length = le<std::uint8_t>(bytes, 0);
  if (length <= kName || length > bytes.size()) {
    image.bad(at, "a directory record of {} bytes where {} are left", length, bytes.size());
  }
  bytes = bytes.substr(0, length);
  std::size_t name_length = le<std::uint8_t>(bytes, 32);
  if (name_length == 0 || kName + name_length > length) {
    image.bad(at, "a name of {} bytes in a directory record of {}", name_length, length);
  }
  Record record;
  record.at = at;
  record.block = std::uint64_t{both32(image, bytes, 2, at)} + le<std::uint8_t>(bytes, 1);
  record.size = both32(image, bytes, 10, at);
  record.flags = le<std::uint8_t>(bytes, 25);
  record.unit = le<std::uint8_t>(bytes, 26);
  record.gap = le<std::uint8_t>(bytes, 27);
  record.volume = both16(image, bytes, 28, at);
  record.name = bytes.substr(kName, name_length);
  // A byte pads the name so that what follows begins at an even position.
  std::size_t use = kName + name_length + (name_length + 1) % 2;
  if (use < length) record.system_use = bytes.substr(use);
  return record;
}

// --- volume descriptors (ECMA-119 8) -----------------------------------------------------------

bool is_descriptor(std::string_view bytes) { return bytes.substr(1, 5) == "CD001"; }

// The escape sequences of UCS-2 levels 1 to 3 (ECMA-119 8.5.6, Joliet).
bool is_joliet(std::string_view descriptor) {
  std::string_view escape = descriptor.substr(88, 3);
  return le<std::uint8_t>(descriptor, 0) == 2 &&
         (escape == "%/@" || escape == "%/C" || escape == "%/E");
}

std::string label_of(std::string_view descriptor) {
  std::string_view field = descriptor.substr(40, 32);
  std::string label = volume::decode_latin1(field.substr(0, field.find('\0'))).utf8;
  label.erase(label.find_last_not_of(' ') + 1);
  return label;
}

void take_descriptor(const Image& image, Layout& layout, std::string_view bytes, std::uint64_t at) {
  bool primary = le<std::uint8_t>(bytes, 0) == 1;
  bool better = layout.block_size == 0 || (is_joliet(bytes) && !layout.joliet);
  if (primary && layout.label.empty()) layout.label = label_of(bytes);
  if (!(primary || is_joliet(bytes)) || !better) return;
  layout.joliet = !primary;
  layout.volume = both16(image, bytes, 124, at);
  layout.block_size = both16(image, bytes, 128, at);
  if (layout.block_size != 512 && layout.block_size != 1024 && layout.block_size != 2048) {
    image.bad(at + 128, "logical blocks of {} bytes", layout.block_size);
  }
  layout.root = record_at(image, bytes.substr(156, 34), at + 156);
  if (!layout.root.is(kIsDirectory)) image.bad(at + 156, "the root is not a directory");
}

Layout read_layout(const Image& image) {
  static constexpr std::uint8_t kTerminator = 255;
  Layout layout;
  for (int i = 0; i < kMaxDescriptors; ++i) {
    std::uint64_t at = kFirstDescriptor + static_cast<std::uint64_t>(i) * kSector;
    std::string bytes = image.read(at, kSector, "a volume descriptor");
    if (!is_descriptor(bytes)) image.bad(at, "no volume descriptor, and none ended their list");
    if (le<std::uint8_t>(bytes, 0) == kTerminator) {
      if (layout.block_size == 0) image.bad(at, "no primary volume descriptor");
      return layout;
    }
    take_descriptor(image, layout, bytes, at);
  }
  image.bad(kFirstDescriptor, "more than {} volume descriptors", kMaxDescriptors);
}

// --- names -------------------------------------------------------------------------------------

// "NAME.EXT;1": the version goes, and then a dot that ends the name (ECMA-119 7.5.1). Names of
// Joliet have versions too.
std::string without_version(std::string name) {
  std::size_t digits = name.find_last_not_of("0123456789");
  if (digits != std::string::npos && digits + 1 < name.size() && name[digits] == ';') {
    name.resize(digits);
  }
  if (name.size() > 1 && name.back() == '.') name.pop_back();
  return name;
}

// ISO 9660 and Rock Ridge name no character set. What is not UTF-8 is shown as if it were Latin-1:
// no boot file has such a name, and one that has is no reason to refuse the others.
Text decode_bytes(std::string_view name) {
  return is_utf8(name) ? Text{std::string(name), {}} : volume::decode_latin1(name);
}

// --- the walk ----------------------------------------------------------------------------------

class Walk {
 public:
  Walk(const Image& image, Layout layout)
      : image_(image), layout_(std::move(layout)), found_(image) {}
  Volume run();

 private:
  std::uint64_t offset_of(std::uint64_t block) const { return block * layout_.block_size; }
  void find_rock_ridge();
  RockRidge rock_ridge(const Record& record) const;
  Text name_of(const Record& record, const RockRidge& extra) const;
  void check_record(const Record& record, const std::string& path, const RockRidge& extra) const;
  void enter(Directory directory);
  void read_directory(const Directory& directory);
  void add_record(const Directory& directory, const Record& record);
  void add_directory(const Directory& parent, const Record& record, std::string path,
                     const RockRidge& extra);
  void add_section(const Record& record);
  Directory relocated(const Directory& parent, std::uint32_t block, std::uint64_t at,
                      const std::string& path) const;

  const Image& image_;
  Layout layout_;
  Collector found_;
  std::optional<std::size_t> rock_ridge_skip_;  // if the names are Rock Ridge's
  std::vector<Directory> pending_;
  std::set<std::uint64_t> entered_;  // first blocks of directories
  std::optional<Pending> file_;
};

void Walk::find_rock_ridge() {
  if (layout_.joliet) return;
  std::uint64_t at = offset_of(layout_.root.block);
  std::string sector = image_.read(at, kSector, "the root directory");
  if (sector[0] == '\0') return;
  rock_ridge_skip_ = rock_ridge_skip(record_at(image_, sector, at).system_use);
}

RockRidge Walk::rock_ridge(const Record& record) const {
  if (!rock_ridge_skip_ || *rock_ridge_skip_ >= record.system_use.size()) return {};
  std::string_view fields = std::string_view(record.system_use).substr(*rock_ridge_skip_);
  return read_rock_ridge(image_, fields, record.at, layout_.block_size);
}

Text Walk::name_of(const Record& record, const RockRidge& extra) const {
  if (extra.name) return decode_bytes(*extra.name);
  Text name = layout_.joliet ? volume::decode_utf16be(record.name) : decode_bytes(record.name);
  if (!record.is(kIsDirectory)) name.utf8 = without_version(std::move(name.utf8));
  return name;
}

void Walk::check_record(const Record& record, const std::string& path,
                        const RockRidge& extra) const {
  if (record.unit != 0 || record.gap != 0) {
    image_.unsupported(record.at + 26, fmt::format("{} is interleaved, which", shown(path)));
  }
  if (record.volume != layout_.volume) {
    image_.unsupported(record.at + 28,
                       fmt::format("{} lies on volume {} of a set of which this is volume {}, "
                                   "which",
                                   shown(path), record.volume, layout_.volume));
  }
  if (record.is(kIsDirectory) && record.is(kGoesOn)) {
    image_.unsupported(record.at + 25,
                       fmt::format("{} is a directory in several extents, which", shown(path)));
  }
  if (!extra.fault.empty()) {
    image_.unsupported(record.at, fmt::format("{} {}", shown(path), extra.fault));
  }
}

// Directories have one name each: one that is met twice would be listed without end, or twice.
void Walk::enter(Directory directory) {
  if (!entered_.insert(directory.block).second) {
    image_.bad(directory.referrer, "{} is a directory that was met before: a loop",
               shown(directory.path));
  }
  found_.check_depth(directory.path, directory.depth, directory.referrer);
  pending_.push_back(std::move(directory));
}

// RRIP 4.1.5.1: the size of a relocated directory stands in its own first record only.
Directory Walk::relocated(const Directory& parent, std::uint32_t block, std::uint64_t at,
                          const std::string& path) const {
  std::string sector = image_.read(offset_of(block), kSector, fmt::format("{}", shown(path)));
  Record self = record_at(image_, sector, offset_of(block));
  if (self.name != std::string(1, '\0') || !self.is(kIsDirectory) || self.block != block) {
    image_.bad(at, "{} was relocated to block {}, where no directory begins", shown(path), block);
  }
  return {path, block, self.size, at, parent.depth + 1};
}

void Walk::add_directory(const Directory& parent, const Record& record, std::string path,
                         const RockRidge& extra) {
  enter(extra.child ? relocated(parent, *extra.child, record.at, path)
                    : Directory{path, record.block, record.size, record.at, parent.depth + 1});
  found_.add({std::move(path), true, {}});
}

void Walk::add_section(const Record& record) {
  found_.spend(found_.extents, 1, record.at);
  // Only the last extent may end within a block: readers differ on what follows (Linux counts in
  // blocks), and no writer does it.
  if (record.is(kGoesOn) && record.size % layout_.block_size != 0) {
    image_.bad(record.at + 10, "'{}': an extent of {} bytes ends within a block, but more follow",
               file_->path, record.size);
  }
  // Of an empty file the place means nothing.
  if (record.size > 0) {
    found_.append(file_->extents, {offset_of(record.block), record.size, false}, file_->path);
  }
  if (record.is(kGoesOn)) return;
  found_.add({std::move(file_->path), false, {image_.path(), std::move(file_->extents)}});
  file_.reset();
}

void Walk::add_record(const Directory& directory, const Record& record) {
  if (record.is_self_or_parent() || record.is(kIsAssociated)) return;
  if (file_) {
    if (record.name != file_->name || record.is(kIsDirectory)) {
      image_.bad(record.at, "'{}' goes on, but another name follows", file_->path);
    }
    check_record(record, file_->path, {});
    return add_section(record);
  }
  RockRidge extra = rock_ridge(record);
  if (extra.relocated) return;
  std::string path = found_.join(directory.path, name_of(record, extra), record.at);
  check_record(record, path, extra);
  if (record.is(kIsDirectory) || extra.child) {
    return add_directory(directory, record, std::move(path), extra);
  }
  file_ = Pending{record.at, record.name, std::move(path), {}};
  add_section(record);
}

// Records do not cross sectors; a zero where one would begin ends the sector (ECMA-119 6.8.1.1).
void Walk::read_directory(const Directory& directory) {
  found_.spend(found_.directory_bytes, directory.size, directory.referrer);
  std::uint64_t start = offset_of(directory.block);
  std::string bytes = image_.read(start, directory.size,
                                  fmt::format("the list of names in {}", shown(directory.path)));
  for (std::uint64_t pos = 0; pos < bytes.size();) {
    std::uint64_t sector_end = std::min<std::uint64_t>(bytes.size(), (pos / kSector + 1) * kSector);
    if (bytes[pos] == '\0') {
      pos = sector_end;
      continue;
    }
    found_.spend(found_.names, 1, start + pos);
    std::string_view rest = std::string_view(bytes).substr(pos, sector_end - pos);
    add_record(directory, record_at(image_, rest, start + pos));
    pos += le<std::uint8_t>(rest, 0);
  }
  if (file_) image_.bad(file_->at, "'{}' goes on, but its directory ends", file_->path);
}

Volume Walk::run() {
  find_rock_ridge();
  enter({"", layout_.root.block, layout_.root.size, layout_.root.at, 0});
  while (!pending_.empty()) {
    Directory directory = std::move(pending_.back());
    pending_.pop_back();
    read_directory(directory);
  }
  return found_.finish(layout_.label);
}

}  // namespace

bool probe(const fs::path& path) {
  Image image(path);
  return image.holds(kFirstDescriptor, 6) &&
         is_descriptor(image.read(kFirstDescriptor, 6, "a volume descriptor"));
}

Volume read(const fs::path& path) {
  Image image(path);
  if (!probe(path)) {
    fail("'{}' ({} bytes) is not an ISO 9660 volume: no volume descriptor at byte {}", image.name(),
         image.size(), kFirstDescriptor);
  }
  return Walk(image, read_layout(image)).run();
}

}  // namespace remedia::iso9660
