// For tests: where the controls of a page are and what their texts take.
#include "launcher/text.h"
#include "launcher/windows/system.h"
#include "launcher/windows/window.h"

#include <algorithm>

namespace remedia::launcher {
namespace {

std::string line_of(int id, const RECT& box, SIZE taken, bool scrolls) {
  std::string line = decimal(static_cast<unsigned>(id));
  for (const LONG number : {box.left, box.top, box.right, box.bottom, taken.cx, taken.cy}) {
    line +=
        (number < 0 ? " -" : " ") + decimal(static_cast<unsigned>(number < 0 ? -number : number));
  }
  return line + (scrolls ? " 1\n" : " 0\n");
}

std::wstring text_of(HWND control) {
  std::wstring text(static_cast<std::size_t>(GetWindowTextLengthW(control)) + 1, L'\0');
  text.resize(static_cast<std::size_t>(
      GetWindowTextW(control, text.data(), static_cast<int>(text.size()))));
  return text;
}

}  // namespace

// What the text takes: for a field that breaks lines, what the field itself says of them.
SIZE Window::taken_by(HWND control, int width) const {
  if (control == list_ || control == output_ || GetWindowTextLengthW(control) == 0) return {0, 0};
  const auto font = reinterpret_cast<HFONT>(SendMessageW(control, WM_GETFONT, 0, 0));
  if (control == text_ || control == detail_) {
    const auto lines = static_cast<int>(SendMessageW(control, EM_GETLINECOUNT, 0, 0));
    return {0, lines * style_->line()};
  }
  if (control == field_) return {0, style_->line()};
  const bool button = std::find(buttons_.begin(), buttons_.end(), control) != buttons_.end();
  return measure(font, text_of(control), button ? 0 : width, button ? DT_SINGLELINE : DT_NOPREFIX);
}

// One line for each control: id, rectangle in the client area, width and height that its text
// takes, whether it scrolls. The first line is the client area. Rows of the list follow as 1000 and
// so on, by their size alone.
void Window::describe() {
  RECT client{};
  GetClientRect(window_, &client);
  std::string text = line_of(0, client, {0, 0}, false);
  for (const HWND control : controls_) {
    RECT box{};
    GetWindowRect(control, &box);
    MapWindowPoints(nullptr, window_, reinterpret_cast<POINT*>(&box), 2);
    const bool scrolls = (GetWindowLongPtrW(control, GWL_STYLE) & WS_VSCROLL) != 0;
    text += line_of(GetDlgCtrlID(control), box, taken_by(control, box.right - box.left), scrolls);
  }
  RECT inside{};
  if (list_ != nullptr) GetClientRect(list_, &inside);
  for (std::size_t i = 0; i < page_.rows.size(); ++i) {
    const auto height = static_cast<LONG>(SendMessageW(list_, LB_GETITEMHEIGHT, i, 0));
    const Row& row = page_.rows[i];
    const int room = inside.right - (row.heading ? 1 : 2) * style_->pad();
    const SIZE taken =
        measure(row.heading ? style_->bold() : style_->text(), to_wide(row.text), room);
    text += line_of(1000 + static_cast<int>(i), {0, 0, room, height}, taken, false);
  }
  write_file(described_, text);
}

}  // namespace remedia::launcher
