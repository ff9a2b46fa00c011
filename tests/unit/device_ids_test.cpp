// Ids of devices: what a PC's bus makes of one, and what is none.
#include "formats/device_ids.h"

#include <gtest/gtest.h>

namespace remedia {
namespace {

using Ids = std::vector<std::string>;

TEST(DeviceIds, OfPci) {
  const Ids all = {R"(PCI\VEN_8086&DEV_15FB&SUBSYS_086A1028&REV_20)",
                   R"(PCI\VEN_8086&DEV_15FB&SUBSYS_086A1028)", R"(PCI\VEN_8086&DEV_15FB&REV_20)",
                   R"(PCI\VEN_8086&DEV_15FB)"};
  EXPECT_EQ(hardware_ids_of(all[0]), all);
  EXPECT_EQ(hardware_ids_of(all[1]), (Ids{all[1], all[3]}));
  EXPECT_EQ(hardware_ids_of(all[2]), (Ids{all[2], all[3]}));
  EXPECT_EQ(hardware_ids_of(all[3]), Ids{all[3]});
}

TEST(DeviceIds, CaseOrderAndInstanceDoNotMatter) {
  const Ids all = hardware_ids_of(R"(PCI\VEN_8086&DEV_15FB&SUBSYS_086A1028&REV_20)");
  for (const char* same : {R"(pci\ven_8086&dev_15fb&subsys_086a1028&rev_20)",
                           R"(PCI\VEN_8086&DEV_15FB&REV_20&SUBSYS_086A1028)",
                           R"(PCI\VEN_8086&DEV_15FB&SUBSYS_086A1028&REV_20\3&11583659&0&FE)",
                           R"(PCI\VEN_8086&DEV_15FB&SUBSYS_086A1028&REV_20\)"})
    EXPECT_EQ(hardware_ids_of(same), all) << same;
}

TEST(DeviceIds, OfUsb) {
  EXPECT_EQ(hardware_ids_of(R"(USB\VID_0BDA&PID_8153&REV_3000)"),
            (Ids{R"(USB\VID_0BDA&PID_8153&REV_3000)", R"(USB\VID_0BDA&PID_8153)"}));
  EXPECT_EQ(hardware_ids_of(R"(USB\VID_0BDA&PID_8153\000001)"), Ids{R"(USB\VID_0BDA&PID_8153)"});
  // One function of several is never served by a driver of the whole device.
  EXPECT_EQ(hardware_ids_of(R"(USB\VID_046D&PID_0825&REV_0012&MI_02\7&1)"),
            (Ids{R"(USB\VID_046D&PID_0825&REV_0012&MI_02)", R"(USB\VID_046D&PID_0825&MI_02)"}));
}

TEST(DeviceIds, OfAcpiInBothSpellings) {
  const Ids intel = {R"(ACPI\VEN_INTC&DEV_1056)", R"(ACPI\INTC1056)", "*INTC1056"};
  for (const char* same : {R"(ACPI\VEN_INTC&DEV_1056)", R"(ACPI\INTC1056)", "*INTC1056",
                           R"(ACPI\intc1056\2&daba3ff&0)", "*intc1056"})
    EXPECT_EQ(hardware_ids_of(same), intel) << same;
  EXPECT_EQ(hardware_ids_of("*PNP0303"),
            (Ids{R"(ACPI\VEN_PNP&DEV_0303)", R"(ACPI\PNP0303)", "*PNP0303"}));
  EXPECT_EQ(hardware_ids_of(R"(ACPI\VEN_INTC&DEV_1056&SUBSYS_00000001&REV_0002)"),
            (Ids{R"(ACPI\VEN_INTC&DEV_1056&SUBSYS_00000001&REV_0002)",
                 R"(ACPI\VEN_INTC&DEV_1056&SUBSYS_00000001)", R"(ACPI\VEN_INTC&DEV_1056&REV_0002)",
                 R"(ACPI\VEN_INTC&DEV_1056)", R"(ACPI\INTC1056)", "*INTC1056"}));
  EXPECT_EQ(hardware_ids_of(R"(ACPI\FIXEDBUTTON)"), (Ids{R"(ACPI\FIXEDBUTTON)", "*FIXEDBUTTON"}));
}

TEST(DeviceIds, OthersStandForThemselves) {
  for (const char* id : {R"(HDAUDIO\FUNC_01&VEN_10EC&DEV_0256)", R"(ROOT\VOLMGR)",
                         R"(SWD\PRINTENUM\LOCALPRINTQUEUE)", R"(PCI\CC_0200)", R"(PCI\VEN_8086)",
                         R"(PCI\VEN_8086&CC_0106)", R"(USB\CLASS_08&SUBCLASS_06)",
                         R"(USB\VID_0BDA)", R"(USBSTOR\DISK)", "PCI", R"(PCI\)", "*", R"(ACPI\)",
                         "{GUID}\\X", R"(PCI\VEN_8086&DEV_15FB&NEW_1)", R"(A\B\C\D)", ""})
    EXPECT_EQ(hardware_ids_of(id), Ids{id}) << id;
  EXPECT_EQ(hardware_ids_of("Root\\VolMgr"), Ids{"ROOT\\VOLMGR"});
}

TEST(DeviceIds, WhatIsNone) {
  const std::string longest(200, 'x');
  for (const std::string& good : {std::string(R"(PCI\VEN_8086&DEV_15FB)"), std::string("*PNP0A03"),
                                  longest, std::string("x")})
    EXPECT_EQ(device_id_fault(good), "") << good;
  for (const std::string& bad :
       {std::string(), longest + "x", std::string("PCI\\VEN_8086 &DEV_1"), std::string(" PCI\\1"),
        std::string("PCI\\1,PCI\\2"), std::string("\"PCI\\1\""), std::string("PCI\\1\n"),
        std::string("PCI\\\xC3\xA4"), std::string("a\0b", 3), std::string("\x7f")})
    EXPECT_NE(device_id_fault(bad), "") << bad;
}

}  // namespace
}  // namespace remedia
