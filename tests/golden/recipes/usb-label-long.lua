local windows = source { media = "@media/win11.iso", image = "winre" }
return usb { boot = wim { name = "x", from = windows }, label = "TWELVE_CHARS" }
