// The same Windows in everything that it comes in gives the same base, and `remedia help source`
// lists what a recipe finds.

#include "incremental/space.h"
#include "media/wim.h"
#include "medium/medium.h"
#include "support/digest.h"
#include "support/process.h"

#include <algorithm>
#include <sstream>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace remedia {
namespace {

using nlohmann::json;

medium::Options small() {
  medium::Options options;
  options.payload_mib = 0;
  return options;
}

/// A medium of the stand-in as a folder.
fs::path write_tree(const Scratch& scratch, const medium::Options& options,
                    const std::string& name = "tree") {
  medium::write_folder(options, scratch / name);
  return scratch / name;
}

/// ISO 9660 with Joliet, as people make them; it starts nothing.
fs::path write_joliet(const fs::path& tree, const fs::path& out) {
  run_checked({"xorriso", "-as", "mkisofs", "-quiet", "-iso-level", "3", "-J", "-joliet-long", "-V",
               "JOLIET", "-o", out, tree});
  return out;
}

void move_file(const fs::path& from, const fs::path& to) {
  fs::create_directories(to.parent_path());
  fs::rename(from, to);
}

/// What copype makes of the kit: media and fwfiles.
fs::path write_copype(const Scratch& scratch, const fs::path& tree) {
  fs::path folder = scratch / "copype";
  fs::create_directory(folder);
  fs::copy(tree, folder / "media", fs::copy_options::recursive);
  for (const char* name : {"install.wim", "setup.exe"}) fs::remove(folder / "media/sources" / name);
  move_file(folder / "media/efi/Microsoft/boot/efisys.bin", folder / "fwfiles/efisys.bin");
  move_file(folder / "media/efi/Microsoft/boot/efisys_noprompt.bin",
            folder / "fwfiles/efisys_noprompt.bin");
  move_file(folder / "media/boot/etfsboot.com", folder / "fwfiles/etfsboot.com");
  fs::create_directory(folder / "mount");
  return folder;
}

/// The kit itself, as it is installed.
fs::path write_kit(const Scratch& scratch, const fs::path& copype) {
  fs::path root = scratch / "Assessment and Deployment Kit";
  fs::path kit = root / "Windows Preinstallation Environment/amd64";
  fs::create_directories(kit);
  fs::copy(copype / "media", kit / "Media", fs::copy_options::recursive);
  move_file(kit / "Media/sources/boot.wim", kit / "en-us/winpe.wim");
  fs::remove_all(kit / "Media/sources");
  fs::create_directories(root / "Deployment Tools/amd64");
  fs::copy(copype / "fwfiles", root / "Deployment Tools/amd64/Oscdimg");
  return kit;
}

/// What one medium gave.
struct Made {
  std::string base;  ///< the base's bytes, its GUID blanked
  std::string base_guid;
  std::map<std::string, std::string> boot_files;  ///< SHA-256 by place on our media
  std::map<std::string, std::string> content;     ///< SHA-1 by path in boot.wim
  std::string pack;                               ///< SHA-256 of the pack of boot files
  json manifest;
};

fs::path stored(const Space& space, const std::string& ending) {
  for (const auto& entry : fs::directory_iterator(space / "out/.store/source"))
    if (entry.path().string().ends_with(ending)) return entry.path();
  ADD_FAILURE() << "no " << ending;
  return {};
}

Made result_of(const Space& space) {
  Made made;
  made.base = read_file(stored(space, ".wim"), 1u << 30);
  constexpr std::size_t kGuid = 24;  // in the header of a WIM
  made.base_guid = made.base.substr(kGuid, 16);
  made.base.replace(kGuid, 16, 16, '\0');
  made.pack = sha256(Slice::whole(stored(space, ".boot")));
  json record = json::parse(read_file(stored(space, ".record")));
  for (const json& file : record["boot_files"]) made.boot_files[file["path"]] = file["sha256"];
  wim::File image(Slice::whole(space / "out/r/helpdesk/boot.wim"), "boot.wim");
  for (const wim::Entry& entry : image.list(1))
    made.content[entry.path] = entry.directory ? "folder" : entry.sha1;
  made.manifest = json::parse(space.read("out/r/helpdesk/helpdesk.manifest.json"));
  return made;
}

/// Builds the usual recipe from `media`; the rest of the source's fields are given.
Made build_from(const fs::path& media, const std::string& fields) {
  Space space;
  space.write("recipes/project.lua", "return project { roots = { media = \"" +
                                         media.parent_path().string() + "\", stand_in = \"" +
                                         standard_medium().parent_path().string() + "\" } }\n");
  space.write("recipes/r.lua",
              fmt::format("local windows = source {{ media = \"@media/{}\", {} }}\n"
                          "local boot = wim {{ name = \"helpdesk\", from = windows, "
                          "overlays = {{ \"common\" }} }}\n"
                          "return {{ iso {{ boot = boot }} }}\n",
                          media.filename().string(), fields));
  space.build();
  EXPECT_EQ(space.build(), std::set<std::string>());
  return result_of(space);
}

void expect_same_content(const Made& one, const Made& other) {
  EXPECT_GT(one.content.size(), 40u);
  EXPECT_EQ(one.content, other.content);
  EXPECT_EQ(one.manifest["images"][0]["base"]["packages"],
            other.manifest["images"][0]["base"]["packages"]);
}

class Media : public testing::Test {
 protected:
  Scratch scratch_;
};

// The base and the boot files are the same bytes, but for the GUID: that is made of the digest of
// the file that the user has, which is another each time.
TEST_F(Media, EveryFormOfOneMediumGivesOneBase) {
  fs::path tree = write_tree(scratch_, small());
  medium::write_iso(small(), scratch_ / "udf.iso");
  medium::Options esd = small(), swm = small();
  esd.install = medium::Install::esd;
  swm.install = medium::Install::swm;
  const std::string fields = "image = \"winre\"";
  Made udf = build_from(scratch_ / "udf.iso", fields);
  const std::map<std::string, fs::path> others = {
      {"folder", tree},
      {"joliet", write_joliet(tree, scratch_ / "joliet.iso")},
      {"esd", write_tree(scratch_, esd, "esd")},
      {"swm", write_tree(scratch_, swm, "swm")}};
  EXPECT_EQ(udf.boot_files.size(), 24u);
  std::set<std::string> guids = {udf.base_guid};
  for (const auto& [name, medium] : others) {
    SCOPED_TRACE(name);
    Made made = build_from(medium, fields);
    expect_same_content(udf, made);
    EXPECT_TRUE(made.base == udf.base) << "bytes of the base";
    EXPECT_EQ(made.pack, udf.pack);
    EXPECT_EQ(made.boot_files, udf.boot_files);
    EXPECT_TRUE(guids.insert(made.base_guid).second);
    EXPECT_EQ(made.manifest["volumes"][0]["firmware"], (json{"bios", "uefi"}));
  }
}

TEST_F(Media, ThePartsOfASplitWimAreInputs) {
  medium::Options swm = small();
  swm.install = medium::Install::swm;
  swm.image_boot_files = true;
  fs::path tree = write_tree(scratch_, swm);
  Made made = build_from(tree, "image = \"winre\"");
  std::map<std::string, std::string> inputs;
  for (const json& input : made.manifest["images"][0]["inputs"])
    inputs[input["path"]] = input["sha256"];
  std::size_t parts = 0;
  for (const auto& entry : fs::directory_iterator(tree / "sources")) {
    if (entry.path().extension() != ".swm") continue;
    ++parts;
    EXPECT_EQ(inputs["@media/tree/sources/" + entry.path().filename().string()],
              sha256(Slice::whole(entry.path())));
  }
  EXPECT_GE(parts, 2u);
  EXPECT_EQ(inputs.size(), parts);
}

TEST_F(Media, FoldersOfTheKitGiveWhatTheirMediumGives) {
  fs::path tree = write_tree(scratch_, small());
  const std::string fields = "image = \"pe\"";
  Made medium = build_from(tree, fields);
  fs::path copype = write_copype(scratch_, tree);
  Made working = build_from(copype, fields);
  expect_same_content(medium, working);
  EXPECT_TRUE(working.base == medium.base);
  EXPECT_EQ(working.boot_files, medium.boot_files);
  EXPECT_EQ(working.pack, medium.pack);
  Made kit = build_from(write_kit(scratch_, copype), fields);
  expect_same_content(medium, kit);
  EXPECT_TRUE(kit.base == medium.base);
  EXPECT_EQ(kit.boot_files, medium.boot_files);
}

TEST_F(Media, BareRecoveryImageTakesLentBootFiles) {
  fs::path tree = write_tree(scratch_, small());
  Made whole = build_from(tree, "image = \"winre\"");
  run_checked({"wimextract", tree / "sources/install.wim", "1",
               "/Windows/System32/Recovery/winre.wim", "--dest-dir=" + scratch_.path().string()});
  Made bare = build_from(
      scratch_ / "winre.wim",
      "image = \"winre\", boot_files = source { media = \"@media/tree\", image = \"pe\" }");
  expect_same_content(whole, bare);
  EXPECT_TRUE(bare.base == whole.base);
  EXPECT_EQ(bare.boot_files, whole.boot_files);
  const json& inputs = bare.manifest["images"][0]["inputs"];
  ASSERT_EQ(inputs.size(), 2u) << inputs;
  EXPECT_EQ(inputs[0]["path"], "@media/winre.wim");
  EXPECT_EQ(inputs[1]["path"], "@media/tree/sources/boot.wim");
}

TEST_F(Media, LocalisedEditionIsChosenByItsName) {
  medium::Options options = small();
  options.editions = {{"Windows 11 Профессиональная", "Professional"},
                      {"Windows 11 IoT Enterprise LTSC", "IoTEnterpriseS"}};
  fs::path tree = write_tree(scratch_, options);
  Made any = build_from(tree, "image = \"winre\"");
  for (const char* edition :
       {"Windows 11 Профессиональная", "Windows 11 IoT Enterprise LTSC", "IoTEnterpriseS"}) {
    Made made = build_from(tree, fmt::format("image = \"winre\", edition = \"{}\"", edition));
    expect_same_content(any, made);
    EXPECT_TRUE(made.base == any.base) << edition;
  }
}

// The second edition's recovery image is another: a recipe has to say whose it wants.
TEST_F(Media, EditionsWithTwoRecoveryImagesGiveTwoBases) {
  fs::path tree = write_tree(scratch_, small());
  const fs::path install = tree / "sources/install.wim";
  run_checked({"wimextract", install, "1", "/Windows/System32/Recovery/winre.wim",
               "--dest-dir=" + scratch_.path().string()});
  scratch_.write("mark", "of the second edition");
  run_checked({"wimupdate", scratch_ / "winre.wim", "1", "--command",
               fmt::format("add {} /mark.txt", (scratch_ / "mark").string())});
  run_checked({"wimupdate", install, "2", "--command",
               fmt::format("add {} /Windows/System32/Recovery/winre.wim",
                           (scratch_ / "winre.wim").string())});
  Made first = build_from(tree, "image = \"winre\", edition = \"Windows 11 Pro\"");
  Made second = build_from(tree, "image = \"winre\", edition = \"Windows 11 Enterprise\"");
  EXPECT_FALSE(first.content.contains("mark.txt"));
  EXPECT_TRUE(second.content.contains("mark.txt"));
  EXPECT_NE(first.base_guid, second.base_guid);

  Space space;
  fs::create_directory(space / "media");
  fs::create_directory_symlink(tree, space / "media/tree");
  space.write("recipes/r.lua",
              "return wim { name = \"a\", from = source { media = "
              "\"media/tree\", image = \"winre\" } }\n");
  std::string said = space.failing_build();
  EXPECT_NE(said.find("have different recovery images"), std::string::npos) << said;
  EXPECT_NE(said.find("'Windows 11 Pro'"), std::string::npos) << said;
}

TEST_F(Media, Arm64HasNoBios) {
  medium::Options options = small();
  options.arch = "arm64";
  Made made = build_from(write_tree(scratch_, options), "image = \"winre\", arch = \"arm64\"");
  EXPECT_EQ(made.manifest["volumes"][0]["firmware"], (json{"uefi"}));
  EXPECT_EQ(made.manifest["images"][0]["architecture"], "arm64");
  EXPECT_TRUE(made.boot_files.contains("efi/boot/bootaa64.efi"));
  for (const auto& [path, digest] : made.boot_files) {
    EXPECT_NE(path, "bootmgr");
    EXPECT_NE(path, "boot/etfsboot.com");
    EXPECT_EQ(path.find("bootx64"), path.npos);
  }
  for (const json& file : made.manifest["volumes"][0]["files"]) EXPECT_NE(file["path"], "bootmgr");
}

TEST_F(Media, MissingFloppyIsMadeFromItsProgram) {
  medium::Options options = small();
  Made with = build_from(write_tree(scratch_, options), "image = \"winre\"");
  options.efi_floppies = false;
  Made made = build_from(write_tree(scratch_, options, "none"), "image = \"winre\"");
  EXPECT_EQ(made.manifest["volumes"][0]["firmware"], (json{"bios", "uefi"}));
  std::set<std::string> places, as_shipped;
  for (const auto& [path, digest] : made.boot_files) places.insert(path);
  for (const auto& [path, digest] : with.boot_files) as_shipped.insert(path);
  EXPECT_EQ(places, as_shipped);
  EXPECT_EQ(places.count("efi/microsoft/boot/efisys.bin"), 1u);
}

// --- remedia help source -------------------------------------------------------------------------

/// What it says of a medium, by lines, runs of blanks as one.
std::vector<std::string> report_on(const fs::path& medium, int status = 0) {
  ProcessResult result = run_process({REMEDIA_RUNNER, "help", "source", medium});
  EXPECT_EQ(result.status, status) << result.output;
  std::vector<std::string> report;
  std::istringstream lines(result.output);
  for (std::string line; std::getline(lines, line);) {
    auto both_blank = [](char a, char b) { return a == ' ' && b == ' '; };
    line.erase(std::unique(line.begin(), line.end(), both_blank), line.end());
    report.push_back(line);
  }
  return report;
}

std::string recovery_sha1(const fs::path& install) {
  wim::File file(Slice::whole(install), "install");
  const wim::Entry* entry = file.find(1, "Windows/System32/Recovery/winre.wim");
  return entry != nullptr ? entry->sha1 : "";
}

std::string joined(const std::vector<std::string>& lines) {
  return fmt::format("{}\n", fmt::join(lines, "\n"));
}

void expect_lines(const std::vector<std::string>& report, const std::vector<std::string>& wanted) {
  for (const std::string& line : wanted)
    EXPECT_NE(std::find(report.begin(), report.end(), line), report.end())
        << line << "\nis not in\n"
        << joined(report);
}

TEST_F(Media, HelpListsAWholeMedium) {
  fs::path tree = write_tree(scratch_, small());
  medium::write_iso(small(), scratch_ / "w.iso");
  std::string expected =
      fmt::format(R"({}: ISO volume 'REMEDIA_STAND_IN'

sources/boot.wim (LZX)
 1 'Microsoft Windows PE (amd64)', WindowsPE, amd64, 10.0.26100.1742, en-US
 2 'Microsoft Windows Setup (amd64)', WindowsPE, amd64, 10.0.26100.1742, en-US
 no recovery image (image = "winre") in it

sources/install.wim (LZX)
 1 'Windows 11 Pro', Professional, amd64, 10.0.26100.1742, en-US
 2 'Windows 11 Enterprise', Enterprise, amd64, 10.0.26100.1742, en-US
 recovery image (image = "winre") of image 1, 2: SHA-1 {}

boot files for amd64
 boot/boot.sdi w.iso: boot/boot.sdi
 bootmgr.efi w.iso: bootmgr.efi
 efi/boot/bootx64.efi w.iso: efi/boot/bootx64.efi
 efi/microsoft/boot/efisys.bin w.iso: efi/Microsoft/boot/efisys.bin
 efi/microsoft/boot/efisys_noprompt.bin w.iso: efi/Microsoft/boot/efisys_noprompt.bin
 efi/microsoft/boot/memtest.efi w.iso: efi/Microsoft/boot/memtest.efi
 efi/microsoft/boot/boot.stl w.iso: efi/Microsoft/boot/boot.stl
 efi/microsoft/boot/winsipolicy.p7b w.iso: efi/Microsoft/boot/winsipolicy.p7b
 efi/microsoft/boot/fonts/segmono_boot.ttf w.iso: efi/Microsoft/boot/Fonts/segmono_boot.ttf
 efi/microsoft/boot/fonts/segoen_slboot.ttf w.iso: efi/Microsoft/boot/Fonts/segoen_slboot.ttf
 efi/microsoft/boot/fonts/segoe_slboot.ttf w.iso: efi/Microsoft/boot/Fonts/segoe_slboot.ttf
 efi/microsoft/boot/fonts/wgl4_boot.ttf w.iso: efi/Microsoft/boot/Fonts/wgl4_boot.ttf
 efi/microsoft/boot/resources/bootres.dll w.iso: efi/Microsoft/boot/Resources/bootres.dll
 bootmgr w.iso: bootmgr
 boot/etfsboot.com w.iso: boot/etfsboot.com
 boot/bootfix.bin w.iso: boot/bootfix.bin
 boot/memtest.exe w.iso: boot/memtest.exe
 boot/fonts/segmono_boot.ttf w.iso: boot/Fonts/segmono_boot.ttf
 boot/fonts/segoen_slboot.ttf w.iso: boot/Fonts/segoen_slboot.ttf
 boot/fonts/segoe_slboot.ttf w.iso: boot/Fonts/segoe_slboot.ttf
 boot/fonts/wgl4_boot.ttf w.iso: boot/Fonts/wgl4_boot.ttf
 boot/resources/bootres.dll w.iso: boot/resources/bootres.dll
 pxe/pxeboot.n12 w.iso: sources/boot.wim, Windows/Boot/PXE/pxeboot.n12
 pxe/bootmgr.exe w.iso: sources/boot.wim, Windows/Boot/PXE/bootmgr.exe
)",
                  (scratch_ / "w.iso").string(), recovery_sha1(tree / "sources/install.wim"));
  EXPECT_EQ(joined(report_on(scratch_ / "w.iso")), expected);
  expect_lines(report_on(write_joliet(tree, scratch_ / "j.iso")),
               {(scratch_ / "j.iso").string() + ": ISO volume 'JOLIET'", "sources/boot.wim (LZX)",
                " bootmgr j.iso: bootmgr"});
  expect_lines(report_on(tree), {tree.string() + ": folder", "sources/install.wim (LZX)",
                                 " efi/microsoft/boot/boot.stl tree: efi/Microsoft/boot/boot.stl"});
}

