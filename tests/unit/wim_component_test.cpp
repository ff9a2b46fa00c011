// Updates with component WIMs: the same bytes as without, whatever is in the components, and never
// wrong ones. Also data that does not compress, and libwim's SHA-1, which is ours.
#include "media/wim.h"
#include "media/wim_host.h"
#include "media/wim_table.h"
#include "support/digest.h"
#include "support/process.h"
#include "support/wim_sources.h"

#include <cstring>
#include <functional>

#include <wimlib.h>

namespace remedia::wim {
namespace {

using namespace wim_sources;

std::vector<Blob> table_of(const fs::path& wim) {
  Slice slice = Slice::whole(wim);
  return read_table(slice, read_head(slice).value()).value();
}

class WimComponent : public testing::Test {
 protected:
  WimComponent() {
    base_ = make_base(scratch_, "base.wim",
                      write_additions(scratch_, "base",
                                      {{"Windows/System32/a.dll", filler(90000, 1)},
                                       {"Windows/b.txt", "in the base"}}));
    // Equal contents, one that the base has, one that is empty, one that does not compress, and
    // one that is replaced.
    additions_ = write_additions(scratch_, "overlay",
                                 {{"Tools/zebra.exe", filler(120000, 11)},
                                  {"Tools/apple.exe", filler(70000, 12)},
                                  {"Tools/noise.bin", noise(150000, 13)},
                                  {"Tools/copy of apple.exe", filler(70000, 12)},
                                  {"Tools/same.txt", "in the base"},
                                  {"Tools/empty", ""},
                                  {"Windows/b.txt", "replaced"},
                                  {"Tools/tail.txt", "t"}});
    plain_ = updated({});
  }

  std::string updated(const std::vector<fs::path>& components, int level = 20) {
    UpdateOptions options{.guid = {5}, .clock = kClock + 60, .level = level};
    options.components = components;
    update(base_, additions_, options, scratch_ / "out.wim");
    return sha256(Slice::whole(scratch_ / "out.wim"));
  }

  fs::path component(const std::string& name, const std::vector<Addition>& additions,
                     CaptureOptions options = {.integrity = true}) {
    return capture_wim(scratch_, name, additions, options);
  }

  std::vector<Addition> some(std::initializer_list<std::size_t> which) const {
    std::vector<Addition> chosen;
    for (std::size_t i : which) chosen.push_back(additions_[i]);
    return chosen;
  }

  std::string failure_with(const fs::path& component) {
    return failure_of([&] { updated({component}); });
  }

