// Follows what tools need through the plan of an image.
//
// Libraries are looked for where Windows looks (Microsoft's "Dynamic-link library search order"):
// those of KnownDLLs in System32 whatever else there is, then the folder of the program, System32,
// System, Windows. The current folder and PATH, which come after, are not assumed. The folder is
// that of the program and not of the library which imports, so libraries are followed anew for each
// folder that programs lie in; each is read once. A library for another machine is passed over, and
// counts only if no other is found.
//
// Names of API sets (api-*, ext-*) are no files: ntdll finds the library behind one by the table in
// apisetschema.dll (formats/api_set.h), and takes it from System32. Windows 7 has files of these
// names instead, in System32\downlevel.
//
// What the tool starts is followed first: what is an error there may be a warning elsewhere, and
// each library is walked once.
#include "media/closure.h"

#include "formats/batch_file.h"
#include "formats/win_names.h"
#include "media/closure_command.h"
#include "media/closure_programs.h"
#include "media/wim_glob.h"

#include <algorithm>
#include <array>
#include <set>

namespace remedia::closure {

namespace {

using File = Plan::File;

constexpr std::uint64_t kMaxText = 1u << 20;  // bytes of a batch file in which names are looked for

/// HKLM\SYSTEM\CurrentControlSet\Control\Session Manager\KnownDLLs of Windows 10 and 11, and ntdll,
/// which every process has.
constexpr std::string_view kKnownLibraries[] = {
    "ADVAPI32.DLL", "CLBCATQ.DLL",  "COMBASE.DLL",  "COMDLG32.DLL", "COML2.DLL",    "DIFXAPI.DLL",
    "GDI32.DLL",    "GDIPLUS.DLL",  "IMAGEHLP.DLL", "IMM32.DLL",    "KERNEL32.DLL", "MSCTF.DLL",
    "MSVCRT.DLL",   "NORMALIZ.DLL", "NSI.DLL",      "NTDLL.DLL",    "OLE32.DLL",    "OLEAUT32.DLL",
    "PSAPI.DLL",    "RPCRT4.DLL",   "SECHOST.DLL",  "SETUPAPI.DLL", "SHCORE.DLL",   "SHELL32.DLL",
    "SHLWAPI.DLL",  "USER32.DLL",   "WLDAP32.DLL",  "WS2_32.DLL"};

// --- scripts ---

struct Interpreter {
  std::string_view extension;
  std::string_view programs[2];  ///< in System32; one of them is needed
};

constexpr Interpreter kInterpreters[] = {
    {".CMD", {"cmd.exe", {}}},
    {".BAT", {"cmd.exe", {}}},
    {".PS1", {"WindowsPowerShell/v1.0/powershell.exe", {}}},
    {".VBS", {"cscript.exe", "wscript.exe"}},
    {".JS", {"cscript.exe", "wscript.exe"}},
    {".WSF", {"cscript.exe", "wscript.exe"}},
    {".HTA", {"mshta.exe", {}}},
};

const Interpreter* interpreter_of(std::string_view path) {
  const std::string extension = extension_of(path);
  const auto found =
      std::find_if(std::begin(kInterpreters), std::end(kInterpreters),
                   [&](const Interpreter& one) { return one.extension == extension; });
  return found == std::end(kInterpreters) ? nullptr : found;
}

// --- exceptions ---

class Exception {
 public:
  explicit Exception(const std::string& pattern) : text_(pattern), glob_(in_image(pattern)) {}

  /// A name is compared with names, a path with paths.
  bool covers(const Finding& finding) {
    const std::string subject = in_image(finding.missing.empty() ? finding.file : finding.missing);
    const bool path = glob_.text().find('/') != std::string::npos;
    const bool covered = path ? glob_.matches(subject) || glob_.matches(finding.file)
                              : glob_.matches(name_of(subject));
    used_ = used_ || covered;
    return covered;
  }

  bool used() const { return used_; }
  const std::string& text() const { return text_; }

 private:
  static std::string in_image(const std::string& text) {
    const std::string path = image_path(text);
    return path.empty() ? wim::normalized(text) : path;
  }

