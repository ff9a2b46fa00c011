// Answers to libwim's calls into the C library. They are C functions under the names of
// wim_host.syms, and each is its namesake but for names and descriptors that a Host made.
//
// Only the thread that holds the Host comes here with virtual files: libwim's compressor threads do
// no input or output. So one mutex, held by the Host, guards all of it.
#include "media/wim_host.h"

#include "support/diagnostic.h"

#include <algorithm>
#include <cerrno>
#include <cstdarg>
#include <cstdlib>
#include <cstring>
#include <vector>

#include <dirent.h>
#include <fcntl.h>
#include <libxml/xmlerror.h>
// The functions whose state is a plain structure; those that replace them allocate theirs.
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/sha.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

namespace remedia::wim {

Fd open_quietly(const fs::path& path) {
  Fd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOATIME));
  if (!fd && errno == EPERM) fd = Fd(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) fail_errno(errno, "open", path);
  return fd;
}

// What a virtual file consists of.
class Parts {
 public:
  explicit Parts(std::vector<Part> parts) : parts_(std::move(parts)) {
    for (const Part& part : parts_) {
      starts_.push_back(size_);
      size_ += part.size();
    }
  }

  std::uint64_t size() const { return size_; }
  const std::vector<Part>& all() const { return parts_; }

  std::size_t read(const std::map<fs::path, Fd>& files, std::uint64_t offset,
                   std::span<char> buffer) const {
    std::size_t done = 0;
    auto next = std::upper_bound(starts_.begin(), starts_.end(), offset);
    for (std::size_t i = static_cast<std::size_t>(next - starts_.begin()); i <= starts_.size();
         ++i) {
      if (i == 0 || done == buffer.size()) break;
      const Part& part = parts_[i - 1];
      done += read_part(part, files, offset + done - starts_[i - 1], buffer.subspan(done));
    }
    return done;
  }

 private:
  static std::size_t read_part(const Part& part, const std::map<fs::path, Fd>& files,
                               std::uint64_t offset, std::span<char> buffer) {
    if (part.bytes.empty()) {
      auto file = files.find(part.slice.file);
      int fd = file == files.end() ? -1 : file->second.get();
      return part.slice.extents.empty() ? 0 : read_at(part.slice, fd, offset, buffer);
    }
    if (offset >= part.bytes.size()) return 0;
    return part.bytes.copy(buffer.data(), buffer.size(), static_cast<std::size_t>(offset));
  }

  std::vector<Part> parts_;
  std::vector<std::uint64_t> starts_;
  std::uint64_t size_ = 0;
};

namespace {

// No file can have such a name: /proc takes none.
constexpr std::string_view kPrefix = "/proc/remedia/";

struct OpenFile {
  bool folder = false;
  std::shared_ptr<const Parts> content;
  std::map<fs::path, Fd> files;  ///< those of the content
  std::uint64_t position = 0;

  std::uint64_t size() const { return folder ? 0 : content->size(); }
};

std::recursive_mutex& world_mutex() {
  static std::recursive_mutex mutex;
  return mutex;
}

// Never destroyed: a WIM that lives in a static object is closed after main().
std::map<int, OpenFile>& open_files() {
  static auto* files = new std::map<int, OpenFile>;
  return *files;
}

Host* current = nullptr;

OpenFile* find_open(int fd) {
  auto it = open_files().find(fd);
  return it == open_files().end() ? nullptr : &it->second;
}

void say_nothing(void*, const char*, ...) {}

}  // namespace

// What the C functions below need of a Host; its members may throw only where they say so.
struct HostCalls {
  static const Host::Node* find(const char* path) {
    std::string_view name = path;
    if (current == nullptr || !name.starts_with(kPrefix)) return nullptr;
    auto it = current->nodes_.find(name);
    return it == current->nodes_.end() ? nullptr : &it->second;
  }

