local windows = source { media = "@media/win11.iso", image = 1 }
windows.image = 2
return wim { name = "x", from = windows }
