#include "launcher/windows/window.h"

#include "launcher/text.h"
#include "launcher/windows/system.h"

#include <algorithm>
#include <utility>

namespace remedia::launcher {
namespace {

constexpr wchar_t kClass[] = L"RemediaLauncher";

std::wstring with_crlf(const std::string& text) { return to_wide(replaced(text, "\n", "\r\n")); }

}  // namespace

Window::Window(int dpi, SIZE size)
    : band_brush_(CreateSolidBrush(kBand)),
      paper_brush_(CreateSolidBrush(kPaper)),
      panel_brush_(CreateSolidBrush(kPanel)) {
  SetProcessDPIAware();
  if (dpi == 0) {
    const HDC dc = GetDC(nullptr);
    dpi = GetDeviceCaps(dc, LOGPIXELSX);
    ReleaseDC(nullptr, dc);
  }
  const int screen_width = GetSystemMetrics(SM_CXSCREEN);
  const int screen_height = GetSystemMetrics(SM_CYSCREEN);
  if (size.cx == 0) {
    // Not the whole of a large screen: tools open beside it, and Windows PE has no task bar.
    size.cx = std::min(screen_width, MulDiv(960, dpi, 96));
    size.cy = std::min(screen_height, MulDiv(680, dpi, 96));
  }
  style_ = std::make_unique<Style>(dpi, MulDiv(size.cx, 96, dpi) < 640);

  WNDCLASSW type{};
  type.lpfnWndProc = procedure;
  type.hInstance = GetModuleHandleW(nullptr);
  type.hCursor = LoadCursorW(nullptr, reinterpret_cast<LPCWSTR>(32512));  // IDC_ARROW
  type.hbrBackground = paper_brush_;
  type.lpszClassName = kClass;
  RegisterClassW(&type);
  window_ = CreateWindowExW(WS_EX_CONTROLPARENT, kClass, L"Remedia",
                            WS_OVERLAPPED | WS_CAPTION | WS_MINIMIZEBOX | WS_CLIPCHILDREN,
                            std::max(0, (screen_width - static_cast<int>(size.cx)) / 2),
                            std::max(0, (screen_height - static_cast<int>(size.cy)) / 2), size.cx,
                            size.cy, nullptr, nullptr, type.hInstance, this);
}

LRESULT CALLBACK Window::procedure(HWND window, UINT message, WPARAM wide, LPARAM low) {
  if (message == WM_NCCREATE) {
    const auto* create = reinterpret_cast<const CREATESTRUCTW*>(low);
    SetWindowLongPtrW(window, GWLP_USERDATA, reinterpret_cast<LONG_PTR>(create->lpCreateParams));
    static_cast<Window*>(create->lpCreateParams)->window_ = window;
  }
  auto* self = reinterpret_cast<Window*>(GetWindowLongPtrW(window, GWLP_USERDATA));
  if (self == nullptr) return DefWindowProcW(window, message, wide, low);
  return self->receive(message, wide, low);
}

LRESULT Window::receive(UINT message, WPARAM wide, LPARAM low) {
  switch (message) {
    case WM_COMMAND:
      return command(LOWORD(wide), HIWORD(wide));
    case WM_CLOSE:  // Alt+F4: only where the page offers it
      press(Action::close);
      return 0;
    case WM_CTLCOLORSTATIC:
    case WM_CTLCOLOREDIT:
    case WM_CTLCOLORLISTBOX:
      return colour(reinterpret_cast<HDC>(wide), reinterpret_cast<HWND>(low));
    case WM_DRAWITEM:
      draw_item(*reinterpret_cast<const DRAWITEMSTRUCT*>(low));
      return TRUE;
    case WM_PAINT:
      paint_band();
      return 0;
    case WM_SETFOCUS:  // the frame itself has nothing to type into
      focus_first();
      return 0;
    case WM_ACTIVATE:
      if (LOWORD(wide) != WA_INACTIVE && GetFocus() == window_) focus_first();
      break;
    default:
      break;
  }
  return DefWindowProcW(window_, message, wide, low);
}

// On the row that is chosen: a click on the heading of a group has chosen its neighbour, which
// nobody wants to start.
void Window::double_clicked() {
  const DWORD at = GetMessagePos();
  POINT point{static_cast<short>(LOWORD(at)), static_cast<short>(HIWORD(at))};
  MapWindowPoints(nullptr, list_, &point, 1);
  RECT box{};
  const bool there = SendMessageW(list_, LB_GETITEMRECT, static_cast<WPARAM>(row_),
                                  reinterpret_cast<LPARAM>(&box)) != LB_ERR;
  const bool inside =
      point.x >= box.left && point.x < box.right && point.y >= box.top && point.y < box.bottom;
  if (!there || !inside) return choose(row_);
  press_default();
}

LRESULT Window::command(int id, int notice) {
  if (id == kList && notice == LBN_SELCHANGE) row_changed();
  if (id == kList && notice == LBN_DBLCLK) double_clicked();
  if (id >= kFirstButton && notice == BN_CLICKED) {
    const auto index = static_cast<std::size_t>(id - kFirstButton);
    if (index < page_.buttons.size()) press(page_.buttons[index].action);
  }
  return 0;
}

void Window::show(const Page& page) {
  // The same page again, as when a tool has ended, must not take away what people chose or typed.
  const bool again = page.kind == page_.kind && page.rows.size() == page_.rows.size();
  const int row = again && row_ >= 0 ? row_ : page.chosen;
  std::wstring typed;
  if (again && field_ != nullptr) {
    typed.resize(static_cast<std::size_t>(GetWindowTextLengthW(field_)) + 1);
    typed.resize(static_cast<std::size_t>(
        GetWindowTextW(field_, typed.data(), static_cast<int>(typed.size()))));
  }
  remove_controls();
  page_ = page;
  row_ = -1;
  if (notice_brush_ != nullptr) DeleteObject(notice_brush_);
  notice_brush_ = CreateSolidBrush(tone_paper(page.tone));
  SetWindowTextW(window_, to_wide(page.heading).c_str());
  make_controls();
  if (field_ != nullptr) SetWindowTextW(field_, typed.c_str());
  arrange();
  choose(row);
  ShowWindow(window_, SW_SHOW);
  RedrawWindow(window_, nullptr, nullptr, RDW_INVALIDATE | RDW_ERASE | RDW_ALLCHILDREN);
  focus_first();
  UpdateWindow(window_);
  if (!described_.empty()) describe();
  pulse();
}

void Window::describe_to(std::string file) {
  described_ = std::move(file);
  pulse_ = CreateEventW(nullptr, FALSE, FALSE, L"RemediaPulse");
}

void Window::pulse() {
  if (pulse_ != nullptr) SetEvent(pulse_);
}

void Window::close() { DestroyWindow(window_); }

HWND Window::make(const wchar_t* type, const std::wstring& text, DWORD style, int id, HFONT font) {
  const HWND control = CreateWindowExW(
      0, type, text.c_str(), WS_CHILD | WS_VISIBLE | style, 0, 0, 0, 0, window_,
      reinterpret_cast<HMENU>(static_cast<INT_PTR>(id)), GetModuleHandleW(nullptr), nullptr);
  SendMessageW(control, WM_SETFONT, reinterpret_cast<WPARAM>(font), FALSE);
  controls_.push_back(control);
  return control;
}

void Window::remove_controls() {
  // Forgotten first: the frame, which gets the focus meanwhile, passes it on to none of them.
  const std::vector<HWND> old = std::exchange(controls_, {});
  buttons_.clear();
  heading_ = lead_ = text_ = list_ = title_ = mark_ = detail_ = label_ = field_ = output_ = stamp_ =
      nullptr;
  for (const HWND control : old) DestroyWindow(control);
}

// In the order in which Tab goes through them.
void Window::make_controls() {
  constexpr DWORD kReading = ES_MULTILINE | ES_READONLY | ES_AUTOVSCROLL;
  heading_ = make(L"STATIC", to_wide(page_.heading), SS_NOPREFIX, kHeading, style_->heading());
  if (!page_.lead.empty()) {
    lead_ = make(L"STATIC", with_crlf(page_.lead), SS_NOPREFIX, kLead, style_->heading());
  }
  if (!page_.text.empty()) {
    text_ = make(L"EDIT", with_crlf(page_.text), kReading, kText, style_->text());
  }
  if (!page_.rows.empty()) {
    make_list();
  }
  if (has_details()) {
    if (!style_->narrow()) title_ = make(L"STATIC", L"", SS_NOPREFIX, kTitle, style_->bold());
    mark_ = make(L"STATIC", L"", SS_NOPREFIX, kMark, style_->text());
    detail_ = make(L"EDIT", L"", kReading | WS_VSCROLL | WS_TABSTOP, kDetail, style_->text());
  }
  if (!page_.field.empty()) {
    label_ = make(L"STATIC", to_wide(page_.field), SS_NOPREFIX, kLabel, style_->text());
    field_ = make(L"EDIT", L"", WS_BORDER | WS_TABSTOP | ES_AUTOHSCROLL, kField, style_->text());
    SendMessageW(field_, EM_SETLIMITTEXT, 200, 0);
  }
  if (!page_.output.empty()) make_output();
  for (std::size_t i = 0; i < page_.buttons.size(); ++i) {
    buttons_.push_back(make(L"BUTTON", to_wide(page_.buttons[i].text), BS_OWNERDRAW | WS_TABSTOP,
                            kFirstButton + static_cast<int>(i), style_->text()));
  }
  stamp_ = make(L"STATIC", to_wide(page_.stamp), SS_NOPREFIX, kStamp, style_->small_text());
}

// Its text after its font: the lines are found once. No line is broken, so that columns stay.
void Window::make_output() {
  output_ = make(L"EDIT", L"",
                 ES_MULTILINE | ES_READONLY | ES_AUTOVSCROLL | ES_AUTOHSCROLL | WS_VSCROLL |
                     WS_HSCROLL | WS_BORDER | WS_TABSTOP,
                 kOutput, style_->fixed());
  SetWindowTextW(output_, with_crlf(page_.output).c_str());
}

bool Window::has_details() const {
  return std::any_of(page_.rows.begin(), page_.rows.end(),
                     [](const Row& row) { return !row.detail.empty(); });
}

void Window::make_list() {
  list_ = make(L"LISTBOX", L"",
               LBS_OWNERDRAWVARIABLE | LBS_HASSTRINGS | LBS_NOTIFY | LBS_NOINTEGRALHEIGHT |
                   WS_VSCROLL | WS_BORDER | WS_TABSTOP,
               kList, style_->text());
  for (const Row& row : page_.rows) {
    SendMessageW(list_, LB_ADDSTRING, 0, reinterpret_cast<LPARAM>(to_wide(row.text).c_str()));
  }
}

void Window::choose(int row) {
  if (list_ == nullptr) return update_buttons();
  SendMessageW(list_, LB_SETCURSEL, static_cast<WPARAM>(row), 0);
  row_changed();
}

// Headings of groups cannot be chosen: go on in the direction of the move, or else back.
void Window::row_changed() {
  const int count = static_cast<int>(page_.rows.size());
  int row = static_cast<int>(SendMessageW(list_, LB_GETCURSEL, 0, 0));
  const int step = row < row_ ? -1 : 1;
  const auto heads = [this, count](int at) {
    return at >= 0 && at < count && page_.rows[static_cast<std::size_t>(at)].heading;
  };
  int next = row;
  while (heads(next)) next += step;
  if (next < 0 || next >= count) next = row;
  while (heads(next)) next -= step;
  if (next != row) SendMessageW(list_, LB_SETCURSEL, static_cast<WPARAM>(next), 0);
  // The heading above the first row is worth seeing, too.
  if (next > 0 && heads(next - 1)) {
    const auto top = SendMessageW(list_, LB_GETTOPINDEX, 0, 0);
    if (top == next) SendMessageW(list_, LB_SETTOPINDEX, static_cast<WPARAM>(next - 1), 0);
  }
  row_ = next;
  const bool any = row_ >= 0 && row_ < count;
  if (detail_ != nullptr) {
    show_details(any ? page_.rows[static_cast<std::size_t>(row_)] : Row{});
  }
  update_buttons();
  pulse();
}

void Window::show_details(const Row& shown) {
  if (title_ != nullptr) SetWindowTextW(title_, to_wide(shown.text).c_str());
  SetWindowTextW(mark_, to_wide(shown.mark).c_str());
  SetWindowTextW(detail_, with_crlf(shown.detail).c_str());
  arrange_details();
}

bool Window::can_press(const Button& button) const {
  if (!button.needs_row) return true;
  return row_ >= 0 && static_cast<std::size_t>(row_) < page_.rows.size() &&
         page_.rows[static_cast<std::size_t>(row_)].enabled;
}

void Window::update_buttons() {
  for (std::size_t i = 0; i < buttons_.size(); ++i) {
    EnableWindow(buttons_[i], can_press(page_.buttons[i]));
    InvalidateRect(buttons_[i], nullptr, TRUE);
  }
}

void Window::press(Action action) {
  for (const Button& button : page_.buttons) {
    if (button.action != action || !can_press(button) || listener_ == nullptr) continue;
    std::wstring typed;
    if (field_ != nullptr) {
      typed.resize(static_cast<std::size_t>(GetWindowTextLengthW(field_)) + 1);
      typed.resize(static_cast<std::size_t>(
          GetWindowTextW(field_, typed.data(), static_cast<int>(typed.size()))));
    }
    listener_->act(action, row_, to_utf8(typed));
    return;
  }
}

// Enter in a list or a field: the strong button, or the first one.
void Window::press_default() {
  for (const Button& button : page_.buttons) {
    if (button.strong && field_ == nullptr) return press(button.action);
  }
  if (!page_.buttons.empty()) press(page_.buttons[0].action);
}

void Window::focus_first() {
  HWND target = field_ != nullptr ? field_ : list_ != nullptr ? list_ : output_;
  for (std::size_t i = 0; target == nullptr && i < buttons_.size(); ++i) {
    if (page_.buttons[i].strong) target = buttons_[i];
  }
  if (target == nullptr && !buttons_.empty()) target = buttons_[0];
  SetFocus(target != nullptr ? target : window_);
}

// A field of several lines takes Tab for itself and tells a dialog box, which this window is not.
bool Window::leave_text(const MSG& message) {
  if (message.message != WM_KEYDOWN || message.wParam != VK_TAB) return false;
  if (message.hwnd != output_ && message.hwnd != text_ && message.hwnd != detail_) return false;
  const bool back = GetKeyState(VK_SHIFT) < 0;
  SetFocus(GetNextDlgTabItem(window_, message.hwnd, back));
  return true;
}

// The letter of a button, with Alt or while a button has the focus: held, it would press the
// buttons of page after page.
bool Window::is_held_letter(const MSG& message) const {
  if ((message.lParam >> 30 & 1) == 0) return false;
  if (message.message == WM_SYSKEYDOWN || message.message == WM_SYSCHAR) return true;
  const bool letter = message.message == WM_CHAR;
  return letter && std::find(buttons_.begin(), buttons_.end(), message.hwnd) != buttons_.end();
}

void Window::handle(MSG& message) {
  if (message.message == WM_KEYDOWN && message.wParam == VK_RETURN) {
    // A key that is held would press what stands on the next page, such as Stop.
    if ((message.lParam >> 30 & 1) != 0) return;
    const auto button = std::find(buttons_.begin(), buttons_.end(), message.hwnd);
    if (button == buttons_.end()) return press_default();
    return press(page_.buttons[static_cast<std::size_t>(button - buttons_.begin())].action);
  }
  if (message.message == WM_KEYDOWN && message.wParam == VK_ESCAPE) return press(Action::back);
  if (is_held_letter(message)) return;
  if (leave_text(message) || IsDialogMessageW(window_, &message)) return;
  TranslateMessage(&message);
  DispatchMessageW(&message);
}

}  // namespace remedia::launcher
