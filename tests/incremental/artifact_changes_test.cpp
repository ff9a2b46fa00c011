// iso, usb, wds and partition side by side: which stage each field of each of them runs, what
// follows a new program, and that nothing around a build shows in its bits.

#include "incremental/space.h"
#include "support/digest.h"

#include <algorithm>
#include <fstream>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

namespace remedia {
namespace {

using Stages = std::set<std::string>;

const char kFolder[] = "out/r/helpdesk/";

class ArtifactChanges : public testing::Test {
 protected:
  ArtifactChanges() { fill(space_); }

  static void fill(const Space& space) {
    space.write("overlays/data/logs/readme.txt", "logs go here\n");
    space.write("overlays/more/tools/tool.txt", "a tool\n");
  }

  /// Two images behind each menu; the fields of each kind are those that were added so far.
  void write_recipe(const Space& space) const {
    space.write("recipes/r.lua", fmt::format(R"(
local windows = source {{ media = "@media/stand-in.iso", image = "winre" }}
local setup = source {{ media = "@media/stand-in.iso", image = "setup" }}
local first = wim {{ name = "helpdesk", from = windows, overlays = {{ "common" }}, shell = "winre" }}
local images = {{ first, wim {{ name = "second", from = setup }} }}
return {{
  iso {{ boot = images, {} }},
  usb {{ boot = images, data = {{ "data" }}, {} }},
  wds {{ boot = images, anonymous = true, {} }},
  partition {{ boot = first, {} }},
}}
)",
                                             of("iso"), of("usb"), of("wds"), of("partition")));
  }

  std::string of(const std::string& kind) const {
    auto found = fields_.find(kind);
    return found == fields_.end() ? "" : found->second;
  }

  void add(const std::string& kind, const std::string& field) {
    fields_[kind] += field + ", ";
    write_recipe(space_);
  }

  std::map<std::string, std::string> artifacts() const { return artifacts_of(space_ / "out"); }

