local windows = source { media = "@media/brought/win12.iso", image = 1 }
local folder = source { media = "@media/brought", image = 1 }
local other = source { media = "@media/brought/win13.iso", image = 1 }
return { wim { name = "x", from = windows }, wim { name = "y", from = folder }, wim { name = "z", from = other } }
