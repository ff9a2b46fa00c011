// Asks an image for its versions, languages and packages, and compares the answers.
//
// Sources. Packages and their state: the key "Component Based Servicing\Packages" of the SOFTWARE
// hive; the COMPONENTS hive holds components (DerivedData) and deployments (CanonicalData), which
// are the parts of packages and carry no install state of their own. The states are those of "CBS
// Servicing States Chart", Microsoft's tip of the day of 2015-10-12: 0 absent, 5 uninstall pending,
// 0x10 resolving, 0x20 resolved, 0x30 staging, 0x40 staged, 0x50 superseded, 0x60 install pending,
// 0x65 partially installed, 0x70 installed, 0x80 permanent (installed, cannot be removed).
#include "media/base_facts.h"

#include "formats/pe.h"
#include "formats/registry.h"
#include "formats/win_names.h"
#include "media/hive.h"
#include "support/artifact.h"
#include "support/diagnostic.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <set>
#include <tuple>

namespace remedia {

namespace {

using Package = BaseFacts::Package;
using Numbers = std::vector<std::uint64_t>;

constexpr std::string_view kSystem32 = "Windows/System32/";
const std::string kSoftware = hive_file("SOFTWARE");
constexpr std::string_view kCurrentVersion = "Microsoft\\Windows NT\\CurrentVersion";
constexpr std::string_view kPackages =
    "Microsoft\\Windows\\CurrentVersion\\Component Based Servicing\\Packages";
constexpr std::uint32_t kInstalled = 0x70;
constexpr std::uint32_t kPermanent = 0x80;
constexpr std::uint64_t kMaxProgram = 1u << 28;  // kernels have 12 MB
constexpr std::uint64_t kMaxHive = 1u << 31;     // that Windows loads

// --- registry ---

using Registry = hive::Reader;

/// Text as it can be shown: up to its terminator, no control characters.
std::string printable(std::string text) {
  text.resize(std::min(text.size(), text.find('\0')));
  for (char& c : text) {
    if ((c >= 0 && c < ' ') || c == 0x7F) c = '?';
  }
  return text;
}

std::string text_of(const std::optional<RegistryValue>& value) {
  const bool text =
      value && (value->type == RegistryType::string || value->type == RegistryType::expand_string);
  if (!text) return {};
  return printable(
      from_utf16le(std::string_view(value->data).substr(0, value->data.size() / 2 * 2)));
}

std::optional<std::uint32_t> number_of(const std::optional<RegistryValue>& value) {
  if (!value || value->type != RegistryType::dword || value->data.size() != 4) return std::nullopt;
  std::uint32_t number = 0;
  for (std::size_t i = 4; i-- > 0;) {
    number = number << 8 | static_cast<unsigned char>(value->data[i]);
  }
  return number;
}

// --- versions ---

/// The numbers of "10.0.26100.1742"; empty if the text is no version.
Numbers numbers_of(std::string_view version) {
  Numbers numbers;
  while (true) {
    std::uint32_t number = 0;
    const auto [end, error] =
        std::from_chars(version.data(), version.data() + version.size(), number);
    if (error != std::errc()) return {};
    numbers.push_back(number);
    version.remove_prefix(static_cast<std::size_t>(end - version.data()));
    if (version.empty()) return numbers;
    if (version.front() != '.') return {};
    version.remove_prefix(1);
  }
}

/// Builds that share their files: an enablement package turns on what these already hold and raises
/// the build in the registry, not in the files ("Windows 10 version 22H2 ... share an identical set
/// of system files", Microsoft's KB5015684 and the like for the other families). Windows 11 goes on
/// raising 26100 in that way, so the last range is wide.
struct Family {
  std::uint64_t files;
  std::uint64_t last;
};
constexpr Family kFamilies[] = {{18362, 18363}, {19041, 19045}, {22621, 22635}, {26100, 26999}};

std::uint64_t family_of(std::uint64_t build) {
  for (const Family& family : kFamilies) {
    if (build >= family.files && build <= family.last) return family.files;
  }
  return build;
}

/// Major, minor and build have to agree. The revision need not: an update replaces the files that
/// it changes, so that the kernel stays behind UBR in a month that leaves it alone, and the XML
/// behind both when whoever updated an image did not go through DISM.
bool agree(const Numbers& left, const Numbers& right) {
  if (left.size() < 3 || right.size() < 3) return true;
  return left[0] == right[0] && left[1] == right[1] && family_of(left[2]) == family_of(right[2]);
}

struct Witness {
  std::string_view who;
  const std::string& version;
};

std::array<Witness, 4> witnesses(const BaseFacts& facts) {
  return {{{"the kernel", facts.from_kernel},
           {"the WIM's XML", facts.from_xml},
           {"the registry", facts.from_hive},
           {"the boot loader", facts.from_loader}}};
}

/// Each is compared with the first that says anything.
void compare_versions(BaseFacts& facts) {
  const Witness* first = nullptr;
  const auto all = witnesses(facts);
  for (const Witness& witness : all) {
    const Numbers numbers = numbers_of(witness.version);
    if (numbers.empty()) continue;
    if (first == nullptr) first = &witness;
    if (agree(numbers_of(first->version), numbers)) continue;
    facts.disagreements.push_back(fmt::format("{} says version {}, {} says {}", first->who,
                                              first->version, witness.who, witness.version));
  }
}

void compare_architectures(const wim::Image& image, BaseFacts& facts) {
  if (facts.kernel_arch.empty() || image.architecture.empty()) return;
  if (facts.kernel_arch == image.architecture) return;
  facts.disagreements.push_back(fmt::format("the kernel is for {}, the WIM's XML says {}",
                                            facts.kernel_arch, image.architecture));
}

// --- files of the image ---

class FactReader {
 public:
  FactReader(const wim::File& file, int image, const fs::path& scratch_prefix)
      : file_(file), image_(image), scratch_(scratch_prefix) {}