  // What libwim gets only has to be a descriptor, and for a folder that of one: what it reads
  // from it is answered here.
  static int open_node(const Host::Node& node) {
    return guarded(-1, [&] {
      OpenFile file{node.folder, node.content, {}, 0};
      if (!node.folder) file.files = open_all(*node.content);
      Fd fd(open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
      if (!fd) fail_errno(errno, "open", "/");
      open_files()[fd.get()] = std::move(file);
      return fd.release();
    });
  }

  static std::map<fs::path, Fd> open_all(const Parts& content) {
    std::map<fs::path, Fd> files;
    for (const Part& part : content.all()) {
      const fs::path& path = part.slice.file;
      if (path.empty() || files.contains(path)) continue;
      files.emplace(path, open_quietly(path));
    }
    return files;
  }

  static void describe(const Host::Node& node, struct stat& info) {
    info = {};
    info.st_dev = 1;
    info.st_ino = node.inode;
    info.st_nlink = 1;
    info.st_mode = node.folder ? S_IFDIR | 0755 : S_IFREG | 0644;
    info.st_size = static_cast<off_t>(node.folder ? 0 : node.content->size());
    info.st_blocks = (info.st_size + 511) / 512;  // fewer would make it a sparse file
    info.st_atim.tv_sec = info.st_mtim.tv_sec = info.st_ctim.tv_sec = current->clock_;
  }

  // Nothing may be thrown through libwim: a failure is kept, and libwim told of an I/O error.
  template <typename Result, typename Action>
  static Result guarded(Result on_failure, Action&& action) {
    try {
      return action();
    } catch (...) {
      if (current != nullptr && !current->trouble_) current->trouble_ = std::current_exception();
      errno = EIO;
      return on_failure;
    }
  }

  static ssize_t read(const OpenFile& file, void* buffer, std::size_t size, std::uint64_t offset) {
    return guarded<ssize_t>(-1, [&] {
      std::span<char> bytes(static_cast<char*>(buffer), size);
      return static_cast<ssize_t>(file.content->read(file.files, offset, bytes));
    });
  }

  static bool time(struct timeval& now) {
    if (current == nullptr) return false;
    now = {.tv_sec = current->clock_, .tv_usec = 0};
    return true;
  }

  static int output() { return current == nullptr ? -1 : current->output_; }

  // libwim writes two things from memory as "metadata" without taking a hash: the table of
  // contents and the XML, of which this is the beginning in UTF-16.
  static const Host::Edit* editor(std::string_view bytes, bool hashed) {
    constexpr std::string_view kXml("\xff\xfe<\0W\0I\0", 8);
    if (current == nullptr) return nullptr;
    const Host::Edit& edit = hashed ? current->edit_metadata_ : current->edit_table_;
    return !edit || (!hashed && bytes.starts_with(kXml)) ? nullptr : &edit;
  }
};

// libxml2 prints what it dislikes in the XML of a bad WIM, unless each thread tells it not to.
Host::Host(std::int64_t clock) : lock_(world_mutex()), outer_(current), clock_(clock) {
  xmlSetGenericErrorFunc(nullptr, say_nothing);
  current = this;
}

Host::~Host() { current = outer_; }

// Eight digits or more sort like the numbers up to 100 million files.
std::string Host::add(Node node) {
  node.inode = nodes_.size() + 1;
  std::string name = fmt::format("{}{:08}", kPrefix, node.inode);
  nodes_.emplace(name, std::move(node));
  return name;
}

std::string Host::add_file(Slice content) { return add_parts({{std::move(content), {}}}); }

std::string Host::add_parts(std::vector<Part> parts) {
  return add({.folder = false, .content = std::make_shared<const Parts>(std::move(parts))});
}

std::string Host::add_folder() { return add({.folder = true}); }

void Host::rethrow() const {
  if (trouble_) std::rethrow_exception(trouble_);
}

}  // namespace remedia::wim

