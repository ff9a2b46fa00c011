// The session's care for what BitLocker protects: what Windows or somebody here unlocked is locked
// before tools are offered and before people leave, and after a crash of the one that ran before.
#include "launcher/session.h"
#include "launcher/text.h"

#include <algorithm>

namespace remedia::launcher {
namespace {

// X: is memory of this PC; who could write there needs no file. Still, nothing else is a drive.
bool is_drive(std::string_view line) {
  return line.size() == 2 && line[0] >= 'A' && line[0] <= 'Z' && line[1] == ':';
}

}  // namespace

// By its exit code: what it prints depends on the language of the image. Microsoft documents 0 for
// a volume that is protected and 1 for one that is not.
Protection Session::protection_of(const std::string& drive) {
  const std::string program = system("manage-bde.exe");
  if (!machine_.exists(program)) return Protection::unknown;
  const RunResult result = machine_.run(program + " -status " + drive + " -p");
  machine_.log("manage-bde -status " + drive + ": " + show_code(result.code));
  if (!result.started || result.code > 1) return Protection::unknown;
  return result.code == 0 ? Protection::on : Protection::off;
}

// Why the drive stays open, or nothing. One that cannot be read is not open, whatever manage-bde
// says of it: it was locked before, or somebody has pulled it out.
std::optional<std::string> Session::lock(const std::string& drive) {
  const RunResult result =
      machine_.run(system("manage-bde.exe") + " -lock " + drive + " -ForceDismount");
  machine_.log("manage-bde -lock " + drive + ": " + show_code(result.code));
  if (result.started && result.code == 0) return std::nullopt;
  const std::vector<std::string> readable = machine_.readable_drives();
  if (std::find(readable.begin(), readable.end(), drive) == readable.end()) return std::nullopt;
  return show_code(result.code);
}

void Session::show_lock_failed(const std::string& drive, const std::string& code) {
  const std::string what = text(Text::lock_failed, {{"drive", drive}, {"code", code}});
  machine_.log(what);
  Page open = page(PageKind::notice, policy_.title, what + contact(), Tone::error);
  add_exits(open);
  show(std::move(open));
}

// Windows unlocks its drive for a recovery image that it trusts, before recenv.exe runs. Nothing
// says that recenv.exe locks it again before it starts the image's tool; so it is locked here, and
// without that nothing is offered. Who knows the recovery password can unlock it again.
bool Session::lock_protected() {
  const std::string program = system("manage-bde.exe");
  if (!machine_.exists(program)) {  // builds demand it
    warn(text(Text::lock_missing, {{"file", program}}));
    return true;
  }
  busy(Text::busy_bitlocker);
  for (const std::string& drive : machine_.readable_drives()) {
    const Protection protection = protection_of(drive);
    if (protection == Protection::off) continue;
    const auto error = lock(drive);
    if (!error) continue;
    if (protection == Protection::on) {
      show_lock_failed(drive, *error);
      return false;
    }
    warn(text(Text::lock_unknown, {{"drive", drive}, {"code", *error}}));
  }
  return true;
}

// Before a drive is unlocked: whoever starts after a crash has to know of it. Letters, no keys.
void Session::remember_opened(const std::string& more) {
  std::string list;
  for (const std::string& drive : opened_) list += drive + "\n";
  if (!more.empty()) list += more + "\n";
  const std::string file = remedia("opened.txt");
  if (list.empty() && !machine_.exists(file)) return;
  if (!machine_.write(file, list)) machine_.log(file + " could not be written");
}

void Session::lock_what_was_left_open() {
  const auto list = machine_.read(remedia("opened.txt"));
  if (!list) return;
  for (const std::string_view line : split(*list, '\n')) {
    if (is_drive(line)) add_opened(std::string(line));
  }
  ++waiting_;
  for (const auto& [drive, code] : lock_again()) {
    note(text(Text::still_open, {{"drive", drive}, {"code", code}}));
  }
  --waiting_;
}

void Session::add_opened(const std::string& drive) {
  if (std::find(opened_.begin(), opened_.end(), drive) == opened_.end()) opened_.push_back(drive);
}

// Those that stay open, with the reason: they are still to be locked.
std::vector<std::pair<std::string, std::string>> Session::lock_again() {
  std::vector<std::pair<std::string, std::string>> open;
  for (const std::string& drive : opened_) {
    if (const auto code = lock(drive)) open.emplace_back(drive, *code);
  }
  opened_.clear();
  for (const auto& [drive, code] : open) opened_.push_back(drive);
  remember_opened();
  return open;
}

}  // namespace remedia::launcher
