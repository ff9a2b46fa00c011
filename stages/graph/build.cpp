#include "graph/build.h"

#include "graph/graph.h"
#include "graph/job.h"
#include "graph/ninja.h"
#include "support/artifact.h"
#include "support/depfile.h"
#include "support/process.h"
#include "support/utf8.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <fstream>

#include <fcntl.h>
#include <unistd.h>

namespace remedia::graph {

namespace {

std::int64_t parse_clock(std::string_view name, std::string_view text) {
  std::int64_t seconds = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (error != std::errc() || end != text.data() + text.size() || seconds < 315532800 ||
      seconds > 4102444799) {
    throw Failure(Diagnostic{
        .message = fmt::format("{} is '{}'", name, text),
        .hint = "seconds since 1970, between 1980 and 2099 (FAT and ISO 9660 know no others)"});
  }
  return seconds;
}

std::int64_t clock_of(const BuildRequest& request) {
  if (request.clock) return parse_clock("--epoch", std::to_string(*request.clock));
  const char* environment = std::getenv("SOURCE_DATE_EPOCH");
  return environment != nullptr && *environment != '\0'
             ? parse_clock("SOURCE_DATE_EPOCH", environment)
             : kDefaultClock;
}

fs::path program() { return fs::read_symlink("/proc/self/exe"); }

fs::path shipped_library() { return shipped_folder() / "recipes"; }

// Without links: ninja works in the physical folder, from which `..` leads elsewhere.
fs::path out_folder(const BuildRequest& request) {
  std::error_code error;
  if (request.out.empty()) fail("OUT must not be empty");
  fs::path out = fs::weakly_canonical(fs::absolute(request.out / ""), error);
  if (error) fail("cannot find the folder '{}': {}", request.out.string(), error.message());
  if (!out.has_filename()) out = out.parent_path();
  if (!is_utf8(out.string())) fail("the name of the folder '{}' is not valid UTF-8", out.string());
  return out;
}

std::vector<recipe::Evaluation> evaluate_all(const BuildRequest& request,
                                             std::span<const Kind> kinds) {
  std::vector<const recipe::Schema*> schemas;
  for (const Kind& kind : kinds) {
    if (kind.schema != nullptr) schemas.push_back(kind.schema);
  }
  std::vector<recipe::Evaluation> evaluations;
  std::vector<Diagnostic> errors;
  for (const std::string& file : request.recipes) {
    try {
      evaluations.push_back(
          recipe::evaluate({file, request.definitions, shipped_library()}, schemas));
    } catch (const Failure& failure) {
      errors.insert(errors.end(), failure.diagnostics().begin(), failure.diagnostics().end());
    }
  }
  if (!errors.empty()) throw Failure(errors);
  return evaluations;
}

void check_definitions(const BuildRequest& request,
                       const std::vector<recipe::Evaluation>& evaluations) {
  std::vector<std::string> known = {"as_of"};
  for (const recipe::Evaluation& e : evaluations) {
    for (const auto& [name, value] : e.parameters) known.push_back(name);
    for (const std::string& name : e.roots) known.push_back("root." + name);
  }
  for (const auto& [name, value] : request.definitions) {
    bool used =
        std::any_of(evaluations.begin(), evaluations.end(),
                    [&](const recipe::Evaluation& e) { return e.definitions_used.contains(name); });
    if (used) continue;
    throw Failure(Diagnostic{
        .message = fmt::format("-D {}: no recipe has a parameter or root of that name", name),
        .hint = did_you_mean(name, known)});
  }
}

NinjaOptions ninja_options(const BuildRequest& request, const fs::path& out) {
  fs::path root = recipe::project_root(request.recipes.front());
  NinjaOptions options{.runner = seen_from(out, root, program())};
  options.graph_arguments = {"--epoch", std::to_string(clock_of(request))};
  for (const auto& [name, value] : request.definitions) {
    std::string resolved = name.starts_with("root.") ? fs::absolute(value).string() : value;
    options.graph_arguments.insert(options.graph_arguments.end(), {"-D", name + "=" + resolved});
  }
  options.graph_arguments.emplace_back(".");
  for (const std::string& file : request.recipes) {
    options.graph_arguments.push_back(seen_from(out, root, recipe::canonical_file(file)));
  }
  return options;
}

void check_owner(const fs::path& build_ninja) {
  std::ifstream in(build_ninja);
  std::string line;
  if (!in || !std::getline(in, line) || line.starts_with(kNinjaMark)) return;
  throw Failure(
      Diagnostic{.message = fmt::format("'{}' was not written by remedia", build_ninja.string()),
                 .hint = "give remedia a folder of its own"});
}

Fd lock_out(const fs::path& out, const char* name) {
  std::error_code error;
  fs::create_directories(out, error);
  if (error) fail("cannot make the folder '{}': {}", out.string(), error.message());
  Fd lock;
  if (!try_lock(out / name, lock)) {
    throw Failure(
        Diagnostic{.message = fmt::format("another build is at work in '{}'", out.string()),
                   .hint = "wait for it to end, or build into another folder"});
  }
  return lock;
}

// Whether OUT/build.ninja was written for the same recipes, values and clock.
bool graph_matches(const fs::path& build_ninja, const NinjaOptions& options) {
  std::ifstream in(build_ninja);
  std::string first;
  std::string second;
  return std::getline(in, first) && std::getline(in, second) && second == signature_line(options);
}

// Held as long as ninja runs.
struct Ready {
  Fd lock;
  std::vector<std::string> argv;
};

Ready make_ready(const BuildRequest& request, std::span<const Kind> kinds, const Print& print) {
  fs::path out = out_folder(request);
  check_owner(out / "build.ninja");
  Ready ready{.lock = lock_out(out, ".build.lock"), .argv = {}};
  NinjaOptions options = ninja_options(request, out);
  if (!graph_matches(out / "build.ninja", options)) print(write_graph(request, kinds));
  const char* ninja = std::getenv("NINJA");
  ready.argv = {ninja != nullptr && *ninja != '\0' ? ninja : "ninja", "-C", out.string()};
  ready.argv.insert(ready.argv.end(), request.ninja_arguments.begin(),
                    request.ninja_arguments.end());
  return ready;
}

}  // namespace

fs::path shipped_folder() { return program().parent_path().parent_path() / "share/remedia"; }

std::vector<recipe::Evaluation> evaluate(const BuildRequest& request, std::span<const Kind> kinds) {
  std::vector<recipe::Evaluation> evaluations = evaluate_all(request, kinds);
  check_definitions(request, evaluations);
  return evaluations;
}

Plan plan(const BuildRequest& request, std::span<const Kind> kinds) {
  Settings settings{.out = out_folder(request), .clock = clock_of(request)};
  std::vector<recipe::Evaluation> evaluations = evaluate(request, kinds);
  Planner planner(settings, kinds);
  Plan result;
  std::vector<Diagnostic> errors;
  for (const recipe::Evaluation& evaluation : evaluations) {
    try {
      planner.plan_recipe(evaluation);
    } catch (const Failure& failure) {
      errors.insert(errors.end(), failure.diagnostics().begin(), failure.diagnostics().end());
    }
    result.warnings.insert(result.warnings.end(), evaluation.warnings.begin(),
                           evaluation.warnings.end());
    result.read.insert(evaluation.files_read.begin(), evaluation.files_read.end());
    if (evaluation.as_of) result.as_of[evaluation.name] = *evaluation.as_of;
  }
  if (!errors.empty()) throw Failure(errors);
  result.read.insert(planner.read().begin(), planner.read().end());
  result.graph = planner.take();
  return result;
}

recipe::Definitions parse_definitions(const std::vector<std::string>& words) {
  recipe::Definitions definitions;
  for (const std::string& word : words) {
    std::size_t equals = word.find('=');
    if (equals == 0 || equals == std::string::npos) {
      throw Failure(Diagnostic{.message = fmt::format("-D {} gives no value", word),
                               .hint = "-D NAME=VALUE"});
    }
    bool control = std::any_of(word.begin(), word.end(),
                               [](char c) { return static_cast<unsigned char>(c) < 0x20; });
    if (control || !is_utf8(word)) {
      fail("-D {} holds control characters or is not valid UTF-8", word.substr(0, equals));
    }
    std::string name = word.substr(0, equals);
    if (name.starts_with("root.") && equals + 1 == word.size()) fail("-D {} names no folder", name);
    if (!definitions.emplace(name, word.substr(equals + 1)).second)
      fail("-D {} is given twice", name);
  }
  return definitions;
}

std::vector<Diagnostic> write_graph(const BuildRequest& request, std::span<const Kind> kinds) {
  fs::path out = out_folder(request);
  check_owner(out / "build.ninja");
  Fd lock = lock_out(out, ".graph.lock");
  // The stamp dates from before the evaluation, so that an edit during it is seen.
  // It comes last: with a new stamp beside an old graph, ninja would not ask again.
  Artifacts files(
      {out / "where.json", out / "build.ninja.d", out / "build.ninja", out / "build.ninja.stamp"});

  Plan planned = plan(request, kinds);
  fs::path root = recipe::project_root(request.recipes.front());
  std::vector<fs::path> read;
  for (const fs::path& file : planned.read) read.emplace_back(seen_from(out, root, file));
  NinjaOptions options = ninja_options(request, out);
  files.write(0, write_places(planned.graph.edges));
  files.write(1, depfile("build.ninja.stamp", read, out / ".store/alias"));
  files.write(2, write_ninja(planned.graph, options));
  std::vector<Artifacts::Mode> replace(files.count(), Artifacts::Mode::replace);
  files.publish(replace, {});
  return planned.warnings;
}

int make(const BuildRequest& request, std::span<const Kind> kinds, const Print& print) {
  Ready ready = make_ready(request, kinds, print);
  return run_process(ready.argv, {.show_output = true}).status;
}

int build(const BuildRequest& request, std::span<const Kind> kinds, const Print& print) {
  auto [lock, argv] = make_ready(request, kinds, print);
  std::vector<char*> pointers;
  for (std::string& word : argv) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  fcntl(lock.get(), F_SETFD, 0);  // ninja holds the lock on, to its end
  execvp(pointers[0], pointers.data());
  fail_errno(errno, "start", argv[0]);
}

}  // namespace remedia::graph
