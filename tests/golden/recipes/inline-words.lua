local windows = source { media = "@media/win11.iso", image = "winre" }
local look = tool {
  id = "look", title = "Look", description = "Looks at it.", risk = "low",
  programs = { "Windows/System32/notepad.exe" }, command = [[%SYSTEMROOT%\System32\notepad.exe]],
}
return wim { name = "tier { shell = 1 }", from = windows, --[[ tier { shell = 1 } ]] comment = [=[tier { shell = 1 }]=], tier = tier { shell = "dos" } } -- tier { shell = 1 }
