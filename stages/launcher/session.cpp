#include "launcher/session.h"

#include "launcher/command.h"
#include "launcher/driver_loading.h"
#include "launcher/text.h"

#include <algorithm>
#include <utility>

namespace remedia::launcher {

Session::Session(Machine& machine, std::string root, Shell placed)
    : machine_(machine), root_(std::move(root)), placed_(placed) {}

std::string Session::system(std::string_view program) const {
  return root_ + "Windows\\System32\\" + std::string(program);
}

std::string Session::remedia(std::string_view file) const {
  return root_ + "Remedia\\" + std::string(file);
}

Page Session::page(PageKind kind, std::string heading, std::string body, Tone tone) {
  Page page;
  page.kind = kind;
  page.heading = std::move(heading);
  page.text = std::move(body);
  page.tone = tone;
  page.stamp = stamp();
  return page;
}

// The machine may run programs and handle messages while the old page is still there: nothing may
// be pressed on it any more.
void Session::show(Page page) {
  shown_ = std::move(page);
  ++waiting_;
  machine_.show(shown_);
  --waiting_;
}

bool Session::is_offered(Action action) const {
  return std::any_of(shown_.buttons.begin(), shown_.buttons.end(),
                     [action](const Button& button) { return button.action == action; });
}

// A bad policy says nothing: then the place of the program does, and a PC is not restarted.
Shell Session::shell() const { return good_policy_ ? policy_.shell : placed_; }

void Session::add_exits(Page& page) {
  if (shell() == Shell::winre) {
    page.buttons.push_back({Action::close, text(Text::button_close), false, false});
    return;
  }
  page.buttons.push_back({Action::restart, text(Text::button_restart), false, false});
  page.buttons.push_back({Action::shut_down, text(Text::button_shut_down), false, false});
}

// What tells two images apart when somebody reads it out on the telephone.
std::string Session::stamp() const {
  if (!good_policy_) return text(Text::stamp_unknown);
  const std::string expires =
      policy_.expires ? to_string(*policy_.expires) : text(Text::stamp_never);
  return text(Text::stamp, {{"image", policy_.image},
                            {"tier", policy_.tier},
                            {"revision", policy_.revision},
                            {"built", to_string(policy_.built)},
                            {"as_of", to_string(policy_.as_of)},
                            {"expires", expires},
                            {"base", policy_.base},
                            {"arch", policy_.arch}}) +
         evidence_stamp();
}

// What it knows of malware and of crashes, as far as it does.
std::string Session::evidence_stamp() const {
  std::string list;
  const auto add = [&list](const std::string& part) { list += ", " + part; };
  if (policy_.definitions_date) {
    add(text(Text::stamp_definitions_of,
             {{"version", policy_.definitions}, {"date", to_string(*policy_.definitions_date)}}));
  } else if (!policy_.definitions.empty()) {
    add(text(Text::stamp_definitions, {{"version", policy_.definitions}}));
  }
  if (!policy_.debuggers.empty()) {
    add(text(Text::stamp_debuggers, {{"version", policy_.debuggers}}));
  }
  if (policy_.symbols) add(text(Text::stamp_symbols, {{"count", decimal(*policy_.symbols)}}));
  return list;
}

void Session::note(std::string line) {
  machine_.log(line);
  notes_.push_back(std::move(line));
  if (notes_.size() > 3) notes_.erase(notes_.begin());
}

void Session::warn(const std::string& line) {
  machine_.log(line);
  standing_ += (standing_.empty() ? "" : "\n") + line;
}

void Session::busy(Text what) {
  machine_.mark(say(Language::en, what));
  show(page(PageKind::busy, good_policy_ ? policy_.title : "Remedia", text(what)));
}

bool Session::read() {
  const auto content = machine_.read(remedia("policy.txt"));
  PolicyResult result;
  if (content) {
    result = read_policy(*content);
  } else {
    result.errors.push_back({0, "the file is missing or cannot be read"});
  }
  policy_ = std::move(result.policy);
  good_policy_ = result.errors.empty();
  if (!good_policy_) show_bad_policy(result.errors);
  return good_policy_;
}

void Session::show_bad_policy(const std::vector<PolicyError>& errors) {
  std::string list;
  for (const PolicyError& error : errors) {
    machine_.log("policy.txt: " + to_string(error));
    list += "\n" + to_string(error);
  }
  Page bad = page(PageKind::notice, text(Text::bad_policy),
                  text(Text::bad_policy_text, {{"file", remedia("policy.txt")}}) + "\n" + list,
                  Tone::error);
  add_exits(bad);
  show(std::move(bad));
}

void Session::begin() {
  machine_.mark("reading policy.txt");
  const bool good = read();
  // Windows' own menu may start us again after somebody ended us.
  if (shell() == Shell::winre) lock_what_was_left_open();
  if (!good) return;
  machine_.log(stamp());
  check_date();
}

void Session::begin_after(std::string_view reason) {
  after_crash_ = true;
  read();
  // Whatever ran then is not known any more; a port that stayed open must not be.
  if (good_policy_ && !policy_.remote_agent.empty()) {
    close_port();
    forget_ticket();
  }
  lock_what_was_left_open();
  machine_.log("the menu ended unexpectedly: " + std::string(reason));
  Page after =
      page(PageKind::notice, text(Text::crash),
           text(Text::crash_text, {{"reason", reason}, {"log", remedia("log.txt")}}) + contact(),
           Tone::error);
  if (good_policy_) {
    after.buttons.push_back({Action::go_on, text(Text::button_again), true, false});
  }
  add_exits(after);
  show(std::move(after));
}

std::string Session::contact() const {
  if (policy_.contact.empty()) return {};
  return "\n\n" + text(Text::contact, {{"contact", policy_.contact}});
}

void Session::check_date() {
  const Expiry expiry = check_expiry(policy_, machine_.today());
  const std::string over = decimal(static_cast<unsigned>(expiry.days_over));
  const std::string left = decimal(static_cast<unsigned>(expiry.days_left));
  switch (expiry.validity) {
    case Validity::clock_wrong:
      return ask_clock();
    case Validity::expired:
      return show_expired(expiry);
    case Validity::read_only:
      read_only_ = true;
      standing_ = text(Text::expired_read_only, {{"days", over}}) + contact();
      break;
    case Validity::grace:
      standing_ = text(Text::expired_grace, {{"days", over}, {"left", left}}) + contact();
      break;
    case Validity::warn:
      standing_ = text(Text::expired_warning, {{"days", over}}) + contact();
      break;
    case Validity::ok:
      break;
  }
  if (!standing_.empty()) machine_.log(standing_);
  past_date();
}

void Session::show_expired(const Expiry& expiry) {
  const std::string message =
      text(Text::expired_text, {{"image", policy_.image},
                                {"expires", to_string(*policy_.expires)},
                                {"days", decimal(static_cast<unsigned>(expiry.days_over))},
                                {"today", to_string(machine_.today())}});
  machine_.log(message);
  Page expired = page(PageKind::notice, text(Text::expired), message + contact(), Tone::error);
  add_exits(expired);
  show(std::move(expired));
}

void Session::ask_clock() {
  const bool refuse = policy_.clock == WrongClock::refuse;
  const std::string message = text(Text::clock_text, {{"today", to_string(machine_.today())},
                                                      {"as_of", to_string(policy_.as_of)}});
  machine_.log(message);
  Page clock =
      page(PageKind::notice, text(Text::clock),
           message + " " + text(refuse ? Text::clock_refused : Text::clock_ask) + contact(),
           refuse ? Tone::error : Tone::warning);
  if (!refuse) clock.buttons.push_back({Action::go_on, text(Text::button_go_on), true, false});
  add_exits(clock);
  show(std::move(clock));
}

void Session::past_date() {
  if (policy_.keyboards.size() > 1) return show_keyboards();
  prepare();
}

void Session::show_keyboards() {
  Page keyboards = page(PageKind::keyboards, text(Text::keyboards), text(Text::keyboards_text));
  for (const Keyboard& keyboard : policy_.keyboards) {
    Row row;
    row.text = machine_.keyboard_name(keyboard);
    keyboards.rows.push_back(std::move(row));
  }
  keyboards.chosen = 0;
  keyboards.buttons.push_back({Action::open, text(Text::button_choose), true, true});
  add_exits(keyboards);
  show(std::move(keyboards));
}

void Session::take_keyboard(int row) {
  if (row < 0 || static_cast<std::size_t>(row) >= policy_.keyboards.size()) return;
  const std::string code = policy_.keyboards[static_cast<std::size_t>(row)].code;
  busy(Text::busy_keyboard);
  ++waiting_;
  const RunResult result = machine_.run(system("wpeutil.exe") + " SetKeyboardLayout " + code);
  --waiting_;
  machine_.log("keyboard " + code + ": " + show_code(result.code));
  prepare();
}

void Session::prepare() {
  ++waiting_;
  load_drivers();
  start_network();
  const bool locked = policy_.shell != Shell::winre || lock_protected();
  if (locked) {
    look_for_windows();
    note_old_definitions();
  }
  --waiting_;
  if (locked) show_menu();
}

// Last of what is noted before the menu, so that what drivers had to say does not push it out. Said
// once: who has read it and goes on knows.
void Session::note_old_definitions() {
  const Date today = machine_.today();
  if (!policy_.definitions_until || today <= *policy_.definitions_until) return;
  const Date date = *policy_.definitions_date;  // the policy has no `until` without it
  note(text(Text::definitions_old,
            {{"date", to_string(date)},
             {"days", decimal(static_cast<unsigned>(today.days - date.days))}}));
}

void Session::load_drivers() {
  const std::string file = remedia("drivers.txt");
  if (!machine_.exists(file)) return;
  busy(Text::busy_drivers);
  const auto content = machine_.read(file);
  if (!content) return note(text(Text::drivers_unreadable, {{"file", file}}));
  const DriverIndex index = read_driver_index(*content);
  for (const std::string& error : index.errors) note("drivers.txt: " + error);
  const auto drivers =
      load_device_drivers(machine_, index, system("drvload.exe"), kMostHungDrivers);
  std::string failed;
  for (const FailedDriver& driver : drivers) {
    failed += (failed.empty() ? "" : ", ") + driver.inf.substr(driver.inf.rfind('\\') + 1) + " (" +
              show_code(driver.code) + ")";
  }
  if (!failed.empty()) note(text(Text::drivers_failed, {{"names", failed}}));
}

void Session::start_network() {
  if (!policy_.network) return;
  busy(Text::busy_network);
  // wpeinit also runs plug and play for the drivers in the image's own store.
  const RunResult init = machine_.run(system("wpeinit.exe"));
  machine_.log("wpeinit: " + show_code(init.code));
  const RunResult network = machine_.run(system("wpeutil.exe") + " InitializeNetwork");
  machine_.log("wpeutil InitializeNetwork: " + show_code(network.code));
  network_up_ = network.started && network.code == 0;
  if (!network_up_) note(text(Text::network_failed, {{"code", show_code(network.code)}}));
}

void Session::look_for_windows() {
  busy(Text::busy_windows);
  windows_ = machine_.find_windows();
  for (OfflineWindows& windows : windows_)
    windows.protection = protection_of(windows_drive(windows));
  for (const OfflineWindows& windows : windows_) machine_.log("found " + windows_text(windows));
  // An index is worth nothing after another look: a drive that was unlocked comes in between.
  window_.reset();
  if (chosen_windows_.empty() && windows_.size() == 1) choose_windows(0);
  for (std::size_t i = 0; i < windows_.size(); ++i) {
    if (same_ascii(windows_[i].directory, chosen_windows_)) window_ = i;
  }
  if (!window_) chosen_windows_.clear();
}

std::string Session::show_code(std::uint32_t code) const { return code_text(code); }

void Session::leave(Action action) {
  const char* what = action == Action::restart     ? "restart"
                     : action == Action::shut_down ? "shut down"
                                                   : "close";
  machine_.log(std::string(what) + " was chosen");
  ++waiting_;
  if (remote_running_) stop_remote(false);
  if (working_) machine_.end(*working_);  // nobody would see what it prints
  working_.reset();
  const auto open = lock_again();
  if (!open.empty() && shell() == Shell::winre) {  // Windows goes on
    --waiting_;
    return show_lock_failed(open[0].first, open[0].second);
  }
  opened_.clear();  // a PC that restarts locks them all
  remember_opened();
  if (action == Action::restart) machine_.run(system("wpeutil.exe") + " Reboot");
  if (action == Action::shut_down) machine_.run(system("wpeutil.exe") + " Shutdown");
  --waiting_;
  machine_.clear_mark();
  machine_.leave();
}

void Session::act(Action action, int row, std::string_view typed) {
  if (waiting_ != 0 || !is_offered(action)) return;
  switch (action) {
    case Action::none:
      return;
    case Action::restart:
    case Action::shut_down:
    case Action::close:
      return leave(action);
    case Action::go_on:
      machine_.log("go on was chosen");
      return std::exchange(after_crash_, false) ? check_date() : past_date();
    case Action::open:
      if (shown_.kind == PageKind::keyboards) return take_keyboard(row);
      if (shown_.kind == PageKind::windows) return take_windows(row);
      return open(row);
    case Action::confirm:
      return confirm(typed);
    case Action::unlock:
      return unlock(row, typed);
    case Action::unlock_by_file:
      return unlock_by_file(row);
    case Action::allow:
      return start_remote();
    case Action::stop:
      stop_remote(false);
      return show_menu();
    case Action::stop_tool:
      return stop_tool();
    case Action::back:
      if (!working_) show_menu();
      return;
  }
}

}  // namespace remedia::launcher
