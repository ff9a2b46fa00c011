#include "support/artifact.h"

#include "support/diagnostic.h"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <string>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace remedia {

namespace {

// What a signal handler may look at: a list that only grows, since a stage may have any number of
// outputs, and an atomic flag for each path.
struct Slot {
  std::atomic<bool> used{false};
  std::string path = {};
  Slot* next = nullptr;
};
std::atomic<Slot*> slots{nullptr};

Slot* unused_slot() {
  for (Slot* slot = slots; slot != nullptr; slot = slot->next) {
    if (!slot->used) return slot;
  }
  auto* slot = new Slot;  // never freed: a signal may come at any time
  slot->next = slots;
  slots = slot;
  return slot;
}

void remember(const fs::path& part) {
  Slot* slot = unused_slot();
  slot->path = part.native();
  slot->used = true;
}

void forget(const fs::path& part) {
  for (Slot* slot = slots; slot != nullptr; slot = slot->next) {
    if (slot->used && part == slot->path) slot->used = false;
  }
}

void on_signal(int signal) {
  remove_parts();
  std::signal(signal, SIG_DFL);
  raise(signal);
}

fs::path part_of(const fs::path& target) {
  fs::path part = target;
  part += ".part";
  return part;
}

bool later(const timespec& a, const timespec& b) {
  return a.tv_sec != b.tv_sec ? a.tv_sec > b.tv_sec : a.tv_nsec > b.tv_nsec;
}

constexpr std::size_t kCompared = std::size_t{1} << 20;  // bytes at a time

bool same_bytes(const fs::path& a, const fs::path& b) {
  std::error_code error;
  if (!fs::is_regular_file(a, error) || fs::file_size(a, error) != fs::file_size(b, error))
    return false;
  const Slice left = Slice::whole(a);
  const Slice right = Slice::whole(b);
  Fd left_fd = Fd::open_read(a);
  Fd right_fd = Fd::open_read(b);
  std::vector<char> x(kCompared);
  std::vector<char> y(kCompared);
  for (std::uint64_t at = 0;; at += kCompared) {
    std::size_t n = read_at(left, left_fd.get(), at, x);
    if (n != read_at(right, right_fd.get(), at, y)) return false;
    if (!std::equal(x.begin(), x.begin() + static_cast<std::ptrdiff_t>(n), y.begin())) return false;
    if (n < kCompared) return true;
  }
}

bool any_changed_since(const timespec& start, const std::vector<fs::path>& files) {
  return std::any_of(files.begin(), files.end(), [&](const fs::path& file) {
    struct stat info = {};
    return stat(file.c_str(), &info) != 0 || later(info.st_mtim, start);
  });
}

}  // namespace

Artifacts::Artifacts(std::vector<fs::path> targets) : targets_(std::move(targets)) {
  for (const fs::path& target : targets_) {
    std::error_code error;
    fs::create_directories(target.parent_path(), error);
    fs::path part = part_of(target);
    remember(part);
    parts_.push_back(part);
    Fd fd(open(part.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666));
    if (!fd) {
      int reason = errno;
      discard();
      fail_errno(reason, "create", target);
    }
    // A left-over part of a killed run is dated now, too.
    futimens(fd.get(), nullptr);
    struct stat info = {};
    if (parts_.size() == 1 && fstat(fd.get(), &info) == 0) start_ = info.st_mtim;
  }
}

Artifacts::~Artifacts() { discard(); }

void Artifacts::discard() noexcept {
  for (const fs::path& part : parts_) {
    unlink(part.c_str());
    forget(part);
  }
  parts_.clear();
}

void Artifacts::write(std::size_t i, std::string_view bytes) const {
  Fd fd(open(part(i).c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666));
  if (!fd) fail_errno(errno, "write", target(i));
  write_at(fd.get(), bytes, 0, target(i));
}

void Artifacts::publish(const std::vector<Mode>& modes, const std::vector<fs::path>& read) {
  bool unsettled = any_changed_since(start_, read);
  timespec times[2] = {start_, start_};
  for (std::size_t i = 0; i < targets_.size(); ++i) {
    Mode mode = modes.at(i);
    bool stays =
        mode == Mode::keep || (mode == Mode::if_different && same_bytes(targets_[i], parts_[i]));
    const fs::path& dated = stays ? targets_[i] : parts_[i];
    if ((!stays || unsettled) && utimensat(AT_FDCWD, dated.c_str(), times, 0) != 0) {
      fail_errno(errno, "date", targets_[i]);
    }
    if (stays) {
      unlink(parts_[i].c_str());
    } else if (rename(parts_[i].c_str(), targets_[i].c_str()) != 0) {
      fail_errno(errno, "write", targets_[i]);
    }
    forget(parts_[i]);
  }
  parts_.clear();
}

ScratchFile::ScratchFile(fs::path path) : path_(std::move(path)) { remember(path_); }

ScratchFile::~ScratchFile() {
  unlink(path_.c_str());
  forget(path_);
}

void write_atomically(const fs::path& target, std::string_view bytes) {
  Artifacts one({target});
  one.write(0, bytes);
  one.publish({Artifacts::Mode::replace}, {});
}

void remove_parts() noexcept {
  for (Slot* slot = slots; slot != nullptr; slot = slot->next) {
    if (slot->used) unlink(slot->path.c_str());
  }
}

void remove_parts_on_signals() {
  for (int signal : {SIGINT, SIGTERM, SIGHUP}) std::signal(signal, on_signal);
}

bool try_lock(const fs::path& file, Fd& lock) {
  Fd fd(open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666));
  if (!fd) fail_errno(errno, "open", file);
  if (flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK) return false;
    fail_errno(errno, "lock", file);
  }
  lock = std::move(fd);
  return true;
}

}  // namespace remedia
