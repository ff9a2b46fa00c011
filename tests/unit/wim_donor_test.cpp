// capture() with donors: the same bytes as from nothing, whatever is in them; and which files are
// donors at all.
#include "media/wim_donor.h"

#include "media/wim.h"
#include "support/digest.h"
#include "support/wim_sources.h"

#include <sys/stat.h>

namespace remedia::wim {
namespace {

using namespace wim_sources;

std::string digest_of(const fs::path& file) { return sha256(Slice::whole(file)); }

std::optional<Donor> open_sealed(const fs::path& file) {
  return Donor::open(file, fs::file_size(file), seal_of(Slice::whole(file)).value_or("none"));
}

class WimDonor : public testing::Test {
 protected:
  // Equal contents, one that is empty, one that does not compress, folders.
  WimDonor()
      : additions_(write_additions(scratch_, "tree",
                                   {{"net/zebra.sys", filler(120000, 11)},
                                    {"net/apple.sys", filler(70000, 12)},
                                    {"net/noise.cat", noise(150000, 13)},
                                    {"disk/copy of apple.sys", filler(70000, 12)},
                                    {"disk/same size.sys", filler(70000, 15)},
                                    {"empty", ""},
                                    {"tail.inf", "t"}})) {
    additions_.push_back({"folder/below", true, {}});
  }

  fs::path captured(const std::string& name, const std::vector<Addition>& additions,
                    std::vector<Slice> donors = {}, int level = 20) {
    CaptureOptions options{.level = level, .integrity = true, .guid = {7}};
    options.donors = std::move(donors);
    capture({{.name = "component", .additions = additions}}, options, scratch_ / name);
    return scratch_ / name;
  }

  // With and without: the same, and the digests of all files as they should be.
  void expect_equal(const std::vector<Addition>& additions, const std::vector<fs::path>& donors) {
    std::vector<Slice> slices;
    for (const fs::path& donor : donors) slices.push_back(Slice::whole(donor));
    std::string plain = digest_of(captured("plain.wim", additions));
    EXPECT_EQ(digest_of(captured("out.wim", additions, slices)), plain);
    expect_verified(scratch_ / "out.wim");
  }

  std::vector<Addition> with(std::vector<std::pair<std::string, std::string>> files) {
    std::vector<Addition> all = additions_;
    for (Addition& more : write_additions(scratch_, "more" + std::to_string(++folders_), files)) {
      std::erase_if(all, [&](const Addition& a) { return a.target == more.target; });
      all.push_back(std::move(more));
    }
    return all;
  }