TEST_F(Media, HelpListsOddMedia) {
  medium::Options esd = small(), swm = small(), arm = small();
  esd.install = medium::Install::esd;
  esd.editions = {{"Windows 11 Профессиональная", "Professional"}};
  esd.efi_floppies = false;
  swm.install = medium::Install::swm;
  arm.arch = "arm64";
  arm.boot_files = false;
  arm.install_wim = false;
  expect_lines(report_on(write_tree(scratch_, esd, "esd")),
               {"sources/install.esd (LZMS)",
                " 1 'Windows 11 Профессиональная', Professional, amd64, 10.0.26100.1742, en-US",
                " efi/microsoft/boot/efisys.bin made from esd: efi/Microsoft/boot/cdboot.efi"});
  fs::path parts = write_tree(scratch_, swm, "swm");
  auto is_part = [](const auto& entry) { return entry.path().extension() == ".swm"; };
  auto count = std::count_if(fs::directory_iterator(parts / "sources"), {}, is_part);
  expect_lines(report_on(parts), {"sources/install.swm (LZX)", fmt::format(" in {} parts", count)});
  expect_lines(report_on(write_tree(scratch_, arm, "arm")),
               {"boot files for arm64",
                " 1 'Microsoft Windows PE (arm64)', WindowsPE, arm64, 10.0.26100.1742, en-US",
                " efi/boot/bootaa64.efi arm: sources/boot.wim, Windows/Boot/EFI/bootmgfw.efi"});
}

