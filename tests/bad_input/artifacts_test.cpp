// What usb, wds and partition cannot make: too small, too large, something missing or damaged.

#include "bad_input/ways_out.h"
#include "support/digest.h"

#include <fstream>

#include <gtest/gtest.h>

namespace remedia {
namespace {

constexpr const char* kUsb = "usb { boot = boot }";
constexpr const char* kWds = "wds { boot = boot, anonymous = true }";
constexpr const char* kPartition = "partition { boot = boot }";

// --- what the recipe alone says ------------------------------------------------------------------

struct Said {
  const char* artifacts;
  const char* under;
  std::vector<std::string> says;
};

TEST(WaysOutRecipe, IsRefusedBeforeAnythingIsBuilt) {
  const Said cases[] = {
      {R"(usb { boot = boot, size = "0 GB" })", "size", {"'0 GB' is no size", "\"700MiB\""}},
      {R"(usb { boot = boot, size = "8" })", "size", {"'8' is no size"}},
      {R"(usb { boot = boot, size = "99999 TB" })", "size", {"'99999 TB' is no size"}},
      {R"(usb { boot = boot, label = "Stick" })", "label", {"'Stick'", "A-Z, 0-9 and _"}},
      {R"(usb { boot = boot, label = "ABCDEFGHIJKL" })", "label", {"at most 11"}},
      {R"(usb { boot = boot, sector_size = 1024 })", "sector_size", {"1024 bytes", "4096"}},
      {R"(usb { boot = boot, layout = "gpt", firmware = { "uefi", "bios" } })",
       "firmware",
       {"BIOS does not boot from layout = \"gpt\"", "leave \"bios\" out"}},
      {R"(usb { boot = boot, sector_size = 4096, firmware = "bios" })",
       "firmware",
       {"BIOS does not boot from sectors of 4096 bytes", "leave \"bios\" out"}},
      {R"(usb { boot = boot, data_size = "1GiB" })", "data_size", {"there is no data", "data = {"}},
      {R"(usb { boot = boot, data = { "data" }, data_label = "Daten" })", "data_label", {"A-Z"}},
      {R"(usb { boot = { boot, boot } })", "boot", {"is in the boot menu twice", "name it once"}},
      {R"(usb { boot = boot }, usb { boot = boot, label = "B" })",
       "usb",
       {"helpdesk", "give one of them another name"}},
      {R"(wds { boot = boot })", "boot", {"asks nobody for a login", "anonymous = true"}},
      {R"(wds { boot = boot, anonymous = true, fonts = { "../x.ttf" } })",
       "fonts",
       {"'../x.ttf' is not the name of a boot font", "jpn_boot.ttf"}},
      {R"(wds { boot = boot, anonymous = true, fonts = { "a.ttf", "a.ttf" } })",
       "fonts",
       {"'a.ttf' is there already"}},
      {R"(wds { boot = boot, anonymous = true, interface = "eth0,lo" })", "interface", {"eth0"}},
      {R"(wds { boot = boot, anonymous = true, network = "192.0.2.256" })", "network", {"IPv4"}},
      {R"(wds { boot = boot, anonymous = true, network = "192.0.02.0" })", "network", {"IPv4"}},
      {R"(wds { boot = boot, anonymous = true, tftp_root = "/srv/my tftp" })",
       "tftp_root",
       {"without spaces"}},
      {R"(wds { boot = boot, anonymous = true, tftp_window_size = 65 })",
       "tftp_window_size",
       {"64"}},
      {R"(partition { boot = { boot, boot } })", "boot", {"wim"}},
      {R"(partition { boot = boot, label = "a:b" })", "label", {"'a:b'", "letters"}},
      {R"(partition { boot = boot, size = "half" })", "size", {"'half' is no size"}},
  };
  WaysOut trial;
  for (const Said& c : cases) {
    SCOPED_TRACE(c.artifacts);
    trial.make(c.artifacts);
    trial.refuses({.under = c.under, .says = c.says, .line = 3});
    EXPECT_FALSE(fs::exists(trial.made("")));
  }
}

TEST(WaysOutRecipe, PartitionWithoutItsShellIsRefused) {
  WaysOut trial;
  trial.make(kPartition, R"(overlays = { "common" })");
  trial.refuses({.under = "boot",
                 .says = {"would open BitLocker drives to whoever starts it",
                          "i_accept_that_this_bypasses_bitlocker = true", "recipes/r.lua:2:"},
                 .line = 3});
  trial.make("partition { boot = boot, i_accept_that_this_bypasses_bitlocker = true }",
             R"(overlays = { "common" })");
  trial.build();
  EXPECT_NE(trial.output.find("warning: whoever starts this partition"), std::string::npos)
      << trial.output;
  EXPECT_NE(trial.read("out/r/helpdesk/recovery/README.txt").find("opens its tools without"),
            std::string::npos);
}

TEST(WaysOutRecipe, NamesMayBeEqualInOtherRecipes) {
  WaysOut trial;
  trial.write("recipes/s.lua", trial.read("recipes/r.lua"));
  trial.build({"recipes/r.lua", "recipes/s.lua"});
  EXPECT_NE(sha256(Slice::whole(trial.made("helpdesk.usb.img"))), "");
  for (const char* file : {"helpdesk.usb.img", "helpdesk.recovery.img", "wds/README.txt"})
    EXPECT_TRUE(fs::exists(trial / ("out/s/helpdesk/" + std::string(file)))) << file;
  trial.build({"recipes/r.lua", "recipes/s.lua", "--", "s"});
}

// --- sizes ---------------------------------------------------------------------------------------

struct Small {
  const char* artifacts;
  const char* under;
  std::vector<std::string> says;
};

TEST(WaysOutSizes, ThatCannotBeAreRefusedWithBothNumbers) {
  const Small cases[] = {
      {R"(usb { boot = boot, size = "30MiB" })",
       "size",
       {"the image takes ", " MiB), but is to have 31457280 bytes (30 MiB)", "make size larger"}},
      {R"(usb { boot = boot, data = { "data" }, data_size = "5MiB" })",
       "data_size",
       {"the data takes ", "but its partition has 5242880 bytes (5 MiB)", "make data_size larger"}},
      {R"(usb { boot = boot, data = { "data" }, data_size = "5MiB", data_filesystem = "ntfs" })",
       "data_size",
       {"the data takes ", "but its partition has 5242880 bytes (5 MiB)", "make data_size larger"}},
      {R"(usb { boot = boot, data = { "data" }, size = "60MiB", data_size = "50MiB" })",
       "size",
       {"the image takes ", "but is to have 62914560 bytes (60 MiB)"}},
      {R"(partition { boot = boot, size = "499MiB" })",
       "size",
       {"the partition takes 524288000 bytes (500 MiB), but is to have 523239424 bytes (499 MiB)",
        "never below 500 MiB"}},
      {R"(usb { boot = boot, size = "3TB" })",
       "size",
       {"FAT32 has at most 2199021158400 bytes", "second partition"}},
      {R"(usb { boot = boot, layout = "gpt", size = "3TB" })",
       "size",
       {"FAT32 has at most 2199021158400 bytes", "second partition"}},
      {R"(usb { boot = boot, data = { "data" }, size = "3TB" })",
       "size",
       {"an MBR counts at most 2199021158400 bytes", "layout = \"gpt\""}},
      {R"(usb { boot = boot, data = { "data" }, data_size = "3TB" })",
       "data_size",
       {"an MBR counts at most 2199021158400 bytes", "layout = \"gpt\""}},
      {R"(partition { boot = boot, size = "9000TB" })", "size", {"'9000TB' is 16 TiB or more"}},
      {R"(usb { boot = boot, layout = "gpt", data = { "data" }, size = "9000TB" })",
       "size",
       {"'9000TB' is 16 TiB or more"}},
  };
  WaysOut trial;
  trial.write("overlays/data/large.bin", noise(6 << 20));
  for (const Small& c : cases) {
    SCOPED_TRACE(c.artifacts);
    trial.make(c.artifacts);
    trial.refuses({.under = c.under, .says = c.says, .line = 3});
  }
  trial.make(R"(usb { boot = boot, data = { "data" }, size = "600MiB", data_size = "50MiB" })");
  trial.build();
  EXPECT_EQ(fs::file_size(trial.made("helpdesk.usb.img")), 600u << 20);
}

// The image is ours: that nobody looks into it before its size is seen lets a hole stand for it.
TEST(WaysOutSizes, ImageOf4GiBIsRefusedOnFat32Only) {
  WaysOut trial;
  trial.make(kUsb);
  trial.build();
  fs::path image = trial.made("boot.wim");
  std::string good = content_of(image);
  auto time = fs::last_write_time(image);
  fs::resize_file(image, std::uint64_t{1} << 32);
  fs::last_write_time(image, time);
  fs::remove(trial.made("helpdesk.usb.img"));
  // Its digest would take as long as all other tests here.
  std::string said = trial.failing_build();
  for (const char* part : {"boot.wim' has 4294967296 bytes; FAT32 holds files of at most 4 GiB - 1",
                           "make the image smaller", "recipes/r.lua:3:16:"}) {
    EXPECT_NE(said.find(part), std::string::npos) << said;
  }
  EXPECT_EQ(trial.leftovers(), std::vector<std::string>{});
  fs::resize_file(image, good.size());
  fs::last_write_time(image, time);
  trial.builds();
}

// --- data ----------------------------------------------------------------------------------------

class Data : public testing::TestWithParam<const char*> {
 protected:
  std::string artifact() const {
    return fmt::format(R"(usb {{ boot = boot, data = {{ "data" }}, data_filesystem = "{}" }})",
                       GetParam());
  }
};

TEST_P(Data, WithNamesThatWindowsCannotHoldAreRefused) {
  WaysOut trial(artifact());
  const std::pair<const char*, const char*> cases[] = {
      {"a:b.txt", "a:b.txt"},
      {"nul.txt", "nul.txt"},
      {"ends.", "ends."},
      {"LOGS/x", "case"},
      {"bad\xff"
       "utf8",
       "UTF-8"},
  };
  for (const auto& [name, says] : cases) {
    SCOPED_TRACE(name);
    fs::path file = trial / ("overlays/data/" + std::string(name));
    trial.write("overlays/data/" + std::string(name), "x");
    trial.refuses({.under = "\"data\"", .says = {says}, .line = 3});
    fs::remove_all(file.string().find("LOGS") == std::string::npos ? file : file.parent_path());
  }
  fs::create_symlink("nowhere", trial / "overlays/data/link");
  trial.refuses({.under = "\"data\"", .says = {"is a link that leads nowhere"}, .line = 3});
  fs::remove(trial / "overlays/data/link");
  fs::rename(trial / "overlays/data", trial / "kept");
  trial.refuses({.under = "\"data\"", .says = {"'data'", "overlays/data"}, .line = 3});
  fs::create_directory(trial / "overlays/data");
  trial.build();
  EXPECT_NE(trial.output.find("warning: overlay 'data' is empty"), std::string::npos)
      << trial.output;
  fs::remove(trial / "overlays/data");
  fs::rename(trial / "kept", trial / "overlays/data");
  trial.touch("overlays/data");  // a folder as old as it was is no change to ninja
  trial.builds();
}

// As seen from ninja nothing changed, since the time is an old one.
TEST_P(Data, ThatChangeBetweenTheStagesAreNoticed) {
  WaysOut trial(artifact());
  trial.build();
  fs::remove(trial.made("helpdesk.usb.img"));
  fs::path file = trial / "overlays/data/logs/readme.txt";
  auto time = fs::last_write_time(file);
  trial.write("overlays/data/logs/readme.txt", "logs went here\n");
  fs::last_write_time(file, time);
  trial.refuses(
      {.under = "data",
       .says = {"'data/logs/readme.txt' changed while the image was built", "run the build again"},
       .line = 3});
  trial.builds();
}

INSTANTIATE_TEST_SUITE_P(On, Data, testing::Values("exfat", "ntfs"),
                         [](const auto& test) { return std::string(test.param); });

// --- boot files ----------------------------------------------------------------------------------

struct Missing {
  const char* name;
  const char* artifacts;
  std::vector<std::string> files;  ///< of the medium, that are not there
  const char* under;
  std::vector<std::string> says;
  const char* next;  ///< what does without
};

class LacksBootFiles : public testing::TestWithParam<Missing> {};

TEST_P(LacksBootFiles, IsToldWhatToDo) {
  WaysOut trial;
  auto image = bare_winre();
  image["Windows/Boot/PXE/pxeboot.n12"] = "starts";
  image["Windows/Boot/PXE/bootmgr.exe"] = "is loaded";
  fs::path folder = trial.bare(image);
  for (const std::string& file : GetParam().files) {
    bool of_image = image.erase(file) > 0;
    if (of_image) trial.bare(image);
  }
  for (const std::string& file : GetParam().files) fs::remove(folder / file);
  trial.make(GetParam().artifacts, kKeepsShell, kWinFolder);
  trial.refuses({.under = GetParam().under, .says = GetParam().says, .line = 3});
  trial.make(GetParam().next, kKeepsShell, kWinFolder);
  trial.build();
  EXPECT_EQ(trial.leftovers(), std::vector<std::string>{});
}

constexpr const char* kLend = "source { ..., boot_files = source { ... } }";

INSTANTIATE_TEST_SUITE_P(
    Of, LacksBootFiles,
    testing::Values(Missing{"usb_bios",
                            R"(usb { boot = boot, firmware = { "bios" } })",
                            {"bootmgr", "boot/etfsboot.com"},
                            "firmware",
                            {"the source has no bootmgr,", kLend, "firmware = \"uefi\""},
                            kUsb},
                    Missing{"usb_uefi",
                            kUsb,
                            {"efi/boot/bootx64.efi"},
                            "boot",
                            {"the source has no efi/boot/bootx64.efi,", kLend},
                            R"(usb { boot = boot, firmware = { "bios" } })"},
                    Missing{"usb_sdi",
                            kUsb,
                            {"boot/boot.sdi"},
                            "boot",
                            {"the source has no boot/boot.sdi,", kLend},
                            "boot"},
                    Missing{"wds_pxe",
                            kWds,
                            {"Windows/Boot/PXE/pxeboot.n12"},
                            "wds",
                            {"the source has no pxe/pxeboot.n12,", kLend, "firmware = \"uefi\""},
                            R"(wds { boot = boot, anonymous = true, firmware = "uefi" })"},
                    Missing{
                        "wds_half_of_pxe",
                        R"(wds { boot = boot, anonymous = true, firmware = { "bios", "uefi" } })",
                        {"Windows/Boot/PXE/bootmgr.exe"},
                        "firmware",
                        {"the source has no pxe/bootmgr.exe,", kLend, "firmware = \"uefi\""},
                        R"(wds { boot = boot, anonymous = true, firmware = "uefi" })"},
                    Missing{"wds_boot_stl",
                            kWds,
                            {"efi/Microsoft/boot/boot.stl"},
                            "boot",
                            {"the source has no efi/microsoft/boot/boot.stl,", kLend,
                             "leave_out = \"boot.stl\""},
                            R"(wds { boot = boot, anonymous = true, leave_out = "boot.stl" })"},
                    Missing{"wds_further_font",
                            R"(wds { boot = boot, anonymous = true, fonts = { "jpn_boot.ttf" } })",
                            {},
                            "fonts",
                            {"the source has no boot/fonts/jpn_boot.ttf,", kLend},
                            kWds}),
    kByName);

// --- other architectures -------------------------------------------------------------------------

TEST(WaysOutArchitecture, Arm64HasNoBios) {
  WaysOut trial;
  fs::path folder = trial.bare(bare_winre(), "12");
  constexpr const char* kArm = R"(media = "@media/win", image = "winre", arch = "arm64")";
  for (const char* artifacts : {R"(usb { boot = boot, firmware = { "bios", "uefi" } })",
                                R"(wds { boot = boot, anonymous = true, firmware = "bios" })"}) {
    trial.make(artifacts, kKeepsShell, kArm);
    trial.refuses({.under = "firmware",
                   .says = {"there is no BIOS for arm64", "leave \"bios\" out"},
                   .line = 3});
  }
  trial.make(kAllWays, kKeepsShell, kArm);
  fs::remove(folder / "efi/boot/bootx64.efi");
  trial.failing_build();
  EXPECT_NE(trial.output.find("the source has no efi/boot/bootaa64.efi,"), std::string::npos)
      << trial.output;
  trial.write("media/win/efi/boot/bootaa64.efi", "a loader");
  trial.build();
  EXPECT_EQ(trial.read("out/r/helpdesk/wds/tftp/BCD").find("winload.exe"), std::string::npos);
  EXPECT_TRUE(fs::exists(trial.made("wds/tftp/Boot/arm64/bootmgfw.efi")));
  EXPECT_EQ(trial.read("out/r/helpdesk/helpdesk.usb.img").substr(0, 4), std::string(4, '\0'))
      << "code for BIOS";
}

TEST(WaysOutArchitecture, X86BootsToo) {
  WaysOut trial;
  trial.bare(bare_winre(), "0");
  trial.write("media/win/efi/boot/bootia32.efi", "a loader");
  trial.make(R"(usb { boot = boot }, partition { boot = boot },
                wds { boot = boot, anonymous = true, firmware = "uefi" })",
             kKeepsShell, R"(media = "@media/win", image = "winre", arch = "x86")");
  trial.build();
  EXPECT_TRUE(fs::exists(trial.made("wds/tftp/Boot/x86/bootmgfw.efi")));
  EXPECT_NE(trial.read("out/r/helpdesk/wds/dnsmasq.conf").find("IA32_EFI"), std::string::npos);
}

}  // namespace
}  // namespace remedia
