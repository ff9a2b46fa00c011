// An own reading of a hive's cells, independent of libhivex, which it judges.
//
// Before an edit it makes sure that no cell is used twice and that what libhivex follows blindly
// while deleting (security descriptors' links and counts, class names) is in order; afterwards it
// shows what really changed. Layout of the records: the public descriptions of the regf format,
// checked against hives of Windows (libhivex, reglookup and this reader agree on them).
#include "media/hive_lib.h"
#include "support/diagnostic.h"

#include <algorithm>
#include <map>

namespace remedia::hive {

namespace {

constexpr std::size_t kKeyRecord = 76;  // without the name
constexpr std::size_t kValueRecord = 20;
constexpr std::size_t kBinHeader = 32;
constexpr std::uint32_t kInline = 0x80000000;  // in the length of a value: the data is its offset

std::uint32_t get16(std::string_view bytes, std::size_t at) {
  return static_cast<unsigned char>(bytes[at]) |
         static_cast<std::uint32_t>(static_cast<unsigned char>(bytes[at + 1])) << 8;
}

std::string text(std::string_view name, bool one_byte_each) {
  if (!one_byte_each) return from_utf16le(name);
  std::string wide;
  for (char c : name) wide += {c, '\0'};
  return from_utf16le(wide);
}

}  // namespace

struct Cells::Walk {
  std::vector<bool> taken;
  std::map<std::uint32_t, std::uint32_t> security;  // descriptor -> keys that refer to it
};

std::string KeyCells::name() const {
  return text(record.substr(kKeyRecord, get16(record, 72)), get16(record, 2) & 0x20);
}

Cells::Cells(std::string_view bytes, fs::path file) : file_(std::move(file)) {
  bins_ = bytes.substr(kBaseBlock, get32(bytes, 0x28));
  root_ = get32(bytes, 0x24);
  used_.resize(bins_.size() / 8 + 1);
  for (std::size_t bin = 0; bin < bins_.size();) {
    if (bins_.size() - bin < kBinHeader || bins_.substr(bin, 4) != "hbin") {
      fail_damaged("a bin has no header");
    }
    std::size_t size = get32(bins_, bin + 8);
    if (size < kBinHeader || size % 4096 != 0 || size > bins_.size() - bin) {
      fail_damaged("a bin has an impossible size");
    }
    for (std::size_t at = bin + kBinHeader; at < bin + size;) {
      std::int32_t length = static_cast<std::int32_t>(get32(bins_, at));
      std::size_t length_here = static_cast<std::size_t>(std::abs(std::int64_t{length}));
      if (length_here < 8 || length_here % 8 != 0 || length_here > bin + size - at) {
        fail_damaged("a cell has an impossible size");
      }
      used_[at / 8] = length < 0;
      at += length_here;
    }
    bin += size;
  }
}

void Cells::fail_damaged(std::string_view why) const {
  fail("cannot read registry hive '{}': it is damaged: {}", file_.string(), why);
}

std::string_view Cells::cell(std::uint32_t offset) const {
  if (offset % 8 != 0 || offset >= bins_.size() || !used_[offset / 8]) {
    fail_damaged("something refers to a cell that is not there");
  }
  std::size_t size = 0 - get32(bins_, offset);
  return bins_.substr(offset + 4, (size & 0xffffffff) - 4);
}

std::string_view Cells::record(std::uint32_t offset, std::string_view id, std::size_t size) const {
  std::string_view content = cell(offset);
  if (content.size() < size || content.substr(0, id.size()) != id) {
    fail_damaged("something refers to a cell of another kind");
  }
  return content;
}

// lf, lh: pairs of key and hash; li: keys; ri: further lists of these kinds.
void Cells::read_list(std::uint32_t offset, bool nested, std::vector<std::uint32_t>& children,
                      std::vector<std::uint32_t>* lists) const {
  std::string_view list = record(offset, "", 4);
  std::string_view id = list.substr(0, 2);
  bool pairs = id == "lf" || id == "lh";
  std::size_t step = pairs ? 8 : 4;
  std::size_t count = get16(list, 2);
  if ((!pairs && id != "li" && (id != "ri" || nested)) || count > (list.size() - 4) / step) {
    fail_damaged("a list of subkeys is broken");
  }
  if (lists != nullptr) lists->push_back(offset);
  for (std::size_t i = 0; i < count; ++i) {
    std::uint32_t entry = get32(list, 4 + i * step);
    if (id == "ri") {
      read_list(entry, true, children, lists);
    } else {
      children.push_back(entry);
    }
    if (children.size() > bins_.size() / 8) fail_damaged("a list of subkeys is broken");
  }
}

KeyCells Cells::key(std::uint32_t offset) const {
  KeyCells key;
  key.offset = offset;
  key.record = record(offset, "nk", kKeyRecord);
  if (get16(key.record, 72) > key.record.size() - kKeyRecord) fail_damaged("a key's name is cut");
  std::uint32_t subkeys = get32(key.record, 20);
  if (subkeys != 0) read_list(get32(key.record, 28), false, key.children, nullptr);
  if (key.children.size() != subkeys) fail_damaged("a key has another number of subkeys");
  std::uint32_t values = get32(key.record, 36);
  if (values == 0) return key;
  std::string_view list = cell(get32(key.record, 40));
  if (values > list.size() / 4) fail_damaged("a list of values is broken");
  for (std::size_t i = 0; i < values; ++i) key.values.push_back(get32(list, 4 * i));
  return key;
}

// Where a value's data lies: nowhere, in one cell, or in a record, its list and the list's cells.
std::vector<std::uint32_t> Cells::data_cells(std::string_view vk) const {
  std::uint32_t length = get32(vk, 4);
  if (length & kInline || length == 0) return {};
  std::uint32_t offset = get32(vk, 8);
  std::string_view content = cell(offset);
  if (length <= kMaxValue || content.substr(0, 2) != "db") return {offset};
  record(offset, "db", 8);
  std::uint32_t list = get32(content, 4);
  std::vector<std::uint32_t> cells = {offset, list};
  std::size_t count = get16(content, 2);
  std::string_view segments = cell(list);
  if (count > segments.size() / 4) fail_damaged("a long value is broken");
  for (std::size_t i = 0; i < count; ++i) cells.push_back(get32(segments, 4 * i));
  return cells;
}

std::string Cells::data(std::string_view vk) const {
  std::uint32_t length = get32(vk, 4);
  if (length & kInline) {
    length &= ~kInline;
    if (length > 4) fail_damaged("a short value is longer than its place");
    return std::string(vk.substr(8, length));
  }
  std::vector<std::uint32_t> cells = data_cells(vk);
  std::string result;
  for (std::size_t i = cells.size() > 1 ? 2 : 0; i < cells.size(); ++i) {
    std::string_view content = cell(cells[i]);
    std::size_t room = cells.size() > 1 ? std::min(content.size(), kMaxValue) : content.size();
    result += content.substr(0, std::min<std::size_t>(room, length - result.size()));
  }
  if (result.size() != length) fail_damaged("a value is longer than its cell");
  return result;
}

RegistryValue Cells::value(std::uint32_t offset) const {
  std::string_view vk = record(offset, "vk", kValueRecord);
  std::size_t length = get16(vk, 2);
  if (length > vk.size() - kValueRecord) fail_damaged("a value's name is cut");
  return {text(vk.substr(kValueRecord, length), get16(vk, 16) & 1),
          static_cast<RegistryType>(get32(vk, 12)), data(vk)};
}

bool Cells::is_loose(std::uint32_t value) const {
  return get32(record(value, "vk", kValueRecord), 4) == 0;
}

bool Cells::same_value(std::uint32_t offset, const Cells& other, std::uint32_t other_offset) const {
  if (offset != other_offset) return false;
  std::string_view vk = record(offset, "vk", kValueRecord);
  if (vk != other.record(offset, "vk", kValueRecord)) return false;
  std::vector<std::uint32_t> mine = data_cells(vk);
  return mine == other.data_cells(vk) &&
         std::all_of(mine.begin(), mine.end(), [&](auto at) { return cell(at) == other.cell(at); });
}

std::string_view Cells::security(const KeyCells& key) const {
  return record(get32(key.record, 44), "sk", 20).substr(16);
}

std::string_view Cells::class_name(const KeyCells& key) const {
  std::uint32_t offset = get32(key.record, 48);
  return offset == kNone ? "" : cell(offset);
}

void Cells::check() const {
  Walk walk;
  walk.taken.resize(used_.size());
  check_key(root_, 1, walk);
  check_security(walk);
}

void Cells::check_value(std::uint32_t offset, Walk& walk) const {
  auto take = [&](std::uint32_t at) {
    cell(at);
    if (walk.taken[at / 8]) fail_damaged("it refers to the same cells more than once");
    walk.taken[at / 8] = true;
  };
  take(offset);
  std::string_view vk = record(offset, "vk", kValueRecord);
  if (get16(vk, 2) > vk.size() - kValueRecord) fail_damaged("a value's name is cut");
  for (std::uint32_t at : data_cells(vk)) take(at);
}

void Cells::check_key(std::uint32_t offset, int depth, Walk& walk) const {
  if (depth > kMaxDepth) fail_damaged("keys are nested too deep");
  auto take = [&](std::uint32_t at) {
    cell(at);
    if (walk.taken[at / 8]) fail_damaged("it refers to the same cells more than once");
    walk.taken[at / 8] = true;
  };
  take(offset);
  KeyCells here = key(offset);
  std::uint32_t list = get32(here.record, 28);
  if (list != kNone && get32(here.record, 20) != 0) {
    std::vector<std::uint32_t> lists, ignored;
    read_list(list, false, ignored, &lists);
    std::for_each(lists.begin(), lists.end(), take);
  }
  if (!here.values.empty()) take(get32(here.record, 40));
  if (std::uint32_t name = get32(here.record, 48); name != kNone) take(name);
  ++walk.security[get32(here.record, 44)];
  for (std::uint32_t value : here.values) check_value(value, walk);
  for (std::uint32_t child : here.children) {
    if (get32(record(child, "nk", kKeyRecord), 16) != offset) {
      fail_damaged("a subkey names another parent");
    }
    check_key(child, depth + 1, walk);
  }
}

// Deleting a key lowers its descriptor's count, and the last one unlinks the descriptor.
void Cells::check_security(const Walk& walk) const {
  for (const auto& [offset, count] : walk.security) {
    std::string_view sk = record(offset, "sk", 20);
    if (walk.taken[offset / 8] || get32(sk, 12) < count) {
      fail_damaged("a security descriptor is miscounted");
    }
    for (std::size_t link : {4u, 8u}) record(get32(sk, link), "sk", 20);
  }
}

}  // namespace remedia::hive
