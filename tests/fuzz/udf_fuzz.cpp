// Fuzzes udf::read() with scripts that damage a sound volume (see udf_patches.h), so no corpus is
// needed. Sources: this file, tests/support/udf_*.cpp, stages/media/udf*.cpp,
// stages/support/{file,diagnostic}.cpp; -I stages -I tests -fsanitize=fuzzer,address,undefined
// -lfmt.
#include "media/udf.h"
#include "support/diagnostic.h"
#include "support/udf_patches.h"

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

#include <sys/mman.h>
#include <unistd.h>

using namespace remedia;

namespace {

void read_samples(const udf::Volume& volume, int fd) {
  char buffer[64];
  for (const udf::Entry& entry : volume.entries) {
    std::uint64_t size = entry.content.size();
    read_at(entry.content, fd, 0, buffer);
    if (size > sizeof buffer) read_at(entry.content, fd, size - sizeof buffer, buffer);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string bytes = udf_patches::image({reinterpret_cast<const char*>(data), size});
  Fd fd(memfd_create("udf", MFD_CLOEXEC));
  fs::path path = "/proc/self/fd/" + std::to_string(fd.get());
  write_at(fd.get(), bytes, 0, path);
  try {
    udf::probe(path);
    udf::Volume volume = udf::read(path);
    std::string broken = udf_patches::broken_promise(volume, path);
    if (!broken.empty()) {
      std::fprintf(stderr, "%s\n", broken.c_str());
      std::abort();
    }
    read_samples(volume, fd.get());
  } catch (const Failure&) {
    // How a damaged volume is to be answered. Any other exception ends the program.
  }
  return 0;
}
