// Fuzzes the reader of PDBs. The corpus is of the smallest ones: nothing but the two streams that
// are read, with a directory in one block and in several.
#include "formats/pdb.h"
#include "support/diagnostic.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include <sys/mman.h>
#include <unistd.h>

using namespace remedia;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Fd fd(memfd_create("pdb", MFD_CLOEXEC));
  const fs::path path = "/proc/self/fd/" + std::to_string(fd.get());
  write_at(fd.get(), {reinterpret_cast<const char*>(data), size}, 0, path);
  try {
    if (pdb::read_id(Slice::whole(path), "x.pdb").size() < 33) std::abort();
  } catch (const Failure&) {
  }
  return 0;
}
