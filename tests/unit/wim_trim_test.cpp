// Removal: names, contents and bytes that are gone, and everything else that is not.
#include "media/wim_trim.h"

#include "media/wim.h"
#include "media/wim_tree.h"
#include "support/digest.h"
#include "support/process.h"
#include "support/wim_sources.h"
#include "unit/ntfs_volume.h"

#include <algorithm>
#include <sstream>

namespace remedia::wim {
namespace {

using namespace wim_sources;

const TrimOptions kOptions{.guid = {4, 2}, .clock = kClock + 60};

class WimTrim : public testing::Test {
 protected:
  WimTrim() {
    base_ = make_base(scratch_, "base.wim",
                      write_additions(scratch_, "src",
                                      {{"Windows/System32/keep.dll", filler(50000, 1)},
                                       {"Windows/System32/tool.exe", filler(60000, 2)},
                                       {"Windows/System32/Logs/a.log", filler(5000, 3)},
                                       {"Windows/System32/Logs/b.LOG", filler(5000, 4)},
                                       {"Windows/System32/Logs 2/c.log", filler(5000, 5)},
                                       {"Windows/WinSxS/x/tool.exe", filler(60000, 2)},
                                       {"Windows/WinSxS/noise.bin", noise(40000, 6)},
                                       {"Windows/empty", ""},
                                       {"Windows/other empty", ""},
                                       {"sources/setup.exe", filler(20000, 7)}}));
  }

  TrimResult run(const std::vector<Removal>& removals) {
    TrimResult result = trim(base_, removals, kOptions, scratch_ / "out.wim");
    expect_verified(scratch_ / "out.wim");
    File wim = open_wim_file(scratch_ / "out.wim");
    wim.verify();
    EXPECT_TRUE(wim.info().bootable_format);
    EXPECT_EQ(wim.info().boot_index, 1);
    EXPECT_EQ(wim.info().images[0].name, "Test");
    EXPECT_EQ(wim.info().guid.substr(0, 4), "0402");
    return result;
  }

  std::vector<std::string> paths_in_out() const {
    std::vector<std::string> paths;
    for (const Entry& entry : open_wim_file(scratch_ / "out.wim").list(1)) {
      if (!entry.directory) paths.push_back(entry.path);
    }
    return paths;
  }

  bool out_has(const std::string& content) const {
    return open_wim_file(scratch_ / "out.wim").contains(content);
  }

  std::string sha1(const std::string& path) const { return sha1_in(open_wim_file(base_), path); }

  Diagnostic problem_of(const std::vector<Removal>& removals) {
    try {
      trim(base_, removals, kOptions, scratch_ / "out.wim");
    } catch (const Failure& failure) {
      EXPECT_FALSE(fs::exists(scratch_ / "out.wim"));
      return failure.diagnostics()[0];
    }
    ADD_FAILURE() << "no Failure was thrown";
    return {};
  }

