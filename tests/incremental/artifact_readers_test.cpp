// What programs that are not ours find in usb, wds, partition and iso: dosfstools, exfatprogs,
// ntfs-3g, gdisk, util-linux, mtools, 7-Zip, wimlib's own program, hivex.

#include "incremental/space.h"
#include "support/digest.h"
#include "unit/hive_listing.h"

#include <sstream>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace remedia {
namespace {

using Names = std::set<std::string>;

/// Two images behind each menu; `FIELDS` go into all three kinds that have one.
std::string recipe(std::string_view usb, std::string_view menu = "") {
  return fmt::format(R"(
local windows = source {{ media = "@media/stand-in.iso", image = "winre" }}
local setup = source {{ media = "@media/stand-in.iso", image = "setup" }}
local first = wim {{ name = "helpdesk", title = "Help desk", from = windows,
                    overlays = {{ "common" }}, shell = "winre" }}
local images = {{ first, wim {{ name = "second", title = "Second level", from = setup }} }}
return {{
  iso {{ boot = images, {1} }},
  usb {{ boot = images, data = {{ "data" }}, {0} {1} }},
  wds {{ boot = images, anonymous = true, {1} }},
  partition {{ boot = first }},
}}
)",
                     usb, menu);
}

Names lines_of(const std::string& text) {
  Names lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.insert(line);
  return lines;
}

class Readers : public testing::Test {
 protected:
  void build(std::string_view usb = "", std::string_view menu = "") {
    space_.write("recipes/r.lua", recipe(usb, menu));
    space_.write("overlays/data/logs/readme.txt", "logs go here\n");
    space_.write("overlays/data/Gr\u00fc\u00dfe.txt", "a name beyond ASCII\n");
    space_.build();
  }

  std::string path(const std::string& name) const {
    return (space_ / ("out/r/helpdesk/" + name)).string();
  }
  std::string run(const std::vector<std::string>& argv) const {
    const ProcessResult result = space_.run(argv);
    EXPECT_EQ(result.status, 0) << shell_quoted(argv) << "\n" << result.output;
    return result.output;
  }
  void expect_says(const std::vector<std::string>& argv, std::string_view text) const {
    const std::string output = run(argv);
    EXPECT_NE(output.find(text), std::string::npos) << shell_quoted(argv) << "\n" << output;
  }

  nlohmann::json volume(std::string_view kind) const {
    const auto manifest =
        nlohmann::json::parse(space_.read("out/r/helpdesk/helpdesk.manifest.json"));
    for (const auto& volume : manifest.at("volumes")) {
      if (volume.at("kind") == kind) return volume;
    }
    ADD_FAILURE() << "no volume of kind " << kind;
    return {};
  }

  /// A partition of the stick as a file of its own, cut out by dd.
  std::string partition(std::size_t index) const {
    const auto usb = volume("usb");
    const auto& place = usb.at("partitions").at(index);
    std::string out = (space_ / fmt::format("partition{}", index)).string();
    run({"dd", "status=none", "if=" + path("helpdesk.usb.img"), "of=" + out, "bs=1M", "conv=sparse",
         fmt::format("skip={}", place.at("offset").get<std::uint64_t>() >> 20),
         fmt::format("count={}", place.at("size").get<std::uint64_t>() >> 20)});
    fs::resize_file(out, place.at("size").get<std::uint64_t>());
    return out;
  }

  /// The FAT volume is sound, and holds what the manifest says and no more.
  void expect_good_fat() const {
    const std::string fat = partition(0);
    const std::string verdict = run({"fsck.fat", "-n", "-v", fat});
    for (const char* complaint : {"differ", "Dirty", "orphan", "bad", "wrong"}) {
      EXPECT_EQ(verdict.find(complaint), std::string::npos) << verdict;
    }
    Names expected;
    const nlohmann::json usb = volume("usb");
    for (const auto& file : usb.at("files")) {
      expected.insert("::/" + file.at("path").get<std::string>());
    }
    Names found;
    for (const std::string& name : lines_of(run({"mdir", "-/", "-b", "-a", "-i", fat, "::/"}))) {
      if (!name.ends_with('/')) found.insert(name);
    }
    EXPECT_EQ(found, expected);
    expect_says({"7zz", "t", "-tFAT", fat}, "Everything is Ok");
  }

