// The launcher from start to end: which page follows which, and what is done between them.
#pragma once

#include "launcher/bitlocker.h"
#include "launcher/expiry.h"
#include "launcher/machine.h"
#include "launcher/menu.h"
#include "launcher/policy.h"

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace remedia::launcher {

class Session {
 public:
  /// `root` is the drive of the image with its backslash, `X:\`. `placed` is what the program's
  /// own place says about who is in charge, for as long as no policy says it.
  Session(Machine& machine, std::string root, Shell placed = Shell::launcher);

  /// Reads the policy and shows the first page.
  void begin();

  /// The second entry of winpeshl.ini: `reason` is what the first one marked before it died.
  void begin_after(std::string_view reason);

  /// A button of the shown page. `row` is the chosen one or -1, `typed` what the field holds.
  void act(Action action, int row, std::string_view typed);

  /// A program of Machine::start() or start_quietly() has ended.
  void ended(std::size_t id, std::uint32_t code, const Printed& printed = {});

 private:
  static constexpr std::size_t kAgent = 1000;  // no tool has this id or a higher one

  std::string text(Text which, std::initializer_list<Value> values = {}) const {
    return say(policy_.language, which, values);
  }
  std::string system(std::string_view program) const;  // path in System32
  std::string remedia(std::string_view file) const;    // path in X:\Remedia
  Page page(PageKind kind, std::string heading, std::string body = {}, Tone tone = Tone::plain);
  Shell shell() const;
  void show(Page page);
  bool is_offered(Action action) const;
  void add_exits(Page& page);
  std::string stamp() const;
  std::string evidence_stamp() const;
  void note(std::string line);         // for the menu's next showing
  void warn(const std::string& line);  // for every showing of the menu
  void busy(Text what);

  void show_bad_policy(const std::vector<PolicyError>& errors);
  bool read();
  void check_date();
  void show_expired(const Expiry& expiry);
  void ask_clock();
  std::string contact() const;
  void past_date();
  void note_old_definitions();
  void show_keyboards();
  void take_keyboard(int row);
  void prepare();
  void load_drivers();
  void start_network();
  void look_for_windows();

  Protection protection_of(const std::string& drive);
  std::optional<std::string> lock(const std::string& drive);
  void show_lock_failed(const std::string& drive, const std::string& code);
  bool lock_protected();
  void remember_opened(const std::string& more = {});
  void add_opened(const std::string& drive);
  void lock_what_was_left_open();
  std::vector<std::pair<std::string, std::string>> lock_again();

  void show_menu();
  void add_groups(Page& page);
  void open(int row);
  void open_item(const MenuItem& item);
  void ask(const MenuItem& item, Question question);
  void confirm(std::string_view typed);
  void start_tool(std::size_t index);
  void launch(std::size_t index, const std::string& command);

  void show_working(const Tool& tool);
  void stop_tool();
  void show_output(const Tool& tool, std::uint32_t code, const Printed& printed);
  std::string outcome(const Tool& tool, std::uint32_t code) const;

  void show_windows();
  void take_windows(int row);
  void choose_windows(std::size_t index);
  std::string windows_text(const OfflineWindows& windows) const;
  std::string windows_detail(const OfflineWindows& windows) const;
  std::string protection_text(const OfflineWindows& windows) const;

  void look_for_locked();
  void show_locked(std::string message, Tone tone);
  void unlock(int row, std::string_view typed);
  void unlock_by_file(int row);
  void unlocked(const std::string& drive, const RunResult& result);

  std::string remote_title() const;
  bool has_own_ticket() const;
  void show_consent();
  void start_remote();
  void show_remote();
  void stop_remote(bool agent_ended);
  bool open_port();
  void close_port();
  void forget_ticket();

  void leave(Action action);
  std::string show_code(std::uint32_t code) const;

  Machine& machine_;
  std::string root_;
  Shell placed_;
  Policy policy_;
  bool good_policy_ = false;
  bool after_crash_ = false;
  bool read_only_ = false;
  bool network_up_ = false;
  std::string standing_;  // what the menu shows always: expiry, and what BitLocker left open
  std::vector<std::string> notes_;
  Page shown_;
  int waiting_ = 0;  // programs or pages being waited for: buttons do nothing meanwhile

  std::vector<MenuItem> items_;
  std::vector<int> item_of_row_;
  int chosen_ = -1;  // item
  std::vector<bool> running_;
  std::size_t asked_ = 0;               // tool
  std::optional<std::size_t> working_;  // tool whose output is waited for
  bool stopped_ = false;                // somebody ended it

  std::vector<OfflineWindows> windows_;
  std::optional<std::size_t> window_;  // the chosen one
  std::string chosen_windows_;         // its directory: each look at the disks changes the list
  std::vector<LockedVolume> locked_;
  std::vector<std::string> opened_;  // drives to lock again; also in X:\Remedia\opened.txt
  std::string ticket_;
  unsigned port_ = 0;
  std::vector<Address> addresses_;
  bool remote_running_ = false;
  std::size_t agent_ = kAgent;  // its id, a new one for each start
};

}  // namespace remedia::launcher
