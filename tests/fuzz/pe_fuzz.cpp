// Fuzzes all that is read of programs: headers, version, imports, and which PDB belongs to them.
// The corpus is of small programs: of lld-link with a PDB, and of support/pe_builder.h with imports
// and a version.
#include "formats/pe.h"
#include "formats/pe_debug.h"
#include "formats/pe_imports.h"
#include "support/diagnostic.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>

using namespace remedia;

namespace {

template <typename Read>
void answered(Read&& read) {
  try {
    read();
  } catch (const Failure&) {
  }
}

void check(const std::optional<pe::CodeView>& view) {
  if (view && (view->id.size() < 33 || view->pdb.size() < 5)) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  answered([&] {
    const pe::Image image(bytes, "x.exe");
    answered([&] { pe::version_resource(image); });
    answered([&] { pe::read_imports(image); });
    answered([&] { check(pe::code_view(image)); });
    answered([&] { pe::is_reproducible(image); });
  });
  return 0;
}
