local windows = source { media = "@media/win11.iso", image = "winre" }
local look = tool {
  id = "look", title = "Look", description = "Looks at it.", risk = "low",
  programs = { "Windows/System32/notepad.exe" }, command = [[%SYSTEMROOT%\System32\notepad.exe]],
}
local level = tier { name = "L1", allow = { look }, shell = "winre" }
return wds { boot = wim { name = "x", from = windows, tier = level } }
