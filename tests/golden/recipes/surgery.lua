-- What is changed inside an image: removals, registry, settings, demands on the base.
local windows = source { media = "@media/win11.iso", image = "pe" }
local boot = wim {
  name = "pe",
  from = windows,
  overlays = { "common" },
  remove = {
    "Windows/System32/Recovery/*.xml",
    remove { "setup.exe", "sources/**", everywhere = true },
  },
  registry = {
    { key = [[HKLM\SYSTEM\CurrentControlSet\Services\FBWF]], name = "Note", string = "" },
    { key = [[HKEY_LOCAL_MACHINE\Software\Example]], dword = 4294967295 },
    { key = [[HKLM\SOFTWARE\Example]], name = "Big", qword = 4294967296 },
    { key = [[HKLM\SOFTWARE\Example]], name = "Path", expand = "%SystemRoot%\\Temp" },
    { key = [[HKLM\SOFTWARE\Example]], name = "List", multi = { "a", "b" } },
    { key = [[HKLM\SOFTWARE\Example]], name = "None", multi = {} },
    { key = [[HKLM\SOFTWARE\Example]], name = "Bytes", binary = "0A ff,01" },
    { key = [[HKU\.DEFAULT\Environment]] },
    { key = [[HKLM\SOFTWARE\Old]], delete = "key" },
    registry { key = [[HKLM\SOFTWARE\Example]], name = "Gone", delete = "value" },
  },
  scratch_space = 512,
  target_path = "X:\\",
  locale = "de-DE",
  keyboards = { "de-DE", "0409:00000409" },
  background = "overlays/background.jpg",
  startnet = [[
wpeinit
start notepad
]],
  winpeshl = { "%SYSTEMDRIVE%\\tools\\first.exe", "%SYSTEMROOT%\\System32\\cmd.exe, /k" },
  requires = { "WinPE-PowerShell", "WinPE-Scripting" },
  min_build = 26100,
}
-- The same changes with the same base are made once.
local twin = wim {
  name = "twin",
  from = windows,
  remove = { "setup.exe", everywhere = true },
  registry = { key = [[HKLM\SOFTWARE\Example]], dword = 1 },
}
local other = wim {
  name = "other",
  from = windows,
  remove = remove { "setup.exe", everywhere = true },
  registry = { { key = [[HKLM\SOFTWARE\Example]], dword = 1 } },
}
return { boot, twin, other }
