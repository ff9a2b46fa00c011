// shell = "winre": Windows RE's own menu, recenv.exe, stays what an image starts.
//
// What that is worth: for a recovery image whose hash it trusts, Windows unlocks the BitLocker
// drive before anything in it runs, and recenv.exe is what asks for the key again before a command
// prompt or another tool that is a risk. There are many ways to run before it or in its place: boot
// programs, services, DLLs beside it. So nothing is forbidden by name here; little is allowed:
// files in folders of one's own, the registry of programs that are not Windows' own, and the
// settings that start nothing.
//
// Sources: Microsoft's descriptions of winpeshl.ini and of custom tools in Windows RE; a stock
// winre.wim has the winpeshl.ini that is asked for here.

#include "kinds/shell.h"

#include "formats/registry.h"
#include "formats/texts.h"
#include "formats/win_names.h"
#include "kinds/tier.h"
#include "media/wim_glob.h"
#include "support/artifact.h"

#include <algorithm>
#include <optional>

namespace remedia::kinds {

namespace {

using recipe::Type;

constexpr std::string_view kShell = "sources/recovery/recenv.exe";
constexpr std::string_view kWinpeshl = "Windows/System32/winpeshl.ini";
constexpr std::uint64_t kLargestIni = 1 << 20;
const std::string kTools = "Sources/Recovery/Tools/";

// Keys of SOFTWARE that are Windows' own; what lies beside them belongs to other programs.
constexpr std::string_view kWindowsKeys[] = {"Microsoft", "Classes", "Policies", "WOW6432Node",
                                             "RegisteredApplications"};

bool same_name(std::string_view a, std::string_view b) { return fold_case(a) == fold_case(b); }

std::string xml_escaped(std::string_view text) {
  std::string out;
  for (char c : text) {
    if (c == '&')
      out += "&amp;";
    else if (c == '<')
      out += "&lt;";
    else if (c == '>')
      out += "&gt;";
    else if (c == '"')
      out += "&quot;";
    else
      out += c;
  }
  return out;
}

[[noreturn]] void refuse(const recipe::Node& image, std::string_view field, std::string message,
                         std::string hint) {
  throw Failure(Diagnostic{
      .message = std::move(message), .where = image.place(field), .hint = std::move(hint)});
}

// As check_winre_removals() has it, said as early as a recipe can say it.
void check_forbidden(const recipe::Node& level) {
  for (const std::string& pattern : forbidden_by(level)) {
    wim::Glob glob(pattern);
    for (const char* needed : {"sources/recovery/RecEnv.exe", "sources/recovery/StartRep.exe",
                               "Windows/System32/manage-bde.exe"}) {
      if (!glob.takes(needed)) continue;
      refuse(level, "forbid",
             fmt::format("shell = \"winre\" needs '{}', which '{}' takes out", needed, pattern),
             "leave it out of forbid, or use shell = \"launcher\"");
    }
  }
}

bool is_own_key(const RegistryPlace& place) {
  std::string first = place.key.substr(0, place.key.find('\\'));
  return place.hive == "SOFTWARE" && !first.empty() &&
         std::none_of(std::begin(kWindowsKeys), std::end(kWindowsKeys),
                      [&](std::string_view key) { return same_name(first, key); });
}

void check_registry(const recipe::Node& image) {
  for (const recipe::NodeRef& entry : image.nodes("registry")) {
    std::optional<RegistryPlace> place;
    try {
      place = registry_place(entry->text("key"));
    } catch (const Failure&) {
      continue;  // said elsewhere
    }
    if (is_own_key(*place)) continue;
    refuse(
        *entry, "key",
        fmt::format("shell = \"winre\" leaves recenv.exe in charge, and '{}' may start something "
                    "before it",
                    entry->text("key")),
        "only keys of your own below HKLM\\SOFTWARE can be set in such an image");
  }
}

std::string trimmed(std::string_view text) {
  std::size_t begin = text.find_first_not_of(" \t\r");
  if (begin == std::string_view::npos) return {};
  return std::string(text.substr(begin, text.find_last_not_of(" \t\r") - begin + 1));
}

/// What a winpeshl.ini starts, one line for each; arguments follow a comma.
std::vector<std::string> start_lines(std::string_view ini) {
  std::vector<std::string> lines;
  std::string section;
  while (!ini.empty()) {
    std::size_t end = std::min(ini.find('\n'), ini.size());
    std::string line = trimmed(ini.substr(0, end));
    ini.remove_prefix(std::min(end + 1, ini.size()));
    if (line.empty() || line.front() == ';') continue;
    if (line.front() == '[') {
      section = fold_case(line);
      continue;
    }
    if (section == fold_case("[LaunchApp]")) {
      std::size_t equals = line.find('=');
      if (equals == std::string::npos || !same_name(trimmed(line.substr(0, equals)), "AppPath"))
        continue;
      line = trimmed(std::string_view(line).substr(equals + 1));
    } else if (section != fold_case("[LaunchApps]")) {
      continue;
    }
    lines.push_back(line);
  }
  return lines;
}

std::string program_of(const std::string& line) {
  return trimmed(std::string_view(line).substr(0, line.find(',')));
}

bool is_recenv(std::string program) {
  std::replace(program.begin(), program.end(), '\\', '/');
  std::erase(program, '"');
  for (std::string_view drive : {"X:/", "%SYSTEMDRIVE%/"}) {
    if (same_name(program, std::string(drive) + std::string(kShell))) return true;
  }
  return false;
}

const TreeEntry* entry_for(const std::vector<TreeEntry>& entries, std::string_view target) {
  auto found = std::find_if(entries.begin(), entries.end(), [&](const TreeEntry& e) {
    return !e.directory && same_name(e.target, target);
  });
  return found == entries.end() ? nullptr : &*found;
}

const wim::Entry* file_of(const wim::File& base, std::string_view path) {
  const wim::Entry* entry = base.find(1, path);
  return entry != nullptr && !entry->directory ? entry : nullptr;
}

// Where the recipe says who is in charge.
std::string_view shell_field(const graph::Job& job) {
  return job.parameters().contains("tier") ? "tier" : "shell";
}

// A DLL beside a program is loaded by it, so folders of the base are no place for files.
void check_overlay(const graph::Job& job, const wim::File& base, const TreeEntry& entry) {
  if (entry.directory) return;
  bool is_tool = fold_case(entry.target).starts_with(fold_case(kTools)) &&
                 !same_name(entry.target, kTools + "WinREConfig.xml");
  if (is_tool && base.find(1, entry.target) == nullptr) return;
  std::size_t slash = entry.target.find('/');
  if (slash != std::string::npos && base.find(1, entry.target.substr(0, slash)) == nullptr) return;
  job.fail_at(
      shell_field(job),
      fmt::format("shell = \"winre\" leaves recenv.exe in charge, and '{}' would be in a folder "
                  "of Windows, where it may run before it",
                  entry.origin),
      fmt::format("put it into a folder of your own, or into {} as the tool of its menu", kTools));
}

void check_start(graph::Job& job, const wim::File& base) {
  if (file_of(base, kShell) == nullptr) {
    job.fail_at(shell_field(job), fmt::format("the base has no {}: it is no Windows RE", kShell),
                "start from image = \"winre\", and do not remove it");
  }
  const wim::Entry* entry = file_of(base, kWinpeshl);
  if (entry == nullptr) {
    job.fail_at(shell_field(job),
                fmt::format("the base has no {}, so it does not start recenv.exe", kWinpeshl),
                "start from image = \"winre\", and do not remove it");
  }
  if (entry->size > kLargestIni) {
    job.fail_at(shell_field(job),
                fmt::format("the base's {} has {} bytes, too many to say what it starts", kWinpeshl,
                            entry->size),
                "start from the recovery image as Microsoft ships it");
  }
  ScratchFile scratch(job.part(0).string() + ".winpeshl");
  base.extract(1, *entry, scratch.path());
  std::string ini = read_file(scratch.path(), kLargestIni);
  std::vector<std::string> programs = start_lines(ini);
  for (std::string& line : programs) line = program_of(line);
  auto other = std::find_if_not(programs.begin(), programs.end(), is_recenv);
  if (programs.empty() || other != programs.end()) {
    job.fail_at(shell_field(job),
                fmt::format("the base's {} starts {}, not recenv.exe", kWinpeshl,
                            programs.empty() ? "nothing" : "'" + *other + "'"),
                "start from the recovery image as Microsoft ships it");
  }
}

}  // namespace

std::vector<recipe::Field> shell_fields() {
  return {
      {.name = "shell",
       .type = Type::choice,
       .help =
           "\"winre\": recenv.exe, the menu of Windows RE, stays in charge; what a recovery "
           "partition needs. Overlays then have folders of their own, and the registry only keys "
           "of yours",
       .words = {"winre"},
       .fallback = "what base, overlays and settings make of it"},
      {.name = "winre_tool",
       .type = Type::text,
       .help =
           "with shell = \"winre\": the one program that its menu can offer besides its own, from "
           "Sources/Recovery/Tools in the image; a PC shows it after reagentc "
           "/setbootshelllink has given it a name",
       .max = 200},
      {.name = "winre_tool_parameters",
       .type = Type::text,
       .help = "the tool's command line",
       .max = 500},
  };
}

void check_shell_fields(const recipe::Node& image) {
  bool winre = shell_of(image) == "winre";
  if (recipe::NodeRef level = image.node("tier")) {
    for (const char* field : {"winre_tool", "winpeshl", "startnet"}) {
      if (!image.given(field)) continue;
      refuse(image, field,
             fmt::format("the tier '{}' decides what is started, not '{}'", level->text("name"),
                         field),
             "make it a tool of the tier");
    }
  }
  for (const char* field : {"winre_tool", "winre_tool_parameters"}) {
    bool needed = std::string_view(field) == "winre_tool" || image.has("winre_tool");
    if (!image.has(field) || (winre && needed)) continue;
    refuse(image, field, fmt::format("'{}' means nothing here", field),
           winre ? "name the program: winre_tool = \"tool.exe\""
                 : "it is the tool of Windows RE's menu: shell = \"winre\"");
  }
  if (!winre) return;
  for (const char* field : {"winpeshl", "startnet", "target_path"}) {
    if (!image.given(field)) continue;
    refuse(image, field,
           fmt::format("shell = \"winre\" leaves recenv.exe in charge, but '{}' may start "
                       "something else",
                       field),
           "leave one of them out; one program can be offered by recenv.exe: winre_tool");
  }
  if (image.has("winre_tool")) {
    try {
      std::string tool = image.text("winre_tool");
      if (tool.find('\\') != std::string::npos) fail("'{}' has a '\\'; write '/'", tool);
      check_image_path(kTools + tool);
    } catch (const Failure& failure) {
      const Diagnostic& d = failure.diagnostics().front();
      refuse(image, "winre_tool", d.message, d.hint);
    }
  }
  if (recipe::NodeRef level = image.node("tier")) check_forbidden(*level);
  check_registry(image);
}

std::vector<std::string> base_start(const wim::File& base, const fs::path& scratch) {
  if (const wim::Entry* entry = file_of(base, kWinpeshl)) {
    if (entry->size > kLargestIni)
      fail("the base's {} has {} bytes, too many to say what it starts", kWinpeshl, entry->size);
    ScratchFile file(scratch);
    base.extract(1, *entry, file.path());
    std::vector<std::string> lines = start_lines(read_file(file.path(), kLargestIni));
    if (!lines.empty()) return lines;
  }
  if (file_of(base, "setup.exe") != nullptr) return {R"(%SYSTEMDRIVE%\setup.exe)"};
  return {R"(%SYSTEMROOT%\System32\cmd.exe, /k %SYSTEMROOT%\System32\startnet.cmd)"};
}

std::string winre_config(const std::string& program, const std::string& parameters) {
  std::string path = program;
  std::replace(path.begin(), path.end(), '/', '\\');
  return with_crlf(fill_text("WinREConfig.xml", {{"PROGRAM", xml_escaped(path)},
                                                 {"PARAMETERS", xml_escaped(parameters)}}));
}

void check_winre_shell(graph::Job& job, const wim::File& base,
                       const std::vector<TreeEntry>& entries,
                       const std::vector<TreeEntry>& overlays) {
  check_start(job, base);
  for (const TreeEntry& entry : overlays) check_overlay(job, base, entry);
  std::string tool = job.text("winre_tool");
  if (tool.empty()) return;
  std::string path = kTools + tool;
  if (entry_for(entries, path) != nullptr || file_of(base, path) != nullptr) return;
  job.fail_at("winre_tool", fmt::format("neither an overlay nor the base has {}", path),
              "put it into an overlay at that path");
}

void check_winre_removals(const graph::Job& job, const nlohmann::ordered_json& removal) {
  for (const auto& removed : removal.at("removed")) {
    std::string path = removed.at("path");
    std::string folded = fold_case(path);
    // recenv's folder, and the libraries and programs of BitLocker ("full volume encryption").
    bool needed = folded.starts_with(fold_case("sources/recovery/")) ||
                  folded.starts_with(fold_case("Windows/System32/fve")) ||
                  folded == fold_case("Windows/System32/manage-bde.exe");
    if (!needed) continue;
    job.fail_at(
        job.parameters().contains("tier") ? "tier" : "remove",
        fmt::format("shell = \"winre\" leaves recenv.exe in charge, and without '{}' it may be "
                    "unable to lock the drive",
                    path),
        "leave it in the image");
  }
}

}  // namespace remedia::kinds
