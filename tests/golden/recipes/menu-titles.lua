local windows = source { media = "@media/win11.iso", image = "winre" }
local a = wim { name = "a", title = "Help desk", from = windows }
local b = wim { name = "b", title = "Help desk", from = windows, overlays = { "common" } }
return usb { boot = { a, b } }
