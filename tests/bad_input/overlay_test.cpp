// Overlays with names that Windows cannot hold, with things that are no files, that contradict each
// other or the image, or that change at the wrong moment.

#include "bad_input/trial.h"

#include <set>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

namespace remedia {
namespace {

constexpr const char* kTwo = R"(overlays = { "common", "tools" })";
constexpr const char* kCommon = R"("common")";  // as the recipe lists it

std::map<std::string, std::string> files_in_image(const Trial& trial) {
  wim::File wim(Slice::whole(trial / "out/r/helpdesk/boot.wim"), "boot.wim");
  std::map<std::string, std::string> files;
  for (const wim::Entry& entry : wim.list(1)) files[entry.path] = entry.sha1;
  return files;
}

std::string content_in_image(const Trial& trial, std::string_view path) {
  wim::File wim(Slice::whole(trial / "out/r/helpdesk/boot.wim"), "boot.wim");
  const wim::Entry* entry = wim.find(1, path);
  if (entry == nullptr) return "not there";
  wim.extract(1, *entry, trial / "extracted");
  return content_of(trial / "extracted");
}

// --- names --------------------------------------------------------------------------------------

struct Name {
  const char* name;
  std::string file;
  std::vector<std::string> says;
};

class BadName : public testing::TestWithParam<Name> {};

TEST_P(BadName, IsRefused) {
  Trial trial;
  std::string file = "overlays/common/" + GetParam().file;
  trial.write(file, "x");
  trial.refuses({.under = kCommon, .says = GetParam().says, .line = 2});
  fs::remove(trial / file);
  trial.builds();
}

INSTANTIATE_TEST_SUITE_P(
    Of, BadName,
    testing::Values(
        Name{"device", "NUL.txt", {"'NUL.txt' is the name of a device", "rename the file"}},
        Name{"device_in_folder", "Tools/com1", {"'com1' is the name of a device"}},
        Name{"stream", "a.txt:b", {"':' may not stand in a name of Windows"}},
        Name{"drive", "a:b", {"'a:b' cannot be a path in a Windows image"}},
        Name{"wildcard", "what?", {"'?' may not stand in a name of Windows"}},
        Name{"backslash", "a\\b", {"it has a backslash"}},
        Name{"trailing_dot", "end.", {"'end.' ends in a dot, which Windows drops"}},
        Name{"trailing_space", "end ", {"'end ' ends in a space, which Windows drops"}},
        Name{"control_character", "a\x01z", {"it has the control character 0x01", "'a?z'"}},
        Name{"line_break", "a\nz", {"it has the control character 0x0a"}},
        Name{"latin_1", "caf\xe9.txt", {"it is not valid UTF-8", "convmv"}}),
    kByName);

struct To {
  const char* name;
  const char* to;
  const char* says;
};

class BadTarget : public testing::TestWithParam<To> {};

TEST_P(BadTarget, IsRefused) {
  Trial trial;
  auto overlays = [](std::string_view to) {
    return fmt::format("overlays = overlay {{ \"common\", to = [[{}]] }}", to);
  };
  trial.recipe(kWinre, overlays(GetParam().to));
  trial.refuses({.under = "to", .says = {GetParam().says}, .line = 2});
  trial.recipe(kWinre, overlays("Program Files/Tools"));
  trial.builds();
}

INSTANTIATE_TEST_SUITE_P(Of, BadTarget,
                         testing::Values(To{"parent", "..", "'..' is not a name"},
                                         To{"climbing", "a/../../b", "'..' is not a name"},
                                         To{"absolute", "/Windows", "it is absolute"},
                                         To{"drive", "X:/Tools", "it has a drive letter"},
                                         To{"device", "Tools/aux", "is the name of a device"},
                                         To{"backslash", "Tools\\x", "it has a backslash"},
                                         To{"empty_name", "a//b", "it has an empty name"},
                                         To{"end", "a/", "it has an empty name"}),
                         kByName);

// --- things that are no files -------------------------------------------------------------------

struct Thing {
  const char* name;
  void (*make)(const fs::path& path);
  const char* says;
};

void make_socket(const fs::path& path) {
  sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = {}};
  // The path may be too long for a socket address; a relative one is not.
  fs::path before = fs::current_path();
  fs::current_path(path.parent_path());
  path.filename().string().copy(address.sun_path, sizeof address.sun_path - 1);
  Fd fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  EXPECT_EQ(bind(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  fs::current_path(before);
}

class NoFile : public testing::TestWithParam<Thing> {};

TEST_P(NoFile, IsRefusedWithoutWaiting) {
  Trial trial;
  fs::path path = trial / "overlays/common/Tools/thing";
  GetParam().make(path);
  trial.refuses({.under = kCommon,
                 .says = {fmt::format("'common/Tools/thing' {}", GetParam().says)},
                 .line = 2});
  fs::remove(path);
  trial.builds();
}

INSTANTIATE_TEST_SUITE_P(
    Such, NoFile,
    testing::Values(Thing{"fifo", [](const fs::path& p) { mkfifo(p.c_str(), 0644); },
                          "is neither a file nor a folder"},
                    Thing{"socket", make_socket, "is neither a file nor a folder"},
                    Thing{"device", [](const fs::path& p) { fs::create_symlink("/dev/zero", p); },
                          "is neither a file nor a folder"},
                    Thing{"link_to_folder", [](const fs::path& p) { fs::create_symlink("..", p); },
                          "is a link to a folder; put the folder itself there"},
                    Thing{"link_to_nothing",
                          [](const fs::path& p) { fs::create_symlink("gone", p); },
                          "is a link that leads nowhere"},
                    Thing{"link_to_itself",
                          [](const fs::path& p) { fs::create_symlink("thing", p); },
                          "is a link that leads nowhere"}),
    kByName);

TEST(Overlay, LinkToAFileIsFollowedAndItsChangesAreSeen) {
  Trial trial;
  trial.write("shared/tool.exe", "one");
  fs::create_symlink("../../../shared/tool.exe", trial / "overlays/common/Tools/tool.exe");
  trial.builds();
  EXPECT_EQ(content_in_image(trial, "Tools/tool.exe"), "one");
  trial.write("shared/tool.exe", "another");
  trial.builds();
  EXPECT_EQ(content_in_image(trial, "Tools/tool.exe"), "another");
}

TEST(Overlay, FolderItselfMayBeALink) {
  Trial trial;
  fs::rename(trial / "overlays/common", trial / "elsewhere");
  fs::create_directory_symlink("../elsewhere", trial / "overlays/common");
  trial.builds();
  EXPECT_EQ(content_in_image(trial, "Tools/hello.txt"), "hello\n");
  trial.write("elsewhere/Tools/more.txt", "more");
  trial.builds();
  EXPECT_EQ(content_in_image(trial, "Tools/more.txt"), "more");
}

TEST(Overlay, FileInPlaceOfTheFolderIsRefused) {
  Trial trial;
  fs::remove_all(trial / "overlays/common");
  trial.write("overlays/common", "a file");
  trial.refuses(
      {.under = kCommon, .says = {"'common' is a file, and no folder to put it in"}, .line = 2});
  fs::remove(trial / "overlays/common");
  trial.write("overlays/common/Tools/hello.txt", "hello\n");
  trial.builds();
}

TEST(Overlay, EmptyOneIsWarnedAbout) {
  Trial trial;
  fs::remove_all(trial / "overlays/common/Tools");
  trial.build();
  EXPECT_NE(trial.output.find("recipes/r.lua:2:"), std::string::npos) << trial.output;
  EXPECT_NE(trial.output.find("warning: overlay 'common' is empty"), std::string::npos);
  trial.builds();
}

std::string deep_path(std::size_t names, std::string_view name) {
  std::string path;
  for (std::size_t i = 0; i < names; ++i) path += fmt::format("{}/", name);
  return path;
}

TEST(Overlay, DeepFoldersAreTaken) {
  Trial trial;
  std::string folder = deep_path(150, "deep-folder");
  trial.write("overlays/common/" + folder + "file", "x");
  trial.builds();
  EXPECT_EQ(content_in_image(trial, folder + "file"), "x");
}

// Linux makes folders whose path no system call takes any more.
TEST(Overlay, FoldersTooDeepForLinuxAreRefused) {
  Trial trial;
  fs::path before = fs::current_path();
  fs::create_directory(trial / "overlays/common/deep");
  fs::current_path(trial / "overlays/common/deep");
  std::string name(200, 'd');
  for (int i = 0; i < 25; ++i) {
    ASSERT_EQ(mkdir(name.c_str(), 0755), 0);
    ASSERT_EQ(chdir(name.c_str()), 0);
  }
  fs::current_path(before);
  trial.failing_build();
  EXPECT_NE(trial.output.find("recipes/r.lua:2:"), std::string::npos) << trial.output;
  EXPECT_NE(trial.output.find("cannot examine 'common/deep/ddd"), std::string::npos);
  EXPECT_NE(trial.output.find("File name too long"), std::string::npos) << trial.output;
  fs::remove_all(trial / "overlays/common/deep");
  trial.builds();
}

// --- contradictions -----------------------------------------------------------------------------

TEST(Collision, NamesThatDifferOnlyInCaseAreRefused) {
  Trial trial;
  trial.write("overlays/common/Tools/Hello.TXT", "another");
  trial.refuses({.under = kCommon,
                 .says = {"'Tools/Hello.TXT' and 'Tools/hello.txt' in overlay 'common' differ only "
                          "in case"},
                 .line = 2});
  fs::remove(trial / "overlays/common/Tools/Hello.TXT");
  trial.builds();
}

TEST(Collision, FoldersThatDifferOnlyInCaseAreRefused) {
  Trial trial;
  trial.write("overlays/common/TOOLS/other.txt", "another");
  trial.refuses({.under = kCommon,
                 .says = {"'TOOLS' and 'Tools' in overlay 'common' differ only in case"},
                 .line = 2});
  fs::remove_all(trial / "overlays/common/TOOLS");
  trial.builds();
}

TEST(Collision, LaterOverlayWinsInAnyCase) {
  Trial trial;
  trial.write("overlays/tools/TOOLS/HELLO.txt", "later");
  trial.recipe(kWinre, kTwo);
  trial.builds();
  EXPECT_EQ(content_in_image(trial, "Tools/hello.txt"), "later");
  std::set<std::string> spelt;
  for (const auto& [path, sha1] : files_in_image(trial)) {
    if (path.size() == 15 && (path[0] == 'T') && path.find('/') == 5) spelt.insert(path);
  }
  EXPECT_EQ(spelt.size(), 1u) << "one file";
}

TEST(Collision, FileAgainstFolderIsRefused) {
  Trial trial;
  trial.write("overlays/tools/tools", "a file");
  trial.recipe(kWinre, kTwo);
  trial.refuses({.under = "overlays",
                 .says = {"is a file in 'tools/tools' and a folder in 'common/Tools'"},
                 .line = 2});
  fs::remove(trial / "overlays/tools/tools");
  trial.write("overlays/tools/Tools/more", "x");
  trial.builds();
}

TEST(Collision, FolderAgainstFileIsRefused) {
  Trial trial;
  trial.write("overlays/tools/Tools/HELLO.txt/deeper/x", "x");
  trial.recipe(kWinre, kTwo);
  trial.refuses({.under = "overlays",
                 .says = {"is a file in 'common/Tools/hello.txt' and a folder in "
                          "'tools/Tools/HELLO.txt'"},
                 .line = 2});
  fs::remove_all(trial / "overlays/tools/Tools/HELLO.txt");
  trial.builds();
}

TEST(Collision, FileWhereTheImageHasAFolderIsRefused) {
  Trial trial;
  trial.write("overlays/common/windows/SYSTEM32", "a file");
  trial.refuses({.under = "overlays", .says = {"'Windows/System32' is a folder there"}, .line = 2});
  fs::remove(trial / "overlays/common/windows/SYSTEM32");
  trial.builds();
}

TEST(Collision, FolderWhereTheImageHasAFileIsRefused) {
  Trial trial;
  trial.write("overlays/common/Windows/System32/winpeshl.EXE/x", "x");
  trial.refuses({.under = "overlays",
                 .says = {"'Windows/System32/winpeshl.exe' is a file there"},
                 .line = 2});
  fs::remove_all(trial / "overlays/common/Windows");
  trial.builds();
}

// --- changes between the stages -----------------------------------------------------------------

// Ninja sees no change, since the time is an old one: what the tree says is not so any more.
TEST(Change, BetweenOverlayAndImageIsNoticed) {
  Trial trial;
  trial.build();
  fs::remove(trial / "out/r/helpdesk/boot.wim");
  fs::path file = trial / "overlays/common/Tools/hello.txt";
  auto time = fs::last_write_time(file);
  trial.write("overlays/common/Tools/hello.txt", "hullo\n");
  fs::last_write_time(file, time);
  trial.refuses({.under = "overlays",
                 .says = {"'common/Tools/hello.txt' changed while the image was built",
                          "run the build again"},
                 .line = 2});
  trial.builds();
  EXPECT_EQ(content_in_image(trial, "Tools/hello.txt"), "hullo\n");
}

TEST(Change, FileThatVanishesIsMissed) {
  Trial trial;
  trial.build();
  fs::path folder = trial / "overlays/common/Tools";
  auto time = fs::last_write_time(folder);
  fs::remove(folder / "hello.txt");
  fs::last_write_time(folder, time);
  trial.builds();
  EXPECT_EQ(content_in_image(trial, "Tools/hello.txt"), "not there");
}

}  // namespace
}  // namespace remedia
