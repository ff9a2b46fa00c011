local windows = source { media = "@media/win11.iso", image = "winre" }
local a = wim { name = "level-1", title = "One", from = windows }
local b = wim { name = "level-2", title = "Two", from = windows }
return { iso { boot = { a, b }, default = "levle-2" }, usb { boot = { a, b }, default = "x" } }