  BaseFacts read() {
    file_.list(image_);  // or a Failure: there is no such image
    const wim::Image& described = file_.info().images.at(static_cast<std::size_t>(image_) - 1);
    facts_.from_xml = printable(described.version);
    read_kernel();
    read_loader();
    read_registry();
    facts_.languages = languages();
    compare_versions(facts_);
    compare_architectures(described, facts_);
    return std::move(facts_);
  }

 private:
  /// Gives the file at `path` to `use`, if there is one. What it then throws is no more than a
  /// fact.
  template <typename Use>
  bool with_file(std::string_view path, std::string_view shown, std::uint64_t limit, Use use) {
    const wim::Entry* entry = file_.find(image_, path);
    if (entry == nullptr || entry->directory) return false;
    if (entry->size > limit) {
      cannot_read(shown, fmt::format("its {} bytes are too many", entry->size));
      return true;
    }
    const ScratchFile content(scratch_.native() + ".fact");
    file_.extract(image_, *entry, content.path());
    try {
      use(content.path());
    } catch (const Failure& failure) {
      std::string why = failure.diagnostics().empty() ? "" : failure.diagnostics().front().message;
      // The name of a scratch file means nothing to anybody, and differs from build to build.
      cannot_read(shown, with_replaced(why, content.path().native(), path));
    }
    return true;
  }

  void cannot_read(std::string_view shown, std::string_view why) {
    facts_.disagreements.push_back(fmt::format("{} cannot be read: {}", shown, why));
  }

  static std::string file_version(const pe::Info& program) {
    return program.version ? program.version->file.text() : std::string();
  }

  void read_kernel() {
    const std::string path = std::string(kSystem32) + "ntoskrnl.exe";
    with_file(path, "the kernel", kMaxProgram, [&](const fs::path& program) {
      const pe::Image image(Slice::whole(program), path);
      facts_.kernel_arch = image.header().architecture;
      const auto version = pe::version_resource(image);
      if (version) facts_.from_kernel = version->file.text();
    });
  }

  void read_loader() {
    for (const std::string_view name :
         {"winload.efi", "winload.exe", "boot/winload.efi", "boot/winload.exe"}) {
      const std::string path = std::string(kSystem32) + std::string(name);
      const bool found =
          with_file(path, "the boot loader", kMaxProgram, [&](const fs::path& program) {
            facts_.from_loader = file_version(pe::read(Slice::whole(program), path));
          });
      if (found) return;
    }
  }

  void read_registry() {
    with_file(kSoftware, "the SOFTWARE hive", kMaxHive, [&](const fs::path& hive) {
      const Registry registry(hive);
      read_current_version(registry);
      read_packages(registry);
    });
  }

  void read_current_version(const Registry& registry) {
    const auto text = [&](std::string_view name) {
      return text_of(registry.value(kCurrentVersion, name));
    };
    const auto number = [&](std::string_view name) {
      return number_of(registry.value(kCurrentVersion, name));
    };
    facts_.edition = text("EditionID");
    facts_.product_name = text("ProductName");
    facts_.display_version = text("DisplayVersion");
    facts_.installation_type = text("InstallationType");
    // Before Windows 10, "CurrentVersion" was all there was; since, it says 6.3 for ever.
    const auto major = number("CurrentMajorVersionNumber");
    const std::string release =
        major ? fmt::format("{}.{}", *major, number("CurrentMinorVersionNumber").value_or(0))
              : text("CurrentVersion");
    std::string build = text("CurrentBuildNumber");
    if (build.empty()) build = text("CurrentBuild");
    if (release.empty() || build.empty()) return;
    facts_.from_hive = release + "." + build;
    if (const auto revision = number("UBR")) facts_.from_hive += fmt::format(".{}", *revision);
  }

