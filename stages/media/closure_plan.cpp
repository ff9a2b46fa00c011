// What an image will hold, by folded path.
#include "formats/win_names.h"
#include "media/closure.h"
#include "media/wim_glob.h"
#include "support/artifact.h"

#include <algorithm>
#include <array>
#include <utility>

namespace remedia::closure {

namespace {

/// What they are in Windows PE, where the image is the drive X:.
constexpr std::array<std::pair<std::string_view, std::string_view>, 5> kRoots = {{
    {"%SYSTEMROOT%", "Windows/"},
    {"%WINDIR%", "Windows/"},
    {"%PROGRAMFILES%", "Program Files/"},
    {"%SYSTEMDRIVE%", ""},
    {"X:", ""},
}};

/// Key of what Windows itself consists of, in names of folders in WinSxS: components, which are not
/// side by side, against 6595b64144ccf1df and others of assemblies (Microsoft, "Side-by-side
/// assemblies"; as listings of WinSxS show them).
constexpr std::string_view kComponentToken = "_31BF3856AD364E35_";

std::string without_root(std::string_view text) {
  // Only the head can match, and folding it may not change its length: it is ASCII if it matches.
  for (const auto& [root, path] : kRoots) {
    if (fold_case(text.substr(0, root.size())) != root) continue;
    const std::string_view rest = text.substr(root.size());
    if (rest.empty() || rest[0] == '\\' || rest[0] == '/') return fmt::format("{}{}", path, rest);
  }
  return std::string(text);
}

}  // namespace

std::string image_path(std::string_view text) {
  const std::string path = without_root(text);
  if (path.find(':') != path.npos) return {};
  std::vector<std::string_view> names;
  for (std::size_t at = 0; at < path.size();) {
    const std::size_t end = std::min(path.size(), path.find_first_of("\\/", at));
    const std::string_view name = std::string_view(path).substr(at, end - at);
    at = end + 1;
    if (std::count(name.begin(), name.end(), '%') > 1) return {};  // a variable
    if (name.empty() || name == ".") continue;
    if (name != "..") {
      names.push_back(name);
    } else if (names.empty()) {
      return {};
    } else {
      names.pop_back();
    }
  }
  return fmt::format("{}", fmt::join(names, "/"));
}

Plan::Plan(std::string architecture, fs::path scratch)
    : architecture_(std::move(architecture)), scratch_(std::move(scratch)) {}

void Plan::add_base(const wim::File& base, int image) {
  base_ = &base;
  image_ = image;
  for (const wim::Entry& entry : base.list(image)) {
    if (!entry.directory) {
      files_.insert_or_assign(fold_case(entry.path), File{.path = entry.path, .base = &entry});
    }
  }
}

void Plan::add(std::string_view target, Slice content) {
  std::string path = wim::normalized(target);
  File& file = files_.try_emplace(fold_case(path)).first->second;
  if (file.path.empty()) file.path = std::move(path);  // else it keeps the image's spelling
  file.base = nullptr;
  file.content = std::move(content);
}

void Plan::add(const std::vector<TreeEntry>& tree) {
  for (const TreeEntry& entry : tree) {
    if (!entry.directory) add(entry.target, entry.slice());
  }
}

const Plan::File* Plan::find(std::string_view path) const {
  const auto found = files_.find(fold_case(image_path(path)));
  return found == files_.end() ? nullptr : &found->second;
}

std::vector<const Plan::File*> Plan::side_by_side(std::string_view name) const {
  const std::string store = "WINDOWS/WINSXS/";
  const std::string wanted = fold_case(name);
  std::vector<const File*> files;
  for (auto at = files_.lower_bound(store); at != files_.end(); ++at) {
    const std::string_view path = at->first;
    if (!path.starts_with(store)) break;
    const std::string_view below = path.substr(store.size());
    const std::size_t slash = below.find('/');
    if (slash == below.npos || below.substr(slash + 1) != wanted) continue;
    if (below.substr(0, slash).find(kComponentToken) == below.npos) files.push_back(&at->second);
  }
  return files;
}

void Plan::look_into(const File& file, const std::function<void(const Slice&)>& use) const {
  if (file.base == nullptr) return use(file.content);
  const ScratchFile scratch(scratch_);
  base_->extract(image_, *file.base, scratch.path());
  use(Slice::whole(scratch.path()));
}

}  // namespace remedia::closure
