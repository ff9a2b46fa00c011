// Finds the partitions of a UDF volume. An anchor at sector 256 (or at the end) names two copies of
// the volume descriptors; the logical volume descriptor maps the partitions and names the file set.
// The anchor also settles the block size: it is the one at which an anchor is found in its place.
#include "media/udf_volume.h"

#include <algorithm>
#include <array>
#include <map>
#include <optional>

namespace remedia::udf {

namespace {

constexpr std::uint64_t kMaxVolumeDescriptors = 1024;
constexpr std::uint64_t kRecognitionDescriptors = 256;
// Optical discs first: nearly everything is one.
constexpr std::array<std::uint32_t, 7> kBlockSizes = {2048, 512, 1024, 4096, 8192, 16384, 32768};

// CRC-16 of ECMA-167 3/7.2.6: polynomial 0x1021, start 0.
constexpr std::array<std::uint16_t, 256> crc_table() {
  std::array<std::uint16_t, 256> table = {};
  for (std::uint32_t i = 0; i < 256; ++i) {
    std::uint32_t crc = i << 8;
    for (int bit = 0; bit < 8; ++bit) crc = crc << 1 ^ ((crc & 0x8000) != 0 ? 0x1021u : 0u);
    table[i] = static_cast<std::uint16_t>(crc);
  }
  return table;
}

std::uint16_t crc16(std::string_view bytes) {
  static constexpr std::array<std::uint16_t, 256> kTable = crc_table();
  std::uint32_t crc = 0;
  for (char c : bytes) {
    crc = (crc << 8 ^ kTable[(crc >> 8 ^ static_cast<std::uint8_t>(c)) & 0xFF]) & 0xFFFF;
  }
  return static_cast<std::uint16_t>(crc);
}

std::uint8_t tag_checksum(std::string_view tag) {
  unsigned sum = 0;
  for (std::size_t i = 0; i < kTagSize; ++i) {
    if (i != 4) sum += static_cast<std::uint8_t>(tag[i]);
  }
  return static_cast<std::uint8_t>(sum);
}

// A label decides nothing, and writers with a wrong length byte exist: no reason to refuse a
// volume.
std::string decode_dstring(std::string_view field) {
  std::size_t length = le<std::uint8_t>(field, field.size() - 1);
  std::string label = decode_cs0(field.substr(0, std::min(length, field.size() - 1))).utf8;
  return label.substr(0, label.find('\0'));
}

// The sequence begins at byte 32768; its descriptors are 2048 bytes apart, or a sector if that is
// more (ECMA-167 2/8.4).
bool recognised_at_stride(const Image& image, std::uint64_t stride) {
  static constexpr std::array<std::string_view, 5> kOthers = {"BEA01", "BOOT2", "CD001", "CDW02",
                                                              "TEA01"};
  for (std::uint64_t i = 0; i < kRecognitionDescriptors; ++i) {
    std::uint64_t offset = kRecognition + i * stride;
    if (!image.holds(offset, 6)) return false;
    std::string id = image.read(offset, 6, "volume recognition").substr(1);
    if (id == "NSR02" || id == "NSR03") return true;
    if (std::find(kOthers.begin(), kOthers.end(), id) == kOthers.end()) return false;
  }
  return false;
}

struct Area {
  std::uint64_t bytes = 0;
  std::uint64_t block = 0;
};

Area area_at(std::string_view bytes, std::size_t at) {
  return {le<std::uint32_t>(bytes, at), le<std::uint32_t>(bytes, at + 4)};
}

struct Anchor {
  std::uint32_t block_size = 0;
  Area main;
  Area reserve;
};

std::optional<Anchor> anchor_at(const Image& image, std::uint32_t block_size, std::uint64_t block) {
  if (block >= image.size() / block_size) return std::nullopt;
  std::string bytes = image.read(block * block_size, 512, "the anchor");
  if (tag_id(bytes) != kAnchor || !tag_fault(bytes).empty() || tag_location(bytes) != block) {
    return std::nullopt;
  }
  return Anchor{block_size, area_at(bytes, 16), area_at(bytes, 24)};
}

Anchor find_anchor(const Image& image) {
  for (std::uint32_t block_size : kBlockSizes) {
    std::uint64_t blocks = image.size() / block_size;
    for (std::uint64_t block : {std::uint64_t{256}, blocks - 1, blocks - 257}) {
      if (auto anchor = anchor_at(image, block_size, block)) return *anchor;
    }
  }
  throw Failure(Diagnostic{
      .message = fmt::format("'{}' ({} bytes) announces UDF but has no intact anchor descriptor at "
                             "sector 256 or at its end: it is truncated or damaged",
                             image.name(), image.size()),
      .hint = "copy or download it again and compare its checksum"});
}

// The descriptors that count: of several with one purpose, the one with the highest sequence number
// (ECMA-167 3/8.4.3).
struct Sequence {
  std::optional<Descriptor> logical_volume;
  std::map<std::uint16_t, Descriptor> partitions;  // by partition number
};

std::uint32_t sequence_number(const Descriptor& d) { return le<std::uint32_t>(d.bytes, 16); }

void keep_newer(Sequence& sequence, Descriptor d) {
  if (tag_id(d.bytes) == kLogicalVolume) {
    std::optional<Descriptor>& kept = sequence.logical_volume;
    if (!kept || sequence_number(d) > sequence_number(*kept)) kept = std::move(d);
  } else if (tag_id(d.bytes) == kPartition) {
    auto [kept, added] = sequence.partitions.try_emplace(le<std::uint16_t>(d.bytes, 22), d);
    if (!added && sequence_number(d) > sequence_number(kept->second)) kept->second = std::move(d);
  }
}

Descriptor read_volume_descriptor(const Image& image, std::uint32_t block_size,
                                  std::uint64_t block) {
  std::uint64_t at = block * block_size;
  Descriptor d{at, image.read(at, block_size, "a volume descriptor")};
  std::string fault = tag_fault(d.bytes);
  if (!fault.empty()) image.bad(at, "{}", fault);
  if (tag_location(d.bytes) != block) {
    image.bad(at, "a volume descriptor of block {} stands in block {}", tag_location(d.bytes),
              block);
  }
  return d;
}

// An unrecorded block ends the sequence as a terminator does; it has no tag (identifier 0).
bool is_unrecorded(const Image& image, std::uint64_t at) {
  return tag_id(image.read(at, kTagSize, "a volume descriptor")) == 0;
}

Sequence read_sequence(const Image& image, std::uint32_t block_size, Area area) {
  Sequence sequence;
  std::uint64_t start = area.block * block_size;
  for (std::uint64_t read = 0; area.bytes >= block_size; ++read) {
    if (read == kMaxVolumeDescriptors) {
      image.bad(start, "more than {} volume descriptors", kMaxVolumeDescriptors);
    }
    if (is_unrecorded(image, area.block * block_size)) break;
    Descriptor d = read_volume_descriptor(image, block_size, area.block);
    if (tag_id(d.bytes) == kTerminator) break;
    area = tag_id(d.bytes) == kVolumePointer ? area_at(d.bytes, 20)
                                             : Area{area.bytes - block_size, area.block + 1};
    keep_newer(sequence, std::move(d));
  }
  if (!sequence.logical_volume) image.bad(start, "no logical volume descriptor");
  if (sequence.partitions.empty()) image.bad(start, "no partition descriptor");
  return sequence;
}

Sequence read_either_sequence(const Image& image, const Anchor& anchor) {
  try {
    return read_sequence(image, anchor.block_size, anchor.main);
  } catch (const Failure& main_failure) {
    try {
      return read_sequence(image, anchor.block_size, anchor.reserve);
    } catch (const Failure& reserve_failure) {
      Diagnostic diagnostic = main_failure.diagnostics().front();
      diagnostic.notes.push_back(
          {.severity = Severity::note,
           .message = fmt::format("the reserve copy does not help: {}", reserve_failure.what())});
      throw Failure(std::move(diagnostic));
    }
  }
}

std::string printable(std::string_view bytes) {
  std::string text;
  for (char c : bytes) {
    if (c >= 0x20 && c < 0x7F) text += c;
  }
  return text;
}

// The partition behind the map at `at` of the logical volume descriptor (ECMA-167 3/10.7). Type 2
// maps are UDF's virtual, sparable and metadata partitions, named by an identifier.
Partition mapped_partition(const Image& image, const Sequence& sequence, std::size_t at) {
  const Descriptor& volume = *sequence.logical_volume;
  std::string_view map = std::string_view(volume.bytes).substr(at);
  std::uint8_t type = le<std::uint8_t>(map, 0);
  std::uint8_t length = le<std::uint8_t>(map, 1);
  if (type == 2 && length == 64) {
    image.unsupported(volume.at + at, fmt::format("a '{}'", printable(map.substr(5, 23))));
  }
  if (type != 1 || length != 6) {
    image.bad(volume.at + at, "a partition map of type {} and {} bytes is unknown", type, length);
  }
  std::uint16_t number = le<std::uint16_t>(map, 4);
  auto found = sequence.partitions.find(number);
  if (found == sequence.partitions.end()) {
    image.bad(volume.at + at, "partition {} has no descriptor", number);
  }
  std::string_view partition = found->second.bytes;
  return {le<std::uint32_t>(partition, 188), le<std::uint32_t>(partition, 192)};
}

std::vector<Partition> mapped_partitions(const Image& image, const Sequence& sequence) {
  static constexpr std::size_t kMaps = 440;
  const Descriptor& volume = *sequence.logical_volume;
  std::uint64_t end = kMaps + std::uint64_t{le<std::uint32_t>(volume.bytes, 264)};
  std::uint32_t count = le<std::uint32_t>(volume.bytes, 268);
  if (end > volume.bytes.size()) {
    image.bad(volume.at + 264, "the partition maps end past their descriptor");
  }
  std::vector<Partition> partitions;
  std::size_t at = kMaps;
  for (std::uint32_t i = 0; i < count; ++i) {
    if (at + 2 > end || at + le<std::uint8_t>(volume.bytes, at + 1) > end) {
      image.bad(volume.at + at, "{} partition maps do not fit in their table", count);
    }
    partitions.push_back(mapped_partition(image, sequence, at));
    at += le<std::uint8_t>(volume.bytes, at + 1);
  }
  return partitions;
}

}  // namespace

std::uint16_t tag_id(std::string_view bytes) { return le<std::uint16_t>(bytes, 0); }
std::uint32_t tag_location(std::string_view bytes) { return le<std::uint32_t>(bytes, 12); }

// ECMA-167 3/7.2.
std::string tag_fault(std::string_view bytes) {
  if (bytes.size() < kTagSize) return "the descriptor is shorter than its tag";
  if (le<std::uint8_t>(bytes, 4) != tag_checksum(bytes)) return "the tag's checksum is wrong";
  std::uint16_t version = le<std::uint16_t>(bytes, 2);
  if (version != 2 && version != 3) return fmt::format("descriptor version {} is unknown", version);
  std::uint16_t length = le<std::uint16_t>(bytes, 10);
  if (length > bytes.size() - kTagSize) {
    return fmt::format("the tag's CRC covers {} bytes, more than the descriptor has", length);
  }
  if (le<std::uint16_t>(bytes, 8) != crc16(bytes.substr(kTagSize, length))) {
    return "the descriptor's CRC is wrong";
  }
  return {};
}

Text decode_cs0(std::string_view bytes) {
  if (bytes.size() < 2) return {{}, "is empty"};
  std::uint8_t width = le<std::uint8_t>(bytes, 0);
  bytes.remove_prefix(1);
  if (width == 16) return volume::decode_utf16be(bytes);
  if (width != 8) return {{}, fmt::format("has the unknown compression id {}", width)};
  return volume::decode_latin1(bytes);
}

Address address_at(std::string_view bytes, std::size_t at) {
  return {le<std::uint32_t>(bytes, at), le<std::uint16_t>(bytes, at + 4)};
}

bool recognised(const Image& image) {
  for (std::uint64_t stride = 2048; stride <= kBlockSizes.back(); stride *= 2) {
    if (recognised_at_stride(image, stride)) return true;
  }
  return false;
}

Layout read_layout(const Image& image) {
  Anchor anchor = find_anchor(image);
  Sequence sequence = read_either_sequence(image, anchor);
  const Descriptor& volume = *sequence.logical_volume;
  std::uint32_t block_size = le<std::uint32_t>(volume.bytes, 212);
  if (block_size != anchor.block_size) {
    image.bad(volume.at + 212, "logical blocks of {} bytes on sectors of {} bytes", block_size,
              anchor.block_size);
  }
  return {block_size, decode_dstring(std::string_view(volume.bytes).substr(84, 128)),
          mapped_partitions(image, sequence), address_at(volume.bytes, 248 + 4)};
}

}  // namespace remedia::udf
