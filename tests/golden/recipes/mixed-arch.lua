local x64 = wim { name = "x64", from = source { media = "@media/win11.iso", image = 1 } }
local arm = wim { name = "arm", from = source { media = "@media/arm64.iso", image = 1, arch = "arm64" } }
return iso { boot = { x64, arm } }
