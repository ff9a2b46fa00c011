return wim { name = "x", from = source { media = "@media/win11.iso", image = 1 }, overlays = overlay { path = "common", "tools" } }
