#include "kinds/tier_check.h"

#include "formats/win_names.h"
#include "media/closure.h"
#include "media/wim_glob.h"

#include <algorithm>
#include <map>
#include <set>

namespace remedia::kinds {

namespace {

// What the tool brings, and what of the base it consists of.
std::vector<std::string> files_of(const nlohmann::json& tool, const TreeReader& read) {
  std::set<std::string> files;
  for (const std::string tree : tool.at("trees")) {
    for (const TreeEntry& entry : read(tree)) {
      if (!entry.directory) files.insert(entry.target);
    }
  }
  return {files.begin(), files.end()};
}

closure::Tool closure_tool(const nlohmann::json& tool, const TreeReader& read) {
  closure::Tool out{.id = tool.at("id"), .files = files_of(tool, read)};
  out.programs = tool.at("programs").get<std::vector<std::string>>();
  if (tool.contains("command")) out.command = tool.at("command");
  out.allow_missing = tool.at("allow_missing").get<std::vector<std::string>>();
  return out;
}

/// The finished image, as far as names go.
class Image {
 public:
  Image(const wim::File& base, const std::vector<TreeEntry>& entries) {
    for (const TreeEntry& entry : entries) {
      if (!entry.directory) add(entry.target);
    }
    for (const wim::Entry& entry : base.list(1)) {
      if (!entry.directory) add(entry.path);
    }
  }

  bool has(std::string_view path) const { return paths_.contains(fold_case(path)); }

  /// In whatever folder.
  bool has_named(std::string_view name) const { return names_.contains(fold_case(name)); }

  bool has_any(std::initializer_list<std::string_view> paths) const {
    return std::any_of(paths.begin(), paths.end(), [&](std::string_view p) { return has(p); });
  }

 private:
  void add(const std::string& path) {
    paths_.insert(fold_case(path));
    names_.insert(fold_case(path.substr(path.rfind('/') + 1)));
  }

