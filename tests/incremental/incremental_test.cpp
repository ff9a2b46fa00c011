// What runs again after which change, by the labels that ninja prints.

#include "incremental/space.h"
#include "support/artifact.h"
#include "support/digest.h"

#include <cctype>
#include <csignal>
#include <fstream>
#include <thread>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <spawn.h>
#include <sys/inotify.h>
#include <sys/wait.h>
#include <unistd.h>

extern char** environ;

namespace remedia {
namespace {

using Stages = std::set<std::string>;

const Stages kNothing = {};
const Stages kAll = {"ISO r/helpdesk",
                     "MANIFEST r/helpdesk",
                     "OVERLAY common",
                     "COMPRESS common",
                     "SOURCE @media/stand-in.iso winre",
                     "WIM r/helpdesk"};
const Stages kFromOverlay = {"COMPRESS common", "ISO r/helpdesk", "MANIFEST r/helpdesk",
                             "OVERLAY common", "WIM r/helpdesk"};
const Stages kFromWim = {"ISO r/helpdesk", "MANIFEST r/helpdesk", "WIM r/helpdesk"};
const Stages kFromIso = {"ISO r/helpdesk", "MANIFEST r/helpdesk"};

Stages with_graph(Stages stages) {
  stages.insert("GRAPH");
  return stages;
}

TEST(Incremental, FirstBuildRunsEverythingAndTheSecondNothing) {
  Space space;
  EXPECT_EQ(space.build(), kAll);
  EXPECT_EQ(space.build(), kNothing);
  EXPECT_NE(space.output.find("no work to do"), std::string::npos);
  EXPECT_EQ(space.ninja(), kNothing);
}

TEST(Incremental, CommentInARecipeRunsTheGraphOnly) {
  Space space;
  space.build();
  space.write("recipes/r.lua", "-- a comment\n\n" + space.read("recipes/r.lua"));
  EXPECT_EQ(space.ninja(), Stages{"GRAPH"});
  EXPECT_EQ(space.ninja(), kNothing);
}

TEST(Incremental, ChangedFieldRunsItsStageAndWhatFollows) {
  Space space;
  space.build();
  std::string recipe = space.read("recipes/r.lua");
  std::string iso = recipe;
  iso.replace(iso.find("boot = boot"), 11, "boot = boot, label = \"NEW\"");
  space.write("recipes/r.lua", iso);
  EXPECT_EQ(space.ninja(), with_graph(kFromIso));
  std::string wim = iso;
  wim.replace(wim.find("name = "), 7, "title = \"New\", name = ");
  space.write("recipes/r.lua", wim);
  EXPECT_EQ(space.ninja(), with_graph(kFromWim));
  EXPECT_EQ(space.ninja(), kNothing);
}

TEST(Incremental, TouchedFileRunsTheOverlayOnly) {
  Space space;
  space.build();
  space.touch("overlays/common/Tools/hello.txt");
  EXPECT_EQ(space.ninja(), Stages{"OVERLAY common"});
  EXPECT_EQ(space.ninja(), kNothing);
}

TEST(Incremental, ChangedFileReachesTheArtifacts) {
  Space space;
  space.build();
  auto before = artifacts_of(space / "out");
  space.write("overlays/common/Tools/hello.txt", "hullo\n");
  EXPECT_EQ(space.ninja(), kFromOverlay);
  EXPECT_NE(artifacts_of(space / "out"), before);
  space.write("overlays/common/Tools/hello.txt", "hello\n");
  EXPECT_EQ(space.ninja(), kFromOverlay);
  EXPECT_EQ(artifacts_of(space / "out"), before) << "the way back gives the same bits";
}

TEST(Incremental, AddedAndRemovedFilesAreSeen) {
  Space space;
  space.build();
  auto before = artifacts_of(space / "out");
  space.write("overlays/common/Deep/er/new.txt", "");
  EXPECT_EQ(space.ninja(), kFromOverlay);
  EXPECT_NE(artifacts_of(space / "out"), before);
  fs::remove_all(space / "overlays/common/Deep");
  EXPECT_EQ(space.ninja(), kFromOverlay);
  EXPECT_EQ(artifacts_of(space / "out"), before);
  EXPECT_EQ(space.ninja(), kNothing);
}

TEST(Incremental, DeletedOutputIsMadeAgain) {
  Space space;
  space.build();
  auto before = artifacts_of(space / "out");
  fs::remove(space / "out/r/helpdesk/helpdesk.iso");
  EXPECT_EQ(space.ninja(), kFromIso);
  fs::remove(space / "out/r/helpdesk/boot.wim");
  EXPECT_EQ(space.ninja(), kFromWim);
  EXPECT_EQ(artifacts_of(space / "out"), before);
}

TEST(Incremental, EverythingUnderTheStoreCanBeDeleted) {
  Space space;
  space.build();
  auto before = artifacts_of(space / "out");
  fs::remove_all(space / "out/.store");
  EXPECT_EQ(space.ninja(), kAll);
  EXPECT_EQ(artifacts_of(space / "out"), before);
}

// Touching a medium costs a hash of it; the base stays, and so does all that follows.
TEST(Incremental, TouchedMediumExportsNothing) {
  Space space;
  space.write("recipes/project.lua", "return project { roots = { media = \"media\" } }\n");
  fs::create_directory(space / "media");
  fs::copy_file(standard_medium(), space / "media/stand-in.iso");
  space.build();
  space.touch("media/stand-in.iso");
  EXPECT_EQ(space.ninja(), Stages{"SOURCE @media/stand-in.iso winre"});
  EXPECT_EQ(space.ninja(), kNothing);
}

TEST(Incremental, NewRunnerMakesNewImages) {
  Space space;
  space.runner = (space / "bin/remedia").string();
  fs::create_directory(space / "bin");
  fs::copy_file(REMEDIA_RUNNER, space.runner);
  space.build();
  auto before = artifacts_of(space / "out");
  std::ofstream(space.runner, std::ios::binary | std::ios::app) << "another build of it";
  EXPECT_EQ(space.build(), with_graph(kAll));
  EXPECT_EQ(artifacts_of(space / "out"), before);
  EXPECT_EQ(space.build(), kNothing);
}

TEST(Incremental, ChangedClockRunsWhatShowsDates) {
  Space space;
  space.build();
  auto before = artifacts_of(space / "out");
  space.environment["SOURCE_DATE_EPOCH"] = "1800000000";
  EXPECT_EQ(space.build(), kFromWim);
  EXPECT_NE(artifacts_of(space / "out"), before);
  EXPECT_EQ(space.build(), kNothing);
  // ninja does not see the environment; the graph keeps the clock that it was written for.
  space.environment.clear();
  EXPECT_EQ(space.ninja(), kNothing);
  EXPECT_EQ(space.build(), kFromWim);
  EXPECT_EQ(artifacts_of(space / "out"), before);
}

TEST(Incremental, RecipesShareOneBase) {
  Space space;
  space.write("recipes/other.lua", space.read("recipes/r.lua"));
  Stages stages = space.build({"recipes/r.lua", "recipes/other.lua"});
  EXPECT_EQ(std::count_if(stages.begin(), stages.end(),
                          [](const auto& s) { return s.starts_with("SOURCE"); }),
            1);
  EXPECT_EQ(stages.count("ISO other/helpdesk"), 1u);
}

TEST(Incremental, OneArtifactCanBeAskedFor) {
  Space space;
  Stages stages = space.build({"recipes/r.lua", "--", "helpdesk.iso"});
  EXPECT_EQ(stages.count("ISO r/helpdesk"), 1u);
  EXPECT_EQ(stages.count("MANIFEST r/helpdesk"), 0u) << "nobody waits for digests who did not ask";
}

TEST(Incremental, GraphIsWrittenAnewWhenARecipeIsMovedAway) {
  Space space;
  space.build();
  fs::rename(space / "recipes/r.lua", space / "recipes/gone.lua");
  ProcessResult result = space.run({"ninja", "-C", "out"});
  EXPECT_NE(result.status, 0);
  EXPECT_NE(result.output.find("recipes/r.lua"), std::string::npos) << result.output;
  fs::rename(space / "recipes/gone.lua", space / "recipes/r.lua");
  EXPECT_EQ(space.ninja(), Stages{"GRAPH"}) << "a lock file could have come into the folder";
  EXPECT_EQ(space.ninja(), kNothing) << "nothing changed after all";
}

TEST(Incremental, GraphLeavesTheOldOneWhenTheRecipeIsBroken) {
  Space space;
  space.build();
  std::string graph = space.read("out/build.ninja");
  space.write("recipes/r.lua", "return isso {}\n");
  EXPECT_NE(space.run({"ninja", "-C", "out"}).status, 0);
  EXPECT_EQ(space.read("out/build.ninja"), graph);
  EXPECT_FALSE(fs::exists(space / "out/build.ninja.part"));
}

// ninja's depfile reader ends names at many characters of ordinary names; each file must be
// followed.
TEST(Incremental, FilesWithEveryPrintableCharacterAreFollowed) {
  Space space;
  for (char c = ' '; c <= '~'; ++c) {
    // What Windows cannot hold may still be in the name of the folder, in the next test.
    if (std::isalnum(static_cast<unsigned char>(c)) != 0) continue;
    if (std::string_view("\"*/:<>?\\|").find(c) != std::string_view::npos) continue;
    space.write(fmt::format("overlays/common/a{}b.txt", c), "one");
  }
  space.build();
  EXPECT_EQ(space.ninja(), kNothing);
  for (char c = ' '; c <= '~'; ++c) {
    std::string name = fmt::format("overlays/common/a{}b.txt", c);
    if (c == '/' || !fs::exists(space / name)) continue;
    space.write(name, "two");
    EXPECT_EQ(space.ninja(), kFromOverlay) << name;
    EXPECT_EQ(space.ninja(), kNothing) << name;
  }
}

TEST(Incremental, ProjectCanLieInAnyFolderAndMove) {
  Space space;
  fs::path odd = space.root().parent_path() / "R&D; Bob's \"new\" $HOME #1 (é)";
  fs::rename(space.root(), odd);
  ProcessResult first = run_process({space.runner, "build", "recipes/r.lua"}, {.directory = odd});
  ASSERT_EQ(first.status, 0) << first.output;
  ProcessResult second = run_process({"ninja", "-C", "out"}, {.directory = odd});
  EXPECT_NE(second.output.find("no work to do"), std::string::npos) << second.output;
  fs::rename(odd, space.root());
  EXPECT_EQ(space.build(), kNothing);
}

TEST(Incremental, OutMayBeALinkToAnotherDisk) {
  Space space;
  fs::path elsewhere = space.root().parent_path() / "disk/deep/er";
  fs::create_directories(elsewhere);
  fs::create_directory_symlink(elsewhere, space / "out");
  EXPECT_EQ(space.build(), kAll);
  EXPECT_EQ(space.build(), kNothing);
  EXPECT_TRUE(fs::exists(elsewhere / "r/helpdesk/helpdesk.iso"));
}

TEST(Incremental, AnotherRunnerTakesOver) {
  Space space;
  space.build();
  space.runner = (space / "bin/remedia").string();
  fs::create_directory(space / "bin");
  fs::copy_file(REMEDIA_RUNNER, space.runner);
  space.build();
  EXPECT_NE(space.read("out/build.ninja").find(space.runner.substr(space.root().string().size())),
            std::string::npos);
  EXPECT_EQ(space.build(), kNothing);
}

// A file that gets other content and an old date at once is invisible to ninja; the digest is not.
TEST(Incremental, FileWithAnOldDateIsCaughtAndTheNextBuildIsRight) {
  Space space;
  space.build();
  space.write("overlays/common/Tools/hello.txt", "older");
  timespec times[2] = {{1000000000, 0}, {1000000000, 0}};
  ASSERT_EQ(utimensat(AT_FDCWD, (space / "overlays/common/Tools/hello.txt").c_str(), times, 0), 0);
  fs::remove(space / "out/r/helpdesk/boot.wim");
  EXPECT_NE(space.failing_build().find("changed while the image was built"), std::string::npos);
  EXPECT_EQ(space.build(), kFromOverlay);
}

// --- while a stage runs -------------------------------------------------------------------------

/// Calls `action` as soon as a file whose name ends so appears in the folder.
class Watch {
 public:
  Watch(const fs::path& folder, std::string ending)
      : ending_(std::move(ending)), fd_(inotify_init1(IN_CLOEXEC)) {
    fs::create_directories(folder);
    EXPECT_GE(inotify_add_watch(fd_.get(), folder.c_str(), IN_CREATE), 0);
  }

