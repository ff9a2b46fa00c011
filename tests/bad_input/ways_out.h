// A trial whose image leaves the house: as usb, wds, partition.
#pragma once

#include "bad_input/trial.h"

#include <map>
#include <string>
#include <string_view>

namespace remedia {

constexpr std::string_view kAllWays =
    R"(usb { boot = boot, data = { "data" } }, wds { boot = boot, anonymous = true },)"
    R"( partition { boot = boot })";
constexpr std::string_view kKeepsShell = R"(overlays = { "common" }, shell = "winre")";
constexpr const char* kWinFolder = R"(media = "@media/win", image = "winre")";

/// A recovery image of the fewest files: it keeps its shell, and holds no boot files.
inline std::map<std::string, std::string> bare_winre() {
  return {{"sources/recovery/RecEnv.exe", "the shell"},
          {"Windows/System32/winpeshl.ini",
           "[LaunchApp]\r\nAppPath=X:\\sources\\recovery\\recenv.exe\r\n"}};
}

class WaysOut : public Trial {
 public:
  explicit WaysOut(std::string_view artifacts = kAllWays) {
    write("overlays/data/logs/readme.txt", "logs go here\n");
    make(artifacts);
  }

  /// The recipe: its source is on line 1, its wim on line 2, its artifacts on line 3.
  void make(std::string_view artifacts, std::string_view wim = kKeepsShell,
            std::string_view source = kWinre) const {
    write("recipes/r.lua", fmt::format("local windows = source {{ {} }}\n"
                                       "local boot = wim {{ name = \"helpdesk\", from = windows, "
                                       "{} }}\n"
                                       "return {{ {} }}\n",
                                       source, wim, artifacts));
  }

  /// From now on the medium is a folder, with these files in its recovery image.
  fs::path bare(const std::map<std::string, std::string>& files, const char* arch = "9") const {
    fs::path folder = unpacked();
    write_wim(*this / "winre.wim", {{.name = "RE", .files = files, .arch = arch}});
    write_wim(folder / "sources/install.wim",
              {{.name = "Windows 11 Pro",
                .files = {{"Windows/System32/Recovery/winre.wim", content_of(*this / "winre.wim")}},
                .arch = arch}});
    return folder;
  }

  fs::path made(std::string_view name) const {
    return *this / ("out/r/helpdesk/" + std::string(name));
  }
};

}  // namespace remedia