  void expect_good_exfat() const {
    const std::string exfat = partition(1);
    expect_says({"fsck.exfat", "-n", exfat}, "clean");
    expect_says({"dump.exfat", exfat}, "Volume label:");
  }

  void expect_good_ntfs() const {
    const std::string ntfs = partition(1);
    expect_says({"ntfsfix", "-n", ntfs}, "processed successfully");
    const std::string names = run({"ntfsls", "-f", "-R", ntfs});
    EXPECT_NE(names.find("readme.txt"), std::string::npos) << names;
    EXPECT_EQ(run({"ntfscat", "-f", ntfs, "logs/readme.txt"}), "logs go here\n");
    // 7-Zip opens no NTFS volume with sectors of 4096 bytes, not even an empty one of mkntfs.
    if (volume("usb").at("sector_size") == 512) {
      expect_says({"7zz", "t", "-tNTFS", ntfs}, "Everything is Ok");
    }
  }

  Space space_;
};

TEST_F(Readers, TakeTheStickWithMbrAndExfat) {
  build();
  const std::string image = path("helpdesk.usb.img");
  expect_good_fat();
  expect_good_exfat();
  const std::string table = run({"fdisk", "-l", image});
  EXPECT_NE(table.find("Disklabel type: dos"), std::string::npos) << table;
  EXPECT_NE(table.find("W95 FAT32 (LBA)"), std::string::npos) << table;
  EXPECT_NE(table.find("HPFS/NTFS/exFAT"), std::string::npos) << table;
  const std::string listing = run({"7zz", "l", image});
  EXPECT_NE(listing.find("0.fat"), std::string::npos) << listing;
  EXPECT_NE(listing.find("1.exfat"), std::string::npos) << listing;
}

TEST_F(Readers, TakeTheStickWithGptAndNtfs) {
  build("layout = 'gpt', data_filesystem = 'ntfs',");
  expect_good_fat();
  expect_good_ntfs();
  expect_says({"sgdisk", "-v", path("helpdesk.usb.img")}, "No problems found");
  const std::string listing = run({"7zz", "l", path("helpdesk.usb.img")});
  EXPECT_NE(listing.find("Type = GPT"), std::string::npos) << listing;
  EXPECT_NE(listing.find("Data.ntfs"), std::string::npos) << listing;
}

TEST_F(Readers, TakeTheStickWithGptAndLargeSectors) {
  build("layout = 'gpt', sector_size = 4096,");
  expect_good_fat();
  expect_good_exfat();
  const std::string image = path("helpdesk.usb.img");
  const std::string table = run({"fdisk", "-b", "4096", "-l", image});
  EXPECT_NE(table.find("Disklabel type: gpt"), std::string::npos) << table;
  EXPECT_EQ(table.find("corrupt"), std::string::npos) << table;
  const nlohmann::json usb = volume("usb");
  for (std::size_t i = 0; i < 2; ++i) {
    const auto& place = usb.at("partitions").at(i);
    const std::string first = std::to_string(place.at("offset").get<std::uint64_t>() / 4096);
    EXPECT_NE(table.find(fmt::format("img{} ", i + 1)), std::string::npos) << table;
    EXPECT_NE(table.find(" " + first + " "), std::string::npos) << first << "\n" << table;
  }
}

TEST_F(Readers, TakeTheStickWithMbrAndLargeSectors) {
  build("sector_size = 4096, data_filesystem = 'ntfs',");
  expect_good_fat();
  expect_good_ntfs();
  expect_says({"fdisk", "-b", "4096", "-l", path("helpdesk.usb.img")}, "Disklabel type: dos");
}

TEST_F(Readers, TakeTheRecoveryPartition) {
  build();
  const std::string image = path("helpdesk.recovery.img");
  expect_says({"ntfsfix", "-n", image}, "processed successfully");
  expect_says({"7zz", "t", "-tNTFS", image}, "Everything is Ok");
  Names files;
  std::istringstream listing(run({"7zz", "l", "-slt", "-tNTFS", image}));
  for (std::string line; std::getline(listing, line);) {
    const bool ours = line.starts_with("Path = ") && line.find('/') != std::string::npos;
    if (ours && line.find("[SYSTEM]") == std::string::npos) files.insert(line.substr(7));
  }
  files.erase(image);
  EXPECT_EQ(files, (Names{"Recovery/WindowsRE", "Recovery/WindowsRE/ReAgent.xml",
                          "Recovery/WindowsRE/boot.sdi", "Recovery/WindowsRE/winre.wim"}));
}

