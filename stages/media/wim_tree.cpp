#include "media/wim_tree.h"

#include "media/wim_glob.h"
#include "media/wim_lib.h"
#include "media/wim_table.h"

#include <algorithm>
#include <exception>

namespace remedia::wim {

namespace {

// An exception may not pass through libwim, so it waits here.
template <typename Value>
struct Collected {
  Value value;
  std::exception_ptr trouble;

  template <typename Action>
  int add(Action&& action) {
    try {
      action(value);
      return 0;
    } catch (...) {
      trouble = std::current_exception();
      return WIMLIB_ERR_NOMEM;
    }
  }
};

int add_node(const wimlib_dir_entry* entry, void* context) {
  return static_cast<Collected<std::vector<Node>>*>(context)->add([&](std::vector<Node>& nodes) {
    Node node;
    node.entry = to_entry(*entry);
    node.path = node.entry.path;
    if (node.path.empty()) return;
    node.folded = Glob::folded(node.path);
    node.links = entry->num_links;
    for (std::uint32_t i = 1; i <= entry->num_named_streams; ++i) {
      const wimlib_stream_entry& stream = entry->streams[i];
      node.streams.push_back(
          {stream.stream_name == nullptr ? "" : stream.stream_name, sha1_text(stream.resource)});
    }
    nodes.push_back(std::move(node));
  });
}

int add_content(const wimlib_resource_entry* resource, void* context) {
  return static_cast<Collected<std::set<std::string>>*>(context)->add(
      [&](std::set<std::string>& contents) { contents.insert(sha1_text(*resource)); });
}

bool by_path(const Node& a, const Node& b) { return a.path < b.path; }

}  // namespace

std::pair<std::size_t, std::size_t> Tree::below(std::size_t folder) const {
  Node first, last;
  first.path = nodes[folder].path + "/";
  last.path = nodes[folder].path + "0";  // the character after '/'
  auto begin = std::lower_bound(nodes.begin(), nodes.end(), first, by_path);
  auto end = std::lower_bound(begin, nodes.end(), last, by_path);
  return {static_cast<std::size_t>(begin - nodes.begin()),
          static_cast<std::size_t>(end - nodes.begin())};
}

std::vector<std::string> Tree::names_in(const std::string& folder) const {
  std::vector<std::string> names;
  std::string prefix = folder.empty() ? "" : folder + "/";
  for (const Node& node : nodes) {
    if (!node.path.starts_with(prefix)) continue;
    std::string name = node.path.substr(prefix.size());
    if (name.find('/') == std::string::npos) names.push_back(name);
  }
  return names;
}

Tree read_tree(const File& wim) {
  File::State& state = wim.state();
  Host host;
  Collected<std::vector<Node>> collected;
  int code = wimlib_iterate_dir_tree(state.wim.get(), 1, WIMLIB_WIM_ROOT_PATH,
                                     WIMLIB_ITERATE_DIR_TREE_FLAG_RECURSIVE, add_node, &collected);
  if (collected.trouble) std::rethrow_exception(collected.trouble);
  if (code != WIMLIB_ERR_PATH_DOES_NOT_EXIST) check(host, code, state.shown);
  std::sort(collected.value.begin(), collected.value.end(), by_path);
  return {state.shown, std::move(collected.value)};
}

bool same(const Node& a, const Node& b) {
  const Entry &x = a.entry, &y = b.entry;
  return x.path == y.path && x.directory == y.directory && x.size == y.size && x.sha1 == y.sha1 &&
         x.attributes == y.attributes && x.short_name == y.short_name &&
         x.security_descriptor == y.security_descriptor && x.creation_time == y.creation_time &&
         x.last_write_time == y.last_write_time && x.last_access_time == y.last_access_time &&
         a.streams == b.streams;
}

std::set<std::string> contents_of(const File& wim) {
  Host host;
  Collected<std::set<std::string>> collected;
  int code = wimlib_iterate_lookup_table(wim.state().wim.get(), 0, add_content, &collected);
  if (collected.trouble) std::rethrow_exception(collected.trouble);
  check(host, code, wim.state().shown);
  return std::move(collected.value);
}

}  // namespace remedia::wim
