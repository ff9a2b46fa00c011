#include "support/diagnostic.h"

#include "unit/scratch.h"

#include <fstream>

#include <gtest/gtest.h>

namespace remedia {
namespace {

TEST(Nearest, SuggestsOnlyWhatIsMeant) {
  EXPECT_EQ(nearest("lable", {"label", "boot", "name"}), "label");
  EXPECT_EQ(nearest("LABEL", {"label"}), "label");
  EXPECT_EQ(nearest("x", {"boot"}), "");
  EXPECT_EQ(nearest("sources", {"overlay", "driver"}), "");
}

TEST(Render, QuotesTheLineAndPointsAtTheWord) {
  Scratch scratch;
  fs::path file = scratch.write("r.lua", "return iso {\n\tlable = 'X',\n}\n");
  Diagnostic d{.message = "unknown field 'lable' in iso",
               .where = {"recipes/r.lua", file, 2, 2, 5},
               .hint = "did you mean 'label'?"};
  EXPECT_EQ(render(d),
            "recipes/r.lua:2:2: error: unknown field 'lable' in iso\n"
            "    2 | \tlable = 'X',\n"
            "      | \t^~~~~ did you mean 'label'?\n");
}

TEST(Render, NotesFollow) {
  Diagnostic d{.message = "a", .notes = {{.message = "b", .where = {"x.lua", "x.lua", 3}}}};
  EXPECT_EQ(render(d), "remedia: error: a\nx.lua:3: note: b\n");
}

}  // namespace
}  // namespace remedia
