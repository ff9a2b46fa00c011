// What the session needs of the PC. windows/pc.cpp is the real one; tests bring their own.
#pragma once

#include "launcher/date.h"
#include "launcher/drivers.h"
#include "launcher/offline_windows.h"
#include "launcher/page.h"
#include "launcher/remote.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace remedia::launcher {

constexpr std::uint32_t kRunSeconds = 600;     ///< that a program may take which is waited for
constexpr std::uint32_t kDriverSeconds = 120;  ///< that drvload may take

/// How a program that was waited for came out.
struct RunResult {
  bool started = false;
  std::uint32_t code = 0;  ///< its exit code, or why it could not be started
  std::string output;      ///< standard output and error, at most 64 KiB
};

/// What a program of Machine::start_quietly() printed.
struct Printed {
  std::string text;  ///< standard output and error as they came, UTF-8; controls are still in it
  bool cut = false;  ///< there was more than is kept
};

class Machine {
 public:
  virtual ~Machine() = default;

  virtual Date today() = 0;  ///< local date
  virtual void show(const Page& page) = 0;
  virtual void log(std::string_view text) = 0;

  /// What the session is about to do, for the program that starts after a crash of this one.
  virtual void mark(std::string_view text) = 0;
  virtual void clear_mark() = 0;

  virtual bool exists(const std::string& path) = 0;
  virtual std::optional<std::string> read(const std::string& path) = 0;
  virtual bool write(const std::string& path, std::string_view content) = 0;

  /// Waits for a program without a window of its own; ours stays alive. The command line is never
  /// logged here: it may hold a recovery password.
  /// One that takes longer than `seconds` is ended, and its code is 1460 (ERROR_TIMEOUT).
  virtual RunResult run(const std::string& command, std::uint32_t seconds = kRunSeconds) = 0;

  /// Starts a program; Session::ended() is called with `id` when it has ended. 0, or why not.
  virtual std::uint32_t start(std::size_t id, const std::string& command) = 0;
  /// As start(), but its children end with it, and all of them with the launcher, however it ends.
  virtual std::uint32_t start_agent(std::size_t id, const std::string& command) = 0;
  /// As start(), but without a window of its own; Session::ended() gets what it printed.
  virtual std::uint32_t start_quietly(std::size_t id, const std::string& command) = 0;
  virtual void end(std::size_t id) = 0;  ///< ends one that start() started, with its children

  /// Keeps what a tool printed in the log folder, and on the drive of the log if there is one.
  /// Where it is now; empty if it could not be written.
  virtual std::vector<std::string> keep_output(const std::string& id, std::string_view text) = 0;

  virtual void wait(std::uint32_t milliseconds) = 0;
  virtual std::vector<DeviceIds> devices() = 0;  ///< those with ids, as they are at this moment
  virtual std::string keyboard_name(const Keyboard& keyboard) = 0;
  virtual std::vector<OfflineWindows> find_windows() = 0;
  virtual std::vector<std::string> readable_drives() = 0;    ///< all but that of the image
  virtual std::vector<std::string> unreadable_drives() = 0;  ///< D: and so on, maybe locked
  virtual std::vector<std::string> key_files() = 0;          ///< *.BEK on readable drives
  virtual std::vector<Address> addresses() = 0;
  virtual std::vector<std::uint8_t> random(std::size_t count) = 0;  ///< empty: no source of it

  virtual void leave() = 0;  ///< ends the launcher
};

}  // namespace remedia::launcher
