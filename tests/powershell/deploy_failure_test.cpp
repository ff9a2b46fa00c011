// What Deploy-RecoveryImage.ps1 does when a step fails, and -Rollback.
#include "powershell/fleet.h"

namespace remedia::powershell {
namespace {

TEST_F(Fleet, KeepsTheOldImageWhenDisableFails) {
  machine.failing_disables = 1;
  EXPECT_EQ(apply(), 41);
  EXPECT_EQ(machine.registered_wim(), kOld);
  EXPECT_EQ(apply(), 0);
}

TEST_F(Fleet, PutsTheOldImageBackWhenEnableFails) {
  machine.failing_enables = 1;
  EXPECT_EQ(apply(), 41);
  EXPECT_EQ(machine.registered_wim(), kOld);
  EXPECT_TRUE(said("reagentc /enable failed with code 2"));
  EXPECT_FALSE(machine.files.contains(std::string(kWork) + "pending.txt"));
  // The first attempt to put it back may fail too.
  machine.failing_enables = 2;
  EXPECT_EQ(apply(), 41);
  EXPECT_EQ(machine.registered_wim(), kOld);
}

TEST_F(Fleet, SaysLoudlyWhenTheOldImageCannotBePutBack) {
  machine.failing_enables = 3;
  EXPECT_EQ(apply(), 42);
  EXPECT_FALSE(machine.registered);
  EXPECT_TRUE(said("\"code\":42"));
  // Both images are still there, and the next run puts the old one back.
  EXPECT_EQ(machine.files["c:\\windows\\system32\\recovery\\winre.wim"], kOld);
  EXPECT_EQ(report(), 33);
  EXPECT_EQ(apply(), 41);
  EXPECT_EQ(machine.registered_wim(), kOld);
}

TEST_F(Fleet, PutsTheOldImageBackWhenAnotherFileIsRegisteredThanTheNewOne) {
  machine.spoiling_enables = 1;
  EXPECT_EQ(apply(), 41);
  EXPECT_EQ(machine.registered_wim(), kOld);
}

TEST_F(Fleet, PutsTheOldImageBackWhenWindowsLosesItOnDisable) {
  machine.loses_wim_on_disable = true;
  machine.failing_enables = 1;
  EXPECT_EQ(apply(), 41);
  EXPECT_EQ(machine.registered_wim(), kOld);
}

TEST_F(Fleet, DoesNotAcceptAnotherPartition) {
  machine.enable_chooses = 3;
  EXPECT_EQ(apply(), 42);
  EXPECT_EQ(machine.registered_wim(), kOld);  // it works, but not where it was
}

TEST_F(Fleet, FailsBeforeAnyHarmWhenACopyFails) {
  for (const char* name : {"new.wim", "present.wim"}) {
    machine.copies_half_of = kWork + std::string(name);
    EXPECT_EQ(apply(), 40);
    EXPECT_EQ(machine.registered_wim(), kOld);
    EXPECT_FALSE(machine.did("/disable"));
  }
  machine.copies_half_of.clear();
  EXPECT_EQ(apply(), 0);
}

TEST_F(Fleet, RollbackPutsTheKeptImageBackOnce) {
  EXPECT_EQ(rollback(), 34);
  EXPECT_EQ(apply(), 0);
  EXPECT_EQ(rollback(), 0);
  EXPECT_EQ(machine.registered_wim(), kOld);
  EXPECT_EQ(rollback(), 0);
  EXPECT_FALSE(machine.did("/disable"));
  EXPECT_EQ(machine.registered_wim(), kOld);
  EXPECT_EQ(apply(), 0);
  EXPECT_EQ(machine.registered_wim(), kNew);
}

TEST_F(Fleet, RollbackRefusesADamagedCopyAndNeedsNoPackage) {
  EXPECT_EQ(apply(), 0);
  machine.files.erase(std::string(kPackage) + "winre.wim");
  machine.batteries = {1};
  EXPECT_EQ(rollback(), 20);
  machine.batteries.clear();
  machine.files[std::string(kWork) + "kept.wim"] += "x";
  EXPECT_EQ(rollback(), 34);
  EXPECT_EQ(machine.registered_wim(), kNew);
  machine.files[std::string(kWork) + "kept.wim"] = kOld;
  EXPECT_EQ(rollback(), 0);
}

TEST_F(Fleet, RefusesBesideAnotherRun) {
  Value lock = machine.static_method("system.io.file", "open",
                                     {Value::text(std::string(kWork) + "lock"), Value::text(""),
                                      Value::text(""), Value::text("")});
  EXPECT_EQ(apply(), 35);
  EXPECT_EQ(report(), 10);
}

TEST_F(Fleet, LogsWhereItIsTold) {
  std::map<std::string, Value> given = {{"apply", Value::boolean(true)},
                                        {"logpath", Value::text("C:\\l.txt")}};
  EXPECT_EQ(run(given), 0);
  EXPECT_NE(machine.files["c:\\l.txt"].find("2024-01-02T03:04:05 Help desk (helpdesk)"),
            std::string::npos);
}

// The power goes before reagentc /enable of a run with `given`; then `image` is registered.
void interrupt(Pc& one, const std::string& image, bool rolling_back) {
  Pc trial;
  if (rolling_back) trial.apply();
  rolling_back ? trial.rollback() : trial.apply();
  const auto& changes = trial.machine.changes;
  auto enable = std::find(changes.begin(), changes.end(), "reagentc /enable");
  ASSERT_NE(enable, changes.end());
  one.machine.lose_power_at_change = static_cast<int>(enable - changes.begin()) + 1;
  EXPECT_THROW(rolling_back ? one.rollback() : one.apply(), PowerLoss);
  one.machine.lose_power_at_change = 0;
  one.machine.files[Machine::path_of_partition(0, 4) + "\\recovery\\windowsre\\winre.wim"] = image;
  one.machine.files.erase("c:\\windows\\system32\\recovery\\winre.wim");
  one.machine.registered = true;
}

const std::string kThird = "an image that Windows itself has registered";

TEST_F(Fleet, LeavesAnImageThatWasRegisteredAfterAnInterruptionAndKeepsTheOldOne) {
  interrupt(*this, kThird, false);
  machine.wim_versions[kThird] = "10.0.26100.9999";
  EXPECT_EQ(report(), 33);
  EXPECT_EQ(apply(), 36);
  EXPECT_EQ(machine.registered_wim(), kThird);
  EXPECT_FALSE(machine.did("/disable"));
  EXPECT_EQ(machine.files[std::string(kWork) + "kept.wim"], kOld);
  for (const char* name : {"new.wim", "present.wim", "pending.txt"})
    EXPECT_FALSE(machine.files.contains(std::string(kWork) + name)) << name;
  EXPECT_EQ(report(), 36);
  EXPECT_EQ(rollback(), 0);
  EXPECT_EQ(machine.registered_wim(), kOld);
}

TEST_F(Fleet, AnInterruptedRollbackThatWasOvertakenLeavesTheKeptImage) {
  ASSERT_EQ(apply(), 0);
  interrupt(*this, kThird, true);
  machine.wim_versions[kThird] = "10.0.26100.9999";
  EXPECT_EQ(apply(), 36);
  EXPECT_EQ(machine.registered_wim(), kThird);
  EXPECT_EQ(rollback(), 0);
  EXPECT_EQ(machine.registered_wim(), kOld);
}

// Finding it may itself be interrupted, at every step.
TEST_F(Fleet, KeepsTheOldImageWhenItIsInterruptedAgain) {
  for (int step = 1; step <= 12; ++step) {
    SCOPED_TRACE(step);
    Pc one;
    interrupt(one, kThird, false);
    one.machine.wim_versions[kThird] = "10.0.26100.9999";
    one.machine.lose_power_at_change = step;
    try {
      one.apply();
    } catch (const PowerLoss&) {
    }
    one.machine.lose_power_at_change = 0;
    EXPECT_EQ(one.apply(), 36);
    EXPECT_EQ(one.machine.registered_wim(), kThird);
    EXPECT_EQ(one.machine.files[std::string(kWork) + "kept.wim"], kOld);
    EXPECT_EQ(one.rollback(), 0);
    EXPECT_EQ(one.machine.registered_wim(), kOld);
  }
}

TEST_F(Fleet, ADamagedNoteDoesNotCostTheBackup) {
  for (const std::string& since : {kNew, kThird}) {
    for (int step = 0; step <= 12; ++step) {
      SCOPED_TRACE(since + ", " + std::to_string(step));
      Pc one;
      interrupt(one, since, false);
      one.machine.wim_versions[kThird] = "10.0.26100.9999";
      one.machine.files[std::string(kWork) + "pending.txt"] = std::string(40, '\0');
      one.machine.lose_power_at_change = step;
      try {
        one.apply();
      } catch (const PowerLoss&) {
      }
      one.machine.lose_power_at_change = 0;
      EXPECT_EQ(one.apply(), since == kNew ? 0 : 36);
      EXPECT_EQ(one.machine.registered_wim(), since);
      EXPECT_EQ(one.machine.files[std::string(kWork) + "kept.wim"], kOld);
      EXPECT_EQ(one.rollback(), 0);
      EXPECT_EQ(one.machine.registered_wim(), kOld);
    }
  }
}

TEST_F(Fleet, ADamagedNoteOfARunThatReplacedNothingIsDropped) {
  interrupt(*this, kOld, false);
  std::string note = std::string(kWork) + "pending.txt";
  machine.files[note] = "x";
  EXPECT_EQ(report(), 33);
  EXPECT_EQ(apply(), 0);
  EXPECT_EQ(machine.files[std::string(kWork) + "kept.wim"], kOld);
  machine.files[note] = "x";
  machine.registered = false;
  EXPECT_EQ(apply(), 42);
  EXPECT_TRUE(machine.files.contains(note));
}

// One change fails, or the PC loses power before it; then the next runs find their way.
void break_at(int step, bool power) {
  SCOPED_TRACE("step " + std::to_string(step) + (power ? ", power" : ", failure"));
  Pc one;
  one.protect();
  (power ? one.machine.lose_power_at_change : one.machine.fail_at_change) = step;
  if (power) {
    EXPECT_THROW(one.apply(), PowerLoss);
  } else {
    std::int64_t code = one.apply();
    EXPECT_NE(code, 42);
    EXPECT_EQ(one.machine.registered_wim(), code == 0 ? kNew : kOld) << code;
  }
  one.machine.lose_power_at_change = 0;
  one.machine.fail_at_change = 0;
  std::int64_t second = one.apply();
  EXPECT_TRUE(second == 0 || second == 41) << second;
  EXPECT_EQ(one.machine.registered_wim(), second == 0 ? kNew : kOld);
  EXPECT_EQ(one.apply(), 0);
  EXPECT_EQ(one.machine.registered_wim(), kNew);
  EXPECT_EQ(one.rollback(), 0);
  EXPECT_EQ(one.machine.registered_wim(), kOld);
}

// At every single step: a change that fails, and a loss of power before it.
TEST_F(Fleet, NeverLeavesAPcWithoutRecoverySilently) {
  protect();
  ASSERT_EQ(apply(), 0);
  auto steps = static_cast<int>(machine.changes.size());
  ASSERT_GT(steps, 10);
  for (int step = 1; step <= steps; ++step) {
    for (bool power : {false, true}) break_at(step, power);
  }
}

}  // namespace
}  // namespace remedia::powershell
