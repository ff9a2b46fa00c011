local windows = source { media = "@media/win11.iso", image = "winre" }
local boot = wim { name = "x", from = windows }
return { usb { boot = boot, sector_size = 1024 }, partition { boot = wim { name = "y", from = windows, shell = "winre" }, sector_size = 513 } }
