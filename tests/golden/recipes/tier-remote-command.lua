local windows = source { media = "@media/win11.iso", image = "winre" }
local look = tool {
  id = "look", title = "Look", description = "Looks at it.", risk = "low",
  programs = { "Windows/System32/notepad.exe" }, command = [[%SYSTEMROOT%\System32\notepad.exe]],
}
local agent = tool { id = "agent", title = "Agent", description = "Lets in.", risk = "high",
  files = { "tools" } }
local level = tier { name = "L1", network = true, remote = { agent = agent } }
return wim { name = "x", from = windows, tier = level }