  std::string text_;
  wim::Glob glob_;
  bool used_ = false;
};

// --- one tool ---

class ToolCheck {
 public:
  ToolCheck(const Plan& plan, const Tool& tool, Programs& programs, ApiSets& api_sets)
      : plan_(plan), tool_(tool), programs_(programs), api_sets_(api_sets) {}

  std::set<Finding> run() {
    for (const std::string& path : tool_.files) add(path, false);
    for (const std::string& path : tool_.programs) add(path, true);
    check_command();
    find_started();
    for (const File* file : files_) check_script(*file);
    check_programs();
    return without_exceptions();
  }

 private:
  void add(std::string_view path, bool started) {
    const File* file = plan_.find(path);
    if (file == nullptr) return report(path, "", Reason::no_file);
    files_.insert(file);
    if (started) started_.insert(file);
  }

  void report(std::string_view file, std::string_view missing, Reason reason,
              std::string detail = {}) {
    findings_.insert(
        {tool_.id, std::string(file), std::string(missing), reason, std::move(detail)});
  }
  void warn(std::string_view file, std::string_view missing, Reason reason,
            std::string detail = {}) {
    Finding finding{tool_.id, std::string(file), std::string(missing), reason, std::move(detail)};
    // What is started comes first, so that the error is there if there is one.
    if (findings_.contains(finding)) return;
    finding.warning = true;
    findings_.insert(std::move(finding));
  }

  /// What matters only if the tool starts it.
  void report_of(const File& file, bool started, std::string_view missing, Reason reason,
                 std::string detail = {}) {
    if (started) {
      report(file.path, missing, reason, std::move(detail));
    } else {
      warn(file.path, missing, reason, std::move(detail));
    }
  }

  // Commands.

  void check_command() {
    if (tool_.command.empty()) return;
    const Start start = find_start(plan_, tool_.command);
    if (start.word.empty()) {
      report("", tool_.command, Reason::empty_command);
    } else if (start.file == nullptr) {
      const bool elsewhere = is_elsewhere(start.word);
      report("", start.word, elsewhere ? Reason::unknown_command : Reason::no_command);
    } else if (!can_start(start.file->path)) {
      report(start.file->path, "", Reason::not_started);
    } else {
      files_.insert(start.file);
      started_.insert(start.file);
    }
  }

  /// The rule stands in closure.h.
  void find_started() {
    mentions_.add(tool_.command);
    for (const File* file : files_) {
      if (is_batch(*file) && file->base == nullptr && file->size() <= kMaxText) {
        mentions_.add(read_all(file->content, kMaxText));
      }
    }
    for (const File* file : files_) {
      const bool program = is_program_file(file->path) || interpreter_of(file->path) != nullptr;
      if (tool_.command.empty() || mentions_.name(file->path) ||
          (program && mentions_.stem(file->path))) {
        started_.insert(file);
      }
    }
  }
  bool is_started(const File& file) const { return started_.contains(&file); }

  // Scripts.

  static bool is_batch(const File& file) {
    const Interpreter* interpreter = interpreter_of(file.path);
    return interpreter != nullptr && interpreter->programs[0] == "cmd.exe";
  }

  void check_script(const File& file) {
    const Interpreter* interpreter = interpreter_of(file.path);
    if (interpreter == nullptr) return;
    // A folder of web pages has such files too.
    if (interpreter->extension == ".JS" && !mentions_.name(file.path)) return;
    const auto is_there = [&](std::string_view program) {
      return !program.empty() && plan_.find(in_system32(program)) != nullptr;
    };
    if (std::none_of(std::begin(interpreter->programs), std::end(interpreter->programs),
                     is_there)) {
      report_of(file, is_started(file), in_system32(interpreter->programs[0]),
                Reason::no_interpreter);
    }
    if (is_batch(file) && file.base == nullptr) check_batch(file);
  }

  void check_batch(const File& file) {
    if (file.size() > kLargest) {
      return report(file.path, "", Reason::too_large, fmt::format("{}", file.size()));
    }
    const BatchFlaws flaws = batch_flaws(file.content);
    if (!flaws.mark.empty()) report(file.path, "", Reason::encoding, flaws.mark);
    if (flaws.line_without_cr != 0) {
      report(file.path, "", Reason::line_ends, fmt::format("{}", flaws.line_without_cr));
    }
  }

