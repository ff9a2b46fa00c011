local windows = source { media = "@media/win11.iso", image = "winre" }
local boot = wim { name = "x", from = windows }
return {
  usb { boot = boot, size = "8 gigabytes" },
  usb { boot = boot, name = "y", data = "common", data_size = "1000" },
  partition { boot = wim { name = "z", from = windows, shell = "winre" }, size = "1KiB" },
}
