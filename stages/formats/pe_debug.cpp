// Reads the debug directory of PE files.
//
// No more is read than the entries, of which no linker writes a dozen, and one CodeView record,
// whose path has an end of its own inside the size that the entry states.
#include "formats/pe_debug.h"

#include "formats/win_names.h"
#include "support/diagnostic.h"
#include "support/utf8.h"

#include <algorithm>
#include <vector>

namespace remedia::pe {

namespace {

constexpr std::uint64_t kEntry = 28;
constexpr std::uint64_t kMaxEntries = 128;
constexpr std::uint32_t kCodeView = 2;
constexpr std::uint32_t kRepro = 16;
constexpr std::uint16_t kPortable = 0x504D;  // minor version of the entry
constexpr std::uint64_t kRsds = 24;          // before the path
constexpr std::uint64_t kMaxPath = 4096;

std::uint32_t number(std::string_view bytes, std::size_t at, std::size_t size) {
  std::uint32_t value = 0;
  for (std::size_t i = size; i-- > 0;)
    value = value << 8 | static_cast<unsigned char>(bytes[at + i]);
  return value;
}

struct Entry {
  std::uint16_t minor_version = 0;
  std::uint32_t type = 0;
  std::uint32_t size = 0;
  std::uint32_t offset = 0;  // in the file
};

std::vector<Entry> entries(const Image& image) {
  constexpr std::string_view what = "its debug directory";
  const Directory directory = image.directory(kDebug);
  if (directory.size == 0) return {};
  const std::uint64_t start = image.offset_of(directory.address, directory.size, what);
  const std::uint64_t count = directory.size / kEntry;
  if (count > kMaxEntries || directory.size % kEntry != 0) {
    image.fail_at(start, fmt::format("{} has {} bytes, which are not 1 to {} entries of {}", what,
                                     directory.size, kMaxEntries, kEntry));
  }
  const std::string bytes = image.read_at(start, directory.size, what);
  std::vector<Entry> list;
  for (std::size_t at = 0; at < bytes.size(); at += kEntry) {
    list.push_back({.minor_version = static_cast<std::uint16_t>(number(bytes, at + 10, 2)),
                    .type = number(bytes, at + 12, 4),
                    .size = number(bytes, at + 16, 4),
                    .offset = number(bytes, at + 24, 4)});
  }
  return list;
}

// Only the last name of the path counts: the rest is a folder of the machine that linked it.
std::string pdb_name(const Image& image, std::string_view path, std::uint64_t offset) {
  const std::string name(path.substr(path.find_last_of("\\/") + 1));
  if (!is_utf8(name)) image.fail_at(offset, "the name of its PDB is not UTF-8");
  try {
    check_image_path(name);
  } catch (const Failure& failure) {
    image.fail_at(offset, fmt::format("the name of its PDB: {}", failure.what()));
  }
  if (name.size() <= 4 || !fold_case(name).ends_with(fold_case(".pdb")))
    image.fail_at(offset, fmt::format("it names '{}' as its PDB, which is not called so", name));
  return name;
}

CodeView read_code_view(const Image& image, const Entry& entry) {
  constexpr std::string_view what = "the name of its PDB";
  if (entry.size < 4) image.fail_at(entry.offset, fmt::format("{} has no kind", what));
  const std::string kind = image.read_at(entry.offset, 4, what);
  if (kind == "NB10") {
    image.fail_at(entry.offset,
                  "its PDB is of the kind NB10, older than Visual Studio .NET, which is not read");
  }
  if (kind != "RSDS") image.fail_at(entry.offset, fmt::format("{} is of an unknown kind", what));
  if (entry.minor_version == kPortable) {
    image.fail_at(entry.offset,
                  "its PDB is a portable one of .NET, which no debugger of Windows reads");
  }
  if (entry.size <= kRsds || entry.size > kRsds + kMaxPath) {
    image.fail_at(entry.offset, fmt::format("{} cannot have {} bytes", what, entry.size));
  }
  const std::string record = image.read_at(entry.offset, entry.size, what);
  const std::size_t end = record.find('\0', kRsds);
  if (end == record.npos) image.fail_at(entry.offset, fmt::format("{} has no end", what));
  const std::string_view path = std::string_view(record).substr(kRsds, end - kRsds);
  return {.pdb = pdb_name(image, path, entry.offset),
          .id = symbol_key(std::string_view(record).substr(4, 16), number(record, 20, 4))};
}

}  // namespace

std::optional<CodeView> code_view(const Image& image) {
  for (const Entry& entry : entries(image)) {
    if (entry.type == kCodeView) return read_code_view(image, entry);
  }
  return std::nullopt;
}

bool is_reproducible(const Image& image) {
  const std::vector<Entry> list = entries(image);
  return std::any_of(list.begin(), list.end(), [](const Entry& e) { return e.type == kRepro; });
}

std::string symbol_key(std::string_view guid, std::uint32_t age) {
  std::string key =
      fmt::format("{:08X}{:04X}{:04X}", number(guid, 0, 4), number(guid, 4, 2), number(guid, 6, 2));
  for (char c : guid.substr(8, 8)) key += fmt::format("{:02X}", static_cast<unsigned char>(c));
  return key + fmt::format("{:x}", age);
}

}  // namespace remedia::pe
