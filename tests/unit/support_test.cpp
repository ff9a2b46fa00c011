// The small parts that everything stands on.
#include "support/artifact.h"
#include "support/depfile.h"
#include "support/digest.h"
#include "support/file.h"
#include "support/process.h"
#include "support/tree.h"
#include "unit/scratch.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

namespace remedia {
namespace {

timespec mtime(const fs::path& file) {
  struct stat info = {};
  EXPECT_EQ(stat(file.c_str(), &info), 0) << file;
  return info.st_mtim;
}

bool before(const timespec& a, const timespec& b) {
  return a.tv_sec != b.tv_sec ? a.tv_sec < b.tv_sec : a.tv_nsec < b.tv_nsec;
}

void set_mtime(const fs::path& file, std::int64_t seconds) {
  timespec times[2] = {{seconds, 0}, {seconds, 0}};
  ASSERT_EQ(utimensat(AT_FDCWD, file.c_str(), times, 0), 0);
}

using Mode = Artifacts::Mode;

TEST(Artifacts, AppearWhenPublishedAndNotBefore) {
  Scratch scratch;
  {
    Artifacts artifacts({scratch / "deep/er/a", scratch / "b"});
    artifacts.write(0, "one");
    EXPECT_FALSE(fs::exists(scratch / "deep/er/a"));
    artifacts.publish({Mode::replace, Mode::replace}, {});
  }
  EXPECT_EQ(read_file(scratch / "deep/er/a"), "one");
  EXPECT_EQ(read_file(scratch / "b"), "");
  EXPECT_FALSE(fs::exists(scratch / "b.part"));
}

TEST(Artifacts, OfAFailedStageLeaveTheOldOnesAndNoParts) {
  Scratch scratch;
  scratch.write("a", "old");
  {
    Artifacts artifacts({scratch / "a"});
    artifacts.write(0, "half");
  }
  EXPECT_EQ(read_file(scratch / "a"), "old");
  EXPECT_FALSE(fs::exists(scratch / "a.part"));
}

// An input that is edited while the stage runs must be newer than what the stage made.
TEST(Artifacts, AreDatedWithTheBeginningOfTheStage) {
  Scratch scratch;
  Artifacts artifacts({scratch / "out"});
  timespec start = mtime(artifacts.part(0));
  fs::path input = scratch.write("input", "edited");
  set_mtime(input, start.tv_sec + 5);
  artifacts.write(0, "result");
  artifacts.publish({Mode::replace}, {input});
  EXPECT_FALSE(before(start, mtime(scratch / "out")));
  EXPECT_TRUE(before(mtime(scratch / "out"), mtime(input)));
}

TEST(Artifacts, ThatAreEqualKeepTheirDate) {
  Scratch scratch;
  fs::path out = scratch.write("out", "same");
  fs::path input = scratch.write("input", "");
  set_mtime(out, 1000);
  set_mtime(input, 2000);
  Artifacts artifacts({out});
  artifacts.write(0, "same");
  artifacts.publish({Mode::if_different}, {input});
  EXPECT_EQ(mtime(out).tv_sec, 1000);
}

TEST(Artifacts, ThatAreEqualAreDatedAnewWhenAnInputChangedMeanwhile) {
  Scratch scratch;
  for (Mode mode : {Mode::if_different, Mode::keep}) {
    fs::path out = scratch.write("out", "same");
    set_mtime(out, 1000);
    Artifacts artifacts({out});
    timespec start = mtime(artifacts.part(0));
    fs::path input = scratch.write("input", "");
    set_mtime(input, start.tv_sec + 5);
    artifacts.write(0, "same");
    artifacts.publish({mode}, {input});
    EXPECT_EQ(mtime(out).tv_sec, start.tv_sec);
    EXPECT_EQ(read_file(out), "same");
    EXPECT_FALSE(fs::exists(scratch / "out.part"));
  }
}

TEST(Artifacts, SayWhereTheyCannotBeWritten) {
  Scratch scratch;
  scratch.write("file", "");
  std::string message = failure_of([&] { Artifacts artifacts({scratch / "file/below"}); });
  EXPECT_NE(message.find("cannot create"), std::string::npos) << message;
}

TEST(Lock, IsHeldOnce) {
  Scratch scratch;
  Fd first;
  Fd second;
  EXPECT_TRUE(try_lock(scratch / "lock", first));
  EXPECT_FALSE(try_lock(scratch / "lock", second));
  first = Fd();
  EXPECT_TRUE(try_lock(scratch / "lock", second));
}

TEST(Depfile, NamesWhatNinjaCannotReadByALink) {
  Scratch scratch;
  fs::path odd = scratch.write("R&D/Bob's; a^b\"c|d*e<f>g?h`i\\j\n.txt", "x");
  std::string text =
      depfile("out", {"a b", "g+h,i(j){k}%l=m@n[o]p!q-r~s", "ü", odd}, scratch / "alias");
  std::size_t at = text.rfind('/') + 1;
  std::string name = text.substr(at, text.size() - at - 1);
  EXPECT_EQ(text.substr(0, text.find((scratch / "alias").string())),
            "out: \\\n  a\\ b \\\n  g+h,i(j){k}%l=m@n[o]p!q-r~s \\\n  ü \\\n  ");
  EXPECT_EQ(read_file(scratch / "alias" / name), "x");
  EXPECT_EQ(depfile("out", {odd}, scratch / "alias"), depfile("out", {odd}, scratch / "alias"));
}

TEST(Tree, ComesBackAsItWasSortedByTarget) {
  Scratch scratch;
  std::vector<TreeEntry> entries = {{.target = "b/c",
                                     .source = "../x y",
                                     .offset = 5,
                                     .size = 7,
                                     .sha256 = "d",
                                     .origin = "o \"q\""},
                                    {.target = "b", .directory = true, .origin = "folder"}};
  fs::path file = scratch.write("t.tree", write_tree(entries));
  std::swap(entries[0], entries[1]);
  EXPECT_EQ(read_tree(file), entries);
  EXPECT_EQ(write_tree({}), "[\n]\n");
}

TEST(Tree, ThatIsDamagedSaysSo) {
  Scratch scratch;
  for (const char* text : {"", "[", "{}x", "[{}]", "[{\"target\": 5}]", "5"}) {
    std::string message = failure_of([&] { read_tree(scratch.write("t", text)); });
    EXPECT_NE(message.find("is damaged"), std::string::npos) << text;
  }
}

TEST(Slice, IsReadAndCopiedAcrossItsExtents) {
  Scratch scratch;
  fs::path file = scratch.write("f", "0123456789");
  Slice slice{file, {{7, 3, false}, {0, 2, true}, {1, 2, false}}};
  const std::string expected = std::string("789") + '\0' + '\0' + "12";
  EXPECT_EQ(slice.size(), 7u);
  EXPECT_EQ(read_all(slice), expected);
  EXPECT_EQ(sha256(slice), sha256(expected));
  fs::path out = scratch.write("o", "__________");
  Fd fd(open(out.c_str(), O_WRONLY));
  copy_to(slice, fd.get(), 2, out);
  EXPECT_EQ(read_file(out), "__" + expected + "_");
  Fd in = Fd::open_read(file);
  std::string some(3, '?');
  EXPECT_EQ(read_at(slice, in.get(), 2, some), 3u);
  EXPECT_EQ(some, std::string("9") + '\0' + '\0');
  EXPECT_EQ(read_at(slice, in.get(), 7, some), 0u);
}

TEST(Slice, SaysWhenItsFileIsTooShort) {
  Scratch scratch;
  Slice slice{scratch.write("f", "0123"), {{2, 5, false}}};
  EXPECT_NE(failure_of([&] { read_all(slice); }).find("truncated"), std::string::npos);
  Fd out(open((scratch / "o").c_str(), O_WRONLY | O_CREAT, 0666));
  EXPECT_NE(failure_of([&] { copy_to(slice, out.get(), 0, scratch / "o"); }).find("truncated"),
            std::string::npos);
}

TEST(Slice, OfSomethingThatIsNoFileIsRefused) {
  Scratch scratch;
  EXPECT_NE(failure_of([&] { Slice::whole(scratch.path()); }).find("is a folder"),
            std::string::npos);
  EXPECT_NE(failure_of([&] { Slice::whole("/dev/null"); }).find("not a regular file"),
            std::string::npos);
  EXPECT_NE(failure_of([&] { Slice::whole(scratch / "none"); }).find("cannot open"),
            std::string::npos);
}

TEST(Digest, KnowsItsAlgorithm) {
  EXPECT_EQ(sha256("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(Guid, IsAVersion8AndReadsAsMicrosoftWritesIt) {
  std::array<std::uint8_t, 16> guid = {};
  for (std::uint8_t i = 0; i < 16; ++i) guid[i] = i;
  EXPECT_EQ(guid_text(guid), "03020100-0504-0706-0809-0a0b0c0d0e0f");
  std::string text = guid_text(derived_guid("x"));
  EXPECT_EQ(text[14], '8');
  EXPECT_NE(std::string("89ab").find(text[19]), std::string::npos);
  EXPECT_NE(text, guid_text(derived_guid("y")));
}

TEST(DigestCache, RemembersSettledFilesAndSeesChanges) {
  Scratch scratch;
  fs::path file = scratch.write("f", "one");
  {
    DigestCache cache(scratch / "cache");
    EXPECT_EQ(cache.sha256_of(file), sha256("one"));
  }
  scratch.write("f", "two");
  DigestCache cache(scratch / "cache");
  EXPECT_EQ(cache.sha256_of(file), sha256("two"));
}

// A cache that lies shows that it is asked: the digest is not computed again.
TEST(DigestCache, IsAskedFirst) {
  Scratch scratch;
  fs::path file = scratch.write("f", "one");
  struct stat info = {};
  ASSERT_EQ(stat(file.c_str(), &info), 0);
  auto ns = [](const timespec& t) { return t.tv_sec * 1'000'000'000LL + t.tv_nsec; };
  std::string lie(64, 'a');
  scratch.write("cache", fmt::format("{} {} {} {} {} {}\n", lie, info.st_dev, info.st_ino,
                                     info.st_size, ns(info.st_mtim), ns(info.st_ctim)));
  EXPECT_EQ(DigestCache(scratch / "cache").sha256_of(file), lie);
  scratch.write("cache", "rubbish \x01\n");
  EXPECT_EQ(DigestCache(scratch / "cache").sha256_of(file), sha256("one"));
}

TEST(Process, KeepsOutputAndStatus) {
  ProcessResult result = run_process({"sh", "-c", "echo out; echo err >&2; exit 3"});
  EXPECT_EQ(result.status, 3);
  EXPECT_EQ(result.output, "out\nerr\n");
  EXPECT_EQ(run_process({"sh", "-c", "kill -9 $$"}).status, 128 + 9);
}

TEST(Process, TakesArgumentsAsTheyAreAndHasNoInput) {
  EXPECT_EQ(run_checked({"printf", "%s|", "a b", "$HOME", "'", ""}), "a b|$HOME|'||");
  EXPECT_EQ(run_checked({"cat"}), "");
  Scratch scratch;
  EXPECT_EQ(run_checked({"sh", "-c", "pwd; echo $X"},
                        {.directory = scratch.path(), .environment = {{"X", "y"}}}),
            scratch.path().string() + "\ny\n");
}

TEST(Process, FailuresShowTheCommandAndWhatItSaid) {
  std::string message = failure_of([] { run_checked({"sh", "-c", "echo no disk; exit 7"}); });
  EXPECT_NE(message.find("exit code 7"), std::string::npos);
  EXPECT_NE(message.find("sh -c 'echo no disk; exit 7'"), std::string::npos) << message;
  EXPECT_NE(message.find("    no disk"), std::string::npos) << message;
  EXPECT_NE(failure_of([] { run_checked({"no-such-program-here"}); }).find("is not installed"),
            std::string::npos);
}

}  // namespace
}  // namespace remedia
