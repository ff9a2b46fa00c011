// A component's data, compressed once.
//
// Trees say what goes into images; this stage makes of each a WIM of its own, and the images that
// use it take the compressed bytes as they are. So a change of one component compresses that one
// only, and ten images with the same tools compress them once. It is LZX, as nearly every base is;
// an image whose base is XPRESS cannot use it and compresses by itself.
//
// What an earlier component holds is not even then compressed again, but taken from there
// (component_made.h). The result is, bit for bit, the one that is made from nothing.

#include "kinds/component.h"

#include "graph/job.h"
#include "kinds/component_made.h"
#include "kinds/kinds.h"
#include "media/wim_table.h"

#include <algorithm>

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

// Both are about the same bytes.
struct FileDigests {
  std::string sha256, sha1;
};

FileDigests digests_of(const Slice& content) {
  Sha256 sha256;
  wim::Digest sha1;
  Fd fd = Fd::open_read(content.file);
  std::vector<char> buffer(std::size_t{256} << 10);
  std::uint64_t offset = 0;
  while (std::size_t n = read_at(content, fd.get(), offset, buffer)) {
    sha256.update({buffer.data(), n});
    sha1.update({buffer.data(), n});
    offset += n;
  }
  return {sha256.hex(), wim::hex(sha1.finish())};
}

void write_component(const std::vector<wim::Addition>& additions, const Donors& donors,
                     wim::CaptureOptions options, const fs::path& out) {
  if (donors.twin) return wim::copy_donor(*donors.twin, options.guid, out);
  for (const wim::Donor& donor : donors.others) options.donors.push_back(donor.slice());
  wim::capture({{.name = "component", .additions = additions}}, options, out);
}

std::map<std::string, MadeContent> made_contents(const std::vector<TreeEntry>& entries,
                                                 const std::vector<wim::Addition>& additions) {
  std::map<std::string, MadeContent> contents;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    if (additions[i].sha1.empty()) continue;
    contents.try_emplace(entries[i].sha256, MadeContent{additions[i].sha1, entries[i].size});
  }
  return contents;
}

void run(graph::Job& job) {
  std::string tree = job.text("tree");
  std::vector<std::string> trees = {tree};
  if (job.parameters().contains("listed_by")) trees.push_back(job.text("listed_by"));
  std::vector<TreeEntry> entries = read_tree(tree);
  wim::CaptureOptions options;
  options.level = job.parameters().at("compression_level");
  options.integrity = true;  // so that damage is seen without decompressing
  options.guid = derived_guid("component " + read_file(tree, 1u << 30));

  Made made{.shape = shape_of(entries)};
  made.maker = sha256(fmt::format("{} level {}", job.program_digest(), options.level));
  Donors donors = find_donors(job.output(0), made.maker, entries);
  std::vector<wim::Addition> additions = checked_additions(entries, trees, donors.digests);
  try {
    write_component(additions, donors, options, job.part(0));
  } catch (const wim::ContentChanged& change) {
    fail_changed(change, entries, trees);
  }
  Slice written = Slice::whole(job.part(0));
  made.seal = wim::seal_of(written).value_or("");
  made.wim_size = written.size();
  made.contents = made_contents(entries, additions);
  job.leave_note(write_made(made));
  job.keep_if_equal(0);
}

// Whoever writes the file into a WIM compares it with that once more.
std::string known_or_found(const TreeEntry& entry, const Sha1BySha256& known,
                           std::span<const std::string> trees) {
  auto digest = known.find(entry.sha256);
  if (digest != known.end()) return digest->second;
  FileDigests found = digests_of(entry.slice());
  if (found.sha256 != entry.sha256) fail_changed(entry.origin, trees);
  return entry.size == 0 ? "" : found.sha1;
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

void fail_changed(const wim::ContentChanged& change, const std::vector<TreeEntry>& entries,
                  std::span<const std::string> trees) {
  auto changed = std::find_if(entries.begin(), entries.end(), [&](const TreeEntry& entry) {
    return entry.target == change.target();
  });
  fail_changed(changed != entries.end() ? changed->origin : change.target(), trees);
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
      if (!has_size(entry)) fail_changed(entry.origin, trees);
      addition.content = entry.slice();
      addition.sha1 = known_or_found(entry, known, trees);
    }
    additions.push_back(std::move(addition));
  }
  return additions;
}

const graph::Kind component = {"component", nullptr, nullptr, run};

}  // namespace remedia::kinds