  Scratch scratch_;
  fs::path base_;
};

std::vector<std::string> paths_of(const std::vector<Removed>& removed) {
  std::vector<std::string> paths;
  for (const Removed& r : removed) paths.push_back(r.path);
  return paths;
}

TEST_F(WimTrim, TakesAFileAndItsBytes) {
  TrimResult result = run({{"SOURCES\\setup.EXE"}});
  ASSERT_EQ(result.removed.size(), 1u);
  const Removed& removed = result.removed[0];
  EXPECT_EQ(removed.path, "sources/setup.exe");
  EXPECT_FALSE(removed.directory);
  EXPECT_EQ(removed.size, 20000u);
  EXPECT_EQ(removed.sha1, sha1("sources/setup.exe"));
  EXPECT_EQ(removed.removal, 0u);
  EXPECT_FALSE(removed.by_content);
  EXPECT_TRUE(result.leftovers.empty());
  EXPECT_FALSE(out_has(removed.sha1));
  EXPECT_LT(fs::file_size(scratch_ / "out.wim"), fs::file_size(base_) - 5000);
  File wim = open_wim_file(scratch_ / "out.wim");
  EXPECT_EQ(wim.find(1, "sources/setup.exe"), nullptr);
  EXPECT_NE(wim.find(1, "sources"), nullptr);
  EXPECT_EQ(content_of(wim, "Windows/WinSxS/noise.bin", scratch_), noise(40000, 6));
}

TEST_F(WimTrim, TakesFoldersWithAllInThem) {
  TrimResult result = run({{"windows/system32/logs"}});
  EXPECT_EQ(paths_of(result.removed),
            (std::vector<std::string>{"Windows/System32/Logs", "Windows/System32/Logs/a.log",
                                      "Windows/System32/Logs/b.LOG"}));
  EXPECT_TRUE(result.removed[0].directory);
  EXPECT_EQ(result.removed[0].sha1, "");
  File wim = open_wim_file(scratch_ / "out.wim");
  EXPECT_EQ(wim.find(1, "Windows/System32/Logs"), nullptr);
  EXPECT_NE(wim.find(1, "Windows/System32/Logs 2/c.log"), nullptr);
}

TEST_F(WimTrim, TakesWhatPatternsMatch) {
  TrimResult result = run({{"Windows/**/*.log"}, {"sources/*"}});
  EXPECT_EQ(
      paths_of(result.removed),
      (std::vector<std::string>{"Windows/System32/Logs 2/c.log", "Windows/System32/Logs/a.log",
                                "Windows/System32/Logs/b.LOG", "sources/setup.exe"}));
  EXPECT_EQ(result.removed[0].removal, 0u);
  EXPECT_EQ(result.removed[3].removal, 1u);
}

TEST_F(WimTrim, PatternsMayOverlap) {
  TrimResult result = run({{"**/*.log"}, {"Windows/System32/Logs"}, {"**/a.log"}});
  ASSERT_EQ(result.removed.size(), 4u);
  EXPECT_EQ(result.removed[0].path, "Windows/System32/Logs");
  EXPECT_EQ(result.removed[0].removal, 1u);
  for (std::size_t i : {1u, 2u, 3u}) EXPECT_EQ(result.removed[i].removal, 0u);
}

TEST_F(WimTrim, SaysWhatContentIsLeft) {
  TrimResult result = run({{"Windows/System32/tool.exe"}});
  ASSERT_EQ(result.leftovers.size(), 1u);
  EXPECT_EQ(result.leftovers[0].path, "Windows/WinSxS/x/tool.exe");
  EXPECT_EQ(result.leftovers[0].removed, "Windows/System32/tool.exe");
  EXPECT_TRUE(out_has(sha1("Windows/System32/tool.exe")));
  EXPECT_EQ(content_of(open_wim_file(scratch_ / "out.wim"), "Windows/WinSxS/x/tool.exe", scratch_),
            filler(60000, 2));
}

TEST_F(WimTrim, EverywhereTakesCopiesToo) {
  TrimResult result = run({{"sources/setup.exe"}, {"Windows/System32/tool.exe", true}});
  ASSERT_EQ(result.removed.size(), 3u);
  EXPECT_EQ(result.removed[1].path, "Windows/WinSxS/x/tool.exe");
  EXPECT_EQ(result.removed[1].removal, 1u);
  EXPECT_TRUE(result.removed[1].by_content);
  EXPECT_FALSE(result.removed[0].by_content);
  EXPECT_TRUE(result.leftovers.empty());
  EXPECT_FALSE(out_has(sha1("Windows/System32/tool.exe")));
  EXPECT_TRUE(out_has(sha1("Windows/System32/keep.dll")));
}

// The file goes by a pattern that does not say everywhere, and by one that does.
TEST_F(WimTrim, EverywhereHoldsWhoeverTookTheFileFirst) {
  TrimResult result = run({{"Windows/System32/tool.*"}, {"Windows/*/TOOL.exe", true}});
  EXPECT_EQ(paths_of(result.removed),
            (std::vector<std::string>{"Windows/System32/tool.exe", "Windows/WinSxS/x/tool.exe"}));
  EXPECT_EQ(result.removed[0].removal, 0u);
  EXPECT_EQ(result.removed[1].removal, 1u);
}

TEST_F(WimTrim, EmptyFilesHaveNoContent) {
  TrimResult result = run({{"Windows/empty", true}});
  EXPECT_EQ(paths_of(result.removed), (std::vector<std::string>{"Windows/empty"}));
  EXPECT_TRUE(result.leftovers.empty());
  EXPECT_NE(open_wim_file(scratch_ / "out.wim").find(1, "Windows/other empty"), nullptr);
}

TEST_F(WimTrim, NothingToRemoveIsACopy) {
  run({});
  EXPECT_EQ(paths_in_out().size(), 10u);
}

TEST_F(WimTrim, BytesDependOnTheArgumentsAlone) {
  std::set<std::string> hashes;
  fs::path copy = scratch_.write("elsewhere/copy.wim", read_file(base_));
  for (const fs::path& base : {base_, base_, copy}) {
    trim(base, {{"**/*.log"}, {"sources"}}, kOptions, scratch_ / "out.wim");
    hashes.insert(sha256(Slice::whole(scratch_ / "out.wim")));
    trim(base, {{"sources"}, {"**/*.log"}}, kOptions, scratch_ / "out2.wim");
    hashes.insert(sha256(Slice::whole(scratch_ / "out2.wim")));
  }
  EXPECT_EQ(hashes.size(), 1u);
  trim(base_, {{"**/*.log"}, {"sources"}}, {.guid = {4}, .clock = kClock}, scratch_ / "out.wim");
  hashes.insert(sha256(Slice::whole(scratch_ / "out.wim")));
  EXPECT_EQ(hashes.size(), 2u);
}

TEST_F(WimTrim, WorksForEveryBootableCompression) {
  for (Compression compression : {Compression::xpress, Compression::lzx}) {
    base_ = make_base(scratch_, "other.wim",
                      write_additions(scratch_, "src2",
                                      {{"Windows/System32/a", filler(50000, 1)},
                                       {"Windows/noise", noise(50000, 2)},
                                       {"Windows/b", filler(60000, 2)}}),
                      compression);
    run({{"Windows/b"}});
    EXPECT_EQ(open_wim_file(scratch_ / "out.wim").info().compression, compression);
  }
}

TEST_F(WimTrim, CanBeUpdated) {
  run({{"sources"}});
  fs::path tool = scratch_.write("tool", "new");
  update(scratch_ / "out.wim", {{"sources/new", false, Slice::whole(tool)}},
         {.guid = {1}, .clock = kClock}, scratch_ / "updated.wim");
  expect_verified(scratch_ / "updated.wim");
  EXPECT_EQ(content_of(open_wim_file(scratch_ / "updated.wim"), "sources/new", scratch_), "new");
}

// --- What is refused -----------------------------------------------------------------------------

TEST_F(WimTrim, PatternsThatMatchNothingAreMistakes) {
  struct Case {
    const char* pattern;
    const char* hint;
  };
  for (const Case& c :
       {Case{"Windows/System32/tol.exe", "did you mean 'tool.exe'?"},
        Case{"Windows/Sytem32/tool.exe", "did you mean 'System32'?"},
        Case{"\\source\\setup.exe", "did you mean 'sources'?"}, Case{"Windows/*.none", ""},
        Case{"nothing at all", ""}, Case{"sources/setup.exe/x", ""}}) {
    Diagnostic problem = problem_of({{"sources"}, {c.pattern}});
    EXPECT_NE(problem.message.find("matches '"), std::string::npos) << problem.message;
    EXPECT_EQ(problem.hint, c.hint) << c.pattern;
  }
  try {
    trim(base_, {{"one"}, {"sources"}, {"two"}}, kOptions, scratch_ / "out.wim");
    ADD_FAILURE();
  } catch (const Failure& failure) {
    EXPECT_EQ(failure.diagnostics().size(), 2u);
  }
}

TEST_F(WimTrim, WhatEveryBootNeedsStays) {
  struct Case {
    const char* pattern;
    const char* what;
  };
  for (const Case& c :
       {Case{"", "the whole image"}, Case{"/", "the whole image"}, Case{"\\", "the whole image"},
        Case{"*", "'Windows'"}, Case{"**", "'Windows'"}, Case{"windows", "'Windows'"},
        Case{"w*", "'Windows'"}, Case{"?indows/", "'Windows'"},
        Case{"Windows\\System32", "'Windows/System32'"}, Case{"**/*32", "'Windows/System32'"},
        Case{"Windows/*", "'Windows/System32'"}, Case{"Windows/**", "'Windows/System32'"},
        Case{"Windows/System32/*", "'Windows/System32'"},
        Case{"windows/system32/**", "'Windows/System32'"}, Case{"**/*.*", "'Windows/System32'"}}) {
    Diagnostic problem = problem_of({{"sources"}, {c.pattern}});
    EXPECT_NE(problem.message.find(fmt::format("'{}' would remove ", c.pattern)), std::string::npos)
        << problem.message;
    EXPECT_NE(problem.message.find(c.what), std::string::npos) << problem.message;
  }
}

TEST_F(WimTrim, BasesThatItCannotTrimAreRefused) {
  EXPECT_NE(failure_of([&] { trim(base_, {}, kOptions, base_); }).find("over itself"),
            std::string::npos);
  EXPECT_NE(failure_of([&] { trim(scratch_ / "none", {}, kOptions, scratch_ / "o"); }).find("none"),
            std::string::npos);
  capture({{.name = "a"}, {.name = "b"}}, {.clock = kClock}, scratch_ / "two.wim");
  EXPECT_NE(failure_of([&] {
              trim(scratch_ / "two.wim", {}, kOptions, scratch_ / "o");
            }).find("has 2 images"),
            std::string::npos);
  fs::path lzms = capture_wim(scratch_, "x.esd", {}, {.compression = Compression::lzms});
  EXPECT_NE(failure_of([&] { trim(lzms, {}, kOptions, scratch_ / "o"); }).find("cannot boot"),
            std::string::npos);
  EXPECT_FALSE(fs::exists(scratch_ / "o"));
}

TEST_F(WimTrim, HostilePatternsEnd) {
  std::string pattern;
  for (int i = 0; i < 500; ++i) pattern += "**/a*a*?*/";
  EXPECT_NE(problem_of({{pattern + "b"}}).message.find("matches"), std::string::npos);
}

// --- Links, streams, and what files keep ---------------------------------------------------------

// From an NTFS volume, by tools that are not ours: "tool.exe" has hard links and a copy.
class WimTrimRich : public WimTrim {
 protected:
  WimTrimRich() {
    volume_ = scratch_.write("volume", "");
    fs::resize_file(volume_, 16 << 20);
    run_checked({"/usr/sbin/mkntfs", "-F", "-Q", "-q", "-T", "-s", "512", "-p", "0", "-H", "255",
                 "-S", "63", volume_});
    run_checked({"wimapply", linked_base(), "1", volume_});
    dress_ntfs_file(volume_, {"/Windows/System32/keep.dll",
                              0x27,
                              {0x01d0000000000001, 0x01d1000000000002, 0x01d2000000000003},
                              "KEEP~1.DLL",
                              descriptor()});
    finish_base();
  }