  // Programs.

  void check_programs() {
    std::vector<const File*> libraries;
    Folders folders;
    std::vector<const File*> files(files_.begin(), files_.end());
    std::stable_partition(files.begin(), files.end(),
                          [&](const File* file) { return is_started(*file); });
    for (const File* file : files) {
      if (!is_program_file(file->path) || !is_sound(*file)) continue;
      const Kind kind = programs_.of(*file).kind();
      const std::string folder = folder_of(file->path);
      if (kind == Kind::library) libraries.push_back(file);
      if (kind == Kind::driver) check_driver(*file);
      if (kind != Kind::program) continue;
      if (!is_native(*file)) {
        report_of(*file, is_started(*file), "", Reason::foreign_program, machine_of(*file));
        continue;
      }
      if (!contains(folders, folder)) folders.push_back(folder);
      follow(*file, search_order({folder}));
    }
    for (const File* library : libraries) check_library(*library, folders);
  }

  /// What Windows starts or loads by such a name. Other files are read if something imports them.
  static bool is_program_file(std::string_view path) {
    constexpr std::string_view kExtensions[] = {".EXE", ".COM", ".SCR", ".DLL", ".SYS",
                                                ".OCX", ".CPL", ".DRV", ".AX"};
    return contains(kExtensions, extension_of(path));
  }

  bool is_native(const File& file) { return programs_.of(file).is_for(plan_.architecture()); }
  std::string machine_of(const File& file) {
    return fmt::format("'{}' is for {}, the image for {}", file.path,
                       programs_.of(file).header.architecture, plan_.architecture());
  }

  bool is_sound(const File& file) {
    const Program& program = programs_.of(file);
    if (program.too_large) {
      report(file.path, "", Reason::too_large, fmt::format("{}", file.size()));
    } else if (!program.sound()) {
      report(file.path, "", Reason::damaged, program.damage);
    }
    return program.sound();
  }

  void check_driver(const File& file) {
    if (!is_native(file)) {
      report(file.path, "", Reason::unused_foreign, machine_of(file));
      return;
    }
    follow(file, {folder_of(file.path), in_system32("drivers"), std::string(kSystem32)});
  }

  /// One that no program of the tool imports: a plug-in, which a program loads that lies beside it
  /// or in one of `program_folders`.
  void check_library(const File& file, Folders program_folders) {
    const bool known = std::any_of(followed_.begin(), followed_.end(),
                                   [&](const auto& walk) { return walk.second.contains(&file); });
    if (known || passed_over_.contains(&file)) return;
    if (!is_native(file)) {
      report(file.path, "", Reason::unused_foreign, machine_of(file));
      return;
    }
    program_folders.insert(program_folders.begin(), folder_of(file.path));
    follow(file, search_order(std::move(program_folders)));
  }

  void follow(const File& start, const Folders& folders) {
    std::set<const File*>& followed = followed_[folders];
    std::vector<const File*> open;
    const auto visit = [&](const File* file) {
      if (file != nullptr && followed.insert(file).second) open.push_back(file);
    };
    visit(&start);
    while (!open.empty()) {
      const File& file = *open.back();
      open.pop_back();
      if (!is_sound(file)) continue;
      const pe::Imports& imports = programs_.of(file).imports;
      if (imports.managed) check_runtime(file, is_started(start));
      for (const std::string& name : imports.loaded) {
        visit(need(file, name, folders, Reason::no_library));
      }
      if (file.base != nullptr) continue;
      for (const std::string& name : imports.delayed) {
        visit(need(file, name, folders, Reason::no_later_library));
      }
    }
  }

  void check_runtime(const File& file, bool started) {
    const std::string runtime = in_system32("mscoree.dll");
    if (plan_.find(runtime) == nullptr) report_of(file, started, runtime, Reason::no_runtime);
  }

  // Libraries.

