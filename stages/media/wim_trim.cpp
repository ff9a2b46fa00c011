#include "media/wim_trim.h"

#include "formats/win_names.h"
#include "media/wim_copy.h"
#include "media/wim_glob.h"
#include "media/wim_lib.h"
#include "media/wim_tree.h"
#include "support/diagnostic.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>

namespace remedia::wim {

namespace {

// Whatever boots needs them, with something in them.
constexpr std::string_view kProtected[] = {"Windows", "Windows/System32"};

// What becomes of one node.
struct Fate {
  std::optional<std::size_t> removal;
  bool by_content = false;
};

class Plan {
 public:
  explicit Plan(const Tree& tree) : tree_(tree), fates_(tree.nodes.size()) {}

  void apply(const std::vector<Removal>& removals) {
    std::vector<std::vector<std::size_t>> matches;
    for (const Removal& removal : removals) matches.push_back(matched(Glob(removal.pattern)));
    check_matches(removals, matches);
    for (std::size_t i = 0; i < removals.size(); ++i) take(removals[i], i, matches[i]);
    std::map<std::string, std::size_t> contents;  // that go everywhere, and a file that had each
    for (std::size_t i = 0; i < removals.size(); ++i) {
      if (removals[i].everywhere) contents.merge(take_content(i, matches[i]));
    }
    check_streams(contents);
    check_rest(removals);
  }

  bool is_gone(std::size_t node) const { return fates_[node].removal.has_value(); }
  const Fate& fate(std::size_t node) const { return fates_[node]; }

 private:
  // All that a pattern takes, with what is below it.
  std::vector<std::size_t> matched(const Glob& glob) const {
    std::vector<bool> taken(tree_.nodes.size(), false);
    for (std::size_t i = 0; i < taken.size(); ++i) {
      if (!glob.matches_folded(tree_.nodes[i].folded)) continue;
      taken[i] = true;
      auto [begin, end] = tree_.below(i);
      std::fill(taken.begin() + static_cast<std::ptrdiff_t>(begin),
                taken.begin() + static_cast<std::ptrdiff_t>(end), true);
    }
    std::vector<std::size_t> all;
    for (std::size_t i = 0; i < taken.size(); ++i) {
      if (taken[i]) all.push_back(i);
    }
    return all;
  }

  void check_matches(const std::vector<Removal>& removals,
                     const std::vector<std::vector<std::size_t>>& matches) const {
    std::vector<Diagnostic> problems;
    for (std::size_t i = 0; i < removals.size(); ++i) {
      Glob glob(removals[i].pattern);
      if (glob.text().empty()) {
        problems.push_back(
            {.message = fmt::format("'{}' would remove the whole image", removals[i].pattern)});
      } else if (matches[i].empty() && !removals[i].optional) {
        problems.push_back(
            {.message = fmt::format("nothing in '{}' matches '{}'", tree_.shown, glob.text()),
             .hint = hint(glob)});
      }
    }
    if (!problems.empty()) throw Failure(std::move(problems));
  }

  // The nearest of the names beside the first one that is not there.
  std::string hint(const Glob& glob) const {
    std::string folder;
    for (std::string_view rest = glob.text();;) {
      std::size_t slash = std::min(rest.find('/'), rest.size());
      std::string name(rest.substr(0, slash));
      if (name.find_first_of("*?") != std::string::npos) return {};
      std::vector<std::string> names = tree_.names_in(folder);
      auto same = [&](const std::string& other) { return fold_case(other) == fold_case(name); };
      auto found = std::find_if(names.begin(), names.end(), same);
      if (found == names.end()) return did_you_mean(name, names);
      folder += (folder.empty() ? "" : "/") + *found;
      if (slash == rest.size()) return {};
      rest.remove_prefix(slash + 1);
    }
  }

  void take(const Removal& removal, std::size_t index, const std::vector<std::size_t>& nodes) {
    for (std::size_t node : nodes) {
      if (is_protected(node)) fail_needed(removal, tree_.nodes[node].path);
      if (!fates_[node].removal) fates_[node] = {index, false};
    }
  }

