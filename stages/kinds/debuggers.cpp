// debuggers { "media/debuggers-x64" }: the Debugging Tools for Windows, for Crash Analyzer.
//
// The stage chooses what examines dumps from whatever kit it is given, and lists that as a tree. A
// folder's files stay where they are; of an archive only what was chosen is kept, so that another
// manual in it changes nothing.

#include "formats/win_names.h"
#include "graph/graph.h"
#include "graph/job.h"
#include "kinds/component.h"
#include "kinds/folder_walk.h"
#include "kinds/kinds.h"
#include "media/debugger_tools.h"
#include "media/driver_pack.h"
#include "support/artifact.h"
#include "support/pack.h"
#include "support/tree.h"

#include <algorithm>

namespace remedia::kinds {

namespace {

using recipe::Type;

const recipe::Schema schema = {
    .word = "debuggers",
    .role = recipe::Role::description,
    .help =
        "The Debugging Tools for Windows, with which Crash Analyzer reads memory dumps.\n"
        "What a dump needs is taken, not the whole kit: cdb.exe and kd.exe, dbgeng.dll and what "
        "goes with it, the extensions of !analyze (winext, winxp, triage), and the libraries that "
        "these import. The programs must be for the architecture of the image; a kit may hold "
        "those of others too, at any depth.",
    .fields =
        {
            {.name = "path",
             .type = Type::path,
             .help = "folder of the tools, or one above it (the kit of a Windows SDK or WDK); the "
                     "SDK's .msi with its .cab files beside it; a .cab or .zip",
             .required = true},
            {.name = "to",
             .type = Type::text,
             .help = "folder in the image; Crash Analyzer looks in Debuggers only",
             .fallback = "Debuggers",
             .max = 240},
            {.name = "allow_missing",
             .type = Type::text,
             .help = "DLLs that they import and can do without, such as \"dbgmodel.dll\"; * stands "
                     "for any letters",
             .list = true,
             .max = 100},
        },
    .positional = "path",
};

bool is_archive(const std::string& path) {
  constexpr const char* kEndings[] = {".msi", ".cab", ".zip"};
  const std::string name = fold_case(path);
  return std::any_of(std::begin(kEndings), std::end(kEndings),
                     [&](const char* ending) { return name.ends_with(fold_case(ending)); });
}

graph::Planned plan(graph::Planner& planner, const recipe::NodeRef& node,
                    const graph::Binding& binding) {
  const graph::SourcePath path = planner.source_path(*node, "path", binding.arch);
  const bool archive = is_archive(path.written);
  graph::Edge edge{.kind = "debuggers", .origin = node};
  edge.label = "DEBUGGERS " + path.written;
  edge.parameters["path"] = path.file;
  edge.parameters["written"] = path.written;
  edge.parameters["archive"] = archive;
  edge.parameters["arch"] = binding.arch;
  edge.parameters["to"] = node->has("to") ? node->text("to") : "Debuggers";
  edge.parameters["allow_missing"] = node->texts("allow_missing");
  for (const char* suffix : {"tree", "record"})
    edge.outputs.push_back(graph::Planner::store_path(edge, suffix));
  if (archive)
    edge.outputs.insert(edge.outputs.begin() + 1, graph::Planner::store_path(edge, "pack"));
  graph::Planned planned{.file = edge.outputs.front(),
                         .parts = {{"shown", path.written}},
                         .records = {edge.outputs.back()}};
  planner.add_input(
      {"debuggers", path.written, edge.outputs.back(), "digest", "", node->place("path")});
  planner.add(std::move(edge));
  return planned;
}

/// What goes into the image, and what of the user's it was made from.
struct Chosen {
  DebuggerTools tools;
  nlohmann::ordered_json inputs = nlohmann::ordered_json::array();
};

nlohmann::ordered_json input_record(const std::string& written, std::uint64_t size,
                                    const std::string& sha256, const std::string& version) {
  return {{"path", written}, {"size", size}, {"sha256", sha256}, {"version", version}};
}

std::vector<TreeEntry> folder_entries(graph::Job& job, const fs::path& folder) {
  std::vector<TreeEntry> entries;
  for (const FoundFile& found : walk_folder(job, folder, job.text("written"))) {
    if (found.directory) continue;
    entries.push_back({.target = found.path,
                       .source = found.file.string(),
                       .size = found.size,
                       .origin = found.shown});
  }
  return entries;
}

Chosen from_folder(graph::Job& job, const fs::path& folder) {
  Chosen chosen{.tools = choose_debugger_tools(folder_entries(job, folder), job.text("arch"),
                                               job.text("written"))};
  for (const TreeEntry& entry : chosen.tools.looked_at) job.reads(entry.source);
  std::uint64_t size = 0;
  std::string list;
  for (TreeEntry& entry : chosen.tools.files) {
    entry.sha256 = job.digest(entry.source);
    size += entry.size;
    list += entry.sha256 + "  " + entry.target + "\n";
  }
  chosen.inputs.push_back(
      input_record(job.text("written"), size, sha256(list), chosen.tools.version));
  return chosen;
}

/// A file beside `file`, in any case if it is not there as `name` has it.
fs::path beside(const fs::path& file, const std::string& name) {
  const fs::path folder = file.parent_path();
  if (fs::exists(folder / name)) return folder / name;
  std::vector<fs::path> found;
  std::error_code error;
  for (fs::directory_iterator it(folder, error); !error && it != fs::directory_iterator();
       it.increment(error)) {
    if (fold_case(it->path().filename().string()) == fold_case(name)) found.push_back(it->path());
  }
  return found.empty() ? fs::path() : *std::min_element(found.begin(), found.end());
}

std::vector<PackPart> cabinets_of(const graph::Job& job, const fs::path& msi,
                                  const fs::path& scratch) {
  const std::string written = job.text("written");
  std::vector<PackPart> parts;
  std::string missing;
  for (const std::string& name : outside_cabinets(msi, written, scratch)) {
    parts.push_back({name, beside(msi, name)});
    if (parts.back().file.empty() || !fs::is_regular_file(parts.back().file))
      missing += (missing.empty() ? "'" : ", '") + name + "'";
  }
  if (!missing.empty()) {
    throw Failure(Diagnostic{
        .message = fmt::format("'{}' takes its files from {}, not beside it", written, missing),
        .hint = "they lie beside it in the folder Installers of the SDK's medium: copy them too"});
  }
  return parts;
}

Chosen from_archive(graph::Job& job, const fs::path& archive) {
  const std::string written = job.text("written");
  const fs::path scratch = job.part(1).string() + ".unpacked";
  std::vector<PackPart> parts;
  if (fold_case(written).ends_with(fold_case(".msi"))) parts = cabinets_of(job, archive, scratch);
  // Declared before they are read: what changes meanwhile is then newer than the outputs.
  std::vector<std::pair<std::string, fs::path>> inputs = {{written, archive}};
  for (const PackPart& part : parts) {
    inputs.emplace_back((fs::path(written).parent_path() / part.name).string(), part.file);
  }
  Chosen chosen;
  const ScratchFile whole(job.part(1).string() + ".kit");
  Pack kit(whole.path(), whole.path().string());
  std::vector<std::string> digests;
  for (const auto& [name, file] : inputs) {
    job.reads_named(file);
    digests.push_back(job.digest(file));
  }
  unpack_driver_pack(archive, written, "", kit, scratch, {}, parts);
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (job.digest(inputs[i].second) != digests[i]) fail_changed(inputs[i].first, {});
  }
  chosen.tools = choose_debugger_tools(kit.entries(), job.text("arch"), written);

