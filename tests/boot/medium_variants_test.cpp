// The variants of the stand-in medium that other tests ask for: each is what it says, and the same
// bytes every time.
#include "media/base_facts.h"
#include "media/wim.h"
#include "medium/medium.h"
#include "unit/scratch.h"

#include <gtest/gtest.h>

namespace remedia::medium {
namespace {

Options variant() {
  Options options;
  options.payload_mib = 0;
  return options;
}

TEST(MediumVariant, KeepsLocalisedEditionsInASolidEsd) {
  const Scratch scratch;
  Options options = variant();
  options.install = Install::esd;
  options.editions = {{"Windows 11 Профессиональная", "Professional"},
                      {"Windows 11 IoT Enterprise LTSC", "IoTEnterpriseS"}};
  write_folder(options, scratch / "medium");
  const fs::path sources = scratch / "medium/sources";
  EXPECT_FALSE(fs::exists(sources / "install.wim"));
  const wim::File esd(Slice::whole(sources / "install.esd"), "install.esd");
  EXPECT_EQ(esd.info().compression, wim::Compression::lzms);
  EXPECT_FALSE(esd.info().bootable_format);
  EXPECT_EQ(esd.find_image("Windows 11 Профессиональная"), 1);
  EXPECT_EQ(esd.find_image("IoTEnterpriseS"), 2);
}

TEST(MediumVariant, SplitsTheEditionsTheSameWayEveryTime) {
  const Scratch scratch;
  Options options = variant();
  options.install = Install::swm;
  for (const char* name : {"a", "b"}) write_folder(options, scratch / name);
  int parts = 0;
  for (const auto& entry : fs::directory_iterator(scratch / "a/sources")) {
    if (entry.path().extension() != ".swm") continue;
    ++parts;
    EXPECT_EQ(read_file(entry.path()),
              read_file(scratch / "b/sources" / entry.path().filename().native()));
  }
  EXPECT_GE(parts, 2);
}

TEST(MediumVariant, LeavesOutTheFloppiesEverywhere) {
  const Scratch scratch;
  Options options = variant();
  options.install_wim = false;
  options.efi_floppies = false;
  write_folder(options, scratch / "medium");
  const fs::path boot = scratch / "medium/efi/Microsoft/boot";
  EXPECT_FALSE(fs::exists(boot / "efisys.bin"));
  EXPECT_FALSE(fs::exists(boot / "efisys_noprompt.bin"));
  EXPECT_TRUE(fs::exists(boot / "cdboot.efi"));
  EXPECT_TRUE(fs::exists(boot / "cdboot_noprompt.efi"));
  const wim::File wim(Slice::whole(scratch / "medium/sources/boot.wim"), "boot.wim");
  for (const wim::Entry& entry : wim.list(1)) EXPECT_EQ(entry.path.find("efisys"), entry.path.npos);
}

TEST(MediumVariant, SaysWhatItWasToldToSay) {
  const Scratch scratch;
  Options options = variant();
  options.install_wim = false;
  const auto facts = [&](const char* name) {
    write_folder(options, scratch / name);
    const wim::File wim(Slice::whole(scratch / name / "sources/boot.wim"), "boot.wim");
    return read_base_facts(wim, 1, scratch / "facts");
  };
  EXPECT_TRUE(facts("sound").disagreements.empty());
  options.identity.kernel = "10.0.22621.1";
  options.hives = Hives::dirty;
  EXPECT_EQ(facts("other").disagreements.size(), 3U);  // hive; kernel against XML and loader
  options.hives = Hives::absent;
  EXPECT_EQ(facts("absent").from_hive, "");
}

}  // namespace
}  // namespace remedia::medium
