// Reads an INF as Windows does when it installs a driver: identity, devices, and for each DDInstall
// section what hangs from it.
#include "formats/inf_driver.h"

#include "formats/inf_parts.h"
#include "formats/win_names.h"
#include "support/diagnostic.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>

namespace remedia::inf {

namespace {

constexpr std::size_t kMaxDevices = 100'000;
constexpr std::size_t kMaxDepth = 32;  // of Needs; vendors' have 2 or 3

std::string lower(std::string text) {
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return text;
}

const Line* first_line(const Inf& inf, const char* section, std::string_view key) {
  const Section* found = inf.file().find(section);
  if (found == nullptr) return nullptr;
  const std::string folded = fold_case(key);
  for (const Line& line : inf.lines(*found)) {
    if (line.has_key && fold_case(line.key) == folded) return &line;
  }
  return nullptr;
}

bool is_of_a_driver(const Inf& inf) {
  const std::string signature = fold_case(inf.file().value("Version", "Signature"));
  return signature == "$WINDOWS NT$" || signature == "$CHICAGO$";
}

const Line* catalog_line(const Inf& inf) {
  for (const std::string& key : {"CatalogFile.NT" + inf.target().arch,
                                 std::string("CatalogFile.NT"), std::string("CatalogFile")}) {
    if (const Line* line = first_line(inf, "Version", key)) return line;
  }
  return nullptr;
}

// Numbers with one of `separators` between them; nothing if it is anything else.
std::optional<std::vector<unsigned>> numbers_of(std::string_view text,
                                                std::string_view separators) {
  std::vector<unsigned> numbers;
  for (const char *at = text.data(), *end = at + text.size();;) {
    unsigned number = 0;
    auto [next, error] = std::from_chars(at, end, number);
    if (error != std::errc() || numbers.size() == 4) return std::nullopt;
    numbers.push_back(number);
    if (next == end) return numbers;
    if (separators.find(*next) == std::string_view::npos) return std::nullopt;
    at = next + 1;
  }
}

// Month, day, year.
std::string date_of(std::string_view text) {
  std::optional<std::vector<unsigned>> parts = numbers_of(text, "/-");
  if (!parts || parts->size() != 3 || (*parts)[2] < 1000 || (*parts)[2] > 9999) return {};
  const std::chrono::year_month_day day{std::chrono::year(static_cast<int>((*parts)[2])),
                                        std::chrono::month((*parts)[0]),
                                        std::chrono::day((*parts)[1])};
  if (!day.ok()) return {};
  return fmt::format("{:04}-{:02}-{:02}", (*parts)[2], (*parts)[0], (*parts)[1]);
}

std::optional<std::array<std::uint16_t, 4>> version_of(std::string_view text) {
  std::optional<std::vector<unsigned>> parts = numbers_of(text, ".");
  std::array<std::uint16_t, 4> version = {};
  for (std::size_t i = 0; parts && i < parts->size(); ++i) {
    if ((*parts)[i] > 0xffff) return std::nullopt;
    version[i] = static_cast<std::uint16_t>((*parts)[i]);
  }
  return parts ? std::optional(version) : std::nullopt;
}

// What [Version] says; what is wrong with it is judged later, if the driver is wanted.
void read_identity(const Inf& inf) {
  Driver& driver = inf.driver();
  driver.class_name = inf.file().value("Version", "Class");
  driver.class_guid = lower(inf.file().value("Version", "ClassGuid"));
  driver.provider = inf.file().value("Version", "Provider");
  driver.extension_id = lower(inf.file().value("Version", "ExtensionId"));
  driver.date = date_of(inf.file().value("Version", "DriverVer"));
  driver.version_text = inf.file().value("Version", "DriverVer", 1);
  driver.version = version_of(driver.version_text).value_or(driver.version);
  if (const Line* line = catalog_line(inf)) driver.catalog = inf.field(*line, 0);
}

void judge_driver_ver(const Inf& inf) {
  const Driver& driver = inf.driver();
  const Line* line = first_line(inf, "Version", "DriverVer");
  const std::string date = line == nullptr ? "" : inf.field(*line, 0);
  if (date.empty()) {
    inf.warn(line == nullptr ? 0 : line->number,
             "[Version] has no DriverVer: Windows takes the driver for older than any other");
  } else if (driver.date.empty()) {
    inf.fail(line->number, fmt::format("DriverVer has the date '{}', which is none", clipped(date)),
             "a date is as 05/31/2024: month, day, year");
  }
  if (!driver.version_text.empty() && !version_of(driver.version_text)) {
    inf.fail(
        line->number,
        fmt::format("DriverVer has the version '{}', which is none", clipped(driver.version_text)),
        "a version is as 1.2.3.4, with numbers from 0 to 65535");
  }
}

void judge_identity(const Inf& inf) {
  Driver& driver = inf.driver();
  judge_driver_ver(inf);
  for (const char* key : {"Class", "ClassGuid", "Provider"}) {
    if (inf.file().value("Version", key).empty())
      inf.warn(0, fmt::format("[Version] has no {}, which Windows asks for", key));
  }
  if (const Line* line = catalog_line(inf)) driver.catalog = inf.path(driver.catalog, line->number);
}

// description = DDInstall section[, hardware ID[, compatible ID...]]
void read_models(const Inf& inf, const Section& models) {
  std::vector<Device>& devices = inf.driver().devices;
  for (const Line& line : inf.lines(models)) {
    if (!line.has_key) {
      inf.warn(line.number, "a line of a Models section has no '=' and is ignored");
      continue;
    }
    Device device{.description = inf.text(line.key),
                  .section = inf.field(line, 0),
                  .hardware_id = inf.field(line, 1),
                  .compatible_ids = {},
                  .number = line.number};
    for (std::size_t i = 2; i < line.fields.size(); ++i) {
      std::string id = inf.field(line, i);
      if (!id.empty()) device.compatible_ids.push_back(std::move(id));
    }
    if (device.section.empty()) {
      inf.warn(line.number,
               fmt::format("the device '{}' names no section to install and is ignored",
                           clipped(device.description)));
      continue;
    }
    if (devices.size() == kMaxDevices) {
      inf.fail(line.number, fmt::format("it has more than {} devices", kMaxDevices),
               "is it the INF of a driver? name the right file");
    }
    devices.push_back(std::move(device));
  }
}

/// The kinds of sections that hang from a DDInstall section, by the suffix of their name.
enum class Role { services, hardware, other };

struct Suffix {
  const char* text;
  Role role;
};

constexpr std::array kSuffixes = {
    Suffix{"", Role::other},
    Suffix{".Services", Role::services},
    Suffix{".HW", Role::hardware},
    Suffix{".Wdf", Role::other},
    Suffix{".CoInstallers", Role::other},
    Suffix{".Interfaces", Role::other},
    Suffix{".Components", Role::other},
    Suffix{".Software", Role::other},
    Suffix{".Events", Role::other},
    Suffix{".Filters", Role::other},
};

/// Goes through the sections of an installation, and those that they name.
class Installer {
 public:
  explicit Installer(const Companion& companion, Work& work) : companion_(companion), work_(work) {}

