#include "media/windows_source.h"

#include "formats/win_names.h"

#include <algorithm>
#include <cctype>

namespace remedia {

namespace {

[[noreturn]] void fail_about(const char* field, std::string message, std::string hint = {},
                             std::vector<Diagnostic> notes = {}) {
  throw Failure(Diagnostic{.message = std::move(message),
                           .field = field,
                           .hint = std::move(hint),
                           .notes = std::move(notes)});
}

bool same_name(std::string_view a, std::string_view b) { return fold_case(a) == fold_case(b); }

bool is_directly_in(std::string_view path, std::string_view folder) {
  return path.size() > folder.size() && path[folder.size()] == '/' &&
         same_name(path.substr(0, folder.size()), folder) &&
         path.find('/', folder.size() + 1) == std::string_view::npos;
}

// Our own spelling for the fixed names, lower case for the rest, whatever the medium's.
std::string target_of(const BootFile& wanted, const std::string& path) {
  if (wanted.ending.empty()) return wanted.target;
  std::string name = path.substr(path.rfind('/') + 1);
  std::transform(name.begin(), name.end(), name.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return wanted.target + "/" + name;
}

}  // namespace

WindowsSource::WindowsSource(const fs::path& medium, std::string written)
    : medium_(medium), written_(std::move(written)) {}

const wim::Image& WindowsSource::image() const {
  return wim_->info().images.at(static_cast<std::size_t>(index_) - 1);
}

void WindowsSource::choose(const std::string& image, const std::string& edition,
                           const fs::path& scratch) {
  if (image == "winre") {
    choose_recovery(edition, scratch);
  } else if (image == "pe" || image == "setup") {
    choose_boot_image(image == "pe" ? 1 : 2);
  } else {
    choose_by_name(image);
  }
}

bool WindowsSource::open_wim(const std::string& name) {
  index_ = 1;
  if (medium_.kind() == Medium::Kind::wim) {
    if (name != "sources/install.wim") return false;
    open_bare();
    return true;
  }
  const MediumFile* file = medium_.find(name);
  if (file != nullptr) open(*file);
  return file != nullptr;
}

void WindowsSource::write_base(const fs::path& out, const wim::ExportOptions& options,
                               bool intact) const {
  wim::export_image(*wim_, index_, out, options);
  std::string name = fmt::format("{}: {} image {}", written_, found_in_, index_);
  if (!nested_ && !intact) wim::File(Slice::whole(out), name).verify();
}

// --- Which image ---------------------------------------------------------------------------------

const MediumFile* WindowsSource::install_wim() const {
  for (const char* name : kWindowsWims) {
    const MediumFile* found = medium_.find(name);
    if (found != nullptr && name != kWindowsWims[0]) return found;
  }
  return nullptr;
}

void WindowsSource::fail_no_windows(std::string_view missing) const {
  fail_about("media", fmt::format("'{}' holds no Windows: {} is not there", written_, missing),
             "a Windows medium has sources/boot.wim and sources/install.wim");
}

void WindowsSource::open(const MediumFile& file) {
  container_.clear();
  for (const MediumFile* part : medium_.parts(file.path)) container_.push_back(part->content);
  found_in_ = file.path;
  wim_ = std::make_unique<wim::File>(container_.front(), fmt::format("{}: {}", written_, found_in_),
                                     std::vector<Slice>(container_.begin() + 1, container_.end()));
}

void WindowsSource::open_bare() {
  container_.clear();
  for (const MediumFile* part : medium_.parts("")) container_.push_back(part->content);
  found_in_ = written_;
  wim_ = std::make_unique<wim::File>(container_.front(), written_,
                                     std::vector<Slice>(container_.begin() + 1, container_.end()));
}

// The recovery image is a file of its own inside every image of install.wim.
void WindowsSource::choose_recovery(const std::string& edition, const fs::path& scratch) {
  bool bare = medium_.kind() == Medium::Kind::wim;
  const MediumFile* install = bare ? nullptr : install_wim();
  if (!bare && install == nullptr) {
    fail_no_windows("sources/install.wim or sources/install.esd or sources/install.swm");
  }
  if (bare) {
    open_bare();
  } else {
    open(*install);
  }
  int only = edition.empty() ? 0 : found_image(edition, "edition");
  const wim::Entry* entry = nullptr;
  for (const wim::Image& candidate : wim_->info().images) {
    if (only != 0 && candidate.index != only) continue;
    const wim::Entry* here = wim_->find(candidate.index, kRecoveryImage);
    if (here == nullptr || here->directory) continue;
    if (entry != nullptr && here->sha1 != entry->sha1) {
      fail_about("image", fmt::format("the images of {} have different recovery images", found_in_),
                 "say which with edition = \"...\"", {image_list()});
    }
    if (entry == nullptr) index_ = candidate.index;
    entry = here;
  }
  if (entry == nullptr && bare && wim_->info().images.size() == 1) {
    index_ = 1;  // a winre.wim by itself
    return;
  }
  if (entry == nullptr) {
    fail_about("image",
               fmt::format("{} holds no recovery image (Windows\\System32\\Recovery\\winre.wim)",
                           found_in_),
               "images of Windows PE media have none: try image = \"pe\"", {image_list()});
  }
  nested_.emplace(scratch);
  wim_->extract(index_, *entry, nested_->path());
  found_in_ = fmt::format("{} image {}, winre.wim", found_in_, index_);
  wim_ = std::make_unique<wim::File>(Slice::whole(nested_->path()),
                                     fmt::format("{}: {}", written_, found_in_));
  index_ = 1;
}

void WindowsSource::choose_boot_image(int index) {
  if (medium_.kind() == Medium::Kind::wim) {
    open_bare();
  } else if (const MediumFile* boot = medium_.find("sources/boot.wim")) {
    open(*boot);
  } else {
    fail_no_windows("sources/boot.wim");
  }
  if (static_cast<std::size_t>(index) > wim_->info().images.size()) {
    fail_about("image",
               fmt::format("{} has no image {}, where Windows Setup would be", found_in_, index),
               "choose one by its index or name", {image_list()});
  }
  index_ = index;
}

// An index means boot.wim; a name is looked for there and then in install.wim.
void WindowsSource::choose_by_name(const std::string& wanted) {
  bool bare = medium_.kind() == Medium::Kind::wim;
  const MediumFile* boot = bare ? nullptr : medium_.find("sources/boot.wim");
  if (bare) {
    open_bare();
  } else if (boot == nullptr) {
    fail_no_windows("sources/boot.wim");
  } else {
    open(*boot);
  }
  bool is_index = wanted.find_first_not_of("0123456789") == std::string::npos;
  const MediumFile* install = bare ? nullptr : install_wim();
  if (is_index || install == nullptr) {
    index_ = found_image(wanted, "image");
    return;
  }
  try {
    index_ = wim_->find_image(wanted);
  } catch (const Failure& failure) {
    Diagnostic first = image_list();
    open(*install);
    try {
      index_ = wim_->find_image(wanted);
    } catch (const Failure& second) {
      Diagnostic d = second.diagnostics().front();
      if (d.hint.empty()) d.hint = failure.diagnostics().front().hint;
      fail_about("image", d.message, d.hint, {first, image_list()});
    }
  }
}

int WindowsSource::found_image(const std::string& wanted, const char* field) const {
  try {
    return wim_->find_image(wanted);
  } catch (const Failure& failure) {
    Diagnostic d = failure.diagnostics().front();
    fail_about(field, d.message, d.hint, d.notes);
  }
}

Diagnostic WindowsSource::image_list() const {
  std::string names;
  for (const wim::Image& image : wim_->info().images) {
    names += fmt::format("{}{} '{}'", names.empty() ? "" : ", ", image.index, image.name);
  }
  return {.severity = Severity::note, .message = fmt::format("{} has: {}", found_in_, names)};
}

// --- Boot files ----------------------------------------------------------------------------------

std::vector<WindowsSource::Found> WindowsSource::find(const BootFile& wanted) const {
  std::vector<Found> found = on_medium(wanted);
  if (found.empty()) found = in_image(wanted);
  if (!found.empty() || wanted.rebuilt_from.empty()) return found;
  BootFile program{.target = wanted.target, .on_medium = wanted.rebuilt_from, .in_wim = {}};
  found = on_medium(program);
  for (Found& file : found) file.rebuilt = true;
  return found;
}

std::vector<WindowsSource::Found> WindowsSource::on_medium(const BootFile& wanted) const {
  for (const std::string& candidate : wanted.on_medium) {
    std::vector<const MediumFile*> files;
    if (!wanted.ending.empty()) {
      files = medium_.list(candidate, wanted.ending);
    } else if (const MediumFile* file = medium_.find(candidate)) {
      files = {file};
    }
    std::vector<Found> found;
    for (const MediumFile* file : files) {
      found.push_back({.target = target_of(wanted, file->path),
                       .place = fmt::format("{}: {}", written_, file->path),
                       .content = file->content});
    }
    if (!found.empty()) return found;
  }
  return {};
}

std::vector<WindowsSource::Found> WindowsSource::in_image(const BootFile& wanted) const {
  for (const std::string& candidate : wanted.in_wim) {
    std::vector<const wim::Entry*> entries;
    if (!wanted.ending.empty()) {
      for (const wim::Entry& entry : wim_->list(index_)) {
        if (!entry.directory && is_directly_in(entry.path, candidate) &&
            same_name(fs::path(entry.path).extension().string(), wanted.ending))
          entries.push_back(&entry);
      }
    } else if (const wim::Entry* entry = wim_->find(index_, candidate)) {
      if (!entry->directory) entries = {entry};
    }
    std::vector<Found> found;
    for (const wim::Entry* entry : entries) {
      found.push_back({.target = target_of(wanted, entry->path),
                       .place = fmt::format("{}: {}, {}", written_, found_in_, entry->path),
                       .content = {},
                       .entry = entry});
    }
    if (!found.empty()) return found;
  }
  return {};
}

Slice WindowsSource::content(const Found& found, const fs::path& scratch) const {
  if (found.entry == nullptr) return found.content;
  wim_->extract(index_, *found.entry, scratch);
  return Slice::whole(scratch);
}

}  // namespace remedia
