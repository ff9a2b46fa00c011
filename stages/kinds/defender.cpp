// defender { "@media/mpam-x64.exe" }: definitions for a malware scanner of the user's.
//
// A description. For each path a SCAN stage says what the package is; what the recipe asks of it is
// judged here: that it is for the image's architecture, signed, and young enough. The day for which
// that is asked decides whether the build goes on and nothing of what it makes, so outputs are
// named without it: the next day, this stage alone runs again, and with the same packages nothing
// else.

#include "kinds/defender.h"

#include "formats/win_names.h"
#include "graph/job.h"
#include "kinds/definition_checks.h"
#include "kinds/definition_files.h"
#include "kinds/kinds.h"
#include "support/date.h"
#include "support/tree.h"

#include <chrono>
#include <map>

namespace remedia::kinds {

namespace {

using recipe::Type;

constexpr const char* kDefaultAge = "14d";
constexpr std::int64_t kMostDays = 3650;

const recipe::Schema schema = {
    .word = "defender",
    .role = recipe::Role::description,
    .help =
        "Definitions of Microsoft Defender, as you fetched them, for a scanner that you bring.\n"
        "A path is a package of Microsoft's (mpam-fe.exe, nis_full.exe), a .cab, or a folder of "
        "the "
        "files; one of them has to be a whole antimalware set (mpengine.dll, and mpasbase, "
        "mpasdlta, mpavbase, mpavdlta as .vdm) for the architecture of the image, others may be "
        "network inspection sets. Packages are put into the image whole, under the name that "
        "Defender Offline looks for: mpam-feX64.exe (amd64) or mpam-fe.exe (x86); others keep "
        "theirs. Their signatures must be intact, and the day of the antimalware set, by its "
        "countersignature if it has one, is held against as_of. `remedia check --at DAY` says when "
        "definitions go stale. Whether a virus is found is up to the scanner: only names, "
        "versions, days and signatures are looked at here.",
    .fields =
        {
            {.name = "paths",
             .type = Type::path,
             .help = "packages, or folders of what is in one",
             .required = true,
             .list = true},
            {.name = "max_age",
             .type = Type::text,
             .help = "how many days before as_of the antimalware set may have been made: \"14d\"; "
                     "older ones fail the build, unless this is \"off\"",
             .fallback = kDefaultAge,
             .max = 12},
            {.name = "to",
             .type = Type::text,
             .help = "folder that they go to; without it, packages go to the root, and files to "
                     "Definitions and Definitions/NIS",
             .max = 240},
            {.name = "unpack",
             .type = Type::boolean,
             .help = "put the files of the packages there, not the packages; of a network "
                     "inspection set into the folder NIS below; folders always are so",
             .fallback = "false"},
            {.name = "place",
             .type = Type::choice,
             .help = "in the image, or on the data partition of the sticks that boot it",
             .words = {"image", "data"},
             .fallback = "image"},
            {.name = "allow_unsigned",
             .type = Type::boolean,
             .help = "take packages without a signature; one that is there has to be intact",
             .fallback = "false"},
            {.name = "anchors",
             .type = Type::path,
             .help = "certificates (PEM or DER), to one of which the signature of each package (of "
                     "cabinets and folders: of each file of the set) must chain; without them it "
                     "has to be intact, and is reported as not anchored",
             .list = true},
            {.name = "pin",
             .type = Type::choice,
             .help = "what the lock file holds the packages to: who signed them, or their content",
             .words = {"signer", "digest"},
             .fallback = "signer"},
        },
    .positional = "paths",
    .from_string = true,
};

// --- Planning ------------------------------------------------------------------------------------

void check_folder(const recipe::Node& node) {
  if (!node.has("to")) return;
  try {
    check_image_path(node.text("to"));
  } catch (const Failure& failure) {
    std::vector<Diagnostic> diagnostics = failure.diagnostics();
    for (Diagnostic& d : diagnostics) d.where = node.place("to");
    throw Failure(std::move(diagnostics));
  }
}

// What is judged, and does not show in what comes out.
void add_policy(graph::Edge& edge, const graph::Planner& planner, const recipe::Node& node) {
  const std::optional<std::string>& as_of = planner.evaluation().as_of;
  if (max_age_of(node)) {
    if (!as_of) {
      const std::string age = node.has("max_age") ? node.text("max_age") : kDefaultAge;
      throw Failure(Diagnostic{
          .message = fmt::format("the age of definitions (max_age = \"{}\") counts to as_of, which "
                                 "nobody said",
                                 age),
          .where = node.place("max_age"),
          .hint = "give -D as_of=YYYY-MM-DD, or as_of in recipes/project.lua"});
    }
    edge.parameters["as_of"] = *as_of;
  }
  // Signatures without a countersignature hold as long as their certificate does.
  if (edge.parameters.contains("anchors")) {
    edge.parameters["moment"] =
        as_of ? days_of(*as_of).time_since_epoch().count() * std::int64_t{86400} : planner.clock();
  }
}

graph::Planned plan(graph::Planner& planner, const recipe::NodeRef& node,
                    const graph::Binding& binding) {
  check_folder(*node);
  graph::Edge edge{.kind = "defender", .origin = node};
  edge.parameters["arch"] = binding.arch;
  edge.parameters["to"] = node->text("to");
  edge.parameters["unpack"] = node->flag("unpack");
  edge.parameters["allow_unsigned"] = node->flag("allow_unsigned");
  if (std::optional<std::int64_t> days = max_age_of(*node)) edge.parameters["max_age_days"] = *days;
  for (const graph::SourcePath& anchor : planner.source_paths(*node, "anchors", binding.arch)) {
    planner.add_file_input("defender", anchor);
    edge.parameters["anchors"].push_back({{"file", anchor.file}, {"written", anchor.written}});
  }

  const KeptDefinitions kept = {.of_programs = node->flag("unpack"),
                                .of_cabinets = node->flag("unpack") || node->has("anchors")};
  std::vector<graph::SourcePath> paths = planner.source_paths(*node, "paths", binding.arch);
  edge.parameters["packages"] = nlohmann::ordered_json::array();
  for (const graph::SourcePath& path : paths) {
    graph::Planned scanned = plan_definition_files(planner, node, path, kept);
    edge.places[definition_field(edge.parameters["packages"].size())] = path.where;
    edge.parameters["packages"].push_back({{"file", path.file},
                                           {"written", path.written},
                                           {"tree", scanned.file},
                                           {"record", scanned.parts.at("record")}});
    edge.inputs.push_back(scanned.file);
    edge.inputs.push_back(scanned.parts.at("record"));
  }
  // Then there is an error that was noted: none of this is ever built.
  if (paths.empty()) return {.file = "", .parts = {{"shown", ""}}, .records = {""}};
  edge.label = "DEFENDER " + paths.front().written;
  edge.outputs = {graph::Planner::store_path(edge, "tree"),
                  graph::Planner::store_path(edge, "record")};
  add_policy(edge, planner, *node);  // after the names

  graph::Planned planned{
      .file = edge.outputs[0],
      .parts = {{"shown", paths.front().written},
                {"listed_by", edge.parameters["packages"][0]["tree"].get<std::string>()}},
      .records = {edge.outputs[1]}};
  for (const graph::SourcePath& path : paths) {
    planner.add_input({.word = "defender",
                       .written = path.written,
                       .listing = edge.outputs[1],
                       .pin = node->text("pin"),
                       .file = "",
                       .where = path.where});
  }
  planner.add(std::move(edge));
  return planned;
}

// --- The stage -----------------------------------------------------------------------------------

using Package = DefinitionPackage;

std::string name_in_image(const Package& package) {
  const std::string architecture = package.fact("architecture");
  if (package.antimalware() && package.facts.at("form") == "program") {
    if (architecture == "amd64") return "mpam-feX64.exe";
    if (architecture == "x86") return "mpam-fe.exe";
  }
  return fs::path(package.written).filename().string();
}

bool goes_whole(const graph::Job& job, const Package& package) {
  return package.is_file() && !job.parameters().at("unpack").get<bool>();
}

/// The file of a package that goes in whole, else the folder.
std::string path_in_image(const graph::Job& job, const Package& package) {
  std::string to = job.text("to");
  if (goes_whole(job, package)) return (to.empty() ? "" : to + "/") + name_in_image(package);
  if (to.empty()) to = "Definitions";
  return package.antimalware() ? to : to + "/NIS";
}

std::vector<TreeEntry> placed(const graph::Job& job, const std::vector<Package>& packages) {
  std::vector<TreeEntry> entries;
  std::map<std::string, std::string> origins;
  auto place = [&](const Package& package, TreeEntry entry) {
    job.about(package.field, [&] { check_image_path(entry.target); });
    auto [known, fresh] = origins.emplace(fold_case(entry.target), entry.origin);
    if (!fresh) {
      job.fail_at(package.field,
                  fmt::format("'{}' and '{}' would both lie in the image as '{}'", known->second,
                              entry.origin, entry.target),
                  "rename one of them");
    }
    entries.push_back(std::move(entry));
  };
  for (const Package& package : packages) {
    const std::string path = path_in_image(job, package);
    if (goes_whole(job, package)) {
      place(package, {.target = path,
                      .source = package.file,
                      .size = package.facts.at("size"),
                      .sha256 = package.fact("sha256"),
                      .origin = package.written});
      continue;
    }
    for (TreeEntry entry : package.kept) {
      entry.target = path + "/" + entry.target;
      place(package, std::move(entry));
    }
  }
  return entries;
}

nlohmann::ordered_json definitions_record(const graph::Job& job, const Package& package) {
  const nlohmann::json& p = job.parameters();
  nlohmann::ordered_json json = {{"package", package.written},
                                 {"kind", package.fact("kind")},
                                 {"path", path_in_image(job, package)}};
  for (const char* field :
       {"architecture", "engine_version", "signature_version", "date", "dated_by"}) {
    if (package.facts.contains(field) && package.facts.at(field) != "")
      json[field] = package.facts.at(field);
  }
  if (p.contains("max_age_days") && package.antimalware()) {
    json["max_age_days"] = p.at("max_age_days");
    json["stale_after"] = date_text(days_of(package.fact("date")) +
                                    std::chrono::days(p.at("max_age_days").get<int>()));
  }
  for (const char* field : {"signer", "size", "sha256", "files"}) {
    if (package.facts.contains(field)) json[field] = package.facts.at(field);
  }
  return json;
}

nlohmann::ordered_json input_record(const Package& package) {
  nlohmann::ordered_json json = {{"path", package.written},
                                 {"size", package.facts.at("size")},
                                 {"sha256", package.facts.at("sha256")},
                                 {"version", package.facts.at("signature_version")}};
  for (const char* field : {"date", "signer"}) {
    if (package.facts.contains(field)) json[field] = package.facts.at(field);
  }
  return json;
}

void run(graph::Job& job) {
  const std::vector<Package> packages = checked_definitions(job);
  nlohmann::ordered_json record;
  record["definitions"] = nlohmann::ordered_json::array();
  record["inputs"] = nlohmann::ordered_json::array();
  for (const Package& package : packages) {
    record["definitions"].push_back(definitions_record(job, package));
    record["inputs"].push_back(input_record(package));
  }
  job.write_text(0, write_tree(placed(job, packages)));
  job.write_record(std::move(record));
}

}  // namespace

std::optional<std::int64_t> max_age_of(const recipe::Node& node) {
  const std::string text = node.has("max_age") ? node.text("max_age") : kDefaultAge;
  if (text == "off") return std::nullopt;
  const bool days = text.size() >= 2 && text.size() <= 5 && text.back() == 'd' &&
                    text.find_first_not_of("0123456789") == text.size() - 1;
  const std::int64_t number = days ? std::stoll(text) : 0;
  if (number >= 1 && number <= kMostDays) return number;
  throw Failure(
      Diagnostic{.message = fmt::format("'{}' is no number of days from 1 to {}", text, kMostDays),
                 .where = node.place("max_age"),
                 .hint = "write \"14d\", or \"off\" if definitions of any age are meant"});
}

const graph::Kind defender = {"defender", &schema, plan, run};

}  // namespace remedia::kinds
