#include "medium/files.h"

#include "support/diagnostic.h"

#include <cerrno>
#include <cstdlib>
#include <fstream>

namespace remedia::medium {

void save(const fs::path& path, std::string_view content) {
  fs::create_directories(path.parent_path());
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  out.write(content.data(), static_cast<std::streamsize>(content.size()));
  out.close();
  if (!out) fail_errno(errno, "write", path);
}

WorkFolder::WorkFolder() {
  std::string pattern = (fs::temp_directory_path() / "remedia-medium-XXXXXX").string();
  if (mkdtemp(pattern.data()) == nullptr) fail_errno(errno, "make a folder like", pattern);
  path_ = pattern;
}

WorkFolder::~WorkFolder() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

}  // namespace remedia::medium
