local windows = source { media = "@media/win11.iso", image = "winre" }
local look = tool {
  id = "look", title = "Look", description = "Looks at it.", risk = "low",
  programs = { "Windows/System32/notepad.exe" }, command = [[%SYSTEMROOT%\System32\notepad.exe]],
}
return wim { name = "x", from = windows, tier = tier { name = "L1", allow = { tool { id = "A b", title = "T", description = "D", risk = "low", command = "c" }, look, tool { id = "b", title = 7, description = "D", risk = "none" } }, grace_days = -1 } }
