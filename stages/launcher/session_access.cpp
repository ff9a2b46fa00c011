// The session's two ways in: BitLocker drives, and Remote Connection.
#include "launcher/command.h"
#include "launcher/session.h"
#include "launcher/text.h"

#include <utility>

namespace remedia::launcher {
namespace {

constexpr std::string_view kRule = "\"Remedia Remote Connection\"";

}  // namespace

// A drive that cannot be read and has a recovery password is locked; one without may be raw.
void Session::look_for_locked() {
  busy(Text::busy_bitlocker);
  locked_.clear();
  ++waiting_;
  for (const std::string& drive : machine_.unreadable_drives()) {
    const RunResult result = machine_.run(system("manage-bde.exe") + " -protectors -get " + drive +
                                          " -Type RecoveryPassword");
    machine_.log("manage-bde -protectors " + drive + ": " + show_code(result.code));
    if (!result.started) break;
    if (const auto id = key_id_in(result.output)) locked_.push_back({drive, *id});
  }
  --waiting_;
  show_locked(text(locked_.empty() ? Text::no_locked : Text::bitlocker_text), Tone::plain);
}

// Shown again with an error, it keeps what was typed: nobody wants to type 48 digits twice.
void Session::show_locked(std::string message, Tone tone) {
  Page locked = page(PageKind::bitlocker, text(Text::bitlocker_title), std::move(message), tone);
  for (const LockedVolume& volume : locked_) {
    Row row;
    row.text = volume.drive;
    row.detail = text(Text::key_id, {{"id", volume.key_id}});
    locked.rows.push_back(std::move(row));
  }
  if (!locked_.empty()) {
    locked.chosen = 0;
    locked.field = text(Text::bitlocker_field);
    locked.buttons.push_back({Action::unlock, text(Text::button_unlock), true, true});
    locked.buttons.push_back({Action::unlock_by_file, text(Text::button_key_file), false, true});
  }
  locked.buttons.push_back({Action::back, text(Text::button_back), false, false});
  show(std::move(locked));
}

void Session::unlock(int row, std::string_view typed) {
  if (row < 0 || static_cast<std::size_t>(row) >= locked_.size()) return;
  const std::string drive = locked_[static_cast<std::size_t>(row)].drive;
  const RecoveryPassword password = check_recovery_password(typed);
  const std::string group = decimal(static_cast<unsigned>(password.group));
  switch (password.fault) {
    case RecoveryFault::length:
    case RecoveryFault::character:
      return show_locked(text(Text::recovery_digits), Tone::error);
    case RecoveryFault::group:
      return show_locked(text(Text::recovery_group, {{"group", group}}), Tone::error);
    case RecoveryFault::none:
      break;
  }
  remember_opened(drive);
  machine_.log("unlocking " + drive + " by recovery password");  // which is never logged
  ++waiting_;
  const RunResult result = machine_.run(system("manage-bde.exe") + " -unlock " + drive +
                                        " -RecoveryPassword " + password.text);
  --waiting_;
  unlocked(drive, result);
}

void Session::unlock_by_file(int row) {
  if (row < 0 || static_cast<std::size_t>(row) >= locked_.size()) return;
  const std::string drive = locked_[static_cast<std::size_t>(row)].drive;
  const std::vector<std::string> files = machine_.key_files();
  if (files.empty()) return show_locked(text(Text::no_key_file), Tone::error);
  remember_opened(drive);
  machine_.log("unlocking " + drive + " by key file");
  RunResult result;
  ++waiting_;
  for (const std::string& file : files) {
    result = machine_.run(system("manage-bde.exe") + " -unlock " + drive + " -RecoveryKey " +
                          quoted_argument(file));
    if (result.started && result.code == 0) break;
  }
  --waiting_;
  unlocked(drive, result);
}

void Session::unlocked(const std::string& drive, const RunResult& result) {
  machine_.log("manage-bde -unlock " + drive + ": " + show_code(result.code));
  if (!result.started || result.code != 0) {
    remember_opened();
    return show_locked(
        text(Text::unlock_failed, {{"drive", drive}, {"code", show_code(result.code)}}),
        Tone::error);
  }
  add_opened(drive);
  remember_opened();
  ++waiting_;
  look_for_windows();
  --waiting_;
  note(text(Text::unlocked, {{"drive", drive}}));
  show_menu();
}

std::string Session::remote_title() const {
  return policy_.remote_title.empty() ? text(Text::remote_title) : policy_.remote_title;
}

// An agent whose command line does not take our ticket shows one of its own.
bool Session::has_own_ticket() const {
  return upper_ascii(policy_.remote_agent).find("{TICKET}") == std::string::npos;
}

void Session::show_consent() {
  std::string body = text(Text::consent_text);
  if (!policy_.remote_message.empty()) body += "\n\n" + policy_.remote_message;
  Page consent = page(PageKind::consent, remote_title(), body, Tone::warning);
  consent.buttons.push_back({Action::allow, text(Text::button_allow), false, false});
  consent.buttons.push_back({Action::back, text(Text::button_back), true, false});
  show(std::move(consent));
}

void Session::start_remote() {
  if (shown_.kind != PageKind::consent || remote_running_) return;
  const auto ticket = make_ticket(machine_.random(64));
  const std::vector<std::uint8_t> number = machine_.random(2);
  if (!ticket || number.size() != 2) {
    note(text(Text::no_random));
    return show_menu();
  }
  ticket_ = *ticket;
  port_ = policy_.remote_port != 0 ? policy_.remote_port : make_port(number[0], number[1]);
  addresses_ = machine_.addresses();
  const auto command =
      expand_command(policy_.remote_agent, {{"{ticket}", ticket_},
                                            {"{port}", decimal(port_)},
                                            {"%SYSTEMROOT%", root_ + "Windows"},
                                            {"%WINDIR%", root_ + "Windows"},
                                            {"%SYSTEMDRIVE%", root_.substr(0, 2)}});
  machine_.log("remote help was allowed, port " + decimal(port_));  // the ticket is a secret
  ++waiting_;
  const bool opened = open_port();
  --waiting_;
  const std::uint32_t error = opened && command ? machine_.start_agent(++agent_, *command) : 1;
  if (error != 0) {
    note(text(Text::start_failed, {{"title", remote_title()},
                                   {"code", opened ? show_code(error) : text(Text::no_port)}}));
    if (opened) close_port();
    return show_menu();
  }
  machine_.log("start the remote agent");
  remote_running_ = true;
  if (!has_own_ticket() &&
      !machine_.write(system("inv32.xml"), inv32_xml(ticket_, port_, addresses_))) {
    machine_.log("inv32.xml could not be written");
  }
  show_remote();
}

// One port for as long as the agent runs; the firewall itself stays on.
bool Session::open_port() {
  const RunResult result = machine_.run(
      system("netsh.exe") + " advfirewall firewall add rule name=" + std::string(kRule) +
      " dir=in action=allow protocol=TCP localport=" + decimal(port_));
  machine_.log("netsh add rule: " + show_code(result.code));
  return result.started && result.code == 0;
}

void Session::close_port() {
  ++waiting_;
  const RunResult result = machine_.run(
      system("netsh.exe") + " advfirewall firewall delete rule name=" + std::string(kRule));
  --waiting_;
  machine_.log("netsh delete rule: " + show_code(result.code));
}

// Its file goes, too: the ticket is worth nothing any more, but it is nobody's business.
void Session::forget_ticket() {
  ticket_.clear();
  const std::string file = system("inv32.xml");
  if (machine_.exists(file) && !machine_.write(file, "")) {
    machine_.log("inv32.xml could not be emptied");
  }
}

void Session::show_remote() {
  std::string body = text(Text::remote_running);
  for (const bool link_local : {false, true}) {
    for (const Address& address : addresses_) {
      if (address.link_local == link_local) body += "\n" + address.text;
    }
  }
  if (addresses_.empty()) body += "\n" + text(Text::no_address);
  if (!policy_.remote_message.empty()) body += "\n\n" + policy_.remote_message;
  Page remote = page(PageKind::remote, remote_title(), body);
  remote.lead = text(has_own_ticket() ? Text::remote_port_only : Text::remote_ticket,
                     {{"ticket", ticket_}, {"port", decimal(port_)}});
  remote.buttons.push_back({Action::back, text(Text::button_back), true, false});
  remote.buttons.push_back({Action::stop, text(Text::button_stop), false, false});
  show(std::move(remote));
}

void Session::stop_remote(bool agent_ended) {
  if (!remote_running_) return;
  remote_running_ = false;
  if (!agent_ended) machine_.end(agent_);
  close_port();
  forget_ticket();
  note(text(Text::remote_ended));
}

}  // namespace remedia::launcher
