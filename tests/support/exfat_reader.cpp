#include "support/exfat_reader.h"

#include "support/diagnostic.h"

#include <algorithm>
#include <string_view>
#include <vector>

namespace remedia::exfat_test {

namespace {

using Bytes = std::string;

std::uint64_t number(std::string_view bytes, std::size_t at, std::size_t size) {
  std::uint64_t value = 0;
  for (std::size_t i = size; i-- > 0;) {
    value = value << 8 | static_cast<unsigned char>(bytes.at(at + i));
  }
  return value;
}

void expect(bool holds, std::string_view what) {
  if (!holds) fail("exfat: {}", what);
}

std::uint32_t sum32(std::string_view bytes, bool is_boot) {
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (is_boot && (i == 106 || i == 107 || i == 112)) continue;
    sum = ((sum & 1) != 0 ? 0x80000000u : 0u) + (sum >> 1) + static_cast<unsigned char>(bytes[i]);
  }
  return sum;
}

std::uint16_t sum16(std::string_view bytes, bool is_set) {
  unsigned sum = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (is_set && (i == 2 || i == 3)) continue;
    sum = (((sum & 1) != 0 ? 0x8000u : 0u) + (sum >> 1) + static_cast<unsigned char>(bytes[i])) &
          0xffff;
  }
  return static_cast<std::uint16_t>(sum);
}

std::string utf8(std::string_view units) {
  std::string out;
  for (std::size_t i = 0; i < units.size(); i += 2) {
    std::uint32_t c = static_cast<std::uint32_t>(number(units, i, 2));
    if (c >= 0xd800 && c < 0xdc00) {
      i += 2;
      c = 0x10000 + ((c - 0xd800) << 10) +
          (static_cast<std::uint32_t>(number(units, i, 2)) - 0xdc00);
    }
    auto put = [&](std::uint32_t byte) { out += static_cast<char>(byte); };
    if (c < 0x80) {
      put(c);
    } else if (c < 0x800) {
      put(0xc0 | c >> 6), put(0x80 | (c & 0x3f));
    } else if (c < 0x10000) {
      put(0xe0 | c >> 12), put(0x80 | (c >> 6 & 0x3f)), put(0x80 | (c & 0x3f));
    } else {
      put(0xf0 | c >> 18), put(0x80 | (c >> 12 & 0x3f));
      put(0x80 | (c >> 6 & 0x3f)), put(0x80 | (c & 0x3f));
    }
  }
  return out;
}

class Reader {
 public:
  Reader(const fs::path& image, std::uint64_t offset, std::uint64_t size)
      : image_(image), offset_(offset), size_(size) {}

  Listing read() {
    read_boot();
    read_root();
    check_bitmap();
    return listing_;
  }

 private:
  Bytes bytes(std::uint64_t at, std::uint64_t length) {
    expect(at + length <= size_, "a structure lies outside the volume");
    return read_all({image_, {{offset_ + at, length, false}}}, 1u << 30);
  }

  void read_boot() {
    Bytes first = bytes(0, 512);
    expect(first.substr(0, 11) ==
               "\xeb\x76\x90"
               "EXFAT   ",
           "no boot sector");
    expect(first.substr(11, 53) == Bytes(53, '\0'), "MustBeZero is not");
    listing_.sector_size = 1u << number(first, 108, 1);
    const std::uint64_t sector = listing_.sector_size;
    Bytes region = bytes(0, 12 * sector);
    expect(region == bytes(12 * sector, 12 * sector), "the backup boot region differs");
    std::uint32_t sum = sum32(std::string_view(region).substr(0, 11 * sector), true);
    for (std::size_t at = 11 * sector; at < 12 * sector; at += 4) {
      expect(number(region, at, 4) == sum, "the boot checksum is wrong");
    }
    expect(number(region, 510, 2) == 0xaa55, "no boot signature");
    for (std::size_t i = 1; i <= 8; ++i) {
      expect(number(region, (i + 1) * sector - 4, 4) == 0xaa550000, "no extended boot signature");
    }
    listing_.partition_offset = number(first, 64, 8);
    expect(number(first, 72, 8) * sector == size_, "the volume length is wrong");
    fat_ = number(first, 80, 4) * sector;
    fat_length_ = number(first, 84, 4) * sector;
    listing_.heap_offset = number(first, 88, 4) * sector;
    listing_.clusters = number(first, 92, 4);
    root_ = number(first, 96, 4);
    listing_.serial = number(first, 100, 4);
    expect(number(first, 104, 2) == 0x100 && number(first, 106, 2) == 0, "revision or flags");
    listing_.cluster_size = sector << number(first, 109, 1);
    expect(number(first, 110, 1) == 1 && number(first, 111, 1) == 0x80, "tables or drive");
    listing_.percent = number(first, 112, 1);
    expect(fat_ >= 24 * sector && fat_ + fat_length_ <= listing_.heap_offset, "the table overlaps");
    expect((listing_.clusters + 2) * 4 <= fat_length_, "the table is too short");
    expect(listing_.clusters == (size_ - listing_.heap_offset) / listing_.cluster_size,
           "the count of clusters is wrong");
    Bytes head = bytes(fat_, 8);
    expect(number(head, 0, 4) == 0xfffffff8 && number(head, 4, 4) == 0xffffffff, "table head");
  }

