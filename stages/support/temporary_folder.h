// A folder of our own outside of the user's, for what is unpacked only to be looked at.
#pragma once

#include "support/diagnostic.h"
#include "support/file.h"

#include <cerrno>
#include <cstdlib>
#include <string>
#include <string_view>

namespace remedia {

/// Lies where TMPDIR says; removed with the object.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string pattern = (fs::temp_directory_path() / "remedia-XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr) fail_errno(errno, "make", pattern);
    path_ = pattern;
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  fs::path operator/(std::string_view name) const { return path_ / name; }

 private:
  fs::path path_;
};

}  // namespace remedia
