// A PC that exists in memory, and a session of the launcher on it.
#pragma once

#include "launcher/session.h"
#include "launcher/text.h"

#include <functional>
#include <map>

#include <gtest/gtest.h>

namespace remedia::launcher {

class FakePc final : public Machine {
 public:
  Date today() override { return parse_date(now).value(); }
  void show(const Page& page) override {
    if (while_showing) while_showing();
    shown = page;
  }
  void log(std::string_view text) override { logged += std::string(text) + "\n"; }
  void mark(std::string_view text) override { marked = text; }
  void clear_mark() override { marked.clear(); }
  bool exists(const std::string& path) override { return files.count(path) != 0; }
  std::optional<std::string> read(const std::string& path) override {
    if (!exists(path)) return std::nullopt;
    return files[path];
  }
  bool write(const std::string& path, std::string_view content) override {
    files[path] = content;
    return true;
  }
  RunResult run(const std::string& command, std::uint32_t seconds) override {
    if (seconds != kRunSeconds) limited.push_back(command + " " + decimal(seconds));
    if (while_running) while_running(command);
    ran.push_back(replaced(command, "X:\\Windows\\System32\\", ""));
    for (const auto& [part, result] : results) {
      if (command.find(part) != std::string::npos) return result;
    }
    return {true, 0, ""};
  }
  std::uint32_t start(std::size_t id, const std::string& command) override {
    if (start_error == 0) running = id;
    started.push_back(command);
    return start_error;
  }
  std::uint32_t start_agent(std::size_t id, const std::string& command) override {
    return start(id, command);
  }
  std::uint32_t start_quietly(std::size_t id, const std::string& command) override {
    quiet.push_back(command);
    if (start_error == 0) running = id;
    return start_error;
  }
  std::vector<std::string> keep_output(const std::string& id, std::string_view text) override {
    if (!keeps) return {};
    kept[id] = text;
    return {"X:\\" + id + ".txt", "E:\\" + id + ".txt"};
  }
  void end(std::size_t id) override { ended.push_back(id); }
  void wait(std::uint32_t milliseconds) override { waited += milliseconds; }
  std::vector<DeviceIds> devices() override {
    ++looks;
    return present;
  }
  std::string keyboard_name(const Keyboard& keyboard) override { return keyboard.code; }
  std::vector<OfflineWindows> find_windows() override { return windows; }
  std::vector<std::string> readable_drives() override { return readable; }
  std::vector<std::string> unreadable_drives() override { return locked; }
  std::vector<std::string> key_files() override { return keys; }
  std::vector<Address> addresses() override { return {{false, "10.0.0.2"}}; }
  std::vector<std::uint8_t> random(std::size_t count) override {
    return std::vector<std::uint8_t>(random_works ? count : 0, 7);
  }
  void leave() override { left = true; }

  std::function<void()> while_showing;
  std::function<void(const std::string&)> while_running;
  std::string now = "2026-11-21";
  Page shown;
  std::string logged, marked;
  std::map<std::string, std::string> files;
  std::map<std::string, std::string> kept;
  std::vector<DeviceIds> present = {{{"PCI\\A"}, {}}};
  std::vector<std::string> limited, quiet, ran, started, readable, locked, keys;
  std::vector<std::pair<std::string, RunResult>> results;
  std::vector<OfflineWindows> windows;
  std::vector<std::size_t> ended;
  std::size_t running = 0;
  int looks = 0;  // at the devices
  std::uint32_t waited = 0;
  std::uint32_t start_error = 0;
  bool random_works = true;
  bool keeps = true;
  bool left = false;
};

class LauncherSession : public testing::Test {
 protected:
  void begin(const std::string& more) {
    pc.files["X:\\Remedia\\policy.txt"] =
        "remedia policy 1\nimage = helpdesk\ntitle = Menu\ntier = L1\nrevision = 0123456789abcdef\n"
        "built = 2024-01-01\nas_of = 2026-11-20\nbase = 10.0.26100.1742\narch = amd64\n"
        "expires = 2026-12-20\nconfirm = destructive\n" +
        more;
    session.begin();
  }
  int row(const std::string& text) {
    for (std::size_t i = 0; i < pc.shown.rows.size(); ++i) {
      if (pc.shown.rows[i].text == text) return static_cast<int>(i);
    }
    ADD_FAILURE() << "no row " << text;
    return -1;
  }
  void open(const std::string& text) { session.act(Action::open, row(text), ""); }
  std::string log() const { return pc.logged; }

  FakePc pc;
  Session session{pc, "X:\\"};
};

inline std::string plain() { return "network = no\nbitlocker = no\n"; }

inline std::string tool(const std::string& id, const std::string& risk, const std::string& command,
                        const std::string& more = "") {
  return "[tool " + id + "]\ntitle = " + id + "\ndescription = d\ngroup = g\nrisk = " + risk +
         "\ncommand = " + command + "\n" + more;
}

}  // namespace remedia::launcher
