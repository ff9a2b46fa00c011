-- Several images in one ISO; the base and the overlay that they share are one edge each.
local windows = source { media = "@media/win11.iso", image = "winre" }
local setup = source { media = "@media/win11.iso", image = "setup" }
local a = wim { name = "l1", from = windows, overlays = { "common" } }
local b = wim { name = "l2", from = windows, overlays = { "common", "tools" } }
return { iso { name = "all", boot = { a, { b, wim { name = "setup", from = setup } } } }, a }
