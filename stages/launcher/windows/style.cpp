#include "launcher/windows/style.h"

#include <cstring>
#include <string_view>

namespace remedia::launcher {

COLORREF tone_colour(Tone tone) {
  switch (tone) {
    case Tone::plain:
      return kInk;
    case Tone::warning:
      return RGB(0x8a, 0x4b, 0x00);
    case Tone::error:
      return RGB(0xa8, 0x1c, 0x1c);
  }
  return kInk;
}

COLORREF tone_paper(Tone tone) {
  switch (tone) {
    case Tone::plain:
      return kPaper;
    case Tone::warning:
      return RGB(0xff, 0xf6, 0xe5);
    case Tone::error:
      return RGB(0xfd, 0xef, 0xef);
  }
  return kPaper;
}

COLORREF risk_colour(Risk risk) {
  switch (risk) {
    case Risk::low:
      return RGB(0x1e, 0x71, 0x45);
    case Risk::data:
      return RGB(0x1f, 0x5f, 0xa8);
    case Risk::high:
      return RGB(0xa8, 0x58, 0x00);
    case Risk::destructive:
      return RGB(0xc0, 0x2a, 0x2a);
  }
  return kLine;
}

namespace {

// Segoe UI is in every Windows PE and Consolas in most; if one is not, GDI takes what is near.
HFONT make_font(int dpi, int tenths_of_points, int weight, bool fixed = false) {
  LOGFONTW font{};
  font.lfHeight = -MulDiv(tenths_of_points, dpi, 720);
  font.lfWeight = weight;
  font.lfCharSet = DEFAULT_CHARSET;
  font.lfQuality = CLEARTYPE_QUALITY;
  font.lfPitchAndFamily = fixed ? FIXED_PITCH | FF_MODERN : DEFAULT_PITCH | FF_DONTCARE;
  const std::wstring_view face = fixed ? L"Consolas" : L"Segoe UI";
  std::memcpy(font.lfFaceName, face.data(), (face.size() + 1) * sizeof(wchar_t));
  return CreateFontIndirectW(&font);
}

}  // namespace

Style::Style(int dpi, bool narrow)
    : text_(make_font(dpi, narrow ? 90 : 105, FW_NORMAL)),
      bold_(make_font(dpi, narrow ? 90 : 105, FW_BOLD)),
      heading_(make_font(dpi, narrow ? 110 : 160, FW_NORMAL)),
      small_(make_font(dpi, narrow ? 75 : 90, FW_NORMAL)),
      fixed_(make_font(dpi, narrow ? 80 : 95, FW_NORMAL, true)),
      line_(measure(text_, L"Ag", 0).cy),
      narrow_(narrow) {}

Style::~Style() {
  for (const HFONT font : {text_, bold_, heading_, small_, fixed_}) DeleteObject(font);
}

bool is_exit(Action action) {
  return action == Action::restart || action == Action::shut_down || action == Action::close;
}

SIZE measure(HFONT font, const std::wstring& text, int width, UINT flags) {
  const HDC dc = GetDC(nullptr);
  const HGDIOBJ before = SelectObject(dc, font);
  RECT box{0, 0, width == 0 ? 100000 : width, 0};
  if (width != 0) flags |= DT_WORDBREAK;
  DrawTextW(dc, text.c_str(), static_cast<int>(text.size()), &box,
            flags | DT_CALCRECT | DT_EXPANDTABS);
  SelectObject(dc, before);
  ReleaseDC(nullptr, dc);
  return {box.right, box.bottom};
}

}  // namespace remedia::launcher
