#include "recipe/schema.h"

#include "kinds/kinds.h"
#include "support/file.h"
#include "unit/scratch.h"

#include <gtest/gtest.h>

namespace remedia::recipe {
namespace {

TEST(Schema, EveryWordHasHelpAndSoundFields) {
  for (const Schema* schema : kinds::schemas()) {
    EXPECT_FALSE(help_topic(schema->word, kinds::schemas()).empty());
    EXPECT_TRUE(schema->positional.empty() || schema->find(schema->positional) != nullptr)
        << schema->word;
    EXPECT_FALSE(schema->from_string && schema->positional.empty()) << schema->word;
    for (const Field& field : schema->fields) {
      EXPECT_FALSE(field.help.empty()) << schema->word << "." << field.name;
      EXPECT_FALSE(field.required && !field.fallback.empty()) << schema->word << "." << field.name;
      bool needs_words = field.type == Type::choice || field.type == Type::value;
      EXPECT_EQ(needs_words, !field.words.empty()) << schema->word << "." << field.name;
      for (std::string_view word : field.words) {
        if (field.type != Type::value) continue;
        EXPECT_FALSE(help_topic(word, kinds::schemas()).empty())
            << schema->word << "." << field.name;
      }
    }
  }
}

TEST(Schema, HelpFitsAnOrdinaryTerminal) {
  std::string text = help_overview(kinds::schemas());
  for (const Schema* schema : kinds::schemas()) text += help_topic(schema->word, kinds::schemas());
  for (std::size_t at = 0; at < text.size();) {
    std::size_t end = text.find('\n', at);
    EXPECT_LE(end - at, 100u) << text.substr(at, end - at);
    at = end + 1;
  }
}

TEST(Schema, NoHelpOnWhatDoesNotExist) { EXPECT_EQ(help_topic("isoo", kinds::schemas()), ""); }

// Every constructor's file is called as its word is.
TEST(Kinds, AreTheFilesOfTheirFolder) {
  for (const graph::Kind& kind : kinds::all()) {
    EXPECT_TRUE(
        fs::exists(fs::path(REMEDIA_SOURCE) / fmt::format("stages/kinds/{}.cpp", kind.word)));
    EXPECT_TRUE(kind.schema == nullptr || kind.schema->word == kind.word);
  }
}

TEST(EditorDefinitions, InTheTreeAreUpToDate) {
  EXPECT_EQ(read_file(fs::path(REMEDIA_SOURCE) / "recipes/remedia.d.lua"),
            editor_definitions(kinds::schemas()))
      << "run: remedia help --luals > recipes/remedia.d.lua";
}

}  // namespace
}  // namespace remedia::recipe
