// What a firmware makes of an ISO: the stand-in boot manager, found through El Torito, must read
// every file of Windows PE as it was put there.
#include "boot/volumes.h"
#include "medium/medium.h"
#include "unit/scratch.h"

#include <fstream>
#include <vector>

#include <gtest/gtest.h>

namespace remedia::boot {
namespace {

class IsoBoot : public testing::TestWithParam<Firmware> {
 protected:
  Report boot(const fs::path& iso) { return boot_cd(GetParam(), iso, scratch_.path()); }
  const char* firmware() const { return GetParam() == Firmware::uefi ? "uefi" : "bios"; }

  Scratch scratch_;
};

TEST_P(IsoBoot, ReadsEveryFileAsItIs) {
  const Report report = boot(make_iso(stand_in(), scratch_ / "x.iso"));
  ASSERT_TRUE(report.complete) << report.failure << "\n" << report.log;
  EXPECT_EQ(report.firmware, firmware());
  EXPECT_EQ(report.files, digests_of_medium(stand_in()));
}

TEST_P(IsoBoot, SeesOneByteThatChanged) {
  fs::copy(stand_in(), scratch_ / "tree", fs::copy_options::recursive);
  const fs::path wim = scratch_ / "tree/sources/boot.wim";
  std::fstream file(wim, std::ios::binary | std::ios::in | std::ios::out);
  file.seekg(-1, std::ios::end);
  const char last = static_cast<char>(file.peek() ^ 1);
  file.seekp(-1, std::ios::end);
  file.put(last);
  file.close();

  const Report report = boot(make_iso(scratch_ / "tree", scratch_ / "x.iso"));
  ASSERT_TRUE(report.complete) << report.failure << "\n" << report.log;
  EXPECT_EQ(report.files, digests_of_medium(scratch_ / "tree"));
  EXPECT_NE(report.files, digests_of_medium(stand_in()));
}

TEST_P(IsoBoot, SaysSoWhenThereIsNoBootWim) {
  fs::copy(stand_in(), scratch_ / "tree", fs::copy_options::recursive);
  fs::remove(scratch_ / "tree/sources/boot.wim");
  const Report report = boot(make_iso(scratch_ / "tree", scratch_ / "x.iso"));
  EXPECT_TRUE(report.files.empty()) << report.log;
  // UEFI does not get as far as the boot manager: the program in efisys.bin looks for the medium.
  EXPECT_EQ(report.complete, GetParam() == Firmware::bios) << report.failure << "\n" << report.log;
}

std::string firmware_name(const testing::TestParamInfo<Firmware>& test) {
  return test.param == Firmware::uefi ? "Uefi" : "Bios";
}
INSTANTIATE_TEST_SUITE_P(Firmware, IsoBoot, testing::Values(Firmware::bios, Firmware::uefi),
                         firmware_name);

// Microsoft's etfsboot.com knows the file as BOOTMGR; an ISO writer left to itself makes
// BOOTMGR.;1.
TEST(IsoBootNames, ABiosFindsNoBootmgrWithADot) {
  const Scratch scratch;
  const Report report =
      boot_cd(Firmware::bios, make_iso(stand_in(), scratch / "x.iso", IsoNames::with_versions),
              scratch.path());
  EXPECT_FALSE(report.complete);
  EXPECT_EQ(report.failure, "the machine said 'CDBOOT: BOOTMGR is not in the root folder.'");
}

TEST(IsoBootNames, AVolumeWithoutBootProgramsEndsAtOnce) {
  const Scratch scratch;
  const fs::path empty = scratch.write("empty.iso", std::string(1 << 20, '\0'));
  for (Firmware firmware : {Firmware::bios, Firmware::uefi}) {
    const Report report = boot_cd(firmware, empty, scratch.path());
    EXPECT_FALSE(report.complete);
    EXPECT_NE(report.failure, "nothing was reported in time") << report.log;
  }
}

// The medium itself is UDF with an empty ISO 9660 side, as Microsoft's is.
TEST(StandInMedium, StartsByUefi) {
  const Scratch scratch;
  medium::Options options;
  options.payload_mib = 1;
  options.install_wim = false;
  medium::write_iso(options, scratch / "medium.iso");
  const Report report = boot_cd(Firmware::uefi, scratch / "medium.iso", scratch.path());
  ASSERT_TRUE(report.complete) << report.failure << "\n" << report.log;
  EXPECT_EQ(report.files, digests_of_medium(stand_in()));
}

TEST(Report, IsReadFromASerialLog) {
  const std::string digest(64, 'a');
  const Report report =
      parse_report("\x1b[2JREMEDIA STAND-IN firmware=uefi medium=cd0\r\n\rREMEDIA sha256 " +
                   digest + "  /Sources/Boot.WIM\r\n\rREMEDIA sha256 short  /x\r\n\rREMEDIA END\n");
  EXPECT_TRUE(report.complete);
  EXPECT_EQ(report.firmware, "uefi");
  EXPECT_EQ(report.files, (std::map<std::string, std::string>{{"/sources/boot.wim", digest}}));
  EXPECT_FALSE(parse_report("REMEDIA STAND-IN firmware=uefi medium=cd0\n").complete);
  EXPECT_FALSE(parse_report("REMEDIA END\n").complete);
}

}  // namespace
}  // namespace remedia::boot
