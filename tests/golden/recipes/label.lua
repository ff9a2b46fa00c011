local x = wim { name = "x", from = source { media = "@media/win11.iso", image = 1 } }
return { iso { boot = x, label = "Übung" }, iso { name = "y", boot = x, label = ("A"):rep(33) } }
