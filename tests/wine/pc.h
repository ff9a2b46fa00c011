// A PC that has booted our image, under Wine: X: is a folder with a policy and stand-ins for
// Windows' programs, the launcher runs in it, and a probe looks at its window.
#pragma once

#include "boot/program.h"
#include "support/process.h"

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace remedia::wine {

struct Control {
  int id = 0;
  std::string type;
  bool enabled = true;
  std::string text;
};

/// Where a control is and what its text needs, as the launcher measured it.
struct Box {
  int id = 0;
  int left = 0, top = 0, right = 0, bottom = 0;
  int width = 0, height = 0;  ///< needed
  bool scrolls = false;
};

// As in windows/window.cpp.
constexpr int kHeading = 10;
constexpr int kText = 11;
constexpr int kList = 12;
constexpr int kDetail = 13;
constexpr int kField = 15;
constexpr int kStamp = 16;
constexpr int kLead = 17;
constexpr int kTitle = 18;
constexpr int kMark = 19;
constexpr int kOutput = 20;
constexpr int kFirstRow = 1000;
constexpr int kFirstButton = 100;

class Pc {
 public:
  /// Empties X: and D: and puts the stand-ins there. Makes the Wine prefix if there is none.
  Pc();
  ~Pc();
  Pc(const Pc&) = delete;
  Pc& operator=(const Pc&) = delete;

  /// A file of X:, by its path with slashes.
  void write(const std::string& name, const std::string& content);
  std::string read(const std::string& name) const;
  bool has(const std::string& name) const;
  std::map<std::string, std::string> files_of_d() const;  ///< content by path
  void add_program(const std::string& name);              ///< a copy of the stand-in
  const std::filesystem::path& x() const { return x_; }
  const std::filesystem::path& d() const { return d_; }

  void plug_stick();  ///< E: becomes a removable drive
  const std::filesystem::path& stick() const { return stick_; }

  void registry(const std::vector<std::string>& arguments);  ///< of `reg`

  /// Starts the launcher with its test switches, or what is shipped.
  void start_from(const std::string& place, std::vector<std::string> arguments);  ///< a path of X:
  void start(std::vector<std::string> arguments = {"--now", "2026-11-21"});
  void start_shipped(std::vector<std::string> arguments);

  std::string run_program(const std::string& name);  ///< of programs/; as in an English Windows
  std::string probe(std::vector<std::string> arguments);
  int probe_status(std::vector<std::string> arguments);
  void wait_for(const std::string& heading);
  int wait_for_end();  ///< of the launcher; its exit code
  void let_go();       ///< a stand-in that waits
  std::string text_of(int id);
  std::vector<std::string> buttons();  ///< texts of those that are enabled
  std::vector<std::string> rows();
  void choose(const std::string& row);
  void press(const std::string& button);
  void wait_for_text(int id, const std::string& part);
  void wait_for_file(const std::string& name, const std::string& part);
  std::vector<Box> boxes();
  void picture(const std::string& name);

 private:
  void make_prefix();
  void spawn(const std::string& program, std::vector<std::string> arguments);
  std::vector<Control> controls();
  ProcessResult run(std::vector<std::string> argv);
  void stop_server();

  std::filesystem::path home_, prefix_, x_, d_, stick_;
  std::unique_ptr<boot::Program> screen_;
  std::unique_ptr<boot::Program> launcher_;
  std::map<std::string, std::string> environment_;
};

/// A good policy: tier L2, expires 2026-12-20, no network; `head` is added to its settings.
std::string policy(const std::string& head = "", const std::string& tools = "");

/// `[tool ID]` with these settings.
std::string tool(const std::string& id, const std::string& title, const std::string& group,
                 const std::string& risk, const std::string& command, const std::string& more = "");

}  // namespace remedia::wine
