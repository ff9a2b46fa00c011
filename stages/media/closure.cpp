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
// apisetschema.dll. Windows 7 has files of these names instead, in System32\downlevel.
#include "media/closure.h"

#include "formats/batch_file.h"
#include "formats/pe_imports.h"
#include "formats/win_names.h"
#include "media/wim_glob.h"

#include <algorithm>
#include <array>
#include <set>

namespace remedia::closure {

namespace {

using File = Plan::File;
using Folders = std::vector<std::string>;

constexpr std::string_view kSystem32 = "Windows/System32";
constexpr std::uint16_t kIsLibrary = 0x2000;  // IMAGE_FILE_DLL
constexpr std::size_t kMaxCommandWord = 260;  // MAX_PATH

/// HKLM\SYSTEM\CurrentControlSet\Control\Session Manager\KnownDLLs of Windows 10 and 11, and ntdll,
/// which every process has.
constexpr std::string_view kKnownLibraries[] = {
    "ADVAPI32.DLL", "CLBCATQ.DLL",  "COMBASE.DLL",  "COMDLG32.DLL", "COML2.DLL",    "DIFXAPI.DLL",
    "GDI32.DLL",    "GDIPLUS.DLL",  "IMAGEHLP.DLL", "IMM32.DLL",    "KERNEL32.DLL", "MSCTF.DLL",
    "MSVCRT.DLL",   "NORMALIZ.DLL", "NSI.DLL",      "NTDLL.DLL",    "OLE32.DLL",    "OLEAUT32.DLL",
    "PSAPI.DLL",    "RPCRT4.DLL",   "SECHOST.DLL",  "SETUPAPI.DLL", "SHCORE.DLL",   "SHELL32.DLL",
    "SHLWAPI.DLL",  "USER32.DLL",   "WLDAP32.DLL",  "WS2_32.DLL"};

template <typename List>
bool contains(const List& list, std::string_view item) {
  return std::find(std::begin(list), std::end(list), item) != std::end(list);
}

std::string join(std::string_view folder, std::string_view name) {
  return folder.empty() ? std::string(name) : fmt::format("{}/{}", folder, name);
}
std::string in_system32(std::string_view name) { return join(kSystem32, name); }
std::string folder_of(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return std::string(path.substr(0, slash == path.npos ? 0 : slash));
}
std::string_view name_of(std::string_view path) { return path.substr(path.rfind('/') + 1); }

/// Folded, with its dot.
std::string extension_of(std::string_view path) {
  const std::string_view name = name_of(path);
  const std::size_t dot = name.rfind('.');
  return dot == name.npos ? std::string() : fold_case(name.substr(dot));
}

Folders search_order(Folders own) {
  own.insert(own.end(), {std::string(kSystem32), "Windows/System", "Windows"});
  return own;
}

// --- programs ---

enum class Kind { program, library, driver, firmware };

struct Program {
  std::string damage;  ///< empty: the rest is known
  bool too_large = false;
  pe::Header header;
  pe::Imports imports;

  bool sound() const { return damage.empty() && !too_large; }
  bool is_for(std::string_view architecture) const {
    return header.architecture == architecture || imports.any_cpu;
  }
  Kind kind() const {
    const std::uint16_t subsystem = header.subsystem;
    if ((subsystem >= 10 && subsystem <= 13) || subsystem == 16) return Kind::firmware;
    if ((header.characteristics & kIsLibrary) != 0) return Kind::library;
    return subsystem == 1 ? Kind::driver : Kind::program;
  }
};

/// Reads each program once.
class Programs {
 public:
  explicit Programs(const Plan& plan) : plan_(plan) {}

  const Program& of(const File& file) {
    const auto [place, is_new] = read_.try_emplace(&file);
    if (is_new) read(file, place->second);
    return place->second;
  }

 private:
  void read(const File& file, Program& program) const {
    program.too_large = file.size() > kLargest;
    if (program.too_large) return;
    plan_.look_into(file, [&](const Slice& content) {
      try {
        const pe::Image image(content, file.path);
        program.header = image.header();
        if (program.kind() != Kind::firmware) program.imports = pe::read_imports(image);
      } catch (const Failure& failure) {
        program.damage = failure.diagnostics().front().message;
      }
    });
  }

