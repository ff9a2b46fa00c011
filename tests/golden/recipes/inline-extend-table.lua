local look = tool {
  id = "look", title = "Look", description = "Looks at it.", risk = "low",
  programs = { "Windows/System32/notepad.exe" }, command = [[%SYSTEMROOT%\System32\notepad.exe]],
}
local one, two = extend({ risk = "low" }, { id = "one" }), extend(look, { id = "A b" })
return wim { name = "x", from = source { media = "@media/win11.iso", image = "winre" }, tier = tier { name = "L1", allow = { two } } }
