// Where the controls of a page go. All distances come from the height of a line of text, all
// heights from measured text: nothing is clipped at any DPI. What may not fit (text, details)
// stands in a read-only field that scrolls.
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

constexpr int kEditIndent = 3;  // of its text, set below
// Without a scroll bar, text that is just as high as its field would still move under the mouse.
constexpr int kEditSpare = 4;

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
  band_ = heading + (style_->narrow() ? pad : 2 * pad);
  place(heading_, pad, (band_ - heading) / 2, width, heading);

  const int stamp = needed(stamp_, width).cy;
  foot_ = client.bottom - pad / 2 - stamp - pad / 2;
  place(stamp_, pad, foot_ + pad / 2, width, stamp);

  int bottom = arrange_buttons(foot_ - (style_->narrow() ? pad / 2 : pad), width);
  int top = arrange_lead(band_ + pad, width);
  const int field = field_height(width);
  top = arrange_text(top, bottom - field, width);
  arrange_rest(top, bottom, width);
}

// What takes all the room that is left, and the entry field below it.
void Window::arrange_rest(int top, int bottom, int width) {
  if (output_ != nullptr) return place(output_, style_->pad(), top, width, bottom - top);
  if (list_ == nullptr) return arrange_field(top, width);
  const int field = field_height(width);
  arrange_list(top, bottom - field, width);
  arrange_field(bottom - field + style_->pad(), width);
}

// What the text of a read-only field takes at this width: the field itself is asked, since nobody
// else knows where it breaks lines.
int Window::height_in(HWND field, int width) {
  SendMessageW(field, EM_SETMARGINS, EC_LEFTMARGIN | EC_RIGHTMARGIN,
               MAKELPARAM(kEditIndent, kEditIndent));
  place(field, 0, 0, width, 100 * style_->line());
  const auto lines = static_cast<int>(SendMessageW(field, EM_GETLINECOUNT, 0, 0));
  return lines * style_->line() + kEditSpare;
}

// Rows of buttons, filled from the left, the last row ending at `bottom`; if one row is enough, the
// ways out stand at its right. Gives the bottom of what is above.
int Window::arrange_buttons(int bottom, int width) {
  const int pad = style_->pad();
  const int height = style_->narrow() ? style_->line() + pad : 2 * style_->line();
  const int gap = pad / 2;
  std::vector<int> wide;
  for (const HWND button : buttons_) {
    const int text = needed(button, 0, DT_SINGLELINE).cx;
    wide.push_back(std::min(std::max(text + 2 * pad, 5 * style_->line()), width));
  }
  if (buttons_.empty()) return bottom;
  std::vector<RECT> places;
  int left = 0;
  int row = 0;
  for (std::size_t i = 0; i < buttons_.size(); ++i) {
    if (left != 0 && left + wide[i] > width) {
      left = 0;
      ++row;
    }
    places.push_back({left, row, left + wide[i], row});
    left += wide[i] + gap;
  }
  if (row == 0) {
    int right = width;
    for (std::size_t i = buttons_.size(); i-- > 0 && is_exit(page_.buttons[i].action);) {
      places[i] = {right - wide[i], 0, right, 0};
      right -= wide[i] + gap;
    }
  }
  const int top = bottom - (row + 1) * height - row * gap;
  for (std::size_t i = 0; i < buttons_.size(); ++i) {
    place(buttons_[i], pad + places[i].left, top + static_cast<int>(places[i].top) * (height + gap),
          places[i].right - places[i].left, height);
  }
  return top - pad;
}

int Window::arrange_lead(int top, int width) {
  if (lead_ == nullptr) return top;
  const int pad = style_->pad();
  const int height = needed(lead_, width).cy;
  place(lead_, pad, top, width, height);
  return top + height + pad;
}

