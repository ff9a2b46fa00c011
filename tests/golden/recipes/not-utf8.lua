return wim { name = "x", title = "\xff", from = source { media = "@media/win11.iso", image = 1 } }
