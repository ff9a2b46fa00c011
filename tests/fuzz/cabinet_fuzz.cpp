// Fuzzes the reader of archives with cabinets, of which symbols and drivers come in. The corpus was
// made with support/archive_writers.h: stored, MSZIP and LZX, and one behind a program's head.
#include "media/archive.h"
#include "support/diagnostic.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include <sys/mman.h>
#include <unistd.h>

using namespace remedia;

namespace {

// A file of the file system's is needed where one is removed again.
fs::path scratch() {
  static const fs::path file =
      fs::temp_directory_path() / ("remedia-cabinet-fuzz-" + std::to_string(getpid()));
  return file;
}

fs::path name_of(const Fd& fd) { return "/proc/self/fd/" + std::to_string(fd.get()); }

void unpack(const fs::path& archive, const fs::path& out) {
  constexpr ArchiveLimits limits = {.size = 4u << 20, .entries = 1000};
  Pack pack(out, "pack");
  unpack_archive(archive, "x.cab", "Tools", pack, scratch(), limits);
  std::uint64_t size = 0;
  for (const TreeEntry& entry : pack.entries()) {
    size += entry.size;
    if (!entry.target.starts_with("Tools/")) std::abort();
  }
  if (size > limits.size || pack.entries().size() > limits.entries) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Fd archive(memfd_create("cabinet", MFD_CLOEXEC));
  Fd out(memfd_create("pack", MFD_CLOEXEC));
  write_at(archive.get(), {reinterpret_cast<const char*>(data), size}, 0, name_of(archive));
  try {
    unpack(name_of(archive), name_of(out));
  } catch (const Failure&) {
  }
  return 0;
}
