// Stages that change what is inside an image, broken off: killed at any moment, out of room, two
// builds at once. The next build makes what a clean one makes.

#include "bad_input/breaking.h"

#include "bad_input/surgery.h"

#include <future>

#include <gtest/gtest.h>
#include <sys/prctl.h>

namespace remedia {
namespace {

constexpr const char* kAll =
    R"(overlays = { "common" }, remove = { "setup.exe", "Windows/big*" }, scratch_space = 512, )"
    R"(registry = { { key = [[HKLM\SOFTWARE\Example]], name = "Note", string = "hello" } })";

// A build in which each stage has something to do for a while, from one of two bases.
void prepare(Surgery& trial, int which = 0) {
  auto files = windows_pe();
  std::string bulk = noise((3 << 20) + 1).substr(static_cast<std::size_t>(which));
  files["Windows/big.bin"] = bulk.substr(0, 1 << 20);
  files["Windows/stays.bin"] = bulk.substr(1 << 20);
  std::string software = std::string(kConfig) + "SOFTWARE";
  files[software] = changed_hive(files[software], [&](RegistryKey& root) {
    RegistryKey many{"Many", {}, {}};
    for (int i = 0; i < 300; ++i) {
      many.children.push_back(
          {fmt::format("Key{:03}", i),
           {registry_binary("Data", bulk.substr(static_cast<std::size_t>(i), 3000))},
           {}});
    }
    root.children.push_back(many);
  });
  trial.base(files);
  std::string text;
  for (int i = 0; i < 100'000; ++i) text += fmt::format("line {}\n", i * 7919 % 10007);
  trial.write("overlays/common/Tools/big.txt", text);
  trial.change(kAll);
}

// What a stage of this kind left in the store.
std::vector<fs::path> outputs_of(const Trial& trial, const std::string& kind) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(trial / "out/.store" / kind)) {
    std::string name = entry.path().filename();
    for (const char* ending : {".wim", ".pack", ".tree", ".record"})
      if (name.ends_with(ending)) files.push_back(entry.path());
  }
  return files;
}

// --- killed -------------------------------------------------------------------------------------

class KilledStage : public testing::TestWithParam<const char*> {};

TEST_P(KilledStage, IsMadeAnewByTheNextBuild) {
  ASSERT_EQ(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
  Surgery trial;
  prepare(trial);
  trial.build();
  auto whole = artifacts_of(trial / "out");
  int killed = 0;
  for (int moment : {1, 2, 3, 5, 8, 13, 21}) {
    for (const fs::path& file : outputs_of(trial, GetParam())) fs::remove(file);
    Events events({trial / "out/.store" / GetParam()});
    pid_t ninja = spawn_ninja(trial);
    if (events.wait(moment, ninja)) ++killed;
    end_all(ninja);
    trial.build();
    ASSERT_EQ(artifacts_of(trial / "out"), whole) << "killed at event " << moment;
  }
  EXPECT_GT(killed, 0);
  for (const auto& entry : fs::recursive_directory_iterator(trial / "out"))
    EXPECT_EQ(entry.path().string().find(".part"), std::string::npos) << entry.path();
  trial.builds();
  EXPECT_EQ(artifacts_of(trial / "out"), whole);
}

// A stage writes several files, one after the other: some may be of the base now, some of the one
// before.
TEST_P(KilledStage, OfAnotherBaseIsMadeAnewByTheNextBuild) {
  ASSERT_EQ(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
  Surgery trial;
  std::map<std::string, std::string> whole[2];
  for (int which : {0, 1}) {
    prepare(trial, which);
    trial.build();
    whole[which] = artifacts_of(trial / "out");
  }
  ASSERT_NE(whole[0], whole[1]);
  int which = 1;
  for (int moment : {2, 7, 14, 20, 23, 26}) {
    which = 1 - which;
    prepare(trial, which);
    Events events({trial / "out/.store" / GetParam()});
    pid_t ninja = spawn_ninja(trial);
    events.wait(moment, ninja);
    end_all(ninja);
    trial.build();
    ASSERT_EQ(artifacts_of(trial / "out"), whole[which]) << "killed at event " << moment;
  }
  trial.builds();
}

INSTANTIATE_TEST_SUITE_P(Of, KilledStage, testing::Values("settings", "component", "remove"),
                         [](const auto& test) { return std::string(test.param); });

// --- two at once --------------------------------------------------------------------------------

TEST(TwoBuilds, AtOnceInOneOutGiveWhatOneGives) {
  Surgery trial;
  prepare(trial);
  trial.build();
  auto whole = artifacts_of(trial / "out");
  fs::remove_all(trial / "out");
  std::vector<std::string> argv = {trial.runner, "build", "-C", "out", "recipes/r.lua"};
  auto other = std::async(std::launch::async, [&] { return trial.run(argv); });
  ProcessResult one = trial.run(argv);
  ProcessResult two = other.get();
  EXPECT_TRUE(one.status == 0 || two.status == 0) << one.output << two.output;
  for (const ProcessResult& result : {one, two}) {
    if (result.status == 0) continue;
    EXPECT_NE(result.output.find("another build is at work in"), std::string::npos)
        << result.output;
  }
  EXPECT_EQ(artifacts_of(trial / "out"), whole);
  trial.builds();
}

// ninja has no lock of its own; each stage has.
TEST(TwoBuilds, ByNinjaItselfEndInAWholeOneOrAClearError) {
  Surgery trial;
  prepare(trial);
  trial.build();
  auto whole = artifacts_of(trial / "out");
  for (const char* kind : {"settings", "component", "remove"}) {
    for (const fs::path& file : outputs_of(trial, kind)) fs::remove(file);
    std::vector<std::string> argv = {"ninja", "-C", "out"};
    auto other = std::async(std::launch::async, [&] { return trial.run(argv); });
    ProcessResult results[] = {trial.run(argv), other.get()};
    for (const ProcessResult& result : results) {
      if (result.status != 0) {
        EXPECT_NE(result.output.find("error: "), std::string::npos) << result.output;
      }
    }
    trial.build();
    EXPECT_EQ(artifacts_of(trial / "out"), whole) << kind;
  }
}

// --- damaged between the stages -----------------------------------------------------------------

struct Spoilt {
  const char* name;
  const char* kind;
  const char* ending;
  std::string (*content)(const std::string& good);
  const char* product;  ///< that is made from it, below out/r/helpdesk
};

std::string half(const std::string& good) { return good.substr(0, good.size() / 2); }
std::string garbage(const std::string& good) { return noise(good.size()); }

class SpoiltStage : public testing::TestWithParam<Spoilt> {};

// As a failing disk does it: the time stays.
TEST_P(SpoiltStage, IsNamedAndDeletingItHelps) {
  Surgery trial;
  prepare(trial);
  trial.build();
  auto whole = artifacts_of(trial / "out");
  fs::path file;
  for (const fs::path& each : outputs_of(trial, GetParam().kind)) {
    bool larger = file.empty() || fs::file_size(each) > fs::file_size(file);
    if (each.string().ends_with(GetParam().ending) && larger) file = each;
  }
  auto time = fs::last_write_time(file);
  std::string content = GetParam().content(content_of(file));
  fs::remove(file);
  trial.write(file.lexically_relative(trial.root()).string(), content);
  fs::last_write_time(file, time);
  fs::remove(trial / "out/r/helpdesk" / GetParam().product);
  trial.failing_build();
  std::string name = file.lexically_relative(trial / "out").string();
  EXPECT_NE(trial.output.find(fmt::format("'{}' is damaged", name)), std::string::npos)
      << trial.output;
  EXPECT_NE(trial.output.find("delete it (below OUT)"), std::string::npos) << trial.output;
  EXPECT_NE(trial.output.find("recipes/r.lua:2:"), std::string::npos) << trial.output;
  fs::remove(file);
  trial.builds();
  EXPECT_EQ(artifacts_of(trial / "out"), whole);
}

INSTANTIATE_TEST_SUITE_P(
    With, SpoiltStage,
    testing::Values(Spoilt{"garbage_component", "component", ".wim", garbage, "boot.wim"},
                    Spoilt{"half_component", "component", ".wim", half, "boot.wim"},
                    Spoilt{"garbage_base", "remove", ".wim", garbage, "boot.wim"},
                    Spoilt{"half_base", "remove", ".wim", half, "boot.wim"},
                    Spoilt{"half_removal_record", "remove", ".record", half, "boot.wim"},
                    Spoilt{"half_tree", "settings", ".tree", half, "boot.wim"},
                    Spoilt{"half_settings_record", "settings", ".record", half,
                           "helpdesk.manifest.json"}),
    kByName);

// Hives that were packed are read again when the image is made.
TEST(SpoiltPack, IsNoticed) {
  Surgery trial;
  prepare(trial);
  trial.build();
  auto whole = artifacts_of(trial / "out");
  for (const fs::path& file : outputs_of(trial, "settings")) {
    if (!file.string().ends_with(".pack")) continue;
    auto time = fs::last_write_time(file);
    flip(file, fs::file_size(file) / 2);
    fs::last_write_time(file, time);
  }
  fs::remove(trial / "out/r/helpdesk/boot.wim");
  trial.failing_build();
  EXPECT_NE(trial.output.find("recipes/r.lua:2:"), std::string::npos) << trial.output;
  trial.builds();
  EXPECT_EQ(artifacts_of(trial / "out"), whole);
}

// --- no room ------------------------------------------------------------------------------------

struct Room {
  const char* kind;    ///< of the stage
  const char* output;  ///< how the name of the largest file ends that it writes
  const char* under;
};

class NoRoom : public testing::TestWithParam<Room> {};

TEST_P(NoRoom, EndsTheStageAndNothingElse) {
  Surgery trial;
  prepare(trial);
  trial.build();
  auto whole = artifacts_of(trial / "out");
  std::uint64_t size = 0;
  for (const fs::path& file : outputs_of(trial, GetParam().kind)) {
    if (file.string().ends_with(GetParam().output))
      size = std::max<std::uint64_t>(size, fs::file_size(file));
  }
  for (std::uint64_t limit : {std::uint64_t{20'000}, size / 2, size - 10}) {
    for (const fs::path& file : outputs_of(trial, GetParam().kind)) fs::remove(file);
    trial.wrapper = {"prlimit", fmt::format("--fsize={}", limit)};
    trial.refuses({.under = GetParam().under, .says = {"File too large"}, .line = 2});
    trial.wrapper = {};
    trial.build();
    EXPECT_EQ(artifacts_of(trial / "out"), whole) << limit;
  }
  trial.builds();
}

INSTANTIATE_TEST_SUITE_P(For, NoRoom,
                         testing::Values(Room{"settings", ".pack", "registry"},
                                         Room{"component", ".wim", "wim"},
                                         Room{"remove", ".wim", "remove"}),
                         [](const auto& test) { return std::string(test.param.kind); });

}  // namespace
}  // namespace remedia
