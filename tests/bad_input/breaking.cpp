#include "bad_input/breaking.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/inotify.h>
#include <sys/wait.h>
#include <unistd.h>

namespace remedia {

namespace {

int read_some(int fd) {
  alignas(inotify_event) char buffer[4096];
  ssize_t size = read(fd, buffer, sizeof buffer);
  int count = 0;
  for (ssize_t at = 0; at < size; ++count) {
    const auto* event = reinterpret_cast<const inotify_event*>(buffer + at);
    at += static_cast<ssize_t>(sizeof *event + event->len);
  }
  return count;
}

bool ended(pid_t program) {
  siginfo_t info = {};
  waitid(P_PID, static_cast<id_t>(program), &info, WEXITED | WNOHANG | WNOWAIT);
  return info.si_pid == program;
}

// The stages are children of this test's ninja and of nobody else.
void kill_children(pid_t parent) {
  std::string line = fmt::format("PPid:\t{}\n", parent);
  for (const auto& entry : fs::directory_iterator("/proc")) {
    std::string name = entry.path().filename();
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    Fd status(open((entry.path() / "status").c_str(), O_RDONLY | O_CLOEXEC));
    char text[2048];
    ssize_t size = status ? read(status.get(), text, sizeof text) : 0;
    if (size > 0 &&
        std::string_view(text, static_cast<std::size_t>(size)).find(line) != std::string_view::npos)
      kill(std::stoi(name), SIGKILL);
  }
}

// The stages are this process's children once their ninja is dead.
void wait_for_all() {
  while (waitpid(-1, nullptr, 0) > 0) {
  }
}

}  // namespace

Events::Events(const std::vector<fs::path>& folders) : fd_(inotify_init1(IN_CLOEXEC)) {
  for (const fs::path& folder : folders) {
    EXPECT_GE(inotify_add_watch(fd_.get(), folder.c_str(),
                                IN_CREATE | IN_MODIFY | IN_CLOSE_WRITE | IN_MOVED_TO | IN_DELETE),
              0)
        << folder;
  }
}

bool Events::wait(int count, pid_t program) const {
  while (count > 0) {
    pollfd poll_fd = {.fd = fd_.get(), .events = POLLIN, .revents = 0};
    if (poll(&poll_fd, 1, 20) > 0) {
      count -= read_some(fd_.get());
    } else if (ended(program)) {
      return false;
    }
  }
  return true;
}

pid_t spawn_ninja(const Trial& trial) {
  std::string out = trial / "out";
  std::vector<std::string> words = {"ninja", "-C", out};
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, 1, 2);
  pid_t child = 0;
  EXPECT_EQ(posix_spawnp(&child, "ninja", &actions, nullptr, argv.data(), environ), 0);
  posix_spawn_file_actions_destroy(&actions);
  return child;
}

void end_all(pid_t ninja) {
  kill(ninja, SIGSTOP);  // it starts no more
  kill_children(ninja);
  kill(ninja, SIGKILL);
  wait_for_all();
}

void terminate(pid_t ninja) {
  kill(ninja, SIGTERM);
  wait_for_all();
}

}  // namespace remedia