  /// The library that has to be looked into next, if any.
  const File* need(const File& file, const std::string& name, Folders folders, Reason reason) {
    std::string folded = fold_case(name.find('.') == name.npos ? name + ".dll" : name);
    if (programs_.of(file).imports.managed && folded == "MSCOREE.DLL") return nullptr;
    if (api_set::is_name(folded)) {
      const ApiSets::Answer set = api_sets_.find(folded, name_of(file.path));
      if (set.trusted) return nullptr;
      if (set.host) {
        if (set.host->empty()) {
          miss(file, name, reason, "which the Windows of this image does not have");
          return nullptr;
        }
        folders = {std::string(kSystem32)};
        folded = *set.host;
      }
    } else if (contains(kKnownLibraries, folded)) {
      folders.emplace(folders.begin(), kSystem32);
    }
    return find_library(file, name, reason, folders, folded);
  }

  const File* find_library(const File& file, const std::string& name, Reason reason,
                           const Folders& folders, const std::string& library) {
    const File* foreign = nullptr;
    for (const std::string& folder : folders) {
      const File* found = plan_.find(join(folder, library));
      if (found == nullptr) continue;
      if (found->base != nullptr) return nullptr;
      if (!programs_.of(*found).sound() || is_native(*found)) return found;
      if (foreign == nullptr) foreign = found;
    }
    if (foreign != nullptr) passed_over_.insert(foreign);
    if (const File* copy = side_by_side(library)) {
      warn(file.path, name, reason, fmt::format("which is in the image as '{}' only", copy->path));
    } else if (foreign != nullptr) {
      report(file.path, name, Reason::foreign_library, machine_of(*foreign));
    } else if (api_set::is_name(name) && fold_case(library) != fold_case(name)) {
      miss(file, name, reason,
           fmt::format("behind which is {}, and that is not in the image", library));
    } else {
      miss(file, name, reason, {});
    }
    return nullptr;
  }

  const File* side_by_side(std::string_view library) {
    for (const File* copy : plan_.side_by_side(library)) {
      if (programs_.of(*copy).sound() && is_native(*copy)) return copy;
    }
    return nullptr;
  }

  void miss(const File& file, const std::string& name, Reason reason, std::string detail) {
    const bool optional = reason == Reason::no_later_library && api_set::is_name(name);
    report_of(file, !optional, name, reason, std::move(detail));
  }

  // Exceptions.

  std::set<Finding> without_exceptions() {
    std::vector<Exception> exceptions(tool_.allow_missing.begin(), tool_.allow_missing.end());
    std::set<Finding> left;
    for (const Finding& finding : findings_) {
      // All are asked, as each is to know whether it is used.
      const auto covering = std::count_if(exceptions.begin(), exceptions.end(),
                                          [&](Exception& one) { return one.covers(finding); });
      if (covering == 0) left.insert(finding);
    }
    for (const Exception& one : exceptions) {
      if (!one.used()) left.insert({tool_.id, "", one.text(), Reason::unused_exception, ""});
    }
    return left;
  }

  /// By path, so that nothing depends on where they lie in memory.
  struct ByPath {
    bool operator()(const File* a, const File* b) const { return a->path < b->path; }
  };

  const Plan& plan_;
  const Tool& tool_;
  Programs& programs_;
  ApiSets& api_sets_;
  Mentions mentions_;
  std::set<const File*, ByPath> files_;
  std::set<const File*> started_;
  std::map<Folders, std::set<const File*>> followed_;
  std::set<const File*> passed_over_;  // for another machine, and imported
  std::set<Finding> findings_;
};

}  // namespace

std::vector<Finding> check(const Plan& plan, const std::vector<Tool>& tools) {
  Programs programs(plan);
  ApiSets api_sets(plan);
  std::set<Finding> findings;
  for (const Tool& tool : tools) {
    findings.merge(ToolCheck(plan, tool, programs, api_sets).run());
  }
  if (api_sets.unread()) findings.insert(*api_sets.unread());
  return {findings.begin(), findings.end()};
}

const File* program_of(const Plan& plan, std::string_view command) {
  const Start start = find_start(plan, command);
  return start.file != nullptr && can_start(start.file->path) ? start.file : nullptr;
}

}  // namespace remedia::closure