  // Also all that has the content of these; says which contents those are.
  std::map<std::string, std::size_t> take_content(std::size_t index,
                                                  const std::vector<std::size_t>& nodes) {
    std::map<std::string, std::size_t> contents;
    for (std::size_t node : nodes) {
      const std::string& sha1 = tree_.nodes[node].entry.sha1;
      if (!sha1.empty()) contents.emplace(sha1, node);
    }
    for (std::size_t i = 0; i < fates_.size(); ++i) {
      if (!is_gone(i) && contents.contains(tree_.nodes[i].entry.sha1)) fates_[i] = {index, true};
    }
    return contents;
  }

  void check_streams(const std::map<std::string, std::size_t>& contents) const {
    for (std::size_t i = 0; i < fates_.size(); ++i) {
      if (is_gone(i)) continue;
      const Node& node = tree_.nodes[i];
      for (const NamedStream& stream : node.streams) {
        auto content = contents.find(stream.sha1);
        if (content != contents.end()) fail_stream(content->second, node, stream);
      }
    }
  }

  [[noreturn]] void fail_stream(std::size_t removed, const Node& node,
                                const NamedStream& stream) const {
    throw Failure(Diagnostic{
        .message = fmt::format("the content of '{}' cannot go everywhere: the stream '{}' of '{}' "
                               "has it too",
                               tree_.nodes[removed].path, stream.name, node.path),
        .hint = fmt::format("remove '{}' as well", node.path)});
  }

  bool is_protected(std::size_t node) const {
    std::string folded = fold_case(tree_.nodes[node].path);
    return std::any_of(std::begin(kProtected), std::end(kProtected),
                       [&](std::string_view path) { return fold_case(path) == folded; });
  }

  [[noreturn]] void fail_needed(const Removal& removal, std::string_view path) const {
    throw Failure(Diagnostic{
        .message = fmt::format("'{}' would remove '{}' as a whole", removal.pattern, path),
        .hint = "nothing boots without it; name what is to go in it"});
  }

  // A folder whose files are all gone is as good as gone.
  void check_rest(const std::vector<Removal>& removals) const {
    for (std::size_t i = 0; i < fates_.size(); ++i) {
      if (!is_protected(i)) continue;
      auto [begin, end] = tree_.below(i);
      check_some_stay(removals, begin, end, tree_.nodes[i].path);
    }
    check_some_stay(removals, 0, fates_.size(), "the image");
  }

  void check_some_stay(const std::vector<Removal>& removals, std::size_t begin, std::size_t end,
                       std::string_view path) const {
    std::optional<std::size_t> last;
    for (std::size_t i = begin; i < end; ++i) {
      if (tree_.nodes[i].entry.directory) continue;
      if (!is_gone(i)) return;
      last = fates_[i].removal;
    }
    if (last) fail_needed(removals[*last], path);
  }

