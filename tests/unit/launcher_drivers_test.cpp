// Which drivers fit which devices, and the file that says so.
#include "launcher/drivers.h"
#include "launcher/text.h"

#include <utility>

#include <gtest/gtest.h>

namespace remedia::launcher {
namespace {

// ---- matching --------------------------------------------------------------------------------

DriverPackage package(const std::string& name, std::vector<std::string> hardware,
                      std::vector<CompatibleId> compatible = {}, const std::string& date = "",
                      std::array<std::uint16_t, 4> version = {}) {
  DriverPackage made;
  made.inf = name;
  made.hardware_ids = std::move(hardware);
  made.compatible_ids = std::move(compatible);
  made.date = date;
  made.version = version;
  return made;
}

// "a.inf 0x00000001, b.inf 0x00002000"
std::string found(const DriverIndex& index, const DeviceIds& device) {
  std::string text;
  for (const Candidate& candidate : candidates(index, device)) {
    text += (text.empty() ? "" : ", ") + index.packages[candidate.package].inf + " " +
            hexadecimal(candidate.rank);
  }
  return text;
}

// The id lists of devices as Windows' buses make them.
const DeviceIds kIntelNic = {
    {"PCI\\VEN_8086&DEV_15FB&SUBSYS_0A1F1028&REV_20", "PCI\\VEN_8086&DEV_15FB&SUBSYS_0A1F1028",
     "PCI\\VEN_8086&DEV_15FB&CC_020000", "PCI\\VEN_8086&DEV_15FB&CC_0200"},
    {"PCI\\VEN_8086&DEV_15FB&REV_20", "PCI\\VEN_8086&DEV_15FB", "PCI\\VEN_8086&CC_020000",
     "PCI\\VEN_8086&CC_0200", "PCI\\VEN_8086", "PCI\\CC_020000&DT_0", "PCI\\CC_020000",
     "PCI\\CC_0200&DT_0", "PCI\\CC_0200"}};
const DeviceIds kRealtekNic = {
    {"PCI\\VEN_10EC&DEV_8168&SUBSYS_873B103C&REV_15", "PCI\\VEN_10EC&DEV_8168&SUBSYS_873B103C",
     "PCI\\VEN_10EC&DEV_8168&CC_020000", "PCI\\VEN_10EC&DEV_8168&CC_0200"},
    {"PCI\\VEN_10EC&DEV_8168&REV_15", "PCI\\VEN_10EC&DEV_8168", "PCI\\VEN_10EC&CC_020000",
     "PCI\\VEN_10EC&CC_0200", "PCI\\VEN_10EC", "PCI\\CC_020000", "PCI\\CC_0200"}};
const DeviceIds kVmd = {
    {"PCI\\VEN_8086&DEV_467F&SUBSYS_0B041028&REV_00", "PCI\\VEN_8086&DEV_467F&SUBSYS_0B041028",
     "PCI\\VEN_8086&DEV_467F&CC_010400", "PCI\\VEN_8086&DEV_467F&CC_0104"},
    {"PCI\\VEN_8086&DEV_467F&REV_00", "PCI\\VEN_8086&DEV_467F", "PCI\\VEN_8086&CC_010400",
     "PCI\\VEN_8086&CC_0104", "PCI\\VEN_8086", "PCI\\CC_010400", "PCI\\CC_0104"}};
const DeviceIds kNvme = {
    {"PCI\\VEN_144D&DEV_A80A&SUBSYS_A801144D&REV_00", "PCI\\VEN_144D&DEV_A80A&SUBSYS_A801144D",
     "PCI\\VEN_144D&DEV_A80A&CC_010802", "PCI\\VEN_144D&DEV_A80A&CC_0108"},
    {"PCI\\VEN_144D&DEV_A80A&REV_00", "PCI\\VEN_144D&DEV_A80A", "PCI\\VEN_144D&CC_010802",
     "PCI\\VEN_144D&CC_0108", "PCI\\VEN_144D", "PCI\\CC_010802", "PCI\\CC_0108"}};
const DeviceIds kUsbKeyboard = {
    {"USB\\VID_413C&PID_2113&REV_0108&MI_00", "USB\\VID_413C&PID_2113&MI_00"},
    {"USB\\Class_03&SubClass_01&Prot_01", "USB\\Class_03&SubClass_01", "USB\\Class_03"}};
const DeviceIds kHid = {{"HID\\VID_413C&PID_2113&REV_0108&MI_00", "HID\\VID_413C&PID_2113&MI_00",
                         "HID\\VID_413C&UP:0001_U:0006", "HID_DEVICE_SYSTEM_KEYBOARD",
                         "HID_DEVICE_UP:0001_U:0006", "HID_DEVICE"},
                        {}};
const DeviceIds kTouchpad = {{"ACPI\\VEN_DELL&DEV_0A1F", "ACPI\\DELL0A1F", "*DELL0A1F"},
                             {"ACPI\\PNP0C50", "*PNP0C50"}};

// The example of Microsoft's documentation, "Driver Rank Example", cell by cell: a line of an INF
// with one hardware id and two compatible ones, a device with two and two.
TEST(LauncherDrivers, RanksAsTheDocumentedExample) {
  const std::pair<const char*, std::vector<std::uint32_t>> table[] = {
      {"HWID_1", {0x0000, 0x1000, 0x1000}},
      {"HWID_2", {0x0001, 0x1001, 0x1001}},
      {"CID_1", {0x2000, 0x3000, 0x3100}},
      {"CID_2", {0x2001, 0x3001, 0x3101}}};
  const DeviceIds device = {{"HWID_1", "HWID_2"}, {"CID_1", "CID_2"}};
  for (const auto& [id, ranks] : table) {
    const DriverIndex indexes[] = {make_driver_index({package("a", {id}, {{"X", 0}, {"Y", 1}})}),
                                   make_driver_index({package("a", {"X"}, {{id, 0}, {"Y", 1}})}),
                                   make_driver_index({package("a", {"X"}, {{"Y", 0}, {id, 1}})})};
    for (std::size_t i = 0; i < 3; ++i) {
      const auto all = candidates(indexes[i], device);
      ASSERT_EQ(all.size(), 1U) << id << " " << i;
      EXPECT_EQ(all[0].rank, ranks[i]) << id << " " << i;
    }
  }
}

TEST(LauncherDrivers, AnIntelNicHasSeveralInfs) {
  const DriverIndex index = make_driver_index(
      {package("e1d-generic.inf", {"PCI\\VEN_8086&DEV_15FB"}, {}, "2024-05-31", {12, 19, 2, 60}),
       package("e1d-dell.inf", {"PCI\\VEN_8086&DEV_15FB&SUBSYS_0A1F1028"}, {}, "2022-01-01"),
       package("e1d-lenovo.inf", {"PCI\\VEN_8086&DEV_15FB&SUBSYS_22F217AA"}, {}, "2025-01-01"),
       package("e1r.inf", {"PCI\\VEN_8086&DEV_1533", "PCI\\VEN_8086&DEV_1536"}),
       package("any.inf", {"PCI\\CC_0200"}, {}, "2026-01-01")});
  // The maker's own is older and better; the generic one names the id that the device gives only
  // as compatible.
  EXPECT_EQ(found(index, kIntelNic),
            "e1d-dell.inf 0x00000001, e1d-generic.inf 0x00002001, any.inf 0x00002008");
  EXPECT_EQ(found(index, kRealtekNic), "any.inf 0x00002006");
}

TEST(LauncherDrivers, FindsWhatRealDevicesWant) {
  const DriverIndex index = make_driver_index(
      {package("rt640x64.inf", {"PCI\\VEN_10EC&DEV_8168&REV_15", "PCI\\VEN_10EC&DEV_8168"}),
       package("iaStorVD.inf", {"PCI\\VEN_8086&DEV_467F&CC_0104", "PCI\\VEN_8086&DEV_9A0B"}),
       package("iaStorAC.inf", {"PCI\\VEN_8086&DEV_A0D3&CC_0106"}),
       package("stornvme.inf", {"PCI\\CC_010802"}),
       package("secnvme.inf", {"PCI\\VEN_144D&DEV_A80A&REV_00"}),
       package("keyboard.inf", {"HID_DEVICE_SYSTEM_KEYBOARD"}),
       package("input.inf", {"USB\\Class_03&SubClass_01"}, {{"USB\\Class_03", 0}}),
       package("dellkbd.inf", {"USB\\VID_413C&PID_2113&MI_00"}),
       package("hidi2c.inf", {"ACPI\\PNP0C50"}),
       package("touch.inf", {"ACPI\\VEN_DELL&DEV_0A1F"}, {{"*PNP0C50", 0}})});
  EXPECT_EQ(found(index, kRealtekNic), "rt640x64.inf 0x00002000");
  EXPECT_EQ(found(index, kVmd), "iaStorVD.inf 0x00000003");
  EXPECT_EQ(found(index, kNvme), "secnvme.inf 0x00002000, stornvme.inf 0x00002005");
  EXPECT_EQ(found(index, kUsbKeyboard), "dellkbd.inf 0x00000001, input.inf 0x00002001");
  EXPECT_EQ(found(index, kHid), "keyboard.inf 0x00000003");
  EXPECT_EQ(found(index, kTouchpad), "touch.inf 0x00000000, hidi2c.inf 0x00002000");
}

TEST(LauncherDrivers, AnIdIsNoPrefix) {
  const DriverIndex index = make_driver_index(
      {package("a.inf", {"PCI\\VEN_8086&DEV_15F"}), package("b.inf", {"PCI\\VEN_8086&DEV_15FBB"}),
       package("c.inf", {"PCI"}), package("d.inf", {"VEN_8086&DEV_15FB"})});
  EXPECT_EQ(found(index, kIntelNic), "");
}

TEST(LauncherDrivers, IgnoresCase) {
  const DriverIndex index = make_driver_index(
      {package("a.inf", {"usb\\vid_413c&pid_2113&mi_00"}, {{"Usb\\class_03", 0}})});
  EXPECT_EQ(index.packages[0].hardware_ids[0], "USB\\VID_413C&PID_2113&MI_00");
  EXPECT_EQ(found(index, kUsbKeyboard), "a.inf 0x00000001");
  EXPECT_EQ(found(index, {{"uSB\\Class_03"}, {}}), "a.inf 0x00001000");
}

TEST(LauncherDrivers, OfAPackageTheBestMatchCounts) {
  const DriverIndex index = make_driver_index({package(
      "a.inf", {"PCI\\CC_0200", "PCI\\VEN_8086&DEV_15FB&CC_0200", "PCI\\VEN_8086&DEV_15FB&CC_0200"},
      {{"PCI\\VEN_8086&DEV_15FB&SUBSYS_0A1F1028&REV_20", 0}})});
  EXPECT_EQ(found(index, kIntelNic), "a.inf 0x00000003");
}

TEST(LauncherDrivers, TiesGoToDateThenVersionThenPath) {
  const std::vector<std::string> id = {"PCI\\A"};
  const DeviceIds device = {{"PCI\\A"}, {}};
  const DriverIndex index =
      make_driver_index({package("none.inf", id, {}, "", {9, 9, 9, 9}),
                         package("z.inf", id, {}, "2023-12-31", {2, 0, 0, 0}),
                         package("y.inf", id, {}, "2024-01-01", {1, 9, 0, 65535}),
                         package("b.inf", id, {}, "2024-01-01", {1, 10, 0, 0}),
                         package("a.inf", id, {}, "2024-01-01", {1, 10, 0, 0}),
                         package("worse.inf", {"PCI\\B"}, {{"PCI\\A", 0}}, "2026-01-01")});
  EXPECT_EQ(found(index, device),
            "a.inf 0x00000000, b.inf 0x00000000, y.inf 0x00000000, z.inf 0x00000000, "
            "none.inf 0x00000000, worse.inf 0x00001000");
}

// A list as long as none is must not make a bad match look like one of a better kind.
TEST(LauncherDrivers, ALongListStaysInItsRange) {
  DeviceIds device;
  for (int i = 0; i < 5000; ++i) device.hardware.push_back("H" + std::to_string(i));
  for (int i = 0; i < 5000; ++i) device.compatible.push_back("C" + std::to_string(i));
  const DriverIndex index =
      make_driver_index({package("hh", {"H4999"}), package("hc", {}, {{"H4999", 65535}}),
                         package("ch", {"C4999"}), package("cc", {}, {{"C4999", 65535}})});
  EXPECT_EQ(found(index, device), "hh 0x00000FFF, hc 0x00001FFF, ch 0x00002FFF, cc 0x00003FFF");
}

TEST(LauncherDrivers, NothingMatchesNothing) {
  const DriverIndex index = make_driver_index({package("a.inf", {"A"}), package("b.inf", {})});
  EXPECT_EQ(found(index, {}), "");
  EXPECT_EQ(found(index, {{""}, {""}}), "");
  EXPECT_EQ(found(make_driver_index({}), kIntelNic), "");
}

TEST(LauncherDrivers, NamesADevice) {
  EXPECT_EQ(device_name(kTouchpad), "ACPI\\VEN_DELL&DEV_0A1F");
  EXPECT_EQ(device_name({{}, {"B", "C"}}), "B");
  EXPECT_EQ(device_name({}), "");
}

// ---- the file --------------------------------------------------------------------------------

const std::string kHead = "# Remedia drivers 1\n";
const std::string kPackage = "P\tstorage\t2024-05-31\t19.5.2.1049\tX:\\Drivers\\vmd\\vmd.inf\n";

std::string errors(const std::string& text) {
  std::string all;
  for (const std::string& error : read_driver_index(text).errors) all += error + "\n";
  return all;
}

TEST(LauncherDriversFile, ReadsWhatItWrites) {
  DriverPackage vmd = package("X:\\My drivers\\vmd.inf",
                              {"PCI\\VEN_8086&DEV_467F&CC_0104", "PCI\\VEN_8086&DEV_9A0B"},
                              {{"PCI\\CC_0104", 3}}, "2024-05-31", {19, 5, 2, 65535});
  vmd.phase = DriverPhase::storage;
  DriverPackage bus = package("X:\\bus.inf", {"acpi\\pnp0a08"});
  bus.phase = DriverPhase::bus;
  DriverPackage net = package("X:\\net.inf", {}, {{"USB\\VID_0BDA", 0}, {"USB\\B", 15}});
  net.phase = DriverPhase::network;
  const std::string text = write_driver_index({vmd, bus, net, package("X:\\none.inf", {})});
  EXPECT_EQ(text,
            "# Remedia drivers 1\n"
            "P\tstorage\t2024-05-31\t19.5.2.65535\tX:\\My drivers\\vmd.inf\n"
            "H\tPCI\\VEN_8086&DEV_467F&CC_0104\nH\tPCI\\VEN_8086&DEV_9A0B\nC\t3\tPCI\\CC_0104\n"
            "P\tbus\t\t0.0.0.0\tX:\\bus.inf\nH\tACPI\\PNP0A08\n"
            "P\tnetwork\t\t0.0.0.0\tX:\\net.inf\nC\t0\tUSB\\VID_0BDA\nC\t15\tUSB\\B\n"
            "P\trest\t\t0.0.0.0\tX:\\none.inf\n");
  for (const std::string& lines : {text, replaced(text, "\n", "\r\n")}) {
    const DriverIndex index = read_driver_index(lines);
    EXPECT_EQ(index.errors, std::vector<std::string>{});
    ASSERT_EQ(index.packages.size(), 4U);
    EXPECT_EQ(index.packages[0].phase, DriverPhase::storage);
    EXPECT_EQ(index.packages[0].version, vmd.version);
    EXPECT_EQ(index.packages[2].phase, DriverPhase::network);
    EXPECT_EQ(index.packages[3].phase, DriverPhase::rest);
    EXPECT_EQ(write_driver_index(index.packages), text);
    EXPECT_EQ(found(index, {{}, {"x", "usb\\b"}}), "X:\\net.inf 0x00003F01");
  }
}

TEST(LauncherDriversFile, ReportsABadLineAndGoesOn) {
  const std::pair<std::string, std::string> cases[] = {
      {"no tab", "begins with none of P, H, C"},
      {" H\tA", "begins with none of P, H, C"},
      {"h\tA", "begins with none of P, H, C"},
      {"X\tA", "begins with none of P, H, C"},
      {"H", "is not 'H<tab>id'"},
      {"H\t", "is not 'H<tab>id'"},
      {"H\t  ", "is not 'H<tab>id'"},
      {"H\tA\tB", "is not 'H<tab>id'"},
      {"H\tA\x01", "is not 'H<tab>id'"},
      {"C\tA", "is not 'C<tab>place<tab>id'"},
      {"C\t\tA", "is not 'C<tab>place<tab>id'"},
      {"C\t-1\tA", "is not 'C<tab>place<tab>id'"},
      {"C\t65536\tA", "is not 'C<tab>place<tab>id'"},
      {"C\t0\t", "is not 'C<tab>place<tab>id'"},
      {"C\t0\tA\tB", "is not 'C<tab>place<tab>id'"}};
  for (const auto& [line, error] : cases) {
    const std::string text = kHead + "\n# words\n" + kPackage + line + "\nH\tGOOD\n";
    EXPECT_EQ(errors(text), "line 5 " + error + "\n") << line;
    EXPECT_EQ(found(read_driver_index(text), {{"x", "good"}, {}}),
              "X:\\Drivers\\vmd\\vmd.inf 0x00000001")
        << line;
  }
}

// Its ids must not become those of the package before it.
TEST(LauncherDriversFile, ABadPackageIsLeftOutWithItsIds) {
  const std::pair<std::string, std::string> cases[] = {
      {"P", "is not 'P<tab>phase<tab>date<tab>version<tab>path'"},
      {"P\tbus\t\t1.0.0.0", "is not 'P<tab>phase<tab>date<tab>version<tab>path'"},
      {"P\tbus\t\t1.0.0.0\tX:\\a\tb.inf", "is not 'P<tab>phase<tab>date<tab>version<tab>path'"},
      {"P\tBus\t\t1.0.0.0\tX:\\a.inf",
       "has a phase that is none of bus, storage, network, rest, extension"},
      {"P\t\t\t1.0.0.0\tX:\\a.inf",
       "has a phase that is none of bus, storage, network, rest, extension"},
      {"P\tbus\t05/31/2024\t1.0.0.0\tX:\\a.inf", "has a date that is not YYYY-MM-DD"},
      {"P\tbus\t2024-5-31\t1.0.0.0\tX:\\a.inf", "has a date that is not YYYY-MM-DD"},
      {"P\tbus\t2024-05x31\t1.0.0.0\tX:\\a.inf", "has a date that is not YYYY-MM-DD"},
      {"P\tbus\t\t\tX:\\a.inf", "has a version that is not four numbers"},
      {"P\tbus\t\t1.0\tX:\\a.inf", "has a version that is not four numbers"},
      {"P\tbus\t\t1.0.0.0.0\tX:\\a.inf", "has a version that is not four numbers"},
      {"P\tbus\t\t1.0.0.65536\tX:\\a.inf", "has a version that is not four numbers"},
      {"P\tbus\t\t1.0.0.x\tX:\\a.inf", "has a version that is not four numbers"},
      {"P\tbus\t\t1.0.0.0\t", "has no path that drvload takes"},
      {"P\tbus\t\t1.0.0.0\tX:\\a,b.inf", "has no path that drvload takes"},
      {"P\tbus\t\t1.0.0.0\tX:\\%TEMP%.inf", "has no path that drvload takes"},
      {"P\tbus\t\t1.0.0.0\tX:\\a\".inf", "has no path that drvload takes"}};
  for (const auto& [line, error] : cases) {
    const std::string text = kHead + kPackage + line + "\nH\tA\nC\t0\tA\nH\n" +
                             "P\trest\t\t0.0.0.0\tX:\\good.inf\nH\tGOOD\n";
    EXPECT_EQ(errors(text), "line 3 " + error + "\n") << line;
    const DriverIndex index = read_driver_index(text);
    EXPECT_EQ(index.packages.size(), 2U) << line;
    EXPECT_EQ(found(index, {{"A", "GOOD"}, {}}), "X:\\good.inf 0x00000001") << line;
  }
}

TEST(LauncherDriversFile, IsNothingWithoutItsFirstLine) {
  for (const char* head :
       {"", "\n", "# Remedia drivers 2\n", "# Remedia drivers 1 \n", "# Remedia drivers 11\n"}) {
    const DriverIndex index = read_driver_index(std::string(head) + kPackage + "H\tA\n");
    EXPECT_EQ(index.packages.size(), 0U) << head;
    EXPECT_EQ(index.errors, std::vector<std::string>{"line 1 is not '# Remedia drivers 1'"});
  }
  EXPECT_EQ(errors(""), "line 1 is not '# Remedia drivers 1'\n");
  EXPECT_EQ(errors(kHead), "");
  EXPECT_EQ(errors(kHead + "H\tA\n"), "line 2 is an id without a package before it\n");
  EXPECT_EQ(errors(kHead + kPackage + "H\t\xff\n"), "the file is not UTF-8\n");
  EXPECT_TRUE(read_driver_index(kHead + kPackage + "H\t\xff\n").packages.empty());
}

TEST(LauncherDriversFile, ReportsTwentyErrors) {
  std::string many = kHead;
  for (int i = 0; i < 1000; ++i) many += "bad\n";
  EXPECT_EQ(read_driver_index(many).errors.size(), 20U);
}

TEST(LauncherDriversFile, SaysWhatCannotBeWritten) {
  const std::pair<DriverPackage, std::string> cases[] = {
      {package("", {"A"}), "'' is no path of an INF that drvload takes"},
      {package(" X:\\a.inf", {"A"}), "' X:\\a.inf' is no path of an INF that drvload takes"},
      {package("X:\\a\t.inf", {"A"}), "'X:\\a\t.inf' is no path of an INF that drvload takes"},
      {package("X:\\a,b.inf", {"A"}), "'X:\\a,b.inf' is no path of an INF that drvload takes"},
      {package("X:\\%A%.inf", {"A"}), "'X:\\%A%.inf' is no path of an INF that drvload takes"},
      {package("X:\\a.inf", {"A", ""}),
       "X:\\a.inf: the id '' cannot be written to an index of "
       "drivers"},
      {package("X:\\a.inf", {"A\nH\tB"}),
       "X:\\a.inf: the id 'A\nH\tB' cannot be written to an "
       "index of drivers"},
      {package("X:\\a.inf", {"A "}),
       "X:\\a.inf: the id 'A ' cannot be written to an index of "
       "drivers"},
      {package("X:\\a.inf", {}, {{"\xff", 0}}),
       "X:\\a.inf: the id '\xff' cannot be written to an "
       "index of drivers"},
      {package("X:\\a.inf", {}, {}, "31.05.2024"),
       "X:\\a.inf: the date '31.05.2024' is not "
       "YYYY-MM-DD"},
      {package("x:\\GOOD.inf", {}), "X:\\GOOD.INF is in the index of drivers twice"}};
  const DriverPackage good = package("X:\\good.inf", {"Ü BER"}, {{"A", 65535}}, "2024-05-31");
  EXPECT_EQ(driver_index_problem({good}), std::nullopt);
  EXPECT_NE(write_driver_index({good}), "");
  for (const auto& [bad, problem] : cases) {
    EXPECT_EQ(driver_index_problem({good, bad}), problem);
    EXPECT_EQ(write_driver_index({good, bad}), "");
  }
}

// 2,000 packages with 200,000 ids: what is read again is the same, and every id is found.
TEST(LauncherDriversFile, HoldsAFleet) {
  std::vector<DriverPackage> packages;
  for (int i = 0; i < 2000; ++i) {
    DriverPackage made = package("X:\\Drivers\\" + std::to_string(i) + ".inf", {"PCI\\ALL"});
    for (int j = 0; j < 99; ++j) {
      made.hardware_ids.push_back("PCI\\VEN_8086&DEV_" + std::to_string((i * 7919 + j) % 65536) +
                                  "&SUBSYS_" + std::to_string(i));
    }
    packages.push_back(std::move(made));
  }
  const std::string text = write_driver_index(packages);
  const DriverIndex index = read_driver_index(text);
  EXPECT_EQ(index.errors, std::vector<std::string>{});
  EXPECT_EQ(index.ids.size(), 200000U);
  EXPECT_EQ(write_driver_index(index.packages), text);
  EXPECT_EQ(candidates(index, {{"PCI\\ALL"}, {}}).size(), 2000U);
  for (int i = 0; i < 2000; ++i) {
    const std::string& id = packages[static_cast<std::size_t>(i)].hardware_ids[50];
    EXPECT_EQ(found(index, {{id}, {}}), "X:\\Drivers\\" + std::to_string(i) + ".inf 0x00000000");
  }
}

// Only if there is room for it in the launcher's memory of a file.
TEST(LauncherDriversFile, IsNotTooLarge) {
  std::vector<DriverPackage> packages = {package("X:\\a.inf", {})};
  packages[0].hardware_ids.assign(33, std::string(1U << 20, 'A'));
  const std::string problem = driver_index_problem(packages).value_or("");
  EXPECT_EQ(problem.substr(problem.find(';')), "; the launcher reads 33554432");
  EXPECT_EQ(write_driver_index(packages), "");
  packages[0].hardware_ids.pop_back();
  packages[0].hardware_ids.pop_back();
  EXPECT_EQ(driver_index_problem(packages), std::nullopt);
}

}  // namespace
}  // namespace remedia::launcher
