// What the window draws itself. Windows PE has no theme service: its own buttons look like those of
// 1995.
#include "launcher/windows/system.h"
#include "launcher/windows/window.h"

namespace remedia::launcher {
namespace {

void fill(HDC dc, const RECT& box, COLORREF colour) {
  const HBRUSH brush = CreateSolidBrush(colour);
  FillRect(dc, &box, brush);
  DeleteObject(brush);
}

void frame(HDC dc, const RECT& box, COLORREF colour) {
  const HBRUSH brush = CreateSolidBrush(colour);
  FrameRect(dc, &box, brush);
  DeleteObject(brush);
}

void write(HDC dc, HFONT font, const std::wstring& text, RECT box, COLORREF colour, UINT flags) {
  const HGDIOBJ before = SelectObject(dc, font);
  SetTextColor(dc, colour);
  SetBkMode(dc, TRANSPARENT);
  DrawTextW(dc, text.c_str(), static_cast<int>(text.size()), &box, flags);
  SelectObject(dc, before);
}

}  // namespace

void Window::paint_band() {
  PAINTSTRUCT paint;
  const HDC dc = BeginPaint(window_, &paint);
  RECT client{};
  GetClientRect(window_, &client);
  fill(dc, {0, 0, client.right, band_}, kBand);
  if (page_.tone != Tone::plain && text_ != nullptr) {
    fill(dc, notice_, tone_paper(page_.tone));
    fill(dc, {notice_.left, notice_.top, notice_.left + style_->pad() / 2, notice_.bottom},
         tone_colour(page_.tone));
  }
  if (detail_ != nullptr) {
    fill(dc, panel_, kPanel);
    frame(dc, panel_, kLine);
  }
  fill(dc, {0, foot_, client.right, client.bottom}, kPanel);
  fill(dc, {0, foot_, client.right, foot_ + 1}, kLine);
  EndPaint(window_, &paint);
}

LRESULT Window::colour(HDC dc, HWND control) {
  SetBkMode(dc, OPAQUE);
  if (control == heading_) {
    SetTextColor(dc, kPaper);
    SetBkColor(dc, kBand);
    return reinterpret_cast<LRESULT>(band_brush_);
  }
  SetTextColor(dc, control == stamp_ ? kFaint : kInk);
  if (control == mark_ && row_ >= 0) {
    SetTextColor(dc, risk_colour(page_.rows[static_cast<std::size_t>(row_)].risk));
  }
  if (control == lead_) SetTextColor(dc, kBand);
  if (control == text_) {
    SetBkColor(dc, tone_paper(page_.tone));
    return reinterpret_cast<LRESULT>(notice_brush_);
  }
  if (control == detail_ || control == title_ || control == mark_ || control == stamp_) {
    SetBkColor(dc, kPanel);
    return reinterpret_cast<LRESULT>(panel_brush_);
  }
  SetBkColor(dc, kPaper);
  return reinterpret_cast<LRESULT>(paper_brush_);
}

void Window::draw_item(const DRAWITEMSTRUCT& item) {
  if (item.CtlType == ODT_BUTTON) draw_button(item);
  if (item.CtlType == ODT_LISTBOX) draw_row(item);
}

void Window::draw_button(const DRAWITEMSTRUCT& item) {
  const std::size_t index = item.CtlID - kFirstButton;
  if (index >= page_.buttons.size()) return;
  const Button& button = page_.buttons[index];
  const bool off = (item.itemState & ODS_DISABLED) != 0;
  const bool strong = button.strong && !off;
  RECT box = item.rcItem;
  fill(item.hDC, box, strong ? kAccent : kPanel);
  frame(item.hDC, box, strong ? kBand : kLine);
  if ((item.itemState & ODS_SELECTED) != 0) OffsetRect(&box, 1, 1);
  const COLORREF ink = off ? kLine : strong ? kPaper : kInk;
  write(item.hDC, style_->text(), to_wide(button.text), box, ink,
        DT_CENTER | DT_VCENTER | DT_SINGLELINE);
  if ((item.itemState & ODS_FOCUS) != 0) {
    RECT inner = item.rcItem;
    InflateRect(&inner, -3, -3);
    frame(item.hDC, inner, strong ? kPaper : kAccent);
  }
}

void Window::draw_row(const DRAWITEMSTRUCT& item) {
  if (item.itemID >= page_.rows.size()) return;
  const Row& row = page_.rows[item.itemID];
  const int pad = style_->pad();
  const bool chosen = (item.itemState & ODS_SELECTED) != 0 && !row.heading;
  fill(item.hDC, item.rcItem, row.heading ? kPanel : chosen ? kAccent : kPaper);
  RECT text = item.rcItem;
  text.left += row.heading ? pad / 2 : pad + pad / 2;
  text.top += row.heading ? pad / 4 : pad / 2;
  text.right -= pad / 2;
  const COLORREF ink = chosen        ? (row.enabled ? kPaper : kLine)
                       : row.heading ? kBand
                       : row.enabled ? kInk
                                     : kFaint;
  write(item.hDC, row.heading ? style_->bold() : style_->text(), to_wide(row.text), text, ink,
        DT_WORDBREAK | DT_NOPREFIX);
  if (!row.mark.empty()) {
    const RECT bar{item.rcItem.left, item.rcItem.top + 1, item.rcItem.left + pad / 2,
                   item.rcItem.bottom - 1};
    fill(item.hDC, bar, row.enabled ? risk_colour(row.risk) : kLine);
  }
}

}  // namespace remedia::launcher
