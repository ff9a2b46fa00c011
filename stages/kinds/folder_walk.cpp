#include "kinds/folder_walk.h"

#include "support/http.h"

#include <algorithm>
#include <cerrno>

#include <sys/stat.h>

namespace remedia::kinds {

namespace {

class Walk {
 public:
  Walk(graph::Job& job, const std::string& written) : job_(job), written_(written) {}

  void visit(const fs::path& folder, const std::string& path) {
    job_.reads(folder);
    std::error_code error;
    std::vector<fs::path> names;
    for (fs::directory_iterator it(folder, error); !error && it != fs::directory_iterator();
         it.increment(error)) {
      names.push_back(it->path());
    }
    if (error) fail("cannot read the folder '{}': {}", folder.string(), error.message());
    std::sort(names.begin(), names.end());
    found_.push_back({.path = path, .file = folder, .shown = shown(path), .directory = true});
    for (const fs::path& file : names) {
      if (file.filename() == ".gitkeep") {
        job_.reads(file);
        continue;
      }
      std::string name = file.filename().string();
      if (http::is_unfinished(name)) refuse_unfinished(path.empty() ? name : path + "/" + name);
      visit_entry(file, path.empty() ? name : path + "/" + name);
    }
  }

  std::vector<FoundFile> take() { return std::move(found_); }

 private:
  // Half a file would go into the image.
  [[noreturn]] void refuse_unfinished(const std::string& path) const {
    throw Failure(Diagnostic{
        .message = fmt::format("'{}' is of a download that was interrupted", shown(path)),
        .hint = "let remedia fetch end it, or delete it and the .part beside it"});
  }

  void visit_entry(const fs::path& file, const std::string& path) {
    struct stat info = {};
    struct stat link = {};
    bool is_link = lstat(file.c_str(), &link) == 0 && S_ISLNK(link.st_mode);
    if (stat(file.c_str(), &info) != 0) {
      if (!is_link) fail_errno(errno, "examine", shown(path));
      fail("'{}' is a link that leads nowhere", shown(path));
    }
    if (S_ISDIR(info.st_mode)) {
      if (is_link) fail("'{}' is a link to a folder; put the folder itself there", shown(path));
      visit(file, path);
    } else if (S_ISREG(info.st_mode)) {
      found_.push_back({.path = path,
                        .file = file,
                        .shown = shown(path),
                        .size = static_cast<std::uint64_t>(info.st_size)});
    } else {
      fail("'{}' is neither a file nor a folder, so it cannot go into an image", shown(path));
    }
  }

  std::string shown(const std::string& path) const {
    return path.empty() ? written_ : written_ + "/" + path;
  }

  graph::Job& job_;
  const std::string& written_;
  std::vector<FoundFile> found_;
};

}  // namespace

std::vector<FoundFile> walk_folder(graph::Job& job, const fs::path& folder,
                                   const std::string& written) {
  Walk walk(job, written);
  walk.visit(folder, "");
  return walk.take();
}

}  // namespace remedia::kinds
