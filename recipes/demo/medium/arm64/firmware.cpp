#include "firmware.h"

namespace remedia::efi {

namespace {

// Larger reads than a sector: a request takes long, whatever its size.
constexpr uint32_t cached_sectors = 64;

/// A block device seen as sectors. One at a time is enough, and static memory needs no freeing.
struct CachedDevice {
  BlockDevice* device;
  uint64_t first;
  uint64_t count;
  alignas(4096) uint8_t sectors[cached_sectors * sector_size];
};

CachedDevice cache;

uint64_t sectors_of(const BlockMedia& media) {
  return (media.last_block + 1) / (sector_size / media.block_size);
}

bool fill_cache(uint64_t sector) {
  const BlockMedia& media = *cache.device->media;
  const uint64_t end = sectors_of(media);
  if (sector >= end) return false;
  cache.first = sector;
  cache.count = end - sector < cached_sectors ? end - sector : cached_sectors;
  const uint64_t block = sector * (sector_size / media.block_size);
  if (cache.device->read(cache.device, media.id, block, cache.count * sector_size, cache.sectors) ==
      success) {
    return true;
  }
  cache.count = 0;
  return false;
}

bool read_sector(void* context, uint64_t sector, void* buffer) {
  if (context != cache.device) {
    cache.device = static_cast<BlockDevice*>(context);
    cache.count = 0;
  }
  const bool held = sector >= cache.first && sector - cache.first < cache.count;
  if (!held && !fill_cache(sector)) return false;
  const uint8_t* from = cache.sectors + (sector - cache.first) * sector_size;
  for (uint32_t i = 0; i < sector_size; ++i) static_cast<uint8_t*>(buffer)[i] = from[i];
  return true;
}

}  // namespace

void Firmware::print(const char* ascii) const {
  Char16 text[128];
  size_t size = 0;
  for (; *ascii != '\0'; ++ascii) {
    if (size + 3 > sizeof text / sizeof text[0]) {
      text[size] = 0;
      system_->output->output(system_->output, text);
      size = 0;
    }
    if (*ascii == '\n') text[size++] = '\r';
    text[size++] = static_cast<Char16>(*ascii);
  }
  text[size] = 0;
  system_->output->output(system_->output, text);
}

void Firmware::widest_text() const {
  TextOutput* output = system_->output;
  uint64_t best = 0, best_columns = 0;
  for (int32_t mode = 0; mode < output->mode->max_mode; ++mode) {
    uint64_t columns = 0, rows = 0;
    const auto index = static_cast<uint64_t>(mode);
    if (output->query_mode(output, index, &columns, &rows) != success) continue;
    if (columns <= best_columns) continue;
    best = index;
    best_columns = columns;
  }
  output->set_mode(output, best);
}

bool Firmware::key_within(int seconds) const {
  for (int tenth = 0; tenth < 10 * seconds; ++tenth) {
    InputKey key = {};
    if (system_->input->read_key(system_->input, &key) == success) return true;
    boot().stall(100'000);
  }
  return false;
}

void Firmware::turn_off() const {
  system_->runtime->reset(ResetType::shutdown, success, 0, nullptr);
  for (;;) boot().stall(1'000'000);
}

void* Firmware::protocol(Handle handle, const Guid& guid) const {
  void* interface = nullptr;
  if (handle == nullptr) return nullptr;
  return boot().handle_protocol(handle, &guid, &interface) == success ? interface : nullptr;
}

LoadedImage* Firmware::loaded(Handle image) const {
  return static_cast<LoadedImage*>(protocol(image, loaded_image_guid));
}

bool Firmware::disc_of(Handle handle, Disc& disc) const {
  auto* device = static_cast<BlockDevice*>(protocol(handle, block_io_guid));
  if (device == nullptr || !device->media->present) return false;
  const uint32_t block = device->media->block_size;
  if (block == 0 || block > sector_size || sector_size % block != 0) return false;
  disc = {device, read_sector};
  return is_iso9660(disc);
}

bool Firmware::find_disc(Handle preferred, Handle& device, Disc& disc) const {
  device = preferred;
  if (disc_of(preferred, disc)) return true;
  uint64_t count = 0;
  Handle* handles = nullptr;
  if (boot().locate_handles(Search::by_protocol, &block_io_guid, nullptr, &count, &handles) !=
      success) {
    return false;
  }
  bool found = false;
  for (uint64_t i = 0; i < count && !found; ++i) {
    device = handles[i];
    found = disc_of(handles[i], disc);
  }
  boot().free_pool(handles);
  return found;
}

}  // namespace remedia::efi
