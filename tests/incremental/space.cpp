#include "incremental/space.h"

#include "support/digest.h"

#include <regex>
#include <sstream>

#include <fcntl.h>
#include <sys/stat.h>

namespace remedia {

namespace {

// The recipe that most tests begin with.
constexpr const char* kRecipe =
    R"(local windows = source { media = "@media/stand-in.iso", image = "winre" }
local boot = wim { name = "helpdesk", from = windows, overlays = { "common" } }
return { iso { boot = boot } }
)";

std::set<std::string> stages_in(const std::string& output) {
  std::set<std::string> stages;
  std::istringstream lines(output);
  static const std::regex status(R"(\[\d+/\d+\] ([A-Z]+)( .*)?)");
  for (std::string line; std::getline(lines, line);) {
    std::smatch match;
    if (std::regex_match(line, match, status)) stages.insert(match[1].str() + match[2].str());
  }
  return stages;
}

}  // namespace

Space::Space() : runner(REMEDIA_RUNNER), root_(scratch_.path() / "project") {
  write("recipes/project.lua", "return project { roots = { media = \"" +
                                   standard_medium().parent_path().string() + "\" } }\n");
  write("recipes/r.lua", kRecipe);
  write("overlays/common/Tools/hello.txt", "hello\n");
}

void Space::write(std::string_view name, std::string_view content) const {
  scratch_.write("project/" + std::string(name), content);
}

void Space::touch(std::string_view name) const {
  ASSERT_EQ(utimensat(AT_FDCWD, (root_ / name).c_str(), nullptr, 0), 0);
}

std::string Space::read(std::string_view name) const { return read_file(root_ / name, 1u << 30); }

ProcessResult Space::run(const std::vector<std::string>& argv) const {
  std::vector<std::string> words = wrapper;
  words.insert(words.end(), argv.begin(), argv.end());
  return run_process(words, {.directory = root_, .environment = environment});
}

std::set<std::string> Space::build(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), {runner, "build", "-C", "out"});
  ProcessResult result = run(arguments);
  output = result.output;
  EXPECT_EQ(result.status, 0) << result.output;
  return stages_in(result.output);
}

std::set<std::string> Space::ninja(const std::vector<std::string>& arguments) {
  std::vector<std::string> argv = {"ninja", "-C", "out"};
  argv.insert(argv.end(), arguments.begin(), arguments.end());
  ProcessResult result = run(argv);
  output = result.output;
  EXPECT_EQ(result.status, 0) << result.output;
  return stages_in(result.output);
}

std::string Space::failing_build(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), {runner, "build", "-C", "out"});
  ProcessResult result = run(arguments);
  EXPECT_NE(result.status, 0) << result.output;
  return output = result.output;
}

fs::path standard_medium() { return REMEDIA_STAND_IN; }

std::map<std::string, std::string> artifacts_of(const fs::path& out) {
  std::map<std::string, std::string> digests;
  for (const auto& entry : fs::recursive_directory_iterator(out)) {
    std::string name = entry.path().lexically_relative(out).string();
    // A stage that failed leaves its .spec.
    bool hidden = name.find(".store") == 0 || name.find(".digests") != std::string::npos ||
                  name.ends_with(".spec") || name.find('/') == std::string::npos;
    if (entry.is_regular_file() && !hidden) digests[name] = sha256(Slice::whole(entry.path()));
  }
  return digests;
}

}  // namespace remedia
