-- Which of the two ran, the text alone does not say: the line is all that is sure.
local windows = source { media = "@media/win11.iso", image = "winre" }
local look = tool {
  id = "look", title = "Look", description = "Looks at it.", risk = "low",
  programs = { "Windows/System32/notepad.exe" }, command = [[%SYSTEMROOT%\System32\notepad.exe]],
}
local strict = false
return wim { name = "x", from = windows, tier = strict and tier { shell = 1 } or tier { name = "L1", allow = { look }, shell = 2 } }
