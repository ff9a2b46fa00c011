// A program that runs beside a test: QEMU, a server, what holds a network namespace.
#pragma once

#include "support/file.h"

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

namespace remedia::boot {

using Clock = std::chrono::steady_clock;

/// One moment by which something must have happened.
inline Clock::time_point in(std::chrono::seconds limit) { return Clock::now() + limit; }

class Program {
 public:
  /// Starts `argv`, put behind the words `inside` (such as nsenter and its options). The program
  /// ends with this object and also if the test's process dies.
  explicit Program(const std::vector<std::string>& argv, std::vector<std::string> inside = {});
  ~Program();
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  pid_t id() const { return child_; }

  /// Standard output and standard error so far.
  const std::string& output() const { return output_; }

  /// What read_more() came to.
  enum class Progress { more, too_late, ended };
  Progress read_more(Clock::time_point deadline);

  /// Reads on until `text` was put out. Throws Failure with the output if that does not come.
  void wait_for(std::string_view text, Clock::time_point deadline);

 private:
  pid_t child_ = -1;
  Fd pipe_;
  std::string name_;
  std::string output_;
};

/// Whether there is something to read before the deadline.
bool wait_readable(int fd, Clock::time_point deadline);

/// Reads what is there; empty at the end of the stream.
std::string read_some(int fd);

}  // namespace remedia::boot
