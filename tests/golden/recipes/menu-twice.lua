local windows = source { media = "@media/win11.iso", image = "winre" }
local a = wim { name = "a", from = windows }
return iso { boot = { a, a } }
