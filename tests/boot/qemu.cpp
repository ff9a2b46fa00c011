#include "boot/qemu.h"

#include "support/diagnostic.h"

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstdlib>
#include <regex>
#include <vector>

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

extern char** environ;

namespace remedia::boot {

namespace {

using Clock = std::chrono::steady_clock;

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

std::vector<std::string> firmware_arguments(Firmware firmware, const fs::path& folder) {
  // Without a bootable volume SeaBIOS starts again at once, which ends QEMU.
  if (firmware == Firmware::bios) return {"-boot", "reboot-timeout=0"};
  const fs::path variables = folder / "variables.fd";
  fs::copy_file("/usr/share/OVMF/OVMF_VARS_4M.fd", variables, fs::copy_options::overwrite_existing);
  return {"-drive", "if=pflash,format=raw,unit=0,readonly=on,file=/usr/share/OVMF/OVMF_CODE_4M.fd",
          "-drive", "if=pflash,format=raw,unit=1,file=" + variables.string()};
}

std::vector<std::string> command_line(Firmware firmware, const fs::path& volume,
                                      const fs::path& folder, const fs::path& monitor) {
  std::vector<std::string> argv = {
      "qemu-system-x86_64",
      "-machine",
      "q35",
      "-accel",
      "tcg",
      "-m",
      "256",
      "-nic",
      "none",
      "-display",
      "none",
      "-no-reboot",
      "-serial",
      "stdio",
      "-monitor",
      fmt::format("unix:{},server=on,wait=off", monitor.string()),
      "-drive",
      "if=none,id=cd,format=raw,media=cdrom,readonly=on,file=" + volume.string(),
      "-device",
      "ide-cd,drive=cd,bootindex=0"};
  for (const std::string& word : firmware_arguments(firmware, folder)) argv.push_back(word);
  return argv;
}

/// Reads what is there; empty at the end of the stream.
std::string read_some(int fd) {
  std::string bytes(65536, '\0');
  ssize_t n = 0;
  do {
    n = read(fd, bytes.data(), bytes.size());
  } while (n < 0 && errno == EINTR);
  bytes.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
  return bytes;
}

bool wait_readable(int fd, Clock::time_point deadline) {
  for (;;) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
    pollfd waiting = {fd, POLLIN, 0};
    const int n = poll(&waiting, 1, static_cast<int>(std::max<long long>(left, 0)));
    if (n >= 0 || errno != EINTR) return n > 0;
  }
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

Qemu::Qemu(Firmware firmware, const fs::path& volume, const fs::path& folder)
    : monitor_(folder / "monitor") {
  start(command_line(firmware, volume, folder, monitor_));
}

Qemu::~Qemu() {
  if (child_ < 0) return;
  kill(child_, SIGKILL);
  while (waitpid(child_, nullptr, 0) < 0 && errno == EINTR) {
  }
}

void Qemu::start(const std::vector<std::string>& argv) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) fail("cannot make a pipe");
  serial_ = Fd(ends[0]);
  const Fd output(ends[1]);
  std::vector<std::string> words = argv;
  std::vector<char*> pointers;
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);

  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, output.get(), STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, output.get(), STDERR_FILENO);
  const int error = posix_spawnp(&child_, pointers[0], &actions, nullptr, pointers.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) {
    child_ = -1;
    fail_errno(error, "start", argv[0]);
  }
}

bool Qemu::read_more(Clock::time_point deadline) {
  if (!wait_readable(serial_.get(), deadline)) {
    ended_ = "nothing was reported in time";
    return false;
  }
  const std::string more = read_some(serial_.get());
  if (more.empty()) ended_ = "QEMU ended";
  log_ += more;
  return !more.empty();
}

Report Qemu::wait(std::chrono::seconds limit) {
  const Clock::time_point deadline = Clock::now() + limit;
  while (ended_.empty() && log_.find(end_marker) == std::string::npos) {
    if (!read_more(deadline)) break;
    ended_ = last_words(log_);
  }
  Report report = parse_report(log_);
  if (!report.complete) report.failure = ended_;
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

Report boot_cd(Firmware firmware, const fs::path& volume, const fs::path& folder) {
  Qemu machine(firmware, volume, folder);
  Report report = machine.wait();
  if (const char* pictures = std::getenv("REMEDIA_BOOT_PICTURES"); pictures && report.complete) {
    machine.screenshot(fs::absolute(pictures) / (report.firmware + ".png"));
  }
  return report;
}

}  // namespace remedia::boot
