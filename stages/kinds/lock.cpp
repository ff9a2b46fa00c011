#include "kinds/lock.h"

#include "graph/graph.h"
#include "graph/job.h"
#include "kinds/inputs.h"
#include "kinds/kinds.h"
#include "kinds/lock_file.h"
#include "recipe/paths.h"
#include "support/artifact.h"

#include <algorithm>

namespace remedia::kinds {

namespace {

std::string place_of(const std::string& word, const std::string& written) {
  return word + " " + written;
}

graph::Planned plan(graph::Planner& planner, const recipe::NodeRef&, const graph::Binding&) {
  std::map<std::string, std::string> records = plan_inputs(planner);
  fs::path file = lock_path(planner.evaluation().where.file);
  // One that appears or goes is one that the next build has to know of.
  planner.reads(fs::exists(file) ? file : file.parent_path());
  if (!fs::exists(file) || records.empty()) return {};
  graph::Edge edge{.kind = "lock", .origin = planner.products().back().origin};
  edge.label = "LOCK " + planner.recipe();
  edge.parameters["lock"] = planner.seen(file);
  edge.parameters["recipe"] = planner.evaluation().where.name;
  edge.parameters["records"] = nlohmann::ordered_json::array();
  for (const auto& [word, record] : records) {
    edge.parameters["records"].push_back(record);
    edge.inputs.push_back(record);
  }
  for (const graph::Input& input : planner.inputs())
    edge.places.emplace(place_of(input.word, input.written), input.where);
  edge.outputs = {fmt::format(".store/lock/{}.checked", planner.recipe())};
  planner.require(edge.outputs[0]);
  planner.add(std::move(edge));
  return {};
}

void run(graph::Job& job) {
  fs::path file = job.text("lock");
  job.reads(file);
  fs::path shown = lock_path(job.text("recipe"));
  LockFile lock = parse_lock(read_file(file), {.name = shown.string(), .file = file});
  std::vector<Diagnostic> wrong;
  for (const std::string record : job.parameters().at("records")) {
    for (const FoundInput& found : read_inputs(record)) {
      for (Diagnostic& diagnostic : check_lock(lock, {found.entry})) {
        diagnostic.where = job.place(place_of(found.entry.word, found.written));
        wrong.push_back(std::move(diagnostic));
      }
    }
  }
  if (!wrong.empty()) throw Failure(std::move(wrong));
  job.write_text(0, "as the lock file says\n");
}

// The records of a recipe's inputs, of these words.
std::vector<std::string> records_of(const graph::Plan& plan, const std::string& recipe,
                                    const std::vector<std::string>& only) {
  std::vector<std::string> records;
  for (const graph::Edge& edge : plan.graph.edges) {
    if (edge.kind != "inputs" || !edge.outputs[0].starts_with(".store/inputs/" + recipe + "."))
      continue;
    std::string word = edge.parameters.at("word");
    if (only.empty() || std::find(only.begin(), only.end(), word) != only.end())
      records.push_back(edge.outputs[0]);
  }
  return records;
}

void check_words(const graph::Plan& plan, const std::vector<std::string>& only) {
  std::vector<std::string> words;
  for (const graph::Edge& edge : plan.graph.edges) {
    if (edge.kind == "inputs") words.push_back(edge.parameters.at("word"));
  }
  for (const std::string& word : only) {
    if (std::find(words.begin(), words.end(), word) != words.end()) continue;
    std::string hint = did_you_mean(word, words);
    throw Failure(Diagnostic{
        .message = fmt::format("--only {}: these recipes read nothing of that word", word),
        .hint = hint.empty() ? fmt::format("they read: {}", fmt::join(words, ", ")) : hint});
  }
}

}  // namespace

int write_locks(const graph::BuildRequest& request, const std::vector<std::string>& only,
                const graph::Print& print, std::string& text) {
  graph::Plan plan = graph::plan(request, all());
  check_words(plan, only);
  graph::BuildRequest wanted = request;
  std::map<std::string, std::vector<std::string>> records;  // by recipe file
  for (const std::string& recipe : request.recipes) {
    std::vector<std::string> own = records_of(plan, fs::path(recipe).stem().string(), only);
    wanted.ninja_arguments.insert(wanted.ninja_arguments.end(), own.begin(), own.end());
    records[recipe] = std::move(own);
  }
  if (wanted.ninja_arguments.empty()) {
    text = "nothing to lock: the recipes read nothing but what lies in the project\n";
    return 0;
  }
  wanted.ninja_arguments.insert(wanted.ninja_arguments.begin(), "--quiet");
  if (int status = graph::make(wanted, all(), print); status != 0) return status;
  for (const auto& [recipe, list] : records) {
    fs::path file = lock_path(recipe::canonical_file(recipe));
    const bool known = fs::exists(file);
    if (!known && list.empty()) continue;
    if (!known && !only.empty()) {
      throw Failure(Diagnostic{
          .message = fmt::format("'{}' is not there, and with a part of it no build would do",
                                 lock_path(recipe).string()),
          .hint = fmt::format("lock all of it first: remedia lock {}", recipe)});
    }
    LockFile before;
    if (known) before = read_lock(file);
    before.recipe = fs::path(recipe).stem().string();
    std::vector<LockEntry> found;
    for (const std::string& record : list) {
      for (FoundInput& input : read_inputs(request.out / record)) found.push_back(input.entry);
    }
    LockFile after = updated(before, found, only);
    std::string changes = lock_changes(before, after);
    if (!changes.empty() || !known) write_atomically(file, write_lock(after));
    text += changes;
  }
  return 0;
}

const graph::Kind lock = {"lock", nullptr, plan, run};

}  // namespace remedia::kinds
