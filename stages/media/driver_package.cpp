#include "media/driver_package.h"

#include "formats/authenticode.h"
#include "formats/catalog.h"
#include "formats/device_ids.h"
#include "formats/win_names.h"
#include "support/digest.h"

#include <algorithm>
#include <set>

namespace remedia::drivers {

namespace {

constexpr std::uint64_t kMostCatalog = 64u << 20;
constexpr std::size_t kMostCompanions = 64;  // vendors' packages have two or three
constexpr std::size_t kMostErrors = 20;      // of one package: more help nobody

std::string name_of(const std::string& path) { return path.substr(path.find_last_of('/') + 1); }

std::string folder_of(const std::string& path) {
  std::size_t slash = path.find_last_of('/');
  return slash == path.npos ? "" : path.substr(0, slash + 1);
}

bool ends_in(const std::string& path, std::string_view extension) {
  return fold_case(path).ends_with(fold_case(extension));
}

/// Collects what the INFs of one package bring.
class Closure {
 public:
  using Wanted = std::function<bool(const inf::Driver&)>;

  Closure(const Folder& folder, const inf::Target& target, const Wanted& wanted)
      : folder_(folder), target_(target), wanted_(wanted) {}

  inf::Driver add(const TreeEntry& first) {
    base_ = folder_of(first.target);
    std::optional<inf::Driver> driver;
    std::vector<const TreeEntry*> waiting = {&first};
    seen_.insert(&first);
    for (std::size_t i = 0; i < waiting.size(); ++i) {
      inf::Driver one = add_part(*waiting[i], !driver);
      for (const std::string& name : one.copy_infs) {
        const TreeEntry* other = companion(*waiting[i], name);
        if (other == nullptr) {
          error(*waiting[i], 0, fmt::format("'{}', which it copies (CopyINF), is not there", name),
                elsewhere(name));
        } else if (seen_.insert(other).second) {
          waiting.push_back(other);
        }
      }
      if (!driver) driver = std::move(one);
      if (waiting.size() <= kMostCompanions) continue;
      error(first, 0, fmt::format("it copies more than {} further INFs (CopyINF)", kMostCompanions),
            "ask the vendor for a sound package, or name the INF in 'exclude'");
      break;
    }
    return std::move(*driver);
  }

  void finish(Package& package) {
    if (!errors_.empty()) throw Failure(errors_);
    std::map<std::string, PackageFile> all;  // one file can be asked for more than once
    for (const PackagePart& part : parts_) {
      for (const PackageFile& file : part.files) all.emplace(fold_case(file.path), file);
      if (part.catalog != nullptr) {
        std::string path = part.catalog->target.substr(base_.size());
        all.emplace(fold_case(path), PackageFile{path, part.catalog});
      }
    }
    std::string digest;
    for (auto& [key, file] : all) {
      package.size += file.entry->size;
      digest += key + "\n" + file.entry->sha256 + "\n";
      package.files.push_back(std::move(file));
    }
    package.id = id_for(package.name()) + "-" + sha256(digest).substr(0, 8);
    package.parts = std::move(parts_);
  }

 private:
  // Part of a path in the image, so only what no program can take for something else.
  static std::string id_for(const std::string& name) {
    std::string id;
    for (char c : name.substr(0, name.rfind('.'))) {
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
      bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
      if (id.size() < 40) id += plain ? c : '-';
    }
    return id;
  }

  void error(const TreeEntry& inf, std::size_t line, std::string message, std::string hint) {
    if (errors_.size() == kMostErrors) return;
    errors_.push_back({.message = std::move(message),
                       .where = {.name = inf.origin, .line = static_cast<int>(line)},
                       .hint = std::move(hint)});
  }

  // Nothing of a package lies above its INF: paths that climb are refused where INFs are read.
  void add_file(PackagePart& part, const TreeEntry& entry) const {
    part.files.push_back({entry.target.substr(base_.size()), &entry});
  }

  // That it is missing is said when signatures are judged: the recipe may allow it.
  void add_catalog(PackagePart& part, const std::string& name) {
    if (name.empty()) return;
    part.catalog_name = name;
    part.catalog = folder_.find(folder_of(part.inf->target) + name);
  }

  std::string elsewhere(const std::string& path) const {
    const TreeEntry* other = folder_.find_elsewhere(name_of(path));
    if (other != nullptr)
      return fmt::format("there is '{}', which is not where the INF says", other->origin);
    return "copy the whole package of the vendor; or name the INF in 'exclude'";
  }

