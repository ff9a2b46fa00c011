#include "media/efisys.h"

#include "support/digest.h"
#include "support/process.h"
#include "unit/scratch.h"

#include <map>

#include <gtest/gtest.h>
#include <time.h>

namespace remedia {
namespace {

constexpr std::int64_t kClock = 1'704'164'645;  // 2024-01-02 03:04:05 UTC
constexpr std::size_t kRoom = 1'456'640;        // of 1.44 MB
constexpr std::size_t kMoreRoom = 2'929'664;    // of 2.88 MB

// No two of its sectors are equal, so that a misplaced one is seen.
std::string program(std::size_t size) {
  std::string bytes = "MZ";
  while (bytes.size() < size) bytes += fmt::format("[{}]", bytes.size());
  bytes.resize(size);
  return bytes;
}

std::string mtools(const std::vector<std::string>& argv) {
  return run_checked(argv, {.environment = {{"TZ", "UTC"}, {"MTOOLSRC", "/dev/null"}}});
}

// Everything on the image by the path that 7-Zip gives it, with its digest.
std::map<std::string, std::string> extracted(const fs::path& image, const Scratch& scratch) {
  fs::path folder = scratch / "extracted";
  fs::remove_all(folder);
  run_checked({"7zz", "x", "-tfat", "-o" + folder.string(), image.string()});
  std::map<std::string, std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (!entry.is_regular_file()) continue;
    files[fs::relative(entry.path(), folder).generic_string()] = sha256(read_file(entry.path()));
  }
  return files;
}

void expect_sound(const std::string& cdboot, const std::string& arch, const std::string& name) {
  Scratch scratch;
  fs::path image = scratch.write("efisys.bin", efisys_image(cdboot, arch, kClock));
  std::string found = run_checked({"fsck.fat", "-n", "-V", image.string()});
  // It counts two folders, the program and the label.
  EXPECT_NE(found.find(": 4 files, "), std::string::npos) << found;
  fs::path out = scratch / "read-back";
  mtools({"mcopy", "-n", "-i", image.string(), "::/EFI/BOOT/" + name, out.string()});
  EXPECT_EQ(sha256(Slice::whole(out)), sha256(cdboot));
  std::map<std::string, std::string> expected = {{"EFI/BOOT/" + name, sha256(cdboot)}};
  EXPECT_EQ(extracted(image, scratch), expected);
}

TEST(Efisys, HoldsTheProgramUnderTheNameOfItsArchitecture) {
  std::string cdboot = program(1'000'001);
  expect_sound(cdboot, "amd64", "BOOTX64.EFI");
  expect_sound(cdboot, "arm64", "BOOTAA64.EFI");
  expect_sound(cdboot, "x86", "BOOTIA32.EFI");
}

TEST(Efisys, HoldsProgramsOfAnySizeThatFits) {
  for (std::size_t size : {std::size_t{1}, std::size_t{511}, std::size_t{512}, std::size_t{513},
                           kRoom - 1, kRoom, kRoom + 1, kMoreRoom - 1, kMoreRoom}) {
    SCOPED_TRACE(size);
    std::string cdboot = program(size);
    EXPECT_EQ(efisys_image(cdboot, "amd64", kClock).size(),
              size <= kRoom ? 1'474'560u : 2'949'120u);
    expect_sound(cdboot, "amd64", "BOOTX64.EFI");
  }
}

TEST(Efisys, RefusesProgramsThatCannotBeStarted) {
  EXPECT_EQ(failure_of([] { efisys_image("", "amd64", kClock); }),
            "the program that efisys.bin is to start is empty");
  EXPECT_EQ(failure_of([] { efisys_image(std::string(kMoreRoom + 1, 'x'), "amd64", kClock); }),
            "the program that efisys.bin is to start has 2929665 bytes; a floppy image holds at "
            "most 2929664");
  for (const char* arch : {"", "AMD64", "x64", "mips"}) {
    EXPECT_EQ(failure_of([&] { efisys_image("MZ", arch, kClock); }),
              fmt::format("there is no UEFI loader name for the architecture '{}'", arch));
  }
}

// Geometry and label as on genuine media, by the reckoning of mtools.
TEST(Efisys, LooksLikeMicrosofts) {
  Scratch scratch;
  fs::path image = scratch.write("efisys.bin", efisys_image(program(5000), "amd64", kClock));
  std::string info = mtools({"minfo", "-i", image.string(), "::"});
  for (const char* line :
       {"sector size: 512 bytes", "cluster size: 1 sectors", "reserved (boot) sectors: 1",
        "fats: 2", "max available root directory slots: 224", "small size: 2880 sectors",
        "media descriptor byte: 0xf0", "sectors per fat: 9", "sectors per track: 18", "heads: 2",
        "hidden sectors: 0", "disk label=\"EFISECTOR  \"", "disk type=\"FAT12   \""}) {
    EXPECT_NE(info.find(line), std::string::npos) << line << "\nis not in\n" << info;
  }
  std::string listing = mtools({"mdir", "-i", image.string(), "::/"});
  EXPECT_NE(listing.find("Volume in drive : is EFISECTOR"), std::string::npos) << listing;
}

TEST(Efisys, EveryDateIsTheClock) {
  Scratch scratch;
  struct {
    std::int64_t clock;
    std::string date;
  } cases[] = {
      {kClock, "2024-01-02   3:04"},
      {INT64_MIN, "1980-01-01   0:00"},
      {0, "1980-01-01   0:00"},
      {315'532'799, "1980-01-01   0:00"},
      {951'867'000, "2000-02-29  23:30"},
      {4'354'819'199, "2107-12-31  23:59"},
      {4'354'819'200, "2107-12-31  23:59"},
      {INT64_MAX, "2107-12-31  23:59"},
  };
  for (const auto& c : cases) {
    fs::path image = scratch.write("efisys.bin", efisys_image(program(5000), "amd64", c.clock));
    std::string listing = mtools({"mdir", "-/", "-a", "-i", image.string(), "::/"});
    std::size_t count = 0;
    for (std::size_t at = 0; (at = listing.find(c.date, at)) != std::string::npos; ++at) ++count;
    EXPECT_EQ(count, 7u) << c.clock << "\n" << listing;  // 3 names, 2 pairs of . and ..
  }
}

TEST(Efisys, SameBytesWhereverAndWhenever) {
  std::string cdboot = program(70'000);
  std::string expected = sha256(efisys_image(cdboot, "amd64", kClock));
  for (const char* zone : {"UTC", "Asia/Kathmandu", "America/New_York"}) {
    setenv("TZ", zone, 1);
    tzset();
    EXPECT_EQ(sha256(efisys_image(cdboot, "amd64", kClock)), expected) << zone;
  }
  unsetenv("TZ");
  tzset();
}

TEST(Efisys, SerialsFollowFromThePrograms) {
  auto serial = [](const std::string& cdboot) {
    return efisys_image(cdboot, "amd64", kClock).substr(39, 4);
  };
  EXPECT_EQ(serial("a"), serial("a"));
  EXPECT_NE(serial("a"), serial("b"));
}

}  // namespace
}  // namespace remedia
