// Downloads of recipes/project.lua: what the evaluation keeps of them, and what it refuses. What
// `remedia fetch` does with them is tested as people run it, in bad_input/fetch_test.cpp.

#include "kinds/fetch.h"

#include "kinds/kinds.h"
#include "recipe/recipe.h"
#include "support/definition_packages.h"
#include "support/pe_builder.h"
#include "support/signing.h"
#include "unit/scratch.h"

#include <gtest/gtest.h>

namespace remedia::kinds {
namespace {

/// A project with these downloads.
class Project {
 public:
  explicit Project(const std::string& downloads) {
    scratch_.write("recipes/project.lua",
                   "return project { roots = { media = \"/srv/media\" },\n  downloads = {" +
                       downloads + "} }\n");
    scratch_.write(
        "recipes/r.lua",
        "return wim { name = \"x\", from = source { media = \"@media/x.iso\", image = 1 } }\n");
  }

  std::vector<recipe::Download> downloads(const recipe::Definitions& definitions = {}) const {
    return recipe::evaluate({scratch_ / "recipes/r.lua", definitions, scratch_.path()}, schemas())
        .downloads;
  }

 private:
  Scratch scratch_;
};

TEST(Downloads, AreKeptWithTheirPlaces) {
  Project project(R"(download { "@media/a/b.exe", url = "https://x.example/b?c=d&e=@f" },
    download { path = "@media/c.iso", url = "http://x.example:8080" })");
  auto found = project.downloads();
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].path.written, "@media/a/b.exe");
  EXPECT_EQ(found[0].path.absolute, "/srv/media/a/b.exe");
  EXPECT_EQ(found[0].url, "https://x.example/b?c=d&e=@f");
  EXPECT_EQ(found[0].where.name, "recipes/project.lua");
  EXPECT_EQ(found[0].where.line, 2);
  EXPECT_EQ(found[1].where.line, 3);
  EXPECT_EQ(found[1].url, "http://x.example:8080");
  EXPECT_TRUE(Project("").downloads().empty());
}