  void install(const Inf& inf, const Device& device) {
    if (!seen_.insert(fold_case(device.section)).second) return;
    const Section* actual = inf.decorated(device.section);
    if (actual == nullptr)
      inf.fail_missing(device.number, fmt::format("the device '{}'", clipped(device.description)),
                       device.section);
    windows_.clear();
    inf.driver().installs.push_back({device.section, actual->name, {}, {}, {}});
    for (const Suffix& suffix : kSuffixes) {
      role_ = suffix.role;
      done_.clear();
      const Section* section = inf.file().find(actual->name + suffix.text);
      if (section != nullptr) follow(inf, *section);
    }
  }

  void list_rest(const Inf& inf) { files_.list_rest(inf); }

 private:
  Install& current() { return work_.driver.installs.back(); }

  void follow(const Inf& inf, const Section& section) {
    if (!done_.insert(&section).second) return;
    std::vector<Inf> included = {inf};
    for (const Line& line : inf.lines(section)) {
      if (line.has_key && fold_case(line.key) == "INCLUDE") include(inf, line, included);
    }
    path_.push_back(&section);
    for (const Line& line : inf.lines(section)) {
      if (line.has_key) entry(inf, line, included);
    }
    path_.pop_back();
  }

  void include(const Inf& inf, const Line& line, std::vector<Inf>& included) {
    for (std::size_t i = 0; i < line.fields.size(); ++i) {
      const std::string name = lower(inf.field(line, i));
      if (name.empty()) continue;
      const File* file = companion_ ? companion_(name) : nullptr;
      if (file != nullptr) {
        included.emplace_back(*file, work_);
        if (companions_.insert(name).second) work_.driver.companions.push_back(name);
      } else if (windows_.insert(name).second) {
        current().includes.push_back(name);
      }
    }
  }