  void finish_base() {
    run_checked({"wimcapture", volume_, scratch_ / "rich.wim", "Test", "--compress=LZX"});
    base_ = scratch_ / "rich-base.wim";
    export_image(open_wim_file(scratch_ / "rich.wim"), 1, base_, {.guid = {9}, .clock = kClock});
  }

  // A base in which this file has a stream with this content.
  void add_stream(const std::string& file, const std::string& name, const std::string& content) {
    run_checked(
        {"/usr/sbin/ntfscp", "-q", "-N", name, volume_, scratch_.write("stream", content), file});
    finish_base();
  }

  // Owner and group SYSTEM, no lists.
  static std::string descriptor() {
    return std::string(
        "\x01\x00\x04\x80\x14\x00\x00\x00\x20\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
        "\x01\x01\x00\x00\x00\x00\x00\x05\x12\x00\x00\x00"
        "\x01\x01\x00\x00\x00\x00\x00\x05\x12\x00\x00\x00",
        44);
  }

  fs::path linked_base() const {
    fs::path root = scratch_ / "tree";
    auto put = [&](const std::string& name, const std::string& content) {
      scratch_.write("tree/" + name, content);
    };
    put("Windows/System32/keep.dll", filler(50000, 1));
    put("Windows/System32/tool.exe", filler(60000, 2));
    fs::create_directories(root / "Windows/WinSxS");
    for (const char* link : {"Windows/WinSxS/tool.exe", "Windows/WinSxS/third.exe"}) {
      fs::create_hard_link(root / "Windows/System32/tool.exe", root / link);
    }
    put("Windows/copy.exe", filler(60000, 2));
    run_checked({"wimcapture", root, scratch_ / "linked.wim", "Test", "--compress=LZX"});
    return scratch_ / "linked.wim";
  }

