#include "launcher/drivers.h"

#include "launcher/text.h"

#include <algorithm>
#include <utility>

namespace remedia::launcher {
namespace {

constexpr std::string_view kFirstLine = "# Remedia drivers 1";
constexpr std::size_t kMostErrors = 20;
constexpr unsigned kMostPlace = 65535;
constexpr std::array<std::string_view, 5> kPhases = {"bus", "storage", "network", "rest",
                                                     "extension"};

// Written and read again it must be the same: nothing that ends a line or a field.
bool is_field(std::string_view text) {
  return !text.empty() && trimmed(text) == text && !has_control(text) && is_utf8(text);
}

// drvload splits its argument at commas and expands %names%; Windows has no path with quotes.
bool is_inf_path(std::string_view path) {
  return is_field(path) && path.find_first_of(",%\"") == std::string_view::npos;
}

// "2024-05-31", or nothing.
bool is_driver_date(std::string_view date) {
  if (date.empty()) return true;
  if (date.size() != 10) return false;
  for (std::size_t i = 0; i < date.size(); ++i) {
    const bool dash = i == 4 || i == 7;
    if (dash ? date[i] != '-' : (date[i] < '0' || date[i] > '9')) return false;
  }
  return true;
}

std::optional<DriverPhase> parse_phase(std::string_view name) {
  for (std::size_t i = 0; i < kPhases.size(); ++i) {
    if (kPhases[i] == name) return static_cast<DriverPhase>(i);
  }
  return std::nullopt;
}

std::optional<std::array<std::uint16_t, 4>> parse_version(std::string_view text) {
  const std::vector<std::string_view> parts = split(text, '.');
  std::array<std::uint16_t, 4> version = {};
  if (parts.size() != version.size()) return std::nullopt;
  for (std::size_t i = 0; i < version.size(); ++i) {
    const auto part = parse_number(parts[i], 65535);
    if (!part) return std::nullopt;
    version[i] = static_cast<std::uint16_t>(*part);
  }
  return version;
}

std::string version_text(const std::array<std::uint16_t, 4>& version) {
  std::string text;
  for (const std::uint16_t part : version) text += (text.empty() ? "" : ".") + decimal(part);
  return text;
}

// Builds the packages from the lines, one after the other.
class Reader {
 public:
  void take(unsigned number, std::string_view line) {
    const std::vector<std::string_view> fields = split(line, '\t');
    if (fields[0] == "P") return take_package(number, fields);
    if (fields[0] != "H" && fields[0] != "C") return report(number, "begins with none of P, H, C");
    if (skipping_) return;
    if (packages.empty()) return report(number, "is an id without a package before it");
    take_id(number, fields);
  }

  std::vector<DriverPackage> packages;
  std::vector<std::string> errors;

 private:
  void report(unsigned number, std::string_view what) {
    if (errors.size() >= kMostErrors) return;
    errors.push_back("line " + decimal(number) + " " + std::string(what));
  }

  // The ids after a bad one are its own, not those of the package before it.
  void take_package(unsigned number, const std::vector<std::string_view>& fields) {
    skipping_ = true;
    if (fields.size() != 5)
      return report(number, "is not 'P<tab>phase<tab>date<tab>version<tab>path'");
    const auto phase = parse_phase(fields[1]);
    const auto version = parse_version(fields[3]);
    if (!phase)
      return report(number, "has a phase that is none of bus, storage, network, rest, extension");
    if (!is_driver_date(fields[2])) return report(number, "has a date that is not YYYY-MM-DD");
    if (!version) return report(number, "has a version that is not four numbers");
    if (!is_inf_path(fields[4])) return report(number, "has no path that drvload takes");
    skipping_ = false;
    DriverPackage package;
    package.inf = fields[4];
    package.phase = *phase;
    package.date = fields[2];
    package.version = *version;
    packages.push_back(std::move(package));
  }

