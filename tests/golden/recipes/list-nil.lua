local optional = nil
local windows = source { media = "@media/win11.iso", image = 1 }
return wim { name = "x", from = windows, overlays = { "common", optional, "tools" } }
