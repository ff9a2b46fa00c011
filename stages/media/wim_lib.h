// What wim.cpp and wim_write.cpp share of libwim: handles, errors, entries.
#pragma once

#include "media/wim.h"
#include "media/wim_host.h"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <sys/types.h>
#include <wimlib.h>

namespace remedia::wim {

/// Before anything else; once is enough.
void start_library();
/// How libwim calls it.
wimlib_compression_type library_type(Compression compression);

struct FreeWim {
  void operator()(WIMStruct* wim) const;
};
using Handle = std::unique_ptr<WIMStruct, FreeWim>;

struct Listing {
  std::vector<Entry> entries;
  std::unordered_map<std::string, std::size_t> by_folded_path;
};

struct File::State {
  Handle wim;
  std::vector<Slice> slices;  ///< that hold it: one, or its parts
  std::string shown;
  Info info;
  std::map<int, Listing> listings;
};

/// Opens a WIM by a name that the Host or the file system knows.
Handle open_wim(const Host& host, const std::string& name, int flags, std::string_view shown);

/// Lets a WIM use the data of these WIMs.
void reference(const Host& host, WIMStruct* wim, const std::vector<std::string>& names,
               std::string_view shown);

/// Turns an error of libwim about the file `shown` into a Failure in our words.
void check(const Host& host, int code, std::string_view shown);

/// The SHA-1 of a content, hex; empty if there is none.
std::string sha1_text(const wimlib_resource_entry& resource);

/// What libwim calls one.
Entry to_entry(const wimlib_dir_entry& from);

/// A file or folder of an image; nothing if there is none (or, for "", no root yet).
std::optional<Entry> look_up(const Host& host, WIMStruct* wim, int image, std::string_view path,
                             std::string_view shown);

void check_image_number(const Info& info, int image, std::string_view shown);

constexpr int kWriteFlags = WIMLIB_WRITE_FLAG_NO_CHECK_INTEGRITY | WIMLIB_WRITE_FLAG_RETAIN_GUID;

/// Sets the GUID, and of `info` what `which` says.
void set_info(const Host& host, WIMStruct* wim, wimlib_wim_info info,
              const std::array<std::uint8_t, 16>& guid, int which, std::string_view shown);

/// Which file a name leads to; equal to FileId{} if to none.
struct FileId {
  dev_t device = 0;
  ino_t inode = 0;
  bool operator==(const FileId&) const = default;
};
FileId id_of(const fs::path& path);

/// Nothing may be written into what it is made of.
void check_distinct(const fs::path& from, const fs::path& out);

}  // namespace remedia::wim
