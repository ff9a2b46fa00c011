// Programs run here on files that strangers made. What bounds them is set by prlimit, which every
// Debian has, and not by trust in their own checks.
#include "media/driver_pack_room.h"

#include "formats/win_names.h"
#include "support/diagnostic.h"
#include "support/process.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <set>

#include <sys/stat.h>

namespace remedia {

namespace {

constexpr std::uint64_t kMemory = 4ull << 30;
constexpr unsigned kGrace = 10;               // seconds from SIGXCPU to SIGKILL
constexpr std::size_t kShownOutput = 2000;    // bytes of a program's complaint
constexpr std::uint64_t kListedBytes = 1024;  // that a list has for each entry, at most

/// Archives hold modes, and folders that may not be entered cannot be removed either.
void make_removable(const fs::path& folder) {
  std::error_code ignored;
  fs::permissions(folder, fs::perms::owner_all, fs::perm_options::add, ignored);
  for (fs::directory_iterator it(folder, ignored); !ignored && it != fs::directory_iterator();
       it.increment(ignored)) {
    if (it->symlink_status(ignored).type() == fs::file_type::directory) make_removable(it->path());
    ignored.clear();
  }
}

void remove_folder(const fs::path& folder) {
  std::error_code ignored;
  if (fs::symlink_status(folder, ignored).type() == fs::file_type::directory) {
    make_removable(folder);
  }
  fs::remove_all(folder, ignored);
}

std::vector<std::string> limited(const ArchiveLimits& limits, unsigned seconds,
                                 const std::vector<std::string>& argv) {
  std::vector<std::string> all = {find_program("prlimit", "install the package util-linux"),
                                  "--core=0", fmt::format("--as={}", kMemory),
                                  fmt::format("--cpu={}:{}", seconds, seconds + kGrace),
                                  fmt::format("--fsize={}", limits.size)};
  all.insert(all.end(), argv.begin(), argv.end());
  return all;
}

/// The same everywhere; and GLib, which msiextract uses, ends a program at its first complaint.
ProcessOptions process_options(const fs::path& folder, std::size_t max_output) {
  return {.directory = folder,
          .environment = {{"LC_ALL", "C.UTF-8"},
                          {"LANGUAGE", ""},
                          {"TZ", "UTC"},
                          {"G_DEBUG", "fatal-warnings"}},
          .max_output = max_output};
}

std::string for_people(const DriverPack& pack, const std::string& pack_name, std::string output) {
  output.resize(std::min(output.size(), kShownOutput));
  std::string text;
  for (char c : with_replaced(std::move(output), pack_name, pack.shown)) {
    if (c == '\n') {
      text += "\n    ";
    } else {
      text += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? '?' : c;
    }
  }
  return text.empty() ? text : "\n    " + text;
}

ArchiveEntry sound_entry(const std::string& shown, std::string name, bool folder) {
  ArchiveEntry entry = archive_entry(shown, folder ? name + "/" : name, true);
  if (entry.folder != folder) fail_archive(shown, fmt::format("'{}' is a file", name));
  return entry;
}

}  // namespace

Room::Room(const DriverPack& pack, std::string_view extension)
    : folder_(fs::absolute(pack.room)), name_(fmt::format("in/pack{}", extension)) {
  remove_folder(folder_);
  try {
    fs::create_directories(folder_ / "in");
    fs::create_directory(out());
    fs::create_symlink(fs::absolute(pack.file), folder_ / name_);
    for (const PackPart& part : pack.parts)
      fs::create_symlink(fs::absolute(part.file), folder_ / "in" / part.name);
  } catch (const fs::filesystem_error& error) {
    remove_folder(folder_);
    fail_errno(error.code().value(), "create", folder_);
  }
}

Room::~Room() { remove_folder(folder_); }

std::string Room::run(const DriverPack& pack, const std::vector<std::string>& argv,
                      unsigned seconds) const {
  std::string program = fs::path(argv.at(0)).filename();
  std::size_t most =
      (1u << 20) + kListedBytes * std::min<std::uint64_t>(pack.limits.entries, 1u << 20);
  ProcessResult result =
      run_process(limited(pack.limits, seconds, argv), process_options(folder_, most));
  if (result.output.size() >= most) {
    refuse_archive(pack.shown, fmt::format("makes {} say more than {} bytes", program, most),
                   pack.hint);
  }
  if (result.status == 128 + SIGXFSZ) {
    refuse_archive(
        pack.shown,
        fmt::format("unpacks to more than {} bytes, which is the limit", pack.limits.size),
        pack.hint);
  }
  if (result.status == 128 + SIGXCPU || result.status == 128 + SIGKILL) {
    refuse_archive(pack.shown,
                   fmt::format("keeps {} at work for more than {} seconds", program, seconds),
                   pack.hint);
  }
  if (result.status != 0) {
    refuse_archive(pack.shown,
                   fmt::format("cannot be unpacked: {} failed with exit code {}{}", program,
                               result.status, for_people(pack, name_, result.output)),
                   pack.hint);
  }
  return std::move(result.output);
}

void check_list(const DriverPack& pack, const std::vector<ListedEntry>& list) {
  ArchiveBudget budget(pack.limits, pack.shown);
  budget.count_entries(list.size());
  std::set<std::string> files;
  for (const ListedEntry& listed : list) {
    ArchiveEntry entry = sound_entry(pack.shown, listed.path, listed.folder);
    if (listed.folder) continue;
    budget.add(listed.size.value_or(0));
    if (!files.insert(fold_case(entry.path)).second) {
      refuse_archive(
          pack.shown,
          fmt::format("holds '{}' twice, and which of them is meant is not known", entry.path),
          pack.hint);
    }
  }
}

RoomReader::RoomReader(const DriverPack& pack, std::unique_ptr<Room> room,
                       const std::vector<ListedEntry>& list)
    : shown_(pack.shown),
      hint_(pack.hint),
      budget_(pack.limits, pack.shown),
      room_(std::move(room)) {
  walk(room_->out(), "");
  compare(list);
}

void RoomReader::walk(const fs::path& folder, const std::string& below) {
  std::error_code error;
  fs::permissions(folder, fs::perms::owner_all, fs::perm_options::add, error);
  std::vector<fs::path> names;
  for (fs::directory_iterator it(folder, error); !error && it != fs::directory_iterator();
       it.increment(error)) {
    names.push_back(it->path());
    budget_.count_entries(entries_.size() + names.size());
  }
  if (error) fail_errno(error.value(), "read", folder);
  std::sort(names.begin(), names.end());
  for (const fs::path& path : names) visit(path, below + path.filename().string());
}

void RoomReader::visit(const fs::path& path, const std::string& name) {
  struct stat info = {};
  if (lstat(path.c_str(), &info) != 0) fail_errno(errno, "examine", path);
  bool folder = S_ISDIR(info.st_mode);
  if (!folder && (!S_ISREG(info.st_mode) || info.st_nlink != 1)) {
    refuse_archive(shown_, fmt::format("holds '{}', which is a link or a device", name), hint_);
  }
  ArchiveEntry entry = sound_entry(shown_, name, folder);
  budget_.count_entries(entries_.size() + 1);
  if (folder) {
    entries_.push_back(std::move(entry));
    return walk(path, name + "/");
  }
  entry.size = static_cast<std::uint64_t>(info.st_size);
  budget_.add(entry.size);
  std::error_code ignored;
  fs::permissions(path, fs::perms::owner_read, fs::perm_options::add, ignored);
  files_[entry.path] = path;
  entries_.push_back(std::move(entry));
}

void RoomReader::compare(const std::vector<ListedEntry>& list) const {
  std::set<std::string> listed;
  for (const ListedEntry& entry : list) {
    if (!entry.folder) listed.insert(sound_entry(shown_, entry.path, false).path);
  }
  for (const std::string& path : listed) {
    if (!files_.contains(path)) {
      refuse_archive(shown_, fmt::format("lists '{}', which did not come out of it", path), hint_);
    }
  }
  for (const auto& [path, file] : files_) {
    if (!listed.contains(path)) {
      refuse_archive(shown_, fmt::format("unpacks to '{}', which it does not list", path), hint_);
    }
  }
}

}  // namespace remedia
