// Definitions that no scanner could use, that are stale, or of which nobody can say so: all of it
// is said when the image is built, at the path that is meant.

#include "bad_input/breaking.h"
#include "bad_input/surgery.h"
#include "support/archive_writers.h"
#include "support/date.h"
#include "support/definition_packages.h"

#include <functional>

#include <gtest/gtest.h>

namespace remedia {
namespace {

namespace dp = definition_packages;

constexpr const char* kPackage = "\"@media/mpam.exe\"";  // as the recipe has it
constexpr const char* kMpam = "media/mpam.exe";
constexpr const char* kDay = "2026-11-20";  // as_of; the packages are of 2026-11-15

class DefenderTrial : public Surgery {
 public:
  DefenderTrial() {
    good();
    write("media/root.pem", signing::test_ca().pem());
    write("media/foreign.pem", signing::foreign_ca().pem());
  }

  /// The recipe and the packages are as they should be.
  void good() {
    day(kDay);
    write(kMpam, dp::package());
    with();
  }
  void day(const std::string& as_of) const {
    write("recipes/project.lua", "return project { roots = { media = \"media\" }" +
                                     (as_of.empty() ? "" : fmt::format(", as_of = \"{}\"", as_of)) +
                                     " }\n");
  }
  /// Further fields of `defender`.
  void with(std::string_view fields = "") const { names(fmt::format("{}, {}", kPackage, fields)); }
  void names(std::string_view defender) const {
    change(fmt::format("defender = defender {{ {} }}", defender));
  }
  void folder(const dp::Files& files, std::string_view fields = "") const {
    fs::remove_all(*this / "media/defs");
    dp::write(*this / "media/defs", files);
    names(fmt::format("\"@media/defs\", {}", fields));
  }

