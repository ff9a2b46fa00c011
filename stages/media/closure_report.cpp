// What people are told about a Finding.
#include "media/closure.h"

namespace remedia::closure {

namespace {

constexpr std::string_view kExcept = "or, if it is not needed, name it in allow_missing";

bool is_warning(Reason reason) {
  return reason == Reason::unused_foreign || reason == Reason::too_large ||
         reason == Reason::unknown_command || reason == Reason::unused_exception;
}

std::string message_of(const Finding& f) {
  switch (f.reason) {
    case Reason::no_file:
      return fmt::format("its file '{}' is not in the image", f.file);
    case Reason::no_library:
      return fmt::format("'{}' imports {}, which is not in the image", f.file, f.missing);
    case Reason::no_later_library:
      return fmt::format("'{}' loads {} when it first calls it, and it is not in the image", f.file,
                         f.missing);
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
    case Reason::unknown_command:
      return fmt::format("its command starts '{}', which only the running system can find",
                         f.missing);
    case Reason::unused_exception:
      return fmt::format("allow_missing names '{}', and nothing of that name is missing",
                         f.missing);
  }
  return {};
}

std::string hint_of(Reason reason) {
  switch (reason) {
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
      return fmt::format(
          "take a base with WinPE-PowerShell, WinPE-Scripting or WinPE-HTA as needed, {}", kExcept);
    case Reason::no_command:
      return "write the path in the image, in quotes if it has spaces; what cmd has built in is "
             "started by `cmd /c`";
    case Reason::unknown_command:
      return "start it by a path on X:, where it can be checked";
    case Reason::unused_exception:
      return "remove the entry";
  }
  return {};
}

}  // namespace

Diagnostic describe(const Finding& finding) {
  return {.severity = is_warning(finding.reason) ? Severity::warning : Severity::error,
          .message = fmt::format("tool '{}': {}", finding.tool, message_of(finding)),
          .hint = hint_of(finding.reason)};
}

std::vector<Diagnostic> require_closed(const Plan& plan, const std::vector<Tool>& tools) {
  std::vector<Diagnostic> errors;
  std::vector<Diagnostic> warnings;
  for (const Finding& finding : check(plan, tools)) {
    (is_warning(finding.reason) ? warnings : errors).push_back(describe(finding));
  }
  if (!errors.empty()) {
    errors.insert(errors.end(), warnings.begin(), warnings.end());
    throw Failure(std::move(errors));
  }
  return warnings;
}

}  // namespace remedia::closure
