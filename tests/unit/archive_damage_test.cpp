// Damaged archives: every byte changed, and every length cut off.
#include "unit/archive_samples.h"

#include <algorithm>

namespace remedia {

using namespace archives;

namespace {

// What may come out of a damaged archive: all of the content, unchanged, perhaps under other names
// where no checksum covers them; or nothing.
void expect_same_or_refused(const Scratch& scratch, const std::string& archive,
                            const std::vector<std::string>& content, bool names_are_covered,
                            const Files& expected, std::size_t& survived) {
  Unpacked result;
  try {
    result = unpack_bytes(scratch, archive);
  } catch (const Failure&) {
    return;
  }
  ++survived;
  if (names_are_covered) {
    EXPECT_EQ(result.files, expected);
    return;
  }
  std::vector<std::string> found;
  for (const auto& [name, bytes] : result.files) found.push_back(bytes);
  std::sort(found.begin(), found.end());
  EXPECT_EQ(found, content);
}

// Returns for how many kinds of damage the archive still unpacked.
std::size_t damage(const std::string& archive, bool names_are_covered) {
  Scratch scratch;
  Files expected = unpack_bytes(scratch, archive).files;
  std::vector<std::string> content;
  for (const auto& [name, bytes] : expected) content.push_back(bytes);
  std::sort(content.begin(), content.end());
  std::size_t survived = 0;
  auto expect = [&](const std::string& damaged) {
    expect_same_or_refused(scratch, damaged, content, names_are_covered, expected, survived);
  };
  for (std::size_t i = 0; i < archive.size(); ++i) {
    SCOPED_TRACE(fmt::format("byte {}", i));
    for (int mask : {0x01, 0x80, 0xff}) {
      std::string damaged = archive;
      damaged[i] = static_cast<char>(damaged[i] ^ mask);
      expect(damaged);
    }
    std::size_t before = survived;
    expect(archive.substr(0, i));
    EXPECT_EQ(survived, before) << "cut off after " << i << " bytes";
  }
  return survived;
}

}  // namespace

TEST(ArchiveDamage, DamagedCabinetsGiveTheContentOrNothing) {
  for (CabMethod method : {CabMethod::stored, CabMethod::mszip, CabMethod::lzx}) {
    CabSpec spec{.folders = {{method, {{"d\\a.txt", noise(40)}, {"b", noise(20, 2)}}}}};
    std::size_t survived = damage(write_cab(spec), false);
    EXPECT_GT(survived, 20u);   // dates, attributes, the number of the set
    EXPECT_LT(survived, 130u);  // and names
  }
}

TEST(ArchiveDamage, DamagedZipsGiveTheContentOrNothing) {
  damage(write_zip({{.name = "d/a.txt", .content = noise(40)}, {.name = "b", .content = "bb"}}),
         true);
  Scratch scratch;
  scratch.write("tree/a.txt", std::string(300, 'a') + "b");
  scratch.write("tree/d/b.txt", noise(30));
  zip_folder(scratch / "tree", scratch / "a.zip", {});
  damage(read_file(scratch / "a.zip"), true);
}

}  // namespace remedia
