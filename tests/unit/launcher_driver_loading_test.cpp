// Which drivers are loaded, in which order, and what happens if one does not want to.
#include "launcher/driver_loading.h"
#include "unit/launcher_fake_pc.h"

#include <utility>

namespace remedia::launcher {
namespace {

using Words = std::vector<std::string>;

std::string package(const std::string& name, const std::string& phase, const std::string& ids,
                    const std::string& date = "") {
  std::string text = "P\t" + phase + "\t" + date + "\t1.0.0.0\tX:\\" + name + ".inf\n";
  for (const std::string_view id : words(ids)) text += "H\t" + std::string(id) + "\n";
  return text;
}

DeviceIds device(const std::string& id, const std::string& compatible = "") {
  if (compatible.empty()) return {{id}, {}};
  return {{id}, {compatible}};
}

class LauncherDriverLoading : public testing::Test {
 protected:
  // The names of the INFs in the order in which drvload got them.
  std::string load(const std::string& packages, unsigned most_hung = kMostHungDrivers) {
    const DriverIndex index = read_driver_index("# Remedia drivers 1\n" + packages);
    EXPECT_EQ(index.errors, Words{});
    pc.ran.clear();
    pc.looks = 0;
    failed = load_device_drivers(pc, index, "drvload.exe", most_hung);
    return tried();
  }

  std::string tried() const {
    std::string names;
    for (const std::string& command : pc.ran) {
      names += (names.empty() ? "" : " ") +
               replaced(replaced(command, "drvload.exe X:\\", ""), ".inf", "");
    }
    return names;
  }

  void fails(const std::string& name, std::uint32_t code, bool started = true) {
    pc.results.push_back({"X:\\" + name + ".inf", {started, code, ""}});
  }

  // From when drvload gets `name` the PC has one more device.
  void brings(const std::string& name, const DeviceIds& more) {
    births.push_back({"X:\\" + name + ".inf", more});
    pc.while_running = [this](const std::string& command) {
      for (const auto& [part, born] : births) {
        if (command.find(part) != std::string::npos) pc.present.push_back(born);
      }
    };
  }