TEST_F(Readers, TakeEachCopyOfAnImage) {
  build();
  const std::string stick = path("helpdesk.usb.img") + "@@1M";
  run({"mcopy", "-i", stick, "::/sources/boot.wim", path("from-stick.wim")});
  run({"mcopy", "-i", stick, "::/sources/boot2.wim", path("from-stick2.wim")});
  run({"7zz", "e", "-y", "-o" + path("disc"), path("helpdesk.iso"), "sources/boot.wim",
       "sources/boot2.wim"});
  run({"7zz", "e", "-y", "-tNTFS", "-o" + path("ntfs"), path("helpdesk.recovery.img"),
       "Recovery/WindowsRE/winre.wim"});
  const std::string second = (space_ / "out/r/second/boot.wim").string();
  const std::pair<std::string, std::string> copies[] = {
      {path("boot.wim"), path("boot.wim")},
      {path("from-stick.wim"), path("boot.wim")},
      {path("disc/boot.wim"), path("boot.wim")},
      {path("wds/tftp/Boot/boot.wim"), path("boot.wim")},
      {path("recovery/winre.wim"), path("boot.wim")},
      {path("ntfs/winre.wim"), path("boot.wim")},
      {path("from-stick2.wim"), second},
      {path("disc/boot2.wim"), second},
      {path("wds/tftp/Boot/boot2.wim"), second},
  };
  for (const auto& [copy, original] : copies) {
    run({"wimverify", copy});
    EXPECT_EQ(sha256(Slice::whole(copy)), sha256(Slice::whole(original))) << copy;
  }
}

// --- Boot stores -----------------------------------------------------------------------------

/// A store as hivexml lists it: object, element, value ("string:...", "binary:" and digits).
using Store = std::map<std::string, std::map<std::string, std::string>>;

Store read_store(const fs::path& file) {
  Store store;
  static const std::regex element(R"(\\Objects\\(\{[^}]*\})\\Elements\\(\w+) Element=(.*))");
  for (const std::string& line : hive_listing(file)) {
    std::smatch match;
    if (std::regex_match(line, match, element)) store[match[1]][match[2]] = match[3];
  }
  return store;
}

const char kBootManager[] = "{9dea862c-5cdd-4e70-acc1-f32b344d4795}";
const char kRamdiskOptions[] = "{7619dcc8-fafe-11d9-b411-000476eba25f}";

std::string hex_of_utf16(const std::string& ascii) {
  std::string hex;
  for (char c : ascii) hex += fmt::format("{:02x}00", static_cast<unsigned char>(c));
  return hex;
}

std::string integer(std::uint64_t value) {
  std::string hex = "binary:";
  for (int i = 0; i < 8; ++i) hex += fmt::format("{:02x}", value >> (8 * i) & 0xff);
  return hex;
}

/// What all stores of one build have in common.
struct Expected {
  bool uefi = true;
  std::string folder = {};  ///< of the images: "\\sources"
  std::string sdi = {};
  bool network = false;
  std::size_t chosen = 0;
  std::uint64_t timeout = 30;
  std::string advanced = "binary:00";
  std::string edit = "binary:00";
};

void expect_entry(const std::map<std::string, std::string>& entry, const Expected& expected,
                  std::size_t index) {
  EXPECT_EQ(entry.at("12000004"), index == 0 ? "string:Help desk" : "string:Second level");
  EXPECT_EQ(entry.at("12000002"), std::string("string:\\windows\\system32\\boot\\winload.") +
                                      (expected.uefi ? "efi" : "exe"));
  const std::string wim = expected.folder + (index == 0 ? "\\boot.wim" : "\\boot2.wim");
  for (const char* device : {"11000001", "21000001"}) {
    EXPECT_NE(entry.at(device).find(hex_of_utf16(wim)), std::string::npos) << device;
  }
  EXPECT_EQ(entry.at("16000040"), expected.advanced);
  EXPECT_EQ(entry.at("16000041"), expected.edit);
  EXPECT_EQ(entry.at("26000022"), "binary:01") << "winpe";
}

