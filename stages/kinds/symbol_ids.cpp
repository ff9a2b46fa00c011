// Which PDBs the binaries of a Windows ask for: a stage that no recipe names.
//
// The image's own Windows is read in the base that was exported for it; any other where it lies, so
// that symbols of the fleet's Windows cost a dozen of its files and no copy. Contents that an image
// has at several paths are read once.

#include "kinds/symbol_ids.h"

#include "formats/pe_debug.h"
#include "formats/win_names.h"
#include "graph/job.h"
#include "kinds/kinds.h"
#include "media/windows_source.h"

#include <algorithm>
#include <array>
#include <memory>

namespace remedia::kinds {

namespace {

constexpr const char* kKernel = "ntoskrnl.exe";
// What `!analyze -v` looks into when a PC stopped: the kernel with its types, what is always on the
// stack, and the drivers below most of the stops, which are those of disks, volumes and networks.
constexpr std::array kKernelModules = {
    kKernel,          "hal.dll",  "ntdll.dll",    "win32k.sys",   "win32kbase.sys",
    "win32kfull.sys", "ci.dll",   "acpi.sys",     "pci.sys",      "wdf01000.sys",
    "classpnp.sys",   "disk.sys", "storport.sys", "stornvme.sys", "ntfs.sys",
    "fltmgr.sys",     "ndis.sys", "netio.sys",    "tcpip.sys"};
constexpr std::array kPrograms = {".exe", ".dll", ".sys", ".drv", ".efi", ".ocx", ".cpl",
                                  ".scr", ".ax",  ".acm", ".tsp", ".ime", ".com", ".rs"};

// Key of what Windows itself consists of, in names of folders in WinSxS: what is in use of it lies
// outside as well, the rest is kept for updates (media/closure has the same rule).
constexpr std::string_view kComponentToken = "_31BF3856AD364E35_";

std::string name_of(std::string_view path) { return fold_case(path.substr(path.rfind('/') + 1)); }

bool is_kept_for_updates(std::string_view path) {
  const std::string folded = fold_case(path);
  return folded.starts_with("WINDOWS/WINSXS/") && folded.find(kComponentToken) != folded.npos;
}

/// A Windows that is open, whichever way.
struct Opened {
  std::unique_ptr<WindowsSource> source;
  std::unique_ptr<wim::File> base;
  int image = 1;

