local windows = source { media = "@media/win11.iso", image = "winre" }
return wim { name = "a", from = windows, shell = "launcher" }
