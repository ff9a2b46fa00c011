// The session's tools that only print: they run without a window of their own, and a page shows
// what they printed. So an image without a command prompt can still say what is wrong with a PC.
#include "launcher/output.h"
#include "launcher/session.h"
#include "launcher/text.h"

#include <utility>

namespace remedia::launcher {

void Session::show_working(const Tool& tool) {
  Page working =
      page(PageKind::working, tool.title, text(Text::tool_working, {{"title", tool.title}}));
  working.buttons.push_back({Action::stop_tool, text(Text::button_stop_tool), false, false});
  add_exits(working);
  show(std::move(working));
}

// Its page stays until it has ended: what is not there any more cannot be shown as running.
void Session::stop_tool() {
  if (shown_.kind != PageKind::working || !working_) return;
  machine_.log("stop was chosen");
  stopped_ = true;
  machine_.end(*working_);
}

void Session::show_output(const Tool& tool, std::uint32_t code, const Printed& printed) {
  working_.reset();
  machine_.mark("showing the output of " + tool.id);
  std::string output = as_on_console(printed.text);
  if (printed.cut) {
    if (!output.empty() && output.back() != '\n') output += '\n';
    output += text(Text::output_cut) + "\n";
  }
  std::string body;
  if (stopped_) {
    body = text(Text::tool_stopped, {{"title", tool.title}});
  } else if (code != 0) {
    body = outcome(tool, code);
  }
  const auto say_more = [&body](const std::string& line) {
    body += (body.empty() ? "" : "\n") + line;
  };
  if (!body.empty()) machine_.log(body);
  const Tone tone = body.empty() ? Tone::plain : Tone::warning;
  if (output.empty()) say_more(text(Text::output_none));
  std::string files;
  for (const std::string& file : machine_.keep_output(tool.id, replaced(output, "\n", "\r\n"))) {
    files += (files.empty() ? "" : ", ") + file;
  }
  if (!output.empty() && !files.empty()) say_more(text(Text::output_kept, {{"files", files}}));
  Page shown = page(PageKind::output, tool.title, body, tone);
  shown.output = std::move(output);
  shown.buttons.push_back({Action::back, text(Text::button_back), true, false});
  show(std::move(shown));
}

}  // namespace remedia::launcher
