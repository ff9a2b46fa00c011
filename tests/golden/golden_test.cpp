// Golden recipes: NAME.lua gives NAME.ninja (the statements of the graph) or NAME.error (what the
// user is told). `-- arguments: ...` in the first line are those of `remedia graph`; further
// recipes are named there too. REMEDIA_UPDATE_GOLDEN=1 writes the expected files anew: read the
// diff.

#include "graph/build.h"
#include "graph/ninja.h"
#include "kinds/kinds.h"
#include "support/diagnostic.h"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include <gtest/gtest.h>

namespace remedia {
namespace {

const fs::path kFolder = REMEDIA_GOLDEN_FOLDER;

std::string content(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

graph::BuildRequest request_for(const fs::path& recipe) {
  graph::BuildRequest request{
      .out = kFolder / "out", .recipes = {recipe.string()}, .clock = graph::kDefaultClock};
  std::ifstream in(recipe);
  std::string line;
  std::getline(in, line);
  constexpr std::string_view marker = "-- arguments: ";
  if (!line.starts_with(marker)) return request;
  std::istringstream words(line.substr(marker.size()));
  std::vector<std::string> definitions;
  for (std::string word; words >> word;) {
    if (word == "-D") {
      words >> word;
      definitions.push_back(word);
    } else {
      request.recipes.push_back((kFolder / "recipes" / word).string());
    }
  }
  request.definitions = graph::parse_definitions(definitions);
  return request;
}

// The header is the same for all; only what the recipe decides is compared.
std::string statements(const graph::Graph& graph) {
  std::string text = graph::write_ninja(graph, {.runner = "remedia", .graph_arguments = {}});
  std::size_t rules = text.find("  restat = 1\n");
  return text.substr(rules + std::string_view("  restat = 1\n\n").size());
}

// Messages may quote where a path leads; the checkout can lie anywhere.
std::string without_folder(std::string text) {
  std::string folder = kFolder.string();
  for (std::size_t at = text.find(folder); at != std::string::npos; at = text.find(folder, at)) {
    text.replace(at, folder.size(), "PROJECT");
  }
  return text;
}

struct Outcome {
  std::string extension;
  std::string text;
};

Outcome outcome(const fs::path& recipe) {
  std::string text;
  try {
    graph::Plan plan = graph::plan(request_for(recipe), kinds::all());
    for (const Diagnostic& warning : plan.warnings) text += render(warning);
    return {".ninja", without_folder(text + statements(plan.graph))};
  } catch (const Failure& failure) {
    for (const Diagnostic& d : failure.diagnostics()) text += render(d);
    return {".error", without_folder(text)};
  }
}

class Golden : public testing::TestWithParam<std::string> {};

TEST_P(Golden, GivesWhatIsExpected) {
  fs::path recipe = kFolder / "recipes" / (GetParam() + ".lua");
  Outcome got = outcome(recipe);
  fs::path expected = recipe;
  expected.replace_extension(got.extension);
  if (std::getenv("REMEDIA_UPDATE_GOLDEN") != nullptr)
    std::ofstream(expected, std::ios::binary) << got.text;
  ASSERT_TRUE(fs::exists(expected)) << "not expected at all:\n" << got.text;
  EXPECT_EQ(content(expected), got.text);
}

// Recipes that are only used by others have no expected file and no test of their own.
std::vector<std::string> recipe_names() {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(kFolder / "recipes")) {
    std::string name = entry.path().stem().string();
    if (entry.path().extension() == ".lua" && name != "project" && !name.starts_with("other-"))
      names.push_back(name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

INSTANTIATE_TEST_SUITE_P(Recipes, Golden, testing::ValuesIn(recipe_names()), [](const auto& test) {
  std::string name = test.param;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
});

TEST(GoldenFolder, HoldsMoreFailingRecipesThanGoodOnes) {
  int good = 0;
  int failing = 0;
  for (const auto& entry : fs::directory_iterator(kFolder / "recipes")) {
    good += entry.path().extension() == ".ninja" ? 1 : 0;
    failing += entry.path().extension() == ".error" ? 1 : 0;
  }
  EXPECT_GT(failing, good);
}

}  // namespace
}  // namespace remedia
