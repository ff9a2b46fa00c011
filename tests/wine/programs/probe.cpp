// Looks at the launcher's window from outside, as a user would: `probe COMMAND...`, and puts out
// UTF-8. What waits is woken by the launcher and the stand-ins, which set an event whenever they
// have done something, and gives up after fifteen seconds.
//
//   desktop          until windows can be made
//   controls         a line for each: id, class, enabled (1 or 0), text with \n for line ends
//   rows             the lines of the list
//   choose N         chooses row N of the list
//   press TEXT       presses the button whose text, without `&`, is TEXT
//   key CODE         a key to the control that has the focus
//   hold CODE        the repetition of a key that is held down
//   alt CODE         a letter that is typed with Alt
//   holdalt CODE     the repetition of such a letter
//   double N         a double click on row N of the list, as the mouse makes it
//   type TEXT        puts TEXT into the entry field
//   wait TEXT        until the heading is TEXT, on a page with buttons
//   text ID PART     until the text of control ID holds PART
//   file NAME PART   until the file X:\NAME holds PART
//   windowless       ends with 6 if the launcher has a window
//   go               lets a stand-in that waits go on
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
constexpr ULONGLONG kPatience = 15000;
constexpr DWORD kLookAgain = 250;

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

// The event stays set until somebody has waited for it, so that nothing is missed in between. What
// is shipped sets none: so, and only for its sake, there is a look from time to time, too.
template <typename Done>
bool comes_true(Done done) {
  static const HANDLE pulse = CreateEventW(nullptr, FALSE, FALSE, L"RemediaPulse");
  const ULONGLONG end = GetTickCount64() + kPatience;
  while (!done()) {
    if (GetTickCount64() > end) return false;
    WaitForSingleObject(pulse, kLookAgain);
  }
  return true;
}