TEST_F(Media, HelpListsKitsAndBareImages) {
  fs::path tree = write_tree(scratch_, small());
  fs::path copype = write_copype(scratch_, tree);
  expect_lines(report_on(copype), {copype.string() + ": folder", "sources/boot.wim (LZX)",
                                   " boot/etfsboot.com copype: boot/etfsboot.com"});
  expect_lines(report_on(write_kit(scratch_, copype)),
               {"sources/boot.wim (LZX)", " bootmgr amd64: bootmgr",
                " boot/etfsboot.com amd64: boot/etfsboot.com"});
  run_checked({"wimextract", tree / "sources/install.wim", "1",
               "/Windows/System32/Recovery/winre.wim", "--dest-dir=" + scratch_.path().string()});
  expect_lines(
      report_on(scratch_ / "winre.wim"),
      {(scratch_ / "winre.wim").string() + ": WIM",
       " 1 'Microsoft Windows Recovery Environment (amd64)', WindowsPE, amd64, 10.0.26100.1742, "
       "en-US",
       " bootmgr winre.wim: winre.wim, Windows/Boot/PCAT/bootmgr"});
}

TEST_F(Media, HelpSaysWhatIsNoMedium) {
  fs::create_directory(scratch_ / "empty");
  EXPECT_NE(joined(report_on(scratch_ / "empty", 1)).find("holds no Windows"), std::string::npos);
  EXPECT_NE(joined(report_on(scratch_ / "absent", 1)).find("absent"), std::string::npos);
  scratch_.write("text", "just text");
  EXPECT_NE(joined(report_on(scratch_ / "text", 1)).find("is neither an ISO"), std::string::npos);
}

}  // namespace
}  // namespace remedia
