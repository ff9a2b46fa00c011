// What a driver folder or a vendor's pack holds: a stage that no recipe names.
//
// It looks at files only and knows nothing of INFs, so it does not depend on the image: all images
// that name the folder share it, and a second look costs a stat() for each file. Packs are unpacked
// here, into one file beside the tree.

#include "kinds/driver_files.h"

#include "formats/authenticode.h"
#include "formats/win_names.h"
#include "graph/job.h"
#include "kinds/folder_walk.h"
#include "kinds/kinds.h"
#include "media/driver_pack.h"
#include "support/pack.h"
#include "support/tree.h"
#include "support/utf8.h"

#include <algorithm>
#include <set>

namespace remedia::kinds {

namespace {

constexpr std::size_t kMostFiles = 500'000;  // beyond that somebody named the wrong folder

struct Archive {
  fs::path file;
  std::string shown;
  std::string to;  // path in the tree that its content lies below
};

bool is_inf(const std::string& path) {
  return fold_case(path.substr(path.find_last_of('/') + 1)).ends_with(fold_case(".inf"));
}

std::string folder_of(const std::string& path) {
  std::size_t slash = path.find_last_of('/');
  return slash == path.npos ? "" : path.substr(0, slash);
}

class Listing {
 public:
  explicit Listing(graph::Job& job) : job_(job) {}

  void add_file(const FoundFile& found) {
    std::string both = job_.remembered(found.file, [&] {
      authenticode::Digests of = authenticode::digests(Slice::whole(found.file));
      return of.flat + ":" + of.image;
    });
    std::size_t colon = both.find(':');
    add({.target = found.path,
         .source = found.file.string(),
         .size = found.size,
         .sha256 = both.substr(0, colon),
         .origin = found.shown},
        both.substr(std::min(colon, both.size() - 1) + 1));
  }

  // Unpacking is what costs; as long as the archives are the same, their files stay where they are.
  void add_archives(const std::vector<Archive>& archives) {
    std::string fingerprint;
    for (const Archive& archive : archives) {
      fingerprint += archive.to + "\n" + archive.shown + "\n" + job_.remembered(archive.file, [&] {
        return authenticode::digests(Slice::whole(archive.file)).flat + ":";
      }) + "\n";
    }
    if (!archives.empty() && job_.unchanged(fingerprint) && fs::exists(job_.output(1)) &&
        fs::exists(job_.output(2))) {
      ImageDigests known;
      read_image_digests(job_.output(2), known);
      for (TreeEntry& entry : read_tree(job_.output(1))) {
        if (entry.source != job_.output(0)) continue;
        auto image = known.find(entry.sha256);
        add(std::move(entry), image != known.end() ? image->second : "");
      }
      return;
    }
    Pack pack(job_.part(0), job_.output(0));
    for (const Archive& archive : archives) {
      // Folders do not matter to a package.
      unpack_driver_pack(archive.file, archive.shown, archive.to, pack,
                         job_.part(0).string() + ".unpacked");
    }
    for (const TreeEntry& entry : pack.entries()) {
      Slice content{job_.part(0), {{entry.offset, entry.size, false}}};
      add(entry, authenticode::digests(content).image);
    }
    job_.keep_if_equal(0);
  }

  void write() {
    std::string text;
    for (const auto& [sha256, image] : images_) text += sha256 + " " + image + "\n";
    job_.write_text(1, write_tree(std::move(entries_)));
    job_.write_text(2, text);
  }

  const std::vector<TreeEntry>& entries() const { return entries_; }

 private:
  void add(TreeEntry entry, const std::string& image) {
    if (entries_.size() == kMostFiles) {
      job_.fail_at("paths",
                   fmt::format("'{}' holds more than {} files", job_.text("written"), kMostFiles),
                   "name the folders of the drivers that the image is to have");
    }
    if (!image.empty()) images_[entry.sha256] = image;
    entries_.push_back(std::move(entry));
  }