TEST(Downloads, FollowARootFromOutside) {
  Project project(R"(download { "@media/b.exe", url = "https://x.example" })");
  EXPECT_EQ(project.downloads({{"root.media", "/mnt"}})[0].path.absolute, "/mnt/b.exe");
}

TEST(Downloads, AreRefusedWithAReason) {
  struct Case {
    const char* download;
    const char* says;
  };
  const Case cases[] = {
      {R"("@media/x", url = "ftp://h/x")", "must begin with https:// or http://"},
      {R"("@media/x", url = "file:///etc/passwd")", "must begin with https:// or http://"},
      {R"("@media/x", url = "-o/etc/passwd")", "must begin with https:// or http://"},
      {R"("@media/x", url = "HTTPS://h/x")", "must begin with https:// or http://"},
      {R"("@media/x", url = "https:///x")", "names no host"},
      {R"("@media/x", url = "https://")", "names no host"},
      {R"("@media/x", url = "https://?x")", "names no host"},
      {R"("@media/x", url = "https://u:p@h/x")", "holds a user or a password"},
      {R"("@media/x", url = "https://token@h")", "holds a user or a password"},
      {R"("@media/x", url = "https://h/a b")", "holds what no address does"},
      {R"("@media/x", url = "https://h\\@evil/x")", "holds what no address does"},
      {R"("@media/x", url = "https://h/\u{fc}")", "holds what no address does"},
      {R"("@media/x", url = "https://h/\n")", "must not hold control characters"},
      {R"("@media/x", url = "")", "must not be empty"},
      {R"("@media/x")", "download needs 'url'"},
      {R"(url = "https://h/x")", "download needs 'path'"},
      {R"("@media/x", url = "https://h/x", sha256 = "0")", "unknown field 'sha256'"},
      {R"("@media/x", "@media/y", url = "https://h/x")", "takes one path"},
      {R"("media/x", url = "https://h/x")", "'media/x' is no file under a root"},
      {R"("/srv/x", url = "https://h/x")", "'/srv/x' is no file under a root"},
      {R"("@media", url = "https://h/x")", "'@media' is no file under a root"},
      {R"("@media/", url = "https://h/x")", "is no plain path of a file"},
      {R"("@media/.", url = "https://h/x")", "is no plain path of a file"},
      {R"("@media//x", url = "https://h/x")", "climbs out of its root"},
      {R"("@media/a//x", url = "https://h/x")", "is no plain path of a file"},
      {R"("@media/a/../x", url = "https://h/x")", "is no plain path of a file"},
      {R"("@media/x/", url = "https://h/x")", "is no plain path of a file"},
      {R"("@media/../x", url = "https://h/x")", "climbs out of its root"},
      {R"("@medai/x", url = "https://h/x")", "no root '@medai' is declared"},
      {R"("@media/x", url = "https://h/x" }, download { "@media/x", url = "https://h/y")",
       "'@media/x' has two downloads"},
  };
  for (const Case& c : cases) {
    Project project(fmt::format("download {{ {} }}", c.download));
    try {
      project.downloads();
      ADD_FAILURE() << "taken: " << c.download;
    } catch (const Failure& failure) {
      const Diagnostic& d = failure.diagnostics().front();
      EXPECT_NE(d.message.find(c.says), std::string::npos) << d.message << "\n" << c.download;
      EXPECT_EQ(d.where.name, "recipes/project.lua") << c.download;
      EXPECT_EQ(d.where.line, 2) << c.download;
    }
  }
}

TEST(Downloads, AreNothingElse) {
  EXPECT_NE(failure_of([] { Project(R"("@media/x")").downloads(); }).find("must be a download"),
            std::string::npos);
  Scratch scratch;
  scratch.write("recipes/project.lua", R"(return download { "@media/x", url = "https://h/x" })");
  scratch.write("recipes/r.lua", "return nil");
  std::string said = failure_of([&] {
    recipe::evaluate({scratch / "recipes/r.lua", {}, scratch.path()}, schemas());
  });
  EXPECT_NE(said.find("project.lua must return project { ... }"), std::string::npos) << said;
}

TEST(Examine, FindsTheSignerAndJudgesNothingElse) {
  Scratch scratch;
  LockEntry locked{.word = "overlay",
                   .path = "@media/x.exe",
                   .sha256 = {},
                   .version = "1.2",
                   .date = {},
                   .signer = LockSigner{"Old", "Older", "", true},
                   .by_signer = true};
  fs::path file = scratch.write("x", signing::sign_program(pe_builder::program({})));
  LockEntry found = examine_signed(locked, file);
  ASSERT_TRUE(found.signer.has_value());
  EXPECT_EQ(found.signer->name, "Remedia Test Signer");
  EXPECT_EQ(found.signer->issuer, "Remedia Test Root");
  EXPECT_FALSE(found.signer->anchored);
  EXPECT_EQ(found.version, "1.2");
  EXPECT_FALSE(examine_signed(locked, scratch.write("y", pe_builder::program({}))).signer);
  EXPECT_NE(failure_of([&] { examine_signed(locked, scratch.write("z", "no program")); }), "");
}

TEST(Examine, ReadsDefinitionsToTheirVersion) {
  Scratch scratch;
  LockEntry locked{.word = "defender",
                   .path = "@media/x.exe",
                   .sha256 = {},
                   .version = "1.2",
                   .date = {},
                   .signer = {},
                   .by_signer = true};
  LockEntry found = examine_signed(locked, scratch.write("x", definition_packages::package({})));
  ASSERT_TRUE(found.signer.has_value());
  EXPECT_EQ(found.version, "1.403.55.0");
  EXPECT_EQ(found.date, "2026-11-15");
  // A program that is signed and no package is none of any signer.
  EXPECT_NE(failure_of([&] {
              examine_signed(locked,
                             scratch.write("y", signing::sign_program(pe_builder::program({}))));
            }),
            "");
}

}  // namespace
}  // namespace remedia::kinds
