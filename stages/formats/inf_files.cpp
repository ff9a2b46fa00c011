// The files of a driver package that its INF copies: "INF CopyFiles Directive", "INF
// SourceDisksFiles Section", "INF SourceDisksNames Section", "INF DestinationDirs Section".
#include "formats/inf_parts.h"
#include "formats/win_names.h"

#include <algorithm>

#include <fmt/format.h>

namespace remedia::inf {

namespace {

constexpr std::size_t kMaxFiles = 100'000;
constexpr std::uint64_t kTagIsCabinet = 0x10;  // flags of [SourceDisksNames]
constexpr const char* kSystem32 = "11";        // where files go that no DestinationDirs speaks of

// Of numbers, however written, one spelling.
std::string disk_id(const std::string& text) {
  std::optional<std::uint64_t> number = number_of(text);
  return number ? std::to_string(*number) : fold_case(text);
}

std::string joined(const std::string& folder, const std::string& name) {
  if (folder.empty() || name.empty()) return folder + name;
  return folder + '/' + name;
}

// The name before '=', or the whole of a line without one.
std::string name_of(const Inf& inf, const Line& line) {
  return line.has_key ? inf.text(line.key) : inf.field(line, 0);
}

}  // namespace

Files::Tables& Files::tables(const Inf& inf) {
  auto [entry, added] = tables_.try_emplace(&inf.file());
  Tables& tables = entry->second;
  if (!added) return tables;
  read_disks(inf, tables);
  read_files(inf, tables);
  read_targets(inf, tables);
  tables.has_layout = !inf.file().value("Version", "LayoutFile").empty();
  return tables;
}

// id = description[, tag or cabinet[, unused[, path[, flags]]]]
void Files::read_disks(const Inf& inf, Tables& tables) {
  for (const Section* section : inf.by_arch("SourceDisksNames")) {
    for (const Line& line : inf.lines(*section)) {
      if (!line.has_key) continue;
      Disk disk{inf.path(inf.field(line, 3), line.number), {}};
      const std::string tag = inf.field(line, 1);
      const std::uint64_t flags = number_of(inf.field(line, 4)).value_or(0);
      if (fold_case(tag).ends_with(".CAB") || (!tag.empty() && (flags & kTagIsCabinet) != 0))
        disk.cabinet = joined(disk.path, inf.path(tag, line.number));
      tables.disks.emplace(disk_id(inf.text(line.key)), std::move(disk));
    }
  }
}

// file = disk[, folder[, size]]
void Files::read_files(const Inf& inf, Tables& tables) {
  for (const Section* section : inf.by_arch("SourceDisksFiles")) {
    for (const Line& line : inf.lines(*section)) {
      std::string disk = line.has_key ? inf.field(line, 0) : std::string();
      std::string folder = line.has_key ? inf.field(line, 1) : std::string();
      tables.files.emplace(fold_case(name_of(inf, line)), Listed{name_of(inf, line), disk_id(disk),
                                                                 std::move(folder), line.number});
    }
  }
}

// section = directory identifier[, folder]
void Files::read_targets(const Inf& inf, Tables& tables) {
  const Section* section = inf.file().find("DestinationDirs");
  if (section == nullptr) return;
  for (const Line& line : inf.lines(*section)) {
    if (!line.has_key) continue;
    std::string folder = inf.path(inf.field(line, 1), line.number);
    std::string id = inf.field(line, 0);
    if (std::optional<std::uint64_t> number = number_of(id)) {
      id = std::to_string(*number);
    } else {
      inf.warn(line.number,
               fmt::format("[DestinationDirs] has '{}' where the number of a directory "
                           "belongs",
                           clipped(id)));
      id = inf.path(id, line.number);
    }
    tables.targets.emplace(fold_case(inf.text(line.key)), joined(id, folder));
  }
}

std::string Files::target_of(const Inf& inf, Tables& tables, const std::string& section,
                             std::size_t line) {
  for (const std::string& key : {fold_case(section), std::string("DEFAULTDESTDIR")}) {
    auto found = tables.targets.find(key);
    if (found != tables.targets.end()) return found->second;
  }
  if (!std::exchange(tables.warned, true)) {
    inf.warn(line,
             fmt::format("[DestinationDirs] has neither '{}' nor DefaultDestDir: Windows takes "
                         "system32",
                         clipped(section)));
  }
  return kSystem32;
}

void Files::copy(const Inf& inf, const Line& directive) {
  for (std::size_t i = 0; i < directive.fields.size(); ++i) {
    const std::string name = inf.field(directive, i);
    if (name.empty()) continue;
    if (name[0] == '@') {
      const std::string file = inf.path(name.substr(1), directive.number);
      std::string target = target_of(inf, tables(inf), "DefaultDestDir", directive.number);
      add(inf, file, joined(target, file), directive.number);
      continue;
    }
    if (!done_.emplace(&inf.file(), fold_case(name)).second) continue;
    const Section* section = inf.file().find(name);
    if (section == nullptr) inf.fail_missing(directive.number, "CopyFiles", name);
    copy_section(inf, *section);
  }
}

// name[, name in the package[, unused[, flags]]]
void Files::copy_section(const Inf& inf, const Section& section) {
  for (const Line& line : inf.lines(section)) {
    const std::string name = inf.path(inf.field(line, 0), line.number);
    if (name.empty()) {
      inf.warn(line.number, fmt::format("[{}] has an entry without a name", clipped(section.name)));
      continue;
    }
    const std::string renamed = inf.path(inf.field(line, 1), line.number);
    const std::string folder = target_of(inf, tables(inf), section.name, line.number);
    add(inf, renamed.empty() ? name : renamed, joined(folder, name), line.number);
  }
}

// `name`: in the package, as CopyFiles has it.
void Files::add(const Inf& inf, const std::string& name, const std::string& target,
                std::size_t line) {
  if (name.empty()) return inf.warn(line, "CopyFiles names no file behind its '@'");
  const Tables& known = tables(inf);
  SourceFile file{.path = name, .cabinet = {}, .targets = {target}, .number = line};
  auto listed = known.files.find(fold_case(name));
  if (listed == known.files.end()) {
    // It may be on a medium of Windows, as the INF that LayoutFile names says.
    file.optional = known.has_layout;
    file.listed = false;
  } else {
    SourceFile found = located(inf, name, listed->second, true);
    file.path = std::move(found.path);
    file.cabinet = std::move(found.cabinet);
  }
  std::string folded = fold_case(file.path);
  if (folded == fold_case(inf.driver().catalog)) return;
  auto [place, fresh] = places_.emplace(std::move(folded), inf.driver().files.size());
  if (!fresh) {
    SourceFile& same = inf.driver().files[place->second];
    same.optional = same.optional && file.optional;
    std::vector<std::string>& targets = same.targets;
    inf.spend(targets.size());
    if (std::none_of(targets.begin(), targets.end(), [&](const std::string& known_target) {
          return fold_case(known_target) == fold_case(target);
        }))
      targets.push_back(target);
    return;
  }
  if (inf.driver().files.size() == kMaxFiles) {
    inf.fail(line, fmt::format("it copies more than {} files", kMaxFiles),
             "is it the INF of a driver? name the right file");
  }
  inf.driver().files.push_back(std::move(file));
}

SourceFile Files::located(const Inf& inf, const std::string& name, const Listed& entry,
                          bool copied) {
  const Tables& known = tables(inf);
  SourceFile file{.path = name, .cabinet = {}, .targets = {}};
  auto disk = known.disks.find(entry.disk);
  std::string folder = inf.path(entry.folder, entry.number);
  if (disk == known.disks.end()) {
    if (copied)
      inf.warn(entry.number,
               fmt::format("'{}' is on disk '{}', which [SourceDisksNames] does not know",
                           clipped(name), clipped(entry.disk)));
  } else {
    folder = folder.empty() ? disk->second.path : joined(disk->second.path, folder);
    file.cabinet = disk->second.cabinet;
  }
  file.path = joined(folder, name);
  return file;
}

void Files::list_rest(const Inf& inf) {
  for (const auto& [key, entry] : tables(inf).files) {
    const std::string name = inf.path(entry.name, entry.number);
    if (name.empty()) continue;
    SourceFile file = located(inf, name, entry, false);
    file.number = entry.number;
    const std::string folded = fold_case(file.path);
    if (folded == fold_case(inf.driver().catalog) || places_.contains(folded)) continue;
    if (inf.driver().listed_files.size() == kMaxFiles) {
      inf.fail(entry.number, fmt::format("it lists more than {} files", kMaxFiles),
               "is it the INF of a driver? name the right file");
    }
    inf.driver().listed_files.push_back(std::move(file));
  }
}

void Files::copy_inf(const Inf& inf, const Line& directive) {
  for (std::size_t i = 0; i < directive.fields.size(); ++i) {
    std::string name = inf.path(inf.field(directive, i), directive.number);
    if (!name.empty() && infs_.insert(fold_case(name)).second)
      inf.driver().copy_infs.push_back(std::move(name));
  }
}

}  // namespace remedia::inf