  std::map<std::string, std::string> fields_;
  Space space_;
};

/// What of `now` is not as it was `before`.
std::set<std::string> changed(const std::map<std::string, std::string>& before,
                              const std::map<std::string, std::string>& now) {
  std::set<std::string> names;
  for (const auto& [name, digest] : now) {
    auto old = before.find(name);
    if (old == before.end() || old->second != digest) names.insert(name);
  }
  for (const auto& [name, digest] : before) {
    if (!now.contains(name)) names.insert(name);
  }
  return names;
}

class ArtifactFields : public ArtifactChanges, public testing::WithParamInterface<const char*> {};

TEST_P(ArtifactFields, EachRunItsStageAlone) {
  struct Field {
    const char* kind;
    const char* text;
    Stages stages;  ///< besides GRAPH and MANIFEST; what no field of another kind touches
  };
  const Stages iso = {"ISO r/helpdesk"};
  const Stages usb = {"USB r/helpdesk"};
  const Stages wds = {"WDS r/helpdesk"};
  const Stages partition = {"PARTITION r/helpdesk"};
  const Field rows[] = {
      {"iso", "label = 'RESCUE'", iso},
      {"iso", "prompt = true", iso},
      {"iso", "default = 'second'", iso},
      {"iso", "timeout = 5", iso},
      {"iso", "locale = 'de-DE'", iso},
      {"iso", "ems = true", iso},
      {"iso", "advancedoptions = true", iso},
      {"iso", "optionsedit = true", iso},
      {"iso", "firmware = 'uefi'", iso},
      {"usb", "label = 'RESCUE'", usb},
      {"usb", "default = 'second'", usb},
      {"usb", "timeout = 5", usb},
      {"usb", "locale = 'de-DE'", usb},
      {"usb", "ems = true", usb},
      {"usb", "advancedoptions = true", usb},
      {"usb", "optionsedit = true", usb},
      {"usb", "data_label = 'STORE'", usb},
      {"usb", "data_size = '100MiB'", usb},
      {"usb", "data_filesystem = 'ntfs'", usb},
      {"usb", "firmware = 'uefi'", usb},
      {"usb", "layout = 'gpt'", usb},
      {"usb", "size = '600MiB'", usb},
      {"usb", "sector_size = 4096", usb},
      {"wds", "default = 'second'", wds},
      {"wds", "timeout = 5", wds},
      {"wds", "locale = 'de-DE'", wds},
      {"wds", "ems = true", wds},
      {"wds", "advancedoptions = true", wds},
      {"wds", "optionsedit = true", wds},
      {"wds", "tftp_block_size = 1024", wds},
      {"wds", "tftp_window_size = 8", wds},
      {"wds", "leave_out = { 'boot.stl' }", wds},
      {"wds", "interface = 'eth1'", wds},
      {"wds", "network = '198.51.100.0'", wds},
      {"wds", "tftp_root = '/srv/other'", wds},
      {"wds", "firmware = 'uefi'", wds},
      {"partition", "label = 'Help'", partition},
      {"partition", "size = '600MiB'", partition},
      {"partition", "sector_size = 4096", partition},
  };
  write_recipe(space_);
  space_.build();
  const std::string manifest = std::string(kFolder) + "helpdesk.manifest.json";
  std::string before = space_.read(manifest);
  for (const Field& row : rows) {
    if (std::string(row.kind) != GetParam()) continue;
    SCOPED_TRACE(std::string(row.kind) + ": " + row.text);
    add(row.kind, row.text);
    Stages expected = row.stages;
    expected.insert({"GRAPH", "MANIFEST r/helpdesk"});
    EXPECT_EQ(space_.ninja(), expected);
    std::string now = space_.read(manifest);
    EXPECT_NE(now, before);
    before = std::move(now);
  }
  EXPECT_EQ(space_.ninja(), Stages{});
}

INSTANTIATE_TEST_SUITE_P(Of, ArtifactFields, testing::Values("iso", "usb", "wds", "partition"),
                         [](const auto& test) { return std::string(test.param); });

TEST_F(ArtifactChanges, AnotherNameMakesAnotherArtifactFromTheSameImage) {
  write_recipe(space_);
  space_.build();
  auto before = artifacts();
  for (const char* kind : {"iso", "usb", "wds", "partition"}) add(kind, "name = 'rescue'");
  Stages stages = space_.ninja();
  for (const std::string& stage : stages) {
    bool image = stage.starts_with("WIM") || stage.starts_with("SOURCE") ||
                 stage.starts_with("COMPRESS") || stage.starts_with("OVERLAY");
    EXPECT_FALSE(image) << stage;
  }
  EXPECT_TRUE(fs::exists(space_ / "out/r/rescue/rescue.usb.img"));
  EXPECT_EQ(sha256(Slice::whole(space_ / "out/r/rescue/wds/tftp/Boot/boot.wim")),
            before.at("r/helpdesk/boot.wim"));
}

TEST_F(ArtifactChanges, TouchedInputsRunWhatReadsThemAndNoMore) {
  space_.write("recipes/project.lua", "return project { roots = { media = \"media\" } }\n");
  fs::create_directory(space_ / "media");
  fs::copy_file(standard_medium(), space_ / "media/stand-in.iso");
  write_recipe(space_);
  space_.build();
  auto before = artifacts();
  space_.touch("overlays/data/logs/readme.txt");
  EXPECT_EQ(space_.ninja(), Stages{"OVERLAY data"});
  space_.touch("overlays/common/Tools/hello.txt");
  EXPECT_EQ(space_.ninja(), Stages{"OVERLAY common"});
  space_.touch("media/stand-in.iso");
  EXPECT_EQ(space_.ninja(),
            (Stages{"SOURCE @media/stand-in.iso setup", "SOURCE @media/stand-in.iso winre"}));
  space_.touch("recipes/r.lua");
  EXPECT_EQ(space_.ninja(), Stages{"GRAPH"});
  EXPECT_EQ(space_.ninja(), Stages{});
  EXPECT_EQ(artifacts(), before);
}

// The order of folders decides which of two equal names wins; another order is another stick.
TEST_F(ArtifactChanges, DataFollowTheirFoldersAndTheirOrder) {
  space_.write("overlays/more/logs/readme.txt", "other logs\n");
  write_recipe(space_);
  std::string one = space_.read("recipes/r.lua");
  auto with = [&](const std::string& data) {
    std::string text = one;
    text.replace(text.find("{ \"data\" }"), 10, data);
    space_.write("recipes/r.lua", text);
  };
  with("{ \"data\", \"more\" }");
  space_.build();
  with("{ \"more\", \"data\" }");
  EXPECT_EQ(space_.ninja(), (Stages{"GRAPH", "USB r/helpdesk", "MANIFEST r/helpdesk"}));
  with("{ \"data\" }");
  EXPECT_EQ(space_.ninja(), (Stages{"GRAPH", "USB r/helpdesk", "MANIFEST r/helpdesk"}));
  fs::remove(space_ / "overlays/data/logs/readme.txt");
  EXPECT_EQ(space_.ninja(), (Stages{"OVERLAY data", "USB r/helpdesk", "MANIFEST r/helpdesk"}));
}

TEST_F(ArtifactChanges, EachFileIsMadeAgainWhenDeleted) {
  write_recipe(space_);
  space_.build();
  auto before = artifacts();
  for (const auto& [name, digest] : before) {
    if (!name.starts_with("r/helpdesk/") || name.ends_with("boot.wim")) continue;
    fs::remove(space_ / ("out/" + name));
    Stages stages = space_.ninja();
    EXPECT_LE(stages.size(), 2u) << name << "\n" << space_.output;
    EXPECT_TRUE(stages.contains("MANIFEST r/helpdesk")) << name;
    EXPECT_EQ(sha256(Slice::whole(space_ / ("out/" + name))), digest) << name;
  }
  EXPECT_EQ(space_.ninja(), Stages{});
  EXPECT_EQ(artifacts(), before);
}

TEST_F(ArtifactChanges, NewProgramMakesEachArtifactFromOneNewImage) {
  space_.runner = (space_ / "bin/remedia").string();
  fs::create_directory(space_ / "bin");
  fs::copy_file(REMEDIA_RUNNER, space_.runner);
  write_recipe(space_);
  Stages all = space_.build();
  auto before = artifacts();
  std::ofstream(space_.runner, std::ios::binary | std::ios::app) << "another build of it";
  Stages stages = space_.build();
  all.insert("GRAPH");
  EXPECT_EQ(stages, all);
  EXPECT_EQ(std::count_if(stages.begin(), stages.end(),
                          [](const std::string& stage) { return stage == "WIM r/helpdesk"; }),
            1);
  EXPECT_EQ(artifacts(), before);
  EXPECT_EQ(space_.build(), Stages{});
}

TEST_F(ArtifactChanges, ADateIsOfTheVolumesAndCompressesNothing) {
  write_recipe(space_);
  space_.build();
  auto before = artifacts();
  space_.environment["SOURCE_DATE_EPOCH"] = "1800000000";
  Stages stages = space_.build();
  for (const char* stage : {"ISO r/helpdesk", "USB r/helpdesk", "PARTITION r/helpdesk"})
    EXPECT_TRUE(stages.contains(stage)) << stage;
  for (const std::string& stage : stages) {
    bool costly = stage.starts_with("SOURCE") || stage.starts_with("COMPRESS") ||
                  stage.starts_with("OVERLAY");
    EXPECT_FALSE(costly) << stage;
  }
  auto now = artifacts();
  for (const char* name : {"helpdesk.iso", "helpdesk.usb.img", "helpdesk.recovery.img"}) {
    const std::string file = std::string("r/helpdesk/") + name;
    EXPECT_NE(now.at(file), before.at(file)) << file;
  }
  ProcessResult listing = space_.run(
      {"mdir", "-i", (space_ / kFolder).string() + "helpdesk.usb.img@@1M", "::/sources"});
  EXPECT_NE(listing.output.find("2027-01-15"), std::string::npos) << listing.output;
  space_.environment.clear();
  space_.build();
  EXPECT_EQ(artifacts(), before) << "the way back gives the same bits";
}

// The order of work, the umask, the time zone, the folder and the files' own dates show nowhere.
TEST_F(ArtifactChanges, NothingAroundChangesTheBits) {
  for (const char* fields :
       {"data_size = '80MiB'", "layout = 'gpt', data_filesystem = 'ntfs'",
        "layout = 'gpt', sector_size = 4096", "sector_size = 4096, data_filesystem = 'ntfs'"}) {
    SCOPED_TRACE(fields);
    fields_["usb"] = fields;
    fields_["partition"] = "sector_size = 4096";
    Space one;
    fill(one);
    write_recipe(one);
    one.build({"recipes/r.lua", "--", "-j1"});
    Space two;
    const fs::path long_name =
        two.root().parent_path() / "a much longer name than the other, with spaces";
    fs::rename(two.root(), long_name);
    fs::create_directory_symlink(long_name, two.root());
    fill(two);
    for (const auto& entry : fs::recursive_directory_iterator(two / "overlays")) {
      timespec times[2] = {{1000000000, 0}, {1000000000, 0}};
      ASSERT_EQ(utimensat(AT_FDCWD, entry.path().c_str(), times, 0), 0);
      fs::permissions(entry.path(), entry.is_directory() ? fs::perms(0700) : fs::perms(0400));
    }
    write_recipe(two);
    two.wrapper = {"sh", "-c", "umask 077; exec \"$@\"", "sh"};
    two.environment = {{"TZ", "Pacific/Kiritimati"}, {"LC_ALL", "C"}, {"HOME", "/nowhere"}};
    two.build({"recipes/r.lua", "--", "-j8"});
    EXPECT_EQ(changed(artifacts_of(one / "out"), artifacts_of(two / "out")), Stages{});
  }
}

TEST_F(ArtifactChanges, EveryGeneratedFileThatIsUsedIsDeclared) {
  write_recipe(space_);
  space_.build();
  space_.ninja({"-t", "missingdeps"});
  EXPECT_NE(space_.output.find("No missing dependencies on generated files found"),
            std::string::npos)
      << space_.output;
}

TEST_F(ArtifactChanges, CleanRemovesWhatWasBuilt) {
  write_recipe(space_);
  space_.build();
  auto before = artifacts();
  space_.ninja({"-t", "clean"});
  EXPECT_TRUE(artifacts().empty());
  space_.ninja();
  EXPECT_EQ(artifacts(), before);
}

}  // namespace
}  // namespace remedia
