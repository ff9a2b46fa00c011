#include "boot/program.h"

#include "support/diagnostic.h"

#include <algorithm>
#include <cerrno>

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

extern char** environ;

namespace remedia::boot {

namespace {

/// Starts a program with nothing to read and its output in a pipe.
pid_t spawn(std::vector<std::string> words, int output) {
  std::vector<char*> pointers;
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, output, STDERR_FILENO);
  pid_t child = -1;
  const int error = posix_spawnp(&child, pointers[0], &actions, nullptr, pointers.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) fail_errno(error, "start", words[0]);
  return child;
}

}  // namespace

bool wait_readable(int fd, Clock::time_point deadline) {
  for (;;) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
    pollfd waiting = {fd, POLLIN, 0};
    const int n = poll(&waiting, 1, static_cast<int>(std::max<long long>(left, 0)));
    if (n >= 0 || errno != EINTR) return n > 0;
  }
}

std::string read_some(int fd) {
  std::string bytes(65536, '\0');
  ssize_t n = 0;
  do {
    n = read(fd, bytes.data(), bytes.size());
  } while (n < 0 && errno == EINTR);
  bytes.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
  return bytes;
}

Program::Program(const std::vector<std::string>& argv, std::vector<std::string> inside)
    : name_(argv.at(0)) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) fail("cannot make a pipe");
  pipe_ = Fd(ends[0]);
  const Fd output(ends[1]);
  // Innermost, since the kernel forgets the signal when a process changes its credentials.
  inside.insert(inside.end(), {"setpriv", "--pdeathsig", "KILL"});
  inside.insert(inside.end(), argv.begin(), argv.end());
  child_ = spawn(std::move(inside), output.get());
}

Program::~Program() {
  kill(child_, SIGKILL);
  while (waitpid(child_, nullptr, 0) < 0 && errno == EINTR) {
  }
}

Program::Progress Program::read_more(Clock::time_point deadline) {
  if (!wait_readable(pipe_.get(), deadline)) return Progress::too_late;
  const std::string more = read_some(pipe_.get());
  output_ += more;
  return more.empty() ? Progress::ended : Progress::more;
}

void Program::wait_for(std::string_view text, Clock::time_point deadline) {
  while (output_.find(text) == std::string::npos) {
    const Progress progress = read_more(deadline);
    if (progress == Progress::more) continue;
    fail("{} {} before it said '{}': {}", name_,
         progress == Progress::ended ? "ended" : "did not get ready", text, output_);
  }
}

}  // namespace remedia::boot