  std::uint64_t place(std::uint64_t cluster) {
    expect(cluster >= 2 && cluster < listing_.clusters + 2, "no such cluster");
    return listing_.heap_offset + (cluster - 2) * listing_.cluster_size;
  }

  void use(std::uint64_t first, std::uint64_t count) {
    if (count == 0) return;
    place(first), place(first + count - 1);
    auto next = used_.lower_bound(first);
    expect(next == used_.end() || first + count <= next->first, "clusters are used twice");
    if (next != used_.begin()) {
      auto before = std::prev(next);
      expect(before->first + before->second <= first, "clusters are used twice");
    }
    used_[first] = count;
  }

  // Bytes of a chain in the allocation table.
  Bytes chain(std::uint64_t cluster) {
    Bytes all;
    for (std::uint64_t steps = 0; cluster != 0xffffffff; ++steps) {
      expect(steps <= listing_.clusters, "a chain has no end");
      use(cluster, 1);
      all += bytes(place(cluster), listing_.cluster_size);
      cluster = number(bytes(fat_ + cluster * 4, 4), 0, 4);
    }
    return all;
  }

  void read_root() {
    Bytes root = chain(root_);
    std::size_t at = 0;
    for (; number(root, at, 1) != 0x85 && number(root, at, 1) != 0; at += 32) {
      std::string_view entry = std::string_view(root).substr(at, 32);
      switch (number(entry, 0, 1)) {
        case 0x83:
          listing_.label = utf8(entry.substr(2, 2 * number(entry, 1, 1)));
          break;
        case 0x03:
          break;
        case 0x81:
          bitmap_ = chain(number(entry, 20, 4)).substr(0, number(entry, 24, 8));
          expect(bitmap_.size() == (listing_.clusters + 7) / 8, "the bitmap's size is wrong");
          break;
        case 0x82:
          read_up_case(entry);
          break;
        default:
          fail("exfat: an entry of an unknown kind");
      }
    }
    expect(!bitmap_.empty() && !upper_.empty(), "no bitmap or no up-case table");
    read_folder(std::string_view(root).substr(at), "");
    for (std::size_t i = 0; i < pending_.size(); ++i) {
      auto [path, first, length] = pending_[i];
      read_folder(bytes(place(first), length), path + "/");
    }
  }

  void read_up_case(std::string_view entry) {
    listing_.up_case_table = chain(number(entry, 20, 4)).substr(0, number(entry, 24, 8));
    listing_.up_case_sum = number(entry, 4, 4);
    const Bytes& table = listing_.up_case_table;
    expect(sum32(table, false) == listing_.up_case_sum, "the up-case table's sum is wrong");
    for (std::size_t i = 0; i < table.size(); i += 2) {
      std::uint64_t unit = number(table, i, 2);
      if (unit != 0xffff || i + 2 == table.size()) {
        upper_.push_back(static_cast<std::uint16_t>(unit));
        continue;
      }
      i += 2;
      for (std::uint64_t n = number(table, i, 2); n > 0; --n) {
        upper_.push_back(static_cast<std::uint16_t>(upper_.size()));
      }
    }
    expect(upper_.size() == 0x10000, "the up-case table is not whole");
  }

