// How each program is called, and what its list looks like.
#include "media/driver_pack_programs.h"

#include "media/driver_pack_room.h"
#include "support/diagnostic.h"
#include "support/process.h"

#include <algorithm>
#include <charconv>
#include <set>
#include <span>

namespace remedia {

namespace {

constexpr unsigned kListSeconds = 120;
constexpr unsigned kUnpackSeconds = 3600;

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    lines.push_back(line);
  }
  return lines;
}

std::optional<std::uint64_t> number(std::string_view text) {
  std::uint64_t value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::string package_hint(const DriverPack& pack, std::string_view package) {
  return fmt::format("install the package {}; or {}", package, pack.hint);
}

std::vector<std::string_view> fields_of(std::string_view line) {
  std::vector<std::string_view> fields;
  for (;;) {
    const std::size_t tab = line.find('\t');
    fields.push_back(line.substr(0, tab));
    if (tab == line.npos) return fields;
    line.remove_prefix(tab + 1);
  }
}

[[noreturn]] void fail_list(const DriverPack& pack, std::string_view program,
                            std::string_view line) {
  refuse_archive(pack.shown,
                 fmt::format("cannot be unpacked: what {} says of it is not understood: '{}'",
                             program, line.substr(0, 200)),
                 pack.hint);
}

// ---- 7-Zip: `l -slt` has "Key = value" lines, those of the archive up to a line of dashes.

fs::path find_7zip(const DriverPack& pack) {
  try {
    return find_program("7zz", "");
  } catch (const Failure&) {
    return find_program("7z", package_hint(pack, "7zip"));  // p7zip, and 7-Zip of newer Debian
  }
}

/// One entry as 7-Zip describes it. The first line of a key counts: a comment, which may have lines
/// of any kind, comes late.
class SevenZipEntry {
 public:
  void add(std::string_view line) {
    std::size_t middle = line.find(" = ");
    if (middle == line.npos && line.ends_with(" =")) middle = line.size() - 2;
    if (middle == line.npos) return;
    std::string_view value = line.substr(std::min(middle + 3, line.size()));
    values_.try_emplace(std::string(line.substr(0, middle)), value);
  }

  ListedEntry judged(const DriverPack& pack) const {
    std::string path = value("Path");
    if (value("Encrypted") == "+") {
      refuse_archive(pack.shown, fmt::format("is encrypted ('{}' is)", path), pack.hint);
    }
    if (is_link()) {
      refuse_archive(pack.shown, fmt::format("holds '{}', which is a link or a device", path),
                     pack.hint);
    }
    bool folder = value("Folder") == "+" || flags().find('D') != std::string::npos;
    return {.path = path, .folder = folder, .size = number(value("Size"))};
  }

 private:
  std::string value(const std::string& key) const {
    auto found = values_.find(key);
    return found == values_.end() ? "" : found->second;
  }

  // "A -rw-r--r--": flags of Windows, then the mode of Unix if the archive has one.
  std::string flags() const {
    std::string attributes = value("Attributes");
    return attributes.substr(0, attributes.find(' '));
  }
  bool is_link() const {
    std::string attributes = value("Attributes");
    std::size_t space = attributes.find(' ');
    char kind =
        space == std::string::npos || space + 1 >= attributes.size() ? '-' : attributes[space + 1];
    return (kind != '-' && kind != 'd') || flags().find('L') != std::string::npos ||
           !value("Symbolic Link").empty() || !value("Hard Link").empty();
  }

  std::map<std::string, std::string> values_;
};

struct SevenZipList {
  std::string type;
  std::vector<ListedEntry> entries;
};

SevenZipList read_7zip_list(const DriverPack& pack, const std::string& text) {
  SevenZipList list;
  std::vector<SevenZipEntry> entries;
  bool in_entries = false;
  for (std::string_view line : lines_of(text)) {
    if (!in_entries) {
      if (line.starts_with("Type = ")) list.type = line.substr(7);
      in_entries = line == "----------";
    } else {
      if (line.starts_with("Path = ")) entries.emplace_back();
      if (!entries.empty()) entries.back().add(line);
    }
  }
  if (!in_entries) fail_list(pack, "7-Zip", "");
  for (const SevenZipEntry& entry : entries) list.entries.push_back(entry.judged(pack));
  return list;
}

/// 7-Zip opens much that is no pack: a program as its sections, images of disks, the file systems
/// in them.
bool is_pack_type(const std::string& type) {
  const std::set<std::string> types = {"7z", "zip", "Cab", "Nsis", "Rar", "Rar5"};
  return types.contains(type);
}

// ---- innoextract: silent, a line is "SIZE PATH", or "PATH/" of a folder that is named.

std::vector<ListedEntry> read_inno_list(const DriverPack& pack, const std::string& text) {
  std::vector<ListedEntry> list;
  for (std::string_view line : lines_of(text)) {
    std::size_t space = line.find(' ');
    std::optional<std::uint64_t> size = number(line.substr(0, std::min(space, line.size())));
    if (size && space != line.npos) {
      list.push_back({.path = std::string(line.substr(space + 1)), .size = size});
    } else if (line.size() > 1 && line.ends_with('/')) {
      line.remove_suffix(1);
      list.push_back({.path = std::string(line), .folder = true});
    } else {
      fail_list(pack, "innoextract", line);
    }
  }
  return list;
}

}  // namespace

