#include "support/udf_writer.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace remedia::udf_writer {

namespace {

constexpr std::uint64_t kRecognition = 32768;
constexpr std::uint64_t kMainBlock = 257;
constexpr std::uint64_t kSequenceBlocks = 16;
constexpr std::uint64_t kPartitionBlock = kMainBlock + 2 * kSequenceBlocks;
constexpr std::size_t kTagSize = 16;
constexpr std::uint32_t kContinuation = 3;

// Bit by bit: a referee for the reader's table.
std::uint16_t crc16(std::string_view bytes) {
  std::uint32_t crc = 0;
  for (char c : bytes) {
    crc ^= static_cast<std::uint32_t>(static_cast<std::uint8_t>(c)) << 8;
    for (int bit = 0; bit < 8; ++bit) crc = (crc << 1) ^ ((crc & 0x8000) != 0 ? 0x1021u : 0u);
    crc &= 0xFFFF;
  }
  return static_cast<std::uint16_t>(crc);
}

void put_bytes(std::string& bytes, std::uint64_t at, std::string_view what) {
  if (at + what.size() > bytes.size()) throw std::out_of_range("udf_writer: does not fit");
  bytes.replace(at, what.size(), what);
}

void put16(std::string& bytes, std::uint64_t at, std::uint64_t value) { put(bytes, at, value, 2); }

// A tag over the `size` bytes from `at` on.
void seal(std::string& bytes, std::uint64_t at, std::uint16_t id, std::uint64_t location,
          std::size_t size, std::uint16_t version) {
  put16(bytes, at, id);
  put16(bytes, at + 2, version);
  put16(bytes, at + 10, size - kTagSize);
  put32(bytes, at + 12, location);
  reseal(bytes, at);
}

void put_dstring(std::string& bytes, std::uint64_t at, std::size_t field, std::string_view text) {
  std::string encoded = cs0(text);
  put_bytes(bytes, at, encoded);
  put(bytes, at + field - 1, encoded.size(), 1);
}

void put_time(std::string& bytes, std::uint64_t at) {
  put_bytes(bytes, at, std::string_view("\x00\x10\xE8\x07\x01\x02\x03\x04\x05\0\0\0", 12));
}

void put_charset(std::string& bytes, std::uint64_t at) {
  put_bytes(bytes, at + 1, "OSTA Compressed Unicode");
}

std::vector<std::uint32_t> code_points(std::string_view utf8) {
  std::vector<std::uint32_t> points;
  for (char c : utf8) {
    auto byte = static_cast<std::uint8_t>(c);
    if ((byte & 0xC0) == 0x80) {
      points.back() = points.back() << 6 | (byte & 0x3F);
    } else {
      points.push_back(byte < 0x80   ? byte
                       : byte < 0xE0 ? byte & 0x1F
                       : byte < 0xF0 ? byte & 0x0F
                                     : byte & 0x07);
    }
  }
  return points;
}

void append_utf16(std::string& out, std::uint32_t unit) {
  out += static_cast<char>(unit >> 8);
  out += static_cast<char>(unit & 0xFF);
}

struct Run {
  std::uint64_t block = 0;
  std::uint32_t length = 0;
  std::uint32_t type = 0;
};

class Writer {
 public:
  explicit Writer(const Options& options)
      : options_(options), version_(options.revision >= 0x0200 ? 3 : 2) {
    out_.block_size = options.block_size;
    grow(kPartitionBlock);
    out_.partition = kPartitionBlock * options.block_size;
  }

  Written write(const Node& root) {
    std::uint64_t file_set = allocate(1);
    std::uint64_t block = allocate(1);
    place(root, "", block, block);
    write_file_set(file_set, block);
    out_.content_end = out_.bytes.size() - options_.block_size;
    write_recognition();
    // In the place of the last junk: 7z wants it right behind the content.
    std::uint64_t last = out_.content_end / options_.block_size;
    out_.bytes.replace(out_.content_end, options_.block_size, options_.block_size, '\0');
    write_sequence(kMainBlock, last - kPartitionBlock);
    write_sequence(kMainBlock + kSequenceBlocks, last - kPartitionBlock);
    out_.main = kMainBlock * options_.block_size;
    out_.reserve = out_.main + kSequenceBlocks * options_.block_size;
    out_.anchor = write_anchor(256);
    out_.last_anchor = write_anchor(last);
    return std::move(out_);
  }

 private:
  std::uint64_t offset(std::uint64_t block) const {
    return (kPartitionBlock + block) * options_.block_size;
  }

  void grow(std::uint64_t blocks) { out_.bytes.resize(blocks * options_.block_size, '\0'); }

