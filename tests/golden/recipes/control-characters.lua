return wim { name = "x", title = "a\tb", from = source { media = "@media/win11.iso", image = 1 } }
