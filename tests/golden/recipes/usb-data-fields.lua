local windows = source { media = "@media/win11.iso", image = "winre" }
local boot = wim { name = "x", from = windows }
return usb { boot = boot, data_filesystem = "ntfs", data_size = "1GiB" }
