// Reads UDF volumes: ECMA-167 as narrowed by the OSTA UDF specification, 1.02 to 2.01.
//
// The chain is short: the volume descriptors (udf_volume) give partitions and the root's file
// entry; a file entry lists extents; a directory is a file of names with references to further file
// entries. The tree is walked with a list of pending directories, never by recursion, against a
// budget; content is not read, only located.
//
// Refused by name: virtual, sparable and metadata partitions, ICB strategy 4096, symbolic links and
// other special files (skipping them would lose something without a word). Not looked at: named
// streams, times, permissions, the ISO 9660 side.
#include "media/udf.h"

#include "media/udf_volume.h"

#include <algorithm>
#include <array>
#include <optional>
#include <set>

namespace remedia::udf {

namespace {

using volume::Allowance;
using volume::Collector;
using volume::shown;

constexpr std::uint8_t kDirectory = 4;

// Where a file entry and an extended file entry differ (ECMA-167 4/14.9 and 4/14.17).
struct EntryShape {
  std::size_t attributes_length;
  std::size_t descriptors_length;
  std::size_t data;
};
constexpr EntryShape kPlainShape = {168, 172, 176};
constexpr EntryShape kExtendedShape = {208, 212, 216};

// How a file entry says where the content is: low three bits of the ICB flags (ECMA-167 4/14.6.8).
enum class Allocation : std::uint8_t {
  short_descriptors = 0,
  long_descriptors = 1,
  embedded = 3,
};

// A file entry, read.
struct Node {
  std::uint64_t at = 0;
  std::uint8_t type = 0;
  std::uint64_t size = 0;
  std::vector<Extent> extents;
};

// Type of an extent: the two high bits of its length (ECMA-167 4/14.14.1.1).
enum class ExtentType : std::uint8_t { recorded, allocated, unallocated, continuation };

struct AllocationDescriptor {
  std::uint64_t at = 0;
  ExtentType type = ExtentType::recorded;
  std::uint32_t length = 0;
  Address where;
};

// A stretch of allocation descriptors: in a file entry, or in a continuation extent.
struct AllocationList {
  std::uint64_t at = 0;
  std::string bytes;
  bool is_long = false;
  std::uint16_t partition = 0;  // for short descriptors, which do not name theirs

  std::size_t width() const { return is_long ? 16 : 8; }
  AllocationDescriptor get(std::size_t pos) const {
    std::uint32_t length = le<std::uint32_t>(bytes, pos);
    return {at + pos, static_cast<ExtentType>(length >> 30), length & 0x3FFFFFFF,
            is_long ? address_at(bytes, pos + 4)
                    : Address{le<std::uint32_t>(bytes, pos + 4), partition}};
  }
};

// File identifier: a name in a directory (ECMA-167 4/14.4).
struct Identifier {
  std::size_t length = 0;  // with padding
  std::uint8_t characteristics = 0;
  Address node;
  std::string_view name;

  bool is_directory() const { return (characteristics & 2) != 0; }
  bool is_deleted_or_parent() const { return (characteristics & (4 | 8)) != 0; }
};

struct Directory {
  std::string path;  // empty: the root
  Node node;
  std::uint64_t depth = 0;
};

class Walk {
 public:
  Walk(const Image& image, Layout layout)
      : image_(image), layout_(std::move(layout)), found_(image) {}
  Volume run();

 private:
  std::uint64_t locate(Address address, std::uint64_t length, std::uint64_t referrer) const;
  Descriptor read_descriptor(Address address, std::uint64_t referrer, std::string_view what) const;

  Node read_node(Address address, std::uint64_t referrer, const std::string& path);
  void check_entry(const Descriptor& d, const std::string& path) const;
  AllocationList allocation_area(const Descriptor& d, std::uint16_t partition,
                                 const std::string& path) const;
  void embed(Node& node, const AllocationList& list, const std::string& path) const;
  void follow(Node& node, AllocationList list, const std::string& path);
  std::optional<AllocationDescriptor> take(Node& node, const AllocationList& list,
                                           std::uint64_t& have, const std::string& path);
  AllocationList continuation(const AllocationDescriptor& link, bool is_long,
                              const std::string& path) const;
  void add_extent(Node& node, const AllocationDescriptor& d, std::uint64_t have,
                  const std::string& path);