  graph::Job& job_;
  std::vector<TreeEntry> entries_;
  ImageDigests images_;
};

// A pack in or below a folder with an INF belongs to that package: it may be one of its files. An
// .exe is opened only if the recipe names it, as many packages come with a setup program.
std::vector<Archive> archives_among(const std::vector<FoundFile>& found) {
  std::set<std::string> packages;
  for (const FoundFile& file : found) {
    if (!file.directory && is_inf(file.path)) packages.insert(folder_of(file.path));
  }
  auto in_package = [&](std::string folder) {
    while (!packages.contains(folder)) {
      if (folder.empty()) return false;
      folder = folder_of(folder);
    }
    return true;
  };
  std::vector<Archive> archives;
  for (const FoundFile& file : found) {
    if (file.directory || !is_driver_pack(file.file) ||
        fold_case(file.path).ends_with(fold_case(".exe")))
      continue;
    if (!in_package(folder_of(file.path))) archives.push_back({file.file, file.shown, file.path});
  }
  return archives;
}

// Trees are UTF-8, and so is whatever an INF can name; other files are of no use to a package.
bool can_be_named(const FoundFile& file) {
  if (is_utf8(file.path)) return true;
  if (!is_inf(file.path)) return false;
  throw Failure(Diagnostic{.message = fmt::format("the name of '{}' is not UTF-8", file.shown),
                           .hint = "rename it, as its vendor has it"});
}

[[noreturn]] void fail_nothing(const graph::Job& job, const std::vector<TreeEntry>& entries) {
  auto program = std::find_if(entries.begin(), entries.end(), [](const TreeEntry& e) {
    return fold_case(e.target).ends_with(fold_case(".exe"));
  });
  job.fail_at("paths", fmt::format("there is no INF in '{}'", job.text("written")),
              program == entries.end()
                  ? "drivers come as an .inf with the files that it names"
                  : fmt::format("if '{}' is a driver pack, name it itself", program->origin));
}

void run(graph::Job& job) {
  fs::path path = job.text("folder");
  const std::string written = job.text("written");
  Listing listing(job);
  job.about("paths", [&] {
    if (fs::is_directory(path)) {
      std::vector<FoundFile> found = walk_folder(job, path, written);
      std::vector<Archive> archives = archives_among(found);
      for (const FoundFile& file : found) {
        bool archive = std::any_of(archives.begin(), archives.end(),
                                   [&](const Archive& a) { return a.file == file.file; });
        if (!file.directory && !archive && can_be_named(file)) listing.add_file(file);
      }
      listing.add_archives(archives);
    } else if (is_driver_pack(path)) {
      job.reads_named(path);
      listing.add_archives({{path, written, ""}});
    } else {
      throw Failure(Diagnostic{
          .message =
              fmt::format("'{}' is neither a folder nor a pack (.cab, .zip, .msi, .exe)", written),
          .hint = is_inf(written) ? "name the folder that the INF lies in" : ""});
    }
  });
  bool any = std::any_of(listing.entries().begin(), listing.entries().end(), [](const auto& e) {
    return is_inf(e.target) || fold_case(e.target).ends_with(fold_case(".inx"));
  });
  if (!any) fail_nothing(job, listing.entries());
  listing.write();
}

}  // namespace

graph::Planned plan_driver_files(graph::Planner& planner, const recipe::NodeRef& origin,
                                 const graph::SourcePath& path) {
  graph::Edge edge{.kind = "driver_files", .origin = origin};
  edge.label = "SCAN " + path.written;
  edge.parameters["folder"] = path.file;
  edge.parameters["written"] = path.written;
  // Of what is remembered of files: to be raised when the same file would now give another answer.
  edge.parameters["format"] = 1;
  edge.places["paths"] = path.where;
  for (const char* suffix : {"pack", "tree", "digests"})
    edge.outputs.push_back(graph::Planner::store_path(edge, suffix));
  graph::Planned planned{.file = edge.outputs[1],
                         .parts = {{"shown", path.written}, {"digests", edge.outputs[2]}}};
  if (path.written.starts_with('@'))
    planner.add_input({"drivers", path.written, edge.outputs[1], "digest", path.file, path.where});
  planner.add(std::move(edge));
  return planned;
}

void read_image_digests(const fs::path& file, ImageDigests& digests) {
  std::string text = read_file(file, 256u << 20);
  for (std::size_t at = 0; at < text.size();) {
    std::size_t end = text.find('\n', at);
    std::size_t blank = text.find(' ', at);
    if (end == text.npos || blank != at + 64 || end < blank) fail_damaged(file);
    digests.emplace(text.substr(at, 64), text.substr(blank + 1, end - blank - 1));
    at = end + 1;
  }
}

const graph::Kind driver_files = {"driver_files", nullptr, nullptr, run};

}  // namespace remedia::kinds
