// What Deploy-RecoveryImage.ps1 does and what it refuses.
#include "powershell/fleet.h"

namespace remedia::powershell {
namespace {

TEST_F(Fleet, ReportChangesNothing) {
  auto before = machine.files;
  for (bool mbr : {false, true}) {
    if (mbr) use_mbr();
    for (bool bitlocker : {false, true}) {
      if (bitlocker) protect();
      EXPECT_EQ(report(), 10);
      EXPECT_TRUE(machine.changes.empty());
      EXPECT_EQ(machine.files, before);
      EXPECT_TRUE(said("\"code\":10"));
      EXPECT_TRUE(machine.did("reagentc.exe /info"));
    }
  }
}

TEST_F(Fleet, ApplyReplacesTheRegisteredImageAndKeepsTheOldOne) {
  for (bool mbr : {false, true}) {
    Pc one;
    if (mbr) one.use_mbr();
    EXPECT_EQ(one.apply(), 0);
    Machine& done = one.machine;
    EXPECT_EQ(done.registered_wim(), kNew);
    EXPECT_EQ(done.at_partition, 4);
    EXPECT_EQ(done.files[std::string(kWork) + "kept.wim"], kOld);
    EXPECT_TRUE(done.files.contains(std::string(kWork) + "kept.xml"));
    for (const char* name : {"new.wim", "present.wim", "pending.txt", "moved-back.wim"})
      EXPECT_FALSE(done.files.contains(std::string(kWork) + name)) << name;
    EXPECT_FALSE(done.did("Suspend-BitLocker"));
  }
}

TEST_F(Fleet, TheRoadIsDisableReplaceEnable) {
  EXPECT_EQ(apply(), 0);
  std::vector<std::string> road;
  for (const std::string& change : machine.changes) {
    if (change.starts_with("reagentc") || change.find("\\Recovery\\Winre.wim") != std::string::npos)
      road.push_back(change);
  }
  const std::string staged = "C:\\Windows\\System32\\Recovery\\Winre.wim";
  const std::string work = "C:\\Windows\\System32\\Recovery\\Remedia\\";
  EXPECT_EQ(road, (std::vector<std::string>{
                      "reagentc /disable", "move " + staged + " to " + work + "moved-back.wim",
                      "move " + work + "new.wim to " + staged, "reagentc /enable"}));
}

TEST_F(Fleet, ASecondRunFindsTheImageAndChangesNothing) {
  EXPECT_EQ(apply(), 0);
  auto before = machine.files;
  EXPECT_EQ(apply(), 0);
  EXPECT_EQ(machine.files, before);
  EXPECT_FALSE(machine.did("/disable"));
  EXPECT_EQ(report(), 0);
  EXPECT_TRUE(machine.changes.empty());
  // Not even a battery matters when nothing is to be done.
  machine.batteries = {1};
  EXPECT_EQ(apply(), 0);
}

TEST_F(Fleet, BitLockerIsSuspendedForOneRestartAndOnlyWhenTheBootEntryChanges) {
  protect();
  EXPECT_EQ(apply(), 0);
  std::string suspended;
  int times = 0;
  for (const std::string& call : machine.calls) {
    if (!call.starts_with("Suspend-BitLocker")) continue;
    suspended = call;
    ++times;
  }
  EXPECT_EQ(suspended, "Suspend-BitLocker -erroraction Stop -mountpoint C: -rebootcount 1");
  EXPECT_EQ(times, 1);
  protect();
  EXPECT_EQ(apply(), 0);
  EXPECT_FALSE(machine.did("Suspend-BitLocker"));
  EXPECT_EQ(machine.bitlocker[0].protection, "On");
}

TEST_F(Fleet, BitLockerThatIsOffIsNotTouched) {
  machine.bitlocker = {{"C:", "FullyEncrypted", "Off"}, {"D:", "FullyDecrypted", "Off"}};
  EXPECT_EQ(apply(), 0);
  EXPECT_FALSE(machine.did("Suspend-BitLocker"));
}

TEST_F(Fleet, WindowsWithoutBitLockerIsFine) {
  machine.bitlocker_module = false;
  machine.files.erase("c:\\windows\\system32\\manage-bde.exe");
  EXPECT_EQ(apply(), 0);
}

TEST_F(Fleet, RefusesBitLockerThatItCannotRead) {
  machine.bitlocker_module = false;
  expect_refused(21);
}

TEST_F(Fleet, RefusesEncryptionInProgressOnAnyVolume) {
  for (const char* status : {"EncryptionInProgress", "DecryptionInProgress", "EncryptionSuspended",
                             "DecryptionSuspended", "FullyEncryptedWipeInProgress"}) {
    machine.bitlocker = {{"C:", "FullyEncrypted", "On"}, {"D:", status, "Off"}};
    expect_refused(21);
  }
}

TEST_F(Fleet, RefusesOnBattery) {
  for (std::int64_t status : {1, 4, 5}) {
    machine.batteries = {2, status};
    expect_refused(20);
  }
  machine.batteries = {2, 3, 6};
  EXPECT_EQ(apply(), 0);
}

TEST_F(Fleet, RefusesDynamicDisks) {
  machine.partitions[0].gpt_type = "{5808C8AA-7E8F-42E0-85D2-E1E90434CFB3}";
  expect_refused(22);
  use_mbr();
  machine.partitions[0].mbr_type = 0x42;
  expect_refused(22);
}

TEST_F(Fleet, RefusesADiskWhosePartitionsCannotBeListed) {
  machine.partitions.clear();
  expect_refused(22);
  EXPECT_TRUE(said("cannot be listed"));
}

TEST_F(Fleet, RefusesAnotherArchitecture) {
  image.arch = "arm64";
  expect_refused(23);
}

TEST_F(Fleet, RefusesAWindowsOfAnotherLanguage) {
  machine.languages = {"fr-FR"};
  expect_refused(24);
  machine.languages = {"fr-FR", "DE-de"};
  EXPECT_EQ(apply(), 0);
}

TEST_F(Fleet, RefusesAWindowsThatIsNewerThanTheImage) {
  image.build = "10.0.22621.9999";
  expect_refused(25);
  image.build = "10.0.9600.1";  // as numbers, not as text
  expect_refused(25);
  image.build = "6.3.26100.1";
  expect_refused(25);
  image.build = "10.0.27000.1";
  EXPECT_EQ(apply(), 0);
}

// An enablement package raises the build that the registry names, and no file.
TEST_F(Fleet, TakesTheImageOfTheMediumThatAPcWithAnEnablementPackageCameFrom) {
  struct Release {
    const char* registry;
    const char* files;
    const char* newer;
  };
  for (const Release& release : {Release{"19045", "19041", "22000"},
                                 {"22631", "22621", "26100"},
                                 {"26200", "26100", "27500"}}) {
    SCOPED_TRACE(release.registry);
    Pc one;
    one.machine
        .registry["hklm:\\software\\microsoft\\windows nt\\currentversion|currentbuildnumber"] =
        Value::text(release.registry);
    one.machine.wim_versions[kOld] = "10.0.10240.1";
    one.image.build = "10.0." + std::string(release.files) + ".1742";
    one.machine.kernel = "10.0." + std::string(release.newer) + ".1";
    one.expect_refused(25);
    one.machine.kernel = "10.0." + std::string(release.files) + ".5000";
    EXPECT_EQ(one.apply(), 0);
  }
}

TEST_F(Fleet, LeavesARegisteredImageThatAnUpdateHasServiced) {
  for (const char* version : {"10.0.26100.1743", "10.0.26100.10000", "10.0.26200.1", "11.0.1.1"}) {
    machine.wim_versions[kOld] = version;
    expect_refused(36);
    EXPECT_TRUE(said(version));
    EXPECT_EQ(detect(), 0);
    EXPECT_TRUE(machine.console.at(0).starts_with("Compliant: newer; deployed build ")) << version;
  }
  for (const char* version : {"10.0.26100.1742", "10.0.26100.999", "10.0.9600.20000", "odd", ""}) {
    Pc one;
    one.machine.wim_versions[kOld] = version;
    EXPECT_EQ(one.detect(), 1) << version;
    EXPECT_EQ(one.apply(), 0) << version;
  }
}

// The kernel of an image lags behind its updates, and so does the XML of some.
TEST_F(Fleet, TheHigherVersionOfTheImageCounts) {
  machine.wim_versions[kOld] = "10.0.26100.3037";
  image.xml_version = "10.0.26100.3036";
  expect_refused(36);
  for (const char* version : {"10.0.26100", "x'; exit 0 #", "10.0.26100.999"}) {
    image.xml_version = version;
    expect_refused(36);
  }
  image.xml_version = "10.0.26100.3037";
  EXPECT_EQ(detect(), 1);
  EXPECT_EQ(apply(), 0);
}

TEST_F(Fleet, ComparesNoVersionsThatItDoesNotKnow) {
  machine.wim_versions[kOld] = "10.0.26100.9999";
  image.build = "10.0.26100";
  EXPECT_EQ(detect(), 1);
  EXPECT_EQ(report(), 10);
  EXPECT_TRUE(said("not both known"));
  machine.wim_versions.clear();
  image.build = "10.0.26100.1742";
  EXPECT_EQ(detect(), 1);
  EXPECT_TRUE(said("deployed build unknown"));
  EXPECT_EQ(apply(), 0);
  EXPECT_TRUE(said("Registered version: unknown"));
}

// The kept image is the older one as a rule, and whoever asks for it wants just that.
TEST_F(Fleet, RollbackDoesNotCompareVersions) {
  ASSERT_EQ(apply(), 0);
  machine.wim_versions[kNew] = "10.0.29000.1";
  machine.kernel = "10.0.29000.1";
  EXPECT_EQ(rollback(), 0);
  EXPECT_EQ(machine.registered_wim(), kOld);
}

TEST_F(Fleet, ComparesNeitherBuildNorLanguageWhenTheImageNamesNone) {
  image.build.clear();
  image.languages.clear();
  EXPECT_EQ(apply(), 0);
  EXPECT_TRUE(said("names no build"));
  EXPECT_TRUE(said("names no language"));
}

TEST_F(Fleet, RefusesWhenNothingIsRegistered) {
  machine.registered = false;
  expect_refused(26);
}

TEST_F(Fleet, RefusesWhenItIsRegisteredOnThePartitionOfWindows) {
  machine.files["c:\\recovery\\windowsre\\winre.wim"] = kOld;
  machine.at_partition = 3;
  expect_refused(27);
  EXPECT_TRUE(said("partition of Windows itself"));
}

TEST_F(Fleet, RefusesAPartitionOfAnotherTypeOrThatWindowsDoesNotList) {
  machine.partitions[2].gpt_type = "{ebd0a0a2-b9e5-4433-87c0-68b6b72699c7}";
  expect_refused(28);
  machine.partitions.pop_back();
  expect_refused(28);
}

TEST_F(Fleet, RefusesTooLittleSpaceAndNamesBothNumbers) {
  machine.partitions[2].free = 249 * kMiB;
  expect_refused(29);
  std::int64_t room = 249 * kMiB + static_cast<std::int64_t>(kOld.size());
  std::int64_t need = 250 * kMiB + static_cast<std::int64_t>(kNew.size()) + 3;
  EXPECT_TRUE(said(std::to_string(room) + " bytes"));
  EXPECT_TRUE(said(std::to_string(need) + " bytes"));
  machine.partitions[2].free += need - room;
  EXPECT_EQ(apply(), 0);
}

TEST_F(Fleet, RefusesTooLittleSpaceForTheCopies) {
  machine.partitions[1].free = 512 * kMiB;
  expect_refused(30);
}

TEST_F(Fleet, ExtendsThePartitionOnTheNamedDiskIntoTheSpaceBehindIt) {
  machine.partitions[2].free = 100 * kMiB;
  machine.partitions[2].behind = 500 * kMiB;
  EXPECT_EQ(resize(" s4evnx0n "), 0);
  EXPECT_EQ(machine.partitions[2].size, 1151 * kMiB);
  EXPECT_EQ(machine.partitions[1].size, 200000 * kMiB);
  EXPECT_EQ(machine.registered_wim(), kNew);
  EXPECT_TRUE(machine.did("Resize-Partition -disknumber 0 -erroraction Stop -partitionnumber 4"));
}

TEST_F(Fleet, DoesNotResizeWhatIsLargeEnough) {
  machine.partitions[2].behind = 500 * kMiB;
  EXPECT_EQ(resize("S4EVNX0N"), 0);
  EXPECT_FALSE(machine.did("Resize-Partition"));
}

TEST_F(Fleet, RefusesAnotherSerial) {
  machine.partitions[2].free = 100 * kMiB;
  machine.partitions[2].behind = 500 * kMiB;
  EXPECT_EQ(resize("S4EVNX0M"), 31);
  machine.serials[0] = " ";
  EXPECT_EQ(resize(" "), 31);
  EXPECT_FALSE(machine.did("Resize-Partition"));
  EXPECT_EQ(machine.registered_wim(), kOld);
}

TEST_F(Fleet, RefusesWhenTheSpaceBehindIsTooSmall) {
  machine.partitions[2].free = 100 * kMiB;
  machine.partitions[2].behind = 150 * kMiB;
  EXPECT_EQ(resize("S4EVNX0N"), 32);
  EXPECT_FALSE(machine.did("Resize-Partition"));
  EXPECT_TRUE(said("1234567168 bytes"));
}

TEST_F(Fleet, RefusesParametersThatExcludeEachOther) {
  Value yes = Value::boolean(true);
  Value serial = Value::text("x");
  EXPECT_EQ(run({{"apply", yes}, {"rollback", yes}}), 2);
  EXPECT_EQ(run({{"allowresize", yes}}), 2);
  EXPECT_EQ(run({{"diskserial", serial}}), 2);
  EXPECT_EQ(run({{"rollback", yes}, {"allowresize", yes}, {"diskserial", serial}}), 2);
  EXPECT_EQ(run({{"allowresize", yes}, {"diskserial", Value::text("a\"b")}}), 2);
  for (const char* path : {"log.txt", "C:log.txt", "C:\\logs\\", "C:\\a\"b"}) {
    EXPECT_EQ(run({{"logpath", Value::text(path)}}), 2) << path;
  }
  EXPECT_TRUE(machine.changes.empty());
  for (const char* name : {"disknumber", "disk", "force"})
    EXPECT_THROW(run({{name, Value::text("0")}}), ScriptError) << name;
}

TEST_F(Fleet, RefusesWithoutElevation) {
  machine.elevated = false;
  EXPECT_EQ(apply(), 3);
  EXPECT_TRUE(machine.changes.empty());
  EXPECT_EQ(report(), 3);
}

TEST_F(Fleet, RefusesADamagedPackage) {
  for (const char* name : {"winre.wim", "boot.sdi"}) {
    std::string path = kPackage + std::string(name);
    std::string good = machine.files[path];
    machine.files[path] += " ";
    expect_refused(4);
    machine.files.erase(path);
    expect_refused(4);
    machine.files[path] = good;
  }
}

TEST_F(Fleet, Understands64And32BitHosts) {
  machine.host_is_64_bit = false;
  machine.child_code = 29;
  EXPECT_EQ(run({{"apply", Value::boolean(true)},
                 {"allowresize", Value::boolean(true)},
                 {"diskserial", Value::text("S4 E")},
                 {"logpath", Value::text("C:\\my logs\\x.log")}}),
            29);
  EXPECT_EQ(machine.calls,
            std::vector<std::string>{
                "C:\\Windows\\SysNative\\WindowsPowerShell\\v1.0\\powershell.exe -NoProfile "
                "-NonInteractive -File C:\\package\\Deploy-RecoveryImage.ps1 -Apply -AllowResize "
                "-DiskSerial S4 E -LogPath C:\\my logs\\x.log"});
  EXPECT_TRUE(machine.changes.empty());
  // What would not reach the other host unchanged is refused before.
  EXPECT_EQ(
      run({{"allowresize", Value::boolean(true)}, {"diskserial", Value::text("a\" -Apply \"")}}),
      2);
  EXPECT_FALSE(machine.did("powershell.exe"));
}

TEST_F(Fleet, ReadsReagentcInEveryLanguage) {
  machine.german = true;
  EXPECT_EQ(report(), 10);
  EXPECT_EQ(apply(), 0);
  EXPECT_EQ(machine.registered_wim(), kNew);
}

}  // namespace
}  // namespace remedia::powershell
