#include "launcher/hive.h"

#include "launcher/text.h"

namespace remedia::launcher {
namespace {

constexpr std::size_t kBaseBlock = 4096;
constexpr std::size_t kKeySize = 0x4c;    // up to its name
constexpr std::size_t kValueSize = 0x14;  // up to its name
constexpr std::size_t kLongestName = 255;
constexpr std::size_t kLongestValue = 4096;
constexpr unsigned kMostValues = 4096;  // of one key
constexpr std::size_t kPage = 4096;     // what a read of one cell costs is counted in these
constexpr std::uint32_t kRegSz = 1;
constexpr std::uint32_t kRegExpandSz = 2;
constexpr std::uint32_t kRegDword = 4;

// Beyond the end there is zero: a count or an offset of zero leads nowhere.
std::uint32_t number(std::string_view bytes, std::size_t at, std::size_t size) {
  if (at + size > bytes.size()) return 0;
  std::uint32_t value = 0;
  for (std::size_t i = size; i > 0; --i) {
    value = value << 8 | static_cast<unsigned char>(bytes[at + i - 1]);
  }
  return value;
}

bool is(std::string_view record, std::string_view signature) {
  return record.substr(0, signature.size()) == signature;
}

}  // namespace

Hive::Hive(HiveSource& source) : source_(source) {
  const std::string base = source.read(0, 0x30);
  if (!is(base, "regf")) return;
  const std::uint32_t root = number(base, 0x24, 4);
  if (is(cell(root, kKeySize), "nk")) root_ = root;
}

// What the cell at `at` holds, at most `most` bytes of it; a used cell has a negative size.
std::string Hive::cell(std::uint32_t at, std::size_t most) {
  const std::size_t cost = 1 + most / kPage;
  if (at == kNone || cost > budget_) return {};
  budget_ -= cost;
  std::string bytes = source_.read(kBaseBlock + at, most + 4);
  const std::uint32_t size = number(bytes, 0, 4);
  if (bytes.size() < 4 || (size & 0x80000000U) == 0) return {};
  bytes.erase(0, 4);
  const std::uint32_t held = 0U - size;
  if (held < 4) return {};
  if (bytes.size() > held - 4) bytes.resize(held - 4);
  return bytes;
}

// Windows keeps names that are Latin as single bytes, and all that are asked for here are.
bool Hive::is_named(std::uint32_t key, std::string_view name) {
  const std::string record = cell(key, kKeySize + kLongestName);
  if (!is(record, "nk") || (number(record, 2, 2) & 0x20U) == 0) return false;
  const std::uint32_t size = number(record, 0x48, 2);
  return record.size() >= kKeySize + size &&
         same_ascii(std::string_view(record).substr(kKeySize, size), name);
}

std::uint32_t Hive::in_list(std::uint32_t list, std::string_view name, bool may_nest) {
  const std::string head = cell(list, 4);
  const std::uint32_t count = number(head, 2, 2);
  const bool hashes = is(head, "lf") || is(head, "lh");
  const bool lists = is(head, "ri");
  if ((!hashes && !lists && !is(head, "li")) || (lists && !may_nest)) return kNone;
  const std::size_t step = hashes ? 8 : 4;
  const std::string entries = cell(list, 4 + count * step);
  for (std::uint32_t i = 0; i < count; ++i) {
    const std::uint32_t entry = number(entries, 4 + i * step, 4);
    if (entry == 0) break;  // the list ends before its count
    const std::uint32_t found = lists                   ? in_list(entry, name, false)
                                : is_named(entry, name) ? entry
                                                        : kNone;
    if (found != kNone) return found;
  }
  return kNone;
}

std::uint32_t Hive::child(std::uint32_t key, std::string_view name) {
  const std::string record = cell(key, kKeySize);
  if (!is(record, "nk") || number(record, 0x14, 4) == 0) return kNone;
  return in_list(number(record, 0x1c, 4), name, true);
}

std::string Hive::value(std::uint32_t key, std::string_view name) {
  const std::string record = cell(key, kKeySize);
  const std::uint32_t count = number(record, 0x24, 4);
  if (!is(record, "nk") || count > kMostValues) return {};
  const std::string list = cell(number(record, 0x28, 4), count * 4);
  for (std::uint32_t i = 0; i < count && 4 * i + 4 <= list.size(); ++i) {
    const std::string found = cell(number(list, 4 * i, 4), kValueSize + kLongestName);
    const std::uint32_t size = number(found, 2, 2);
    if (!is(found, "vk") || found.size() < kValueSize + size) continue;
    if (same_ascii(std::string_view(found).substr(kValueSize, size), name)) return data(found);
  }
  return {};
}

std::string Hive::data(std::string_view record) {
  const std::uint32_t size = number(record, 4, 4);
  const std::uint32_t type = number(record, 0xc, 4);
  std::string bytes;
  if ((size & 0x80000000U) != 0) {  // up to four bytes stand in the record itself
    const std::size_t held = size & 0x7fffffffU;
    if (held > 4 || record.size() < 12) return {};
    bytes = record.substr(8, held);
  } else {
    if (size > kLongestValue) return {};
    bytes = cell(number(record, 8, 4), size);
    if (bytes.size() < size) return {};
  }
  if (type == kRegDword && bytes.size() == 4) return decimal(number(bytes, 0, 4));
  if (type != kRegSz && type != kRegExpandSz) return {};
  return utf8_of_utf16(bytes);
}

std::string Hive::text(std::string_view key, std::string_view name) {
  std::uint32_t at = root_;
  for (const std::string_view part : split(key, '\\')) {
    if (at == kNone) return {};
    at = child(at, part);
  }
  return at == kNone ? std::string() : value(at, name);
}

}  // namespace remedia::launcher