  Pack pack(job.part(1), job.output(1));
  for (const TreeEntry& entry : chosen.tools.files)
    pack.add(entry.target, entry.slice(), entry.origin);
  chosen.tools.files = pack.entries();
  job.keep_if_equal(1);
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    chosen.inputs.push_back(input_record(inputs[i].first, fs::file_size(inputs[i].second),
                                         digests[i], chosen.tools.version));
  }
  return chosen;
}

Chosen choose(graph::Job& job) {
  const fs::path path = job.text("path");
  const std::string written = job.text("written");
  if (job.parameters().at("archive").get<bool>()) {
    if (fs::is_regular_file(path)) return from_archive(job, path);
    fail("'{}' is no file, so it is no archive", written);
  }
  if (fs::is_directory(path)) return from_folder(job, path);
  throw Failure(Diagnostic{
      .message = fmt::format("'{}' is neither a folder nor an archive (.msi, .cab, .zip)", written),
      .hint = "name the folder that it lies in"});
}

nlohmann::ordered_json record_of(const graph::Job& job, const Chosen& chosen) {
  const std::string to = job.text("to");
  nlohmann::ordered_json of = {{"origin", job.text("written")},
                               {"architecture", job.text("arch")},
                               {"version", chosen.tools.version},
                               {"path", to}};
  of["programs"] = nlohmann::ordered_json::array();
  for (const std::string& program : chosen.tools.programs)
    of["programs"].push_back(to + "/" + program);
  of["allow_missing"] = job.parameters().at("allow_missing");
  of["files"] = nlohmann::ordered_json::array();
  for (const TreeEntry& entry : chosen.tools.files) {
    of["files"].push_back({{"path", entry.target},
                           {"origin", entry.origin},
                           {"size", entry.size},
                           {"sha256", entry.sha256}});
  }
  return {{"debuggers", std::move(of)}, {"inputs", chosen.inputs}};
}

void run(graph::Job& job) {
  const std::string to = job.text("to");
  job.about("to", [&] { check_image_path(to); });
  Chosen chosen = job.about("path", [&] { return choose(job); });
  for (TreeEntry& entry : chosen.tools.files) {
    entry.target = to + "/" + entry.target;
    job.about("path", [&] { check_image_path(entry.target); });
  }
  if (!chosen.tools.has_symsrv) {
    job.warn("path", fmt::format("'{}' has no symsrv.dll beside dbghelp.dll, so symbols will not "
                                 "be found",
                                 job.text("written")));
  }
  job.write_text(0, write_tree(chosen.tools.files));
  job.write_record(record_of(job, chosen));
}

}  // namespace

const graph::Kind debuggers = {"debuggers", &schema, plan, run};

}  // namespace remedia::kinds
