// Which kind of pack it is, and who opens it.
//
// A program that unpacks itself may hold, in what it unpacks, anything that looks like another
// archive: a cabinet stored in a ZIP, say. So what counts is what begins first in the file; the
// rest is part of it.
#include "media/driver_pack.h"

#include "formats/pe.h"
#include "formats/win_names.h"
#include "media/driver_pack_programs.h"
#include "support/artifact.h"
#include "support/diagnostic.h"

#include <algorithm>
#include <optional>
#include <string_view>

namespace remedia {

namespace {

using namespace std::string_view_literals;

std::string extension_of(const fs::path& file) {
  std::string extension = file.extension().string();
  std::transform(extension.begin(), extension.end(), extension.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return extension;
}

fs::path beside(const fs::path& scratch, std::string_view suffix) {
  fs::path path = scratch;
  path += suffix;
  return path;
}

// ---- hints

std::string company_of(const fs::path& program) {
  try {
    pe::Info info = pe::read(Slice::whole(program), "");
    if (!info.version) return {};
    auto found = info.version->strings.find("CompanyName");
    return found == info.version->strings.end() ? "" : fold_case(found->second);
  } catch (const Failure&) {
    return {};  // it is only for a hint
  }
}

std::string hint_for(const fs::path& archive, const std::string& shown, bool inno = false) {
  std::string name = fs::path(shown).filename().string();
  if (extension_of(archive) == ".msi") {
    return fmt::format(
        "unpack it on Windows with `msiexec /a {} /qn TARGETDIR=FOLDER`, then name the folder",
        name);
  }
  std::string company = company_of(archive);
  auto is_of = [&](std::string_view who) {
    return company.find(fold_case(who)) != std::string::npos;
  };
  std::string command;
  if (is_of("Dell")) {
    command = "/s /e=FOLDER";
  } else if (is_of("Hewlett") || company == fold_case("HP") ||
             company.starts_with(fold_case("HP "))) {
    command = "/s /e /f FOLDER";
  } else if (is_of("Lenovo") || inno) {
    command = "/VERYSILENT /DIR=FOLDER /EXTRACT=YES";
  } else {
    return "unpack it on Windows as its vendor says (Dell: `/s /e=FOLDER`, HP: `/s /e /f FOLDER`, "
           "Lenovo: `/VERYSILENT /DIR=FOLDER /EXTRACT=YES`), then name the folder";
  }
  return fmt::format("unpack it on Windows with `{} {}`, then name the folder", name, command);
}

// ---- what is in a program

std::uint64_t little(std::string_view bytes, std::size_t at, std::size_t size) {
  std::uint64_t value = 0;
  for (std::size_t i = size; i-- > 0;) {
    value = value << 8 | static_cast<unsigned char>(bytes[at + i]);
  }
  return value;
}

/// A file that is open, for reading here and there.
class Bytes {
 public:
  explicit Bytes(const fs::path& file) : whole_(Slice::whole(file)), fd_(Fd::open_read(file)) {}
  std::uint64_t size() const { return whole_.size(); }
  /// Fewer bytes at the end of the file.
  std::string at(std::uint64_t offset, std::uint64_t count) const {
    if (offset >= size()) return {};
    std::string bytes(static_cast<std::size_t>(std::min(count, size() - offset)), '\0');
    read_at(whole_, fd_.get(), offset, bytes);
    return bytes;
  }

 private:
  Slice whole_;
  Fd fd_;
};

struct Zip {
  std::uint64_t first = 0;  ///< where its first entry begins
  Extent extent = {};       ///< from where its offsets count, to its end
};

/// The end of a central directory at `at` of `tail`, which begins at byte `start` of the file, if
/// it is one (APPNOTE.TXT 4.3.16). ZIP64 is left to 7-Zip.
std::optional<Zip> zip_that_ends(const Bytes& bytes, const std::string& tail, std::size_t at,
                                 std::uint64_t start) {
  std::uint64_t end = start + at + 22 + little(tail, at + 20, 2);
  std::uint64_t entries = little(tail, at + 10, 2);
  std::uint64_t size = little(tail, at + 12, 4);
  std::uint64_t offset = little(tail, at + 16, 4);
  std::uint64_t directory = start + at - size;  // checked next
  if (size > start + at || offset > directory || entries == 0 || end > bytes.size()) return {};
  std::string first = bytes.at(directory, 46);
  if (first.size() < 46 || !first.starts_with("PK\1\2"sv)) return {};
  // Offsets count from the ZIP, or, where a tool adjusted them, from the program.
  std::uint64_t base = directory - offset;
  std::uint64_t local = base + little(first, 42, 4);
  if (bytes.at(local, 4) != "PK\3\4"sv) return {};
  return Zip{local, {base, end - base}};
}

/// A ZIP at the end of a program, before its signature if it has one.
std::optional<Zip> find_zip(const Bytes& bytes, std::uint64_t end) {
  constexpr std::uint64_t kLongest = 22 + 0xffff + 8;  // with its comment, and padding behind it
  std::uint64_t start = end - std::min(end, kLongest);
  std::string tail = bytes.at(start, end - start);
  for (std::size_t at = tail.rfind("PK\5\6"sv); at != tail.npos && tail.size() >= 22;
       at = at == 0 ? tail.npos : tail.rfind("PK\5\6"sv, at - 1)) {
    if (at + 22 > tail.size()) continue;
    if (std::optional<Zip> zip = zip_that_ends(bytes, tail, at, start)) return zip;
  }
  return std::nullopt;
}

std::uint64_t end_before_signature(const fs::path& program, const std::string& shown) {
  Slice whole = Slice::whole(program);
  pe::Directory signature = pe::Image(whole, shown).directory(pe::kCertificates);
  return signature.size == 0 ? whole.size() : signature.address;
}

enum class Payload { none, zip, cabinet, inno, other };

struct Found {
  Payload payload = Payload::none;
  std::uint64_t at = UINT64_MAX;
};

/// The first of the marks by which the rest is known: of the table that Inno Setup's loader reads,
/// of 7z (with its major version, 0), of NSIS.
Found find_mark(const Bytes& bytes) {
  constexpr std::pair<std::string_view, Payload> kMarks[] = {
      {"rDlPtS"sv, Payload::inno},
      {"7z\xbc\xaf\x27\x1c\x00"sv, Payload::other},
      {"\xef\xbe\xad\xdeNullsoftInst"sv, Payload::other}};
  constexpr std::uint64_t kStep = 1 << 20;
  constexpr std::uint64_t kOverlap = 32;
  if (bytes.at(0x30, 4) == "Inno") return {Payload::inno, 0x30};  // before Inno Setup 5.1.5
  for (std::uint64_t at = 0; at < bytes.size(); at += kStep) {
    std::string chunk = bytes.at(at, kStep + kOverlap);
    Found first;
    for (const auto& [mark, payload] : kMarks) {
      std::size_t place = chunk.find(mark);
      if (place != chunk.npos && at + place < first.at) first = {payload, at + place};
    }
    if (first.payload != Payload::none) return first;
  }
  return {};
}

std::vector<TreeEntry> unpack_program(const fs::path& archive, const std::string& shown,
                                      const std::string& to, Pack& pack, const fs::path& scratch,
                                      const ArchiveLimits& limits) {
  Bytes bytes(archive);
  std::optional<Zip> zip = find_zip(bytes, end_before_signature(archive, shown));
  std::vector<std::uint64_t> cabinets = find_cabinets(archive);
  Found found = find_mark(bytes);
  if (!cabinets.empty() && cabinets[0] < found.at) found = {Payload::cabinet, cabinets[0]};
  if (zip && zip->first < found.at) found = {Payload::zip, zip->first};

  DriverPack program{.file = archive,
                     .shown = shown,
                     .room = beside(scratch, ".d"),
                     .limits = limits,
                     .hint = hint_for(archive, shown, found.payload == Payload::inno)};
  if (found.payload == Payload::cabinet) {
    return unpack_archive(archive, shown, to, pack, scratch, limits);
  }
  if (found.payload == Payload::zip) {
    ScratchFile alone(beside(scratch, ".zip"));
    {
      Fd out = Fd::open_empty(alone.path());
      copy_to({archive, {zip->extent}}, out.get(), 0, alone.path());
    }
    return unpack_entries(*open_zip(alone.path(), shown, limits), shown, to, pack, scratch);
  }
  std::unique_ptr<ArchiveReader> reader =
      found.payload == Payload::inno ? open_by_innoextract(program) : open_by_7zip(program);
  return unpack_entries(*reader, shown, to, pack, scratch);
}

DriverPack msi_database(const fs::path& archive, const std::string& shown, const fs::path& scratch,
                        const ArchiveLimits& limits) {
  if (Bytes(archive).at(0, 8) != "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"sv) {
    refuse_archive(shown, "does not begin as a Windows Installer database does",
                   "get the file again, or name it as what it is");
  }
  return {.file = archive,
          .shown = shown,
          .room = beside(scratch, ".d"),
          .limits = limits,
          .hint = hint_for(archive, shown)};
}

}  // namespace

bool is_driver_pack(const fs::path& file) {
  std::string extension = extension_of(file);
  return extension == ".cab" || extension == ".zip" || extension == ".msi" || extension == ".exe";
}

std::vector<TreeEntry> unpack_driver_pack(const fs::path& archive, const std::string& shown,
                                          const std::string& to, Pack& pack,
                                          const fs::path& scratch, const ArchiveLimits& limits,
                                          const std::vector<PackPart>& parts) {
  std::string extension = extension_of(archive);
  if (extension == ".msi") {
    DriverPack database = msi_database(archive, shown, scratch, limits);
    database.parts = parts;
    return unpack_entries(*open_by_msiextract(database), shown, to, pack, scratch);
  }
  if (extension == ".exe" && Bytes(archive).at(0, 2) == "MZ") {
    return unpack_program(archive, shown, to, pack, scratch, limits);
  }
  return unpack_archive(archive, shown, to, pack, scratch, limits);
}

std::vector<std::string> outside_cabinets(const fs::path& msi, const std::string& shown,
                                          const fs::path& scratch, const ArchiveLimits& limits) {
  return cabinets_by_msiinfo(msi_database(msi, shown, scratch, limits));
}

}  // namespace remedia
