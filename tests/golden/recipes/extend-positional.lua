-- What extend is given replaces what was there, named or not.
local x = wim { name = "x", from = source { media = "@media/win11.iso", image = 1 } }
local y = extend(x, { name = "y", overlays = extend(overlay { "common" }, { "tools" }) })
return extend(iso { boot = x, name = "z" }, { y })