  const Tree& tree_;
  std::vector<Fate> fates_;
};

TrimResult describe(const Tree& tree, const Plan& plan) {
  TrimResult result;
  std::map<std::string, std::string> removed_content;
  for (std::size_t i = 0; i < tree.nodes.size(); ++i) {
    const Entry& entry = tree.nodes[i].entry;
    if (!plan.is_gone(i)) continue;
    const Fate& fate = plan.fate(i);
    result.removed.push_back({entry.path, entry.directory, entry.directory ? 0 : entry.size,
                              entry.sha1, *fate.removal, fate.by_content});
    if (!entry.sha1.empty()) removed_content.emplace(entry.sha1, entry.path);
  }
  auto note = [&](const std::string& sha1, const std::string& path) {
    auto removed = removed_content.find(sha1);
    if (removed != removed_content.end()) result.leftovers.push_back({path, removed->second});
  };
  for (std::size_t i = 0; i < tree.nodes.size(); ++i) {
    const Node& node = tree.nodes[i];
    if (plan.is_gone(i)) continue;
    note(node.entry.sha1, node.path);
    for (const NamedStream& stream : node.streams) {
      note(stream.sha1, node.path + ":" + stream.name);
    }
  }
  return result;
}

// Only the topmost of what goes: libwim takes the rest along.
void delete_nodes(const Host& host, WIMStruct* wim, const Tree& tree, const Plan& plan) {
  std::set<std::string> folders;
  std::vector<std::string> paths;  // stays as it is once commands point into it
  std::vector<bool> directories;
  for (std::size_t i = 0; i < tree.nodes.size(); ++i) {
    if (!plan.is_gone(i)) continue;
    std::string path = "/" + tree.nodes[i].path;
    bool taken_along = folders.contains(path.substr(0, path.find_last_of('/')));
    if (tree.nodes[i].entry.directory) folders.insert(path);
    if (taken_along) continue;
    paths.push_back(std::move(path));
    directories.push_back(tree.nodes[i].entry.directory);
  }
  std::vector<wimlib_update_command> commands;
  for (std::size_t i = 0; i < paths.size(); ++i) {
    wimlib_update_command command = {};
    command.op = WIMLIB_UPDATE_OP_DELETE;
    command.delete_.wim_path = paths[i].data();
    command.delete_.delete_flags = directories[i] ? WIMLIB_DELETE_FLAG_RECURSIVE : 0;
    commands.push_back(command);
  }
  check(host, wimlib_update_image(wim, 1, commands.data(), commands.size(), 0), tree.shown);
}

// That all else is as it was, and that what shall be gone is.
void prove(const Tree& before, const Plan& plan, const TrimResult& result, const fs::path& out) {
  File after(Slice::whole(out), out.string());
  Tree tree = read_tree(after);
  std::size_t next = 0;
  for (std::size_t i = 0; i < before.nodes.size(); ++i) {
    if (plan.is_gone(i)) continue;
    if (next == tree.nodes.size() || !same(before.nodes[i], tree.nodes[next++])) {
      fail("'{}' did not become what it should be in '{}'", before.nodes[i].path, out.string());
    }
  }
  if (next != tree.nodes.size()) {
    fail("'{}' is still in '{}'", tree.nodes[next].path, out.string());
  }
  std::set<std::string> contents = contents_of(after), left;
  for (const Node& node : tree.nodes) {
    left.insert(node.entry.sha1);
    for (const NamedStream& stream : node.streams) left.insert(stream.sha1);
  }
  for (const Removed& removed : result.removed) {
    if (removed.sha1.empty() || left.contains(removed.sha1)) continue;
    if (contents.contains(removed.sha1)) {
      fail("the content of '{}' is still in '{}'", removed.path, out.string());
    }
  }
}

void check_base(const File& base, std::string_view shown) {
  if (base.info().images.size() == 1 && base.info().bootable_format) return;
  throw Failure(Diagnostic{
      .message = fmt::format("nothing can be removed from '{}': it has {} images{}", shown,
                             base.info().images.size(),
                             base.info().bootable_format ? "" : ", in a format that cannot boot"),
      .hint = "export its image to a WIM of its own first"});
}

void write_without(const fs::path& base, const Tree& tree, const Plan& plan,
                   const TrimOptions& options, const fs::path& out) {
  Host host(options.clock);
  Handle wim = open_for_copy(host, {Slice::whole(base)}, base.native());
  delete_nodes(host, wim.get(), tree, plan);
  wimlib_wim_info info = {};
  check(host, wimlib_get_wim_info(wim.get(), &info), base.native());
  set_info(host, wim.get(), info, options.guid, 0, out.native());
  check(host, wimlib_write(wim.get(), out.c_str(), WIMLIB_ALL_IMAGES, kWriteFlags, 0),
        out.native());
}

}  // namespace

TrimResult trim(const fs::path& base, const std::vector<Removal>& removals,
                const TrimOptions& options, const fs::path& out) {
  check_distinct(base, out);
  std::string shown = options.shown.empty() ? base.string() : options.shown;
  File wim(Slice::whole(base), shown);
  check_base(wim, shown);
  Tree tree = read_tree(wim);
  Plan plan(tree);
  plan.apply(removals);
  TrimResult result = describe(tree, plan);
  try {
    write_without(base, tree, plan, options, out);
    prove(tree, plan, result, out);
  } catch (...) {
    std::error_code ignored;
    fs::remove(out, ignored);
    throw;
  }
  return result;
}

}  // namespace remedia::wim
