local windows = source { media = "@media/win11.iso", image = "winre" }
local boot = wim { name = "x", from = windows }
return usb { boot = boot, sector_size = 4096, firmware = "bios" }
