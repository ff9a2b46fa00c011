local windows = source { media = "@media/win11.iso", image = "winre", arch = "arm64" }
local boot = wim { name = "x", from = windows }
return { iso { boot = boot, firmware = { "bios" } }, usb { boot = boot, firmware = { "uefi", "bios" } } }
