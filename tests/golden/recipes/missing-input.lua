local windows = source { media = "@media/win10.iso", image = 1 }
return { wim { name = "x", from = windows, overlays = { "comon" } }, wim { name = "y", from = windows } }
