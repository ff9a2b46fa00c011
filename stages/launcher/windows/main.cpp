// The program that the image starts: `remedia.exe`, and after it `remedia.exe --after`, which shows
// something only if the first one did not end as it should. `remedia.exe --load-drivers` is for
// images that start something else: it loads drivers, shows nothing and ends.
#include "launcher/driver_loading.h"
#include "launcher/session.h"
#include "launcher/text.h"
#include "launcher/windows/pc.h"
#include "launcher/windows/system.h"
#include "launcher/windows/window.h"

#include <string>

namespace remedia::launcher {
namespace {

// What a session needs is passed on to it, in Windows' own words.
class Hands final : public Listener {
 public:
  explicit Hands(Session& session) : session_(session) {}
  void act(Action action, int row, std::string_view typed) override {
    session_.act(action, row, typed);
  }

 private:
  Session& session_;
};

struct Options {
  bool after = false;
  bool load_drivers = false;
  std::string root = "X:\\";
  std::optional<Date> now;
  int dpi = 0;
  SIZE size{0, 0};
  std::string layout;
  bool crash = false;
  std::string locked;
};

// The arguments of our own command line; quotation marks only group.
std::vector<std::string> arguments() {
  std::vector<std::string> found;
  std::string current;
  bool inside = false;
  bool any = false;
  for (const char c : to_utf8(GetCommandLineW())) {
    if (c == '"') {
      inside = !inside;
      any = true;
    } else if (c == ' ' && !inside) {
      if (any) found.push_back(current);
      current.clear();
      any = false;
    } else {
      current += c;
      any = true;
    }
  }
  if (any) found.push_back(current);
  return found;
}

std::string own_path() {
  std::wstring path(32768, L'\0');
  path.resize(GetModuleFileNameW(nullptr, path.data(), static_cast<DWORD>(path.size())));
  return to_utf8(path);
}

Options read_options() {
  Options options;
  const std::vector<std::string> given = arguments();
  for (std::size_t i = 1; i < given.size(); ++i) {
    if (given[i] == "--after") options.after = true;
    if (given[i] == "--load-drivers") options.load_drivers = true;
#ifdef REMEDIA_TEST_SWITCHES
    const std::string next = i + 1 < given.size() ? given[i + 1] : "";
    if (given[i] == "--root") options.root = next;
    if (given[i] == "--now") options.now = parse_date(next);
    if (given[i] == "--dpi") options.dpi = static_cast<int>(parse_number(next, 999).value_or(96));
    if (given[i] == "--locked") options.locked = next;
    if (given[i] == "--crash") options.crash = true;
    if (given[i] == "--layout") options.layout = next;
    if (given[i] == "--size") {
      const std::size_t x = next.find('x');
      options.size.cx = static_cast<LONG>(parse_number(next.substr(0, x), 9999).value_or(800));
      options.size.cy = static_cast<LONG>(parse_number(next.substr(x + 1), 9999).value_or(600));
    }
#endif
  }
  return options;
}

// Of running.txt, for crashed(), which cannot be told.
wchar_t mark_path[MAX_PATH] = {};

void remember_mark(const std::string& path) {
  const std::wstring wide = to_wide(path);
  if (wide.size() < MAX_PATH) wide.copy(mark_path, wide.size());
}

// Leaves the reason for --after. Allocates nothing: the heap may be what is broken.
LONG WINAPI crashed(EXCEPTION_POINTERS* what) {
  char text[] = "\r\nexception 0x00000000";
  DWORD code = what->ExceptionRecord->ExceptionCode;
  for (std::size_t i = sizeof text - 2; code != 0; code >>= 4) {
    text[i--] = "0123456789ABCDEF"[code & 15U];
  }
  const HANDLE file = CreateFileW(mark_path, FILE_APPEND_DATA, FILE_SHARE_READ, nullptr,
                                  OPEN_ALWAYS, FILE_ATTRIBUTE_NORMAL, nullptr);
  if (file != INVALID_HANDLE_VALUE) {
    DWORD written = 0;
    WriteFile(file, text, sizeof text - 1, &written, nullptr);
    CloseHandle(file);
  }
  TerminateProcess(GetCurrentProcess(), what->ExceptionRecord->ExceptionCode);
  return EXCEPTION_EXECUTE_HANDLER;
}

// Good whatever became of the drivers: winpeshl goes on in any case, but a script that starts this
// may not, and what follows is what the image is for. No mark for --after: there is no menu whose
// end somebody would have to be told of. drvload starts plug and play itself, so this may come
// before wpeinit.
int load_drivers_only(const Options& options) {
  SetUnhandledExceptionFilter(crashed);
  Pc pc(options.root, nullptr, options.now);
  load_drivers_unseen(pc, options.root);
  return 0;
}

int run() {
  // An empty card reader is no reason for a message of Windows that somebody has to close.
  SetErrorMode(SEM_FAILCRITICALERRORS | SEM_NOOPENFILEERRORBOX);
  const Options options = read_options();
  if (options.load_drivers) return load_drivers_only(options);
  const std::string mark = options.root + "Remedia\\running.txt";
  remember_mark(mark);
  SetUnhandledExceptionFilter(crashed);
  const auto reason = read_file(mark);
  if (options.after && !reason) return 0;  // all went well: winpeshl restarts the PC
  const Shell placed = shell_of_place(own_path());
  // Windows' own menu starts us again itself, if people ask it to.
  const bool crashed_before = options.after || (placed == Shell::winre && reason);

  Window window(options.dpi, options.size);
  if (!window.good()) return 1;  // rather than wait for ever, unseen
  if (!options.layout.empty()) window.describe_to(options.layout);
  Pc pc(options.root, &window, options.now);
  if (!options.locked.empty()) pc.pretend_locked(options.locked);
  Session session(pc, options.root, placed);
  Hands hands(session);
  window.listen(hands);
  if (crashed_before) {
    session.begin_after(trimmed(replaced(*reason, "\r\n", ": ")));
  } else {
    session.begin();
  }
#ifdef REMEDIA_TEST_SWITCHES
  if (options.crash) *static_cast<volatile int*>(nullptr) = 1;
#endif
  pc.loop(session);
  return 0;
}

}  // namespace
}  // namespace remedia::launcher

int launcher_main() { return remedia::launcher::run(); }
