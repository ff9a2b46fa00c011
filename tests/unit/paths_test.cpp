#include "recipe/paths.h"

#include "unit/scratch.h"

#include <gtest/gtest.h>

namespace remedia::recipe {
namespace {

const Roots kRoots = {.folders = {{"media", "/srv/media"}}, .used = {}};

std::string resolved(std::string_view written, std::string_view folder = {}) {
  return resolve_path(written, "/project", "/project/recipes/sub", kRoots, folder)
      .absolute.string();
}

TEST(Paths, AreReadByTheirFirstCharacters) {
  struct Case {
    const char* written;
    const char* folder;
    const char* absolute;
  } cases[] = {
      {"media/win.iso", "", "/project/media/win.iso"},
      {"common", "overlays", "/project/overlays/common"},
      {"dell/latitude", "drivers", "/project/drivers/dell/latitude"},
      {"./local", "overlays", "/project/recipes/sub/local"},
      {".", "overlays", "/project/recipes/sub"},
      {"../shared", "overlays", "/project/recipes/shared"},
      {"../../top", "", "/project/top"},
      {"@media/win.iso", "overlays", "/srv/media/win.iso"},
      {"@media", "", "/srv/media"},
      {"a/../b", "", "/project/b"},
      {"Übung/ä b", "", "/project/Übung/ä b"},
  };
  for (const Case& c : cases) EXPECT_EQ(resolved(c.written, c.folder), c.absolute) << c.written;
}

TEST(Paths, NeverLeaveTheirRoot) {
  struct Case {
    std::string_view written;
    const char* folder;
    const char* message;
  } cases[] = {
      {"/etc/passwd", "", "absolute path"},
      {"../../../etc", "", "climbs out of the project"},
      {"./../../../x", "", "climbs out of the project"},
      {"a/../../x", "", "climbs out of the project"},
      {"../x", "overlays", nullptr},
      {"a/../../x", "overlays", "climbs out of overlays/"},
      {"@media/../x", "", "climbs out of its root"},
      {"@media//etc/passwd", "", "climbs out of its root"},
      {"a\xff", "", "UTF-8"},
      {"@meda/x", "", "no root '@meda'"},
      {"@", "", "no root '@'"},
      {"", "", "must not be empty"},
      {std::string_view("a\0b", 3), "", "NUL"},
      {"a\nb", "", "line breaks"},
  };
  for (const Case& c : cases) {
    if (c.message == nullptr) {
      EXPECT_NO_THROW(resolved(c.written, c.folder));
      continue;
    }
    std::string message = failure_of([&] { resolved(c.written, c.folder); });
    EXPECT_NE(message.find(c.message), std::string::npos) << c.written << ": " << message;
  }
}

TEST(ProjectRoot, IsTheNearestFolderAboveThatHoldsRecipes) {
  Scratch scratch;
  scratch.write("p/recipes/a/b.lua", "");
  scratch.write("q/lone.lua", "");
  scratch.write("p/recipes/a/recipes/c.lua", "");
  EXPECT_EQ(project_root(scratch / "p/recipes/a/b.lua"), scratch / "p/recipes/a");
  fs::remove_all(scratch / "p/recipes/a/recipes");
  EXPECT_EQ(project_root(scratch / "p/recipes/a/b.lua"), scratch / "p");
  EXPECT_EQ(project_root(scratch / "q/lone.lua"), scratch / "q");
}

}  // namespace
}  // namespace remedia::recipe