  Scratch scratch_;
  std::vector<Addition> additions_;
  int folders_ = 0;
};

TEST_F(WimDonor, GivesTheSameBytesAsNone) {
  expect_equal(additions_, {captured("donor.wim", additions_)});
}

TEST_F(WimDonor, MayHoldAnyPart) {
  for (const Addition& addition : additions_) {
    expect_equal(additions_, {captured("one.wim", {addition})});
    std::vector<Addition> others = additions_;
    std::erase_if(others, [&](const Addition& a) { return a.target == addition.target; });
    expect_equal(additions_, {captured("others.wim", others)});
    expect_equal(others, {captured("all.wim", additions_)});
  }
}

TEST_F(WimDonor, ChangesInEveryWay) {
  fs::path donor = captured("donor.wim", additions_);
  expect_equal(with({{"net/zebra.sys", filler(120001, 21)}}), {donor});
  expect_equal(with({{"net/zebra.sys", filler(120000, 22)}}), {donor});
  expect_equal(with({{"net/zebra.sys", filler(70000, 12)}}), {donor});
  expect_equal(with({{"net/zebra.sys", ""}}), {donor});
  expect_equal(with({{"a first.sys", noise(90000, 3)}, {"zz/last.sys", filler(9000, 4)}}), {donor});
  expect_equal(with({{"net/noise.cat", noise(150000, 23)}}), {donor});
  std::vector<Addition> renamed = additions_;
  for (std::size_t i = 0; i < renamed.size(); ++i) renamed[i].target = std::to_string(100 - i);
  expect_equal(renamed, {donor});
  expect_equal({}, {donor});
  expect_equal(write_additions(scratch_, "new", {{"x", filler(5000, 99)}}), {donor});
}

TEST_F(WimDonor, SeveralTogether) {
  fs::path first = captured("first.wim", {additions_[0], additions_[2]});
  fs::path second = captured("second.wim", {additions_[1], additions_[2], additions_[6]});
  expect_equal(additions_, {first, second});
  expect_equal(additions_, {second, first});
  expect_equal(additions_, {first, first});
}

// That data is taken at all shows when the donor was compressed in another way.
TEST_F(WimDonor, IsTakenAsItIs) {
  fs::path donor = captured("strong.wim", additions_, {}, 100);
  std::string plain = digest_of(captured("plain.wim", additions_));
  ASSERT_NE(digest_of(donor), plain);
  std::string out = read_file(captured("out.wim", additions_, {Slice::whole(donor)}));
  Slice from = Slice::whole(donor);
  std::vector<Blob> table = read_table(from, read_head(from).value()).value();
  std::size_t found = 0;
  for (const Blob& blob : table) {
    const Resource& resource = blob.resource;
    if ((resource.flags & Resource::kMetadata) != 0) continue;
    found += out.find(read_all(part_of(from, resource.offset, resource.stored))) != out.npos;
  }
  EXPECT_EQ(found, 5u);
  EXPECT_NE(sha256(out), plain);
}

TEST_F(WimDonor, IsNothingToOtherWaysOfWriting) {
  Slice donor = Slice::whole(captured("donor.wim", additions_));
  for (CaptureOptions options : {CaptureOptions{.compression = Compression::xpress},
                                 CaptureOptions{.compression = Compression::none},
                                 CaptureOptions{.compression = Compression::lzms, .solid = true}}) {
    Capture image{.name = "x", .additions = additions_};
    capture({image}, options, scratch_ / "plain.wim");
    options.donors = {donor};
    capture({image}, options, scratch_ / "out.wim");
    EXPECT_EQ(digest_of(scratch_ / "out.wim"), digest_of(scratch_ / "plain.wim"));
  }
  fs::path other = capture_wim(scratch_, "x.wim", additions_, {.compression = Compression::xpress});
  expect_equal(additions_, {other});
}

TEST_F(WimDonor, KnownDigestsAreCompared) {
  fs::path donor = captured("donor.wim", additions_);
  std::vector<Addition> known = additions_;
  for (Addition& a : known) {
    if (!a.directory && a.content.size() > 0) a.sha1 = hex(sha1_of(a.content));
  }
  expect_equal(known, {donor});
  scratch_.write("tree/net/zebra.sys", filler(120000, 77));
  EXPECT_THROW(captured("out.wim", known, {Slice::whole(donor)}), ContentChanged);
  EXPECT_THROW(captured("out.wim", known), ContentChanged);
}

TEST_F(WimDonor, CopyIsWhatCaptureWouldWrite) {
  std::optional<Donor> donor = open_sealed(captured("donor.wim", additions_));
  ASSERT_TRUE(donor);
  CaptureOptions options{.integrity = true, .guid = {1, 2, 3}};
  capture({{.name = "component", .additions = additions_}}, options, scratch_ / "plain.wim");
  copy_donor(*donor, options.guid, scratch_ / "copy.wim");
  EXPECT_EQ(digest_of(scratch_ / "copy.wim"), digest_of(scratch_ / "plain.wim"));
}

TEST_F(WimDonor, StaysWhenItIsDeletedOrReplaced) {
  fs::path file = captured("donor.wim", additions_);
  std::string plain = digest_of(captured("plain.wim", additions_));
  std::optional<Donor> donor = open_sealed(file);
  ASSERT_TRUE(donor);
  fs::remove(file);
  EXPECT_EQ(digest_of(captured("out.wim", additions_, {donor->slice()})), plain);
  scratch_.write("donor.wim", "something else");
  EXPECT_EQ(digest_of(captured("out.wim", additions_, {donor->slice()})), plain);
}

TEST_F(WimDonor, DamageAnywhereIsSeen) {
  fs::path file = captured("donor.wim", additions_);
  std::string whole = read_file(file), seal = seal_of(Slice::whole(file)).value();
  ASSERT_TRUE(Donor::open(file, whole.size(), seal));
  for (std::size_t at = 0; at < whole.size(); at += at < 208 ? 1 : 997) {
    std::string bad = whole;
    bad[at] = static_cast<char>(bad[at] ^ 0x10);
    EXPECT_FALSE(Donor::open(scratch_.write("bad.wim", bad), bad.size(), seal)) << at;
  }
  for (std::size_t at = whole.size() - 300; at < whole.size(); ++at) {
    std::string bad = whole;
    bad[at] = static_cast<char>(bad[at] ^ 0x10);
    EXPECT_FALSE(Donor::open(scratch_.write("bad.wim", bad), bad.size(), seal)) << at;
  }
  for (std::size_t size = 0; size < whole.size(); size += 9973) {
    fs::path cut = scratch_.write("cut.wim", whole.substr(0, size));
    EXPECT_FALSE(Donor::open(cut, size, seal)) << size;
    EXPECT_FALSE(Donor::open(cut, whole.size(), seal)) << size;
  }
}

TEST_F(WimDonor, IsNothingElse) {
  fs::path file = captured("donor.wim", additions_);
  std::uint64_t size = fs::file_size(file);
  std::string seal = seal_of(Slice::whole(file)).value();
  fs::path other = captured("other.wim", with({{"net/zebra.sys", filler(120000, 31)}}));
  EXPECT_FALSE(Donor::open(other, fs::file_size(other), seal));
  EXPECT_FALSE(Donor::open(file, size + 1, seal));
  EXPECT_FALSE(Donor::open(file, size, ""));
  EXPECT_FALSE(Donor::open(scratch_ / "none", size, seal));
  EXPECT_FALSE(Donor::open(scratch_.path(), size, seal));
  fs::create_symlink(file, scratch_ / "link");
  EXPECT_FALSE(Donor::open(scratch_ / "link", size, seal));
  ASSERT_EQ(mkfifo((scratch_ / "pipe").c_str(), 0600), 0);
  EXPECT_FALSE(Donor::open(scratch_ / "pipe", 0, seal));
  EXPECT_FALSE(seal_of(Slice::whole(scratch_.write("text", "no WIM"))));
  EXPECT_FALSE(seal_of(Slice::whole(capture_wim(scratch_, "unsealed.wim", additions_))));
}

}  // namespace
}  // namespace remedia::wim
