// measure FILE COMMAND...: runs a command, appends one line to FILE and ends with its exit status.
//
//     WALL_US CPU_US PEAK_KIB WRITTEN_BYTES
//
// WALL: from before the start to after the end. CPU: user and system time of the command and of all
// its descendants that were waited for. PEAK: resident memory of the largest one of them (not their
// sum), this program itself (some MB) being the least that can be seen. WRITTEN: what they all made
// dirty in the page cache or wrote past it, in units of 512 bytes (ru_oublock): a page that was
// dirty already, blocks that were cloned and files on tmpfs do not count.
//
// A command that fails leaves no line: a build that stopped is not a fast build.
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>

#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>

extern char** environ;

namespace {

long long microseconds(const timeval& time) { return time.tv_sec * 1'000'000LL + time.tv_usec; }

int fail(const char* what, int error) {
  std::fprintf(stderr, "measure: %s: %s\n", what, std::strerror(error));
  return 125;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) return fail("usage: measure FILE COMMAND...", EINVAL);
  const auto start = std::chrono::steady_clock::now();
  pid_t child = 0;
  if (int error = posix_spawnp(&child, argv[2], nullptr, nullptr, argv + 2, environ); error != 0) {
    return fail(argv[2], error);
  }
  int status = 0;
  rusage used = {};
  while (wait4(child, &status, 0, &used) < 0) {
    if (errno != EINTR) return fail("wait", errno);
  }
  const auto wall = std::chrono::duration_cast<std::chrono::microseconds>(
      std::chrono::steady_clock::now() - start);
  if (!WIFEXITED(status)) return 128 + WTERMSIG(status);
  if (WEXITSTATUS(status) != 0) return WEXITSTATUS(status);

  std::FILE* out = std::fopen(argv[1], "a");
  if (out == nullptr) return fail(argv[1], errno);
  std::fprintf(out, "%lld %lld %ld %lld\n", static_cast<long long>(wall.count()),
               microseconds(used.ru_utime) + microseconds(used.ru_stime), used.ru_maxrss,
               used.ru_oublock * 512LL);
  return std::fclose(out) == 0 ? 0 : fail(argv[1], errno);
}