void expect_store(const fs::path& file, const Expected& expected) {
  SCOPED_TRACE(file);
  const Store store = read_store(file);
  const auto& manager = store.at(kBootManager);
  const std::string& order = manager.at("24000001");
  const std::size_t length = std::string(kBootManager).size();
  const std::string prefix = "string-list:";
  ASSERT_EQ(order.size(), prefix.size() + 2 * (length + 2) + 2) << order << ", [] is its end";
  std::vector<std::string> guids;
  for (std::size_t i = 0; i < 2; ++i) {
    guids.push_back(order.substr(prefix.size() + i * (length + 2) + 1, length));
    expect_entry(store.at(guids[i]), expected, i);
  }
  EXPECT_EQ(manager.at("23000003"), "string:" + guids[expected.chosen]);
  EXPECT_EQ(manager.at("25000004"), integer(expected.timeout));
  EXPECT_EQ(manager.at("26000020"), "binary:01");
  const auto& ramdisk = store.at(kRamdiskOptions);
  EXPECT_EQ(ramdisk.at("32000004"), "string:" + expected.sdi);
  EXPECT_EQ(ramdisk.count("35000007"), expected.network ? 1u : 0u);
  EXPECT_EQ(ramdisk.count("35000008"), expected.network ? 1u : 0u);
  EXPECT_EQ(manager.count("24000010"), expected.network ? 0u : 1u) << "memory test";
  if (expected.network) {
    EXPECT_EQ(ramdisk.at("35000007"), integer(1456));
    EXPECT_EQ(ramdisk.at("35000008"), integer(4));
  }
  for (const auto& [guid, elements] : store) {
    const bool entry = guid == guids[0] || guid == guids[1];
    EXPECT_EQ(elements.count("16000040"), entry ? 1u : 0u) << guid;
    EXPECT_EQ(elements.count("16000041"), entry ? 1u : 0u) << guid;
  }
}

class StoreReaders : public Readers {
 protected:
  void expect_stores(Expected expected) {
    const std::string stick = path("helpdesk.usb.img") + "@@1M";
    run({"7zz", "x", "-y", "-o" + path("disc"), path("helpdesk.iso"), "boot/bcd",
         "efi/microsoft/boot/bcd"});
    for (const bool uefi : {true, false}) {
      expected.uefi = uefi;
      expected.network = false;
      expected.folder = "\\sources";
      expected.sdi = "\\boot\\boot.sdi";
      const std::string name = uefi ? "efi/microsoft/boot/bcd" : "boot/bcd";
      run({"mcopy", "-o", "-i", stick, "::/" + name, path("bcd")});
      expect_store(path("bcd"), expected);
      expect_store(path("disc/" + name), expected);
      expected.network = true;
      expected.folder = "\\Boot";
      expected.sdi = "\\Boot\\boot.sdi";
      expect_store(path(uefi ? "wds/tftp/BCD" : "wds/tftp/Boot/BCD"), expected);
    }
  }
};

TEST_F(StoreReaders, FindTheMenuInEachStore) {
  build();
  expect_stores({});
}

TEST_F(StoreReaders, FindWhatTheRecipeAsksFor) {
  build("", "default = 'second', timeout = 7, advancedoptions = true");
  expect_stores({.chosen = 1, .timeout = 7, .advanced = "binary:01"});
  build("", "optionsedit = true, timeout = 0");
  expect_stores({.timeout = 0, .edit = "binary:01"});
}

// Objects that are everybody's aside, no two stores of a build name one object alike.
TEST_F(StoreReaders, FindNoEntryTwice) {
  build();
  run({"mcopy", "-i", path("helpdesk.usb.img") + "@@1M", "::/efi/microsoft/boot/bcd", path("usb")});
  run({"mcopy", "-i", path("helpdesk.usb.img") + "@@1M", "::/boot/bcd", path("usb-bios")});
  run({"7zz", "x", "-y", "-o" + path("disc"), path("helpdesk.iso"), "boot/bcd",
       "efi/microsoft/boot/bcd"});
  Names seen;
  for (const char* file : {"usb", "usb-bios", "disc/boot/bcd", "disc/efi/microsoft/boot/bcd",
                           "wds/tftp/BCD", "wds/tftp/Boot/BCD"}) {
    for (const auto& [guid, elements] : read_store(path(file))) {
      if (!elements.contains("22000002")) continue;  // systemroot: only a loader has one
      EXPECT_TRUE(seen.insert(guid).second) << guid << " is in " << file << " too";
    }
  }
  EXPECT_EQ(seen.size(), 12u);
}

}  // namespace
}  // namespace remedia
