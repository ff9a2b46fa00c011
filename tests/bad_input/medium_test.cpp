// Media that are cut, damaged or no Windows media at all.

#include "bad_input/trial.h"
#include "support/digest.h"

#include <fstream>

#include <gtest/gtest.h>
#include <sys/stat.h>

namespace remedia {
namespace {

constexpr const char* kAgain = "compare its checksum";

// --- cut off ------------------------------------------------------------------------------------

struct Cut {
  const char* name;
  std::uint64_t (*at)(const fs::path& iso);
  const char* says;
};

class Truncated : public testing::TestWithParam<Cut> {};

TEST_P(Truncated, IsoIsRefused) {
  Trial trial;
  fs::resize_file(trial.medium(), GetParam().at(trial.medium()));
  trial.refuses({.under = "media", .says = {"media/win.iso", GetParam().says}});
  trial.put_good_medium();
  trial.builds();
}

INSTANTIATE_TEST_SUITE_P(
    At, Truncated,
    testing::Values(
        Cut{"nothing", [](const fs::path&) { return std::uint64_t{0}; }, "is empty"},
        Cut{"iso_9660", [](const fs::path&) { return std::uint64_t{16 * 2048 + 1000}; },
            "is truncated"},
        Cut{"udf_descriptors", [](const fs::path&) { return std::uint64_t{260 * 2048}; },
            "is truncated"},
        Cut{"boot_wim",
            [](const fs::path& iso) { return place_on(iso, "sources/boot.wim") + 100'000; },
            "is truncated"},
        Cut{"install_wim",
            [](const fs::path& iso) { return place_on(iso, "sources/install.wim") + 100'000; },
            "is truncated"},
        Cut{"last_file",
            [](const fs::path& iso) { return std::uint64_t{fs::file_size(iso)} - 160 * 2048; },
            "is truncated"}),
    kByName);

// What follows the last file is padding and a second anchor. Nothing of it is needed.
TEST(TruncatedBehindItsFiles, IsoGivesTheSameImage) {
  Trial trial;
  trial.build();
  std::string whole = trial.read("out/r/helpdesk/boot.wim");
  fs::resize_file(trial.medium(), fs::file_size(trial.medium()) - 1);
  trial.build();
  EXPECT_NE(whole, "");
  EXPECT_EQ(trial.manifest().at("images")[0].at("inputs")[0].at("size"),
            fs::file_size(trial.medium()));
}

// --- something else -----------------------------------------------------------------------------

TEST(NoMedium, TextIsRefused) {
  Trial trial;
  trial.write("media/win.iso", "404 Not Found\n");
  trial.refuses({.under = "media",
                 .says = {"is neither an ISO (it has no UDF and no ISO 9660 volume), nor a "
                          "folder, nor a WIM",
                          "an interrupted download looks like this"}});
  trial.put_good_medium();
  trial.builds();
}

TEST(NoMedium, FifoIsRefusedWithoutWaiting) {
  Trial trial;
  fs::remove(trial.medium());
  ASSERT_EQ(mkfifo(trial.medium().c_str(), 0644), 0);
  trial.refuses({.under = "media", .says = {"is not a regular file"}});
  fs::remove(trial.medium());
  trial.put_good_medium();
  trial.builds();
}

TEST(NoMedium, IsoWithoutUdfIsOne) {
  Trial trial;
  trial.build();
  fs::copy_file(trial / "out/r/helpdesk/boot.wim", trial / "before.wim");
  fs::path folder = trial.unpacked();
  run_checked({"genisoimage", "-quiet", "-iso-level", "3", "-o", trial.medium(), folder});
  trial.builds();
  EXPECT_EQ(wim::File(Slice::whole(trial / "out/r/helpdesk/boot.wim"), "boot.wim").list(1).size(),
            wim::File(Slice::whole(trial / "before.wim"), "before.wim").list(1).size());
}

TEST(NoMedium, IsoWithoutWindowsIsRefused) {
  Trial trial;
  trial.write("holiday/beach.jpg", "sand");
  write_iso(trial / "holiday", trial.medium());
  trial.refuses({.under = "media",
                 .says = {"'@media/win.iso' holds no Windows: sources/install.wim or",
                          "a Windows medium has sources/boot.wim"}});
  trial.put_good_medium();
  trial.builds();
}

TEST(NoMedium, FolderWithoutSourcesIsRefused) {
  Trial trial;
  fs::path folder = trial.unpacked();
  fs::rename(folder / "sources", folder / "Sources.old");
  trial.recipe(R"(media = "@media/win", image = "pe")");
  trial.refuses(
      {.under = "media", .says = {"'@media/win' holds no Windows: sources/boot.wim is not there"}});
  fs::rename(folder / "Sources.old", folder / "sources");
  trial.builds();
}

TEST(NoMedium, MediumThatIsMissingIsNoticedBeforeAnythingIsBuilt) {
  Trial trial;
  fs::remove(trial.medium());
  trial.refuses({.under = "media", .says = {"'@media/win.iso' is not there", "it means "}});
  EXPECT_FALSE(fs::exists(trial / "out/build.ninja"));
  trial.put_good_medium();
  trial.builds();
}

// --- a WIM that cannot be read ------------------------------------------------------------------

constexpr const char* kBareWinre = R"(media = "@media/winre.wim", image = "winre")";

struct HeaderPatch {
  const char* name;
  std::uint64_t at;
  std::string bytes;
  const char* says;
};

class WimHeader : public testing::TestWithParam<HeaderPatch> {};

TEST_P(WimHeader, IsRefused) {
  Trial trial;
  std::string good = recovery_wim();
  trial.write("media/winre.wim", good);
  overwrite(trial / "media/winre.wim", GetParam().at, GetParam().bytes);
  trial.recipe(kBareWinre);
  trial.refuses({.under = "media", .says = {"@media/winre.wim", GetParam().says}});
  trial.write("media/winre.wim", good);
  trial.builds();
}

INSTANTIATE_TEST_SUITE_P(
    With, WimHeader,
    testing::Values(
        HeaderPatch{"other_size", 8, std::string("\x64\0\0\0", 4), "has a damaged header"},
        HeaderPatch{"unknown_version", 12, std::string("\0\0\x02\0", 4), "has a version that"},
        HeaderPatch{"unknown_compression", 16, std::string("\x02\0\x10\0", 4),
                    "is compressed in a way that"},
        HeaderPatch{"odd_chunks", 20, std::string("\x39\x30\0\0", 4), "has chunks of a size"},
        HeaderPatch{"unfinished_write", 16, std::string("\x42\0\x04\0", 4),
                    "was not written to its end"},
        HeaderPatch{"many_images", 44, std::string("\x09\0\0\0", 4), "is damaged"}),
    kByName);

// Microsoft encrypts the ESDs of Windows Update; the XML says so.
TEST(EncryptedEsd, IsRefused) {
  Trial trial;
  std::string good = recovery_wim();
  std::string xml = "\xff\xfe";
  for (char c : std::string_view("<WIM><ESD><ENCRYPTED/></ESD><IMAGE INDEX=\"1\"/></WIM>"))
    xml += {c, '\0'};
  auto number = [](std::uint64_t value) {
    std::string bytes;
    for (int shift = 0; shift < 64; shift += 8) bytes += static_cast<char>(value >> shift);
    return bytes;
  };
  trial.write("media/winre.wim", good + xml);
  overwrite(trial / "media/winre.wim", 72,
            number(xml.size() | 2ull << 56) + number(good.size()) + number(xml.size()));
  trial.recipe(kBareWinre);
  trial.refuses(
      {.under = "media", .says = {"is an encrypted ESD", "take the ISO, or decrypt it first"}});
  trial.write("media/winre.wim", good);
  trial.builds();
}

// --- split WIMs ---------------------------------------------------------------------------------

struct SplitDamage {
  const char* name;
  void (*spoil)(const fs::path& sources);
  std::vector<std::string> says;
};

class SplitWim : public testing::TestWithParam<SplitDamage> {};

// Splits the install.wim of an unpacked medium into three parts.
fs::path split_medium(const Trial& trial) {
  fs::path sources = trial.unpacked() / "sources";
  fs::path whole = trial / "whole.wim";
  write_wim(whole, {{.name = "Windows 11 Pro",
                     .files = {{"Windows/System32/Recovery/winre.wim", recovery_wim()},
                               {"Windows/big.dll", noise(3 << 20)}}}});
  fs::remove(sources / "install.wim");
  run_checked({"wimsplit", whole, sources / "install.swm", "2"});
  trial.recipe(R"(media = "@media/win", image = "winre")");
  return sources;
}

TEST_P(SplitWim, IsRefusedUntilAllItsPartsAreThere) {
  Trial trial;
  fs::path sources = split_medium(trial);
  fs::copy(sources, trial / "good");
  GetParam().spoil(sources);
  trial.refuses({.under = "media", .says = GetParam().says});
  fs::remove_all(sources);
  fs::rename(trial / "good", sources);
  trial.builds();
  EXPECT_EQ(trial.manifest().at("images")[0].at("inputs").size(), 3u);
}

INSTANTIATE_TEST_SUITE_P(
    With, SplitWim,
    testing::Values(
        SplitDamage{"second_missing",
                    [](const fs::path& s) { fs::remove(s / "install2.swm"); },
                    {"sources/install.swm' lacks part 2 of 3",
                     "all its parts belong beside each other", "wimjoin"}},
        SplitDamage{"others_missing",
                    [](const fs::path& s) {
                      fs::remove(s / "install2.swm");
                      fs::remove(s / "install3.swm");
                    },
                    {"sources/install.swm' is part 1 of 3 of a split WIM", "wimjoin"}},
        SplitDamage{"first_missing",
                    [](const fs::path& s) { fs::remove(s / "install.swm"); },
                    {"holds no Windows: sources/install.wim or"}},
        SplitDamage{
            "one_twice",
            [](const fs::path& s) { fs::copy_file(s / "install2.swm", s / "install4.swm"); },
            {"part 2 of", "is there twice", "install2.swm", "install4.swm"}},
        SplitDamage{
            "one_in_two_spellings",
            [](const fs::path& s) { fs::copy_file(s / "install2.swm", s / "INSTALL2.swm"); },
            {"install2.swm", "INSTALL2.swm", "Windows takes these names for one"}},
        SplitDamage{"part_of_another",
                    [](const fs::path& s) {
                      write_wim(s / "o.wim", {{.name = "O", .files = {{"a", noise(3 << 20)}}}});
                      run_checked({"wimsplit", s / "o.wim", s / "o.swm", "1"});
                      fs::rename(s / "o2.swm", s / "install2.swm");
                    },
                    {"install2.swm' is not a part of", "of another WIM"}},
        SplitDamage{"whole_wim_as_part",
                    [](const fs::path& s) {
                      write_wim(s / "install2.swm", {{.name = "O", .files = {{"a", "b"}}}});
                    },
                    {"install2.swm' is not a part of", "of another WIM"}},
        SplitDamage{"text_as_part",
                    [](const fs::path& s) {
                      fs::resize_file(s / "install2.swm", 0);
                      std::ofstream(s / "install2.swm") << "404 Not Found\n";
                    },
                    {"install2.swm' is not a part of", "it is no WIM"}},
        SplitDamage{"damaged_part",
                    [](const fs::path& s) {
                      std::string whole = content_of(s / "install.swm");
                      flip(s / "install.swm", whole.size() / 2);
                    },
                    {"damaged", kAgain}},
        SplitDamage{"half_a_part",
                    [](const fs::path& s) {
                      fs::resize_file(s / "install2.swm", fs::file_size(s / "install2.swm") / 2);
                    },
                    {"install"}}),
    kByName);

// --- damaged WIMs -------------------------------------------------------------------------------

struct Damage {
  const char* name;
  std::uint64_t (*at)(const fs::path& wim);
};

class DamagedWim : public testing::TestWithParam<Damage> {};

std::uint64_t in_data(const fs::path& wim, std::uint64_t sixteenths) {
  return 208 + (parts_of(wim).metadata - 208) * sixteenths / 16;
}

// Data that are compressed already are copied as they are; they are checked all the same.
TEST_P(DamagedWim, IsRefused) {
  Trial trial;
  std::string good = recovery_wim();
  trial.write("media/winre.wim", good);
  flip(trial / "media/winre.wim", GetParam().at(trial / "media/winre.wim"));
  // With boot files from elsewhere, nothing but the image is taken from it.
  trial.recipe(R"(media = "@media/winre.wim", image = "winre",
    boot_files = source { media = "@media/win.iso", image = "pe" })");
  trial.refuses({.under = "media", .says = {"@media/winre.wim", "damaged", kAgain}});
  trial.write("media/winre.wim", good);
  trial.builds();
}

INSTANTIATE_TEST_SUITE_P(
    In, DamagedWim,
    testing::Values(Damage{"table", [](const fs::path& wim) { return parts_of(wim).table + 3; }},
                    Damage{"metadata",
                           [](const fs::path& wim) { return parts_of(wim).metadata + 40; }},
                    Damage{"early_data", [](const fs::path& wim) { return in_data(wim, 4); }},
                    Damage{"middle_data", [](const fs::path& wim) { return in_data(wim, 8); }},
                    Damage{"last_data", [](const fs::path& wim) { return in_data(wim, 15); }}),
    kByName);

// Enough of what does not compress for it to be found again inside another WIM.
TEST(DamagedMedium, RecoveryImageIsCheckedThroughItsContainer) {
  Trial trial;
  std::string piece = noise(1 << 20);
  fs::path folder = trial.unpacked();
  write_wim(
      trial / "winre.wim",
      {{.name = "RE",
        .files = {{"Windows/payload.bin", piece}, {"Windows/System32/winpeshl.exe", "start"}}}});
  fs::path install = folder / "sources/install.wim";
  write_install(install, {{"Windows 11 Pro", content_of(trial / "winre.wim")}});
  write_iso(folder, trial.medium());
  std::size_t at = content_of(trial.medium()).find(piece.substr(400'000, 64));
  ASSERT_NE(at, std::string::npos);
  flip(trial.medium(), at);
  trial.refuses({.under = "media", .says = {"winre.wim", "damaged", kAgain}});
  flip(trial.medium(), at);
  trial.builds();
}

TEST(DamagedMedium, ImageOfBootWimIsChecked) {
  Trial trial;
  std::string piece = noise(1 << 20);
  fs::path folder = trial.unpacked();
  write_wim(folder / "sources/boot.wim",
            {{.name = "Windows PE", .files = {{"Windows/payload.bin", piece}}},
             {.name = "Windows Setup", .files = {{"setup.exe", "setup"}}}});
  write_iso(folder, trial.medium());
  std::size_t at = content_of(trial.medium()).find(piece.substr(400'000, 64));
  ASSERT_NE(at, std::string::npos);
  flip(trial.medium(), at);
  trial.recipe(R"(media = "@media/win.iso", image = "pe")");
  trial.refuses({.under = "media",
                 .says = {"'@media/win.iso: sources/boot.wim image 1' is damaged: data does not "
                          "match its SHA-1",
                          kAgain}});
  // What is wrong with another image is no reason.
  trial.recipe(R"(media = "@media/win.iso", image = "setup")");
  trial.builds();
}

TEST(DamagedMedium, LenderIsNamed) {
  Trial trial;
  trial.write("media/winre.wim", recovery_wim());
  std::string good = content_of(trial.medium());
  fs::resize_file(trial.medium(), 3 << 20);
  trial.recipe(
      R"(media = "@media/winre.wim", image = "winre", boot_files = source { media = "@media/win.iso", image = "winre" })");
  trial.refuses({.under = "boot_files", .says = {"media/win.iso' is truncated", kAgain}});
  trial.write("media/win.iso", good);
  trial.builds();
}

// The build before is whole and stays so.
TEST(DamagedMedium, LeavesTheLastBuildAlone) {
  Trial trial;
  trial.build();
  auto before = artifacts_of(trial / "out");
  fs::resize_file(trial.medium(), fs::file_size(trial.medium()) / 2);
  trial.refuses({.under = "media", .says = {"is truncated"}});
  for (const auto& [name, digest] : before) {
    EXPECT_EQ(sha256(Slice::whole(trial / "out" / name)), digest) << name;
  }
  trial.put_good_medium();
  trial.build();
  EXPECT_EQ(artifacts_of(trial / "out"), before);
}

}  // namespace
}  // namespace remedia