  // As Windows looks for it: by its name, by that of compressed files, in its cabinet.
  void resolve(PackagePart& part, const inf::SourceFile& file, const TreeEntry& inf) {
    for (const std::string& path :
         {file.path, file.path.substr(0, file.path.size() - 1) + "_", file.cabinet}) {
      const TreeEntry* entry = path.empty() ? nullptr : folder_.find(folder_of(inf.target) + path);
      if (entry != nullptr) return add_file(part, *entry);
    }
    if (file.optional) return;
    error(inf, file.number, fmt::format("'{}' is asked for and is not there", file.path),
          elsewhere(file.path));
  }

  const TreeEntry* companion(const TreeEntry& inf, const std::string& name) const {
    return folder_.find(folder_of(inf.target) + name);
  }

  // A package whose own INF does not fit, or is not wanted, has no parts.
  inf::Driver add_part(const TreeEntry& inf, bool first) {
    inf::Companion included = [&](const std::string& name) -> const inf::File* {
      const TreeEntry* other = companion(inf, name);
      return other != nullptr ? &folder_.inf_file(*other) : nullptr;
    };
    inf::Driver driver = inf::describe(folder_.inf_file(inf), target_, included);
    if (first && (driver.fit != inf::Fit::serves || (wanted_ && !wanted_(driver)))) {
      driver.copy_infs.clear();
      return driver;
    }
    PackagePart part{.inf = &inf};
    add_file(part, inf);
    add_catalog(part, driver.catalog);
    if (driver.fit == inf::Fit::serves || driver.fit == inf::Fit::no_devices) {
      for (const inf::SourceFile& file : driver.files) resolve(part, file, inf);
      // Windows may want what its own version does not use; a part without devices has only these.
      for (inf::SourceFile& file : driver.listed_files) {
        file.optional = driver.fit == inf::Fit::serves;
        resolve(part, file, inf);
      }
    }
    parts_.push_back(std::move(part));
    for (const std::string& name : driver.companions) add_included(*companion(inf, name));
    return driver;
  }

  // Only its text is used: what it installs itself is another package.
  void add_included(const TreeEntry& inf) {
    if (!included_.insert(&inf).second) return;
    PackagePart part{.inf = &inf};
    add_file(part, inf);
    add_catalog(part, inf::describe(folder_.inf_file(inf), target_).catalog);
    parts_.push_back(std::move(part));
  }

