// usb, wds and partition, broken off: killed, out of room, without their programs, with damaged
// inputs, two at once. The next build makes what a clean one makes.

#include "bad_input/breaking.h"
#include "bad_input/ways_out.h"

#include <fstream>
#include <future>

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>

namespace remedia {
namespace {

const std::vector<std::string> kNoFiles;

// --- killed -------------------------------------------------------------------------------------

struct Killed {
  const char* name;
  const char* product;               ///< below out/r/helpdesk
  std::vector<std::string> folders;  ///< where its stage writes
  const char* artifacts;
};

class KilledArtifact : public testing::TestWithParam<Killed> {
 protected:
  KilledArtifact() {
    EXPECT_EQ(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
    trial_.make(GetParam().artifacts);
    trial_.write("overlays/data/large.bin", noise(2 << 20));
    trial_.build();
    whole_ = artifacts_of(trial_ / "out");
  }

  /// Its build, until so much has happened.
  pid_t build_until(int events_to_see) {
    fs::remove(trial_.made(GetParam().product));
    std::vector<fs::path> folders;
    for (const std::string& folder : GetParam().folders) folders.push_back(trial_.made(folder));
    Events events(folders);
    pid_t ninja = spawn_ninja(trial_);
    if (events.wait(events_to_see, ninja)) ++seen_;
    return ninja;
  }
  void expect_whole(int moment) {
    trial_.build();
    EXPECT_EQ(artifacts_of(trial_ / "out"), whole_) << "broken off at event " << moment;
    EXPECT_EQ(trial_.leftovers(), kNoFiles) << "broken off at event " << moment;
  }

  WaysOut trial_;
  std::map<std::string, std::string> whole_;
  int seen_ = 0;
};

TEST_P(KilledArtifact, IsMadeAnewByTheNextBuild) {
  for (int moment : {1, 6, 16, 40}) {
    end_all(build_until(moment));
    expect_whole(moment);
  }
  EXPECT_GT(seen_, 0);
}

TEST_P(KilledArtifact, ClearsUpIfItIsAsked) {
  for (int moment : {1, 12, 30}) {
    terminate(build_until(moment));
    EXPECT_EQ(trial_.leftovers(), kNoFiles) << "terminated at event " << moment;
    expect_whole(moment);
  }
  EXPECT_GT(seen_, 0);
}

INSTANTIATE_TEST_SUITE_P(
    Of, KilledArtifact,
    testing::Values(
        Killed{"usb", "helpdesk.usb.img", {""}, R"(usb { boot = boot, data = { "data" } })"},
        Killed{"partition", "helpdesk.recovery.img", {""}, "partition { boot = boot }"},
        Killed{"recovery", "recovery/boot.sdi", {"recovery"}, "partition { boot = boot }"},
        Killed{"copy", "recovery/winre.wim", {"recovery"}, "partition { boot = boot }"},
        Killed{"wds",
               "wds/tftp/Boot/BCD",
               {"wds", "wds/tftp/Boot"},
               "wds { boot = boot, anonymous = true }"}),
    kByName);

// --- two at once --------------------------------------------------------------------------------

TEST(TwoArtifactBuilds, AtOnceEndInAWholeOneOrAClearError) {
  WaysOut trial;
  trial.products = 31;
  trial.build();
  auto whole = artifacts_of(trial / "out");
  for (bool by_ninja : {true, false}) {
    fs::remove_all(trial / "out/r");
    std::vector<std::string> argv = {"ninja", "-C", "out"};
    if (!by_ninja) argv = {trial.runner, "build", "-C", "out", "recipes/r.lua"};
    auto other = std::async(std::launch::async, [&] { return trial.run(argv); });
    ProcessResult results[] = {trial.run(argv), other.get()};
    for (const ProcessResult& result : results) {
      if (result.status == 0) continue;
      EXPECT_NE(result.output.find("error: "), std::string::npos) << result.output;
      EXPECT_NE(result.output.find("another build is"), std::string::npos) << result.output;
    }
    trial.build();
    EXPECT_EQ(artifacts_of(trial / "out"), whole) << by_ninja;
    EXPECT_EQ(trial.leftovers(), kNoFiles);
  }
}

// --- no room ------------------------------------------------------------------------------------

constexpr const char* kWds = "wds { boot = boot, anonymous = true }";

struct Room {
  const char* name;
  const char* product;
  const char* under;
  const char* artifacts;
};

class NoRoomFor : public testing::TestWithParam<Room> {};

TEST_P(NoRoomFor, EndsTheStageAndNothingElse) {
  WaysOut trial(GetParam().artifacts);
  trial.build();
  auto whole = artifacts_of(trial / "out");
  fs::path product = trial.made(GetParam().product);
  std::uint64_t size = fs::file_size(product);
  for (std::uint64_t limit : {size / 2, size - 10}) {
    fs::remove(product);
    trial.wrapper = {"prlimit", fmt::format("--fsize={}", limit)};
    trial.refuses({.under = GetParam().under, .says = {"File too large", "ulimit -f"}, .line = 3});
    EXPECT_FALSE(fs::exists(product));
  }
  trial.wrapper = {};
  trial.build();
  EXPECT_EQ(artifacts_of(trial / "out"), whole);
}

INSTANTIATE_TEST_SUITE_P(
    Is, NoRoomFor,
    testing::Values(Room{"usb", "helpdesk.usb.img", "usb", "usb { boot = boot }"},
                    Room{"partition", "helpdesk.recovery.img", "boot", "partition { boot = boot }"},
                    Room{"recovery", "recovery/boot.sdi", "partition", "partition { boot = boot }"},
                    Room{"recovery_copy", "recovery/winre.wim", "partition",
                         "partition { boot = boot }"},
                    Room{"wds", "wds/tftp/Boot/boot.sdi", "wds", kWds},
                    Room{"wds_copy", "wds/tftp/Boot/boot.wim", "wds", kWds}),
    kByName);

// A small file system of our own in place of OUT, with what was built before and so much room, for
// one command.
std::vector<std::string> on_small_disk(std::uint64_t free_kib) {
  return {"unshare",
          "-rm",
          "sh",
          "-c",
          R"(mount -t tmpfs none out && cp -a kept/. out || exit 99
             used=$(df -k --output=used out | tail -n 1)
             mount -o remount,size=$((used + $1))k none out && shift || exit 99
             "$@"; status=$?
             find out -name '*.part' -o -name '*.mkntfs' -o -name 'bios-boot.*' | sed 's/^/LEFT /'
             exit $status)",
          "sh",
          std::to_string(free_kib)};
}

// Some containers forbid to mount anything; the tests above are all there is then.
TEST(FullDisk, EndsArtifactsWithoutLeftovers) {
  WaysOut trial(R"(partition { boot = boot }, usb { boot = boot, data = { "data" } },)"
                R"( usb { boot = boot, name = "n", data = { "data" }, data_filesystem = "ntfs" })");
  trial.write("overlays/data/large.bin", noise(4 << 20));
  trial.build();
  auto whole = artifacts_of(trial / "out");
  bool may_mount =
      trial.run({"unshare", "-rm", "mount", "-t", "tmpfs", "none", "/mnt"}).status == 0;
  for (const char* product :
       {"helpdesk/helpdesk.usb.img", "helpdesk/helpdesk.recovery.img", "n/n.usb.img"}) {
    fs::path file = trial / ("out/r/" + std::string(product));
    struct stat info = {};
    ASSERT_EQ(stat(file.c_str(), &info), 0);
    std::uint64_t size = static_cast<std::uint64_t>(info.st_blocks) / 2;  // KiB
    fs::remove(file);
    fs::rename(trial / "out", trial / "kept");
    fs::create_directory(trial / "out");
    for (std::uint64_t tenths : {1u, 5u, 9u}) {
      if (!may_mount) break;
      SCOPED_TRACE(fmt::format("{} {}", product, tenths));
      trial.wrapper = on_small_disk(size * tenths / 10);
      std::string said = trial.failing_build();
      EXPECT_NE(said.find("recipes/r.lua:3:"), std::string::npos) << said;
      EXPECT_NE(said.find("No space left on device"), std::string::npos) << said;
      EXPECT_EQ(said.find("LEFT"), std::string::npos) << said;
    }
    trial.wrapper = {};
    fs::remove(trial / "out");
    fs::rename(trial / "kept", trial / "out");
    trial.build();
    EXPECT_EQ(artifacts_of(trial / "out"), whole) << product;
  }
}

// --- other programs -----------------------------------------------------------------------------

constexpr const char* kNtfsData =
    R"(usb { boot = boot, data = { "data" }, data_filesystem = "ntfs" })";

struct Program {
  const char* name;
  const char* program;  ///< that is not there, or does this:
  const char* script;
  const char* artifacts;
  std::vector<std::string> says;
};

class OtherProgram : public testing::TestWithParam<Program> {};

TEST_P(OtherProgram, ThatFailsIsNamed) {
  WaysOut trial(GetParam().artifacts);
  trial.make("boot");
  trial.build();
  trial.make(GetParam().artifacts);
  fs::create_directory(trial / "bin");
  for (const char* program : {"ninja", "sh", "grub-mkimage", "mkntfs"}) {
    std::string place =
        run_checked({"sh", "-c", fmt::format("PATH=$PATH:/usr/sbin:/sbin command -v {}", program)});
    place.pop_back();
    if (program != std::string_view(GetParam().program))
      fs::create_symlink(place, trial / ("bin/" + std::string(program)));
  }
  if (GetParam().script != nullptr) {
    std::string file = fmt::format("bin/{}", GetParam().program);
    trial.write(file, fmt::format("#!/bin/sh\n{}\n", GetParam().script));
    fs::permissions(trial / file, fs::perms(0755));
  }
  trial.environment["PATH"] = trial / "bin";
  trial.wrapper = {"/usr/bin/env", "PATH=" + (trial / "bin").string()};
  // What a program says stands between the place and its line.
  trial.refuses({.says = GetParam().says});
  EXPECT_NE(trial.output.find("recipes/r.lua:3:"), std::string::npos) << trial.output;
  EXPECT_NE(trial.output.find("\n      | "), std::string::npos) << trial.output;
  trial.environment.erase("PATH");
  trial.wrapper = {};
  trial.build();
}

INSTANTIATE_TEST_SUITE_P(
    Is, OtherProgram,
    testing::Values(
        Program{"no_grub",
                "grub-mkimage",
                nullptr,
                "usb { boot = boot }",
                {"'grub-mkimage' is not installed", "install the packages grub-common"}},
        Program{"bad_grub",
                "grub-mkimage",
                "echo a module is missing; exit 3",
                "usb { boot = boot }",
                {"grub-mkimage failed with exit code 3", "a module is missing", "install the"}},
        Program{"silent_grub", "grub-mkimage", "exit 0", "usb { boot = boot }", {"bios-boot.img"}},
        Program{"other_grub",
                "grub-mkimage",
                "for a do case $a in --output=*) echo no code > \"${a#*=}\";; esac; done",
                "usb { boot = boot }",
                {"the boot code of GRUB is unusable", "reinstall the packages"}},
        Program{"no_mkntfs",
                "mkntfs",
                nullptr,
                "partition { boot = boot }",
                {"'mkntfs' was not found", "install the package"}},
        Program{"bad_mkntfs",
                "mkntfs",
                "echo no memory; exit 1",
                "partition { boot = boot }",
                {"mkntfs failed with exit code 1", "no memory"}},
        Program{"silent_mkntfs",
                "mkntfs",
                "exit 0",
                "partition { boot = boot }",
                {"open what mkntfs made"}},
        Program{"bad_mkntfs_for_data",
                "mkntfs",
                "kill -9 $$",
                kNtfsData,
                {"mkntfs failed with exit code 137"}}),
    kByName);

TEST(GrubModules, ThatAreMissingAreNamed) {
  WaysOut trial("usb { boot = boot }");
  if (trial.run({"unshare", "-rm", "mount", "-t", "tmpfs", "none", "/mnt"}).status == 0) {
    for (const char* kept : {"x", "*.img"}) {
      trial.wrapper = {"unshare",
                       "-rm",
                       "sh",
                       "-c",
                       R"(mkdir -p g && cp /usr/lib/grub/i386-pc/$1 g; shift
                          mount --bind g /usr/lib/grub/i386-pc && "$@")",
                       "sh",
                       kept};
      trial.failing_build();
      EXPECT_NE(trial.output.find("recipes/r.lua:3:"), std::string::npos) << trial.output;
      EXPECT_NE(trial.output.find("grub-pc-bin"), std::string::npos) << trial.output;
      EXPECT_EQ(trial.leftovers(), kNoFiles);
    }
  }
  trial.wrapper = {};
  trial.builds();
}

// --- damaged between the stages -----------------------------------------------------------------

std::string half(const std::string& good) { return good.substr(0, good.size() / 2); }
std::string bits(const std::string& good) {
  std::string bad = good;
  for (std::size_t at = 0; at < bad.size(); at += 16) bad[at] = static_cast<char>(bad[at] ^ 0x10);
  return bad;
}
std::string empty_record(const std::string&) { return "{\"stage\": \"wim\"}"; }

fs::path in_store(const WaysOut& trial, const std::string& kind, const std::string& ending) {
  for (const auto& entry : fs::directory_iterator(trial / ("out/.store/" + kind))) {
    std::string name = entry.path();
    bool longer = ending == ".boot" && name.ends_with(".boot.tree");
    if (name.ends_with(ending) && !longer) return name;
  }
  ADD_FAILURE() << "there is no " << ending << " of " << kind;
  return {};
}

// As a failing disk does it: the time stays.
TEST(SpoiltInputs, OfArtifactsAreNamed) {
  struct {
    const char* kind;
    const char* ending;
    std::string (*content)(const std::string& good);
    std::vector<std::string> says;
    int stages;  ///< that read it: a half may be the right half
  } cases[] = {
      {"source", ".boot", bits, {"is damaged", "delete it (below OUT)"}, 4},
      {"source", ".boot", half, {"is damaged", "delete it (below OUT)"}, 2},
      {"source", ".boot.tree", half, {"is damaged", "delete it (below OUT)"}, 4},
      {"wim", ".record", half, {"is damaged", "delete it (below OUT)"}, 4},
      {"wim",
       ".record",
       empty_record,
       {"lacks what should be in it", "delete the folder .store"},
       4},
  };
  const char* const products[] = {"helpdesk.usb.img", "helpdesk.recovery.img", "recovery/boot.sdi",
                                  "wds/tftp/Boot/BCD"};
  WaysOut trial;
  trial.build();
  auto whole = artifacts_of(trial / "out");
  for (const auto& c : cases) {
    fs::path file = in_store(trial, c.kind, c.ending);
    std::string good = content_of(file);
    auto time = fs::last_write_time(file);
    SCOPED_TRACE(fmt::format("{} {}", file.string(), c.says[0]));
    std::ofstream(file, std::ios::binary | std::ios::trunc) << c.content(good);
    fs::last_write_time(file, time);
    for (const char* product : products) fs::remove(trial.made(product));
    std::string said = trial.failing_build({"recipes/r.lua", "--", "-k", "0"});
    for (const std::string& part : c.says) EXPECT_NE(said.find(part), std::string::npos) << said;
    int errors = 0;
    for (std::size_t at = 0; (at = said.find("recipes/r.lua:3:", at)) != said.npos; ++at) ++errors;
    EXPECT_EQ(errors, c.stages) << said;
    EXPECT_EQ(trial.leftovers(), kNoFiles);
    std::ofstream(file, std::ios::binary | std::ios::trunc) << good;
    fs::last_write_time(file, time);
  }
  trial.build();
  EXPECT_EQ(artifacts_of(trial / "out"), whole);
}

// --- OUT ----------------------------------------------------------------------------------------

// A memory disk: nothing can be cloned or copied by the kernel alone.
TEST(ArtifactsOut, MayBeOnAnotherFileSystem) {
  WaysOut trial;
  trial.write("overlays/data/large.bin", noise(2 << 20));
  trial.build();
  std::string name = "/dev/shm/remedia-XXXXXX";
  ASSERT_NE(mkdtemp(name.data()), nullptr);
  ProcessResult result = trial.run({trial.runner, "build", "-C", name, "recipes/r.lua"});
  EXPECT_EQ(result.status, 0) << result.output;
  EXPECT_EQ(artifacts_of(name), artifacts_of(trial / "out"));
  fs::remove_all(name);
}

TEST(ArtifactsOut, PlacesThatAreTakenAreRefused) {
  WaysOut trial;
  trial.make("boot");
  trial.build();
  trial.make(kAllWays);
  for (const char* product :
       {"helpdesk.usb.img", "helpdesk.recovery.img", "wds/tftp/Boot/BCD", "recovery/winre.wim"}) {
    fs::remove_all(trial.made(""));
    trial.write(std::string("out/r/helpdesk/") + product + "/x", "a folder");
    trial.failing_build();
    EXPECT_NE(trial.output.find("recipes/r.lua:3:"), std::string::npos) << trial.output;
    EXPECT_NE(trial.output.find("Is a directory"), std::string::npos) << trial.output;
    EXPECT_EQ(trial.leftovers(), kNoFiles);
    fs::remove_all(trial.made(product));
  }
  fs::remove_all(trial.made("wds"));
  trial.write("out/r/helpdesk/wds", "a file");
  trial.failing_build();
  EXPECT_NE(trial.output.find("r/helpdesk/wds"), std::string::npos) << trial.output;
  fs::remove(trial.made("wds"));
  trial.products = 31;
  trial.builds();
}

}  // namespace
}  // namespace remedia
