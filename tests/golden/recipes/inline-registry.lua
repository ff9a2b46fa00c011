local windows = source { media = "@media/win11.iso", image = "pe" }
return {
  iso { boot = wim { name = "x", from = windows, registry = registry { key = "HKLM\\SOFTWARE\\X", name = 5, dword = -1 } } },
  iso { boot = wim { name = "y", from = windows, registry = { registry { key = 1 }, registry { kye = "HKLM\\X" } } } },
}