std::unique_ptr<ArchiveReader> open_by_7zip(const DriverPack& pack) {
  std::string program = find_7zip(pack);
  auto room = std::make_unique<Room>(pack, ".exe");
  // An empty password: else it asks for one.
  SevenZipList list = read_7zip_list(
      pack, room->run(pack, {program, "l", "-slt", "-sccUTF-8", "-bd", "-p", room->pack_name()},
                      kListSeconds));
  if (!is_pack_type(list.type)) {
    refuse_archive(
        pack.shown,
        fmt::format("holds no archive that is known here; for 7-Zip it is of type '{}'", list.type),
        pack.hint);
  }
  check_list(pack, list.entries);
  room->run(pack, {program, "x", "-y", "-p", "-bd", "-bso0", "-bsp0", "-oout", room->pack_name()},
            kUnpackSeconds);
  return std::make_unique<RoomReader>(pack, std::move(room), list.entries);
}

std::unique_ptr<ArchiveReader> open_by_innoextract(const DriverPack& pack) {
  std::string program = find_program("innoextract", package_hint(pack, "innoextract"));
  auto room = std::make_unique<Room>(pack, ".exe");
  const std::vector<std::string> quiet = {"--silent", "--color=0", "--progress=0",
                                          "--collisions=error"};
  std::vector<std::string> argv = {program, "--list", "--list-sizes"};
  argv.insert(argv.end(), quiet.begin(), quiet.end());
  argv.push_back(room->pack_name());
  std::vector<ListedEntry> list = read_inno_list(pack, room->run(pack, argv, kListSeconds));
  check_list(pack, list);

  argv = {program, "--extract", "--timestamps=none", "--output-dir=out"};
  argv.insert(argv.end(), quiet.begin(), quiet.end());
  argv.push_back(room->pack_name());
  std::string output = room->run(pack, argv, kUnpackSeconds);
  // Wrong checksums and encrypted files are warnings to it.
  if (!output.empty()) {
    refuse_archive(pack.shown, "cannot be unpacked: innoextract says:\n    " + output, pack.hint);
  }
  return std::make_unique<RoomReader>(pack, std::move(room), list);
}

std::unique_ptr<ArchiveReader> open_by_msiextract(const DriverPack& pack) {
  std::string program = find_program("msiextract", package_hint(pack, "msitools"));
  auto room = std::make_unique<Room>(pack, ".msi");
  std::vector<ListedEntry> list;
  std::string text = room->run(pack, {program, "--list", room->pack_name()}, kListSeconds);
  for (std::string_view line : lines_of(text)) list.push_back({.path = std::string(line)});
  check_list(pack, list);
  room->run(pack, {program, "--directory=out", room->pack_name()}, kUnpackSeconds);
  return std::make_unique<RoomReader>(pack, std::move(room), list);
}

// A table is exported as lines of fields: names of the columns, their types, the key, then rows. A
// cabinet that lies in the database itself has a # before its name; a row without a cabinet is of
// files that lie beside the .msi as they are.
std::vector<std::string> cabinets_by_msiinfo(const DriverPack& pack) {
  std::string program = find_program("msiinfo", package_hint(pack, "msitools"));
  Room room(pack, ".msi");
  std::string text = room.run(pack, {program, "export", room.pack_name(), "Media"}, kListSeconds);
  std::vector<std::string_view> lines = lines_of(text);
  if (lines.size() < 3) fail_list(pack, "msiinfo", text);
  std::vector<std::string_view> head = fields_of(lines[0]);
  const auto found = std::find(head.begin(), head.end(), "Cabinet");
  if (found == head.end()) fail_list(pack, "msiinfo", lines[0]);
  std::vector<std::string> names;
  for (std::string_view line : std::span(lines).subspan(3)) {
    std::vector<std::string_view> row = fields_of(line);
    if (row.size() != head.size()) fail_list(pack, "msiinfo", line);
    std::string name(row[static_cast<std::size_t>(found - head.begin())]);
    if (name.empty() || name.starts_with('#')) continue;
    if (name.find_first_of("/\\") != name.npos ||
        archive_entry(pack.shown, name, true).path != name)
      fail_list(pack, "msiinfo", line);
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  }
  return names;
}

}  // namespace remedia
