local windows = source { media = "@media/win11.iso", image = "winre" }
return wds { boot = wim { name = "x", from = windows } }
