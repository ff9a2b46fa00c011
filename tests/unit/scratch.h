// A folder for one test, removed with all it holds when the test ends.
#pragma once

#include "support/diagnostic.h"
#include "support/file.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

namespace remedia {

class Scratch {
 public:
  Scratch() {
    std::string pattern = (fs::temp_directory_path() / "remedia-test-XXXXXX").string();
    path_ = mkdtemp(pattern.data());
  }
  ~Scratch() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  const fs::path& path() const { return path_; }
  fs::path operator/(std::string_view name) const { return path_ / name; }

  /// Writes a file, making its folders, and returns its path.
  fs::path write(std::string_view name, std::string_view content) const {
    fs::path file = path_ / name;
    fs::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary | std::ios::trunc) << content;
    return file;
  }

 private:
  fs::path path_;
};

/// The message of the Failure that `action` throws; a test failure if it throws none.
template <typename Action>
std::string failure_of(Action&& action) {
  try {
    action();
  } catch (const Failure& failure) {
    return failure.what();
  }
  ADD_FAILURE() << "no Failure was thrown";
  return {};
}

}  // namespace remedia
