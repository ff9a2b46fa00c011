// remedia: turns recipes into a ninja graph, and is what ninja calls for each stage.
//
// The whole program on one page: the command line, and the one place that prints errors.

#include "formats/winpe.h"
#include "graph/build.h"
#include "graph/job.h"
#include "kinds/expiry_report.h"
#include "kinds/fetch.h"
#include "kinds/kinds.h"
#include "kinds/lock.h"
#include "kinds/manifest.h"
#include "kinds/manifest_diff.h"
#include "kinds/source_report.h"
#include "recipe/schema.h"
#include "support/artifact.h"
#include "support/byte_size.h"
#include "support/diagnostic.h"

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/core.h>

namespace {

using namespace remedia;

void print(const std::vector<Diagnostic>& diagnostics) {
  for (const Diagnostic& d : diagnostics) fmt::print(stderr, "{}", render(d));
}

std::string manifest_help() {
  std::string text = "NAME.manifest.json: what went into the images and artifacts of a folder.\n\n";
  for (const kinds::ManifestField& field : kinds::manifest_fields()) {
    text += fmt::format("  {:<32} {}\n", field.path, field.help);
  }
  return text;
}

std::string settings_help() {
  std::string text =
      "Settings of Windows PE (fields of wim): where each goes, and how that is known.\n";
  for (const WinpeSettingInfo& setting : winpe_settings()) {
    text += fmt::format("\n{}: {}\n  goes to   {}\n  known by  {}\n", setting.name, setting.allowed,
                        setting.place, setting.source);
  }
  return text;
}

// Topics that are no words of the recipe language.
const std::map<std::string, std::string (*)()> kFurtherTopics = {{"manifest", manifest_help},
                                                                 {"settings", settings_help}};

int help(const std::string& topic, const std::string& medium, bool luals) {
  if (!medium.empty()) {
    if (topic != "source") {
      throw Failure(Diagnostic{.message = fmt::format("help on '{}' takes no medium", topic),
                               .hint = "remedia help source MEDIUM lists what is found on one"});
    }
    fmt::print("{}", kinds::source_report(medium));
    return 0;
  }
  auto further = kFurtherTopics.find(topic);
  std::string text = luals           ? recipe::editor_definitions(kinds::schemas())
                     : topic.empty() ? recipe::help_overview(kinds::schemas())
                     : further != kFurtherTopics.end()
                         ? further->second()
                         : recipe::help_topic(topic, kinds::schemas());
  if (text.empty()) {
    std::vector<std::string> topics;
    for (const auto& [name, show] : kFurtherTopics) topics.push_back(name);
    for (const recipe::Schema* schema : kinds::schemas()) topics.emplace_back(schema->word);
    for (const recipe::Helper& helper : recipe::helpers()) topics.emplace_back(helper.word);
    throw Failure(Diagnostic{.message = fmt::format("there is no help on '{}'", topic),
                             .hint = did_you_mean(topic, topics)});
  }
  fmt::print("{}", text);
  return 0;
}

void show(const std::string& text) {
  if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size() || std::fflush(stdout) != 0)
    fail_errno(errno, "write", "standard output");
}

int diff(const std::string& a, const std::string& b, bool json) {
  kinds::Manifest first = kinds::read_manifest(a);  // its errors come first, too
  kinds::ManifestDiff found = compare(first, kinds::read_manifest(b));
  show(json ? json_of(found) : text_of(found));
  return found.same() ? 0 : 1;
}

int check(const graph::BuildRequest& request, const std::optional<std::string>& at) {
  graph::Plan plan = graph::plan(request, kinds::all());
  print(plan.warnings);
  if (!at) return 0;
  kinds::ExpiryReport report = kinds::expiry_report(plan, *at);
  show(report.text);
  return report.expired ? 3 : 0;
}

int lock(const graph::BuildRequest& request, const std::vector<std::string>& only) {
  std::string changes;
  int status = kinds::write_locks(request, only, print, changes);
  show(changes);
  return status;
}

int fetch(kinds::FetchRequest& request, const std::string& max_size) {
  if (!max_size.empty()) {
    std::optional<std::uint64_t> bytes = parse_byte_size(max_size);
    if (!bytes) {
      throw Failure(Diagnostic{.message = fmt::format("--max-size {} is no size", max_size),
                               .hint = "write it as 512MiB or 16GB"});
    }
    request.max_size = *bytes;
  }
  return kinds::fetch(request, show) ? 0 : 3;
}

