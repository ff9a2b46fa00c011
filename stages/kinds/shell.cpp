// shell = "winre": Windows RE's own menu, recenv.exe, stays what an image starts.
//
// What that is worth: for a recovery image whose hash it trusts, Windows unlocks the BitLocker
// drive before anything in it runs, and recenv.exe is what asks for the key again before a command
// prompt or another tool that is a risk. So the checks here are about everything that could run
// before it or in its place.
//
// Sources: Microsoft's descriptions of winpeshl.ini and of custom tools in Windows RE; a stock
// winre.wim has the winpeshl.ini that is asked for here.

#include "kinds/shell.h"

#include "formats/registry.h"
#include "formats/texts.h"
#include "formats/win_names.h"
#include "support/artifact.h"

#include <algorithm>
#include <optional>

namespace remedia::kinds {

namespace {

using recipe::Type;

constexpr std::string_view kShell = "sources/recovery/recenv.exe";
constexpr std::string_view kWinpeshl = "Windows/System32/winpeshl.ini";
const std::string kTools = "Sources/Recovery/Tools/";

// What an overlay must not bring: each decides what runs before or instead of recenv.exe.
constexpr std::string_view kInCharge[] = {
    "sources/recovery/recenv.exe",           "Windows/System32/winpeshl.exe",
    "Windows/System32/winpeshl.ini",         "Windows/System32/config/SYSTEM",
    "Windows/System32/config/SOFTWARE",      "Windows/System32/config/DEFAULT",
    "Sources/Recovery/Tools/WinREConfig.xml"};

// Keys through which another program would be started, in the hive's words.
struct StartKey {
  std::string_view hive;
  std::string_view key;
};
constexpr StartKey kStartKeys[] = {
    {"SYSTEM", R"(Setup)"},
    {"SOFTWARE", R"(Microsoft\Windows NT\CurrentVersion\Image File Execution Options)"},
    {"SOFTWARE", R"(Microsoft\Windows NT\CurrentVersion\SilentProcessExit)"},
    {"SOFTWARE", R"(Microsoft\Windows NT\CurrentVersion\Winlogon)"},
    {"SOFTWARE", R"(Microsoft\Windows NT\CurrentVersion\Windows)"}};

bool same_name(std::string_view a, std::string_view b) { return fold_case(a) == fold_case(b); }

bool at_or_below(std::string_view key, std::string_view top) {
  std::string folded = fold_case(key) + "\\";
  return folded.starts_with(fold_case(top) + "\\") ||
         (fold_case(top) + "\\").starts_with(folded);  // deleting a parent deletes it too
}

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

void check_registry(const recipe::Node& image) {
  for (const recipe::NodeRef& entry : image.nodes("registry")) {
    std::optional<RegistryPlace> place;
    try {
      place = registry_place(entry->text("key"));
    } catch (const Failure&) {
      continue;  // said elsewhere
    }
    for (const StartKey& start : kStartKeys) {
      if (place->hive != start.hive || !at_or_below(place->key, start.key)) continue;
      refuse(
          *entry, "key",
          fmt::format("shell = \"winre\" leaves recenv.exe in charge, but '{}' can start another "
                      "program before it",
                      entry->text("key")),
          "leave the entry out, or make an image without shell = \"winre\"");
    }
  }
}

std::string trimmed(std::string_view text) {
  std::size_t begin = text.find_first_not_of(" \t\r");
  if (begin == std::string_view::npos) return {};
  return std::string(text.substr(begin, text.find_last_not_of(" \t\r") - begin + 1));
}

/// What a winpeshl.ini starts, one line for each, as far as the first comma.
std::vector<std::string> programs_of(std::string_view ini) {
  std::vector<std::string> programs;
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
    std::size_t equals = line.find('=');
    if (section == fold_case("[LaunchApp]") && equals != std::string::npos)
      line = trimmed(std::string_view(line).substr(equals + 1));
    programs.push_back(trimmed(std::string_view(line).substr(0, line.find(','))));
  }
  return programs;
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

void check_start(graph::Job& job, const wim::File& base) {
  if (file_of(base, kShell) == nullptr) {
    job.fail_at("shell", fmt::format("the base has no {}: it is no Windows RE", kShell),
                "start from image = \"winre\", and do not remove it");
  }
  const wim::Entry* entry = file_of(base, kWinpeshl);
  if (entry == nullptr) {
    job.fail_at("shell",
                fmt::format("the base has no {}, so it does not start recenv.exe", kWinpeshl),
                "start from image = \"winre\", and do not remove it");
  }
  ScratchFile scratch(job.part(0).string() + ".winpeshl");
  base.extract(1, *entry, scratch.path());
  std::string ini = read_file(scratch.path(), 1u << 20);
  std::vector<std::string> programs = programs_of(ini);
  auto other = std::find_if_not(programs.begin(), programs.end(), is_recenv);
  if (programs.empty() || other != programs.end()) {
    job.fail_at("shell",
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
           "\"winre\": recenv.exe, the menu of Windows RE, stays in charge, and nothing may run "
           "before it; what a recovery partition needs",
       .words = {"winre"},
       .fallback = "what base, overlays and settings make of it"},
      {.name = "winre_tool",
       .type = Type::text,
       .help = "with shell = \"winre\": the one program that its menu offers besides its own, "
               "from Sources/Recovery/Tools in the image",
       .max = 200},
      {.name = "winre_tool_parameters",
       .type = Type::text,
       .help = "the tool's command line",
       .max = 500},
  };
}

void check_shell_fields(const recipe::Node& image) {
  bool winre = image.text("shell") == "winre";
  for (const char* field : {"winre_tool", "winre_tool_parameters"}) {
    bool needed = std::string_view(field) == "winre_tool" || image.has("winre_tool");
    if (!image.has(field) || (winre && needed)) continue;
    refuse(image, field, fmt::format("'{}' means nothing here", field),
           winre ? "name the program: winre_tool = \"tool.exe\""
                 : "it is the tool of Windows RE's menu: shell = \"winre\"");
  }
  if (!winre) return;
  for (const char* field : {"winpeshl", "startnet"}) {
    if (!image.given(field)) continue;
    refuse(image, field,
           fmt::format("shell = \"winre\" leaves recenv.exe in charge, but '{}' says what else is "
                       "started",
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
  check_registry(image);
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
  for (std::string_view target : kInCharge) {
    const TreeEntry* entry = entry_for(overlays, target);
    if (entry == nullptr) continue;
    job.fail_at("shell",
                fmt::format("shell = \"winre\" leaves recenv.exe in charge, but '{}' would replace "
                            "{}",
                            entry->origin, target),
                "leave the file out of the overlay");
  }
  std::string tool = job.text("winre_tool");
  if (tool.empty()) return;
  std::string path = kTools + tool;
  if (entry_for(entries, path) != nullptr || file_of(base, path) != nullptr) return;
  job.fail_at("winre_tool", fmt::format("neither an overlay nor the base has {}", path),
              "put it into an overlay at that path");
}

}  // namespace remedia::kinds
