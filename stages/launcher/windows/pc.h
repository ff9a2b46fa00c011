// The real Machine: this PC under Windows PE.
#pragma once

#include "launcher/machine.h"
#include "launcher/session.h"
#include "launcher/windows/system.h"
#include "launcher/windows/window.h"

#include <optional>
#include <string>
#include <vector>

namespace remedia::launcher {

class Pc final : public Machine {
 public:
  /// `root` is the drive of the image with its backslash. Without a window nothing is shown, and
  /// loop() is not for it.
  Pc(std::string root, Window* window, std::optional<Date> pretended_today);

  Date today() override;
  void show(const Page& page) override;
  void log(std::string_view text) override;
  void mark(std::string_view text) override;
  void clear_mark() override;
  bool exists(const std::string& path) override;
  std::optional<std::string> read(const std::string& path) override;
  bool write(const std::string& path, std::string_view content) override;
  RunResult run(const std::string& command, std::uint32_t seconds = kRunSeconds) override;
  std::uint32_t start(std::size_t id, const std::string& command) override;
  std::uint32_t start_agent(std::size_t id, const std::string& command) override;
  std::uint32_t start_quietly(std::size_t id, const std::string& command) override;
  void end(std::size_t id) override;
  std::vector<std::string> keep_output(const std::string& id, std::string_view text) override;
  void wait(std::uint32_t milliseconds) override;
  std::vector<DeviceIds> devices() override;
  std::string keyboard_name(const Keyboard& keyboard) override;
  std::vector<OfflineWindows> find_windows() override;
  std::vector<std::string> readable_drives() override;
  std::vector<std::string> unreadable_drives() override;
  std::vector<std::string> key_files() override;
  std::vector<Address> addresses() override;
  std::vector<std::uint8_t> random(std::size_t count) override;
  void leave() override;

  /// For tests: a drive that cannot be read.
  void pretend_locked(std::string drive) { pretended_locked_ = std::move(drive); }

  /// Handles messages and programs that end until leave(); the session is told.
  void loop(Session& session);

 private:
  struct Child {
    std::size_t id = 0;
    Handle process;
    Handle job;
    Handle output;  // of start_quietly(); else none
    std::string printed;
    bool cut = false;
    bool agent = false;  // of remote help
  };

  std::uint32_t start_in_console(std::size_t id, const std::string& command, bool agent);
  static void end_with_us(HANDLE job);
  std::uint32_t launch(Child& child, const std::string& command, HANDLE output);
  static void collect(Child& child);
  std::string boot_drive();
  void find_stick();
  void reap(Session& session);
  bool pump();

  std::string root_;
  Window* window_;  // null: none
  std::optional<Date> pretended_today_;
  std::string pretended_locked_;
  std::string stick_;  // log file on the USB stick; empty: none found yet
  bool looked_for_stick_ = false;
  std::vector<Child> children_;
  bool left_ = false;
};

}  // namespace remedia::launcher
