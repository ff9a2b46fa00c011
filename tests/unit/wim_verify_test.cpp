// Verification with all processors says what libwim says.
#include "media/wim_verify.h"

#include "media/wim_host.h"
#include "media/wim_lib.h"
#include "media/wim_table.h"
#include "support/process.h"
#include "support/wim_sources.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include <fcntl.h>

namespace remedia::wim {
namespace {

using namespace wim_sources;

constexpr const char* kShown = "some.wim";
// What the images say, not the data.
constexpr const char* kLacks = "'some.wim' lacks the data of a file";

// Contents of one chunk, of several with one that is stored, of exactly eight; one that is stored
// as a whole.
std::vector<Addition> additions_in(const Scratch& scratch) {
  return write_additions(scratch, "src",
                         {{"tiny.txt", "tiny"},
                          {"one.bin", filler(20'000, 1)},
                          {"mixed.bin", filler(40'000, 2) + noise(60'000, 3) + filler(33'000, 4)},
                          {"eight.bin", filler(std::size_t{8} * 32768, 5)},
                          {"noise.bin", noise(50'000, 6)}});
}

// The message of what it throws, or "".
template <typename Action>
std::string verdict_of(Action&& action) {
  try {
    action();
  } catch (const Failure& failure) {
    return failure.what();
  }
  return {};
}

std::string verdict_of_libwim(const fs::path& wim) {
  return verdict_of([&] {
    Host host;
    Handle handle = open_wim(host, host.add_file(Slice::whole(wim)), 0, kShown);
    check(host, wimlib_verify_wim(handle.get(), 0), kShown);
  });
}

File open_shown(const fs::path& wim) { return File(Slice::whole(wim), kShown); }

bool is_proven(const fs::path& wim) {
  return data_is_proven({Slice::whole(wim)}, open_shown(wim).info());
}

class WimVerify : public testing::Test {
 protected:
  fs::path make(Compression compression, CaptureOptions options = {}) {
    options.compression = compression;
    return capture_wim(scratch_, "test.wim", additions_in(scratch_), options);
  }

  static std::string bytes_at(const fs::path& wim, std::uint64_t offset, std::size_t size) {
    return read_file(wim).substr(static_cast<std::size_t>(offset), size);
  }

  static void patch(const fs::path& wim, std::uint64_t offset, std::string_view bytes) {
    Fd fd(open(wim.c_str(), O_WRONLY | O_CLOEXEC));
    write_at(fd.get(), bytes, offset, wim);
  }

  static std::vector<Blob> blobs_of(const fs::path& wim) {
    Slice slice = Slice::whole(wim);
    return *read_table(slice, *read_head(slice));
  }

  // Where the entry of the largest compressed content stands in the table.
  static std::uint64_t entry_of_largest(const fs::path& wim) {
    std::vector<Blob> blobs = blobs_of(wim);
    auto largest = std::max_element(blobs.begin(), blobs.end(), [](const Blob& a, const Blob& b) {
      return a.resource.size < b.resource.size;
    });
    EXPECT_NE(largest->resource.flags & Resource::kCompressed, 0);
    return read_head(Slice::whole(wim))->table.offset +
           50 * static_cast<std::uint64_t>(largest - blobs.begin());
  }

  // Damages the byte at `offset`, compares the verdicts, and repairs it. True if libwim objects.
  static bool compare_damaged(const fs::path& wim, std::uint64_t offset, char change,
                              bool is_data) {
    std::string right = bytes_at(wim, offset, 1);
    patch(wim, offset, std::string(1, static_cast<char>(right[0] ^ change)));
    std::string expected = verdict_of_libwim(wim);
    std::optional<File> file;
    if (verdict_of([&] { file.emplace(open_shown(wim)); }).empty()) {
      bool proven = data_is_proven({Slice::whole(wim)}, file->info());
      if (is_data) {
        EXPECT_EQ(proven, expected.empty()) << "byte " << offset << ": " << expected;
      } else if (proven) {
        EXPECT_TRUE(expected.empty() || expected == kLacks) << "byte " << offset << expected;
      }
      EXPECT_EQ(verdict_of([&] { file->verify(); }), expected) << "byte " << offset;
    }
    patch(wim, offset, right);
    return !expected.empty();
  }

  Scratch scratch_;
};

class WimVerifyOf : public WimVerify, public testing::WithParamInterface<Compression> {};

TEST_P(WimVerifyOf, ProvesWhatIsGood) {
  fs::path wim = make(GetParam());
  expect_verified(wim);
  EXPECT_TRUE(is_proven(wim));
  open_shown(wim).verify();
}

TEST_P(WimVerifyOf, FindsDamagedDataAsLibwimDoes) {
  fs::path wim = make(GetParam());
  std::size_t found = 0, tried = 0;
  for (const Blob& blob : blobs_of(wim)) {
    const Resource& resource = blob.resource;
    std::set<std::uint64_t> places{0, resource.stored - 1};
    // Chunk tables, and what a decompressor reads first, are at the beginning.
    for (std::uint64_t i = 0; i < std::min<std::uint64_t>(resource.stored, 30); ++i)
      places.insert(i);
    for (std::uint64_t i = 0; i < resource.stored; i += 1 + resource.stored / 10) places.insert(i);
    for (std::uint64_t i : places) {
      found += compare_damaged(wim, resource.offset + i, static_cast<char>(1 << i % 8), true);
      ++tried;
    }
  }
  // A few bits of compressed data mean nothing.
  EXPECT_GT(found, tried * 9 / 10);
  EXPECT_TRUE(is_proven(wim));
}

TEST_P(WimVerifyOf, ProvesNothingThatLibwimRefuses) {
  fs::path wim = make(GetParam());
  Head head = *read_head(Slice::whole(wim));
  std::size_t found = 0;
  // Entries have 50 bytes: so each byte of an entry has its turn.
  for (std::uint64_t i = 0; i < head.table.size; i += 3) {
    found += compare_damaged(wim, head.table.offset + i, static_cast<char>(1 << i % 8), false);
  }
  EXPECT_GT(found, head.table.size / 6);
  for (std::uint64_t i = 8; i < 208; i += 3) {
    compare_damaged(wim, i, static_cast<char>(1 << i % 8), false);
  }
}

INSTANTIATE_TEST_SUITE_P(Compressions, WimVerifyOf,
                         testing::Values(Compression::none, Compression::xpress, Compression::lzx,
                                         Compression::lzms));

TEST_F(WimVerify, LeavesSolidResourcesToLibwim) {
  fs::path wim = make(Compression::lzms, {.solid = true});
  EXPECT_FALSE(is_proven(wim));
  open_shown(wim).verify();
}

TEST_F(WimVerify, LeavesPipableWimsToLibwim) {
  fs::path wim = make(Compression::lzx), pipable = scratch_ / "pipable.wim";
  run_checked({"wimexport", wim, "1", pipable, "--pipable"});
  EXPECT_FALSE(is_proven(pipable));
  open_shown(pipable).verify();
}

TEST_F(WimVerify, ProvesAllPartsOfASplitWim) {
  fs::path wim = capture_wim(
      scratch_, "whole.wim",
      write_additions(
          scratch_, "large",
          {{"a", noise(1'300'000, 1)}, {"b", noise(1'300'000, 2)}, {"c", filler(700'000, 3)}}));
  run_checked({"wimsplit", wim, scratch_ / "part.swm", "2"});
  Slice first = Slice::whole(scratch_ / "part.swm"), second = Slice::whole(scratch_ / "part2.swm");
  File file(first, kShown, {second});
  EXPECT_TRUE(data_is_proven({first, second}, file.info()));
  file.verify();
  const Blob damaged = blobs_of(second.file).front();
  patch(second.file, damaged.resource.offset + damaged.resource.stored / 2, "damage");
  EXPECT_FALSE(data_is_proven({first, second}, file.info()));
  EXPECT_NE(failure_of([&] { file.verify(); }).find("'some.wim' is damaged: data does not"),
            std::string::npos);
}

TEST_F(WimVerify, LooksAtTheImagesToo) {
  fs::path wim = make(Compression::lzx);
  patch(wim, entry_of_largest(wim) + 30, std::string(20, '\0'));  // no SHA-1: no content
  EXPECT_TRUE(is_proven(wim));
  EXPECT_NE(failure_of([&] { open_shown(wim).verify(); }).find(kLacks), std::string::npos);
}

TEST_F(WimVerify, ReadsAWimInsideOfAnotherFile) {
  std::string bytes = read_file(make(Compression::lzx));
  std::size_t half = bytes.size() / 2;
  fs::path outer = scratch_.write("outer", "before" + bytes.substr(half) + bytes.substr(0, half));
  Slice inner{outer, {{6 + bytes.size() - half, half}, {6, bytes.size() - half}}};
  File file(inner, kShown);
  EXPECT_TRUE(data_is_proven({inner}, file.info()));
  file.verify();
}

TEST_F(WimVerify, SaysNothingOfAFileThatGotShorter) {
  fs::path wim = make(Compression::lzx);
  File file = open_shown(wim);
  Slice slice = Slice::whole(wim);
  fs::resize_file(wim, blobs_of(wim).front().resource.offset + 10);
  EXPECT_FALSE(data_is_proven({slice}, file.info()));
  EXPECT_NE(failure_of([&] { file.verify(); }), "");
  fs::remove(wim);
  EXPECT_FALSE(data_is_proven({slice}, file.info()));
  EXPECT_FALSE(data_is_proven({}, file.info()));
}

// Entries of the table: 7 bytes size in the file, flags, offset, size.
TEST_F(WimVerify, BelievesNoSizes) {
  const std::string huge(7, '\xff'), none(7, '\0');
  const std::map<std::string, std::pair<std::uint64_t, std::string>> lies = {
      {"stored in 64 PiB", {0, huge}},
      {"stored in nothing", {0, none}},
      {"stored in one byte", {0, std::string("\1\0\0\0\0\0\0", 7)}},
      {"far behind the end", {8, huge}},
      {"content of 16 EiB", {16, huge + "\xff"}},
      {"content of 4 GiB", {16, std::string("\0\0\0\0\1\0\0\0", 8)}},
      {"one byte more", {16, std::string("\1\0\4\0\0\0\0\0", 8)}},
      {"spanned", {7, "\x0c"}},
      {"solid", {7, "\x14"}},
      {"unknown flag", {7, "\x84"}}};
  for (const auto& [name, lie] : lies) {
    fs::path wim = make(Compression::lzx);
    File file = open_shown(wim);  // before the lie, which not every one survives
    patch(wim, entry_of_largest(wim) + lie.first, lie.second);
    EXPECT_FALSE(data_is_proven({Slice::whole(wim)}, file.info())) << name;
  }
}

// A million entries that all show the same large resource would take hours.
TEST_F(WimVerify, LeavesOverlappingResourcesToLibwim) {
  fs::path wim = make(Compression::lzx);
  Slice slice = Slice::whole(wim);
  Info info = open_shown(wim).info();
  Head head = *read_head(slice);
  std::string entry = bytes_at(wim, entry_of_largest(wim), 50);
  for (std::uint64_t at = 0; at < head.table.size; at += 50) {
    patch(wim, head.table.offset + at, entry);
  }
  EXPECT_FALSE(data_is_proven({slice}, info));
}

TEST_F(WimVerify, TakesOnlyChunksThatFollowEachOther) {
  fs::path wim = make(Compression::lzx);
  Info info = open_shown(wim).info();
  std::vector<Blob> blobs = blobs_of(wim);
  auto eight = std::find_if(blobs.begin(), blobs.end(), [](const Blob& blob) {
    return blob.resource.size == std::uint64_t{8} * 32768;
  });
  ASSERT_NE(eight, blobs.end());
  std::uint64_t table = eight->resource.offset;
  std::string ends = bytes_at(wim, table, 28);
  auto swapped = ends.substr(4, 4) + ends.substr(0, 4) + ends.substr(8);
  const std::vector<std::string> wrong = {swapped, std::string(28, '\0'), std::string(28, '\xff'),
                                          ends.substr(0, 24) + ends.substr(20, 4),
                                          ends.substr(0, 24) + "\xff\xff\xff\x7f"};
  for (const std::string& bytes : wrong) {
    patch(wim, table, bytes);
    EXPECT_FALSE(data_is_proven({Slice::whole(wim)}, info));
    EXPECT_EQ(verdict_of([&] { open_shown(wim).verify(); }), verdict_of_libwim(wim));
  }
  patch(wim, table, ends);
  EXPECT_TRUE(data_is_proven({Slice::whole(wim)}, info));
  info.chunk_size = 65536;
  EXPECT_FALSE(data_is_proven({Slice::whole(wim)}, info));
}

}  // namespace
}  // namespace remedia::wim
