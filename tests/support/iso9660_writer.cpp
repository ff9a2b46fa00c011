#include "support/iso9660_writer.h"

#include "support/utf8.h"

#include <algorithm>

namespace remedia::iso9660_writer {

namespace {

constexpr std::size_t kSector = 2048;

std::string both(std::uint32_t value, int width) {
  std::string low;
  for (int i = 0; i < width; ++i) low += static_cast<char>(value >> (8 * i));
  return low + std::string(low.rbegin(), low.rend());
}

std::string susp(std::string_view kind, const std::string& body) {
  return std::string(kind) + static_cast<char>(4 + body.size()) + '\1' + body;
}

struct Place {
  std::uint64_t at = 0;
  std::size_t size = 0;
};

// Writes one of the two trees. Directories are laid out twice: once to learn how long they are.
class TreeWriter {
 public:
  TreeWriter(Written& out, Tree& tree, const Options& options, bool joliet)
      : out_(out), tree_(tree), options_(options), joliet_(joliet) {}

  Place write(const Node& root) {
    reserve(root, "");
    fill(root, "", places_.at(""));
    return places_.at("");
  }

 private:
  bool rock_ridge() const { return options_.rock_ridge && !joliet_; }
  static std::string below(const std::string& path, const Node& node) {
    return path.empty() ? node.name : path + '/' + node.name;
  }

  std::string identifier(const Node& node) const {
    if (joliet_) return node.raw_joliet.empty() ? ucs2(node.name) : node.raw_joliet;
    if (!node.iso_name.empty()) return node.iso_name;
    return node.directory ? node.name : node.name + ";1";
  }

  std::string name_fields(const Node& node) const {
    if (!rock_ridge() || node.iso_name.empty()) return {};
    std::string fields;
    std::size_t step = (node.name.size() + node.name_fields - 1) / node.name_fields;
    for (std::size_t at = 0; at < node.name.size(); at += step) {
      char flags = at + step < node.name.size() ? '\1' : '\0';
      fields += susp("NM", flags + node.name.substr(at, step));
    }
    return fields;
  }

  std::string system_use(const Node& node) {
    if (joliet_) return {};
    std::string fields = node.system_use;
    if (!node.relocated_to.empty()) {
      auto target = tree_.directories.find(node.relocated_to);
      std::uint64_t at = target == tree_.directories.end() ? 0 : target->second;
      fields += susp("CL", both(static_cast<std::uint32_t>(at / options_.block_size), 4));
    }
    std::string names = name_fields(node);
    if (!node.continued) return fields + names;
    return fields + continuation(names);
  }

  std::string continuation(const std::string& fields) {
    if (out_.continuations == 0) {
      out_.continuations = out_.bytes.size();
      out_.bytes.resize(out_.bytes.size() + kSector);
    }
    // Found again when the directory is laid out for the second time.
    std::size_t offset = out_.bytes.find(fields, out_.continuations);
    if (offset >= out_.continuations + kSector) {
      offset = out_.continuations + continued_;
      out_.bytes.replace(offset, fields.size(), fields);
      continued_ += fields.size();
    }
    std::uint32_t block = static_cast<std::uint32_t>(offset / options_.block_size);
    std::uint32_t within = static_cast<std::uint32_t>(offset % options_.block_size);
    return susp("CE", both(block, 4) + both(within, 4) +
                          both(static_cast<std::uint32_t>(fields.size()), 4));
  }

  std::string record(Place place, std::uint8_t flags, const std::string& name,
                     const std::string& use, std::uint8_t attribute_blocks = 0) const {
    std::string bytes(33, '\0');
    bytes += name;
    if (bytes.size() % 2 != 0) bytes += '\0';
    bytes += use;
    if (bytes.size() % 2 != 0) bytes += '\0';
    bytes[0] = static_cast<char>(bytes.size());
    bytes[1] = static_cast<char>(attribute_blocks);
    put_both32(bytes, 2, static_cast<std::uint32_t>(place.at / options_.block_size));
    put_both32(bytes, 10, static_cast<std::uint32_t>(place.size));
    bytes[25] = static_cast<char>(flags);
    put_both16(bytes, 28, 1);
    bytes[32] = static_cast<char>(name.size());
    return bytes;
  }

  // The records of a file: one for each extent.
  std::vector<std::string> records(const Node& node, const std::string& path) {
    std::vector<std::string> list;
    std::string name = identifier(node);
    std::string use = system_use(node);
    if (node.directory) return {record(places_.at(path), 2 | node.flags, name, use)};
    std::vector<std::size_t> sizes =
        node.sections.empty() ? std::vector{node.content.size()} : node.sections;
    for (std::size_t i = 0; i < sizes.size(); ++i) {
      std::uint8_t more = i + 1 < sizes.size() ? 0x80 : 0;
      std::uint64_t start = out_.extents.at(path).at(i);
      start -= std::uint64_t{node.attribute_blocks} * options_.block_size;
      list.push_back(
          record({start, sizes[i]}, node.flags | more, name, use, node.attribute_blocks));
    }
    return list;
  }

