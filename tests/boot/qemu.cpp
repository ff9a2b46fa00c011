#include "boot/qemu.h"

#include "boot/lan.h"
#include "support/diagnostic.h"

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstdlib>
#include <regex>

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace remedia::boot {

namespace {

constexpr std::string_view end_marker = "REMEDIA END";

/// What a firmware or a boot program says when it will not start the volume.
constexpr std::string_view hopeless[] = {
    "EFI Internal Shell", "No bootable option",           "\"UiApp\"", "CDBOOT:", "grub>",
    "grub rescue>",       "was not started at 2000:0000",
};

/// The line in which the machine says that it gives up, once that line is whole; else nothing.
std::string last_words(std::string_view log) {
  for (std::string_view text : hopeless) {
    const std::size_t at = log.find(text);
    if (at == std::string_view::npos) continue;
    const std::size_t end = log.find_first_of("\r\n", at);
    if (end != std::string_view::npos) {
      return fmt::format("the machine said '{}'", log.substr(at, end - at));
    }
    if (text.ends_with('>')) return fmt::format("the machine shows the prompt {}", text);
  }
  return {};
}

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

/// QEMU's monitor for people: it prompts when it has done what it was told.
void await_prompt(int monitor) {
  std::string answer;
  const Clock::time_point deadline = Clock::now() + std::chrono::seconds(30);
  while (!answer.ends_with("(qemu) ")) {
    if (!wait_readable(monitor, deadline)) fail("QEMU's monitor does not answer");
    const std::string more = read_some(monitor);
    if (more.empty()) fail("QEMU's monitor closed");
    answer += more;
  }
}

Fd connect_to(const fs::path& path) {
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  const std::string name = path.string();
  if (name.size() >= sizeof address.sun_path) fail("{} is too long for a socket", name);
  std::copy(name.begin(), name.end(), address.sun_path);
  Fd socket_fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (connect(socket_fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    fail_errno(errno, "connect to", path);
  }
  return socket_fd;
}

}  // namespace

Report parse_report(std::string_view log) {
  // Not anchored: escape sequences of a terminal precede the text on a line.
  static const std::regex start("REMEDIA STAND-IN firmware=([a-z]+)");
  static const std::regex digest("REMEDIA sha256 ([0-9a-f]{64})  (/[^\\r\\n]*)");
  Report report;
  report.log = log;
  std::smatch match;
  if (std::regex_search(report.log, match, start)) report.firmware = match[1];
  for (std::sregex_iterator i(report.log.begin(), report.log.end(), digest), end; i != end; ++i) {
    report.files[lower((*i)[2])] = (*i)[1];
  }
  report.complete = !report.firmware.empty() && log.find(end_marker) != std::string_view::npos;
  return report;
}

Qemu::Qemu(const Machine& machine, const fs::path& folder) : monitor_(folder / "monitor") {
  program_ = std::make_unique<Program>(
      command_line(machine, folder, monitor_),
      machine.lan == nullptr ? std::vector<std::string>() : machine.lan->inside());
}

Report Qemu::wait(std::chrono::seconds limit) {
  const Clock::time_point deadline = in(limit);
  std::string ended;
  while (ended.empty() && program_->output().find(end_marker) == std::string::npos) {
    const Program::Progress progress = program_->read_more(deadline);
    if (progress == Program::Progress::too_late) ended = "nothing was reported in time";
    if (progress == Program::Progress::ended) ended = "QEMU ended";
    if (progress == Program::Progress::more) ended = last_words(program_->output());
  }
  Report report = parse_report(program_->output());
  if (!report.complete) report.failure = ended;
  return report;
}

void Qemu::screenshot(const fs::path& png) {
  const Fd monitor = connect_to(monitor_);
  await_prompt(monitor.get());
  const std::string command = fmt::format("screendump {} -f png\n", png.string());
  if (write(monitor.get(), command.data(), command.size()) < 0)
    fail_errno(errno, "write to", monitor_);
  await_prompt(monitor.get());
}

Report boot(const Machine& machine, const fs::path& folder) {
  Qemu qemu(machine, folder);
  Report report = qemu.wait();
  if (const char* pictures = std::getenv("REMEDIA_BOOT_PICTURES"); pictures && report.complete) {
    qemu.screenshot(fs::absolute(pictures) / (report.firmware + ".png"));
  }
  return report;
}

Report boot_cd(Firmware firmware, const fs::path& volume, const fs::path& folder) {
  return boot({.firmware = firmware, .volume = volume}, folder);
}

}  // namespace remedia::boot
