#include "graph/ninja.h"

#include "support/process.h"

#include <map>
#include <set>

namespace remedia::graph {

namespace {

[[noreturn]] void cannot_say(const std::string& text) {
  fail("'{}' holds a line break or a '|' where ninja has no way to write it", text);
}

// In a variable's value only '$' is special; line breaks cannot be said at all.
std::string value(const std::string& text) {
  std::string out;
  for (char c : text) {
    if (c == '\n' || c == '\r') cannot_say(text);
    out += c == '$' ? std::string("$$") : std::string(1, c);
  }
  return out;
}

// In a build line also space and colon are.
std::string path(const std::string& text) {
  std::string out;
  for (char c : text) {
    if (c == '\n' || c == '\r' || c == '|') cannot_say(text);
    if (c == '$' || c == ' ' || c == ':') out += '$';
    out += c;
  }
  return out;
}

std::string paths(const std::vector<std::string>& list) {
  std::string out;
  for (const std::string& item : list) out += " " + path(item);
  return out;
}

// exec: Debian's sh would otherwise stay between ninja and the stage, and an interrupted ninja
// would not wait for the stage to clean up.
std::string header(const NinjaOptions& options) {
  std::vector<std::string> command = {options.runner, "graph"};
  command.insert(command.end(), options.graph_arguments.begin(), options.graph_arguments.end());
  return fmt::format(
      "{} Edits are lost: change the recipes instead.\n"
      "{}\n"
      "ninja_required_version = 1.10\n\n"
      "rule graph\n"
      "  command = exec {}\n"
      "  description = GRAPH\n"
      "  depfile = build.ninja.d\n"
      "  generator = 1\n"
      "  pool = console\n\n"
      "build build.ninja.stamp: graph | {}\n"
      "build build.ninja: phony build.ninja.stamp\n\n"
      "pool compress\n"
      "  depth = 1\n\n"
      "rule stage\n"
      "  command = exec {} stage $spec\n"
      "  description = $label\n"
      "  rspfile = $spec\n"
      "  rspfile_content = $json\n"
      "  depfile = $spec.d\n"
      "  deps = gcc\n"
      "  restat = 1\n",
      kNinjaMark, signature_line(options), value(shell_quoted(command)), path(options.runner),
      value(shell_quoted({options.runner})));
}

// Beside what nobody takes away, if the edge has such an output: a stage that fails leaves it.
const std::string& spec_base(const Edge& edge) {
  const std::string& last = edge.outputs.back();
  return last.starts_with(".store/") ? last : edge.outputs.front();
}

std::string statement(const Edge& edge, const std::string& runner) {
  nlohmann::ordered_json spec;
  spec["kind"] = edge.kind;
  spec["outputs"] = edge.outputs;
  spec["parameters"] = edge.parameters;
  std::string text =
      fmt::format("\nbuild{}: stage |{} {}{}{}\n", paths(edge.outputs), paths(edge.inputs),
                  path(runner), edge.after.empty() ? "" : " ||", paths(edge.after));
  text += fmt::format("  label = {}\n", value(edge.label));
  text += fmt::format("  spec = {}.spec\n", value(spec_base(edge)));
  text += fmt::format("  json = {}\n", value(spec.dump()));
  if (!edge.pool.empty()) text += fmt::format("  pool = {}\n", edge.pool);
  return text;
}

// `ninja helpdesk.iso`, `ninja helpdesk.wds`, `ninja workstation`. A short name that two files
// could mean is left out.
std::string targets(const Graph& graph) {
  std::map<std::string, std::set<std::string>> by_name;
  std::map<std::string, std::set<std::string>> by_recipe;
  std::map<std::string, std::set<std::string>> groups;
  std::map<std::string, std::set<std::string>> owners;
  for (const Product& product : graph.products) {
    std::string base = product.file.substr(product.file.rfind('/') + 1);
    if (product.group.empty()) {
      by_name[base].insert(product.file);
    } else {
      groups[product.group].insert(product.file);
      owners[product.group].insert(product.recipe);
    }
    by_recipe[product.recipe].insert(product.file);
  }
  std::string text = "\n";
  for (const auto& [name, files] : by_name) {
    if (files.size() == 1 && name != "boot.wim") {
      text += fmt::format("build {}: phony {}\n", path(name), path(*files.begin()));
    }
  }
  for (const auto& [group, files] : groups) {
    if (owners[group].size() > 1) continue;
    text += fmt::format("build {}: phony{}\n", path(group), paths({files.begin(), files.end()}));
  }
  for (const auto& [recipe, files] : by_recipe) {
    text += fmt::format("build {}: phony{}\n", path(recipe), paths({files.begin(), files.end()}));
  }
  return text + fmt::format("default{}\n", paths(graph.recipes));
}

}  // namespace

std::string signature_line(const NinjaOptions& options) {
  std::vector<std::string> words = {options.runner, "graph"};
  words.insert(words.end(), options.graph_arguments.begin(), options.graph_arguments.end());
  return "# " + value(shell_quoted(words));
}

std::string write_ninja(const Graph& graph, const NinjaOptions& options) {
  std::string text = header(options);
  for (const Edge& edge : graph.edges) text += statement(edge, options.runner);
  return text + targets(graph);
}

}  // namespace remedia::graph
