// Split WIMs (made by wimsplit, which is not ours) and solid ones.
#include "media/wim.h"
#include "support/digest.h"
#include "support/process.h"
#include "support/wim_sources.h"

#include <algorithm>
#include <set>

namespace remedia::wim {
namespace {

using namespace wim_sources;

class WimSplit : public testing::Test {
 protected:
  WimSplit() {
    additions_ = write_additions(scratch_, "src",
                                 {{"Windows/one.bin", noise(1'300'000, 1)},
                                  {"Windows/two.bin", noise(1'300'000, 2)},
                                  {"Windows/three.bin", noise(1'300'000, 3)},
                                  {"Windows/four.bin", noise(1'300'000, 5)},
                                  {"Windows/small.txt", filler(60000, 4)}});
    whole_ = capture_wim(scratch_, "whole.wim", additions_);
    parts_ = split(whole_, "install");
  }

  // PART.swm, PART2.swm, ...
  std::vector<fs::path> split(const fs::path& wim, const std::string& stem) const {
    run_checked({"wimsplit", wim, scratch_ / (stem + ".swm"), "2"});
    std::vector<fs::path> parts{scratch_ / (stem + ".swm")};
    for (int i = 2; fs::exists(scratch_ / fmt::format("{}{}.swm", stem, i)); ++i) {
      parts.push_back(scratch_ / fmt::format("{}{}.swm", stem, i));
    }
    return parts;
  }

  static File open_parts(const std::vector<fs::path>& parts) {
    std::vector<Slice> more;
    for (std::size_t i = 1; i < parts.size(); ++i) more.push_back(Slice::whole(parts[i]));
    return File(Slice::whole(parts[0]), parts[0].filename().string(), more);
  }

  static Diagnostic problem_of(const std::vector<fs::path>& parts) {
    try {
      open_parts(parts);
    } catch (const Failure& failure) {
      return failure.diagnostics()[0];
    }
    ADD_FAILURE() << "no Failure was thrown";
    return {};
  }

