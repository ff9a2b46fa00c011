#include "media/medium.h"

#include "formats/win_names.h"
#include "media/iso9660.h"
#include "media/udf.h"
#include "support/diagnostic.h"

#include <algorithm>
#include <optional>

namespace remedia {

namespace {

constexpr std::size_t kMaxFiles = 200'000;
constexpr std::string_view kBootImage = "sources/boot.wim";

std::string bytes_at(const fs::path& file, std::uint64_t offset, std::size_t size) {
  Slice whole = Slice::whole(file);
  std::string bytes(size, '\0');
  Fd fd = Fd::open_read(file);
  bytes.resize(offset < whole.size() ? read_at(whole, fd.get(), offset, bytes) : 0);
  return bytes;
}

[[noreturn]] void refuse(std::string message, std::string hint) {
  throw Failure(Diagnostic{.message = std::move(message), .hint = std::move(hint)});
}

// --- folders -----------------------------------------------------------------------------------

std::vector<fs::directory_entry> sorted_entries(const fs::path& folder) {
  std::error_code error;
  std::vector<fs::directory_entry> entries;
  for (fs::directory_iterator it(folder, error); !error && it != fs::directory_iterator();
       it.increment(error)) {
    entries.push_back(*it);
  }
  if (error) fail("cannot read the folder '{}': {}", folder.string(), error.message());
  std::sort(entries.begin(), entries.end());
  return entries;
}

// A link that leads nowhere is neither.
bool is_folder(const fs::directory_entry& entry) {
  std::error_code ignored;
  return entry.is_directory(ignored);
}

bool is_file(const fs::directory_entry& entry) {
  std::error_code ignored;
  return entry.is_regular_file(ignored);
}

std::string folded_name(const fs::path& path) { return fold_case(path.filename().string()); }

using Wanted = bool (*)(const fs::directory_entry&);

std::vector<fs::path> spellings(const fs::path& folder, std::string_view name, Wanted wanted) {
  std::vector<fs::path> found;
  for (const fs::directory_entry& entry : sorted_entries(folder)) {
    if (wanted(entry) && folded_name(entry.path()) == fold_case(name)) found.push_back(entry);
  }
  return found;
}

// What Windows would find in the folder under this name.
std::optional<fs::path> child(const fs::path& folder, std::string_view name, Wanted wanted) {
  std::vector<fs::path> found = spellings(folder, name, wanted);
  if (found.empty()) return std::nullopt;
  if (found.size() > 1) {
    refuse(fmt::format("'{}' holds both '{}' and '{}'", folder.string(),
                       found[0].filename().string(), found[1].filename().string()),
           "Windows takes these names for one; remove one of them");
  }
  return found[0];
}

// Two spellings make a medium too: only files that Windows takes for one are refused, by name.
bool is_medium(const fs::path& folder) { return !spellings(folder, "sources", is_folder).empty(); }

std::optional<fs::path> subfolder(const fs::path& folder, std::string_view name) {
  return child(folder, name, is_folder);
}

// Where copype puts boot sectors: `fwfiles`, in newer kits `bootbins`.
std::optional<fs::path> boot_sector_folder(const fs::path& folder) {
  std::optional<fs::path> found = subfolder(folder, "bootbins");
  return found ? found : subfolder(folder, "fwfiles");
}

// `en-us/winpe.wim` of the kit: every kit known has it there and there only, but nothing says that
// none has it elsewhere.
std::optional<fs::path> pe_image_of(const fs::path& kit, std::vector<fs::path>& looked_at) {
  std::optional<fs::path> found;
  for (const fs::directory_entry& entry : sorted_entries(kit)) {
    if (!is_folder(entry)) continue;
    looked_at.push_back(entry.path());
    bool english = folded_name(entry.path()) == fold_case("en-us");
    if (found && !english) continue;
    if (auto image = child(entry.path(), "winpe.wim", is_file)) found = image;
  }
  return found;
}

// `<root>/Windows Preinstallation Environment/amd64` to `<root>/Deployment Tools/amd64/Oscdimg`.
std::optional<fs::path> oscdimg_of(const fs::path& kit, std::vector<fs::path>& looked_at) {
  fs::path root = (kit / ".." / "..").lexically_normal();
  std::string arch = fs::absolute(kit / ".").lexically_normal().parent_path().filename().string();
  std::optional<fs::path> folder = root;
  for (std::string_view name : {std::string_view("Deployment Tools"), std::string_view(arch),
                                std::string_view("Oscdimg")}) {
    if (!folder) break;
    looked_at.push_back(*folder);
    folder = subfolder(*folder, name);
  }
  return folder;
}

// Where a boot sector of the ADK lies on a medium; empty for other files.
std::string place_of_boot_sector(const std::string& name) {
  std::string folded = fold_case(name);
  if (folded == fold_case("etfsboot.com")) return "boot/" + name;
  bool efi = folded.starts_with(fold_case("efisys")) && folded.ends_with(fold_case(".bin"));
  return efi ? "efi/microsoft/boot/" + name : "";
}

// --- split WIMs --------------------------------------------------------------------------------

bool is_split(std::string_view folded) { return folded.ends_with(fold_case(".swm")); }

// The number of a part of the split WIM that begins with `first`, which is number 1; 0 for any
// other file. Both are folded. A WIM has at most 65535 parts (its header counts in 16 bits).
std::uint32_t part_number(std::string_view first, std::string_view name) {
  static constexpr std::size_t kEnding = 4;
  static constexpr std::size_t kMaxDigits = 5;
  if (name == first) return 1;
  if (!is_split(first) || !is_split(name)) return 0;
  std::string_view stem = first.substr(0, first.size() - kEnding);
  if (!name.starts_with(stem) || name.size() < stem.size() + kEnding) return 0;
  std::string_view digits = name.substr(stem.size(), name.size() - stem.size() - kEnding);
  if (digits.empty() || digits.size() > kMaxDigits || digits[0] == '0') return 0;
  std::uint32_t number = 0;
  for (char c : digits) {
    if (c < '0' || c > '9') return 0;
    number = number * 10 + static_cast<std::uint32_t>(c - '0');
  }
  return number >= 2 && number <= 65535 ? number : 0;
}

}  // namespace

Medium::Medium(const fs::path& path) : path_(path) {
  if (fs::is_directory(path)) {
    kind_ = Kind::folder;
    read_folder();
    return;
  }
  if (bytes_at(path, 0, 1).empty()) {
    refuse(fmt::format("'{}' is empty", path.string()), "copy or download it again");
  }
  std::string magic = bytes_at(path, 0, 8);
  if (magic == std::string_view("MSWIM\0\0\0", 8)) {
    kind_ = Kind::wim;
    read_wim();
  } else if (magic == std::string_view("WLPWM\0\0\0", 8)) {
    // WIM_PIPABLE of wimlib, whose parts can only be read one after the other.
    refuse(fmt::format("'{}' is a pipable WIM, which only wimlib knows", path.string()),
           "make it an ordinary one: wimoptimize --not-pipable FILE");
  } else {
    read_iso();
  }
}

void Medium::read_iso() {
  bool is_udf = udf::probe(path_);
  if (!is_udf && !iso9660::probe(path_)) {
    refuse(fmt::format("'{}' is neither an ISO (it has no UDF and no ISO 9660 volume), nor a "
                       "folder, nor a WIM",
                       path_.string()),
           "an interrupted download looks like this: compare its size and SHA-256");
  }
  Volume volume = is_udf ? udf::read(path_) : iso9660::read(path_);
  label_ = volume.label;
  for (VolumeEntry& entry : volume.entries) {
    if (!entry.directory) add(files_, std::move(entry.path), std::move(entry.content));
  }
}

void Medium::read_wim() {
  std::string first = folded_name(path_);
  add(beside_, path_.filename().string(), Slice::whole(path_));
  if (!is_split(first)) return;
  folders_.push_back(path_.has_parent_path() ? path_.parent_path() : fs::path("."));
  for (const fs::directory_entry& entry : sorted_entries(folders_.front())) {
    std::string name = entry.path().filename().string();
    if (is_file(entry) && name != path_.filename() && part_number(first, fold_case(name)) != 0) {
      add(beside_, name, Slice::whole(entry.path()));
    }
  }
}

void Medium::read_folder() {
  if (!is_medium(path_)) {
    if (auto media = subfolder(path_, "media")) {
      if (is_medium(*media)) return read_working_folder(*media);
      if (auto image = pe_image_of(path_, folders_)) return read_kit(*media, *image);
    }
  }
  read_tree(path_);
  fs::path absolute = fs::absolute(path_ / ".").lexically_normal().parent_path();
  if (folded_name(absolute) == fold_case("media")) {
    fs::path work = (path_ / "..").lexically_normal();
    folders_.push_back(work);
    if (auto folder = boot_sector_folder(work)) read_boot_sectors(*folder);
  }
  std::sort(folders_.begin(), folders_.end());
}

void Medium::read_working_folder(const fs::path& media) {
  folders_.push_back(path_);
  read_tree(media);
  if (auto folder = boot_sector_folder(path_)) read_boot_sectors(*folder);
  std::sort(folders_.begin(), folders_.end());
}

void Medium::read_kit(const fs::path& media, const fs::path& pe_image) {
  folders_.push_back(path_);
  read_tree(media);
  add(files_, std::string(kBootImage), Slice::whole(pe_image));
  if (auto folder = oscdimg_of(path_, folders_)) read_boot_sectors(*folder);
  std::sort(folders_.begin(), folders_.end());
}

void Medium::read_tree(const fs::path& top) {
  std::error_code error;
  folders_.push_back(top);
  // Links are followed to files, not to folders, so no walk can be endless.
  fs::recursive_directory_iterator walk(top, error);
  for (; !error && walk != fs::recursive_directory_iterator(); walk.increment(error)) {
    if (is_folder(*walk) && !walk->is_symlink()) {
      folders_.push_back(walk->path());
    } else if (is_file(*walk)) {
      add(files_, walk->path().lexically_relative(top).string(), Slice::whole(walk->path()));
    }
    if (files_.size() > kMaxFiles) {
      refuse(fmt::format("'{}' holds more than {} files", path_.string(), kMaxFiles),
             "name the folder of the medium itself, the one with 'sources' in it");
    }
  }
  if (error) fail("cannot read the folder '{}': {}", top.string(), error.message());
}

void Medium::read_boot_sectors(const fs::path& folder) {
  folders_.push_back(folder);
  Files found;
  for (const fs::directory_entry& entry : sorted_entries(folder)) {
    std::string place = place_of_boot_sector(entry.path().filename().string());
    if (place.empty() || !is_file(entry)) continue;
    add(found, std::move(place), Slice::whole(entry.path()));
  }
  files_.merge(found);  // keeps what is there already
}

void Medium::add(Files& files, std::string path, Slice content) const {
  std::string key = fold_case(path);
  auto [known, fresh] = files.emplace(std::move(key), MediumFile{path, std::move(content)});
  if (!fresh) {
    refuse(fmt::format("'{}' holds both '{}' and '{}'", path_.string(), known->second.path, path),
           "Windows takes these names for one; remove one of the files");
  }
}

const MediumFile* Medium::find(std::string_view path) const {
  auto found = files_.find(fold_case(path));
  return found != files_.end() ? &found->second : nullptr;
}

std::vector<const MediumFile*> Medium::list(std::string_view folder,
                                            std::string_view ending) const {
  std::string prefix = fold_case(folder) + "/";
  std::string suffix = fold_case(ending);
  std::vector<const MediumFile*> found;
  for (auto it = files_.lower_bound(prefix); it != files_.end() && it->first.starts_with(prefix);
       ++it) {
    bool direct = it->first.find('/', prefix.size()) == std::string::npos;
    if (direct && it->first.ends_with(suffix)) found.push_back(&it->second);
  }
  return found;
}

std::vector<const MediumFile*> Medium::parts(std::string_view first) const {
  bool bare = kind_ == Kind::wim;
  std::string key = bare ? folded_name(path_) : fold_case(first);
  std::map<std::uint32_t, const MediumFile*> numbered;
  for (const auto& [name, file] : bare ? beside_ : files_) {
    if (std::uint32_t number = part_number(key, name); number != 0) numbered[number] = &file;
  }
  std::vector<const MediumFile*> found;
  if (!numbered.contains(1)) return found;
  for (const auto& [number, file] : numbered) found.push_back(file);
  return found;
}

}  // namespace remedia