  const Plan& plan_;
  std::map<const File*, Program> read_;
};

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

// --- commands ---

/// What Windows takes for the program of a command line, in this order: the text in quotes; without
/// them, as CreateProcess does, the text up to each space. The first is the one to tell people.
std::vector<std::string_view> program_words(std::string_view command) {
  command.remove_prefix(std::min(command.size(), command.find_first_not_of(" \t")));
  if (command.starts_with('"')) return {command.substr(1, command.find('"', 1) - 1)};
  std::vector<std::string_view> words;
  for (std::size_t end = 0; end < command.size() && end <= kMaxCommandWord; ++end) {
    end = std::min(command.size(), command.find_first_of(" \t", end));
    words.push_back(command.substr(0, end));
  }
  return words;
}

bool has_folder(std::string_view word) { return word.find_first_of("\\/:%") != word.npos; }

/// Whether it does not depend on the folder in which the command is started.
bool is_absolute(std::string_view word) {
  return word.starts_with('\\') || word.starts_with('/') || word.find_first_of(":%") != word.npos;
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
  ToolCheck(const Plan& plan, const Tool& tool, Programs& programs)
      : plan_(plan), tool_(tool), programs_(programs) {}

  std::set<Finding> run() {
    for (const std::string& path : tool_.files) {
      const File* file = plan_.find(path);
      if (file == nullptr) report(path, "", Reason::no_file);
      if (file != nullptr) files_.insert(file);
    }
    check_command();
    for (const File* file : files_) check_script(*file);
    check_programs();
    return without_exceptions();
  }

 private:
  void report(std::string_view file, std::string_view missing, Reason reason,
              std::string detail = {}) {
    findings_.insert(
        {tool_.id, std::string(file), std::string(missing), reason, std::move(detail)});
  }

  // Commands.

  const File* find_program(std::string_view word) const {
    const std::string start =
        tool_.folder.empty() ? std::string(kSystem32) : image_path(tool_.folder);
    Folders folders = {start};
    if (is_absolute(word)) folders = {""};
    if (!has_folder(word)) folders = search_order({start});
    for (const std::string& folder : folders) {
      for (const std::string_view extension : {"", ".exe", ".com", ".cmd", ".bat"}) {
        const File* file = plan_.find(join(folder, fmt::format("{}{}", word, extension)));
        if (file != nullptr) return file;
      }
    }
    return nullptr;
  }

  void check_command() {
    if (tool_.command.empty()) return;
    const std::vector<std::string_view> words = program_words(tool_.command);
    for (const std::string_view word : words) {
      const File* file = find_program(word);
      if (file == nullptr) continue;
      // One of an overlay is not among the tool's files, and has its needs too.
      if (file->base == nullptr) files_.insert(file);
      return;
    }
    const std::string_view first = words.empty() ? tool_.command : words.front();
    const bool elsewhere = first.find_first_of(":%") != first.npos && image_path(first).empty();
    report("", first, elsewhere ? Reason::unknown_command : Reason::no_command);
  }

  // Scripts.

  void check_script(const File& file) {
    const Interpreter* interpreter = interpreter_of(file.path);
    if (interpreter == nullptr) return;
    // A folder of web pages has such files too; what is started is named by the command.
    const bool started =
        fold_case(tool_.command).find(fold_case(name_of(file.path))) != std::string::npos;
    if (interpreter->extension == ".JS" && !started) return;
    const auto is_there = [&](std::string_view program) {
      return !program.empty() && plan_.find(in_system32(program)) != nullptr;
    };
    if (std::none_of(std::begin(interpreter->programs), std::end(interpreter->programs),
                     is_there)) {
      report(file.path, in_system32(interpreter->programs[0]), Reason::no_interpreter);
    }
    if (interpreter->programs[0] == "cmd.exe" && file.base == nullptr) check_batch(file);
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
    for (const File* file : files_) {
      if (!is_program_file(file->path) || !is_sound(*file)) continue;
      const Kind kind = programs_.of(*file).kind();
      const std::string folder = folder_of(file->path);
      if (kind == Kind::library) libraries.push_back(file);
      if (kind == Kind::driver) check_driver(*file);
      if (kind != Kind::program) continue;
      if (!is_native(*file)) {
        report(file->path, "", Reason::foreign_program, machine_of(*file));
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
      if (imports.managed) check_runtime(file);
      for (const std::string& name : imports.loaded) {
        visit(need(file, name, folders, Reason::no_library));
      }
      if (file.base != nullptr) continue;
      for (const std::string& name : imports.delayed) {
        visit(need(file, name, folders, Reason::no_later_library));
      }
    }
  }

  void check_runtime(const File& file) {
    const std::string runtime = in_system32("mscoree.dll");
    if (plan_.find(runtime) == nullptr) report(file.path, runtime, Reason::no_runtime);
  }

  /// The library that has to be looked into next, if any.
  const File* need(const File& file, const std::string& name, Folders folders, Reason reason) {
    const std::string folded = fold_case(name.find('.') == name.npos ? name + ".dll" : name);
    if (programs_.of(file).imports.managed && folded == "MSCOREE.DLL") return nullptr;
    if (is_api_set(folded)) return nullptr;
    if (contains(kKnownLibraries, folded)) folders.emplace(folders.begin(), kSystem32);
    const File* foreign = nullptr;
    for (const std::string& folder : folders) {
      const File* found = plan_.find(join(folder, folded));
      if (found == nullptr) continue;
      if (found->base != nullptr) return nullptr;
      if (!programs_.of(*found).sound() || is_native(*found)) return found;
      if (foreign == nullptr) foreign = found;
    }
    if (foreign == nullptr) {
      report(file.path, name, reason);
    } else {
      passed_over_.insert(foreign);
      report(file.path, name, Reason::foreign_library, machine_of(*foreign));
    }
    return nullptr;
  }

  bool is_api_set(std::string_view folded) const {
    if (!folded.starts_with("API-") && !folded.starts_with("EXT-")) return false;
    return plan_.find(in_system32("apisetschema.dll")) != nullptr ||
           plan_.find(in_system32(join("downlevel", folded))) != nullptr;
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
  std::set<const File*, ByPath> files_;
  std::map<Folders, std::set<const File*>> followed_;
  std::set<const File*> passed_over_;  // for another machine, and imported
  std::set<Finding> findings_;
};

}  // namespace

std::vector<Finding> check(const Plan& plan, const std::vector<Tool>& tools) {
  Programs programs(plan);
  std::set<Finding> findings;
  for (const Tool& tool : tools) findings.merge(ToolCheck(plan, tool, programs).run());
  return {findings.begin(), findings.end()};
}

}  // namespace remedia::closure
