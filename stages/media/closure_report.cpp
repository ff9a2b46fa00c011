// What people are told about a Finding.
#include "media/closure.h"

namespace remedia::closure {

namespace {

constexpr std::string_view kExcept = "or, if it is not needed, name it in allow_missing";

bool is_warning(const Finding& finding) {
  const Reason reason = finding.reason;
  return finding.warning || reason == Reason::unused_foreign || reason == Reason::too_large ||
         reason == Reason::unknown_command || reason == Reason::unused_exception ||
         reason == Reason::unread_api_sets;
}

std::string absence_of(const Finding& finding) {
  return finding.detail.empty() ? "which is not in the image" : finding.detail;
}

std::string message_of(const Finding& f) {
  switch (f.reason) {
    case Reason::no_file:
      return fmt::format("its file '{}' is not in the image", f.file);
    case Reason::no_library:
      return fmt::format("'{}' imports {}, {}", f.file, f.missing, absence_of(f));
    case Reason::no_later_library:
      return fmt::format("'{}' loads {} at its first call, {}", f.file, f.missing, absence_of(f));
    case Reason::foreign_library:
      return fmt::format("'{}' imports {}, but {}", f.file, f.missing, f.detail);
    case Reason::foreign_program:
      return fmt::format("{}", f.detail);
    case Reason::unused_foreign:
      return fmt::format("{}, and no program imports it", f.detail);
    case Reason::damaged:
      return f.detail;
    case Reason::too_large:
      return fmt::format("'{}' was not looked into: it has {}, more than {} bytes", f.file,
                         f.detail, kLargest);
    case Reason::no_runtime:
      return fmt::format("'{}' is a .NET program, and {} is not in the image", f.file, f.missing);
    case Reason::line_ends:
      return fmt::format("'{}' does not end line {} by CR and LF", f.file, f.detail);
    case Reason::encoding:
      return fmt::format(
          "'{}' begins with the byte order mark of {}, which cmd takes for a command", f.file,
          f.detail);
    case Reason::no_interpreter:
      return fmt::format("'{}' needs {}, which is not in the image", f.file, f.missing);
    case Reason::no_command:
      return fmt::format("its command starts '{}', which is not in the image", f.missing);
    case Reason::empty_command:
      return fmt::format("its command '{}' names no program", f.missing);
    case Reason::not_started:
      return fmt::format("its command starts '{}', and Windows starts no such file by itself",
                         f.file);
    case Reason::unknown_command:
      return fmt::format("its command starts '{}', which only the running system can find",
                         f.missing);
    case Reason::unused_exception:
      return fmt::format("allow_missing names '{}', and nothing of that name is missing",
                         f.missing);
    case Reason::unread_api_sets:
      return fmt::format("which API sets the image has is not known: {}", f.detail);
  }
  return {};
}

std::string interpreter_hint(std::string_view interpreter) {
  const std::string_view component = interpreter.ends_with("powershell.exe") ? "WinPE-PowerShell"
                                     : interpreter.ends_with("mshta.exe")    ? "WinPE-HTA"
                                                                             : "WinPE-Scripting";
  if (interpreter.ends_with("cmd.exe")) {
    return fmt::format(
        "the base lacks it, or forbid or remove takes it out: a tier without it can have no batch "
        "files, {}",
        kExcept);
  }
  return fmt::format(
      "take a base with the component {}, and see that forbid or remove does not "
      "take it out, {}",
      component, kExcept);
}

/// Of what is an error elsewhere.
std::string warning_hint(const Finding& finding) {
  switch (finding.reason) {
    case Reason::no_library:
      return "Windows finds it there for programs whose manifest names that assembly: start the "
             "tool once in the image, then name it in allow_missing";
    case Reason::no_later_library:
      return "it may do without it, or find it by its manifest: start the tool once in the image, "
             "then "
             "name it in allow_missing";
    default:
      return "nothing was found that starts it: leave it out, or name it in allow_missing";
  }
}

std::string hint_of(const Finding& finding) {
  if (finding.warning) return warning_hint(finding);
  switch (finding.reason) {
    case Reason::no_file:
      return "check the path, and what removes files of the base";
    case Reason::no_library:
    case Reason::no_later_library:
      return fmt::format(
          "put it beside the program, take a base with the component that has it, {}", kExcept);
    case Reason::foreign_library:
    case Reason::foreign_program:
      return fmt::format(
          "Windows PE runs programs of its own architecture only: take the build for that, {}",
          kExcept);
    case Reason::unused_foreign:
      return "leave it out, or name it in allow_missing";
    case Reason::damaged:
      return "get the file anew, or name it in allow_missing";
    case Reason::too_large:
      return "name it in allow_missing if that is well";
    case Reason::no_runtime:
      return "take a base with the component WinPE-NetFx";
    case Reason::line_ends:
      return "cmd misses labels in such files: convert it by `unix2dos`, and keep it so by "
             "`*.cmd -text` in .gitattributes";
    case Reason::encoding:
      return "save it without a byte order mark, as UTF-8 or in the code page of the image";
    case Reason::no_interpreter:
      return interpreter_hint(finding.missing);
    case Reason::no_command:
      return "write the path in the image with its extension (only .exe may be left out), in "
             "quotes if it has spaces; what cmd has built in is started by `cmd.exe /c`";
    case Reason::empty_command:
      return "write the path in the image, or no command: then the tool is not in the menu";
    case Reason::not_started:
      return "it starts .exe, .com, .bat and .cmd files; start this one by its interpreter: "
             "`cmd.exe /c`, `cscript.exe`, `powershell.exe -File`";
    case Reason::unknown_command:
      return "start it by a path on X:, where it can be checked";
    case Reason::unused_exception:
      return "remove the entry";
    case Reason::unread_api_sets:
      return "imports of API sets (api-*, ext-*) are taken for good: start each tool once in the "
             "image";
  }
  return {};
}

}  // namespace

Diagnostic describe(const Finding& finding) {
  const std::string of = finding.tool.empty() ? "" : fmt::format("tool '{}': ", finding.tool);
  return {.severity = is_warning(finding) ? Severity::warning : Severity::error,
          .message = of + message_of(finding),
          .hint = hint_of(finding)};
}

std::vector<Diagnostic> require_closed(const Plan& plan, const std::vector<Tool>& tools) {
  std::vector<Diagnostic> errors;
  std::vector<Diagnostic> warnings;
  for (const Finding& finding : check(plan, tools)) {
    (is_warning(finding) ? warnings : errors).push_back(describe(finding));
  }
  if (!errors.empty()) {
    errors.insert(errors.end(), warnings.begin(), warnings.end());
    throw Failure(std::move(errors));
  }
  return warnings;
}

}  // namespace remedia::closure