  Bytes upper(std::string_view units) {
    Bytes out;
    for (std::size_t i = 0; i < units.size(); i += 2) {
      std::uint16_t c = upper_[number(units, i, 2)];
      out += static_cast<char>(c & 0xff);
      out += static_cast<char>(c >> 8);
    }
    return out;
  }

  void read_folder(std::string_view folder, const std::string& prefix) {
    std::set<Bytes> names;
    std::size_t at = 0;
    while (at < folder.size() && number(folder, at, 1) != 0) {
      expect(number(folder, at, 1) == 0x85, "no file entry where one must be");
      std::size_t length = 32 * (1 + number(folder, at + 1, 1));
      expect(at + length <= folder.size(), "an entry set has no end");
      expect(names.insert(read_set(folder.substr(at, length), prefix)).second, "a name twice");
      at += length;
    }
    for (; at < folder.size(); ++at) expect(folder[at] == '\0', "something behind the end mark");
  }

  Bytes read_set(std::string_view set, const std::string& prefix) {
    expect(number(set, 2, 2) == sum16(set, true), "the sum of an entry set is wrong");
    std::string_view stream = set.substr(32, 32);
    expect(number(stream, 0, 1) == 0xc0, "no stream entry");
    std::size_t units = number(stream, 3, 1);
    expect(units > 0 && set.size() == 32 * (2 + (units + 14) / 15), "the name's length is wrong");
    Bytes name;
    for (std::size_t at = 64; at < set.size(); at += 32) {
      expect(number(set, at, 2) == 0xc1, "no name entry");
      name += set.substr(at + 2, 30);
    }
    expect(name.substr(units * 2).find_first_not_of('\0') == Bytes::npos, "name padding");
    name.resize(units * 2);
    expect(number(stream, 4, 2) == sum16(upper(name), false), "the name's hash is wrong");
    add(set, stream, prefix + utf8(name));
    return upper(name);
  }

  void add(std::string_view set, std::string_view stream, const std::string& path) {
    Entry entry;
    std::uint64_t attributes = number(set, 4, 2);
    entry.content.file = image_;
    entry.folder = attributes == 0x10;
    expect(entry.folder || attributes == 0x20, "attributes");
    for (std::size_t i = 8; i < 25; ++i) {
      entry.times += fmt::format("{:02x}", static_cast<unsigned char>(set[i]));
    }
    std::uint64_t length = number(stream, 24, 8);
    std::uint64_t first = entry.first_cluster = number(stream, 20, 4);
    expect(number(stream, 8, 8) == length, "the valid length differs");
    expect(number(stream, 1, 1) == (length == 0 ? 1u : 3u), "flags of the stream");
    expect((first == 0) == (length == 0), "a first cluster without length, or the reverse");
    if (length > 0) {
      use(first, (length - 1) / listing_.cluster_size + 1);
      entry.content = {image_, {{offset_ + place(first), length, false}}};
    }
    if (entry.folder) {
      expect(length > 0 && length % listing_.cluster_size == 0, "the size of a folder");
      pending_.push_back({path, first, length});
    }
    listing_.entries[path] = entry;
  }

  // Exactly what is used is marked.
  void check_bitmap() {
    Bytes expected(bitmap_.size(), '\0');
    std::uint64_t total = 0;
    for (const auto& [first, count] : used_) {
      total += count;
      for (std::uint64_t c = first - 2; c < first - 2 + count; ++c) {
        expected[c / 8] = static_cast<char>(expected[c / 8] | 1 << c % 8);
      }
    }
    expect(bitmap_ == expected, "the bitmap is wrong");
    expect(listing_.percent == total * 100 / listing_.clusters, "the percentage of use is wrong");
  }

  struct Folder {
    std::string path;
    std::uint64_t first;
    std::uint64_t length;
  };

  fs::path image_;
  std::uint64_t offset_;
  std::uint64_t size_;
  std::uint64_t fat_ = 0;
  std::uint64_t fat_length_ = 0;
  std::uint64_t root_ = 0;
  Bytes bitmap_;
  std::vector<std::uint16_t> upper_;
  std::map<std::uint64_t, std::uint64_t> used_;
  std::vector<Folder> pending_;
  Listing listing_;
};

}  // namespace

Listing read(const fs::path& image, std::uint64_t offset, std::uint64_t size) {
  return Reader(image, offset, size).read();
}

}  // namespace remedia::exfat_test
