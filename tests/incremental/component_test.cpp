// Components that take compressed data from components: the bits are those of a build from nothing,
// and what is damaged, or was made in another way, is not taken.

#include "incremental/space.h"
#include "kinds/component_made.h"
#include "support/digest.h"
#include "support/wim_sources.h"

#include <fstream>
#include <functional>

#include <gtest/gtest.h>

namespace remedia {
namespace {

using kinds::Made;
using wim_sources::filler;
using wim_sources::noise;

constexpr const char* kTarget = "r/helpdesk/boot.wim";

class Component : public testing::Test {
 protected:
  Component() {
    put("a.sys", filler(200000, 1));
    put("b.sys", filler(150000, 2));
    put("c.cat", noise(90000, 3));
    put("copy.sys", filler(150000, 2));
    put("empty", "");
    build();
    first_ = component();
    plain_ = digest(first_);
  }

  void put(const std::string& name, const std::string& content) {
    space_.write("overlays/common/Tools/" + name, content);
  }
  fs::path file(const std::string& name) const { return space_ / "overlays/common/Tools" / name; }
  fs::path folder() const { return space_ / "out/.store/component"; }

  void build() { space_.build({"recipes/r.lua", "--", kTarget}); }

  std::vector<fs::path> wims() const {
    std::vector<fs::path> all;
    for (const auto& entry : fs::directory_iterator(folder())) {
      if (entry.path().extension() == ".wim") all.push_back(entry.path());
    }
    return all;
  }
  fs::path component() const {
    EXPECT_EQ(wims().size(), 1u);
    return wims().front();
  }
  static fs::path note_of(const fs::path& wim) { return wim.string() + ".made"; }
  static Made note(const fs::path& wim) {
    return kinds::read_made(read_file(note_of(wim))).value();
  }
  static std::string digest(const fs::path& wim) { return sha256(Slice::whole(wim)); }

  std::string from_nothing() {
    fs::remove_all(folder());
    build();
    return digest(component());
  }

  // What `change` leads to, from what is there and from nothing.
  template <typename Change>
  void expect_equal(Change&& change) {
    change();
    build();
    std::string reused = digest(component()), noted = read_file(note_of(component()));
    EXPECT_EQ(from_nothing(), reused);
    EXPECT_EQ(read_file(note_of(component())), noted);
  }

  // A component of another name with a.sys, compressed in another way so that it can be told
  // whether it was taken; its note says that it is one of ours.
  fs::path stronger(const std::string& name) {
    fs::path wim = folder() / name;
    wim::Addition addition{.target = "x", .content = Slice::whole(file("a.sys"))};
    wim::capture({{.name = "component", .additions = {addition}}},
                 {.level = 100, .integrity = true}, wim);
    Made made = note(first_);
    std::string key = digest(file("a.sys"));
    made.contents = {{key, made.contents.at(key)}};
    made.shape = "other";
    seal(wim, made);
    return wim;
  }

  static void seal(const fs::path& wim, Made made) {
    Slice slice = Slice::whole(wim);
    made.seal = wim::seal_of(slice).value();
    made.wim_size = slice.size();
    std::ofstream(note_of(wim)) << kinds::write_made(made);
  }

  // All made anew beside a donor.
  std::string built_beside(const std::string& name, const std::function<void(fs::path)>& change) {
    fs::path donor = stronger(name);
    change(donor);
    fs::remove(first_);
    fs::rename(note_of(first_), space_ / "note");
    build();
    std::string result = digest(first_);
    std::error_code ignored;
    fs::remove_all(donor, ignored);
    fs::remove_all(note_of(donor), ignored);
    return result;
  }

