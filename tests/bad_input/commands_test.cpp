// `remedia diff` and `remedia check`: what they print of a real build, and their exit status.

#include "incremental/space.h"

#include <gtest/gtest.h>

namespace remedia {
namespace {

constexpr const char* kManifest = "r/helpdesk/helpdesk.manifest.json";

class Commands : public testing::Test {
 protected:
  /// Runs the program; `status_` and `said_` are what it left.
  void run(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), space_.runner);
    ProcessResult result = space_.run(arguments);
    status_ = result.status;
    said_ = result.output;
  }

  void write_tiers(const std::string& first, const std::string& second) {
    space_.write("recipes/r.lua", fmt::format(R"(
local windows = source {{ media = "@media/stand-in.iso", image = "winre" }}
return {{
  wim {{ name = "first", from = windows, tier = tier {{ name = "L1"{} }} }},
  wim {{ name = "second", from = windows, tier = tier {{ name = "L2"{} }} }},
}})",
                                              first, second));
  }

  Space space_;
  int status_ = -1;
  std::string said_;
};

TEST_F(Commands, DiffTellsTwoBuildsApart) {
  space_.build();
  fs::copy(space_ / "out", space_ / "before", fs::copy_options::recursive);
  run({"diff", "before/r/helpdesk", "out/r/helpdesk"});
  EXPECT_EQ(status_, 0) << said_;
  EXPECT_EQ(said_, "");
  space_.write("overlays/common/Tools/hello.txt", "hello, all\n");
  space_.write("overlays/common/Tools/more.txt", "more\n");
  space_.build();
  run({"diff", "before/r/helpdesk", std::string("out/") + kManifest});
  EXPECT_EQ(status_, 1);
  EXPECT_EQ(said_.find(fmt::format("--- before/{0}\n+++ out/{0}\n", kManifest)), 0u) << said_;
  EXPECT_NE(said_.find("\nimage helpdesk: files\n"
                       "~ Tools/hello.txt: other content (6 -> 11 bytes)\n"
                       "+ Tools/more.txt: 5 bytes\n\n"),
            std::string::npos)
      << said_;
  run({"diff", "--json", "before/r/helpdesk", "out/r/helpdesk"});
  EXPECT_EQ(status_, 1);
  EXPECT_NE(said_.find("\"what\": \"Tools/more.txt\""), std::string::npos) << said_;
}

TEST_F(Commands, DiffSaysTroubleByItsStatus) {
  space_.write("m", "{\"format\": \"remedia manifest 1\"}");
  run({"diff", "m", "m"});
  EXPECT_EQ(status_, 2);
  EXPECT_EQ(said_,
            "remedia: error: 'm' has no field name\n"
            "  hint: `remedia help manifest` lists the fields\n");
  run({"diff", "m", "nowhere"});
  EXPECT_EQ(status_, 2);
  run({"diff", "recipes/r.lua", "m"});
  EXPECT_EQ(status_, 2);
  EXPECT_NE(said_.find("'recipes/r.lua' is not valid JSON"), std::string::npos) << said_;
  run({"diff", "m"});
  EXPECT_GT(status_, 1) << "no difference was found";
}

TEST_F(Commands, DiffThatCannotBePrintedIsTrouble) {
  space_.build();
  space_.write("other/m", space_.read(std::string("out/") + kManifest));
  space_.wrapper = {"sh", "-c", "exec \"$@\" > /dev/full", "sh"};
  space_.write("m", with_replaced(space_.read("other/m"), "Tools/hello.txt", "Tools/x.txt"));
  run({"diff", "other/m", "m"});
  EXPECT_EQ(status_, 2) << said_;
  EXPECT_NE(said_.find("cannot write 'standard output'"), std::string::npos) << said_;
}

TEST_F(Commands, CheckWritesNothing) {
  run({"check", "recipes/r.lua"});
  EXPECT_EQ(status_, 0);
  EXPECT_EQ(said_, "");
  EXPECT_FALSE(fs::exists(space_ / "out"));
  run({"check", "recipes/r.lua", "--at", "2026-12-22"});
  EXPECT_EQ(status_, 0);
  EXPECT_EQ(said_, "never expires: r/helpdesk\n");
  EXPECT_FALSE(fs::exists(space_ / "out"));
}

TEST_F(Commands, CheckFindsWhatGraphFinds) {
  space_.write("recipes/r.lua", "return iso { boot = wim { name = \"x\" }, labl = \"y\" }\n");
  run({"graph", "out", "recipes/r.lua"});
  EXPECT_EQ(status_, 1);
  std::string said = said_;
  run({"check", "recipes/r.lua"});
  EXPECT_EQ(status_, 1);
  EXPECT_EQ(said_, said);
  space_.write("recipes/r.lua", R"(
return wim { name = "x", from = source { media = "@media/nowhere.iso", image = "winre" } })");
  run({"check", "recipes/r.lua", "--at", "2026-12-22"});
  EXPECT_EQ(status_, 1);
  EXPECT_NE(said_.find("recipes/r.lua:2:"), std::string::npos) << said_;
  EXPECT_NE(said_.find("'@media/nowhere.iso' is not there"), std::string::npos) << said_;
}

TEST_F(Commands, CheckTellsWhatWillHaveExpired) {
  write_tiers(R"(, expires = "2026-12-21")", R"(, expires = "30d")");
  run({"check", "recipes/r.lua", "-D", "as_of=2026-11-20", "--at", "2026-12-20"});
  EXPECT_EQ(status_, 0) << said_;
  EXPECT_EQ(said_, "");
  run({"check", "recipes/r.lua", "-D", "as_of=2026-11-20", "--at", "2026-12-22"});
  EXPECT_EQ(status_, 3);
  EXPECT_EQ(said_,
            "2026-12-20 r/second (tier L2): expired, 2 days before 2026-12-22\n"
            "2026-12-21 r/first (tier L1): expired, 1 day before 2026-12-22\n");
  run({"check", "recipes/r.lua", "-D", "as_of=2026-11-20"});
  EXPECT_EQ(status_, 0) << "nobody asked";
  EXPECT_EQ(said_, "");
}

TEST_F(Commands, CheckRefusesADayThatIsNone) {
  for (const char* day : {"2026-02-29", "tomorrow", ""}) {
    run({"check", "recipes/r.lua", "--at", day});
    EXPECT_EQ(status_, 1) << day;
    EXPECT_EQ(said_, fmt::format("remedia: error: --at {} is no date\n"
                                 "  hint: write it as 2026-11-20\n",
                                 day));
  }
}

TEST_F(Commands, CheckRefusesAnExpiryWithoutBeginning) {
  write_tiers(R"(, expires = "30d")", "");
  run({"check", "recipes/r.lua", "--at", "2026-12-22"});
  EXPECT_EQ(status_, 1);
  EXPECT_NE(said_.find("'30d' counts from as_of, which nobody said"), std::string::npos) << said_;
}

}  // namespace
}  // namespace remedia
