#include "media/medium.h"

#include "formats/win_names.h"
#include "media/udf.h"
#include "support/diagnostic.h"

#include <algorithm>

namespace remedia {

namespace {

constexpr std::size_t kMaxFiles = 200'000;
constexpr std::uint64_t kIsoDescriptor = 16 * 2048;

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

}  // namespace

Medium::Medium(const fs::path& path) : path_(path) {
  if (fs::is_directory(path)) {
    kind_ = Kind::folder;
    read_folder();
  } else if (bytes_at(path, 0, 1).empty()) {
    refuse(fmt::format("'{}' is empty", path.string()), "copy or download it again");
  } else if (bytes_at(path, 0, 8) == std::string_view("MSWIM\0\0\0", 8)) {
    kind_ = Kind::wim;
  } else if (udf::probe(path)) {
    kind_ = Kind::iso;
    read_iso();
  } else if (bytes_at(path, kIsoDescriptor, 6) == std::string_view("\x01"
                                                                   "CD001",
                                                                   6)) {
    refuse(fmt::format("'{}' is an ISO 9660 volume without UDF, so it is no Windows medium as "
                       "Microsoft makes them",
                       path.string()),
           "take the original ISO, or unpack this one and name the folder");
  } else {
    refuse(fmt::format("'{}' is neither an ISO with a UDF volume, nor a folder, nor a WIM",
                       path.string()),
           "an interrupted download looks like this: compare its size and SHA-256");
  }
}

void Medium::read_iso() {
  udf::Volume volume = udf::read(path_);
  label_ = volume.label;
  for (udf::Entry& entry : volume.entries) {
    if (!entry.directory) add(std::move(entry.path), std::move(entry.content));
  }
}

void Medium::read_folder() {
  std::error_code error;
  folders_.push_back(path_);
  // Links are followed to files, not to folders, so no walk can be endless.
  fs::recursive_directory_iterator walk(path_, error);
  for (; !error && walk != fs::recursive_directory_iterator(); walk.increment(error)) {
    if (walk->is_directory() && !walk->is_symlink()) {
      folders_.push_back(walk->path());
    } else if (walk->is_regular_file()) {
      add(walk->path().lexically_relative(path_).string(), Slice::whole(walk->path()));
    }
    if (files_.size() > kMaxFiles) {
      refuse(fmt::format("'{}' holds more than {} files", path_.string(), kMaxFiles),
             "name the folder of the medium itself, the one with 'sources' in it");
    }
  }
  if (error) fail("cannot read the folder '{}': {}", path_.string(), error.message());
  std::sort(folders_.begin(), folders_.end());
}

void Medium::add(std::string path, Slice content) {
  std::string key = fold_case(path);
  auto [known, fresh] = files_.emplace(std::move(key), MediumFile{path, std::move(content)});
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

}  // namespace remedia
