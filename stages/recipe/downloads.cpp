#include "recipe/downloads.h"

#include "support/diagnostic.h"
#include "support/file.h"

namespace remedia::recipe {

namespace {

// What is wrong with the address of a download; empty if nothing is.
std::string url_fault(std::string_view url) {
  for (char c : url) {
    if (c > 0x20 && c < 0x7f && c != '\\') continue;
    return "'url' holds what no address does; write it as %20 and the like";
  }
  std::size_t scheme = url.starts_with("https://") ? 8 : url.starts_with("http://") ? 7 : 0;
  if (scheme == 0) return "'url' must begin with https:// or http://";
  std::string_view host = url.substr(scheme);
  host = host.substr(0, host.find_first_of("/?#"));
  if (host.empty()) return "'url' names no host";
  if (host.find('@') != std::string_view::npos)
    return "'url' holds a user or a password; everybody who reads the project would know it";
  return {};
}

// A download is a file under a root: what git does not hold lies outside of the project.
Path download_path(const std::string& written, const fs::path& root, const Roots& roots) {
  std::size_t slash = written.find('/');
  if (written[0] != '@' || slash == std::string::npos) {
    throw Failure(Diagnostic{.message = fmt::format("'{}' is no file under a root", written),
                             .hint = "write \"@media/...\", with 'media' among the roots"});
  }
  Path path = resolve_path(written, root, root, roots);
  // A lock file goes by how a path is written: one way for each file.
  std::string rest = written.substr(slash + 1);
  if (rest.empty() || rest == "." || fs::path(rest).lexically_normal().string() != rest ||
      rest.ends_with('/')) {
    throw Failure(Diagnostic{.message = fmt::format("'{}' is no plain path of a file", written),
                             .hint = "write it without '.', '..' and further slashes"});
  }
  return path;
}

void refuse_second(const Download& download, const std::vector<Download>& others,
                   std::vector<Diagnostic>& errors) {
  for (const Download& other : others) {
    if (other.path.absolute != download.path.absolute) continue;
    errors.push_back({.message = fmt::format("'{}' has two downloads", download.path.written),
                      .where = download.where,
                      .notes = {{.message = "the other is here", .where = other.where}}});
    return;
  }
}

}  // namespace

std::vector<Download> resolve_downloads(const std::vector<NodeRef>& nodes, const fs::path& root,
                                        const Roots& roots) {
  std::vector<Download> downloads;
  std::vector<Diagnostic> errors;
  for (const NodeRef& node : nodes) {
    Download download{.path = {}, .url = node->text("url"), .where = node->place("path")};
    std::string fault = url_fault(download.url);
    if (!fault.empty()) errors.push_back({.message = fault, .where = node->place("url")});
    try {
      download.path = download_path(node->text("path"), root, roots);
    } catch (const Failure& failure) {
      errors.push_back(failure.diagnostics().front());
      errors.back().where = download.where;
      continue;
    }
    refuse_second(download, downloads, errors);
    downloads.push_back(std::move(download));
  }
  if (!errors.empty()) throw Failure(errors);
  return downloads;
}

}  // namespace remedia::recipe