  void entry(const Inf& inf, const Line& line, const std::vector<Inf>& included) {
    const std::string key = fold_case(line.key);
    if (key == "NEEDS") {
      needs(inf, line, included);
    } else if (key == "COPYFILES") {
      files_.copy(inf, line);
    } else if (key == "COPYINF") {
      files_.copy_inf(inf, line);
    } else if (key == "ADDSERVICE" && role_ == Role::services) {
      std::optional<Service> service = read_service(inf, line);
      if (service) current().services.push_back(std::move(*service));
    } else if (key == "ADDREG" && role_ == Role::hardware) {
      read_add_reg(inf, line, current().hardware_registry);
    } else if (key == "ADDINTERFACE" || key == "ADDCOMPONENT" || key == "ADDSOFTWARE") {
      // What they install has a section of its own, which may copy files.
      const std::string name = inf.field(line, 2);
      const Section* section = name.empty() ? nullptr : inf.decorated(name);
      if (section != nullptr) descend(inf, *section, line.number);
    }
  }

  void needs(const Inf& inf, const Line& line, const std::vector<Inf>& included) {
    for (std::size_t i = 0; i < line.fields.size(); ++i) {
      const std::string name = inf.field(line, i);
      inf.spend(included.size());
      for (const Inf& candidate : included) {
        const Section* section = name.empty() ? nullptr : candidate.file().find(name);
        if (section == nullptr) continue;
        if (std::find(path_.begin(), path_.end(), section) != path_.end()) {
          inf.fail(line.number,
                   fmt::format("Needs turns in a circle: it leads back to [{}]", clipped(name)),
                   "ask the vendor for a sound package, or correct the INF");
        }
        descend(candidate, *section, line.number);
        break;
      }
    }
  }

  void descend(const Inf& inf, const Section& section, std::size_t line) {
    if (path_.size() >= kMaxDepth) {
      inf.fail(line, fmt::format("sections name each other more than {} deep", kMaxDepth),
               "ask the vendor for a sound package, or correct the INF");
    }
    follow(inf, section);
  }

  const Companion& companion_;
  Work& work_;
  Files files_;
  std::set<std::string> seen_;        // DDInstall sections
  std::set<std::string> companions_;  // INFs of the package that any installation includes
  std::set<std::string> windows_;     // INFs of Windows that the installation includes
  Role role_ = Role::other;           // of the sections that are followed
  std::set<const Section*> done_;     // with this role
  std::vector<const Section*> path_;  // from the first to the current one
};

bool has_default_install(const File& file) {
  return std::any_of(file.sections().begin(), file.sections().end(), [](const Section& section) {
    const std::string name = fold_case(section.name);
    return name == "DEFAULTINSTALL" || name.starts_with("DEFAULTINSTALL.");
  });
}

// Whether the driver is for the target, without a look at what it installs.
void choose(const Inf& inf, Choice& choice) {
  Driver& driver = inf.driver();
  if (!is_of_a_driver(inf)) {
    driver.why = "its [Version] has no Signature of Windows: it is no INF of a driver";
    return;
  }
  read_identity(inf);
  auto [token, line] = unfilled_token(inf.file());
  if (!token.empty()) {
    driver.fit = Fit::unfinished;
    driver.why = fmt::format(
        "it is a template: '{}' in line {} is to be filled in by the build of "
        "the driver",
        clipped(token), line);
    return;
  }
  choice = choose_models(inf);
  driver.fit = choice.fit;
  driver.why = choice.why;
  driver.architectures = choice.architectures;
  if (driver.fit == Fit::no_devices && has_default_install(inf.file()))
    driver.why = "it is for no device: it has [DefaultInstall] and no [Manufacturer] with devices";
}

}  // namespace

Driver describe(const File& file, const Target& target, const Companion& companion) {
  Driver driver;
  Work work{file, target, driver};
  const Inf inf(file, work);
  Choice choice;
  choose(inf, choice);
  if (driver.fit == Fit::no_devices) Files().list_rest(inf);
  if (driver.fit != Fit::serves) return driver;
  for (const Section* models : choice.models) read_models(inf, *models);
  if (driver.devices.empty()) {
    driver.fit = Fit::no_devices;
    driver.why = "none of the lines of its Models sections names a section to install";
    return driver;
  }
  driver.models_section = choice.models.front()->name;
  judge_identity(inf);
  Installer installer(companion, work);
  for (const Device& device : driver.devices) installer.install(inf, device);
  installer.list_rest(inf);
  return driver;
}

}  // namespace remedia::inf
