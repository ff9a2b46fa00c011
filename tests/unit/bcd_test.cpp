#include "formats/bcd.h"

#include "media/hive.h"
#include "unit/hive_listing.h"
#include "unit/scratch.h"

#include <gtest/gtest.h>

// What is expected is typed by hand from decoded stores, in the words of hivexml, which shows the
// empty string that ends a list as one more string. The GUIDs of
// entries are from `printf 'BCD entry\0store\0one' | sha256sum`, put in a GUID's order by hand.
namespace remedia::bcd {
namespace {

StoreOptions one_entry(Firmware firmware) {
  StoreOptions options;
  options.firmware = firmware;
  options.entries = {{"Windows Setup", "\\sources\\boot.wim", "one"}};
  options.identity = "store";
  return options;
}

StoreOptions three_entries() {
  StoreOptions options = one_entry(Firmware::uefi);
  options.entries.push_back({"Second & last chance", "\\sources\\tools-l2.wim", "two"});
  options.entries.push_back({"H\u00e4lfte", "\\x.wim", "three"});
  options.timeout_seconds = 300;
  options.ems = true;
  options.locale = "de-DE";
  options.memtest_path = "\\efi\\microsoft\\boot\\memtest.efi";
  return options;
}

std::vector<std::string> listing(const StoreOptions& options) {
  Scratch scratch;
  return hive_listing(scratch.write("BCD", hive::write(store(options))));
}

const std::string kOne = "{ae978c15-0ba8-80fc-80de-b68d590f5649}";
const std::string kTwo = "{6c4e17ae-3f64-8b71-b326-0cb2e37a2d84}";
const std::string kThree = "{ccf56caa-34f6-8492-9d13-fa59cab69959}";

const std::string kBootDevice =
    "00000000000000000000000000000000"
    "05000000000000004800000000000000"
    "00000000000000000000000000000000"
    "00000000000000000000000000000000"
    "00000000000000000000000000000000"
    "0000000000000000";

std::string zeros(int bytes) { return std::string(2 * static_cast<std::size_t>(bytes), '0'); }

// The value on Microsoft's own medium: ramdisk=[boot]\sources\boot.wim,{7619dcc8-...}
const std::string kRamdisk =
    "c8dc1976fefad911b411000476eba25f"
    "0000000001000000a000000000000000"
    "03000000" +
    zeros(20) +
    "010000007800000005000000"
    "050000000000000048000000" +
    zeros(60) + "5c0073006f00750072006300650073005c0062006f006f0074002e00770069006d000000";

using Lines = std::vector<std::string>;

// One object: its GUID, its type as hivexml prints it, its elements as `id=value`.
void expect_object(Lines& lines, const std::string& guid, const std::string& type, Lines elements) {
  std::string path = "\\Objects\\" + guid;
  lines.push_back(path);
  lines.push_back(path + "\\Description");
  lines.push_back(path + "\\Description Type=int32:" + type);
  lines.push_back(path + "\\Elements");
  for (const std::string& element : elements) {
    std::string id = path + "\\Elements\\" + element.substr(0, 8);
    lines.push_back(id);
    lines.push_back(id + " Element=" + element.substr(9));
  }
}

Lines common_objects(const std::string& ems) {
  Lines lines = {"\\", "\\Description", "\\Description KeyName=string:BCD00000000", "\\Objects"};
  // emssettings, dbgsettings: 0x20100000
  expect_object(lines, "{0ce4991b-e6b3-4b16-b23c-5e0d9250e5d9}", "537919488",
                {"16000020=binary:" + ems});
  expect_object(lines, "{4636856e-540f-4170-a130-a84776f4c654}", "537919488",
                {"15000011=binary:0000000000000000", "15000013=binary:0100000000000000",
                 "15000014=binary:00c2010000000000"});
  // bootloadersettings: 0x20200003
  expect_object(lines, "{6efb52bf-1766-41db-a6b3-0ee5eff72bd7}", "538968067",
                {"14000006=string-list:[{7ea2e1ac-2e61-4728-aaa3-896d9d0a9f0e}]"
                 "[{7ff607e0-4395-11db-b0de-0800200c9a66}][]"});
  // globalsettings: 0x20100000
  expect_object(lines, "{7ea2e1ac-2e61-4728-aaa3-896d9d0a9f0e}", "537919488",
                {"14000006=string-list:[{4636856e-540f-4170-a130-a84776f4c654}]"
                 "[{0ce4991b-e6b3-4b16-b23c-5e0d9250e5d9}][]"});
  // hypervisorsettings: 0x20200003
  expect_object(lines, "{7ff607e0-4395-11db-b0de-0800200c9a66}", "538968067",
                {"12000004=string:Hypervisor Settings", "250000f3=binary:0000000000000000",
                 "250000f4=binary:0100000000000000", "250000f5=binary:00c2010000000000"});
  // device options: 0x30000000
  expect_object(lines, "{7619dcc8-fafe-11d9-b411-000476eba25f}", "805306368",
                {"31000003=binary:" + kBootDevice, "32000004=string:\\boot\\boot.sdi"});
  return lines;
}

Lines sorted(Lines lines) {
  std::sort(lines.begin(), lines.end());
  return lines;
}

Lines single_loader(const std::string& winload) {
  return {"11000001=binary:" + kRamdisk,
          "12000002=string:" + winload,
          "12000004=string:Windows Setup",
          "12000005=string:en-US",
          "14000006=string-list:[{6efb52bf-1766-41db-a6b3-0ee5eff72bd7}][]",
          "16000040=binary:00",
          "16000041=binary:00",
          "21000001=binary:" + kRamdisk,
          "22000002=string:\\windows",
          "25000020=binary:0000000000000000",
          "250000c2=binary:0100000000000000",
          "26000010=binary:01",
          "26000022=binary:01",
          "260000b0=binary:00"};
}

Lines single_store(Lines loader_elements) {
  Lines lines = common_objects("00");
  // osloader: 0x10200003; bootmgr: 0x10100002
  expect_object(lines, kOne, "270532611", std::move(loader_elements));
  expect_object(lines, "{9dea862c-5cdd-4e70-acc1-f32b344d4795}", "269484034",
                {"12000004=string:Windows Boot Manager", "12000005=string:en-US",
                 "14000006=string-list:[{7ea2e1ac-2e61-4728-aaa3-896d9d0a9f0e}][]",
                 "23000003=string:" + kOne, "24000001=string-list:[" + kOne + "][]",
                 "25000004=binary:0000000000000000", "26000020=binary:00"});
  return sorted(lines);
}

TEST(Bcd, OneEntryBios) {
  EXPECT_EQ(joined(listing(one_entry(Firmware::bios))),
            joined(single_store(single_loader("\\windows\\system32\\boot\\winload.exe"))));
}

TEST(Bcd, OneEntryUefi) {
  Lines elements = single_loader("\\windows\\system32\\boot\\winload.efi");
  elements.push_back("16000060=binary:01");
  EXPECT_EQ(joined(listing(one_entry(Firmware::uefi))), joined(single_store(elements)));
}

void expect_third_loader(Lines& lines, const std::string& guid, const std::string& description,
                         const std::string& ramdisk) {
  expect_object(
      lines, guid, "270532611",
      {"11000001=binary:" + ramdisk, "12000002=string:\\windows\\system32\\boot\\winload.efi",
       "12000004=string:" + description, "12000005=string:de-DE",
       "14000006=string-list:[{6efb52bf-1766-41db-a6b3-0ee5eff72bd7}][]", "16000040=binary:00",
       "16000041=binary:00", "16000060=binary:01", "21000001=binary:" + ramdisk,
       "22000002=string:\\windows", "25000020=binary:0000000000000000",
       "250000c2=binary:0100000000000000", "26000010=binary:01", "26000022=binary:01",
       "260000b0=binary:01"});
}

// `\sources\tools-l2.wim` is 21 characters: 0x8c + 44 = 184 bytes; `\x.wim` is 6: 0x8c + 14 = 154.
TEST(Bcd, ThreeEntriesAreAMenu) {
  Lines lines = common_objects("01");
  expect_third_loader(lines, kOne, "Windows Setup", kRamdisk);
  expect_third_loader(lines, kTwo, "Second & last chance",
                      "c8dc1976fefad911b411000476eba25f"
                      "0000000001000000a800000000000000"
                      "03000000" +
                          zeros(20) +
                          "010000008000000005000000"
                          "050000000000000048000000" +
                          zeros(60) +
                          "5c0073006f00750072006300650073005c00"
                          "74006f006f006c0073002d006c0032002e00770069006d000000");
  expect_third_loader(lines, kThree, "H\u00e4lfte",
                      "c8dc1976fefad911b411000476eba25f"
                      "00000000010000008a00000000000000"
                      "03000000" +
                          zeros(20) +
                          "010000006200000005000000"
                          "050000000000000048000000" +
                          zeros(60) + "5c0078002e00770069006d000000");
  expect_object(
      lines, "{9dea862c-5cdd-4e70-acc1-f32b344d4795}", "269484034",
      {"12000004=string:Windows Boot Manager", "12000005=string:de-DE",
       "14000006=string-list:[{7ea2e1ac-2e61-4728-aaa3-896d9d0a9f0e}][]", "23000003=string:" + kOne,
       "24000001=string-list:[" + kOne + "][" + kTwo + "][" + kThree + "][]",
       "24000010=string-list:[{b2721d73-1db4-4c62-bf78-c548a880142d}][]",
       "25000004=binary:2c01000000000000", "26000020=binary:01"});
  // memdiag: 0x10200005
  expect_object(
      lines, "{b2721d73-1db4-4c62-bf78-c548a880142d}", "270532613",
      {"11000001=binary:" + kBootDevice, "12000002=string:\\efi\\microsoft\\boot\\memtest.efi",
       "12000004=string:Windows Memory Diagnostic", "12000005=string:de-DE",
       "14000006=string-list:[{7ea2e1ac-2e61-4728-aaa3-896d9d0a9f0e}][]"});
  EXPECT_EQ(joined(listing(three_entries())), joined(sorted(lines)));
}

TEST(Bcd, ThreeEntriesBiosDifferOnlyInTheLoader) {
  StoreOptions options = three_entries();
  Lines expected = listing(options);
  options.firmware = Firmware::bios;
  for (std::string& line : expected) {
    std::size_t at = line.find("winload.efi");
    if (at != std::string::npos) line.replace(at, 11, "winload.exe");
  }
  std::erase_if(expected, [](const std::string& line) {
    return line.find("\\16000060") != std::string::npos;
  });
  EXPECT_EQ(joined(listing(options)), joined(expected));
}

/// The lines that only one of two stores has: of the first with -, of the second with +.
Lines difference(const StoreOptions& before, const StoreOptions& after) {
  Lines a = listing(before);
  Lines b = listing(after);
  Lines out;
  std::set_difference(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(out));
  for (std::string& line : out) line = "-" + line.substr(line.rfind('\\') + 1);
  Lines more;
  std::set_difference(b.begin(), b.end(), a.begin(), a.end(), std::back_inserter(more));
  for (const std::string& line : more) out.push_back("+" + line.substr(line.rfind('\\') + 1));
  return out;
}

TEST(Bcd, TheDefaultNeedNotBeTheFirst) {
  StoreOptions options = three_entries();
  options.default_entry = 1;
  EXPECT_EQ(difference(three_entries(), options),
            (Lines{"-23000003 Element=string:" + kOne, "+23000003 Element=string:" + kTwo}));
}

TEST(Bcd, BackDoorsOpenOnlyWhenToldTo) {
  StoreOptions options = one_entry(Firmware::uefi);
  options.advanced_options = true;
  options.options_edit = true;
  EXPECT_EQ(difference(one_entry(Firmware::uefi), options),
            (Lines{"-16000040 Element=binary:00", "-16000041 Element=binary:00",
                   "+16000040 Element=binary:01", "+16000041 Element=binary:01"}));
}

TEST(Bcd, StoresForTheNetworkSayHowToFetch) {
  StoreOptions options = one_entry(Firmware::uefi);
  options.tftp = Tftp{1456, 4};
  EXPECT_EQ(difference(one_entry(Firmware::uefi), options),
            (Lines{"+35000007", "+35000007 Element=binary:b005000000000000", "+35000008",
                   "+35000008 Element=binary:0400000000000000"}));
}

TEST(Bcd, SameOptionsSameBytesAndIdentityCounts) {
  StoreOptions options = one_entry(Firmware::uefi);
  std::string bytes = hive::write(store(options));
  EXPECT_EQ(hive::write(store(options)), bytes);
  options.identity = "other";
  EXPECT_NE(hive::write(store(options)), bytes);
}

TEST(Bcd, DeviceValues) {
  auto hex = [](const std::string& bytes) {
    std::string text;
    for (char c : bytes) text += fmt::format("{:02x}", static_cast<unsigned char>(c));
    return text;
  };
  EXPECT_EQ(hex(ramdisk_device("\\sources\\boot.wim", "{7619dcc8-fafe-11d9-b411-000476eba25f}")),
            kRamdisk);
  EXPECT_EQ(hex(boot_device()), kBootDevice);
}

TEST(Bcd, RefusesTextThatIsNoGuid) {
  for (const char* text :
       {"", "{}", "7619dcc8-fafe-11d9-b411-000476eba25f", "{7619DCC8-fafe-11d9-b411-000476eba25f}",
        "{7619dcc8-fafe-11d9-b411-000476eba25f0}", "{7619dcc8fafe-11d9-b411-000476eba25f}",
        "{ramdiskoptions}"}) {
    EXPECT_NE(failure_of([&] { ramdisk_device("\\x", text); }).find("is not a GUID"),
              std::string::npos);
  }
}

TEST(Bcd, RefusesWhatABootManagerCannotUse) {
  struct {
    std::string message;
    void (*change)(StoreOptions&);
  } cases[] = {
      {"needs at least one image", [](StoreOptions& o) { o.entries.clear(); }},
      {"the identity 'one'", [](StoreOptions& o) { o.entries.push_back(o.entries[0]); }},
      {"two entries of one boot menu are called 'Windows Setup'",
       [](StoreOptions& o) {
         o.entries.push_back(o.entries[0]);
         o.entries[1].identity = "two";
       }},
      {"no entry 1 in a boot menu of 1", [](StoreOptions& o) { o.default_entry = 1; }},
      {"the image 'sources\\boot.wim'",
       [](StoreOptions& o) { o.entries[0].wim_path = "sources\\boot.wim"; }},
      {"the image ''", [](StoreOptions& o) { o.entries[0].wim_path = ""; }},
      {"the image '\\'", [](StoreOptions& o) { o.entries[0].wim_path = "\\"; }},
      {"the image '\\a\\'", [](StoreOptions& o) { o.entries[0].wim_path = "\\a\\"; }},
      {"the image '\\a/b'", [](StoreOptions& o) { o.entries[0].wim_path = "\\a/b"; }},
      {"the image '\\\u00e4'", [](StoreOptions& o) { o.entries[0].wim_path = "\\\u00e4"; }},
      {"the image '\\aaa",
       [](StoreOptions& o) { o.entries[0].wim_path = "\\" + std::string(255, 'a'); }},
      {"the RAM disk ''", [](StoreOptions& o) { o.sdi_path = ""; }},
      {"the memory test 'x'", [](StoreOptions& o) { o.memtest_path = "x"; }},
      {"a boot menu cannot show ''", [](StoreOptions& o) { o.entries[0].description = ""; }},
      {"a boot menu cannot show 'a\nb'",
       [](StoreOptions& o) { o.entries[0].description = "a\nb"; }},
      {"invalid UTF-8", [](StoreOptions& o) { o.entries[0].description = "\xff"; }},
      {"is not the name of a locale", [](StoreOptions& o) { o.locale = ""; }},
      {"is not the name of a locale", [](StoreOptions& o) { o.locale = "en_US/../x"; }},
  };
  for (const auto& c : cases) {
    StoreOptions options = one_entry(Firmware::uefi);
    c.change(options);
    std::string message = failure_of([&] { store(options); });
    EXPECT_NE(message.find(c.message), std::string::npos) << message;
  }
}

}  // namespace
}  // namespace remedia::bcd