  // Blocks of the partition, followed by one of junk.
  std::uint64_t allocate(std::uint64_t blocks) {
    std::uint64_t first = out_.bytes.size() / options_.block_size - kPartitionBlock;
    grow(kPartitionBlock + first + blocks);
    out_.bytes.append(options_.block_size, '\xEE');
    return first;
  }

  std::uint64_t blocks_of(std::uint64_t bytes) const {
    return (bytes + options_.block_size - 1) / options_.block_size;
  }

  void write_recognition() {
    std::uint64_t stride = std::max<std::uint64_t>(2048, options_.block_size);
    const char* ids[] = {"BEA01", version_ == 3 ? "NSR03" : "NSR02", "TEA01"};
    for (std::uint64_t i = 0; i < 3; ++i) {
      put_bytes(out_.bytes, kRecognition + i * stride + 1, ids[i]);
      put(out_.bytes, kRecognition + i * stride + 6, 1, 1);
    }
  }

  std::uint64_t write_anchor(std::uint64_t block) {
    std::uint64_t at = block * options_.block_size;
    for (std::uint64_t i = 0; i < 2; ++i) {
      put32(out_.bytes, at + 16 + i * 8, kSequenceBlocks * options_.block_size);
      put32(out_.bytes, at + 20 + i * 8, kMainBlock + i * kSequenceBlocks);
    }
    seal(out_.bytes, at, 2, block, 512, version_);
    return at;
  }

  void write_sequence(std::uint64_t block, std::uint64_t partition_blocks) {
    write_primary(block);
    write_partition(block + 1, partition_blocks);
    write_logical(block + 2);
    seal(out_.bytes, (block + 3) * options_.block_size, 8, block + 3, 512, version_);
  }

  void write_primary(std::uint64_t block) {
    std::uint64_t at = block * options_.block_size;
    put_dstring(out_.bytes, at + 24, 32, options_.label);
    put_dstring(out_.bytes, at + 72, 128, "volume set of a test");
    put_charset(out_.bytes, at + 200);
    put_charset(out_.bytes, at + 264);
    put_time(out_.bytes, at + 376);
    seal(out_.bytes, at, 1, block, 512, version_);
  }

  void write_partition(std::uint64_t block, std::uint64_t blocks) {
    std::uint64_t at = block * options_.block_size;
    put32(out_.bytes, at + 16, 1);
    put16(out_.bytes, at + 20, 1);  // allocated
    put_bytes(out_.bytes, at + 25, version_ == 3 ? "+NSR03" : "+NSR02");
    put32(out_.bytes, at + 184, 1);  // read only
    put32(out_.bytes, at + 188, kPartitionBlock);
    put32(out_.bytes, at + 192, blocks);
    seal(out_.bytes, at, 5, block, 512, version_);
  }

  void write_logical(std::uint64_t block) {
    std::uint64_t at = block * options_.block_size;
    put32(out_.bytes, at + 16, 2);
    put_charset(out_.bytes, at + 20);
    put_dstring(out_.bytes, at + 84, 128, options_.label);
    put32(out_.bytes, at + 212, options_.block_size);
    put_domain(at + 216);
    put32(out_.bytes, at + 248, options_.block_size);  // the file set is the partition's block 0
    put32(out_.bytes, at + 264, 6);
    put32(out_.bytes, at + 268, 1);
    put_bytes(out_.bytes, at + 440, std::string_view("\x01\x06\x01\x00\x00\x00", 6));
    seal(out_.bytes, at, 6, block, 446, version_);
  }

  void put_domain(std::uint64_t at) {
    put_bytes(out_.bytes, at + 1, "*OSTA UDF Compliant");
    put16(out_.bytes, at + 24, options_.revision);
  }

  void write_file_set(std::uint64_t block, std::uint64_t root) {
    std::uint64_t at = offset(block);
    out_.file_set = at;
    put_time(out_.bytes, at + 16);
    put_charset(out_.bytes, at + 48);
    put_dstring(out_.bytes, at + 112, 128, options_.label);
    put_charset(out_.bytes, at + 240);
    put_dstring(out_.bytes, at + 304, 32, options_.label);
    put32(out_.bytes, at + 400, options_.block_size);
    put32(out_.bytes, at + 404, root);
    put_domain(at + 416);
    seal(out_.bytes, at, 256, block, 512, version_);
  }

  // Writes a node whose entry is to be in `block`, and all below it.
  void place(const Node& node, const std::string& path, std::uint64_t block, std::uint64_t parent) {
    std::vector<std::uint64_t> children;
    for (const Node& child : node.children) {
      children.push_back(allocate(1));
      place(child, path.empty() ? child.name : path + "/" + child.name, children.back(), block);
    }
    out_.entries[path] = offset(block);
    if (node.directory) {
      write_directory(node, path, block, parent, children);
    } else {
      write_file(node, path, block);
    }
  }

