#include "media/efisys.h"

#include "media/boot_files.h"
#include "media/fat.h"
#include "support/diagnostic.h"
#include "support/digest.h"

#include <cerrno>
#include <iterator>

#include <sys/mman.h>
#include <unistd.h>

namespace remedia {

namespace {

constexpr std::uint64_t kSector = 512;

struct Kind {
  std::uint64_t sectors;
  std::uint64_t room;  // bytes of the one file, after the two folders
  fat::Floppy floppy;
};

constexpr Kind kinds[] = {
    {2880, 1'456'640, {.cluster_sectors = 1, .root_entries = 224, .track_sectors = 18}},
    {5760, 2'929'664, {.cluster_sectors = 2, .root_entries = 240, .track_sectors = 36}},
};

const Kind& kind_for(std::size_t size) {
  if (size == 0) fail("the program that efisys.bin is to start is empty");
  for (const Kind& kind : kinds) {
    if (size <= kind.room) return kind;
  }
  fail("the program that efisys.bin is to start has {} bytes; a floppy image holds at most {}",
       size, std::end(kinds)[-1].room);
}

// So that no long name is needed, as on genuine media.
std::string capitals(std::string_view path) {
  std::string result(path);
  for (char& c : result) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return result;
}

// The first four bytes of what names the program, the lowest first.
std::uint32_t serial_of(std::string_view cdboot) {
  auto guid = derived_guid(cdboot);
  std::uint32_t serial = 0;
  for (std::uint32_t i = 0; i < 4; ++i) serial |= std::uint32_t{guid[i]} << 8 * i;
  return serial;
}

std::string written(const fat::Volume& volume) {
  const fs::path name = "efisys.bin";
  Fd memory(memfd_create(name.c_str(), MFD_CLOEXEC));
  if (!memory || ftruncate(memory.get(), static_cast<off_t>(volume.size)) != 0) {
    fail_errno(errno, "make", name);
  }
  fat::write(volume, memory.get(), 0, name);
  std::string image(static_cast<std::size_t>(volume.size), '\0');
  read_at({name, {{0, volume.size, false}}}, memory.get(), 0, image);
  return image;
}

}  // namespace

std::string efisys_image(std::string_view cdboot, std::string_view arch, std::int64_t clock) {
  const Kind& kind = kind_for(cdboot.size());
  return written({.bits = 12,
                  .label = "EFISECTOR",
                  .files = {{capitals(uefi_loader(arch)), std::string(cdboot)}},
                  .clock = clock,
                  .serial = serial_of(cdboot),
                  .size = kind.sectors * kSector,
                  .floppy = kind.floppy});
}

}  // namespace remedia