// The text, on paper of its own if its tone is not plain. Gives where the next thing may begin.
int Window::arrange_text(int top, int bottom, int width) {
  if (text_ == nullptr) return top;
  const int pad = style_->pad();
  const bool notice = page_.tone != Tone::plain;
  const int side = notice ? pad : -kEditIndent;  // its text stands below the heading's
  const int edge = notice ? pad / 2 : 0;
  const int inner = width - 2 * side;
  const int wanted = height_in(text_, inner);
  const bool alone = list_ == nullptr && output_ == nullptr;
  const int room = (alone ? bottom - top : (bottom - top) * 2 / 5) - 2 * edge;
  const int height = std::min(wanted, std::max(room, style_->line()));
  if (wanted > height) {
    SetWindowLongPtrW(text_, GWL_STYLE,
                      GetWindowLongPtrW(text_, GWL_STYLE) | WS_VSCROLL | WS_TABSTOP);
  }
  place(text_, pad + side, top + edge, inner, height);
  SetWindowPos(text_, nullptr, 0, 0, 0, 0,
               SWP_FRAMECHANGED | SWP_NOMOVE | SWP_NOSIZE | SWP_NOZORDER | SWP_NOACTIVATE);
  notice_ = {pad, top, pad + width, top + height + 2 * edge};
  return top + height + 2 * edge + pad;
}

// Of the entry field with its label, and of the distance above them.
int Window::field_height(int width) const {
  if (field_ == nullptr) return 0;
  const int pad = style_->pad();
  return pad + needed(label_, width).cy + pad / 2 + style_->line() + pad;
}

void Window::arrange_field(int top, int width) {
  if (field_ == nullptr) return;
  const int pad = style_->pad();
  const int label = needed(label_, width).cy;
  place(label_, pad, top, width, label);
  // As wide as what is typed there, with room to spare.
  const int wide = std::min(width, 30 * style_->line());
  place(field_, pad, top + label + pad / 2, wide, style_->line() + pad);
}

void Window::arrange_list(int top, int bottom, int width) {
  const int pad = style_->pad();
  const int left = has_details() ? (width - pad) / 2 : width;
  place(list_, pad, top, left, bottom - top);
  panel_ = {pad + left + pad, top, pad + width, bottom};
  RECT inside{};
  GetClientRect(list_, &inside);
  for (std::size_t i = 0; i < page_.rows.size(); ++i) {
    SendMessageW(list_, LB_SETITEMHEIGHT, i, row_height(page_.rows[i], inside.right));
  }
}

// Windows takes at most 255.
int Window::row_height(const Row& row, int width) const {
  const int pad = style_->pad();
  const int room = width - (row.heading ? pad : 2 * pad);
  const HFONT font = row.heading ? style_->bold() : style_->text();
  const int text = measure(font, to_wide(row.text), room).cy;
  return std::min(text + (row.heading ? pad / 2 : pad), 255);
}

// Title, risk and description of the chosen row, one below the other in the panel.
void Window::arrange_details() {
  const int pad = style_->pad();
  const int edge = style_->narrow() ? pad / 2 : pad;
  const int left = panel_.left + edge;
  const int width = panel_.right - panel_.left - 2 * edge;
  int top = panel_.top + edge;
  for (const HWND line : {title_, mark_}) {
    if (line == nullptr) continue;
    const bool any = GetWindowTextLengthW(line) != 0;
    const int height = any ? needed(line, width).cy : 0;
    place(line, left, top, width, height);
    if (any) top += height + (line == mark_ ? pad / 2 : pad / 4);
    InvalidateRect(line, nullptr, TRUE);
  }
  const int height = panel_.bottom - edge - top;
  ShowScrollBar(detail_, SB_VERT, FALSE);
  const bool scrolls = height_in(detail_, width + kEditIndent) > height;
  place(detail_, left - kEditIndent, top, width + kEditIndent, height);
  ShowScrollBar(detail_, SB_VERT, scrolls);
  InvalidateRect(window_, &panel_, FALSE);
  InvalidateRect(detail_, nullptr, TRUE);
}

}  // namespace remedia::launcher
