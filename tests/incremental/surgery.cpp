#include "incremental/surgery.h"

#include <sstream>

namespace remedia::surgery {

namespace {

// Two copies of each loader lie in the stand-in: one is removed everywhere, the other is not.
constexpr const char* kRecipe = R"(
local site = param { "site", default = "here" }
local windows = source { media = "@media/stand-in.iso", image = "winre" }
local boot = wim {
  name = "helpdesk",
  title = site,
  from = windows,
  overlays = { "common", "tools" },
  remove = {
    "sources/recovery/Start*.exe",
    "Windows/System32/boot/winload.efi",
    "Windows/Boot/PXE",
    remove { "Windows/System32/winload.exe", everywhere = true },
  },
  registry = {
    { key = [[HKLM\SYSTEM\CurrentControlSet\Control\ComputerName\ComputerName]],
      name = "ComputerName", string = "RESCUE" },
    { key = [[HKLM\SYSTEM\CurrentControlSet\Control\Nls\CodePage]],
      name = "OEMCP", delete = "value" },
    { key = [[HKLM\SYSTEM\MountedDevices]], delete = "key" },
    { key = [[HKLM\SOFTWARE\Example]], string = "the default" },
    { key = [[HKLM\SOFTWARE\Example]], name = "Dword", dword = 4294967295 },
    { key = [[HKLM\SOFTWARE\Example]], name = "Qword", qword = 4294967296 },
    { key = [[HKLM\SOFTWARE\Example]], name = "Empty", string = "" },
    { key = [[HKLM\SOFTWARE\Example]], name = "Text", string = "Grüße" },
    { key = [[HKLM\SOFTWARE\Example]], name = "Path", expand = "%SystemRoot%\\Temp" },
    { key = [[HKLM\SOFTWARE\Example]], name = "List", multi = { "one", "two" } },
    { key = [[HKLM\SOFTWARE\Example]], name = "Bytes", binary = "0a ff 00" },
    { key = [[HKU\.DEFAULT\Environment]] },
  },
  scratch_space = 128,
  target_path = "Y:\\",
  locale = "en-GB",
  keyboards = { "en-GB", "0409:00000407" },
  background = "overlays/background.jpg",
  startnet = "wpeinit\nstart notepad",
  winpeshl = { "cmd.exe, /c startnet.cmd", "X:\\Tools\\first.exe, -x" },
  requires = { "WinPE-WMI", "winpe-scripting" },
  min_build = 26100,
}
return { iso { boot = boot } }
)";

}  // namespace

void fill(const Space& space) {
  space.write("recipes/r.lua", kRecipe);
  space.write("overlays/common/Tools/shared.txt", "of common\n");
  space.write("overlays/tools/Tools/shared.txt", "of tools\n");
  space.write("overlays/tools/Windows/System32/Winpeshl.exe", "replaced\n");
  space.write("overlays/background.jpg", picture(800));
}

void change_recipe(const Space& space, const std::string& from, const std::string& to) {
  std::string recipe = space.read("recipes/r.lua");
  std::size_t at = recipe.find(from);
  ASSERT_NE(at, std::string::npos) << from;
  space.write("recipes/r.lua", recipe.replace(at, from.size(), to));
}

std::string picture(unsigned width) {
  std::string bytes = "\xff\xd8\xff\xc0";
  for (unsigned byte : {0u, 17u, 8u, 600u >> 8, 600u & 0xff, width >> 8, width & 0xff})
    bytes += static_cast<char>(byte);
  return bytes + std::string(10, '\0') + "\xff\xd9";
}

int count(const Space& space, const std::string& label) {
  std::istringstream lines(space.output);
  int found = 0;
  for (std::string line; std::getline(lines, line);) {
    std::size_t end = line.find("] ");
    if (line.starts_with("[") && end != std::string::npos && line.substr(end + 2) == label) ++found;
  }
  return found;
}

}  // namespace remedia::surgery