  void write_file(const Node& node, const std::string& path, std::uint64_t block) {
    std::string content;
    std::vector<Run> runs;
    for (const Piece& piece : node.pieces) {
      content += piece.bytes;
      if (piece.hole > 0) {
        runs.push_back({0, piece.hole, piece.hole_type});
      } else if (node.allocation != Allocation::embedded) {
        runs.push_back({allocate(blocks_of(piece.bytes.size())),
                        static_cast<std::uint32_t>(piece.bytes.size()), 0});
        put_bytes(out_.bytes, offset(runs.back().block), piece.bytes);
      }
    }
    write_entry(node, path, block, runs, content);
  }

  void write_directory(const Node& node, const std::string& path, std::uint64_t block,
                       std::uint64_t parent, const std::vector<std::uint64_t>& children) {
    std::string list = identifier("", 2 | 8, parent, 0);
    std::vector<std::size_t> starts = {0};
    for (std::size_t i = 0; i < children.size(); ++i) {
      const Node& child = node.children[i];
      starts.push_back(list.size());
      auto bits = static_cast<std::uint8_t>(child.characteristics | (child.directory ? 2 : 0));
      std::string name = child.raw_name.empty() ? cs0(child.name) : child.raw_name;
      list += identifier(name, bits, children[i], child.implementation_use);
    }
    std::vector<Run> runs = directory_runs(node, list.size());
    for (std::size_t i = 0; i < starts.size(); ++i) {
      std::size_t end = i + 1 < starts.size() ? starts[i + 1] : list.size();
      seal(list, starts[i], 257, location(runs, starts[i], block), end - starts[i], version_);
    }
    scatter(runs, list);
    write_entry(node, path, block, runs, list);
    for (std::size_t i = 0; i < children.size(); ++i) {
      const std::string& name = node.children[i].name;
      out_.names[path.empty() ? name : path + "/" + name] =
          runs.empty() ? out_.descriptors[path] + starts[i + 1] : place_of(runs, starts[i + 1]);
    }
  }

  std::vector<Run> directory_runs(const Node& node, std::size_t size) {
    std::vector<Run> runs;
    if (node.allocation == Allocation::embedded) return runs;
    std::size_t step = node.fragmented ? options_.block_size : size;
    for (std::size_t done = 0; done < size; done += step) {
      std::size_t n = std::min(step, size - done);
      runs.push_back({allocate(blocks_of(n)), static_cast<std::uint32_t>(n), 0});
    }
    return runs;
  }

  std::uint64_t place_of(const std::vector<Run>& runs, std::size_t pos) const {
    std::size_t i = 0;
    while (pos >= runs[i].length) pos -= runs[i++].length;
    return offset(runs[i].block) + pos;
  }

  std::uint64_t location(const std::vector<Run>& runs, std::size_t pos, std::uint64_t block) const {
    if (runs.empty()) return block;
    return place_of(runs, pos) / options_.block_size - kPartitionBlock;
  }

  void scatter(const std::vector<Run>& runs, std::string_view content) {
    for (const Run& run : runs) {
      put_bytes(out_.bytes, offset(run.block), content.substr(0, run.length));
      content.remove_prefix(run.length);
    }
  }

  std::string identifier(std::string_view name, std::uint8_t bits, std::uint64_t block,
                         std::size_t use) const {
    std::string bytes((38 + use + name.size() + 3) / 4 * 4, '\0');
    put16(bytes, 16, 1);
    put(bytes, 18, bits, 1);
    put(bytes, 19, name.size(), 1);
    put32(bytes, 20, options_.block_size);
    put32(bytes, 24, block);
    put16(bytes, 36, use);
    put_bytes(bytes, 38 + use, name);
    return bytes;
  }

  void write_entry(const Node& node, const std::string& path, std::uint64_t block,
                   const std::vector<Run>& runs, std::string_view content) {
    std::uint64_t at = offset(block);
    std::uint64_t size = content.size();
    for (const Run& run : runs) size += run.type != 0 ? run.length : 0;
    std::uint8_t type = node.type != 0 ? node.type : node.directory ? 4 : 5;
    put16(out_.bytes, at + 20, 4);  // strategy
    put16(out_.bytes, at + 24, 1);
    put(out_.bytes, at + 27, type, 1);
    put16(out_.bytes, at + 34, static_cast<std::uint16_t>(node.allocation));
    put32(out_.bytes, at + 44, 0x14A5);
    put16(out_.bytes, at + 48, 1);
    put(out_.bytes, at + 56, size, 8);
    std::uint64_t times = at + (node.extended ? 80 : 72);
    for (std::uint64_t i = 0; i < 3; ++i) put_time(out_.bytes, times + i * 12);

    std::uint64_t lengths = at + (node.extended ? 208 : 168);
    std::uint64_t data = lengths + 8 + node.attributes;
    out_.descriptors[path] = data;
    std::size_t length = content.size();
    if (node.allocation == Allocation::embedded) {
      put_bytes(out_.bytes, data, content);
    } else {
      length = write_descriptors(node, path, data, runs);
    }
    put32(out_.bytes, lengths, node.attributes);
    put32(out_.bytes, lengths + 4, length);
    seal(out_.bytes, at, node.extended ? 266 : 261, block,
         static_cast<std::size_t>(data - at) + length, version_);
  }