  void take_id(unsigned number, const std::vector<std::string_view>& fields) {
    const bool compatible = fields[0] == "C";
    const std::string_view id = trimmed(fields.back());
    const auto place = compatible && fields.size() == 3 ? parse_number(fields[1], kMostPlace)
                                                        : std::optional<unsigned>(0);
    if (fields.size() != (compatible ? 3U : 2U) || !place || !is_field(id)) {
      return report(number, compatible ? "is not 'C<tab>place<tab>id'" : "is not 'H<tab>id'");
    }
    if (compatible) {
      packages.back().compatible_ids.push_back(
          {std::string(id), static_cast<std::uint16_t>(*place)});
    } else {
      packages.back().hardware_ids.emplace_back(id);
    }
  }

  bool skipping_ = false;
};

const std::string& id_of(const DriverIndex& index, const DriverIndex::Id& entry) {
  const DriverPackage& package = index.packages[entry.package];
  return entry.compatible ? package.compatible_ids[entry.number].id
                          : package.hardware_ids[entry.number];
}

void add_ids(const DriverPackage& package, std::uint32_t number,
             std::vector<DriverIndex::Id>& ids) {
  for (std::uint32_t i = 0; i < package.hardware_ids.size(); ++i) ids.push_back({number, i, false});
  for (std::uint32_t i = 0; i < package.compatible_ids.size(); ++i) {
    ids.push_back({number, i, true});
  }
}

std::uint32_t capped(std::size_t value, std::size_t most) {
  return static_cast<std::uint32_t>(std::min(value, most));
}

// Of a device id, the one at `place` of its list, and the index's id that is equal to it.
std::uint32_t rank_of(const DriverIndex& index, const DriverIndex::Id& entry,
                      bool device_compatible, std::size_t place) {
  if (!device_compatible) return (entry.compatible ? 0x1000U : 0U) + capped(place, 0xfff);
  if (!entry.compatible) return 0x2000U + capped(place, 0xfff);
  const std::uint16_t inf_place = index.packages[entry.package].compatible_ids[entry.number].place;
  return 0x3000U + capped(place, 0xff) + 0x100U * capped(inf_place, 0xf);
}

void add_matches(const DriverIndex& index, const std::vector<std::string>& device_ids,
                 bool device_compatible, std::vector<Candidate>& found) {
  for (std::size_t place = 0; place < device_ids.size(); ++place) {
    const std::string wanted = upper_ascii(device_ids[place]);
    auto entry = std::lower_bound(
        index.ids.begin(), index.ids.end(), wanted,
        [&index](const DriverIndex::Id& a, const std::string& b) { return id_of(index, a) < b; });
    for (; entry != index.ids.end() && id_of(index, *entry) == wanted; ++entry) {
      found.push_back({entry->package, rank_of(index, *entry, device_compatible, place)});
    }
  }
}

}  // namespace

DriverIndex make_driver_index(std::vector<DriverPackage> packages) {
  DriverIndex index;
  index.packages = std::move(packages);
  for (std::uint32_t i = 0; i < index.packages.size(); ++i) {
    DriverPackage& package = index.packages[i];
    for (std::string& id : package.hardware_ids) id = upper_ascii(id);
    for (CompatibleId& id : package.compatible_ids) id.id = upper_ascii(id.id);
    add_ids(package, i, index.ids);
  }
  std::sort(index.ids.begin(), index.ids.end(),
            [&index](const DriverIndex::Id& a, const DriverIndex::Id& b) {
              return id_of(index, a) < id_of(index, b);
            });
  return index;
}

DriverIndex read_driver_index(std::string_view text) {
  Reader reader;
  const std::vector<std::string_view> lines = lines_of(text);
  if (!is_utf8(text)) {
    reader.errors.emplace_back("the file is not UTF-8");
  } else if (lines.empty() || lines[0] != kFirstLine) {
    reader.errors.push_back("line 1 is not '" + std::string(kFirstLine) + "'");
  } else {
    for (std::size_t i = 1; i < lines.size(); ++i) {
      if (trimmed(lines[i]).empty() || lines[i][0] == '#') continue;
      reader.take(static_cast<unsigned>(i + 1), lines[i]);
    }
  }
  DriverIndex index = make_driver_index(std::move(reader.packages));
  index.errors = std::move(reader.errors);
  return index;
}

namespace {

// Of ids, which are written in upper case; drivers have nothing to say in other letters.
std::optional<std::string> id_problem(const std::string& inf, std::string_view id) {
  if (is_field(id)) return std::nullopt;
  return inf + ": the id '" + std::string(id) + "' cannot be written to an index of drivers";
}

std::optional<std::string> package_problem(const DriverPackage& package) {
  if (!is_inf_path(package.inf)) {
    return "'" + package.inf + "' is no path of an INF that drvload takes";
  }
  if (!is_driver_date(package.date)) {
    return package.inf + ": the date '" + package.date + "' is not YYYY-MM-DD";
  }
  for (const std::string& id : package.hardware_ids) {
    if (auto problem = id_problem(package.inf, id)) return problem;
  }
  for (const CompatibleId& id : package.compatible_ids) {
    if (auto problem = id_problem(package.inf, id.id)) return problem;
  }
  return std::nullopt;
}

std::string written(const DriverPackage& package) {
  std::string text = "P\t" + std::string(kPhases[static_cast<std::size_t>(package.phase)]) + "\t" +
                     package.date + "\t" + version_text(package.version) + "\t" + package.inf +
                     "\n";
  for (const std::string& id : package.hardware_ids) text += "H\t" + upper_ascii(id) + "\n";
  for (const CompatibleId& id : package.compatible_ids) {
    text += "C\t" + decimal(id.place) + "\t" + upper_ascii(id.id) + "\n";
  }
  return text;
}

std::string written(const std::vector<DriverPackage>& packages) {
  std::string text = std::string(kFirstLine) + "\n";
  for (const DriverPackage& package : packages) text += written(package);
  return text;
}

}  // namespace

std::optional<std::string> driver_index_problem(const std::vector<DriverPackage>& packages) {
  std::vector<std::string> paths;
  for (const DriverPackage& package : packages) {
    if (auto problem = package_problem(package)) return problem;
    paths.push_back(upper_ascii(package.inf));
  }
  std::sort(paths.begin(), paths.end());
  const auto twice = std::adjacent_find(paths.begin(), paths.end());
  if (twice != paths.end()) return *twice + " is in the index of drivers twice";
  const std::size_t size = written(packages).size();
  if (size <= kLargestDriverIndex) return std::nullopt;
  return "the index of drivers has " + decimal(size) + " bytes; the launcher reads " +
         decimal(kLargestDriverIndex);
}

std::string write_driver_index(const std::vector<DriverPackage>& packages) {
  if (driver_index_problem(packages)) return {};
  return written(packages);
}

std::string_view device_name(const DeviceIds& device) {
  if (!device.hardware.empty()) return device.hardware[0];
  return device.compatible.empty() ? std::string_view() : device.compatible[0];
}

std::vector<Candidate> candidates(const DriverIndex& index, const DeviceIds& device) {
  std::vector<Candidate> found;
  add_matches(index, device.hardware, false, found);
  add_matches(index, device.compatible, true, found);

  // Of each package the best match only.
  std::sort(found.begin(), found.end(), [](const Candidate& a, const Candidate& b) {
    return a.package != b.package ? a.package < b.package : a.rank < b.rank;
  });
  const auto same = [](const Candidate& a, const Candidate& b) { return a.package == b.package; };
  found.erase(std::unique(found.begin(), found.end(), same), found.end());

  std::sort(found.begin(), found.end(), [&index](const Candidate& a, const Candidate& b) {
    const DriverPackage& x = index.packages[a.package];
    const DriverPackage& y = index.packages[b.package];
    if (a.rank != b.rank) return a.rank < b.rank;
    if (x.date != y.date) return x.date > y.date;
    if (x.version != y.version) return x.version > y.version;
    return x.inf != y.inf ? x.inf < y.inf : a.package < b.package;
  });
  return found;
}

}  // namespace remedia::launcher
