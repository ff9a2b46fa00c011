local windows = source { media = "@media/win11.iso", image = "pe" }
return wim { name = "x", from = windows, registry = registry { key = "HKLM\\X", name = "A", dword = 1 } }
