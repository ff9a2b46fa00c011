// The session's menu: its page, the question before a tool, the start and the end of tools, and the
// choice of an offline Windows.
#include "launcher/command.h"
#include "launcher/session.h"
#include "launcher/text.h"

#include <utility>

namespace remedia::launcher {
namespace {

constexpr std::uint32_t kClosed = 0xc000013a;   // STATUS_CONTROL_C_EXIT
constexpr std::uint32_t kCrashed = 0xc0000000;  // from here on: NTSTATUS errors

}  // namespace

void Session::show_menu() {
  machine_.mark("showing the menu");
  running_.resize(policy_.tools.size());
  MenuFacts facts;
  facts.read_only = read_only_;
  facts.network_up = network_up_;
  facts.windows_chosen = window_.has_value();
  facts.windows_found = !windows_.empty();
  facts.remote_running = remote_running_;
  facts.running = running_;
  for (const Tool& tool : policy_.tools) {
    facts.file_missing.push_back(!tool.file.empty() && !machine_.exists(tool.file));
  }
  items_ = make_menu(policy_, facts);

  std::string body = standing_;
  for (const std::string& line : notes_) body += (body.empty() ? "" : "\n") + line;
  Page menu = page(PageKind::menu, policy_.title, body, body.empty() ? Tone::plain : Tone::warning);
  add_groups(menu);
  menu.buttons.push_back({Action::open, text(Text::button_start), true, true});
  add_exits(menu);
  show(std::move(menu));
}

void Session::add_groups(Page& page) {
  item_of_row_.clear();
  std::string group;
  for (std::size_t i = 0; i < items_.size(); ++i) {
    const MenuItem& item = items_[i];
    if (item.group != group || i == 0) {
      group = item.group;
      Row heading;
      heading.text = group;
      heading.heading = true;
      heading.enabled = false;
      page.rows.push_back(std::move(heading));
      item_of_row_.push_back(-1);
    }
    Row row;
    row.text = item.title;
    row.detail = item.description;
    if (item.kind == ItemKind::windows && window_) {
      row.detail +=
          "\n\n" + text(Text::windows_chosen, {{"windows", windows_text(windows_[*window_])}});
    }
    if (!item.enabled) {
      row.detail += "\n\n" + text(Text::not_available, {{"reason", item.why_not}});
    }
    row.mark = risk_name(policy_.language, item.risk);
    row.risk = item.risk;
    row.enabled = item.enabled;
    if (static_cast<int>(i) == chosen_ || (chosen_ < 0 && page.chosen < 0 && item.enabled)) {
      page.chosen = static_cast<int>(page.rows.size());
    }
    page.rows.push_back(std::move(row));
    item_of_row_.push_back(static_cast<int>(i));
  }
  if (page.chosen < 0 && page.rows.size() > 1) page.chosen = 1;  // nothing can be started
}

void Session::open(int row) {
  if (shown_.kind != PageKind::menu || row < 0) return;
  if (static_cast<std::size_t>(row) >= item_of_row_.size()) return;
  const int index = item_of_row_[static_cast<std::size_t>(row)];
  if (index < 0) return;
  chosen_ = index;
  const MenuItem item = items_[static_cast<std::size_t>(index)];
  if (item.enabled) open_item(item);
}

void Session::open_item(const MenuItem& item) {
  notes_.clear();
  switch (item.kind) {
    case ItemKind::windows:
      return show_windows();
    case ItemKind::bitlocker:
      return look_for_locked();
    case ItemKind::remote:
      return remote_running_ ? show_remote() : show_consent();
    case ItemKind::tool:
      break;
  }
  const Question question = question_before(policy_.confirm, item.risk);
  if (question == Question::none) return start_tool(item.tool);
  ask(item, question);
}

void Session::ask(const MenuItem& item, Question question) {
  asked_ = item.tool;
  const Tool& tool = policy_.tools[asked_];
  const bool typed = question == Question::typed;
  std::string body =
      text(typed ? Text::confirm_destructive : Text::confirm_plain, {{"title", tool.title}}) +
      "\n\n" + item.description;
  if (tool.needs_windows && window_) {
    body += "\n\n" + text(Text::windows_chosen, {{"windows", windows_text(windows_[*window_])}});
  }
  Page confirm = page(PageKind::confirm, tool.title, body, typed ? Tone::error : Tone::warning);
  if (typed) {
    confirm.field =
        text(Text::confirm_field, {{"title", tool.title}, {"word", text(Text::confirm_word)}});
  }
  confirm.buttons.push_back({Action::confirm, text(Text::button_start), false, false});
  confirm.buttons.push_back({Action::back, text(Text::button_back), true, false});
  show(std::move(confirm));
}

void Session::confirm(std::string_view typed) {
  if (shown_.kind != PageKind::confirm) return;
  const Tool& tool = policy_.tools[asked_];
  const bool needed = question_before(policy_.confirm, tool.risk) == Question::typed;
  if (needed && !is_confirmed(typed, tool.title, policy_.language)) {
    note(text(Text::not_confirmed, {{"title", tool.title}}));
    return show_menu();
  }
  machine_.log("confirmed: " + tool.title);
  start_tool(asked_);
}

void Session::start_tool(std::size_t index) {
  const Tool& tool = policy_.tools[index];
  std::optional<std::string> folder;
  std::optional<std::string> drive;
  if (window_) {
    folder = windows_[*window_].directory;
    drive = windows_drive(windows_[*window_]);
  }
  const auto command = expand_command(tool.command, {{"%TARGET_WINDIR%", folder},
                                                     {"%TARGET_DRIVE%", drive},
                                                     {"%SYSTEMROOT%", root_ + "Windows"},
                                                     {"%WINDIR%", root_ + "Windows"},
                                                     {"%SYSTEMDRIVE%", root_.substr(0, 2)}});
  if (!command) {
    note(text(Text::start_failed, {{"title", tool.title}, {"code", text(Text::why_no_windows)}}));
    return show_menu();
  }
  machine_.mark("starting " + tool.id);
  machine_.log("start " + tool.id + ": " + *command);
  launch(index, *command);
}

void Session::launch(std::size_t index, const std::string& command) {
  const Tool& tool = policy_.tools[index];
  const std::uint32_t error =
      tool.show_output ? machine_.start_quietly(index, command) : machine_.start(index, command);
  if (error != 0) {
    note(text(Text::start_failed, {{"title", tool.title}, {"code", show_code(error)}}));
    return show_menu();
  }
  running_[index] = true;
  if (!tool.show_output) return show_menu();
  working_ = index;
  stopped_ = false;
  show_working(tool);
}

void Session::ended(std::size_t id, std::uint32_t code, const Printed& printed) {
  if (id >= kAgent) {
    machine_.log("the remote agent ended: " + show_code(code));
    if (!remote_running_ || id != agent_) return;  // one that was stopped: another may run now
    stop_remote(true);
    if (shown_.kind == PageKind::remote) show_menu();
    return;
  }
  if (id >= policy_.tools.size()) return;
  running_[id] = false;
  const Tool& tool = policy_.tools[id];
  machine_.log("end " + tool.id + ": " + show_code(code));
  if (working_ == id) return show_output(tool, code, printed);
  // A closed window is no failure: that is how one ends a console.
  if (code != 0 && code != kClosed) note(outcome(tool, code));
  if (shown_.kind == PageKind::menu && waiting_ == 0) show_menu();
}

// The exit code of a crashed program is an NTSTATUS.
std::string Session::outcome(const Tool& tool, std::uint32_t code) const {
  const bool crashed = code >= kCrashed;
  return text(crashed ? Text::tool_crashed : Text::tool_failed,
              {{"title", tool.title}, {"code", show_code(code)}});
}

std::string Session::windows_text(const OfflineWindows& windows) const {
  std::string line = windows_name(windows.values);
  for (const std::string& part :
       {windows_build(windows.values), language_name(windows.values.language), windows.volume}) {
    if (!part.empty()) line += ", " + part;
  }
  return windows.directory + ": " + line;
}

std::string Session::protection_text(const OfflineWindows& windows) const {
  for (const std::string& drive : opened_) {
    if (same_ascii(drive, windows_drive(windows))) return text(Text::protection_opened);
  }
  switch (windows.protection) {
    case Protection::on:
      return text(Text::protection_on);
    case Protection::off:
      return text(Text::protection_off);
    case Protection::unknown:
      break;
  }
  return text(Text::protection_unknown);
}

std::string Session::windows_detail(const OfflineWindows& windows) const {
  const WindowsValues& values = windows.values;
  const auto known = [this](const std::string& value) {
    return value.empty() ? text(Text::windows_unknown) : value;
  };
  std::string detail =
      text(Text::windows_detail, {{"directory", windows.directory},
                                  {"edition", known(values.edition_id)},
                                  {"build", known(windows_build(values))},
                                  {"language", known(language_name(values.language))},
                                  {"volume", known(windows.volume)},
                                  {"protection", protection_text(windows)}});
  if (!windows.registry_read) detail += "\n\n" + text(Text::windows_unreadable);
  return detail;
}

void Session::show_windows() {
  std::string body = text(Text::windows_text);
  std::string locked;
  for (const std::string& drive : machine_.unreadable_drives()) {
    locked += (locked.empty() ? "" : ", ") + drive;
  }
  if (!locked.empty()) body += "\n" + text(Text::windows_locked, {{"drives", locked}});
  Page list = page(PageKind::windows, text(Text::windows_title), body);
  for (std::size_t i = 0; i < windows_.size(); ++i) {
    const OfflineWindows& windows = windows_[i];
    Row row;
    row.text = windows.directory + ": " + windows_name(windows.values);
    row.detail = windows_detail(windows);
    list.rows.push_back(std::move(row));
    if (window_ == i) list.chosen = static_cast<int>(i);
  }
  if (list.chosen < 0 && !windows_.empty()) list.chosen = 0;
  list.buttons.push_back({Action::open, text(Text::button_choose), true, true});
  list.buttons.push_back({Action::back, text(Text::button_back), false, false});
  show(std::move(list));
}

void Session::choose_windows(std::size_t index) {
  window_ = index;
  chosen_windows_ = windows_[index].directory;
}

void Session::take_windows(int row) {
  if (row < 0 || static_cast<std::size_t>(row) >= windows_.size()) return;
  choose_windows(static_cast<std::size_t>(row));
  machine_.log("chosen " + windows_text(windows_[*window_]));
  show_menu();
}

}  // namespace remedia::launcher
