// The few structures of UEFI that the stand-ins for arm64 use, from the UEFI specification 2.10:
// sections 4.3 (system table), 4.4 (boot services), 4.5 (runtime services), 9.1 (loaded image),
// 12.3 and 12.4 (text), 13.4 (file system), 13.5 (file), 13.9 (block device).
//
// Members that nobody calls are `Unused`; they keep the others in their place.
#pragma once

#include <stddef.h>
#include <stdint.h>

namespace remedia::efi {

using Status = uint64_t;
using Handle = void*;
using Unused = void*;
using Char16 = char16_t;

constexpr Status success = 0;
constexpr Status device_error = (1ull << 63) | 7;

struct Guid {
  uint32_t a;
  uint16_t b, c;
  uint8_t d[8];
};

constexpr Guid loaded_image_guid = {
    0x5B1B31A1, 0x9562, 0x11D2, {0x8E, 0x3F, 0x00, 0xA0, 0xC9, 0x69, 0x72, 0x3B}};
constexpr Guid simple_file_system_guid = {
    0x964E5B22, 0x6459, 0x11D2, {0x8E, 0x39, 0x00, 0xA0, 0xC9, 0x69, 0x72, 0x3B}};
constexpr Guid block_io_guid = {
    0x964E5B21, 0x6459, 0x11D2, {0x8E, 0x39, 0x00, 0xA0, 0xC9, 0x69, 0x72, 0x3B}};

struct TableHeader {
  uint64_t signature;
  uint32_t revision, header_size, crc32, reserved;
};

struct InputKey {
  uint16_t scan_code;
  Char16 character;
};

struct TextInput {
  Unused reset;
  Status (*read_key)(TextInput* self, InputKey* key);
  Unused wait_for_key;
};

struct TextOutputMode {
  int32_t max_mode, mode, attribute, column, row;
  bool cursor_visible;
};

struct TextOutput {
  Unused reset;
  Status (*output)(TextOutput* self, const Char16* text);
  Unused test;
  Status (*query_mode)(TextOutput* self, uint64_t mode, uint64_t* columns, uint64_t* rows);
  Status (*set_mode)(TextOutput* self, uint64_t mode);
  Unused set_attribute;
  Status (*clear)(TextOutput* self);
  Unused set_cursor, enable_cursor;
  TextOutputMode* mode;
};

enum class ResetType : uint32_t { cold, warm, shutdown };
enum class Search : uint32_t { all, by_notify, by_protocol };

struct RuntimeServices {
  TableHeader header;
  Unused time[4];
  Unused virtual_memory[2];
  Unused variables[3];
  Unused next_high_count;
  void (*reset)(ResetType type, Status status, uint64_t data_size, void* data);
};

struct BootServices {
  TableHeader header;
  Unused task_priority[2];
  Unused pages[2];
  Unused memory_map;
  Status (*allocate_pool)(uint32_t memory_type, uint64_t size, void** buffer);
  Status (*free_pool)(void* buffer);
  Unused events[6];
  Unused install[3];
  Status (*handle_protocol)(Handle handle, const Guid* protocol, void** interface);
  Unused reserved;
  Unused register_notify;
  Unused locate_handle, locate_device_path;
  Unused install_table;
  Status (*load_image)(bool boot_policy, Handle parent, void* device_path, void* source,
                       uint64_t size, Handle* image);
  Status (*start_image)(Handle image, uint64_t* exit_data_size, Char16** exit_data);
  Unused exit, unload, exit_boot_services;
  Unused next_count;
  Status (*stall)(uint64_t microseconds);
  Status (*set_watchdog)(uint64_t seconds, uint64_t code, uint64_t data_size, Char16* data);
  Unused connect, disconnect;
  Unused open_protocol, close_protocol, open_information;
  Unused protocols_per_handle;
  Status (*locate_handles)(Search search, const Guid* protocol, void* key, uint64_t* count,
                           Handle** handles);
};

struct SystemTable {
  TableHeader header;
  Char16* vendor;
  uint32_t revision;
  Handle input_handle;
  TextInput* input;
  Handle output_handle;
  TextOutput* output;
  Handle error_handle;
  TextOutput* error;
  RuntimeServices* runtime;
  BootServices* boot;
};

struct LoadedImage {
  uint32_t revision;
  Handle parent;
  SystemTable* system;
  Handle device;
  void* path;
};

struct File {
  uint64_t revision;
  Status (*open)(File* self, File** opened, const Char16* name, uint64_t mode, uint64_t attributes);
  Status (*close)(File* self);
  Unused remove;
  Status (*read)(File* self, uint64_t* size, void* buffer);
};

struct FileSystem {
  uint64_t revision;
  Status (*open_volume)(FileSystem* self, File** root);
};

struct BlockMedia {
  uint32_t id;
  bool removable, present, partition, read_only, write_caching;
  uint32_t block_size, alignment;
  uint64_t last_block;
};

struct BlockDevice {
  uint64_t revision;
  BlockMedia* media;
  Unused reset;
  Status (*read)(BlockDevice* self, uint32_t media, uint64_t block, uint64_t size, void* buffer);
};

}  // namespace remedia::efi
