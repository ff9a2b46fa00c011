// Fuzzes udf::read() with scripts that damage a sound volume; see udf_patches.h.
#include "fuzz/volume_fuzz.h"
#include "media/udf.h"

#include <cstddef>
#include <cstdint>

using namespace remedia;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string bytes = udf_patches::image({reinterpret_cast<const char*>(data), size});
  fuzz_volume(bytes, udf::probe, udf::read);
  return 0;
}
