// The files around a download: the part, its headers, and what is noted with a finished file.

#include "support/artifact.h"
#include "support/diagnostic.h"
#include "support/digest.h"
#include "support/http.h"

#include <cerrno>
#include <sstream>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

namespace remedia::http {

namespace {

constexpr const char* kAttribute = "user.remedia.fetched";
constexpr std::size_t kHexDigits = 16;

fs::path with(const fs::path& file, const std::string& suffix) {
  fs::path out = file;
  return out += suffix;
}

bool same_file(int fd, const fs::path& path) {
  struct stat a = {};
  struct stat b = {};
  return fstat(fd, &a) == 0 && stat(path.c_str(), &b) == 0 && a.st_dev == b.st_dev &&
         a.st_ino == b.st_ino;
}

bool is_headers_name(const std::string& name, const std::string& part) {
  return name.size() == part.size() + 1 + kHexDigits && name.starts_with(part + ".") &&
         name.find_first_not_of("0123456789abcdef", part.size() + 1) == std::string::npos;
}

// What a file must still be for a note on it to hold.
std::string state_of(const fs::path& file) {
  struct stat info = {};
  if (stat(file.c_str(), &info) != 0) return {};
  return fmt::format("{} {}.{:09}", info.st_size, info.st_mtim.tv_sec, info.st_mtim.tv_nsec);
}

}  // namespace

bool is_unfinished(const std::string& name) {
  if (name.size() <= kHexDigits + 1) return false;
  const std::string part = name.substr(0, name.size() - kHexDigits - 1);
  return part.ends_with(".part") && is_headers_name(name, part);
}

Part::Part(fs::path target, const std::string& url)
    : target_(std::move(target)),
      part_(with(target_, ".part")),
      headers_(with(part_, "." + sha256(url).substr(0, kHexDigits))) {
  std::error_code error;
  fs::create_directories(target_.parent_path(), error);
  if (error) fail_errno(error.value(), "make the folder", target_.parent_path());
  // Whoever held the part may have published it in between: then the lock is on another file.
  for (int tries = 0; tries < 3; ++tries) {
    if (!try_lock(part_, lock_)) break;
    if (!same_file(lock_.get(), part_)) continue;
    // The curl that we start holds on to the lock, too, should it outlive us.
    fcntl(lock_.get(), F_SETFD, 0);
    return;
  }
  throw Failure(
      Diagnostic{.message = fmt::format("another fetch is at work on '{}'", part_.string()),
                 .hint = "wait for it to end"});
}

Part::~Part() {
  struct stat info = {};
  if (!done_ && fstat(lock_.get(), &info) == 0 && info.st_size == 0) drop();
}

std::uint64_t Part::size() const {
  struct stat info = {};
  if (fstat(lock_.get(), &info) != 0) fail_errno(errno, "examine", part_);
  return static_cast<std::uint64_t>(info.st_size);
}

void Part::empty() const {
  if (ftruncate(lock_.get(), 0) != 0) fail_errno(errno, "empty", part_);
  remove_headers();
}

void Part::drop() {
  done_ = true;
  remove_headers();
  unlink(part_.c_str());
}

void Part::publish() {
  if (fsync(lock_.get()) != 0) fail_errno(errno, "write", part_);
  if (futimens(lock_.get(), nullptr) != 0) fail_errno(errno, "date", part_);
  if (rename(part_.c_str(), target_.c_str()) != 0) fail_errno(errno, "write", target_);
  done_ = true;
  remove_headers();
}

// Also those of an address that the project had before.
void Part::remove_headers() const noexcept {
  std::error_code error;
  std::string part = part_.filename().string();
  fs::directory_iterator entries(part_.parent_path(), error);
  for (; !error && entries != fs::directory_iterator(); entries.increment(error)) {
    if (is_headers_name(entries->path().filename().string(), part)) unlink(entries->path().c_str());
  }
}

void remember_version(const fs::path& file, const std::string& url, const Version& version) {
  std::string note =
      fmt::format("{}\n{}\n{}\n{}\n", state_of(file), sha256(url), version.etag, version.modified);
  // It only saves a download: nothing is lost if it cannot be kept.
  if (version.known() && setxattr(file.c_str(), kAttribute, note.data(), note.size(), 0) == 0)
    return;
  removexattr(file.c_str(), kAttribute);
}

Version remembered_version(const fs::path& file, const std::string& url) {
  char buffer[4096];
  ssize_t size = getxattr(file.c_str(), kAttribute, buffer, sizeof buffer);
  if (size <= 0) return {};
  std::istringstream lines(std::string(buffer, static_cast<std::size_t>(size)));
  std::string state;
  std::string address;
  Version version;
  std::getline(lines, state);
  std::getline(lines, address);
  std::getline(lines, version.etag);
  std::getline(lines, version.modified);
  bool holds = lines && state == state_of(file) && address == sha256(url);
  return holds ? version : Version();
}

}  // namespace remedia::http