  Node read_root();
  void read_directory(const Directory& directory);
  std::string directory_bytes(const Directory& directory);
  Identifier identifier_at(const Directory& directory, std::string_view bytes,
                           std::size_t pos) const;
  void add_child(const Directory& directory, const Identifier& identifier, std::uint64_t at);
  void enter(Directory directory);

  const Image& image_;
  Layout layout_;
  Collector found_;
  std::vector<Directory> pending_;
  std::set<std::uint64_t> entered_;  // file entries of directories, by byte offset
};

// Byte offset of a run of blocks, which must lie in its partition (though perhaps not in the file).
std::uint64_t Walk::locate(Address address, std::uint64_t length, std::uint64_t referrer) const {
  if (address.partition >= layout_.partitions.size()) {
    image_.bad(referrer, "a reference to partition {} of {}", address.partition,
               layout_.partitions.size());
  }
  const Partition& partition = layout_.partitions[address.partition];
  std::uint64_t blocks = (length + layout_.block_size - 1) / layout_.block_size;
  if (address.block + blocks > partition.blocks) {
    image_.bad(referrer, "a reference to blocks {} to {} of a partition of {} blocks",
               address.block, address.block + blocks, partition.blocks);
  }
  return (partition.start + address.block) * layout_.block_size;
}

Descriptor Walk::read_descriptor(Address address, std::uint64_t referrer,
                                 std::string_view what) const {
  std::uint64_t at = locate(address, layout_.block_size, referrer);
  Descriptor d{at, image_.read(at, layout_.block_size, what)};
  std::string fault = tag_fault(d.bytes);
  if (!fault.empty()) image_.bad(at, "{}: {}", what, fault);
  if (tag_location(d.bytes) != address.block) {
    image_.bad(at, "{}: a descriptor of block {} stands in block {}", what, tag_location(d.bytes),
               address.block);
  }
  return d;
}

// Refuses what is no file entry, and files that are neither file nor directory.
void Walk::check_entry(const Descriptor& d, const std::string& path) const {
  // 0 is "not said", 249 a "real-time" file: plain files both, as Linux has it.
  static constexpr std::array<std::uint8_t, 4> kReadable = {0, kDirectory, 5, 249};
  static constexpr std::uint8_t kSymbolicLink = 12;
  std::uint16_t strategy = le<std::uint16_t>(d.bytes, 20);
  std::uint8_t type = le<std::uint8_t>(d.bytes, 27);
  if (tag_id(d.bytes) != kFileEntry && tag_id(d.bytes) != kExtendedFileEntry) {
    image_.bad(d.at, "{} has no file entry: descriptor {} is there", shown(path), tag_id(d.bytes));
  }
  if (strategy != 4) image_.unsupported(d.at + 20, fmt::format("ICB strategy {}", strategy));
  if (type == kSymbolicLink) {
    image_.unsupported(d.at + 27, fmt::format("{} is a symbolic link, which", shown(path)));
  }
  if (std::find(kReadable.begin(), kReadable.end(), type) == kReadable.end()) {
    image_.unsupported(d.at + 27,
                       fmt::format("{} is a special file of type {}, which", shown(path), type));
  }
}

// What follows the fixed part and the extended attributes of a file entry.
AllocationList Walk::allocation_area(const Descriptor& d, std::uint16_t partition,
                                     const std::string& path) const {
  const EntryShape& shape = tag_id(d.bytes) == kFileEntry ? kPlainShape : kExtendedShape;
  std::uint64_t attributes = le<std::uint32_t>(d.bytes, shape.attributes_length);
  std::uint64_t length = le<std::uint32_t>(d.bytes, shape.descriptors_length);
  if (shape.data + attributes + length > d.bytes.size()) {
    image_.bad(d.at + shape.attributes_length,
               "{}: {} bytes of attributes and {} of allocation descriptors do not fit in a block",
               shown(path), attributes, length);
  }
  std::size_t start = static_cast<std::size_t>(shape.data + attributes);
  return {d.at + start, d.bytes.substr(start, static_cast<std::size_t>(length)), false, partition};
}

Node Walk::read_node(Address address, std::uint64_t referrer, const std::string& path) {
  Descriptor d = read_descriptor(address, referrer, fmt::format("the entry of {}", shown(path)));
  check_entry(d, path);
  Node node{d.at, le<std::uint8_t>(d.bytes, 27), le<std::uint64_t>(d.bytes, 56), {}};
  AllocationList list = allocation_area(d, address.partition, path);
  auto allocation = static_cast<Allocation>(le<std::uint16_t>(d.bytes, 34) & 7);
  switch (allocation) {
    case Allocation::short_descriptors:
    case Allocation::long_descriptors:
      list.is_long = allocation == Allocation::long_descriptors;
      follow(node, std::move(list), path);
      return node;
    case Allocation::embedded:
      embed(node, list, path);
      return node;
    default:
      image_.unsupported(d.at + 34, fmt::format("allocation of kind {}", unsigned(allocation)));
  }
}

void Walk::embed(Node& node, const AllocationList& list, const std::string& path) const {
  if (node.size > list.bytes.size()) {
    image_.bad(node.at + 56, "{} claims {} bytes, but its entry holds {}", shown(path), node.size,
               list.bytes.size());
  }
  if (node.size > 0) node.extents = {{list.at, node.size, false}};
}

void Walk::follow(Node& node, AllocationList list, const std::string& path) {
  std::set<std::uint64_t> seen;
  std::uint64_t have = 0;
  while (auto link = take(node, list, have, path)) {
    found_.spend(found_.extents, 1, link->at);
    list = continuation(*link, list.is_long, path);
    if (!seen.insert(list.at).second) {
      image_.bad(link->at, "the allocation descriptors of {} form a loop", shown(path));
    }
  }
  if (have < node.size) {
    image_.bad(node.at + 56, "{} claims {} bytes, but its extents hold {}", shown(path), node.size,
               have);
  }
}

// Adds the extents of one list until the file is complete; returns the link to the next list, if
// there is one. What is allocated beyond the information length is no content.
std::optional<AllocationDescriptor> Walk::take(Node& node, const AllocationList& list,
                                               std::uint64_t& have, const std::string& path) {
  for (std::size_t pos = 0; pos + list.width() <= list.bytes.size(); pos += list.width()) {
    AllocationDescriptor d = list.get(pos);
    if (have == node.size || d.length == 0) return std::nullopt;
    if (d.type == ExtentType::continuation) return d;
    add_extent(node, d, have, path);
    have += std::min<std::uint64_t>(d.length, node.size - have);
  }
  return std::nullopt;
}

// ECMA-167 4/14.5: tag, previous extent, length of the descriptors.
AllocationList Walk::continuation(const AllocationDescriptor& link, bool is_long,
                                  const std::string& path) const {
  static constexpr std::size_t kHeader = 24;
  Descriptor d = read_descriptor(link.where, link.at,
                                 fmt::format("the list of further extents of {}", shown(path)));
  std::uint32_t length = le<std::uint32_t>(d.bytes, 20);
  if (tag_id(d.bytes) != kAllocationExtent || length > d.bytes.size() - kHeader) {
    image_.bad(d.at, "{}: not a list of further extents (descriptor {}, {} bytes)", shown(path),
               tag_id(d.bytes), length);
  }
  return {d.at + kHeader, d.bytes.substr(kHeader, length), is_long, link.where.partition};
}

void Walk::add_extent(Node& node, const AllocationDescriptor& d, std::uint64_t have,
                      const std::string& path) {
  found_.spend(found_.extents, 1, d.at);
  std::uint64_t length = std::min<std::uint64_t>(d.length, node.size - have);
  // Only the last extent may end within a block (ECMA-167 4/12.1); readers differ on what follows.
  if (have % layout_.block_size != 0) {
    image_.bad(d.at,
               "{}: the extent before this one ends within a block, at byte {} of the content",
               shown(path), have);
  }
  Extent extent{0, length, d.type != ExtentType::recorded};
  if (!extent.hole) extent.offset = locate(d.where, d.length, d.at);
  found_.append(node.extents, extent, path);
}

Node Walk::read_root() {
  Descriptor d = read_descriptor(layout_.file_set, 0, "the file set descriptor");
  if (tag_id(d.bytes) != kFileSet) {
    image_.bad(d.at, "no file set descriptor: descriptor {} is there", tag_id(d.bytes));
  }
  Node root = read_node(address_at(d.bytes, 400 + 4), d.at + 400, "");
  if (root.type != kDirectory) image_.bad(root.at, "the root is not a directory");
  return root;
}

std::string Walk::directory_bytes(const Directory& directory) {
  const Node& node = directory.node;
  found_.spend(found_.directory_bytes, node.size, node.at + 56);
  std::string bytes;
  for (const Extent& e : node.extents) {
    if (e.hole) image_.bad(node.at, "{} is a directory with a hole", shown(directory.path));
    bytes += image_.read(e.offset, e.length,
                         fmt::format("the list of names in {}", shown(directory.path)));
  }
  return bytes;
}

// The place in the image of a byte of a node's content.
std::uint64_t offset_in_image(const Node& node, std::uint64_t pos) {
  for (const Extent& e : node.extents) {
    if (pos < e.length) return e.offset + pos;
    pos -= e.length;
  }
  return node.at;
}

// Location fields are not compared: a name may begin in any block of its directory, and no reader
// depends on them.
Identifier Walk::identifier_at(const Directory& directory, std::string_view bytes,
                               std::size_t pos) const {
  static constexpr std::size_t kHeader = 38;
  std::uint64_t at = offset_in_image(directory.node, pos);
  bytes.remove_prefix(pos);
  if (bytes.size() < kHeader) {
    image_.bad(at, "{} ends within a name's descriptor", shown(directory.path));
  }
  std::size_t name_length = le<std::uint8_t>(bytes, 19);
  std::size_t use_length = le<std::uint16_t>(bytes, 36);
  std::size_t length = (kHeader + use_length + name_length + 3) / 4 * 4;
  if (tag_id(bytes) != kFileIdentifier || length > bytes.size()) {
    image_.bad(at, "{}: not a name's descriptor (descriptor {}, {} of {} bytes)",
               shown(directory.path), tag_id(bytes), length, bytes.size());
  }
  std::string fault = tag_fault(bytes.substr(0, length));
  if (!fault.empty()) image_.bad(at, "{}: {}", shown(directory.path), fault);
  return {length, le<std::uint8_t>(bytes, 18), address_at(bytes, 20 + 4),
          bytes.substr(kHeader + use_length, name_length)};
}

void Walk::add_child(const Directory& directory, const Identifier& identifier, std::uint64_t at) {
  std::string path = found_.join(directory.path, decode_cs0(identifier.name), at);
  Node node = read_node(identifier.node, at + 20, path);
  bool is_directory = node.type == kDirectory;
  if (is_directory != identifier.is_directory()) {
    image_.bad(node.at, "'{}' is a {} by its name, a {} by its entry", path,
               is_directory ? "file" : "directory", is_directory ? "directory" : "file");
  }
  Entry entry{path, is_directory, {}};
  if (is_directory) {
    enter({std::move(path), std::move(node), directory.depth + 1});
  } else {
    entry.content = {image_.path(), std::move(node.extents)};
  }
  found_.add(std::move(entry));
}

// Directories have one name each: one that is met twice would be listed without end, or twice.
void Walk::enter(Directory directory) {
  if (!entered_.insert(directory.node.at).second) {
    image_.bad(directory.node.at, "{} is a directory that was met before: a loop",
               shown(directory.path));
  }
  found_.check_depth(directory.path, directory.depth, directory.node.at);
  pending_.push_back(std::move(directory));
}

void Walk::read_directory(const Directory& directory) {
  std::string bytes = directory_bytes(directory);
  for (std::size_t pos = 0; pos < bytes.size();) {
    Identifier identifier = identifier_at(directory, bytes, pos);
    std::uint64_t at = offset_in_image(directory.node, pos);
    found_.spend(found_.names, 1, at);
    if (!identifier.is_deleted_or_parent()) add_child(directory, identifier, at);
    pos += identifier.length;
  }
}

Volume Walk::run() {
  enter({"", read_root(), 0});
  while (!pending_.empty()) {
    Directory directory = std::move(pending_.back());
    pending_.pop_back();
    read_directory(directory);
  }
  return found_.finish(layout_.label);
}

}  // namespace

bool probe(const fs::path& image) { return recognised(Image(image)); }

Volume read(const fs::path& path) {
  Image image(path);
  if (!recognised(image)) {
    fail("'{}' ({} bytes) is not a UDF volume: no NSR descriptor from byte {} on", image.name(),
         image.size(), kRecognition);
  }
  return Walk(image, read_layout(image)).run();
}

}  // namespace remedia::udf
