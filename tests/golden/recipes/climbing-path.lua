return wim { name = "x", from = source { media = "../../win11.iso", image = 1 } }