  std::uint32_t links(const fs::path& wim, const std::string& path) const {
    for (const Node& node : read_tree(open_wim_file(wim)).nodes) {
      if (node.path == path) return node.links;
    }
    return 0;
  }

  fs::path volume_;
};

TEST_F(WimTrimRich, OtherLinksStay) {
  ASSERT_EQ(links(base_, "Windows/WinSxS/tool.exe"), 3u);
  TrimResult result = run({{"Windows/System32/tool.exe"}});
  EXPECT_EQ(result.removed.size(), 1u);
  std::vector<std::string> left;
  for (const Leftover& leftover : result.leftovers) left.push_back(leftover.path);
  EXPECT_EQ(left, (std::vector<std::string>{"Windows/WinSxS/third.exe", "Windows/WinSxS/tool.exe",
                                            "Windows/copy.exe"}));
  EXPECT_EQ(links(scratch_ / "out.wim", "Windows/WinSxS/tool.exe"), 2u);
  EXPECT_EQ(links(scratch_ / "out.wim", "Windows/WinSxS/third.exe"), 2u);
  EXPECT_EQ(links(scratch_ / "out.wim", "Windows/copy.exe"), 1u);
  File wim = open_wim_file(scratch_ / "out.wim");
  EXPECT_EQ(content_of(wim, "Windows/WinSxS/tool.exe", scratch_), filler(60000, 2));
}

TEST_F(WimTrimRich, EverywhereTakesLinksAndCopies) {
  TrimResult result = run({{"**/System32/tool.exe", true}});
  EXPECT_EQ(paths_of(result.removed),
            (std::vector<std::string>{"Windows/System32/tool.exe", "Windows/WinSxS/third.exe",
                                      "Windows/WinSxS/tool.exe", "Windows/copy.exe"}));
  EXPECT_FALSE(out_has(sha1("Windows/copy.exe")));
}

TEST_F(WimTrimRich, FilesKeepWhatTheyHave) {
  run({{"Windows/copy.exe"}});
  const Entry before = *open_wim_file(base_).find(1, "Windows/System32/keep.dll");
  const Entry after = *open_wim_file(scratch_ / "out.wim").find(1, "Windows/System32/keep.dll");
  EXPECT_EQ(before.short_name, "KEEP~1.DLL");
  EXPECT_EQ(after.short_name, before.short_name);
  EXPECT_EQ(after.attributes, 0x27u);
  EXPECT_EQ(after.security_descriptor, descriptor());
  EXPECT_EQ(after.creation_time, 0x01d0000000000001u);
  EXPECT_EQ(after.last_write_time, before.last_write_time);
  EXPECT_EQ(after.last_access_time, before.last_access_time);
}

TEST_F(WimTrimRich, NamedStreamsAreLeftOvers) {
  add_stream("Windows/System32/keep.dll", "hidden", filler(60000, 2));
  TrimResult result = run({{"Windows/**/*.exe"}, {"Windows/copy.exe"}});
  ASSERT_EQ(result.leftovers.size(), 1u);
  EXPECT_EQ(result.leftovers[0].path, "Windows/System32/keep.dll:hidden");
  EXPECT_EQ(result.leftovers[0].removed, "Windows/System32/tool.exe");
  EXPECT_TRUE(out_has(sha1("Windows/copy.exe")));
}

TEST_F(WimTrimRich, NamedStreamsKeepAContentFromGoingEverywhere) {
  add_stream("Windows/System32/keep.dll", "hidden", filler(60000, 2));
  Diagnostic problem = problem_of({{"Windows/copy.exe", true}});
  EXPECT_EQ(problem.message,
            "the content of 'Windows/copy.exe' cannot go everywhere: the stream 'hidden' of "
            "'Windows/System32/keep.dll' has it too");
}

TEST_F(WimTrimRich, NamedStreamsGoWithTheirFile) {
  add_stream("Windows/copy.exe", "hidden", filler(33333, 9));
  std::string stream = read_tree(open_wim_file(base_)).nodes.back().streams.at(0).sha1;
  ASSERT_TRUE(open_wim_file(base_).contains(stream));
  run({{"Windows/copy.exe", true}});
  EXPECT_FALSE(out_has(stream));
}

TEST_F(WimTrimRich, NamedStreamsOfWhatGoesAnywayAreNoObstacle) {
  add_stream("Windows/WinSxS/third.exe", "hidden", filler(60000, 2));
  TrimResult result = run({{"Windows/copy.exe", true}});
  EXPECT_EQ(result.removed.size(), 4u);
  EXPECT_FALSE(out_has(sha1("Windows/copy.exe")));
}

}  // namespace
}  // namespace remedia::wim