  nlohmann::json definitions() const { return manifest().at("images")[0].at("definitions"); }
  std::vector<std::string> files() const {
    return paths_in(manifest().at("images")[0].at("files"));
  }
  /// What is said of the packages as inputs.
  nlohmann::json inputs() const {
    for (const auto& entry : fs::directory_iterator(*this / "out/.store/defender")) {
      if (entry.path().extension() == ".record")
        return nlohmann::json::parse(read_file(entry.path())).at("inputs");
    }
    return {};
  }
  bool clean() const {
    for (const auto& entry : fs::recursive_directory_iterator(*this / "out/.store")) {
      const std::string name = entry.path();
      if (name.ends_with(".files") || name.ends_with(".unpacked")) return false;
    }
    return true;
  }
};

// --- what is right ------------------------------------------------------------------------------

TEST(Definitions, PackagesLieWhereDefenderOfflineLooks) {
  DefenderTrial trial;
  trial.builds();
  EXPECT_EQ(trial.in_image("mpam-feX64.exe"), trial.read(kMpam));
  nlohmann::json one = trial.definitions()[0];
  EXPECT_EQ(one["package"], "@media/mpam.exe");
  EXPECT_EQ(one["kind"], "antimalware");
  EXPECT_EQ(one["path"], "mpam-feX64.exe");
  EXPECT_EQ(one["architecture"], "amd64");
  EXPECT_EQ(one["engine_version"], "1.1.24090.11");
  EXPECT_EQ(one["signature_version"], "1.403.55.0");
  EXPECT_EQ(one["date"], "2026-11-15");
  EXPECT_EQ(one["dated_by"], "countersignature");
  EXPECT_EQ(one["max_age_days"], 14);
  EXPECT_EQ(one["stale_after"], "2026-11-29");
  EXPECT_EQ(one["signer"]["name"], "Remedia Test Signer");
  EXPECT_EQ(one["signer"]["countersigned"], "2026-11-15");
  EXPECT_EQ(one["signer"]["anchored"], false);
  EXPECT_EQ(one["size"], trial.read(kMpam).size());
  EXPECT_EQ(one["files"].size(), 6u);
  nlohmann::json input = trial.inputs()[0];
  EXPECT_EQ(input["path"], "@media/mpam.exe");
  EXPECT_EQ(input["sha256"], one["sha256"]);
  EXPECT_EQ(input["version"], "1.403.55.0");
  EXPECT_EQ(input["date"], "2026-11-15");
  EXPECT_EQ(input["signer"], one["signer"]);
  EXPECT_TRUE(trial.clean());
}

TEST(Definitions, AreUnpackedIfAsked) {
  DefenderTrial trial;
  trial.write("media/nis.exe", dp::package_of(dp::network()));
  trial.names(R"("@media/mpam.exe", "@media/nis.exe", unpack = true)");
  trial.builds();
  EXPECT_EQ(trial.files(),
            (std::vector<std::string>{
                "Definitions/mpasbase.vdm", "Definitions/mpasdlta.vdm", "Definitions/mpavbase.vdm",
                "Definitions/mpavdlta.vdm", "Definitions/mpengine.dll", "Definitions/MpSigStub.exe",
                "Definitions/NIS/GapaEngine.dll", "Definitions/NIS/NisBase.vdm",
                "Definitions/NIS/NisFull.vdm"}));
  EXPECT_EQ(trial.in_image("Definitions/mpengine.dll"), dp::antimalware()["mpengine.dll"]);
  nlohmann::json both = trial.definitions();
  EXPECT_EQ(both[0]["path"], "Definitions");
  EXPECT_EQ(both[1]["path"], "Definitions/NIS");
  EXPECT_EQ(both[1]["kind"], "network");
  EXPECT_FALSE(both[1].contains("stale_after"));
  trial.names(R"("@media/mpam.exe", unpack = true, to = "Defs/New")");
  trial.builds();
  EXPECT_EQ(trial.in_image("Defs/New/mpengine.dll"), dp::antimalware()["mpengine.dll"]);
  EXPECT_TRUE(trial.clean());
}

TEST(Definitions, ComeAsCabinetsAndFoldersToo) {
  DefenderTrial trial;
  trial.write("media/defs.cab", dp::cabinet(dp::antimalware()));
  trial.write("media/nis_full.exe", dp::package_of(dp::network()));
  trial.names(R"("@media/defs.cab", "@media/nis_full.exe", to = "Scan")");
  trial.builds();
  EXPECT_EQ(trial.files(), (std::vector<std::string>{"Scan/defs.cab", "Scan/nis_full.exe"}));
  EXPECT_EQ(trial.definitions()[0]["signer"]["name"], "Remedia Test Signer");
  trial.folder(dp::antimalware());
  trial.builds();
  EXPECT_EQ(trial.files().size(), 6u);
  EXPECT_EQ(trial.in_image("Definitions/mpavdlta.vdm"), dp::antimalware()["mpavdlta.vdm"]);
  EXPECT_EQ(trial.definitions()[0]["path"], "Definitions");
  EXPECT_EQ(trial.definitions()[0]["sha256"].get<std::string>().size(), 64u);
}

TEST(Definitions, ChainToAnchors) {
  DefenderTrial trial;
  trial.with("anchors = \"@media/root.pem\"");
  trial.builds();
  EXPECT_EQ(trial.definitions()[0]["signer"]["anchored"], true);
  trial.write("media/defs.cab", dp::cabinet(dp::antimalware()));
  trial.names(R"("@media/defs.cab", anchors = "@media/root.pem")");
  trial.builds();
  EXPECT_EQ(trial.definitions()[0]["signer"]["anchored"], true);
  EXPECT_EQ(trial.files(), std::vector<std::string>{"defs.cab"});
}

TEST(Definitions, MayBeOfAnyAgeIfThatIsWritten) {
  DefenderTrial trial;
  trial.write(kMpam, dp::package({.day = ""}));
  trial.day("");
  trial.with("max_age = \"off\"");
  trial.builds();
  nlohmann::json one = trial.definitions()[0];
  EXPECT_FALSE(one.contains("max_age_days"));
  EXPECT_FALSE(one.contains("stale_after"));
  EXPECT_FALSE(one.contains("date"));
}

TEST(Definitions, MayBeUnsignedIfThatIsWritten) {
  DefenderTrial trial;
  dp::Part part = dp::delta({.is_signed = false});
  part.file_date = "2026-11-15";
  dp::Files files = dp::antimalware({.is_signed = false});
  files["mpasdlta.vdm"] = files["mpavdlta.vdm"] = dp::part(part);
  trial.write(kMpam, dp::program(dp::cabinet(files), std::nullopt));
  trial.with("allow_unsigned = true");
  trial.builds();
  nlohmann::json one = trial.definitions()[0];
  EXPECT_FALSE(one.contains("signer"));
  EXPECT_EQ(one["dated_by"], "version resource");
  // Who signed what is inside did not sign the package.
  trial.write(kMpam, dp::program(dp::cabinet(dp::antimalware()), std::nullopt));
  trial.with("allow_unsigned = true, anchors = \"@media/root.pem\"");
  trial.builds();
  EXPECT_FALSE(trial.definitions()[0].contains("signer"));
}

TEST(Definitions, AreGoodOnTheirLastDay) {
  DefenderTrial trial;
  for (const char* day : {"2026-11-15", "2026-11-29"}) {
    trial.day(day);
    trial.builds();
  }
}

// --- what is wrong ------------------------------------------------------------------------------

struct Wrong {
  const char* name;
  std::function<void(DefenderTrial&)> spoil;
  const char* under;
  std::vector<std::string> says;
};

class BadDefinitions : public testing::TestWithParam<Wrong> {};

TEST_P(BadDefinitions, AreRefusedAtTheRecipe) {
  DefenderTrial trial;
  GetParam().spoil(trial);
  trial.refuses({.under = GetParam().under, .says = GetParam().says, .line = 2});
  if (fs::exists(trial / "out/.store")) {
    EXPECT_TRUE(trial.clean());
  }
  trial.good();
  trial.builds();
}

std::function<void(DefenderTrial&)> package(const std::string& bytes) {
  return [=](DefenderTrial& trial) { trial.write(kMpam, bytes); };
}

std::function<void(DefenderTrial&)> files(const std::function<void(dp::Files&)>& spoil) {
  return [=](DefenderTrial& trial) {
    dp::Files all = dp::antimalware();
    spoil(all);
    trial.write(kMpam, dp::package_of(all));
  };
}

std::function<void(DefenderTrial&)> names(const std::string& defender) {
  return [=](DefenderTrial& trial) {
    trial.write("media/nis.exe", dp::package_of(dp::network()));
    trial.write("media/second.exe", dp::package({.version = "1.403.56.0"}));
    fs::create_directories(trial / "media/empty");
    trial.names(defender);
  };
}

INSTANTIATE_TEST_SUITE_P(
    Package, BadDefinitions,
    testing::Values(
        Wrong{"truncated",
              [](DefenderTrial& trial) {
                std::string bytes = trial.read(kMpam);
                trial.write(kMpam, bytes.substr(0, bytes.size() / 2));
              },
              kPackage,
              {"'@media/mpam.exe'"}},
        Wrong{"empty",
              package(""),
              kPackage,
              {"'@media/mpam.exe' is neither a program with a cabinet in it nor a cabinet"}},
        Wrong{"zip",
              package(write_zip({{.name = "mpengine.dll", .content = "x"}})),
              kPackage,
              {"is neither a program with a cabinet in it", "definitions come as mpam-fe.exe"}},
        Wrong{"without_cabinet",
              package(dp::program("", signing::SignOptions{})),
              kPackage,
              {"there is no whole cabinet in it"}},
        Wrong{"two_cabinets",
              package(dp::package_of(dp::antimalware()) + dp::cabinet(dp::antimalware())),
              kPackage,
              {"the signature of '@media/mpam.exe' is wrong"}},
        Wrong{"two_cabinets_signed",
              package(dp::program(dp::cabinet(dp::antimalware()) + dp::cabinet(dp::network()),
                                  signing::SignOptions{})),
              kPackage,
              {"'@media/mpam.exe' holds 2 cabinets"}},
        Wrong{"tampered",
              [](DefenderTrial& trial) { flip(trial / kMpam, 0x210); },
              kPackage,
              {"the signature of '@media/mpam.exe' is wrong: the program was changed"}},
        Wrong{"unsigned",
              package(dp::program(dp::cabinet(dp::antimalware()), std::nullopt)),
              kPackage,
              {"'@media/mpam.exe' is not signed", "allow_unsigned = true"}},
        Wrong{"tampered_inside",
              files([](dp::Files& f) { f["mpavbase.vdm"][0x210] ^= 1; }),
              kPackage,
              {"the signature of '@media/mpam.exe/mpavbase.vdm' is wrong"}},
        Wrong{"tampered_inside_though_unsigned_is_allowed",
              [](DefenderTrial& trial) {
                dp::Files all = dp::antimalware();
                all["MpSigStub.exe"][0x210] ^= 1;
                trial.write(kMpam, dp::program(dp::cabinet(all), std::nullopt));
                trial.with("allow_unsigned = true");
              },
              kPackage,
              {"the signature of '@media/mpam.exe/MpSigStub.exe' is wrong"}},
        Wrong{"vdm_missing",
              files([](dp::Files& f) { f.erase("mpasdlta.vdm"); }),
              kPackage,
              {"holds no whole set of antimalware definitions: mpasdlta.vdm is missing"}},
        Wrong{"of_something_else",
              files(
                  [](dp::Files& f) {
                    f = {{"setup.inf", "[Version]"}};
                  }),
              kPackage,
              {"there are no definitions in '@media/mpam.exe'"}},
        Wrong{"vdm_truncated",
              files([](dp::Files& f) { f["mpavbase.vdm"].resize(1500); }),
              kPackage,
              {"'@media/mpam.exe/mpavbase.vdm'"}},
        Wrong{"vdm_no_program",
              files([](dp::Files& f) { f["mpavbase.vdm"] = "RMDX"; }),
              kPackage,
              {"'@media/mpam.exe/mpavbase.vdm'", "it is no Windows program"}},
        Wrong{"vdm_without_version",
              files([](dp::Files& f) { f["mpasbase.vdm"] = dp::part({.version = ""}); }),
              kPackage,
              {"'@media/mpam.exe/mpasbase.vdm' does not say its version"}},
        Wrong{"mixed",
              files([](dp::Files& f) { f["mpavdlta.vdm"] = dp::part({.version = "1.403.56.0"}); }),
              kPackage,
              {"has version 1.403.56.0 and 'mpasdlta.vdm' has 1.403.55.0: they are of two"}},
        Wrong{"delta_older_than_base",
              package(dp::package({.base = "1.404.0.0"})),
              kPackage,
              {"has version 1.403.55.0, which is older than 1.404.0.0"}},
        Wrong{"of_another_architecture",
              package(dp::package({.arch = "x86"})),
              kPackage,
              {"the engine of '@media/mpam.exe' is for x86, and the image is amd64",
               "paths take { amd64 = ..., arm64 = ... }"}},
        Wrong{"name_that_climbs",
              files([](dp::Files& f) { f["..\\evil.dll"] = "x"; }),
              kPackage,
              {"'@media/mpam.exe' cannot be unpacked"}}),
    kByName);

INSTANTIATE_TEST_SUITE_P(
    Day, BadDefinitions,
    testing::Values(
        Wrong{
            "stale",
            package(dp::package({.day = "2026-10-01"})),
            kPackage,
            {"definitions 1.403.55.0 are of 2026-10-01, 50 days before as_of (2026-11-20); "
             "max_age is 14d",
             "fetch new ones (remedia fetch), or allow more days in max_age; \"off\" allows any"}},
        Wrong{"stale_by_a_day",
              [](DefenderTrial& trial) { trial.day("2026-11-30"); },
              kPackage,
              {"15 days before as_of (2026-11-30)"}},
        Wrong{"stale_by_its_own_age",
              [](DefenderTrial& trial) { trial.with("max_age = \"4d\""); },
              kPackage,
              {"5 days before as_of (2026-11-20); max_age is 4d"}},
        Wrong{"of_the_future",
              package(dp::package({.day = "2026-11-21"})),
              kPackage,
              {"definitions 1.403.55.0 are of 2026-11-21, after as_of (2026-11-20)"}},
        Wrong{"undatable",
              package(dp::package({.day = ""})),
              kPackage,
              {"nothing says of which day the definitions 1.403.55.0 in '@media/mpam.exe' are",
               "max_age = \"off\" takes it nevertheless"}}),
    kByName);

INSTANTIATE_TEST_SUITE_P(
    Recipe, BadDefinitions,
    testing::Values(
        Wrong{"two_sets",
              names(R"("@media/mpam.exe", "@media/second.exe")"),
              "\"@media/second.exe\"",
              {"'@media/mpam.exe' and '@media/second.exe' are both antimalware definitions for "
               "amd64"}},
        Wrong{"network_only",
              names(R"("@media/nis.exe")"),
              "\"@media/nis.exe\"",
              {"none of the paths is an antimalware set"}},
        Wrong{"folder_that_is_empty",
              names(R"("@media/empty")"),
              "\"@media/empty\"",
              {"there are no definitions in '@media/empty'"}},
        Wrong{"folder_unsigned",
              [](DefenderTrial& trial) {
                dp::Files all = dp::antimalware();
                all["mpengine.dll"] = dp::part({.arch = "amd64", .is_signed = false});
                trial.folder(all);
              },
              "\"@media/defs\"",
              {"'@media/defs/mpengine.dll' is not signed"}},
        Wrong{"cabinet_unsigned",
              [](DefenderTrial& trial) {
                trial.write("media/defs.cab", dp::cabinet(dp::antimalware({.is_signed = false})));
                trial.names("\"@media/defs.cab\"");
              },
              "\"@media/defs.cab\"",
              {"'@media/defs.cab/mpasbase.vdm' is not signed"}},
        Wrong{"foreign_anchor",
              [](DefenderTrial& trial) { trial.with("anchors = \"@media/foreign.pem\""); },
              kPackage,
              {"signature of '@media/mpam.exe'"}},
        Wrong{"foreign_anchor_of_a_cabinet",
              [](DefenderTrial& trial) {
                trial.write("media/defs.cab", dp::cabinet(dp::antimalware()));
                trial.names(R"("@media/defs.cab", anchors = "@media/foreign.pem")");
              },
              "\"@media/defs.cab\"",
              {"signature of '@media/defs.cab/"}},
        Wrong{"anchor_that_is_none",
              [](DefenderTrial& trial) {
                trial.write("media/none.pem", "hello");
                trial.with("anchors = \"@media/none.pem\"");
              },
              "anchors",
              {"'@media/none.pem'"}},
        Wrong{"names_that_meet",
              [](DefenderTrial& trial) {
                trial.write("media/a/nis.exe", dp::package_of(dp::network()));
                trial.write("media/b/NIS.exe", dp::package_of(dp::network()));
                trial.names(R"("@media/mpam.exe", "@media/a/nis.exe", "@media/b/NIS.exe")");
              },
              "\"@media/b/NIS.exe\"",
              {"'@media/a/nis.exe' and '@media/b/NIS.exe' would both lie in the image as "
               "'NIS.exe'"}}),
    kByName);

// Without a day nobody can say how old they are.
TEST(Definitions, AgeNeedsADay) {
  DefenderTrial trial;
  trial.day("");
  trial.refuses(
      {.under = "defender",
       .says = {"the age of definitions (max_age = \"14d\") counts to as_of, which nobody "
                "said",
                "give -D as_of=YYYY-MM-DD, or as_of in recipes/project.lua"},
       .line = 2});
  trial.with("max_age = \"3d\"");
  trial.refuses({.under = "max_age", .says = {"(max_age = \"3d\") counts to as_of"}, .line = 2});
  trial.day(kDay);
  trial.with("max_age = \"5d\"");
  trial.builds();
}

// Anchors count on the day of the build for what has no countersignature.
TEST(Definitions, CertificatesThatAreOverNeedACountersignature) {
  DefenderTrial trial;
  signing::SignOptions sign;
  sign.signer =
      signing::issued_by(signing::test_ca(), {.name = "Over soon", .until = "2026-11-18"});
  dp::Files files = dp::antimalware();
  trial.write(kMpam, dp::program(dp::cabinet(files), sign));
  trial.with("anchors = \"@media/root.pem\"");
  trial.refuses({.under = kPackage, .says = {"signature of '@media/mpam.exe'"}, .line = 2});
  trial.day("2026-11-17");
  trial.builds();
  sign.stamp = signing::Stamp::token;
  sign.stamp_time = dp::noon("2026-11-15");
  trial.write(kMpam, dp::program(dp::cabinet(files), sign));
  trial.day(kDay);
  trial.builds();
}

// --- check --at ---------------------------------------------------------------------------------

TEST(Definitions, CheckSaysWhenTheyGoStale) {
  DefenderTrial trial;
  auto check = [&](const char* at) {
    return trial.run({trial.runner, "check", "recipes/r.lua", "--at", at});
  };
  for (const char* day : {"2026-11-20", "2026-11-29"}) {
    ProcessResult result = check(day);
    EXPECT_EQ(result.status, 0) << result.output;
    EXPECT_EQ(result.output,
              "2026-11-29 r/helpdesk: definitions 1.403.55.0 of 2026-11-15 go stale\n"
              "never expires: r/helpdesk\n");
  }
  ProcessResult result = check("2026-12-02");
  EXPECT_EQ(result.status, 3) << result.output;
  EXPECT_EQ(result.output,
            "2026-11-29 r/helpdesk: definitions 1.403.55.0 of 2026-11-15: stale, 3 days before "
            "2026-12-02\nnever expires: r/helpdesk\n");
  EXPECT_FALSE(fs::exists(trial / "out"));
  trial.write(kMpam, "rubbish");
  result = check("2026-11-20");
  EXPECT_EQ(result.status, 1);
  EXPECT_NE(result.output.find("is neither a program with a cabinet"), std::string::npos)
      << result.output;
  EXPECT_NE(result.output.find("recipes/r.lua:2:"), std::string::npos) << result.output;
}

}  // namespace
}  // namespace remedia
