local windows = source { media = "@media/win11.iso", image = "winre" }
local look = tool {
  id = "look", title = "Look", description = "Looks at it.", risk = "low",
  programs = { "Windows/System32/notepad.exe" }, command = [[%SYSTEMROOT%\System32\notepad.exe]],
}
local locksmith = tool { id = "locksmith", title = "Locksmith", description = "Sets a password.",
  risk = "high", supply = "Toolsx64.cab of DaRT", command = "locksmith.exe" }
local level = tier { name = "L3", allow = { look, locksmith } }
return wim { name = "x", from = windows, tier = level }
