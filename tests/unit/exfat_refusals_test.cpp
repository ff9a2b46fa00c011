// What the writer of exFAT volumes refuses, and how it says so.
#include "unit/exfat_volumes.h"

#include <gtest/gtest.h>

namespace remedia::exfat {
namespace {

std::string refusal(const Volume& volume) {
  Scratch scratch;
  return failure_of([&] { make(scratch, volume); });
}

TEST(ExfatRefusals, SaysHowMuchDoesNotFit) {
  Volume volume = small_tree();
  volume.files.push_back({"more", content(3 * kMiB)});
  std::uint64_t there = volume.size;
  std::string message = refusal(volume);
  EXPECT_EQ(message, fmt::format("the files need an exFAT volume of {} bytes; this one has {}",
                                 10'485'760 + 4096, there));
}

TEST(ExfatRefusals, RefusesMoreThanAnyVolumeHolds) {
  for (std::uint64_t size : {std::uint64_t{1} << 49, std::uint64_t{1} << 62, UINT64_MAX}) {
    Volume volume = {.label = "", .files = {}, .size = kGiB};
    for (int i = 0; i < 5; ++i) volume.files.push_back(hole(fmt::format("{}", i), "/none", size));
    const char* expected =
        "the files need more than 281474976710656 bytes, the most that an exFAT volume has";
    EXPECT_EQ(refusal(volume), expected);
    EXPECT_EQ(failure_of([&] { smallest_size(volume); }), expected);
  }
}

TEST(ExfatRefusals, RefusesSizesThatNoVolumeHas) {
  auto of_size = [](std::uint64_t size, std::uint32_t sector) {
    return refusal({.label = "", .files = {}, .size = size, .sector_size = sector});
  };
  EXPECT_EQ(of_size(kMiB - 512, 512),
            "an exFAT volume has 1048576 to 281474976710656 bytes, not 1048064");
  EXPECT_EQ(of_size(0, 512), "an exFAT volume has 1048576 to 281474976710656 bytes, not 0");
  EXPECT_EQ(of_size(2 * kMiB + 1, 512),
            "2097153 bytes are not a whole number of sectors of 512 bytes");
  EXPECT_EQ(of_size(2 * kMiB + 512, 4096),
            "2097664 bytes are not a whole number of sectors of 4096 bytes");
  for (std::uint32_t sector : {0u, 1u, 1024u, 2048u, 8192u, 513u}) {
    EXPECT_EQ(
        of_size(2 * kMiB, sector),
        fmt::format("an exFAT volume is made of sectors of 512 or 4096 bytes, not {}", sector));
  }
  Volume volume = small_tree();
  EXPECT_EQ(failure_of([&] { write(volume, -1, 512, "x"); }),
            "an exFAT volume cannot begin at byte 512: no multiple of 1048576");
}

TEST(ExfatRefusals, RefusesLabels) {
  auto of_label = [](const std::string& label) {
    return refusal({.label = label, .files = {}, .size = 2 * kMiB});
  };
  EXPECT_EQ(of_label("TWELVE UNITS"),
            "the volume label 'TWELVE UNITS' has 12 UTF-16 units; exFAT takes at most 11");
  EXPECT_NE(
      of_label("\U0001f600\U0001f600\U0001f600\U0001f600\U0001f600\U0001f600").find("12 UTF-16"),
      std::string::npos);
  EXPECT_EQ(of_label("a\nb"),
            "the volume label 'a?b' has the control character 0x0a, which exFAT does not allow");
  EXPECT_EQ(of_label("a:b"), "the volume label 'a:b' has ':', which exFAT does not allow");
  EXPECT_NE(of_label("\xff").find("not valid UTF-8"), std::string::npos);
}

TEST(ExfatRefusals, RefusesNames) {
  auto of_name = [](const std::string& name, bool folder) {
    Volume volume = {.label = "", .files = {}, .size = 4 * kMiB};
    if (folder) volume.folders.push_back(name);
    if (!folder) volume.files.push_back({name, ""});
    return refusal(volume);
  };
  struct {
    std::string name;
    std::string why;
  } cases[] = {
      {"", "it has an empty name"},
      {"/a", "it has an empty name"},
      {"a/", "it has an empty name"},
      {"a//b", "it has an empty name"},
      {".", "'.' is not a name"},
      {"a/../b", "'..' is not a name"},
      {"a/b.", "a name ends in a dot or a space"},
      {"a /b", "a name ends in a dot or a space"},
      {std::string("a\0b", 3), "the control character 0x00"},
      {"a\x1f", "the control character 0x1f"},
      {"a\x7f", "the control character 0x7f"},
      {"a\xff", "it is not valid UTF-8"},
      {"\xed\xa0\x80", "it is not valid UTF-8"},
      {std::string(256, 'x'), "a name has 256 UTF-16 units; at most 255"},
      {"a/" + std::string(255, 'x') + "\u00e4/b", "a name has 256 UTF-16 units; at most 255"},
  };
  for (const auto& c : cases) {
    for (bool folder : {false, true}) {
      EXPECT_NE(of_name(c.name, folder).find(c.why), std::string::npos) << c.name;
    }
  }
  for (char c : std::string("\"*:<>?\\|")) {
    EXPECT_NE(of_name(fmt::format("dir/a{}b", c), false).find(fmt::format("it has '{}'", c)),
              std::string::npos);
  }
}

TEST(ExfatRefusals, RefusesTargetsThatAreOne) {
  auto of_files = [](const std::string& a, const std::string& b,
                     std::vector<std::string> folders = {}) {
    Volume volume = {
        .label = "", .files = {{a, "1"}}, .folders = std::move(folders), .size = 4 * kMiB};
    if (!b.empty()) volume.files.push_back({b, "2"});
    return refusal(volume);
  };
  EXPECT_EQ(of_files("a/x", "a/x"), "'a/x' is there twice");
  EXPECT_EQ(of_files("a/x", "A/X"),
            "'a/x' and 'A/X' are one file on an exFAT volume, which ignores case");
  for (auto [a, b] : {std::pair{"ä", "Ä"}, {"σ", "ς"}, {"я", "Я"}, {"ÿ", "Ÿ"}, {"ａ", "Ａ"}}) {
    EXPECT_NE(of_files(a, b).find("are one file"), std::string::npos) << a;
  }
  EXPECT_EQ(of_files("a", "A/b"), "'a' is a file and, as part of 'A/b', a folder too");
  EXPECT_EQ(of_files("A/b", "a"), "'a' is a file and a folder too ('A')");
  EXPECT_EQ(of_files("x/Y", "", {"x/y"}), "'x/Y' is a file and a folder too ('x/y')");
  EXPECT_EQ(of_files("x", "", {"X/y"}), "'x' is a file and a folder too ('X')");
}

TEST(ExfatRefusals, RefusesShortenedSources) {
  Scratch scratch;
  fs::path source = scratch.write("source", content(10'000));
  Volume volume = sized({.label = "", .files = {{"a", Slice::whole(source)}}});
  fs::resize_file(source, 9'999);
  EXPECT_NE(failure_of([&] { make(scratch, volume); }).find("it is truncated"), std::string::npos);
  fs::remove(source);
  EXPECT_NE(failure_of([&] { make(scratch, volume); }).find("source"), std::string::npos);
}

}  // namespace
}  // namespace remedia::exfat
