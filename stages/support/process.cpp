#include "support/process.h"

#include "support/diagnostic.h"
#include "support/file.h"

#include <algorithm>
#include <cerrno>
#include <cstdlib>

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

extern char** environ;

namespace remedia {

namespace {

class SpawnActions {
 public:
  SpawnActions() { posix_spawn_file_actions_init(&actions_); }
  ~SpawnActions() { posix_spawn_file_actions_destroy(&actions_); }
  SpawnActions(const SpawnActions&) = delete;
  SpawnActions& operator=(const SpawnActions&) = delete;
  posix_spawn_file_actions_t* get() { return &actions_; }

 private:
  posix_spawn_file_actions_t actions_ = {};
};

std::vector<char*> pointers(std::vector<std::string>& strings) {
  std::vector<char*> out;
  for (std::string& s : strings) out.push_back(s.data());
  out.push_back(nullptr);
  return out;
}

std::vector<std::string> merged_environment(const std::map<std::string, std::string>& extra) {
  std::vector<std::string> env;
  for (char** e = environ; *e != nullptr; ++e) {
    std::string_view entry = *e;
    if (!extra.contains(std::string(entry.substr(0, entry.find('='))))) env.emplace_back(entry);
  }
  for (const auto& [name, value] : extra) env.push_back(fmt::format("{}={}", name, value));
  return env;
}

std::string drain(int fd, std::size_t limit) {
  std::string text;
  char buffer[4096];
  while (text.size() < limit) {
    ssize_t n = read(fd, buffer, sizeof buffer);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return text;
    text.append(buffer, std::min(static_cast<std::size_t>(n), limit - text.size()));
  }
  return text;
}

int wait_for(pid_t child) {
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace

ProcessResult run_process(const std::vector<std::string>& argv, const ProcessOptions& options) {
  int pipe_ends[2];
  if (pipe2(pipe_ends, O_CLOEXEC) != 0) fail("cannot make a pipe");
  Fd read_end(pipe_ends[0]);
  Fd write_end(pipe_ends[1]);

  SpawnActions actions;
  posix_spawn_file_actions_addopen(actions.get(), STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  int output_end = options.show_output ? STDERR_FILENO : write_end.get();
  posix_spawn_file_actions_adddup2(actions.get(), output_end, STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(actions.get(), output_end, STDERR_FILENO);
  if (!options.directory.empty()) {
    posix_spawn_file_actions_addchdir_np(actions.get(), options.directory.c_str());
  }
  std::vector<std::string> arguments = argv;
  std::vector<std::string> environment = merged_environment(options.environment);
  pid_t child = -1;
  int error = posix_spawnp(&child, argv.at(0).c_str(), actions.get(), nullptr,
                           pointers(arguments).data(), pointers(environment).data());
  if (error == ENOENT) fail("'{}' is not installed (or not in PATH)", argv[0]);
  if (error != 0) fail_errno(error, "start", argv[0]);
  write_end = Fd();
  std::string output = drain(read_end.get(), options.max_output);
  read_end = Fd();
  return {wait_for(child), std::move(output)};
}

std::string run_checked(const std::vector<std::string>& argv, const ProcessOptions& options) {
  ProcessResult result = run_process(argv, options);
  if (result.status == 0) return result.output;
  std::string indented;
  for (char c : "\n" + result.output)
    indented += c == '\n' ? std::string("\n    ") : std::string(1, c);
  fail("{} failed with exit code {}\n  command: {}{}", argv[0], result.status, shell_quoted(argv),
       result.output.empty() ? "" : indented);
}

std::filesystem::path find_program(std::string_view name, std::string hint) {
  const char* path = std::getenv("PATH");
  std::string_view rest = path == nullptr ? "" : path;
  while (!rest.empty()) {
    std::size_t end = std::min(rest.find(':'), rest.size());
    std::filesystem::path folder = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    bool is_bin = folder.filename() == "bin";
    for (const auto& place : {folder, is_bin ? folder.parent_path() / "sbin" : folder}) {
      std::filesystem::path program = place / name;
      if (place.is_absolute() && access(program.c_str(), X_OK) == 0) return program;
    }
  }
  throw Failure(Diagnostic{.message = fmt::format("'{}' was not found in PATH", name),
                           .hint = std::move(hint)});
}

std::string shell_quoted(const std::vector<std::string>& argv) {
  constexpr std::string_view plain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./=:,+@%";
  std::string line;
  for (const std::string& word : argv) {
    if (!line.empty()) line += ' ';
    if (!word.empty() && word.find_first_not_of(plain) == std::string::npos) {
      line += word;
      continue;
    }
    line += '\'';
    for (char c : word) line += c == '\'' ? std::string("'\\''") : std::string(1, c);
    line += '\'';
  }
  return line;
}

}  // namespace remedia
