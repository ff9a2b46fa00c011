local windows = source { media = "@media/win11.iso", image = "winre" }
local look = tool {
  id = "look", title = "Look", description = "Looks at it.", risk = "low",
  programs = { "Windows/System32/notepad.exe" }, command = [[%SYSTEMROOT%\System32\notepad.exe]],
}
local crash = extend(look, { id = "crash", needs = { "debuggers", "symbols" } })
local debuggers = tool { id = "debuggers", title = "Debuggers", description = "kd.exe", risk = "low",
  files = { "tools" }, provides = { "debuggers" } }
local level = tier { name = "L1", allow = { debuggers, crash } }
return wim { name = "x", from = windows, tier = level }
