return wim { name = "x", from = source { media = "@meda/win11.iso", image = 1 } }
