local windows = source { media = "@media/win11.iso", image = "winre" }
local look = tool {
  id = "look", title = "Look", description = "Looks at it.", risk = "low",
  programs = { "Windows/System32/notepad.exe" }, command = [[%SYSTEMROOT%\System32\notepad.exe]],
}
local level = tier { name = "L1", allow = { extend(look, { command = [[notepad.exe %target_windir%\x.log]] }) } }
return wim { name = "x", from = windows, tier = level }