HWND find_window() {
  HWND window = nullptr;
  comes_true([&window] {
    window = FindWindowW(L"RemediaLauncher", nullptr);
    return window != nullptr;
  });
  return window;
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

// Wine starts its desktop with the first window, and makes none if that takes too long.
int wait_for_desktop() {
  return comes_true([] {
    const HWND window = CreateWindowExW(0, L"STATIC", L"", WS_POPUP, 0, 0, 1, 1, nullptr, nullptr,
                                        GetModuleHandleW(nullptr), nullptr);
    if (window != nullptr) DestroyWindow(window);
    return window != nullptr;
  })
             ? 0
             : 6;
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
  HWND found = nullptr;
  const bool there = comes_true([&] {
    for (const HWND control : controls()) {
      const bool button = GetDlgCtrlID(control) >= kFirstButton;
      if (button && replaced(text_of(control), "&", "") == wanted) found = control;
    }
    return found != nullptr;
  });
  if (!there) return 2;
  if (!IsWindowEnabled(found)) return 3;
  PostMessageW(find_window(), WM_COMMAND, MAKEWPARAM(GetDlgCtrlID(found), BN_CLICKED),
               reinterpret_cast<LPARAM>(found));
  return 0;
}

int press_key(unsigned code, LPARAM state = 0) {
  const HWND window = find_window();
  GUITHREADINFO info{};
  info.cbSize = sizeof info;
  GetGUIThreadInfo(GetWindowThreadProcessId(window, nullptr), &info);
  const HWND target = info.hwndFocus != nullptr ? info.hwndFocus : window;
  PostMessageW(target, WM_KEYDOWN, code, state);
  if (state == 0) PostMessageW(target, WM_KEYUP, code, 0);
  return info.hwndFocus != nullptr ? 0 : 4;
}

int press_alt(unsigned letter, LPARAM state) {
  constexpr LPARAM kWithAlt = 1 << 29;
  return PostMessageW(find_window(), WM_SYSCHAR, letter, state | kWithAlt) ? 0 : 4;
}

int double_click(unsigned row) {
  const HWND list = GetDlgItem(find_window(), kList);
  RECT box{};
  if (SendMessageW(list, LB_GETITEMRECT, row, reinterpret_cast<LPARAM>(&box)) == LB_ERR) return 2;
  POINT middle{(box.left + box.right) / 2, (box.top + box.bottom) / 2};
  const LPARAM place = MAKELPARAM(middle.x, middle.y);
  MapWindowPoints(list, nullptr, &middle, 1);
  SetCursorPos(middle.x, middle.y);
  constexpr UINT kClicks[] = {WM_LBUTTONDOWN, WM_LBUTTONUP, WM_LBUTTONDBLCLK, WM_LBUTTONUP};
  for (const UINT message : kClicks) {
    PostMessageW(list, message, message == WM_LBUTTONUP ? 0 : MK_LBUTTON, place);
  }
  return 0;
}

int wait_for(const std::string& heading) {
  return comes_true([&heading] {
    const HWND window = find_window();
    const bool busy = GetDlgItem(window, kFirstButton) == nullptr;
    return !busy && text_of(GetDlgItem(window, kHeading)) == heading;
  })
             ? 0
             : 2;
}

int wait_for_text(unsigned id, const std::string& part) {
  std::string text;
  const bool came = comes_true([&] {
    text = text_of(GetDlgItem(find_window(), static_cast<int>(id)));
    return text.find(part) != std::string::npos;
  });
  if (!came) put_out("there is: " + text + "\n");
  return came ? 0 : 2;
}

int wait_for_file(const std::string& name, const std::string& part) {
  std::string content;
  const bool came = comes_true([&] {
    content = read_file("X:\\" + name).value_or("");
    return content.find(part) != std::string::npos;
  });
  if (!came) put_out("there is: " + content + "\n");
  return came ? 0 : 2;
}

// A stand-in that waits has made its event, or will.
int let_go() {
  HANDLE go = nullptr;
  const bool there = comes_true([&go] {
    go = OpenEventW(EVENT_MODIFY_STATE, FALSE, L"RemediaGo");
    return go != nullptr;
  });
  if (there) SetEvent(go);
  return there ? 0 : 2;
}

// As CommandLineToArgvW: a backslash counts only before quotation marks.
std::vector<std::string> arguments() {
  std::vector<std::string> found;
  std::string current;
  std::size_t backslashes = 0;
  bool inside = false;
  bool any = false;
  for (const char c : to_utf8(GetCommandLineW()) + " ") {
    if (c == '\\') {
      ++backslashes;
      continue;
    }
    const bool escaped = c == '"' && backslashes % 2 == 1;
    current.append(c == '"' ? backslashes / 2 : backslashes, '\\');
    any = any || backslashes != 0;
    backslashes = 0;
    if (c == '"' && !escaped) {
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
  const std::string more = given.size() > 3 ? given[3] : "";
  if (what == "file") return wait_for_file(value, more);
  if (what == "go") return let_go();
  if (what == "desktop") return wait_for_desktop();
  if (what == "windowless") return FindWindowW(L"RemediaLauncher", nullptr) == nullptr ? 0 : 6;
  if (find_window() == nullptr) return 5;
  if (what == "controls") show_controls();
  if (what == "rows") return show_rows();
  if (what == "choose") return choose(parse_number(value, 999).value_or(0));
  if (what == "press") return press(value);
  if (what == "key") return press_key(parse_number(value, 255).value_or(0));
  if (what == "hold") return press_key(parse_number(value, 255).value_or(0), 1 << 30);
  if (what == "alt") return press_alt(parse_number(value, 255).value_or(0), 0);
  if (what == "holdalt") return press_alt(parse_number(value, 255).value_or(0), 1 << 30);
  if (what == "double") return double_click(parse_number(value, 999).value_or(0));
  if (what == "wait") return wait_for(value);
  if (what == "text") return wait_for_text(parse_number(value, 999).value_or(0), more);
  if (what == "type") {
    SendMessageW(GetDlgItem(find_window(), kField), WM_SETTEXT, 0,
                 reinterpret_cast<LPARAM>(to_wide(value).c_str()));
  }
  return 0;
}
