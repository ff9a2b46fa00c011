local windows = source { media = "@media/win11.iso", image = "winre" }
local look = tool {
  id = "look", title = "Look", description = "Looks at it.", risk = "low",
  programs = { "Windows/System32/notepad.exe" }, command = [[%SYSTEMROOT%\System32\notepad.exe]],
}
local many = {}
for i = 1, 201 do many[i] = extend(look, { id = "tool" .. i }) end
local level = tier { name = "L1", allow = many }
return wim { name = "x", from = windows, tier = level }