  Scratch scratch_;
  fs::path base_;
  std::vector<Addition> additions_;
  std::string plain_;
};

TEST_F(WimComponent, GivesTheSameBytesAsNone) {
  EXPECT_EQ(updated({component("all.wim", additions_)}), plain_);
  expect_verified(scratch_ / "out.wim");
  File wim = open_wim_file(scratch_ / "out.wim");
  wim.verify();
  for (const Addition& addition : additions_) {
    EXPECT_EQ(content_of(wim, addition.target, scratch_), read_all(addition.content));
  }
}

TEST_F(WimComponent, MayHoldAnyPartOfTheAdditions) {
  for (std::size_t i = 0; i < additions_.size(); ++i) {
    EXPECT_EQ(updated({component("one.wim", some({i}))}), plain_) << additions_[i].target;
  }
  fs::path first = component("first.wim", some({0, 2})),
           second = component("two.wim", some({7, 1}));
  EXPECT_EQ(updated({first, second}), plain_);
  EXPECT_EQ(updated({second, first}), plain_);
  EXPECT_EQ(updated({first, first}), plain_);
}

TEST_F(WimComponent, LeavesOutWhatNobodyWants) {
  std::vector<Addition> more =
      write_additions(scratch_, "more", {{"Tools/other", filler(300000, 77)}, {"x", "y"}});
  more.insert(more.end(), additions_.begin(), additions_.end());
  fs::path path = component("more.wim", more);
  EXPECT_EQ(updated({path}), plain_);
  std::string other = sha1_in(open_wim_file(path), "Tools/other");
  EXPECT_TRUE(open_wim_file(path).contains(other));
  EXPECT_FALSE(open_wim_file(scratch_ / "out.wim").contains(other));
  additions_.clear();
  EXPECT_EQ(updated({path}), updated({}));
}

TEST_F(WimComponent, NamesInItDoNotMatter) {
  std::vector<Addition> renamed = additions_;
  for (std::size_t i = 0; i < renamed.size(); ++i) renamed[i].target = std::to_string(100 - i);
  EXPECT_EQ(updated({component("renamed.wim", renamed)}), plain_);
}

// That data is taken from components at all shows when they are compressed in another way.
TEST_F(WimComponent, IsTakenAsItIs) {
  fs::path path = component("strong.wim", additions_, {.level = 100, .integrity = true});
  EXPECT_NE(updated({path}), plain_);
  std::string out = read_file(scratch_ / "out.wim");
  std::size_t found = 0;
  for (const Blob& blob : table_of(path)) {
    const Resource& from = blob.resource;
    if ((from.flags & Resource::kMetadata) != 0 || from.size < 50000) continue;
    EXPECT_NE(out.find(read_all(part_of(Slice::whole(path), from.offset, from.stored))),
              std::string::npos);
    ++found;
  }
  EXPECT_EQ(found, 3u);
  expect_verified(scratch_ / "out.wim");
}

TEST_F(WimComponent, WithoutChecksumsIsDecompressed) {
  EXPECT_EQ(updated({component("plain.wim", additions_, {})}), plain_);
}

TEST_F(WimComponent, OfAnotherCompressionIsOfNoUse) {
  for (Compression compression : {Compression::none, Compression::xpress, Compression::lzms}) {
    fs::path path = component("other.wim", additions_, {.compression = compression});
    EXPECT_EQ(updated({path}), plain_);
  }
}

TEST_F(WimComponent, IsOfNoUseForABaseOfAnotherCompression) {
  for (Compression compression : {Compression::none, Compression::xpress}) {
    CaptureOptions options{.compression = compression, .clock = kClock};
    capture({{.name = "Test"}}, options, scratch_ / "other base.wim");
    base_ = scratch_ / "other base.wim";
    std::string without = updated({});
    EXPECT_EQ(updated({component("lzx.wim", additions_)}), without);
    EXPECT_EQ(updated({component("same.wim", additions_, {.compression = compression})}), without);
  }
}

TEST_F(WimComponent, ThatIsNoWimIsDamaged) {
  fs::path text = scratch_.write("text", "no WIM");
  EXPECT_EQ(failure_with(text), "'" + text.string() + "' is damaged");
  EXPECT_NE(failure_with(scratch_ / "none").find("none"), std::string::npos);
}

TEST_F(WimComponent, CutShortIsDamagedAtEveryLength) {
  for (bool integrity : {true, false}) {
    std::string whole = read_file(component("whole.wim", additions_, {.integrity = integrity}));
    for (std::size_t size = 0; size < whole.size(); size += 9973) {
      fs::path cut = scratch_.write("cut.wim", whole.substr(0, size));
      EXPECT_EQ(failure_with(cut), "'" + cut.string() + "' is damaged") << size;
    }
  }
}

TEST_F(WimComponent, DamageNeverGivesAWrongImage) {
  for (bool integrity : {true, false}) {
    std::string whole = read_file(component("whole.wim", additions_, {.integrity = integrity}));
    int refused = 0;
    for (std::size_t at = 0; at < whole.size(); at += at < 208 ? 5 : 4999) {
      std::string bad = whole;
      bad[at] = static_cast<char>(bad[at] ^ 0x41);
      fs::path path = scratch_.write("bad.wim", bad);
      try {
        EXPECT_EQ(updated({path}), plain_) << at;
      } catch (const Failure& failure) {
        ++refused;
        EXPECT_EQ(std::string(failure.what()), "'" + path.string() + "' is damaged") << at;
      }
    }
    EXPECT_GT(refused, 40);
  }
}

TEST_F(WimComponent, LeavesNothingBesideTheOutput) {
  fs::create_directories(scratch_ / "alone");
  UpdateOptions options{.guid = {5}, .clock = kClock};
  options.components = {component("one.wim", some({1}))};
  update(base_, additions_, options, scratch_ / "alone/out.wim");
  std::size_t files = 0;
  for ([[maybe_unused]] const auto& entry : fs::directory_iterator(scratch_ / "alone")) ++files;
  EXPECT_EQ(files, 1u);
}

// --- Data that does not compress -----------------------------------------------------------------

// That libwim does not even look at it shows in damage, which is copied too instead of being found.
TEST(WimStored, IsCopiedRaw) {
  Scratch scratch;
  std::vector<Addition> additions = write_additions(
      scratch, "src", {{"a", noise(200000, 1)}, {"b", filler(60000, 2)}, {"c", noise(90000, 3)}});
  fs::path from = capture_wim(scratch, "from.wim", additions);
  std::string bytes = read_file(from);
  std::string stored = noise(200000, 1);
  std::size_t at = bytes.find(stored);
  ASSERT_NE(at, std::string::npos) << "is not stored uncompressed";

  export_image(open_wim_file(from), 1, scratch / "good.wim", {.guid = {9}, .clock = kClock});
  expect_verified(scratch / "good.wim");
  std::string good = read_file(scratch / "good.wim");
  EXPECT_EQ(good.find(stored), at);
  for (const Blob& blob : table_of(scratch / "good.wim")) {
    if ((blob.resource.flags & Resource::kMetadata) != 0) continue;
    EXPECT_EQ((blob.resource.flags & Resource::kCompressed) == 0,
              blob.resource.stored == blob.resource.size);
  }
  EXPECT_EQ(content_of(open_wim_file(scratch / "good.wim"), "c", scratch), noise(90000, 3));

  bytes[at + 100] ^= 1;
  fs::path bad = scratch.write("bad.wim", bytes);
  export_image(open_wim_file(bad), 1, scratch / "copied.wim", {.guid = {9}, .clock = kClock});
  EXPECT_NE(failure_of([&] { open_wim_file(scratch / "copied.wim").verify(); }).find("damaged"),
            std::string::npos);
}

TEST(WimStored, MarksComeAndGo) {
  Scratch scratch;
  fs::path wim = capture_wim(
      scratch, "x.wim",
      write_additions(scratch, "src", {{"a", noise(50000, 1)}, {"b", filler(60000, 2)}}));
  Slice slice = Slice::whole(wim);
  std::string table = read_table_bytes(slice, read_head(slice).value()).value(), marked = table;
  std::set<Sha1> stored;
  mark_stored(marked, stored);
  EXPECT_EQ(stored.size(), 1u);
  EXPECT_NE(marked, table);
  unmark_stored(marked, stored);
  EXPECT_EQ(marked, table);
  unmark_stored(marked, {});
  EXPECT_EQ(marked, table);
  marked.pop_back();
  EXPECT_NE(failure_of([&] { unmark_stored(marked, stored); }).find("odd size"), std::string::npos);
}

TEST(WimTable, RefusesBytesThatAreNone) {
  Scratch scratch;
  for (const std::string& bytes : {std::string(), std::string(207, 'x'), std::string(500, 'x')}) {
    EXPECT_FALSE(read_head(Slice::whole(scratch.write("x", bytes))).has_value());
  }
  fs::path wim = capture_wim(scratch, "x.wim", {});
  Slice slice = Slice::whole(wim);
  Head head = read_head(slice).value();
  EXPECT_TRUE(read_table(slice, head).has_value());
  std::vector<std::function<void(Resource&)>> damages = {
      [](Resource& r) { r.offset = ~std::uint64_t{0}; }, [](Resource& r) { r.stored += 50; },
      [](Resource& r) { r.stored = r.size = 50'000'000; }, [](Resource& r) { r.flags |= 4; },
      [](Resource& r) { r.stored = r.size = r.size - 1; }};
  for (const auto& damage : damages) {
    Head bad = head;
    damage(bad.table);
    EXPECT_FALSE(read_table(slice, bad).has_value());
  }
  EXPECT_EQ(check_integrity(slice, head), Integrity::none);
  head.integrity = {1, 5, 5, 0};
  EXPECT_EQ(check_integrity(slice, head), Integrity::bad);
  EXPECT_NE(failure_of([&] { part_of(slice, slice.size(), 1); }).find("truncated"),
            std::string::npos);
}

// --- SHA-1 ---------------------------------------------------------------------------------------

extern "C" {
void remedia_wim_sha1_init(void*);
void remedia_wim_sha1_update(void*, const void*, size_t);
void remedia_wim_sha1_final(std::uint8_t*, void*);
void remedia_wim_sha1_buffer(const void*, size_t, std::uint8_t*);
void remedia_wim_sprint_hash(const std::uint8_t*, char*);
}

// FIPS 180: "abc"; and what sha1sum, which is not ours, says of more.
TEST(WimSha1, IsThatOfTheStandard) {
  Sha1 digest = {};
  remedia_wim_sha1_buffer("abc", 3, digest.data());
  EXPECT_EQ(hex(digest), "a9993e364706816aba3e25717850c26c9cd0d89d");
  char text[41] = {};
  remedia_wim_sprint_hash(digest.data(), text);
  EXPECT_EQ(std::string(text), hex(digest));
  EXPECT_EQ(parse_sha1(hex(digest)), digest);
  for (const char* bad : {"", "a9", "z9993e364706816aba3e25717850c26c9cd0d89d",
                          "a9993e364706816aba3e25717850c26c9cd0d89d00"}) {
    EXPECT_NE(failure_of([&] { parse_sha1(bad); }).find("40 hex digits"), std::string::npos);
  }
}

// libwim's state is 96 bytes: what is behind it must not change. OpenSSL's first word is the first
// of the chaining value, libwim's own would be a count: so this also tells whose functions these
// are.
TEST(WimSha1, StaysInTheStateThatLibwimHasForIt) {
  Scratch scratch;
  std::string bytes = noise(300001, 5);
  alignas(8) unsigned char state[96 + 16];
  for (std::size_t piece : {1u, 63u, 64u, 65u, 4096u, 300001u}) {
    std::memset(state, 0xee, sizeof(state));
    remedia_wim_sha1_init(state);
    std::uint32_t first = 0;
    std::memcpy(&first, state, 4);
    EXPECT_EQ(first, 0x67452301u);
    for (std::size_t at = 0; at < bytes.size(); at += piece) {
      remedia_wim_sha1_update(state, bytes.data() + at, std::min(piece, bytes.size() - at));
    }
    Sha1 digest = {};
    remedia_wim_sha1_final(digest.data(), state);
    std::string said = run_checked({"sha1sum", scratch.write("x", bytes)});
    EXPECT_EQ(hex(digest), said.substr(0, 40));
    EXPECT_EQ(hex(sha1_of(std::string_view(bytes))), said.substr(0, 40));
    for (std::size_t i = 96; i < sizeof(state); ++i) EXPECT_EQ(state[i], 0xee);
  }
}

// --- Files made of parts -------------------------------------------------------------------------

extern "C" {
int remedia_wim_open64(const char*, int, ...);
int remedia_wim_close(int);
ssize_t remedia_wim_pread64(int, void*, size_t, off_t);
}

TEST(WimParts, AreReadAsOneFile) {
  Scratch scratch;
  Slice a{scratch.write("a", "abcdef"), {{1, 2, false}, {0, 2, true}}};
  Slice b{scratch.write("b", "uvwxyz"), {{3, 3, false}}};
  const std::string whole = "HEAD" + std::string("bc\0\0", 4) + "xyz" + "tail";
  Host host;
  std::string name = host.add_parts({{{}, "HEAD"}, {a, {}}, {{}, {}}, {b, {}}, {{}, "tail"}});
  int fd = remedia_wim_open64(name.c_str(), 0);
  ASSERT_GE(fd, 0);
  for (std::size_t at = 0; at <= whole.size() + 1; ++at) {
    for (std::size_t size = 0; size <= whole.size() + 1; ++size) {
      std::string buffer(size, '?');
      ssize_t n = remedia_wim_pread64(fd, buffer.data(), size, static_cast<off_t>(at));
      std::string expected = at > whole.size() ? "" : whole.substr(at, size);
      ASSERT_EQ(n, static_cast<ssize_t>(expected.size())) << at << " " << size;
      EXPECT_EQ(buffer.substr(0, expected.size()), expected);
    }
  }
  EXPECT_EQ(remedia_wim_close(fd), 0);
}

}  // namespace
}  // namespace remedia::wim
