// WIMs made, read, exported and updated; wimtools and libntfs-3g are the independent judges.
#include "media/wim.h"

#include "media/wim_host.h"
#include "media/wim_metadata.h"
#include "ntfs_volume.h"
#include "scratch.h"
#include "support/digest.h"
#include "support/process.h"

#include <algorithm>
#include <csignal>
#include <map>
#include <set>
#include <span>
#include <sstream>

#include <dirent.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>
#include <wimlib.h>

namespace remedia::wim {
namespace {

constexpr std::int64_t kClock = 1'700'000'000;

// Another file system; and one on which rewriting a file many times waits for no disk.
class SharedMemory {
 public:
  SharedMemory() {
    std::string pattern = "/dev/shm/remedia-test-XXXXXX";
    path_ = mkdtemp(pattern.data());
  }
  ~SharedMemory() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  SharedMemory(const SharedMemory&) = delete;
  SharedMemory& operator=(const SharedMemory&) = delete;
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

std::string text_of(const fs::path& file) { return read_file(file); }

// Bytes that compress a little, the same in every run.
std::string filler(std::size_t size, unsigned seed) {
  std::string bytes(size, '\0');
  for (char& c : bytes) {
    seed = seed * 1664525 + 1013904223;
    c = static_cast<char>("abcdefgh\0\1\2\3\4\5\6\7"[seed >> 28]);
  }
  return bytes;
}

Addition file(const std::string& target, const fs::path& source) {
  return {target, false, Slice::whole(source)};
}

Addition folder(const std::string& target) { return {target, true, {}}; }

std::vector<Addition> write_sources(const fs::path& root) {
  fs::create_directories(root);
  auto put = [&](const std::string& name, const std::string& bytes) {
    fs::create_directories((root / name).parent_path());
    std::ofstream(root / name, std::ios::binary) << bytes;
    return Addition{name, false, Slice::whole(root / name)};
  };
  return {put("Windows/System32/winload.exe", filler(90000, 1)),
          put("Windows/System32/config/SYSTEM", filler(40000, 2)),
          put("Windows/notepad.exe", filler(70000, 3)),
          put("Windows/copy of notepad.exe", filler(70000, 3)),
          put("Windows/größe.txt", "umlaut"),
          put("empty.txt", ""),
          folder("Users/Public")};
}

Capture capture_of(std::vector<Addition> additions,
                   const std::string& name = "Microsoft Windows PE") {
  return {.name = name,
          .description = "made by a test",
          .additions = std::move(additions),
          .properties = {{"WINDOWS/ARCH", "9"},
                         {"WINDOWS/EDITIONID", "WindowsPE"},
                         {"WINDOWS/INSTALLATIONTYPE", "WindowsPE"},
                         {"WINDOWS/VERSION/MAJOR", "10"},
                         {"WINDOWS/VERSION/MINOR", "0"},
                         {"WINDOWS/VERSION/BUILD", "26100"},
                         {"WINDOWS/VERSION/SPBUILD", "1742"},
                         {"WINDOWS/LANGUAGES/LANGUAGE[1]", "en-US"},
                         {"WINDOWS/LANGUAGES/LANGUAGE[2]", "de-DE"},
                         {"WINDOWS/LANGUAGES/DEFAULT", "en-US"}}};
}

CaptureOptions capture_options(Compression compression = Compression::lzx) {
  return {.compression = compression, .boot_index = 1, .guid = {1, 2, 3}, .clock = kClock};
}

fs::path write_wim(const Scratch& scratch, Compression compression = Compression::lzx) {
  fs::path out = scratch / "test.wim";
  capture({capture_of(write_sources(scratch / "sources"))}, capture_options(compression), out);
  return out;
}

File open_file(const fs::path& path) { return File(Slice::whole(path), path.filename().string()); }

fs::path export_first(const fs::path& from, const fs::path& out) {
  export_image(open_file(from), 1, out, {.guid = {9}, .clock = kClock});
  return out;
}

std::string wimtool(const std::vector<std::string>& argv) {
  return run_checked(argv, {.environment = {{"LC_ALL", "C.UTF-8"}}});
}

void expect_verified(const fs::path& wim) {
  EXPECT_NE(wimtool({"wimverify", wim}).find("successfully verified"), std::string::npos);
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

// What wimdir says of one file, key by key.
std::map<std::string, std::string> details_of(const fs::path& wim, const std::string& path) {
  std::map<std::string, std::string> details;
  bool wanted = false;
  for (const std::string& line : lines_of(wimtool({"wimdir", "--detailed", wim, "1"}))) {
    std::size_t equals = line.find(" = ");
    if (equals == std::string::npos) continue;
    std::string key = line.substr(0, line.find_last_not_of(' ', equals) + 1);
    if (key == "Full Path") wanted = line.substr(equals + 3) == "\"/" + path + "\"";
    if (wanted) details.emplace(key, line.substr(equals + 3));
  }
  return details;
}

struct Stamp {
  timespec access, change, modification;
  ino_t inode;
  off_t size;
};

Stamp stamp_of(const fs::path& path) {
  struct stat info = {};
  EXPECT_EQ(stat(path.c_str(), &info), 0);
  return {info.st_atim, info.st_ctim, info.st_mtim, info.st_ino, info.st_size};
}

void expect_untouched(const Stamp& before, const fs::path& path) {
  Stamp after = stamp_of(path);
  auto equal = [](const timespec& a, const timespec& b) {
    return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
  };
  EXPECT_TRUE(equal(before.access, after.access)) << path;
  EXPECT_TRUE(equal(before.change, after.change)) << path;
  EXPECT_TRUE(equal(before.modification, after.modification)) << path;
  EXPECT_EQ(before.inode, after.inode);
  EXPECT_EQ(before.size, after.size);
}

void set_times(const fs::path& path, time_t seconds) {
  timespec times[2] = {{seconds, 1}, {seconds + 7, 2}};
  ASSERT_EQ(utimensat(AT_FDCWD, path.c_str(), times, 0), 0);
}

// --- Making and reading --------------------------------------------------------------------------

TEST(Wim, SaysWhatIsInAWim) {
  Scratch scratch;
  File wim = open_file(write_wim(scratch));
  const Info& info = wim.info();
  EXPECT_EQ(info.compression, Compression::lzx);
  EXPECT_EQ(info.chunk_size, 32768u);
  EXPECT_EQ(info.boot_index, 1);
  EXPECT_EQ(info.guid, "01020300000000000000000000000000");
  EXPECT_TRUE(info.bootable_format);
  ASSERT_EQ(info.images.size(), 1u);
  const Image& image = info.images[0];
  EXPECT_EQ(image.index, 1);
  EXPECT_EQ(image.name, "Microsoft Windows PE");
  EXPECT_EQ(image.description, "made by a test");
  EXPECT_EQ(image.edition, "WindowsPE");
  EXPECT_EQ(image.installation_type, "WindowsPE");
  EXPECT_EQ(image.architecture, "amd64");
  EXPECT_EQ(image.version, "10.0.26100.1742");
  EXPECT_EQ(image.default_language, "en-US");
  EXPECT_EQ(image.languages, (std::vector<std::string>{"en-US", "de-DE"}));
}

TEST(Wim, SaysWhetherTheBootManagerCanLoadIt) {
  struct Case {
    Compression compression;
    bool solid;
    bool boots;
  };
  for (Case c : {Case{Compression::none, false, true}, Case{Compression::xpress, false, true},
                 Case{Compression::lzx, false, true}, Case{Compression::lzms, false, false},
                 Case{Compression::lzx, true, false}}) {
    Scratch scratch;
    CaptureOptions options = capture_options(c.compression);
    options.solid = c.solid;
    capture({capture_of(write_sources(scratch / "sources"))}, options, scratch / "x.wim");
    File wim = open_file(scratch / "x.wim");
    EXPECT_EQ(wim.info().compression, c.compression);
    EXPECT_EQ(wim.info().bootable_format, c.boots);
    expect_verified(scratch / "x.wim");
  }
}

TEST(Wim, ListsLikeWimdir) {
  Scratch scratch;
  fs::path path = write_wim(scratch);
  File wim = open_file(path);
  std::vector<std::string> ours = {"/"};
  for (const Entry& entry : wim.list(1)) ours.push_back("/" + entry.path);
  std::vector<std::string> theirs = lines_of(wimtool({"wimdir", path, "1"}));
  std::sort(theirs.begin(), theirs.end());
  EXPECT_EQ(ours, theirs);
  EXPECT_TRUE(std::is_sorted(ours.begin(), ours.end()));
  expect_verified(path);
}

TEST(Wim, EntriesHaveFixedFields) {
  Scratch scratch;
  File wim = open_file(write_wim(scratch));
  constexpr std::uint64_t kFiletime = (kClock + 11644473600ull) * 10'000'000;
  for (const Entry& entry : wim.list(1)) {
    EXPECT_EQ(entry.attributes, entry.directory ? 0x10u : 0x80u) << entry.path;
    EXPECT_EQ(entry.creation_time, kFiletime);
    EXPECT_EQ(entry.last_write_time, kFiletime);
    EXPECT_EQ(entry.last_access_time, kFiletime);
    EXPECT_EQ(entry.short_name, "");
    EXPECT_EQ(entry.security_descriptor, "");
  }
  const Entry* umlaut = wim.find(1, "Windows/größe.txt");
  ASSERT_NE(umlaut, nullptr);
  EXPECT_EQ(umlaut->size, 6u);
  EXPECT_EQ(umlaut->sha1, "29e7d4da2bcaf5b9aaf59a40ed8271d2f7dbccec");
  EXPECT_EQ(wim.find(1, "empty.txt")->sha1, "");
}

TEST(Wim, FindsInAnyCaseAndWithBothSlashes) {
  Scratch scratch;
  File wim = open_file(write_wim(scratch));
  for (const char* path : {"Windows/notepad.exe", "windows/NOTEPAD.EXE", "Windows\\notepad.exe",
                           "\\WINDOWS\\Notepad.exe", "/Windows/notepad.exe"}) {
    const Entry* entry = wim.find(1, path);
    ASSERT_NE(entry, nullptr) << path;
    EXPECT_EQ(entry->path, "Windows/notepad.exe");
  }
  EXPECT_EQ(wim.find(1, "WINDOWS/GRÖßE.TXT")->path, "Windows/größe.txt");
  EXPECT_TRUE(wim.find(1, "windows/system32/")->directory);
  for (const char* path : {"", "/", "Windows/notepad", "Windows/notepad.exe/x", "..", "*"}) {
    EXPECT_EQ(wim.find(1, path), nullptr) << path;
  }
}

TEST(Wim, ExtractsFiles) {
  for (Compression compression : {Compression::none, Compression::xpress, Compression::lzx}) {
    Scratch scratch;
    File wim = open_file(write_wim(scratch, compression));
    for (const Entry& entry : wim.list(1)) {
      if (entry.directory) continue;
      scratch.write("out", "longer than the file that comes next, and stale");
      wim.extract(1, entry, scratch / "out");
      EXPECT_EQ(text_of(scratch / "out"), text_of(scratch / "sources" / entry.path)) << entry.path;
    }
  }
}

TEST(Wim, ExtractionSaysWhatItCannotDo) {
  Scratch scratch;
  File wim = open_file(write_wim(scratch));
  const Entry windows = *wim.find(1, "Windows");
  EXPECT_EQ(failure_of([&] { wim.extract(1, windows, scratch / "out"); }),
            "'Windows' of 'test.wim' is a folder, not a file");
  const Entry notepad = *wim.find(1, "Windows/notepad.exe");
  EXPECT_NE(failure_of([&] { wim.extract(2, notepad, scratch / "out"); }).find("has no image '2'"),
            std::string::npos);
  EXPECT_NE(
      failure_of([&] { wim.extract(1, notepad, scratch / "no/such/folder"); }).find("cannot write"),
      std::string::npos);
  Entry ghost = notepad;
  ghost.path = "Windows/ghost";
  EXPECT_NE(failure_of([&] { wim.extract(1, ghost, scratch / "out"); }).find("ghost"),
            std::string::npos);
  EXPECT_FALSE(fs::exists(scratch / "out"));
}

TEST(Wim, SeveralImagesShareTheirData) {
  Scratch scratch;
  std::vector<Addition> sources = write_sources(scratch / "sources");
  capture({capture_of(sources, "One")}, capture_options(), scratch / "one.wim");
  capture({capture_of(sources, "One"), capture_of(sources, "Two"), capture_of({}, "Three")},
          capture_options(), scratch / "three.wim");
  EXPECT_LT(fs::file_size(scratch / "three.wim"), fs::file_size(scratch / "one.wim") + 6000);
  File wim = open_file(scratch / "three.wim");
  ASSERT_EQ(wim.info().images.size(), 3u);
  EXPECT_EQ(wim.list(1).size(), wim.list(2).size());
  EXPECT_TRUE(wim.list(3).empty());
  EXPECT_EQ(wim.find(3, "Windows"), nullptr);
  EXPECT_NE(failure_of([&] { wim.list(4); }).find("has no image '4'"), std::string::npos);
  expect_verified(scratch / "three.wim");
}

// --- Which image ---------------------------------------------------------------------------------

class WimImages : public testing::Test {
 protected:
  WimImages() {
    auto image = [](const std::string& name, const std::string& edition) {
      Capture c = capture_of({}, name);
      c.properties["WINDOWS/EDITIONID"] = edition;
      return c;
    };
    capture({image("Windows 11 Home", "Core"), image("Windows 11 Pro", "Professional"),
             image("Setup", "WindowsPE"), image("setup", "WindowsPE"), image("1", "Other")},
            capture_options(), scratch_ / "install.wim");
  }
  Scratch scratch_;
};

TEST_F(WimImages, AreFoundByIndexNameAndEdition) {
  File wim = open_file(scratch_ / "install.wim");
  struct Case {
    const char* wanted;
    int index;
  };
  for (Case c : {Case{"1", 1}, Case{"2", 2}, Case{"Windows 11 Pro", 2}, Case{"windows 11 PRO", 2},
                 Case{"Professional", 2}, Case{"core", 1}, Case{"Setup", 3}, Case{"setup", 4}}) {
    EXPECT_EQ(wim.find_image(c.wanted), c.index) << c.wanted;
  }
}

TEST_F(WimImages, ThatAreNotThereAreExplained) {
  File wim = open_file(scratch_ / "install.wim");
  try {
    wim.find_image("Windows 11 Por");
    ADD_FAILURE();
  } catch (const Failure& failure) {
    EXPECT_STREQ(failure.what(),
                 "'install.wim' has no image 'Windows 11 Por'; it has: 1 'Windows 11 Home' (Core), "
                 "2 'Windows 11 Pro' (Professional), 3 'Setup' (WindowsPE), 4 'setup' (WindowsPE), "
                 "5 '1' (Other)");
    EXPECT_EQ(failure.diagnostics()[0].hint, "did you mean 'Windows 11 Pro'?");
  }
  for (const char* wanted : {"", "0", "6", "-1", "99999999999999999999", "2x"}) {
    EXPECT_NE(failure_of([&] { wim.find_image(wanted); }).find("has no image"), std::string::npos);
  }
  for (const char* wanted : {"SETUP", "WindowsPE"}) {
    EXPECT_NE(failure_of([&] { wim.find_image(wanted); }).find("more than one image"),
              std::string::npos);
  }
}

// --- Export
// ---------------------------------------------------------------------------------------

TEST(WimExport, CopiesCompressedDataRaw) {
  for (Compression compression : {Compression::lzx, Compression::xpress}) {
    Scratch scratch;
    fs::path from = write_wim(scratch, compression);
    fs::path out = export_first(from, scratch / "out.wim");
    File wim = open_file(out);
    EXPECT_EQ(wim.info().compression, compression);
    EXPECT_EQ(wim.info().boot_index, 1);
    EXPECT_EQ(wim.info().guid.substr(0, 4), "0900");
    EXPECT_EQ(wim.info().images[0].name, "Microsoft Windows PE");
    // One image, one order: only the header, the metadata, the table and the XML may move.
    std::string before = text_of(from), after = text_of(out);
    EXPECT_NE(after.find(before.substr(208, 20000)), std::string::npos);
    expect_verified(out);
  }
}

TEST(WimExport, MakesABootableFormatOfOthers) {
  struct Case {
    Compression compression;
    bool solid;
  };
  for (Case c : {Case{Compression::lzms, true}, Case{Compression::lzms, false},
                 Case{Compression::none, false}, Case{Compression::lzx, true}}) {
    Scratch scratch;
    CaptureOptions options = capture_options(c.compression);
    options.solid = c.solid;
    capture({capture_of({}, "first"), capture_of(write_sources(scratch / "sources"))}, options,
            scratch / "install.esd");
    File esd = open_file(scratch / "install.esd");
    EXPECT_EQ(esd.info().bootable_format, c.compression == Compression::none);
    export_image(esd, 2, scratch / "boot.wim", {.guid = {9}, .clock = kClock});
    File wim = open_file(scratch / "boot.wim");
    EXPECT_EQ(wim.info().compression, Compression::lzx);
    EXPECT_EQ(wim.info().chunk_size, 32768u);
    EXPECT_TRUE(wim.info().bootable_format);
    ASSERT_EQ(wim.info().images.size(), 1u);
    EXPECT_EQ(wim.list(1).size(), esd.list(2).size());
    for (const Entry& entry : wim.list(1)) {
      if (entry.directory) continue;
      wim.extract(1, entry, scratch / "out");
      EXPECT_EQ(text_of(scratch / "out"), text_of(scratch / "sources" / entry.path)) << entry.path;
    }
    expect_verified(scratch / "boot.wim");
  }
}

TEST(WimExport, RefusesAnImageThatIsNotThere) {
  Scratch scratch;
  File wim = open_file(write_wim(scratch));
  for (int image : {0, -1, 2}) {
    EXPECT_NE(
        failure_of([&] { export_image(wim, image, scratch / "out.wim", {}); }).find("no image"),
        std::string::npos);
  }
}

// --- Update
// ---------------------------------------------------------------------------------------

UpdateOptions update_options() { return {.guid = {5, 6}, .clock = kClock + 86400}; }

TEST(WimUpdate, IsTheBaseWithATail) {
  Scratch scratch;
  fs::path base = export_first(write_wim(scratch), scratch / "base.wim");
  std::string base_bytes = text_of(base);
  fs::path tool = scratch.write("tool.exe", filler(50000, 8));
  UpdateOptions options = update_options();
  options.name = "Helpdesk";
  options.description = "for the desk";
  auto replaced =
      update(base, {file("Tools/tool.exe", tool), folder("Logs")}, options, scratch / "out.wim");
  EXPECT_TRUE(replaced.empty());
  std::string bytes = text_of(scratch / "out.wim");
  ASSERT_GT(bytes.size(), base_bytes.size());
  EXPECT_EQ(bytes.compare(208, base_bytes.size() - 208, base_bytes, 208, std::string::npos), 0);
  EXPECT_EQ(text_of(base), base_bytes);

  File wim = open_file(scratch / "out.wim");
  EXPECT_EQ(wim.info().guid.substr(0, 4), "0506");
  EXPECT_EQ(wim.info().boot_index, 1);
  EXPECT_EQ(wim.info().images[0].name, "Helpdesk");
  EXPECT_EQ(wim.info().images[0].description, "for the desk");
  EXPECT_EQ(wim.info().images[0].version, "10.0.26100.1742");
  EXPECT_TRUE(wim.find(1, "Logs")->directory);
  wim.extract(1, *wim.find(1, "tools/TOOL.exe"), scratch / "back");
  EXPECT_EQ(text_of(scratch / "back"), filler(50000, 8));
  wim.extract(1, *wim.find(1, "Windows/notepad.exe"), scratch / "back");
  EXPECT_EQ(text_of(scratch / "back"), filler(70000, 3));
  expect_verified(scratch / "out.wim");
}

TEST(WimUpdate, WithoutAdditionsChangesHeaderAndXmlOnly) {
  Scratch scratch;
  fs::path base = export_first(write_wim(scratch), scratch / "base.wim");
  update(base, {}, update_options(), scratch / "out.wim");
  std::string before = text_of(base), after = text_of(scratch / "out.wim");
  std::size_t xml = before.rfind(std::string("\xff\xfe<\0W\0I\0M\0", 10));
  ASSERT_NE(xml, std::string::npos);
  EXPECT_EQ(before.substr(208, xml - 208), after.substr(208, xml - 208));
  EXPECT_NE(before, after);
  expect_verified(scratch / "out.wim");
}

TEST(WimUpdate, ContinuesInTheCompressionOfTheBase) {
  for (Compression compression : {Compression::xpress, Compression::lzx}) {
    Scratch scratch;
    fs::path base = export_first(write_wim(scratch, compression), scratch / "base.wim");
    fs::path tool = scratch.write("tool", std::string(200000, 'x'));
    update(base, {file("tool", tool)}, update_options(), scratch / "out.wim");
    EXPECT_EQ(open_file(scratch / "out.wim").info().compression, compression);
    EXPECT_LT(fs::file_size(scratch / "out.wim"), fs::file_size(base) + 20000);
    expect_verified(scratch / "out.wim");
  }
}

TEST(WimUpdate, KeepsTheSpellingOfTheImage) {
  Scratch scratch;
  fs::path base = export_first(write_wim(scratch), scratch / "base.wim");
  fs::path tool = scratch.write("tool", "new");
  auto replaced = update(base,
                         {file("WINDOWS/NOTEPAD.EXE", tool), file("windows/system32/New.dll", tool),
                          file("TOOLS/b", tool), file("tools/A", tool),
                          folder("USERS/public/Desktop"), folder("users")},
                         update_options(), scratch / "out.wim");
  ASSERT_EQ(replaced.size(), 1u);
  EXPECT_EQ(replaced[0].path, "Windows/notepad.exe");
  File wim = open_file(scratch / "out.wim");
  for (const char* path : {"Windows/notepad.exe", "Windows/System32/New.dll", "tools/A", "tools/b",
                           "Users/Public/Desktop"}) {
    const Entry* entry = wim.find(1, path);
    ASSERT_NE(entry, nullptr) << path;
    EXPECT_EQ(entry->path, path);
  }
  EXPECT_EQ(wim.find(1, "Windows/notepad.exe")->size, 3u);
  std::string names = wimtool({"wimdir", scratch / "out.wim", "1"});
  EXPECT_EQ(names.find("WINDOWS"), std::string::npos);
  EXPECT_EQ(names.find("TOOLS"), std::string::npos);
}

TEST(WimUpdate, RefusesWhatCannotBe) {
  Scratch scratch;
  fs::path base = export_first(write_wim(scratch), scratch / "base.wim");
  fs::path tool = scratch.write("tool", "new");
  fs::path short_file = scratch.write("short", "short");
  struct Case {
    std::vector<Addition> additions;
    std::vector<std::string> parts;  // all must be in the message
  };
  const std::vector<Case> cases = {
      {{file("windows", tool)}, {"'windows'", "tool", "'Windows' is a folder there"}},
      {{folder("WINDOWS/notepad.exe")}, {"the folder 'WINDOWS/notepad.exe'", "is a file there"}},
      {{file("windows/NOTEPAD.exe/x", tool)}, {"x'", "'Windows/notepad.exe' is a file there"}},
      {{file("new", tool), file("NEW/x", tool)}, {"'NEW/x'", "'new' is a file because of 'new'"}},
      {{file("new/x", tool), file("New", tool)}, {"'new/x'", "'New' is a file"}},
      {{file("a", tool), file("A", short_file)}, {"'A'", "short", "'a'", "tool", "same target"}},
      {{folder("a"), file("A", tool)}, {"the folder 'a'", "'A'", "same target"}},
      {{file("ä", tool), file("Ä", tool)}, {"same target"}},
      {{file("../x", tool)}, {"'../x'", "'..' is not a name"}},
      {{file("x/nul", tool)}, {"device"}},
      {{Addition{"x", false, {short_file, {{0, 9, false}}}}}, {"short", "truncated"}},
      {{Addition{"x", false, {scratch / "gone", {{0, 9, false}}}}}, {"cannot open", "gone"}},
  };
  for (const Case& c : cases) {
    std::string message = failure_of([&] { update(base, c.additions, {}, scratch / "out.wim"); });
    for (const std::string& part : c.parts) {
      EXPECT_NE(message.find(part), std::string::npos) << message << " lacks " << part;
    }
  }
}

TEST(WimUpdate, RefusesABaseThatItCannotContinue) {
  Scratch scratch;
  fs::path base = write_wim(scratch);
  EXPECT_NE(failure_of([&] { update(base, {}, {}, base); }).find("over itself"), std::string::npos);
  expect_verified(base);
  capture({capture_of({}, "a"), capture_of({}, "b")}, capture_options(), scratch / "two.wim");
  EXPECT_NE(failure_of([&] {
              update(scratch / "two.wim", {}, {}, scratch / "out.wim");
            }).find("has 2 images"),
            std::string::npos);
  EXPECT_NE(failure_of([&] { update(scratch / "none", {}, {}, scratch / "out.wim"); }).find("none"),
            std::string::npos);
  fs::path text = scratch.write("text.wim", std::string(3000, 'x'));
  EXPECT_EQ(failure_of([&] { update(text, {}, {}, scratch / "out.wim"); }),
            "'" + text.string() + "' is not a WIM file");
}

TEST(WimUpdate, ReadsSlicesInPlace) {
  Scratch scratch;
  fs::path base = export_first(write_wim(scratch), scratch / "base.wim");
  fs::path pack = scratch.write("pack", "....HEAD....TAIL....");
  Slice slice{pack, {{4, 4, false}, {0, 100000, true}, {12, 4, false}}};
  update(base, {{"x", false, slice}, {"empty", false, {pack, {}}}}, update_options(),
         scratch / "out.wim");
  File wim = open_file(scratch / "out.wim");
  wim.extract(1, *wim.find(1, "x"), scratch / "x");
  EXPECT_EQ(text_of(scratch / "x"), "HEAD" + std::string(100000, '\0') + "TAIL");
  EXPECT_EQ(wim.find(1, "empty")->size, 0u);
}

TEST(WimUpdate, LeavesTheSourcesAlone) {
  Scratch scratch;
  fs::path base = export_first(write_wim(scratch), scratch / "base.wim");
  fs::path tool = scratch.write("tool", filler(100000, 4));
  fs::path medium = scratch.write("medium", text_of(base));
  // An old time of access, older than that of modification, is what relatime would renew.
  set_times(tool, 1'000'000'000);
  set_times(medium, 1'000'000'000);
  Stamp tool_stamp = stamp_of(tool), medium_stamp = stamp_of(medium);
  Slice part{tool, {{0, 60000, false}}};
  update(base, {file("a", tool), {"b", false, part}}, update_options(), scratch / "out.wim");
  export_first(medium, scratch / "exported.wim");
  expect_untouched(tool_stamp, tool);
  expect_untouched(medium_stamp, medium);
}

TEST(WimUpdate, SaysWhenTheDiskIsFull) {
  Scratch scratch;
  fs::path base = export_first(write_wim(scratch), scratch / "base.wim");
  fs::path tool = scratch.write("tool", filler(300000, 4));
  rlimit old = {};
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &old), 0);
  auto handler = std::signal(SIGXFSZ, SIG_IGN);
  rlimit small = {fs::file_size(base) + 5000, old.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);
  std::string message = failure_of(
      [&] { update(base, {file("tool", tool)}, update_options(), scratch / "out.wim"); });
  setrlimit(RLIMIT_FSIZE, &old);
  std::signal(SIGXFSZ, handler);
  EXPECT_NE(message.find("cannot write"), std::string::npos) << message;
  EXPECT_NE(message.find("File too large"), std::string::npos) << message;
}

// --- What a replaced file keeps ------------------------------------------------------------------

// Owner BUILTIN\Users or BUILTIN\Administrators, group SYSTEM, no lists.
std::string descriptor(bool administrators) {
  std::string bytes(
      "\x01\x00\x04\x80\x14\x00\x00\x00\x24\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
      "\x01\x02\x00\x00\x00\x00\x00\x05\x20\x00\x00\x00\x21\x02\x00\x00"
      "\x01\x01\x00\x00\x00\x00\x00\x05\x12\x00\x00\x00",
      48);
  if (administrators) bytes[32] = '\x20';
  return bytes;
}

// A base from an NTFS volume, by tools that are not ours.
fs::path write_rich_base(const Scratch& scratch) {
  fs::path plain = write_wim(scratch);
  fs::path volume = scratch / "volume";
  scratch.write("volume", "");
  fs::resize_file(volume, 16 << 20);
  run_checked({"/usr/sbin/mkntfs", "-F", "-Q", "-q", "-T", "-s", "512", "-p", "0", "-H", "255",
               "-S", "63", volume});
  run_checked({"wimapply", plain, "1", volume});
  dress_ntfs_file(volume, {"/Windows/notepad.exe",
                           0x27,
                           {0x01d0000000000001, 0x01d1000000000002, 0x01d2000000000003},
                           "NOTEPA~1.EXE",
                           descriptor(true)});
  dress_ntfs_file(volume, {"/Windows/System32/winload.exe",
                           0x2004,
                           {0x01a0000000000005, 0x01a1000000000006, 0x01a2000000000007},
                           "WINLOA~1.EXE",
                           descriptor(false)});
  dress_ntfs_file(volume, {"/Windows/System32",
                           0x12,
                           {0x01b0000000000005, 0x01b1000000000006, 0x01b2000000000007},
                           "",
                           descriptor(false)});
  run_checked({"wimcapture", volume, scratch / "rich.wim", "Rich", "--compress=LZX"});
  return export_first(scratch / "rich.wim", scratch / "rich-base.wim");
}

const std::vector<std::string> kKeptKeys = {"Attributes", "Security Descriptor", "Creation Time",
                                            "Last Write Time", "Last Access Time"};

TEST(WimReplace, KeepsAttributesTimesAndPermissions) {
  Scratch scratch;
  fs::path base = write_rich_base(scratch);
  fs::path tool = scratch.write("tool", filler(30000, 21));
  fs::path empty = scratch.write("empty", "");
  auto replaced =
      update(base,
             {file("windows/NOTEPAD.EXE", tool), file("empty.txt", tool),
              file("Windows/System32/winload.exe", empty), file("Windows/new.exe", tool)},
             update_options(), scratch / "out.wim");
  ASSERT_EQ(replaced.size(), 3u);
  EXPECT_EQ(replaced[0].path, "empty.txt");
  EXPECT_EQ(replaced[1].path, "Windows/notepad.exe");
  EXPECT_EQ(replaced[1].short_name_lost, "NOTEPA~1.EXE");
  EXPECT_EQ(replaced[2].path, "Windows/System32/winload.exe");
  EXPECT_EQ(replaced[2].short_name_lost, "WINLOA~1.EXE");

  // The judge is wimdir, on both sides.
  for (std::string path : {"empty.txt", "Windows/notepad.exe", "Windows/System32/winload.exe",
                           "Windows/System32", "Windows/größe.txt", "Windows"}) {
    auto before = details_of(base, path), after = details_of(scratch / "out.wim", path);
    for (const std::string& key : kKeptKeys) {
      EXPECT_FALSE(before[key].empty()) << path << " " << key;
      EXPECT_EQ(before[key], after[key]) << path << " " << key;
    }
  }
  auto notepad = details_of(scratch / "out.wim", "Windows/notepad.exe");
  EXPECT_EQ(notepad["Attributes"], "0x00000027");
  EXPECT_EQ(notepad["Short Name"], "\"\"");
  EXPECT_EQ(notepad["Uncompressed size"], "30000 bytes");
  EXPECT_EQ(details_of(base, "Windows/notepad.exe")["Short Name"], "\"NOTEPA~1.EXE\"");
  auto loader = details_of(scratch / "out.wim", "Windows/System32/winload.exe");
  EXPECT_EQ(loader["Attributes"], "0x00002004");
  EXPECT_NE(loader["Security Descriptor"], notepad["Security Descriptor"]);
  auto fresh = details_of(scratch / "out.wim", "Windows/new.exe");
  EXPECT_EQ(fresh["Attributes"], "0x00000080");
  EXPECT_EQ(fresh.count("Security Descriptor"), 0u);
  expect_verified(scratch / "out.wim");
}

TEST(WimReplace, ExportKeepsEverything) {
  Scratch scratch;
  fs::path base = write_rich_base(scratch);
  for (std::string path : {"Windows/notepad.exe", "Windows/System32", "Users/Public"}) {
    auto before = details_of(scratch / "rich.wim", path), after = details_of(base, path);
    for (const std::string& key : kKeptKeys)
      EXPECT_EQ(before[key], after[key]) << path << " " << key;
    EXPECT_EQ(before["Short Name"], after["Short Name"]);
  }
  const Entry* entry = open_file(base).find(1, "Windows/notepad.exe");
  ASSERT_NE(entry, nullptr);
}

TEST(WimReplace, ReadsTheFieldsOfTheImage) {
  Scratch scratch;
  File wim = open_file(write_rich_base(scratch));
  const Entry* entry = wim.find(1, "Windows/notepad.exe");
  ASSERT_NE(entry, nullptr);
  EXPECT_EQ(entry->attributes, 0x27u);
  EXPECT_EQ(entry->short_name, "NOTEPA~1.EXE");
  EXPECT_EQ(entry->security_descriptor, descriptor(true));
  EXPECT_EQ(entry->creation_time, 0x01d0000000000001u);
  EXPECT_EQ(entry->last_write_time, 0x01d1000000000002u);
  EXPECT_EQ(entry->last_access_time, 0x01d2000000000003u);
}

TEST(WimMetadata, RefusesBytesThatAreNone) {
  const std::vector<Kept> files = {{.path = "a/b", .attributes = 0x20}};
  for (std::size_t size : {0u, 1u, 7u, 8u, 50u, 110u, 200u}) {
    for (int fill : {0x00, 0x01, 0x70, 0xff}) {
      std::vector<char> bytes(size, static_cast<char>(fill));
      EXPECT_NE(failure_of([&] { restore_fields(bytes, files); }).find("metadata"),
                std::string::npos);
    }
  }
}

// --- The same bytes ------------------------------------------------------------------------------

// Different in everything that must not matter.
std::vector<Addition> other_sources(const fs::path& root) {
  mode_t mask = umask(077);
  std::vector<Addition> additions = write_sources(root);
  umask(mask);
  fs::remove(root / "Windows/copy of notepad.exe");
  fs::create_hard_link(root / "Windows/notepad.exe", root / "Windows/copy of notepad.exe");
  fs::permissions(root / "Windows/größe.txt", fs::perms::all);
  for (const Addition& a : additions) {
    if (!a.directory) set_times(a.content.file, 900'000'000);
  }
  std::reverse(additions.begin(), additions.end());
  return additions;
}

TEST(WimBytes, DoNotDependOnWhereSourcesLie) {
  Scratch scratch;
  SharedMemory memory;
  std::vector<std::vector<Addition>> sources = {write_sources(scratch / "a"),
                                                other_sources(scratch / "some/where/else"),
                                                other_sources(memory.path() / "c")};
  Capture empty =
      capture_of({folder("Windows"), file("windows/NOTEPAD.exe", sources[0][2].content.file)});
  capture({empty}, capture_options(), scratch / "base.wim");
  std::vector<std::string> captured, updated, solid;
  for (std::size_t i = 0; i < sources.size(); ++i) {
    fs::path out = (i == 2 ? memory.path() : scratch.path()) / fmt::format("out{}.wim", i);
    capture({capture_of(sources[i])}, capture_options(), out);
    captured.push_back(sha256(Slice::whole(out)));
    update(scratch / "base.wim", sources[i], update_options(), out);
    updated.push_back(sha256(Slice::whole(out)));
    CaptureOptions options = capture_options(Compression::lzms);
    options.solid = true;
    capture({capture_of(sources[i])}, options, out);
    solid.push_back(sha256(Slice::whole(out)));
  }
  for (const auto& hashes : {captured, updated, solid}) {
    EXPECT_EQ(hashes[0], hashes[1]);
    EXPECT_EQ(hashes[0], hashes[2]);
  }
  EXPECT_NE(captured[0], updated[0]);
}

TEST(WimBytes, DependOnClockGuidAndContent) {
  Scratch scratch;
  fs::path base = export_first(write_wim(scratch), scratch / "base.wim");
  fs::path a = scratch.write("a", "a"), b = scratch.write("b", "b");
  auto digest = [&](const fs::path& source, const UpdateOptions& options) {
    update(base, {file("x", source)}, options, scratch / "out.wim");
    return sha256(Slice::whole(scratch / "out.wim"));
  };
  UpdateOptions later = update_options(), other = update_options();
  later.clock += 1;
  other.guid[15] = 1;
  std::string first = digest(a, update_options());
  EXPECT_EQ(first, digest(a, update_options()));
  EXPECT_NE(first, digest(b, update_options()));
  EXPECT_NE(first, digest(a, later));
  EXPECT_NE(first, digest(a, other));
}

TEST(WimBytes, DoNotDependOnProcessesAtTheSameTime) {
  Scratch scratch;
  fs::path base = export_first(write_wim(scratch), scratch / "base.wim");
  std::vector<Addition> sources = write_sources(scratch / "shared");
  sources.push_back(file("big", scratch.write("big", filler(2'000'000, 5))));
  std::vector<pid_t> children;
  for (int i = 0; i < 8; ++i) {
    pid_t child = fork();
    if (child == 0) {
      try {
        update(base, sources, update_options(), scratch / fmt::format("out{}", i));
        _exit(0);
      } catch (...) {
        _exit(1);
      }
    }
    children.push_back(child);
  }
  std::set<std::string> hashes;
  for (int i = 0; i < 8; ++i) {
    int status = -1;
    ASSERT_EQ(waitpid(children[static_cast<std::size_t>(i)], &status, 0),
              children[static_cast<std::size_t>(i)]);
    EXPECT_EQ(status, 0);
    hashes.insert(sha256(Slice::whole(scratch / fmt::format("out{}", i))));
  }
  EXPECT_EQ(hashes.size(), 1u);
}

// The number of threads is libwim's own choice, so libwim is called directly for others.
void write_with_threads(const fs::path& from, const fs::path& out, unsigned threads) {
  Host host(kClock);
  WIMStruct* wim = nullptr;
  ASSERT_EQ(wimlib_open_wim(host.add_file(Slice::whole(from)).c_str(), 0, &wim), 0);
  wimlib_set_default_compression_level(-1, 20);
  ASSERT_EQ(wimlib_set_output_compression_type(wim, WIMLIB_COMPRESSION_TYPE_LZX), 0);
  int flags = WIMLIB_WRITE_FLAG_RECOMPRESS | WIMLIB_WRITE_FLAG_RETAIN_GUID;
  EXPECT_EQ(wimlib_write(wim, out.c_str(), WIMLIB_ALL_IMAGES, flags, threads), 0);
  wimlib_free(wim);
}

TEST(WimBytes, DoNotDependOnTheNumberOfThreads) {
  Scratch scratch;
  std::vector<Addition> sources = write_sources(scratch / "sources");
  sources.push_back(file("big", scratch.write("big", filler(3'000'000, 5))));
  capture({capture_of(sources)}, capture_options(Compression::none), scratch / "plain.wim");
  capture({capture_of(sources)}, capture_options(Compression::lzx), scratch / "ours.wim");
  std::string ours = sha256(Slice::whole(scratch / "ours.wim"));
  for (unsigned threads : {1u, 2u, 8u}) {
    write_with_threads(scratch / "plain.wim", scratch / "out.wim", threads);
    EXPECT_EQ(sha256(Slice::whole(scratch / "out.wim")), ours) << threads;
  }
}

// --- WIMs inside other files, and bad ones
// --------------------------------------------------------

TEST(WimSlices, AreReadWhereTheyLie) {
  Scratch scratch;
  fs::path plain = write_wim(scratch);
  std::string bytes = text_of(plain);
  std::size_t half = bytes.size() / 2 | 1;
  fs::path iso =
      scratch.write("iso", std::string(12345, 'i') + bytes.substr(half) + std::string(777, 'j') +
                               bytes.substr(0, half) + "trailer");
  Slice slice{
      iso,
      {{12345 + (bytes.size() - half) + 777, half, false}, {12345, bytes.size() - half, false}}};
  File wim(slice, "boot.wim in iso");
  File reference = open_file(plain);
  ASSERT_EQ(wim.list(1).size(), reference.list(1).size());
  for (const Entry& entry : wim.list(1)) {
    if (entry.directory) continue;
    wim.extract(1, entry, scratch / "out");
    EXPECT_EQ(text_of(scratch / "out"), text_of(scratch / "sources" / entry.path)) << entry.path;
  }
  export_image(wim, 1, scratch / "from-iso.wim", {.guid = {9}, .clock = kClock});
  export_first(plain, scratch / "from-file.wim");
  EXPECT_EQ(text_of(scratch / "from-iso.wim"), text_of(scratch / "from-file.wim"));
}

TEST(WimSlices, SeveralAreOpenAtOnce) {
  Scratch scratch;
  fs::path path = write_wim(scratch);
  File first = open_file(path);
  {
    File second = open_file(path);
    EXPECT_EQ(second.list(1).size(), first.list(1).size());
  }
  File third = open_file(path);
  first = std::move(third);
  EXPECT_FALSE(first.list(1).empty());
}

// Opens, lists, extracts and exports: whatever a stage may do with a file that it was given.
void use_everything(const fs::path& path) {
  fs::path folder = path.parent_path();
  File wim = open_file(path);
  for (const Image& image : wim.info().images) {
    for (const Entry& entry : wim.list(image.index)) {
      if (!entry.directory) wim.extract(image.index, entry, folder / "extracted");
    }
    export_image(wim, image.index, folder / "exported", {.clock = kClock, .level = 1});
  }
}

fs::path write_bytes(const fs::path& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
  return path;
}

// Small, so that few steps hit every structure.
fs::path write_small_wim(const fs::path& folder_of_it, Compression compression) {
  fs::path out = folder_of_it / "small.wim";
  fs::path source = write_bytes(folder_of_it / "small", filler(5000, 1));
  capture({capture_of({file("Windows/a.txt", source), folder("Users")})},
          capture_options(compression), out);
  return out;
}

TEST(WimDamage, TruncatedFilesAreRefusedAtEveryLength) {
  for (Compression compression : {Compression::none, Compression::lzx}) {
    SharedMemory memory;
    std::string whole = text_of(write_small_wim(memory.path(), compression));
    for (std::size_t size = 0; size < whole.size(); size += 13) {
      fs::path cut = write_bytes(memory.path() / "cut.wim", whole.substr(0, size));
      std::string message = failure_of([&] { use_everything(cut); });
      EXPECT_EQ(message.rfind("'cut.wim'", 0), 0u) << size << ": " << message;
    }
  }
}

TEST(WimDamage, FlippedBytesNeverGiveWrongData) {
  for (Compression compression : {Compression::none, Compression::lzx}) {
    SharedMemory memory;
    std::string whole = text_of(write_small_wim(memory.path(), compression));
    int refused = 0;
    testing::internal::CaptureStderr();
    for (std::size_t at = 0; at < whole.size(); at += at < 208 ? 1 : 17) {
      for (int flip : {0xff, 0x01}) {
        std::string bad = whole;
        bad[at] = static_cast<char>(bad[at] ^ flip);
        fs::path path = write_bytes(memory.path() / "bad.wim", bad);
        write_bytes(memory.path() / "extracted", filler(5000, 1));
        try {
          use_everything(path);
          EXPECT_EQ(text_of(memory.path() / "extracted"), filler(5000, 1)) << at;
        } catch (const Failure&) {
          ++refused;
        }
      }
    }
    EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
    EXPECT_GT(refused, 100);
  }
}

void put(std::string& bytes, std::size_t offset, std::uint64_t value, unsigned size) {
  for (unsigned i = 0; i < size; ++i) bytes[offset + i] = static_cast<char>(value >> (8 * i));
}

// Appends XML and points the header at it.
std::string with_xml(std::string bytes, const std::string& ascii) {
  std::string xml = "\xff\xfe";
  for (char c : ascii) xml += {c, '\0'};
  put(bytes, 72, xml.size() | 2ull << 56, 8);
  put(bytes, 80, bytes.size(), 8);
  put(bytes, 88, xml.size(), 8);
  return bytes + xml;
}

TEST(WimDamage, IsExplained) {
  Scratch scratch;
  const std::string good = text_of(write_wim(scratch));
  auto patched = [&](std::size_t offset, std::uint64_t value, unsigned size) {
    std::string bytes = good;
    put(bytes, offset, value, size);
    return bytes;
  };
  struct Case {
    std::string bytes;
    std::string why;
  };
  const std::vector<Case> cases = {
      {"", "it is truncated"},
      {std::string(5000, 'x'), "is not a WIM file"},
      {"MZ" + good, "is not a WIM file"},
      {good.substr(0, 100), "it is truncated"},
      {good.substr(0, good.size() - 1), "it is truncated"},
      {patched(8, 100, 4), "damaged header"},
      {patched(12, 0x20000, 4), "has a version that libwim does not know"},
      {patched(16, 2, 4), "compressed in a way that libwim does not know"},
      {patched(16, 0x40042, 4), "was not written to its end"},
      {patched(20, 12345, 4), "chunks of a size"},
      {good.substr(0, 48) + std::string(48, '\0') + good.substr(96), "was not written to its end"},
      {patched(40, 2 | 3 << 16, 4), "is part 2 of 3 of a split WIM"},
      {patched(44, 2, 4), "is damaged"},
      {with_xml(good, "<WIM><ESD><ENCRYPTED/></ESD><IMAGE INDEX=\"1\"/></WIM>"),
       "is an encrypted ESD"},
      {with_xml(good, "<WIM><IMAGE INDEX=\"1\">"), "damaged XML"},
  };
  testing::internal::CaptureStderr();
  for (const Case& c : cases) {
    fs::path path = scratch.write("bad.wim", c.bytes);
    std::string message = failure_of([&] { open_file(path); });
    EXPECT_EQ(message.rfind("'bad.wim'", 0), 0u) << message;
    EXPECT_NE(message.find(c.why), std::string::npos) << message << " lacks " << c.why;
  }
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

TEST(WimDamage, SplitWimsAreRefusedPartByPart) {
  Scratch scratch;
  fs::path source = scratch.write("random", filler(3'000'000, 7) + filler(3'000'000, 8));
  fs::path other = scratch.write("other", filler(3'000'000, 9));
  capture({capture_of({file("a", source), file("b", other)})}, capture_options(Compression::none),
          scratch / "big.wim");
  run_checked({"wimsplit", scratch / "big.wim", scratch / "part.swm", "4"});
  EXPECT_EQ(
      failure_of([&] { open_file(scratch / "part.swm"); }).rfind("'part.swm' is part 1 of ", 0),
      0u);
  EXPECT_EQ(
      failure_of([&] { open_file(scratch / "part2.swm"); }).rfind("'part2.swm' is part 2 of ", 0),
      0u);
}

TEST(WimDamage, HostileNamesReachNoFile) {
  Scratch scratch;
  fs::path plain = scratch.write("plain", "hostile");
  capture({capture_of({file("zz/zz/zz", plain), file("dir/xx", plain)})}, capture_options(),
          scratch / "plain.wim");
  // Names that no one can capture: ".." for "zz", "/t" for "xx".
  auto edit = [](std::span<char> metadata) {
    std::string text(metadata.begin(), metadata.end());
    auto swap = [&](std::string from, std::string to) {
      for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; ++at) {
        text.replace(at, 4, to);
      }
    };
    swap(std::string("z\0z\0", 4), std::string(".\0.\0", 4));
    swap(std::string("x\0x\0", 4), std::string("/\0t\0", 4));
    std::copy(text.begin(), text.end(), metadata.begin());
  };
  fs::path source = scratch / "plain.wim";
  {
    Host host(kClock);
    host.edit_metadata(edit);
    WIMStruct* wim = nullptr;
    ASSERT_EQ(wimlib_open_wim(source.c_str(), 0, &wim), 0);
    std::string name = host.add_file(Slice::whole(plain));
    wimlib_update_command command = {};
    command.op = WIMLIB_UPDATE_OP_ADD;
    command.add.fs_source_path = name.data();
    std::string target = "/new";
    command.add.wim_target_path = target.data();
    ASSERT_EQ(wimlib_update_image(wim, 1, &command, 1, 0), 0);
    ASSERT_EQ(wimlib_write(wim, (scratch / "hostile.wim").c_str(), WIMLIB_ALL_IMAGES, 0, 1), 0);
    wimlib_free(wim);
  }
  File wim = open_file(scratch / "hostile.wim");
  fs::create_directories(scratch / "in/here");
  for (const Entry& entry : wim.list(1)) {
    if (entry.directory) continue;
    try {
      wim.extract(1, entry, scratch / "in/here/file");
      EXPECT_EQ(text_of(scratch / "in/here/file"), "hostile");
    } catch (const Failure&) {
      EXPECT_FALSE(fs::exists(scratch / "in/here/file"));
    }
  }
  std::vector<std::string> names;
  for (const auto& item : fs::recursive_directory_iterator(scratch / "in")) {
    names.push_back(item.path().filename());
  }
  EXPECT_LE(names.size(), 2u);
}

// --- The world of libwim, from libwim's side -----------------------------------------------------

extern "C" {
int remedia_wim_gettimeofday(struct timeval*, void*);
int remedia_wim_open64(const char*, int, ...);
int remedia_wim_openat64(int, const char*, int, ...);
int remedia_wim_close(int);
int remedia_wim_stat64(const char*, struct stat*);
int remedia_wim_fstat64(int, struct stat*);
off_t remedia_wim_lseek64(int, off_t, int);
ssize_t remedia_wim_read(int, void*, size_t);
ssize_t remedia_wim_pread64(int, void*, size_t, off_t);
struct dirent* remedia_wim_readdir64(DIR*);
int remedia_wim_closedir(DIR*);
}

std::int64_t time_for_libwim() {
  struct timeval now = {};
  EXPECT_EQ(remedia_wim_gettimeofday(&now, nullptr), 0);
  return now.tv_sec;
}

TEST(WimHost, ClockStandsUntilTheScopeEnds) {
  {
    Host outer(111);
    EXPECT_EQ(time_for_libwim(), 111);
    {
      Host inner(222);
      EXPECT_EQ(time_for_libwim(), 222);
    }
    EXPECT_EQ(time_for_libwim(), 111);
  }
  EXPECT_GT(time_for_libwim(), kClock);
}

TEST(WimHost, FilesAreSlices) {
  Scratch scratch;
  Slice slice{scratch.write("x", "..cd....ab"), {{8, 2, false}, {2, 2, false}, {0, 1, true}}};
  int fd = -1;
  std::string name;
  {
    Host host(111);
    name = host.add_file(slice);
    struct stat info = {};
    ASSERT_EQ(remedia_wim_stat64(name.c_str(), &info), 0);
    EXPECT_TRUE(S_ISREG(info.st_mode));
    EXPECT_EQ(info.st_size, 5);
    EXPECT_EQ(info.st_nlink, 1u);
    EXPECT_EQ(info.st_mtime, 111);
    EXPECT_EQ(info.st_atime, 111);
    struct stat other = {};
    ASSERT_EQ(remedia_wim_stat64(host.add_file(slice).c_str(), &other), 0);
    EXPECT_NE(info.st_ino, other.st_ino);
    fd = remedia_wim_open64(name.c_str(), O_RDONLY);
    ASSERT_GE(fd, 0);
  }
  EXPECT_EQ(remedia_wim_open64(name.c_str(), O_RDONLY), -1);

  char bytes[9] = {};
  EXPECT_EQ(remedia_wim_read(fd, bytes, 3), 3);
  EXPECT_EQ(remedia_wim_read(fd, bytes + 3, 5), 2);
  EXPECT_EQ(std::string(bytes, 6), std::string("abcd\0\0", 6));
  EXPECT_EQ(remedia_wim_read(fd, bytes, 5), 0);
  EXPECT_EQ(remedia_wim_pread64(fd, bytes, 9, 3), 2);
  EXPECT_EQ(bytes[0], 'd');
  EXPECT_EQ(remedia_wim_lseek64(fd, 0, SEEK_END), 5);
  EXPECT_EQ(remedia_wim_lseek64(fd, -4, SEEK_CUR), 1);
  EXPECT_EQ(remedia_wim_read(fd, bytes, 1), 1);
  EXPECT_EQ(bytes[0], 'b');
  EXPECT_EQ(remedia_wim_lseek64(fd, -1, SEEK_SET), -1);
  struct stat info = {};
  EXPECT_EQ(remedia_wim_fstat64(fd, &info), 0);
  EXPECT_EQ(info.st_size, 5);
  EXPECT_EQ(remedia_wim_close(fd), 0);
}

TEST(WimHost, FoldersAreEmpty) {
  Host host;
  int fd = remedia_wim_openat64(AT_FDCWD, host.add_folder().c_str(), O_RDONLY);
  ASSERT_GE(fd, 0);
  DIR* folder_of_it = fdopendir(fd);
  ASSERT_NE(folder_of_it, nullptr);
  EXPECT_EQ(remedia_wim_readdir64(folder_of_it), nullptr);
  EXPECT_EQ(remedia_wim_closedir(folder_of_it), 0);
}

TEST(WimHost, OtherFilesPassThrough) {
  Scratch scratch;
  fs::path path = scratch / "new";
  Host host;
  int fd = remedia_wim_open64(path.c_str(), O_RDWR | O_CREAT, 0600);
  ASSERT_GE(fd, 0);
  EXPECT_EQ(write(fd, "hello", 5), 5);
  EXPECT_EQ(remedia_wim_lseek64(fd, 1, SEEK_SET), 1);
  char bytes[9] = {};
  EXPECT_EQ(remedia_wim_read(fd, bytes, 9), 4);
  EXPECT_EQ(remedia_wim_pread64(fd, bytes, 9, 0), 5);
  struct stat info = {};
  EXPECT_EQ(remedia_wim_fstat64(fd, &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
  EXPECT_EQ(remedia_wim_close(fd), 0);
}

TEST(WimHost, KeepsWhatWentWrong) {
  Scratch scratch;
  Host host;
  std::string name = host.add_file({scratch / "gone", {{0, 1, false}}});
  EXPECT_NO_THROW(host.rethrow());
  EXPECT_EQ(remedia_wim_open64(name.c_str(), O_RDONLY), -1);
  EXPECT_EQ(failure_of([&] { host.rethrow(); }),
            "cannot open '" + (scratch / "gone").string() + "': No such file or directory");
}

}  // namespace
}  // namespace remedia::wim
