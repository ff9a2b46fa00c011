return wim { name = "x", from = source { media = { amd46 = "media/x" }, image = 1 } }
