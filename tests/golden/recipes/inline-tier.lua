-- A key of the same name is no call: what is wrong inside the call is pointed at there.
local windows = source { media = "@media/win11.iso", image = "winre" }
local look = tool {
  id = "look", title = "Look", description = "Looks at it.", risk = "low",
  programs = { "Windows/System32/notepad.exe" }, command = [[%SYSTEMROOT%\System32\notepad.exe]],
}
return wim { name = "x", from = windows, tier = tier { name = "L1", allow = { look }, expires = 30, shell = "dos" } }
