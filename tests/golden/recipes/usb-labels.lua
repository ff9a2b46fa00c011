local windows = source { media = "@media/win11.iso", image = "winre" }
local boot = wim { name = "x", from = windows }
return {
  usb { boot = boot, label = "Stick 1" },
  usb { boot = boot, name = "z", data = "common", data_label = "Logs!" },
  partition { boot = wim { name = "w", from = windows, shell = "winre" }, label = "a/b" },
}
