// The cmdlets of the PC. Names of parameters are those of Windows PowerShell 5.1.
#include "powershell/machine.h"
#include "support/digest.h"

#include <algorithm>
#include <cctype>

namespace remedia::powershell {

namespace {

Value of(std::int64_t number) { return Value::integer(number, true); }

std::string upper(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return text;
}

}  // namespace

// Each command is wrapped so that every call is recorded with its arguments.
void Machine::add(const std::string& name, Command command) {
  command.run = [this, run = command.run](const Call& call) {
    std::string line = call.name;
    for (const auto& [parameter, value] : call.given) {
      line += " -" + parameter;
      if (!value.is_object()) line += " " + to_text(value);
    }
    calls.push_back(line);
    return run(call);
  };
  commands_[name] = std::move(command);
}

const Command* Machine::command(const std::string& name) {
  auto found = commands_.find(name);
  return found == commands_.end() ? nullptr : &found->second;
}

void Machine::add_basic_commands() {
  add("write-host", {{"object"}, false, [this](const Call& call) {
                       print(call.text("object"));
                       return Value{};
                     }});
  add("write-output",
      {{"inputobject"}, false, [](const Call& call) { return call.at("inputobject"); }});
  add("get-date", {{}, false, [](const Call&) {
                     Value date = make_object("date", {});
                     date.object->methods["tostring"] = [](const std::vector<Value>&) {
                       return Value::text("2024-01-02T03:04:05");
                     };
                     return date;
                   }});
  add("get-command", {{"name"}, false, [this](const Call& call) {
                        std::string name = lower(call.text("name"));
                        bool there = (name == "get-bitlockervolume" && bitlocker_module) ||
                                     (name == "import-wdsbootimage" && wds_module);
                        if (!there) throw ScriptError{name + " is not recognized"};
                        return make_object("command", {});
                      }});
  add("get-filehash", {{"inputstream", "algorithm"}, true, [](const Call& call) {
                         Value* content = call.at("inputstream").object->find("content");
                         if (!content || call.text("algorithm") != "SHA256")
                           throw Unsupported("Get-FileHash of that");
                         std::string hash = upper(sha256(std::string_view(content->string)));
                         return make_object("hash", {{"Hash", Value::text(hash)}});
                       }});
  add("remove-item", {{"literalpath", "[switch]force"}, false, [this](const Call& call) {
                        std::string path = call.text("literalpath");
                        change("remove " + path);
                        file(path);
                        if (hidden.contains(key(path)) && !call.has("force"))
                          throw ScriptError{"You do not have sufficient access rights."};
                        files.erase(key(path));
                        hidden.erase(key(path));
                        return Value{};
                      }});
  add("get-itemproperty", {{"literalpath", "name"}, false, [this](const Call& call) {
                             std::string name = call.text("name");
                             auto found =
                                 registry.find(lower(call.text("literalpath") + "|" + name));
                             if (found == registry.end())
                               throw ScriptError{"Property " + name + " does not exist."};
                             return make_object("registry key", {{name, found->second}});
                           }});
  add("new-object", {{"typename", "argumentlist"}, false, [this](const Call& call) {
                       if (call.text("typename") != "System.Security.Principal.WindowsPrincipal")
                         throw Unsupported("New-Object of " + call.text("typename"));
                       Value principal = make_object("principal", {});
                       principal.object->methods["isinrole"] = [this](const std::vector<Value>&) {
                         return Value::boolean(elevated);
                       };
                       return principal;
                     }});
}

Value Machine::partition_object(const Partition& partition) const {
  return make_object(
      "MSFT_Partition",
      {{"DiskNumber", of(partition.disk)},
       {"PartitionNumber", of(partition.number)},
       {"GptType", partition.gpt_type.empty() ? Value::null() : Value::text(partition.gpt_type)},
       {"MbrType", of(partition.mbr_type)},
       {"Size", of(partition.size)}});
}

void Machine::add_storage_commands() {
  add("get-disk", {{"number"}, true, [this](const Call& call) {
                     std::string serial = serials[call.at("number").number];
                     return make_object("MSFT_Disk", {{"SerialNumber", Value::text(serial)}});
                   }});
  add("get-partition",
      {{"disknumber", "partitionnumber", "driveletter"}, true, [this](const Call& call) {
         std::vector<Value> found;
         for (const Partition& each : partitions) {
           bool fits = call.has("driveletter") ? same(each.letter, call.text("driveletter"))
                                               : each.disk == call.at("disknumber").number;
           if (call.has("partitionnumber"))
             fits = fits && each.number == call.at("partitionnumber").number;
           if (fits) found.push_back(partition_object(each));
         }
         if (found.empty()) throw ScriptError{"No MSFT_Partition objects found."};
         return Value::array(found);
       }});
  add("get-volume", {{"partition", "driveletter"}, true, [this](const Call& call) {
                       std::int64_t free = 0;
                       if (call.has("partition")) {
                         Object& object = *call.at("partition").object;
                         free = partition(object.find("DiskNumber")->number,
                                          object.find("PartitionNumber")->number)
                                    .free;
                       } else {
                         for (const Partition& each : partitions) {
                           if (same(each.letter, call.text("driveletter"))) free = each.free;
                         }
                       }
                       return make_object("MSFT_Volume", {{"SizeRemaining", of(free)}});
                     }});
  add("get-partitionsupportedsize",
      {{"disknumber", "partitionnumber"}, true, [this](const Call& call) {
         Partition& found =
             partition(call.at("disknumber").number, call.at("partitionnumber").number);
         return make_object("size", {{"SizeMax", of(found.size + found.behind)}});
       }});
  add("resize-partition",
      {{"disknumber", "partitionnumber", "size"}, true, [this](const Call& call) {
         change("resize to " + call.text("size"));
         Partition& found =
             partition(call.at("disknumber").number, call.at("partitionnumber").number);
         std::int64_t more = call.at("size").number - found.size;
         if (more < 0 || more > found.behind) throw ScriptError{"Size Not Supported"};
         found.size += more;
         found.free += more;
         found.behind -= more;
         return Value{};
       }});
}

void Machine::add_security_commands() {
  add("get-bitlockervolume",
      {{"mountpoint"}, true, [this](const Call& call) {
         std::vector<Value> found;
         for (const BitLockerVolume& each : bitlocker) {
           if (call.has("mountpoint") && !same(each.mount_point, call.text("mountpoint"))) continue;
           found.push_back(make_object("BitLockerVolume",
                                       {{"MountPoint", Value::text(each.mount_point)},
                                        {"VolumeStatus", Value::text(each.status)},
                                        {"ProtectionStatus", Value::text(each.protection)}}));
         }
         return Value::array(found);
       }});
  add("suspend-bitlocker",
      {{"mountpoint", "rebootcount"}, true, [this](const Call& call) {
         change("suspend " + call.text("mountpoint") + " for " + call.text("rebootcount"));
         for (BitLockerVolume& each : bitlocker) {
           if (same(each.mount_point, call.text("mountpoint"))) each.protection = "Off";
         }
         return make_object("BitLockerVolume", {});
       }});
  add("get-ciminstance",
      {{"classname"}, false, [this](const Call& call) {
         std::vector<Value> found;
         std::string name = lower(call.text("classname"));
         if (name == "win32_battery") {
           for (std::int64_t status : batteries)
             found.push_back(make_object("battery", {{"BatteryStatus", of(status)}}));
         } else if (name == "win32_operatingsystem") {
           std::vector<Value> names;
           for (const std::string& each : languages) names.push_back(Value::text(each));
           found.push_back(make_object("system", {{"MUILanguages", Value::array(names)}}));
         } else {
           throw Unsupported("unknown class " + name);
         }
         return Value::array(found);
       }});
  add("get-windowsimage", {{"imagepath", "index"}, true, [this](const Call& call) {
                             auto found = wim_versions.find(file(call.text("imagepath")));
                             if (found == wim_versions.end())
                               throw ScriptError{"The data is invalid."};
                             return make_object("image", {{"Version", Value::text(found->second)}});
                           }});
}

void Machine::add_wds_commands() {
  add("get-service", {{"name"}, false, [this](const Call& call) {
                        if (!wds_role || call.text("name") != "WDSServer")
                          throw ScriptError{"Cannot find any service with that name."};
                        return make_object("service", {});
                      }});
  add("get-wdsbootimage",
      {{"architecture"}, true, [this](const Call& call) {
         std::vector<Value> found;
         for (const WdsImage& each : wds) {
           if (call.has("architecture") && !same(each.architecture, call.text("architecture")))
             continue;
           found.push_back(
               make_object("MSFT_WdsBootImage", {{"ImageName", Value::text(each.name)},
                                                 {"FileName", Value::text(each.file)},
                                                 {"Description", Value::text(each.description)}}));
         }
         return Value::array(found);
       }});
  add("import-wdsbootimage",
      {{"path", "newimagename", "newdescription", "newfilename"}, true, [this](const Call& call) {
         change("import " + call.text("newimagename"));
         file(call.text("path"));
         for (const WdsImage& each : wds) {
           if (same(each.file, call.text("newfilename"))) throw ScriptError{"The file exists."};
         }
         if (call.text("newdescription").empty())
           throw ScriptError{"Cannot bind argument to parameter 'NewDescription'."};
         wds.push_back({call.text("newimagename"), call.text("newfilename"), "X64",
                        call.text("newdescription")});
         return make_object("MSFT_WdsBootImage", {});
       }});
  add("remove-wdsbootimage",
      {{"imagename", "architecture", "filename"}, true, [this](const Call& call) {
         change("remove " + call.text("imagename"));
         std::erase_if(wds, [&](const WdsImage& each) {
           return each.name == call.text("imagename") && each.file == call.text("filename") &&
                  same(each.architecture, call.text("architecture"));
         });
         return Value{};
       }});
}

}  // namespace remedia::powershell
