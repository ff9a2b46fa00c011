-- Everything that can be wrong with a change of the registry.
local entries = {}
for i = 1, 2 do entries[i] = { key = [[HKLM\SOFTWARE\Loop]], dword = -i } end
local boot = wim {
  name = "pe",
  from = source { media = "@media/win11.iso", image = "pe" },
  registry = {
    { key = [[HKLM\SOFTWARE\Example]], name = "A", dword = 4294967296 },
    { key = [[HKLM\SOFTWARE\Example]], name = "B", dwrod = 1 },
    { key = [[HKLM\SOFTWARE\Example]], name = 5, dword = 1 },
    { name = "C", dword = 1 },
    { key = [[HKLM\SOFTWARE\Example]], name = "D", multi = "a" .. "\0" },
    "HKLM\\SOFTWARE\\Example",
    entries,
  },
}
return boot
