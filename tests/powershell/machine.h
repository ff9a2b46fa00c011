// A PC that exists in memory: files, partitions, BitLocker, battery, registry and a reagentc with
// the states of the real one. It records what is done to it, and can fail or lose power at any
// step.
#pragma once

#include "powershell/interpreter.h"

#include <set>

namespace remedia::powershell {

/// The PC lost power: nothing of the script runs after it.
class PowerLoss : public Unsupported {
 public:
  PowerLoss() : Unsupported("power loss") {}
};

struct Partition {
  std::int64_t disk = 0;
  std::int64_t number = 0;
  std::string gpt_type = {};
  std::int64_t mbr_type = 0;
  std::int64_t size = 0;
  std::int64_t free = 0;
  std::int64_t behind = 0;  ///< unused bytes directly behind it
  std::string letter = {};
};

struct BitLockerVolume {
  std::string mount_point;
  std::string status;
  std::string protection;
};

struct WdsImage {
  std::string name;
  std::string file;
  std::string architecture;
  std::string description = {};
};

class Machine : public Host {
 public:
  Machine();  ///< a healthy PC: GPT, WinRE registered on partition 4 of disk 0, no BitLocker
  Machine(const Machine&) = delete;  // its commands know where it is
  Machine& operator=(const Machine&) = delete;

  // What it is. A test changes what it is about.
  std::map<std::string, std::string> files;  ///< by lower-case path; see path_of_partition
  std::set<std::string> hidden;              ///< files with the attribute
  std::vector<Partition> partitions;
  std::map<std::int64_t, std::string> serials;
  std::vector<std::int64_t> batteries = {};
  std::vector<BitLockerVolume> bitlocker = {};
  bool bitlocker_module = true;
  std::map<std::string, Value> registry;            ///< by lower-case "key|value"
  std::string kernel = "10.0.26100.1742";           ///< file version of ntoskrnl.exe
  std::map<std::string, std::string> wim_versions;  ///< in the XML, by content of the WIM
  std::vector<std::string> languages = {"en-US"};
  bool elevated = true;
  bool host_is_64_bit = true;
  bool german = false;
  bool wds_role = true;
  bool wds_module = true;
  bool what_if = false;
  std::vector<WdsImage> wds;

  // reagentc
  bool registered = true;
  std::int64_t at_disk = 0;
  std::int64_t at_partition = 4;
  std::int64_t enable_chooses = 0;  ///< another partition than at_partition; 0: the same
  int failing_disables = 0;         ///< so many calls from now on
  int failing_enables = 0;
  int spoiling_enables = 0;  ///< so many calls register a file that differs
  bool loses_wim_on_disable = false;

  // Faults
  int fail_at_change = 0;        ///< the change of that number fails; 0: none
  int lose_power_at_change = 0;  ///< before the change of that number
  std::string copies_half_of;    ///< a copy to this path writes half and fails
  std::int64_t child_code = 0;   ///< exit code of a PowerShell that the script starts

  // What was done to it.
  std::vector<std::string> calls;    ///< programs and commands with arguments, all of them
  std::vector<std::string> changes;  ///< those that change the PC
  std::vector<std::string> console;

  static std::string path_of_partition(std::int64_t disk, std::int64_t number);
  std::string registered_wim() const;  ///< content; empty if nothing is registered
  bool did(const std::string& part) const;
  Partition& partition(std::int64_t disk, std::int64_t number);

  // Host
  const Command* command(const std::string& name) override;
  ProgramResult program(const std::string& path, const std::vector<std::string>& args) override;
  Value static_member(const std::string& type, const std::string& name) override;
  Value static_method(const std::string& type, const std::string& name,
                      const std::vector<Value>& args) override;
  std::string environment(const std::string& name) override;
  void print(const std::string& line) override { console.push_back(line); }
  bool should_process(const std::string& target, const std::string& action) override;

 private:
  void change(const std::string& what);
  void add(const std::string& name, Command command);
  void add_basic_commands();
  void add_storage_commands();
  void add_security_commands();
  void add_wds_commands();
  Value partition_object(const Partition& partition) const;
  std::string key(const std::string& path) const;
  std::string& file(const std::string& path);
  Value file_version(const std::string& path);
  Value open_read(const std::string& path);
  Value open_lock(const std::string& path);
  Value file_method(const std::string& name, const std::vector<std::string>& args);
  void copy(const std::string& from, const std::string& to);
  ProgramResult reagentc(const std::string& verb);
  ProgramResult info() const;
  ProgramResult disable();
  ProgramResult enable();

  std::map<std::string, Command> commands_;
  bool locked_ = false;
};

}  // namespace remedia::powershell
