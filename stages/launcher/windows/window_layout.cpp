// Where the controls of a page go. All distances come from the height of a line of text, all
// heights from measured text: nothing is clipped at any DPI. What may not fit (text, details)
// stands in a read-only field that scrolls.
#include "launcher/text.h"
#include "launcher/windows/system.h"
#include "launcher/windows/window.h"

#include <algorithm>

namespace remedia::launcher {
namespace {

std::wstring text_of(HWND control) {
  std::wstring text(static_cast<std::size_t>(GetWindowTextLengthW(control)) + 1, L'\0');
  const int size = GetWindowTextW(control, text.data(), static_cast<int>(text.size()));
  text.resize(static_cast<std::size_t>(size));
  return text;
}

HFONT font_of(HWND control) {
  return reinterpret_cast<HFONT>(SendMessageW(control, WM_GETFONT, 0, 0));
}

SIZE needed(HWND control, int width, UINT flags = DT_NOPREFIX) {
  return measure(font_of(control), text_of(control), width, flags);
}

// An edit control keeps a margin and a line for itself.
constexpr int kEditMargin = 12;

}  // namespace

void Window::place(HWND control, int left, int top, int width, int height) {
  MoveWindow(control, left, top, std::max(width, 0), std::max(height, 0), FALSE);
}

void Window::arrange() {
  RECT client{};
  GetClientRect(window_, &client);
  const int pad = style_->pad();
  const int width = client.right - 2 * pad;

  const int heading = needed(heading_, width).cy;
  band_ = heading + 2 * pad;
  place(heading_, pad, pad, width, heading);

  const int stamp = needed(stamp_, width).cy;
  int bottom = client.bottom - pad / 2 - stamp;
  place(stamp_, pad, bottom, width, stamp);
  bottom = arrange_buttons(bottom - pad / 2, width);
  bottom = arrange_field(bottom, width);
  arrange_text(band_ + pad, bottom, width);
}

// Rows of buttons, filled from the left, the last row ending at `bottom`. Gives the top.
int Window::arrange_buttons(int bottom, int width) {
  const int pad = style_->pad();
  const int height = 2 * style_->line();
  struct Place {
    int left;
    int row;
    int width;
  };
  std::vector<Place> places;
  int left = 0;
  int row = 0;
  for (const HWND button : buttons_) {
    const int wide =
        std::max<int>(needed(button, 0, DT_SINGLELINE).cx + 3 * pad, 5 * style_->line());
    if (left != 0 && left + wide > width) {
      left = 0;
      ++row;
    }
    places.push_back({left, row, std::min(wide, width)});
    left += wide + pad;
  }
  if (places.empty()) return bottom;
  const int top = bottom - (row + 1) * (height + pad / 2) + pad / 2;
  for (std::size_t i = 0; i < places.size(); ++i) {
    place(buttons_[i], pad + places[i].left, top + places[i].row * (height + pad / 2),
          places[i].width, height);
  }
  return top - pad;
}

int Window::arrange_field(int bottom, int width) {
  if (field_ == nullptr) return bottom;
  const int pad = style_->pad();
  const int height = style_->line() + pad;
  const int label = needed(label_, width).cy;
  place(field_, pad, bottom - height, width, height);
  place(label_, pad, bottom - height - pad / 2 - label, width, label);
  return bottom - height - label - pad - pad / 2;
}

void Window::arrange_text(int top, int bottom, int width) {
  const int pad = style_->pad();
  if (text_ != nullptr) {
    const int wanted = needed(text_, width - kEditMargin).cy + style_->line() / 4;
    const int most = list_ == nullptr ? bottom - top : (bottom - top) * 2 / 5;
    const int height = std::min(wanted, std::max(most, style_->line()));
    if (wanted > height) {
      SetWindowLongPtrW(text_, GWL_STYLE,
                        GetWindowLongPtrW(text_, GWL_STYLE) | WS_VSCROLL | WS_TABSTOP);
    }
    place(text_, pad, top, width, height);
    SetWindowPos(text_, nullptr, 0, 0, 0, 0,
                 SWP_FRAMECHANGED | SWP_NOMOVE | SWP_NOSIZE | SWP_NOZORDER | SWP_NOACTIVATE);
    top += height + pad;
  }
  if (list_ == nullptr) return;
  const int left = (width - pad) / 2;
  place(list_, pad, top, left, bottom - top);
  place(detail_, pad + left + pad, top, width - left - pad, bottom - top);
  RECT inside{};
  GetClientRect(list_, &inside);
  for (std::size_t i = 0; i < page_.rows.size(); ++i) {
    const bool heading = page_.rows[i].heading;
    const int room = inside.right - (heading ? pad : 2 * pad);
    const int text =
        measure(heading ? style_->bold() : style_->text(), to_wide(page_.rows[i].text), room).cy;
    SendMessageW(list_, LB_SETITEMHEIGHT, i, std::min(text + (heading ? pad / 2 : pad), 255));
  }
}

// Details scroll only if they have to.
void Window::show_scroll_bar() {
  RECT box{};
  GetWindowRect(detail_, &box);
  const int width = box.right - box.left - kEditMargin;
  const bool wanted = needed(detail_, width).cy + style_->line() / 4 > box.bottom - box.top;
  ShowScrollBar(detail_, SB_VERT, wanted);
}

namespace {

std::string rectangle(const RECT& box) {
  return decimal(static_cast<unsigned>(std::max(box.left, 0L))) + " " +
         decimal(static_cast<unsigned>(std::max(box.top, 0L))) + " " +
         decimal(static_cast<unsigned>(std::max(box.right, 0L))) + " " +
         decimal(static_cast<unsigned>(std::max(box.bottom, 0L)));
}

}  // namespace

// One line for each control: id, rectangle in the client area, width and height that its text
// needs, whether it scrolls. The first line is the client area.
void Window::describe() {
  RECT client{};
  GetClientRect(window_, &client);
  std::string text = "0 " + rectangle(client) + " 0 0 0\n";
  for (const HWND control : controls_) {
    RECT box{};
    GetWindowRect(control, &box);
    MapWindowPoints(nullptr, window_, reinterpret_cast<POINT*>(&box), 2);
    const bool button = std::find(buttons_.begin(), buttons_.end(), control) != buttons_.end();
    const bool scrolls = (GetWindowLongPtrW(control, GWL_STYLE) & WS_VSCROLL) != 0;
    const int width = button ? 0 : static_cast<int>(box.right - box.left);
    const SIZE size = needed(control, width, button ? DT_SINGLELINE : DT_NOPREFIX);
    text += decimal(static_cast<unsigned>(GetDlgCtrlID(control))) + " " + rectangle(box) + " " +
            decimal(static_cast<unsigned>(size.cx)) + " " +
            decimal(static_cast<unsigned>(size.cy)) + (scrolls ? " 1\n" : " 0\n");
  }
  write_file(described_, text);
}

}  // namespace remedia::launcher
