// Shows pages. One window with a heading, text, a list with details, an entry field, buttons and
// the image's version at the bottom; which of them there are, the page says.
#pragma once

#include "launcher/page.h"
#include "launcher/windows/style.h"

#include <memory>
#include <string>
#include <vector>

#include <windows.h>

namespace remedia::launcher {

/// Gets what is done in the window.
class Listener {
 public:
  virtual ~Listener() = default;
  virtual void act(Action action, int row, std::string_view typed) = 0;
};

/// Identifiers of the controls; buttons have kFirstButton and those after it.
enum ControlId {
  kHeading = 10,
  kText,
  kList,
  kDetail,
  kLabel,
  kField,
  kStamp,
  kLead,
  kTitle,
  kMark,
  kOutput,
  kFirstButton = 100
};

class Window {
 public:
  /// `dpi` 0: that of the system; `size` 0: what the screen allows.
  Window(int dpi, SIZE size);
  Window(const Window&) = delete;
  Window& operator=(const Window&) = delete;

  bool good() const { return window_ != nullptr; }
  void listen(Listener& listener) { listener_ = &listener; }
  void show(const Page& page);
  void close();
  void handle(MSG& message);  ///< keys of the pages, then Windows' own dispatch

  /// For tests: after each show(), where the controls are and what they would need.
  void describe_to(std::string file);
  void pulse();

 private:
  static LRESULT CALLBACK procedure(HWND window, UINT message, WPARAM wide, LPARAM low);
  LRESULT receive(UINT message, WPARAM wide, LPARAM low);
  LRESULT command(int id, int notice);
  void double_clicked();
  LRESULT colour(HDC dc, HWND control);
  void draw_item(const DRAWITEMSTRUCT& item);
  void draw_button(const DRAWITEMSTRUCT& item);
  void draw_row(const DRAWITEMSTRUCT& item);
  void paint_band();

  HWND make(const wchar_t* type, const std::wstring& text, DWORD style, int id, HFONT font);
  void make_controls();
  void make_list();
  void make_output();
  bool has_details() const;
  void remove_controls();
  void arrange();
  int arrange_buttons(int bottom, int width);
  int arrange_lead(int top, int width);
  int arrange_text(int top, int bottom, int width);
  void arrange_rest(int top, int bottom, int width);
  void arrange_field(int top, int width);
  void arrange_list(int top, int bottom, int width);
  void arrange_details();
  int field_height(int width) const;
  int height_in(HWND field, int width);
  int row_height(const Row& row, int width) const;
  SIZE taken_by(HWND control, int width) const;
  void place(HWND control, int left, int top, int width, int height);
  void focus_first();
  bool leave_text(const MSG& message);
  bool is_held_letter(const MSG& message) const;
  void choose(int row);
  void row_changed();
  void show_details(const Row& shown);
  void press(Action action);
  void press_default();
  bool can_press(const Button& button) const;
  void update_buttons();
  void describe();

  HWND window_ = nullptr;
  std::unique_ptr<Style> style_;
  Listener* listener_ = nullptr;
  Page page_;
  int row_ = -1;
  int band_ = 0;   // height of the heading's background
  int foot_ = 0;   // top of the stamp's background
  RECT notice_{};  // behind the text, if its tone is not plain
  RECT panel_{};   // behind the details
  std::vector<HWND> controls_;
  std::vector<HWND> buttons_;
  HWND heading_ = nullptr;
  HWND lead_ = nullptr;
  HWND text_ = nullptr;
  HWND list_ = nullptr;
  HWND title_ = nullptr;  // of the chosen row
  HWND mark_ = nullptr;   // its risk
  HWND detail_ = nullptr;
  HWND label_ = nullptr;
  HWND field_ = nullptr;
  HWND output_ = nullptr;
  HWND stamp_ = nullptr;
  HBRUSH band_brush_;
  HBRUSH paper_brush_;
  HBRUSH panel_brush_;
  HBRUSH notice_brush_ = nullptr;
  std::string described_;
  HANDLE pulse_ = nullptr;  // for tests: set whenever something has changed
};

}  // namespace remedia::launcher
