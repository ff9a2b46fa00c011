#include "media/medium.h"

#include "support/process.h"
#include "unit/scratch.h"

#include <algorithm>

#include <gtest/gtest.h>

namespace remedia {

namespace {

std::string read(const Medium& medium, std::string_view path) {
  const MediumFile* file = medium.find(path);
  return file != nullptr ? read_all(file->content) : fmt::format("no {}", path);
}

std::vector<std::string> paths(const std::vector<const MediumFile*>& files) {
  std::vector<std::string> out;
  for (const MediumFile* file : files) out.push_back(file->path);
  return out;
}

std::vector<std::string> contents(const std::vector<const MediumFile*>& files) {
  std::vector<std::string> out;
  for (const MediumFile* file : files) out.push_back(read_all(file->content));
  return out;
}

using Strings = std::vector<std::string>;

const std::string kWim("MSWIM\0\0\0", 8);

bool walked(const Medium& medium, const fs::path& folder) {
  const std::vector<fs::path>& all = medium.folders();
  return std::any_of(all.begin(), all.end(), [&](const fs::path& path) {
    return path.lexically_normal() == folder.lexically_normal();
  });
}

fs::path plain_tree(const Scratch& scratch) {
  scratch.write("tree/sources/boot.wim", "boot");
  scratch.write("tree/sources/install.wim", "install");
  scratch.write("tree/boot/fonts/b.ttf", "b");
  scratch.write("tree/boot/fonts/a.ttf", "a");
  return scratch / "tree";
}

// --- one question, whatever the container -------------------------------------------------------

void expect_plain_tree(const Medium& medium) {
  EXPECT_EQ(read(medium, "sources/boot.wim"), "boot");
  EXPECT_EQ(read(medium, "SOURCES/Install.WIM"), "install");
  EXPECT_EQ(contents(medium.list("Boot/Fonts", ".TTF")), (Strings{"a", "b"}));
  EXPECT_EQ(medium.find("sources"), nullptr);
  EXPECT_EQ(medium.find("sources/absent"), nullptr);
}

TEST(MediumKinds, FolderUdfAndIso9660AnswerAlike) {
  Scratch scratch;
  fs::path tree = plain_tree(scratch);
  EXPECT_EQ(Medium(tree).kind(), Medium::Kind::folder);
  expect_plain_tree(Medium(tree));
  for (const char* option : {"-udf", "-J", "-r", "-l"}) {
    fs::path iso = scratch / "made.iso";
    run_checked(
        {"genisoimage", "-quiet", "-V", "LABEL", option, "-o", iso.string(), tree.string()});
    Medium medium(iso);
    EXPECT_EQ(medium.kind(), Medium::Kind::iso);
    EXPECT_EQ(medium.label(), "LABEL") << option;
    EXPECT_TRUE(medium.folders().empty());
    expect_plain_tree(medium);
  }
}

// As on Microsoft's media.
TEST(MediumKinds, AnIsoWithAStubIsReadAsUdf) {
  Scratch scratch;
  fs::path tree = plain_tree(scratch);
  scratch.write("tree/readme.txt", "This disc needs a UDF reader.");
  fs::path iso = scratch / "made.iso";
  run_checked({"genisoimage", "-quiet", "-udf", "-hide", "sources", "-hide", "boot", "-o",
               iso.string(), tree.string()});
  expect_plain_tree(Medium(iso));
}

TEST(MediumKinds, SaysWhatItIsNot) {
  Scratch scratch;
  struct Case {
    std::string content;
    std::string_view message;
  };
  const Case cases[] = {
      {"404 Not Found", "' is neither an ISO (it has no UDF and no ISO 9660 volume), nor a folder"},
      {std::string(1 << 20, '\0'), "' is neither an ISO"},
      {"MSWIM", "' is neither an ISO"},
      {std::string("WLPWM\0\0\0", 8) + std::string(200, '\0'), "' is a pipable WIM"},
      {"", "' is empty"},
  };
  for (const Case& c : cases) {
    fs::path path = scratch.write("medium", c.content);
    EXPECT_NE(failure_of([&] { Medium medium(path); }).find(path.string() + std::string(c.message)),
              std::string::npos)
        << c.message;
  }
  EXPECT_NE(failure_of([&] { Medium medium(scratch / "absent"); }).find("absent"),
            std::string::npos);
}

TEST(MediumKinds, RefusesNamesThatDifferInCaseOnly) {
  Scratch scratch;
  fs::path tree = plain_tree(scratch);
  scratch.write("tree/sources/BOOT.WIM", "other");
  EXPECT_NE(failure_of([&] { Medium medium(tree); }).find("' holds both 'sources/"),
            std::string::npos);
  fs::remove(tree / "sources/BOOT.WIM");
  scratch.write("tree/Sources/other.wim", "two folders, but no file in both");
  EXPECT_EQ(read(Medium(tree), "sources/other.wim"), "two folders, but no file in both");
  scratch.write("tree/Sources/Boot.wim", "other");
  EXPECT_NE(failure_of([&] { Medium medium(tree); }).find("/boot.wim"), std::string::npos);
  scratch.write("work/media/sources/boot.wim", "");
  scratch.write("work/Media/x", "");
  EXPECT_NE(failure_of([&] { Medium medium(scratch / "work"); }).find("' holds both 'Media' and"),
            std::string::npos);
}

TEST(MediumKinds, LinksAreFollowedToFilesOnly) {
  Scratch scratch;
  fs::path tree = plain_tree(scratch);
  scratch.write("elsewhere/boot.wim", "linked");
  fs::remove(tree / "sources/boot.wim");
  fs::create_symlink(scratch / "elsewhere/boot.wim", tree / "sources/boot.wim");
  fs::create_symlink(tree, tree / "sources/loop");
  fs::create_symlink("nowhere", tree / "sources/dangling");
  fs::create_symlink("itself", tree / "itself");
  Medium medium(tree);
  EXPECT_EQ(read(medium, "sources/boot.wim"), "linked");
  EXPECT_EQ(medium.list("sources", "").size(), 2u);
}

// --- split images -------------------------------------------------------------------------------

TEST(MediumParts, ComeInNumericOrder) {
  Scratch scratch;
  for (const char* name :
       {"install.swm", "INSTALL2.SWM", "install3.swm", "install10.swm", "install11.swm",
        // None of these is a part of it.
        "install1.swm", "install0.swm", "install02.swm", "install2.wim", "install-2.swm",
        "install05.swm", "install2a.swm", "install70000.swm", "install123456.swm", "boot2.swm",
        "installs.swm"}) {
    scratch.write(std::string("medium/Sources/") + name, name);
  }
  scratch.write("medium/install4.swm", "of another folder");
  scratch.write("medium/sources2/install5.swm", "of another folder");
  Medium medium(scratch / "medium");
  EXPECT_EQ(
      contents(medium.parts("sources/install.swm")),
      (Strings{"install.swm", "INSTALL2.SWM", "install3.swm", "install10.swm", "install11.swm"}));
  EXPECT_EQ(paths(medium.parts("SOURCES/BOOT2.SWM")), Strings{"Sources/boot2.swm"});
  EXPECT_EQ(paths(medium.parts("sources/install2.wim")), Strings{"Sources/install2.wim"});
  EXPECT_EQ(paths(medium.parts("sources/absent.swm")), Strings{});
  EXPECT_EQ(paths(medium.parts("")), Strings{});
  EXPECT_EQ(paths(medium.parts(".swm")), Strings{});
}

TEST(MediumParts, MayLackSome) {
  Scratch scratch;
  scratch.write("medium/sources/install.swm", "1");
  scratch.write("medium/sources/install3.swm", "3");
  EXPECT_EQ(contents(Medium(scratch / "medium").parts("sources/install.swm")), (Strings{"1", "3"}));
  fs::remove(scratch / "medium/sources/install.swm");
  EXPECT_EQ(contents(Medium(scratch / "medium").parts("sources/install.swm")), Strings{});
}

TEST(MediumParts, AreFoundOnAnIso) {
  Scratch scratch;
  for (const char* name : {"install.swm", "install2.swm", "install3.swm"}) {
    scratch.write(std::string("tree/sources/") + name, name);
  }
  for (const char* option : {"-udf", "-J", "-l"}) {
    fs::path iso = scratch / "made.iso";
    run_checked({"genisoimage", "-quiet", option, "-o", iso.string(), (scratch / "tree").string()});
    EXPECT_EQ(contents(Medium(iso).parts("sources/install.swm")),
              (Strings{"install.swm", "install2.swm", "install3.swm"}));
  }
}

TEST(MediumParts, OfABareImageLieBesideIt) {
  Scratch scratch;
  scratch.write("some/x.swm", kWim + "1");
  scratch.write("some/X2.SWM", kWim + "2");
  scratch.write("some/x10.swm", kWim + "10");
  scratch.write("some/y2.swm", kWim + "y");
  fs::create_directory(scratch / "some/x3.swm");
  for (fs::path path : {scratch / "some/x.swm", fs::path("x.swm")}) {
    fs::path here = fs::current_path();
    if (path.is_relative()) fs::current_path(scratch / "some");
    Medium medium(path);
    EXPECT_EQ(medium.kind(), Medium::Kind::wim);
    EXPECT_EQ(contents(medium.parts("whatever")), (Strings{kWim + "1", kWim + "2", kWim + "10"}));
    EXPECT_EQ(paths(medium.parts("")), (Strings{"x.swm", "X2.SWM", "x10.swm"}));
    EXPECT_EQ(medium.find("x.swm"), nullptr);
    EXPECT_EQ(medium.folders(), std::vector{path.is_relative() ? fs::path(".") : scratch / "some"});
    fs::current_path(here);
  }
}

TEST(MediumParts, OfABareWholeImageAreItself) {
  Scratch scratch;
  scratch.write("install2.wim", kWim);
  for (const char* name : {"install.wim", "winre.wim", "install.esd", "no ending"}) {
    Medium medium(scratch.write(name, kWim + name));
    EXPECT_EQ(medium.kind(), Medium::Kind::wim);
    EXPECT_EQ(contents(medium.parts("sources/install.wim")), Strings{kWim + name});
    EXPECT_TRUE(medium.folders().empty());
  }
}

// --- folders of the ADK -------------------------------------------------------------------------

void write_boot_sectors(const Scratch& scratch, const std::string& folder) {
  for (const char* name : {"etfsboot.com", "efisys.bin", "efisys_noprompt.bin", "efisys_EX.bin",
                           "oscdimg.exe", "bootmgfw_EX.efi"}) {
    scratch.write(folder + "/" + name, name);
  }
}

void expect_boot_sectors(const Medium& medium) {
  EXPECT_EQ(read(medium, "boot/etfsboot.com"), "etfsboot.com");
  EXPECT_EQ(contents(medium.list("efi/microsoft/boot", ".bin")),
            (Strings{"efisys.bin", "efisys_EX.bin", "efisys_noprompt.bin"}));
  EXPECT_EQ(medium.find("oscdimg.exe"), nullptr);
  EXPECT_TRUE(medium.list("", "").empty());
}

TEST(AdkFolder, OfCopypeIsAMedium) {
  for (const char* sectors : {"fwfiles", "bootbins", "FwFiles"}) {
    for (const char* media : {"media", "MEDIA"}) {
      Scratch scratch;
      std::string top = std::string("work/") + media;
      scratch.write(top + "/sources/boot.wim", "pe");
      scratch.write(top + "/Boot/boot.sdi", "sdi");
      scratch.write("work/mount/readme", "not on the medium");
      write_boot_sectors(scratch, std::string("work/") + sectors);
      for (const fs::path& named : {scratch / "work", scratch / "work/", scratch / top,
                                    scratch / (top + "/"), scratch / (top + "/.")}) {
        SCOPED_TRACE(named.string());
        Medium medium(named);
        EXPECT_EQ(medium.kind(), Medium::Kind::folder);
        EXPECT_EQ(read(medium, "sources/boot.wim"), "pe");
        EXPECT_EQ(read(medium, "boot/boot.sdi"), "sdi");
        EXPECT_EQ(medium.find("mount/readme"), nullptr);
        EXPECT_TRUE(walked(medium, scratch / (std::string("work/") + sectors)));
        EXPECT_TRUE(walked(medium, scratch / (top + "/sources")) ||
                    walked(medium, scratch / (top + "/./sources")));
        expect_boot_sectors(medium);
      }
      fs::path here = fs::current_path();
      fs::current_path(scratch / top);
      expect_boot_sectors(Medium("."));
      fs::current_path(here);
    }
  }
}

TEST(AdkFolder, MayLackBootSectors) {
  Scratch scratch;
  scratch.write("work/media/sources/boot.wim", "pe");
  for (const char* named : {"work", "work/media"}) {
    Medium medium(scratch / named);
    EXPECT_EQ(read(medium, "sources/boot.wim"), "pe");
    EXPECT_EQ(medium.find("boot/etfsboot.com"), nullptr);
  }
  scratch.write("work/fwfiles/etfsboot.com", "x");
  EXPECT_EQ(read(Medium(scratch / "work"), "boot/etfsboot.com"), "x");
}

TEST(AdkFolder, NewerBootSectorsWin) {
  Scratch scratch;
  scratch.write("work/media/sources/boot.wim", "pe");
  scratch.write("work/media/boot/ETFSBOOT.COM", "of the medium");
  scratch.write("work/fwfiles/efisys.bin", "old");
  scratch.write("work/bootbins/efisys.bin", "new");
  scratch.write("work/bootbins/etfsboot.com", "new");
  Medium medium(scratch / "work");
  EXPECT_EQ(read(medium, "efi/microsoft/boot/efisys.bin"), "new");
  EXPECT_EQ(read(medium, "boot/etfsboot.com"), "of the medium");
}

// What lies beside a folder of another name is no business of its.
TEST(AdkFolder, OtherFoldersAreTakenAsTheyAre) {
  Scratch scratch;
  scratch.write("work/windows/sources/boot.wim", "pe");
  write_boot_sectors(scratch, "work/fwfiles");
  EXPECT_EQ(Medium(scratch / "work/windows").find("boot/etfsboot.com"), nullptr);
  // `sources` makes it a medium, whatever else there is.
  scratch.write("full/sources/boot.wim", "this");
  scratch.write("full/media/sources/boot.wim", "not this");
  EXPECT_EQ(read(Medium(scratch / "full"), "sources/boot.wim"), "this");
  // `media` alone makes it nothing.
  scratch.write("songs/media/song", "la");
  EXPECT_EQ(read(Medium(scratch / "songs"), "media/song"), "la");
}

constexpr const char* kKit =
    "adk/Assessment and Deployment Kit/Windows Preinstallation Environment/amd64";
constexpr const char* kTools = "adk/Assessment and Deployment Kit/Deployment Tools";

TEST(AdkFolder, OfTheKitIsAMedium) {
  Scratch scratch;
  std::string kit = kKit;
  scratch.write(kit + "/en-us/winpe.wim", "pe");
  scratch.write(kit + "/en-us/lp.cab", "cab");
  scratch.write(kit + "/de-de/lp.cab", "cab");
  scratch.write(kit + "/WinPE_OCs/WinPE-WMI.cab", "cab");
  scratch.write(kit + "/Media/Boot/boot.sdi", "sdi");
  scratch.write(kit + "/Media/EFI/Boot/bootx64.efi", "loader");
  write_boot_sectors(scratch, std::string(kTools) + "/AMD64/Oscdimg");
  scratch.write(std::string(kTools) + "/arm64/Oscdimg/etfsboot.com", "of another architecture");
  Medium medium(scratch / kit);
  EXPECT_EQ(read(medium, "sources/boot.wim"), "pe");
  EXPECT_EQ(medium.find("sources/boot.wim")->path, "sources/boot.wim");
  EXPECT_EQ(read(medium, "efi/boot/BOOTX64.EFI"), "loader");
  EXPECT_EQ(medium.find("en-us/lp.cab"), nullptr);
  EXPECT_TRUE(walked(medium, scratch / (kit + "/en-us")));
  EXPECT_TRUE(walked(medium, scratch / (std::string(kTools) + "/AMD64/Oscdimg")));
  expect_boot_sectors(medium);
  expect_boot_sectors(Medium(scratch / (kit + "/")));
  fs::path here = fs::current_path();
  fs::current_path(scratch / kit);
  expect_boot_sectors(Medium("."));
  fs::current_path(here);
}

TEST(AdkFolder, OfTheKitInAnotherLanguage) {
  Scratch scratch;
  scratch.write("amd64/MEDIA/bootmgr", "b");
  scratch.write("amd64/de-DE/WinPE.wim", "german");
  EXPECT_EQ(read(Medium(scratch / "amd64"), "sources/boot.wim"), "german");
  EXPECT_EQ(Medium(scratch / "amd64").find("boot/etfsboot.com"), nullptr);
  scratch.write("amd64/EN-US/winpe.wim", "english");
  scratch.write("amd64/zh-cn/winpe.wim", "chinese");
  EXPECT_EQ(read(Medium(scratch / "amd64"), "sources/boot.wim"), "english");
}

}  // namespace
}  // namespace remedia
