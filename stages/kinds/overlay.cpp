// overlay { "common" }: a folder, an archive or a file that goes into the image.
//
// The stage lists what a folder holds, as a tree; it copies nothing. Whoever compresses
// the files and puts them into images reads them where they are and checks each digest again. Only
// an archive is unpacked first.

#include "formats/win_names.h"
#include "graph/graph.h"
#include "graph/job.h"
#include "kinds/folder_walk.h"
#include "kinds/kinds.h"
#include "media/archive.h"
#include "media/wim_glob.h"
#include "support/pack.h"
#include "support/tree.h"

#include <algorithm>
#include <map>

namespace remedia::kinds {

namespace {

using recipe::Type;

const recipe::Schema schema = {
    .word = "overlay",
    .role = recipe::Role::description,
    .help =
        "A folder whose files go into an image, at the same paths; or an archive, or one file.\n"
        "Names must be legal on Windows. Links to files are followed, links to folders are an "
        "error. A .gitkeep makes an empty folder and stays out itself. A .cab or .zip is unpacked.",
    .fields =
        {
            {.name = "path",
             .type = Type::path,
             .help = "the folder, archive or file; a bare name means overlays/NAME",
             .required = true,
             .folder = "overlays"},
            {.name = "to",
             .type = Type::text,
             .help = "folder in the image that the files go to; a single file has to have one",
             .fallback = "the root of the image",
             .max = 240},
            {.name = "leave_out",
             .type = Type::text,
             .help = "paths in the image that stay out; * and ? within a name, ** across folders; "
                     "each has to match something",
             .list = true,
             .max = 240},
            {.name = "unpack",
             .type = Type::boolean,
             .help = "whether it is an archive (CAB, ZIP, or a program with a CAB in it) whose "
                     "files are meant; without it, if the name ends in .cab or .zip"},
        },
    .positional = "path",
    .from_string = true,
};

bool is_unpacked(const recipe::Node& node, const std::string& path) {
  if (node.has("unpack")) return node.flag("unpack");
  std::string extension = fold_case(fs::path(path).extension().string());
  return extension == fold_case(".cab") || extension == fold_case(".zip");
}

graph::Planned plan(graph::Planner& planner, const recipe::NodeRef& node,
                    const graph::Binding& binding) {
  graph::Edge edge{.kind = "overlay", .origin = node};
  graph::SourcePath path = planner.source_path(*node, "path", binding.arch);
  const bool unpack = is_unpacked(*node, path.written);
  edge.parameters["folder"] = path.file;
  edge.parameters["written"] = path.written;
  edge.label = (unpack ? "UNPACK " : "OVERLAY ") + path.written;
  edge.parameters["to"] = node->text("to");
  edge.parameters["unpack"] = unpack;
  if (node->has("leave_out")) edge.parameters["leave_out"] = node->texts("leave_out");
  edge.outputs = {graph::Planner::store_path(edge, "tree")};
  if (unpack) edge.outputs.push_back(graph::Planner::store_path(edge, "pack"));
  graph::Planned planned{.file = edge.outputs[0], .parts = {{"shown", path.written}}};
  if (path.written.starts_with('@'))
    planner.add_input({"overlay", path.written, edge.outputs[0], "digest", path.file, path.where});
  planner.add(std::move(edge));
  return planned;
}

std::vector<TreeEntry> folder_entries(graph::Job& job, const fs::path& folder) {
  const std::string to = job.text("to");
  std::map<std::string, std::string> seen;
  std::vector<TreeEntry> entries;
  for (const FoundFile& found : walk_folder(job, folder, job.text("written"))) {
    std::string target = found.path.empty() || to.empty() ? to + found.path : to + "/" + found.path;
    if (target.empty()) continue;
    check_image_path(target);
    auto [known, fresh] = seen.emplace(fold_case(target), target);
    if (!fresh && known->second != target) {
      fail("'{}' and '{}' in overlay '{}' differ only in case, which Windows does not tell apart",
           known->second, target, job.text("written"));
    }
    TreeEntry entry{.target = target, .directory = found.directory, .origin = found.shown};
    if (!found.directory) {
      entry.source = found.file.string();
      entry.size = found.size;
      entry.sha256 = job.digest(found.file);
    }
    entries.push_back(std::move(entry));
  }
  return entries;
}

std::vector<TreeEntry> unpacked(graph::Job& job) {
  fs::path archive = job.text("folder");
  if (!fs::is_regular_file(archive))
    job.fail_at("path", fmt::format("'{}' is no file, so it is no archive", job.text("written")));
  job.reads_named(archive);
  Pack pack(job.part(1), job.output(1));
  std::vector<TreeEntry> entries = job.about("path", [&] {
    return unpack_archive(archive, job.text("written"), job.text("to"), pack,
                          job.part(1).string() + ".unpacked");
  });
  std::vector<TreeEntry> files = pack.entries();
  entries.insert(entries.end(), files.begin(), files.end());
  job.keep_if_equal(1);
  return entries;
}

std::vector<TreeEntry> single_file(graph::Job& job) {
  fs::path file = job.text("folder");
  job.reads_named(file);
  std::string to = job.text("to");
  if (to.empty()) {
    job.fail_at(
        "path",
        fmt::format("'{}' is a file, and no folder to put it in is named", job.text("written")),
        "overlay { \"x.exe\", to = \"Tools/x\" }");
  }
  std::string target = to + "/" + fs::path(job.text("written")).filename().string();
  job.about("path", [&] { check_image_path(target); });
  return {{.target = target,
           .source = file.string(),
           .size = fs::file_size(file),
           .sha256 = job.digest(file),
           .origin = job.text("written")}};
}

std::vector<TreeEntry> list(graph::Job& job) {
  fs::path path = job.text("folder");
  if (!job.text("to").empty()) job.about("to", [&] { check_image_path(job.text("to")); });
  if (job.parameters().at("unpack").get<bool>()) return unpacked(job);
  if (fs::is_regular_file(path)) return single_file(job);
  if (!fs::is_directory(path)) {
    job.fail_at("path",
                fmt::format("overlay '{}' is neither a folder nor a file", job.text("written")),
                fmt::format("it means {}", fs::absolute(path).lexically_normal().string()));
  }
  return job.about("path", [&] { return folder_entries(job, path); });
}

void leave_out(const graph::Job& job, std::vector<TreeEntry>& entries) {
  if (!job.parameters().contains("leave_out")) return;
  for (const std::string pattern : job.parameters().at("leave_out")) {
    wim::Glob glob = job.about("leave_out", [&] { return wim::Glob(pattern); });
    if (std::erase_if(entries, [&](const TreeEntry& e) { return glob.takes(e.target); }) == 0) {
      job.fail_at("leave_out", fmt::format("'{}' of '{}' matches nothing that is still there",
                                           pattern, job.text("written")));
    }
  }
}

void run(graph::Job& job) {
  std::vector<TreeEntry> entries = list(job);
  leave_out(job, entries);
  if (entries.empty()) job.warn("path", fmt::format("overlay '{}' is empty", job.text("written")));
  job.write_text(0, write_tree(std::move(entries)));
}

}  // namespace

const graph::Kind overlay = {"overlay", &schema, plan, run};

}  // namespace remedia::kinds
