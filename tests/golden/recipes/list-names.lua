local windows = source { media = "@media/win11.iso", image = 1 }
local boot = wim { name = "x", from = windows, overlays = { "common", extra = "tools" } }
return { iso { boot = boot, [0] = "a" }, iso { boot, [3] = boot, name = "y" } }
