local windows = source { media = "@media/win11.iso", image = "winre" }
local a = wim { name = "a", from = windows, shell = "winre" }
return partition { boot = { a, a } }
