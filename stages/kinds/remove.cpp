// remove { "...", everywhere = true }: what is taken out of a base.
//
// The base is written anew without it, so that the bytes are gone and not only the names; images
// with the same removals share the result. Compressed data are copied as they are.

#include "kinds/remove.h"

#include "formats/win_names.h"
#include "graph/job.h"
#include "kinds/kinds.h"
#include "kinds/tier.h"
#include "media/wim.h"
#include "media/wim_glob.h"
#include "media/wim_trim.h"

#include <algorithm>
#include <map>
#include <set>

namespace remedia::kinds {

namespace {

using recipe::Type;

const recipe::Schema schema = {
    .word = "remove",
    .role = recipe::Role::description,
    .help =
        "Files and folders that an image's base has and the image shall not have.\n"
        "Removed data is gone from the WIM, not only its names, once no other path holds the same "
        "content: see everywhere. A pattern that matches nothing is an error.",
    .fields =
        {
            {.name = "paths",
             .type = Type::text,
             .help = "paths in the image; * and ? within a name, ** across folders; a folder goes "
                     "with all that is in it",
             .required = true,
             .list = true,
             .max = 240},
            {.name = "everywhere",
             .type = Type::boolean,
             .help = "also every other path with the same content, such as the hard links and "
                     "copies in Windows/WinSxS",
             .fallback = "false"},
        },
    .positional = "paths",
    .from_string = true,
    .from_table = true,
};

// A serviced Windows keeps older versions of its programs in the component store, and 32-bit ones
// beside it: other content, the same work.
std::vector<std::string> with_other_versions(const std::string& pattern) {
  std::vector<std::string> patterns = {pattern};
  std::size_t slash = pattern.rfind('/');
  std::string name = pattern.substr(slash == pattern.npos ? 0 : slash + 1);
  if (name.find('.') == name.npos || name.find_first_of("*?") != name.npos) return patterns;
  patterns.push_back("Windows/WinSxS/**/" + name);
  constexpr std::string_view system32 = "Windows/System32/";
  if (fold_case(pattern).starts_with(fold_case(system32)))
    patterns.push_back("Windows/SysWOW64/" + pattern.substr(system32.size()));
  return patterns;
}

std::string name_of(const std::string& path) { return fold_case(path.substr(path.rfind('/') + 1)); }

// That a base lacks what is forbidden is well; that it has it in another folder is not.
void warn_of_misses(graph::Job& job, const std::vector<wim::Removal>& removals) {
  // Only what a tier forbids is optional; without that nobody has to look through the image.
  if (std::none_of(removals.begin(), removals.end(), [](const auto& r) { return r.optional; }))
    return;
  std::map<std::string, std::string> left;  // path by folded name
  wim::File trimmed(Slice::whole(job.part(0)), job.output(0));
  for (const wim::Entry& entry : trimmed.list(1)) {
    if (entry.directory) continue;
    auto [known, fresh] = left.emplace(name_of(entry.path), entry.path);
    // The name that people know, not the one in WinSxS.
    if (entry.path.size() < known->second.size()) known->second = entry.path;
  }
  for (const wim::Removal& removal : removals) {
    wim::Glob glob(removal.pattern);
    if (!removal.optional || !glob.literal()) continue;
    auto other = left.find(name_of(glob.text()));
    if (other == left.end()) continue;
    job.warn("tier", fmt::format("'{}' is forbidden, but another file of that name stays: '{}'",
                                 glob.text(), other->second));
  }
}

void run(graph::Job& job) {
  std::vector<wim::Removal> removals;
  for (const auto& removal : job.parameters().at("removals"))
    removals.push_back(
        {removal.at("pattern"), removal.at("everywhere"), removal.value("optional", false)});
  auto shown = [&](std::size_t i) {
    const auto& removal = job.parameters().at("removals").at(i);
    return removal.value("for", removals.at(i).pattern);
  };
  nlohmann::ordered_json base = graph::read_record(job.text("base_record"));
  wim::TrimOptions options;
  options.clock = base.at("base").at("clock");
  options.shown = base.at("image").at("name");
  options.guid = derived_guid("remove " + base.at("base").at("guid").get<std::string>() +
                              job.parameters().at("removals").dump());
  wim::TrimResult result = job.about(
      "remove", [&] { return wim::trim(job.text("base"), removals, options, job.part(0)); });
  job.keep_if_equal(0);
  warn_of_misses(job, removals);

  nlohmann::ordered_json record;
  record["guid"] = guid_text(options.guid);
  record["removed"] = nlohmann::ordered_json::array();
  for (const wim::Removed& removed : result.removed) {
    nlohmann::ordered_json entry = {{"path", removed.path}, {"pattern", shown(removed.removal)}};
    if (!removed.directory) {
      entry["size"] = removed.size;
      entry["sha1"] = removed.sha1;
      entry["everywhere"] = removals.at(removed.removal).everywhere;
    }
    record["removed"].push_back(std::move(entry));
  }
  record["left_elsewhere"] = nlohmann::ordered_json::array();
  for (const wim::Leftover& leftover : result.leftovers)
    record["left_elsewhere"].push_back({{"path", leftover.path}, {"removed", leftover.removed}});
  if (!result.leftovers.empty()) {
    const wim::Leftover& first = result.leftovers.front();
    job.warn(
        "remove",
        fmt::format("content that was removed is still in the image under {} other names, such "
                    "as that of '{}' in '{}'; everywhere = true removes those too",
                    result.leftovers.size(), first.removed, first.path));
  }
  job.write_record(std::move(record));
}

}  // namespace

graph::Planned plan_removal(graph::Planner& planner, const recipe::NodeRef& image,
                            const std::string& base, const std::string& base_record) {
  graph::Edge edge{.kind = "remove", .origin = image};
  edge.label = fmt::format("REMOVE {}/{}", planner.recipe(), image->text("name"));
  edge.parameters["base"] = base;
  edge.parameters["base_record"] = base_record;
  edge.parameters["removals"] = nlohmann::ordered_json::array();
  // What is forbidden goes first, so that it goes everywhere, whatever else takes it too.
  if (recipe::NodeRef level = image->node("tier")) {
    for (const std::string& pattern : forbidden_by(*level)) {
      for (const std::string& path : with_other_versions(pattern)) {
        nlohmann::ordered_json removal = {
            {"pattern", path}, {"everywhere", true}, {"optional", true}};
        if (path != pattern) removal["for"] = pattern;
        edge.parameters["removals"].push_back(std::move(removal));
      }
    }
  }
  for (const recipe::NodeRef& node : image->nodes("remove")) {
    for (const std::string& pattern : node->texts("paths"))
      edge.parameters["removals"].push_back(
          {{"pattern", pattern}, {"everywhere", node->flag("everywhere")}});
  }
  edge.inputs = {base, base_record};
  edge.outputs = {graph::Planner::store_path(edge, "wim"),
                  graph::Planner::store_path(edge, "record")};
  edge.pool = "compress";
  graph::Planned planned{.file = edge.outputs[0], .records = {edge.outputs[1]}};
  planner.add(std::move(edge));
  return planned;
}

const graph::Kind remove = {"remove", &schema, nullptr, run};

}  // namespace remedia::kinds
