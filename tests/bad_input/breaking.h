// A build that is broken off at a moment of its own: ninja and its stages, and what they have done
// by then.
#pragma once

#include "bad_input/trial.h"

#include <vector>

#include <sys/types.h>

namespace remedia {

/// Counts what happens to the files of folders. The folders are there.
class Events {
 public:
  explicit Events(const std::vector<fs::path>& folders);

  /// Waits for this many; false if there were fewer before the program ended.
  bool wait(int count, pid_t program) const;

 private:
  Fd fd_;
};

/// `ninja -C out`, silent. The caller is to be a subreaper (PR_SET_CHILD_SUBREAPER) and ends it.
pid_t spawn_ninja(const Trial& trial);
/// As an outage does it: ninja and its stages, at once. They are dead when it returns.
void end_all(pid_t ninja);
/// As somebody at the keyboard does it: with time to clear up. All are gone when it returns.
void terminate(pid_t ninja);

}  // namespace remedia