  Space space_;
  fs::path first_;
  std::string plain_;
};

TEST_F(Component, ChangesGiveTheBitsOfABuildFromNothing) {
  expect_equal([&] { put("b.sys", filler(150000, 22)); });
  expect_equal([&] { put("new.sys", filler(50000, 5)); });
  expect_equal([&] { fs::remove(file("copy.sys")); });
  expect_equal([&] { fs::rename(file("a.sys"), file("z.sys")); });
  expect_equal([&] { put("c.cat", noise(90000, 4)); });
  expect_equal([&] {
    for (const char* name : {"z.sys", "b.sys", "new.sys", "c.cat"}) put(name, filler(70000, 9));
  });
}

TEST_F(Component, WayBackGivesTheSameBits) {
  put("b.sys", filler(150000, 22));
  build();
  EXPECT_NE(digest(component()), plain_);
  put("b.sys", filler(150000, 2));
  build();
  EXPECT_EQ(digest(component()), plain_);
}

TEST_F(Component, EqualContentUnderAnotherNameDiffersInItsGuid) {
  fs::copy(space_ / "overlays/common", space_ / "overlays/other", fs::copy_options::recursive);
  std::string recipe = space_.read("recipes/r.lua");
  recipe.replace(recipe.find("\"common\""), 8, "\"other\"");
  space_.write("recipes/r.lua", recipe);
  build();
  std::vector<fs::path> both = wims();
  ASSERT_EQ(both.size(), 2u);
  std::string one = read_file(both[0]), two = read_file(both[1]);
  EXPECT_NE(one, two);
  EXPECT_EQ(one.replace(24, 16, two, 24, 16), two);
  fs::path second = both[0] == first_ ? both[1] : both[0];
  std::string reused = digest(second);
  fs::remove_all(folder());
  build();
  EXPECT_EQ(digest(component()), reused);
}

TEST_F(Component, TakesFromOneOfAnotherName) {
  EXPECT_NE(built_beside("0.wim", [](const fs::path&) {}), plain_) << "was not taken";
  EXPECT_NE(built_beside("z.wim", [](const fs::path&) {}), plain_) << "was not taken";
}

TEST_F(Component, TakesNothingFromWhatIsDamagedOrOfAnotherMake) {
  auto remake = [](auto&& change) {
    return [change](const fs::path& donor) {
      Made made = note(donor);
      change(made);
      std::ofstream(note_of(donor)) << kinds::write_made(made);
    };
  };
  auto spoil = [](std::uint64_t part, bool of_note) {
    return [=](const fs::path& donor) {
      fs::path path = of_note ? note_of(donor) : donor;
      std::string bytes = read_file(path);
      bytes[bytes.size() * part / 100] ^= 1;
      std::ofstream(path, std::ios::binary) << bytes;
    };
  };
  std::map<std::string, std::function<void(fs::path)>> changes = {
      {"another program or level", remake([](Made& m) { m.maker = sha256("another"); })},
      {"another seal", remake([](Made& m) { m.seal = sha256("another"); })},
      {"another size", remake([](Made& m) { ++m.wim_size; })},
      {"damage in the header", spoil(0, false)},
      {"damage in the data", spoil(50, false)},
      {"damage at the end", spoil(99, false)},
      {"damage in the note", spoil(50, true)},
      {"half written", [](const fs::path& d) { fs::resize_file(d, fs::file_size(d) / 2); }},
      {"half noted", [](const fs::path& d) { fs::resize_file(note_of(d), 100); }},
      {"gone", [](const fs::path& d) { fs::remove(d); }},
      {"no note", [](const fs::path& d) { fs::remove(note_of(d)); }},
      {"other content",
       [this](const fs::path& d) {
         fs::copy_file(first_, d, fs::copy_options::overwrite_existing);
       }},
      {"a link",
       [this](const fs::path& d) {
         fs::rename(d, space_ / "elsewhere.wim");
         fs::create_symlink(space_ / "elsewhere.wim", d);
       }},
      {"a linked note",
       [this](const fs::path& d) {
         fs::rename(note_of(d), space_ / "elsewhere");
         fs::create_symlink(space_ / "elsewhere", note_of(d));
       }},
      {"a folder",
       [](const fs::path& d) {
         fs::remove(d);
         fs::create_directory(d);
       }},
  };
  for (const auto& [what, change] : changes)
    EXPECT_EQ(built_beside("0.wim", change), plain_) << what;
}

TEST_F(Component, RemovesNotesWhoseComponentIsGone) {
  std::ofstream(folder() / "gone.wim.made") << "x";
  std::ofstream(folder() / "kept.wim") << "x";
  std::ofstream(folder() / "kept.wim.made") << "x";
  fs::remove(first_);
  build();
  EXPECT_FALSE(fs::exists(folder() / "gone.wim.made"));
  EXPECT_TRUE(fs::exists(folder() / "kept.wim.made"));
  EXPECT_EQ(digest(first_), plain_);
}

TEST(ComponentNote, IsReadAsItWasWrittenOrNotAtAll) {
  Made made{.maker = sha256("m"), .shape = sha256("s"), .seal = sha256("w"), .wim_size = 5};
  EXPECT_EQ(kinds::read_made(kinds::write_made(made)), made);
  made.contents[sha256("c")] = {std::string(40, 'a'), 77};
  std::string text = kinds::write_made(made);
  EXPECT_EQ(kinds::read_made(text), made);
  for (std::size_t i = 0; i < text.size(); ++i) {
    std::string bad = text;
    bad[i] = static_cast<char>(bad[i] ^ 1);
    EXPECT_FALSE(kinds::read_made(bad)) << i;
    EXPECT_FALSE(kinds::read_made(text.substr(0, i))) << i;
  }
  EXPECT_FALSE(kinds::read_made(text + "\n"));
  auto sealed = [](const std::string& bytes) { return bytes + sha256(bytes) + "\n"; };
  EXPECT_FALSE(kinds::read_made(sealed("component 2\na\nb\nc\n5\n")));
  EXPECT_FALSE(kinds::read_made(sealed("component 1\na\nb\nc\n")));
  EXPECT_FALSE(kinds::read_made(sealed("component 1\na\nb\nc\n5\nx y 7\n")));
}

}  // namespace
}  // namespace remedia
