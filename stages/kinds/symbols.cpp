// symbols { "@media/symstore" }: what debuggers need to name what a PC was doing when it stopped.
//
// A description, bound to an image or to the data partition of a stick. Which PDBs are meant is
// read from the binaries themselves (IDS), what there is from the folders (SCAN), and what of that
// goes together is found out (FIND) before this stage puts it into a tree of the form of a symbol
// store, one tier, which a debugger takes as its symbol path.

#include "kinds/symbols.h"

#include "formats/win_names.h"
#include "graph/job.h"
#include "kinds/fields.h"
#include "kinds/kinds.h"
#include "kinds/symbol_files.h"
#include "kinds/symbol_ids.h"
#include "kinds/symbol_search.h"
#include "kinds/symbol_tree.h"
#include "support/byte_size.h"

#include <algorithm>

namespace remedia::kinds {

namespace {

using recipe::Type;

constexpr std::size_t kMostNamed = 10;  // in one message

const recipe::Schema schema = {
    .word = "symbols",
    .role = recipe::Role::description,
    .help =
        "Symbols (PDBs) of the Windows that the PCs run, for Crash Analyzer and debuggers.\n"
        "Which PDBs are meant is read from the binaries themselves, never from names: GUID and age "
        "of a PDB have to be those that the binary states. They come from folders of yours: symbol "
        "stores of symstore, symchk or a debugger (one or two tiers, compressed or not), or plain "
        "folders. Pointers to other stores (file.ptr, refs.ptr) are not followed. Nothing is "
        "fetched: what is missing stands in N.symchk.txt beside the image, which symchk fetches "
        "on a PC with the internet:\n"
        "  symchk /im N.symchk.txt /s srv*FOLDER*https://msdl.microsoft.com/download/symbols\n"
        "The image then has a symbol store, X:\\Symbols.",
    .fields =
        {
            {.name = "paths",
             .type = Type::path,
             .help = "folders with PDBs somewhere below them, and single PDBs",
             .required = true,
             .list = true},
            {.name = "files",
             .type = Type::text,
             .help = "names of the binaries whose symbols are meant, of Windows or of the drivers "
                     "of the image",
             .list = true,
             .max = 240},
            {.name = "scope",
             .type = Type::choice,
             .help = "instead of files: \"kernel\" means those of the kernel, of disks, volumes "
                     "and networks that !analyze -v looks into; \"all\" every program of Windows "
                     "and of the drivers that names a PDB",
             .words = {"kernel", "all"},
             .fallback = "kernel"},
            {.name = "from",
             .type = Type::value,
             .help = "the Windows whose binaries are meant, as the PCs run them: each is read "
                     "where it lies, a few files of it",
             .list = true,
             .words = {"source"},
             .fallback = "the image's own, unless ids says what is meant"},
            {.name = "ids",
             .type = Type::text,
             .help = "PDBs by their ids, \"ntkrnlmp.pdb,GUIDAGE,1\" as symchk /om writes it or "
                     "\"ntkrnlmp.pdb GUIDAGE\"; data \"@fleet/seen.txt\" has a line for each",
             .list = true,
             .max = 300,
             .may_be_empty = true},
            {.name = "missing",
             .type = Type::choice,
             .help = "what a PDB that is not there is",
             .words = {"error", "warn"},
             .fallback = "error"},
            {.name = "max_size",
             .type = Type::text,
             .help = "what the PDBs may have together, such as \"300MiB\"",
             .max = 20},
            {.name = "to",
             .type = Type::text,
             .help =
                 "folder in the image, or on the data partition; Crash Analyzer looks in Symbols "
                 "only",
             .fallback = "Symbols",
             .max = 100},
            {.name = "place",
             .type = Type::choice,
             .help = "\"image\", which is in memory while it runs; or \"data\": the data partition "
                     "of the sticks that boot the image",
             .words = {"image", "data"},
             .fallback = "image"},
        },
    .positional = "paths",
    .from_string = true,
};

// --- Planning ------------------------------------------------------------------------------------

std::string folder_of(const recipe::Node& node) {
  return node.has("to") ? node.text("to") : "Symbols";
}

[[noreturn]] void refuse(const recipe::Node& node, std::string_view field, std::string message,
                         std::string hint = {}) {
  throw Failure(Diagnostic{
      .message = std::move(message), .where = node.place(field), .hint = std::move(hint)});
}

SymbolScope scope_of(const recipe::Node& node) {
  SymbolScope scope;
  if (node.given("files")) {
    scope.kind = SymbolScope::Kind::named;
    scope.names = node.texts("files");
    if (node.given("scope"))
      refuse(node, "scope", "'files' and 'scope' both say which binaries are meant",
             "leave one of them out");
    if (scope.names.empty()) refuse(node, "files", "'files' names no binary");
    for (const std::string& name : scope.names) {
      if (name.find_first_of("/\\:*?") != name.npos)
        refuse(node, "files", fmt::format("'{}' is not the name of a file", name),
               "such as \"ntoskrnl.exe\", without folders and patterns");
    }
  } else if (node.text("scope") == "all") {
    scope.kind = SymbolScope::Kind::all;
  }
  return scope;
}

std::vector<symbols::Id> asked_of(const recipe::Node& node) {
  std::vector<symbols::Id> asked;
  for (const std::string& line : node.texts("ids")) {
    try {
      if (auto id = symbols::parse_request(line)) asked.push_back(std::move(*id));
    } catch (const Failure& failure) {
      const Diagnostic& d = failure.diagnostics().front();
      refuse(node, "ids", d.message, d.hint);
    }
  }
  if (asked.empty() && node.given("ids"))
    refuse(node, "ids", "'ids' names no PDB", "leave it out, or ask for what is meant with from");
  std::sort(asked.begin(), asked.end());
  asked.erase(std::unique(asked.begin(), asked.end()), asked.end());
  return asked;
}

void check_fields(const recipe::Node& node) {
  try {
    check_image_path(folder_of(node));
  } catch (const Failure& failure) {
    const Diagnostic& d = failure.diagnostics().front();
    refuse(node, "to", d.message, d.hint);
  }
  const bool only_ids = node.given("ids") && !node.given("from");
  for (const char* field : {"files", "scope"}) {
    if (only_ids && node.given(field)) {
      refuse(node, field,
             fmt::format("'{}' chooses among binaries, and 'ids' alone asks for none", field),
             "name the Windows that is meant as well, with from");
    }
  }
}

bool is_own(const recipe::Node& windows, const SymbolsUse& use) {
  return std::any_of(use.sources.begin(), use.sources.end(), [&](const recipe::NodeRef& own) {
    return recipe::canonical_text(*own) == recipe::canonical_text(windows);
  });
}

SymbolSearch plan_search(graph::Planner& planner, const recipe::NodeRef& node,
                         const SymbolsUse& use) {
  SymbolSearch search{.scans = {},
                      .ids = {},
                      .asked = asked_of(*node),
                      .driver_trees = {},
                      .scope = scope_of(*node),
                      .title = fmt::format("{}/{}", planner.recipe(), use.name),
                      .list = fmt::format("{}/{}/{}", planner.recipe(), use.name, use.list)};
  std::vector<recipe::NodeRef> windows = node->nodes("from");
  const bool only_ids = windows.empty() && !search.asked.empty();
  if (windows.empty() && !only_ids) windows = use.sources;
  for (const recipe::NodeRef& one : windows) {
    const bool own = is_own(*one, use);
    if (!own)
      planner.add_file_input("source", planner.source_path(*one, "media", one->text("arch")));
    std::string ids = plan_symbol_ids(planner, node, one, own, search.scope);
    if (std::find(search.ids.begin(), search.ids.end(), ids) == search.ids.end())
      search.ids.push_back(std::move(ids));
  }
  // Those that kernel means are of Windows.
  if (!only_ids && search.scope.kind != SymbolScope::Kind::kernel)
    search.driver_trees = use.driver_trees;
  return search;
}

// --- The stage -----------------------------------------------------------------------------------

std::string named(const std::vector<std::string>& binaries) {
  if (binaries.size() == 1) return binaries[0];
  return fmt::format("{} and {} more", binaries[0], binaries.size() - 1);
}

std::string in_words(const FoundSymbols& missing) {
  std::string text =
      fmt::format("{} with {}, for {}", missing.id.pdb, missing.id.key, named(missing.binaries));
  for (const std::string& near : missing.near_by) text += "; " + near;
  return text;
}

void report_missing(graph::Job& job, const std::vector<FoundSymbols>& all) {
  std::vector<const FoundSymbols*> missing;
  for (const FoundSymbols& one : all) {
    if (one.files.empty()) missing.push_back(&one);
  }
  if (missing.empty()) return;
  std::vector<Diagnostic> notes;
  for (std::size_t i = 0; i < std::min(missing.size(), kMostNamed); ++i)
    notes.push_back({.severity = Severity::note, .message = in_words(*missing[i])});
  if (missing.size() > kMostNamed)
    notes.push_back({.severity = Severity::note,
                     .message = fmt::format("and {} more", missing.size() - kMostNamed)});
  std::string message = fmt::format("{} of {} PDB{} {} not there", missing.size(), all.size(),
                                    all.size() == 1 ? "" : "s", missing.size() == 1 ? "is" : "are");
  if (job.text("missing") == "warn") {
    for (const Diagnostic& note : notes) message += fmt::format("\n  {}", note.message);
    return job.warn("paths", message);
  }
  const std::string list = fs::absolute(job.text("list")).lexically_normal().string();
  job.fail_at("paths", std::move(message),
              fmt::format("fetch them with the Debugging Tools and name FOLDER here: symchk /im {} "
                          "/s srv*FOLDER*https://msdl.microsoft.com/download/symbols",
                          list),
              std::move(notes));
}

std::vector<ChosenSymbol> choose(const graph::Job& job, const std::vector<FoundSymbols>& all) {
  std::vector<ChosenSymbol> chosen;
  job.about("paths", [&] {
    for (const FoundSymbols& one : all) {
      if (one.files.empty()) continue;
      const SymbolFile& file = one.files.front();
      std::uint64_t size =
          file.packed ? symbols::packed_size(file.file, file.shown) : fs::file_size(file.file);
      chosen.push_back({.wanted = &one, .file = &file, .size = size});
    }
  });
  return chosen;
}

// Before anything is unpacked.
void check_size(const graph::Job& job, const std::vector<ChosenSymbol>& chosen) {
  const std::uint64_t most = job.parameters().at("max_size");
  std::uint64_t sum = 0;
  for (const ChosenSymbol& one : chosen) sum += one.size;
  if (most == 0 || sum <= most) return;
  std::vector<const ChosenSymbol*> biggest;
  for (const ChosenSymbol& one : chosen) biggest.push_back(&one);
  std::stable_sort(biggest.begin(), biggest.end(),
                   [](const ChosenSymbol* a, const ChosenSymbol* b) { return a->size > b->size; });
  std::vector<Diagnostic> notes;
  for (std::size_t i = 0; i < std::min(biggest.size(), kMostNamed); ++i) {
    notes.push_back({.severity = Severity::note,
                     .message = fmt::format("{}: {}, for {}", biggest[i]->wanted->id.pdb,
                                            byte_size_text(biggest[i]->size),
                                            named(biggest[i]->wanted->binaries))});
  }
  job.fail_at("max_size",
              fmt::format("the PDBs that are meant have together {}, more than {}",
                          byte_size_text(sum), byte_size_text(most)),
              "name fewer binaries with files = { ... }, or put them on the data partition of a "
              "stick with place = \"data\"",
              std::move(notes));
}

void run(graph::Job& job) {
  const std::vector<FoundSymbols> all = read_found_symbols(job.text("found"));
  report_missing(job, all);
  const std::vector<ChosenSymbol> chosen = choose(job, all);
  check_size(job, chosen);
  SymbolTree tree(job);
  job.about("paths", [&] {
    for (const ChosenSymbol& one : chosen) tree.add(one);
  });
  tree.finish(all);
}

}  // namespace

graph::Planned plan_symbols(graph::Planner& planner, const recipe::NodeRef& node,
                            const graph::Binding& binding, const SymbolsUse& use) {
  check_fields(*node);
  SymbolSearch search = plan_search(planner, node, use);
  graph::Edge edge{.kind = "symbols", .origin = node};
  edge.label = "SYMBOLS " + search.title;
  edge.parameters["written"] = nlohmann::ordered_json::array();
  const std::vector<graph::SourcePath> paths = planner.source_paths(*node, "paths", binding.arch);
  for (const graph::SourcePath& path : paths) {
    std::string scan = plan_symbol_files(planner, node, path).file;
    if (std::find(search.scans.begin(), search.scans.end(), scan) != search.scans.end()) continue;
    search.scans.push_back(std::move(scan));
    edge.parameters["written"].push_back(path.written);
  }
  const std::string found = plan_symbol_search(planner, node, search);
  edge.parameters["found"] = found;
  edge.parameters["list"] = search.list;
  edge.parameters["missing"] = node->text("missing");
  edge.parameters["max_size"] = size_field(*node, "max_size");
  edge.parameters["to"] = folder_of(*node);
  edge.inputs = {found};
  for (const char* suffix : {"pack", "tree", "record"})
    edge.outputs.push_back(graph::Planner::store_path(edge, suffix));
  graph::Planned planned{
      .file = edge.outputs[1], .parts = {{"shown", "symbols"}}, .records = {edge.outputs[2]}};
  for (const graph::SourcePath& path : paths) {
    planner.add_input({.word = "symbols",
                       .written = path.written,
                       .listing = planned.records[0],
                       .pin = "digest",
                       .file = path.file,
                       .where = path.where});
  }
  planner.add(std::move(edge));
  planner.add_product({planner.recipe(), use.name, "symbols", search.list, {}, use.user});
  return planned;
}

const graph::Kind symbols = {"symbols", &schema, nullptr, run};

}  // namespace remedia::kinds
