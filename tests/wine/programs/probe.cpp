// Looks at the launcher's window from outside, as a user would: `probe COMMAND...`, and puts out
// UTF-8. A command waits up to ten seconds for its window.
//
//   controls         a line for each: id, class, enabled (1 or 0), text with \n for line ends
//   rows             the lines of the list
//   choose N         chooses row N of the list
//   press TEXT       presses the button whose text, without `&`, is TEXT
//   key CODE         a key to the control that has the focus
//   type TEXT        puts TEXT into the entry field
//   wait TEXT        until the heading is TEXT, on a page with buttons
//   gone             until there is no window
#include "launcher/text.h"
#include "launcher/windows/system.h"

#include <string>
#include <vector>

namespace {

using namespace remedia::launcher;

constexpr int kHeading = 10;
constexpr int kList = 12;
constexpr int kField = 15;
constexpr int kFirstButton = 100;
constexpr int kTries = 1000;

void put_out(std::string_view text) {
  DWORD written = 0;
  WriteFile(GetStdHandle(STD_OUTPUT_HANDLE), text.data(), static_cast<DWORD>(text.size()), &written,
            nullptr);
}

std::string text_of(HWND window) {
  std::wstring text(20000, L'\0');
  const auto size =
      SendMessageW(window, WM_GETTEXT, text.size(), reinterpret_cast<LPARAM>(text.data()));
  text.resize(static_cast<std::size_t>(size));
  return to_utf8(text);
}

HWND find_window() {
  for (int i = 0; i < kTries; ++i) {
    const HWND window = FindWindowW(L"RemediaLauncher", nullptr);
    if (window != nullptr) return window;
    Sleep(10);
  }
  return nullptr;
}

BOOL CALLBACK collect(HWND window, LPARAM list) {
  reinterpret_cast<std::vector<HWND>*>(list)->push_back(window);
  return TRUE;
}

std::vector<HWND> controls() {
  std::vector<HWND> found;
  EnumChildWindows(find_window(), collect, reinterpret_cast<LPARAM>(&found));
  return found;
}

void show_controls() {
  for (const HWND control : controls()) {
    wchar_t type[64] = {};
    GetClassNameW(control, type, 64);
    std::string text = replaced(replaced(text_of(control), "\r", ""), "\n", "\\n");
    put_out(decimal(static_cast<unsigned>(GetDlgCtrlID(control))) + "\t" + to_utf8(type) + "\t" +
            (IsWindowEnabled(control) ? "1" : "0") + "\t" + text + "\n");
  }
}

int show_rows() {
  const HWND list = GetDlgItem(find_window(), kList);
  const auto count = SendMessageW(list, LB_GETCOUNT, 0, 0);
  for (LRESULT i = 0; i < count; ++i) {
    std::wstring text(1000, L'\0');
    const auto size = SendMessageW(list, LB_GETTEXT, static_cast<WPARAM>(i),
                                   reinterpret_cast<LPARAM>(text.data()));
    text.resize(static_cast<std::size_t>(size < 0 ? 0 : size));
    put_out(to_utf8(text) + "\n");
  }
  return 0;
}

int choose(unsigned row) {
  const HWND window = find_window();
  const HWND list = GetDlgItem(window, kList);
  SendMessageW(list, LB_SETCURSEL, row, 0);
  SendMessageW(window, WM_COMMAND, MAKEWPARAM(kList, LBN_SELCHANGE),
               reinterpret_cast<LPARAM>(list));
  return 0;
}

int press(const std::string& wanted) {
  for (int i = 0; i < kTries; ++i) {
    for (const HWND control : controls()) {
      if (GetDlgCtrlID(control) < kFirstButton || replaced(text_of(control), "&", "") != wanted)
        continue;
      if (!IsWindowEnabled(control)) return 3;
      PostMessageW(find_window(), WM_COMMAND, MAKEWPARAM(GetDlgCtrlID(control), BN_CLICKED),
                   reinterpret_cast<LPARAM>(control));
      return 0;
    }
    Sleep(10);
  }
  return 2;
}

int press_key(unsigned code) {
  const HWND window = find_window();
  GUITHREADINFO info{};
  info.cbSize = sizeof info;
  GetGUIThreadInfo(GetWindowThreadProcessId(window, nullptr), &info);
  const HWND target = info.hwndFocus != nullptr ? info.hwndFocus : window;
  PostMessageW(target, WM_KEYDOWN, code, 0);
  PostMessageW(target, WM_KEYUP, code, 0);
  return info.hwndFocus != nullptr ? 0 : 4;
}

int wait_for(const std::string& heading) {
  for (int i = 0; i < kTries; ++i) {
    const HWND window = find_window();
    const bool busy = GetDlgItem(window, kFirstButton) == nullptr;
    if (!busy && text_of(GetDlgItem(window, kHeading)) == heading) return 0;
    Sleep(10);
  }
  return 2;
}

int wait_until_gone() {
  for (int i = 0; i < kTries; ++i) {
    if (FindWindowW(L"RemediaLauncher", nullptr) == nullptr) return 0;
    Sleep(10);
  }
  return 2;
}

std::vector<std::string> arguments() {
  std::vector<std::string> found;
  std::string current;
  bool inside = false;
  bool any = false;
  for (const char c : to_utf8(GetCommandLineW()) + " ") {
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
  return found;
}

}  // namespace

int launcher_main() {
  const std::vector<std::string> given = arguments();
  const std::string what = given.size() > 1 ? given[1] : "";
  const std::string value = given.size() > 2 ? given[2] : "";
  if (what == "gone") return wait_until_gone();
  if (find_window() == nullptr) return 5;
  if (what == "controls") show_controls();
  if (what == "rows") return show_rows();
  if (what == "choose") return choose(parse_number(value, 999).value_or(0));
  if (what == "press") return press(value);
  if (what == "key") return press_key(parse_number(value, 255).value_or(0));
  if (what == "wait") return wait_for(value);
  if (what == "type") {
    SendMessageW(GetDlgItem(find_window(), kField), WM_SETTEXT, 0,
                 reinterpret_cast<LPARAM>(to_wide(value).c_str()));
  }
  return 0;
}
