local windows = source { media = "@media/win11.iso", image = "winre" }
local look = tool {
  id = "look", title = "Look", description = "Looks at it.", risk = "low",
  programs = { "Windows/System32/notepad.exe" }, command = [[%SYSTEMROOT%\System32\notepad.exe]],
}
local base = tier { name = "L1", allow = { look } }
return wim { name = "x", from = windows, tier = extend(extend(base, { contact = 1 }), { shell = "dos", remote = { agent = extend(look, { id = "A b" }) } }) }
