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

#include <wimlib.h>

namespace remedia::wim {

/// Before anything else; once is enough.
void start_library();

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
  fs::path file;  ///< that holds it
  std::string shown;
  Info info;
  std::map<int, Listing> listings;
};

/// Opens a WIM by a name that the Host or the file system knows.
Handle open_wim(const Host& host, const std::string& name, int flags, std::string_view shown);

/// Turns an error of libwim about the file `shown` into a Failure in our words.
void check(const Host& host, int code, std::string_view shown);

/// A file or folder of an image; nothing if there is none (or, for "", no root yet).
std::optional<Entry> look_up(const Host& host, WIMStruct* wim, int image, std::string_view path,
                             std::string_view shown);

void check_image_number(const Info& info, int image, std::string_view shown);

}  // namespace remedia::wim