  std::set<std::string> paths_;
  std::set<std::string> names_;
};

// What of the base the tool consists of, each once, in any spelling.
std::vector<std::string> programs_of(const nlohmann::json& tool, const StartedPrograms& started) {
  std::map<std::string, std::string> programs;
  for (const std::string program : tool.at("programs")) {
    programs.emplace(fold_case(program), program);
  }
  const auto own = started.find(tool.at("id").get<std::string>());
  if (own != started.end()) programs.emplace(fold_case(own->second), own->second);
  std::vector<std::string> list;
  for (const auto& [folded, program] : programs) list.push_back(program);
  return list;
}

bool offers_change(const nlohmann::json& tier) {
  return std::any_of(tier.at("tools").begin(), tier.at("tools").end(), [](const auto& tool) {
    return tool.contains("command") && tool.at("risk") != "low";
  });
}

}  // namespace

void check_tool_files(const nlohmann::json& tier, const TreeReader& read) {
  struct Owner {
    std::string tool;
    TreeEntry entry;
  };
  std::map<std::string, Owner> owners;
  for (const auto& tool : tier.at("tools")) {
    std::string id = tool.at("id");
    for (const std::string tree : tool.at("trees")) {
      for (const TreeEntry& entry : read(tree)) {
        auto [known, fresh] = owners.emplace(fold_case(entry.target), Owner{id, entry});
        const TreeEntry& other = known->second.entry;
        if (fresh || (entry.directory && other.directory)) continue;
        if (entry.directory == other.directory && entry.sha256 == other.sha256) continue;
        throw Failure(Diagnostic{
            .message =
                fmt::format("the tools '{}' and '{}' bring different files as '{}': '{}' "
                            "and '{}'",
                            known->second.tool, id, entry.target, other.origin, entry.origin),
            .hint = "put one of them into another folder: overlay { ..., to = \"Tools/x\" }"});
      }
    }
  }
}

void check_not_brought_back(const graph::Job& job, const std::vector<TreeEntry>& entries) {
  for (const std::string pattern : job.parameters().at("tier").at("forbid")) {
    wim::Glob glob(pattern);
    for (const TreeEntry& entry : entries) {
      if (entry.directory || !glob.takes(entry.target)) continue;
      job.fail_at("tier",
                  fmt::format("'{}' ({}) is forbidden by the tier ('{}')", entry.target,
                              entry.origin, pattern),
                  "leave the file out of the image");
    }
  }
}

void warn_of_replaced_tools(graph::Job& job, const std::vector<TreeEntry>& overlays,
                            const TreeReader& read) {
  std::map<std::string, const TreeEntry*> final;
  for (const TreeEntry& entry : overlays) final.emplace(fold_case(entry.target), &entry);
  for (const auto& tool : job.parameters().at("tier").at("tools")) {
    for (const std::string tree : tool.at("trees")) {
      for (const TreeEntry& entry : read(tree)) {
        auto found = final.find(fold_case(entry.target));
        if (entry.directory || found == final.end() || found->second->sha256 == entry.sha256)
          continue;
        job.warn("overlays",
                 fmt::format("'{}' replaces '{}' of the tool '{}'", found->second->origin,
                             entry.target, tool.at("id").get<std::string>()));
      }
    }
  }
}

StartedPrograms check_tools_run(graph::Job& job, const wim::File& base,
                                const std::vector<TreeEntry>& entries, const TreeReader& read) {
  const nlohmann::json& p = job.parameters();
  closure::Plan plan(p.at("arch"), job.part(0).string() + ".closure");
  plan.add_base(base, 1);
  plan.add(entries);
  std::vector<closure::Tool> tools;
  for (const auto& tool : p.at("tier").at("tools")) tools.push_back(closure_tool(tool, read));
  for (const TreeEntry& entry : entries) {
    if (fold_case(entry.target).ends_with(fold_case("/remedia.exe")))
      tools.push_back({.id = "launcher", .files = {entry.target}});
  }
  std::vector<Diagnostic> odd =
      job.about("tier", [&] { return closure::require_closed(plan, tools); });
  for (const Diagnostic& warning : odd)
    job.warn("tier", fmt::format("{}; {}", warning.message, warning.hint));
  StartedPrograms started;
  for (const closure::Tool& tool : tools) {
    const closure::Plan::File* program = closure::program_of(plan, tool.command);
    if (program != nullptr && program->base != nullptr) started[tool.id] = program->path;
  }
  return started;
}

void check_debuggers_run(graph::Job& job, const nlohmann::json& record, const wim::File& base,
                         const std::vector<TreeEntry>& entries) {
  const nlohmann::json& of = record.at("debuggers");
  closure::Plan plan(job.parameters().at("arch"), job.part(0).string() + ".closure");
  plan.add_base(base, 1);
  plan.add(entries);
  closure::Tool tool{.id = "debuggers"};
  for (const auto& file : of.at("files")) tool.files.push_back(file.at("path"));
  tool.allow_missing = of.at("allow_missing").get<std::vector<std::string>>();
  std::vector<Diagnostic> odd =
      job.about("debuggers", [&] { return closure::require_closed(plan, {tool}); });
  for (const Diagnostic& warning : odd)
    job.warn("debuggers", fmt::format("{}; {}", warning.message, warning.hint));
}

nlohmann::ordered_json tier_section(const nlohmann::json& tier,
                                    const nlohmann::ordered_json& removal,
                                    const StartedPrograms& started, const TreeReader& read) {
  nlohmann::ordered_json section;
  for (const char* key :
       {"name", "shell", "revision", "as_of", "expires", "expired", "grace_days", "clock",
        "confirm", "contact", "language", "network", "bitlocker", "remote"}) {
    if (tier.contains(key)) section[key] = tier.at(key);
  }
  section["tools"] = nlohmann::ordered_json::array();
  for (const auto& tool : tier.at("tools")) {
    nlohmann::ordered_json entry;
    for (const char* key : {"id", "title", "group", "risk", "command", "show_output", "needs",
                            "licence", "redistributable"}) {
      if (tool.contains(key)) entry[key] = tool.at(key);
    }
    entry["programs"] = programs_of(tool, started);
    entry["files"] = files_of(tool, read);
    section["tools"].push_back(std::move(entry));
  }
  section["forbidden"] = nlohmann::ordered_json::array();
  for (const std::string pattern : tier.at("forbid")) {
    std::size_t found = 0;
    if (!removal.is_null()) {
      for (const auto& removed : removal.at("removed")) {
        if (removed.at("pattern") == pattern && removed.contains("size")) ++found;
      }
    }
    section["forbidden"].push_back({{"pattern", pattern}, {"found", found}});
  }
  return section;
}

nlohmann::ordered_json back_doors(const wim::File& base, const std::vector<TreeEntry>& entries,
                                  const nlohmann::json& tier) {
  Image image(base, entries);
  const bool launcher = tier.at("shell") == "launcher";
  const bool prompt = image.has_named("cmd.exe");
  const bool recenv = image.has("sources/recovery/recenv.exe");
  const bool setup = image.has_any({"setup.exe", "sources/setup.exe"});
  const bool winpeshl = image.has("Windows/System32/winpeshl.ini");
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  auto door = [&](std::string_view name, bool open, std::string_view why) {
    list.push_back({{"name", name}, {"open", open}, {"why", why}});
  };
  const char* no_prompt = "the image has no cmd.exe";

  door("winpeshl: Ctrl held at the start", !winpeshl && prompt,
       winpeshl  ? "winpeshl.ini is there, so winpeshl gives no debug prompt"
       : !prompt ? no_prompt
                 : "without winpeshl.ini winpeshl gives a command prompt");
  door("Windows RE: command prompt", !launcher && recenv && prompt,
       !recenv    ? "the image has no recenv.exe"
       : launcher ? "the launcher is started, not recenv.exe"
       : !prompt  ? no_prompt
                  : "recenv.exe offers it; started from the PC's own disk it asks for the password "
                    "of an administrator, started from a medium it may not");
  door("Windows Setup: Shift+F10", setup && prompt && !winpeshl,
       !setup     ? "the image has no setup.exe"
       : !prompt  ? no_prompt
       : winpeshl ? "setup.exe is in the image, but winpeshl.ini starts something else"
                  : "setup.exe is started, and gives a command prompt");
  const bool network = tier.at("network").get<bool>();
  door("wpeinit: unattend.xml on another medium", network || !launcher,
       network || !launcher
           ? "wpeinit obeys an unattend.xml in the root of any medium that is plugged in"
           : "nothing starts wpeinit");
  door("cmd.exe in the image", prompt,
       prompt
           ? "whatever starts a program of somebody's choice, such as a dialog for files, gives a "
             "command prompt"
           : no_prompt);
  const bool netsh = image.has_named("netsh.exe");
  door("netsh: helper DLL of another medium", netsh,
       netsh ? "who gets to netsh's own prompt can let it load a DLL (add helper)"
             : "the image has no netsh.exe");
  const bool change = prompt || offers_change(tier);
  door("Utilman.exe of the installed Windows", change,
       change ? "whoever can change files of a Windows that does not run can put a command prompt "
                "in place of Utilman.exe and get one before the login; BitLocker prevents it"
              : "no tool changes or copies files, and there is no command prompt");
  return list;
}

}  // namespace remedia::kinds
