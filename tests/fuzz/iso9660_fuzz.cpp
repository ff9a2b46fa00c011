// Fuzzes iso9660::read() with scripts that damage a sound volume; see iso9660_patches.h.
#include "fuzz/volume_fuzz.h"
#include "media/iso9660.h"
#include "support/iso9660_patches.h"

#include <cstddef>
#include <cstdint>

using namespace remedia;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string bytes = iso9660_patches::image({reinterpret_cast<const char*>(data), size});
  fuzz_volume(bytes, iso9660::probe, iso9660::read);
  return 0;
}