  /// False if nothing appeared within a minute.
  bool wait() const {
    alignas(inotify_event) char buffer[8192];
    pollfd ready = {fd_.get(), POLLIN, 0};
    while (poll(&ready, 1, 60'000) > 0) {
      ssize_t size = ::read(fd_.get(), buffer, sizeof buffer);
      for (ssize_t at = 0; at < size;) {
        const auto* event = reinterpret_cast<const inotify_event*>(buffer + at);
        if (std::string_view(event->name).ends_with(ending_)) return true;
        at += static_cast<ssize_t>(sizeof(inotify_event) + event->len);
      }
    }
    return false;
  }

 private:
  std::string ending_;
  Fd fd_;
};

std::string big_content(char c) { return std::string(96u << 20, c); }

TEST(Incremental, InputEditedDuringAStageIsNotLost) {
  Space space;
  space.write("overlays/common/a-big.bin", big_content('a'));
  space.build({"recipes/r.lua", "--", "r/helpdesk/boot.wim"});
  space.touch("overlays/common/a-big.bin");
  Watch watch(space / "out/.store/overlay", ".part");
  // It may succeed, with the old content or the new, or say that the file changed under its hands.
  std::thread build([&] { space.run({"ninja", "-C", "out", "r/helpdesk/boot.wim"}); });
  bool began = watch.wait();
  // The stage has begun and is hashing the big file.
  space.write("overlays/common/Tools/hello.txt", "edited during the stage\n");
  build.join();
  ASSERT_TRUE(began);
  space.ninja();
  Stages after = space.ninja();
  EXPECT_EQ(after, kNothing);
  EXPECT_NE(
      space.read("out/r/helpdesk/helpdesk.manifest.json").find(sha256("edited during the stage\n")),
      std::string::npos);
}

pid_t spawn_in_group(const std::vector<std::string>& words, const fs::path& folder) {
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addchdir_np(&actions, folder.c_str());
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  std::vector<std::string> copy = words;
  std::vector<char*> argv;
  for (std::string& word : copy) argv.push_back(word.data());
  argv.push_back(nullptr);
  pid_t child = -1;
  EXPECT_EQ(posix_spawnp(&child, argv[0], &actions, &attributes, argv.data(), environ), 0);
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  return child;
}

std::vector<fs::path> parts_below(const fs::path& folder) {
  std::vector<fs::path> parts;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.path().extension() == ".part") parts.push_back(entry.path());
  }
  return parts;
}

// Only those of this test's ninja: other tests may run beside it.
void kill_children(pid_t parent) {
  for (const auto& entry : fs::directory_iterator("/proc")) {
    std::string name = entry.path().filename().string();
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    std::ifstream in(entry.path() / "status");
    for (std::string line; std::getline(in, line);) {
      if (line == fmt::format("PPid:\t{}", parent)) kill(std::stoi(name), SIGKILL);
    }
  }
}

class Killed : public testing::TestWithParam<int> {};

// ninja and its stages are ended in the middle of the image.
TEST_P(Killed, BuildLeavesNoHalfArtifactAndTheNextOneJustWorks) {
  Space space;
  space.write("overlays/common/a-big.bin", big_content('k'));
  space.build({"recipes/r.lua", "--", "r/helpdesk/boot.wim"});
  std::string whole = sha256(Slice::whole(space / "out/r/helpdesk/boot.wim"));
  fs::remove(space / "out/r/helpdesk/boot.wim");
  Watch watch(space / "out/r/helpdesk", "boot.wim.part");
  pid_t child = spawn_in_group({"ninja", "-C", "out", "r/helpdesk/boot.wim"}, space.root());
  ASSERT_TRUE(watch.wait());
  // ninja gives its stages groups of their own and hands signals on; SIGKILL it cannot.
  if (GetParam() == SIGKILL) kill_children(child);
  kill(child, GetParam());
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_FALSE(fs::exists(space / "out/r/helpdesk/boot.wim"));
  if (GetParam() != SIGKILL) {
    EXPECT_EQ(parts_below(space / "out"), std::vector<fs::path>());
  }
  space.ninja({"r/helpdesk/boot.wim"});
  EXPECT_EQ(sha256(Slice::whole(space / "out/r/helpdesk/boot.wim")), whole);
  EXPECT_EQ(parts_below(space / "out"), std::vector<fs::path>());
}

INSTANTIATE_TEST_SUITE_P(BySignal, Killed, testing::Values(SIGINT, SIGTERM, SIGKILL));

TEST(Concurrent, TwoBuildsInOneOutEndInOneClearError) {
  Space space;
  space.build();
  Fd lock;
  ASSERT_TRUE(try_lock(space / "out/.build.lock", lock));
  EXPECT_NE(space.failing_build().find("another build is at work in"), std::string::npos)
      << space.output;
}

TEST(Concurrent, TwoNinjasAreSeenByTheirStages) {
  Space space;
  space.build();
  fs::remove(space / "out/r/helpdesk/boot.wim");
  Fd lock;
  ASSERT_TRUE(try_lock(space / "out/.store/wim/r.helpdesk.record.spec", lock));
  ProcessResult result = space.run({"ninja", "-C", "out"});
  EXPECT_NE(result.status, 0);
  EXPECT_NE(result.output.find("another build is writing"), std::string::npos) << result.output;
  lock = Fd();
  space.ninja();
}

TEST(Concurrent, TwoGraphsInOneOutEndInOneClearError) {
  Space space;
  fs::create_directory(space / "out");
  Fd lock;
  ASSERT_TRUE(try_lock(space / "out/.graph.lock", lock));
  ProcessResult result = space.run({space.runner, "graph", "out", "recipes/r.lua"});
  EXPECT_NE(result.status, 0);
  EXPECT_NE(result.output.find("another build is at work in"), std::string::npos) << result.output;
}

}  // namespace
}  // namespace remedia