using remedia::wim::find_open;
using remedia::wim::HostCalls;
using remedia::wim::open_files;
using remedia::wim::OpenFile;

extern "C" {

int remedia_wim_gettimeofday(struct timeval* now, void* zone) {
  return HostCalls::time(*now) ? 0 : gettimeofday(now, static_cast<struct timezone*>(zone));
}

char* remedia_wim_realpath(const char* path, char* resolved) {
  if (HostCalls::find(path) != nullptr && resolved == nullptr) return strdup(path);
  return realpath(path, resolved);
}

static mode_t mode_argument(int flags, va_list arguments) {
  return (flags & O_CREAT) != 0 ? va_arg(arguments, mode_t) : 0;
}

int remedia_wim_openat64(int folder, const char* path, int flags, ...) {
  if (const auto* node = HostCalls::find(path)) return HostCalls::open_node(*node);
  va_list arguments;
  va_start(arguments, flags);
  mode_t mode = mode_argument(flags, arguments);
  va_end(arguments);
  // What is empty is not truncated: see Fd::open_empty().
  struct stat info = {};
  if ((flags & O_TRUNC) != 0 && fstatat(folder, path, &info, 0) == 0 && info.st_size == 0)
    flags &= ~O_TRUNC;
  return openat(folder, path, flags | O_CLOEXEC, mode);
}

int remedia_wim_open64(const char* path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  mode_t mode = mode_argument(flags, arguments);
  va_end(arguments);
  return remedia_wim_openat64(AT_FDCWD, path, flags, mode);
}

int remedia_wim_close(int fd) {
  open_files().erase(fd);
  return close(fd);
}

int remedia_wim_fstatat64(int folder, const char* path, struct stat* info, int flags) {
  const auto* node = HostCalls::find(path);
  if (node == nullptr) return fstatat(folder, path, info, flags);
  HostCalls::describe(*node, *info);
  return 0;
}

int remedia_wim_stat64(const char* path, struct stat* info) {
  return remedia_wim_fstatat64(AT_FDCWD, path, info, 0);
}

int remedia_wim_fstat64(int fd, struct stat* info) {
  int result = fstat(fd, info);
  const OpenFile* file = find_open(fd);
  if (result == 0 && file != nullptr) {
    info->st_size = static_cast<off_t>(file->size());
    info->st_mode = file->folder ? S_IFDIR | 0755 : S_IFREG | 0644;
  }
  return result;
}

off_t remedia_wim_lseek64(int fd, off_t offset, int whence) {
  OpenFile* file = find_open(fd);
  if (file == nullptr) return lseek(fd, offset, whence);
  off_t start = whence == SEEK_END   ? static_cast<off_t>(file->size())
                : whence == SEEK_CUR ? static_cast<off_t>(file->position)
                                     : 0;
  if (start + offset < 0) {
    errno = EINVAL;
    return -1;
  }
  file->position = static_cast<std::uint64_t>(start + offset);
  return start + offset;
}

ssize_t remedia_wim_pread64(int fd, void* buffer, size_t size, off_t offset) {
  const OpenFile* file = find_open(fd);
  if (file == nullptr) return pread(fd, buffer, size, offset);
  return HostCalls::read(*file, buffer, size, static_cast<std::uint64_t>(offset));
}

ssize_t remedia_wim_read(int fd, void* buffer, size_t size) {
  OpenFile* file = find_open(fd);
  if (file == nullptr) return read(fd, buffer, size);
  ssize_t n = HostCalls::read(*file, buffer, size, file->position);
  if (n > 0) file->position += static_cast<std::uint64_t>(n);
  return n;
}

ssize_t remedia_wim_write(int fd, const void* buffer, size_t size) {
  if (fd == STDOUT_FILENO && HostCalls::output() >= 0) fd = HostCalls::output();
  return write(fd, buffer, size);
}

struct dirent* remedia_wim_readdir64(DIR* folder) {
  return find_open(dirfd(folder)) != nullptr ? nullptr : readdir(folder);
}

int remedia_wim_closedir(DIR* folder) {
  open_files().erase(dirfd(folder));
  return closedir(folder);
}

// libwim's SHA-1, as a whole, by OpenSSL: Debian's libwim has none that uses the processor's own
// instructions. Its state lies where libwim has put its own, which has the same size, and nobody
// else looks inside. All that libwim's sha1.o defines is defined here; that file is taken
// out of our copy of the archive.
static_assert(sizeof(SHA_CTX) <= 8 + 5 * 4 + 64 + 4 && alignof(SHA_CTX) <= 8);

void remedia_wim_sha1_init(SHA_CTX* state);
void remedia_wim_sha1_update(SHA_CTX* state, const void* bytes, size_t size);
void remedia_wim_sha1_final(std::uint8_t* hash, SHA_CTX* state);
void remedia_wim_sha1_buffer(const void* bytes, size_t size, std::uint8_t* hash);
void remedia_wim_sprint_hash(const std::uint8_t* hash, char* text);

void remedia_wim_sha1_init(SHA_CTX* state) { SHA1_Init(state); }
void remedia_wim_sha1_update(SHA_CTX* state, const void* bytes, size_t size) {
  SHA1_Update(state, bytes, size);
}
void remedia_wim_sha1_final(std::uint8_t* hash, SHA_CTX* state) { SHA1_Final(hash, state); }
void remedia_wim_sha1_buffer(const void* bytes, size_t size, std::uint8_t* hash) {
  SHA1(static_cast<const unsigned char*>(bytes), size, hash);
}

extern const std::uint8_t remedia_wim_zero_hash[SHA_DIGEST_LENGTH];
const std::uint8_t remedia_wim_zero_hash[SHA_DIGEST_LENGTH] = {};

void remedia_wim_sprint_hash(const std::uint8_t* hash, char* text) {
  for (int i = 0; i < SHA_DIGEST_LENGTH; ++i) {
    *text++ = "0123456789abcdef"[hash[i] >> 4];
    *text++ = "0123456789abcdef"[hash[i] & 15];
  }
  *text = '\0';
}

// libwim's own function, by which it writes a resource that is in memory. The linker leads calls
// from libwim's other object files here (--wrap). Seen in the object code of 1.13.6: the table of
// contents and the XML are flagged as metadata too, but only the metadata of an image has its
// hash taken.
int __real_write_wim_resource_from_buffer(const void* buffer, size_t size, bool is_metadata,
                                          void* out, int type, std::uint32_t chunk_size,
                                          void* header, std::uint8_t* hash, int flags);

int __wrap_write_wim_resource_from_buffer(const void* buffer, size_t size, bool is_metadata,
                                          void* out, int type, std::uint32_t chunk_size,
                                          void* header, std::uint8_t* hash, int flags);

int __wrap_write_wim_resource_from_buffer(const void* buffer, size_t size, bool is_metadata,
                                          void* out, int type, std::uint32_t chunk_size,
                                          void* header, std::uint8_t* hash, int flags) {
  const char* bytes = static_cast<const char*>(buffer);
  const auto* edit = is_metadata ? HostCalls::editor({bytes, size}, hash != nullptr) : nullptr;
  if (edit == nullptr) {
    return __real_write_wim_resource_from_buffer(buffer, size, is_metadata, out, type, chunk_size,
                                                 header, hash, flags);
  }
  constexpr int kInvalidMetadata = 21;  // WIMLIB_ERR_INVALID_METADATA_RESOURCE
  return HostCalls::guarded(kInvalidMetadata, [&] {
    std::vector<char> copy(bytes, bytes + size);
    (*edit)(copy);
    return __real_write_wim_resource_from_buffer(copy.data(), size, is_metadata, out, type,
                                                 chunk_size, header, hash, flags);
  });
}

}  // extern "C"
