return wim { name = "x", from = source { media = "/srv/media/win11.iso", image = 1 } }
