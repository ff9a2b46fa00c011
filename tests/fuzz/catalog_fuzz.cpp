// Fuzzes what is read of signatures: the first byte says as what the rest is read. A signature
// covers most of a catalogue, so lists are also read alone. The corpus was made with
// support/signing.h: 'c' catalogues with a countersignature of either kind, 'l' lists in both
// forms, 'p' a signed program, 'a' a certificate, which is also the anchor of the others.
#include "formats/authenticode.h"
#include "formats/catalog.h"
#include "support/diagnostic.h"

#include <cstddef>
#include <cstdint>
#include <string>

#include <sys/mman.h>
#include <unistd.h>

using namespace remedia;

namespace {

constexpr std::int64_t kMoment = 1700000000;

/// Grows by what was read as certificates, so that chains are sought too.
signature::Anchors& anchors() {
  static signature::Anchors known;
  return known;
}

void read_program(std::string_view bytes) {
  Fd fd(memfd_create("program", MFD_CLOEXEC));
  const fs::path path = "/proc/self/fd/" + std::to_string(fd.get());
  write_at(fd.get(), bytes, 0, path);
  authenticode::digests(Slice::whole(path));
  authenticode::embedded_signer(Slice::whole(path), "x.sys", {&anchors(), kMoment});
}

void read_one(char kind, std::string_view bytes) {
  if (kind == 'c') catalog::read(bytes, "x.cat", {&anchors(), kMoment});
  if (kind == 'l') catalog::read_list(bytes, "x.cat");
  if (kind == 'p') read_program(bytes);
  if (kind == 'a' && anchors().empty()) anchors().add(bytes, "ca.pem");
  if (kind == 'a') signature::Anchors().add(bytes, "ca.pem");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  try {
    read_one(static_cast<char>(data[0]), {reinterpret_cast<const char*>(data) + 1, size - 1});
  } catch (const Failure&) {
  }
  return 0;
}
