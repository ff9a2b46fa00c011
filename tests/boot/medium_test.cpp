// The stand-in medium is what other tests build from, so it must be what it claims to be: a volume
// like Microsoft's, in every variant, the same bytes every time.
#include "medium/medium.h"

#include "media/udf.h"
#include "media/wim.h"
#include "support/digest.h"
#include "support/process.h"
#include "unit/scratch.h"

#include <algorithm>
#include <set>

#include <gtest/gtest.h>

namespace remedia::medium {
namespace {

/// Small, and without install.wim unless asked for.
Options small() {
  Options options;
  options.payload_mib = 0;
  options.install_wim = false;
  return options;
}

std::set<std::string> files_on(const fs::path& iso) {
  std::set<std::string> names;
  for (const udf::Entry& entry : udf::read(iso).entries) {
    if (!entry.directory) names.insert(entry.path);
  }
  return names;
}

Slice file_on(const fs::path& iso, std::string_view path) {
  const udf::Volume volume = udf::read(iso);
  const auto entry = std::find_if(volume.entries.begin(), volume.entries.end(),
                                  [&](const udf::Entry& e) { return e.path == path; });
  if (entry == volume.entries.end()) fail("{} is not on the medium", path);
  return entry->content;
}

TEST(Medium, IsTheSameBytesEveryTime) {
  const Scratch scratch;
  Options options = small();
  options.install_wim = true;
  write_iso(options, scratch / "a.iso");
  write_iso(options, scratch / "b.iso");
  EXPECT_EQ(sha256(Slice::whole(scratch / "a.iso")), sha256(Slice::whole(scratch / "b.iso")));
}

TEST(Medium, ShowsItsFilesOnTheUdfSideOnly) {
  const Scratch scratch;
  write_iso(small(), scratch / "a.iso");
  EXPECT_TRUE(udf::probe(scratch / "a.iso"));
  EXPECT_EQ(udf::read(scratch / "a.iso").label, "REMEDIA_STAND_IN");
  const std::set<std::string> files = files_on(scratch / "a.iso");
  for (const char* name : {"bootmgr", "bootmgr.efi", "boot/etfsboot.com", "efi/boot/bootx64.efi",
                           "efi/Microsoft/boot/efisys_noprompt.bin", "sources/boot.wim"}) {
    EXPECT_TRUE(files.contains(name)) << name;
  }
  EXPECT_EQ(run_checked({"isoinfo", "-f", "-i", scratch / "a.iso"}), "/README.TXT;1\n");
}

TEST(Medium, HasABootEntryForEachFirmware) {
  struct Case {
    bool boot_files, bios_files;  // asked for
    bool bios_entry, uefi_entry;  // found
  };
  constexpr Case cases[] = {
      {true, true, true, true}, {true, false, false, true}, {false, true, false, false}};
  for (const Case& c : cases) {
    const Scratch scratch;
    Options options = small();
    options.boot_files = c.boot_files;
    options.bios_files = c.bios_files;
    write_iso(options, scratch / "a.iso");
    const std::string report = run_checked(
        {"xorriso", "-no_rc", "-indev", scratch / "a.iso", "-report_el_torito", "plain"});
    EXPECT_EQ(report.find("BIOS  y   none  0x0000  0x00      8") != report.npos, c.bios_entry);
    EXPECT_EQ(report.find("UEFI  y   none  0x0000  0x00   2880") != report.npos, c.uefi_entry);
  }
}

TEST(Medium, BootWimHoldsPeAndSetup) {
  const Scratch scratch;
  write_iso(small(), scratch / "a.iso");
  const wim::File boot(file_on(scratch / "a.iso", "sources/boot.wim"), "boot.wim");
  EXPECT_TRUE(boot.info().bootable_format);
  EXPECT_EQ(boot.info().boot_index, 2);
  ASSERT_EQ(boot.info().images.size(), 2u);
  EXPECT_EQ(boot.info().images[0].name, "Microsoft Windows PE (amd64)");
  EXPECT_EQ(boot.info().images[1].name, "Microsoft Windows Setup (amd64)");
  EXPECT_EQ(boot.info().images[1].architecture, "amd64");
  EXPECT_EQ(boot.info().images[1].version, "10.0.26100.1742");
  EXPECT_NE(boot.find(2, "windows/system32/config/software"), nullptr);
  EXPECT_NE(boot.find(1, "Windows/Boot/DVD/PCAT/etfsboot.com"), nullptr);
  EXPECT_EQ(boot.find(1, "setup.exe"), nullptr);
}

TEST(Medium, InstallWimHoldsWindowsReInEachEdition) {
  const Scratch scratch;
  Options options = small();
  options.install_wim = true;
  write_iso(options, scratch / "a.iso");
  const wim::File install(file_on(scratch / "a.iso", "sources/install.wim"), "install.wim");
  for (std::string_view edition : {"Windows 11 Pro", "Windows 11 Enterprise"}) {
    const int image = install.find_image(edition);
    const wim::Entry* entry = install.find(image, "Windows/System32/Recovery/winre.wim");
    ASSERT_NE(entry, nullptr) << edition;
    install.extract(image, *entry, scratch / "winre.wim");
    const wim::File winre(Slice::whole(scratch / "winre.wim"), "winre.wim");
    EXPECT_EQ(winre.info().images.at(0).name, "Microsoft Windows Recovery Environment (amd64)");
    EXPECT_EQ(winre.info().boot_index, 1);
  }
}

TEST(Medium, Arm64HasNoBiosFilesAndItsOwnLoader) {
  const Scratch scratch;
  Options options = small();
  options.arch = "arm64";
  write_iso(options, scratch / "a.iso");
  const std::set<std::string> files = files_on(scratch / "a.iso");
  EXPECT_TRUE(files.contains("efi/boot/bootaa64.efi"));
  EXPECT_FALSE(files.contains("efi/boot/bootx64.efi"));
  EXPECT_FALSE(files.contains("bootmgr"));
  EXPECT_FALSE(files.contains("boot/etfsboot.com"));
  const wim::File boot(file_on(scratch / "a.iso", "sources/boot.wim"), "boot.wim");
  EXPECT_EQ(boot.info().images.at(0).architecture, "arm64");
  const std::string loader = read_all(file_on(scratch / "a.iso", "efi/boot/bootaa64.efi"));
  const std::size_t header = static_cast<unsigned char>(loader.at(0x3C));
  EXPECT_EQ(loader.substr(header, 6), std::string("PE\0\0\x64\xAA", 6));
}

TEST(Medium, CanLackBootFilesAndTheSecondImage) {
  const Scratch scratch;
  Options options = small();
  options.boot_files = false;
  options.image_boot_files = false;
  options.single_image = true;
  write_folder(options, scratch / "medium");
  EXPECT_FALSE(fs::exists(scratch / "medium/boot"));
  EXPECT_FALSE(fs::exists(scratch / "medium/efi"));
  const wim::File boot(Slice::whole(scratch / "medium/sources/boot.wim"), "boot.wim");
  EXPECT_EQ(boot.info().images.size(), 1u);
  EXPECT_EQ(boot.info().boot_index, 1);
  EXPECT_EQ(boot.find(1, "Windows/Boot"), nullptr);
}

TEST(Medium, OfAnUnknownArchitectureIsRefused) {
  const Scratch scratch;
  Options options = small();
  options.arch = "ia64";
  EXPECT_EQ(failure_of([&] { write_iso(options, scratch / "a.iso"); }),
            "there is no stand-in medium for 'ia64': amd64 and arm64 are known");
}

}  // namespace
}  // namespace remedia::medium
