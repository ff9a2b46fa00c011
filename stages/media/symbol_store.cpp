#include "media/symbol_store.h"

#include "formats/win_names.h"
#include "media/archive_readers.h"
#include "support/diagnostic.h"

#include <algorithm>
#include <array>

namespace remedia::symbols {

namespace {

constexpr std::size_t kGuidDigits = 32;
constexpr std::size_t kMostAgeDigits = 8;
// The largest PDBs of Windows have 100 MB; the format ends at 4 GB with usual blocks.
constexpr ArchiveLimits kOneFile = {.size = 4ull << 30, .entries = 1};

constexpr const char* kRequestForm =
    "\"ntkrnlmp.pdb,GUIDAGE,1\" as symchk writes it, or \"ntkrnlmp.pdb GUIDAGE\": 32 hexadecimal "
    "digits, then the age";

bool ends_in(std::string_view name, std::string_view ending) {
  return name.size() > ending.size() && fold_case(name).ends_with(fold_case(ending));
}

char to_case(char c, bool upper) {
  if (upper && c >= 'a' && c <= 'f') return static_cast<char>(c - 'a' + 'A');
  if (!upper && c >= 'A' && c <= 'F') return static_cast<char>(c - 'A' + 'a');
  return c;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

[[noreturn]] void refuse_request(std::string_view line, std::string_view why) {
  throw Failure(Diagnostic{.message = fmt::format("'{}' {}", line, why), .hint = kRequestForm});
}

std::unique_ptr<ArchiveReader> open_packed(const fs::path& file, const std::string& shown) {
  const Slice whole = Slice::whole(file);
  std::string start(4, '\0');
  start.resize(read_at(whole, Fd::open_read(file).get(), 0, start));
  std::unique_ptr<ArchiveReader> reader;
  if (start == "MSCF") {
    reader = open_cabinet(file, shown, 0, kOneFile);
  } else if (start.starts_with("PK")) {
    reader = open_zip(file, shown, kOneFile);
  } else {
    fail("'{}' is named like a compressed PDB and is neither a cabinet nor a zip", shown);
  }
  if (reader->entries().size() != 1 || reader->entries().front().folder)
    fail("'{}' holds no file, so no PDB", shown);
  return reader;
}

}  // namespace

std::optional<FileName> file_name(std::string_view name) {
  if (ends_in(name, ".pdb")) return FileName{.pdb = std::string(name)};
  if (!ends_in(name, ".pd_")) return std::nullopt;
  return FileName{.pdb = std::string(name.substr(0, name.size() - 1)) + "b", .packed = true};
}

std::string normal_key(std::string_view text) {
  if (text.size() <= kGuidDigits || text.size() > kGuidDigits + kMostAgeDigits) return {};
  if (text.find_first_not_of("0123456789abcdefABCDEF") != text.npos) return {};
  std::string key;
  for (std::size_t i = 0; i < kGuidDigits; ++i) key += to_case(text[i], true);
  // The age without leading zeros.
  std::size_t age = std::min(text.find_first_not_of('0', kGuidDigits), text.size() - 1);
  for (std::size_t i = age; i < text.size(); ++i) key += to_case(text[i], false);
  return key;
}

std::optional<Id> claimed(std::string_view path) {
  std::array<std::string_view, 2> folders;  // the one that it lies in, and the one above
  std::size_t end = path.rfind('/');
  for (std::string_view& folder : folders) {
    if (end == path.npos || end == 0) return std::nullopt;
    const std::size_t slash = path.rfind('/', end - 1);
    const std::size_t start = slash == path.npos ? 0 : slash + 1;
    folder = path.substr(start, end - start);
    end = slash;
  }
  Id id{.pdb = std::string(folders[1]), .key = normal_key(folders[0])};
  if (id.key.empty() || !ends_in(id.pdb, ".pdb")) return std::nullopt;
  return id;
}

std::optional<Id> parse_request(std::string_view line) {
  const std::string_view text = trimmed(line);
  if (text.empty()) return std::nullopt;
  // A name may hold commas and blanks; a key holds none.
  std::string_view rest = text;
  const bool symchk = rest.ends_with(",1");
  if (symchk) rest.remove_suffix(2);
  const std::size_t at = rest.find_last_of(symchk ? "," : ", \t");
  if (at == rest.npos) refuse_request(text, "does not say which PDB is meant");
  const std::string name(trimmed(rest.substr(0, at)));
  if (symchk && !ends_in(name, ".pdb")) return std::nullopt;
  if (!ends_in(name, ".pdb")) refuse_request(text, "does not name a .pdb");
  try {
    check_image_path(name);
  } catch (const Failure& failure) {
    refuse_request(text, fmt::format("names no file: {}", failure.what()));
  }
  if (name.find('/') != name.npos) refuse_request(text, "names a path, not a file");
  Id id{.pdb = name, .key = normal_key(trimmed(rest.substr(at + 1)))};
  if (id.key.empty()) refuse_request(text, "has no key of a PDB");
  return id;
}

std::string write_requests(std::vector<Id> ids) {
  std::sort(ids.begin(), ids.end());
  std::string text;
  for (const Id& id : ids) text += fmt::format("{},{},1\r\n", id.pdb, id.key);
  return text;
}

std::uint64_t packed_size(const fs::path& file, const std::string& shown) {
  return open_packed(file, shown)->entries().front().size;
}

Slice unpack(const fs::path& file, const std::string& shown, const fs::path& to) {
  std::unique_ptr<ArchiveReader> reader = open_packed(file, shown);
  Fd out = Fd::open_empty(to);
  reader->unpack(out.get(), to);
  return reader->content(reader->entries().front(), to);
}

}  // namespace remedia::symbols
