// Reads the whole table at once: a genuine one has about a thousand sets.
//
// Values may be shared by entries, so their number is bounded apart from the size of the section.
// The hashes serve to find a name faster, and are not read.
#include "formats/api_set.h"

#include "formats/registry.h"
#include "formats/win_names.h"
#include "support/diagnostic.h"

#include <algorithm>

namespace remedia::api_set {

namespace {

constexpr std::uint64_t kMaxSection = 16u << 20;
constexpr std::uint64_t kHead = 28;
constexpr std::uint64_t kEntry = 24;
constexpr std::uint64_t kValue = 20;
constexpr std::uint64_t kMaxSets = 1u << 16;
constexpr std::uint64_t kMaxValues = 1u << 17;
constexpr std::uint64_t kMaxName = 2 * 260;  // bytes

constexpr std::uint64_t kPeOffset = 0x3C;  // in the file
constexpr std::uint64_t kCoffHeader = 24;  // with the signature
constexpr std::uint64_t kSectionHeader = 40;
constexpr std::string_view kSectionName{".apiset\0", 8};

std::uint64_t number(std::string_view bytes, std::size_t at, std::size_t width) {
  std::uint64_t value = 0;
  for (std::size_t i = width; i-- > 0;) {
    value = value << 8 | static_cast<unsigned char>(bytes[at + i]);
  }
  return value;
}

/// pe::Image, which checked the headers, finds addresses; this section has no directory.
std::string section_of(const pe::Image& image) {
  constexpr std::string_view what = "its header";
  const std::uint64_t coff = number(image.read_at(kPeOffset, 4, what), 0, 4);
  const std::string header = image.read_at(coff, kCoffHeader, what);
  const std::uint64_t sections = coff + kCoffHeader + number(header, 20, 2);
  for (std::uint64_t i = 0; i < number(header, 6, 2); ++i) {
    const std::uint64_t at = sections + i * kSectionHeader;
    const std::string section = image.read_at(at, kSectionHeader, "its table of sections");
    if (!section.starts_with(kSectionName)) continue;
    const std::uint64_t size = std::min(number(section, 8, 4), number(section, 16, 4));
    if (size > kMaxSection) image.fail_at(at, "its section .apiset is too large");
    return image.read_at(number(section, 20, 4), size, "its section .apiset");
  }
  image.fail_at(sections, "it has no section .apiset");
}

/// Without what the loader cuts off; empty if there is nothing to cut.
std::string_view hashed_part(std::string_view library) {
  const std::size_t dash = library.rfind('-');
  return library.substr(0, dash == library.npos ? 0 : dash);
}

}  // namespace

bool is_name(std::string_view library) {
  const std::string head = fold_case(library.substr(0, 4));
  return head == "API-" || head == "EXT-";
}

class Schema::Reader {
 public:
  Reader(std::string_view section, std::string_view shown) : section_(section), shown_(shown) {}

  std::uint64_t u32(std::uint64_t at, std::string_view what) const {
    return number(bytes(at, 4, what), 0, 4);
  }

  std::string name(std::uint64_t at, std::uint64_t length, std::string_view what) const {
    if (length % 2 != 0 || length > kMaxName) bad(at, fmt::format("{} is too long or odd", what));
    return from_utf16le(bytes(at, length, what));
  }

  std::vector<Value> values(std::uint64_t at, std::uint64_t count) {
    values_ += count;
    if (values_ > kMaxValues) bad(at, "there are too many values");
    check(at, count * kValue, "a list of values");
    std::vector<Value> list;
    for (const std::uint64_t end = at + count * kValue; at < end; at += kValue) {
      const auto text = [&](std::uint64_t field, std::string_view what) {
        return name(u32(at + field, what), u32(at + field + 4, what), what);
      };
      list.push_back(
          {fold_case(text(4, "the name of an importing library")), text(12, "the name of a host")});
    }
    return list;
  }

  [[noreturn]] void bad(std::uint64_t at, std::string_view why) const {
    fail("'{}': at byte {:#x} of its section .apiset: {}", shown_, at, why);
  }

  void check(std::uint64_t at, std::uint64_t size, std::string_view what) const {
    if (at > section_.size() || size > section_.size() - at) {
      bad(at, fmt::format("{} goes beyond its end", what));
    }
  }

 private:
  std::string_view bytes(std::uint64_t at, std::uint64_t size, std::string_view what) const {
    check(at, size, what);
    return section_.substr(at, size);
  }

  std::string_view section_;
  std::string_view shown_;
  std::uint64_t values_ = 0;
};

Schema::Schema(const pe::Image& image) { read(section_of(image), "apisetschema.dll"); }

Schema::Schema(std::string_view section, std::string_view shown) { read(section, shown); }

void Schema::read(std::string_view section, std::string_view shown) {
  Reader reader(section, shown);
  version_ = static_cast<std::uint32_t>(reader.u32(0, "the version"));
  if (version_ != kVersion) return;
  reader.check(0, kHead, "the head");
  const std::uint64_t count = reader.u32(12, "the head");
  const std::uint64_t entries = reader.u32(16, "the head");
  if (count > kMaxSets) reader.bad(12, "there are too many sets");
  reader.check(entries, count * kEntry, "the list of sets");
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::uint64_t at = entries + i * kEntry;
    const auto field = [&](std::uint64_t index) { return reader.u32(at + 4 * index, "a set"); };
    if (field(3) > field(2)) reader.bad(at, "more of a name is hashed than it has");
    reader.check(field(1), field(2), "the name of a set");
    std::string name = fold_case(reader.name(field(1), field(3), "the name of a set"));
    std::vector<Value> values = reader.values(field(4), field(5));
    sets_.try_emplace(std::move(name), std::move(values));
  }
}

std::optional<std::string> Schema::host(std::string_view library, std::string_view importer) const {
  const std::string_view part = hashed_part(library);
  const auto set = sets_.find(fold_case(part));
  if (part.empty() || set == sets_.end()) return std::nullopt;
  const std::vector<Value>& values = set->second;
  if (values.empty()) return std::string();
  const std::string asking = fold_case(importer);
  const auto own = std::find_if(values.begin(), values.end(), [&](const Value& value) {
    return !value.importer.empty() && value.importer == asking;
  });
  return own == values.end() ? values.front().host : own->host;
}

}  // namespace remedia::api_set