  Scratch scratch_;
  std::vector<Addition> additions_;
  fs::path whole_;
  std::vector<fs::path> parts_;
};

TEST_F(WimSplit, IsReadAcrossItsParts) {
  ASSERT_EQ(parts_.size(), 4u);
  File wim = open_parts(parts_);
  ASSERT_EQ(wim.info().images.size(), 1u);
  EXPECT_EQ(wim.info().images[0].name, "Test");
  EXPECT_EQ(wim.list(1).size(), open_wim_file(whole_).list(1).size());
  for (const Addition& addition : additions_) {
    EXPECT_EQ(content_of(wim, addition.target, scratch_), read_all(addition.content));
    EXPECT_TRUE(wim.contains(sha1_in(wim, addition.target)));
  }
  wim.verify();
}

TEST_F(WimSplit, PartsMayComeInAnyOrder) {
  std::vector<std::size_t> order{0, 1, 2, 3};
  std::set<std::string> results;
  do {
    std::vector<fs::path> parts;
    for (std::size_t i : order) parts.push_back(parts_[i]);
    File wim = open_parts(parts);
    EXPECT_EQ(wim.info().images[0].name, "Test");
    EXPECT_EQ(wim.list(1).size(), 6u);
    if (order[1] != 0) continue;  // some orders will do for what takes longer
    export_image(wim, 1, scratch_ / "out.wim", {.guid = {9}, .clock = kClock});
    results.insert(sha256(Slice::whole(scratch_ / "out.wim")));
  } while (std::next_permutation(order.begin(), order.end()));
  EXPECT_EQ(results.size(), 1u);
  expect_verified(scratch_ / "out.wim");
  File out = open_wim_file(scratch_ / "out.wim");
  EXPECT_TRUE(out.info().bootable_format);
  for (const Addition& addition : additions_) {
    EXPECT_EQ(content_of(out, addition.target, scratch_), read_all(addition.content));
  }
}

TEST_F(WimSplit, IsWrittenOverNoneOfItsParts) {
  File wim = open_parts(parts_);
  for (const fs::path& part : parts_) {
    EXPECT_NE(failure_of([&] { export_image(wim, 1, part, {}); }).find("over itself"),
              std::string::npos);
  }
  open_parts(parts_).verify();
}

TEST_F(WimSplit, AloneSaysWhatBelongsBesideIt) {
  Diagnostic first = problem_of({parts_[0]});
  EXPECT_EQ(first.message, "'install.swm' is part 1 of 4 of a split WIM");
  EXPECT_NE(first.hint.find("install.swm and install2.swm to install4.swm"), std::string::npos);
  Diagnostic third = problem_of({parts_[2]});
  EXPECT_EQ(third.message, "'install3.swm' is part 3 of 4 of a split WIM");
  EXPECT_EQ(third.hint, "name the first: install.swm");
}

TEST_F(WimSplit, NamesMissingParts) {
  EXPECT_EQ(problem_of({parts_[0], parts_[2], parts_[3]}).message,
            "the split WIM 'install.swm' lacks part 2 of 4");
  EXPECT_EQ(problem_of({parts_[3], parts_[2]}).message,
            "the split WIM 'install4.swm' lacks part 1, 2 of 4");
}

TEST_F(WimSplit, NamesForeignParts) {
  // The same files, another GUID.
  fs::path other = capture_wim(scratch_, "other.wim", additions_, {.guid = {7}});
  std::vector<fs::path> others = split(other, "other");
  EXPECT_EQ(problem_of({parts_[0], parts_[1], others[2], parts_[3]}).message,
            fmt::format("'{}' is not a part of 'install.swm': it is part 3 of 4 of another WIM",
                        others[2].string()));
  EXPECT_EQ(problem_of({parts_[0], whole_}).message,
            fmt::format("'{}' is not a part of 'install.swm': it is part 1 of 1 of another WIM",
                        whole_.string()));
  fs::path text = scratch_.write("text.swm", "no WIM");
  EXPECT_EQ(problem_of({parts_[0], text}).message,
            fmt::format("'{}' is not a part of 'install.swm': it is no WIM", text.string()));
}

TEST_F(WimSplit, NamesPartsThatAreThereTwice) {
  fs::path again = scratch_.write("again.swm", read_file(parts_[1]));
  EXPECT_EQ(problem_of({parts_[0], parts_[1], again, parts_[2]}).message,
            fmt::format("part 2 of 'install.swm' is there twice: '{}' and '{}'", parts_[1].string(),
                        again.string()));
}

TEST_F(WimSplit, IsNotWhatAWholeWimIs) {
  EXPECT_EQ(
      problem_of({whole_, parts_[1]}).message,
      fmt::format("'whole.wim' is a whole WIM; '{}' cannot be a part of it", parts_[1].string()));
}

TEST_F(WimSplit, TruncatedPartsAreRefused) {
  std::string bytes = read_file(parts_[2]);
  for (std::size_t size :
       {std::size_t{0}, std::size_t{100}, std::size_t{300}, bytes.size() / 2, bytes.size() - 1}) {
    std::vector<fs::path> parts = parts_;
    parts[2] = scratch_.write("cut.swm", bytes.substr(0, size));
    EXPECT_NE(failure_of([&] { open_parts(parts).verify(); }).find("install.swm"),
              std::string::npos)
        << size;
  }
}

TEST_F(WimSplit, DamagedPartsAreFound) {
  std::string bytes = read_file(parts_[1]);
  bytes[5000] ^= 1;
  std::vector<fs::path> parts = parts_;
  parts[1] = scratch_.write("bad.swm", bytes);
  EXPECT_NE(failure_of([&] { open_parts(parts).verify(); }).find("is damaged"), std::string::npos);
}

// --- install.esd ---------------------------------------------------------------------------------

TEST(WimSolid, ImagesComeOutAsBootable) {
  Scratch scratch;
  std::vector<Addition> first = write_additions(
      scratch, "one", {{"Windows/a.dll", filler(400000, 1)}, {"Windows/n", noise(90000, 2)}});
  std::vector<Addition> second = write_additions(
      scratch, "two", {{"Windows/a.dll", filler(400000, 1)}, {"Windows/b.dll", filler(300000, 3)}});
  CaptureOptions options{.compression = Compression::lzms, .solid = true, .clock = kClock};
  capture({{.name = "Home", .additions = first}, {.name = "Pro", .additions = second}}, options,
          scratch / "install.esd");
  File esd = open_wim_file(scratch / "install.esd");
  EXPECT_FALSE(esd.info().bootable_format);
  const Entry* entry = esd.find(2, "windows\\B.DLL");
  ASSERT_NE(entry, nullptr);
  esd.extract(2, *entry, scratch / "b");
  EXPECT_EQ(read_file(scratch / "b"), filler(300000, 3));

  std::set<std::string> results;
  for (int run = 0; run < 2; ++run) {
    export_image(esd, 2, scratch / "out.wim", {.guid = {9}, .clock = kClock, .level = 20});
    results.insert(sha256(Slice::whole(scratch / "out.wim")));
  }
  EXPECT_EQ(results.size(), 1u);
  export_image(esd, 2, scratch / "small.wim", {.guid = {9}, .clock = kClock, .level = 100});
  results.insert(sha256(Slice::whole(scratch / "small.wim")));
  EXPECT_EQ(results.size(), 2u) << "the level does not matter";
  for (const char* name : {"out.wim", "small.wim"}) {
    expect_verified(scratch / name);
    File wim = open_wim_file(scratch / name);
    EXPECT_EQ(wim.info().compression, Compression::lzx);
    EXPECT_EQ(wim.info().chunk_size, 32768u);
    EXPECT_TRUE(wim.info().bootable_format);
    EXPECT_EQ(wim.info().images[0].name, "Pro");
    EXPECT_EQ(content_of(wim, "Windows/a.dll", scratch), filler(400000, 1));
    EXPECT_EQ(content_of(wim, "Windows/b.dll", scratch), filler(300000, 3));
    EXPECT_FALSE(wim.contains(sha1_in(esd, "Windows/n")));
  }
}

}  // namespace
}  // namespace remedia::wim