  FakePc pc;
  std::vector<FailedDriver> failed;
  std::vector<std::pair<std::string, DeviceIds>> births;
};

TEST_F(LauncherDriverLoading, PhasesAreInOrder) {
  pc.present = {device("R"), device("N"), device("S"), device("B"), device("none")};
  EXPECT_EQ(load(package("rest", "rest", "R") + package("net", "network", "N") +
                 package("disk", "storage", "S") + package("bus", "bus", "B")),
            "bus disk net rest");
  EXPECT_TRUE(failed.empty());
}

TEST_F(LauncherDriverLoading, AnInfIsLoadedOnceForAllItsDevices) {
  pc.present = {device("A"), device("A"), device("B")};
  EXPECT_EQ(load(package("a", "rest", "A B")), "a");
}

// An extension never takes the place of the driver, however new it is.
TEST_F(LauncherDriverLoading, ExtensionsComeBesideTheirDriver) {
  pc.present = {device("N"), device("W")};
  const std::string packages = package("ext", "extension", "N", "2026-01-01") +
                               package("net", "network", "N", "2020-01-01") +
                               package("other", "extension", "N") +
                               package("alone", "extension", "W");
  EXPECT_EQ(load(packages), "ext other net alone");
  fails("ext", 5);
  EXPECT_EQ(load(packages), "ext other net alone");
  ASSERT_EQ(failed.size(), 1u);
  EXPECT_EQ(failed[0].inf, "X:\\ext.inf");
}

TEST_F(LauncherDriverLoading, WithoutADeviceNothingIsLoaded) {
  pc.present = {};
  EXPECT_EQ(load(package("a", "rest", "A")), "");
  pc.present = {device("B")};
  EXPECT_EQ(load(package("a", "rest", "A")), "");
  EXPECT_EQ(pc.looks, 4);  // one pass
  EXPECT_EQ(pc.logged, "");
}

TEST_F(LauncherDriverLoading, TheBestOneIsEnough) {
  pc.present = {device("A", "C")};
  EXPECT_EQ(load(package("generic", "rest", "C", "2026-01-01") + package("own", "rest", "A") +
                 package("older", "rest", "A", "2020-01-01") +
                 package("newer", "rest", "A", "2021-01-01")),
            "newer");
}

TEST_F(LauncherDriverLoading, AfterAFailureComesTheNextBest) {
  pc.present = {device("A", "C")};
  fails("first", 5);
  fails("second", 0x80070002);
  EXPECT_EQ(load(package("third", "rest", "C") + package("second", "rest", "A") +
                 package("first", "rest", "A", "2024-01-01") + package("fourth", "rest", "C")),
            "first second fourth");
  ASSERT_EQ(failed.size(), 2U);
  EXPECT_EQ(failed[0].inf, "X:\\first.inf");
  EXPECT_EQ(failed[0].code, 5U);
  EXPECT_EQ(failed[1].code, 0x80070002U);
}

// The phase is that of the device: what is left for it may be another kind of package.
TEST_F(LauncherDriverLoading, TheNextBestMayBeOfALaterPhase) {
  pc.present = {device("N"), device("S", "C")};
  fails("disk", 5);
  EXPECT_EQ(load(package("net", "network", "N") + package("disk", "storage", "S") +
                 package("any", "rest", "C")),
            "disk any net");
}

TEST_F(LauncherDriverLoading, AFailedInfIsNotTriedAgain) {
  pc.present = {device("A"), device("A"), device("B")};
  fails("a", 5);
  brings("b", device("A"));
  EXPECT_EQ(load(package("a", "rest", "A") + package("b", "rest", "B")), "a b");
  EXPECT_EQ(failed.size(), 1U);
}

TEST_F(LauncherDriverLoading, AProgramThatDoesNotStartIsAFailure) {
  pc.present = {device("A")};
  fails("a", 2, false);
  EXPECT_EQ(load(package("a", "rest", "A")), "a");
  ASSERT_EQ(failed.size(), 1U);
  EXPECT_EQ(failed[0].code, 2U);
  fails("b", 0, false);  // a program that did not start has no good end
  load(package("b", "rest", "A"));
  EXPECT_EQ(failed.size(), 1U);
}

TEST_F(LauncherDriverLoading, TheSamePathTwiceIsOneInf) {
  pc.present = {device("A"), device("B")};
  EXPECT_EQ(load(package("a", "rest", "A") + package("A", "rest", "B")), "a");
}

TEST_F(LauncherDriverLoading, ABusBringsDevicesForTheLaterPhases) {
  pc.present = {device("B")};
  brings("bus", device("S"));
  brings("disk", device("R"));
  EXPECT_EQ(load(package("disk", "storage", "S") + package("rest", "rest", "R") +
                 package("bus", "bus", "B")),
            "bus disk rest");
}

TEST_F(LauncherDriverLoading, DevicesOfAnEarlierPhaseComeInTheNextPass) {
  pc.present = {device("R")};
  brings("rest", device("N"));
  brings("net", device("B"));
  brings("bus", device("S"));
  EXPECT_EQ(load(package("bus", "bus", "B") + package("disk", "storage", "S") +
                 package("net", "network", "N") + package("rest", "rest", "R")),
            "rest net bus disk");
}

// Each driver brings a device whose turn in this pass is over, or just not yet.
TEST_F(LauncherDriverLoading, ThereAreFourPasses) {
  std::string packages;
  pc.present = {device("D0")};
  for (int i = 0; i < 10; ++i) {
    const std::string name = "d" + std::to_string(i);
    packages += package(name, i % 2 == 0 ? "rest" : "bus", "D" + std::to_string(i));
    brings(name, device("D" + std::to_string(i + 1)));
  }
  EXPECT_EQ(load(packages), "d0 d1 d2 d3 d4 d5 d6");
  // Four phases in each pass, and two more looks whenever a bus may bring something.
  EXPECT_EQ(pc.looks, 16 + 2 * 3);
  EXPECT_EQ(pc.waited, 3000u);
}

TEST_F(LauncherDriverLoading, WhatHangsTwiceEndsIt) {
  pc.present = {device("A"), device("B"), device("C")};
  const std::string packages = package("a", "bus", "A") + package("a2", "bus", "A", "2020-01-01") +
                               package("b", "storage", "B") + package("c", "rest", "C");
  fails("a2", 1460);
  EXPECT_EQ(load(packages), "a2 a b c");
  EXPECT_EQ(load(packages, kMostHungUnseen), "a2");
  EXPECT_NE(pc.logged.find("drvload did not end in time: no more drivers are loaded"),
            std::string::npos);
  fails("b", 1460);
  EXPECT_EQ(load(packages), "a2 a b");
  EXPECT_EQ(failed.size(), 2U);
  pc.results.clear();
  fails("a2", 1460, false);  // did not even start
  EXPECT_EQ(load(packages, kMostHungUnseen), "a2 a b c");
}

TEST_F(LauncherDriverLoading, EveryTryIsLogged) {
  pc.present = {device("A", "C"), device("B")};
  fails("first", 0xe0000203);
  fails("b", 2, false);
  load(package("second", "rest", "C") + package("first", "rest", "A") + package("b", "rest", "B"));
  EXPECT_EQ(pc.logged,
            "drvload X:\\first.inf: 0xE0000203, rank 0x00000000, for A\n"
            "drvload X:\\second.inf: 0, rank 0x00002000, for A\n"
            "drvload X:\\b.inf: 2, not started, rank 0x00000000, for B\n");
}

// ---- remedia.exe --load-drivers --------------------------------------------------------------

TEST_F(LauncherDriverLoading, UnseenNeedsNoPolicyAndShowsNothing) {
  pc.files["X:\\Remedia\\drivers.txt"] =
      "# Remedia drivers 1\nbad\n" + package("a b", "rest", "PCI\\A") + package("c", "rest", "C");
  fails("a b", 5);
  load_drivers_unseen(pc, "X:\\");
  EXPECT_EQ(pc.limited,
            Words{"X:\\Windows\\System32\\drvload.exe \"X:\\a b.inf\" " + decimal(kDriverSeconds)});
  EXPECT_EQ(pc.logged,
            "drivers.txt: line 2 begins with none of P, H, C\n"
            "drvload X:\\a b.inf: 5, rank 0x00000000, for PCI\\A\n"
            "not loaded: X:\\a b.inf (5)\n");
  EXPECT_TRUE(pc.shown.heading.empty());
  EXPECT_TRUE(pc.marked.empty());
  EXPECT_FALSE(pc.left);
  EXPECT_EQ(pc.files.size(), 1U);
}

TEST_F(LauncherDriverLoading, UnseenWithoutAnIndexOnlyLogs) {
  load_drivers_unseen(pc, "X:\\");
  EXPECT_EQ(pc.logged, "X:\\Remedia\\drivers.txt cannot be read: no drivers were loaded\n");
  EXPECT_TRUE(pc.ran.empty());
}

TEST_F(LauncherDriverLoading, UnseenGivesUpAtTheFirstHang) {
  pc.present = {device("A"), device("B")};
  pc.files["X:\\Remedia\\drivers.txt"] =
      "# Remedia drivers 1\n" + package("a", "bus", "A") + package("b", "rest", "B");
  fails("a", 1460);
  load_drivers_unseen(pc, "X:\\");
  EXPECT_EQ(pc.ran, Words{"drvload.exe X:\\a.inf"});
}

// ---- the session -----------------------------------------------------------------------------

TEST_F(LauncherSession, TellsThePersonWhichDriversFailed) {
  pc.present = {{{"PCI\\A"}, {"PCI\\C"}}, {{"PCI\\B"}, {}}};
  pc.files["X:\\Remedia\\drivers.txt"] =
      "# Remedia drivers 1\n" + package("own", "network", "PCI\\A") +
      package("any", "rest", "PCI\\C") + package("disk", "storage", "PCI\\B") + "bad\n";
  pc.results = {{"own.inf", {true, 5, ""}}, {"disk.inf", {true, 0xe0000203, ""}}};
  begin(plain());
  EXPECT_EQ(pc.ran, (Words{"drvload.exe X:\\disk.inf", "drvload.exe X:\\own.inf",
                           "drvload.exe X:\\any.inf"}));
  EXPECT_NE(pc.shown.text.find("Drivers that could not be loaded: disk.inf (0xE0000203), own.inf "
                               "(5)"),
            std::string::npos)
      << pc.shown.text;
  EXPECT_NE(pc.shown.text.find("drivers.txt: line 8 begins with none of P, H, C"),
            std::string::npos);
}

TEST_F(LauncherSession, DriversComeBeforeTheNetwork) {
  pc.present = {{{"N"}, {}}};
  pc.files["X:\\Remedia\\drivers.txt"] = "# Remedia drivers 1\n" + package("n", "network", "N");
  begin("network = yes\nbitlocker = no\n");
  EXPECT_EQ(pc.ran,
            (Words{"drvload.exe X:\\n.inf", "wpeinit.exe", "wpeutil.exe InitializeNetwork"}));
}

TEST_F(LauncherSession, OfAnotherIndexNothingIsLoaded) {
  pc.files["X:\\Remedia\\drivers.txt"] = "# Remedia drivers 2\n" + package("a", "rest", "PCI\\A");
  begin(plain());
  EXPECT_EQ(pc.ran, Words{});
  EXPECT_NE(pc.shown.text.find("drivers.txt: line 1 is not '# Remedia drivers 1'"),
            std::string::npos);
}

TEST_F(LauncherSession, GoesOnAfterDriversThatHang) {
  pc.present = {{{"A"}, {}}, {{"B"}, {}}, {{"C"}, {}}};
  pc.files["X:\\Remedia\\drivers.txt"] = "# Remedia drivers 1\n" + package("a", "rest", "A") +
                                         package("b", "rest", "B") + package("c", "rest", "C");
  pc.results = {{"a.inf", {true, 1460, ""}}, {"b.inf", {true, 1460, ""}}};
  begin(plain());
  EXPECT_EQ(pc.ran, (Words{"drvload.exe X:\\a.inf", "drvload.exe X:\\b.inf"}));
  EXPECT_EQ(pc.shown.kind, PageKind::menu);
  EXPECT_NE(pc.shown.text.find("a.inf (1460), b.inf (1460)"), std::string::npos);
}

}  // namespace
}  // namespace remedia::launcher