  const wim::File& file() const { return source ? source->file() : *base; }
};

Opened open_base(const graph::Job& job) {
  Opened opened;
  try {
    const fs::path file = job.text("base");
    opened.base = std::make_unique<wim::File>(Slice::whole(file), job.text("shown"));
  } catch (const Failure&) {
    fail_damaged(job.text("base"));
  }
  return opened;
}

Opened open_medium(graph::Job& job) {
  Opened opened;
  const std::string written = job.text("written");
  job.about("media", [&] {
    opened.source = std::make_unique<WindowsSource>(job.text("media"), written);
    WindowsSource& source = *opened.source;
    // A medium that an older one replaces by a rename shows in the folder only.
    if (source.medium().kind() != Medium::Kind::folder)
      job.reads(source.medium().path().parent_path());
    if (source.medium().kind() == Medium::Kind::iso) job.reads(source.medium().path());
    for (const fs::path& folder : source.medium().folders()) job.reads(folder);
    source.choose(job.text("image"), job.text("edition"), job.part(0).string() + ".winre");
    for (const Slice& part : source.container()) job.reads(part.file);
  });
  opened.image = opened.source->index();
  const std::string& arch = opened.source->image().architecture;
  if (arch != job.text("arch")) {
    job.fail_at("arch",
                fmt::format("the recipe says {}, but image '{}' of {} is for {}", job.text("arch"),
                            opened.source->image().name, opened.source->found_in(),
                            arch.empty() ? "one that it does not tell" : arch));
  }
  return opened;
}

using Entries = std::vector<const wim::Entry*>;

Entries kernel_modules(const graph::Job& job, const wim::File& file, int image) {
  Entries found;
  for (const char* name : kKernelModules) {
    for (const char* folder : {"Windows/System32/", "Windows/System32/drivers/"}) {
      const wim::Entry* entry = file.find(image, std::string(folder) + name);
      if (entry != nullptr && !entry->directory) found.push_back(entry);
    }
    if (name == kKernel && found.empty()) {
      job.fail_at("scope",
                  fmt::format("{} has no Windows/System32/{}, so no kernel whose symbols could be "
                              "meant",
                              job.text("shown"), kKernel),
                  "name the binaries with files = { ... }, or another Windows with from");
    }
  }
  return found;
}

Entries files_that(const wim::File& file, int image,
                   const std::function<bool(const wim::Entry&)>& are_meant) {
  Entries found;
  for (const wim::Entry& entry : file.list(image)) {
    if (!entry.directory && are_meant(entry)) found.push_back(&entry);
  }
  return found;
}

Entries named_files(const wim::File& file, int image, const nlohmann::json& names) {
  std::set<std::string> wanted;
  for (const std::string name : names) wanted.insert(fold_case(name));
  Entries all = files_that(
      file, image, [&](const wim::Entry& entry) { return wanted.contains(name_of(entry.path)); });
  // Where one is in use, what is kept of it for updates is not meant.
  std::set<std::string> in_use;
  for (const wim::Entry* entry : all) {
    if (!is_kept_for_updates(entry->path)) in_use.insert(name_of(entry->path));
  }
  std::erase_if(all, [&](const wim::Entry* entry) {
    return is_kept_for_updates(entry->path) && in_use.contains(name_of(entry->path));
  });
  return all;
}

Entries meant(const graph::Job& job, const wim::File& file, int image) {
  const std::string scope = job.text("scope");
  if (scope == "kernel") return kernel_modules(job, file, image);
  if (scope == "named") return named_files(file, image, job.parameters().at("files"));
  return files_that(file, image, [](const wim::Entry& entry) {
    return may_have_symbols(entry.path) && !is_kept_for_updates(entry.path);
  });
}

Binary look_at(const graph::Job& job, const wim::File& file, int image, const wim::Entry& entry) {
  if (entry.size == 0) return {.path = entry.path, .pdb = {}, .key = {}, .fault = {}};
  const ScratchFile scratch(job.part(0).string() + ".file");
  file.extract(image, entry, scratch.path());
  return read_binary(Slice::whole(scratch.path()), entry.path, entry.path);
}

void run(graph::Job& job) {
  const Opened opened = job.parameters().contains("base") ? open_base(job) : open_medium(job);
  const wim::File& file = opened.file();
  nlohmann::ordered_json binaries = nlohmann::ordered_json::array();
  std::set<std::pair<std::string, std::string>> known;  // name and SHA-1
  Entries entries = meant(job, file, opened.image);
  std::sort(entries.begin(), entries.end(),
            [](const wim::Entry* a, const wim::Entry* b) { return a->path < b->path; });
  for (const wim::Entry* entry : entries) {
    // Once for all paths that the image has it at.
    if (!known.emplace(name_of(entry->path), entry->sha1).second) continue;
    const Binary binary = look_at(job, file, opened.image, *entry);
    binaries.push_back(
        {{"path", binary.path}, {"pdb", binary.pdb}, {"key", binary.key}, {"fault", binary.fault}});
  }
  job.write_record({{"shown", job.text("shown")}, {"binaries", std::move(binaries)}});
}

bool is_program(const Slice& file) {
  std::string start(2, '\0');
  start.resize(read_at(file, Fd::open_read(file.file).get(), 0, start));
  return start == "MZ";
}

std::string image_text(const recipe::Node& node) {
  const std::int64_t index = node.integer("image");
  return index > 0 ? std::to_string(index) : node.text("image");
}

}  // namespace

bool may_have_symbols(std::string_view path) {
  const std::string name = fold_case(path);
  return std::any_of(kPrograms.begin(), kPrograms.end(),
                     [&](const char* ending) { return name.ends_with(fold_case(ending)); });
}

Binary read_binary(const Slice& program, const std::string& path, const std::string& shown) {
  Binary binary{.path = path, .pdb = {}, .key = {}, .fault = {}};
  try {
    if (!is_program(program)) return binary;
    if (auto view = pe::code_view(pe::Image(program, shown))) {
      binary.pdb = view->pdb;
      binary.key = view->id;
    }
  } catch (const Failure& failure) {
    binary.fault = failure.diagnostics().front().message;
  }
  return binary;
}

std::string plan_symbol_ids(graph::Planner& planner, const recipe::NodeRef& origin,
                            const recipe::NodeRef& windows, bool own, const SymbolScope& scope) {
  graph::Edge edge{.kind = "symbol_ids", .origin = origin};
  const std::string arch = windows->text("arch");
  if (own) {
    const graph::Planned planned = planner.plan(windows, {});
    edge.parameters["base"] = planned.file;
    edge.inputs = {planned.file};
    edge.parameters["written"] = windows->path("media", arch).written;
  } else {
    const graph::SourcePath media = planner.source_path(*windows, "media", arch);
    edge.parameters["media"] = media.file;
    edge.parameters["written"] = media.written;
    edge.parameters["image"] = image_text(*windows);
    edge.parameters["edition"] = windows->text("edition");
    edge.parameters["arch"] = arch;
  }
  const std::string shown =
      fmt::format("{} {}", edge.parameters["written"].get<std::string>(), image_text(*windows));
  edge.label = "IDS " + shown;
  edge.parameters["shown"] = shown;
  constexpr const char* kWords[] = {"kernel", "all", "named"};
  edge.parameters["scope"] = kWords[static_cast<int>(scope.kind)];
  if (scope.kind == SymbolScope::Kind::named) {
    std::set<std::string> names;
    for (const std::string& name : scope.names) names.insert(fold_case(name));
    edge.parameters["files"] = names;
  }
  for (const char* field : {"media", "image", "edition", "arch"})
    edge.places[field] = windows->place(field);
  edge.outputs = {graph::Planner::store_path(edge, "record")};
  std::string record = edge.outputs[0];
  planner.add(std::move(edge));
  return record;
}

SymbolIds read_symbol_ids(const fs::path& file) {
  const nlohmann::ordered_json record = graph::read_record(file);
  SymbolIds ids{.shown = record.at("shown"), .binaries = {}};
  for (const auto& entry : record.at("binaries")) {
    ids.binaries.push_back({.path = entry.at("path"),
                            .pdb = entry.at("pdb"),
                            .key = entry.at("key"),
                            .fault = entry.at("fault")});
  }
  return ids;
}

const graph::Kind symbol_ids = {"symbol_ids", nullptr, nullptr, run};

}  // namespace remedia::kinds