  const Folder& folder_;
  const inf::Target& target_;
  const Wanted& wanted_;
  std::string base_;
  std::set<const TreeEntry*> seen_;
  std::set<const TreeEntry*> included_;
  std::vector<PackagePart> parts_;
  std::vector<Diagnostic> errors_;
};

// Old catalogues list SHA-1 only.
bool is_listed(const catalog::Catalog& catalog, const Folder& folder, const TreeEntry& entry) {
  if (catalog.sha256.contains(entry.sha256)) return true;
  std::string image = folder.image_digest(entry);
  if (!image.empty() && catalog.sha256.contains(image)) return true;
  if (catalog.sha1.empty()) return false;
  authenticode::Digests old = authenticode::digests(entry.slice(), authenticode::Algorithm::sha1);
  return catalog.sha1.contains(old.flat) ||
         (!old.image.empty() && catalog.sha1.contains(old.image));
}

}  // namespace

Changed::Changed(const TreeEntry& entry)
    : Failure(
          Diagnostic{.message = fmt::format("'{}' changed while the image was built", entry.origin),
                     .hint = "run the build again"}),
      origin_(entry.origin) {}

Folder::Folder(std::string written, const std::vector<TreeEntry>& entries,
               const std::map<std::string, std::string>& image_digests)
    : written_(std::move(written)), entries_(entries), image_digests_(image_digests) {
  for (const TreeEntry& entry : entries) {
    by_path_[fold_case(entry.target)].push_back(&entry);
    by_name_.emplace(fold_case(name_of(entry.target)), &entry);
  }
}

const TreeEntry* Folder::find(const std::string& path) const {
  auto found = by_path_.find(fold_case(path));
  if (found == by_path_.end()) return nullptr;
  const std::vector<const TreeEntry*>& entries = found->second;
  if (entries.size() > 1) {
    fail("'{}' and '{}' differ only in case, which Windows does not tell apart", entries[0]->origin,
         entries[1]->origin);
  }
  return entries.front();
}

const TreeEntry* Folder::find_elsewhere(std::string_view name) const {
  auto found = by_name_.find(fold_case(name));
  return found != by_name_.end() ? found->second : nullptr;
}

std::string Folder::image_digest(const TreeEntry& entry) const {
  auto found = image_digests_.find(entry.sha256);
  return found != image_digests_.end() ? found->second : "";
}

std::vector<const TreeEntry*> Folder::infs() const {
  std::vector<const TreeEntry*> infs;
  for (const TreeEntry& entry : entries_) {
    if (ends_in(entry.target, ".inf") || ends_in(entry.target, ".inx")) infs.push_back(&entry);
  }
  return infs;
}

const inf::File& Folder::inf_file(const TreeEntry& entry) const {
  std::unique_ptr<inf::File>& file = files_[&entry];
  if (file == nullptr) file = std::make_unique<inf::File>(read(entry, inf::kMaxFile), entry.origin);
  return *file;
}

void Folder::forget_infs() const { files_.clear(); }

std::string Folder::read(const TreeEntry& entry, std::uint64_t limit) {
  if (entry.size > limit) fail("'{}' has {} bytes, more than {}", entry.origin, entry.size, limit);
  std::string bytes;
  try {
    bytes = read_all(entry.slice(), limit);
  } catch (const Failure&) {
    throw Changed(entry);
  }
  if (sha256(bytes) != entry.sha256) throw Changed(entry);
  return bytes;
}

std::string Package::name() const { return name_of(inf->target); }

Package read_package(const Folder& folder, const TreeEntry& inf, const inf::Target& target,
                     const std::function<bool(const inf::Driver&)>& wanted) {
  Package package{.folder = &folder, .inf = &inf};
  if (ends_in(inf.target, ".inx")) {
    package.driver.fit = inf::Fit::unfinished;
    package.driver.why = "it is a template (.inx), from which a driver's build makes the INF";
    return package;
  }
  Closure closure(folder, target, wanted);
  package.driver = closure.add(inf);
  closure.finish(package);
  package.ids = ids_of(package.driver);
  folder.forget_infs();
  return package;
}

signature::Signer check_catalogue(const Package& package, const signature::Policy& policy) {
  std::optional<signature::Signer> signer;
  std::vector<Diagnostic> errors;
  for (const PackagePart& part : package.parts) {
    auto refuse = [&](std::string message, std::string hint) {
      errors.push_back({.message = std::move(message),
                        .where = {.name = part.inf->origin},
                        .hint = std::move(hint)});
    };
    if (part.catalog == nullptr) {
      const TreeEntry* other = package.folder->find_elsewhere(part.catalog_name);
      refuse(part.catalog_name.empty()
                 ? "the package is not signed: its INF names no catalogue"
                 : fmt::format("the catalogue '{}' that it names is not there", part.catalog_name),
             part.catalog_name.empty() || other == nullptr
                 ? "Windows does not load it; name the INF in 'allow_unsigned' if yours does"
                 : fmt::format("there is '{}', which is not where the INF says", other->origin));
      continue;
    }
    catalog::Catalog catalog =
        catalog::read(Folder::read(*part.catalog, kMostCatalog), part.catalog->origin, policy);
    for (const PackageFile& file : part.files) {
      if (is_listed(catalog, *package.folder, *file.entry)) continue;
      refuse(fmt::format("'{}' is not in the catalogue '{}': it is not the file that was signed",
                         file.entry->origin, name_of(part.catalog->target)),
             "copy the vendor's files byte for byte; git changes line ends unless .gitattributes "
             "says 'drivers/** -text'");
    }
    if (!signer) signer = catalog.signer;
  }
  if (!errors.empty()) throw Failure(errors);
  return *signer;
}

bool is_extension(const inf::Driver& driver) {
  return !driver.extension_id.empty() ||
         driver.class_guid == "{e2f84ce7-8efa-411c-aa69-97454ca4cb57}";
}

bool serves_all_of(const Package& package, const Package& other) {
  const Ids& ids = package.ids;
  const Ids& wanted = other.ids;
  // Most that do not, show it here.
  if (!std::includes(ids.hardware.begin(), ids.hardware.end(), wanted.hardware.begin(),
                     wanted.hardware.end()))
    return false;
  std::vector<std::string> all = ids.hardware;
  all.insert(all.end(), ids.compatible.begin(), ids.compatible.end());
  std::sort(all.begin(), all.end());
  return std::includes(all.begin(), all.end(), wanted.compatible.begin(), wanted.compatible.end());
}

Ids ids_of(const inf::Driver& driver) {
  std::set<std::string> hardware;
  std::set<std::string> compatible;
  for (const inf::Device& device : driver.devices) {
    if (!device.hardware_id.empty()) hardware.insert(upper_ascii(device.hardware_id));
    for (const std::string& id : device.compatible_ids) compatible.insert(upper_ascii(id));
  }
  return {{hardware.begin(), hardware.end()}, {compatible.begin(), compatible.end()}};
}

}  // namespace remedia::drivers