  /// All or, if the hive turns out to be damaged on the way, none: half a list would mislead.
  void read_packages(const Registry& registry) {
    std::vector<Package> all;
    for (const std::string& identity : registry.children(kPackages)) {
      const std::string key = fmt::format("{}\\{}", kPackages, identity);
      all.push_back(package(identity, number_of(registry.value(key, "CurrentState")).value_or(0)));
    }
    std::sort(all.begin(), all.end(), [](const Package& left, const Package& right) {
      return sort_key(left) < sort_key(right);
    });
    facts_.packages = std::move(all);
  }

  using SortKey = std::tuple<std::string, std::string, Numbers, std::string>;
  static SortKey sort_key(const Package& package) {
    return {fold_case(package.name), fold_case(package.language), numbers_of(package.version),
            package.identity};
  }

  static std::string without_suffix(std::string name) {
    constexpr std::string_view suffix = "-PACKAGE";
    if (name.size() > suffix.size() && fold_case(name).ends_with(suffix)) {
      name.resize(name.size() - suffix.size());
    }
    return name;
  }

  /// An identity is name~token of the public key~architecture~language~version.
  static Package package(const std::string& key, std::uint32_t state) {
    Package result;
    result.identity = printable(key);
    result.state = state;
    result.installed = state == kInstalled || state == kPermanent;
    std::vector<std::string> parts(1);
    for (const char c : result.identity) {
      if (c == '~') {
        parts.emplace_back();
      } else {
        parts.back() += c;
      }
    }
    result.name = without_suffix(parts.front());
    if (parts.size() == 5) {
      result.language = parts[3];
      result.version = parts[4];
    }
    return result;
  }

  /// "en-US", "de-DE", "zh-Hans-CN", "es-419": two or three letters, then groups of up to eight.
  static bool is_language(std::string_view name) {
    const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
    const auto ok = [&](char c) { return letter(c) || (c >= '0' && c <= '9') || c == '-'; };
    const std::size_t first = std::min(name.find('-'), name.size());
    return (first == 2 || first == 3) && name.size() <= 16 && name.size() > first + 2 &&
           std::all_of(name.begin(), name.end(), ok) &&
           std::all_of(name.begin(), name.begin() + static_cast<std::ptrdiff_t>(first), letter);
  }

  /// Folders without a translation do not count: Windows PE has some that are empty.
  std::vector<std::string> languages() const {
    std::set<std::string> found;
    const std::string prefix = fold_case(kSystem32);
    for (const wim::Entry& entry : file_.list(image_)) {
      const std::string_view path = entry.path;
      if (entry.directory || path.size() <= prefix.size() + 4) continue;
      if (fold_case(path.substr(path.size() - 4)) != ".MUI") continue;
      if (fold_case(path.substr(0, prefix.size())) != prefix) continue;
      const std::string_view rest = path.substr(prefix.size());
      const std::size_t end = rest.find('/');
      if (end == rest.npos || rest.find('/', end + 1) != rest.npos) continue;
      if (is_language(rest.substr(0, end))) found.emplace(rest.substr(0, end));
    }
    return {found.begin(), found.end()};
  }

  const wim::File& file_;
  int image_;
  fs::path scratch_;
  BaseFacts facts_;
};

}  // namespace

BaseFacts read_base_facts(const wim::File& file, int image, const fs::path& scratch_prefix) {
  return FactReader(file, image, scratch_prefix).read();
}

const BaseFacts::Package* find_package(const BaseFacts& facts, std::string_view name) {
  const std::string wanted = fold_case(name);
  const auto rank = [](const Package& package) {
    return std::tuple(package.language.empty(), package.installed, numbers_of(package.version));
  };
  const Package* best = nullptr;
  for (const Package& package : facts.packages) {
    const std::string found = fold_case(package.name);
    if (found != wanted && found + "-PACKAGE" != wanted) continue;
    if (best == nullptr || rank(*best) < rank(package)) best = &package;
  }
  return best;
}

std::optional<KernelVersion> kernel_version(const BaseFacts& facts) {
  for (const Witness& witness : witnesses(facts)) {
    const Numbers numbers = numbers_of(witness.version);
    if (numbers.size() < 3 || numbers[0] > 0xFF || numbers[1] > 0xFF || numbers[2] > 0xFFFF)
      continue;
    return KernelVersion{static_cast<int>(numbers[0]), static_cast<int>(numbers[1]),
                         static_cast<int>(numbers[2])};
  }
  return std::nullopt;
}

std::optional<int> build_number(const BaseFacts& facts) {
  std::optional<KernelVersion> version = kernel_version(facts);
  return version ? std::optional(version->build) : std::nullopt;
}

}  // namespace remedia
