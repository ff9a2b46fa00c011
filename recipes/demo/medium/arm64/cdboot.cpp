// What efisys.bin starts on arm64: it looks for the ISO 9660 volume and hands over to
// /efi/boot/bootaa64.efi on it, as Microsoft's cdboot.efi does. With REMEDIA_PROMPT it asks for a
// key first; without one in five seconds the firmware goes on to its next boot device.
#include "firmware.h"

namespace remedia::efi {
namespace {

constexpr char loader_path[] = "/efi/boot/bootaa64.efi";

#ifdef REMEDIA_PROMPT
constexpr bool prompts = true;
#else
constexpr bool prompts = false;
#endif

/// The loader in memory of its own, which is the firmware's to free when it goes; null if it cannot
/// be read.
uint8_t* read_loader(const Firmware& firmware, const Disc& disc, uint64_t& size) {
  DiscFile file;
  if (!find(disc, loader_path, file) || file.count != 1) return nullptr;
  void* buffer = nullptr;
  constexpr uint32_t loader_data = 2;
  if (firmware.boot().allocate_pool(loader_data, file.extents[0].size, &buffer) != success) {
    return nullptr;
  }
  auto* to = static_cast<uint8_t*>(buffer);
  size = 0;
  const bool good = read_content(disc, file, [&](const uint8_t* bytes, size_t count) {
    for (size_t i = 0; i < count; ++i) to[size + i] = bytes[i];
    size += count;
  });
  return good ? to : nullptr;
}

Status fail(const Firmware& firmware, const char* why) {
  firmware.print("CDBOOT: ");
  firmware.print(why);
  firmware.print("\n");
  return device_error;
}

Status start_loader(const Firmware& firmware) {
  const LoadedImage* self = firmware.loaded(firmware.image());
  Handle device = nullptr;
  Disc disc;
  if (!firmware.find_disc(self == nullptr ? nullptr : self->device, device, disc)) {
    return fail(firmware, "no device holds an ISO 9660 volume.");
  }
  uint64_t size = 0;
  uint8_t* bytes = read_loader(firmware, disc, size);
  if (bytes == nullptr) {
    return fail(firmware, "the medium does not hold /efi/boot/bootaa64.efi.");
  }
  Handle loader = nullptr;
  if (firmware.boot().load_image(false, firmware.image(), nullptr, bytes, size, &loader) !=
      success) {
    return fail(firmware, "the firmware does not take /efi/boot/bootaa64.efi.");
  }
  // It was loaded from memory; so that it knows its medium:
  if (LoadedImage* started = firmware.loaded(loader)) started->device = device;
  return firmware.boot().start_image(loader, nullptr, nullptr);
}

}  // namespace
}  // namespace remedia::efi

extern "C" remedia::efi::Status efi_main(remedia::efi::Handle image,
                                         remedia::efi::SystemTable* system) {
  const remedia::efi::Firmware firmware(image, system);
  if (remedia::efi::prompts) {
    firmware.print("\nPress any key to boot from CD or DVD.....\n");
    if (!firmware.key_within(5)) return remedia::efi::device_error;
  }
  return remedia::efi::start_loader(firmware);
}