  // A directory; notes where its records are, from byte `at` of the volume on.
  std::string contents(const Node& node, const std::string& path, std::uint64_t at) {
    Place own = places_.at(path);
    std::string mark = susp("SP", std::string("\xBE\xEF\0", 3));
    std::string bytes =
        record(own, 2, std::string(1, '\0'), rock_ridge() && path.empty() ? mark : "");
    bytes += record(own, 2, "\1", "");
    for (const Node& child : node.children) {
      std::vector<std::uint64_t>& noted = tree_.records[below(path, child)];
      noted.clear();
      for (const std::string& record : records(child, below(path, child))) {
        std::size_t left = kSector - bytes.size() % kSector;
        if (record.size() > left) bytes.append(left, '\0');
        noted.push_back(at + bytes.size());
        bytes += record;
      }
    }
    bytes.resize((bytes.size() + kSector - 1) / kSector * kSector);
    return bytes;
  }

  void reserve(const Node& node, const std::string& path) {
    places_[path] = {};
    for (const Node& child : node.children) {
      if (child.directory) reserve(child, below(path, child));
    }
    std::size_t size = contents(node, path, 0).size();
    places_[path] = {out_.bytes.size(), size};
    tree_.directories[path] = out_.bytes.size();
    out_.bytes.resize(out_.bytes.size() + size);
  }

  void fill(const Node& node, const std::string& path, Place place) {
    std::string bytes = contents(node, path, place.at);
    out_.bytes.replace(place.at, bytes.size(), bytes);
    for (const Node& child : node.children) {
      if (child.directory) fill(child, below(path, child), places_.at(below(path, child)));
    }
  }

  Written& out_;
  Tree& tree_;
  const Options& options_;
  bool joliet_;
  std::map<std::string, Place> places_;
  std::size_t continued_ = 0;
};

// Every extent at a sector of its own, with junk behind it.
void write_files(Written& out, const Node& node, const std::string& path, std::uint32_t block) {
  for (const Node& child : node.children) {
    std::string below = path.empty() ? child.name : path + '/' + child.name;
    if (child.directory) {
      write_files(out, child, below, block);
      continue;
    }
    std::vector<std::size_t> sizes =
        child.sections.empty() ? std::vector{child.content.size()} : child.sections;
    std::size_t from = 0;
    out.extents[below].clear();
    for (std::size_t size : sizes) {
      out.bytes.append(std::size_t{child.attribute_blocks} * block, 'A');
      out.extents[below].push_back(out.bytes.size());
      out.bytes += child.content.substr(from, size);
      from += size;
      out.bytes.resize((out.bytes.size() / kSector + 1) * kSector, '#');
    }
  }
}

void describe(Written& out, std::uint64_t at, const Options& options, bool joliet, Place root) {
  std::string bytes(kSector, '\0');
  bytes.replace(0, 7, (joliet ? "\2" : "\1") + std::string("CD001\1"));
  std::string label = joliet ? ucs2(options.label) : options.label;
  bytes.replace(40, 32, joliet ? std::string(32, '\0') : std::string(32, ' '));
  bytes.replace(40, label.size(), label);
  if (joliet) bytes.replace(88, 3, std::string("%/") + options.joliet_level);
  put_both32(bytes, 80, static_cast<std::uint32_t>(out.bytes.size() / options.block_size));
  put_both16(bytes, 120, 1);
  put_both16(bytes, 124, 1);
  put_both16(bytes, 128, options.block_size);
  bytes[156] = 34;
  put_both32(bytes, 158, static_cast<std::uint32_t>(root.at / options.block_size));
  put_both32(bytes, 166, static_cast<std::uint32_t>(root.size));
  bytes[181] = 2;
  put_both16(bytes, 184, 1);
  bytes[188] = 1;
  out.bytes.replace(at, kSector, bytes);
}

}  // namespace

Node file(std::string name, std::string content) {
  return {.name = std::move(name), .content = std::move(content)};
}

Node folder(std::string name, std::vector<Node> children) {
  return {.name = std::move(name), .directory = true, .children = std::move(children)};
}

Written write(const Node& root, const Options& options) {
  Written out;
  out.block_size = options.block_size;
  std::size_t descriptors = options.joliet ? 3 : 2;
  out.bytes.resize((16 + descriptors) * kSector);
  out.primary.descriptor = 16 * kSector;
  out.terminator = (15 + descriptors) * kSector;
  write_files(out, root, "", options.block_size);
  Place primary = TreeWriter(out, out.primary, options, false).write(root);
  if (options.joliet) {
    out.joliet.descriptor = 17 * kSector;
    Place joliet = TreeWriter(out, out.joliet, options, true).write(root);
    describe(out, out.joliet.descriptor, options, true, joliet);
  }
  describe(out, out.primary.descriptor, options, false, primary);
  out.bytes.replace(out.terminator, 7, "\xFF" + std::string("CD001\1"));
  return out;
}

void put_both16(std::string& bytes, std::uint64_t at, std::uint32_t value) {
  bytes.replace(at, 4, both(value, 2));
}

void put_both32(std::string& bytes, std::uint64_t at, std::uint32_t value) {
  bytes.replace(at, 8, both(value, 4));
}

std::string ucs2(std::string_view utf8) {
  std::string out;
  auto unit = [&](std::uint32_t value) {
    out += static_cast<char>(value >> 8);
    out += static_cast<char>(value);
  };
  while (!utf8.empty()) {
    std::uint32_t c = take_utf8(utf8);
    if (c >= 0x10000) {
      unit(0xD800 + ((c - 0x10000) >> 10));
      c = 0xDC00 + (c & 0x3FF);
    }
    unit(c);
  }
  return out;
}

}  // namespace remedia::iso9660_writer
