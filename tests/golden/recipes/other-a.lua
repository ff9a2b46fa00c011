return iso { boot = wim { name = "server", from = source { media = "@media/win11.iso", image = "winre" } } }