  // Writes runs as descriptors at `at`, the ones beyond descriptors_per_list in a further extent;
  // returns the bytes used at `at`.
  std::size_t write_descriptors(const Node& node, const std::string& path, std::uint64_t at,
                                std::vector<Run> runs) {
    std::vector<Run> rest;
    if (runs.size() > node.descriptors_per_list) {
      auto cut = runs.begin() + static_cast<std::ptrdiff_t>(node.descriptors_per_list);
      rest.assign(cut, runs.end());
      runs.erase(cut, runs.end());
      runs.push_back({allocate(1), options_.block_size, kContinuation});
    }
    std::size_t width = node.allocation == Allocation::long_descriptors ? 16 : 8;
    for (std::size_t i = 0; i < runs.size(); ++i) {
      put32(out_.bytes, at + i * width, runs[i].length | runs[i].type << 30);
      put32(out_.bytes, at + i * width + 4, runs[i].block);
    }
    if (!rest.empty()) write_list(node, path, runs.back().block, std::move(rest));
    return runs.size() * width;
  }

  void write_list(const Node& node, const std::string& path, std::uint64_t block,
                  std::vector<Run> runs) {
    std::uint64_t at = offset(block);
    out_.lists[path].push_back(at);
    std::size_t length = write_descriptors(node, path, at + 24, std::move(runs));
    put32(out_.bytes, at + 20, length);
    seal(out_.bytes, at, 258, block, 24 + length, version_);
  }

  Options options_;
  std::uint16_t version_;
  Written out_;
};

}  // namespace

void put(std::string& bytes, std::uint64_t at, std::uint64_t value, int width) {
  for (int i = 0; i < width; ++i) {
    bytes.at(at + static_cast<std::uint64_t>(i)) = static_cast<char>(value >> (8 * i) & 0xFF);
  }
}

void put32(std::string& bytes, std::uint64_t at, std::uint64_t value) { put(bytes, at, value, 4); }

void reseal(std::string& bytes, std::uint64_t at) {
  auto byte = [&](std::uint64_t i) { return static_cast<std::uint8_t>(bytes.at(at + i)); };
  std::size_t length = byte(10) | static_cast<std::size_t>(byte(11)) << 8;
  put16(bytes, at + 8, crc16(std::string_view(bytes).substr(at + kTagSize, length)));
  unsigned sum = 0;
  for (std::uint64_t i = 0; i < kTagSize; ++i) sum += i == 4 ? 0u : byte(i);
  put(bytes, at + 4, sum & 0xFF, 1);
}

std::string cs0(std::string_view utf8) {
  std::vector<std::uint32_t> points = code_points(utf8);
  bool wide = std::any_of(points.begin(), points.end(), [](std::uint32_t c) { return c > 0xFF; });
  std::string out(1, wide ? '\x10' : '\x08');
  for (std::uint32_t c : points) {
    if (!wide) {
      out += static_cast<char>(c);
    } else if (c < 0x10000) {
      append_utf16(out, c);
    } else {
      append_utf16(out, 0xD800 + ((c - 0x10000) >> 10));
      append_utf16(out, 0xDC00 + ((c - 0x10000) & 0x3FF));
    }
  }
  return out;
}

Node file(std::string name, std::string content) {
  Node node{.name = std::move(name)};
  if (!content.empty()) node.pieces.push_back({.bytes = std::move(content)});
  return node;
}

Node folder(std::string name, std::vector<Node> children) {
  return {.name = std::move(name), .directory = true, .children = std::move(children)};
}

std::uint64_t Written::partition_descriptor(bool in_main) const {
  return (in_main ? main : reserve) + block_size;
}

std::uint64_t Written::logical_volume(bool in_main) const {
  return (in_main ? main : reserve) + 2 * std::uint64_t{block_size};
}

Written write(const Node& root, const Options& options) { return Writer(options).write(root); }

}  // namespace remedia::udf_writer
