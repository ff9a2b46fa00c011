// Whether the tools of an image will find there what they need, asked before anything is written.
//
// Windows tells of a missing DLL when the program is started: at three in the morning, beside a
// broken machine. All of it can be known at build time: imports of programs, the machine they are
// for, the runtime of .NET, the interpreter of scripts, how batch files end their lines, and what a
// command line starts.
//
// The base is trusted as closed: what Microsoft put into one image runs in it. A file of the base
// that a tool names or its command starts is asked for what it imports at its start (forbid can
// take that away); not for what it loads later, since Windows PE leaves out what its own programs
// can do without.
//
// Vendors ship folders as they are, with programs for other machines and scripts that nobody means
// to start here. So some of what is wrong with a file is an error only if the tool starts it:
//
//   - A tool without a command starts all its files: people do, from a prompt.
//   - Else it starts what its command starts, what the recipe names among its programs, and files
//     whose name stands in the command or in a batch file of the tool (programs and scripts also
//     without their extension, as a word of their own).
//   - A program that is not started and is for another machine, a .NET file that no started program
//     imports where .NET is missing, a script that is not started and has no interpreter: warnings.
//   - All else is an error in every file, so what native programs import: they can run here.
//
// Also warnings, as programs are built to live with it or have it: an API set that is loaded when
// it is first called (they ask IsApiSetImplemented before; Microsoft, "Detect API set
// availability"), and a library that lies in a side-by-side assembly in Windows/WinSxS, where
// Windows finds it for programs whose manifest names the assembly.
//
// Not seen: libraries that a program loads by name when it runs, assemblies of .NET, manifests, and
// functions that a library does not have.
#pragma once

#include "media/wim.h"
#include "support/diagnostic.h"
#include "support/file.h"
#include "support/tree.h"

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace remedia::closure {

/// A path in the image as the image spells paths: `X:\Tools\a.exe`, `%SystemRoot%\a.exe` and
/// `/Tools/a.exe` too. Empty if it cannot be one: another drive, another variable, a `..` too many.
std::string image_path(std::string_view text);

/// What the image will hold: a base and additions, in this order of calls. Paths match in any case.
class Plan {
 public:
  struct File {
    std::string path;                  ///< '/' between names
    const wim::Entry* base = nullptr;  ///< null: an addition
    Slice content = {};                ///< of an addition
    std::uint64_t size() const { return base != nullptr ? base->size : content.size(); }
  };

  /// `architecture` as in wim::Image. `scratch` names a file for the time of one call: what has to
  /// be looked into and is in the base is extracted there.
  Plan(std::string architecture, fs::path scratch);

  /// `base` must outlive this.
  void add_base(const wim::File& base, int image);
  void add(std::string_view target, Slice content);
  void add(const std::vector<TreeEntry>& tree);

  /// Null if there is no such file; folders are none.
  const File* find(std::string_view path) const;
  /// Files of this name in side-by-side assemblies of Windows/WinSxS, by path. The store of
  /// Windows' own components, which lies there too, is none: no manifest leads into it.
  std::vector<const File*> side_by_side(std::string_view name) const;
  const std::string& architecture() const { return architecture_; }
  /// Calls `use` with the content; throws Failure if it cannot be taken out of the base.
  void look_into(const File& file, const std::function<void(const Slice&)>& use) const;

 private:
  std::string architecture_;
  fs::path scratch_;
  const wim::File* base_ = nullptr;
  int image_ = 0;
  std::map<std::string, File> files_;  // by folded path
};

struct Tool {
  std::string id;
  std::vector<std::string> files = {};     ///< that it brings: paths in the image
  std::vector<std::string> programs = {};  ///< that it is said to consist of, the base's too
  /// What starts it; empty: nothing does. What is to be there is its first word, which may be
  /// quoted, as CreateProcess takes it.
  std::string command = {};
  /// Names of libraries and files, or paths, which are what a Finding says is missing, or the file
  /// that it is about if it names nothing missing. A path excepts everything about that file.
  /// `*` and `?` as in wim::Glob.
  std::vector<std::string> allow_missing = {};
};

enum class Reason {
  no_file,           ///< the image does not hold a file of the tool
  no_library,        ///< an imported DLL is not there
  no_later_library,  ///< the same of one that is loaded when it is first called
  foreign_library,   ///< it is there, for another machine
  foreign_program,   ///< the program itself is for another machine
  unused_foreign,    ///< warning: a library for another machine that no program imports
  damaged,           ///< no sound PE file
  too_large,         ///< warning: larger than kLargest, not looked into
  no_runtime,        ///< .NET is not there
  line_ends,         ///< of a batch file
  encoding,          ///< of a batch file
  no_interpreter,    ///< of a script
  no_command,        ///< what the command line starts is not there
  empty_command,     ///< it names no program
  not_started,       ///< it is there, and CreateProcess does not start such files
  unknown_command,   ///< warning: only the running machine knows what that is
  unused_exception,  ///< warning: an entry of allow_missing excepts nothing
  unread_api_sets,   ///< warning: of no tool; all API sets are taken for good
};

constexpr std::uint64_t kLargest = 512u << 20;  ///< bytes of a file that is looked into

struct Finding {
  std::string tool;
  std::string file;     ///< path in the image; empty if it is about the command or an exception
  std::string missing;  ///< name or path; empty if something is wrong with `file` itself
  Reason reason = Reason::no_file;
  std::string detail = {};  ///< for people: a machine, a line, ...
  bool warning = false;     ///< though the reason is an error elsewhere

  auto operator<=>(const Finding&) const = default;
};

/// What Windows starts for a command line; null if that is not in the image or cannot be started.
const Plan::File* program_of(const Plan& plan, std::string_view command);

/// Everything that is missing, sorted, each once. Throws Failure if the base cannot be read.
std::vector<Finding> check(const Plan& plan, const std::vector<Tool>& tools);

/// Message, hint and severity.
Diagnostic describe(const Finding& finding);

/// Throws Failure with all findings that are errors, if there is one; the rest is returned, for the
/// caller to show.
std::vector<Diagnostic> require_closed(const Plan& plan, const std::vector<Tool>& tools);

}  // namespace remedia::closure
