local list = { "common" }
list[2] = list
return iso { boot = wim { name = "x", from = source { media = "@media/win11.iso", image = 1 }, overlays = list } }
