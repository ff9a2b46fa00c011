// The PC: its files, what .NET does to them, and the programs that scripts start.
#include "powershell/machine.h"

#include <algorithm>
#include <sstream>

namespace remedia::powershell {

namespace {

constexpr const char* kRecovery = "c:\\windows\\system32\\recovery\\";
constexpr std::int64_t kMiB = 1 << 20;

std::string escaped(const std::string& text) {
  std::string out;
  for (char c : text) {
    if (std::string_view("\\^$.|?*+()[]{} #").find(c) != std::string_view::npos) out += '\\';
    out += c;
  }
  return out;
}

}  // namespace

Machine::Machine() {
  partitions = {{.disk = 0, .number = 1, .gpt_type = "{c12a7328-f81f-11d2-ba4b-00a0c93ec93b}"},
                {.disk = 0,
                 .number = 3,
                 .gpt_type = "{ebd0a0a2-b9e5-4433-87c0-68b6b72699c7}",
                 .size = 200000 * kMiB,
                 .free = 90000 * kMiB,
                 .letter = "C"},
                {.disk = 0,
                 .number = 4,
                 .gpt_type = "{de94bba4-06d1-4d40-a16a-bfd50179d6ac}",
                 .size = 1000 * kMiB,
                 .free = 400 * kMiB}};
  serials = {{0, "  S4EVNX0N  "}};
  files["c:\\windows\\system32\\reagentc.exe"] = "program";
  files["c:\\windows\\system32\\manage-bde.exe"] = "program";
  files["c:\\windows\\system32\\ntoskrnl.exe"] = "program";
  wim_versions["the old image"] = "10.0.22621.1";
  files[std::string(kRecovery) + "reagent.xml"] = "<WindowsRE version=\"2.0\"/>";
  files[path_of_partition(0, 4) + "\\recovery\\windowsre\\winre.wim"] = "the old image";
  hidden.insert(path_of_partition(0, 4) + "\\recovery\\windowsre\\winre.wim");
  const std::string version = "hklm:\\software\\microsoft\\windows nt\\currentversion|";
  registry[version + "currentbuildnumber"] = Value::text("26100");
  registry
      ["hklm:\\system\\currentcontrolset\\control\\session manager\\environment|"
       "processor_architecture"] = Value::text("AMD64");
  add_basic_commands();
  add_storage_commands();
  add_security_commands();
  add_wds_commands();
}

std::string Machine::path_of_partition(std::int64_t disk, std::int64_t number) {
  return "\\\\?\\globalroot\\device\\harddisk" + std::to_string(disk) + "\\partition" +
         std::to_string(number);
}

Partition& Machine::partition(std::int64_t disk, std::int64_t number) {
  for (Partition& each : partitions) {
    if (each.disk == disk && each.number == number) return each;
  }
  throw ScriptError{"No MSFT_Partition objects found."};
}

// The partition of Windows has two names.
std::string Machine::key(const std::string& path) const {
  std::string name = lower(path);
  for (const Partition& each : partitions) {
    std::string device = path_of_partition(each.disk, each.number) + "\\";
    if (!each.letter.empty() && name.starts_with(device))
      return lower(each.letter) + ":\\" + name.substr(device.size());
  }
  return name;
}

std::string& Machine::file(const std::string& path) {
  auto found = files.find(key(path));
  if (found == files.end()) throw ScriptError{"Could not find file '" + path + "'."};
  return found->second;
}

std::string Machine::registered_wim() const {
  if (!registered) return {};
  auto found = files.find(
      key(path_of_partition(at_disk, at_partition) + "\\recovery\\windowsre\\winre.wim"));
  return found == files.end() ? "" : found->second;
}

bool Machine::did(const std::string& part) const {
  return std::any_of(calls.begin(), calls.end(),
                     [&](const std::string& call) { return call.find(part) != std::string::npos; });
}

void Machine::change(const std::string& what) {
  int number = static_cast<int>(changes.size()) + 1;
  if (number == lose_power_at_change) {
    locked_ = false;
    throw PowerLoss();
  }
  changes.push_back(what);
  if (number == fail_at_change) throw ScriptError{"It failed: " + what};
}

bool Machine::should_process(const std::string& target, const std::string& action) {
  if (what_if) print("What if: " + action + ": " + target);
  return !what_if;
}

std::string Machine::environment(const std::string& name) {
  if (name == "windir") return "C:\\Windows";
  if (name == "systemdrive") return "C:";
  throw Unsupported("unknown variable of the environment: " + name);
}

Value Machine::static_member(const std::string& type, const std::string& name) {
  if (type == "system.environment" && name == "is64bitoperatingsystem") return Value::boolean(true);
  if (type == "system.environment" && name == "is64bitprocess")
    return Value::boolean(host_is_64_bit);
  if (type == "system.security.principal.windowsbuiltinrole" && name == "administrator")
    return Value::text("Administrator");
  throw Unsupported("unknown member [" + type + "]::" + name);
}

Value Machine::static_method(const std::string& type, const std::string& name,
                             const std::vector<Value>& args) {
  std::vector<std::string> texts;
  for (const Value& arg : args) texts.push_back(to_text(arg));
  if (type == "system.io.file") return file_method(name, texts);
  if (type == "system.io.directory" && name == "createdirectory" && texts.size() == 1) {
    change("make " + texts[0]);
    return make_object("directory", {});
  }
  if (type == "system.diagnostics.fileversioninfo" && name == "getversioninfo")
    return file_version(texts.at(0));
  if (type == "regex" && name == "escape") return Value::text(escaped(texts.at(0)));
  if (type == "system.security.principal.windowsidentity" && name == "getcurrent")
    return make_object("identity", {});
  throw Unsupported("unknown method [" + type + "]::" + name);
}

// Only the numbers: the text may be another.
Value Machine::file_version(const std::string& path) {
  file(path);
  if (!same(path, "C:\\Windows\\System32\\ntoskrnl.exe"))
    throw Unsupported("the version of " + path);
  Members members = {{"FileVersion", Value::text("6.2.9200.0 (template)")}};
  std::istringstream numbers(kernel);
  for (const char* part : {"FileMajorPart", "FileMinorPart", "FileBuildPart", "FilePrivatePart"}) {
    std::string number;
    std::getline(numbers, number, '.');
    members.emplace_back(part, cast("int", Value::text(number)));
  }
  return make_object("version", std::move(members));
}

Value Machine::file_method(const std::string& name, const std::vector<std::string>& args) {
  std::string first = args.at(0);
  if (name == "exists") return Value::boolean(files.contains(key(first)));
  if (name == "openread") return open_read(first);
  if (name == "readalltext") return Value::text(file(first));
  if (name == "open" && args.size() == 4) return open_lock(first);
  if (name == "appendalltext") {
    change("log to " + first);
    files[key(first)] += args.at(1);
    return {};
  }
  std::string second = args.at(1);
  calls.push_back(name + " " + first + " " + second);
  if (name == "writealltext") {
    change("write " + first);
    files[key(first)] = second;
    return {};
  }
  if (name != "copy" && name != "move") throw Unsupported("unknown method of files: " + name);
  file(first);
  change(name + " " + first + " to " + second);
  if (files.contains(key(second))) throw ScriptError{"The file '" + second + "' exists."};
  copy(first, second);
  if (name == "move") {
    if (key(first)[0] != key(second)[0]) throw Unsupported("a move between volumes, not atomic");
    hidden.erase(key(first));
    files.erase(key(first));
  }
  return {};
}

void Machine::copy(const std::string& from, const std::string& to) {
  std::string content = file(from);
  if (hidden.contains(key(from))) hidden.insert(key(to));
  if (!copies_half_of.empty() && key(to) == lower(copies_half_of)) {
    files[key(to)] = content.substr(0, content.size() / 2);
    throw ScriptError{"There is not enough space on the disk."};
  }
  files[key(to)] = content;
}

Value Machine::open_read(const std::string& path) {
  const std::string& content = file(path);
  Value stream = make_object(
      "stream", {{"Length", Value::integer(static_cast<std::int64_t>(content.size()), true)},
                 {"content", Value::text(content)}});
  stream.object->methods["dispose"] = [](const std::vector<Value>&) { return Value{}; };
  return stream;
}

Value Machine::open_lock(const std::string& path) {
  if (locked_) throw ScriptError{"The process cannot access the file."};
  change("lock " + path);
  locked_ = true;
  Value stream = make_object("stream", {});
  stream.object->methods["dispose"] = [this](const std::vector<Value>&) {
    locked_ = false;
    return Value{};
  };
  return stream;
}

ProgramResult Machine::program(const std::string& path, const std::vector<std::string>& args) {
  std::string line = path;
  for (const std::string& arg : args) line += " " + arg;
  calls.push_back(line);
  if (same(path, "C:\\Windows\\SysNative\\WindowsPowerShell\\v1.0\\powershell.exe")) {
    return {child_code, {"said by the child"}, {}};
  }
  if (!same(path, "C:\\Windows\\System32\\reagentc.exe") || args.size() != 1)
    throw Unsupported("an unexpected program: " + line);
  try {
    return reagentc(args[0]);
  } catch (const ScriptError& error) {
    return {5, {}, {std::string("REAGENTC.EXE: ") + error.what()}};
  }
}

ProgramResult Machine::reagentc(const std::string& verb) {
  if (!elevated) return {5, {}, {"REAGENTC.EXE: access denied"}};
  if (verb == "/info") return info();
  change("reagentc " + verb);
  if (verb == "/disable") return disable();
  if (verb == "/enable") return enable();
  throw Unsupported("reagentc " + verb);
}

ProgramResult Machine::info() const {
  std::string place = registered ? "\\\\?\\GLOBALROOT\\device\\harddisk" + std::to_string(at_disk) +
                                       "\\partition" + std::to_string(at_partition) +
                                       "\\Recovery\\WindowsRE"
                                 : "";
  std::string id =
      registered ? "5d7a1d1e-9ab3-11ee-8c2a-f0d4e2f0a1b2" : "00000000-0000-0000-0000-000000000000";
  // The second path is what a recovery image of the maker of the PC would show.
  std::string other = "\\\\?\\GLOBALROOT\\device\\harddisk7\\partition9\\RecoveryImage";
  if (german)
    return {0,
            {"", "Informationen zur Umgebung:", "", "    Status:      " + std::string("x"),
             "    Speicherort: " + place, "    Startkennung: " + id, "    Abbild: " + other},
            {}};
  return {0,
          {"", "Environment:", "", "    Status:     y", "    Location:   " + place,
           "    Identifier: " + id, "    Image:      " + other},
          {}};
}

ProgramResult Machine::disable() {
  if (failing_disables > 0) {
    --failing_disables;
    return {5, {"REAGENTC.EXE: operation failed: 5"}, {}};
  }
  if (!registered) return {2, {"REAGENTC.EXE: it is not registered"}, {}};
  std::string from =
      key(path_of_partition(at_disk, at_partition) + "\\recovery\\windowsre\\winre.wim");
  if (!loses_wim_on_disable) files[std::string(kRecovery) + "winre.wim"] = files[from];
  partition(at_disk, at_partition).free += static_cast<std::int64_t>(files[from].size());
  files.erase(from);
  registered = false;
  return {0, {"REAGENTC.EXE: done"}, {}};
}

ProgramResult Machine::enable() {
  auto staged = files.find(std::string(kRecovery) + "winre.wim");
  if (failing_enables > 0 || staged == files.end()) {
    failing_enables = std::max(0, failing_enables - 1);
    return {2, {}, {"REAGENTC.EXE: operation failed: 2"}};
  }
  if (enable_chooses != 0) at_partition = enable_chooses;
  enable_chooses = 0;
  std::string to =
      key(path_of_partition(at_disk, at_partition) + "\\recovery\\windowsre\\winre.wim");
  files[to] = staged->second + (spoiling_enables > 0 ? "!" : "");
  spoiling_enables = std::max(0, spoiling_enables - 1);
  partition(at_disk, at_partition).free -= static_cast<std::int64_t>(files[to].size());
  files.erase(staged);
  registered = true;
  return {0, {"REAGENTC.EXE: done"}, {}};
}

}  // namespace remedia::powershell
