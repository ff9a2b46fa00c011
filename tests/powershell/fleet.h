// A PC of a fleet with the package on it, and what is asked of it.
#pragma once

#include "formats/deploy_texts.h"
#include "powershell/machine.h"
#include "support/digest.h"

#include <algorithm>

#include <gtest/gtest.h>

namespace remedia::powershell {

inline constexpr std::int64_t kMiB = 1 << 20;
inline constexpr const char* kPackage = "c:\\package\\";
inline constexpr const char* kWork = "c:\\windows\\system32\\recovery\\remedia\\";
inline const std::string kOld = "the old image";
inline const std::string kNew = "the new image, which is longer";

inline RecoveryFacts facts() {
  RecoveryFacts made;
  made.name = "helpdesk";
  made.title = "Help desk";
  made.arch = "amd64";
  made.build = "10.0.26100.1742";
  made.revision = "4f1c";
  made.built = "2024-01-01";
  made.languages = {"de-DE", "en-US"};
  made.wim_sha256 = sha256(std::string_view(kNew));
  made.sdi_sha256 = sha256(std::string_view("sdi"));
  made.wim_size = kNew.size();
  made.sdi_size = 3;
  made.partition_size = 1234567168;
  return made;
}

struct Pc {
  Machine machine;
  RecoveryFacts image = facts();

  Pc() {
    machine.files[std::string(kPackage) + "winre.wim"] = kNew;
    machine.files[std::string(kPackage) + "boot.sdi"] = "sdi";
  }
  std::int64_t run(std::map<std::string, Value> given = {}) {
    machine.calls.clear();
    machine.changes.clear();
    machine.console.clear();
    return run_script(deploy_script(image), {"C:\\package", "Deploy-RecoveryImage.ps1", given},
                      machine);
  }
  std::int64_t report() { return run(); }
  std::int64_t apply() { return run({{"apply", Value::boolean(true)}}); }
  std::int64_t rollback() { return run({{"rollback", Value::boolean(true)}}); }
  std::int64_t resize(const std::string& serial) {
    return run({{"apply", Value::boolean(true)},
                {"allowresize", Value::boolean(true)},
                {"diskserial", Value::text(serial)}});
  }
  std::int64_t detect() {
    machine.calls.clear();
    machine.changes.clear();
    machine.console.clear();
    return run_script(detection_script(image), {"C:\\package", "Get-RecoveryImageState.ps1", {}},
                      machine);
  }
  bool said(const std::string& part) const {
    return std::any_of(machine.console.begin(), machine.console.end(),
                       [&](const std::string& l) { return l.find(part) != std::string::npos; });
  }
  /// A refusal: -Apply ends in `code` and has changed nothing but the folder and the lock.
  void expect_refused(std::int64_t code) {
    auto before = machine.files;
    EXPECT_EQ(report(), code) << "report";
    EXPECT_TRUE(machine.changes.empty());
    EXPECT_EQ(apply(), code) << "apply";
    EXPECT_EQ(machine.files, before);
    EXPECT_EQ(machine.registered_wim(), machine.registered ? kOld : "");
    for (const std::string& change : machine.changes)
      EXPECT_TRUE(change.starts_with("make ") || change.starts_with("lock ")) << change;
    EXPECT_FALSE(machine.did("reagentc.exe /disable"));
    EXPECT_FALSE(machine.did("Suspend-BitLocker"));
  }
  void use_mbr() {
    for (Partition& each : machine.partitions) {
      each.gpt_type.clear();
      each.mbr_type = each.number == 4 ? 39 : 7;
    }
  }
  void protect() { machine.bitlocker = {{"C:", "FullyEncrypted", "On"}}; }
};

struct Fleet : testing::Test, Pc {};

}  // namespace remedia::powershell
