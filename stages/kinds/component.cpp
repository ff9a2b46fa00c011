// A component's data, compressed once.
//
// Trees say what goes into images; this stage makes of each a WIM of its own, and the images that
// use it take the compressed bytes as they are. So a change of one component compresses that one
// only, and ten images with the same tools compress them once. It is LZX, as nearly every base is;
// an image whose base is XPRESS cannot use it and compresses by itself.

#include "kinds/component.h"

#include "graph/job.h"
#include "kinds/kinds.h"

namespace remedia::kinds {

namespace {

// The files are not inputs of the edges that read them: the tree is, so a touched file ends there.
bool has_size(const TreeEntry& entry) {
  std::error_code error;
  std::uint64_t size = fs::file_size(entry.source, error);
  if (error) return false;
  bool in_pack = entry.offset > 0;
  return in_pack ? entry.size == 0 || size >= entry.offset + entry.size : size == entry.size;
}

// Components are ours: what is wrong with one is not the user's file.
wim::File open_component(const fs::path& file) {
  try {
    return wim::File(Slice::whole(file), file.string());
  } catch (const Failure&) {
    fail_damaged(file);
  }
}

void run(graph::Job& job) {
  std::string tree = job.text("tree");
  std::vector<std::string> trees = {tree};
  if (job.parameters().contains("listed_by")) trees.push_back(job.text("listed_by"));
  std::vector<TreeEntry> entries = read_tree(tree);
  wim::CaptureOptions options;
  options.level = job.parameters().at("compression_level");
  options.integrity = true;  // so that damage is seen without decompressing
  options.guid = derived_guid("component " + read_file(tree));
  wim::Capture image{.name = "component"};
  image.additions = checked_additions(entries, trees);
  wim::capture({image}, options, job.part(0));
  job.keep_if_equal(0);
}

}  // namespace

std::string plan_component(graph::Planner& planner, const recipe::NodeRef& origin,
                           const graph::Planned& tree, std::int64_t level) {
  graph::Edge edge{.kind = "component", .origin = origin};
  edge.label = "COMPRESS " + tree.parts.at("shown");
  edge.parameters["tree"] = tree.file;
  if (tree.parts.contains("listed_by")) edge.parameters["listed_by"] = tree.parts.at("listed_by");
  edge.parameters["compression_level"] = level;
  edge.inputs = {tree.file};
  edge.outputs = {graph::Planner::store_path(edge, "wim")};
  edge.pool = "compress";
  std::string file = edge.outputs[0];
  planner.add(std::move(edge));
  return file;
}

void fail_changed(std::string_view what, std::span<const std::string> trees) {
  // ninja would not list them again if the file was given an old date.
  for (const std::string& tree : trees) fs::remove(tree);
  throw Failure(Diagnostic{.message = fmt::format("'{}' changed while the image was built", what),
                           .hint = "run the build again"});
}

void add_digests(const std::vector<TreeEntry>& tree, const fs::path& wim_file,
                 Sha1BySha256& digests) {
  wim::File file = open_component(wim_file);
  for (const TreeEntry& entry : tree) {
    if (entry.directory || entry.size == 0) continue;
    const wim::Entry* stored = file.find(1, entry.target);
    if (stored == nullptr || stored->size != entry.size) fail_damaged(wim_file);
    digests.emplace(entry.sha256, stored->sha1);
  }
}

std::vector<wim::Addition> checked_additions(const std::vector<TreeEntry>& entries,
                                             std::span<const std::string> trees,
                                             const Sha1BySha256& known) {
  std::vector<wim::Addition> additions;
  for (const TreeEntry& entry : entries) {
    wim::Addition addition{.target = entry.target, .directory = entry.directory, .content = {}};
    if (!entry.directory) {
      auto digest = known.find(entry.sha256);
      if (digest != known.end()) addition.sha1 = digest->second;
      if (!has_size(entry) || (addition.sha1.empty() && sha256(entry.slice()) != entry.sha256))
        fail_changed(entry.origin, trees);
      addition.content = entry.slice();
    }
    additions.push_back(std::move(addition));
  }
  return additions;
}

const graph::Kind component = {"component", nullptr, nullptr, run};

}  // namespace remedia::kinds
