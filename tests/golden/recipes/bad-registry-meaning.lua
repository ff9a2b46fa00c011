-- Entries whose fields are fine one by one.
local boot = wim {
  name = "pe",
  from = source { media = "@media/win11.iso", image = "pe" },
  registry = {
    { key = [[HKLM\SAM\Domains]], name = "A", dword = 1 },
    { key = [[HKCU\Software]], name = "B", dword = 1 },
    { key = [[HKLM\SOFTWAER\Example]], name = "C", dword = 1 },
    { key = [[SOFTWARE\Example]], name = "D", dword = 1 },
    { key = [[HKLM\SOFTWARE\Example]], name = "E", dword = 1, string = "1" },
    { key = [[HKLM\SOFTWARE\Example]], name = "F" },
    { key = [[HKLM\SOFTWARE\Example]], name = "G", dword = 1, delete = "value" },
    { key = [[HKLM\SOFTWARE\Example]], name = "H", delete = "key" },
    { key = [[HKLM\SOFTWARE\Example]], name = "I", binary = "0a f" },
    { key = [[HKLM\SOFTWARE\Example]], name = "J", binary = "0x0a" },
    { key = [[HKLM\SOFTWARE\\Example]], name = "K", dword = 1 },
    { key = [[HKLM\SOFTWARE]], delete = "key" },
    registry { key = [[HKLM\SOFTWARE\Straße]], name = "L", dword = 1 },
  },
}
return boot
