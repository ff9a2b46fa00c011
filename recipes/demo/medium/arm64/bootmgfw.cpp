// The stand-in boot manager for arm64. It starts no system: it reports, on the firmware's console,
// the SHA-256 of every file that a boot of Windows PE would read, in the lines of report.cfg.
//
// The files are taken from the volume that the program was started from if /sources/boot.wim is
// there, else from an ISO 9660 volume.
#include "firmware.h"
#include "sha256.h"

namespace remedia::efi {
namespace {

constexpr char boot_wim[] = "/sources/boot.wim";
constexpr const char* boot_files[] = {"/boot/bcd", "/boot/boot.sdi", "/efi/microsoft/boot/bcd"};

/// The volume that the program was started from, as the firmware's own driver shows it.
class StartVolume {
 public:
  explicit StartVolume(const Firmware& firmware) {
    const LoadedImage* self = firmware.loaded(firmware.image());
    if (self == nullptr) return;
    auto* system =
        static_cast<FileSystem*>(firmware.protocol(self->device, simple_file_system_guid));
    if (system == nullptr || system->open_volume(system, &root_) != success) root_ = nullptr;
  }

  bool holds(const char* path) const {
    File* file = open(path);
    if (file == nullptr) return false;
    file->close(file);
    return true;
  }

  bool hash(const char* path, Sha256& digest) const {
    alignas(4096) static uint8_t buffer[1 << 18];
    File* file = open(path);
    if (file == nullptr) return false;
    bool good = false;
    for (;;) {
      uint64_t size = sizeof buffer;
      if (file->read(file, &size, buffer) != success) break;
      good = size == 0;
      if (good) break;
      digest.update(buffer, size);
    }
    file->close(file);
    return good;
  }

 private:
  File* open(const char* path) const {
    Char16 name[64];
    size_t size = 0;
    for (; path[size] != '\0' && size + 1 < sizeof name / sizeof name[0]; ++size) {
      name[size] = path[size] == '/' ? u'\\' : static_cast<Char16>(path[size]);
    }
    name[size] = 0;
    File* file = nullptr;
    constexpr uint64_t for_reading = 1;
    if (root_ == nullptr || root_->open(root_, &file, name, for_reading, 0) != success) {
      return nullptr;
    }
    return file;
  }

  File* root_ = nullptr;
};

class DiscVolume {
 public:
  explicit DiscVolume(const Firmware& firmware) {
    const LoadedImage* self = firmware.loaded(firmware.image());
    Handle device = nullptr;
    found_ = firmware.find_disc(self == nullptr ? nullptr : self->device, device, disc_);
  }

  bool holds(const char* path) const {
    DiscFile file;
    return found_ && find(disc_, path, file);
  }

  bool hash(const char* path, Sha256& digest) const {
    DiscFile file;
    return found_ && find(disc_, path, file) &&
           read_content(disc_, file,
                        [&](const uint8_t* bytes, size_t size) { digest.update(bytes, size); });
  }

 private:
  bool found_ = false;
  Disc disc_;
};

/// Whether there was such a file.
template <typename Volume>
bool report_file(const Firmware& firmware, const Volume& volume, const char* path) {
  if (!volume.holds(path)) return false;
  Sha256 digest;
  char text[65];
  firmware.print("REMEDIA sha256 ");
  if (volume.hash(path, digest)) {
    digest.finish(text);
    firmware.print(text);
  } else {
    firmware.print("unreadable");
  }
  firmware.print("  ");
  firmware.print(path);
  firmware.print("\n");
  return true;
}

/// boot.wim, boot2.wim, ... boot99.wim, up to the first that is missing.
template <typename Volume>
void report_images(const Firmware& firmware, const Volume& volume) {
  report_file(firmware, volume, boot_wim);
  for (int i = 2; i < 100; ++i) {
    char path[] = "/sources/boot##.wim";
    char* p = path + 13;
    if (i >= 10) *p++ = static_cast<char>('0' + i / 10);
    *p++ = static_cast<char>('0' + i % 10);
    for (const char* end = ".wim"; *end != '\0'; ++end) *p++ = *end;
    *p = '\0';
    if (!report_file(firmware, volume, path)) return;
  }
}

template <typename Volume>
void report(const Firmware& firmware, const Volume& volume, const char* name) {
  firmware.print("REMEDIA STAND-IN firmware=uefi medium=");
  firmware.print(name);
  firmware.print("\n");
  for (const char* path : boot_files) {
    report_file(firmware, volume, path);
  }
  report_images(firmware, volume);
}

void report_what_is_there(const Firmware& firmware) {
  const StartVolume started_from(firmware);
  if (started_from.holds(boot_wim)) return report(firmware, started_from, "volume");
  const DiscVolume disc(firmware);
  if (disc.holds(boot_wim)) return report(firmware, disc, "iso9660");
  firmware.print("REMEDIA STAND-IN firmware=uefi medium=\n");
  firmware.print(
      "  No volume holds /sources/boot.wim: nothing that Windows PE could start from.\n");
}

}  // namespace
}  // namespace remedia::efi

extern "C" remedia::efi::Status efi_main(remedia::efi::Handle image,
                                         remedia::efi::SystemTable* system) {
  const remedia::efi::Firmware firmware(image, system);
  firmware.boot().set_watchdog(0, 0, 0, nullptr);
  firmware.widest_text();
  firmware.print(
      "\n  Remedia stand-in boot manager\n\n"
      "  This is the Remedia stand-in, not Windows. On a volume built from a Windows\n"
      "  medium, Microsoft's boot manager stands here and starts Windows PE.\n\n");
  remedia::efi::report_what_is_there(firmware);
  firmware.print(
      "\n  This machine turns off in 20 seconds; a key turns it off now.\n"
      "REMEDIA END\n");
  firmware.key_within(20);
  firmware.turn_off();
}
