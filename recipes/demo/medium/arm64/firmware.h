// What both programs for arm64 ask of the firmware: text out, keys in, devices.
#pragma once

#include "efi.h"
#include "iso9660.h"

namespace remedia::efi {

class Firmware {
 public:
  Firmware(Handle image, SystemTable* system) : image_(image), system_(system) {}

  BootServices& boot() const { return *system_->boot; }
  Handle image() const { return image_; }

  void print(const char* ascii) const;

  /// Takes the text mode with the most columns, so that lines are not wrapped: the firmware's
  /// console, on a serial port too, does so at its width.
  void widest_text() const;

  /// Waits for a key; whether one was pressed.
  bool key_within(int seconds) const;

  [[noreturn]] void turn_off() const;

  /// The interface of `handle`, or null.
  void* protocol(Handle handle, const Guid& guid) const;

  /// The program itself or, with its handle, another.
  LoadedImage* loaded(Handle image) const;

  /// The first block device that is_iso9660(); `preferred` is asked before all others. False if
  /// there is none.
  bool find_disc(Handle preferred, Handle& device, Disc& disc) const;

 private:
  bool disc_of(Handle device, Disc& disc) const;

  Handle image_;
  SystemTable* system_;
};

/// Calls `use(bytes, size)` with the content of a file, piece by piece; false if it cannot be read.
template <typename Use>
bool read_content(const Disc& disc, const DiscFile& file, Use&& use) {
  uint8_t sector[sector_size];
  for (uint32_t i = 0; i < file.count; ++i) {
    const DiscFile::Extent extent = file.extents[i];
    for (uint32_t at = 0; at < extent.size; at += sector_size) {
      if (!disc.read(disc.context, uint64_t{extent.sector} + at / sector_size, sector))
        return false;
      const uint32_t left = extent.size - at;
      use(sector, left < sector_size ? left : sector_size);
      if (left <= sector_size) break;  // `at` may not pass 4 GiB
    }
  }
  return true;
}

}  // namespace remedia::efi