// `trouble` is the exit status if this throws.
int run(int argc, char** argv, int& trouble) {
  CLI::App app("Windows recovery images from Lua recipes");
  app.set_version_flag("--version", "remedia " REMEDIA_VERSION);
  app.require_subcommand(1);
  graph::BuildRequest request;
  std::vector<std::string> definitions;

  auto with_recipes = [&](CLI::App* command) {
    command
        ->add_option("-D", definitions,
                     "a value from outside: site=berlin, as_of=2026-11-20, root.media=/srv/media")
        ->type_name("NAME=VALUE");
    command
        ->add_option("--epoch", request.clock,
                     "the second that all dates show; overrides SOURCE_DATE_EPOCH")
        ->type_name("SECONDS");
    command->add_option("RECIPE", request.recipes, "recipe files")->required();
  };
  CLI::App* graph_command =
      app.add_subcommand("graph", "evaluate recipes and write OUT/build.ninja");
  graph_command->add_option("OUT", request.out, "folder for everything that is built")->required();
  with_recipes(graph_command);

  CLI::App* build_command =
      app.add_subcommand("build", "write the graph if needed, then run ninja");
  build_command->add_option("-C", request.out, "folder for everything that is built")
      ->type_name("OUT")
      ->capture_default_str();
  with_recipes(build_command);
  build_command->footer(
      "What follows -- is given to ninja: remedia build recipes/a.lua -- helpdesk.iso -j4");

  std::optional<std::string> at;
  CLI::App* check_command = app.add_subcommand("check", "evaluate recipes; writes nothing");
  check_command
      ->add_option("--at", at,
                   "list what will have expired on this day, and when definitions go stale")
      ->type_name("YYYY-MM-DD");
  with_recipes(check_command);
  check_command->footer(
      "Exit status: 0, or 1 for errors, or 3 if an image will have expired or has stale "
      "definitions.");

  std::vector<std::string> only;
  CLI::App* lock_command = app.add_subcommand(
      "lock", "write recipes/NAME.lock: what the inputs are that git does not keep");
  lock_command->add_option("-C", request.out, "folder for everything that is built")
      ->type_name("OUT")
      ->capture_default_str();
  lock_command->add_option("--only", only, "only inputs of this word, such as defender")
      ->type_name("WORD")
      ->allow_extra_args(false);
  with_recipes(lock_command);
  lock_command->footer(
      "Where the file is there, builds fail if an input is not what it says. Commit it.");

  kinds::FetchRequest wanted;
  std::string max_size;
  CLI::App* fetch_command =
      app.add_subcommand("fetch", "bring the downloads of recipes/project.lua, as they are locked");
  fetch_command->add_option("--only", wanted.only, "what this word reads, or one file")
      ->type_name("WORD|@PATH");
  fetch_command->add_flag("--first", wanted.first, "also what no lock file has, as it is");
  fetch_command->add_flag("--check", wanted.check,
                          "bring nothing; tell what is missing or differs");
  fetch_command
      ->add_option("--max-size", max_size, "the most that a file without digest may have (16GiB)")
      ->type_name("SIZE");
  with_recipes(fetch_command);
  fetch_command->footer(
      "Exit status: 0, or 1 for errors, or 3 if --check found something.\n"
      "https_proxy, no_proxy and CURL_CA_BUNDLE mean what they mean to curl.");

  std::string a;
  std::string b;
  bool json = false;
  CLI::App* diff_command = app.add_subcommand("diff", "what two manifests have differently");
  diff_command->add_option("A", a, "NAME.manifest.json, or a folder that holds one")->required();
  diff_command->add_option("B", b, "the other")->required();
  diff_command->add_flag("--json", json, "for scripts");
  diff_command->footer("Exit status: 0 if nothing differs, 1 if something does, 2 for errors.");

  std::string spec;
  CLI::App* stage_command = app.add_subcommand("stage", "run one stage (ninja calls this)");
  stage_command->add_option("SPEC", spec, "written by ninja")->required();

  std::string topic;
  std::string medium;
  bool luals = false;
  CLI::App* help_command = app.add_subcommand("help", "constructors, helpers and their fields");
  help_command->add_option("TOPIC", topic, "a word of the recipe language, settings, or manifest");
  help_command->add_option("MEDIUM", medium,
                           "with 'source': an ISO, folder or WIM; lists what is found on it");
  help_command->add_flag("--luals", luals, "the definitions for the Lua language server");

  // CLI11 would take what follows "--" for further recipes.
  int own = 1;
  while (own < argc && std::string_view(argv[own]) != "--") ++own;
  for (int i = own + 1; i < argc; ++i) request.ninja_arguments.emplace_back(argv[i]);
  CLI11_PARSE(app, own, argv);

  remove_parts_on_signals();
  std::signal(SIGXFSZ, SIG_IGN);  // so that a file too large is an error with a place
  request.definitions = graph::parse_definitions(definitions);
  if (*help_command) return help(topic, medium, luals);
  if (*stage_command) {
    print(graph::run_stage(spec, kinds::all()));
    return 0;
  }
  if (*graph_command) {
    print(graph::write_graph(request, kinds::all()));
    return 0;
  }
  if (*check_command) return check(request, at);
  if (*lock_command) return lock(request, only);
  if (*fetch_command) {
    wanted.build = request;
    return fetch(wanted, max_size);
  }
  if (*diff_command) {
    trouble = 2;
    return diff(a, b, json);
  }
  return graph::build(request, kinds::all(), print);
}

}  // namespace

int main(int argc, char** argv) {
  int trouble = 1;
  try {
    return run(argc, argv, trouble);
  } catch (const remedia::Failure& failure) {
    print(failure.diagnostics());
  } catch (const std::exception& error) {
    fmt::print(stderr, "remedia: error: {}\n", error.what());
  }
  return trouble;
}
