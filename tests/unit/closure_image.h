// A small image for the tests of the closure check, and what is missing in it as lines of text.
#pragma once

#include "media/closure.h"
#include "medium/pe_file.h"
#include "support/pe_builder.h"
#include "support/wim_sources.h"
#include "unit/scratch.h"

#include <string>
#include <utility>
#include <vector>

namespace remedia::closure_test {

using namespace closure;
using pe_builder::program;
using Files = std::vector<std::pair<std::string, std::string>>;
using Lines = std::vector<std::string>;

inline const std::string kSys = "Windows/System32/";

/// A base with these files, and additions over it.
class Image {
 public:
  explicit Image(const Files& base, const std::string& architecture = "amd64")
      : wim_(wim_sources::open_wim_file(wim_sources::capture_wim(
            scratch_, "base.wim", wim_sources::write_additions(scratch_, "base", base)))),
        plan_(architecture, scratch_ / "extracted") {
    plan_.add_base(wim_, 1);
  }

  Image& add(const Files& files) {
    for (const auto& [target, content] : files) {
      const fs::path file = scratch_.write(fmt::format("added/{}", ++count_), content);
      plan_.add(target, Slice::whole(file));
    }
    return *this;
  }

  Plan& plan() { return plan_; }
  const Scratch& scratch() const { return scratch_; }

 private:
  Scratch scratch_;
  wim::File wim_;
  Plan plan_;
  int count_ = 0;
};

/// What every Windows has, as far as these tests go: nobody looks into its libraries.
inline Files windows() {
  return {{kSys + "kernel32.dll", "k"},
          {kSys + "msvcrt.dll", "m"},
          {kSys + "cmd.exe", program({})},
          {kSys + "notepad.exe", program({})},
          {"Windows/explorer.exe", program({})}};
}

/// The same without one of them.
inline Files windows_without(std::string_view path) {
  Files files = windows();
  std::erase_if(files, [&](const auto& file) { return file.first == path; });
  return files;
}

/// An apisetschema.dll with this table.
inline std::string schema(const std::vector<medium::ApiSet>& sets) {
  return medium::pe_file({.library = true, .api_sets = medium::api_set_table(sets)});
}

inline std::string_view name_of(Reason reason) {
  constexpr std::string_view kNames[] = {"no_file",         "no_library",       "no_later_library",
                                         "foreign_library", "foreign_program",  "unused_foreign",
                                         "damaged",         "too_large",        "no_runtime",
                                         "line_ends",       "encoding",         "no_interpreter",
                                         "no_command",      "empty_command",    "not_started",
                                         "unknown_command", "unused_exception", "unread_api_sets"};
  return kNames[static_cast<std::size_t>(reason)];
}

/// As "tool: file > missing (reason)", with a "?" behind the reason where it is but a warning.
inline Lines lines_of(const Plan& plan, const std::vector<Tool>& tools) {
  Lines lines;
  for (const Finding& one : check(plan, tools)) {
    lines.push_back(fmt::format("{}: {} > {} ({}{})", one.tool, one.file, one.missing,
                                name_of(one.reason), one.warning ? "?" : ""));
  }
  return lines;
}
inline Lines lines_of(Image& image, const Tool& tool) { return lines_of(image.plan(), {tool}); }
/// Of a tool "t" with these files.
inline Lines lines_for(Image& image, const std::vector<std::string>& files) {
  return lines_of(image, Tool{.id = "t", .files = files});
}

}  // namespace remedia::closure_test
