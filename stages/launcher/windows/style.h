// How the launcher looks: fonts and distances from the DPI of the system, and a few colours.
#pragma once

#include "launcher/page.h"

#include <string>

#include <windows.h>

namespace remedia::launcher {

constexpr COLORREF kBand = RGB(0x1f, 0x3a, 0x5f);
constexpr COLORREF kAccent = RGB(0x1f, 0x5f, 0xa8);
constexpr COLORREF kPaper = RGB(0xff, 0xff, 0xff);
constexpr COLORREF kPanel = RGB(0xf3, 0xf5, 0xf8);
constexpr COLORREF kLine = RGB(0xb8, 0xc0, 0xcc);
constexpr COLORREF kInk = RGB(0x1c, 0x23, 0x2b);
constexpr COLORREF kFaint = RGB(0x6b, 0x74, 0x80);

COLORREF tone_colour(Tone tone);
COLORREF tone_paper(Tone tone);  ///< what a page's text stands on
COLORREF risk_colour(Risk risk);

/// Fonts of one DPI. Everything else is measured by them.
class Style {
 public:
  /// `narrow`: less than 640 dots of 96 dpi wide, so that a heading takes less room.
  Style(int dpi, bool narrow);
  bool narrow() const { return narrow_; }
  Style(const Style&) = delete;
  Style& operator=(const Style&) = delete;
  ~Style();

  HFONT text() const { return text_; }
  HFONT bold() const { return bold_; }
  HFONT heading() const { return heading_; }
  HFONT small_text() const { return small_; }
  HFONT fixed() const { return fixed_; }  ///< letters of one width, for what programs print
  int line() const { return line_; }      ///< height of a line of text()
  int pad() const { return line_ / 2; }

 private:
  HFONT text_;
  HFONT bold_;
  HFONT heading_;
  HFONT small_;
  HFONT fixed_;
  int line_;
  bool narrow_;
};

/// Restart, shut down, close: apart from what a page is about.
bool is_exit(Action action);

/// The size of `text` in `font`, broken at `width` (0: never). `flags` as of DrawText.
SIZE measure(HFONT font, const std::wstring& text, int width, UINT flags = DT_NOPREFIX);

}  // namespace remedia::launcher
