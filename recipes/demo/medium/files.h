// What the parts of the stand-in medium hand to each other: files as data, and a place to work in.
#pragma once

#include "support/file.h"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace remedia::medium {

/// Path from the root of a volume or an image, '/' between names, and content.
using Files = std::map<std::string, std::string>;

/// The moment at which everything on the medium was made: 2024-01-02 03:04:05 UTC.
constexpr std::int64_t clock_seconds = 1704164645;

/// Writes a file, making its folders.
void save(const fs::path& path, std::string_view content);

/// A folder for intermediate files, removed with all it holds.
class WorkFolder {
 public:
  WorkFolder();
  ~WorkFolder();
  WorkFolder(const WorkFolder&) = delete;
  WorkFolder& operator=(const WorkFolder&) = delete;

  const fs::path& path() const { return path_; }
  fs::path operator/(std::string_view name) const { return path_ / name; }

 private:
  fs::path path_;
};

}  // namespace remedia::medium
