return wim { name = "x", from = source { media = "@media/win11.iso", image = "pe", edition = "Windows 11 Pro" } }
